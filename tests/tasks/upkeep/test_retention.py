"""Nothing is kept longer than a practice says: its words go here and at Twilio, its skeleton stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from classifier import Classifier
from inbox.accounts.members import add_member
from inbox.audit.trail import record_action, verify
from inbox.conversations.legal_hold import hold_conversation, release_conversation
from inbox.conversations.tags import add_tag
from inbox.incoming.chat import open_chat
from inbox.incoming.inbound import record_message
from inbox.models import (
    AuditEntry,
    CarrierErasure,
    Classification,
    Conversation,
    ConversationTag,
    Delivery,
    DeliveryState,
    FoundEntities,
    MemberNotice,
    Message,
    Note,
    NoticeReason,
    OptOut,
    Patient,
    RetentionRun,
    Review,
    Role,
    SearchCode,
    StaffMember,
    Voicemail,
    now,
)
from inbox.patients.book import Details, add_address, conversations_of_patient, create_patient
from inbox.retention.limits import BATCH, EVERY, LEAP, Removed, choose_overdue, count_overdue, delete_overdue, is_due
from inbox.storage.carrier_erasures import count_erasures
from intake.practices import Practice, Retention
from intake.settings import Settings
from intake.vocabulary import Channel
from tasks.upkeep.reconcile import reconcile
from tasks.upkeep.retention import retain
from tests.inbox.conftest import inbound
from tests.service import Service
from tests.sqlite_steps import ON_SQLITE, counted_steps
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.told_classifier import OUT_OF_SCOPE, tell
from tests.world import DEMO_NUMBER, PATIENT, PRACTICES_TOML, later_quiet_hours

LIMITS = "retention = { message_days = 30, recording_days = 10, audit_days = 60 }\n"
QUESTION = "Can I move my visit to next week?"


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A service whose first practice keeps messages for 30 days and recordings for 10."""
    return start_service(LIMITS)


def age(service: Service, days: float) -> None:
    """Make everything that is there older, as if the service had run all the time."""
    past = timedelta(days=days)
    with service.edit() as session:
        for table, names in (
            (Conversation, ("created_at", "last_activity_at")),
            (Message, ("received_at", "handled_at")),
            (Delivery, ("created_at", "scheduled_for", "next_attempt_at")),
            (Note, ("created_at",)),
            (Voicemail, ("created_at", "recorded_at")),
            (CarrierErasure, ("next_attempt_at",)),
        ):
            for row in session.scalars(select(table)):
                for name in names:
                    if getattr(row, name) is not None:
                        setattr(row, name, getattr(row, name) - past)


def set_clock(service: Service, days: float) -> None:
    """Let the clock leap ahead, which makes everything older, and brings the next run nearer."""
    age(service, days)
    with service.edit() as session:
        for run in session.scalars(select(RetentionRun)):
            run.next_run_at -= timedelta(days=days)


def delete_chosen(session: Session, practice: Practice, limit: int = BATCH) -> Removed:
    """Choose and delete one batch in a transaction."""
    return delete_overdue(session, practice, now(), choose_overdue(session, practice, now(), limit))


def make_due(service: Service) -> None:
    """Let the day after the last run come."""
    with service.edit() as session:
        session.execute(update(RetentionRun).values(next_run_at=now()))


def clean(service: Service) -> None:
    """Let a run come, and the reconciler find everything, also what a look made due, until a look finds nothing."""
    service.reconcile()
    make_due(service)
    rounds = 1
    while service.reconcile():
        rounds += 1
        assert rounds <= 6


def ask(service: Service, text: str = QUESTION, **options: Any) -> None:
    service.text(text, **options)
    service.work()


def test_after_its_days_a_text_and_its_reply_are_empty_and_their_skeleton_stays(service: Service) -> None:
    ask(service)
    [before], [understood] = service.rows(Message), service.rows(Classification)
    service.reconcile()
    assert len(service.rows(FoundEntities)) == 1
    with service.database.read() as session:
        assert set(session.scalars(select(SearchCode.source))) == {before.id}
    age(service, 31)

    clean(service)

    [message], [reply], [conversation] = service.rows(Message), service.rows(Delivery), service.rows(Conversation)
    assert (message.text, message.subject, message.media, reply.body) == ("", None, None, "")
    assert message.emptied_at
    assert reply.emptied_at
    assert (conversation.patient_address, conversation.patient_index, conversation.patient_name) == (None, None, None)
    assert (conversation.intent, conversation.team) == (understood.intent, "scheduling")
    with service.database.read() as session:
        assert session.scalars(select(SearchCode.source)).all() == []
    assert before.handled_at
    assert (message.provider_id, message.handled_at) == (before.provider_id, before.handled_at - timedelta(days=31))
    assert [row.intent for row in service.rows(Classification)] == [understood.intent]
    assert service.rows(FoundEntities) == []


