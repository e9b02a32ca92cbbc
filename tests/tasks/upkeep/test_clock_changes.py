"""After a clock that was ahead is put right, nobody in danger waits until it has caught up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Delivery, DeliveryState, Escalation, Message, Notification, NotificationState, now
from tasks import jobs
from tasks.context import use
from tests.service import Service
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, sure_of, tell
from tests.world import PATIENT

CHEST, PRICES = "I have crushing chest pain", "How much is a first visit without insurance?"
ON_CALL, BOSS = "+12025550112", "+12025550113"
AHEAD, SKEW, WEEK = timedelta(hours=2), timedelta(seconds=3), timedelta(days=7)


@pytest.fixture
def service(start_service: StartService) -> Service:
    """The on-call team is texted, and after ten minutes another number."""
    started = start_service(
        f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}\n'
        f'escalation = [{{ number = "{BOSS}", after_minutes = 10 }}]'
    )
    tell(started, {CHEST: EMERGENCY, PRICES: sure_of("price_shopper")})
    return started


def told(service: Service, number: str) -> int:
    return len([message for message in service.twilio.messages if message.to == number])


def decide_only(service: Service, text: str) -> None:
    """A message whose reply and notices have not gone out yet."""
    service.text(text)
    use(service.context)
    jobs.handle_message(1)


def raise_alarm(service: Service, ahead: timedelta) -> Escalation:
    """An alarm that was raised while the clock was ahead, after a round of the reconciler."""
    service.text(CHEST)
    service.work()
    with service.edit() as session:
        alarm = session.get_one(Escalation, 1)
        alarm.created_at += ahead
        alarm.next_step_at += ahead
    service.reconcile()
    return service.rows(Escalation)[0]


def test_the_next_contact_is_told_at_most_one_delay_after_the_clock_is_put_right(service: Service) -> None:
    alarm = raise_alarm(service, AHEAD)
    assert told(service, BOSS) == 0
    assert alarm.next_step_at - now() <= timedelta(minutes=10)

    with service.edit() as session:
        session.get_one(Escalation, 1).next_step_at -= timedelta(minutes=10)
    service.reconcile()

    assert told(service, BOSS) == 1


@pytest.mark.parametrize("ahead", [timedelta(0), SKEW], ids=["right", "of-another-machine"])
def test_a_clock_that_is_right_or_a_few_seconds_ahead_hurries_nobody(service: Service, ahead: timedelta) -> None:
    alarm = raise_alarm(service, ahead)

    assert timedelta(minutes=9) < alarm.next_step_at - now()
    assert told(service, BOSS) == 0


def page_in_its_worker(session: Session, ahead: timedelta) -> None:
    page = session.scalars(select(Notification).where(Notification.target != "console")).one()
    page.state, page.attempts, page.updated_at = NotificationState.SENDING, 1, now() + ahead


def page_to_retry(session: Session, ahead: timedelta) -> None:
    page = session.scalars(select(Notification).where(Notification.target != "console")).one()
    page.attempts, page.updated_at, page.next_attempt_at = 1, now() + ahead, now() + ahead + SKEW


@pytest.mark.parametrize("interrupt", [page_in_its_worker, page_to_retry])
@pytest.mark.parametrize(("ahead", "count"), [(AHEAD, 1), (SKEW, 0)], ids=["set-back", "of-another-machine"])
def test_a_page_that_was_begun_by_a_clock_ahead_goes_out(
    service: Service, interrupt: Callable[[Session, timedelta], None], ahead: timedelta, count: int
) -> None:
    decide_only(service, CHEST)
    service.redis.flushall()
    with service.edit() as session:
        interrupt(session, ahead)
    service.reconcile()

    assert told(service, ON_CALL) == count


def test_a_message_that_failed_once_is_handled(service: Service) -> None:
    service.text(CHEST)
    service.redis.flushall()
    with service.edit() as session:
        message = session.get_one(Message, 1)
        message.failures, message.next_attempt_at = 1, now() + AHEAD
    service.reconcile()

    assert told(service, ON_CALL) == 1


def reply_to_retry(reply: Delivery) -> None:
    reply.attempts, reply.sending_at, reply.next_attempt_at = 1, now() + AHEAD, now() + AHEAD


def reply_that_is_scheduled(reply: Delivery) -> None:
    reply.scheduled_for = reply.next_attempt_at = now() + WEEK


@pytest.mark.parametrize(("arrange", "count"), [(reply_to_retry, 1), (reply_that_is_scheduled, 0)])
def test_a_reply_that_failed_once_goes_out_and_a_scheduled_one_waits(
    service: Service, arrange: Callable[[Delivery], None], count: int
) -> None:
    decide_only(service, PRICES)
    service.redis.flushall()
    with service.edit() as session:
        arrange(session.get_one(Delivery, 1))
    service.reconcile()

    assert told(service, PATIENT) == count


def test_a_text_that_was_not_answered_is_looked_for_as_one_sent_now(service: Service) -> None:
    decide_only(service, PRICES)
    service.redis.flushall()
    with service.edit() as session:
        reply = session.get_one(Delivery, 1)
        reply.state, reply.sending_at, reply.next_attempt_at = DeliveryState.UNKNOWN, now() + AHEAD, now() + AHEAD
    service.reconcile()

    [reply] = service.rows(Delivery)
    assert max(reply.sending_at or reply.created_at, reply.next_attempt_at) <= now()
