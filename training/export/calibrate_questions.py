"""Choose the similarity at which a question counts as one of the practice's."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Final

from classifier.questions import QuestionIndex, QuestionMatch, encode_questions
from classifier.sentences import MatchThresholds, SentenceEncoder, Vector
from intake.starter_questions import starter_questions
from training.errors import TrainingError

MOST_WRONG: Final = 0.01
"""The largest share of calibration questions that may get the answer to another one, half of the goal of 2%."""
MOST_OTHERS: Final = 0.01
"""The largest share of other messages that may get an answer. Most of those that do ask one of the questions."""

_NEAREST: Final = 3
_SIMILARITIES: Final = tuple(step / 100 for step in range(30, 80, 2))
_MARGINS: Final = (0.04, 0.06, 0.08, 0.1, 0.12, 0.15)


def index_of(encoder: SentenceEncoder, thresholds: MatchThresholds | None = None) -> QuestionIndex:
    """Return the index of the starter set, as a practice has it that answers all of it."""
    topics = {key: encode_questions(encoder, starter.phrasings) for key, starter in starter_questions().items()}
    return QuestionIndex(topics, thresholds or MatchThresholds(similarity=1.0, margin=0.0, nearest=_NEAREST))


def choose_thresholds(index: QuestionIndex, asked: Vector, topics: Sequence[str], others: Vector) -> MatchThresholds:
    """Return the thresholds that answer most questions right within both limits.

    Args:
        index: The phrasings.
        asked: The calibration questions as vectors.
        topics: Their topics.
        others: Other messages as vectors.

    Raises:
        TrainingError: No thresholds keep both limits.
    """
    answers = [index.find(vector) for vector in asked]
    strays = [index.find(vector) for vector in others]
    best: tuple[float, MatchThresholds] | None = None
    for similarity, margin in product(_SIMILARITIES, _MARGINS):
        limits = MatchThresholds(similarity=similarity, margin=margin, nearest=_NEAREST)
        given = [(found.topic, topic) for found, topic in zip(answers, topics, strict=True) if _passes(found, limits)]
        right = sum(found == topic for found, topic in given)
        stray = sum(_passes(found, limits) for found in strays)
        if len(given) - right > MOST_WRONG * len(answers) or stray > MOST_OTHERS * len(strays):
            continue
        if best is None or right > best[0]:
            best = right, limits
    if best is None:
        raise TrainingError("no similarity keeps wrong answers below their limits: look at the phrasings")
    return best[1]


def _passes(found: QuestionMatch, limits: MatchThresholds) -> bool:
    return found.similarity >= limits.similarity and found.similarity - found.runner_up >= limits.margin
