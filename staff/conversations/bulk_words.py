"""The actions on several conversations, and why each leaves some alone."""

from __future__ import annotations

from enum import StrEnum

from inbox.conversations.tag_words import MOST_TAGS


class BulkAction(StrEnum):
    """What can be done to several conversations at once, as the form and the address name it."""

    ASSIGN = "assign"
    TRANSFER = "transfer"
    TAG = "tag"
    UNTAG = "untag"
    CLOSE = "close"
    SNOOZE = "snooze"


class Left(StrEnum):
    """Why an action left a conversation alone, as the address names it."""

    ALARM = "alarm"
    WORDLESS = "wordless"
    UNSEEN = "unseen"
    OTHER = "other"


_WHY = {
    Left.ALARM: "nobody has acknowledged this emergency",
    Left.WORDLESS: "this emergency had no word from staff",
    Left.UNSEEN: "the patient wrote again",
}
_OTHER = {
    BulkAction.ASSIGN: "that person does not work for its practice",
    BulkAction.TRANSFER: "the team has it already, or its practice has no such team",
    BulkAction.TAG: f"it has {MOST_TAGS} tags already",
}


def why_left(action: str, why: str) -> str:
    """Return why an action left a conversation alone, to stand after its name; empty if the address does not say."""
    if why in _WHY:
        return _WHY[Left(why)]
    return _OTHER.get(BulkAction(action), "") if action in set(BulkAction) else ""
