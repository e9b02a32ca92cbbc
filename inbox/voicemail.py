"""What is known of a voicemail, from callbacks that come in any order, repeatedly, or not at all.

Each callback says a part of the truth. Two parts are merged by taking, field by field, what is further along, so that
the merged whole is the same for every order and number of callbacks. A message is stored as soon as the whole says
that there is something to read, or that there never will be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.database import Database
from inbox.inbound import InboundMessage, Recorded, store_message
from inbox.models import Decision, Message, Voicemail, now
from intake.vocabulary import Channel

PROVIDER = "twilio"
# Twilio transcribes within minutes, where it does so at all.
TRANSCRIPTION_LIMIT = timedelta(minutes=10)
LOOK_AGAIN = timedelta(minutes=5)


class RecordingState(IntEnum):
    """How far a recording is known to be; a larger value outweighs a smaller one."""

    UNKNOWN = 0
    ABSENT = 1
    COMPLETED = 2
    FAILED = 3


class TranscriptionState(IntEnum):
    """How far a transcription is known to be; a larger value outweighs a smaller one."""

    WAITING = 0
    UNAVAILABLE = 1
    COMPLETED = 2


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached the voicemail.

    Attributes:
        call_sid: the provider's id of it.
        practice: slug of the practice that was called.
        caller: the caller's number in E.164, None when it is hidden.
        received_on: the number that was called, in E.164.
    """

    call_sid: str
    practice: str
    caller: str | None
    received_on: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one callback says of a voicemail, or what all of them together do.

    Attributes:
        recording: how far the recording is.
        recording_sid: the provider's id of it; known in every report of a recording that was made or failed.
        recording_url: where the provider keeps it.
        duration_seconds: its length.
        transcription: how far the transcription is.
        text: the transcription, empty until it is completed.
    """

    recording: RecordingState = RecordingState.UNKNOWN
    recording_sid: str | None = None
    recording_url: str | None = None
    duration_seconds: int | None = None
    transcription: TranscriptionState = TranscriptionState.WAITING
    text: str = ""


def merge(one: Report, other: Report) -> Report:
    """Return what two reports say together; neither their order nor a repetition matters."""
    return Report(
        recording=max(one.recording, other.recording),
        recording_sid=max(one.recording_sid or "", other.recording_sid or "") or None,
        recording_url=max(one.recording_url or "", other.recording_url or "") or None,
        duration_seconds=max(
            (one.duration_seconds, other.duration_seconds), key=lambda value: -1 if value is None else value
        ),
        transcription=max(one.transcription, other.transcription),
        text=max(one.text, other.text, key=lambda text: (len(text), text)),
    )


def is_ready(report: Report, waited: timedelta) -> bool:
    """Return whether a voicemail can be stored as a message: its text is there, or will not be.

    Args:
        report: all that is known of it.
        waited: the time since its recording was first heard of.
    """
    if report.transcription is not TranscriptionState.WAITING or report.recording is RecordingState.FAILED:
        return True
    return report.recording is RecordingState.COMPLETED and waited >= TRANSCRIPTION_LIMIT


def record_call(database: Database, call: Call) -> None:
    """Store a call, once, before anything was recorded.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    try:
        with database.write() as session:
            _find_or_add(session, call)
    except IntegrityError:
        return  # a concurrent copy won


