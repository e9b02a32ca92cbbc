"""Read the training corpus.

This module does not know the files of the test messages: only `training.data.cross_style` reads the cross-style test,
and only `training.data.held_back` and `training.data.strangers` the held-back messages.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from classifier.understanding import INTENTS, LABELS, Language
from intake.vocabulary import DangerKind, TriageLevel
from training.errors import TrainingError

CORPUS = Path(__file__).parents[1] / "corpus"
RECIPE_SOURCE = "intents"
"""`CorpusMessage.source` of the messages in `<practice>/<intent>.tsv`."""

WRITERS = Path("writers.toml")
LEVELS = Path("triage") / "levels.tsv"
KINDS = Path("triage") / "kinds.tsv"

TOPICS = ("contrast", "boundaries")
"""Families in `extra/` grouped by topic: seven consecutive lines about the same subject, one for each intent."""

_KINDS = {
    "acknowledgement": "acknowledgement", "gibberish": "out_of_scope", "job_applicant": "out_of_scope",
    "non_english": None, "personal": "out_of_scope", "prompt_injection": "out_of_scope",
    "small_talk": "out_of_scope", "spam": "out_of_scope", "spanish": None, "vendor": "out_of_scope",
    "wrong_number": "out_of_scope", "misdirected_business": "out_of_scope", "health_knowledge": "out_of_scope",
    "praise": "praise", "career_and_vendor": "out_of_scope", "spam_and_codes": "out_of_scope",
    "bot_talk": "out_of_scope", "fragments": "out_of_scope",
}  # fmt: skip
"""The label of each kind of message without an intent; None where only the language is known."""


class CorpusError(TrainingError):
    """A corpus file that does not follow `corpus/README.md`; the message names the file and line."""


@dataclass(frozen=True, slots=True)
class CorpusMessage:
    """One message, with slots such as `{full_name}` not yet filled, and everything known about it.

    Attributes:
        text: The message with its slots.
        label: One of `LABELS`; None if unlabeled.
        practice: The kind of practice it is written to, such as `dental`; empty if it fits any practice.
        channel: `sms`, `voicemail`, `chat`, `web_form` or `email`.
        source: `RECIPE_SOURCE`, or the family of its file, such as `contrast`.
        topic: Messages that share a topic share most of their words; a split keeps them together.
        kind: The kind of a message without an intent, such as `vendor`.
        level: How soon a person must see it; None if unknown.
        danger: The kind of danger of an emergency; None of any other message, or if unknown.
        language: `en`, `es` or `other`; None if unknown.
        also: A second intent that the message has; None if it has one only.
        writer: Who wrote it, a name from `corpus/writers.toml`.
        tone: The tone of the writer, such as `anxious`; known only for the intent files.
        age: The age of the writer, such as `senior`; known only for the intent files.
        may_ask_more: Whether it may have further intents, as nobody has looked for any but `label` and `also`.
    """

    text: str
    label: str | None
    practice: str
    channel: str
    source: str
    topic: str | None = None
    kind: str = ""
    level: TriageLevel | None = None
    danger: DangerKind | None = None
    language: Language | None = "en"
    also: str | None = None
    writer: str = ""
    tone: str = ""
    age: str = ""
    may_ask_more: bool = False

    @property
    def urgent(self) -> bool | None:
        """Whether a person must see it within minutes; None if unknown."""
        return None if self.level is None else self.level is TriageLevel.EMERGENCY

    @property
    def could_seem_urgent(self) -> bool:
        """Whether the message resembles an urgent one, on purpose or because it describes a symptom.

        False alarms are measured on these messages only: nobody would mistake any other message for urgent.
        """
        return self.label in (None, "clinical_concern") or self.source.startswith(("triage", "urgency"))


_Reader = Callable[[Path], Iterable[CorpusMessage]]
_Member = TypeVar("_Member", bound=StrEnum)


def read_corpus(folder: Path = CORPUS) -> list[CorpusMessage]:
    """Read all training files, in a fixed order.

    Raises:
        CorpusError: There are no files, or a line does not have the columns that `corpus/README.md` describes.
    """
    writers = read_writers(folder)
    messages = [
        (writer, message)
        for path, reader in _files(folder)
        for writer in [writers.get(path, "")]
        for message in reader(path)
    ]
    if not folder.is_dir():
        raise CorpusError(
            f"{folder} is not there: the training messages are not installed with the program; clone the repository,"
            " run pip install --editable '.[training]' in it, and run this there"
        )
    if not messages:
        raise CorpusError(f"{folder} has no <practice>/<intent>.tsv and no extra/*.tsv file: see corpus/README.md")
    levels, kinds, spanish = _levels(folder), _danger_kinds(folder), _spanish_texts(folder)
    return [_completed(message, writer, levels, kinds, spanish) for writer, message in messages]


def _files(folder: Path) -> Iterator[tuple[Path, _Reader]]:
    """Yield each training file that exists with the function that reads it."""
    places: tuple[tuple[str, _Reader], ...] = (
        *((f"*/{intent}.tsv", _read_intent_file) for intent in INTENTS),
        ("extra/*.tsv", _read_extra_file),
        ("out_of_scope.tsv", _read_scope_file),
        ("out_of_scope/*.tsv", _read_scope_file),
        ("urgency.tsv", _read_urgency_file),
        ("urgency/*.tsv", _read_urgency_file),
        ("spanish.tsv", _read_spanish_urgency),
        ("triage/triples_*.tsv", _read_triples),
        ("triage/crisis.tsv", _read_leveled),
        ("triage/symptoms.tsv", _read_leveled),
        ("spanish/*.tsv", _read_spanish_file),
        ("everyday/out_of_scope.tsv", _read_scope_file),
        ("everyday/established.tsv", _read_twins),
        ("everyday/complaints.tsv", _read_twins),
        ("everyday/talk_to_a_person.tsv", _read_requests),
        ("everyday/faq.tsv", _read_faq),
        ("writers/*.tsv", _read_leveled),
    )
    for pattern, reader in places:
        for path in sorted(folder.glob(pattern)):
            yield path, reader


def read_writers(folder: Path) -> dict[Path, str]:
    """Return the writer of each file that `writers.toml` lists; empty if a corpus has no such table.

    Raises:
        CorpusError: The table cannot be used, or gives a file to two writers.
    """
    path = folder / WRITERS
    if not path.exists():
        return {}
    try:
        table = tomllib.loads("\n".join(read_lines(path)))["writers"]
        patterns = [(writer, pattern) for writer, files in table.items() for pattern in files]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path} must have a table of writers with lists of files ({error})") from None
    found: dict[Path, str] = {}
    for writer, pattern in patterns:
        for file in folder.glob(pattern):
            if found.setdefault(file, writer) != writer:
                raise CorpusError(f"{path} gives {file.relative_to(folder)} to {found[file]} and to {writer}")
    return found


def read_rows(path: Path, columns: int = 4) -> Iterable[tuple[int, list[str]]]:
    """Yield the number and the columns of each line of a tab-separated file.

    Raises:
        CorpusError: The file cannot be read, or a line has the wrong number of columns.
    """
    for number, line in enumerate(read_lines(path), start=1):
        found = line.split("\t")
        if len(found) != columns:
            raise CorpusError(f"{path}:{number} has {len(found)} columns, expected {columns}: see corpus/README.md")
        yield number, found


def read_lines(path: Path) -> list[str]:
    """Read the lines of a corpus file, without line endings.

    Raises:
        CorpusError: The file is missing or is not UTF-8 text.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            return [line.rstrip("\n") for line in lines]
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"{path} cannot be read ({type(error).__name__}): expected UTF-8 text; restore the file"
        ) from error


