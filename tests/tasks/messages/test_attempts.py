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

from inbox.conversations.state import note_answer
from inbox.models import (
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Escalation,
    Message,
    Notification,
    NotificationState,
    now,
)
from intake.vocabulary import SenderDoubt
from tasks import jobs
from tasks.context import use
from tasks.jobs import JobFailedError
from tasks.messages.attempts import MAX_FAILURES
from tasks.notification.outbox import MAX_INTERRUPTIONS
from tasks.upkeep.reconcile import reconcile
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.told_classifier import EMERGENCY, SELF_HARM, sure_of, tell

QUESTION = "Do you have parking?"
URGENT = "I have crushing chest pain"
ON_CALL = "+12025550112"


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
        ("on_call", "unprocessed", "sent")
    ]
    assert (service.rows(Classification), twilio.messages) == ([], [])


# What no step after the understanding can cope with.
BROKEN: dict[str, Any] = {"probabilities": {"billing_inquiry": None}}
PLAIN, NO_SIGN, DIE = "Why is my bill so high?", "Something is wrong with my dad", "I want to die"


def exhaust(service: Service, text: str, *, is_deadly: bool = False) -> None:
    """A text that fails until it is given up: after its understanding, or because it ends its worker in the model."""
    service.text(text)
    for _ in range(MAX_FAILURES):
        if is_deadly:
            with_model(service, Deadly())
            with pytest.raises(SystemExit):
                jobs.handle_message(len(service.rows(Message)))
        else:
            service.reconcile()
        make_due(service)
    service.reconcile()


@pytest.mark.parametrize(
    ("text", "is_deadly", "told", "level"),
    [
        pytest.param(NO_SIGN, False, ("on_call", "urgent", "unanswered_emergency"), "emergency", id="understood"),
        pytest.param(URGENT, True, ("on_call", "urgent", "unanswered_emergency"), "emergency", id="by-its-words"),
        pytest.param(PLAIN, True, ("on_call", "urgent", "unprocessed"), None, id="nothing-tells"),
        pytest.param(PLAIN, False, ("review", "high", "unprocessed"), "routine", id="understood-as-none"),
    ],
)
def test_who_is_told_of_a_message_that_cannot_be_handled_unless_it_is_surely_no_emergency(
    start_service: StartService, text: str, is_deadly: bool, told: tuple[str, str, str], level: str | None
) -> None:
    service = start_service(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(service, {NO_SIGN: EMERGENCY | BROKEN, PLAIN: sure_of("billing_inquiry") | BROKEN})
    exhaust(service, text, is_deadly=is_deadly)

    assert {(row.team, row.priority, row.reason) for row in service.rows(Notification)} == {told}
    [conversation] = service.rows(Conversation)
    assert (conversation.team, conversation.priority, conversation.triage) == (*told[:2], level)
    pages = [message.body for message in service.twilio.messages if message.to == ON_CALL]
    codes = [f"Reply ACK {row.code} " in page for row, page in zip(service.rows(Escalation), pages, strict=True)]
    assert codes == ([True] if told[0] == "on_call" else [])


def test_what_a_program_wrote_pages_nobody_either_if_it_cannot_be_handled(service: Service) -> None:
    tell(service, {NO_SIGN: EMERGENCY | BROKEN})
    service.text(NO_SIGN)
    with service.edit() as session:
        session.execute(update(Message).values(doubt=SenderDoubt.PROGRAM))
    for _ in range(MAX_FAILURES):
        service.reconcile()
        make_due(service)

    assert {(row.team, row.priority) for row in service.rows(Notification)} == {("review", "high")}


def test_another_danger_that_cannot_be_handled_is_told_again(start_service: StartService) -> None:
    service = start_service(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(service, {URGENT: EMERGENCY, DIE: SELF_HARM | BROKEN})
    service.text(URGENT)
    service.work()
    exhaust(service, DIE)

    assert len(service.rows(Escalation)) == 1
    assert len([message for message in service.twilio.messages if message.to == ON_CALL]) == 2


def test_an_unsafe_phone_is_known_although_the_message_that_says_so_cannot_be_handled(service: Service) -> None:
    words = f"{NO_SIGN}, don't text me, he reads my phone"
    tell(service, {words: EMERGENCY | BROKEN})
    exhaust(service, words)

    assert [row.reason for row in service.rows(Notification)] == ["unanswered_unsafe"]
    assert service.rows(Conversation)[0].unsafe_since is not None


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
