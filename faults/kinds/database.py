"""Databases that are locked, restarted, or cut off."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import func, select

from faults.configuration import POSTGRESQL
from faults.kinds.registry import fault
from faults.postgres import postgres
from faults.service import Service
from faults.texts import Sort, Text
from inbox.models import Message
from tests.e2e.processes import answers
from tests.standins.twilio import Fault

LOCK_SECONDS = 8.0
HEALTH_SECONDS = 5.0
VOICEMAILS = 60


@fault("SQLite locked for 8 s under the workers")
def lock_under_workers(service: Service) -> None:
    """Hold the write lock from another process while texts are handled."""
    service.text(20)
    with _locked(service):
        time.sleep(LOCK_SECONDS)
    service.fault_is_over()


@fault("SQLite locked for 8 s while texts arrive")
def lock_under_webhooks(service: Service) -> None:
    """Hold the write lock from another process while webhooks come in, and ask for `/healthz`."""
    texts = service.write(12)
    with _locked(service):
        until = time.monotonic() + LOCK_SECONDS
        sending = service.send_meanwhile(texts)
        slowest = 0.0
        while time.monotonic() < until:
            began = time.monotonic()
            answers(f"http://127.0.0.1:{service.port}/healthz")
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
    service.require(slowest < HEALTH_SECONDS, f"/healthz took {slowest:.0f} s or more")
    sending.join()
    service.fault_is_over()


@fault("SQLite locked between send and its record")
def lock_after_sending(service: Service) -> None:
    """Take the write lock for 8 s before Twilio has answered a send."""
    hanging = service.twilio.faults.push(Fault.hang(accept=True))
    service.text(4)
    hanging.wait_arrived(30)
    with _locked(service):
        hanging.release()
        time.sleep(LOCK_SECONDS)
    service.fault_is_over()


@fault("PostgreSQL restarted", database=POSTGRESQL)
def restart_postgres(service: Service) -> None:
    """Stop the server for 3 s while texts arrive."""
    sending = service.send_meanwhile(service.write(30), pause=0.1)
    time.sleep(1)
    postgres().stop()
    time.sleep(3)
    postgres().start()
    sending.join()
    service.fault_is_over()


@fault("PostgreSQL connections cut", database=POSTGRESQL)
def cut_connections(service: Service) -> None:
    """End every connection, five times while texts arrive."""
    sending = service.send_meanwhile(service.write(40), pause=0.1)
    for _ in range(5):
        time.sleep(0.8)
        postgres().cut_connections()
    sending.join()
    service.fault_is_over()


@fault("transcription while its voicemail is handled", database=POSTGRESQL)
def transcribe_while_handled(service: Service) -> None:
    """Send 60 transcriptions, each as its voicemail is being handled without one."""
    for _ in range(VOICEMAILS):
        call = service.ring(service.patients.new_number())
        service.texts.append(Text(Sort.CHATTER, call.from_, "", call.recording_sid))
        call.report_transcription("", status="failed")  # it becomes a message, and is handled
        call.report_transcription("I need to reschedule my appointment next Tuesday")
    service.fault_is_over()
    service.text(4)


@fault("PostgreSQL worker killed -9 in a transaction", database=POSTGRESQL)
def kill_on_postgres(service: Service) -> None:
    """Kill the workers three times in a burst, and start them again."""
    service.kill_workers_in_burst(3, pause=0.05)


@fault("PostgreSQL, each webhook ten times at once", database=POSTGRESQL)
def copies_on_postgres(service: Service) -> None:
    """Hand every text over by ten requests at the same moment."""
    texts = service.send(service.write(8), copies=10, threads=20)
    with service.database.read() as session:
        stored = session.scalar(select(func.count(Message.id)))
    service.require(stored == len(texts), f"{len(texts)} texts became {stored} messages")
    service.fault_is_over()


@contextmanager
def _locked(service: Service) -> Iterator[None]:
    """Hold SQLite's write lock."""
    path = service.database.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")
