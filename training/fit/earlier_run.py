"""Find the weights of a run that another one builds on."""

from __future__ import annotations

from pathlib import Path

from training.recipe import Recipe, load_recipe
from training.run_folder import RunFolder, open_run, require_step


def open_earlier_run(file: Path, runs: Path) -> tuple[Recipe, RunFolder]:
    """Return a recipe and its finished run.

    Raises:
        RecipeError: The recipe cannot be used.
        RunError: It has not been trained yet, or a different version of it has been.
    """
    recipe = load_recipe(file)
    run = open_run(recipe, runs)
    require_step(run.best, f"fit --config {file}")
    return recipe, run


def earlier_weights(recipe: Recipe, config: Path, runs: Path) -> Path | None:
    """Return the folder of the weights that a recipe continues from; None if it starts from its base checkpoint.

    Args:
        recipe: The recipe.
        config: Its file; the earlier recipe is in the same folder.
        runs: The folder for run folders.

    Raises:
        RecipeError: The earlier recipe cannot be used.
        RunError: It has not been trained yet, or a different version of it has been.
    """
    return open_earlier_run(config.parent / recipe.continues, runs)[1].best if recipe.continues else None