def _read_intent_file(path: Path) -> Iterable[CorpusMessage]:
    for _, (channel, tone, age, text) in read_rows(path):
        level = _level_of_intent(path.stem)
        yield CorpusMessage(text, path.stem, path.parent.name, channel, RECIPE_SOURCE, level=level, tone=tone, age=age)


def _read_extra_file(path: Path) -> Iterable[CorpusMessage]:
    family = path.stem
    for number, (intent, practice, channel, text) in read_rows(path):
        check_label(intent, path, number, INTENTS)
        topic = f"{family}-{(number - 1) // len(INTENTS)}" if family in TOPICS else None
        yield CorpusMessage(text, intent, practice, channel, family, topic, level=_level_of_intent(intent))


def _level_of_intent(intent: str) -> TriageLevel | None:
    """Return `routine` for intents whose messages in these files are, and None for clinical concerns."""
    return None if intent == "clinical_concern" else TriageLevel.ROUTINE


def _read_scope_file(path: Path) -> Iterable[CorpusMessage]:
    for number, (channel, kind, text) in read_rows(path, 3):
        label = label_for_kind(kind, path, number)
        # Nobody has judged the messages of which only the language is known.
        level = None if label is None else TriageLevel.ROUTINE
        language: Language = "en" if label else "es" if kind == "spanish" else "other"
        yield CorpusMessage(text, label, "", channel, _source(path), kind=kind, level=level, language=language)


