"""Compare the entities that were found with those that are there, as pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from classifier.entities.spans import Span, join_neighbors
from intake.vocabulary import EntityKind
from training.statistics import count_share

BILLING: Final = frozenset((EntityKind.CARRIER, EntityKind.PLAN, EntityKind.AMOUNT, EntityKind.CPT))
"""The kinds that a bill needs and that identify nobody."""

_BETA: Final = 2.0


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with its values: those that are there, and those that were found."""

    text: str
    there: tuple[Span, ...]
    found: tuple[Span, ...]


def marked(text: str, there: Iterable[Span], found: Iterable[Span]) -> Marked:
    """Return a text with both kinds of values; neighbors that are one value are joined in both."""
    return Marked(text, tuple(join_neighbors(text, there)), tuple(join_neighbors(text, found)))


def score_spans(messages: Sequence[Marked], kinds: Collection[EntityKind] = tuple(EntityKind)) -> dict[str, Any]:
    """Score what was found of some kinds.

    Returns:
        `exact` counts a value as found if both its ends and its kind are right, `overlapping` if a value of its kind
        overlaps it, and `covered` if any value does, which is what redaction needs. Each has `precision`, `recall`,
        `f1`, and `f2` from 0 to 1. `there` and `found` are counts.
    """
    counts: Counter[str] = Counter()
    for message in messages:
        there = [span for span in message.there if span[2] in kinds]
        found = [span for span in message.found if span[2] in kinds]
        counts["there"] += len(there)
        counts["found"] += len(found)
        counts["exact"] += len(set(there) & set(found))
        counts["overlapping"] += sum(any(_overlap(span, other, True) for other in found) for span in there)
        counts["overlapping right"] += sum(any(_overlap(span, other, True) for other in there) for span in found)
        counts["covered"] += sum(any(_overlap(span, other, False) for other in message.found) for span in there)
        counts["covered right"] += sum(any(_overlap(span, other, False) for other in message.there) for span in found)
    return {
        "there": counts["there"],
        "found": counts["found"],
        "exact": _scores(counts["exact"], counts["exact"], counts),
        "overlapping": _scores(counts["overlapping"], counts["overlapping right"], counts),
        "covered": _scores(counts["covered"], counts["covered right"], counts),
    }


def score_messages(messages: Sequence[Marked]) -> dict[str, Any]:
    """Return the shares of messages with a leak, with a part of an identifier left, and untouched.

    `leaks` and `partial_leaks` are of the messages with an identifier: the first counts a message if one was not found
    at all, the second if a letter or digit of one is left. `untouched` is of the messages without any value.
    """
    with_any = [message for message in messages if any(kind not in BILLING for *_, kind in message.there)]
    without = [message for message in messages if not message.there]
    return {
        "leaks": count_share([_leaks(message, whole=False) for message in with_any]),
        "partial_leaks": count_share([_leaks(message, whole=True) for message in with_any]),
        "untouched": count_share([not message.found for message in without]),
    }


def _leaks(message: Marked, *, whole: bool) -> bool:
    hidden = {place for start, end, _ in message.found for place in range(start, end)}
    for start, end, kind in message.there:
        if kind in BILLING:
            continue
        left = [message.text[place].isalnum() and place not in hidden for place in range(start, end)]
        if any(left) if whole else not hidden & set(range(start, end)):
            return True
    return False


def _overlap(first: Span, other: Span, same_kind: bool) -> bool:
    return first[0] < other[1] and other[0] < first[1] and (not same_kind or first[2] == other[2])


def _scores(recalled: int, right: int, counts: Counter[str]) -> dict[str, float | None]:
    recall = recalled / counts["there"] if counts["there"] else None
    precision = right / counts["found"] if counts["found"] else None
    return {
        "precision": precision,
        "recall": recall,
        "f1": f_beta(precision, recall, 1.0),
        "f2": f_beta(precision, recall, _BETA),
    }


def f_beta(precision: float | None, recall: float | None, beta: float) -> float | None:
    """Return the weighted harmonic mean of precision and recall, in which recall counts `beta` times as much."""
    if precision is None or recall is None:
        return None
    weighted = beta**2 * precision + recall
    return (1 + beta**2) * precision * recall / weighted if weighted else 0.0
