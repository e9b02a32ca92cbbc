"""Deleting what patients and staff wrote once its time is over, in small batches.

What is left of a message is its skeleton: when it came, what it was about, who handled it. Once nothing of a
conversation is left to delete, its address, names, and contact details go too, so that the skeleton belongs to nobody.
Legal holds and unfinished work are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.orm.attributes import flag_modified

from inbox.attachments import delete_attachments, parts_of_attachments
from inbox.carrier_erasures import parts_of_delivery, parts_of_message, parts_of_voicemail, queue_erasures
from inbox.found_entities import delete_entities
from inbox.models import (
    Base,
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
from inbox.patient_retention import delete_overdue_patients, overdue_patients
from inbox.reply_drafts import delete_overdue_drafts
from inbox.reply_files import (
    delete_files_of_conversations,
    delete_overdue_draft_files,
    delete_reply_files,
)
from inbox.search_index import forget_texts
from inbox.voicemail import forget_recording
from intake.practices import Practice, Practices

Row = TypeVar("Row", bound=Base)
BATCH = 100
EVERY = timedelta(days=1)
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
        patients: patient records that were deleted.
    """

    messages: int = 0
    replies: int = 0
    notes: int = 0
    recordings: int = 0
    calls: int = 0
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
    """Return the retention runs that are due, one for each practice with a limit."""
    limited = {practice.slug for practice in practices.all if _has_limit(practice)}
    known = {run.practice: run for run in session.scalars(select(RetentionRun))}
    for slug in limited - known.keys():
        known[slug] = RetentionRun(practice=slug, next_run_at=moment)
        session.add(known[slug])
    session.flush()
    return [run.id for slug, run in known.items() if slug in limited and run.next_run_at <= moment]


def delete_overdue(session: Session, practice: Practice, moment: datetime, limit: int = BATCH) -> Removed:
    """Delete one batch of what is past a practice's limits; nothing is left once it returns an empty count.

    Args:
        session: an open write transaction.
        practice: the practice, with the limits that apply now.
        moment: the current time.
        limit: the largest number of rows of each kind.
    """
    slug, removed = practice.slug, Removed()
    if (before := _recordings_before(practice, moment)) is not None:
        removed += _delete_recordings(session, _next(session, _recordings(slug, before), Voicemail.id, limit))
    if (before := _messages_before(practice, moment)) is not None:
        removed += _delete_words(session, slug, before, moment, limit)
        removed += Removed(patients=delete_overdue_patients(session, slug, before, limit))
    return removed


def count_overdue(session: Session, practice: Practice, moment: datetime) -> Removed:
    """Return what `delete_overdue` would delete in all."""
    slug, removed = practice.slug, Removed()
    if (before := _recordings_before(practice, moment)) is not None:
        removed += Removed(recordings=_count(session, _recordings(slug, before)))
    if (before := _messages_before(practice, moment)) is not None:
        removed += Removed(
            messages=_count(session, _messages(slug, before)),
            replies=_count(session, _replies(slug, before)),
            notes=_count(session, _notes(slug, before)),
            calls=_count(session, _calls(slug, before)),
            patients=len(overdue_patients(session, slug, before, None)),
        )
    return removed


def _messages_before(practice: Practice, moment: datetime) -> datetime | None:
    days = practice.retention.message_days
    return None if days is None else moment - timedelta(days=days)


def _recordings_before(practice: Practice, moment: datetime) -> datetime | None:
    """Return before when recordings go: they are kept no longer than the message that they belong to."""
    limits = practice.retention
    days = [days for days in (limits.recording_days, limits.message_days) if days is not None]
    return moment - timedelta(days=min(days)) if days else None


def _delete_words(session: Session, practice: str, before: datetime, moment: datetime, limit: int) -> Removed:
    messages = _next(session, _messages(practice, before), Message.id, limit)
    replies = _next(session, _replies(practice, before), Delivery.id, limit)
    notes = _next(session, _notes(practice, before), Note.id, limit)
    calls = _next(session, _calls(practice, before), Voicemail.id, limit)
    _empty_messages(session, messages, moment)
    forget_texts(session, [message.id for message in messages], [reply.id for reply in replies])
    delete_reply_files(session, [reply.id for reply in replies])
    for reply in replies:
        queue_erasures(session, parts_of_delivery(reply))
        reply.body, reply.emptied_at = "", moment
        flag_modified(reply, "updated_at")  # deleting is no activity
    for row in (*notes, *calls):
        session.delete(row)
    session.flush()
    delete_overdue_drafts(session, practice, before)
    delete_overdue_draft_files(session, practice, before)
    touched = [row.conversation_id for rows in (messages, replies, notes) for row in rows]
    _forget_patients(session, touched, before)
    return Removed(messages=len(messages), replies=len(replies), notes=len(notes), calls=len(calls))


def _empty_messages(session: Session, messages: Sequence[Message], moment: datetime) -> None:
    row_ids = [message.id for message in messages]
    queue_erasures(session, parts_of_attachments(session, row_ids))
    delete_attachments(session, row_ids)
    delete_entities(session, row_ids)
    for message in messages:
        queue_erasures(session, parts_of_message(message))
        message.text, message.subject, message.media, message.sender_message_id = "", None, None, None
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


def _forget_patients(session: Session, conversation_ids: Sequence[int], before: datetime) -> None:
    """Remove who the patient is from the conversations that have nothing left to delete."""
    query = select(Conversation).where(
        Conversation.id.in_(conversation_ids),
        Conversation.last_activity_at <= before,
        ~exists().where(Message.conversation_id == Conversation.id, Message.emptied_at.is_(None)),
        ~exists().where(Delivery.conversation_id == Conversation.id, Delivery.emptied_at.is_(None)),
        ~exists().where(Note.conversation_id == Conversation.id),
    )
    for conversation in session.scalars(query.with_for_update()):
        conversation.patient_address = conversation.patient_index = conversation.public_id = None
        conversation.patient_name = conversation.contact_phone = conversation.contact_email = None
        session.execute(delete(ReplyDraft).where(ReplyDraft.conversation_id == conversation.id))
        delete_files_of_conversations(session, [conversation.id])
        session.execute(delete(MemberNotice).where(MemberNotice.conversation_id == conversation.id))
        session.execute(delete(ConversationTag).where(ConversationTag.conversation_id == conversation.id))


def _messages(practice: str, before: datetime) -> Select[Message]:
    overdue = (Message.emptied_at.is_(None), Message.received_at <= before, Message.handled_at.is_not(None))
    return select(Message).join(Message.conversation).where(*overdue, _may_be_deleted(practice))


def _replies(practice: str, before: datetime) -> Select[Delivery]:
    overdue = (Delivery.emptied_at.is_(None), Delivery.created_at <= before, Delivery.state.not_in(UNFINISHED))
    return select(Delivery).join(Delivery.conversation).where(*overdue, _may_be_deleted(practice))


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


def _next(session: Session, query: Select[Row], identity: InstrumentedAttribute[int], limit: int) -> Sequence[Row]:
    """Return one batch, locked with its conversations, so that a hold placed meanwhile is respected."""
    return session.scalars(query.order_by(identity).limit(limit).with_for_update(skip_locked=True)).all()


def _count(session: Session, query: Select[Row]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def _may_be_deleted(practice: str) -> ColumnElement[bool]:
    return (Conversation.practice == practice) & Conversation.held_at.is_(None)


def _has_limit(practice: Practice) -> bool:
    return any(days is not None for days in practice.retention.model_dump().values())
