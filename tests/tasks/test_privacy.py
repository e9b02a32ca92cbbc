"""Nothing that a patient wrote, and no number, gets into Redis, RQ's records of failed jobs, or the logs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn, cast

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from tasks import jobs
from tasks.context import use
from tasks.queues.names import QUEUES
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import Fault, TwilioStandIn
from tests.tasks.conftest import StartService
from tests.world import PATIENT

TEXT = "The code of our gate is swordfish"
PRIVATE = ("swordfish", PATIENT.removeprefix("+"), "20255501")


class Indiscreet:
    """A part that fails and says aloud what it was given."""

    def __getitem__(self, name: object) -> Indiscreet:
        return self

    def __getattr__(self, name: str) -> Any:
        def fail(*given: object, **named: object) -> NoReturn:
            raise ValueError(f"{name} cannot cope with {given} {named} from {PATIENT}")

        return fail


@pytest.mark.parametrize("part", ["classifier", "senders", "notifier", "live"])
def test_a_job_that_fails_keeps_its_reasons_to_itself(
    start_service: StartService,
    hook: HookReceiver,
    part: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    teams = f'{{ review = {{ notify = ["{hook.apprise_url()}"] }} }}'
    service = start_service(f"review_threshold = 1.0\nteams = {teams}")
    service.context = replace(service.context, **{part: cast(Any, Indiscreet())})
    service.text(TEXT)
    service.work()

    queues = [Queue(name, connection=service.redis, serializer=JSONSerializer) for name in QUEUES]
    assert any(queue.failed_job_registry.get_job_ids() for queue in queues), "the part was not used"
    _assert_discreet(_everything_in(service.redis))
    _assert_discreet([caplog.text, *capfd.readouterr()])
    assert "JobFailedError: ValueError in " in caplog.text


def test_an_error_says_its_type_its_job_and_its_row(service: Service) -> None:
    use(replace(service.context, classifier=Indiscreet()))  # type: ignore[arg-type]
    service.text(TEXT)

    with pytest.raises(jobs.JobFailedError) as failed:
        jobs.handle_message(1)
    assert str(failed.value) == "ValueError in handle_message 1"
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_a_day_of_work_leaves_nothing_private_behind(
    service: Service, twilio: TwilioStandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    twilio.faults.push(Fault.answer(429))
    twilio.faults.push(Fault.drop(accept=True))
    twilio.faults.push(Fault.answer(400, 21614))
    for number in range(4):
        service.text(f"{TEXT} {number}, and my chest hurts so badly that I can't breathe")
        waiting = _everything_in(service.redis)
        service.work()
        service.reconcile()
        _assert_discreet(waiting + _everything_in(service.redis))
    twilio.deliver(twilio.messages[-1].sid, "undelivered", 30003)
    service.work()

    _assert_discreet(_everything_in(service.redis))
    _assert_discreet([caplog.text, *capfd.readouterr()])


def _everything_in(client: Any) -> list[str]:
    """Every key and every value of a Redis, whatever its type."""
    readers = {
        b"string": lambda key: [client.get(key)],
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": lambda key: list(client.smembers(key)),
        b"zset": lambda key: client.zrange(key, 0, -1),
        b"stream": lambda key: [repr(client.xrange(key)).encode()],
        b"none": lambda key: [],  # it has just expired
    }
    parts: list[bytes] = []
    for key in client.scan_iter():
        parts += [key, *readers[client.type(key)](key)]
    return [part.decode("utf-8", "replace") for part in parts if part]


def _assert_discreet(parts: Sequence[str]) -> None:
    assert parts
    for private in PRIVATE:
        assert not any(private in part for part in parts)
