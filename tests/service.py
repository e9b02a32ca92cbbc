"""The service inside the test's own process: real sockets, real Redis, real jobs, run when the test says so."""

from __future__ import annotations

import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.wsgi import ClosingIterator

from app.edges import build_app
from classifier import Classifier
from inbox.attachments.file_store import FileStore
from inbox.models import Base, Delivery, Message, Notification
from inbox.practices.live import LivePractices
from inbox.storage.database import Database
from intake.settings import Settings
from tasks.carriers.choose import make_lookup, make_senders
from tasks.context import Context, use
from tasks.model_reload import ModelSwitch
from tasks.notification.notifier import make_notifier
from tasks.queues.queue import WorkQueue, connect
from tasks.upkeep.reconcile import reconcile
from tasks.worker import WarmWorker
from tests.standins.record import DEADLINE_SECONDS
from tests.standins.server import Serving
from tests.standins.twilio import IncomingCall, TwilioStandIn, WebhookAnswer
from tests.world import DEMO_NUMBER, PATIENT
from web.services import attach, open_services, services_of

Row = TypeVar("Row", bound=Base)
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Build = Callable[[Settings], Flask]
_Kind = tuple[Build, str]


class Applications:
    """The web applications of this process, reused from test to test: building one takes longer than most tests.

    A test gets an application with new `Services`, which hold everything that belongs to one test. An application that
    is in use is not handed out again, so a test can run two services.
    """

    # read from `Services` with each request, so the application does not depend on them
    _READ_PER_REQUEST = frozenset(
        {
            *("database_url", "practices_file", "models_dir", "smtp_url", "twilio_api_base_url"),
            *("attachments_dir", "attachments_bucket", "attachments_s3_endpoint"),
            *("attachments_s3_key_id", "attachments_s3_secret"),
        }
    )

    def __init__(self) -> None:
        self._idle: defaultdict[_Kind, list[Flask]] = defaultdict(list)
        self._lent: dict[Flask, tuple[_Kind, dict[str, Any]]] = {}

    def borrow(self, build: Build, settings: Settings) -> Flask:
        """Return an application with new services for these settings."""
        kind = build, settings.model_dump_json(exclude=set(self._READ_PER_REQUEST))
        if self._idle[kind]:
            app = self._idle[kind].pop()
            attach(app, open_services(settings))
        else:
            app = build(settings)
        self._lent[app] = kind, _state(app)
        return app

    def give_back(self, app: Flask) -> None:
        """Take an application back; fail if the test changed more of it than its services."""
        kind, lent = self._lent.pop(app)
        state = _state(app)
        changed = [name for name, value in lent.items() if state[name] != value]
        assert changed == [], f"the test changed these attributes of an application that other tests use: {changed}"
        self._idle[kind].append(app)


def _state(app: Flask) -> dict[str, Any]:
    """Return the attributes of an application that do not change while it serves."""
    changing = ("_got_first_request", "error_handler_spec", "extensions")
    return {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in vars(app).items()
        if name not in changing
    }


_applications = Applications()


class Requests:
    """A WSGI application that knows which of its requests are in progress.

    The server's threads are not joined, as a browser may hold a connection open on which it never asks for anything.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._changed = threading.Condition()
        self._paths: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        path = environ["PATH_INFO"]
        with self._changed:
            self._paths.append(path)
        try:
            # not until the server closes it: it reads on from a browser that keeps its connection
            with closing(ClosingIterator(self._app(environ, start_response))) as body:
                yield from body
        finally:
            with self._changed:
                self._paths.remove(path)
                self._changed.notify_all()

    def wait_until_ended(self) -> None:
        """Wait until no request is in progress: one that is would use a database that its test has closed."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._paths, DEADLINE_SECONDS), f"never ended: {self._paths}"


