"""The running system: web and worker as processes of their own, over real sockets, through what befalls them."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
from collections.abc import Sequence

import pytest
import redis
from sqlalchemy import select

from app.embedded_redis import EmbeddedRedis
from inbox.models import Delivery, Message, RunningProcess
from inbox.storage.database import Database
from intake.settings import Settings
from tasks.upkeep.reconcile_loop import GRACE
from tests.e2e.processes import Processes, free_port
from tests.service import Service
from tests.standins.sentry import SentryReceiver
from tests.standins.twilio import Fault, TwilioStandIn, WebhookAnswer
from tests.world import DEMO_NUMBER, PATIENT

QUESTION = "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?"


class Front:
    """A web server process, texted as Twilio would."""

    def __init__(self, processes: Processes, settings: Settings, twilio: TwilioStandIn) -> None:
        self._settings, self._twilio = settings, twilio
        self._port = free_port()
        self.process = processes.start_web(settings, self._port)
        twilio.callback_base = f"http://127.0.0.1:{self._port}"

    def text(self, body: str) -> WebhookAnswer:
        url, public_url = f"http://127.0.0.1:{self._port}/twilio/sms", f"{self._settings.public_url}/twilio/sms"
        return self._twilio.incoming_sms(url, public_url, PATIENT, DEMO_NUMBER, body)


def test_a_signed_text_is_stored_understood_and_answered_once(
    settings: Settings, database: Database, processes: Processes, twilio: TwilioStandIn
) -> None:
    front, worker = Front(processes, settings, twilio), processes.start_worker(settings)

    answer = front.text(QUESTION)

    assert answer.status == 200
    processes.wait_until(lambda: _states(database) == ["sent"], "the reply to be sent")
    [reply] = twilio.messages
    assert reply.to == PATIENT
    assert "billing" in reply.body
    assert twilio.deliver(reply.sid, "delivered").status == 204
    assert _states(database) == ["delivered"]
    assert (worker.stop(), front.process.stop()) == (0, 0)


def test_while_redis_is_away_texts_are_stored_and_answered_once_it_is_back(
    quick_settings: Settings,
    database: Database,
    own_redis: EmbeddedRedis,
    processes: Processes,
    twilio: TwilioStandIn,
) -> None:
    settings = quick_settings.model_copy(update={"redis_url": own_redis.url})
    front, worker = Front(processes, settings, twilio), processes.start_worker(settings)
    with redis.Redis.from_url(own_redis.url) as client:
        processes.wait_until_listening(client)
    own_redis.stop()

    assert front.text(QUESTION).status == 200
    with database.read() as session:
        assert session.scalars(select(Message.handled_at)).all() == [None]

    with database.write() as session:
        session.scalars(select(Message)).one().received_at -= GRACE
    own_redis.start()
    processes.wait_until(lambda: _states(database) == ["sent"], "the reply to be sent")
    assert len(twilio.messages) == 1
    assert worker.stop() == 0


def test_a_redis_that_hangs_keeps_nobody_waiting(
    settings: Settings,
    database: Database,
    own_redis: EmbeddedRedis,
    processes: Processes,
    twilio: TwilioStandIn,
) -> None:
    front = Front(processes, settings.model_copy(update={"redis_url": own_redis.url}), twilio)
    assert own_redis.process is not None
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        assert front.text(QUESTION).status == 200  # within the 15 seconds that Twilio waits
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    with database.read() as session:
        assert len(session.scalars(select(Message)).all()) == 1


def test_redis_may_forget_everything_under_a_worker(
    quick_settings: Settings, service: Service, processes: Processes, twilio: TwilioStandIn
) -> None:
    worker = processes.start_worker(quick_settings)
    processes.wait_until_listening(service.redis)
    service.redis.flushall()
    service.text(QUESTION)

    twilio.wait_for_messages(1, 30)
    assert worker.stop() == 0


def test_while_the_database_is_away_twilio_is_asked_to_come_again(
    settings: Settings, database: Database, processes: Processes, twilio: TwilioStandIn
) -> None:
    front = Front(processes, settings, twilio)
    with contextlib.closing(sqlite3.connect(database.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # and never ends it
        refused = front.text(QUESTION)

    assert refused.status == 503
    assert refused.headers["Retry-After"] == "5"
    assert json.loads(refused.body)["error"]["code"] == "database_unavailable"

    assert front.text(QUESTION).status == 200
    with database.read() as session:
        assert len(session.scalars(select(Message)).all()) == 1


def test_a_worker_that_is_asked_to_stop_finishes_the_job_in_hand(
    service: Service, quick_settings: Settings, processes: Processes, twilio: TwilioStandIn
) -> None:
    fault = twilio.faults.push(Fault.hang(accept=True))
    worker = processes.start_worker(quick_settings)
    service.text(QUESTION)
    processes.wait_until(fault.arrived.is_set, "the worker's request")

    worker.signal(signal.SIGTERM)
    processes.wait_until(lambda: _stop_is_noted(service.redis), "the worker to note that it should stop")
    assert worker.is_running
    fault.release()

    assert worker.wait() == 0
    assert [delivery.state for delivery in service.rows(Delivery)] == ["sent"]
    assert len(twilio.messages) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_an_idle_worker_stops_when_asked(
    service: Service, quick_settings: Settings, processes: Processes, number: signal.Signals
) -> None:
    worker = processes.start_worker(quick_settings)
    processes.wait_until_listening(service.redis)

    worker.signal(number)

    assert worker.wait() == 0


def test_ctrl_c_ends_a_worker_that_is_still_starting_quietly_and_signs_it_off(
    database: Database, quick_settings: Settings, processes: Processes
) -> None:
    worker = processes.start_tampered_worker(quick_settings, "tasks.worker:_work_until_stopped", "call", "interrupt")

    assert worker.wait() == 130, worker.tail()
    assert worker.errors.endswith("Interrupted.\n")
    assert "Traceback" not in worker.errors
    assert running(database) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_web_server_that_is_asked_to_stop_signs_off(
    database: Database, quick_settings: Settings, processes: Processes, number: signal.Signals
) -> None:
    web = processes.start_web(quick_settings, free_port())
    processes.wait_until(lambda: running(database) != [], "the web process to say that it runs")

    web.signal(number)

    assert web.wait() == 0
    assert running(database) == []


def test_a_worker_stops_when_asked_though_the_interpreter_ignores_the_error_that_would_wake_it(
    quick_settings: Settings, processes: Processes
) -> None:
    worker = processes.start_tampered_worker(
        quick_settings, "tasks.queues.batch_queue:BatchQueue.dequeue_any", "call", "stop"
    )

    assert worker.wait() == 0, worker.tail()
    assert "Exception ignored in" in worker.errors


def test_a_worker_stops_when_asked_while_redis_is_away(
    quick_settings: Settings, database: Database, own_redis: EmbeddedRedis, processes: Processes
) -> None:
    worker = processes.start_worker(quick_settings.model_copy(update={"redis_url": own_redis.url}))
    with redis.Redis.from_url(own_redis.url) as client:
        processes.wait_until_listening(client)
    own_redis.stop()
    processes.wait_until(lambda: "onnect" in worker.errors, "the worker to notice")

    worker.signal(signal.SIGTERM)

    assert worker.wait() == 0
    assert "unexpected" not in worker.errors


def test_an_error_is_reported_without_a_word_of_the_patient(
    service: Service, quick_settings: Settings, processes: Processes
) -> None:
    with SentryReceiver() as sentry:
        reporting = quick_settings.model_copy(update={"sentry_dsn": sentry.dsn})
        worker = processes.start_tampered_worker(
            reporting, "classifier.network.model:Classifier.classify", "call", "fail"
        )
        service.text("The code of our gate is swordfish")
        events = sentry.wait_for_events(1, 60)
        assert worker.stop() == 0

        exceptions = [value["type"] for event in events for value in event.get("exception", {}).get("values", [])]
        assert "ValueError" in exceptions
        assert sentry.refusals == []
        for private in ("swordfish", PATIENT, PATIENT.removeprefix("+")):
            assert not sentry.mentions(private)
            assert private not in worker.errors + worker.output


def _states(database: Database) -> Sequence[str]:
    with database.read() as session:
        return [str(state) for state in session.scalars(select(Delivery.state))]


def _stop_is_noted(client: redis.Redis) -> bool:
    return any(client.hexists(key, "shutdown_requested_date") for key in client.smembers("rq:workers"))


def running(database: Database) -> list[str]:
    """The processes that say that they run."""
    with database.read() as session:
        return [row.name for row in session.scalars(select(RunningProcess))]