def record_report(database: Database, call_sid: str, call: Call | None, report: Report) -> Recorded | None:
    """Add a callback to what is known of a call, and store its message as soon as there is one.

    Args:
        database: where voicemails are.
        call_sid: the provider's id of the call.
        call: the call, from a callback that describes it; it is stored when it was not known.
        report: what the callback says.

    Returns:
        The message, new when it waits to be handled; None while there is none.

    Raises:
        UnknownCallError: the call is not known and the callback does not describe it.
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    try:
        return _record_once(database, call_sid, call, report)
    except IntegrityError:
        # A concurrent copy, or a concurrent first message of the same patient, won; now its row is visible.
        return _record_once(database, call_sid, call, report)


class UnknownCallError(Exception):
    """A callback is about a call that never came in."""


def store_overdue(session: Session, moment: datetime, limit: int) -> int:
    """Store the voicemails whose transcription did not come in time, without text, and return how many."""
    overdue = (
        select(Voicemail)
        .where(
            Voicemail.recording == RecordingState.COMPLETED.name.lower(),
            Voicemail.message_id.is_(None),
            Voicemail.recorded_at <= moment - TRANSCRIPTION_LIMIT,
        )
        .order_by(Voicemail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    voicemails = session.scalars(overdue).all()
    for voicemail in voicemails:
        _store(session, voicemail, _known(voicemail))
    return len(voicemails)


def unheard_of(session: Session, moment: datetime, limit: int) -> Sequence[int]:
    """Return the calls of which no callback said anything in time, each again only after a while."""
    query = select(Voicemail.id).where(
        Voicemail.recording == RecordingState.UNKNOWN.name.lower(),
        Voicemail.message_id.is_(None),
        Voicemail.next_look_at <= moment,
        Voicemail.created_at <= moment - TRANSCRIPTION_LIMIT,
    )
    row_ids = session.scalars(query.order_by(Voicemail.id).limit(limit)).all()
    session.execute(update(Voicemail).where(Voicemail.id.in_(row_ids)).values(next_look_at=moment + LOOK_AGAIN))
    return row_ids


def _record_once(database: Database, call_sid: str, call: Call | None, report: Report) -> Recorded | None:
    with database.write() as session:
        voicemail = _find_or_add(session, call) if call else _find(session, call_sid)
        if voicemail is None:
            raise UnknownCallError
        known = merge(_known(voicemail), report)
        _write(voicemail, known)
        waited = now() - voicemail.recorded_at if voicemail.recorded_at else timedelta(0)
        if voicemail.message_id is None:
            return _store(session, voicemail, known) if is_ready(known, waited) else None
        return _complete(session, session.get_one(Message, voicemail.message_id), known.text)


def _find(session: Session, call_sid: str) -> Voicemail | None:
    return session.scalar(select(Voicemail).where(Voicemail.call_sid == call_sid).with_for_update())


def _find_or_add(session: Session, call: Call) -> Voicemail:
    found = _find(session, call.call_sid)
    if found is not None:
        return found
    voicemail = Voicemail(
        call_sid=call.call_sid, practice=call.practice, caller=call.caller, received_on=call.received_on
    )
    session.add(voicemail)
    session.flush()
    return voicemail


def _known(voicemail: Voicemail) -> Report:
    return Report(
        recording=RecordingState[voicemail.recording.upper()],
        recording_sid=voicemail.recording_sid,
        recording_url=voicemail.recording_url,
        duration_seconds=voicemail.duration_seconds,
        transcription=TranscriptionState[voicemail.transcription.upper()],
        text=voicemail.text,
    )


def _write(voicemail: Voicemail, known: Report) -> None:
    voicemail.recording = known.recording.name.lower()
    voicemail.recording_sid = known.recording_sid
    voicemail.recording_url = known.recording_url
    voicemail.duration_seconds = known.duration_seconds
    voicemail.transcription = known.transcription.name.lower()
    voicemail.text = known.text
    if voicemail.recorded_at is None and known.recording >= RecordingState.COMPLETED:
        voicemail.recorded_at = now()


def _store(session: Session, voicemail: Voicemail, known: Report) -> Recorded:
    recorded = store_message(
        session,
        InboundMessage(
            practice=voicemail.practice,
            channel=Channel.VOICEMAIL,
            provider=PROVIDER,
            provider_id=known.recording_sid or voicemail.call_sid,
            patient_address=voicemail.caller,
            received_on=voicemail.received_on,
            text=known.text,
        ),
    )
    session.get_one(Message, recorded.message_id).received_at = voicemail.created_at
    voicemail.message_id = recorded.message_id
    return recorded


def _complete(session: Session, message: Message, text: str) -> Recorded:
    """Give a message its text; one that was handled without it is handled again, now that it can be understood."""
    if message.text or not text:
        return Recorded.of(message, is_new=False)
    message.text = text
    message.handled_at = None
    message.failures = 0
    message.next_attempt_at = now()
    session.execute(delete(Decision).where(Decision.message_id == message.id))
    return Recorded.of(message, is_new=True)
