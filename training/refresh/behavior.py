"""Compare what two models do with messages besides naming the intent: alarms, languages, and what goes to a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from classifier import INTENTS, Understanding
from classifier.outputs import LANGUAGES, Language
from intake.vocabulary import TriageLevel
from training.data.corpus import CorpusMessage
from training.refresh.comparison import Difference, paired_difference

_SPOKEN: dict[Language, str] = {
    "en": "English messages taken for English",
    "es": "Spanish messages taken for Spanish",
    "other": "messages in other languages taken for neither",
}
_ROUTABLE = (None, TriageLevel.ROUTINE)
"""The levels of the messages that may be routed by their intent; triage sends the others to staff."""


@dataclass(frozen=True, slots=True)
class _Aspect:
    """Something that a model should do with some messages.

    Attributes:
        name: The messages with which it does so, in words.
        concerns: Whether a message is one of those.
        is_right: Whether the model did so.
    """

    name: str
    concerns: Callable[[CorpusMessage], bool]
    is_right: Callable[[CorpusMessage, Understanding], bool]


def compare_behavior(
    old: Sequence[Understanding],
    new: Sequence[Understanding],
    messages: Sequence[CorpusMessage],
    everyday_writers: Collection[str],
    resamples: int,
) -> dict[str, Difference]:
    """Compare what two models do with the same messages, besides naming the intent and finding emergencies.

    Args:
        old: The old model's results, one for each message.
        new: The new model's results.
        messages: The messages.
        everyday_writers: The writers whose messages are a practice's ordinary weeks.
        resamples: Number of bootstrap resamples.
    """
    return {
        aspect.name: _compare(aspect, old, new, messages, resamples)
        for aspect in (*_alarms(everyday_writers), _SAME_DAY, *map(_language, LANGUAGES), *_ROUTING)
    }


def compare_urgency(
    old: Sequence[Understanding], new: Sequence[Understanding], messages: Sequence[CorpusMessage], resamples: int
) -> Difference:
    """Compare how many emergencies among some messages two models recognize."""
    return _compare(_EMERGENCIES, old, new, messages, resamples)


def _compare(
    aspect: _Aspect,
    old: Sequence[Understanding],
    new: Sequence[Understanding],
    messages: Sequence[CorpusMessage],
    resamples: int,
) -> Difference:
    before, after = (
        np.array([aspect.is_right(m, u) for m, u in zip(messages, found, strict=True) if aspect.concerns(m)], bool)
        for found in (old, new)
    )
    return paired_difference(before, after, resamples)


_EMERGENCIES = _Aspect(
    "emergencies found",
    lambda message: message.level is TriageLevel.EMERGENCY,
    lambda _, found: found.urgent,
)
_SAME_DAY = _Aspect(
    "same-day matters seen the same day",
    lambda message: message.level is TriageLevel.SAME_DAY,
    lambda _, found: found.triage is not TriageLevel.ROUTINE,
)
_ROUTING = (
    _Aspect(
        "messages routed to the right team",
        lambda message: message.label in INTENTS and message.level in _ROUTABLE,
        lambda message, found: found.is_routed() and found.intent == message.label,
    ),
    _Aspect(
        "messages kept from a wrong team",
        lambda message: message.label in INTENTS and message.level in _ROUTABLE,
        lambda message, found: not found.is_routed() or found.intent == message.label,
    ),
    _Aspect(
        "messages of no intent kept from every team",
        lambda message: message.label not in (None, "acknowledgement", *INTENTS) and message.level in _ROUTABLE,
        lambda _, found: not found.is_routed(),
    ),
)


def _alarms(everyday_writers: Collection[str]) -> list[_Aspect]:
    """Return what to do with routine messages: those of everyday writers, others that could seem urgent, the rest."""

    def kind_of(message: CorpusMessage) -> str | None:
        if message.level is not TriageLevel.ROUTINE:
            return None
        if message.writer in everyday_writers:
            return "everyday messages"
        return "near misses" if message.could_seem_urgent else "other routine messages"

    def aspect_of(kind: str) -> _Aspect:
        return _Aspect(
            f"{kind} that raise no alarm", lambda message: kind_of(message) == kind, lambda _, found: not found.urgent
        )

    return [aspect_of(kind) for kind in ("everyday messages", "near misses", "other routine messages")]


def _language(language: Language) -> _Aspect:
    return _Aspect(
        _SPOKEN[language],
        lambda message: message.language == language,
        lambda _, found: found.language == language,
    )
