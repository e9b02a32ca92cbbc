"""What fell between is found from the database alone, however much Redis has forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from inbox.models import Delivery, Message, Notification, NotificationState, now
from tasks import jobs
from tasks.context import use
from tasks.queues.job_ids import make_job_id
from tasks.queues.queue import WorkQueue, connect
from tasks.upkeep.reconcile import PER_ROUND, reconcile
from tasks.upkeep.reconcile_loop import GRACE
from tests.service import Service
from tests.standins.twilio import Fault, Operation, TwilioStandIn
from tests.world import DEMO_NUMBER

NO_GRACE = timedelta(0)
QUESTION = "Is there parking for my red Buick?"
URGENT = "I have crushing chest pain"


def copy_message(service: Service, copies: int) -> None:
    """Stores copies of the last message."""
    columns = [column for column in Message.__table__.columns if column.name not in ("id", "provider_id")]
    with service.edit() as session:
        first = session.execute(select(*columns).order_by(Message.id.desc()).limit(1)).mappings().one()
        session.execute(insert(Message), [{**first, "provider_id": f"copy {number}"} for number in range(copies)])


def test_a_message_whose_job_is_lost_is_answered(service: Service, twilio: TwilioStandIn) -> None:
    service.text(QUESTION)
    service.redis.flushall()

    service.reconcile()

    assert len(twilio.messages) == 1


def test_a_reply_and_a_notice_whose_jobs_are_lost_go_out(service: Service, twilio: TwilioStandIn) -> None:
    service.text(QUESTION)
    use(service.context)
    jobs.handle_message(1)
    service.redis.flushall()

    service.reconcile()

    assert len(twilio.messages) == 1
    assert [row.state for row in service.rows(Notification)] == ["sent"]


@pytest.mark.parametrize(("text", "seconds"), [(URGENT, 30), (QUESTION, 120)])
def test_a_notice_whose_worker_died_goes_out_again_soonest_when_it_is_urgent(
    service: Service, text: str, seconds: int
) -> None:
    service.text(text)
    use(service.context)
    jobs.handle_message(1)

    def claimed_before(age: timedelta) -> list[str]:
        with service.edit() as session:
            session.execute(update(Notification).values(state=NotificationState.SENDING, updated_at=now() - age))
        reconcile(service.context, grace=NO_GRACE)
        return [row.state for row in service.rows(Notification)]

    assert claimed_before(timedelta(seconds=seconds - 5)) == ["sending"]
    assert claimed_before(timedelta(seconds=seconds)) == ["pending"]


def test_rows_that_are_finished_are_left_alone(service: Service) -> None:
    for text in (QUESTION, "STOP", "ok thanks", QUESTION):
        service.text(text)
    service.work()
    service.reconcile()  # which has them indexed for the search

    assert reconcile(service.context, grace=NO_GRACE) == 0


def test_young_rows_are_left_to_the_jobs_that_came_with_them(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    assert reconcile(service.context, grace=GRACE) == 0

    with service.edit() as session:
        service.last_message(session).received_at -= GRACE
    assert reconcile(service.context, grace=GRACE) == 1


def test_a_row_that_is_to_be_tried_later_waits_for_its_time(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.answer(429))
    service.text(QUESTION)
    service.work()
    service.reconcile()  # which has it indexed for the search
    assert reconcile(service.context, grace=NO_GRACE) == 0

    with service.edit() as session:
        session.scalars(select(Delivery)).one().next_attempt_at = now()
    assert reconcile(service.context, grace=GRACE) == 1  # however young: it has been tried


def test_older_messages_come_first(service: Service) -> None:
    for number in range(3):
        service.text(f"Question {number}")
    service.redis.flushall()
    reconcile(service.context, grace=NO_GRACE)
    service.work()

    handled = sorted(service.rows(Message), key=lambda message: message.handled_at or now())
    assert [message.id for message in handled] == [1, 2, 3]


def test_rounds_that_overlap_change_nothing(service: Service, twilio: TwilioStandIn) -> None:
    service.text(QUESTION)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: reconcile(service.context, grace=NO_GRACE), range(3)))
    service.work()

    assert len(twilio.messages) == 1
    assert len(service.rows(Notification)) == 1


def test_a_long_queue_of_other_work_stops_nothing(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    for number in range(100):
        service.context.queue.put("deliver", 1000 + number)

    assert reconcile(service.context, grace=NO_GRACE) == 1


def test_a_row_whose_job_waits_is_not_queued_again(service: Service) -> None:
    service.text(URGENT)

    assert [reconcile(service.context, grace=NO_GRACE) for _ in range(3)] == [0, 0, 0]
    service.redis.flushall()
    assert [reconcile(service.context, grace=NO_GRACE) for _ in range(3)] == [1, 0, 0]


def test_every_row_is_found_oldest_first_however_many_wait(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    many = 3 * PER_ROUND + 7
    copy_message(service, many - 1)

    queued: list[int] = []
    while reconcile(service.context, grace=NO_GRACE):
        waiting = sorted(row_id for _, row_id in service.context.queue.waiting())
        assert waiting[: len(queued)] == queued
        queued = waiting

    assert queued == [message.id for message in service.rows(Message)]
    assert len(queued) == many


def test_rows_behind_ten_thousand_whose_jobs_wait_are_found(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    copy_message(service, 10_000)
    ids = [message.id for message in service.rows(Message)]
    keyring = service.database.keyring
    service.redis.rpush("rq:queue:messages", *(make_job_id("handle_message", row_id, keyring) for row_id in ids[:-1]))

    assert reconcile(service.context, grace=NO_GRACE) == 1
    assert ("handle_message", ids[-1]) in service.context.queue.waiting()


def test_what_was_stored_before_the_clock_was_set_back_does_not_wait_for_it_to_catch_up(
    service: Service, twilio: TwilioStandIn
) -> None:
    ahead = timedelta(minutes=15)
    service.text(URGENT)
    service.redis.flushall()
    with service.edit() as session:
        message = service.last_message(session)
        message.received_at, message.next_attempt_at = now() + ahead, now() + ahead
    assert reconcile(service.context, grace=GRACE) == 1
    use(service.context)
    jobs.handle_message(1)
    service.redis.flushall()
    with service.edit() as session:
        for model in (Delivery, Notification):
            session.execute(update(model).values(created_at=now() + ahead, next_attempt_at=now() + ahead))

    service.reconcile()

    assert len(twilio.messages) == 1
    assert {row.state for row in service.rows(Notification)} == {"sent"}


AHEAD = pytest.mark.parametrize("ahead", [timedelta(seconds=8), timedelta(hours=2)], ids=["skewed", "set_back"])
"""How far this machine's clock is behind that of the one that stored a row, or was set back since."""


