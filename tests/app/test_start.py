"""Each command from the very start, in a new interpreter; other tests run copies of one that has imported it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.cli import cli
from tests.app.command import ROOT, complete, intake, intake_in_new_interpreter
from tests.world import PRACTICES_TOML

# `tests/e2e/test_running_service.py` starts it, and what it starts.
STARTED_ELSEWHERE = {"up"}
DONE = [
    (["init", "clinic"], "Wrote clinic/practices.toml and clinic/.env."),
    (["migrate"], "The database is up to date."),
    (["classify", "ok thanks!"], "(acknowledgement)"),
    (["redact", "call 202-555-0142"], "call [PHONE]"),
    (["model", "list"], "shipped"),
    (["calibrate", "messages.csv"], "1 messages, 0 of them labeled"),
    (["practice", "check", "practices.toml"], "demo: Maple Street, 62 replies of at most 3 SMS segments"),
    (["staff", "add", "dana@maple.example", "--practice", "demo", "--role", "staff", "--generate"], "may sign in"),
    (["questions", "try", "demo", "what are your hours?"], "nearest: Opening hours (hours)"),
    (["audit", "verify"], "0 entries"),
    (["retention", "run"], "demo: no limits, everything is kept"),
]
REFUSED = [
    (["web"], "SECRET_KEY is missing"),
    (["worker"], "SECRET_KEY is missing"),
    (["mail", "serve"], "SECRET_KEY is missing"),
    (["mail", "fetch"], "SECRET_KEY is missing"),
    (["simulate", "sms", "Hello"], "start the service with `intake up` first"),
    (["patient", "export", "+12025550123", "--to", "patient.json"], "start the service with `intake up` first"),
    (["export", "fhir", "1"], "start the service with `intake up` first"),
    (["backup", "intake.backup"], "start the service with `intake up` first"),
    (["restore", __file__], "there is no backup key"),
]


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder to work in, with a practices file and a database."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    (tmp_path / "messages.csv").write_text("text\nCan I move my visit?\n")
    shutil.copy(migrated_file, tmp_path / "intake.db")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), DONE, ids=[command[0] for command, _ in DONE])
def test_a_command_does_its_work(folder: Path, command: list[str], shown: str) -> None:
    done = intake_in_new_interpreter(*command, folder=folder, environment=complete(folder))

    assert shown in "\n".join(done.lines)


@pytest.mark.parametrize(("command", "complaint"), REFUSED, ids=[command[0] for command, _ in REFUSED])
def test_a_command_says_what_it_lacks(tmp_path: Path, command: list[str], complaint: str) -> None:
    assert complaint in intake_in_new_interpreter(*command, folder=tmp_path).error


def test_a_key_is_made(tmp_path: Path) -> None:
    [key] = intake_in_new_interpreter("keys", "new", folder=tmp_path).lines

    assert Fernet(key)


@pytest.mark.parametrize(
    ("command", "imported"),
    [
        ("web", "click"),
        ("web", "gevent"),
        ("web", "gunicorn.app.base"),
        ("web", "sqlalchemy"),
        ("worker", "sqlalchemy"),
    ],
    ids=["the command", "gevent", "gunicorn", "the web server", "the worker"],
)
def test_ctrl_c_while_a_process_imports_ends_it_quietly(folder: Path, command: str, imported: str) -> None:
    told = {"PYTHONPATH": str(ROOT), "PYTHONPROFILEIMPORTTIME": "1", "PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [sys.executable, "-m", "app", command],
        cwd=folder,
        env=complete(folder) | told,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while not process.stderr.readline().endswith(f" {imported}\n"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said = [line for line in process.stderr if not line.startswith("import time:")]

    assert (process.returncode, said) == (130, ["Interrupted.\n"])


def test_no_command_is_left_out() -> None:
    assert {*STARTED_ELSEWHERE, "keys", *(command[0] for command, _ in (*DONE, *REFUSED))} == {*cli.commands}


@pytest.mark.parametrize("arguments", [["keys", "new"], ["prescribe"], ["init", "/dev/null/clinic"]], ids=" ".join)
def test_a_copy_ends_as_a_new_interpreter_does(tmp_path: Path, arguments: list[str]) -> None:
    copied = intake(*arguments, folder=tmp_path)
    new = intake_in_new_interpreter(*arguments, folder=tmp_path)

    assert (copied.status, len(copied.out), copied.err) == (new.status, len(new.out), new.err)


def test_a_copy_knows_only_the_environment_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    known = complete(tmp_path)

    assert intake("migrate", folder=tmp_path, environment=known).lines
    assert "SECRET_KEY is missing" in intake("migrate", folder=tmp_path).error
