"""Read and split the messages that the entity model learns from."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from training.data.corpus import CorpusError, read_corpus, read_lines, read_rows, read_writers, with_line_breaks
from training.data.spans.setting import read_values
from training.recipe import EntityData

FOLDER: Final = Path("entities")
IDENTIFIERS: Final = Path("identifiers.tsv")
SPANISH: Final = FOLDER / "spanish.txt"
SETS: Final = {
    "dense": 3, "spoken": 3, "lookalikes": 3, "insurance": 4, "written": 3, "near": 3, "tally": 3,
    "abacus": 4, "sieve": 3, "sieve_near": 3, "thimble": 4, "candle": 4, "fresco": 4, "barge": 4, "marlin": 4,
    "tundra": 4,
}  # fmt: skip
"""The files in `FOLDER`, by name, with their number of columns; of all, the text is the third."""
MARKED: Final = frozenset(("tally", "abacus", "sieve_near", "thimble", "candle", "fresco", "barge", "marlin", "tundra"))
"""Those whose values are marked where they stand, with the columns language, channel, text, and possibly more."""

_SLOT = re.compile(r"\{[a-z0-9_]+\}|\[\[[A-Z_]+\|")
_PARTS: Final = 100
_LONG_CITY: Final = 7
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|"
    "sept?|oct|nov|dec"
)
_CARRIERS = (
    "aetna|cigna|humana|blue cross|bcbs|anthem|kaiser|unitedhealthcare|tricare|medicare|medicaid|delta dental|metlife|"
    "vsp|eyemed"
)
_NOT_A_DAY = (
    "floor|grade|time|day|week|visit|one|month|trimester|bill|session|cycle|call|appointment|shot|dose|tooth|person"
)
_DIGIT_OR_AT = re.compile(r"[\d@]")
_UNMARKED_NUMBER = re.compile(
    r"\$ ?\d|\d+ ?(?:dollars|bucks)|\b\d{1,2}/\d{1,2}/\d{2,4}"
    rf"|\bthe \d{{1,2}}(?:st|nd|rd|th)\b(?! (?:{_NOT_A_DAY}))"
    rf"|\b(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?\b|\d{{3}}[-. ]\d{{4}}|\w@\w",
    re.IGNORECASE,
)
"""Values with a digit or an @ that were written out, as far as their form tells."""
_UNMARKED_WORD = re.compile(rf"https?://|www\.|\b(?:{_CARRIERS})\b|(?-i:\b(?:Dr|Mrs|Mr|Ms)\.? [A-Z]\w)", re.IGNORECASE)
"""The others."""


@dataclass(frozen=True, slots=True)
class SpanMessage:
    """A message with slots or marked values, and what is known about it.

    Attributes:
        text: The message with its slots, or marks such as `[[NAME|Ana]]`, and real line breaks.
        channel: `sms`, `voicemail`, `chat`, `web_form` or `email`.
        language: `en`, `es` or `other`.
        writer: Who wrote it, a name from `corpus/writers.toml`.
        source: The name of its file without its ending.
    """

    text: str
    channel: str
    language: str
    writer: str
    source: str

    @property
    def has_slots(self) -> bool:
        """Whether there is any value to find."""
        return _SLOT.search(self.text) is not None


@dataclass(frozen=True, slots=True)
class SpanSplit:
    """The parts of the messages: for the weights, for choosing a checkpoint, and for thresholds and comparisons."""

    train: list[SpanMessage]
    stopping: list[SpanMessage]
    validation: list[SpanMessage]


def read_span_messages(corpus: Path) -> list[SpanMessage]:
    """Read every message of the corpus whose values are all slots.

    Messages in which a value was written out instead are left out: they would teach the model to miss it.

    Raises:
        CorpusError: A file cannot be read, or a line has the wrong columns.
    """
    found = [
        SpanMessage(
            with_line_breaks(message.text), message.channel, message.language or "en", message.writer, message.source
        )
        for message in read_corpus(corpus)
    ]
    writers = read_writers(corpus)
    spanish = frozenset(read_lines(corpus / SPANISH)) if (corpus / SPANISH).exists() else frozenset()
    for file, columns in ((IDENTIFIERS, 3), *((FOLDER / f"{name}.tsv", width) for name, width in SETS.items())):
        path = corpus / file
        if path.exists():
            found += _read_file(path, columns, writers.get(path, ""), spanish)
    cities = _cities(corpus)
    return [message for message in found if is_fully_marked(message, cities)]


def _read_file(path: Path, columns: int, writer: str, spanish: frozenset[str]) -> Iterable[SpanMessage]:
    for _, row in read_rows(path, columns):
        language = row[0] if path.stem in MARKED else "es" if row[2] in spanish else "en"
        yield SpanMessage(with_line_breaks(row[2]), row[1], language, writer, path.stem)


def _cities(corpus: Path) -> re.Pattern[str]:
    names = (city for group in read_values(corpus, "cities").values() for city in group)
    return re.compile("|".join(rf"\b{re.escape(city)}\b" for city in names if len(city) >= _LONG_CITY))


def is_fully_marked(message: SpanMessage, cities: re.Pattern[str]) -> bool:
    """Return whether all values in a message are slots, as far as their form tells."""
    words = _SLOT.sub("{}", message.text)
    if message.source in SETS:
        return True
    if _DIGIT_OR_AT.search(words) and _UNMARKED_NUMBER.search(words):
        return False
    return not (_UNMARKED_WORD.search(words) or cities.search(words))


def split_spans(messages: Sequence[SpanMessage], data: EntityData, seed: int) -> SpanSplit:
    """Hold out whole writers and, by line, a part of the files written for this model.

    What a held-out writer wrote is left out where another one wrote the same words.

    Args:
        messages: All messages.
        data: The recipe's shares.
        seed: Random seed of what is sampled.

    Raises:
        CorpusError: There is nothing of a writer that is held out.
    """
    missing = set(data.validation_writers) - {message.writer for message in messages}
    if missing:
        raise CorpusError(
            f"the corpus has no messages by {', '.join(sorted(missing))}: correct data.validation_writers"
        )
    rng = Random(f"{seed}/split")  # noqa: S311 - not a secret
    train: list[SpanMessage] = []
    stopping: list[SpanMessage] = []
    others: list[SpanMessage] = []
    validation: list[SpanMessage] = []
    for message in messages:
        part = zlib.crc32(message.text.encode()) % _PARTS
        if message.writer in data.validation_writers:
            others.append(message)
        elif message.writer in data.repeats and part < round(_PARTS * data.validation_fraction):
            validation.append(message)
        elif message.writer in data.repeats and part >= round(_PARTS * (1 - data.stopping_fraction)):
            stopping.append(message)
        elif message.writer in data.repeats:
            train += [message] * data.repeats[message.writer]
        elif rng.random() < (1.0 if message.has_slots else data.without_slots):
            train.append(message)
    held_out = {message.text for message in (*validation, *others)}
    train = [message for message in train if message.text not in held_out]
    stopping = [message for message in stopping if message.text not in held_out]
    rng.shuffle(train)
    return SpanSplit(train, stopping, [*validation, *_sample(others, data, rng)])


def _sample(messages: list[SpanMessage], data: EntityData, rng: Random) -> list[SpanMessage]:
    """Choose some of the held-out writers' messages, most of them with values."""
    rng.shuffle(messages)
    with_slots = [message for message in messages if message.has_slots][: data.validation_messages]
    without = [message for message in messages if not message.has_slots][: data.validation_messages // 4]
    return [*with_slots, *without]
