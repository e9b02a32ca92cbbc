"""Deleting what patients and staff wrote once its time is over, in small batches.

A batch is chosen in a reading transaction, as that may look at every row. The writing one only looks at the batch.

What is left of a message is its skeleton: when it came, what it was about, who handled it. Once nothing of a
conversation is left to delete, its address, names, and contact details go too, so that the skeleton belongs to nobody.
A conversation in which nobody wrote loses them after the same time.
Legal holds and unfinished work are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, null, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified

from inbox.attachments.rows import delete_attachments, parts_of_attachments
from inbox.conversations.legal_hold import held_numbers, is_held_caller
from inbox.incoming.voicemail import forget_recording
from inbox.models import (
    Attachment,
    Conversation,
    ConversationTag,
    Delivery,
    DeliveryState,
    MemberNotice,
    Message,
    Note,
    ReplyDraft,
    RetentionRun,
    Review,
    Voicemail,
)
from inbox.patients.found_entities import delete_entities
from inbox.practices.lost import WHO, limits_of_lost, stored_slugs
from inbox.replies.drafts import overdue_drafts
from inbox.replies.files import (
    delete_files,
    delete_files_of_conversations,
    delete_reply_files,
    overdue_draft_files,
)
from inbox.retention.patients import delete_overdue_patients, overdue_patients
from inbox.search.index import forget_texts
from inbox.storage.carrier_erasures import (
    parts_of_delivery,
    parts_of_message,
    parts_of_notices,
    parts_of_voicemail,
    queue_erasures,
)
from intake.practices import Practice, Practices, Retention

log = structlog.get_logger(__name__)

BATCH = 100
EVERY = timedelta(days=1)
LEAP = timedelta(days=1)
"""A run that is later than this comes after a pause of the service, or a leap of the clock, and is put off again."""
_COUNTED = ("recordings", "messages", "replies", "notes")
UNFINISHED = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Removed:
    """How much was deleted, or would be.

    Attributes:
        messages: messages whose text, subject, and attachments were deleted.
        replies: replies whose text was deleted.
        notes: notes that were deleted.
        recordings: recordings whose reference was deleted, and that the carrier must delete.
        calls: calls without a message, deleted with the caller's number.
        conversations: conversations whose patient was forgotten, as nothing of them was left to delete.
        patients: patient records that were deleted.
    """

    messages: int = 0
    replies: int = 0
    notes: int = 0
    recordings: int = 0
    calls: int = 0
    conversations: int = 0
    patients: int = 0

    def __add__(self, other: Removed) -> Removed:
        """Return the sum of two counts."""
        mine, theirs = asdict(self), asdict(other)
        return Removed(**{name: mine[name] + theirs[name] for name in mine})

    @property
    def total(self) -> int:
        """How many rows it was in all."""
        return sum(asdict(self).values())


def due_runs(session: Session, practices: Practices, moment: datetime) -> Sequence[int]:
    """Return the retention runs that are due, one for each practice with a limit, those not in the file included.

    The first is due a day after the limit was set. What is deleted can't be brought back, so a clock that is wrong has
    a day to be put right.
    """
    limited = {practice.slug for practice in practices.all if _has_limit(practice.retention)}
    if _has_limit(limits_of_lost(practices)):
        limited |= stored_slugs(session) - {practice.slug for practice in practices.all}
    known = {run.practice: run for run in session.scalars(select(RetentionRun))}
    for slug in limited - known.keys():
        known[slug] = RetentionRun(practice=slug, next_run_at=moment + EVERY)
        session.add(known[slug])
    session.flush()
    runs = [known[slug] for slug in sorted(limited)]
    for run in runs:
        if run.next_run_at < moment - LEAP:
            run.next_run_at = moment + EVERY
            log.warning("retention_waits", practice=run.practice, until=run.next_run_at.isoformat())
    return [run.id for run in runs if is_due(run.next_run_at, moment)]


def is_due(next_run_at: datetime, moment: datetime) -> bool:
    """Return whether a run may delete; one that is further ahead than any was planned before the clock was set back."""
    return moment - LEAP <= next_run_at <= moment or next_run_at > moment + EVERY


@dataclass(frozen=True, slots=True)
class Overdue:
    """One batch of rows that are past a practice's limits, by their IDs."""

    recordings: Sequence[int] = ()
    messages: Sequence[int] = ()
    replies: Sequence[int] = ()
    notes: Sequence[int] = ()
    calls: Sequence[int] = ()
    drafts: Sequence[int] = ()
    draft_files: Sequence[int] = ()
    conversations: Sequence[int] = ()
    patients: Sequence[int] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is past the limits."""
        return not any(getattr(self, field.name) for field in fields(self))


def choose_overdue(session: Session, practice: Practice, moment: datetime, limit: int = BATCH) -> Overdue:
    """Return the next batch to delete; it may look at every row, so nobody should wait for its transaction.

    Args:
        session: an open transaction, best a reading one.
        practice: the practice, with the limits that apply now.
        moment: the current time.
        limit: the largest number of rows of each kind.
    """
    chosen: dict[str, Sequence[int]] = {
        name: session.scalars(query.with_only_columns(identity).order_by(identity).limit(limit)).all()
        for name, (query, identity) in _queries(practice, moment).items()
    }
    if (before := _messages_before(practice, moment)) is not None:
        chosen["calls"] = list(islice(_overdue_calls(session, practice.slug, before), limit))
        chosen["patients"] = list(islice(overdue_patients(session, practice.slug, before), limit))
    return Overdue(**chosen)


def delete_overdue(session: Session, practice: Practice, moment: datetime, chosen: Overdue) -> Removed:
    """Delete the chosen rows, except those that are no longer past a practice's limits or that another one deletes.

    Args:
        session: an open write transaction.
        practice: the practice, with the limits that apply now.
        moment: the current time.
        chosen: the batch.
    """
    slug, queries, removed = practice.slug, _queries(practice, moment), Removed()

    def lock(name: str) -> Sequence[Any]:
        """Return the rows, locked with their conversations, so that a hold placed meanwhile is respected."""
        ids = getattr(chosen, name)
        if not ids or name not in queries:
            return ()
        query, identity = queries[name]
        chosen_rows = query.where(identity.in_(ids)).order_by(identity)
        return session.scalars(chosen_rows.with_for_update(skip_locked=True)).all()

    removed += _delete_recordings(session, lock("recordings"))
    if (before := _messages_before(practice, moment)) is not None:
        messages, replies, notes = lock("messages"), lock("replies"), lock("notes")
        touched = [row.conversation_id for row in (*messages, *replies, *notes)]
        removed += _delete_words(session, messages, replies, notes, _not_held(session, slug, lock("calls")), moment)
        for draft in lock("drafts"):
            session.delete(draft)
        delete_files(session, lock("draft_files"))
        session.flush()
        done = Conversation.id.in_({*touched, *chosen.conversations})
        emptied = _emptied(slug, before).where(done).order_by(Conversation.id).with_for_update()
        removed += _forget_patients(session, session.scalars(emptied).all())
        removed += Removed(patients=delete_overdue_patients(session, slug, before, chosen.patients))
    return removed


def count_overdue(session: Session, practice: Practice, moment: datetime) -> Removed:
    """Return what deleting all that is overdue would remove."""
    queries = _queries(practice, moment)
    counts = {name: _count(session, queries[name][0]) for name in _COUNTED if name in queries}
    if (before := _messages_before(practice, moment)) is not None:
        counts["calls"] = sum(1 for _ in _overdue_calls(session, practice.slug, before))
        counts["conversations"] = _count(session, _emptied_at_last(practice.slug, before))
        counts["patients"] = sum(1 for _ in overdue_patients(session, practice.slug, before))
    return Removed(**counts)


def _queries(practice: Practice, moment: datetime) -> dict[str, tuple[Select[Any], InstrumentedAttribute[int]]]:
    """Return the query for each kind of overdue rows with a table of their own, and their identity."""
    slug = practice.slug
    found: dict[str, tuple[Select[Any], InstrumentedAttribute[int]]] = {}
    if (before := _recordings_before(practice, moment)) is not None:
        found["recordings"] = _recordings(slug, before), Voicemail.id
    if (before := _messages_before(practice, moment)) is not None:
        found["messages"] = _messages(slug, before), Message.id
        found["replies"] = _replies(slug, before), Delivery.id
        found["notes"] = _notes(slug, before), Note.id
        found["calls"] = _calls(slug, before), Voicemail.id
        found["drafts"] = overdue_drafts(slug, before), ReplyDraft.id
        found["draft_files"] = overdue_draft_files(slug, before), Attachment.id
        found["conversations"] = _emptied(slug, before), Conversation.id
    return found


def _messages_before(practice: Practice, moment: datetime) -> datetime | None:
    days = practice.retention.message_days
    return None if days is None else moment - timedelta(days=days)


def _recordings_before(practice: Practice, moment: datetime) -> datetime | None:
    """Return before when recordings go: they are kept no longer than the message that they belong to."""
    limits = practice.retention
    days = [days for days in (limits.recording_days, limits.message_days) if days is not None]
    return moment - timedelta(days=min(days)) if days else None


def _delete_words(
    session: Session,
    messages: Sequence[Message],
    replies: Sequence[Delivery],
    notes: Sequence[Note],
    calls: Sequence[Voicemail],
    moment: datetime,
) -> Removed:
    _empty_messages(session, messages, moment)
    forget_texts(session, [message.id for message in messages], [reply.id for reply in replies])
    delete_reply_files(session, [reply.id for reply in replies])
    for reply in replies:
        queue_erasures(session, parts_of_delivery(reply))
        reply.body, reply.emptied_at = "", moment
        if reply.state == DeliveryState.HELD:  # there is nothing left to decide on
            reply.state = DeliveryState.SUPPRESSED
        flag_modified(reply, "updated_at")  # deleting is no activity
    for row in (*notes, *calls):
        session.delete(row)
    session.flush()
    return Removed(messages=len(messages), replies=len(replies), notes=len(notes), calls=len(calls))


def _empty_messages(session: Session, messages: Sequence[Message], moment: datetime) -> None:
    row_ids = [message.id for message in messages]
    queue_erasures(session, [*parts_of_attachments(session, row_ids), *parts_of_notices(session, row_ids)])
    delete_attachments(session, row_ids)
    delete_entities(session, row_ids)
    for message in messages:
        queue_erasures(session, parts_of_message(message))
        message.text, message.subject, message.media, message.sender_message_id = "", None, None, None
        message.trimmed = None
        message.claimed_name = message.claimed_phone = message.claimed_email = None
        message.emptied_at = moment
    session.execute(update(Voicemail).where(Voicemail.message_id.in_(row_ids)).values(text="", caller=None))
    # nobody can review a text that is gone; what was decided stays, for the statistics
    session.execute(delete(Review).where(Review.message_id.in_(row_ids), Review.decided_at.is_(None)))


def _delete_recordings(session: Session, voicemails: Sequence[Voicemail]) -> Removed:
    for voicemail in voicemails:
        queue_erasures(session, parts_of_voicemail(voicemail))
        forget_recording(voicemail)
    session.flush()
    return Removed(recordings=len(voicemails))


def _forget_patients(session: Session, conversations: Sequence[Conversation]) -> Removed:
    """Remove who the patient is from conversations."""
    for conversation in conversations:
        for name in WHO:
            setattr(conversation, name, None)
        session.execute(delete(ReplyDraft).where(ReplyDraft.conversation_id == conversation.id))
        delete_files_of_conversations(session, [conversation.id])
        session.execute(delete(MemberNotice).where(MemberNotice.conversation_id == conversation.id))
        session.execute(delete(ConversationTag).where(ConversationTag.conversation_id == conversation.id))
    return Removed(conversations=len(conversations))


def _messages(practice: str, before: datetime) -> Select[Message]:
    return select(Message).join(Message.conversation).where(_message_is_overdue(before), _may_be_deleted(practice))


def _replies(practice: str, before: datetime) -> Select[Delivery]:
    return select(Delivery).join(Delivery.conversation).where(_reply_is_overdue(before), _may_be_deleted(practice))


def _notes(practice: str, before: datetime) -> Select[Note]:
    return select(Note).join(Note.conversation).where(Note.created_at <= before, _may_be_deleted(practice))


def _recordings(practice: str, before: datetime) -> Select[Voicemail]:
    overdue = (Voicemail.created_at <= before, Voicemail.recording_sid.is_not(None), Message.handled_at.is_not(None))
    query = select(Voicemail).join(Message, Voicemail.message_id == Message.id).join(Message.conversation)
    return query.where(*overdue, _may_be_deleted(practice))


def _calls(practice: str, before: datetime) -> Select[Voicemail]:
    """Return the query for calls that left no message, only the caller's number."""
    return select(Voicemail).where(
        Voicemail.practice == practice,
        Voicemail.created_at <= before,
        Voicemail.message_id.is_(None),
        Voicemail.recording_sid.is_(None),
    )


