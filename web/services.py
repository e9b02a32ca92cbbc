"""What the edges work with, opened once a process."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Flask

from inbox.database import Database
from inbox.live_practices import LivePractices
from intake.encryption import Keyring
from intake.practices import Practices, load_practices
from intake.settings import Settings
from tasks.pubsub import Watchers
from tasks.queue import WorkQueue, connect

_KEY = "intake"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that request handlers need."""

    settings: Settings
    database: Database
    live: LivePractices
    queue: WorkQueue
    watchers: Watchers

    @property
    def practices(self) -> Practices:
        """The practices as of the request's beginning, or of a second before."""
        return self.live.current


def open_services(settings: Settings) -> Services:
    """Open the database and the queue, without needing either to be up, and read the practices file.

    Raises:
        IntakeError: the practices file is not usable.
    """
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    return Services(
        settings=settings,
        database=database,
        live=LivePractices(database, load_practices(settings.practices_file)),
        queue=WorkQueue(connect(settings.redis_url)),
        watchers=Watchers(partial(connect, settings.redis_url)),
    )


def attach(app: Flask, services: Services) -> None:
    """Give an application its parts."""
    app.extensions[_KEY] = services


def services_of(app: Flask) -> Services:
    """Return an application's parts."""
    services: Services = app.extensions[_KEY]
    return services
