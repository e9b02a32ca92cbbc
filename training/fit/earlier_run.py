"""Find the weights of a run that another one builds on."""

from __future__ import annotations

import json
from pathlib import Path

from training.recipe import Recipe, holding_out, load_recipe
from training.run_folder import RunError, RunFolder, is_finished, open_run, require_step


def open_earlier_run(file: Path, later: Recipe, runs: Path) -> tuple[Recipe, RunFolder]:
    """Return a recipe and its finished run, which has seen nothing of the writers that a later run is validated on.

    Args:
        file: The recipe's file.
        later: The recipe that builds on it.
        runs: The folder for run folders.

    Raises:
        RecipeError: The recipe cannot be used.
        RunError: It has not been trained yet, a different version of it has been, or it was trained on such messages.
    """
    recipe = load_recipe(file)
    if not is_finished(recipe, runs):
        recipe = holding_out(recipe, later.data.validation_writers)
    run = open_run(recipe, runs)
    require_step(run.best, f"fit --config {file}")
    seen = set(json.loads(run.writers.read_text(encoding="utf-8"))) if run.writers.exists() else set()
    if spoiled := sorted(seen.intersection(later.data.validation_writers)):
        raise RunError(
            f"{run.path} was trained on messages of {', '.join(spoiled)}, whom {later.name} is validated on: remove it"
            " to train it without them"
        )
    return recipe, run


def earlier_weights(recipe: Recipe, config: Path, runs: Path) -> Path | None:
    """Return the folder of the weights that a recipe continues from; None if it starts from its base checkpoint.

    Args:
        recipe: The recipe.
        config: Its file; the earlier recipe is in the same folder.
        runs: The folder for run folders.

    Raises:
        RecipeError: The earlier recipe cannot be used.
        RunError: As `open_earlier_run` does.
    """
    return open_earlier_run(config.parent / recipe.continues, recipe, runs)[1].best if recipe.continues else None
