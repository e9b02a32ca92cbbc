"""Redis that dies, forgets, hangs, or is full."""

from __future__ import annotations

import shutil
import signal
import time
from datetime import UTC, datetime

from sqlalchemy import insert

from faults.configuration import PRACTICE
from faults.kinds.registry import fault
from faults.service import Service
from inbox.models import Conversation, Keyword, Message
from intake.vocabulary import Channel
from tests.standins.twilio.messages import new_sid
from tests.world import DEMO_NUMBER

PAUSE_SECONDS = 20.0
WAITING = 10_000
BATCH = 1000


@fault("Redis killed and restarted empty")
def kill_redis(service: Service) -> None:
    """Kill Redis while texts arrive, and start it without its file."""
    sending = service.send_meanwhile(service.write(20), pause=0.1)
    time.sleep(0.8)
    assert service.redis_server.process is not None
    service.redis_server.process.kill()
    service.redis_server.process.wait()
    for name in ("appendonlydir", "appendonly.aof"):
        shutil.rmtree(service.redis_folder / name, ignore_errors=True)
    time.sleep(2)
    service.redis_server.start()
    sending.join()
    service.fault_is_over()


@fault("Redis flushed")
def flush_redis(service: Service) -> None:
    """Make Redis forget everything, five times while texts arrive."""
    sending = service.send_meanwhile(service.write(30), pause=0.05)
    for _ in range(4):
        time.sleep(0.4)
        service.redis.flushall()
    sending.join()
    service.redis.flushall()
    service.fault_is_over()


@fault("Redis hangs for 20 s")
def pause_redis(service: Service) -> None:
    """Stop Redis (SIGSTOP) while texts arrive."""
    assert service.redis_server.process is not None
    service.text(4)
    service.redis_server.process.send_signal(signal.SIGSTOP)
    until = time.monotonic() + PAUSE_SECONDS
    service.text(10)
    time.sleep(max(0.0, until - time.monotonic()))
    service.redis_server.process.send_signal(signal.SIGCONT)
    service.fault_is_over()


@fault("Redis full")
def fill_redis(service: Service) -> None:
    """Leave Redis no memory, and no right to evict, for 10 s."""
    service.redis.config_set("maxmemory-policy", "noeviction")
    service.redis.config_set("maxmemory", 1)
    until = time.monotonic() + 10
    service.text(20)
    time.sleep(max(0.0, until - time.monotonic()))
    service.redis.config_set("maxmemory", 0)
    service.fault_is_over()


@fault("10,000 rows waiting, Redis emptied", starts=False, deadline=900)
def backlog(service: Service) -> None:
    """Let 10,000 messages wait that Redis knows nothing of, and send new texts."""
    service.start_web()
    _add_waiting(service)
    service.text(20, urgent=5)
    service.redis.flushall()
    service.fault_is_over()
    service.start_workers()
    fresh = service.text(10, urgent=5)
    answered = [text for text in fresh if text.patient not in service.opted_out_at]
    service.require(
        service.happens(lambda: service.is_answered(answered), 60), "texts that came later waited over a minute"
    )


def _add_waiting(service: Service) -> None:
    """Store what is quick to handle: HELP that Twilio has answered, and that no job was queued for."""
    keyring, moment = service.database.keyring, datetime.now(UTC)
    for start in range(0, WAITING, BATCH):
        with service.database.write() as session:
            numbers = [f"+1303555{number:04}" for number in range(start, start + BATCH)]
            rows = [
                {
                    "practice": PRACTICE,
                    "channel": Channel.SMS,
                    "patient_address": number,
                    "patient_index": keyring.index(number),
                }
                for number in numbers
            ]
            made = session.scalars(insert(Conversation).returning(Conversation.id), rows).all()
            session.execute(
                insert(Message),
                [
                    {
                        "conversation_id": conversation_id,
                        "provider": "twilio",
                        "provider_id": new_sid("SM"),
                        "received_on": DEMO_NUMBER,
                        "text": "HELP",
                        "keyword": Keyword.HELP,
                        "keyword_answered": True,
                        "received_at": moment,
                    }
                    for conversation_id in made
                ],
            )
