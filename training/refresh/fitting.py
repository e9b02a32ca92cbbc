"""Train and export a model on the corpus plus reviews; resume an interrupted run."""

from __future__ import annotations

import hashlib
from pathlib import Path

from classifier.folders import MODELS
from training.data.splitting import Split
from training.recipe import Recipe
from training.refresh.mixing import Mixture
from training.run_folder import RunFolder, open_run


def fit_candidate(recipe: Recipe, config: Path, mixture: Mixture, runs: Path) -> RunFolder:
    """Train a model according to a recipe and export it.

    The run's name is a hash of its training messages, so the same reviews resume the same run and different ones start
    a new run. Its files contain no text. A recipe that continues the one of the shipped model starts from that model.

    Args:
        recipe: The recipe.
        config: The recipe's file; the recipes that it builds on are in the same folder.
        mixture: The corpus and the reviews.
        runs: The folder for run folders.

    Returns:
        The run, with its model folder.

    Raises:
        RecipeError: The base checkpoint is missing or does not fit the recipe.
        RunError: What the recipe builds on, a teacher or the run that it continues, has not been trained yet.
    """
    from training.export.export_model import export_model
    from training.export.recover import recover_earlier
    from training.fit.earlier_run import earlier_weights
    from training.fit.teacher import teacher_logits
    from training.fit.train import train_model

    name = f"{recipe.name}-refresh-{_fingerprint(mixture.split)}"
    run = open_run(recipe.model_copy(update={"name": name}), runs)
    if not run.best.exists():
        teacher = teacher_logits(recipe, config, mixture.split.train, runs)
        recover_earlier(recipe, config, runs, MODELS / "intent")
        train_model(recipe, mixture.split, run, teacher, earlier_weights(recipe, config, runs))
    if not run.model.exists():
        export_model(recipe, mixture.split.validation, run)
    return run


def _fingerprint(split: Split) -> str:
    lines = "\n".join(f"{message.label}\t{message.level}\t{message.text}" for message in split.train)
    return hashlib.sha256(lines.encode()).hexdigest()[:12]
