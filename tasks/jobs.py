"""The jobs that workers run. Each takes row ids and returns nothing.

A job may run twice or not at all, so the database decides what remains to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

import sentry_sdk

from tasks import account_mail, retention, voicemail
from tasks.context import Context, current
from tasks.delivery import batch as deliveries
from tasks.delivery import settle as settling
from tasks.message_batch import handle_messages
from tasks.notification import escalation
from tasks.notification import outbox as notifications
from tasks.queue import AfterCommit

Work = Callable[[Context, Sequence[int]], Mapping[int, Exception]]


class JobFailedError(Exception):
    """A failed job. The message contains only each error's type, because RQ keeps it in Redis.

    Attributes:
        rows: row id → the harmless error of that row.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.rows: dict[int, JobFailedError] = {}


def job(work: Work) -> Callable[..., None]:
    """Turn a function of a context and row ids into a job that runs by the row ids alone.

    The job uses this process's context. An error's own words may hold patient text, so Redis and the logs get only its
    type.
    """

    @wraps(work)
    def run(*row_ids: int) -> None:
        try:
            current().live.refresh()  # a manager's change applies to the next message
            errors = work(current(), row_ids)
        except Exception as error:
            errors = dict.fromkeys(row_ids, error)
        if errors:
            raise _failure(work.__name__, errors) from None

    return run


def _failure(name: str, errors: Mapping[int, Exception]) -> JobFailedError:
    for error in {id(error): error for error in errors.values()}.values():
        sentry_sdk.capture_exception(error)  # here, as RQ and its integration see only the harmless one
    rows = {
        row_id: JobFailedError(f"{type(error).__name__} in {name} {row_id}").with_traceback(error.__traceback__)
        for row_id, error in errors.items()
    }
    failure = JobFailedError("; ".join(map(str, rows.values())))
    failure.rows = rows
    return failure.with_traceback(next(iter(errors.values())).__traceback__)


def for_each(work: Callable[[Context, int], AfterCommit]) -> Work:
    """Turn a function of one row into one that does several rows, one by one, and queues what follows."""

    @wraps(work)
    def run(context: Context, row_ids: Sequence[int]) -> Mapping[int, Exception]:
        errors: dict[int, Exception] = {}
        for row_id in row_ids:
            try:
                context.queue.put_all(work(context, row_id))
            except Exception as error:
                errors[row_id] = error
        return errors

    return run


@job
def handle_message(context: Context, message_ids: Sequence[int]) -> Mapping[int, Exception]:
    """Classify and route messages."""
    return handle_messages(context, message_ids)


@job
def deliver(context: Context, delivery_ids: Sequence[int]) -> Mapping[int, Exception]:
    """Send replies to the carrier."""
    return deliveries.deliver(context, delivery_ids)


@job
@for_each
def settle(context: Context, delivery_id: int) -> AfterCommit:
    """Ask the carrier what became of a reply."""
    return settling.settle(context, delivery_id)


@job
@for_each
def notify(context: Context, notification_id: int) -> AfterCommit:
    """Send a staff notification."""
    return notifications.notify(context, notification_id)


@job
@for_each
def escalate(context: Context, escalation_id: int) -> AfterCommit:
    """Notify the next contact of an urgent message."""
    return escalation.escalate(context, escalation_id)


@job
@for_each
def look_for_recording(context: Context, voicemail_id: int) -> AfterCommit:
    """Ask the carrier for a call's recording when no callback has mentioned one."""
    return voicemail.look_for_recording(context, voicemail_id)


@job
@for_each
def retain(context: Context, run_id: int) -> AfterCommit:
    """Delete a batch of what is past a practice's retention limits."""
    return retention.retain(context, run_id)


@job
@for_each
def mail_link(context: Context, link_id: int) -> AfterCommit:
    """Mail a member a one-time link."""
    return account_mail.mail_link(context, link_id)


@job
@for_each
def announce_emergency(context: Context, access_id: int) -> AfterCommit:
    """Mail administrators that someone opened emergency access."""
    return account_mail.announce_emergency(context, access_id)


@job
@for_each
def erase_at_carrier(context: Context, erasure_id: int) -> AfterCommit:
    """Ask the carrier to erase what was erased here."""
    return retention.erase_at_carrier(context, erasure_id)


# A worker runs these and nothing else, whatever Redis says.
JOBS: dict[str, Callable[..., None]] = {
    run.__name__: run
    for run in (
        *(handle_message, deliver, settle, notify, escalate, look_for_recording, retain, erase_at_carrier),
        *(mail_link, announce_emergency),
    )
}
