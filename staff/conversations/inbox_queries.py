"""Queries for the inbox: open alarms first, pages of filtered conversations by last activity, and the search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from inbox.column_types import keyring
from inbox.models import (
    Conversation,
    ConversationRead,
    ConversationState,
    Delivery,
    Escalation,
    Message,
    StaffMember,
    StaffPractice,
)
from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from intake.vocabulary import TOPICS, Channel, Priority, TriageLevel, words_of
from staff import display
from staff.auth.access import Member
from staff.conversations.alarms import Alarm, has_open_alarm, read_alarms
from web.row_ids import read_row_id

PAGE = 50
SEARCHED = 300
MESSAGES_SEARCHED = 20
MOST_COUNTED = 100
MOST_PINNED = 200
PREVIEW = 140
UNFINISHED, EVERY = "unfinished", "all"
PRIORITIES = tuple(reversed(Priority))
LEVELS = (TriageLevel.EMERGENCY, TriageLevel.SAME_DAY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_E164 = re.compile(r"\+[0-9]+")
_LATEST_MICROSECOND = 10**17


@dataclass(frozen=True, slots=True)
class Filters:
    """The inbox filters; an empty value does not filter.

    Attributes:
        state: a state, `unfinished` for everything that is not closed, or `all`.
        before: where the page starts, as written by `cursor`.
    """

    intent: str = ""
    triage: str = ""
    priority: str = ""
    team: str = ""
    state: str = UNFINISHED
    channel: str = ""
    practice: str = ""
    unread: bool = False
    mine: bool = False
    before: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str], practices: Sequence[str]) -> Filters:
        """Read the filters from a query or a form, ignoring unknown values."""

        def one_of(name: str, known: Sequence[str], default: str = "") -> str:
            value = values.get(name, "")
            return value if value in known else default

        return cls(
            intent=one_of("intent", TOPICS),
            triage=one_of("triage", LEVELS),
            priority=one_of("priority", PRIORITIES),
            team=values.get("team", "")[:32],
            state=one_of("state", (*ConversationState, EVERY), UNFINISHED),
            channel=one_of("channel", list(Channel)),
            practice=one_of("practice", practices),
            unread=bool(values.get("unread")),
            mine=bool(values.get("mine")),
            before=values.get("before", "")[:40],
        )

    def as_query(self, **changes: str) -> dict[str, str]:
        """Return the filters as URL parameters."""
        values = {
            "intent": self.intent,
            "triage": self.triage,
            "priority": self.priority,
            "team": self.team,
            "state": "" if self.state == UNFINISHED else self.state,
            "channel": self.channel,
            "practice": self.practice,
            "unread": "1" if self.unread else "",
            "mine": "1" if self.mine else "",
        }
        return {name: value for name, value in (values | changes).items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation in the list, in display words."""

    id: int
    who: str = field(repr=False)
    preview: str = field(repr=False)
    by: str
    channel: str
    practice: str
    state: str
    intent: str
    also: str
    language: str
    team: str
    flag: display.Flag | None
    priority: str
    assignee: str
    taken_over: bool
    unread: bool
    trouble: str
    at: datetime
    age: str
    alarm: Alarm | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    Attributes:
        rows: the conversations.
        next: where the next page starts, None if this is the last.
        pinned: the conversations with an open alarm, above everything whatever the filters; a search has none.
    """

    rows: list[Row]
    next: str | None
    pinned: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    conversation: Conversation
    unread: bool


def list_page(
    session: Session, member: Member, filters: Filters, practices: Mapping[str, Practice], moment: datetime
) -> Page:
    """Return the conversations with an open alarm, and a page of the others that match the filters.

    Args:
        session: an open transaction.
        member: the member, whose practices and read positions count.
        filters: the filters, and where the page starts.
        practices: the member's practices, by slug.
        moment: the current time, aware.
    """
    found = _find(session, member, filters, PAGE + 1, ~has_open_alarm())
    more = len(found) > PAGE
    found = found[:PAGE]
    return Page(
        _rows(session, found, practices, moment),
        cursor(found[-1].conversation) if more else None,
        _rows(session, _find_pinned(session, member), practices, moment),
    )


def search_page(
    session: Session,
    member: Member,
    filters: Filters,
    wanted: str,
    practices: Mapping[str, Practice],
    moment: datetime,
) -> Page:
    """Return the conversations that match a search, among the most recent ones that match the filters.

    Stored text, names, and numbers are encrypted, so a bounded number of conversations is decrypted and searched here.
    A full phone number is found among all conversations by its blind index.
    """
    found = _find(session, member, filters, SEARCHED + 1)
    more = len(found) > SEARCHED
    found = found[:SEARCHED]
    said = _texts(session, [hit.conversation.id for hit in found])
    matching = [hit for hit in found if _matches(hit.conversation, said.get(hit.conversation.id, []), wanted)]
    by_number = [] if filters.before else _find_by_number(session, member, filters, wanted)
    known = {hit.conversation.id for hit in matching}
    matching += [hit for hit in by_number if hit.conversation.id not in known]
    return Page(_rows(session, matching, practices, moment), cursor(found[-1].conversation) if more else None)


def count_unread(session: Session, member: Member) -> int:
    """Count the open or waiting conversations with unread messages, up to `MOST_COUNTED`."""
    query = _select(member, Filters(unread=True)).with_only_columns(Conversation.id).limit(MOST_COUNTED)
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def assignable(session: Session, practice: str) -> list[StaffMember]:
    """Return the members of a practice to whom a conversation can be assigned."""
    query = (
        select(StaffMember)
        .join(StaffPractice)
        .where(StaffPractice.practice == practice, StaffMember.disabled_at.is_(None))
    )
    return list(session.scalars(query.order_by(StaffMember.name, StaffMember.id)))


def names_of(session: Session, staff_ids: Sequence[int | None]) -> dict[int, str]:
    """Return the names of staff members, by id."""
    wanted = {staff_id for staff_id in staff_ids if staff_id is not None}
    if not wanted:
        return {}
    found = session.execute(select(StaffMember.id, StaffMember.name).where(StaffMember.id.in_(wanted)))
    return {member.id: member.name for member in found}


def cursor(conversation: Conversation) -> str:
    """Return the position after a conversation: its last activity in microseconds, and its id."""
    at = conversation.last_activity_at or conversation.created_at
    return f"{(at - _EPOCH) // _MICROSECOND}-{conversation.id}"


def _find(
    session: Session, member: Member, filters: Filters, limit: int, *conditions: ColumnElement[bool]
) -> list[_Found]:
    query = _select(member, filters).where(*conditions)
    query = query.order_by(Conversation.last_activity_at.desc(), Conversation.id.desc())
    return [_Found(conversation, bool(unread)) for conversation, unread in session.execute(query.limit(limit))]


def _find_pinned(session: Session, member: Member) -> list[_Found]:
    """Return the conversations with an open alarm; who has waited longest comes first."""
    since = (
        select(func.min(Escalation.created_at))
        .where(Escalation.conversation_id == Conversation.id, Escalation.acknowledged_at.is_(None))
        .scalar_subquery()
    )
    query = _select(member, Filters(state=EVERY)).where(has_open_alarm()).order_by(since, Conversation.id)
    return [_Found(conversation, bool(unread)) for conversation, unread in session.execute(query.limit(MOST_PINNED))]


def _find_by_number(session: Session, member: Member, filters: Filters, wanted: str) -> list[_Found]:
    try:
        number = phone.normalise(wanted)
    except IntakeError:
        return []
    query = _select(member, filters).where(Conversation.patient_index.in_(keyring().indexes(number)))
    return [_Found(conversation, bool(unread)) for conversation, unread in session.execute(query.limit(PAGE))]


def _select(member: Member, filters: Filters) -> Select[Conversation, bool]:
    read = and_(ConversationRead.conversation_id == Conversation.id, ConversationRead.staff_id == member.id)
    unread = and_(
        Conversation.state != ConversationState.CLOSED,
        Conversation.last_message_id > func.coalesce(ConversationRead.message_id, 0),
    )
    query = select(Conversation, unread).outerjoin(ConversationRead, read)
    practices = [filters.practice] if filters.practice else member.reachable
    conditions: list[ColumnElement[bool]] = [
        Conversation.practice.in_(practices),
        Conversation.last_message_id.is_not(None),  # a chat may be opened and left
    ]
    for name in ("intent", "triage", "priority", "team", "channel"):
        if value := getattr(filters, name):
            conditions.append(getattr(Conversation, name) == value)
    if filters.state == UNFINISHED:
        conditions.append(Conversation.state != ConversationState.CLOSED)
    elif filters.state != EVERY:
        conditions.append(Conversation.state == filters.state)
    if filters.unread:
        conditions.append(unread)
    if filters.mine:
        conditions.append(Conversation.assigned_to == member.id)
    return query.where(*conditions, *_after(filters.before))


def _after(before: str) -> list[ColumnElement[bool]]:
    at, _, conversation_id = before.partition("-")
    since, row_id = read_row_id(at), read_row_id(conversation_id)
    if since is None or row_id is None or since > _LATEST_MICROSECOND:
        return []
    moment = _EPOCH + since * _MICROSECOND
    return [
        or_(
            Conversation.last_activity_at < moment,
            and_(Conversation.last_activity_at == moment, Conversation.id < row_id),
        )
    ]


def _texts(session: Session, conversation_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the newest texts by patients and staff in each conversation, and the contact details they came with."""
    texts: dict[int, list[str]] = {}
    claimed = (Message.claimed_name, Message.claimed_phone, Message.claimed_email)
    for table, columns, others in (
        (Message, (Message.text, *claimed), Message.id.is_not(None)),
        (Delivery, (Delivery.body,), Delivery.message_id.is_(None)),
    ):
        place = func.row_number().over(partition_by=table.conversation_id, order_by=table.id.desc()).label("place")
        newest = select(table.id, place).where(table.conversation_id.in_(conversation_ids), others).subquery()
        query = select(table.conversation_id, *columns).join(newest, newest.c.id == table.id)
        for conversation_id, *said in session.execute(query.where(newest.c.place <= MESSAGES_SEARCHED)):
            texts.setdefault(conversation_id, []).extend(filter(None, said))
    return texts


