"""Which processes run, and which keys each can read: every process says so in the database every few seconds.

Nothing unsafe follows from a row that is out of date: a process that lacks a key sends nothing, whatever is written
here. The rows let `intake keys rotate` wait for a restart, and `/readyz` say which part is away.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from inbox.models import RunningProcess, now
from inbox.storage.database import Database

log = structlog.get_logger(__name__)

BEAT_SECONDS = 10.0
MAIL = "mail"  # the kind of the process that takes raw email in
AWAY_AFTER = timedelta(seconds=35)
MAILBOX_AWAY = "mailbox"  # email can't be fetched from one of the practices' mailboxes
MODEL_LOST = "model"  # the active model is gone, and the shipped one is used
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Presence:
    """A running process.

    Attributes:
        name: its kind, process id, and machine.
        kind: `web`, `worker`, or `mail`.
        queues: the queues that it takes jobs from.
        fingerprints: the keys that it can read.
        seen_at: when it last said so.
        troubles: what it lacks, such as `MODEL_LOST`.
    """

    name: str
    kind: str
    queues: frozenset[str]
    fingerprints: frozenset[str]
    seen_at: datetime
    troubles: frozenset[str] = frozenset()


def name_process(kind: str, process_id: int) -> str:
    """Return the name of a process of this machine."""
    return f"{kind} {process_id} on {socket.gethostname()[:80]}"


def running_processes(session: Session, moment: datetime) -> list[Presence]:
    """Return the processes that said within the last seconds that they run."""
    rows = session.scalars(select(RunningProcess).where(RunningProcess.seen_at > moment - AWAY_AFTER))
    return [
        Presence(
            row.name,
            row.kind,
            frozenset(row.queues),
            frozenset(row.fingerprints),
            row.seen_at,
            frozenset(row.troubles),
        )
        for row in sorted(rows, key=lambda row: row.name)
    ]


def forget_process(session: Session, name: str) -> None:
    """Remove the row of a process that has ended."""
    session.execute(delete(RunningProcess).where(RunningProcess.name == name))


def is_model_lost(processes: Iterable[Presence]) -> bool:
    """Return whether a running worker uses the shipped model because the active one is gone."""
    return any(MODEL_LOST in process.troubles for process in processes)


def takes_mail(processes: Iterable[Presence]) -> bool:
    """Return whether a process takes raw email in, and reaches every mailbox."""
    return any(process.kind == MAIL and MAILBOX_AWAY not in process.troubles for process in processes)


def find_unattended(processes: Iterable[Presence], queues: Sequence[str]) -> list[str]:
    """Return the queues that no running worker takes jobs from."""
    attended = {queue for process in processes for queue in process.queues}
    return [queue for queue in queues if queue not in attended]


class Heartbeat:
    """A thread that keeps this process's row up to date."""

    def __init__(
        self,
        database: Database,
        kind: str,
        queues: Sequence[str] = (),
        find_troubles: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        """Take what the row says, and a function that returns the process's troubles, which is called for each beat."""
        self._find_troubles = find_troubles
        self._database = database
        self._kind = kind
        self._queues = list(queues)
        self._name = name_process(kind, os.getpid())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Say that this process runs, now and every few seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Say that this process has ended."""
        self._stopping.set()
        self._thread.join()
        try:
            with self._database.write() as session:
                forget_process(session, self._name)
        except SQLAlchemyError as error:
            log.warning("heartbeat_failed", error=type(error).__name__)

    def beat(self) -> None:
        """Write the row once, and remove those of processes that ended long ago."""
        moment = now()
        with self._database.write() as session:
            session.execute(delete(RunningProcess).where(RunningProcess.seen_at < moment - FORGOTTEN_AFTER))
            row = session.get(RunningProcess, self._name) or RunningProcess(name=self._name, started_at=moment)
            row.kind, row.queues, row.seen_at = self._kind, self._queues, moment
            row.troubles = list(self._find_troubles())
            row.fingerprints = self._database.keyring.fingerprints
            session.add(row)

    def _beat_on(self) -> None:
        failing = False
        while not self._stopping.is_set():
            try:
                self.beat()
                failing = False
            except SQLAlchemyError as error:
                if not failing:
                    log.warning("heartbeat_failed", error=type(error).__name__)
                failing = True
            self._stopping.wait(BEAT_SECONDS)
