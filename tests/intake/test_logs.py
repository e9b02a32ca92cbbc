"""Logs are one JSON object a line, and what an exception says never reaches them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest

from intake.logs import where_raised
from tests.app.command import ROOT, python

SECRET = "swordfish allergy of +12025550123"


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the program that logs everything wrote."""
    done = python("-m", "tests.intake.log_everything", SECRET, folder=tmp_path_factory.mktemp("logs"))
    assert (done.status, done.out) == (0, "")
    return done.err


@pytest.fixture(scope="module")
def lines(output: str) -> list[dict[str, Any]]:
    """The same, read."""
    return [json.loads(line) for line in output.splitlines()]


def test_what_an_exception_says_is_in_no_line(output: str) -> None:
    for word in ("swordfish", "allergy", "2025550123", "cannot understand", "gave up on"):
        assert word not in output


def test_every_line_says_when_how_bad_and_who(lines: list[dict[str, Any]]) -> None:
    for line in lines:
        assert {"event", "level", "logger", "timestamp"} <= line.keys()
        assert line["timestamp"].endswith("Z")
    assert {line["logger"] for line in lines} == {"somebody.else", "ours"}


def test_a_line_keeps_its_fields(lines: list[dict[str, Any]]) -> None:
    assert (lines[0]["event"], lines[0]["message_id"], lines[0]["level"]) == ("message_handled", 7, "info")
    assert lines[1]["event"] == "listening on port 8000"


def test_an_exception_is_known_by_its_type_and_place(lines: list[dict[str, Any]]) -> None:
    failures = [line["error"] for line in lines if "error" in line]

    assert len(failures) == 14
    for kind, function in (("ValueError", "understand"), ("RuntimeError", "chain")):
        of_kind = [failure for failure in failures if failure.startswith(f"{kind} at ")]
        assert len(of_kind) == 7
        assert all("log_everything.py:" in failure and failure.endswith(f" in {function}") for failure in of_kind)


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert where_raised(ValueError("swordfish"), None) == "ValueError"


def test_on_a_terminal_a_line_is_short_and_no_json() -> None:
    own, screen = pty.openpty()
    with os.fdopen(own, "rb") as terminal, os.fdopen(screen, "wb") as errors:
        command = [sys.executable, "-m", "tests.intake.log_everything", SECRET]
        subprocess.run(command, stderr=errors, cwd=ROOT, check=True)
        line = re.sub(r"\x1b\[[0-9;]*m", "", terminal.readline().decode())

    assert re.fullmatch(r"\d\d:\d\d:\d\d \[info\] message_handled message_id=7\s*", line)
