"""The rows of the inbox: a bounded number of conversations in display words, with a constant number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from classifier.rules.danger_part import from_danger_on
from inbox.conversations.member_notices import read_calls
from inbox.conversations.tags import tags_of
from inbox.conversations.written_since import waits_for_its_time
from inbox.models import Conversation, ConversationState, Decision, Delivery, DeliveryState, MemberNotice, Message
from inbox.patients.book import record_names
from intake.practices import Practice
from intake.vocabulary import ANSWERS, SAMPLE, Route, Silence, words_of
from staff import display
from staff.auth.access import Member
from staff.conversations.alarms import Alarm, read_alarms
from staff.conversations.answered import find_unanswered, has_left
from staff.conversations.excerpt import Excerpt
from staff.conversations.leading_messages import RowMessages, alarming_messages, read_row_messages
from staff.conversations.people import names_of
from staff.conversations.reply import typed_words
from staff.conversations.row_words import CALL_THEM, called_by, initials, topic, wait, waits_too_long
from tasks.routing.decide import is_answer
from tasks.routing.facts import may_opt_out

PREVIEW = 140


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One conversation in the list, in display words.

    Attributes:
        initials: the patient's initials, empty for a number or an address.
        preview: the last text by a person; until it is answered, that of an emergency or a same-day message, or what
            the patient asked before a thank-you. Until somebody has written to or called the patient of an alarm, it is
            the one that raised it, from its danger on.
        by: its author, empty for the patient.
        topic: what the most pressing unanswered message is about, the newest of several, or that Intake is not sure.
        waits: how long the patient has waited for an answer; empty if nobody needs to give one.
        late: whether that is too long.
        waits_longer: whether the wait began before the last activity, such as a second message.
        age: how long ago the last activity was.
        snoozed: until when it is or was snoozed, empty if it is not.
        excerpt: the text that a search found, in pieces, each with whether it is what was searched for.
        hit: what a search found, as the thread's page calls it; empty if there is no one text.
        unsafe: whether the patient said that somebody else may read what is sent there.
        newer: how many messages the patient wrote after the one that raised the alarm, while the preview is that.
        scheduled: when the next reply by staff goes out that waits for its time; empty if none does.
        held: whether such a reply is held, as the patient has written since.
        unanswered: whether it was closed, or waits on the patient, though nobody has answered.
        tags: the words of its tags.
        is_sample: whether it is one of the fictional conversations of a new service.
        newest: the id of the patient's newest message, 0 if there is none.
        called: who called the member to it, such as "Mentioned by Ann Lee"; empty once the member has opened it.
    """

    id: int
    who: str = field(repr=False)
    initials: str = field(repr=False)
    preview: str = field(repr=False)
    by: str
    channel: str
    practice: str
    state: str
    topic: str
    also: str
    language: str
    team: str
    flag: display.Flag | None
    priority: str
    assigned_to: int | None
    assignee: str
    assignee_initials: str
    taken_over: bool
    unread: bool
    trouble: str
    at: datetime
    age: str
    waits: str
    late: bool
    waits_longer: bool
    snoozed: str
    called: str
    tags: tuple[str, ...] = field(repr=False)
    alarm: Alarm | None
    newest: int
    is_sample: bool = False
    excerpt: Excerpt = field(default=(), repr=False)
    hit: str = ""
    newer: int = 0
    unsafe: bool = False
    scheduled: str = ""
    held: bool = False
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class FoundConversation:
    """A conversation, and whether the member has not read its last message."""

    conversation: Conversation
    unread: bool


