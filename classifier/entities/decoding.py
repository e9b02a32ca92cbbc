"""Turn the logits of tokens into values: pure arithmetic, shared by serving and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from classifier.entities.entity import MODEL, Entity, Places
from classifier.entities.labels import KINDS
from classifier.entities.spans import Span, join_neighbors, trim_span
from classifier.network.decoding import softmax_rows

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

_FIRST: Final = np.arange(1, 1 + 2 * len(KINDS), 2)
_NEXT: Final = _FIRST + 1
_POSSIBLE: Final = 0.02
"""From which probability on a token may belong to a value; on validation, hardly any value lies below."""


def best_labels(logits: Floats) -> Labels:
    """Return the most probable labels of a text's tokens in which no value starts in its middle.

    Args:
        logits: One row per token, one column per label.
    """
    greedy: Labels = logits.argmax(axis=1)
    before = np.concatenate(([0], greedy[:-1]))
    inside = (greedy > 0) & (greedy % 2 == 0)
    if (~inside | (before == greedy) | (before == greedy - 1)).all():
        return greedy
    return _viterbi(logits)


def _viterbi(logits: Floats) -> Labels:
    scores = np.log(np.maximum(softmax_rows(logits), 1e-12))
    count, columns = scores.shape
    came_from = np.zeros((count, columns), dtype=np.int64)
    best = scores[0].copy()
    best[_NEXT] = -np.inf
    for token in range(1, count):
        previous = int(best.argmax())
        came_from[token] = previous
        reached = np.full(columns, best[previous])
        starts = best[_FIRST] >= best[_NEXT]
        came_from[token, _NEXT] = np.where(starts, _FIRST, _NEXT)
        reached[_NEXT] = np.where(starts, best[_FIRST], best[_NEXT])
        best = reached + scores[token]
    path = np.zeros(count, dtype=np.int64)
    path[-1] = best.argmax()
    for token in range(count - 1, 0, -1):
        path[token - 1] = came_from[token, path[token]]
    return path


def decode_entities(
    text: str, offsets: Sequence[tuple[int, int]], logits: Floats, outside_penalty: float
) -> tuple[Entity, ...]:
    """Return the entities of a text, in its order, without overlaps.

    Args:
        text: The text.
        offsets: The place of each token, in characters.
        logits: One row per token, one column per label.
        outside_penalty: What is subtracted from the logit of tokens outside of any value.
    """
    if not len(logits):
        return ()
    shifted = logits.copy()
    shifted[:, 0] -= outside_penalty
    labels = best_labels(shifted)
    if not labels.any():
        return ()
    shares = softmax_rows(shifted)
    found: list[tuple[Span, float]] = []
    for first, last in _runs(labels):
        kind = KINDS[(int(labels[first]) - 1) // 2]
        start, end = trim_span(text, offsets[first][0], offsets[last][1], kind)
        if start < end:
            column = 1 + 2 * KINDS.index(kind)
            sure = float(shares[first : last + 1, column : column + 2].sum(axis=1).mean())
            found.append(((start, end, kind), sure))
    return _joined(text, found)


def possible_places(offsets: Sequence[tuple[int, int]], logits: Floats) -> Places:
    """Return the places, in characters, of the tokens that may belong to a value, however improbably.

    Args:
        offsets: The place of each token, in characters.
        logits: One row per token, one column per label.
    """
    if not len(logits):
        return ()
    return tuple(offsets[token] for token in np.flatnonzero(1 - softmax_rows(logits)[:, 0] >= _POSSIBLE).tolist())


def _runs(labels: Labels) -> list[tuple[int, int]]:
    """Return the first and the last token of each value."""
    runs: list[tuple[int, int]] = []
    for token, label in enumerate(labels.tolist()):
        if label % 2:
            runs.append((token, token))
        elif label:
            runs[-1] = (runs[-1][0], token)
    return runs


def _joined(text: str, found: Sequence[tuple[Span, float]]) -> tuple[Entity, ...]:
    """Return the entities, neighbors that are one value joined; of those, the least sure part counts."""
    entities: list[Entity] = []
    pending = list(reversed(found))
    for start, end, kind in join_neighbors(text, [span for span, _ in found]):
        sure = 1.0
        while pending and pending[-1][0][1] <= end:
            sure = min(sure, pending.pop()[1])
        entities.append(Entity(kind, start, end, sure, MODEL))
    return tuple(entities)