def _overdue_calls(session: Session, practice: str, before: datetime) -> Iterator[int]:
    """Yield the calls without a message that may go."""
    held, last_id = held_numbers(session, practice), 0
    shown = (Voicemail.id, Voicemail.caller) if held else (Voicemail.id, null().label("caller"))
    query = _calls(practice, before).with_only_columns(*shown).order_by(Voicemail.id).limit(BATCH)
    while page := session.execute(query.where(Voicemail.id > last_id)).all():
        last_id = page[-1].id
        yield from (call.id for call in page if not is_held_caller(call.caller, held))


def _not_held(session: Session, practice: str, calls: Sequence[Voicemail]) -> list[Voicemail]:
    """Return those of the locked calls that are not from a number that was placed under legal hold meanwhile."""
    held = held_numbers(session, practice) if calls else frozenset()
    return [call for call in calls if not is_held_caller(call.caller, held)]


def _emptied(practice: str, before: datetime) -> Select[Conversation]:
    """Return the query for the conversations that say who the patient is and have nothing left to delete."""
    return _naming(practice, before).where(
        ~exists().where(Message.conversation_id == Conversation.id, Message.emptied_at.is_(None)),
        ~exists().where(Delivery.conversation_id == Conversation.id, Delivery.emptied_at.is_(None)),
        ~exists().where(Note.conversation_id == Conversation.id),
    )


