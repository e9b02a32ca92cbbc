"""An error is reported with its type and place, and nothing of a patient is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import update

from inbox.incoming.inbound import record_message
from inbox.models import Message, now
from inbox.storage.database import Database
from intake.encryption import Keyring
from tasks.queues.names import MESSAGES
from tasks.queues.queue import AfterCommit, WorkQueue
from tests.app.command import Finished, complete, forked
from tests.inbox.conftest import inbound
from tests.standins.hook import HookReceiver
from tests.standins.sentry import SentryReceiver
from tests.world import ENCRYPTION_KEY, PATIENT, PRACTICES_TOML

TEXT = 'My kid\'s "swordfish" allergy\nis back 熱'
PRIVATE = (TEXT, "swordfish", "allergy", "熱", PATIENT, PATIENT.removeprefix("+1"))


@dataclass(frozen=True)
class Reported:
    """A program that has ended, and what it reported."""

    done: Finished
    sentry: SentryReceiver

    def event(self, kind: str) -> dict[str, Any]:
        """The one event whose last exception is of this type."""
        found = [event for event in self.sentry.events() if self.kinds(event)[-1:] == [kind]]
        assert len(found) == 1
        return found[0]

    @staticmethod
    def kinds(event: dict[str, Any]) -> list[str]:
        """The types of an event's exceptions, the last one raised last."""
        return [value["type"] for value in event.get("exception", {}).get("values", [])]


def place(event: dict[str, Any]) -> tuple[str, str]:
    """File and function in which an event's last exception was raised."""
    frame = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["lineno"] > 0
    return Path(frame["abs_path"]).name, frame["function"]


