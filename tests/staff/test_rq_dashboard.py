"""The RQ dashboard: administrators look, and nothing can be touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NoReturn

import pytest
import redis
from flask import Flask
from rq import Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from inbox.models import Role
from staff.rq_dashboard import READS, ReadingRedis
from tasks.context import use
from tasks.queues.names import QUEUES
from tests.staff.conftest import Console

QUESTION = "Do you have parking?"
PREFIX = "/staff/queues/"
# what stands in the place of each variable part of an address
ARGUMENTS = {
    "instance_number": "0",
    "queue_name": "messages",
    "registry_name": "failed",
    "per_page": "8",
    "order": "asc",
    "page": "1",
    "filename": "css/main.css",
}


def app_of(console: Console) -> Flask:
    return console._app


def routes(console: Console, job_id: str = "none") -> Iterator[tuple[str, str, str]]:
    """Endpoint, method and address of every route of the dashboard."""
    arguments = ARGUMENTS | {"job_id": job_id}
    for rule in app_of(console).url_map.iter_rules():
        if rule.endpoint.startswith("rq_dashboard."):
            address = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: arguments[found[1]], rule.rule)
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield rule.endpoint.removeprefix("rq_dashboard."), method, address


class Broken:
    """A model that fails."""

    def classify(self, texts: list[str]) -> NoReturn:
        raise RuntimeError(texts[0])


def with_jobs(console: Console) -> list[str]:
    """Leaves a failed job, a waiting one, one that has vanished and a worker that died; returns the jobs' ids."""
    whole = console.context
    console.context = replace(whole, classifier=Broken())  # type: ignore[arg-type]
    console.text(QUESTION)
    console.work()
    console.context = whole
    console.text("And is there a ramp?")
    queue = console.context.queue
    assert queue.put("notify", 404)
    console.redis.rpush("rq:queue:messages", "vanished")
    console.redis.sadd("rq:workers", "rq:worker:dead")
    return [key.decode().removeprefix("rq:job:") for key in console.redis.keys("rq:job:*")]


def contents(client: Any) -> dict[bytes, object]:
    """Everything in Redis, but for what goes by itself: the workers' locks, and what counts how often somebody asks."""
    passing = (b"LIMITS", b"rq:clean")
    return {key: client.dump(key) for key in client.keys("*") if not key.startswith(passing)}


# ---- who may look


@pytest.mark.parametrize("role", [Role.STAFF, Role.MANAGER])
def test_only_administrators_may_look(console: Console, role: Role) -> None:
    browser = console.sign_in(role)

    assert browser.get(PREFIX).status_code == 403
    assert browser.get(f"{PREFIX}0/data/queues.json").status_code == 403


def test_whoever_is_not_signed_in_is_asked_to(console: Console) -> None:
    answer = console.browser().get(PREFIX, allow_redirects=False)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/staff/sign-in")


# ---- what they see


def test_the_queues_are_counted(console: Console) -> None:
    with_jobs(console)

    found = console.sign_in(Role.ADMIN).get(f"{PREFIX}0/data/queues.json").json()["queues"]

    assert {queue["name"]: (queue["count"], queue["failed_job_registry_count"]) for queue in found} == {
        "messages": (2, 1),
        "notices": (1, 0),
    }


def test_its_pages_are_there(console: Console) -> None:
    with_jobs(console)
    browser = console.sign_in(Role.ADMIN)

    for page in ("", "0/view/jobs", "0/view/workers"):
        answer = browser.get(PREFIX + page)
        assert answer.status_code == 200, page
        assert "Queues · Intake" in answer.text
        assert console.settings.redis_url not in answer.text


def test_a_failed_job_shows_its_row_and_the_kind_of_its_failure_and_no_word_of_the_patient(console: Console) -> None:
    with_jobs(console)
    browser = console.sign_in(Role.ADMIN)

    [job] = browser.get(f"{PREFIX}0/data/jobs/messages/failed/8/asc/1.json").json()["jobs"]
    shown = browser.get(f"{PREFIX}0/data/job/{job['id']}.json").json()

    assert job["description"] == shown["description"] == "handle_message 1"
    assert "RuntimeError in handle_message 1" in shown["exc_info"]
    assert shown["status"] == "failed"


