"""`intake calibrate`: estimate how well the model fits a practice's own messages."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.classify import load_classifier, model_store
from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.vocabulary import INTENTS

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.network.practice_fit import ThresholdOutcome

FEW_MESSAGES = 50
_BATCH = 64


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--most", type=click.IntRange(1), default=20, help="How many messages to suggest for labeling.")
@data_dir_option
def calibrate(file: Path, most: int, data_dir: Path) -> None:
    """Estimate how well the model fits the messages in FILE.

    FILE is a CSV file with a header, or one JSON object per line. Each message has a `text` and may have an `intent`.
    Nothing is stored or sent, and no message is printed: suggestions name lines.
    """
    from classifier.network import practice_fit

    messages = list(_messages(file))
    if not messages:
        raise IntakeError(f"{file} has no messages; expected one per line, each with a `text`")
    lines, texts, intents = (list(column) for column in zip(*messages, strict=True))
    model = load_classifier(model_store(data_dir))
    understood: list[Understanding] = []
    for start in range(0, len(texts), _BATCH):
        understood += model.classify(texts[start : start + _BATCH])
    labeled = sum(intent is not None for intent in intents)
    click.echo(f"{len(texts)} messages, {labeled} of them labeled; model {model.info.version}")
    if len(texts) < FEW_MESSAGES:
        click.echo(f"Fewer than {FEW_MESSAGES} messages say little: take these figures as a rough guide.")
    click.echo("\nthreshold    routed  expected right  measured right (labeled)")
    for point in practice_fit.operating_points(understood, intents):
        click.echo(_row(point))
    click.echo()
    for language, deciles in model.info.confidences.items():
        spoken = [found for found in understood if found.language == language]
        if spoken:
            drift = practice_fit.confidence_drift(spoken, deciles)
            verdict = (
                "unlike the messages that the model was calibrated on: label some before you rely on it"
                if drift.notable
                else "like the messages that the model was calibrated on"
            )
            click.echo(f"{language}: {len(spoken)} messages, {verdict} (distance {drift.distance:.2f})")
    others = sum(found.language not in model.info.confidences for found in understood)
    if others:
        click.echo(f"{others} messages in other languages go to a person")
    places = practice_fit.worth_labeling(understood, intents, most)
    if places:
        click.echo(f"\nLabel these first, the model is least sure of them: {_lines(lines, places)}")


def _row(point: ThresholdOutcome) -> str:
    name = "the model's" if point.threshold is None else f"{point.threshold:.2f}"
    expected = "-" if point.expected is None else f"{point.expected:.1%}"
    measured = "-" if point.measured is None else f"{point.measured:.1%} ({point.labeled})"
    return f"{name:<11}  {point.routed:>6.1%}  {expected:>14}  {measured:>14}"


def _lines(lines: Sequence[int], places: Sequence[int]) -> str:
    return "line " + ", ".join(str(lines[place]) for place in places)


def _messages(file: Path) -> Iterator[tuple[int, str, str | None]]:
    """Yield the line, text and intent of each message.

    Raises:
        IntakeError: The file cannot be read, or a line is not a message; the line is named and never quoted.
    """
    try:
        content = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise IntakeError(
            f"{file} cannot be read ({type(error).__name__}); expected a CSV or JSON lines file"
        ) from None
    reader = _json_lines(file, content) if content.lstrip().startswith("{") else _csv_lines(file, content)
    for line, row in reader:
        text, intent = row.get("text"), row.get("intent") or None
        if not isinstance(text, str):
            raise IntakeError(f"{file}, line {line} has no `text`; expected a message with a text")
        if intent is not None and intent not in INTENTS:
            raise IntakeError(f"{file}, line {line} has an unknown `intent`; expected one of {', '.join(INTENTS)}")
        yield line, text, intent


def _json_lines(file: Path, content: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines(), which also splits at marks inside a message, such as U+2028.
    for line, written in enumerate(content.split("\n"), start=1):
        if written.strip():
            try:
                row = json.loads(written)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise IntakeError(f"{file}, line {line} is not a JSON object; expected one per line")
            yield line, row


def _csv_lines(file: Path, content: str) -> Iterator[tuple[int, dict[str, Any]]]:
    csv.field_size_limit(len(content) + 1)
    reader = csv.reader(io.StringIO(content, newline=""))
    header = next(reader, [])
    if "text" not in header:
        raise IntakeError(f"{file} has no column `text`; expected a CSV file with a header, or JSON lines")
    first = reader.line_num + 1
    for row in reader:
        if row:
            yield first, dict(zip(header, row, strict=False))
        first = reader.line_num + 1
