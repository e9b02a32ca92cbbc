"""Finding the common question that a message asks.

This looks only at messages that may be answered, and only for practices that have written an answer, so that it costs
nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from inbox.models import AskedOutcome, Message
from inbox.practices.common_questions import LONGEST_ANSWER, PracticeQuestion, has_answers, read_questions
from intake.vocabulary import Language

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.questions.find import QuestionMatch, QuestionMatcher
    from classifier.questions.sentences import SentenceEncoder
    from inbox.storage.database import Database

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """The common question that a message is closest to, with the practice's answer if it has one.

    If the message asks several, the answer is to all of them, or empty; so is the Spanish one, which is optional.
    """

    match: QuestionMatch
    answer: str
    answer_es: str = ""

    @property
    def has_answer(self) -> bool:
        """Whether the message clearly asks a question that the practice has answered."""
        return self.match.is_clear and self.answer != ""

    def answer_in(self, language: str) -> str:
        """Return the answer in a patient's language, or else the usual one."""
        return (language == Language.ES and self.answer_es) or self.answer

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
        self._matchers: dict[str, tuple[tuple[PracticeQuestion, ...], QuestionMatcher]] = {}

    def find(self, practice: str, questions: Sequence[PracticeQuestion], text: str) -> FoundQuestion | None:
        """Return the question that a text is closest to; None if the encoder cannot be used."""
        encoder = self._load()
        if encoder is None:
            return None
        match = self._matcher(encoder, practice, tuple(questions)).match(text)
        answers = {question.key: question for question in questions}
        asked = [answers[key] for key in (match.topic, *match.also)]
        return FoundQuestion(
            match,
            join_answers([question.answer for question in asked]),
            join_answers([question.answer_es for question in asked]),
        )

    def _matcher(
        self, encoder: SentenceEncoder, practice: str, questions: tuple[PracticeQuestion, ...]
    ) -> QuestionMatcher:
        from classifier.questions.find import QuestionMatcher  # with the model's libraries, which the web does without

        known = self._matchers.get(practice)
        if known is None or known[0] != questions:
            phrasings = {question.key: question.phrasings for question in questions}
            self._matchers[practice] = known = (questions, QuestionMatcher(encoder, phrasings))
        return known[1]

    def _load(self) -> SentenceEncoder | None:
        from classifier.errors import ModelError
        from classifier.questions.sentences import SentenceEncoder

        if self._encoder is None and not self._is_broken:
            try:
                self._encoder = SentenceEncoder.load()
            except ModelError as error:  # patients still get the reply of their intent
                self._is_broken = True
                log.error("sentence_encoder_unusable", reason=str(error))
        return self._encoder


def join_answers(answers: Sequence[str]) -> str:
    """Return several answers as one; empty if one is missing or they are too long together."""
    joined = " ".join(answers)
    return joined if all(answers) and len(joined) <= LONGEST_ANSWER else ""


def find_questions(
    database: Database,
    finder: QuestionFinder,
    messages: Iterable[Message],
    understandings: Mapping[int, Understanding],
) -> dict[int, FoundQuestion]:
    """Return the common questions that messages ask, by message id."""
    from classifier.questions.find import is_answerable

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
            if question is not None and question.match.is_near:
                found[message.id] = question
    return found
