"""What says that an attachment is nowhere."""

from __future__ import annotations


class LostError(Exception):
    """Nobody has the attachment (yet, or any more)."""
