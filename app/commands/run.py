"""Running the service, whole or one process of it."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path

import click

from app.garbage import without_collection
from app.interrupts import quietly_interrupted
from intake.service_files import DATA_DIR
from tasks.queues.names import QUEUES

WEB_PROCESSES = 2
STREAMS = 4000

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_DIR,
    show_default=True,
    help="Folder of the database, keys, models, and Redis file.",
)


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port for the web server.")
@data_dir_option
def up(port: int, data_dir: Path) -> None:
    """Run everything on this machine until Ctrl-C.

    Starts Redis if REDIS_URL is unset, migrates the database, and starts the web server and three workers. Settings
    missing from the environment and .env get defaults: SQLite, keys that are made once and kept, the practices file in
    this folder, and no sending of texts.
    """
    with quietly_interrupted(), without_collection():
        from app.up import run_all

    run_all(data_dir, port, click.echo)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8000,
    envvar="PORT",
    show_default=True,
    show_envvar=True,
    type=click.IntRange(1, 65535),
    help="Port to listen on.",
)
@click.option(
    "--processes", default=WEB_PROCESSES, show_default=True, type=click.IntRange(1, 64), help="Number of web processes."
)
def web(host: str, port: int, processes: int) -> None:
    """Run the web server alone."""
    arguments = [
        *("--config", "python:app.gunicorn_config", "--bind", f"{host}:{port}", "--workers", str(processes)),
        *("--worker-class", "app.gunicorn_worker.StreamingWorker", "--worker-connections", str(STREAMS)),
        *("--graceful-timeout", "20", "--log-level", "warning", "--no-control-socket"),
    ]
    module = ["app.quiet_start", "gevent.monkey", "--module", "gunicorn"]
    program = [sys.executable, "-m", *module, "app.wsgi:create_app()", *arguments]
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until `app.quiet_start` handles it
    os.execv(sys.executable, program)  # noqa: S606


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(QUEUES),
    help="Queue to take jobs from; repeat it for several, in order of preference. Default: all.",
)
@click.option("--warned", is_flag=True, hidden=True, help="Whoever starts it has warned of what is missing.")
def worker(queues: tuple[str, ...], warned: bool) -> None:
    """Run one worker for messages, replies, and notices.

    Jobs in `messages` depend on no other server. `urgent` and `notices` wait for what notifies staff, `carriers` for
    Twilio or a mail server, and `lookups` for answers from Twilio. With a worker that takes `messages` alone and one
    that takes `urgent` first, no slow server holds up a chat or an urgent notice. With `--queue carriers` and none of
    the others but `messages`, a worker also takes `urgent`, `notices`, and `lookups`.
    """
    with quietly_interrupted(), without_collection():
        from app.start_warnings import warn_at_start
        from inbox.storage.presence import Heartbeat
        from intake.error_reporting import configure_reporting
        from intake.logs import configure_logging
        from intake.settings import load_settings
        from tasks.context import find_troubles, open_context
        from tasks.queues.queue import served_queues
        from tasks.worker import run_worker

        settings = load_settings()
        configure_logging()
        configure_reporting(settings.sentry_dsn, "worker")
        context = open_context(settings)
    if not warned:
        warn_at_start(context.database, context.live.file, settings)
    served = served_queues(queues or QUEUES)
    heartbeat = Heartbeat(context.database, "worker", served, partial(find_troubles, settings))
    heartbeat.start()
    try:
        run_worker(context, served)
    finally:  # also of a Ctrl-C before it handles that itself
        heartbeat.stop()


@click.command()
def migrate() -> None:
    """Update the database's tables to this version."""
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.settings import load_settings

    settings = load_settings()
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    database.check_keys_of_any_version()  # a release that would send nothing does not replace one that works
    database.migrate()
    database.check_keys()  # nor does one on a database whose restore did not finish
    click.echo("The database is up to date.")
