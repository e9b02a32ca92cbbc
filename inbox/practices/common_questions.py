"""A practice's common questions: the starter set, what the practice made of it, and its own questions."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.models import AskedOutcome, AskedQuestion, CommonQuestion, Message, now
from intake.starter_questions import starter_questions
from intake.vocabulary import Language

LONGEST_ANSWER = 600
LONGEST_TITLE = 120
LONGEST_PHRASING = 240
MOST_PHRASINGS = 60
LEAST_PHRASINGS = 3
"""How many phrasings a question needs: its similarity is the mean of its three nearest."""
MOST_OWN = 50
MOST_SUGGESTED = 4
# Built once, as building a statement takes longer than running it.
_ANY_ANSWERED = (
    select(CommonQuestion.id)
    .where(CommonQuestion.practice == bindparam("practice"), CommonQuestion.answer != "")
    .limit(1)
)
_MISSING = (AskedOutcome.NO_ANSWER, AskedOutcome.UNCLEAR)


@dataclass(frozen=True, slots=True)
class PracticeQuestion:
    """A common question of a practice; without an answer, it is only counted. Its Spanish answer is optional.

    Attributes:
        key: its name for the database.
        title: its name for staff.
        phrasings: how patients ask it.
        answer: the practice's answer, empty for none.
        is_own: whether the practice added it to the starter set.
        answer_es: the answer in Spanish, empty for none.
        version: what changes whenever anything of it is saved; empty for one that never was.
    """

    key: str
    title: str
    phrasings: tuple[str, ...]
    answer: str
    is_own: bool = False
    answer_es: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class AskedCount:
    """How often a question was asked without an answer: clearly, because there is none, or perhaps."""

    key: str
    without_answer: int
    unclear: int


@dataclass(frozen=True, slots=True)
class AskedOnce:
    """A message that asked a question, clearly or perhaps, and got no answer to it."""

    key: str
    conversation_id: int
    asked_at: datetime
    is_clear: bool


def read_questions(session: Session, practice: str) -> list[PracticeQuestion]:
    """Return all questions of a practice: the starter set first, then its own."""
    rows = {
        row.key: row
        for row in session.scalars(
            select(CommonQuestion).where(CommonQuestion.practice == practice).order_by(CommonQuestion.id)
        )
    }
    starters = [
        _of_row(rows.pop(key)) if key in rows else PracticeQuestion(key, starter.title, starter.phrasings, "")
        for key, starter in starter_questions().items()
    ]
    return starters + [_of_row(row) for row in rows.values()]


def has_answers(session: Session, practice: str) -> bool:
    """Return whether a practice answers any question."""
    return session.scalar(_ANY_ANSWERED, {"practice": practice}) is not None


def suggest_questions(session: Session, practice: str, since: datetime) -> dict[Language, list[str]]:
    """Return what a visitor of the chat could ask, by language: answered questions, those asked most first.

    In Spanish, these are of the starter set, whose words are known.
    """
    answered = [question for question in read_questions(session, practice) if question.answer and question.phrasings]
    if len(answered) > MOST_SUGGESTED:
        counted = select(AskedQuestion.key, func.count()).where(
            AskedQuestion.practice == practice, AskedQuestion.asked_at >= since
        )
        asked = {key: int(count) for key, count in session.execute(counted.group_by(AskedQuestion.key))}
        answered.sort(key=lambda question: -asked.get(question.key, 0))
    suggested = answered[:MOST_SUGGESTED]
    kept = [question for question in suggested if not question.is_own]
    return {
        Language.EN: [question.phrasings[0] for question in suggested],
        Language.ES: [starter_questions()[question.key].spanish for question in kept],
    }


class QuestionChangedError(Exception):
    """Someone else has changed a question meanwhile."""


def save_question(session: Session, practice: str, question: PracticeQuestion, before: str) -> str:
    """Store a question, and return its key.

    Args:
        session: an open write transaction.
        practice: the practice's slug.
        question: the question, checked; an empty key makes a new one.
        before: the version that this one replaces, empty if there was none.

    Raises:
        QuestionChangedError: that is no longer its version.
    """
    key = question.key or f"own_{secrets.token_hex(4)}"
    row = _find_row(session, practice, key)
    if before != (_of_row(row).version if row else ""):
        raise QuestionChangedError
    if row is None:
        row = CommonQuestion(practice=practice, key=key)
        session.add(row)
    row.title, row.phrasings, row.answer = question.title, list(question.phrasings), question.answer
    row.answer_es, row.updated_at = question.answer_es, now()
    try:
        session.flush()
    except IntegrityError:
        raise QuestionChangedError from None
    return key


def delete_question(session: Session, practice: str, key: str) -> bool:
    """Delete a question of the practice's own, or bring one of the starter set back to how it started."""
    row = _find_row(session, practice, key)
    if row is None:
        return False
    session.delete(row)
    return True