def test_nothing_of_a_patient_is_on_any_page(console: Console) -> None:
    ids = with_jobs(console)
    browser = console.sign_in(Role.ADMIN)

    everything = "".join(
        browser.request(method, address).text
        for job_id in ids
        for endpoint, method, address in routes(console, job_id)
        if endpoint != "static"
    )
    assert "handle_message 1" in everything
    assert not re.search("parking|ramp|2025550123", everything)


def test_a_worker_at_work_is_shown_with_its_job(console: Console) -> None:
    console.text(QUESTION)
    use(console.context)
    worker = Worker(
        [console.context.queue._queues["messages"]],
        connection=console.redis,
        serializer=JSONSerializer,
        name="busy",
    )
    worker.register_birth()
    [job_id] = [key.decode().removeprefix("rq:job:") for key in console.redis.keys("rq:job:*")]
    worker.prepare_execution(Job.fetch(job_id, console.redis, JSONSerializer))

    [shown] = console.sign_in(Role.ADMIN).get(f"{PREFIX}0/data/workers.json").json()["workers"]

    assert shown["name"] == "busy"
    assert shown["current_job"]["call_string"] == "tasks.jobs.handle_message(1)"
    worker.register_death()


# ---- what they cannot


def test_every_route_either_reads_or_is_closed(console: Console) -> None:
    browser = console.sign_in(Role.ADMIN)
    with_jobs(console)
    [failed] = console.redis.zrange("rq:failed:messages", 0, -1)
    job_id = failed.decode().partition(":")[0]

    closed = {
        endpoint
        for endpoint, method, address in routes(console, job_id)
        if browser.request(method, address).status_code == 403
    }

    assert {endpoint for endpoint, _, _ in routes(console)} == READS | closed
    assert closed == {"delete_job_view", "requeue_job_view", "requeue_all", "empty_queue", "compact_queue"}


def test_no_route_changes_anything(console: Console) -> None:
    ids = with_jobs(console)
    browser = console.sign_in(Role.ADMIN)
    browser.get(PREFIX)
    before = contents(console.redis)

    for job_id in [*ids, "vanished"]:
        for queue in QUEUES:
            for _, method, address in routes(console, job_id):
                browser.request(method, address.replace("messages", queue))

    assert contents(console.redis) == before


def test_its_connection_drops_what_would_write(redis_url: str, empty_redis: redis.Redis) -> None:
    empty_redis.rpush("list", "one")
    with ReadingRedis.from_url(redis_url) as client:
        assert client.lrem("list", 1, "one") == 0
        with client.pipeline() as pipeline:
            pipeline.delete("list")
            pipeline.lrange("list", 0, -1)
            assert pipeline.execute() == [[b"one"]]


def test_an_address_with_anything_unknown_in_it_leads_nowhere(console: Console) -> None:
    browser = console.sign_in(Role.ADMIN)

    for address in (
        "1/view/queues",
        "0/view/jobs/elsewhere/queued/8/asc/1",
        "0/view/jobs/messages/unknown/8/asc/1",
        "0/view/jobs/messages/queued/8/sideways/1",
        "0/view/jobs/messages/queued/100000/asc/1",
        "0/data/jobs/messages/queued/8/asc/none.json",
        "0/view/job/no%5Cid",
        "0/view/job/nowhere",
    ):
        assert browser.get(PREFIX + address).status_code == 404, address


def test_only_its_own_inline_script_runs(console: Console) -> None:
    browser = console.sign_in(Role.ADMIN)
    pages = [browser.get(PREFIX) for _ in range(2)]

    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["Content-Security-Policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    for page, [nonce] in zip(pages, nonces, strict=True):
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        assert page.text.count(f'nonce="{nonce}"') == 1
    assert "unsafe-eval" not in browser.get("/staff/sign-in").headers["Content-Security-Policy"]


def test_with_redis_away_it_says_so(console: Console) -> None:
    browser = console.sign_in(Role.ADMIN)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_of(console), "redis_conn", ReadingRedis(port=1, socket_connect_timeout=1))
        answer = browser.get(f"{PREFIX}0/data/queues.json")

    assert answer.status_code == 503
    assert "Redis is unreachable" in answer.text
