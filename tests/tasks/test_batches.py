"""Several rows are done at once, and none of them suffers for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from classifier import Understanding
from inbox.models import Decision, Delivery, DeliveryState, Message, Notification, now
from intake.vocabulary import Medium
from tasks import jobs
from tasks.context import use
from tasks.delivery import batch
from tasks.jobs import JobFailedError
from tasks.messages.attempts import MAX_FAILURES
from tasks.queues.batch_queue import BATCH_SIZES
from tasks.queues.names import CARRIERS, LOOKUPS, NOTICES, URGENT
from tests.service import Service
from tests.standins.twilio import Fault, TwilioStandIn
from tests.world import PATIENT

QUESTION = "Do you have parking?"
POISON = "poisonous"


class Model:
    """The real model, except that it notes what it is given and that a word in a text makes something happen."""

    def __init__(self, service: Service, error: BaseException | None = None) -> None:
        self._model = service.context.classifier
        self._error = error
        self.info = self._model.info
        self.given: list[list[str]] = []

    def classify(self, texts: list[str]) -> list[Understanding]:
        self.given.append(texts)
        if self._error is not None and any(POISON in text for text in texts):
            raise self._error
        return self._model.classify(texts)


def with_model(service: Service, error: BaseException | None = None) -> Model:
    model = Model(service, error)
    service.context = replace(service.context, classifier=model)  # type: ignore[arg-type]
    use(service.context)
    return model


def text_from_many(service: Service, *bodies: str) -> list[int]:
    """Texts of as many patients; returns the ids of the messages."""
    for number, body in enumerate(bodies):
        service.text(body, from_=f"+1202555{3000 + number}")
    return [message.id for message in service.rows(Message)]


def make_due(service: Service) -> None:
    with service.edit() as session:
        session.execute(update(Message).values(next_attempt_at=now() - timedelta(seconds=1)))


def handled(service: Service) -> list[bool]:
    return [message.handled_at is not None for message in service.rows(Message)]


# ---- messages


def test_texts_that_wait_are_read_together_and_each_is_answered_once(service: Service, twilio: TwilioStandIn) -> None:
    model = with_model(service)
    text_from_many(service, *[f"{QUESTION} {number}" for number in range(5)])
    service.work()

    assert [len(texts) for texts in model.given] == [5]
    assert sorted(message.to for message in twilio.messages) == [f"+1202555{3000 + number}" for number in range(5)]
    assert {message.failures for message in service.rows(Message)} == {0}
    assert service.redis.keys("rq:job:*") == []


def test_what_a_batch_has_replied_holds_for_the_next_text_of_the_same_patient(
    service: Service, twilio: TwilioStandIn
) -> None:
    with_model(service)
    for _ in range(3):
        service.text(QUESTION)
    service.work()

    assert [row.reply for row in service.rows(Decision)] == ["review", "review_again", None]
    assert len(twilio.messages) == 2


def test_a_message_that_kills_its_worker_takes_no_other_of_its_batch_with_it(service: Service) -> None:
    model = with_model(service, SystemExit())
    ids = text_from_many(service, QUESTION, POISON, QUESTION)
    deaths = 0
    while not all(handled(service)):
        try:
            jobs.handle_message(*ids)
        except SystemExit:
            deaths += 1
            assert deaths <= MAX_FAILURES
        make_due(service)

    assert deaths == MAX_FAILURES
    assert [row.why == "the message could not be processed" for row in service.rows(Decision)].count(True) == 1
    [lost] = [row for row in service.rows(Decision) if row.why == "the message could not be processed"]
    assert lost.message_id == ids[1]
    assert all(len(texts) == 1 for texts in model.given[1:])


def test_after_a_death_the_others_need_one_more_attempt(service: Service) -> None:
    with_model(service, SystemExit())
    ids = text_from_many(service, QUESTION, POISON, QUESTION)
    with pytest.raises(SystemExit):
        jobs.handle_message(*ids)
    make_due(service)
    jobs.handle_message(ids[0], ids[2])

    assert handled(service) == [True, False, True]
    assert [message.failures for message in service.rows(Message)] == [1, 1, 1]  # the one that the batch died in


def test_a_message_that_fails_in_a_batch_fails_alone(service: Service) -> None:
    model = with_model(service, ValueError())
    ids = text_from_many(service, QUESTION, POISON, QUESTION)
    with pytest.raises(JobFailedError, match=r"^ValueError in handle_message 2$") as failed:
        jobs.handle_message(*ids)

    assert list(failed.value.rows) == [2]
    assert handled(service) == [True, False, True]
    assert [message.failures for message in service.rows(Message)] == [0, 1, 0]
    assert [len(texts) for texts in model.given] == [3, 1, 1, 1]


def test_a_reply_that_cannot_be_stored_does_not_undo_those_of_the_others(service: Service) -> None:
    with_model(service)
    ids = text_from_many(service, *[QUESTION] * 6)
    with service.edit() as session:
        # a decision about the third is there already, and there can be one only
        session.add(Decision(message_id=3, route="review", reply=None, team=None, priority=None, why="an accident"))
    with pytest.raises(JobFailedError, match=r"^IntegrityError in handle_message 3$"):
        jobs.handle_message(*ids)

    assert handled(service) == [True, True, False, True, True, True]
    assert {row.message_id for row in service.rows(Delivery)} == {1, 2, 4, 5, 6}


@pytest.mark.parametrize("error", [OperationalError("", {}, Exception()), JobTimeoutException()])
def test_a_batch_that_an_outage_or_the_time_limit_ends_is_not_tried_one_by_one(
    service: Service, error: Exception
) -> None:
    model = with_model(service, error)
    with pytest.raises(JobFailedError) as failed:
        jobs.handle_message(*text_from_many(service, QUESTION, POISON, QUESTION))

    assert len(failed.value.rows) == 3
    assert [len(texts) for texts in model.given] == [3]
    blamed = int(isinstance(error, JobTimeoutException))
    assert [message.failures for message in service.rows(Message)] == [blamed] * 3


def test_a_message_whose_practice_left_the_file_does_not_hold_up_its_batch(service: Service) -> None:
    ids = text_from_many(service, QUESTION, QUESTION)
    with service.edit() as session:
        session.get_one(Message, 1).conversation.practice = "gone"
    with_model(service)
    with pytest.raises(JobFailedError, match=r"^IntakeError in handle_message 1$"):
        jobs.handle_message(*ids)

    assert handled(service) == [False, True]


# ---- replies


def pending_replies(service: Service, number: int) -> list[int]:
    """Replies that wait to be sent."""
    with_model(service)
    jobs.handle_message(*text_from_many(service, *[QUESTION] * number))
    service.redis.flushall()
    return [delivery.id for delivery in service.rows(Delivery)]


def reply_states(service: Service) -> list[str]:
    return [str(delivery.state) for delivery in service.rows(Delivery)]


def test_replies_go_out_in_one_job(service: Service, twilio: TwilioStandIn) -> None:
    jobs.deliver(*pending_replies(service, 4))

    assert len(twilio.messages) == 4
    assert reply_states(service) == ["sent"] * 4


class Sender:
    """A sender of texts during which something happens."""

    def __init__(self, service: Service, happen: Any) -> None:
        self._sender, self._happen = service.context.senders[Medium.SMS], happen

    def send(self, text: Any) -> Any:
        self._happen(text)
        return self._sender.send(text)


def with_sender(service: Service, happen: Any) -> None:
    senders: dict[Any, Any] = {**service.context.senders, Medium.SMS: Sender(service, happen)}
    service.context = replace(service.context, senders=senders)
    use(service.context)


def test_a_worker_that_dies_while_it_sends_leaves_one_reply_in_doubt(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 5)

    def die(text: Any) -> None:
        if text.delivery_id == ids[2]:
            raise SystemExit

    with_sender(service, die)
    with pytest.raises(SystemExit):
        jobs.deliver(*ids)

    # the last outcome is stored together with the claim of the next one
    assert reply_states(service) == ["sent", "sent", "sending", "pending", "pending"]
    assert len(twilio.messages) == 2


def test_a_reply_that_breaks_the_sender_stops_no_other(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 4)

    def fail(text: Any) -> None:
        if text.delivery_id == ids[1]:
            raise ValueError

    with_sender(service, fail)
    with pytest.raises(JobFailedError, match=f"^ValueError in deliver {ids[1]}$"):
        jobs.deliver(*ids)

    assert reply_states(service) == ["sent", "sending", "sent", "sent"]
    assert len(twilio.messages) == 3


def test_a_patient_who_opts_out_during_a_batch_gets_no_reply(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 3)

    def opt_out(text: Any) -> None:
        if text.delivery_id == ids[0]:
            service.text("STOP", from_="+12025553002")

    with_sender(service, opt_out)
    jobs.deliver(*ids)

    assert reply_states(service)[:3] == ["sent", "sent", DeliveryState.SUPPRESSED]
    assert {message.to for message in twilio.messages} == {"+12025553000", "+12025553001"}


def test_an_outcome_is_kept_when_the_next_reply_cannot_be_claimed(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 3)
    with service.edit() as session:  # written with a key that nobody has
        session.connection().exec_driver_sql(f"UPDATE deliveries SET body = X'00' WHERE id = {ids[1]}")
    with pytest.raises(JobFailedError, match=f"^MissingKeyError in deliver {ids[1]}$"):
        jobs.deliver(*ids)

    with service.edit() as session:
        session.connection().exec_driver_sql("UPDATE deliveries SET body = (SELECT body FROM deliveries LIMIT 1)")
    assert reply_states(service) == ["sent", "pending", "sent"]
    assert len(twilio.messages) == 2


def test_a_carrier_that_is_slow_gives_the_rest_back_to_the_queue(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 3)
    batch.deliver(service.context, ids, within_seconds=0)

    assert reply_states(service) == ["sent", "pending", "pending"]
    assert service.context.queue.waiting() == {("deliver", ids[1]), ("deliver", ids[2])}


def test_a_carrier_that_refuses_one_text_gets_the_others(service: Service, twilio: TwilioStandIn) -> None:
    ids = pending_replies(service, 3)
    twilio.faults.push(Fault.answer(400, 21211))
    jobs.deliver(*ids)

    assert reply_states(service) == ["failed", "sent", "sent"]


# ---- notices


def test_a_notice_on_the_console_needs_no_job(service: Service) -> None:
    with_model(service)
    service.text(QUESTION, from_=PATIENT)
    jobs.handle_message(1)

    assert [(row.target, row.state) for row in service.rows(Notification)] == [("console", "sent")]
    assert ("notify", 1) not in service.context.queue.waiting()


@pytest.mark.parametrize("queue", [URGENT, NOTICES, LOOKUPS])
def test_work_that_may_wait_for_somebody_is_taken_one_by_one(queue: str) -> None:
    assert queue not in BATCH_SIZES
    assert CARRIERS in BATCH_SIZES