def _matches(conversation: Conversation, texts: Sequence[str], wanted: str) -> bool:
    numbers = filter(_E164.fullmatch, texts)
    addresses = [conversation.patient_address, conversation.contact_phone, conversation.contact_email, *numbers]
    plain = wanted.casefold()
    if any(plain in text.casefold() for text in (*texts, conversation.patient_name or "", *filter(None, addresses))):
        return True
    figures = "".join(filter(str.isdecimal, wanted))
    looks_like_a_number = len(figures) >= 3 and not any(map(str.isalpha, wanted))
    return looks_like_a_number and any(figures in address for address in addresses if address)


def _rows(session: Session, found: Sequence[_Found], practices: Mapping[str, Practice], moment: datetime) -> list[Row]:
    conversations = [hit.conversation for hit in found]
    messages = _last_messages(session, [conversation.last_message_id for conversation in conversations])
    replies = _last_replies(session, [conversation.id for conversation in conversations])
    names = names_of(
        session,
        [
            *(conversation.assigned_to for conversation in conversations),
            *(reply.staff_id for reply in replies.values()),
        ],
    )
    alarms = read_alarms(session, [conversation.id for conversation in conversations], practices, moment)
    return [
        _row(
            hit,
            messages.get(hit.conversation.id),
            replies.get(hit.conversation.id),
            alarms.get(hit.conversation.id),
            names,
            practices[hit.conversation.practice].time_zone,
            moment,
        )
        for hit in found
    ]


