"""Whether a conversation's patient has been answered: the rows, closing, and "Waiting on patient" all go by this.

A member answers by what they write, once it is on its way, and by a call that reached the patient or left a message. An
automatic reply answers if it gives the practice's own answer, or confirms an opt-out, and was sent; one that only says
that the message has arrived does not. Thanks, praise, and STOP want no answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from inbox.contact.consent import is_ambiguous
from inbox.models import AuditEntry, Conversation, Decision, Delivery, DeliveryState, Keyword, Message
from intake.vocabulary import ANSWERS, REPLIES, ReplyName, Route
from staff.conversations.phone_calls import CALL_UNDONE, COUNTED, MESSAGE_UNDONE, calls_left
from tasks.routing.silence import NEVER_REACHED

_CONFIRMATIONS = tuple(reply for reply in REPLIES if reply.name is ReplyName.OPT_OUT)
_NEVER_LEFT = (*NEVER_REACHED, DeliveryState.HELD)


@dataclass(frozen=True, slots=True)
class UnansweredMessage:
    """A message since which no member has answered, as far as it matters whether anybody has to.

    Attributes:
        is_handled: whether a decision was made about it.
        needs_staff: whether that says that somebody has to look.
        route: how it was routed.
        reply: the automatic reply that was chosen, None for none.
        sent: the state of that reply, None if none was written.
        keyword: what it says if it is a STOP, else empty.
    """

    is_handled: bool = True
    needs_staff: bool = True
    route: str | None = None
    reply: str | None = None
    sent: str | None = None
    keyword: str = field(default="", repr=False)


def wants_answer(asked: UnansweredMessage) -> bool:
    """Return whether a message that no member has answered still wants an answer."""
    if not asked.is_handled:
        return True
    if not asked.needs_staff or asked.route == Route.PRAISE:
        return False
    is_sent = asked.sent is not None and asked.sent not in _NEVER_LEFT
    is_confirmed = asked.reply in _CONFIRMATIONS and not is_ambiguous(asked.keyword)
    return not (is_sent and (asked.reply in ANSWERS or is_confirmed))


def has_left(reply: Delivery) -> bool:
    """Return whether what a member wrote is with the patient, or on its way there now; see `_is_written_to`."""
    is_waiting = reply.state == DeliveryState.PENDING and reply.scheduled_for is not None
    return reply.staff_id is not None and reply.state not in _NEVER_LEFT and not is_waiting


def find_unanswered(session: Session, conversations: Sequence[Conversation]) -> set[int]:
    """Return which conversations' patients nobody has answered since their last message that wants it, in one query.

    What the patient wrote before a member closed the conversation was settled then, if they have written since.

    Args:
        session: an open transaction.
        conversations: the conversations.
    """
    if not conversations:
        return set()
    asked: dict[int, list[UnansweredMessage]] = defaultdict(list)
    automatic = aliased(Delivery)
    query = (
        select(
            Message.conversation_id,
            Decision.id.is_not(None),
            Decision.priority.is_not(None),
            Decision.route,
            Decision.reply,
            automatic.state,
            case((Message.keyword == Keyword.STOP, Message.text), else_=None),
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Decision, Decision.message_id == Message.id)
        .outerjoin(automatic, and_(automatic.message_id == Message.id, automatic.reply == Decision.reply))
        .where(
            Message.conversation_id.in_([conversation.id for conversation in conversations]),
            or_(Decision.id.is_(None), Decision.priority.is_not(None)),
            or_(
                Conversation.answered_up_to.is_(None),
                Conversation.answered_up_to >= Conversation.last_message_id,
                Conversation.answered_up_to < Message.id,
            ),
            ~_is_written_to(),
            ~_is_called(),
        )
    )
    for conversation_id, is_handled, needs_staff, route, reply, sent, keyword in session.execute(query):
        asked[conversation_id].append(UnansweredMessage(is_handled, needs_staff, route, reply, sent, keyword or ""))
    return {conversation_id for conversation_id, found in asked.items() if any(map(wants_answer, found))}


def _is_written_to() -> ColumnElement[bool]:
    """Return the condition that a member has written since a message, or let a scheduled one go out in spite of it."""
    return exists().where(
        Delivery.conversation_id == Message.conversation_id,
        Delivery.staff_id.is_not(None),
        Delivery.message_id.is_(None),
        or_(Delivery.created_at >= Message.received_at, Delivery.seen_up_to >= Message.id),
        Delivery.state.not_in(_NEVER_LEFT),
        or_(Delivery.state != DeliveryState.PENDING, Delivery.scheduled_for.is_(None)),
    )


def _is_called() -> ColumnElement[bool]:
    """Return the condition that a member noted a call since a message that brought the patient a word."""
    calls = select(calls_left()).where(
        AuditEntry.subject == literal("conversation:") + cast(Message.conversation_id, String),
        AuditEntry.action.in_((*COUNTED, CALL_UNDONE, MESSAGE_UNDONE)),
        AuditEntry.at >= Message.received_at,
    )
    return calls.scalar_subquery() > 0
