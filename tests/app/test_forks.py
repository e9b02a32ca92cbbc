"""A fork is a process of its own: it takes nothing along but what was imported, and ends as a command does."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from typing import Any

import pytest

from tests.app.command import ROOT

DEADLINE_SECONDS = 60.0


def start(how: str) -> subprocess.Popen[str]:
    """Starts a process that forks."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.app.forking", how],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "KEPT_FROM_FORKS": "a secret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """What a process and its two forks print."""
    output, errors = start("tell").communicate(timeout=DEADLINE_SECONDS)
    assert errors == ""
    return output.splitlines()


@pytest.fixture(scope="module")
def forks(lines: list[str]) -> list[dict[str, Any]]:
    """What the two forks find."""
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_a_fork_has_no_file_thread_or_handler_of_the_process_that_it_comes_from(forks: list[dict[str, Any]]) -> None:
    for fork in forks:
        assert fork["files"] == [0, 1, 2]
        assert fork["threads"] == 1
        assert fork["handlers"] == [str(signal.SIG_DFL)] * 2
        assert fork["blocked"] == 0
        assert fork["leads_session"], "Ctrl-C would reach it"


def test_a_fork_has_its_own_arguments_command_line_and_environment(forks: list[dict[str, Any]]) -> None:
    for fork, name in zip(forks, ("first", "second"), strict=True):
        assert fork["arguments"] == ["worker", "--queue", name]
        assert fork["command_line"] == f"python -m app worker --queue {name}"
        assert fork["environment"] == {"PATH": os.environ["PATH"], "OWN": name}


def test_two_forks_draw_different_random_numbers(forks: list[dict[str, Any]]) -> None:
    first, second = forks

    assert first["random"] != second["random"]


def test_what_was_printed_before_a_fork_is_printed_once(lines: list[str]) -> None:
    assert [line for line in lines if not line.startswith("{")] == [
        *("before the first", "ended with 0", "before the second", "ended with 0"),
    ]


@pytest.mark.parametrize(
    ("how", "status"), {"return": 0, "exit": 3, "fail": 1, "killed": -signal.SIGKILL}.items(), ids=str
)
def test_it_is_known_how_a_fork_ended(how: str, status: int) -> None:
    output, errors = start(how).communicate(timeout=DEADLINE_SECONDS)

    assert output.splitlines()[1::2] == [f"ended with {status}"] * 2
    assert ("RuntimeError: a fork's own" in errors) == (how == "fail")


def test_a_fork_ends_with_the_process_that_it_comes_from() -> None:
    with start("wait") as process:
        assert process.stdout
        assert process.stdout.readline() == "before the first\n"
        fork = os.pidfd_open(int(process.stdout.readline()))

        process.kill()

        assert select.select([fork], [], [], DEADLINE_SECONDS)[0], "the fork runs on"
        os.close(fork)
