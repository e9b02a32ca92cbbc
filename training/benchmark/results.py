"""Score the predictions of a contender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.understanding import INTENTS
from training.benchmark.contender import Prediction
from training.data.labeled_messages import LabeledMessage
from training.llm.prices import Price
from training.statistics import bootstrap_interval, macro_f1, macro_f1_interval, per_class

SEED = 0
PERCENTILES = (50, 95, 99)
FREE = Price(0, 0)


@dataclass(frozen=True, slots=True)
class Result:
    """The scores of one contender. Shares are between 0 and 1; intervals are 95% bootstrap intervals.

    Attributes:
        name: Its name on the command line.
        accuracy: Share of the messages it classified correctly.
        accuracy_interval: Lower and upper end.
        macro_f1: Mean F1 of the intents that occur.
        macro_f1_interval: Lower and upper end.
        by_intent: Precision, recall, F1 and number of messages of each intent that occurs.
        latency_ms: Milliseconds per message by percentile.
        dollars_per_1000: Cost of 1,000 messages like these; None if the price is unknown.
        unreadable: Number of answers without an intent; they count as wrong.
    """

    name: str
    accuracy: float
    accuracy_interval: tuple[float, float]
    macro_f1: float
    macro_f1_interval: tuple[float, float]
    by_intent: dict[str, dict[str, float]]
    latency_ms: dict[int, float]
    dollars_per_1000: float | None
    unreadable: int


def score_predictions(
    name: str, messages: Sequence[LabeledMessage], predictions: Sequence[Prediction], price: Price | None
) -> Result:
    """Score a contender's predictions."""
    expected = np.array([message.intent for message in messages], dtype=np.str_)
    predicted = np.array([prediction.intent or "" for prediction in predictions], dtype=np.str_)
    correct, named = expected.tolist(), predicted.tolist()
    labels = [intent for intent in INTENTS if intent in correct]
    milliseconds = [prediction.seconds * 1000 for prediction in predictions]
    return Result(
        name=name,
        accuracy=float((expected == predicted).mean()),
        accuracy_interval=bootstrap_interval(expected == predicted, SEED),
        macro_f1=macro_f1(correct, named, labels),
        macro_f1_interval=macro_f1_interval(correct, named, labels, SEED),
        by_intent=per_class(correct, named, labels),
        latency_ms={percentile: float(np.percentile(milliseconds, percentile)) for percentile in PERCENTILES},
        dollars_per_1000=_dollars_per_1000(predictions, price),
        unreadable=sum(prediction.intent is None for prediction in predictions),
    )


def _dollars_per_1000(predictions: Sequence[Prediction], price: Price | None) -> float | None:
    if price is None:
        return None
    input_tokens = sum(prediction.input_tokens for prediction in predictions)
    output_tokens = sum(prediction.output_tokens for prediction in predictions)
    return price.dollars(input_tokens, output_tokens) / len(predictions) * 1000
