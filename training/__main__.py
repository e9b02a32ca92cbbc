"""`python -m training`: train, export and evaluate the models.

Each step imports its own libraries, because some take seconds to import.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from classifier import ModelError
from classifier.folders import MODELS
from intake.errors import IntakeError
from training.benchmark.command import benchmark
from training.data.corpus import CORPUS
from training.generation.command import generate
from training.llm.chat import UnavailableError
from training.pipelines.intents import IntentRun
from training.recipe import is_entity_recipe
from training.refresh.command import refresh
from training.run_folder import RUNS, require_step

if TYPE_CHECKING:
    from training.pipelines.entities import EntityRun

_HERE = Path(__file__).parent
_PATH = click.Path(path_type=Path)
_RECIPE = _HERE / "recipes" / "accurate-twelfth.toml"
_REPORTS = _HERE / "reports"
_Step = Callable[..., None]

_OPTIONS: tuple[Callable[[_Step], _Step], ...] = (
    click.option("--config", type=_PATH, default=_RECIPE, help="The recipe, a TOML file."),
    click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages."),
    click.option("--runs", type=_PATH, default=RUNS, help="The folder for run folders with checkpoints."),
)
_MEASURING = (
    click.option(
        "--output",
        type=_PATH,
        help="The folder to publish the model in, replaced after evaluation; default: it stays in its run folder.",
    ),
    click.option("--ship", is_flag=True, help="Publish it as the model that ships with the program."),
    click.option(
        "--reports", type=_PATH, default=_REPORTS, help="The folder for evaluation reports, one subfolder per model."
    ),
    click.option("--validation-only", is_flag=True, help="Do not use the cross-style test or the held-back messages."),
)


AnyRun: TypeAlias = "IntentRun | EntityRun"


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


def _open_run(config: Path, corpus: Path, runs: Path) -> AnyRun:
    if is_entity_recipe(config):
        from training.pipelines.entities import EntityRun

        return EntityRun(config, corpus, runs)
    return IntentRun(config, corpus, runs)


def _command(*more: Callable[[_Step], _Step]) -> Callable[[_Step], click.Command]:
    """Turn a step into a command: all steps share the same options, and some take more."""

    def command_of(step: _Step) -> click.Command:
        def command(config: Path, corpus: Path, runs: Path, **options: Any) -> None:
            step(_open_run(config, corpus, runs), **options)

        for option in (*more, *reversed(_OPTIONS)):
            command = option(command)
        return main.command(step.__name__, help=step.__doc__)(command)

    return command_of


@_command(*_MEASURING)
def train(run: AnyRun, output: Path | None, ship: bool, reports: Path, validation_only: bool) -> None:
    """Fit, export and evaluate the model, and publish it where you say. Resumes from the last checkpoint."""
    place = _place(run, output, ship)
    run.fit()
    run.export()
    run.evaluate(place, reports, validation_only)


@_command()
def fit(run: AnyRun) -> None:
    """Fit the weights only. Resumes from the last checkpoint."""
    run.fit()


@_command()
def export(run: AnyRun) -> None:
    """Export and calibrate the best checkpoint of a finished fit."""
    run.export()


@_command(*_MEASURING)
def evaluate(run: AnyRun, output: Path | None, ship: bool, reports: Path, validation_only: bool) -> None:
    """Evaluate the exported model, write its report and card, then publish the model where you say."""
    run.evaluate(_place(run, output, ship), reports, validation_only)


def _place(run: AnyRun, output: Path | None, ship: bool) -> Path | None:
    """Return where to publish the model, None for nowhere."""
    if ship and output is not None:
        raise click.UsageError("--ship and --output name two places: give one of them")
    return run.output if ship else output


@_command(click.option("--to", "target", type=_PATH, default=RUNS / "package", help="The folder to write."))
def package(run: AnyRun, target: Path) -> None:
    """Write a folder that transformers and Optimum load, ready for the Hugging Face hub. Of the intent model only."""
    from training.export.model_folder import EVALUATION
    from training.export.packaging import package_model

    if not isinstance(run, IntentRun):
        raise click.UsageError("the entity model has no package: give the recipe of an intent model")
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
@click.option("--output", type=_PATH, default=MODELS / "sentences", help="The encoder's folder, replaced.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
def sentences(output: Path, corpus: Path) -> None:
    """Export and calibrate the sentence encoder that finds common questions."""
    from training.export.sentence_encoder import export_sentence_encoder

    limits = export_sentence_encoder(output, corpus)
    click.echo(f"{output}: probability {limits.topic}, similarity {limits.similarity}, margin {limits.margin}")


@main.command()
@click.option("--output", type=_PATH, default=MODELS / "contact", help="The model's folder, replaced.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
@click.option("--report", type=_PATH, default=_REPORTS / "contact.md", help="The report to write.")
def contact(output: Path, corpus: Path, report: Path) -> None:
    """Fit and calibrate what hears who shares the phone that they write from, and write the report."""
    from training.evaluation.contact import write_contact_report
    from training.export.contact_words import export_contact_words

    scores = export_contact_words(output, corpus)
    write_contact_report(scores, report)
    click.echo(f"{output}: probability {scores.choose_least()}\nreport: {report}")


@main.command()
@click.option("--output", type=_PATH, default=MODELS / "danger", help="The model's folder, replaced.")
@click.option("--config", type=_PATH, default=_RECIPE, help="The recipe of the served intent model.")
@click.option("--corpus", type=_PATH, default=CORPUS, help="The folder with the training messages.")
@click.option("--report", type=_PATH, default=_REPORTS / "danger.md", help="The report to write.")
def danger(output: Path, config: Path, corpus: Path, report: Path) -> None:
    """Fit and calibrate what doubts weak alarms by the words of a message, and write the report."""
    from training.evaluation.danger import write_danger_report
    from training.export.danger_words import export_danger_words
    from training.recipe import load_recipe

    words, doubted = export_danger_words(output, load_recipe(config), corpus)
    write_danger_report(words, doubted, corpus, report)
    click.echo(f"{output}: probability {words.harmless}\nreport: {report}")


main.add_command(generate)
main.add_command(benchmark)
main.add_command(refresh)


if __name__ == "__main__":
    main(prog_name="python -m training")
