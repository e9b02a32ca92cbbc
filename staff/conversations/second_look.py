"""The second look before a conversation that nobody answered is closed, snoozed, or waits on its patient."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from sqlalchemy.orm import Session

from inbox.models import Conversation, ConversationState
from staff.conversations.answered import find_unanswered
from staff.conversations.close_question import CHOICE, CloseChoice
from staff.conversations.wordless import find_wordless

ASKED = "leaving"
"""What the address calls the state that the page asks about."""
STAYS = "stay"
"""What a form and the address call that the member was writing, so that no other patient's reply box comes next."""
NOBODY_ANSWERED = "Nobody has answered this patient."
NO_WORD = "This emergency had no word from staff."
_LEAVES = (ConversationState.CLOSED, ConversationState.WAITING)
SNOOZED = "snoozed"
"""What the address and the page call a snooze that is asked about; it is no state."""
UNTIL = "until"
"""What a form and the address call until when."""
_GOING = {ConversationState.CLOSED: "Close", ConversationState.WAITING: "Mark as waiting", SNOOZED: "Snooze"}


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What is asked before a conversation leaves the open ones.

    Attributes:
        wanted: the state that the member asked for, or `SNOOZED`.
        is_emergency: whether it is an emergency to whose patient no member has written or spoken.
        until: until when it would be snoozed, as the form has it; empty for a state.
    """

    wanted: str
    is_emergency: bool
    until: str = ""

    @property
    def words(self) -> str:
        """What is the matter."""
        return NO_WORD if self.is_emergency else NOBODY_ANSWERED

    @property
    def going(self) -> str:
        """The words that do it all the same."""
        return f"{_GOING[self.wanted]} {'without a word' if self.is_emergency else 'anyway'}"


class NobodyAnsweredError(Exception):
    """A member asked to put away what nobody has answered, and has not said that they know."""

    def __init__(self, conversation_id: int, look: SecondLook) -> None:
        super().__init__(f"nobody has answered conversation {conversation_id}")
        self.conversation_id = conversation_id
        self.look = look


def look_again(session: Session, conversation: Conversation, wanted: str, until: str = "") -> SecondLook | None:
    """Return what to ask before a conversation gets a state or is snoozed, None if there is nothing to ask.

    A snooze brings it back, so only of an emergency without a word it is asked about.
    """
    if wanted == SNOOZED:
        return SecondLook(SNOOZED, True, until) if find_wordless(session, [conversation]) else None
    if wanted not in _LEAVES or conversation.state in (ConversationState.CLOSED, wanted):
        return None
    is_emergency = bool(find_wordless(session, [conversation]))
    if not is_emergency and not find_unanswered(session, [conversation]):
        return None
    return SecondLook(ConversationState(wanted), is_emergency)


def require_answer(session: Session, conversation: Conversation, wanted: str) -> bool:
    """Return whether a conversation leaves the open ones unanswered, as the member knows.

    Raises:
        NobodyAnsweredError: they have to be asked first.
    """
    return _require_choice(conversation, look_again(session, conversation, wanted))


def require_word(session: Session, conversation: Conversation, until: str) -> bool:
    """Return whether an emergency is snoozed without a word to its patient, as the member knows; see `require_answer`.

    Raises:
        NobodyAnsweredError: they have to be asked first.
    """
    return _require_choice(conversation, look_again(session, conversation, SNOOZED, until))


def _require_choice(conversation: Conversation, look: SecondLook | None) -> bool:
    if look is not None and request.form.get(CHOICE) != CloseChoice.CLOSE:
        raise NobodyAnsweredError(conversation.id, look)
    return look is not None


def address_asking(look: SecondLook) -> dict[str, str]:
    """Return what the address of a conversation's page needs so that the page asks."""
    query = {ASKED: look.wanted} | ({UNTIL: look.until} if look.until else {})
    return query | ({STAYS: "yes"} if stays_here() else {})


def stays_here() -> bool:
    """Return whether the member was writing in the conversation, as the form or the address says."""
    return request.values.get(STAYS) == "yes"
