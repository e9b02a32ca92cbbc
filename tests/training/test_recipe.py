from __future__ import annotations

from pathlib import Path

import pytest

from training.recipe import RecipeError, load_recipe
from training.run_folder import RunError, open_run, require

COMPACT = Path(__file__).parents[2] / "training" / "recipes" / "compact.toml"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("epochs = 5", "epochs = 0", "optimisation.epochs: .*greater than 0"),
        ("epochs = 5", "epohcs = 5", "optimisation.epohcs: Extra inputs"),
        ("seed = 20260", "", "seed: Field required"),
        ('name = "compact"', 'name = "../compact"', "name: .*pattern"),
        ("[data]", "[data", "is not valid TOML"),
    ],
)
def test_what_is_wrong_in_a_recipe_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    text = COMPACT.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "recipe.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=complaint):
        load_recipe(path)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no recipe at .*none\.toml"):
        load_recipe(tmp_path / "none.toml")


def test_a_run_folder_takes_its_own_recipe_again_and_refuses_another(tmp_path: Path) -> None:
    recipe = load_recipe(COMPACT)
    assert open_run(recipe, tmp_path) == open_run(recipe, tmp_path)
    with pytest.raises(RunError, match="another version of the recipe; remove it to start anew"):
        open_run(recipe.model_copy(update={"seed": 1}), tmp_path)


def test_a_step_that_has_to_come_first_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run `python -m training train` first"):
        require(tmp_path / "best", "train")
