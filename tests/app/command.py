"""The `intake` command as a person runs it: a process of its own, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.world import ENCRYPTION_KEY

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, after making sure that it went well."""
        assert (self.status, self.err) == (0, "")
        return self.out.splitlines()

    @property
    def error(self) -> str:
        """The one sentence that it failed with, after making sure that it is one."""
        assert self.status == 1
        assert self.err.startswith("Error: ")
        assert self.err.endswith(".\n")
        assert self.err.count("\n") == 1
        assert "unexpected" not in self.err
        return self.err.strip()


def python(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs a Python program of this project in a folder, knowing nothing but the environment given."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(environment or {})},
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())


def intake(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, stdin: str | bytes = b""
) -> Finished:
    """Runs `intake`, which never ends in a traceback."""
    done = python("-m", "app", *arguments, folder=folder, environment=environment, stdin=stdin)
    assert "Traceback" not in done.err
    return done


def complete(folder: Path, **changes: str) -> dict[str, str]:
    """Every variable that the service needs, with a SQLite file in this folder and a Redis that is not there."""
    return {
        "DATABASE_URL": f"sqlite:///{folder / 'intake.db'}",
        "REDIS_URL": f"unix://{folder / 'no-redis.sock'}",
        "SECRET_KEY": "a secret for tests only",
        "ENCRYPTION_KEYS": ENCRYPTION_KEY,
        "PUBLIC_URL": "https://intake.example.com",
        "PRACTICES_FILE": str(folder / "practices.toml"),
        **changes,
    }
