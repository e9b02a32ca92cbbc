"""The jobs that workers run. Each takes row ids and returns nothing.

A job may run twice or not at all, so the database decides what remains to be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

from intake.error_reporting import report_error
from tasks.attachments import fetch
from tasks.context import Context, current
from tasks.delivery import batch as deliveries
from tasks.delivery import settle as settling
from tasks.mail import accounts as account_mail
from tasks.mail import notices as notice_mail
from tasks.mail import setup_tests
from tasks.messages import voicemail
from tasks.messages.batch import handle_messages
from tasks.notification import escalation
from tasks.notification import outbox as notifications
from tasks.queues.queue import AfterCommit
from tasks.understanding import entities
from tasks.upkeep import audit_trail as trail
from tasks.upkeep import retention, search_index

Work = Callable[[Context, Sequence[int]], Mapping[int, Exception]]


class JobFailedError(Exception):
    """A failed job. The message contains only each error's type, because RQ keeps it in Redis.

    Attributes:
        rows: row id → the harmless error of that row.
    """

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.rows: dict[int, JobFailedError] = {}


def job(work: Work, name: str = "") -> Callable[..., None]:
    """Turn a function of a context and row ids into a job that runs by the row ids alone.

    The job uses this process's context. An error's own words may hold patient text, so Redis and the logs get only its
    type.

    Args:
        work: the function.
        name: what queues call the job, if that is not the function's name.
    """

    @wraps(work)
    def run(*row_ids: int) -> None:
        try:
            current().live.refresh()  # a manager's change applies to the next message
            errors = work(current(), row_ids)
        except Exception as error:
            errors = dict.fromkeys(row_ids, error)
        if errors:
            raise _failure(run.__name__, errors) from None

    run.__name__ = name or work.__name__
    return run


def _failure(name: str, errors: Mapping[int, Exception]) -> JobFailedError:
    for error in {id(error): error for error in errors.values()}.values():
        report_error(error)  # here, as RQ and its integration see only the harmless one
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


handle_message = job(handle_messages, "handle_message")
deliver = job(deliveries.deliver)
settle = job(for_each(settling.settle))
notify = job(for_each(notifications.notify))
escalate = job(for_each(escalation.escalate))
look_for_recording = job(for_each(voicemail.look_for_recording))
retain = job(for_each(retention.retain))
erase_at_carrier = job(for_each(retention.erase_at_carrier))
fetch_attachment = job(for_each(fetch.fetch_attachment))
mail_link = job(for_each(account_mail.mail_link))
announce_emergency = job(for_each(account_mail.announce_emergency))
run_setup_test = job(for_each(setup_tests.run_setup_test))
find_entities = job(entities.find_entities)
index_texts = job(for_each(search_index.index_texts))
mail_notice = job(for_each(notice_mail.mail_notice))
verify_trail = job(for_each(trail.verify_trail))

# A worker runs these and nothing else, whatever Redis says.
JOBS: dict[str, Callable[..., None]] = {
    run.__name__: run
    for run in (
        *(handle_message, deliver, settle, notify, escalate, look_for_recording, retain, erase_at_carrier),
        *(fetch_attachment, mail_link, announce_emergency, run_setup_test, find_entities, index_texts, mail_notice),
        verify_trail,
    )
}
