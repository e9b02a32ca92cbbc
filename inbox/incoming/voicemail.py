"""Assembling a voicemail from callbacks that arrive in any order, repeatedly, or not at all.

Each callback reports part of the picture. Reports are merged field by field, keeping the value that is further along,
so that the result does not depend on the order or number of callbacks. A message is stored once there is a
transcription, or once it is clear that there will be none.

A caller who is led back to the tone, by a menu before it for example, leaves several recordings in one call. Each is a
voicemail and a message of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.incoming.inbound import InboundMessage, RecordedMessage, store_message
from inbox.models import Decision, Message, Voicemail, now
from inbox.patients.found_entities import delete_entities
from inbox.search.index import forget_texts
from inbox.storage.database import Database
from intake.vocabulary import Channel

PROVIDER = "twilio"
# If Twilio transcribes a recording, it does so within minutes.
TRANSCRIPTION_LIMIT = timedelta(minutes=10)
LOOK_AGAIN = timedelta(minutes=5)


class RecordingState(IntEnum):
    """The known state of a recording; when reports are merged, the larger value wins."""

    UNKNOWN = 0
    ABSENT = 1
    COMPLETED = 2
    FAILED = 3
    ERASED = 4


class TranscriptionState(IntEnum):
    """The known state of a transcription; when reports are merged, the larger value wins."""

    WAITING = 0
    UNAVAILABLE = 1
    COMPLETED = 2


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached the voicemail.

    Attributes:
        call_sid: the provider's id for it.
        practice: the slug of the practice.
        caller: the caller's number in E.164, None if it is hidden.
        received_on: the number that was called, in E.164.
    """

    call_sid: str
    practice: str
    caller: str | None
    received_on: str


@dataclass(frozen=True, slots=True)
class VoicemailReport:
    """What one callback, or several merged, report about a voicemail.

    Attributes:
        recording: the state of the recording.
        recording_sid: the provider's id for the recording, present in every report of a completed or failed one.
        recording_url: the recording's URL at the provider.
        duration_seconds: the recording's length.
        transcription: the state of the transcription.
        text: the transcription, empty until it is completed.
    """

    recording: RecordingState = RecordingState.UNKNOWN
    recording_sid: str | None = None
    recording_url: str | None = None
    duration_seconds: int | None = None
    transcription: TranscriptionState = TranscriptionState.WAITING
    text: str = ""


def merge(first: VoicemailReport, second: VoicemailReport) -> VoicemailReport:
    """Merge two reports; the result does not depend on their order or on repeats."""
    recording = max(first.recording, second.recording)
    is_erased = recording is RecordingState.ERASED
    return VoicemailReport(
        recording=recording,
        recording_sid=None if is_erased else max(first.recording_sid or "", second.recording_sid or "") or None,
        recording_url=None if is_erased else max(first.recording_url or "", second.recording_url or "") or None,
        duration_seconds=max(
            (first.duration_seconds, second.duration_seconds), key=lambda value: -1 if value is None else value
        ),
        transcription=max(first.transcription, second.transcription),
        text=max(first.text, second.text, key=lambda text: (len(text), text)),
    )


def is_ready(report: VoicemailReport, waited: timedelta) -> bool:
    """Return whether a voicemail can be stored as a message: it has a transcription or will not get one.

    Args:
        report: the merged reports.
        waited: the time since the first report of its recording.
    """
    if report.transcription is not TranscriptionState.WAITING or report.recording >= RecordingState.FAILED:
        return True
    return report.recording is RecordingState.COMPLETED and waited >= TRANSCRIPTION_LIMIT


