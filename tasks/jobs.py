"""The jobs that RQ runs: row ids in, nothing out. Each may run twice, or not at all; the database decides."""

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
    """A job failed; the message is the error's type alone, as RQ keeps it in Redis."""


def _private(job: Callable[[int], None]) -> Callable[[int], None]:
    """Keep what an error says, which may be patient text, out of Redis and the logs."""

    @wraps(job)
    def run(row_id: int) -> None:
        try:
            current().live.refresh()  # so that what a manager changed holds for the next message
            job(row_id)
        except Exception as error:
            sentry_sdk.capture_exception(error)  # here, as RQ and its integration see only the harmless one
            failure = JobFailedError(f"{type(error).__name__} in {job.__name__} {row_id}")
            raise failure.with_traceback(error.__traceback__) from None

    return run


@_private
def handle_message(message_id: int) -> None:
    """Understand a message, decide about it, and queue what follows."""
    try:
        current().queue.put_all(handle(current(), message_id))
    except Exception:
        current().queue.put_all(record_failure(current(), message_id))
        raise


@_private
def deliver(delivery_id: int) -> None:
    """Hand a text over."""
    current().queue.put_all(deliveries.deliver(current(), delivery_id))


@_private
def settle(delivery_id: int) -> None:
    """Ask the carrier about a text that was handed over."""
    current().queue.put_all(deliveries.settle(current(), delivery_id))


@_private
def notify(notification_id: int) -> None:
    """Tell staff."""
    current().queue.put_all(notifications.notify(current(), notification_id))


@_private
def escalate(escalation_id: int) -> None:
    """Tell the next contact of an urgent message."""
    current().queue.put_all(escalation.escalate(current(), escalation_id))


@_private
def look_for_recording(voicemail_id: int) -> None:
    """Ask the carrier about a call of which it has said nothing."""
    voicemail.look_for_recording(current(), voicemail_id)
