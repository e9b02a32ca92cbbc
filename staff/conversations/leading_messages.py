"""Which of a patient's messages a row of the inbox is about: the last one, or one that matters more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, not_, or_, select, union_all
from sqlalchemy.orm import Session, aliased, joinedload

from inbox.models import Classification, Conversation, Decision, Delivery, Message, Review
from intake.vocabulary import ANSWERS, Priority, Route, TriageLevel
from tasks.routing.silence import NEVER_REACHED

_LABELS = {TriageLevel.EMERGENCY: Route.URGENT, TriageLevel.SAME_DAY: Route.SAME_DAY}
_SAYING_NOTHING = (Route.PRAISE, Route.NUDGE)
_OUTRANKING, _PRESSING, _WANTING = "outranking", "pressing", "wanting"


@dataclass(frozen=True, slots=True)
class RowMessages:
    """The messages that rows show something of, with what was understood and decided, by the conversation's id.

    Attributes:
        last: the last one.
        leading: the newest unanswered one that matters more than the last, else the last.
        pressing: the newest unanswered one that makes the conversation an emergency, or one for today.
        wanting: the newest unanswered one that needs a person, where only thanks, and what asks again, came after it.
        labeled: the ids of those that staff have labeled.
    """

    last: Mapping[int, Message]
    leading: Mapping[int, Message]
    pressing: Mapping[int, Message]
    wanting: Mapping[int, Message]
    labeled: frozenset[int]


def read_row_messages(session: Session, conversations: Sequence[Conversation]) -> RowMessages:
    """Return the messages that the rows of some conversations show something of."""
    found = _load(session, [conversation.last_message_id for conversation in conversations])
    last = {message.conversation_id: message for message, _ in found.values()}
    thanked = [message.conversation_id for message in last.values() if _wants_nothing(message)]
    newest = _read_newest(session, _outranked(conversations, last), _urgent(conversations), thanked)
    found |= _load(session, [message_id for message_id in newest if message_id not in found])
    chosen: dict[str, dict[int, Message]] = {_OUTRANKING: {}, _PRESSING: {}, _WANTING: {}}
    for message_id, kinds in newest.items():
        message = found[message_id][0]
        for kind in kinds:
            chosen[kind][message.conversation_id] = message
    labeled = frozenset(message_id for message_id, (_, is_labeled) in found.items() if is_labeled)
    leading = last | chosen[_WANTING] | chosen[_OUTRANKING]
    return RowMessages(last, leading, chosen[_PRESSING], chosen[_WANTING], labeled)


def _load(session: Session, message_ids: Iterable[int | None]) -> dict[int, tuple[Message, bool]]:
    """Return messages, and whether staff have labeled each."""
    wanted = [message_id for message_id in message_ids if message_id is not None]
    if not wanted:
        return {}
    query = (
        select(Message, Review.label.is_not(None))
        .outerjoin(Review, Review.message_id == Message.id)
        .where(Message.id.in_(wanted))
        .options(joinedload(Message.classification), joinedload(Message.decision))
    )
    return {message.id: (message, bool(is_labeled)) for message, is_labeled in session.execute(query)}


def _outranked(conversations: Sequence[Conversation], last: Mapping[int, Message]) -> list[int]:
    """Return the conversations in which another message matters more than the last one."""
    return [
        conversation.id
        for conversation in conversations
        if conversation.priority is not None
        and (message := last.get(conversation.id))
        and message.decision
        and (message.decision.priority is None or Priority(message.decision.priority) < conversation.priority)
    ]


def _urgent(conversations: Sequence[Conversation]) -> list[int]:
    """Return the conversations that are an emergency, or for today."""
    return [
        conversation.id
        for conversation in conversations
        if conversation.priority is not None and conversation.triage in _LABELS
    ]


def _wants_nothing(message: Message) -> bool:
    """Return whether a message that was handled needs no person, if what answers it was sent; see `needs_person`."""
    decision = message.decision
    return decision is not None and (
        decision.priority is None or decision.route in _SAYING_NOTHING or decision.reply in ANSWERS
    )


def needs_person() -> ColumnElement[bool]:
    """Return the condition that a message that was handled needs a person.

    Thanks need none, nor does what only asks again, or has its answer, unless that was not sent.
    """
    has_left = exists().where(
        Delivery.message_id == Message.id, Delivery.reply == Decision.reply, Delivery.state.not_in(NEVER_REACHED)
    )
    is_answered = and_(Decision.reply.is_not(None), Decision.reply.in_(ANSWERS), has_left)
    return and_(Decision.priority.is_not(None), Decision.route.not_in(_SAYING_NOTHING), not_(is_answered))


def _read_newest(
    session: Session, outranked: Sequence[int], urgent: Sequence[int], thanked: Sequence[int]
) -> dict[int, set[str]]:
    """Return the ids of the messages that matter more than the last one, or that are pressing, and which they are."""
    queries = [
        *([_newest_outranking(outranked)] if outranked else []),
        *([_newest_pressing(urgent)] if urgent else []),
        *([_newest_wanting(thanked)] if thanked else []),
    ]
    newest: dict[int, set[str]] = {}
    if queries:
        for kind, message_id in session.execute(union_all(*queries)):
            newest.setdefault(message_id, set()).add(kind)
    return newest


def _newest_outranking(conversation_ids: Sequence[int]) -> Select[str, int]:
    """Return the query for the unanswered messages with their conversation's priority, the newest of each."""
    return (
        select(literal(_OUTRANKING), func.max(Message.id))
        .join(Decision, Decision.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.id.in_(conversation_ids),
            Decision.priority == Conversation.priority,
            Message.received_at >= Conversation.waiting_since,
        )
        .group_by(Conversation.id)
    )


def _newest_wanting(conversation_ids: Sequence[int]) -> Select[str, int]:
    """Return the query for the unanswered messages that need a person, the newest of each conversation."""
    return (
        select(literal(_WANTING), func.max(Message.id))
        .join(Decision, Decision.message_id == Message.id)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.id.in_(conversation_ids),
            Message.received_at >= Conversation.waiting_since,
            needs_person(),
        )
        .group_by(Conversation.id)
    )


def alarming_messages(session: Session, message_ids: Sequence[int]) -> tuple[dict[int, Message], dict[int, int]]:
    """Return the messages that raised alarms, and how many the patient wrote after each, by the conversation's id."""
    if not message_ids:
        return {}, {}
    raised = aliased(Message)
    later = (
        select(Message.conversation_id, func.count())
        .join(raised, and_(raised.conversation_id == Message.conversation_id, raised.id < Message.id))
        .where(raised.id.in_(message_ids))
        .group_by(Message.conversation_id)
    )
    found = {message.conversation_id: message for message, _ in _load(session, message_ids).values()}
    return found, {row[0]: row[1] for row in session.execute(later)}


def _newest_pressing(conversation_ids: Sequence[int]) -> Select[str, int]:
    """Return the query for the unanswered messages that make conversations pressing, the newest of each."""
    labeled = (and_(Conversation.triage == level, Review.label == label) for level, label in _LABELS.items())
    return (
        select(literal(_PRESSING), func.max(Message.id))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .outerjoin(Classification, Classification.message_id == Message.id)
        .outerjoin(Review, Review.message_id == Message.id)
        .where(
            Conversation.id.in_(conversation_ids),
            Message.received_at >= Conversation.waiting_since,
            or_(Classification.triage == Conversation.triage, *labeled),
        )
        .group_by(Conversation.id)
    )
