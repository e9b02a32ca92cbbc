"""What goes wrong in a benchmark through its input."""

from __future__ import annotations

from training.errors import TrainingError


class BenchmarkError(TrainingError):
    """A file or a model that cannot be used; the message names it and says what is expected."""
