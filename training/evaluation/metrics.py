"""The figures of an evaluation, as JSON: pure functions of messages and predictions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import Understanding
from classifier.network.decoding import Outputs, Thresholds, triage_level
from classifier.outputs import INTENTS, LANGUAGES
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind, Disposition, TriageLevel
from training.data.corpus import CorpusMessage
from training.export.calibrate import Flags, Floats, intent_confidence
from training.statistics import (
    bootstrap_interval,
    count_share,
    coverage_at,
    expected_calibration_error,
    macro_f1,
    macro_f1_interval,
    per_class,
    reliability_bins,
    risk_coverage,
)

Names = NDArray[np.object_]

GROUPS = ("channel", "practice", "tone", "age", "writer", "language")
"""Attributes of `CorpusMessage` by which messages are grouped."""

_SURE = 0.99
_CURVE_POINTS = 50
_PAIRS = 6
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Predictions:
    """Messages, what is known about them, and the served model's predictions.

    Attributes:
        messages: The messages, not rendered.
        understood: The classifier's result for each message.
        logits: The network's logits, one row per message.
        screenings: The danger signs in each message.
    """

    messages: Sequence[CorpusMessage]
    understood: Sequence[Understanding]
    logits: Floats
    screenings: Sequence[Screening]

    @property
    def expected(self) -> Names:
        """The correct label of each message; None if unlabeled."""
        return np.array([message.label for message in self.messages], dtype=object)

    @property
    def intents(self) -> Names:
        """The predicted intent of each message."""
        return np.array([understanding.intent for understanding in self.understood], dtype=object)

    @property
    def confidence(self) -> Floats:
        """The calibrated confidence of each prediction, 0 to 1."""
        return np.array([understanding.confidence for understanding in self.understood], dtype=np.float64)

    @property
    def in_scope(self) -> Flags:
        """Which messages are known to have an intent."""
        return np.array([message.label in INTENTS for message in self.messages], dtype=bool)

    def only(self, chosen: Flags) -> Predictions:
        """Return the selected messages."""
        places = np.flatnonzero(chosen).tolist()
        return replace(
            self,
            messages=[self.messages[place] for place in places],
            understood=[self.understood[place] for place in places],
            logits=self.logits[chosen],
            screenings=[self.screenings[place] for place in places],
        )


@dataclass(frozen=True, slots=True)
class ComparedPredictions:
    """Messages with an intent, and the intents that each model predicts for them.

    Attributes:
        predictions: The predictions of the served model.
        fp32: Those of its full-precision original.
        int8: Those of its network, with each text truncated to one window as for `fp32`.
        baseline: Those of the baseline.
    """

    predictions: Predictions
    fp32: Names
    int8: Names
    baseline: Names


def intent_measures(compared: ComparedPredictions, outputs: Outputs) -> dict[str, Any]:
    """Measure the classification of intents.

    Args:
        compared: Messages with an intent, at least one, and the predictions of all models.
        outputs: The columns of the network's output.
    """
    predictions = compared.predictions
    predicted = {"int8": predictions.intents, "fp32": compared.fp32, "baseline": compared.baseline}
    correct = predictions.intents == predictions.expected
    return {
        "messages": len(predictions.messages),
        **{model: _scores(predictions.expected, names) for model, names in predicted.items()},
        "int8_fp32_agreement": count_share(compared.int8 == compared.fp32),
        "by_intent": per_class(list(predictions.expected), list(predictions.intents), INTENTS),
        "baseline_by_intent": per_class(list(predictions.expected), list(compared.baseline), INTENTS),
        "confusion": _confusion(predictions),
        **{f"by_{group}": _parts(predictions, group) for group in GROUPS},
        "calibration": _calibration(predictions, outputs),
        "risk_coverage": _risk_coverage(predictions.confidence, correct),
    }


def hardest_pairs(predictions: Predictions) -> list[dict[str, Any]]:
    """Return the pairs of intents that are confused most often, with examples whose slots are not filled.

    The examples are meant to be read by people, so never use this for a test set.
    """
    mistaken: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for place in np.flatnonzero(predictions.in_scope & (predictions.intents != predictions.expected)):
        right, predicted = sorted((str(predictions.expected[place]), predictions.intents[place]), key=INTENTS.index)
        mistaken[right, predicted].append(int(place))
    worst = sorted(mistaken.items(), key=lambda pair: -len(pair[1]))[:_PAIRS]
    return [
        {
            "intents": list(pair),
            "messages": len(places),
            "examples": [
                {
                    "expected": predictions.expected[place],
                    "said": predictions.intents[place],
                    "confidence": predictions.confidence[place],
                    "text": predictions.messages[place].text,
                }
                # The most confident mistakes are the most informative.
                for place in sorted(places, key=lambda place: -predictions.confidence[place])[:_EXAMPLES]
            ],
        }
        for pair, places in worst
    ]


def screen_measures(predictions: Predictions, outputs: Outputs, thresholds: Mapping[str, Thresholds]) -> dict[str, Any]:
    """Measure everything that is not the choice of an intent: scope, languages, triage, dangers, second intents.

    Args:
        predictions: Any messages. Each screen is measured on the messages whose correct result is known.
        outputs: The columns of the network's output.
        thresholds: The thresholds of the served model by language.
    """
    labels = predictions.expected
    kinds = np.array([message.kind or message.label for message in predictions.messages], dtype=object)
    disposition = np.array([understanding.disposition for understanding in predictions.understood], dtype=object)
    praised = np.array([understanding.praise for understanding in predictions.understood], dtype=bool)
    in_scope, routed = predictions.in_scope, disposition == Disposition.ROUTE
    foreign = ~in_scope & (labels != None) & (labels != "acknowledgement")  # noqa: E711 - element by element
    acknowledged, asked = disposition == Disposition.ACKNOWLEDGEMENT, disposition == Disposition.PERSON
    return {
        "out_of_scope": {
            "held": count_share(~routed[foreign]),
            "by_kind": {str(kind): count_share(~routed[foreign & (kinds == kind)]) for kind in _names(kinds[foreign])},
        },
        "in_scope": {
            "routed": count_share(routed[in_scope]),
            "accuracy_when_routed": count_share((predictions.intents == labels)[in_scope & routed]),
            "taken_for_acknowledgement": count_share(acknowledged[in_scope]),
            "taken_for_praise": count_share(praised[in_scope]),
        },
        "acknowledgement": {"found": count_share(acknowledged[labels == "acknowledgement"])},
        "person": {"found": count_share(asked[labels == "person"])},
        "praise": {"found": count_share(praised[labels == "praise"])},
        "language": _languages(predictions),
        "triage": _triage(predictions, outputs, thresholds),
        "danger": _dangers(predictions),
        "second_intent": _second_intents(predictions),
        "calibration_error": _in_scope_error(predictions),
    }


def _names(values: Names) -> list[Any]:
    return sorted(set(values), key=str)


def _in_scope_error(predictions: Predictions) -> float | None:
    chosen = predictions.in_scope
    if not chosen.any():
        return None
    return expected_calibration_error(
        predictions.confidence[chosen], (predictions.intents == predictions.expected)[chosen]
    )


def round_numbers(content: Any) -> Any:
    """Round all numbers of a JSON value to four places, which keeps the files small and comparable."""
    if isinstance(content, dict):
        return {key: round_numbers(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [round_numbers(value) for value in content]
    return round(float(content), 4) if isinstance(content, float) else content


def _scores(expected: Names, predicted: Names) -> dict[str, Any]:
    right, names = list(expected), list(predicted)
    return {
        "accuracy": float((expected == predicted).mean()),
        "accuracy_interval": bootstrap_interval(expected == predicted),
        "macro_f1": macro_f1(right, names, INTENTS),
        "macro_f1_interval": macro_f1_interval(right, names, INTENTS),
    }


def _confusion(predictions: Predictions) -> dict[str, dict[str, int]]:
    """Count the predicted intents for each correct intent."""
    counts = Counter(zip(predictions.expected, predictions.intents, strict=True))
    return {
        right: {predicted: counts[right, predicted] for predicted in INTENTS if counts[right, predicted]}
        for right in INTENTS
    }


def _parts(predictions: Predictions, group: str) -> dict[str, Any]:
    """Score the messages of each group separately, without those whose group is unknown."""
    parts = np.array([getattr(message, group) for message in predictions.messages], dtype=object)
    chosen = {name: parts == name for name in sorted(set(parts) - {""})}
    return {name: _part(predictions.only(flags)) for name, flags in chosen.items() if flags.any()}


def _part(predictions: Predictions) -> dict[str, Any]:
    return {
        "accuracy": count_share(predictions.intents == predictions.expected),
        "macro_f1": macro_f1(list(predictions.expected), list(predictions.intents), INTENTS),
    }


def _calibration(predictions: Predictions, outputs: Outputs) -> dict[str, Any]:
    plain = intent_confidence(outputs, outputs.probabilities(predictions.logits, 1.0), list(predictions.expected))
    served = predictions.confidence, predictions.intents == predictions.expected
    return {
        name: {"expected_error": expected_calibration_error(*pair), "bins": reliability_bins(*pair)}
        for name, pair in (("before", plain), ("after", served))
    }


def _risk_coverage(confidence: Floats, correct: Flags) -> dict[str, Any]:
    coverage, accuracy = risk_coverage(confidence, correct)
    # The curve starts with only a few messages and ends with the accuracy on all of them.
    points = np.searchsorted(coverage, np.arange(1, _CURVE_POINTS + 1) / _CURVE_POINTS - 1e-9)
    points = np.unique(points)
    return {
        "accuracy": _SURE,
        "coverage": coverage_at(_SURE, confidence, correct),
        "curve": {"coverage": coverage[points].tolist(), "accuracy": accuracy[points].tolist()},
    }


def _languages(predictions: Predictions) -> dict[str, Any]:
    heard = np.array([understanding.language for understanding in predictions.understood], dtype=object)
    spoken = np.array([message.language for message in predictions.messages], dtype=object)
    return {language: count_share(heard[spoken == language] == language) for language in LANGUAGES}


def _triage(predictions: Predictions, outputs: Outputs, thresholds: Mapping[str, Thresholds]) -> dict[str, Any]:
    """Measure the triage levels as served, and what the network and the danger signs find by themselves."""
    served = np.array([understanding.triage for understanding in predictions.understood], dtype=object)
    levels, dangers = outputs.levels(predictions.logits), outputs.dangers(predictions.logits)
    alarms: dict[str, Flags] = {"served": served == TriageLevel.EMERGENCY}
    if levels is not None:
        alone = [
            triage_level(
                levels[place : place + 1],
                Screening(),
                thresholds.get(understanding.language, thresholds["en"]),
                predictions.messages[place].text,
                None if dangers is None else dangers[place : place + 1],
            )
            for place, understanding in enumerate(predictions.understood)
        ]
        alarms["network"] = np.array([level is TriageLevel.EMERGENCY for level in alone], dtype=bool)
    alarms["signs"] = np.array([screening != Screening() for screening in predictions.screenings], dtype=bool)
    alarms["certain_signs"] = np.array(
        [screening.certain is not None for screening in predictions.screenings], dtype=bool
    )
    known = np.array([message.level for message in predictions.messages], dtype=object)
    return {
        "emergency": {name: _alarms(predictions.messages, raised) for name, raised in alarms.items()},
        "same_day": {
            "raised": count_share(served[known == TriageLevel.SAME_DAY] != TriageLevel.ROUTINE),
            "as_emergency": count_share(served[known == TriageLevel.SAME_DAY] == TriageLevel.EMERGENCY),
            "routine_as_same_day": count_share(served[known == TriageLevel.ROUTINE] == TriageLevel.SAME_DAY),
        },
    }


def _alarms(messages: Sequence[CorpusMessage], raised: Flags) -> dict[str, Any]:
    urgent = np.array([message.urgent is True for message in messages], dtype=bool)
    routine = np.array([message.level is TriageLevel.ROUTINE for message in messages], dtype=bool)
    doubtful = np.array([message.could_seem_urgent for message in messages], dtype=bool)
    return {
        "found": count_share(raised[urgent]),
        "false_alarms": count_share(raised[routine & doubtful]),
        "everyday_alarms": count_share(raised[routine & ~doubtful]),
    }


def _dangers(predictions: Predictions) -> dict[str, Any]:
    """Return, for each kind of danger, how many of its emergencies are raised, and how many also named rightly."""
    raised = np.array([understanding.urgent for understanding in predictions.understood], dtype=bool)
    named = np.array([understanding.danger for understanding in predictions.understood], dtype=object)
    known = np.array([message.danger for message in predictions.messages], dtype=object)
    return {
        kind.value: {
            "found": count_share(raised[known == kind]),
            "named": count_share((named == kind)[(known == kind) & raised]),
        }
        for kind in DangerKind
        if (known == kind).any()
    }


def _second_intents(predictions: Predictions) -> dict[str, Any]:
    """Return how often a second intent is reported where there is one, and where there is none."""
    answers = [
        (message, understanding.intent, {mention.intent for mention in understanding.also})
        for message, understanding in zip(predictions.messages, predictions.understood, strict=True)
        if message.label in INTENTS
    ]
    # Which of two intents comes first is a matter of taste, so either order counts.
    both = [
        message.also in found or (message.also == main and message.label in found)
        for message, main, found in answers
        if message.also is not None
    ]
    single = [bool(found) for message, _, found in answers if message.also is None]
    return {
        "found": count_share(np.array(both, dtype=bool)),
        "imagined": count_share(np.array(single, dtype=bool)),
    }
