"""Reading the training corpus.

Nothing here knows the cross-style test file, which only `training.data.cross_style` reads, nor the held-back files,
which only `training.data.held_back` reads.
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
"""Extra families whose lines come in topics: seven consecutive lines on one thing, one for each intent."""

FIRST_SOURCES = frozenset(
    (
        RECIPE_SOURCE, "contrast", "established_patients", "everyday_b", "first_contact", "grievances", "indirect",
        "short_and_mixed", "spoken_and_long", "voices",
    )
)  # fmt: skip
"""What the first model was trained on. It is split by itself, so that what is added later moves no message from
one part to the other, and every model can be compared with the first on messages that neither has seen."""

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
    """One message, its slots such as `{full_name}` not yet filled, and what is known of it.

    Attributes:
        text: The message with its slots.
        label: One of `LABELS`, or None where nobody has said.
        practice: The kind of practice it was written to, such as `dental`; empty where it could be any.
        channel: `sms`, `voicemail`, `chat`, `web_form` or `email`.
        source: `RECIPE_SOURCE`, or the family of the file it stands in, such as `contrast`.
        topic: Messages that share a topic say the same thing with different intents and stay in one split.
        kind: Of what belongs to no intent: what it is, such as `vendor`.
        urgent: Whether a human must see it within minutes, or None where nobody has said.
        tone: How it was written, in the intent files alone, such as `anxious`.
        age: Who wrote it, in the intent files alone, such as `senior`.
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
        """Whether it was written to be hard to tell from an urgent message, or is about a symptom.

        Nobody would take another one for urgent; a share of false alarms among those says nothing.
        """
        return self.label in (None, "clinical_concern")


def read_corpus(folder: Path = CORPUS) -> list[CorpusMessage]:
    """Read every training file, in a fixed order.

    Raises:
        CorpusError: There are none, or a line has other columns than `corpus/README.md` says.
    """
    intent_files = sorted(path for intent in INTENTS for path in folder.glob(f"*/{intent}.tsv"))
    messages = [message for path in intent_files for message in _read_intent_file(path)]
    for path in sorted(folder.glob("extra/*.tsv")):
        messages.extend(_read_extra_file(path))
    if not messages:
        raise CorpusError(f"{folder} holds no <practice>/<intent>.tsv and no extra/*.tsv file")
    spanish = _spanish(folder / "spanish.txt")
    for path in _with_more(folder, "out_of_scope"):
        messages.extend(_read_scope_file(path, spanish))
    for path in _with_more(folder, "urgency"):
        messages.extend(_read_urgency_file(path))
    for path in folder.glob("spanish.tsv"):
        messages.extend(_read_spanish_file(path))
    return _judged(messages, folder / "judged.tsv")


def _with_more(folder: Path, name: str) -> list[Path]:
    """Return `<name>.tsv`, if there is one, and what was added to it in `<name>/`."""
    return [*folder.glob(f"{name}.tsv"), *sorted(folder.glob(f"{name}/*.tsv"))]


def read_rows(path: Path, columns: int = 4) -> Iterable[tuple[int, list[str]]]:
    """Yield the number and the columns of every line of a tab-separated file.

    Raises:
        CorpusError: The file cannot be read, or a line has another number of columns.
    """
    for number, line in enumerate(read_lines(path), start=1):
        found = line.split("\t")
        if len(found) != columns:
            raise CorpusError(f"{path}:{number} has {len(found)} columns, expected {columns}: see corpus/README.md")
        yield number, found


def read_lines(path: Path) -> list[str]:
    """Read the lines of a corpus file, without their ends.

    Raises:
        CorpusError: The file is missing, or is not UTF-8 text.
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
    """Nobody said it of these messages; a symptom alone is likely to be urgent."""
    return None if intent == "clinical_concern" else False


def _spanish(path: Path) -> frozenset[str]:
    """Return the texts, among those that are not English, that are Spanish."""
    return frozenset(read_lines(path)) if path.exists() else frozenset()


def _read_scope_file(path: Path, spanish: frozenset[str]) -> Iterable[CorpusMessage]:
    for number, (channel, kind, text) in read_rows(path, 3):
        if kind not in _SCOPE_KINDS:
            known = ", ".join(sorted(_SCOPE_KINDS))
            raise CorpusError(f"{path}:{number} has the unknown kind {kind!r}; known are {known}")
        kind = "spanish" if text in spanish else kind
        # What a message in another language says, nobody has judged.
        urgent = None if kind in ("spanish", "non_english") else False
        yield CorpusMessage(text, label_for_kind(kind), "", channel, _source(path), kind=kind, urgent=urgent)


def label_for_kind(kind: str) -> str:
    """Return the label of a message that belongs to no intent."""
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
    """Return what a line's 1 or 0 says.

    Raises:
        CorpusError: It is neither.
    """
    if written not in ("0", "1"):
        raise CorpusError(f"{path}:{number} starts with {written!r}, expected 1 (urgent) or 0")
    return written == "1"


def _source(path: Path) -> str:
    """Name a file by its folder too where it is one of several: `urgency`, `urgency-pairs`."""
    return path.stem if path.parent.name not in ("urgency", "out_of_scope") else f"{path.parent.name}-{path.stem}"


def _judged(messages: list[CorpusMessage], path: Path) -> list[CorpusMessage]:
    """Return the messages with what a reader has said of their urgency: 1, 0, or ? where it could be either."""
    if not path.exists():
        return messages
    verdicts: dict[str, bool | None] = {}
    for number, (verdict, _practice, _channel, text) in read_rows(path):
        if verdict not in ("0", "1", "?"):
            raise CorpusError(f"{path}:{number} starts with {verdict!r}, expected 1 (urgent), 0 or ?")
        verdicts[text] = None if verdict == "?" else verdict == "1"
    return [replace(m, urgent=verdicts[m.text]) if m.text in verdicts else m for m in messages]
