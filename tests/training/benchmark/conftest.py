from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classifier import INTENTS
from tests.standins.llm import Asked, LlmStandIn
from training.__main__ import main

EACH = 4


def name_intent(asked: Asked) -> str:
    """Answer with the intent that the text begins with, but with a complaint where it ends with 3."""
    intent = "complaint" if asked.user.endswith("3") else asked.user.split()[0]
    return json.dumps({"intent": intent})


class Benchmarking:
    """`python -m training benchmark` on four messages of every intent, with the stand-in's APIs."""

    def __init__(self, folder: Path, standin: LlmStandIn) -> None:
        self.standin = standin
        self.messages = folder / "messages.jsonl"
        self.output = folder / "output"
        rows = [
            {"text": f"{intent} number {n}", "intent": intent, "more": n} for intent in INTENTS for n in range(EACH)
        ]
        self.messages.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")

    def arguments(self, *models: str) -> list[str]:
        """What the command is called with."""
        named = [part for model in models for part in ("--model", model)]
        return ["benchmark", str(self.messages), "--output", str(self.output), *named]

    def __call__(self, *models: str, options: tuple[str, ...] = ()) -> Result:
        arguments = [*self.arguments(*models), *options]
        return CliRunner().invoke(main, arguments, env=self.standin.environment)

    def remembered(self) -> str:
        """Everything in the cache."""
        files = sorted((self.output / "answers").iterdir())
        return "".join(path.read_text(encoding="utf-8") for path in files)


@pytest.fixture
def standin() -> Iterator[LlmStandIn]:
    with LlmStandIn(name_intent) as running:
        yield running
        assert running.refusals == []


@pytest.fixture
def benchmarking(tmp_path: Path, standin: LlmStandIn) -> Benchmarking:
    return Benchmarking(tmp_path, standin)
