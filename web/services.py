"""The services that request handlers share, opened once per process, and the entry point for messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog
from flask import Flask

from inbox.attachments.file_store import FileStore
from inbox.incoming.inbound import Admission, InboundMessage, RecordedMessage, record_message
from inbox.practices.live import LivePractices
from inbox.storage.database import Database
from intake.encryption import Keyring
from intake.practices import Practice, Practices, load_practices
from intake.settings import Settings
from tasks.attachments.choose import choose_files
from tasks.pubsub import Watchers, topics_of
from tasks.queues.queue import AfterCommit, WorkQueue, connect

log = structlog.get_logger(__name__)

_KEY = "intake"


@dataclass(frozen=True, slots=True)
class Services:
    """The services that request handlers need."""

    settings: Settings
    database: Database
    live: LivePractices
    queue: WorkQueue
    watchers: Watchers
    files: FileStore
    _logged: set[str] = field(default_factory=set, repr=False)

    def log_once(self, event: str) -> None:
        """Log an error that each request would run into, the first time that one of this process does."""
        if event not in self._logged:
            self._logged.add(event)
            log.error(event)

    def receive(self, inbound: InboundMessage, admit: Admission | None = None) -> RecordedMessage:
        """Store a message once, queue it for handling, and wake the pages that show it.

        Args:
            inbound: the message.
            admit: raises if the conversation may not take the message; see `record_message`.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database could not be reached; nothing was stored.
        """
        recorded = record_message(self.database, inbound, self.files, admit)
        self.pass_on(recorded)
        return recorded

    def pass_on(self, recorded: RecordedMessage) -> None:
        """Queue a message that was just stored, and wake the pages that show it; ignore a repeat."""
        if recorded.is_new:
            topics = topics_of(recorded.conversation_id, recorded.practice)
            self.queue.put_all(AfterCommit(messages=(recorded.message_id,), topics=topics))
        log.info(
            "message_received", message_id=recorded.message_id, is_new=recorded.is_new, channel=str(recorded.channel)
        )

    def practice_for_text(self, messaging_service_sid: str | None, to: str) -> Practice | None:
        """Return the practice that a text or a call was for, also if its number was added a moment ago."""
        found = self.practices.for_text(messaging_service_sid, to)
        if found is None:
            self.live.refresh(wait=True)
            found = self.practices.for_text(messaging_service_sid, to)
        return found

    def practices_for_mail(self, recipients: Sequence[str]) -> list[Practice]:
        """Return the practices that an email is for, also if its address was added a moment ago."""
        found = [practice for practice in map(self.practices.by_email, recipients) if practice]
        if not found:
            self.live.refresh(wait=True)
            found = [practice for practice in map(self.practices.by_email, recipients) if practice]
        return found

    @property
    def practices(self) -> Practices:
        """The practices with their current settings, at most one second old when the request started."""
        return self.live.current


def open_services(settings: Settings) -> Services:
    """Read the practices file, and prepare the database and the queue, which need not be up yet.

    Raises:
        IntakeError: the practices file is invalid.
    """
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    return Services(
        settings=settings,
        database=database,
        live=LivePractices(database, load_practices(settings.practices_file, ignore_unknown=True)),
        queue=WorkQueue(connect(settings.redis_url), database.keyring),
        watchers=Watchers(partial(connect, settings.redis_url)),
        files=choose_files(settings.bucket, settings.attachments_dir),
    )


def attach(app: Flask, services: Services) -> None:
    """Attach the services to an application."""
    app.extensions[_KEY] = services


def services_of(app: Flask) -> Services:
    """Return an application's services."""
    services: Services = app.extensions[_KEY]
    return services
