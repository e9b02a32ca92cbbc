"""Training and exporting a model on the corpus and reviews together; an interrupted one goes on where it stopped."""

from __future__ import annotations

import hashlib
from pathlib import Path

from training.data.splitting import Split
from training.recipe import Recipe
from training.refresh.mixing import Mixture
from training.run_folder import RunFolder, open_run


def fit_candidate(recipe: Recipe, config: Path, mixture: Mixture, runs: Path) -> RunFolder:
    """Train by a recipe and export what came of it.

    The run is named after what it was trained on, so that the same reviews go on with the same run and others begin one
    of their own. No text gets into it.

    Args:
        recipe: What to do.
        config: The recipe's file, beside which its teacher's is.
        mixture: The corpus and the reviews.
        runs: Where runs keep their checkpoints.

    Returns:
        The run, with its model folder.

    Raises:
        RecipeError: The base checkpoint cannot be had, or does not fit the recipe.
        RunError: The recipe has a teacher that is not trained yet.
    """
    from training.export.export_model import export_model
    from training.fit.teacher import teacher_logits
    from training.fit.train import train_model

    name = f"{recipe.name}-refresh-{_fingerprint(mixture.split)}"
    run = open_run(recipe.model_copy(update={"name": name}), runs)
    if not run.best.exists():
        train_model(recipe, mixture.split, run, teacher_logits(recipe, config, mixture.split.train, runs))
    if not run.model.exists():
        export_model(recipe, mixture.split.validation, run)
    return run


def _fingerprint(split: Split) -> str:
    lines = "\n".join(f"{message.label}\t{message.urgent}\t{message.text}" for message in split.train)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]
