"""A transcription that arrives while its voicemail is handled is classified, on PostgreSQL as on SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Thread

from sqlalchemy import select

from inbox.incoming.voicemail import Call, RecordingState, TranscriptionState, VoicemailReport, record_report
from inbox.models import Classification, Decision, Message, Voicemail
from inbox.storage.database import Database
from tasks import jobs
from tasks.context import use
from tests.inbox.storage.test_leases import (
    test_it_is_taken_over_when_its_holder_has_died,
    test_it_is_taken_over_when_the_clock_was_set_back,
    test_of_ten_who_want_it_at_once_one_gets_it,
    test_once_returned_it_can_be_taken_after_the_pause,
)
from tests.postgres.conftest import wait_for_a_lock
from tests.service import Service
from tests.tasks.messages.test_attempts import test_ten_workers_with_one_message_count_one_attempt
from tests.tasks.upkeep.test_reconcile import test_every_row_is_found_oldest_first_however_many_wait
from tests.world import DEMO_NUMBER, PATIENT

__all__ = [
    "test_every_row_is_found_oldest_first_however_many_wait",
    "test_it_is_taken_over_when_its_holder_has_died",
    "test_it_is_taken_over_when_the_clock_was_set_back",
    "test_of_ten_who_want_it_at_once_one_gets_it",
    "test_once_returned_it_can_be_taken_after_the_pause",
    "test_ten_workers_with_one_message_count_one_attempt",
]
CALLS = 40
UNHEARD = VoicemailReport(RecordingState.COMPLETED, transcription=TranscriptionState.UNAVAILABLE)
HEARD = VoicemailReport(transcription=TranscriptionState.COMPLETED, text="How much do you charge for a cleaning?")


def test_a_transcription_that_arrives_while_its_voicemail_is_handled_is_classified(service: Service) -> None:
    use(service.context)
    database = service.database
    barrier = Barrier(2)

    def handle(message_id: int) -> None:
        barrier.wait()
        jobs.handle_message(message_id)

    def transcribe(call_sid: str) -> None:
        barrier.wait()
        recorded = record_report(database, call_sid, None, HEARD)
        assert recorded is not None
        assert recorded.is_new
        jobs.handle_message(recorded.message_id)

    with ThreadPoolExecutor(2) as pool:
        for number in range(CALLS):
            call = Call(f"CA{number}", "demo", f"+1202555{number:04}", DEMO_NUMBER)
            stored = record_report(database, call.call_sid, call, UNHEARD)
            assert stored is not None
            both = pool.submit(handle, stored.message_id), pool.submit(transcribe, call.call_sid)
            for work in both:
                work.result()

    assert all(message.handled_at is not None for message in service.rows(Message))
    assert len(service.rows(Classification)) == len(service.rows(Decision)) == CALLS


def test_a_recording_that_another_report_adds_meanwhile_is_not_taken_for_another_calls(database: Database) -> None:
    """Callbacks of two recordings of one call arrive at once: the second one's row is new to whoever waited."""
    call = Call("CA1", "demo", PATIENT, DEMO_NUMBER)
    record_report(database, call.call_sid, call, VoicemailReport(RecordingState.COMPLETED, recording_sid="RE1"))
    heard = replace(HEARD, recording_sid="RE2")

    waiting = Thread(target=record_report, args=(database, call.call_sid, None, heard))
    with database.write() as session:
        first = session.scalars(select(Voicemail).with_for_update()).one()
        columns = {"practice": "demo", "caller": PATIENT, "received_on": DEMO_NUMBER, "recording": "completed"}
        session.add(Voicemail(call_sid=first.call_sid, recording_sid="RE2", recorded_at=first.recorded_at, **columns))
        session.flush()
        waiting.start()
        wait_for_a_lock(database, waiting)
    waiting.join()

    with database.read() as session:
        assert [message.text for message in session.scalars(select(Message))] == [HEARD.text]
