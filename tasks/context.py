"""The resources of a worker process, opened once and shared by all its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from classifier import Classifier, ModelError
from classifier.network.store import SHIPPED, ModelStore
from classifier.patterns import compile_patterns
from inbox.attachments.file_store import FileStore
from inbox.models import now
from inbox.practices.live import LivePractices
from inbox.storage.database import MISSING_KEY, Database
from inbox.storage.presence import MODEL_LOST
from intake.encryption import Keyring
from intake.errors import IntakeError
from intake.practices import Practices, load_practices, naming_file
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.attachments.choose import choose_files
from tasks.carriers.choose import make_lookup, make_senders
from tasks.carriers.protocol import Lookup, Sender
from tasks.notification.addresses import check_addresses
from tasks.notification.notifier import Notifier, make_notifier
from tasks.queues.queue import WorkQueue, connect
from tasks.understanding.questions import QuestionFinder
from templates.replies import check_replies

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Context:
    """The resources that jobs need.

    `not_subtracted` has the ids of messages with an attempt that an outage ended and that could not be subtracted
    because the database was still away. The next attempt at the message is not counted instead.
    """

    settings: Settings
    database: Database
    live: LivePractices
    queue: WorkQueue
    senders: Mapping[Medium, Sender]
    notifier: Notifier
    classifier: Classifier
    lookup: Lookup
    files: FileStore
    not_subtracted: set[int] = field(default_factory=set)
    questions: QuestionFinder = field(default_factory=QuestionFinder)

    @property
    def practices(self) -> Practices:
        """The practices with the settings that applied when the job started."""
        return self.live.current


_current: Context | None = None


def open_context(settings: Settings) -> Context:
    """Open the database and the practices file, load the model, and compile what messages are read with.

    Raises:
        IntakeError: one of them cannot be used; the message says which.
    """
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    if database.missing_keys():
        log.error("encryption_key_missing", reason=MISSING_KEY)  # it handles what it can read, and sends nothing
    file = load_practices(settings.practices_file, ignore_unknown=True)
    with naming_file(settings.practices_file):
        for practice in file.all:
            check_replies(practice, now())  # a reply that cannot be rendered would block every message that needs it
            check_addresses(practice)
    compile_patterns()
    return Context(
        settings=settings,
        database=database,
        live=LivePractices(database, file),
        queue=WorkQueue(connect(settings.redis_url), database.keyring),
        senders=make_senders(settings),
        notifier=make_notifier(settings),
        classifier=_load_model(settings),
        lookup=make_lookup(settings),
        files=choose_files(settings.bucket, settings.attachments_dir),
    )


def model_store(settings: Settings) -> ModelStore:
    """Return the store of models available to this service."""
    return ModelStore(settings.models_dir, settings.model_dir)


def find_troubles(settings: Settings) -> list[str]:
    """Return what a worker with these settings lacks."""
    return [MODEL_LOST] if model_store(settings).usable_folder()[1] is not None else []


def _load_model(settings: Settings) -> Classifier:
    store = model_store(settings)
    folder, lost = store.usable_folder()
    if lost is not None:
        log.error("model_replaced", reason=lost, now="the shipped model")
    try:
        return Classifier.load(folder)
    except ModelError as error:
        if folder in (store.pinned, store.folder_of(SHIPPED)):
            raise IntakeError(str(error).rstrip(".")) from None
        log.error("model_replaced", reason=str(error), now="the shipped model")
        return Classifier.load(store.folder_of(SHIPPED))


def use(context: Context) -> None:
    """Set the context that jobs in this process use."""
    global _current
    _current = context


def current() -> Context:
    """Return the context of this process.

    Raises:
        IntakeError: the process was not started by `intake worker`.
    """
    if _current is None:
        raise IntakeError("jobs run only inside `intake worker`, which loads the model first: start `intake worker`")
    return _current
