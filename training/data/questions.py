"""The example questions of the corpus, and what each is used for.

Of each topic's English lines of `everyday/faq.tsv`, three of five are suggested phrasings
(`intake/starter_questions.toml`), one calibrates, and one is held out to measure. All but the held-out ones are also
fitted, and so are the Spanish lines. Of `everyday/asked.tsv`, every other line calibrates, and the rest is held out.
All of `everyday/mistral.tsv` calibrates: its writer wrote nothing that is fitted. Also fitted: all of
`everyday/wordings.tsv`, of `everyday/topics.tsv`, which says what messages of other files ask, and of five more
writers' files, two of them in Spanish, one short and plain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from random import Random

from classifier.questions.topics import NO_TOPIC
from intake.starter_questions import starter_questions
from training.data.corpus import CorpusError, read_lines, read_rows
from training.data.rendering import render

_FAQ = Path("everyday") / "faq.tsv"
_ASKED = Path("everyday") / "asked.tsv"
_FITTED = tuple(
    Path("everyday") / f"{name}.tsv" for name in ("wordings", "topics", "larch", "alder", "cedar", "aspen", "fern")
)
_CALIBRATES = Path("everyday") / "mistral.tsv"
_SPANISH = Path("everyday") / "spanish.txt"
SEVERAL = "+"
"""Stands between the topics of a text that asks several questions."""


class QuestionPart(StrEnum):
    """What an example question is used for."""

    PHRASING = "phrasing"
    CALIBRATION = "calibration"
    HELD_OUT = "held_out"
    SPANISH = "spanish"
    FITTED = "fitted"
    ASKED_CALIBRATION = "asked_calibration"
    ASKED_HELD_OUT = "asked_held_out"


_PARTS = (*[QuestionPart.PHRASING] * 3, QuestionPart.CALIBRATION, QuestionPart.HELD_OUT)


@dataclass(frozen=True, slots=True)
class QuestionExample:
    """An example: the key of the question that it asks, or several, or `NO_TOPIC`; and the text, with slots."""

    topic: str
    text: str
    is_spanish: bool = False

    @property
    def topics(self) -> frozenset[str]:
        """The keys of all the questions that it asks; empty if none."""
        return frozenset(() if self.topic == NO_TOPIC else self.topic.split(SEVERAL))


def read_questions(corpus: Path) -> dict[QuestionPart, list[QuestionExample]]:
    """Read the example questions by what they are used for.

    Raises:
        CorpusError: A file cannot be read, or a line has an unknown topic.
    """
    spanish = frozenset(read_lines(corpus / _SPANISH))
    parts: dict[QuestionPart, list[QuestionExample]] = {part: [] for part in QuestionPart}
    seen: Counter[str] = Counter()
    for question in parse_questions(corpus / _FAQ):
        if question.text in spanish:
            parts[QuestionPart.SPANISH].append(replace(question, is_spanish=True))
            continue
        parts[_PARTS[seen[question.topic] % len(_PARTS)]].append(question)
        seen[question.topic] += 1
    asked, calibrating = (
        [replace(question, is_spanish=question.text in spanish) for question in questions]
        for questions in (parse_questions(corpus / _ASKED), _read_topics(corpus / _CALIBRATES))
    )
    parts[QuestionPart.ASKED_CALIBRATION], parts[QuestionPart.ASKED_HELD_OUT] = asked[::2] + calibrating, asked[1::2]
    parts[QuestionPart.FITTED] = [question for file in _FITTED for question in _read_topics(corpus / file)]
    return parts


def fill_slots(questions: Sequence[QuestionExample]) -> list[QuestionExample]:
    """Return questions with values in place of their slots, the same ones each time."""
    return [
        replace(question, text=render(question.text, "chat", Random(f"question/{place}")).text)  # noqa: S311 - no secret
        for place, question in enumerate(questions)
    ]


def parse_questions(path: Path) -> Iterator[QuestionExample]:
    """Return the questions of a file with the columns topic, channel, and text.

    Raises:
        CorpusError: It cannot be read, or a topic is neither of the starter set nor `-`.
    """
    return _checked(path, ((number, topic, text) for number, (topic, _channel, text) in read_rows(path, 3)))


def _read_topics(path: Path) -> Iterator[QuestionExample]:
    return _checked(path, ((number, topic, text) for number, (topic, text) in read_rows(path, 2)))


def _checked(path: Path, rows: Iterable[tuple[int, str, str]]) -> Iterator[QuestionExample]:
    for number, topic, text in rows:
        if topic != NO_TOPIC and not set(topic.split(SEVERAL)) <= set(starter_questions()):
            raise CorpusError(
                f"{path}:{number} has the topic {topic!r}, expected a key of intake/starter_questions.toml or -"
            )
        yield QuestionExample(topic, text.replace("\\n", "\n"))