def test_what_is_not_yet_old_enough_stays(service: Service) -> None:
    ask(service)
    age(service, 29)

    clean(service)

    assert [message.text for message in service.rows(Message)] == [QUESTION]
    assert [conversation.patient_address for conversation in service.rows(Conversation)] == [PATIENT]


def test_a_practice_without_limits_keeps_everything(service: Service) -> None:
    ask(service, to="+12025550180")
    age(service, 3000)

    clean(service)

    assert [message.text for message in service.rows(Message)] == [QUESTION]


def test_a_new_text_in_an_old_conversation_keeps_the_conversations_address(service: Service) -> None:
    ask(service)
    age(service, 31)
    ask(service, "ok thanks")

    clean(service)

    assert [message.text for message in service.rows(Message)] == ["", "ok thanks"]
    assert [conversation.patient_address for conversation in service.rows(Conversation)] == [PATIENT]


def test_a_patient_who_writes_again_after_everything_was_deleted_starts_a_new_conversation(service: Service) -> None:
    ask(service)
    age(service, 31)
    clean(service)

    ask(service, "Do you take my insurance?")

    assert [row.patient_address for row in service.rows(Conversation)] == [None, PATIENT]
    assert len(service.twilio.messages) == 2


def test_a_text_that_twilio_delivers_again_after_it_was_deleted_is_not_stored_again(service: Service) -> None:
    ask(service)
    [message] = service.rows(Message)
    age(service, 31)
    clean(service)

    ask(service, message_sid=message.provider_id)

    assert [row.text for row in service.rows(Message)] == [""]
    assert len(service.twilio.messages) == 1


def test_text_and_reply_are_redacted_at_twilio(service: Service) -> None:
    ask(service)
    [message], [reply] = service.rows(Message), service.rows(Delivery)
    age(service, 31)

    clean(service)

    assert sorted(service.twilio.erasures.redacted) == sorted([message.provider_id, str(reply.provider_id)])
    assert [sent.body for sent in service.twilio.messages] == [""]
    assert service.rows(CarrierErasure) == []


def test_a_picture_is_deleted_at_twilio(service: Service) -> None:
    sid, picture = "MM" + "a1" * 16, "ME" + "b2" * 16
    url = f"https://api.twilio.com/2010-04-01/Accounts/AC{'0' * 32}/Messages/{sid}/Media/{picture}"
    ask(service, "", message_sid=sid, media=[(url, "image/jpeg")])
    age(service, 31)

    clean(service)

    assert service.twilio.erasures.deleted == [picture]
    assert [message.media for message in service.rows(Message)] == [None]


def test_an_outage_of_twilio_delays_an_erasure_and_loses_none(service: Service) -> None:
    ask(service)
    age(service, 31)
    service.twilio.erasures.fail = True
    clean(service)
    waiting = service.rows(CarrierErasure)
    assert len(waiting) == 2
    assert all(row.attempts and row.next_attempt_at > now() for row in waiting)

    service.twilio.erasures.fail = False
    age(service, 1)
    clean(service)

    assert service.rows(CarrierErasure) == []
    assert len(service.twilio.erasures.redacted) == 2


def test_a_text_that_twilio_is_still_sending_is_redacted_later(service: Service) -> None:
    service.twilio.queue_held = True
    ask(service)
    age(service, 31)
    clean(service)
    assert [row.provider_id for row in service.rows(CarrierErasure)] == [service.twilio.messages[0].sid]

    service.twilio.messages[0].advance("delivered")
    age(service, 1)
    clean(service)

    assert service.rows(CarrierErasure) == []
    assert service.twilio.messages[0].body == ""


def test_what_is_gone_at_twilio_already_counts_as_erased(service: Service) -> None:
    with service.edit() as session:
        session.add(CarrierErasure(kind="message", provider_id="SM" + "0" * 32))
        session.add(CarrierErasure(kind="recording", provider_id="RE" + "0" * 32))
    service.twilio.erasures.deleted.append("RE" + "0" * 32)

    clean(service)

    assert service.rows(CarrierErasure) == []


