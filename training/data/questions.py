"""The example questions of `everyday/faq.tsv`, and how they are divided.

Of each topic's English lines, three of five are suggested phrasings (`intake/starter_questions.toml`), one calibrates,
and one is held out to measure. Spanish lines are only measured, as the encoder knows English alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from intake.starter_questions import starter_questions
from training.data.corpus import CorpusError, read_lines, read_rows

_FAQ = Path("everyday") / "faq.tsv"
_SPANISH = Path("everyday") / "spanish.txt"
NO_TOPIC = "-"
"""Stands for the topic of a text that asks none of the questions."""


class QuestionPart(StrEnum):
    """What an example question is used for."""

    PHRASING = "phrasing"
    CALIBRATION = "calibration"
    HELD_OUT = "held_out"
    SPANISH = "spanish"


_PARTS = (*[QuestionPart.PHRASING] * 3, QuestionPart.CALIBRATION, QuestionPart.HELD_OUT)


@dataclass(frozen=True, slots=True)
class Question:
    """An example question: the key of its topic, `NO_TOPIC` for none, and the text."""

    topic: str
    text: str


def read_questions(corpus: Path) -> dict[QuestionPart, list[Question]]:
    """Read the example questions by what they are used for.

    Raises:
        CorpusError: A file cannot be read, or a line has an unknown topic.
    """
    spanish = frozenset(read_lines(corpus / _SPANISH))
    parts: dict[QuestionPart, list[Question]] = {part: [] for part in QuestionPart}
    seen: Counter[str] = Counter()
    for question in parse_questions(corpus / _FAQ):
        if question.text in spanish:
            parts[QuestionPart.SPANISH].append(question)
            continue
        parts[_PARTS[seen[question.topic] % len(_PARTS)]].append(question)
        seen[question.topic] += 1
    return parts


def parse_questions(path: Path) -> Iterator[Question]:
    """Yield the questions of a file with the columns topic, channel, and text.

    Raises:
        CorpusError: It cannot be read, or a topic is neither of the starter set nor `-`.
    """
    for number, (topic, _channel, text) in read_rows(path, 3):
        if topic != NO_TOPIC and topic not in starter_questions():
            raise CorpusError(
                f"{path}:{number} has the topic {topic!r}, expected a key of intake/starter_questions.toml or -"
            )
        yield Question(topic, text.replace("\\n", "\n"))
