"""Cut long texts into windows, batch them, and combine the windows' probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

MAX_WINDOWS = 16
# Measured: batches of 128 tokens take a third less CPU time than batches of 512 for short texts, and a tenth less for
# longer ones. The session also keeps the memory of its largest batch, in proportion to windows × tokens².
MAX_BATCH_TOKENS = 128

# Intents that an average over a long text must not hide.
PRESSING = ("complaint", "clinical_concern")


def cut(count: int, length: int, overlap: int) -> list[range]:
    """Cut a text into windows that together cover every one of its tokens.

    Args:
        count: The text's tokens, without special ones; at least one.
        length: The most tokens a window holds; more than `overlap`.
        overlap: How many tokens neighboring windows share, so that a sentence cut in one is complete in the next.

    Returns:
        The windows' places in order. The last one ends with the text and is full, so it may overlap by more.
    """
    last = max(0, count - length)
    starts = [*range(0, last, length - overlap), last]
    return [range(start, min(start + length, count)) for start in starts]


def batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Group windows of similar length.

    Args:
        lengths: Each window's number of tokens.

    Yields:
        Positions in `lengths`, shortest first; at most `MAX_WINDOWS` of them and, once padded to the longest, at
        most `MAX_BATCH_TOKENS` tokens, except that a single window is always allowed.
    """
    batch: list[int] = []
    for position in sorted(range(len(lengths)), key=lengths.__getitem__):
        full = len(batch) == MAX_WINDOWS or (len(batch) + 1) * lengths[position] > MAX_BATCH_TOKENS
        if batch and full:
            yield batch
            batch = []
        batch.append(position)
    if batch:
        yield batch


def combine(
    probabilities: NDArray[np.float64],
    weights: Sequence[int],
    labels: Sequence[str],
    threshold: float,
) -> NDArray[np.float64]:
    """Combine the windows of one text.

    The result is the average of the windows' probabilities, weighted by their tokens, with one exception: if a window
    is sure of a complaint or a clinical concern, its probabilities are those of the whole text (the surest such window,
    if there are several). An average alone would let three pages of small talk hide one sentence about a wound that
    will not stop bleeding, and a false alarm only costs someone a look.

    Args:
        probabilities: One row for each window, one column for each label.
        weights: Each window's number of tokens.
        labels: The labels of the columns.
        threshold: The least probability, 0–1, at which a window is sure: the model's review threshold.

    Returns:
        One probability for each label, summing to 1.
    """
    pressing = probabilities[:, [labels.index(intent) for intent in PRESSING]].max(axis=1)
    surest = int(pressing.argmax())
    row: NDArray[np.float64] = probabilities[surest]
    if pressing[surest] == row.max() >= threshold:
        return row
    shares = np.asarray(weights, dtype=np.float64)
    average: NDArray[np.float64] = shares @ probabilities / shares.sum()
    return average
