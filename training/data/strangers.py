"""The messages by strangers: held back, by writers who have seen none of the corpus.

Like the cross-style test, they are used only for testing: only `training.evaluation.evaluate` imports this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from classifier.outputs import INTENTS, LABELS
from intake.vocabulary import TriageLevel
from training.data.corpus import CorpusError, CorpusMessage, check_label, parse_danger, parse_level, read_rows

_FOLDER = Path("held_back") / "strangers"
SETS = ("triage", "letters", "scope", "spanish", "two_intents", "everyday")
"""The names of the sets, in the order of reports."""
FILES = tuple(_FOLDER / f"{name}.tsv" for name in SETS)
"""Their paths in the corpus folder."""


def read_strangers(corpus: Path) -> dict[str, list[CorpusMessage]]:
    """Read the sets by name, their slots already filled.

    Raises:
        CorpusError: A file cannot be read, or a line does not have the columns that its folder's README describes.
    """
    readers = (_triaged, _triaged, _scoped, _spanish, _double, _everyday)
    return {name: list(reader(corpus / file)) for name, file, reader in zip(SETS, FILES, readers, strict=True)}


def _triaged(path: Path) -> Iterator[CorpusMessage]:
    for number, (level, kind, label, channel, text) in read_rows(path, 5):
        found = parse_level(level, path, number)
        danger = parse_danger(kind, path, number) if found is TriageLevel.EMERGENCY else None
        yield _message(path, number, label, channel, text, level=found, danger=danger)


def _scoped(path: Path) -> Iterator[CorpusMessage]:
    for number, (label, _practice, channel, text) in read_rows(path, 4):
        yield _message(path, number, label, channel, text)


def _spanish(path: Path) -> Iterator[CorpusMessage]:
    for number, (level, label, _practice, channel, text) in read_rows(path, 5):
        yield _message(path, number, label, channel, text, level=parse_level(level, path, number), language="es")


def _double(path: Path) -> Iterator[CorpusMessage]:
    for number, (label, second, channel, text) in read_rows(path, 4):
        check_label(second, path, number, (*INTENTS, "-"))
        yield _message(path, number, label, channel, text, also=None if second == "-" else second)


def _everyday(path: Path) -> Iterator[CorpusMessage]:
    for number, (language, label, _practice, channel, text) in read_rows(path, 5):
        if language not in ("en", "es"):
            raise CorpusError(f"{path}:{number} has the language {language!r}, expected en or es")
        yield _message(path, number, label, channel, text, level=TriageLevel.ROUTINE, language=language)


def _message(path: Path, number: int, label: str, channel: str, text: str, **known: object) -> CorpusMessage:
    label, _, kind = label.partition(":")
    check_label(label, path, number, LABELS)
    known.setdefault("language", "en")
    return CorpusMessage(
        text.replace("\\n", "\n"),
        label,
        "",
        channel,
        "strangers",
        kind=kind,
        writer=path.stem,
        **known,  # type: ignore[arg-type]
    )