def leave_voicemail(service: Service, text: str = QUESTION) -> str:
    call = service.call()
    sid = "RE" + "c3" * 16
    service.twilio.audio[sid] = b"the patient's voice"
    service.twilio.erasures.transcriptions[sid] = ["TR" + "d4" * 16]
    with service.edit() as session:
        voicemail = session.scalars(select(Voicemail)).one()
        message = Message(
            conversation=Conversation(practice="demo", channel="voicemail", patient_address=PATIENT),
            provider="twilio",
            provider_id=sid,
            received_on="+15005550006",
            text=text,
            handled_at=now(),
        )
        session.add(message)
        session.flush()
        voicemail.recording, voicemail.recording_sid = "completed", sid
        voicemail.recording_url = f"https://api.twilio.com/2010-04-01/Accounts/AC/Recordings/{sid}"
        voicemail.transcription, voicemail.text = "completed", text
        voicemail.message_id, voicemail.recorded_at = message.id, now()
    assert call.sid == voicemail.call_sid
    return sid


def test_a_recording_goes_after_its_own_days_with_its_transcription_at_twilio_and_the_transcript_stays(
    service: Service,
) -> None:
    sid = leave_voicemail(service)
    age(service, 11)

    clean(service)

    [voicemail], [message] = service.rows(Voicemail), service.rows(Message)
    assert (voicemail.recording, voicemail.recording_sid, voicemail.recording_url) == ("erased", None, None)
    assert (message.text, voicemail.text) == (QUESTION, QUESTION)
    assert service.twilio.erasures.deleted == ["TR" + "d4" * 16, sid]
    assert sid not in service.twilio.audio


def test_a_voicemails_transcript_and_its_callers_number_go_with_its_message(service: Service) -> None:
    leave_voicemail(service)
    age(service, 31)

    clean(service)

    [voicemail], [message] = service.rows(Voicemail), service.rows(Message)
    assert (message.text, voicemail.text, voicemail.caller, voicemail.recording_sid) == ("", "", None, None)


def test_a_call_without_a_message_is_deleted(service: Service) -> None:
    service.call()
    with service.edit() as session:
        session.execute(update(Voicemail).values(recording="absent"))
    age(service, 31)

    clean(service)

    assert service.rows(Voicemail) == []


def add_note(session: Session, conversation: Conversation, text: str) -> None:
    member = add_member(
        session,
        email="dana@maple.example",
        name="Dana",
        role=Role.STAFF,
        practices=["demo"],
        password="seven slow herons wade",
    )
    session.add(Note(conversation_id=conversation.id, staff_id=member.id, text=text))


def test_notes_whom_they_called_tags_and_open_reviews_of_a_deleted_text_go_too(service: Service) -> None:
    tell(service, {QUESTION: OUT_OF_SCOPE})
    ask(service)
    with service.edit() as session:
        conversation = session.scalars(select(Conversation)).one()
        add_note(session, conversation, "Asked about the thing")
        add_tag(session, conversation, "Sam’s mother")
        caller = session.scalars(select(StaffMember.id)).one()
        called = {"staff_id": caller, "by_staff_id": caller, "reason": NoticeReason.MENTIONED}
        session.add(MemberNotice(conversation_id=conversation.id, **called))
    assert len(service.rows(Review)) == 1
    age(service, 31)

    clean(service)

    assert service.rows(Note) == []
    assert service.rows(MemberNotice) == []
    assert service.rows(ConversationTag) == []
    assert service.rows(Review) == []


def test_a_held_conversation_is_kept_whole_until_it_is_released(service: Service) -> None:
    ask(service)
    sid = leave_voicemail(service)
    with service.edit() as session:
        for conversation in session.scalars(select(Conversation)):
            hold_conversation(conversation, None)
    age(service, 100)
    clean(service)
    assert [message.text for message in service.rows(Message)] == [QUESTION, QUESTION]
    assert [voicemail.recording_sid for voicemail in service.rows(Voicemail)] == [sid]
    assert service.twilio.erasures.redacted == []

    with service.edit() as session:
        for conversation in session.scalars(select(Conversation)):
            release_conversation(conversation)
    age(service, 1.1)
    clean(service)

    assert [message.text for message in service.rows(Message)] == ["", ""]