@pytest.fixture(scope="module")
def sentry() -> Iterator[SentryReceiver]:
    """A receiver of its own for each program."""
    with SentryReceiver() as receiver:
        yield receiver
        assert receiver.refusals == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs find their practices file."""
    path = tmp_path_factory.mktemp("reporting")
    (path / "practices.toml").write_text(PRACTICES_TOML)
    return path


@pytest.fixture(scope="module")
def web(sentry: SentryReceiver, folder: Path) -> Reported:
    """The web application, after a request to each route that fails."""
    environment = complete(folder, SENTRY_DSN=sentry.dsn)
    done = forked("-m", "tests.intake.failing_web", TEXT, PATIENT, folder=folder, environment=environment)
    assert done.status == 0
    return Reported(done, sentry)


@pytest.fixture(scope="module")
def worker(folder: Path, redis_url: str, migrated_file: Path) -> Iterator[Reported]:
    """A worker, after three jobs that fail: a model's error, a lost practice, and a forged job."""
    shutil.copy(migrated_file, folder / "intake.db")
    database = Database(f"sqlite:///{folder / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    messages = [record_message(database, inbound(TEXT, practice=practice)).message_id for practice in ("demo", "gone")]
    with database.write() as session:
        # however slow the worker starts, the reconciler leaves them to the jobs that are queued here
        session.execute(update(Message).values(next_attempt_at=now() + timedelta(hours=1)))
    database.close()
    with redis.Redis.from_url(redis_url) as client, SentryReceiver() as receiver:
        client.flushall()
        WorkQueue(client, Keyring(ENCRYPTION_KEY)).put_all(AfterCommit(messages=tuple(messages)))
        forged = Queue(MESSAGES, connection=client, serializer=JSONSerializer)
        forged.enqueue("tasks.jobs.handle_message", TEXT, PATIENT, job_id="swordfish")
        environment = complete(folder, SENTRY_DSN=receiver.dsn, REDIS_URL=redis_url)
        done = forked("-m", "tests.intake.failing_worker", folder=folder, environment=environment)
        assert done.status == 0
        yield Reported(done, receiver)


# ---- the web application


def test_an_error_in_a_request_is_reported_with_its_type_and_place(web: Reported) -> None:
    event = web.event("RuntimeError")

    assert web.kinds(event) == ["ValueError", "RuntimeError"]
    assert place(event) == ("failing_web.py", "fail")
    assert event["tags"] == {"process": "web"}
    assert event["release"].startswith("practice-intake@")
    assert event["level"] == "error"


def test_a_request_is_known_by_its_method_and_path(web: Reported) -> None:
    request = web.event("RuntimeError")["request"]

    assert request.keys() == {"method", "url"}
    assert request["method"] == "POST"
    assert request["url"].endswith("/fail")


def test_an_error_that_is_written_to_be_read_is_reported_as_it_reads(web: Reported) -> None:
    [value] = web.event("IntakeError")["exception"]["values"]

    assert value["value"] == "the practice demo has messages but is not in the practices file"


def test_an_error_that_is_logged_is_reported_without_what_is_filled_in(web: Reported) -> None:
    [event] = [event for event in web.sentry.events() if "logentry" in event]

    assert event["logentry"] == {"message": "cannot send to %s: %s"}


def test_a_refused_request_is_no_error(web: Reported) -> None:
    assert [line[:3] for line in web.done.out.splitlines()] == ["500", "200", "500", "404", "403"]
    assert len(web.sentry.events()) == 3


def test_nothing_of_a_patient_is_reported_by_the_web_application(web: Reported) -> None:
    assert web.sentry.events()
    for secret in PRIVATE:
        assert not web.sentry.mentions(secret)


def test_nothing_of_a_patient_is_in_an_answer(web: Reported) -> None:
    for line in web.done.out.splitlines():
        status, _, body = line.partition(" ")
        assert status == "200" or json.loads(body)["error"]["code"]
        assert "swordfish" not in body
        assert PATIENT not in body


# ---- the worker


def test_an_error_in_a_job_is_reported_with_its_type_and_place(worker: Reported) -> None:
    event = worker.event("ValueError")

    assert place(event) == ("failing_worker.py", "classify")
    assert event["tags"] == {"process": "worker"}
    assert event["transaction"] == "tasks.jobs.handle_message"


def test_a_lost_practice_is_reported_by_its_slug(worker: Reported) -> None:
    event = worker.event("IntakeError")

    assert place(event) == ("practices.py", "require")
    assert event["exception"]["values"][-1]["value"] == (
        "the practice gone has messages but is not in the practices file"
    )


def test_a_refused_job_is_reported_without_its_content(worker: Reported) -> None:
    [event] = [event for event in worker.sentry.events() if "exception" not in event]

    assert event["level"] == "error"
    assert "jobs_refused" in json.dumps(event)


def test_every_failed_job_is_reported_once(worker: Reported) -> None:
    assert len(worker.sentry.events()) == 3


def test_nothing_of_a_patient_is_reported_by_the_worker(worker: Reported) -> None:
    assert worker.sentry.events()
    for secret in PRIVATE:
        assert not worker.sentry.mentions(secret)


def test_nothing_of_a_patient_is_logged_by_the_worker(worker: Reported) -> None:
    assert "ValueError" in worker.done.err
    for secret in ("swordfish", "allergy", PATIENT):
        assert secret not in worker.done.err + worker.done.out


# ---- third parties


def test_a_third_party_learns_nothing_of_our_error_reports_and_they_nothing_of_its_answers(tmp_path: Path) -> None:
    with SentryReceiver() as receiver, HookReceiver() as third_party:
        url = f"http://127.0.0.1:{third_party.port}/"
        done = forked("-m", "tests.intake.calling_out", receiver.dsn, url, "swordfish", folder=tmp_path)
        assert (done.status, receiver.refusals) == (0, [])
        [request] = third_party.notifications
        [event] = receiver.events()

    assert {name.lower() for name in request.headers}.isdisjoint({"sentry-trace", "baggage"})
    assert event["logentry"] == {"message": "a log line of somebody.else"}
    assert not receiver.mentions("swordfish")
    assert "cannot reach" not in done.err
