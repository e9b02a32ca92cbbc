"""The base of every error that training raises."""

from __future__ import annotations

from intake.errors import IntakeError


class TrainingError(IntakeError):
    """What was wrong, what was expected and what to do; `python -m training` prints it instead of a traceback."""
