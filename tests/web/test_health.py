"""`/readyz` says which part is away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from app.embedded_redis import EmbeddedRedis
from inbox.incoming.inbound import record_message
from inbox.models import Escalation, now
from inbox.storage.database import Database
from inbox.storage.presence import MAIL, MAILBOX_AWAY, MODEL_LOST, Heartbeat
from intake.encryption import Keyring
from intake.settings import Settings
from tasks.queues.names import QUEUES
from tests.inbox.conftest import acting, inbound
from tests.service import Service
from tests.standins.s3 import S3StandIn, nowhere, settings_of
from tests.standins.twilio import TwilioStandIn
from tests.world import OTHER_KEY


def readiness(service: Service) -> dict[str, Any]:
    answer = requests.get(f"{service.url}/readyz", timeout=30)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_a_service_with_all_its_parts_is_ready(service: Service) -> None:
    Heartbeat(service.database, "worker", QUEUES).beat()

    assert readiness(service) == {
        "status": "ready",
        "database": True,
        "queue": True,
        "queue_trouble": "",
        "keys": True,
        "model": True,
        "attachments": True,
        "mail": True,
        "workers": dict.fromkeys(QUEUES, True),
        "lost_practices": {},
    }


def test_a_practice_that_is_not_in_the_file_is_named_and_its_open_alarm_is_trouble(service: Service) -> None:
    Heartbeat(service.database, "worker", QUEUES).beat()
    message_id = record_message(service.database, inbound(practice="removed")).message_id
    found = readiness(service)
    assert (found["status"], found["lost_practices"]) == ("ready", {"removed": 0})

    with service.edit() as session:
        alarm = {"message_id": message_id, "conversation_id": 1, "practice": "removed", "code": "A1"}
        session.add(Escalation(**alarm, next_step_at=now()))

    found = readiness(service)
    assert (found["status"], found["lost_practices"]) == ("degraded", {"removed": 1})


def test_a_queue_without_a_worker_is_named(service: Service) -> None:
    Heartbeat(service.database, "worker", ["messages"]).beat()

    found = readiness(service)
    assert (found["status"], found["workers"]["messages"], found["workers"]["carriers"]) == ("degraded", True, False)


def test_a_model_that_is_lost_is_said(service: Service) -> None:
    Heartbeat(service.database, "worker", QUEUES, lambda: [MODEL_LOST]).beat()

    found = readiness(service)
    assert (found["status"], found["model"]) == ("degraded", False)


def test_mail_that_nothing_takes_in_is_said(service: Service, settings: Settings, twilio: TwilioStandIn) -> None:
    expecting = settings.model_copy(update={"mail_listen": "127.0.0.1:2424"})
    with Service(expecting, service.context.classifier, twilio) as running:
        Heartbeat(running.database, "worker", QUEUES).beat()
        assert (readiness(running)["status"], readiness(running)["mail"]) == ("degraded", False)

        Heartbeat(running.database, MAIL).beat()
        assert readiness(running)["status"] == "ready"

        Heartbeat(running.database, MAIL, find_troubles=lambda: [MAILBOX_AWAY]).beat()
        assert readiness(running)["mail"] is False


def test_a_bucket_of_pictures_that_is_away_is_said(
    service: Service, settings: Settings, twilio: TwilioStandIn, s3: S3StandIn
) -> None:
    place = s3.make_bucket()
    for where, status in ((place, "ready"), (nowhere(place), "degraded")):
        with Service(settings.model_copy(update=settings_of(where)), service.context.classifier, twilio) as running:
            Heartbeat(running.database, "worker", QUEUES).beat()

            assert (readiness(running)["status"], readiness(running)["attachments"]) == (status, status == "ready")


def test_a_key_that_is_missing_is_said(service: Service) -> None:
    Heartbeat(service.database, "worker", QUEUES).beat()
    restarted = Database(service.database.url, Keyring(OTHER_KEY))
    record_message(restarted, inbound("STOP"))
    restarted.close()
    acting(service.database)

    found = readiness(service)
    assert (found["status"], found["keys"]) == ("degraded", False)


@pytest.mark.parametrize(
    ("breaks", "mends", "trouble"),
    [
        (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], "OOM"),
        (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "READONLY"),
    ],
)
def test_a_redis_that_answers_and_refuses_work_is_said_with_its_reason(
    service: Service,
    settings: Settings,
    twilio: TwilioStandIn,
    tmp_path: Path,
    breaks: list[str],
    mends: list[str],
    trouble: str,
) -> None:
    Heartbeat(service.database, "worker", QUEUES).beat()
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    try:
        own = settings.model_copy(update={"redis_url": server.url})
        with Service(own, service.context.classifier, twilio) as running:
            running.redis.execute_command(*breaks)
            found = readiness(running)
            assert (found["status"], found["queue"], found["queue_trouble"]) == ("degraded", False, trouble)

            running.redis.execute_command(*mends)
            assert readiness(running)["status"] == "ready"
    finally:
        server.stop()


def test_a_redis_that_is_away_is_said_to_be_unreachable(
    service: Service, settings: Settings, twilio: TwilioStandIn, tmp_path: Path
) -> None:
    own = settings.model_copy(update={"redis_url": f"unix://{tmp_path}/no-redis.sock"})
    with Service(own, service.context.classifier, twilio) as running:
        assert readiness(running)["queue_trouble"] == "unreachable"