def record_call(database: Database, call: Call) -> None:
    """Store a call before its recording, unless it is already stored without one.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    try:
        with database.write() as session:
            if _without_recording(_lock_call(session, call.call_sid)) is None:
                _add(session, call)
    except IntegrityError:
        return  # a concurrent copy won


def record_report(
    database: Database, call_sid: str, call: Call | None, report: VoicemailReport
) -> RecordedMessage | None:
    """Merge a callback into the voicemail of its recording, and store the message once it is ready.

    Args:
        database: the database.
        call_sid: the provider's id for the call.
        call: the call, if the callback describes it; an unknown call is stored.
        report: the callback's report.

    Returns:
        The message, new if it must be handled; None if there is none yet.

    Raises:
        UnknownCallError: the call is unknown and the callback does not describe it.
        OtherRecordingError: the recording is another call's.
        sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
    """
    try:
        return _record_once(database, call_sid, call, report)
    except IntegrityError:
        # A concurrent copy, or a concurrent first message from the same patient, won. Its row is visible now.
        return _record_once(database, call_sid, call, report)


class UnknownCallError(Exception):
    """A callback about an unknown call."""


class OtherRecordingError(Exception):
    """A callback that names the recording of another call."""


def store_overdue(session: Session, moment: datetime, limit: int) -> int:
    """Store the voicemails whose transcription is overdue, without text, and return how many there were."""
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
    """Return the calls that are still without any callback, and postpone their next check."""
    query = select(Voicemail.id).where(
        Voicemail.recording == RecordingState.UNKNOWN.name.lower(),
        Voicemail.message_id.is_(None),
        Voicemail.next_look_at <= moment,
        Voicemail.created_at <= moment - TRANSCRIPTION_LIMIT,
    )
    row_ids = session.scalars(query.order_by(Voicemail.id).limit(limit)).all()
    if row_ids:
        session.execute(update(Voicemail).where(Voicemail.id.in_(row_ids)).values(next_look_at=moment + LOOK_AGAIN))
    return row_ids


def forget_recording(voicemail: Voicemail) -> None:
    """Remove the reference to a recording; a late report does not bring it back."""
    voicemail.recording = RecordingState.ERASED.name.lower()
    voicemail.recording_sid = voicemail.recording_url = None


def _record_once(
    database: Database, call_sid: str, call: Call | None, report: VoicemailReport
) -> RecordedMessage | None:
    with database.write() as session:
        of_call = _lock_call(session, call_sid)
        if not of_call and call is None:
            raise UnknownCallError
        voicemail = _find(session, call_sid, of_call, report.recording_sid)
        if voicemail is None and of_call and report.recording_sid is None:
            return None  # nothing was said after what is recorded
        if voicemail is None:
            voicemail = _add(session, call or _call_of(of_call[0]))
        known = merge(_known(voicemail), report)
        _write(voicemail, known)
        waited = now() - voicemail.recorded_at if voicemail.recorded_at else timedelta(0)
        if voicemail.message_id is None:
            return _store(session, voicemail, known) if is_ready(known, waited) else None
        # locked, as a worker may be handling it without its text at this moment
        message = session.get_one(Message, voicemail.message_id, with_for_update=True)
        return _complete(session, message, known.text)


def _lock_call(session: Session, call_sid: str) -> Sequence[Voicemail]:
    query = select(Voicemail).where(Voicemail.call_sid == call_sid).order_by(Voicemail.id)
    return session.scalars(query.with_for_update()).all()


def _find(session: Session, call_sid: str, of_call: Sequence[Voicemail], recording_sid: str | None) -> Voicemail | None:
    """Return the voicemail of a recording: its own, even if it was erased since, or the one that has none yet.

    A concurrent report may have added the recording to the call since the call's voicemails were read.

    Raises:
        OtherRecordingError: the recording is another call's.
    """
    if recording_sid is None:
        return _without_recording(of_call)
    if found := next((row for row in of_call if row.recording_sid == recording_sid), None):
        return found
    named = select(Message.id).where(Message.provider == PROVIDER, Message.provider_id == recording_sid)
    message_id = session.scalar(named)
    is_its = Voicemail.recording_sid == recording_sid
    if message_id is not None:
        is_its = or_(is_its, Voicemail.message_id == message_id)
    found = session.scalar(select(Voicemail).where(is_its).with_for_update())
    if found is None and message_id is None:
        return _without_recording(of_call)
    if found is None or found.call_sid != call_sid:
        raise OtherRecordingError
    return found


def _without_recording(of_call: Sequence[Voicemail]) -> Voicemail | None:
    erased = RecordingState.ERASED.name.lower()
    return next((row for row in of_call if row.recording_sid is None and row.recording != erased), None)


def _add(session: Session, call: Call) -> Voicemail:
    voicemail = Voicemail(
        call_sid=call.call_sid, practice=call.practice, caller=call.caller, received_on=call.received_on
    )
    session.add(voicemail)
    session.flush()
    return voicemail


def _call_of(voicemail: Voicemail) -> Call:
    return Call(voicemail.call_sid, voicemail.practice, voicemail.caller, voicemail.received_on)


def _known(voicemail: Voicemail) -> VoicemailReport:
    return VoicemailReport(
        recording=RecordingState[voicemail.recording.upper()],
        recording_sid=voicemail.recording_sid,
        recording_url=voicemail.recording_url,
        duration_seconds=voicemail.duration_seconds,
        transcription=TranscriptionState[voicemail.transcription.upper()],
        text=voicemail.text,
    )


def _write(voicemail: Voicemail, known: VoicemailReport) -> None:
    voicemail.recording = known.recording.name.lower()
    voicemail.recording_sid = known.recording_sid
    voicemail.recording_url = known.recording_url
    voicemail.duration_seconds = known.duration_seconds
    voicemail.transcription = known.transcription.name.lower()
    voicemail.text = known.text
    if voicemail.recorded_at is None and known.recording >= RecordingState.COMPLETED:
        voicemail.recorded_at = now()


def _store(session: Session, voicemail: Voicemail, known: VoicemailReport) -> RecordedMessage:
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
    message = session.get_one(Message, recorded.message_id)
    if recorded.is_new:
        message.received_at = voicemail.created_at
        waiting_since = message.conversation.waiting_since or voicemail.created_at
        message.conversation.waiting_since = min(waiting_since, voicemail.created_at)  # the call came before its text
    voicemail.message_id = recorded.message_id
    return recorded


def _complete(session: Session, message: Message, text: str) -> RecordedMessage:
    """Add a late transcription to its message, and reset the message so that it is handled again."""
    if message.text or not text or message.emptied_at is not None:
        return RecordedMessage.of(message, is_new=False)
    message.text = text
    forget_texts(session, [message.id], [])
    message.indexed_with = None
    message.handled_at = None
    message.failures = 0
    message.next_attempt_at = now()
    session.execute(delete(Decision).where(Decision.message_id == message.id))
    delete_entities(session, [message.id])
    return RecordedMessage.of(message, is_new=True)
