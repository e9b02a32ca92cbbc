"""The jobs that RQ runs. Each takes a row id and returns nothing.

A job may run twice or not at all, so the database decides what remains to be done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import sentry_sdk

from tasks import account_mail, retention, voicemail
from tasks.attempts import fail_attempt
from tasks.context import Context, current
from tasks.delivery import outbox as deliveries
from tasks.delivery import settle as settling
from tasks.handle_message import handle
from tasks.notification import escalation
from tasks.notification import outbox as notifications
from tasks.queue import AfterCommit


class JobFailedError(Exception):
    """A failed job. The message contains only the error's type, because RQ keeps it in Redis."""


def job(work: Callable[[Context, int], AfterCommit]) -> Callable[[int], None]:
    """Turn a function of a context and a row id into a job that RQ can run by the row id alone.

    The job uses this process's context and queues what follows. An error's own words may hold patient text, so Redis
    and the logs get only its type.
    """

    @wraps(work)
    def run(row_id: int) -> None:
        try:
            current().live.refresh()  # a manager's change applies to the next message
            current().queue.put_all(work(current(), row_id))
        except Exception as error:
            sentry_sdk.capture_exception(error)  # here, as RQ and its integration see only the harmless one
            failure = JobFailedError(f"{type(error).__name__} in {work.__name__} {row_id}")
            raise failure.with_traceback(error.__traceback__) from None

    return run


@job
def handle_message(context: Context, message_id: int) -> AfterCommit:
    """Classify and route a message."""
    try:
        return handle(context, message_id)
    except Exception as error:
        context.queue.put_all(fail_attempt(context, message_id, error))
        raise


@job
def deliver(context: Context, delivery_id: int) -> AfterCommit:
    """Send a reply to the carrier."""
    return deliveries.deliver(context, delivery_id)


@job
def settle(context: Context, delivery_id: int) -> AfterCommit:
    """Ask the carrier what became of a reply."""
    return settling.settle(context, delivery_id)


@job
def notify(context: Context, notification_id: int) -> AfterCommit:
    """Send a staff notification."""
    return notifications.notify(context, notification_id)


@job
def escalate(context: Context, escalation_id: int) -> AfterCommit:
    """Notify the next contact of an urgent message."""
    return escalation.escalate(context, escalation_id)


@job
def look_for_recording(context: Context, voicemail_id: int) -> AfterCommit:
    """Ask the carrier for a call's recording when no callback has mentioned one."""
    return voicemail.look_for_recording(context, voicemail_id)


@job
def retain(context: Context, run_id: int) -> AfterCommit:
    """Delete a batch of what is past a practice's retention limits."""
    return retention.retain(context, run_id)


@job
def mail_link(context: Context, link_id: int) -> AfterCommit:
    """Mail a member a one-time link."""
    return account_mail.mail_link(context, link_id)


@job
def announce_emergency(context: Context, access_id: int) -> AfterCommit:
    """Mail administrators that someone opened emergency access."""
    return account_mail.announce_emergency(context, access_id)


@job
def erase_at_carrier(context: Context, erasure_id: int) -> AfterCommit:
    """Ask the carrier to erase what was erased here."""
    return retention.erase_at_carrier(context, erasure_id)
