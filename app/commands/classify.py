"""`intake classify`: understand texts without a server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from app.commands.json_lines import read_objects
from app.commands.redact import load_recognizer
from app.commands.run import data_dir_option
from app.garbage import without_collection
from intake.errors import IntakeError
from intake.service_files import model_places

if TYPE_CHECKING:
    from classifier import Classifier, Understanding
    from classifier.entities.recognizer import Recognizer
    from classifier.network.store import ModelStore

BATCH = 64


@click.command()
@click.argument("texts", nargs=-1, metavar="TEXT...")
@click.option(
    "--jsonl",
    is_flag=True,
    help="Read one JSON object with a `text` per line from stdin, and write it back with the result.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per text.")
@data_dir_option
def classify(texts: tuple[str, ...], jsonl: bool, as_json: bool, data_dir: Path) -> None:
    """Classify each TEXT and show how confident the model is.

    Stores and sends nothing; needs no server.
    """
    if jsonl == bool(texts):
        raise click.UsageError("Give texts to classify, or --jsonl to read them from stdin.")
    model = load_classifier(model_store(data_dir))
    if jsonl:
        _classify_lines(model, sys.stdin.buffer, sys.stdout)
        return
    understandings = model.classify(texts)
    if not as_json:
        click.echo("\n".join(map(_line, understandings)))
        return
    recognizer = load_recognizer()
    for text, understanding in zip(texts, understandings, strict=True):
        click.echo(json.dumps({"text": text} | describe(understanding) | describe_facts(text, recognizer)))


def model_store(data_dir: Path) -> ModelStore:
    """Return the service's models; the settings that only a server needs may be missing."""
    from classifier.network.store import ModelStore

    places = model_places(data_dir)
    return ModelStore(places.store, places.pinned)


def load_classifier(store: ModelStore) -> Classifier:
    """Load the model in use.

    Raises:
        IntakeError: the model's folder is not whole.
    """
    with without_collection():
        from classifier import Classifier, ModelError

        try:
            return Classifier.load(store.active_folder())
        except ModelError as error:
            raise IntakeError(str(error).rstrip(".")) from None


def describe(understanding: Understanding) -> dict[str, Any]:
    """Return what other programs read of an understanding."""
    return {
        "intent": understanding.intent,
        "confidence": round(understanding.confidence, 4),
        "probabilities": {intent: round(p, 4) for intent, p in understanding.probabilities.items()},
        "needs_review": understanding.needs_review,
        "disposition": understanding.disposition,
        "language": understanding.language,
        "triage": understanding.triage,
        "urgent": understanding.urgent,
        "danger": understanding.danger,
        "also": [{"intent": other.intent, "confidence": round(other.confidence, 4)} for other in understanding.also],
    }


def describe_facts(text: str, recognizer: Recognizer) -> dict[str, Any]:
    """Return what other programs read of the entities and the insurance facts in a text."""
    from classifier.insurance import assemble_record

    entities = recognizer.find(text)
    return {
        "entities": [
            {"start": e.start, "end": e.end, "kind": str(e.kind), "text": text[e.start : e.end]} for e in entities
        ],
        "insurance": assemble_record(text, entities).values(),
    }


def _line(understanding: Understanding) -> str:
    remarks: list[str] = [understanding.disposition] if understanding.disposition != "route" else []
    remarks += [understanding.triage] if understanding.triage != "routine" else []
    remarks += [understanding.danger] if understanding.danger not in (None, "other") else []
    remarks += [understanding.language] if understanding.language != "en" else []
    remarks += [f"also {other.intent}" for other in understanding.also]
    suffix = f"  ({', '.join(remarks)})" if remarks else ""
    return f"{understanding.intent}  {understanding.confidence:.2f}{suffix}"


def _classify_lines(model: Classifier, source: BinaryIO, target: TextIO) -> None:
    recognizer = load_recognizer()
    for batch in _batches(read_objects(source)):
        understandings = model.classify([item["text"] for item in batch])
        for item, understanding in zip(batch, understandings, strict=True):
            target.write(json.dumps(item | describe(understanding) | describe_facts(item["text"], recognizer)) + "\n")
    target.flush()


def _batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
