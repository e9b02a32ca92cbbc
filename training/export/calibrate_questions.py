"""Choose from which probability, and from which similarity, a question counts as one of the practice's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

import numpy as np

from classifier.questions.find import QuestionIndex, QuestionMatcher, encode_questions
from classifier.questions.sentences import MatchThresholds, SentenceEncoder, Vector
from intake.starter_questions import starter_questions
from training.data.questions import QuestionExample
from training.errors import TrainingError

MOST_WRONG: Final = 0.015
"""The largest share of calibration messages that may get an answer to what they don't ask; the goal is 2%."""
MOST_HALVES: Final = 0.01
"""The largest share that may get the answer to only one of the questions that they ask."""
MOST_STRAYS: Final = 0.001
"""The largest share of messages that may get the answer to a question of the practice's own that they don't ask."""
OWN_PHRASINGS: Final = 4
"""With how many phrasings a practice writes a question of its own."""

_PROBABILITIES: Final = tuple(step / 200 for step in range(120, 198))
_SIMILARITIES: Final = tuple(step / 100 for step in range(24, 80, 2))
_MARGINS: Final = (0.04, 0.06, 0.08, 0.1, 0.12, 0.15)
_NEAREST: Final = (1, 2, 3)


def matcher_of(encoder: SentenceEncoder) -> QuestionMatcher:
    """Return the matcher of a practice that keeps the starter set as it is."""
    return QuestionMatcher(encoder, {key: starter.phrasings for key, starter in starter_questions().items()})


def choose_probability(
    encoder: SentenceEncoder, limits: MatchThresholds, questions: Sequence[QuestionExample], allowed: Sequence[bool]
) -> MatchThresholds:
    """Return the limits with the lowest probability at which few enough messages get a wrong answer, or half of one.

    Args:
        encoder: The encoder.
        limits: The other thresholds.
        questions: The calibration messages.
        allowed: Which of them the intent model lets through.

    Raises:
        TrainingError: No probability keeps the limit.
    """
    let_through = [question for question, may in zip(questions, allowed, strict=True) if may]
    for probability in _PROBABILITIES:
        chosen = limits.model_copy(update={"topic": probability})
        encoder.info = replace(encoder.info, thresholds=chosen)
        matcher = matcher_of(encoder)
        matches = [(matcher.match(question.text), question.topics) for question in let_through]
        given = [({match.topic, *match.also}, topics) for match, topics in matches if match.is_clear]
        wrong = sum(not answered <= topics for answered, topics in given)
        halves = sum(answered < topics for answered, topics in given)
        if wrong <= MOST_WRONG * len(questions) and halves <= MOST_HALVES * len(questions):
            return chosen
    raise TrainingError("no probability keeps wrong answers below their limit: look at the wordings")


def choose_similarity(encoder: SentenceEncoder, questions: Sequence[QuestionExample]) -> tuple[float, float, int]:
    """Return the similarity, margin, and number of nearest phrasings that find most of a practice's own questions.

    Each question of the starter set is taken for the practice's own in turn, with a few phrasings.

    Raises:
        TrainingError: None keep the limit of strays.
    """
    best: tuple[int, tuple[float, float, int]] | None = None
    vectors = encode_questions(encoder, [question.text for question in questions])
    phrasings = encode_starters(encoder)
    for nearest in _NEAREST:
        limits = MatchThresholds(topic=1.0, similarity=1.0, margin=0.0, nearest=nearest)
        indexes = {own: own_index(phrasings, own, limits) for own in starter_questions()}
        found = [
            (match.similarity, match.similarity - match.runner_up, own in question.topics)
            for own, index in indexes.items()
            for question, vector in zip(questions, vectors, strict=True)
            for match in (index.find(vector),)
            if match.topic == own
        ]
        table = np.array(found, dtype=np.float64)
        for similarity, margin in product(_SIMILARITIES, _MARGINS):
            given = table[(table[:, 0] >= similarity) & (table[:, 1] >= margin), 2]
            right, strays = int(given.sum()), int((given == 0).sum())
            if strays <= MOST_STRAYS * len(questions) * len(starter_questions()) and (best is None or right > best[0]):
                best = right, (similarity, margin, nearest)
    if best is None:
        raise TrainingError("no similarity keeps strays below their limit: look at the phrasings")
    return best[1]


def encode_starters(encoder: SentenceEncoder) -> dict[str, Vector]:
    """Return the vectors of the starter set's phrasings, by the key of the question."""
    return {key: encode_questions(encoder, starter.phrasings) for key, starter in starter_questions().items()}


def own_index(phrasings: Mapping[str, Vector], own: str, limits: MatchThresholds) -> QuestionIndex:
    """Return the index of a practice that wrote one question by itself, with the first phrasings of the starter set."""
    return QuestionIndex({**phrasings, own: phrasings[own][:OWN_PHRASINGS]}, limits)
