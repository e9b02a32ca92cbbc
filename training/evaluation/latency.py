"""How long the served model takes for one message: a figure of the machine as much as of the model."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence

import numpy as np

from classifier import Classifier

_WARM_UP = 20
_MESSAGES = 500


def measure_latency(classifier: Classifier, texts: Sequence[str]) -> dict[str, float | int | str]:
    """Time the classifier, loaded with one thread, on one message at a time.

    Args:
        classifier: The model as it is served.
        texts: What to read; the first few warm it up, and a few hundred are timed.

    Returns:
        Percentiles in milliseconds, how many messages were timed, and the machine.
    """
    for text in texts[:_WARM_UP]:
        classifier.classify([text])
    taken = [_milliseconds(classifier, text) for text in texts[:_MESSAGES]]
    middle, slow, slowest = (round(float(percentile), 2) for percentile in np.percentile(taken, (50, 95, 99)))
    return {
        "p50_ms": middle,
        "p95_ms": slow,
        "p99_ms": slowest,
        "messages": len(taken),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def _milliseconds(classifier: Classifier, text: str) -> float:
    start = time.perf_counter()
    classifier.classify([text])
    return (time.perf_counter() - start) * 1000
