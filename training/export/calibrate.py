"""Calibrate a network's confidence and choose the thresholds above which no person has to check its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from classifier.decoding import LANGUAGES, Outputs
from classifier.understanding import INTENTS
from training.recipe import CalibrationTargets
from training.statistics import expected_calibration_error

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Flags = NDArray[np.bool_]

_TEMPERATURES = np.geomspace(0.2, 5.0, 2001)
_THRESHOLDS = np.arange(1001) / 1000
# Only a network that is certain of the opposite may overrule a reviewed danger sign.
_WITH_SIGN = (0.002, 0.005, 0.01, 0.02)
_URGENT_THRESHOLDS = np.round(np.concatenate([[0.001, 0.002, 0.005], np.arange(1, 100) / 100]), 3)
_LEAST_ACKNOWLEDGEMENT = 0.3
_MARGIN = 0.02


@dataclass(frozen=True, slots=True)
class NetworkAnswers:
    """A network's answers to the validation messages, with what is known about each message.

    Attributes:
        logits: One row per message, from the network that will be served.
        labels: The correct label of each message; None if unlabeled.
        urgent: Whether each message is urgent; None if unknown.
        has_sign: Whether the reviewed danger signs match the text.
        doubtful: Whether an alarm counts as a false alarm if the message is not urgent: true for messages that resemble
            urgent ones, false for everyday messages.
    """

    logits: Floats
    labels: Sequence[str | None]
    urgent: Sequence[bool | None]
    has_sign: Flags
    doubtful: Flags


@dataclass(frozen=True, slots=True)
class Calibration:
    """The temperature and thresholds, with the figures they achieve on the validation messages.

    Attributes:
        temperature: Divisor of the logits before the softmax.
        review_threshold: The lowest confidence, 0 to 1, at which all messages together reach the target.
        review_thresholds: For each intent, the lowest confidence, 0 to 1, at which it is routed automatically.
        target_accuracy: The accuracy that routed messages had to reach.
        validation_coverage: Share of the validation messages with an intent that reach their threshold.
        validation_accuracy_when_routed: Accuracy on those messages.
        ece_before: Expected calibration error of the plain softmax.
        ece_after: Expected calibration error at `temperature`.
        validation_out_of_scope_held: Share of the messages without an intent that stay below their threshold.
        acknowledgement_threshold: The lowest probability at which a short message counts as needing no answer.
        urgent_threshold: The lowest urgency probability that raises the alarm without a danger sign.
        urgent_with_sign_threshold: The lowest urgency probability that raises the alarm with a danger sign.
        validation_urgent_found: Share of the urgent messages that raise the alarm.
        validation_false_alarms: Share of the doubtful messages that raise the alarm although they are not urgent.
    """

    temperature: float
    review_threshold: float
    review_thresholds: dict[str, float]
    target_accuracy: float
    validation_coverage: float
    validation_accuracy_when_routed: float
    ece_before: float
    ece_after: float
    validation_out_of_scope_held: float | None = None
    acknowledgement_threshold: float | None = None
    urgent_threshold: float | None = None
    urgent_with_sign_threshold: float | None = None
    validation_urgent_found: float | None = None
    validation_false_alarms: float | None = None


def calibrate_network(names: Sequence[str], answers: NetworkAnswers, targets: CalibrationTargets) -> Calibration:
    """Fit the temperature and choose the thresholds.

    Args:
        names: The names of the network's columns.
        answers: The network's answers to the validation messages.
        targets: What the thresholds must achieve.
    """
    outputs = Outputs(names)
    labeled = np.array([label in outputs.labels for label in answers.labels])
    labels = np.array([outputs.labels.index(label) if label in outputs.labels else -1 for label in answers.labels])
    columns = [list(names).index(label) for label in outputs.labels]
    temperature = fit_temperature(answers.logits[labeled][:, columns], labels[labeled])
    probabilities = outputs.probabilities(answers.logits, temperature)
    in_scope = np.array([label in INTENTS for label in answers.labels])
    confidence, correct = intent_confidence(outputs, probabilities, answers.labels)
    others = labeled & ~in_scope
    # Acknowledgements need no answer, so the threshold need not block them.
    blocked = others & np.array([label != "acknowledgement" for label in answers.labels])
    blocking = _blocking_threshold(confidence[blocked], targets.out_of_scope_held)
    threshold = max(review_threshold(confidence[in_scope], correct[in_scope], targets.accuracy), blocking)
    named = best_intents(outputs, probabilities)
    own = {
        intent: max(review_threshold(confidence[predicted], correct[predicted], targets.accuracy), blocking)
        for intent in INTENTS
        for predicted in [in_scope & (named == intent)]
    }
    sure = confidence >= np.array([own[intent] for intent in named])
    routed = in_scope & sure
    plain = outputs.probabilities(answers.logits, 1.0)
    return Calibration(
        temperature=round(temperature, 4),
        review_threshold=threshold,
        review_thresholds=own,
        target_accuracy=targets.accuracy,
        validation_coverage=_share(routed[in_scope]),
        validation_accuracy_when_routed=_share(correct[routed]) if routed.any() else 1.0,
        ece_before=round(expected_calibration_error(*intent_confidence(outputs, plain, answers.labels, in_scope)), 4),
        ece_after=round(expected_calibration_error(confidence[in_scope], correct[in_scope]), 4),
        validation_out_of_scope_held=_share(~sure[blocked]) if blocked.any() else None,
        **_acknowledgement_threshold(outputs, probabilities, answers),
        **_urgency_thresholds(outputs, answers, targets),
    )


def _share(flags: Flags) -> float:
    return round(float(flags.mean()), 4)


def intent_confidence(
    outputs: Outputs, probabilities: Floats, labels: Sequence[str | None], chosen: Flags | None = None
) -> tuple[Floats, Flags]:
    """Return the confidence in the most probable intent of each message, and whether that intent is correct."""
    correct = best_intents(outputs, probabilities) == np.array(labels, dtype=object)
    confidence = np.array([outputs.intent_shares(row).max() for row in probabilities])
    return (confidence, correct) if chosen is None else (confidence[chosen], correct[chosen])


def best_intents(outputs: Outputs, probabilities: Floats) -> NDArray[np.object_]:
    """Return the most probable intent of each row of label probabilities."""
    best = [outputs.intents[int(outputs.intent_shares(row).argmax())] for row in probabilities]
    return np.array(best, dtype=object)


def _blocking_threshold(confidence: Floats, share: float) -> float:
    """Return the lowest threshold, in thousandths, that keeps the given share of messages below it."""
    if not len(confidence):
        return 0.0
    blocked = (confidence[:, None] < _THRESHOLDS).mean(axis=0) >= share
    return float(_THRESHOLDS[blocked.argmax()]) if blocked.any() else 1.0


def _acknowledgement_threshold(outputs: Outputs, probabilities: Floats, answers: NetworkAnswers) -> dict[str, float]:
    """Choose a threshold at which every validation message that needs an answer gets one."""
    if "acknowledgement" not in outputs.labels:
        return {}
    column = probabilities[:, outputs.labels.index("acknowledgement")]
    needing = np.array([label != "acknowledgement" for label in answers.labels])
    highest = float(column[needing].max(initial=0.0))
    return {"acknowledgement_threshold": round(min(max(highest + _MARGIN, _LEAST_ACKNOWLEDGEMENT), 1.0), 3)}


def _urgency_thresholds(outputs: Outputs, answers: NetworkAnswers, targets: CalibrationTargets) -> dict[str, float]:
    """Choose the pair of thresholds with the fewest false alarms among those that find enough urgent messages."""
    urgency = outputs.urgency(answers.logits)
    if urgency is None:
        return {}
    # The network is not used for other languages.
    foreign = np.array([label in LANGUAGES for label in answers.labels])
    urgent = np.array([known is True for known in answers.urgent], dtype=bool) & ~foreign
    ordinary = np.array([known is False for known in answers.urgent], dtype=bool) & answers.doubtful
    if not urgent.any():
        # Without urgent messages there is nothing to calibrate on: only the danger signs decide.
        return {}

    def shares(alone: float, with_sign: float) -> tuple[float, float]:
        alarm = urgency >= np.where(answers.has_sign, with_sign, alone)
        return float(alarm[urgent].mean()), float(alarm[ordinary].sum() / max(ordinary.sum(), 1))

    def rank(pair: tuple[float, float]) -> tuple[float, ...]:
        alone, with_sign = pair
        found, false = shares(alone, with_sign)
        return min(found, targets.urgent_found), -false, alone, found, with_sign

    pairs = [(float(alone), float(with_sign)) for alone, with_sign in product(_URGENT_THRESHOLDS, _WITH_SIGN)]
    alone, with_sign = max((pair for pair in pairs if pair[0] >= pair[1]), key=rank)
    found, false = shares(alone, with_sign)
    return {
        "urgent_threshold": alone,
        "urgent_with_sign_threshold": with_sign,
        "validation_urgent_found": round(found, 4),
        "validation_false_alarms": round(false, 4),
    }


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """Return the temperature, from 0.2 to 5, with the lowest negative log-likelihood.

    Temperature scaling: Guo et al., On Calibration of Modern Neural Networks, ICML 2017.
    """
    from scipy.special import softmax

    rows = np.arange(len(labels))
    losses = [-np.log(softmax(logits / t, axis=1)[rows, labels] + 1e-12).mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def review_threshold(confidence: Floats, correct: NDArray[np.bool_], target_accuracy: float) -> float:
    """Return the lowest threshold, in thousandths, at which the accuracy reaches the target.

    Return 1.0, which sends almost every message to a person, if no threshold reaches it.
    """
    for threshold in _THRESHOLDS:
        routed = confidence >= threshold
        if routed.any() and correct[routed].mean() >= target_accuracy:
            return float(threshold)
    return 1.0
