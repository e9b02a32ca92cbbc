"""Find the practice's question that a message asks: the closest one, if it is close enough and no other is near."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from classifier.sentences import MatchThresholds, SentenceEncoder, Vector
from classifier.understanding import Understanding
from intake.vocabulary import Disposition, TriageLevel

MAX_CHARACTERS: Final = 240
"""A longer message says more than one question, which a vector of all of it would hide."""

MOST_CONCERN: Final = 0.15
"""The largest probability, 0 to 1, that an answered message is a clinical concern or a complaint."""

_NEVER_ANSWERED: Final = ("clinical_concern", "complaint")
_ANSWERED: Final = (Disposition.ROUTE, Disposition.REVIEW, Disposition.OUT_OF_SCOPE)
_GREETING = re.compile(r"^(?:hi|hey|hello|good (?:morning|afternoon|evening))(?: there)?[,.! ]+")
_WORD = re.compile(r"[a-z0-9']+")
# What people type on a phone, as the encoder knows it.
_SPELLED_OUT: Final = {
    "u": "you", "ur": "your", "r": "are", "ya": "you", "yall": "you", "y'all": "you", "pls": "please", "plz": "please",
    "appt": "appointment", "appts": "appointments", "thx": "thanks", "w": "with", "n": "and", "tmrw": "tomorrow",
    "2day": "today", "hrs": "hours", "hr": "hour", "sat": "saturday", "sun": "sunday", "mon": "monday",
    "tues": "tuesday", "wed": "wednesday", "thurs": "thursday", "fri": "friday", "wk": "week", "ins": "insurance",
    "dr": "doctor", "docs": "doctors", "info": "information", "rx": "prescription", "min": "minutes",
    "mins": "minutes", "addr": "address", "addy": "address", "bc": "because", "cuz": "because", "abt": "about",
    "2": "to", "4": "for", "im": "i am", "whats": "what is", "wheres": "where is", "gonna": "going to",
    "wanna": "want to", "guys": "", "bcbs": "blue cross blue shield",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuestionMatch:
    """The question that a message is closest to.

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

    It must be short, routine, in English, and surely neither a clinical concern nor a complaint, also in part.
    """
    concern = sum(understanding.probabilities.get(intent, 0.0) for intent in _NEVER_ANSWERED)
    return (
        len(text) <= MAX_CHARACTERS
        and understanding.triage is TriageLevel.ROUTINE
        and understanding.language == "en"
        and understanding.disposition in _ANSWERED
        and understanding.intent not in _NEVER_ANSWERED
        and concern <= MOST_CONCERN
        and not (understanding.also or understanding.praise or understanding.partly_read)
    )


def spell_out(text: str) -> str:
    """Return a question without its greeting, in lower case, with the abbreviations of text messages spelled out."""
    text = _GREETING.sub("", text.lower().replace("’", "'"))
    return " ".join(_WORD.sub(lambda word: _SPELLED_OUT.get(word[0], word[0]), text).split())


def encode_questions(encoder: SentenceEncoder, texts: Sequence[str]) -> Vector:
    """Return one vector for each question."""
    return encoder.encode([spell_out(text) for text in texts])


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

    def find(self, vector: Vector) -> QuestionMatch:
        """Return the question that a vector is closest to."""
        similarities = np.array([self._similarity(phrasings @ vector) for phrasings in self._phrasings])
        order = np.argsort(-similarities)
        best = float(similarities[order[0]])
        runner_up = float(similarities[order[1]]) if len(order) > 1 else -1.0
        limits = self._thresholds
        is_clear = best >= limits.similarity and best - runner_up >= limits.margin
        return QuestionMatch(self._keys[order[0]], best, runner_up, is_clear)

    def _similarity(self, cosines: Vector) -> float:
        nearest = min(self._thresholds.nearest, len(cosines))
        return float(np.sort(cosines)[-nearest:].mean())
