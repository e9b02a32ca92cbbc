"""The errors that the classifier raises."""

from __future__ import annotations


class ModelError(Exception):
    """A model folder cannot be used. The message names the file, the problem and what to do."""


class DangerSignError(Exception):
    """The table of danger signs cannot be used. The message names the sign and the problem."""
