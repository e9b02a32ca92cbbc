"""Errors in the input of a benchmark."""

from __future__ import annotations

from training.errors import TrainingError


class BenchmarkError(TrainingError):
    """A model that cannot be used; the message names it and says what is expected."""
