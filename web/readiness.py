"""Which parts of the service are away."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from inbox.models import now
from inbox.practices.lost import find_lost
from inbox.storage.presence import find_unattended, is_model_lost, running_processes, takes_mail
from tasks.queues.names import QUEUES
from web.services import Services


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is there.

    Attributes:
        database: whether messages can be stored.
        queue: whether Redis takes work; without it, messages are handled once it does.
        queue_trouble: why it doesn't, as `name_trouble` says; empty if it does.
        keys: whether this process has every encryption key in use; without one, nothing is sent.
        model: whether the active model is there; without it, the shipped one answers.
        attachments: whether the bucket of pictures and files answers, if there is one; without it, they wait.
        mail: whether raw email comes in, if it is set up to; without it, mail servers keep it.
        workers: for each queue, whether a running worker takes jobs from it.
        lost_practices: the practices that have data and aren't in the practices file, with their open alarms.
    """

    database: bool
    queue: bool
    queue_trouble: str
    keys: bool
    model: bool
    attachments: bool
    mail: bool
    workers: dict[str, bool] = field(default_factory=dict)
    lost_practices: dict[str, int] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """`ready`, `degraded` while a part is away that a message can wait for, or `not ready`."""
        if not self.database:
            return "not ready"
        parts = (self.queue, self.keys, self.model, self.attachments, self.mail, *self.workers.values())
        return "ready" if all(parts) and not any(self.lost_practices.values()) else "degraded"


def read_readiness(services: Services) -> Readiness:
    """Ask every part."""
    missing, trouble = services.database.find_missing_keys(), services.queue.find_trouble()
    try:
        with services.database.read() as session:
            processes = running_processes(session, now())
            lost = find_lost(session, services.practices)
    except SQLAlchemyError:
        processes, lost, missing = [], [], None
    unattended = find_unattended(processes, QUEUES)
    return Readiness(
        database=missing is not None,
        queue=not trouble,
        queue_trouble=trouble,
        keys=not missing,
        model=not is_model_lost(processes),
        attachments=services.files.is_ready(),
        mail=takes_mail(processes) or not _expects_mail(services),
        workers={name: name not in unattended for name in QUEUES},
        lost_practices={practice.slug: practice.open_alarms for practice in lost},
    )


def _expects_mail(services: Services) -> bool:
    return bool(services.settings.mail_listen) or any(practice.mailbox for practice in services.practices.all)
