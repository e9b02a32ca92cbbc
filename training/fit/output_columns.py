"""The meaning of the columns of a network's output."""

from __future__ import annotations

from classifier.understanding import INTENTS, LABELS, URGENT


def output_names(screens: bool) -> tuple[str, ...]:
    """Return the names of the output's columns.

    Args:
        screens: Whether the network has more outputs than the intents. If so, its labels, intents first, share one
            softmax, and the last column is the separate logit of being urgent.
    """
    return (*LABELS, URGENT) if screens else INTENTS