def label_for_kind(kind: str, path: Path, number: int) -> str | None:
    """Return the label of a message without an intent; None where only its language is known.

    Raises:
        CorpusError: The kind is unknown.
    """
    if kind not in _KINDS:
        raise CorpusError(f"{path}:{number} has the unknown kind {kind!r}; known are {', '.join(sorted(_KINDS))}")
    return _KINDS[kind]


def _read_urgency_file(path: Path) -> Iterable[CorpusMessage]:
    for number, (urgent, practice, channel, text) in read_rows(path):
        level = TriageLevel.EMERGENCY if parse_urgency(urgent, path, number) else None
        yield CorpusMessage(text, None, practice, channel, _source(path), level=level)


def _read_spanish_urgency(path: Path) -> Iterable[CorpusMessage]:
    for number, (urgent, channel, text) in read_rows(path, 3):
        level = TriageLevel.EMERGENCY if parse_urgency(urgent, path, number) else None
        yield CorpusMessage(text, None, "", channel, path.stem, kind="spanish", level=level, language="es")


def parse_urgency(written: str, path: Path, number: int) -> bool:
    """Convert the 1 or 0 of a line to a boolean.

    Raises:
        CorpusError: The line has neither.
    """
    if written not in ("0", "1"):
        raise CorpusError(f"{path}:{number} starts with {written!r}, expected 1 (urgent) or 0")
    return written == "1"


def _read_triples(path: Path) -> Iterable[CorpusMessage]:
    for number, (topic, level, label, practice, channel, text) in read_rows(path, 6):
        yield _leveled(path, number, (level, label, practice, channel, text), topic=f"{path.stem}-{topic}")


def _read_leveled(path: Path) -> Iterable[CorpusMessage]:
    for number, columns in read_rows(path, 5):
        yield _leveled(path, number, columns)


def _read_spanish_file(path: Path) -> Iterable[CorpusMessage]:
    pairs = read_lines(path.parent / "pairs.txt") if (path.parent / "pairs.txt").exists() else []
    topics = {text: f"pair-{number}" for number, pair in enumerate(pairs) for text in pair.split("\t")}
    for number, columns in read_rows(path, 5):
        yield replace(_leveled(path, number, columns, topics.get(columns[-1])), language="es")


def _leveled(path: Path, number: int, columns: Iterable[str], topic: str | None = None) -> CorpusMessage:
    level, label, practice, channel, text = columns
    label, _, also = label.partition("+")
    label, _, kind = label.partition(":")
    also = also.partition(":")[0]
    check_label(label, path, number, LABELS)
    if also:
        check_label(also, path, number, LABELS)
    practice = practice.strip("-")
    return CorpusMessage(
        with_line_breaks(text),
        label,
        practice,
        channel,
        _source(path),
        topic,
        kind,
        level=parse_level(level, path, number),
        also=also if also in INTENTS else None,
    )