def _last_messages(session: Session, message_ids: Sequence[int | None]) -> dict[int, Message]:
    query = select(Message).where(Message.id.in_(message_ids)).options(joinedload(Message.classification))
    found = session.scalars(query)
    return {message.conversation_id: message for message in found}


def _last_replies(session: Session, conversation_ids: Sequence[int]) -> dict[int, Delivery]:
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.conversation_id.in_(conversation_ids), Delivery.message_id.is_(None))
        .group_by(Delivery.conversation_id)
    )
    found = session.scalars(select(Delivery).where(Delivery.id.in_(newest)))
    return {delivery.conversation_id: delivery for delivery in found}


def _row(
    hit: _Found,
    message: Message | None,
    reply: Delivery | None,
    alarm: Alarm | None,
    names: Mapping[int, str],
    zone: str,
    moment: datetime,
) -> Row:
    conversation = hit.conversation
    at = conversation.last_activity_at or conversation.created_at
    text, by = _last_said(message, reply, names)
    found = message.classification if message else None
    return Row(
        id=conversation.id,
        who=display.who(conversation),
        preview=_shorten(text),
        by=by,
        channel=conversation.channel,
        practice=conversation.practice,
        state=conversation.state,
        intent=words_of(conversation.intent),
        also=display.other_intents(found),
        language=display.foreign_language(found),
        flag=display.urgency_flag(conversation),
        team=words_of(conversation.team),
        priority=conversation.priority or "",
        assignee=names.get(conversation.assigned_to or 0, ""),
        taken_over=conversation.staff_took_over_at is not None,
        unread=hit.unread,
        trouble=display.reply_trouble(reply),
        at=at,
        age=display.age(at, moment, zone),
        alarm=alarm if alarm and (alarm.is_open or conversation.state != ConversationState.CLOSED) else None,
    )


def _last_said(message: Message | None, reply: Delivery | None, names: Mapping[int, str]) -> tuple[str, str]:
    """Return the last text by a person, and the author's name unless it is the patient; skip automatic replies."""
    if reply is not None and (message is None or reply.created_at > message.received_at):
        return reply.body, names.get(reply.staff_id or 0, "Staff")
    if message is None:
        return "", ""
    return message.text or ("Picture or file" if message.media else "Voicemail without a transcript"), ""


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= PREVIEW else f"{plain[: PREVIEW - 1].rstrip()}…"
