"""Running the service, whole or one process of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from intake.encryption import Keyring
from intake.practices import load_practices
from intake.service_files import DATA_DIR
from intake.settings import load_settings

WEB_PROCESSES = 2
STREAMS = 4000

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_DIR,
    show_default=True,
    help="Where the database, the keys, the models and the queue's file live.",
)


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the web server.")
@data_dir_option
def up(port: int, data_dir: Path) -> None:
    """Run everything on this machine until Ctrl-C.

    Migrates the database, starts Redis when REDIS_URL is unset, the web server and a worker. What the environment
    and .env do not say gets a default: SQLite, keys made once and kept, the demo practice, texts not sent.
    """
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
@click.option("--processes", default=WEB_PROCESSES, show_default=True, type=click.IntRange(1, 64), help="Processes.")
def web(host: str, port: int, processes: int) -> None:
    """Run the web server alone."""
    settings = load_settings()
    load_practices(settings.practices_file)
    arguments = [
        *("--bind", f"{host}:{port}", "--workers", str(processes)),
        *("--worker-class", "app.gunicorn_worker.StreamingWorker", "--worker-connections", str(STREAMS)),
        *("--graceful-timeout", "20", "--log-level", "warning", "--no-control-socket"),
    ]
    os.execv(  # noqa: S606
        sys.executable, [sys.executable, "-m", "gunicorn", "app.wsgi:create_app()", *arguments]
    )


@click.command()
@click.option(
    "--queue",
    "queues",
    multiple=True,
    type=click.Choice(["messages", "carriers"]),
    help="Take jobs from this queue alone, or first of several; from both when not given.",
)
def worker(queues: tuple[str, ...]) -> None:
    """Run one worker: understands, decides, sends and repairs.

    Messages wait for nobody else's server; carriers (Twilio, mail, notifications) may be slow. With one worker for
    each queue, a carrier that hangs does not hold up the patients in a chat.
    """
    from intake.error_reporting import configure_reporting
    from intake.logs import configure_logging
    from tasks.context import open_context
    from tasks.queue import QUEUES
    from tasks.worker import run_worker

    settings = load_settings()
    configure_logging()
    configure_reporting(settings.sentry_dsn, "worker")
    run_worker(open_context(settings), queues or QUEUES)


@click.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    from inbox.database import Database

    settings = load_settings()
    Database(settings.database_url, Keyring(settings.encryption_keys)).migrate()
    click.echo("The database is up to date.")
