"""The entities of messages are found without delaying an answer, kept encrypted, and go when the message goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rq import Queue
from sqlalchemy import delete, select, update

from classifier.entities.recorded import RecordedPatient
from classifier.insurance import InsuranceRecord
from inbox.exports.patient import export_patient
from inbox.models import Conversation, Decision, Delivery, FoundEntities, Message, now
from inbox.patients.found_entities import MOST_ATTEMPTS, recorded_of, stored_entities
from inbox.patients.records import find_records
from inbox.retention.erasure import erase_conversations
from intake.vocabulary import NoticeText, Priority, TriageLevel, reply_in
from tasks import jobs
from tasks.context import use
from tasks.jobs import JobFailedError
from tasks.notification.contents import quote_for
from tasks.queues.batch_queue import BatchQueue
from tasks.queues.names import LOOKUPS
from tasks.routing.decide import Facts, RoutingDecision
from tasks.routing.insurance_details import CARD, choose_details, may_ask
from tasks.understanding import entities
from tasks.understanding.entities import MOST_CHARACTERS, beginning_of, find_in_text
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.tasks.routing.test_decide import PRACTICE, facts
from tests.world import PATIENT

BILL = "This is Ana Lopez, why does my statement from Aetna say I owe $240? My member ID is W882134567."
VISIT = "This is Ana Lopez, can I move my visit to April 12, 2027?"
POISON = "poisonous"
REDACTED = 'include_text = "redacted"'


def found(service: Service) -> dict[int, set[tuple[str, str]]]:
    """What is stored, by message: the kinds, and the values that the places are of."""
    with service.database.read() as session:
        texts = {row_id: text for row_id, text in session.execute(select(Message.id, Message.text))}  # noqa: C416
        return {
            message_id: {(entity.kind, texts[message_id][entity.start : entity.end]) for entity in those}
            for message_id, those in stored_entities(session, list(texts)).items()
        }


def waiting(service: Service) -> list[int]:
    return sorted(row_id for job, row_id in service.context.queue.waiting() if job == "find_entities")


def handle(service: Service, *bodies: str) -> None:
    """Let patients text, and handle the texts without what follows."""
    use(service.context)
    for number, body in enumerate(bodies):
        service.text(body, from_=f"+1202555{3000 + number}")
    jobs.handle_message(*[message.id for message in service.rows(Message) if message.handled_at is None])


def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(text: str, recorded: RecordedPatient) -> Any:
        if POISON in text:
            raise ValueError(text)
        return find_in_text(text, recorded)

    monkeypatch.setattr(entities, "find_in_text", find)


def make_due(service: Service) -> None:
    with service.edit() as session:
        session.execute(update(FoundEntities).values(next_attempt_at=now() - timedelta(seconds=1)))


def test_a_question_about_a_bill_has_its_entities_once_it_is_decided(service: Service) -> None:
    handle(service, BILL)

    assert found(service)[1] >= {("NAME", "Ana Lopez"), ("CARRIER", "Aetna"), ("MEMBER_ID", "W882134567")}
    assert waiting(service) == []


def test_any_other_message_is_answered_first(service: Service) -> None:
    handle(service, VISIT, "Do you have parking?")

    assert (len(service.rows(Delivery)), found(service), waiting(service)) == (2, {}, [1, 2])
    jobs.find_entities(1)  # takes along what waits
    assert found(service) == {1: {("NAME", "Ana Lopez"), ("DATE", "April 12, 2027")}, 2: set()}
    service.work()
    assert [row.attempts for row in service.rows(FoundEntities)] == [1, 1]


def test_what_lost_its_job_is_found_by_the_reconciler_and_keywords_need_none(service: Service) -> None:
    handle(service, VISIT, "STOP")
    service.redis.flushall()

    service.reconcile()

    assert found(service) == {1: {("NAME", "Ana Lopez"), ("DATE", "April 12, 2027")}}


def test_an_error_costs_neither_the_answer_nor_the_entities_of_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch)
    handle(service, f"{POISON}: {BILL}", f"{POISON}: {VISIT}", VISIT)
    assert len(service.rows(Delivery)) == 3

    with pytest.raises(JobFailedError) as failure:
        jobs.find_entities(3)

    assert POISON not in str(failure.value)
    assert found(service).keys() == {3}
    for _ in range(MOST_ATTEMPTS + 1):
        make_due(service)
        service.reconcile()
    assert [row.attempts for row in service.rows(FoundEntities)] == [MOST_ATTEMPTS, MOST_ATTEMPTS, 1]


def test_jobs_that_wait_behind_each_other_run_together_and_leave_what_waits_for_somebody(service: Service) -> None:
    handle(service, VISIT, VISIT, VISIT)
    service.context.queue.put("look_for_recording", 7)
    service.context.queue.put("find_entities", 3)
    lookups = Queue(LOOKUPS, connection=service.redis)

    taken = BatchQueue.dequeue_any([lookups], None, service.redis)

    assert taken is not None
    assert [job_id.rsplit("-", 2)[0] for job_id in taken[0].ids] == [f"find_entities-{number}" for number in (1, 2, 3)]
    assert service.context.queue.waiting() >= {("look_for_recording", 7), ("find_entities", 3)}


def test_a_message_that_failed_and_long_ones_are_left_to_jobs_of_their_own(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned(monkeypatch)
    handle(service, f"{POISON}: {VISIT}", VISIT, "late " * 3000, VISIT)
    with pytest.raises(JobFailedError):
        jobs.find_entities(1)  # takes along what waits, up to the long one
    assert found(service).keys() == {2}
    make_due(service)
    service.redis.flushall()

    jobs.find_entities(1, 3, 4)

    assert (found(service).keys(), waiting(service)) == ({2, 3}, [1, 4])


def test_a_message_from_before_has_none_until_it_is_asked_for(service: Service) -> None:
    handle(service, VISIT)
    with service.edit() as session:
        session.execute(delete(FoundEntities))
    service.redis.flushall()
    service.reconcile()
    assert found(service) == {}

    jobs.find_entities(1, 99)

    assert found(service).keys() == {1}


def test_what_the_record_says_of_the_patient_is_found_too_and_only_the_beginning_of_a_long_text_is_read(
    service: Service,
) -> None:
    handle(service, "xiomaraq here, can I move my visit?")
    with service.edit() as session:
        session.execute(update(Conversation).values(patient_name="Xiomaraq"))

    service.work()

    assert found(service) == {1: {("NAME", "xiomaraq")}}
    with service.database.read() as session:
        assert recorded_of(session.get_one(Message, 1)).numbers == ("+12025553000",)
    long = f"{'pain ' * (MOST_CHARACTERS // 5)}Ana Lopez, W882134567"
    assert beginning_of(long) == long[: MOST_CHARACTERS - 1]
    assert len(beginning_of("x" * 2 * MOST_CHARACTERS)) == MOST_CHARACTERS


def test_entities_are_exported_and_erased_with_their_message(service: Service) -> None:
    service.text(BILL)
    service.work()

    with service.edit() as session:
        records = find_records(session, PATIENT, ["demo"])
        exported = export_patient(session, PATIENT, records, datetime.now(UTC))
        [message] = exported["conversations"][0]["messages"]
        assert {"kind": "CARRIER", "start": BILL.index("Aetna"), "end": BILL.index(" say")} in message["entities"]
        erase_conversations(session, session.scalars(select(Conversation)).all())

    assert service.rows(FoundEntities) == []


# ---- what notices say


def test_a_billing_notice_says_which_facts_are_there_and_which_are_missing(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f'teams = {{ billing = {{ notify = ["{hook.apprise_url()}"] }} }}')

    service.text("Why was my claim denied? My insurance is Aetna, it was for the visit on April 12, 2026.")
    service.work()

    [notice] = hook.notifications
    facts = "The message gives insurance company, date of service and lacks claim number."
    assert facts in notice.body["message"]
    assert "Aetna" not in notice.raw.decode()
    assert "April" not in notice.raw.decode()


def test_a_notice_may_carry_the_message_with_names_and_numbers_replaced(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f'teams = {{ scheduling = {{ notify = ["{hook.apprise_url()}"], {REDACTED} }} }}')
    service.text(VISIT)
    service.work()

    assert hook.notifications[0].body["message"].endswith("\n\nThis is [NAME], can I move my visit to [DATE]?")


def test_what_nobody_has_looked_at_is_not_quoted_and_an_ellipsis_stands_for_what_follows_what_was_read() -> None:
    read, left = "x " * (MOST_CHARACTERS // 2), "Ana Lopez"

    assert quote_for(NoticeText.REDACTED, VISIT, None) is None
    assert quote_for(NoticeText.REDACTED, read + left, ()) == read[:-1] + " …"
    assert quote_for(NoticeText.REDACTED, read[:-1], ()) == read[:-1]
    assert (quote_for(NoticeText.OFF, VISIT, ()), quote_for(NoticeText.FULL, VISIT, None)) == (None, VISIT)


# ---- what replies ask for


def test_the_reply_to_a_question_about_insurance_asks_once_for_what_is_missing(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service("ask_insurance_details = true\nlimits = { cool_down_minutes = 0 }")
    for text in ("Will my Aetna insurance pay the bill from my last visit?", "Did my insurance pay my bill by now?"):
        service.text(text)
        service.work()

    asked = "Please also send us your member ID and your date of birth."
    assert [decision.route for decision in service.rows(Decision)] == ["billing_inquiry"] * 2
    assert [asked in text.body for text in twilio.messages] == [True, False]
    assert [conversation.insurance_asked_at is not None for conversation in service.rows(Conversation)] == [True]


def test_no_reply_asks_unless_the_practice_wants_it(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Will my Aetna insurance pay the bill from my last visit?")
    service.work()

    assert "member ID" not in twilio.messages[0].body


MORNING = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLAN = RoutingDecision("billing_inquiry", reply_in("en", "billing_inquiry"), "billing", Priority.NORMAL, "sure")
ASKING = PRACTICE.model_copy(update={"ask_insurance_details": True})
BILLING = facts("billing_inquiry")


@pytest.mark.parametrize(
    ("plan", "known", "before", "asks"),
    [
        (PLAN, BILLING, {}, True),
        (PLAN, replace(BILLING, also=("appointment_request",)), {}, True),
        (replace(PLAN, reply=None), BILLING, {}, False),
        (replace(PLAN, reply=reply_in("en", "review")), BILLING, {}, False),
        (PLAN, replace(BILLING, triage=TriageLevel.SAME_DAY), {}, False),
        (PLAN, replace(BILLING, also=("complaint",)), {}, False),
        (PLAN, BILLING, {"triage": TriageLevel.EMERGENCY}, False),
        (PLAN, BILLING, {"intent": "complaint"}, False),
        (PLAN, BILLING, {"insurance_asked_at": MORNING}, False),
    ],
)
def test_a_reply_asks_only_where_nothing_is_more_serious(
    plan: RoutingDecision, known: Facts, before: dict[str, Any], asks: bool
) -> None:
    assert may_ask(plan, known, ASKING, Conversation(**before)) is asks


def test_a_question_about_a_bill_alone_is_not_asked_for_a_card() -> None:
    assert choose_details(InsuranceRecord(question="balance_dispute"), ()) == ()
    assert choose_details(InsuranceRecord(question="eligibility"), CARD) == ()
    assert choose_details(InsuranceRecord(question="eligibility"), CARD[:1]) == CARD[1:]
