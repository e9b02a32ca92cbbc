"""What goes wrong in a benchmark through its input."""

from __future__ import annotations


class BenchmarkError(ValueError):
    """A file or a model that cannot be used; the message names it and says what is expected."""
