"""The entities of messages are found without delaying an answer, kept encrypted, and go when the message goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from classifier.entities.recorded import Recorded
from inbox.erasure import erase_conversations
from inbox.found_entities import MOST_ATTEMPTS, recorded_of, stored_entities
from inbox.models import Conversation, Delivery, FoundEntities, Message, now
from inbox.patient_export import export_patient
from inbox.patient_records import find_records
from tasks import entities, jobs
from tasks.context import use
from tasks.entities import MOST_CHARACTERS, beginning_of, find_in_text
from tasks.jobs import JobFailedError
from tests.service import Service
from tests.world import PATIENT

BILL = "This is Ana Lopez, why does my statement from Aetna say I owe $240? My member ID is W882134567."
VISIT = "This is Ana Lopez, can I move my visit to April 12, 2027?"
POISON = "poisonous"


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
    def find(text: str, recorded: Recorded) -> Any:
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


def test_a_message_from_before_has_none_until_it_is_asked_for(service: Service) -> None:
    handle(service, VISIT)
    with service.edit() as session:
        session.execute(delete(FoundEntities))
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