def with_line_breaks(text: str) -> str:
    """Return a text with the line breaks that a corpus file writes as two characters."""
    return text.replace("\\n", "\n")


def parse_level(written: str, path: Path, number: int) -> TriageLevel:
    """Convert the triage level of a line.

    Raises:
        CorpusError: It is none of the three.
    """
    return _parse_member(TriageLevel, "level", written, path, number)


def parse_danger(written: str, path: Path, number: int) -> DangerKind:
    """Convert the kind of danger of a line.

    Raises:
        CorpusError: It is none of the three.
    """
    return _parse_member(DangerKind, "danger", written, path, number)


def _parse_member(kind: type[_Member], name: str, written: str, path: Path, number: int) -> _Member:
    try:
        return kind(written)
    except ValueError:
        known = ", ".join(kind)
        raise CorpusError(f"{path}:{number} has the {name} {written!r}, expected one of {known}") from None


def check_label(label: str, path: Path, number: int, known: Iterable[str]) -> None:
    """Raise a `CorpusError` if a line has an unknown label."""
    if label not in known:
        raise CorpusError(f"{path}:{number} has the unknown label {label!r}; known are {', '.join(known)}")


def _read_twins(path: Path) -> Iterable[CorpusMessage]:
    for number, (intent, practice, channel, text) in read_rows(path):
        check_label(intent, path, number, INTENTS)
        topic = f"{path.stem}-{(number - 1) // 2}"
        yield CorpusMessage(text, intent, practice, channel, _source(path), topic, level=_level_of_intent(intent))


def _read_requests(path: Path) -> Iterable[CorpusMessage]:
    for _, (channel, text) in read_rows(path, 2):
        yield CorpusMessage(text, "person", "", channel, _source(path), level=TriageLevel.ROUTINE)


def _read_faq(path: Path) -> Iterable[CorpusMessage]:
    # The writers of these questions may be new or established patients, which is not marked, so they have no label.
    for _, (_topic, channel, text) in read_rows(path, 3):
        yield CorpusMessage(text, None, "", channel, _source(path), level=TriageLevel.ROUTINE)


def _source(path: Path) -> str:
    """Return the name of a file's source, including its folder for files in a folder of their own."""
    nested = path.parent.name in ("urgency", "out_of_scope", "triage", "spanish", "everyday")
    return f"{path.parent.name}-{path.stem}" if nested else path.stem


def _levels(folder: Path) -> dict[str, TriageLevel]:
    """Return the levels that a reader gave to messages of files that have none, by text."""
    path = folder / LEVELS
    if not path.exists():
        return {}
    return {text: parse_level(level, path, number) for number, (level, text) in read_rows(path, 2)}


def _danger_kinds(folder: Path) -> dict[str, DangerKind]:
    """Return the kinds of danger that a reader gave to emergencies, by text; all others are `OTHER`."""
    path = folder / KINDS
    if not path.exists():
        return {}
    return {with_line_breaks(text): parse_danger(kind, path, number) for number, (kind, text) in read_rows(path, 2)}


def _spanish_texts(folder: Path) -> frozenset[str]:
    """Return the texts in Spanish among the messages of files that do not mark the language."""
    found = (folder / "spanish.txt", folder / "everyday" / "spanish.txt")
    return frozenset(line for path in found if path.exists() for line in read_lines(path))


def _completed(
    message: CorpusMessage,
    writer: str,
    levels: dict[str, TriageLevel],
    kinds: dict[str, DangerKind],
    spanish: frozenset[str],
) -> CorpusMessage:
    level = levels.get(message.text, message.level)
    danger = kinds.get(message.text, DangerKind.OTHER) if level is TriageLevel.EMERGENCY else None
    language: Language | None = "es" if message.text in spanish else message.language
    return replace(message, writer=writer, level=level, danger=danger, language=language)
