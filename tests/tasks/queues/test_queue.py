"""Which work goes first, and which is done together."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest

from app.up import WORKERS
from inbox.models import Message
from tasks import jobs
from tasks.context import use
from tasks.queues.names import CARRIERS, LOOKUPS, MESSAGES, NOTICES, QUEUES, URGENT
from tasks.queues.queue import served_queues
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.tasks.conftest import StartService

QUESTION = "Do you have parking?"
PAIN = "I have crushing chest pain"


def everyone_at(hook: HookReceiver) -> str:
    """A practice that sends every question to a team, and whose teams are told by a hook."""
    at = f'{{ notify = ["{hook.apprise_url()}"] }}'
    return f"review_threshold = 1.0\nteams = {{ review = {at}, on_call = {at} }}"


def waiting_in(service: Service, queue: str) -> list[str]:
    """The names of the jobs that wait in a queue, first to last."""
    ids = service.redis.lrange(f"rq:queue:{queue}", 0, -1)
    return [job_id.decode().partition("-")[0] for job_id in ids]


def test_an_urgent_notice_is_queued_apart_from_everything_else(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(everyone_at(hook))
    for text in (QUESTION, PAIN):
        service.text(text)
    use(service.context)
    jobs.handle_message(1)
    jobs.handle_message(2)

    waiting = {queue: waiting_in(service, queue) for queue in QUEUES}
    assert waiting == {
        URGENT: ["notify"],
        MESSAGES: ["handle_message", "handle_message"],
        NOTICES: ["notify"],
        CARRIERS: ["deliver", "deliver"],
        LOOKUPS: ["find_entities", "find_entities"],
    }


def test_a_worker_of_all_queues_takes_urgent_notices_first(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(everyone_at(hook))
    service.text(PAIN)
    use(service.context)
    jobs.handle_message(1)
    for number in range(50):
        service.context.queue.put("deliver", 1000 + number)
    sent: list[int] = []
    seen = service.context.notifier.notify

    class Noting:
        def notify(self, *arguments: Any) -> Any:
            sent.append(service.redis.llen("rq:queue:carriers"))
            return seen(*arguments)

    object.__setattr__(service.context, "notifier", Noting())
    service.work()

    assert sent == [51]


def test_nothing_in_the_queue_of_messages_talks_to_another_server(service: Service) -> None:
    class Silent:
        def __getattr__(self, name: str) -> NoReturn:
            raise AssertionError(f"a message asked for {name}")

    for text in (QUESTION, PAIN, "STOP"):
        service.text(text)
    call = service.call()
    call.finish()
    call.report_recording()
    call.report_transcription("How much is a cleaning?")
    for name in ("senders", "notifier", "lookup"):
        object.__setattr__(service.context, name, Silent())
    use(service.context)
    assert set(waiting_in(service, MESSAGES)) == {"handle_message"}
    for message in service.rows(Message):
        jobs.handle_message(message.id)

    assert all(message.handled_at for message in service.rows(Message))


@pytest.mark.parametrize(
    ("chosen", "served"),
    [
        ((MESSAGES,), (MESSAGES,)),
        ((CARRIERS, MESSAGES), (URGENT, NOTICES, CARRIERS, LOOKUPS, MESSAGES)),
        ((MESSAGES, CARRIERS), (MESSAGES, URGENT, NOTICES, CARRIERS, LOOKUPS)),
        ((CARRIERS, LOOKUPS), (CARRIERS, LOOKUPS)),
        ((URGENT, MESSAGES), (URGENT, MESSAGES)),
        (QUEUES, QUEUES),
    ],
)
def test_a_worker_started_as_before_leaves_no_new_queue_unread(chosen: list[str], served: tuple[str, ...]) -> None:
    assert served_queues(chosen) == served


def test_of_the_three_workers_one_waits_for_nobody_and_one_for_urgent_notices_only() -> None:
    queues = [[name for name in arguments if name != "--queue"] for arguments in WORKERS.values()]

    assert queues[0] == [MESSAGES]
    assert queues[1] == [URGENT, MESSAGES]
    assert {queue for taken in queues for queue in taken} == set(QUEUES)
    assert all(taken.index(URGENT) == 0 for taken in queues[1:])
