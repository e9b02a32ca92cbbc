"""Measure the latency of the served model, which depends on the machine as much as on the model."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence

import numpy as np

from classifier import Classifier
from training.statistics import spread

_WARM_UP = 20
_MESSAGES = 500


def measure_latency(classifier: Classifier, texts: Sequence[str]) -> dict[str, float | int | str]:
    """Time the classifier on one message at a time, with one thread.

    Args:
        classifier: The served model.
        texts: The texts. The first few are a warm-up, and a few hundred, evenly spread over all of them, are timed.

    Returns:
        Percentiles in milliseconds, the number of timed messages, and the machine.
    """
    for text in texts[:_WARM_UP]:
        classifier.classify([text])
    times = [_milliseconds(classifier, text) for text in spread(texts, _MESSAGES)]
    middle, slow, slowest = (round(float(percentile), 2) for percentile in np.percentile(times, (50, 95, 99)))
    return {
        "p50_ms": middle,
        "p95_ms": slow,
        "p99_ms": slowest,
        "messages": len(times),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def _milliseconds(classifier: Classifier, text: str) -> float:
    start = time.perf_counter()
    classifier.classify([text])
    return (time.perf_counter() - start) * 1000
