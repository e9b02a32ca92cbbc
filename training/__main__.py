"""`python -m training`: train, export and evaluate the intent model.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from classifier import ModelError
from intake.errors import IntakeError
from training.benchmark.command import benchmark
from training.data.corpus import CORPUS
from training.data.splitting import Split, read_split, validation_intents
from training.generation.command import generate
from training.llm.chat import UnavailableError
from training.recipe import Recipe, load_recipe
from training.refresh.command import refresh
from training.run_folder import RUNS, RunFolder, open_run, require_step

_HERE = Path(__file__).parent
_PATH = click.Path(path_type=Path)
_RECIPE = _HERE / "recipes" / "accurate.toml"
_OUTPUT = _HERE.parent / "classifier" / "models" / "intent"
_REPORTS = _HERE / "reports"
_Step = Callable[..., None]

_OPTIONS: tuple[Callable[[_Step], _Step], ...] = (
    click.option("--config", type=_PATH, default=_RECIPE, help="The recipe, a TOML file."),
    click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages."),
    click.option("--runs", type=_PATH, default=RUNS, help="The folder for run folders with checkpoints."),
)
_MEASURING = (
    click.option("--output", type=_PATH, default=_OUTPUT, help="The served model folder, replaced after evaluation."),
    click.option(
        "--reports", type=_PATH, default=_REPORTS, help="The folder for evaluation reports, one subfolder per model."
    ),
    click.option("--validation-only", is_flag=True, help="Do not use the cross-style test or the held-back messages."),
)


class _Run:
    """One invocation: the recipe, the split corpus and the run folder."""

    def __init__(self, config: Path, corpus: Path, runs: Path) -> None:
        self.recipe: Recipe = load_recipe(config)
        self.split: Split = read_split(self.recipe, corpus)
        validation_intents(self.split, corpus)
        self.folder: RunFolder = open_run(self.recipe, runs)
        self.config = config
        self.corpus = corpus
        self.runs = runs

    def fit(self) -> None:
        from training.fit.teacher import teacher_logits
        from training.fit.train import train_model

        self._fit_teacher()
        teacher = teacher_logits(self.recipe, self.config, self.split.train, self.runs)
        train_model(self.recipe, self.split, self.folder, teacher)

    def _fit_teacher(self) -> None:
        if self.recipe.distillation is None:
            return
        teacher = _Run(self.config.parent / self.recipe.distillation.teacher, self.corpus, self.runs)
        if not teacher.folder.best.exists():
            teacher.fit()

    def export(self) -> None:
        from training.export.export_model import export_model

        require_step(self.folder.best, "fit")
        export_model(self.recipe, self.split.validation, self.folder)

    def evaluate(self, output: Path, reports: Path, validation_only: bool) -> None:
        from training.evaluation.card import write_card
        from training.evaluation.evaluate import evaluate_model, read_unseen, time_validation
        from training.evaluation.plots import TITLES
        from training.evaluation.report import write_report
        from training.export.model_folder import (
            EVALUATION,
            MANIFEST,
            drop_evaluation,
            publish_model,
            read_version,
            write_json,
            write_manifest,
        )

        model = require_step(self.folder.model / MANIFEST, "export").parent
        drop_evaluation(model)
        command = f"python -m training {click.get_current_context().info_name} (recipe {self.recipe.name})"
        unseen = None if validation_only else read_unseen(self.corpus, self.folder, command)
        evaluation = evaluate_model(self.recipe, self.split, self.folder, unseen)
        report = reports / read_version(model)
        write_report(evaluation, time_validation(self.split, self.folder), report)
        write_json(model / EVALUATION, evaluation)
        write_card(model)
        write_manifest(model)
        publish_model(model, output)
        for part in TITLES:
            if part in evaluation:
                scores = evaluation[part]["int8"]
                click.echo(f"{part}: accuracy {scores['accuracy']}, macro_f1 {scores['macro_f1']}")
        click.echo(f"report: {report / 'report.md'}")


class _Commands(click.Group):
    """A group whose commands report bad input as one sentence and exit with status 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UnavailableError as error:
            raise click.ClickException(f"{error}; the answers so far are saved, run this again to continue") from error
        except (IntakeError, ModelError) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Commands)
def main() -> None:
    """Train, evaluate and maintain the intent model."""


def _command(*more: Callable[[_Step], _Step]) -> Callable[[_Step], click.Command]:
    """Turn a step into a command: all steps share the same options, and some take more."""

    def command_of(step: _Step) -> click.Command:
        def command(config: Path, corpus: Path, runs: Path, **options: Any) -> None:
            step(_Run(config, corpus, runs), **options)

        for option in (*more, *reversed(_OPTIONS)):
            command = option(command)
        return main.command(step.__name__, help=step.__doc__)(command)

    return command_of


@_command(*_MEASURING)
def train(run: _Run, output: Path, reports: Path, validation_only: bool) -> None:
    """Fit, export, evaluate and publish the model. Resumes from the last checkpoint."""
    run.fit()
    run.export()
    run.evaluate(output, reports, validation_only)


@_command()
def fit(run: _Run) -> None:
    """Fit the weights only. Resumes from the last checkpoint."""
    run.fit()


@_command()
def export(run: _Run) -> None:
    """Export and calibrate the best checkpoint of a finished fit."""
    run.export()


@_command(*_MEASURING)
def evaluate(run: _Run, output: Path, reports: Path, validation_only: bool) -> None:
    """Evaluate the exported model, write its report and card, then publish the model with its card."""
    run.evaluate(output, reports, validation_only)


@_command(click.option("--to", "target", type=_PATH, default=RUNS / "package", help="The folder to write."))
def package(run: _Run, target: Path) -> None:
    """Write a folder that transformers and Optimum load, ready for the Hugging Face hub."""
    from training.export.model_folder import EVALUATION
    from training.export.packaging import package_model

    require_step(run.folder.model / EVALUATION, "evaluate")
    package_model(run.recipe, run.folder, target)
    click.echo(f"package: {target}")


@main.command()
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
@click.option("--report", type=_PATH, default=_REPORTS / "questions.md", help="The report to write.")
def questions(corpus: Path, report: Path) -> None:
    """Measure how the common questions are found, and write the report."""
    from training.evaluation.questions import measure_questions

    for name, found in measure_questions(corpus, report).items():
        click.echo(f"{name}: {found.right} of {found.asked} answered right, {found.all_wrong} wrong")
    click.echo(f"report: {report}")


@main.command()
@click.option("--output", type=_PATH, default=_OUTPUT.parent / "sentences", help="The encoder's folder, replaced.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
def sentences(output: Path, corpus: Path) -> None:
    """Export and calibrate the sentence encoder that finds common questions."""
    from training.export.sentence_encoder import export_sentence_encoder

    limits = export_sentence_encoder(output, corpus)
    click.echo(f"{output}: similarity {limits.similarity}, margin {limits.margin}")


main.add_command(generate)
main.add_command(benchmark)
main.add_command(refresh)


if __name__ == "__main__":
    main(prog_name="python -m training")