class Service:
    """A running service.

    Attributes:
        url: where the web application listens.
        context: the worker's services.
    """

    def __init__(self, settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> None:
        self.settings = settings
        self.twilio = twilio
        self._app = _applications.borrow(self.build, settings)
        self._requests = Requests(self._app)
        self._server = make_server("127.0.0.1", 0, self._requests, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        twilio.callback_base = self.url
        # its commands return text or bytes, depending on an option that the types do not know
        self.redis: Any = connect(settings.redis_url)
        self._worker: WarmWorker | None = None  # kept, as another one needs another connection
        self.context = Context(
            settings=settings,
            database=services_of(self._app).database,
            live=LivePractices(services_of(self._app).database, services_of(self._app).practices),
            queue=WorkQueue(self.redis, services_of(self._app).database.keyring),
            senders=make_senders(settings),
            notifier=make_notifier(settings),
            classifier=classifier,
            lookup=make_lookup(settings),
            files=services_of(self._app).files,
        )

    @staticmethod
    def build(settings: Settings) -> Flask:
        """Assembles the web application."""
        return build_app(settings)

    @property
    def database(self) -> Database:
        """The database of the service."""
        return self.context.database

    def __enter__(self) -> Self:
        self._thread = Serving(self._server, type(self).__name__)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        services = services_of(self._app)
        services.watchers.close()
        self._thread.end()
        self._server.server_close()
        self._requests.wait_until_ended()
        services.database.close()
        self.redis.close()
        if self._worker:
            self._worker.connection.close()
        _applications.give_back(self._app)

    def text(self, body: str, *, from_: str = PATIENT, to: str = DEMO_NUMBER, **options: Any) -> WebhookAnswer:
        """Texts the practice as Twilio would hand it over."""
        public_url = f"{self.settings.public_url}/twilio/sms"
        return self.twilio.incoming_sms(f"{self.url}/twilio/sms", public_url, from_, to, body, **options)

    def call(self, *, from_: str = PATIENT, to: str = DEMO_NUMBER, **options: Any) -> IncomingCall:
        """Calls the practice as Twilio would hand it over."""
        return self.twilio.incoming_call(f"{self.settings.public_url}/twilio/voice", from_, to, **options)

    def work(self) -> None:
        """Runs every job that waits, and those that they queue, in a real RQ worker that begins anew."""
        use(self.context)
        worker = self._worker or WarmWorker(self.context)
        self._worker = None  # not to be used again if it fails
        worker._switch, worker.last_cleaned_at = ModelSwitch(self.context), None
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            worker.work(burst=True, logging_level="WARNING")
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        self._worker = worker

    def reconcile(self) -> int:
        """Looks for unfinished rows of any age, runs what was found, and returns how much that was."""
        found = reconcile(self.context, grace=timedelta(0))
        self.work()
        return found

    def let_pass(self, duration: timedelta, rounds: int = 1) -> None:
        """Let time pass for the outbox and at Twilio, with a round of the reconciler at the end of each duration."""
        for _ in range(rounds):
            self.twilio.clock_offset += duration
            with self.edit() as session:
                for table in (Delivery, Notification):
                    for row in session.scalars(select(table)):
                        row.next_attempt_at -= duration
                for delivery in session.scalars(select(Delivery).where(Delivery.sending_at.is_not(None))):
                    delivery.sending_at -= duration
            if reconcile(self.context, grace=timedelta(0)):
                self.work()

    def keep_files_in(self, files: FileStore) -> None:
        """Goes on with another file store, in the web application and the worker."""
        attach(self._app, replace(services_of(self._app), files=files))
        self.context = replace(self.context, files=files)

    def rows(self, model: type[Row]) -> list[Row]:
        """Returns a table's rows in the order of their ids."""
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(model.__table__.c.id)))

    def edit(self) -> Any:
        """A transaction for arranging a test's beginning."""
        return self.database.write()

    def last_message(self, session: Session) -> Message:
        """Returns the newest message."""
        return session.scalars(select(Message).order_by(Message.id.desc())).first()  # type: ignore[return-value]
