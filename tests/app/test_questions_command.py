"""What a text would be answered can be tried without sending anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inbox.practices.common_questions import read_questions, save_question
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.app.command import Finished, complete, intake
from tests.world import ENCRYPTION_KEY, PRACTICES_TOML


@pytest.fixture
def folder(tmp_path: Path, migrated_file: Path) -> Path:
    """A folder with a practices file, and a database in which the practice has said when it is open."""
    (tmp_path / "practices.toml").write_text(PRACTICES_TOML)
    (tmp_path / "intake.db").write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'intake.db'}", Keyring(ENCRYPTION_KEY))
    with database.write() as session:
        hours = next(question for question in read_questions(session, "demo") if question.key == "hours")
        save_question(session, "demo", replace(hours, answer="From 7 to 6."), hours.version)
    database.close()
    return tmp_path


def ask(folder: Path, text: str, practice: str = "demo") -> Finished:
    return intake("questions", "try", practice, text, folder=folder, environment=complete(folder))


def test_a_match_is_shown_with_its_similarity_and_answer(folder: Path) -> None:
    lines = ask(folder, "what are your hours?").lines

    assert lines[0] == "nearest: Opening hours (hours)"
    assert lines[1].startswith("score: ")
    assert lines[-1] == "answer: From 7 to 6."


@pytest.mark.parametrize(("text", "answer"), [("is there parking?", "none written"), ("asdf", "none, not sure enough")])
def test_it_says_why_nothing_would_be_answered(folder: Path, text: str, answer: str) -> None:
    assert ask(folder, text).lines[-1] == f"answer: {answer}"


def test_an_unknown_practice_is_refused(folder: Path) -> None:
    assert "there is no practice nobody" in ask(folder, "hours", "nobody").error
