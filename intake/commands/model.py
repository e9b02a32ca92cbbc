"""The installed model."""

from __future__ import annotations

from pathlib import Path

import click

from intake.commands.classify import load_classifier, model_dir
from intake.commands.run import data_dir_option
from intake.errors import IntakeError

_PATH = click.Path(path_type=Path)


@click.group()
def model() -> None:
    """Inspect the intent model (MODEL_DIR, else the one shipped)."""


@model.command()
def info() -> None:
    """Show which model is installed."""
    details = load_classifier().info
    size = sum(details.file_sizes.values()) / 1e6
    for name, value in (
        ("name", details.name),
        ("version", details.version),
        ("created", details.created),
        ("folder", details.path),
        ("size", f"{size:.1f} MB"),
        ("base model", details.base_model),
        ("intents", ", ".join(details.labels)),
        (
            "reads at once",
            f"{details.max_tokens} tokens; longer texts in windows that share {details.window_overlap}",
        ),
        ("temperature", f"{details.thresholds.temperature:.3f}"),
        ("review threshold", f"{details.review_threshold:.2f}"),
    ):
        click.echo(f"{name + ':':<18}{value}")


@model.command("check")
def check_model() -> None:
    """Verify the model's files, and that it still understands three known messages."""
    from classifier.check import check

    findings = check(model_dir())
    for finding in findings:
        click.echo(finding)
    if not all(finding.passed for finding in findings):
        raise IntakeError("the model did not pass: install it again, or set MODEL_DIR to another folder")


@model.command("import")
@click.argument("source", metavar="NAME_OR_PATH")
@click.option("--to", "target", type=_PATH, help="Where the model folder goes, instead of <data dir>/models/<version>.")
@click.option("--texts", type=_PATH, help="Messages, one a line, to compare with the original on.")
@data_dir_option
def import_command(source: str, target: Path | None, texts: Path | None, data_dir: Path) -> None:
    """Make a model folder of a Hugging Face checkpoint.

    NAME_OR_PATH is a sequence classifier with exactly the seven intents, in any order: a folder, or a name on the hub.
    Its weights become 8-bit integers; it is refused unless it then gives 98% of the messages the intent that the
    original gives them.
    """
    try:
        from training.corpus import CorpusError
        from training.importing import ImportRefusedError, import_model
    except ModuleNotFoundError as error:
        raise IntakeError(
            f"{error.name} is missing, and importing needs the training libraries: "
            "pip install 'practice-intake[training]'"
        ) from None
    try:
        folder = import_model(source, data_dir / "models", target=target, texts=texts, say=click.echo)
    except (ImportRefusedError, CorpusError) as error:
        raise IntakeError(str(error).rstrip(".")) from None
    click.echo(f"{folder} is ready: MODEL_DIR={folder} intake model check")
