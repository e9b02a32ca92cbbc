"""Calls to patients that members note: how each went, and which of them count as a word to the patient."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, case, func

from inbox.models import AuditEntry


class CallOutcome(StrEnum):
    """How a call went, as the form names it.

    Attributes:
        words: what its button says.
        note: what the thread says of it.
    """

    words: str
    note: str

    REACHED = "reached", "Reached", "Called the patient and reached them."
    LEFT_MESSAGE = "left_message", "Left a message", "Called the patient and left a message."
    NO_ANSWER = "no_answer", "No answer", "Called the patient: no answer."

    def __new__(cls, value: str, words: str = "", note: str = "") -> CallOutcome:
        """Add the words that people read."""
        outcome = str.__new__(cls, value)
        outcome._value_ = value
        outcome.words, outcome.note = words, note
        return outcome


WORDS_TO_PATIENT = (CallOutcome.REACHED, CallOutcome.LEFT_MESSAGE)
"""The calls that brought the patient a word."""

COUNTED = ("called", "call_reached", "call_message_left")
"""What the audit trail calls those; earlier versions noted a call (`called`) without how it went."""
IN_PERSON = ("called", "call_reached")
"""Those in which somebody spoke to the patient. In an emergency no other counts: nobody may hear a message in time."""
CALL_UNDONE = "call_undone"
"""What it calls that the note of one of these was undone."""
MESSAGE_UNDONE = "call_message_undone"
"""What it calls that the note of a message left was undone."""


def calls_left() -> ColumnElement[int]:
    """Return how many calls of audit entries brought a patient a word, without those whose notes were undone.

    The entries have to be of `COUNTED`, or of their undoing; or all of `IN_PERSON` and `CALL_UNDONE`.
    """
    return func.coalesce(func.sum(case((AuditEntry.action.in_((CALL_UNDONE, MESSAGE_UNDONE)), -1), else_=1)), 0)
