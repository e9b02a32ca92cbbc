"""The jobs that RQ runs. Each takes a row id and returns nothing.

A job may run twice or not at all, so the database decides what remains to be done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import sentry_sdk

from tasks import voicemail
from tasks.context import current
from tasks.delivery import outbox as deliveries
from tasks.handle_message import handle, record_failure
from tasks.notification import escalation
from tasks.notification import outbox as notifications


class JobFailedError(Exception):
    """A failed job. The message contains only the error's type, because RQ keeps it in Redis."""


def _private(job: Callable[[int], None]) -> Callable[[int], None]:
    """Keep an error's message, which may contain patient text, out of Redis and the logs."""

    @wraps(job)
    def run(row_id: int) -> None:
        try:
            current().live.refresh()  # so that a manager's changes apply to the next message
            job(row_id)
        except Exception as error:
            sentry_sdk.capture_exception(error)  # RQ and its integration see only the harmless error
            failure = JobFailedError(f"{type(error).__name__} in {job.__name__} {row_id}")
            raise failure.with_traceback(error.__traceback__) from None

    return run


@_private
def handle_message(message_id: int) -> None:
    """Classify and route a message, and queue the resulting jobs."""
    try:
        current().queue.put_all(handle(current(), message_id))
    except Exception:
        current().queue.put_all(record_failure(current(), message_id))
        raise


@_private
def deliver(delivery_id: int) -> None:
    """Send a reply to the carrier."""
    current().queue.put_all(deliveries.deliver(current(), delivery_id))


@_private
def settle(delivery_id: int) -> None:
    """Ask the carrier what became of a reply."""
    current().queue.put_all(deliveries.settle(current(), delivery_id))


@_private
def notify(notification_id: int) -> None:
    """Send a staff notification."""
    current().queue.put_all(notifications.notify(current(), notification_id))


@_private
def escalate(escalation_id: int) -> None:
    """Notify the next contact about an urgent message."""
    current().queue.put_all(escalation.escalate(current(), escalation_id))


@_private
def look_for_recording(voicemail_id: int) -> None:
    """Ask the carrier for a call's recording when no callback has mentioned one."""
    voicemail.look_for_recording(current(), voicemail_id)
