"""A Python process that has imported the product, and forks a copy of itself for each process that a test starts.

A copy is a process of its own, with its own folder, environment, memory, and end. It only saves the seconds that a new
interpreter needs to import everything. Tests of the start itself run a new interpreter.

There is one for each of KINDS of processes. In web servers, gevent replaces parts of the standard library before
anything is imported; so it does here, as `intake web` has it: by `python -m gevent.monkey --module`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import select
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from app.forks import end, leave_behind
from app.garbage import without_collection

COMMANDS, GUNICORN, S3 = "commands", "gunicorn", "s3"
KINDS = {
    COMMANDS: (
        *("app.cli", "app.up", "app.starter_files", "app.commands.chat_client"),
        *(
            "tasks.worker",
            "tasks.context",
            "tasks.jobs",
            "tasks.messages.handle_message",
            "tasks.notification.notifier",
        ),
        *(
            "inbox.storage.database",
            "inbox.accounts.members",
            "inbox.audit.trail",
            "inbox.keys.rotation",
            "inbox.keys.status",
        ),
        *("inbox.exports.reviews", "classifier.network.check", "classifier.network.store", "templates.voice_prompts"),
        *("webhooks.browser.origins", "intake.error_reporting", "twilio.request_validator", "alembic.command"),
        *("alembic.autogenerate", "apprise", "tasks.carriers.twilio", "twilio.rest.api", "twilio.rest.lookups"),
        *("classifier.entities.recognizer", "dateutil.easter", "phonenumbers.data.region_US"),
    ),
    GUNICORN: ("app.cli", "app.wsgi", "app.start_warnings", "app.gunicorn_worker", "gunicorn.app.wsgiapp"),
    S3: ("tests.standins.s3.server", "moto.s3.responses", "moto.s3.urls", "moto.moto_server.utilities"),
}
DEMO = Path(__file__).parents[1] / "practices.demo.toml"
MOST_BYTES = 1024**2


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


class Replaced(BaseException):
    """Raised instead of replacing a copy by another program, with the arguments of that program."""


def serve(listener: socket.socket) -> Start | None:
    """Fork for each request, and report how each copy ended, until all clients are gone.

    Returns:
        What to become in a copy, None in the original.
    """
    clients: dict[int, socket.socket] = {}
    copies: dict[int, tuple[int, int]] = {}
    with contextlib.closing(_original("select", "epoll")()) as watched:
        watched.register(listener, select.EPOLLIN)
        while True:
            for ready, _ in watched.poll():
                if ready == listener.fileno():
                    client, _ = listener._accept()  # type: ignore[attr-defined]
                    clients[client] = _original("socket", "socket")(fileno=client)
                    watched.register(client, select.EPOLLIN)
                    continue
                if ready in copies:
                    watched.unregister(ready)
                    _report_end(ready, *copies.pop(ready))
                    continue
                message, files, _, _ = socket.recv_fds(clients[ready], MOST_BYTES, 4)
                if not message:
                    clients.pop(ready).close()
                    if not clients:
                        return None
                    continue
                *streams, report = files
                copy = _original("os", "fork")()
                if not copy:
                    return Start(**json.loads(message), streams=streams)
                for stream in streams:
                    os.close(stream)
                handle = os.pidfd_open(copy)
                copies[handle] = copy, report
                watched.register(handle, select.EPOLLIN)
                clients[ready].send(str(copy).encode())


def _report_end(handle: int, copy: int, report: int) -> None:
    _, status = _original("os", "waitpid")(copy, 0)
    os.write(report, str(os.waitstatus_to_exitcode(status)).encode())
    os.close(report)
    os.close(handle)


def _original(module: str, name: str) -> Any:
    """Return what gevent may have replaced: its own would begin something here that a copy could not go on with."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original(module, name) if monkey else getattr(importlib.import_module(module), name)


def become(start: Start) -> None:
    """Run what an interpreter with these arguments would, with nothing open but the standard streams."""
    for number, stream in enumerate(start.streams):
        os.dup2(stream, number)
    leave_behind(" ".join(("python", *start.arguments)), start.environment)
    os.chdir(start.folder)
    if "gunicorn.config" in sys.modules:  # which notes the folder when it is imported, and goes there
        sys.modules["gunicorn.config"].Chdir.default = start.folder
    _set_encoding(start.environment.get("PYTHONIOENCODING", ""))
    os.execv = _replace  # type: ignore[assignment]
    arguments = start.arguments
    try:
        _run(arguments)
    except Replaced as replaced:
        arguments = [*replaced.args]
    else:
        return
    _run(arguments)


def _run(arguments: list[str]) -> None:
    if arguments[2:3] == ["gevent.monkey"]:  # which has done its work here
        arguments = [*arguments[:2], *arguments[4:]]
    if arguments[0] == "-m":
        sys.argv[:] = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def _replace(_file: str, program: Sequence[str]) -> NoReturn:
    """Go on as another program of this interpreter."""
    raise Replaced(*program[1:])


def _set_encoding(wanted: str) -> None:
    """Give the standard streams the encoding of `PYTHONIOENCODING`."""
    encoding, _, errors = wanted.partition(":")
    streams: tuple[Any, ...] = (sys.stdin, sys.stdout)
    for stream in streams if wanted else ():
        stream.reconfigure(encoding=encoding, errors=errors or None)


def warm_up(kind: str) -> None:
    """Do what most copies would begin with: import, compile words and templates, map tables."""
    for module in KINDS[kind]:
        importlib.import_module(module)
    if kind == S3:
        return
    from sqlalchemy.orm import configure_mappers

    from classifier.rules.danger_signs import load_tables

    configure_mappers()
    load_tables()
    if kind == GUNICORN:
        return
    from classifier.patterns import compile_patterns
    from inbox.models import now
    from intake.practices import load_practices
    from templates.replies import check_replies

    compile_patterns()
    for practice in load_practices(DEMO).all:
        check_replies(practice, now())


if __name__ == "__main__":
    number, kind = sys.argv[1:]
    with without_collection():
        warm_up(kind)
    with _original("socket", "socket")(fileno=int(number)) as listener:
        asked = serve(listener)
    if asked is not None:
        end(partial(become, asked))
