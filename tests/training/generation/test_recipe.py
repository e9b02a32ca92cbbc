from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.conftest import RECIPES
from training.generation.recipe import GenerationRecipe, load_generation_recipe
from training.recipe import RecipeError


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("polished = 0.4", "polished = 0.5", "mix: .*sum to 1"),
        ("near_boundary = 0.25", "near_boundary = 1.25", "mix.near_boundary: .*less than 1"),
        ("concurrency = 8", "concurrency = 0", "training.concurrency: .*greater than 0"),
        ('provider = "openai"', 'provider = "other"', "training.provider: .*'openai' or 'anthropic'"),
        ('model = "claude-sonnet-5-5"', 'model = "claude"\ntemperature = 1.0', "test: .*accepts no temperature"),
        ("similarity = 0.85", "similarty = 0.85", "similarity: Field required; similarty: Extra inputs"),
        ('"dental"', '"veterinary"', "practices.2: .*'veterinary' is not one of chiropractic, "),
        ("[mix]", "[mix", "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = (RECIPES / "generation.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "generation.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        load_generation_recipe(path)


def test_the_recipe_follows_the_published_one(recipe: GenerationRecipe) -> None:
    assert (recipe.training.provider, recipe.training.temperature) == ("openai", 1.0)
    assert recipe.test.provider == "anthropic"
    mix = recipe.mix
    assert (mix.polished, mix.casual, mix.messy, mix.near_boundary) == (0.4, 0.4, 0.2, 0.25)
