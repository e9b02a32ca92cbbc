"""The `intake` command as a person runs it: a process of its own, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.exits import NOBODY_PAGED
from tests.forks import fork_server
from tests.world import ENCRYPTION_KEY

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 60


PAGES_NOBODY = "nobody is paged for emergencies"


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, after making sure that it went well."""
        well = NOBODY_PAGED if self.status and PAGES_NOBODY in self.err else 0
        assert (self.status, self._without_warnings) == (well, "")
        return self.out.splitlines()

    @property
    def _without_warnings(self) -> str:
        """What it said went wrong; most practices of the tests page nobody, of which several commands warn."""
        return "".join(line for line in self.err.splitlines(keepends=True) if PAGES_NOBODY not in line)

    @property
    def error(self) -> str:
        """The one sentence that it failed with, after making sure that it is one."""
        assert self.status == 1
        error = self._without_warnings
        assert error.startswith("Error: ")
        assert error.endswith(".\n")
        assert error.count("\n") == 1
        assert "unexpected" not in error
        return error.strip()


def python(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs a Python program of this project in a folder, in an interpreter that knows nothing but this environment."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=_whole(environment),
        input=_encoded(stdin),
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def intake(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs `intake`, which never ends in a traceback, as a copy of a process that has imported it."""
    return _without_traceback(forked("-m", "app", *arguments, folder=folder, environment=environment, stdin=stdin))


def forked(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs a Python program of this project as `python` does, in a copy of a process that has imported the product."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(_encoded(stdin))
        given.seek(0)
        streams = (given.fileno(), out.fileno(), err.fileno())
        process = fork_server().start(arguments, folder, _whole(environment), streams)
        try:
            status = process.wait(TIMEOUT_SECONDS)
        finally:
            process.kill()
        return Finished(status, _content(out), _content(err))


def intake_in_new_interpreter(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs `intake` from the very start."""
    return _without_traceback(python("-m", "app", *arguments, folder=folder, environment=environment, stdin=stdin))


def _without_traceback(done: Finished) -> Finished:
    assert "Traceback" not in done.err
    return done


def _whole(environment: Mapping[str, str] | None) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(environment or {})}


def _encoded(stdin: str | bytes) -> bytes:
    return stdin.encode() if isinstance(stdin, str) else stdin


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def complete(folder: Path, **changes: str) -> dict[str, str]:
    """Every variable that the service needs, with a SQLite file in this folder and a Redis that is not there."""
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'intake.db'}",
        "REDIS_URL": f"unix://{folder / 'no-redis.sock'}",
        "SECRET_KEY": "a secret for tests only",
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "PUBLIC_URL": "https://intake.example.com",
        "PRACTICES_FILE": str(folder / "practices.toml"),
        "NOTICE_HOSTS": "127.0.0.1",
        **changes,
    }
