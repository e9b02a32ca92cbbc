"""Whoever can write to Redis cannot have a worker run anything that this service did not ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rq import Callback, Queue
from rq.serializers import JSONSerializer
from structlog.testing import capture_logs

from inbox.models import Delivery, Message, now
from intake.encryption import Keyring, new_key
from tasks.metrics import JOBS_REFUSED
from tasks.queues.job_ids import make_job_id, read_job_id
from tasks.queues.names import MESSAGES, QUEUES
from tasks.queues.queue import LATER, AfterCommit, Ticket, WorkQueue
from tests.service import Service
from tests.world import ENCRYPTION_KEY, OTHER_KEY

QUESTION = "Do you have parking?"
SECRET = "swordfish"


def forge(service: Service, function: str, *arguments: Any, queue: str = MESSAGES, **options: Any) -> None:
    Queue(queue, connection=service.redis, serializer=JSONSerializer).enqueue(function, *arguments, **options)


def refused(service: Service) -> int:
    return sum(tally.count for tally in service.context.queue.counted()[JOBS_REFUSED].values())


@pytest.mark.parametrize("queue", QUEUES)
def test_a_command_put_into_a_queue_is_not_run(service: Service, tmp_path: Path, queue: str) -> None:
    mark = tmp_path / "ran"
    forge(service, "subprocess.check_output", ["touch", str(mark)], queue=queue)
    service.work()

    assert not mark.exists()
    assert refused(service) == 1


def test_a_command_behind_a_signed_job_is_not_run(service: Service, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    service.text(QUESTION)
    [key] = service.redis.keys("rq:job:*")
    data = JSONSerializer.dumps(("subprocess.check_output", None, [["touch", str(mark)]], {}))
    service.redis.hset(key, mapping={"data": data, "success_callback_name": "os.abort", "webhooks": "[]"})
    service.work()

    assert not mark.exists()
    assert service.rows(Message)[0].handled_at


def test_a_callback_of_a_forged_job_is_not_run(service: Service) -> None:
    forge(service, "tasks.jobs.handle_message", 1, on_success=Callback("os.abort"), on_failure=Callback("os.abort"))
    service.work()

    assert refused(service) == 1


def test_a_job_of_this_service_is_refused_if_its_row_was_changed(service: Service) -> None:
    service.text(QUESTION)
    [job_id] = service.redis.lrange("rq:queue:messages", 0, -1)
    service.redis.lset("rq:queue:messages", 0, job_id.replace(b"handle_message-1-", b"handle_message-2-"))
    service.work()

    assert refused(service) == 1
    assert service.rows(Message)[0].handled_at is None


def test_a_signed_name_that_is_no_job_is_refused(service: Service) -> None:
    service.redis.rpush("rq:queue:messages", make_job_id("system", 1, service.database.keyring))
    service.work()

    assert refused(service) == 1


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"a:b", b"x" * 100_000, b"handle_message-1-9f2c01aa"])
def test_garbage_in_a_queue_stops_no_worker(service: Service, garbage: bytes) -> None:
    service.redis.rpush("rq:queue:messages", garbage)
    service.text(QUESTION)
    service.work()

    assert refused(service) == 1
    assert service.rows(Message)[0].handled_at


@pytest.mark.parametrize("garbage", [b"a:b", b"handle_message-1-9f2c01aa"])
def test_garbage_in_a_queue_does_not_keep_it_from_being_counted(service: Service, garbage: bytes) -> None:
    service.redis.rpush("rq:queue:messages", garbage)
    service.redis.hset(b"rq:job:" + garbage, mapping={"data": b"\xff", "enqueued_at": b"\xff", "status": b"garbage"})

    assert [backlog.queue for backlog in service.context.queue.backlogs()] == list(QUEUES)


def test_a_refused_job_is_logged_without_its_content(service: Service) -> None:
    forge(service, f"os.{SECRET}", SECRET, description=SECRET, job_id=SECRET)
    with capture_logs() as logs:
        service.work()

    [entry] = [entry for entry in logs if entry["event"] == "jobs_refused"]
    assert (entry["queue"], entry["jobs"]) == (MESSAGES, 1)
    assert SECRET not in json.dumps(logs)
    assert service.redis.keys("rq:job:*") == []


def test_forged_jobs_for_a_row_do_not_keep_the_reconciler_from_it(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    service.redis.rpush("rq:queue:messages", *[f"handle_message-1-{number:08x}" for number in range(50)])
    service.reconcile()

    assert service.rows(Message)[0].handled_at


def test_a_job_signed_with_a_key_that_this_worker_lacks_is_refused_and_its_row_found(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()
    WorkQueue(service.redis, Keyring(new_key())).put("handle_message", 1)
    service.work()
    assert (refused(service), service.rows(Message)[0].handled_at) == (1, None)

    service.reconcile()
    assert service.rows(Message)[0].handled_at


def test_a_job_is_read_under_any_key_of_the_worker() -> None:
    job_id = make_job_id("deliver", 17, Keyring(OTHER_KEY))

    assert read_job_id(job_id, Keyring(f"{ENCRYPTION_KEY},{OTHER_KEY}")) == ("deliver", 17)
    assert read_job_id(job_id, Keyring(ENCRYPTION_KEY)) is None


def test_a_job_put_into_another_queue_runs_there_once(service: Service) -> None:
    service.text(QUESTION)
    service.redis.rename("rq:queue:messages", "rq:queue:lookups")
    service.work()

    assert len(service.rows(Delivery)) == 1


@pytest.mark.parametrize("command", ["shutdown", "kill-horse", "stop-job"])
def test_a_worker_listens_to_no_command(service: Service, command: str) -> None:
    class Asking:
        """A model that somebody gives the worker a command during the use of."""

        def classify(self, texts: list[str]) -> Any:
            payload = json.dumps({"command": command, "job_id": "1"})
            heard.append([service.redis.publish(c, payload) for c in service.redis.pubsub_channels("rq:pubsub:*")])
            return model.classify(texts)

        info = service.context.classifier.info

    heard: list[Any] = []
    model = service.context.classifier
    object.__setattr__(service.context, "classifier", Asking())
    service.text(QUESTION)
    service.work()

    assert heard == [[]]
    assert service.rows(Message)[0].handled_at


def test_a_worker_cannot_be_suspended_through_redis(service: Service) -> None:
    service.redis.set("rq:suspended", 1)
    service.text(QUESTION)
    service.work()

    assert service.rows(Message)[0].handled_at


def test_a_ticket_has_the_same_look_in_every_queue(service: Service) -> None:
    service.context.queue.put_tickets([Ticket("notify", 5), Ticket("notify", 5, is_urgent=True)])

    assert service.context.queue.waiting() == {("notify", 5)}


def test_a_job_that_waits_for_its_time_is_queued_only_if_this_service_made_it(service: Service) -> None:
    queue = service.context.queue
    forged = f"deliver-1-00000000-{'0' * 32}"
    service.redis.zadd(LATER, {forged: 0, f"!{forged}": 0, "swordfish": 0})
    queue.put_all(AfterCommit(notifications=(Ticket("notify", 7, is_urgent=True, not_before=now()),)))

    assert queue.release_due(now()) == 1

    assert queue.waiting() == {("notify", 7)}
    assert (service.redis.llen("rq:queue:urgent"), service.redis.zcard(LATER)) == (1, 0)
