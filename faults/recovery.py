"""Waiting until a service has done everything that it can do, however long that takes on its own clock."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from faults.clock import pass_time
from faults.service import Service
from inbox.models import Delivery, DeliveryState, Message, Notification, NotificationState

POLL_SECONDS = 0.05
# As long as nothing at all has moved, time is moved on, in growing steps.
STILL_SECONDS = 1.5
UNSURE_SECONDS = 10.0  # unless a worker is known to wait for work: it may be about to start
FIRST_STEP_SECONDS = 10.0
LONGEST_STEP_SECONDS = 1200.0
LONGEST_WAIT_SECONDS = 2 * 3600.0
DEADLINE_SECONDS = 90.0
# What comes long after everything seemed done, such as a second look, must change nothing.
AFTERWARD_SECONDS = 900.0
LONGEST_ANSWER_SECONDS = 15.0

_OPEN_DELIVERIES = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)
_OPEN_NOTICES = (NotificationState.PENDING, NotificationState.SENDING)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is: two that are equal mean that nothing moved between them."""

    unhandled: int
    deliveries: tuple[Any, ...]
    notices: tuple[Any, ...]

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        open_ones = [state for state, *_ in self.deliveries if state in _OPEN_DELIVERIES]
        open_ones += [state for state, *_ in self.notices if state in _OPEN_NOTICES]
        return self.unhandled == 0 and not open_ones


def recover(service: Service, deadline: float = DEADLINE_SECONDS) -> float | None:
    """Wait until everything is done, moving time on where nothing else would happen.

    Returns:
        The seconds since the fault was over, those included by which time was moved on; None if it was never done.
    """
    began = service.over_at or time.monotonic()
    moved, step, still_since, before = 0.0, FIRST_STEP_SECONDS, time.monotonic(), None
    done_at = None
    while done_at is None and time.monotonic() < began + deadline and moved < LONGEST_WAIT_SECONDS:
        progress = _progress(service)
        if progress is not None and progress.is_done:
            done_at = time.monotonic() - began + moved
        elif progress is None or progress != before or _is_working(service):
            if progress is not None and before is not None and progress != before:
                step = FIRST_STEP_SECONDS
            before, still_since = progress, time.monotonic()
        elif time.monotonic() - still_since > (STILL_SECONDS if _waits_for_work(service) else UNSURE_SECONDS):
            move_on(service, step)
            moved, step, still_since = moved + step, min(step * 2, LONGEST_STEP_SECONDS), time.monotonic()
        time.sleep(POLL_SECONDS)
    _look_afterward(service)
    return done_at


def move_on(service: Service, seconds: float) -> None:
    """Let time go by for the database and for Twilio."""
    pass_time(service.database, seconds)
    service.twilio.pass_time(seconds)


def _look_afterward(service: Service) -> None:
    """Give a second answer the chance to be sent."""
    with contextlib.suppress(SQLAlchemyError):
        move_on(service, AFTERWARD_SECONDS)
    until = time.monotonic() + STILL_SECONDS
    while time.monotonic() < until or (service.twilio.is_busy and time.monotonic() < until + LONGEST_ANSWER_SECONDS):
        time.sleep(POLL_SECONDS)


def _progress(service: Service) -> Progress | None:
    """Return how far the work is, None while the database is away."""
    try:
        with service.database.read() as session:
            unhandled = session.scalar(select(func.count(Message.id)).where(Message.handled_at.is_(None)))
            return Progress(unhandled or 0, _states(session, Delivery), _states(session, Notification))
    except SQLAlchemyError:
        return None


def _states(session: Session, table: type[Delivery] | type[Notification]) -> tuple[Any, ...]:
    query = select(table.state, func.count(table.id), func.sum(table.attempts)).group_by(table.state)
    return tuple(sorted((str(state), number, attempts) for state, number, attempts in session.execute(query)))


def _is_working(service: Service) -> bool:
    """Return whether a living worker has a job in hand, or Twilio a request: then nothing may be hurried."""
    return service.twilio.is_busy or b"busy" in _worker_states(service)


def _waits_for_work(service: Service) -> bool:
    """Return whether every worker is known to have nothing to do, and none is about to start."""
    started = sum(worker.is_running for worker in service.workers)
    return _worker_states(service).count(b"idle") >= max(started, 1)


def _worker_states(service: Service) -> list[bytes]:
    """Return the states of living workers as far as Redis, which may be away or have forgotten, knows them."""
    states = []
    with contextlib.suppress(redis.RedisError):
        # a Redis that has forgotten everything still gets the state of each worker, but no list of workers
        for key in service.redis.smembers("rq:workers") or service.redis.scan_iter("rq:worker:*", count=1000):
            state, number = service.redis.hmget(key, "state", "pid")
            if state is not None and (number is None or _is_alive(int(number))):
                states.append(state)
    return states


def _is_alive(number: int) -> bool:
    """Return whether a process is there and not stopped."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "TZX"
    except OSError:
        return False