def test_what_comes_after_a_hold_is_held_and_so_are_calls_without_a_message(service: Service) -> None:
    stranger, missed = "+12025550166", "CA" + "5" * 31
    ask(service)
    ask(service, from_=stranger)
    with service.edit() as session:
        hold_conversation(session.get_one(Conversation, 1), None)
    record_message(service.database, inbound(QUESTION, channel=Channel.VOICEMAIL, patient_address=PATIENT))
    service.work()
    with service.edit() as session:
        for number, caller in enumerate((PATIENT, stranger, PATIENT)):
            session.add(Voicemail(call_sid=f"{missed}{number}", practice="demo", caller=caller, received_on="x"))
    age(service, 100)
    with service.edit() as session:
        practice = service.context.practices.require("demo")
        assert count_overdue(session, practice, now()).calls == 1
        [chosen] = choose_overdue(session, practice, now(), limit=1).calls
        assert session.get_one(Voicemail, chosen).caller == stranger

    clean(service)

    held = [(message.conversation_id, message.text) for message in service.rows(Message)]
    assert held == [(1, QUESTION), (2, ""), (3, QUESTION)]
    assert [voicemail.call_sid[-1] for voicemail in service.rows(Voicemail) if not voicemail.message_id] == ["0", "2"]


def test_a_call_of_a_number_that_is_placed_under_hold_once_it_was_chosen_stays(service: Service) -> None:
    ask(service)
    with service.edit() as session:
        session.add(Voicemail(call_sid="CA" + "5" * 32, practice="demo", caller=PATIENT, received_on="x"))
    age(service, 100)
    practice = service.context.practices.require("demo")
    with service.edit() as session:
        chosen = choose_overdue(session, practice, now())
        assert len(chosen.calls) == 1
        hold_conversation(session.get_one(Conversation, 1), None)
        session.flush()

        assert delete_overdue(session, practice, now(), chosen) == Removed()


def test_a_text_that_nobody_has_handled_is_not_deleted(service: Service) -> None:
    service.text(QUESTION)
    age(service, 31)

    with service.edit() as session:
        removed = delete_chosen(session, service.context.practices.require("demo"))

    assert removed == Removed()


def test_an_opt_out_outlives_the_messages(service: Service) -> None:
    ask(service, "STOP")
    age(service, 31)

    clean(service)

    assert [opt_out.patient_address for opt_out in service.rows(OptOut)] == [PATIENT]
    ask(service, "When are you open?")
    assert [sent.body for sent in service.twilio.messages[1:]] == []


def test_a_dry_count_deletes_nothing_and_counts_what_a_run_deletes(service: Service) -> None:
    ask(service)
    leave_voicemail(service)
    age(service, 31)
    practice = service.context.practices.require("demo")

    with service.database.read() as session:
        counted = count_overdue(session, practice, now())
    with service.edit() as session:
        removed = delete_chosen(session, practice)

    assert counted == removed == Removed(messages=2, replies=1, recordings=1, conversations=2)


def test_a_run_is_done_in_batches_and_then_waits_a_day(service: Service) -> None:
    for number in range(5):
        ask(service, from_=f"+1202555014{number}")
    age(service, 31)
    practice = service.context.practices.require("demo")
    with service.edit() as session:
        assert delete_chosen(session, practice, limit=2).messages == 2

    clean(service)

    assert {message.text for message in service.rows(Message)} == {""}
    assert all(run.next_run_at > now() + timedelta(hours=23) for run in service.rows(RetentionRun))


def test_while_nobody_works_a_run_waits_once_in_the_queue(service: Service) -> None:
    ask(service)
    service.reconcile()
    make_due(service)

    for _ in range(10):
        reconcile(service.context, grace=timedelta(0))

    assert [backlog.jobs for backlog in service.context.queue.backlogs() if backlog.queue == "lookups"] == [1]


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
def test_a_clock_that_is_a_year_ahead_for_a_moment_deletes_nothing_and_delays_no_later_run(
    service: Service, is_first: bool
) -> None:
    ask(service)
    if not is_first:
        clean(service)

    set_clock(service, 366)
    for _ in range(3):
        service.reconcile()
    set_clock(service, -366)
    for _ in range(3):
        service.reconcile()

    assert [message.text for message in service.rows(Message)] == [QUESTION]
    assert [run.next_run_at <= now() + EVERY for run in service.rows(RetentionRun)] == [True]


