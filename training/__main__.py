"""`python -m training`: train the intent model, export it, evaluate it.

The libraries behind the steps take seconds to import, so each step imports what it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from classifier.understanding import INTENTS
from training.corpus import CORPUS, CorpusError, Split, read_corpus, split_corpus
from training.recipe import Recipe, RecipeError, load_recipe
from training.run_folder import RUNS, RunError, RunFolder, open_run, require

_HERE = Path(__file__).parent
_PATH = click.Path(path_type=Path)
_RECIPE = _HERE / "recipes" / "compact.toml"
_OUTPUT = _HERE.parent / "classifier" / "models" / "intent"


class _Run:
    """One invocation: the recipe, the split corpus, the run folder and where the model goes."""

    def __init__(self, config: Path, corpus: Path, runs: Path, output: Path) -> None:
        self.recipe: Recipe = load_recipe(config)
        messages = read_corpus(corpus)
        if not self.recipe.data.screens:
            messages = [message for message in messages if message.label in INTENTS]
        self.split: Split = split_corpus(messages, self.recipe.data.validation_fraction, self.recipe.seed)
        self.folder: RunFolder = open_run(self.recipe, runs)
        self.config = config
        self.corpus = corpus
        self.runs = runs
        self.output = output

    def fit(self) -> None:
        from training.train import train

        train(self.recipe, self.split, self.folder, self._taught())

    def _taught(self) -> NDArray[np.float32] | None:
        """Return what the recipe's teacher says about the training messages; it is trained first if need be."""
        distillation = self.recipe.distillation
        if distillation is None:
            return None
        from training.teacher import teach

        teacher = _Run(self.config.parent / distillation.teacher, self.corpus, self.runs, self.output)
        if not teacher.folder.best.exists():
            teacher.fit()
        return teach(teacher.recipe, teacher.folder, self.split.train, distillation.readings)

    def export(self) -> None:
        from training.export import export, publish

        require(self.folder.best, "fit")
        export(self.recipe, self.split.validation, self.folder)
        publish(self.folder.model, self.output)

    def evaluate(self) -> None:
        from training.card import write_card
        from training.evaluate import evaluate
        from training.export import publish, write_json, write_manifest

        model = require(self.folder.model, "export")
        evaluation = evaluate(self.recipe, self.split, self.folder, self.corpus / "test" / "crossstyle.jsonl")
        write_json(model / "evaluation.json", evaluation)
        write_card(model)
        write_manifest(model)
        publish(model, self.output)
        for part in ("validation", "cross_style"):
            click.echo(f"{part}: " + ", ".join(f"{k} {v}" for k, v in evaluation[part]["int8"].items()))


@click.group()
def main() -> None:
    """Make the intent model that the classifier serves."""


def _command(step: Callable[[_Run], None]) -> click.Command:
    """Make a command of a step: every step takes the same options and reports its errors alike."""

    @main.command(step.__name__, help=step.__doc__)
    @click.option("--config", type=_PATH, default=_RECIPE, help="The recipe, a TOML file.")
    @click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
    @click.option("--runs", type=_PATH, default=RUNS, help="Where runs keep their checkpoints.")
    @click.option("--output", type=_PATH, default=_OUTPUT, help="Where the finished model folder goes.")
    def command(config: Path, corpus: Path, runs: Path, output: Path) -> None:
        try:
            step(_Run(config, corpus, runs, output))
        except (RecipeError, CorpusError, RunError) as error:
            raise click.ClickException(str(error)) from error

    return command


@_command
def train(run: _Run) -> None:
    """Fit, export, evaluate and write the model folder; goes on from the last checkpoint."""
    run.fit()
    run.export()
    run.evaluate()


@_command
def fit(run: _Run) -> None:
    """Learn the weights and nothing more; goes on from the last checkpoint."""
    run.fit()


@_command
def export(run: _Run) -> None:
    """Export and calibrate the best checkpoint of a finished training."""
    run.export()


@_command
def evaluate(run: _Run) -> None:
    """Measure the exported model, and write its evaluation and its card."""
    run.evaluate()


if __name__ == "__main__":
    main(prog_name="python -m training")
