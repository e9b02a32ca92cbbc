"""What gunicorn does before it forks the web processes: import the application and check the set-up, once for all.

Each web process then builds an application of its own, with its own connections: see `app.wsgi.create_app`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from app.exits import explain_failure
from app.garbage import without_collection

if TYPE_CHECKING:
    from app.gunicorn_worker import StreamingWorker


def on_starting(_arbiter: object) -> None:
    """Get ready to fork. gevent has replaced parts of the standard library before anything keeps them: see `web`."""
    with explain_failure(), without_collection():
        _check_setup()
        import app.wsgi  # noqa: F401
        from classifier.rules.danger_signs import load_tables

        load_tables()  # half a second, before the first inbox that shows an alarm


def worker_exit(_arbiter: object, worker: StreamingWorker) -> None:
    """Sign a web process off that ends in good order, unless it has not loaded the application yet."""
    application = getattr(worker, "application", None)
    if application is not None:
        from app.wsgi import sign_off

        sign_off(application)


def _check_setup() -> None:
    """Warn of what is unwise.

    Raises:
        IntakeError: the settings, the practices file, the keys, or the database's tables are not usable.
    """
    from app.start_warnings import warn_at_start
    from inbox.storage.database import Database, DatabaseAwayError
    from intake.encryption import Keyring
    from intake.logs import configure_logging
    from intake.practices import load_practices
    from intake.settings import load_settings

    settings = load_settings()
    practices = load_practices(settings.practices_file, ignore_unknown=True)
    configure_logging()
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    with suppress(DatabaseAwayError):  # which answers 503 until it is back
        database.missing_keys()
    warn_at_start(database, practices, settings)
    database.close()  # a connection must not be in use on both sides of a fork