def test_a_worker_whose_clock_is_a_year_ahead_deletes_nothing_that_another_finds_due(service: Service) -> None:
    ask(service)
    service.reconcile()
    make_due(service)
    [run] = service.rows(RetentionRun)

    set_clock(service, 366)
    retain(service.context, run.id)

    assert [message.text for message in service.rows(Message)] == [QUESTION]


def test_what_stays_past_its_limit_for_a_day_after_a_pause_goes_then(service: Service) -> None:
    ask(service)
    clean(service)
    set_clock(service, 40)  # the service was off, or the clock is wrong: nobody can tell
    service.reconcile()
    assert [message.text for message in service.rows(Message)] == [QUESTION]

    set_clock(service, 1.01)
    for _ in range(3):
        service.reconcile()

    assert [message.text for message in service.rows(Message)] == [""]


@pytest.mark.parametrize(
    ("late", "due"),
    [
        (timedelta(seconds=-1), False),
        (timedelta(0), True),
        (LEAP, True),
        (LEAP + timedelta(seconds=1), False),
        (-EVERY, False),
        (-EVERY - timedelta(seconds=1), True),
    ],
    ids=["early", "at its time", "a day late", "later", "the day before", "before the clock was set back"],
)
def test_when_a_run_is_due(late: timedelta, due: bool) -> None:
    planned = datetime(2026, 6, 1, 12, tzinfo=UTC)

    assert is_due(planned, planned + late) is due


def test_a_run_is_audited_with_counts_alone(service: Service) -> None:
    ask(service)
    age(service, 31)

    clean(service)

    [entry] = [entry for entry in service.rows(AuditEntry) if entry.action == "retention_run"]
    assert (entry.practice, entry.subject, entry.staff_id) == ("demo", "practice:demo", None)
    assert entry.detail == {"messages": 1, "replies": 1, "notes": 0, "recordings": 0, "calls": 0} | {
        "conversations": 1,
        "patients": 0,
    }


# ---- texts that staff schedule


def schedule(service: Service, days: int, **values: Any) -> None:
    """Add a text that a member scheduled for a later day."""
    with service.edit() as session:
        conversation = Conversation(
            practice="demo",
            channel="sms",
            patient_address=PATIENT,
            patient_index=service.database.keyring.index(PATIENT),
        )
        session.add(conversation)
        session.flush()
        at = now() + timedelta(days=days)
        row = {"reply": "staff", "medium": "sms", "sender": "+15005550006", "body": QUESTION, "staff_id": 1}
        session.add(Delivery(**row, conversation_id=conversation.id, scheduled_for=at, next_attempt_at=at, **values))


def test_a_held_text_is_kept_from_its_time_on_and_then_nothing_is_left_to_decide(start_service: StartService) -> None:
    service = start_service(LIMITS)
    schedule(service, 45, state=DeliveryState.HELD)
    age(service, 45.1)
    clean(service)
    assert [(held.state, held.body) for held in service.rows(Delivery)] == [(DeliveryState.HELD, QUESTION)]

    age(service, 31)
    clean(service)
    assert [(held.state, held.body) for held in service.rows(Delivery)] == [(DeliveryState.SUPPRESSED, "")]


def test_a_scheduled_text_is_kept_from_its_time_on(start_service: StartService) -> None:
    service = start_service(f"{LIMITS}{later_quiet_hours()}\n")
    schedule(service, 45)
    age(service, 45.1)
    clean(service)
    assert [sent.body for sent in service.twilio.messages] == [QUESTION]
    [conversation] = service.rows(Conversation)
    assert conversation.last_activity_at
    assert conversation.last_activity_at > now() - timedelta(hours=1)
    make_due(service)
    clean(service)
    assert [reply.body for reply in service.rows(Delivery)] == [QUESTION]

    age(service, 31)
    clean(service)

    assert [reply.body for reply in service.rows(Delivery)] == [""]
    assert [conversation.patient_address for conversation in service.rows(Conversation)] == [None]


def test_a_scheduled_text_that_was_cancelled_is_kept_from_its_writing_on(service: Service) -> None:
    schedule(service, 300, state=DeliveryState.SUPPRESSED)
    age(service, 31)

    clean(service)

    assert [reply.body for reply in service.rows(Delivery)] == [""]


