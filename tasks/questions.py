"""Finding the common question that a message asks.

This looks only at messages that may be answered, and only for practices that have written an answer, so that it costs
nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from inbox.common_questions import PracticeQuestion, has_answers, read_questions
from inbox.models import AskedOutcome, Message

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.questions import QuestionIndex, QuestionMatch
    from classifier.sentences import SentenceEncoder, Vector
    from inbox.database import Database

log = structlog.get_logger(__name__)

NEAR = 0.1
"""How far below the threshold a question is still counted as one that may have been asked."""


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """The common question that a message is closest to, with the practice's answer if it has one."""

    match: QuestionMatch
    answer: str

    @property
    def has_answer(self) -> bool:
        """Whether the message clearly asks a question that the practice has answered."""
        return self.match.is_clear and self.answer != ""

    def outcome(self, *, was_sent: bool) -> AskedOutcome:
        """Return what became of the question."""
        if not self.match.is_clear:
            return AskedOutcome.UNCLEAR
        if self.answer == "":
            return AskedOutcome.NO_ANSWER
        return AskedOutcome.ANSWERED if was_sent else AskedOutcome.WITHHELD


class QuestionFinder:
    """The sentence encoder and the questions' vectors, kept by a worker from job to job."""

    def __init__(self) -> None:
        """Load nothing yet: most practices have no answers."""
        self._encoder: SentenceEncoder | None = None
        self._is_broken = False
        self._indexes: dict[str, tuple[tuple[PracticeQuestion, ...], QuestionIndex]] = {}

    def find(self, practice: str, questions: Sequence[PracticeQuestion], text: str) -> FoundQuestion | None:
        """Return the question that a text is closest to; None if the encoder cannot be used."""
        from classifier.questions import encode_questions  # with the model's libraries, which the web does without

        encoder = self._load()
        if encoder is None:
            return None
        match = self._index(encoder, practice, tuple(questions)).find(encode_questions(encoder, [text])[0])
        answer = next(question.answer for question in questions if question.key == match.topic)
        return FoundQuestion(match, answer)

    def is_near(self, found: FoundQuestion) -> bool:
        """Return whether a question is close enough to be counted."""
        return self._encoder is not None and found.match.similarity >= self._encoder.info.thresholds.similarity - NEAR

    def _index(self, encoder: SentenceEncoder, practice: str, questions: tuple[PracticeQuestion, ...]) -> QuestionIndex:
        from classifier.questions import QuestionIndex, encode_questions

        known = self._indexes.get(practice)
        if known is None or known[0] != questions:
            topics: Mapping[str, Vector] = {
                question.key: encode_questions(encoder, question.phrasings) for question in questions
            }
            self._indexes[practice] = known = (questions, QuestionIndex(topics, encoder.info.thresholds))
        return known[1]

    def _load(self) -> SentenceEncoder | None:
        from classifier.errors import ModelError
        from classifier.sentences import SentenceEncoder

        if self._encoder is None and not self._is_broken:
            try:
                self._encoder = SentenceEncoder.load()
            except ModelError as error:  # patients still get the reply of their intent
                self._is_broken = True
                log.error("sentence_encoder_unusable", reason=str(error))
        return self._encoder


def find_questions(
    database: Database,
    finder: QuestionFinder,
    messages: Iterable[Message],
    understandings: Mapping[int, Understanding],
) -> dict[int, FoundQuestion]:
    """Return the common questions that messages ask, by message id."""
    from classifier.questions import is_answerable

    asked = [
        message
        for message in messages
        if message.id in understandings and is_answerable(understandings[message.id], message.text)
    ]
    if not asked:
        return {}
    by_practice: dict[str, list[Message]] = {}
    for message in asked:
        by_practice.setdefault(message.conversation.practice, []).append(message)
    found: dict[int, FoundQuestion] = {}
    for practice, members in by_practice.items():
        with database.read() as session:
            questions = read_questions(session, practice) if has_answers(session, practice) else []
        for message in members if questions else ():
            question = finder.find(practice, questions, message.text)
            if question is not None and finder.is_near(question):
                found[message.id] = question
    return found
