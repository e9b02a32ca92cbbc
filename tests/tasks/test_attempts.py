"""An attempt counts from its start, so that nothing is tried for ever; outages are nobody's fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
import redis
from sqlalchemy import update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from inbox.conversation_state import note_answer
from inbox.models import (
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Message,
    Notification,
    NotificationState,
    now,
)
from tasks import jobs
from tasks.attempts import MAX_FAILURES
from tasks.context import use
from tasks.jobs import JobFailedError
from tasks.notification.outbox import MAX_INTERRUPTIONS
from tasks.reconcile import reconcile
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService

QUESTION = "Do you have parking?"
URGENT = "I have crushing chest pain"


class Deadly:
    """A model or a notifier that ends the process, as a crash in native code does: nothing after it runs."""

    calls = 0

    def classify(self, texts: list[str]) -> NoReturn:
        self.calls += 1
        raise SystemExit

    def notify(self, *arguments: Any) -> NoReturn:
        self.calls += 1
        raise SystemExit


class Failing:
    """A model that something happens to."""

    def __init__(self, happen: Callable[[], None]) -> None:
        self._happen = happen

    def classify(self, texts: list[str]) -> list[Any]:
        self._happen()
        return []


def with_model(service: Service, model: Any) -> None:
    use(replace(service.context, classifier=model))


def make_due(service: Service) -> None:
    with service.edit() as session:
        session.execute(update(Message).values(next_attempt_at=now() - timedelta(seconds=1)))


def raising(error: Exception) -> Callable[[], None]:
    def happen() -> None:
        raise error

    return happen


# ---- messages


def test_a_message_that_kills_its_worker_is_handed_to_a_person_after_a_few_deaths(
    service: Service, twilio: TwilioStandIn
) -> None:
    service.text(QUESTION)
    deadly = Deadly()
    with_model(service, deadly)
    for _ in range(MAX_FAILURES):
        with pytest.raises(SystemExit):
            jobs.handle_message(1)
        make_due(service)
    jobs.handle_message(1)
    jobs.handle_message(1)

    assert deadly.calls == MAX_FAILURES
    [message] = service.rows(Message)
    assert message.handled_at is not None
    assert [(row.route, row.reply) for row in service.rows(Decision)] == [("review", None)]
    service.work()
    assert [(row.team, row.reason, row.state) for row in service.rows(Notification)] == [
        ("review", "unprocessed", "sent")
    ]
    assert (service.rows(Classification), twilio.messages) == ([], [])


def test_after_a_death_the_next_attempt_waits_a_little_longer_each_time(service: Service) -> None:
    service.text(QUESTION)
    with_model(service, Deadly())
    waits = []
    for _ in range(3):
        with pytest.raises(SystemExit):
            jobs.handle_message(1)
        waits.append(service.rows(Message)[0].next_attempt_at - now())
        make_due(service)

    assert timedelta(0) < waits[0] < waits[1] < waits[2] < timedelta(minutes=1)


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("", {}, Exception()),
        InterfaceError("", {}, Exception()),
        redis.ConnectionError(),
        redis.TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_message_is_not_blamed_for_an_outage(service: Service, twilio: TwilioStandIn, error: Exception) -> None:
    service.text(QUESTION)
    with_model(service, Failing(raising(error)))
    for _ in range(2 * MAX_FAILURES):
        with pytest.raises(JobFailedError):
            jobs.handle_message(1)
        [message] = service.rows(Message)
        assert (message.failures, message.handled_at) == (0, None)
        assert message.next_attempt_at > now()
        make_due(service)

    service.reconcile()

    assert len(twilio.messages) == 1


def test_a_message_is_not_blamed_when_the_database_goes_away_in_the_middle_of_each_attempt(
    service: Service, twilio: TwilioStandIn, tmp_path: Path
) -> None:
    service.text(QUESTION)
    with database_leaving(service, tmp_path / "intake.db") as model:
        with_model(service, model)
        for _ in range(2 * MAX_FAILURES):
            with pytest.raises(JobFailedError):
                jobs.handle_message(1)
            model.bring_back()
            make_due(service)

    service.reconcile()

    assert service.rows(Decision)[0].why != "the message could not be processed"
    assert len(twilio.messages) == 1


def test_ten_workers_with_one_message_count_one_attempt(service: Service) -> None:
    service.text(QUESTION)
    use(service.context)
    with ThreadPoolExecutor(10) as workers:
        list(workers.map(jobs.handle_message, [1] * 10))

    assert len(service.rows(Decision)) == len(service.rows(Classification)) == 1
    assert service.rows(Message)[0].failures == 0


class LeavingDatabase:
    """A model that takes the database away."""

    def __init__(self, service: Service, file: Path) -> None:
        self._service = service
        self._file = file
        self._hidden = file.with_suffix(".hidden")

    def classify(self, texts: list[str]) -> NoReturn:
        self._service.database.close()
        self._file.rename(self._hidden)
        self._file.mkdir()
        with self._service.database.read():
            pass
        try:
            self._service.rows(Message)
        except SQLAlchemyError as error:
            raise error from None
        raise AssertionError("the database is still there")

    def bring_back(self) -> None:
        if self._hidden.exists():
            self._service.database.close()
            self._file.rmdir()
            self._hidden.rename(self._file)


@contextmanager
def database_leaving(service: Service, file: Path) -> Iterator[LeavingDatabase]:
    model = LeavingDatabase(service, file)
    yield model
    model.bring_back()


# ---- notices


def test_a_notice_that_kills_its_worker_is_given_up_and_the_conversation_brought_back(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f'teams = {{ on_call = {{ notify = ["{hook.apprise_url()}"] }} }}')
    service.text(URGENT)
    use(service.context)
    jobs.handle_message(1)
    [notice] = [row for row in service.rows(Notification) if row.target != "console"]
    deadly = Deadly()
    use(replace(service.context, notifier=deadly))  # type: ignore[arg-type]
    for _ in range(MAX_INTERRUPTIONS):
        with pytest.raises(SystemExit):
            jobs.notify(notice.id)
        assert state_of(service, notice.id) == "sending"
        forget_worker(service)
    jobs.notify(notice.id)

    assert deadly.calls == MAX_INTERRUPTIONS
    assert state_of(service, notice.id) == "failed"
    [conversation] = service.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "urgent")
    assert conversation.listed_at is not None
    assert conversation.last_activity_at is not None
    assert conversation.listed_at > conversation.last_activity_at  # it is on top


def test_a_notice_that_kills_its_worker_leaves_a_conversation_that_is_answered_alone(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f'teams = {{ front_desk = {{ notify = ["{hook.apprise_url()}"] }} }}')
    service.text(URGENT)
    service.work()
    with service.edit() as session:
        note_answer(session.get_one(Conversation, 1), ConversationState.CLOSED, 1)
        session.add(
            Notification(
                message_id=1,
                reason="transferred",
                team="front_desk",
                target="t",
                priority="urgent",
                state=NotificationState.SENDING,
                interruptions=MAX_INTERRUPTIONS - 1,
            )
        )

    forget_worker(service)

    assert service.rows(Notification)[-1].state == "failed"
    assert service.rows(Conversation)[0].state == "closed"


def state_of(service: Service, notification_id: int) -> str:
    [row] = [row for row in service.rows(Notification) if row.id == notification_id]
    return row.state


def forget_worker(service: Service) -> None:
    """Lets the time pass after which a notice's worker counts as dead, and releases the notice."""
    with service.edit() as session:
        session.execute(
            update(Notification)
            .where(Notification.state == NotificationState.SENDING)
            .values(updated_at=now() - timedelta(minutes=1))
        )
    service.redis.flushall()
    reconcile(service.context, grace=timedelta(0))
