"""What the classifier raises."""

from __future__ import annotations


class ModelError(Exception):
    """A model folder that cannot be used; the message names the file, what is wrong with it and what to do."""