def find_problem(question: PracticeQuestion) -> str:
    """Return why a question cannot be stored, empty if it can."""
    if not question.title or len(question.title) > LONGEST_TITLE:
        return f"Give the question a name of 1 to {LONGEST_TITLE} characters."
    if not LEAST_PHRASINGS <= len(question.phrasings) <= MOST_PHRASINGS:
        return f"Write {LEAST_PHRASINGS} to {MOST_PHRASINGS} ways in which patients ask this, one on each line."
    if any(len(phrasing) > LONGEST_PHRASING for phrasing in question.phrasings):
        return f"A line has more than {LONGEST_PHRASING} characters. Write it as a patient would ask it."
    if len(question.answer) > LONGEST_ANSWER:
        return f"The answer has {len(question.answer)} characters. The limit is {LONGEST_ANSWER}."
    if len(question.answer_es) > LONGEST_ANSWER:
        return f"The Spanish answer has {len(question.answer_es)} characters. The limit is {LONGEST_ANSWER}."
    if question.answer_es and not question.answer:
        return "Write the answer in English, too: a question without one is only counted."
    return ""


def count_unanswered(session: Session, practice: str, since: datetime) -> Sequence[AskedCount]:
    """Return the questions that were asked since a moment without an answer, the most frequent first."""
    query = (
        select(AskedQuestion.key, AskedQuestion.outcome, func.count())
        .where(
            AskedQuestion.practice == practice,
            AskedQuestion.asked_at >= since,
            AskedQuestion.outcome.in_(_MISSING),
        )
        .group_by(AskedQuestion.key, AskedQuestion.outcome)
    )
    counts: dict[str, dict[str, int]] = {}
    for key, outcome, count in session.execute(query):
        counts.setdefault(key, {})[outcome] = count
    found = [
        AskedCount(key, by.get(AskedOutcome.NO_ANSWER, 0), by.get(AskedOutcome.UNCLEAR, 0))
        for key, by in counts.items()
    ]
    return sorted(found, key=lambda count: (-count.without_answer, -count.unclear, count.key))


def list_unanswered(session: Session, practice: str, since: datetime, limit: int) -> list[AskedOnce]:
    """Return the newest messages that asked a question since a moment and got no answer to it, the newest first."""
    query = (
        select(AskedQuestion, Message.conversation_id)
        .join(Message, Message.id == AskedQuestion.message_id)
        .where(
            AskedQuestion.practice == practice,
            AskedQuestion.asked_at >= since,
            AskedQuestion.outcome.in_(_MISSING),
        )
        .order_by(AskedQuestion.asked_at.desc(), AskedQuestion.id.desc())
    )
    return [
        AskedOnce(row.key, conversation_id, row.asked_at, row.outcome == AskedOutcome.NO_ANSWER)
        for row, conversation_id in session.execute(query.limit(limit))
    ]


def _find_row(session: Session, practice: str, key: str) -> CommonQuestion | None:
    own = (CommonQuestion.practice == practice, CommonQuestion.key == key)
    query = select(CommonQuestion).where(*own).with_for_update()
    return session.scalar(query.execution_options(populate_existing=True))


def _of_row(row: CommonQuestion) -> PracticeQuestion:
    is_own = row.key not in starter_questions()
    version = row.updated_at.isoformat()
    return PracticeQuestion(row.key, row.title, tuple(row.phrasings), row.answer, is_own, row.answer_es, version)
