"""`intake redact`: replace what identifies a person in texts, without a server."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from app.commands.json_lines import read_objects
from intake.errors import IntakeError

if TYPE_CHECKING:
    from classifier.entities.recognizer import Recognizer


@click.command()
@click.argument("texts", nargs=-1, metavar="TEXT...")
@click.option(
    "--jsonl", is_flag=True, help="Read one JSON object with a `text` per line from stdin, and write it back."
)
def redact(texts: tuple[str, ...], jsonl: bool) -> None:
    """Print each TEXT with names, numbers, and dates replaced.

    A value is replaced with its kind, as in "call [NAME] at [PHONE]". Nothing finds every name: a person must read what
    leaves the practice. With --jsonl, only the `text` of each object is replaced, so leave out other keys with patient
    data. Stores and sends nothing; needs no server.
    """
    if jsonl == bool(texts):
        raise click.UsageError("Give texts to redact, or --jsonl to read them from stdin.")
    recognizer = load_recognizer()
    if not jsonl:
        for text in texts:
            click.echo(_redacted(text, recognizer))
        return
    for item in read_objects(sys.stdin.buffer):
        click.echo(json.dumps(item | {"text": _redacted(item["text"], recognizer)}))


def load_recognizer() -> Recognizer:
    """Load what finds entities.

    Raises:
        IntakeError: the entity model's folder is not whole.
    """
    from classifier.entities.recognizer import Recognizer
    from classifier.errors import ModelError

    try:
        return Recognizer.load()
    except ModelError as error:
        raise IntakeError(str(error).rstrip(".")) from None


def _redacted(text: str, recognizer: Recognizer) -> str:
    from classifier.redaction import redact as redact_text
    from classifier.text.normalise import well_formed

    return well_formed(redact_text(text, recognizer.find(text)))
