"""Find the practice's questions that a message asks.

A question of the starter set is found by the linear model in `question_topics`, which has seen many ways to ask it. A
question of the practice's own is found by its phrasings: the closest one, if it is close enough and no other is near.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from classifier.questions.sentences import MatchThresholds, SentenceEncoder, Vector
from classifier.questions.topics import NO_TOPIC, spell_out
from classifier.rules.remarks import tells_of_own_case
from classifier.understanding import Understanding
from intake.starter_questions import starter_questions
from intake.vocabulary import Disposition, Language, TriageLevel

MAX_CHARACTERS: Final = 240
"""A longer message says more than one question, which a vector of all of it would hide."""

MOST_CONCERN: Final = 0.15
"""The largest probability, 0 to 1, that an answered message is a clinical concern or a complaint."""

_NEVER_ANSWERED: Final = ("clinical_concern", "complaint")
_ANSWERED: Final = (Disposition.ROUTE, Disposition.REVIEW, Disposition.OUT_OF_SCOPE)

NEAR: Final = 0.2
"""How far below its threshold a question is still counted as one that may have been asked."""
LEAST_KEPT: Final = 3
"""How many phrasings of the starter set a question must still have to be found by the model."""

_PARTS = re.compile(r"[?!.;\n]+|,?\s+(?:and|also|plus|y|también|tambien)\s+", re.IGNORECASE)
_MOST_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class QuestionMatch:
    """The question that a message is closest to.

    Attributes:
        topic: The key of the question.
        score: How sure it is, 0 to 1: a probability, or for a question of the practice's own a similarity.
        needed: The score from which it counts as asked.
        is_clear: Whether the message asks this question.
        also: The keys of the other questions that it clearly asks.
    """

    topic: str
    score: float
    needed: float
    is_clear: bool
    also: tuple[str, ...] = ()

    @property
    def is_near(self) -> bool:
        """Whether the question may have been asked, so that it is worth counting."""
        return self.score >= self.needed - NEAR


@dataclass(frozen=True, slots=True)
class PhrasingMatch:
    """The question whose phrasings a vector is closest to.

    Attributes:
        topic: The key of the question.
        similarity: How close it is, -1 to 1.
        runner_up: How close the next question is.
        is_clear: Whether the message asks this question, by the thresholds.
    """

    topic: str
    similarity: float
    runner_up: float
    is_clear: bool


def is_answerable(understanding: Understanding, text: str) -> bool:
    """Return whether a message may get the answer to a common question, judging by what it means.

    It must be short, routine, in English or Spanish, and surely no clinical concern or complaint, also in part; and it
    must not tell of the patient's own case: "what is the cancellation fee you charged me" asks for more than the fee.
    """
    concern = sum(understanding.probabilities.get(intent, 0.0) for intent in _NEVER_ANSWERED)
    return (
        len(text) <= MAX_CHARACTERS
        and understanding.triage is TriageLevel.ROUTINE
        and understanding.language in (Language.EN, Language.ES)
        and understanding.disposition in _ANSWERED
        and understanding.intent not in _NEVER_ANSWERED
        and concern <= MOST_CONCERN
        and not (understanding.also or understanding.praise or understanding.partly_read)
        and not tells_of_own_case(text)
    )


def encode_questions(encoder: SentenceEncoder, texts: Sequence[str]) -> Vector:
    """Return one vector for each question."""
    return encoder.encode([spell_out(text) for text in texts])


class QuestionMatcher:
    """The questions of a practice, ready to be found in messages."""

    def __init__(self, encoder: SentenceEncoder, questions: Mapping[str, Sequence[str]]) -> None:
        """Encode the phrasings, unless the model alone finds all the questions.

        Args:
            encoder: The encoder, with the model of the starter set.
            questions: The phrasings of each question, by its key.
        """
        self._encoder = encoder
        self._kept = frozenset(key for key, phrasings in questions.items() if is_kept(key, phrasings))
        written = [(key, text) for key, phrasings in questions.items() for text in phrasings]
        starters = {key: starter_questions()[key] for key in self._kept}
        suggested = [(key, text) for key, starter in starters.items() for text in (starter.spanish, *starter.bare)]
        self._exact = {spell_out(text).rstrip("?.! "): key for key, text in (*suggested, *written)}
        self._index: QuestionIndex | None = None
        if len(self._kept) < len(questions):
            vectors = {key: encode_questions(encoder, phrasings) for key, phrasings in questions.items() if phrasings}
            self._index = QuestionIndex(vectors, encoder.info.thresholds)

    def match(self, text: str) -> QuestionMatch:
        """Return the question that a text is closest to, and any other that it clearly asks too."""
        found = self._match_one(text)
        parts = [part for part in _PARTS.split(text) if len(part.split()) > 1]
        if not found.is_near or not 1 < len(parts) <= _MOST_PARTS:
            return found
        asked = [part for part in map(self._match_one, parts) if part.is_clear]
        topics = dict.fromkeys((*(part.topic for part in asked), *((found.topic,) if found.is_clear else ())))
        if len(topics) < 2:
            return found
        first, *others = topics
        lead = next((part for part in asked if part.topic == first), found)
        return replace(lead, also=tuple(others))

    def _match_one(self, text: str) -> QuestionMatch:
        spelled, limits = spell_out(text), self._encoder.info.thresholds
        exact = self._exact.get(spelled.rstrip("?.! "))
        if exact is not None:
            return QuestionMatch(exact, 1.0, limits.topic, True)
        vector = self._encoder.encode([spelled])[0]
        own = self._index.find(vector) if self._index else None
        if own is not None and own.is_clear and own.topic not in self._kept:
            return QuestionMatch(own.topic, own.similarity, limits.similarity, True)
        chances = self._encoder.topics.weigh(spelled, vector)
        topic = max((key for key in chances if key != NO_TOPIC), key=lambda key: chances[key])
        if topic not in self._kept:  # the practice made another question of it
            nearest = own.topic if own else topic
            return QuestionMatch(nearest, own.similarity if own else 0.0, limits.similarity, False)
        return QuestionMatch(topic, chances[topic], limits.topic, chances[topic] >= limits.topic)


def is_kept(key: str, phrasings: Sequence[str]) -> bool:
    """Return whether a question is still one of the starter set, by what the practice left of its phrasings."""
    starter = starter_questions().get(key)
    return starter is not None and len(set(starter.phrasings) & set(phrasings)) >= LEAST_KEPT


class QuestionIndex:
    """The phrasings of a practice's questions, as vectors."""

    def __init__(self, topics: Mapping[str, Vector], thresholds: MatchThresholds) -> None:
        """Take the vectors of each question's phrasings, by the key of the question.

        Args:
            topics: At least one question, each with at least one phrasing.
            thresholds: When a question counts as asked.
        """
        self._keys = list(topics)
        self._phrasings = list(topics.values())
        self._thresholds = thresholds

    def find(self, vector: Vector) -> PhrasingMatch:
        """Return the question that a vector is closest to."""
        similarities = np.array([self._similarity(phrasings @ vector) for phrasings in self._phrasings])
        order = np.argsort(-similarities)
        best = float(similarities[order[0]])
        runner_up = float(similarities[order[1]]) if len(order) > 1 else -1.0
        limits = self._thresholds
        is_clear = best >= limits.similarity and best - runner_up >= limits.margin
        return PhrasingMatch(self._keys[order[0]], best, runner_up, is_clear)

    def _similarity(self, cosines: Vector) -> float:
        nearest = min(self._thresholds.nearest, len(cosines))
        return float(np.sort(cosines)[-nearest:].mean())
