from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.standins.llm import Asked, LlmStandIn
from tests.training.conftest import RECIPES
from tests.training.generation.author import write
from training.__main__ import main
from training.generation.plan import make_plan
from training.generation.prompts import build_question
from training.generation.recipe import GenerationRecipe, load_generation_recipe

CHANGES = {
    "messages_per_stratum = 129": "messages_per_stratum = 4",
    "messages_per_stratum = 17": "messages_per_stratum = 4",
    "messages_per_request = 10": "messages_per_request = 2",
    "messages_per_request = 17": "messages_per_request = 2",
    "max_output_tokens = 4000": "max_output_tokens = 500",
    "first_wait_seconds = 1": "first_wait_seconds = 0.01",
}
BATCHES, MESSAGES = 14, 28


class Generating:
    """`python -m training generate`: four messages for every intent of one practice, two a request."""

    def __init__(self, folder: Path, standin: LlmStandIn) -> None:
        self.standin = standin
        self.config = folder / "generation.toml"
        self.output = folder / "generated"
        self.config.write_text((RECIPES / "generation.toml").read_text(encoding="utf-8"), encoding="utf-8")
        for old, new in CHANGES.items():
            self.change(old, new)
        text = self.config.read_text(encoding="utf-8")
        self.config.write_text(re.sub(r"practices = \[[^]]*\]", 'practices = ["dental"]', text), encoding="utf-8")

    def batch_of(self, asked: Asked) -> str:
        """The batch that a request is for."""
        recipe = load_generation_recipe(self.config)
        names = {build_question(batch, "training", 500).user: batch.name for batch in make_plan(recipe, "training")}
        return names[asked.user]

    def change(self, old: str, new: str) -> None:
        """Change the recipe."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def arguments(self, purpose: str = "training", *options: str) -> list[str]:
        """What the command is called with."""
        return ["generate", purpose, "--config", str(self.config), "--output", str(self.output), *options]

    def __call__(self, purpose: str = "training", *options: str) -> Result:
        return CliRunner().invoke(main, self.arguments(purpose, *options), env=self.standin.environment)


@pytest.fixture
def standin() -> Iterator[LlmStandIn]:
    with LlmStandIn(write) as running:
        yield running
        assert running.refusals == []


@pytest.fixture
def generating(tmp_path: Path, standin: LlmStandIn) -> Generating:
    return Generating(tmp_path, standin)


@pytest.fixture(scope="session")
def recipe() -> GenerationRecipe:
    return load_generation_recipe(RECIPES / "generation.toml")
