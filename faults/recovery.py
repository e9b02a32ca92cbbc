"""Waiting until a service has done everything that it can do, however long that takes on its own clock."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from faults.clock import pass_time
from faults.service import Service
from faults.stillness import STILL_SECONDS, Stillness, describe
from inbox.models import Delivery, DeliveryState, Message, Notification, NotificationState

POLL_SECONDS = 0.05
# As long as nothing at all has moved, time is moved on, in growing steps.
FIRST_STEP_SECONDS = 10.0
LONGEST_STEP_SECONDS = 1200.0
LONGEST_WAIT_SECONDS = 2 * 3600.0
DEADLINE_SECONDS = 90.0  # without any progress; a slow machine may need longer for all of it
LONGEST_SECONDS = 4 * DEADLINE_SECONDS
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

    Args:
        service: the service.
        deadline: the seconds in which something must happen, or time be moved on.

    Returns:
        The seconds since the fault was over, those included by which time was moved on; None if it was never done.
    """
    began = stepped_at = service.over_at or time.monotonic()
    moved, step, before = 0.0, FIRST_STEP_SECONDS, None
    still, done_at = Stillness(), None
    while done_at is None and time.monotonic() < min(stepped_at + deadline, began + max(deadline, LONGEST_SECONDS)):
        progress = _progress(service)
        if progress is not None and progress.is_done:
            done_at = time.monotonic() - began + moved
        elif progress is None or progress != before:
            if progress is not None:
                before, step, stepped_at = progress, FIRST_STEP_SECONDS, time.monotonic()
            still.restart()
        elif moved < LONGEST_WAIT_SECONDS and still.look(service):
            move_on(service, step)
            moved, step = moved + step, min(step * 2, LONGEST_STEP_SECONDS)
            stepped_at = time.monotonic()
            still.restart()
        time.sleep(POLL_SECONDS)
    if done_at is None:
        print(f"never finished, {moved:.0f} s on: {before}; {describe(service)}", file=sys.stderr)
    _look_afterward(service)
    return done_at


def move_on(service: Service, seconds: float) -> None:
    """Let time go by for the database and for Twilio."""
    service.elapsed.move_on(seconds)  # first, so that nothing that comes of it seems to have come sooner
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