# ---- names and numbers


def is_forgotten(service: Service) -> bool:
    [row] = service.rows(Conversation)
    who = (row.patient_address, row.patient_index, row.public_id, row.patient_name, row.contact_phone)
    return (*who, row.contact_email) == (None,) * 6


def test_who_began_a_chat_and_never_wrote_is_forgotten(service: Service) -> None:
    open_chat(service.database, "demo", "Ann Lee", "+12025550123", None, "https://maple.example", "ann@example.com")
    age(service, 29)
    clean(service)
    assert not is_forgotten(service)

    age(service, 2)
    make_due(service)
    practice = service.context.practices.require("demo")
    with service.database.read() as session:
        assert count_overdue(session, practice, now()) == Removed(conversations=1)
    clean(service)

    assert is_forgotten(service)
    [entry] = [entry for entry in service.rows(AuditEntry) if entry.action == "retention_run"]
    assert entry.detail["conversations"] == 1


def test_who_wrote_is_forgotten_after_the_last_activity_though_the_words_went_before(service: Service) -> None:
    ask(service)
    age(service, 31)
    with service.edit() as session:
        session.execute(update(Conversation).values(last_activity_at=now() - timedelta(days=27)))
    clean(service)
    assert [message.text for message in service.rows(Message)] == [""]
    assert not is_forgotten(service)

    age(service, 4)
    make_due(service)
    clean(service)

    assert is_forgotten(service)


# ---- many patient records


def add_records(service: Service, first: int, count: int) -> None:
    """Add old patient records, each with a number that has written lately."""
    long_ago = now() - timedelta(days=60)
    with service.edit() as session:
        for number in range(first, first + count):
            patient = create_patient(session, "demo", Details(f"Patient {number}"))
            patient.created_at = patient.updated_at = long_ago
            added = add_address(session, patient, f"+1202555{number:04d}")
            assert added
            known_as = {"patient_address": added.patient_address, "patient_index": added.patient_index}
            session.add(Conversation(practice="demo", channel="sms", **known_as))


def work_of_a_run(service: Service) -> Counter[str]:
    """Return how many hundred steps SQLite takes for a run, by whether its transaction reads or writes."""
    with service.edit() as session:
        run = session.scalars(select(RetentionRun)).one_or_none() or RetentionRun(practice="demo")
        session.add(run)
        run.next_run_at = now() - timedelta(seconds=1)
        session.flush()
        run_id = run.id
    with counted_steps(service.database.engine) as steps:
        retain(service.context, run_id)
    [run] = service.rows(RetentionRun)
    assert run.next_run_at > now()
    return steps


@ON_SQLITE
def test_nobody_waits_for_a_run_longer_because_there_are_more_patient_records(service: Service) -> None:
    add_records(service, 0, 40)
    few = work_of_a_run(service)
    add_records(service, 40, 360)
    many = work_of_a_run(service)

    assert many["writing"] <= few["writing"] + 2
    assert many["reading"] <= 20 * few["reading"]
    assert len(service.rows(Patient)) == 400


def test_records_that_are_past_the_limit_are_found_behind_any_number_of_needed_ones(service: Service) -> None:
    add_records(service, 0, 250)
    with service.edit() as session:
        for patient in session.scalars(select(Patient).where(Patient.id.in_([1, 205, 250]))):
            [conversation_id] = conversations_of_patient(session, patient)
            session.get_one(Conversation, conversation_id).last_activity_at = now() - timedelta(days=31)

    clean(service)

    left = {patient.id for patient in service.rows(Patient)}
    assert set(range(1, 251)) - left == {1, 205, 250}


def test_a_record_is_kept_while_a_text_to_the_patient_is_held(service: Service) -> None:
    add_records(service, 0, 1)
    with service.edit() as session:
        session.query(Conversation).one().last_activity_at = now() - timedelta(days=31)
        moment = now() - timedelta(days=1)
        written = {"reply": "patient", "medium": "sms", "sender": DEMO_NUMBER, "body": "See you soon."}
        session.add(Delivery(conversation_id=1, **written, scheduled_for=moment, state=DeliveryState.HELD))

    clean(service)

    assert len(service.rows(Patient)) == 1


