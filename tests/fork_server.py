"""A Python process that has imported a program, and forks a copy of itself for each process that a test starts.

A copy is a process of its own, with its own folder, environment, memory, and end. It only saves the second or so that a
new interpreter needs to import everything. Tests of the start itself run a new interpreter.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import selectors
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

from app.garbage import without_collection

PRODUCT = (
    *("app.cli", "app.up", "app.starter_files", "app.commands.chat_client"),
    *("tasks.worker", "tasks.context", "tasks.jobs", "tasks.handle_message", "tasks.notification.notifier"),
    *("inbox.database", "inbox.accounts", "inbox.audit", "inbox.rotation", "inbox.key_status", "inbox.review_export"),
    *("classifier.check", "classifier.store", "templates.voice_prompts", "webhooks.browser.origins"),
    *("intake.error_reporting", "twilio.request_validator", "alembic.command", "alembic.autogenerate"),
    *("apprise", "holidays", "tasks.carriers.twilio"),
)
S3 = ("tests.standins.s3.server", "moto.s3.responses", "moto.s3.urls", "moto.moto_server.utilities")
MOST_BYTES = 1024**2
MOST_FILES = 1024


@dataclass(frozen=True)
class Start:
    """What a copy becomes.

    Attributes:
        arguments: what follows `python`: `-m` and a module, or a script, and the arguments of either.
        folder: the folder to run in.
        environment: the whole environment.
        streams: descriptors of its stdin, stdout, and stderr.
    """

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    streams: list[int]


def prepare(program: str) -> None:
    """Import a program: the product, or the S3 stand-in."""
    for module in {"product": PRODUCT, "s3": S3}[program]:
        importlib.import_module(module)
    if program == "product":
        importlib.import_module("classifier.danger_signs").load_tables()  # half a second of compiling


def serve(client: socket.socket) -> Start | None:
    """Fork for each request, and report how each copy ended, until the client is gone.

    Returns:
        What to become in a copy, None in the original.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not client:
                    selector.unregister(key.fileobj)
                    _report_end(key.fd, *key.data)
                    continue
                message, files, _, _ = socket.recv_fds(client, MOST_BYTES, 4)
                if not message:
                    return None
                *streams, report = files
                copy = os.fork()
                if not copy:
                    return Start(**json.loads(message), streams=streams)
                for stream in streams:
                    os.close(stream)
                selector.register(os.pidfd_open(copy), selectors.EVENT_READ, (copy, report))
                client.send(str(copy).encode())


def _report_end(handle: int, copy: int, report: int) -> None:
    _, status = os.waitpid(copy, 0)
    os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(report)
    os.close(handle)


def become(start: Start) -> None:
    """Run what an interpreter with these arguments would, with nothing open but the standard streams."""
    for number, stream in enumerate(start.streams):
        os.dup2(stream, number)
    os.closerange(3, MOST_FILES)
    os.chdir(start.folder)
    os.environ.clear()
    os.environ.update(start.environment)
    time.tzset()
    _set_encoding(start.environment.get("PYTHONIOENCODING", ""))
    if start.arguments[0] == "-m":
        sys.argv[:] = start.arguments[1:]
        runpy.run_module(start.arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = start.arguments
        runpy.run_path(start.arguments[0], run_name="__main__")


def _set_encoding(wanted: str) -> None:
    """Give the standard streams the encoding of `PYTHONIOENCODING`."""
    encoding, _, errors = wanted.partition(":")
    streams: tuple[Any, ...] = (sys.stdin, sys.stdout)
    for stream in streams if wanted else ():
        stream.reconfigure(encoding=encoding, errors=errors or None)


def end(run: Callable[[], None]) -> NoReturn:
    """Run something and end as an interpreter does, except for taking apart every module that was imported."""
    try:
        run()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    with without_collection():
        prepare(sys.argv[2])
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        asked = serve(requests)
    if asked is not None:
        end(partial(become, asked))