def show_rows(
    session: Session,
    member: Member,
    found: Sequence[FoundConversation],
    practices: Mapping[str, Practice],
    moment: datetime,
    known: Mapping[int, str],
) -> list[InboxRow]:
    """Return conversations as rows.

    Args:
        session: an open transaction.
        member: who sees them; names come from the records of their own practices only.
        found: the conversations.
        practices: their practices, by slug.
        moment: the current time, aware.
        known: the names of members that are known already, by id.
    """
    conversations = [hit.conversation for hit in found]
    ids = [conversation.id for conversation in conversations]
    messages = read_row_messages(session, conversations)
    replies, waiting, held = _last_replies(session, ids)
    answers = _automatic_answers(session, messages.leading)
    writers = [reply.staff_id for reply in replies.values()]
    calls = read_calls(session, member.id, ids)
    tags = tags_of(session, ids)
    callers = (call.by_staff_id for call in calls.values())
    concerned = [*(conversation.assigned_to for conversation in conversations), *writers, *callers]
    names = names_of(session, concerned, known)
    alarms = read_alarms(session, ids, practices, moment, member.practices)
    raising, newer = alarming_messages(session, [alarm.message_id for alarm in alarms.values() if alarm.is_owed])
    recorded = record_names(session, conversations, member.practices)
    left = find_unanswered(session, [row for row in conversations if _may_be_left(row, messages, replies)])
    return [
        _row(
            hit,
            recorded.get(hit.conversation.id, ""),
            messages.last.get(hit.conversation.id),
            messages.leading.get(hit.conversation.id),
            messages.pressing.get(hit.conversation.id) or messages.wanting.get(hit.conversation.id),
            raising.get(hit.conversation.id),
            newer.get(hit.conversation.id, 0),
            replies.get(hit.conversation.id),
            waiting.get(hit.conversation.id),
            hit.conversation.id in held,
            hit.conversation.id in left,
            answers.get(hit.conversation.id),
            alarms.get(hit.conversation.id),
            calls.get(hit.conversation.id),
            tuple(tag.word for tag in tags.get(hit.conversation.id, ())),
            messages.labeled,
            names,
            practices[hit.conversation.practice],
            moment,
        )
        for hit in found
    ]


def _last_replies(
    session: Session, conversation_ids: Sequence[int]
) -> tuple[dict[int, Delivery], dict[int, Delivery], set[int]]:
    """Return the last reply by staff in each conversation, the next that waits for its time, and who has a held one."""
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.conversation_id.in_(conversation_ids), Delivery.message_id.is_(None))
        .group_by(Delivery.conversation_id)
    )
    # the first condition is that of both: without it, PostgreSQL reads every delivery ever made
    query = select(Delivery).where(
        Delivery.conversation_id.in_(conversation_ids), or_(Delivery.id.in_(newest), waits_for_its_time())
    )
    found = session.scalars(query.order_by(Delivery.id)).all()
    waiting = [delivery for delivery in found if delivery.scheduled_for and display.scheduled_for(delivery, "UTC")]
    soonest_last = sorted(waiting, key=lambda delivery: delivery.scheduled_for or delivery.created_at, reverse=True)
    return (
        {delivery.conversation_id: delivery for delivery in found},
        {delivery.conversation_id: delivery for delivery in soonest_last},
        {delivery.conversation_id for delivery in found if delivery.state == DeliveryState.HELD},
    )


def _may_be_left(row: Conversation, messages: RowMessages, replies: Mapping[int, Delivery]) -> bool:
    """Return whether a conversation left the open ones, and its last word is the patient's."""
    reply, last = replies.get(row.id), messages.last.get(row.id)
    is_answered = reply is not None and last is not None and reply.created_at >= last.received_at and has_left(reply)
    return row.state != ConversationState.OPEN and last is not None and not is_answered


def _automatic_answers(session: Session, leading: Mapping[int, Message]) -> dict[int, Delivery]:
    """Return the automatic answers to messages which needed no other."""
    answered = [message.id for message in leading.values() if message.decision and is_answer(message.decision.reply)]
    if not answered:
        return {}
    query = select(Delivery).where(Delivery.message_id.in_(answered), Delivery.reply.in_(ANSWERS))
    return {delivery.conversation_id: delivery for delivery in session.scalars(query)}


