"""The actions on several conversations, and why each leaves some alone."""

from __future__ import annotations

from enum import StrEnum

from inbox.tag_words import MOST_TAGS


class BulkAction(StrEnum):
    """What can be done to several conversations at once, as the form and the address name it."""

    ASSIGN = "assign"
    TRANSFER = "transfer"
    TAG = "tag"
    UNTAG = "untag"
    CLOSE = "close"
    SNOOZE = "snooze"


HIDING = (BulkAction.CLOSE, BulkAction.SNOOZE)
"""What hides conversations from the open ones."""
_ALARM = "an emergency that nobody has acknowledged"
_UNSEEN = f"it is {_ALARM}, or the patient has written again"
_WHY = {
    BulkAction.ASSIGN: f"it is {_ALARM}, or the person does not work for that practice",
    BulkAction.TRANSFER: f"it is {_ALARM}, the team has it already, or its practice has no such team",
    BulkAction.TAG: f"it has {MOST_TAGS} tags already",
    BulkAction.CLOSE: _UNSEEN,
    BulkAction.SNOOZE: _UNSEEN,
}


def say_unanswered(count: int) -> str:
    """Return what closing and snoozing left alone, before the names."""
    return f"{count} {'emergency' if count == 1 else 'emergencies'} that had no answer from staff"


def why_left(action: str) -> str:
    """Return why an action left conversations alone, as one sentence."""
    why = _WHY.get(BulkAction(action), "") if action in set(BulkAction) else ""
    return f"A conversation is left alone if {why or f'it is {_ALARM}'}."