def _emptied_at_last(practice: str, before: datetime) -> Select[Conversation]:
    """Return the query for those of which this is true once all that is overdue is deleted."""
    left_message = Message.emptied_at.is_(None) & ~_message_is_overdue(before)
    left_reply = Delivery.emptied_at.is_(None) & ~_reply_is_overdue(before)
    return _naming(practice, before).where(
        ~exists().where(Message.conversation_id == Conversation.id, left_message),
        ~exists().where(Delivery.conversation_id == Conversation.id, left_reply),
        ~exists().where(Note.conversation_id == Conversation.id, Note.created_at > before),
    )


def _naming(practice: str, before: datetime) -> Select[Conversation]:
    said = [getattr(Conversation, name).is_not(None) for name in WHO]
    return select(Conversation).where(Conversation.last_activity_at <= before, or_(*said), _may_be_deleted(practice))


def _message_is_overdue(before: datetime) -> ColumnElement[bool]:
    return and_(Message.emptied_at.is_(None), Message.received_at <= before, Message.handled_at.is_not(None))


def _reply_is_overdue(before: datetime) -> ColumnElement[bool]:
    """Return the condition for replies; a scheduled one is as old as its time, unless it was cancelled before that."""
    is_cancelled = and_(Delivery.attempts == 0, Delivery.state != DeliveryState.HELD)
    is_past = or_(Delivery.scheduled_for.is_(None), Delivery.scheduled_for <= before, is_cancelled)
    is_finished = Delivery.state.not_in(UNFINISHED)
    return and_(Delivery.emptied_at.is_(None), Delivery.created_at <= before, is_past, is_finished)


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _may_be_deleted(practice: str) -> ColumnElement[bool]:
    return (Conversation.practice == practice) & Conversation.held_at.is_(None)


def _has_limit(limits: Retention) -> bool:
    return any(days is not None for days in limits.model_dump().values())
