"""Trying which common question a text asks, in a process of its own that has the models."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from inbox.practices.common_questions import PracticeQuestion
from intake.settings import Settings

TIMEOUT_SECONDS = 30
_PROGRAM = Path(__file__).with_name("question_program.py")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a worker would make of a text.

    Attributes:
        keys: the nearest question's key, and those of others that it clearly asks, too.
        is_clear: whether it asks them.
        is_near: whether it may ask the nearest one, so that it would be counted.
        may_be_answered: whether its intent and its words let it be answered without a person.
        language: the language that it is in.
    """

    keys: tuple[str, ...]
    is_clear: bool
    is_near: bool
    may_be_answered: bool
    language: str


def try_text(settings: Settings, questions: Sequence[PracticeQuestion], text: str) -> Trial | None:
    """Return which question a text asks; None if it can't be found out now. Nothing is stored.

    Raises:
        OSError: the process can't be started.
    """
    asked = {
        "text": text,
        "questions": {question.key: question.phrasings for question in questions},
        "models_dir": str(settings.models_dir),
        "model_dir": str(settings.model_dir) if settings.model_dir else "",
    }
    try:
        # -I and no environment: neither the surroundings nor a key get in; the text is in no argument
        done = subprocess.run(  # noqa: S603 (a fixed program; the text is its input)
            [sys.executable, "-I", str(_PROGRAM)],
            input=json.dumps(asked),
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            env={"PYTHONUTF8": "1"},
        )
    except subprocess.TimeoutExpired:
        log.error("question_not_tried", reason="timeout")
        return None
    if done.returncode != 0:
        log.error("question_not_tried", reason=done.stderr.strip().rpartition("\n")[2].partition(":")[0])
        return None
    found = json.loads(done.stdout.rpartition("\n")[2])
    return Trial(tuple(found.pop("keys")), **found)
