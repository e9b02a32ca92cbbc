from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from classifier import INTENTS
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
    wilson_interval,
)

REPORTS = Path(__file__).parents[2] / "training" / "reports"
LABELS = ("complaint", "billing_inquiry", "price_shopper")


def drawn(messages: int = 400) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(3)
    expected = rng.choice(LABELS, messages)
    predicted = np.where(rng.random(messages) < 0.8, expected, rng.choice([*LABELS, "spanish"], messages))
    return expected.tolist(), predicted.tolist()


def test_an_accuracy_lies_in_its_interval_and_the_interval_is_the_same_every_time() -> None:
    correct = np.array([True] * 90 + [False] * 10)
    low, high = bootstrap_interval(correct)
    assert low == pytest.approx(0.84, abs=0.01)
    assert high == pytest.approx(0.955, abs=0.01)
    assert bootstrap_interval(correct) == (low, high)


def test_resampling_counts_or_messages_is_the_same_thing() -> None:
    correct = np.random.default_rng(1).random(300) < 0.9
    rng = np.random.default_rng(2)
    resampled = [correct[rng.integers(0, 300, 300)].mean() for _ in range(4_000)]
    assert bootstrap_interval(correct, resamples=4_000) == pytest.approx(
        np.percentile(resampled, (2.5, 97.5)), abs=0.01
    )


def test_the_interval_of_macro_f1_is_that_of_resampled_messages() -> None:
    expected, predicted = drawn()
    pairs = np.array([expected, predicted])
    rng = np.random.default_rng(2)
    drawn_again = (pairs[:, rng.integers(0, 400, 400)].tolist() for _ in range(400))
    resampled = [macro_f1(theirs, ours, LABELS) for theirs, ours in drawn_again]
    low, high = macro_f1_interval(expected, predicted, LABELS)
    assert (low, high) == pytest.approx(np.percentile(resampled, (2.5, 97.5)), abs=0.015)
    assert low < macro_f1(expected, predicted, LABELS) < high


def test_every_class_scores_as_the_field_counts() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    expected, predicted = drawn()
    columns = precision_recall_fscore_support(expected, predicted, labels=LABELS, zero_division=0.0)
    for label, *scores in zip(LABELS, *columns, strict=True):
        found = per_class(expected, predicted, LABELS)[label]
        assert [found[key] for key in ("precision", "recall", "f1", "messages")] == pytest.approx(scores)
    assert macro_f1(expected, predicted, LABELS) == pytest.approx(np.mean(columns[2]))


@pytest.mark.parametrize("part", ["validation", "cross_style"])
def test_the_figures_of_the_shipped_report_are_reproduced(part: str) -> None:
    measured = json.loads((REPORTS / "182821df53e0" / "evaluation.json").read_text(encoding="utf-8"))[part]
    pairs = [
        (right, said)
        for right, row in measured["confusion"].items()
        for said, count in row.items()
        for _ in range(count)
    ]
    expected, predicted = [right for right, _ in pairs], [said for _, said in pairs]
    scores = {
        label: {key: round(value, 4) for key, value in found.items()}
        for label, found in per_class(expected, predicted, INTENTS).items()
    }
    assert scores == measured["by_intent"]
    assert round(macro_f1(expected, predicted, INTENTS), 4) == measured["int8"]["macro_f1"]
    assert [round(end, 4) for end in macro_f1_interval(expected, predicted, INTENTS)] == (
        measured["int8"]["macro_f1_interval"]
    )
    for found in (group["accuracy"] for group in measured["by_practice"].values()):
        interval = wilson_interval(found["count"], found["messages"])
        assert [round(end, 4) for end in interval] == [found["low"], found["high"]]


def test_a_class_that_never_occurs_scores_nothing() -> None:
    found = per_class(["complaint"], ["complaint"], LABELS)
    assert found["price_shopper"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "messages": 0}
    assert macro_f1_interval(["complaint"], ["complaint"], LABELS) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("successes", "total", "interval"),
    [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0)), (50, 100, (0.4038, 0.5962)), (0, 0, (0.0, 1.0))],
)
def test_a_share_of_few_messages_has_a_wide_interval(successes: int, total: int, interval: tuple[float, float]) -> None:
    assert wilson_interval(successes, total) == pytest.approx(interval, abs=1e-4)


def test_messages_of_one_confidence_are_acted_on_together() -> None:
    confidence = np.array([0.5, 0.9, 0.7, 0.7])
    correct = np.array([False, True, False, True])
    coverage, accuracy = risk_coverage(confidence, correct)
    assert coverage.tolist() == [0.25, 0.75, 1.0]
    assert accuracy == pytest.approx([1.0, 2 / 3, 0.5])


def test_the_most_that_can_be_covered_at_an_accuracy_is_found_behind_a_dip_too() -> None:
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    correct = np.array([False, True, True, True, False])
    assert coverage_at(0.7, confidence, correct) == 0.8
    assert coverage_at(0.99, confidence, correct) == 0.0


def test_the_bins_of_the_diagram_are_those_of_the_calibration_error() -> None:
    rng = np.random.default_rng(4)
    confidence = rng.random(500)
    correct = rng.random(500) < confidence**2
    bins = reliability_bins(confidence, correct)
    error = sum(part["messages"] / 500 * abs(part["confidence"] - part["accuracy"]) for part in bins)
    assert error == pytest.approx(expected_calibration_error(confidence, correct))
    assert sum(part["messages"] for part in bins) == 500
    assert reliability_bins(np.array([1.0]), np.array([True])) == [{"confidence": 1.0, "accuracy": 1.0, "messages": 1}]


def test_a_share_comes_with_its_interval_and_of_nothing_there_is_none() -> None:
    found = count_share(np.array([True, True, False, False]))
    assert found == pytest.approx({"messages": 4, "count": 2, "share": 0.5, "low": 0.15, "high": 0.85}, abs=1e-3)
    assert count_share([True, True, False, False]) == found
    assert count_share(np.array([], dtype=bool)) is None