def _row(
    hit: FoundConversation,
    record_name: str,
    message: Message | None,
    leading: Message | None,
    pressing: Message | None,
    raising: Message | None,
    newer: int,
    reply: Delivery | None,
    waiting: Delivery | None,
    is_held: bool,
    is_unanswered: bool,
    answer: Delivery | None,
    alarm: Alarm | None,
    call: MemberNotice | None,
    tags: tuple[str, ...],
    labeled: frozenset[int],
    names: Mapping[int, str],
    practice: Practice,
    moment: datetime,
) -> InboxRow:
    conversation, zone = hit.conversation, practice.time_zone
    at = conversation.last_activity_at or conversation.created_at
    if raising:
        text, by = from_danger_on(text_of(raising)), ""
    else:
        text, by = (text_of(pressing), "") if pressing else _last_said(message, reply, names, practice)
    found, decision = (leading.classification, leading.decision) if leading else (None, None)
    since, snoozed_until = conversation.waiting_since, conversation.snoozed_until
    assignee = names.get(conversation.assigned_to or 0, "")
    return InboxRow(
        id=conversation.id,
        who=display.who(conversation, record_name),
        initials=initials(record_name or conversation.patient_name),
        preview=display.shorten(text, PREVIEW),
        by=by,
        channel=conversation.channel,
        practice=conversation.practice,
        state=conversation.state,
        topic=topic(
            conversation.intent,
            route=decision.route if decision else None,
            reply=decision.reply if decision else None,
            guess=found.intent if found else None,
            confidence=found.confidence if found else None,
            corrected=leading is not None and leading.id in labeled,
            may_opt_out=leading is not None
            and decision is not None
            and decision.route == Route.PERSON  # of any other it says nothing, and reading words takes time
            and may_opt_out(leading),
        ),
        also=display.other_intents(found),
        language=display.foreign_language(message),
        flag=display.urgency_flag(conversation),
        team=words_of(conversation.team),
        priority=conversation.priority or "",
        assigned_to=conversation.assigned_to,
        assignee=assignee,
        assignee_initials=initials(assignee),
        taken_over=conversation.staff_took_over_at is not None,
        unread=hit.unread,
        trouble=display.reply_trouble(reply)
        or (display.reply_trouble(answer) or _why_to_call(conversation, decision) if conversation.priority else ""),
        at=at,
        age=display.age(at, moment, zone),
        waits=wait(since, moment) if since else "",
        late=since is not None and waits_too_long(since, conversation.priority, practice, moment),
        waits_longer=since is not None and at - since >= timedelta(minutes=1),
        snoozed=display.clock(snoozed_until, zone) if snoozed_until else "",
        called=called_by(call.reason, names.get(call.by_staff_id, "")) if call else "",
        tags=tags,
        alarm=alarm if alarm and (alarm.is_open or conversation.state != ConversationState.CLOSED) else None,
        newest=conversation.last_message_id or 0,
        is_sample=message is not None and message.provider == SAMPLE,
        newer=newer,
        unsafe=conversation.unsafe_since is not None,
        scheduled=display.scheduled_for(waiting, zone) if waiting else "",
        held=is_held,
        unanswered=is_unanswered,
    )


def _why_to_call(conversation: Conversation, decision: Decision | None) -> str:
    """Return what a row says of a patient who waits and got no text as they opted out; an alarm says it by itself."""
    is_silent = decision is not None and decision.silence == Silence.OPTED_OUT and decision.route != Route.URGENT
    return CALL_THEM if is_silent and conversation.unsafe_since is None else ""


def _last_said(
    message: Message | None, reply: Delivery | None, names: Mapping[int, str], practice: Practice
) -> tuple[str, str]:
    """Return the last text by a person, and the author's name unless it is the patient; skip automatic replies."""
    if reply is not None and (message is None or reply.created_at > message.received_at):
        return typed_words(reply, practice) or "Picture or file", names.get(reply.staff_id or 0, "Staff")
    if message is None:
        return "", ""
    return text_of(message), ""


def text_of(message: Message) -> str:
    """Return what the patient said, or why there are no words of it."""
    if message.emptied_at is not None:
        return "Deleted: past the retention limit"
    return message.text or ("Picture or file" if message.media else "Voicemail without a transcript")
