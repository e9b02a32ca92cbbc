"""The held-back messages: what the screens are measured on, and nothing else.

They are for testing alone, as the cross-style test is: only `training.evaluation.evaluate` imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.understanding import INTENTS
from training.data.corpus import CorpusError, CorpusMessage, label_for_kind, parse_urgency, read_rows

_FOLDER = Path("held_back")
FILES = tuple(_FOLDER / f"{name}.tsv" for name in ("out_of_scope", "urgency", "in_scope"))
"""Where they lie in the corpus folder."""


def read_held_back(corpus: Path) -> list[CorpusMessage]:
    """Return the held-back messages, their slots not yet filled.

    Those of no intent have a `kind`, those of the urgency file an `urgent`, and those with an intent a `label`
    out of `INTENTS`; nothing more is known of any.

    Raises:
        CorpusError: A line has other columns than `corpus/README.md` says.
    """
    out_of_scope, urgency, in_scope = (corpus / file for file in FILES)
    return [*_out_of_scope(out_of_scope), *_urgency(urgency), *_in_scope(in_scope)]


def _out_of_scope(path: Path) -> Iterator[CorpusMessage]:
    for _, (channel, kind, text) in read_rows(path, 3):
        yield CorpusMessage(text, label_for_kind(kind), "", channel, "held_back", kind=kind)


def _urgency(path: Path) -> Iterator[CorpusMessage]:
    for number, (urgent, practice, channel, text) in read_rows(path):
        yield CorpusMessage(text, None, practice, channel, "held_back", urgent=parse_urgency(urgent, path, number))


def _in_scope(path: Path) -> Iterator[CorpusMessage]:
    for number, (intent, practice, channel, text) in read_rows(path):
        if intent not in INTENTS:
            raise CorpusError(f"{path}:{number} has the unknown intent {intent!r}")
        yield CorpusMessage(text, intent, practice, channel, "held_back")
