"""Read the training corpus.

This module does not know the files of the test messages: only `training.data.cross_style` reads the cross-style test,
and only `training.data.held_back` the held-back messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.understanding import INTENTS
from training.errors import TrainingError

CORPUS = Path(__file__).parents[1] / "corpus"
RECIPE_SOURCE = "intents"
"""`CorpusMessage.source` of the messages in `<practice>/<intent>.tsv`."""

TOPICS = ("contrast", "boundaries")
"""Families in `extra/` grouped by topic: seven consecutive lines about the same subject, one for each intent."""

FIRST_SOURCES = frozenset(
    (
        RECIPE_SOURCE, "contrast", "established_patients", "everyday_b", "first_contact", "grievances", "indirect",
        "short_and_mixed", "spoken_and_long", "voices",
    )
)  # fmt: skip
"""The sources of the first model's messages. They are split separately, so that adding messages never moves one of them
between training and validation, and every model can be compared with the first on messages neither has seen.
"""

_LABELS = {"acknowledgement": "acknowledgement", "spanish": "spanish", "non_english": "other_language"}
_SCOPE_KINDS = frozenset(
    (
        "acknowledgement", "gibberish", "job_applicant", "non_english", "personal", "prompt_injection", "small_talk",
        "spam", "spanish", "vendor", "wrong_number",
    )
)  # fmt: skip


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
        topic: Messages that share a topic say the same thing with different intents; a split keeps them together.
        kind: The kind of an out-of-scope message, such as `vendor`.
        urgent: Whether a person must see it within minutes; None if unknown.
        tone: The tone of the writer, such as `anxious`; known only for the intent files.
        age: The age of the writer, such as `senior`; known only for the intent files.
    """

    text: str
    label: str | None
    practice: str
    channel: str
    source: str
    topic: str | None = None
    kind: str = ""
    urgent: bool | None = None
    tone: str = ""
    age: str = ""

    @property
    def could_seem_urgent(self) -> bool:
        """Whether the message resembles an urgent one, on purpose or because it describes a symptom.

        False alarms are measured on these messages only: nobody would mistake any other message for urgent.
        """
        return self.label in (None, "clinical_concern")


def read_corpus(folder: Path = CORPUS) -> list[CorpusMessage]:
    """Read all training files, in a fixed order.

    Raises:
        CorpusError: There are no files, or a line does not have the columns that `corpus/README.md` describes.
    """
    intent_files = sorted(path for intent in INTENTS for path in folder.glob(f"*/{intent}.tsv"))
    messages = [message for path in intent_files for message in _read_intent_file(path)]
    for path in sorted(folder.glob("extra/*.tsv")):
        messages.extend(_read_extra_file(path))
    if not messages:
        raise CorpusError(f"{folder} has no <practice>/<intent>.tsv and no extra/*.tsv file: see corpus/README.md")
    spanish = _spanish(folder / "spanish.txt")
    for path in _with_more(folder, "out_of_scope"):
        messages.extend(_read_scope_file(path, spanish))
    for path in _with_more(folder, "urgency"):
        messages.extend(_read_urgency_file(path))
    for path in folder.glob("spanish.tsv"):
        messages.extend(_read_spanish_file(path))
    return _judged(messages, folder / "judged.tsv")


def _with_more(folder: Path, name: str) -> list[Path]:
    """Return `<name>.tsv`, if it exists, and the files in `<name>/`."""
    return [*folder.glob(f"{name}.tsv"), *sorted(folder.glob(f"{name}/*.tsv"))]


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
        urgent = _urgency_of_intent(path.stem)
        yield CorpusMessage(
            text, path.stem, path.parent.name, channel, RECIPE_SOURCE, urgent=urgent, tone=tone, age=age
        )


def _read_extra_file(path: Path) -> Iterable[CorpusMessage]:
    family = path.stem
    for number, (intent, practice, channel, text) in read_rows(path):
        if intent not in INTENTS:
            raise CorpusError(f"{path}:{number} has the unknown intent {intent!r}")
        topic = f"{family}-{(number - 1) // len(INTENTS)}" if family in TOPICS else None
        yield CorpusMessage(text, intent, practice, channel, family, topic, urgent=_urgency_of_intent(intent))


def _urgency_of_intent(intent: str) -> bool | None:
    """Return False for intents that are never urgent, and None for clinical concerns, which may be."""
    return None if intent == "clinical_concern" else False


def _spanish(path: Path) -> frozenset[str]:
    """Read the texts of the non-English messages that are Spanish."""
    return frozenset(read_lines(path)) if path.exists() else frozenset()


def _read_scope_file(path: Path, spanish: frozenset[str]) -> Iterable[CorpusMessage]:
    for number, (channel, kind, text) in read_rows(path, 3):
        if kind not in _SCOPE_KINDS:
            known = ", ".join(sorted(_SCOPE_KINDS))
            raise CorpusError(f"{path}:{number} has the unknown kind {kind!r}; known are {known}")
        kind = "spanish" if text in spanish else kind
        # Nobody has labeled the urgency of messages in other languages.
        urgent = None if kind in ("spanish", "non_english") else False
        yield CorpusMessage(text, label_for_kind(kind), "", channel, _source(path), kind=kind, urgent=urgent)


def label_for_kind(kind: str) -> str:
    """Return the label of an out-of-scope message."""
    return _LABELS.get(kind, "out_of_scope")


def _read_urgency_file(path: Path) -> Iterable[CorpusMessage]:
    for number, (urgent, practice, channel, text) in read_rows(path):
        yield CorpusMessage(text, None, practice, channel, _source(path), urgent=parse_urgency(urgent, path, number))


def _read_spanish_file(path: Path) -> Iterable[CorpusMessage]:
    for number, (urgent, channel, text) in read_rows(path, 3):
        yield CorpusMessage(
            text, "spanish", "", channel, path.stem, kind="spanish", urgent=parse_urgency(urgent, path, number)
        )


def parse_urgency(written: str, path: Path, number: int) -> bool:
    """Convert the 1 or 0 of a line to a boolean.

    Raises:
        CorpusError: The line has neither.
    """
    if written not in ("0", "1"):
        raise CorpusError(f"{path}:{number} starts with {written!r}, expected 1 (urgent) or 0")
    return written == "1"


def _source(path: Path) -> str:
    """Return the name of a file's source, including its folder for files in `urgency/` and `out_of_scope/`."""
    return path.stem if path.parent.name not in ("urgency", "out_of_scope") else f"{path.parent.name}-{path.stem}"


def _judged(messages: list[CorpusMessage], path: Path) -> list[CorpusMessage]:
    """Apply the urgency labels that a reviewer assigned: 1, 0, or ? if either is plausible."""
    if not path.exists():
        return messages
    verdicts: dict[str, bool | None] = {}
    for number, (verdict, _practice, _channel, text) in read_rows(path):
        if verdict not in ("0", "1", "?"):
            raise CorpusError(f"{path}:{number} starts with {verdict!r}, expected 1 (urgent), 0 or ?")
        verdicts[text] = None if verdict == "?" else verdict == "1"
    return [replace(m, urgent=verdicts[m.text]) if m.text in verdicts else m for m in messages]
