"""What the columns of a network's output mean."""

from __future__ import annotations

from classifier.understanding import INTENTS, LABELS, URGENT


def output_names(screens: bool) -> tuple[str, ...]:
    """Return the names of the output's columns.

    Args:
        screens: Whether the network knows more than the intents. Its labels, intents first, then share one
            softmax; the last column is the logit of being urgent, by itself.
    """
    return (*LABELS, URGENT) if screens else INTENTS