def write_ahead(service: Service, ahead: timedelta, wait: timedelta) -> int:
    """Store a member's text whose row says that it was written in the future, to be sent some time after that."""
    service.text(QUESTION)
    service.work()
    with service.edit() as session:
        written = now() + ahead
        row = {"reply": "staff", "medium": "sms", "sender": DEMO_NUMBER, "body": "See you soon", "staff_id": 1}
        text = Delivery(**row, conversation_id=1, created_at=written, next_attempt_at=written + wait)
        session.add(text)
        session.flush()
        return text.id


@AHEAD
def test_a_text_for_next_week_waits_for_its_time_whatever_the_clock_did(
    service: Service, twilio: TwilioStandIn, ahead: timedelta
) -> None:
    scheduled = write_ahead(service, ahead, timedelta(days=6))
    service.context.queue.put("deliver", scheduled)  # a job that comes too early does not send it, either
    service.reconcile()

    assert [message.body for message in twilio.messages if message.body == "See you soon"] == []
    assert service.rows(Delivery)[-1].state == "pending"


def test_a_text_that_can_still_be_undone_is_not_sent_by_a_machine_that_is_behind(
    service: Service, twilio: TwilioStandIn
) -> None:
    write_ahead(service, timedelta(seconds=20), timedelta(seconds=8))
    service.reconcile()

    assert service.rows(Delivery)[-1].state == "pending"


def test_a_text_that_could_be_undone_does_not_wait_for_a_clock_that_was_set_back(
    service: Service, twilio: TwilioStandIn
) -> None:
    write_ahead(service, timedelta(hours=2), timedelta(seconds=8))
    service.reconcile()

    assert twilio.messages[-1].body == "See you soon"


@AHEAD
def test_a_text_that_was_to_go_out_at_once_does(service: Service, twilio: TwilioStandIn, ahead: timedelta) -> None:
    write_ahead(service, ahead, timedelta(milliseconds=3))
    service.reconcile()

    assert twilio.messages[-1].body == "See you soon"


def test_while_redis_is_away_a_round_waits_for_its_return(service: Service, tmp_path: Path) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    away = WorkQueue(connect(f"unix://{tmp_path}/nobody.sock"), service.database.keyring)

    assert reconcile(replace(service.context, queue=away), grace=NO_GRACE) == 0
    assert reconcile(service.context, grace=NO_GRACE) == 1


def test_the_carrier_is_not_asked_about_one_text_again_and_again(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(accept=True))
    twilio.faults.push(Fault.answer(503, on=Operation.LIST, times=None))
    service.text(QUESTION)
    service.work()
    service.let_pass(timedelta(minutes=2))
    for _ in range(3):
        service.reconcile()

    assert [request.operation for request in twilio.requests] == [Operation.CREATE, Operation.LIST]


@pytest.mark.parametrize(("age", "asked"), [(timedelta(hours=47), 1), (timedelta(hours=49), 0)])
def test_after_two_days_the_carrier_is_asked_no_more(service: Service, age: timedelta, asked: int) -> None:
    service.text(QUESTION)
    service.work()
    service.reconcile()  # which has it indexed for the search
    with service.edit() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.created_at -= age
        delivery.next_attempt_at = now()

    assert reconcile(service.context, grace=NO_GRACE) == asked
