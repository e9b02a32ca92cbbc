"""A commit's subject line fits where it is read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.commit_subjects import LONGEST, main

FITS, TOO_LONG = "w" * LONGEST, "w" * (LONGEST + 1)


def commit(repository: Path, subject: str, *, at: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@maple.example", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(repository), *who, "commit", "--quiet", "--allow-empty", "--message", subject]
    subprocess.run(command, check=True, env={"GIT_COMMITTER_DATE": at, "PATH": "/usr/bin:/bin:/usr/local/bin"})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    commit(tmp_path, TOO_LONG, at="2026-12-01T12:00:00Z")
    commit(tmp_path, FITS, at="2026-12-04T12:00:00Z")
    return tmp_path


def test_subjects_that_fit_and_older_ones_pass(repository: Path) -> None:
    assert main(repository) == 0


def test_a_long_subject_is_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    commit(repository, TOO_LONG, at="2026-12-05T12:00:00Z")

    assert main(repository) == 1
    assert TOO_LONG in capsys.readouterr().err


def test_where_there_is_no_history_nothing_is_checked(tmp_path: Path) -> None:
    assert main(tmp_path) == 0