def test_a_record_is_kept_while_a_text_to_the_patient_is_scheduled(service: Service) -> None:
    add_records(service, 0, 2)
    with service.edit() as session:
        for conversation in session.scalars(select(Conversation)):
            conversation.last_activity_at = now() - timedelta(days=31)
        later = {"scheduled_for": now() + timedelta(days=60), "next_attempt_at": now() + timedelta(days=60)}
        written = {"reply": "patient", "medium": "sms", "sender": DEMO_NUMBER, "body": "See you soon."}
        session.add(Delivery(conversation_id=1, **written, **later))

    clean(service)
    assert [patient.id for patient in service.rows(Patient)] == [1]


# ---- the audit trail


def record_at(service: Service, days: Callable[[int], float], count: int = 6) -> None:
    """Add entries of these ages, the way they would have been added then."""
    for number in range(count):
        with service.edit() as session:
            record_action(session, staff_id=1, practice="demo", action="viewed", subject=f"conversation:{number}")
            entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
            _predate(session, entry, now() - timedelta(days=days(number)))


def _predate(session: Session, entry: AuditEntry, at: datetime) -> None:
    from inbox.audit.trail import _hash
    from inbox.models.column_types import keyring

    entry.at = at
    entry.hash = _hash(entry)
    entry.seal = keyring().seal(entry.hash)


@pytest.fixture
def limited(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Service]:
    """A service all of whose practices have limits."""
    settings.practices_file.write_text(PRACTICES_TOML.replace("[[practice]]\n", f"[[practice]]\n{LIMITS}"))
    with Service(settings, classifier, twilio) as running:
        yield running


@pytest.mark.parametrize(("which", "text"), [("limited", ""), ("service", QUESTION)])
def test_a_practice_that_left_the_file_is_kept_as_long_as_any_practice_in_it(
    request: pytest.FixtureRequest, which: str, text: str
) -> None:
    running: Service = request.getfixturevalue(which)
    record_message(running.database, inbound(QUESTION, practice="removed"))
    with running.edit() as session:
        session.execute(update(Message).values(handled_at=now()))
    age(running, 31)

    clean(running)

    assert [message.text for message in running.rows(Message)] == [text]


def test_the_audit_trail_loses_its_oldest_entries_and_stays_whole(limited: Service) -> None:
    record_at(limited, lambda number: 70 - 3 * number)

    clean(limited)

    *kept, _, pruned = limited.rows(AuditEntry)
    assert [(entry.id, entry.action) for entry in kept] == [(5, "viewed"), (6, "viewed")]
    assert (pruned.action, pruned.detail["through"]) == ("audit_pruned", 4)
    with limited.database.read() as session:
        assert verify(session).is_whole


def test_an_audit_trail_that_lost_more_than_retention_took_is_broken(limited: Service) -> None:
    record_at(limited, lambda number: 70 - 3 * number)
    clean(limited)

    with limited.edit() as session:
        session.delete(session.get_one(AuditEntry, 5))

    with limited.database.read() as session:
        assert verify(session).broken_at == 6


def test_an_audit_trail_whose_beginning_was_cut_off_by_hand_is_broken(limited: Service) -> None:
    record_at(limited, lambda number: 1)

    with limited.edit() as session:
        session.delete(session.get_one(AuditEntry, 1))

    with limited.database.read() as session:
        assert not verify(session).is_whole


def test_the_audit_trail_is_kept_while_any_practice_keeps_it(service: Service) -> None:
    record_at(service, lambda number: 70)

    clean(service)

    assert [entry.id for entry in service.rows(AuditEntry)][:6] == [1, 2, 3, 4, 5, 6]


def test_the_audit_trail_since_a_held_conversation_began_is_kept(limited: Service) -> None:
    ask(limited)
    with limited.edit() as session:
        hold_conversation(session.scalars(select(Conversation)).one(), None)
    age(limited, 65)
    record_at(limited, lambda number: 70 - 3 * number)

    clean(limited)

    assert [entry.id for entry in limited.rows(AuditEntry)][:2] == [3, 4]


def test_limits_are_a_practices_own(service: Service) -> None:
    practice = service.context.practices.require("demo")
    longer = Practice.model_validate(practice.model_dump() | {"retention": Retention(message_days=40).model_dump()})
    ask(service)
    age(service, 31)

    with service.edit() as session:
        assert delete_chosen(session, longer) == Removed()
        assert count_erasures(session) == 0
