from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, precision_recall_fscore_support

from training.scores import accuracy, bootstrap_interval, macro_f1, macro_f1_interval, per_class

LABELS = ("complaint", "billing", "clinical")
ANSWERS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, ""))), min_size=1, max_size=60)


def names(values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(values, dtype=np.str_)


@settings(max_examples=30, deadline=None)
@given(ANSWERS)
def test_scores_are_those_of_scikit_learn(answers: list[tuple[str, str]]) -> None:
    expected, predicted = names([right for right, _ in answers]), names([said for _, said in answers])
    scores = per_class(expected, predicted, LABELS)
    columns = precision_recall_fscore_support(expected, predicted, labels=LABELS, zero_division=0.0)
    for label, precision, recall, f1, support in zip(LABELS, *columns, strict=True):
        score = scores[label]
        assert (score.precision, score.recall, score.f1) == pytest.approx((precision, recall, f1))
        assert score.messages == support
    expected_macro = f1_score(expected, predicted, labels=LABELS, average="macro", zero_division=0.0)
    assert macro_f1(expected, predicted, LABELS) == pytest.approx(expected_macro)


@settings(max_examples=30, deadline=None)
@given(ANSWERS)
def test_intervals_lie_between_0_and_1(answers: list[tuple[str, str]]) -> None:
    expected, predicted = names([right for right, _ in answers]), names([said for _, said in answers])
    low, high = macro_f1_interval(expected, predicted, LABELS)
    assert 0 <= low <= high <= 1
    low, high = bootstrap_interval(expected == predicted)
    assert 0 <= low <= accuracy(expected == predicted) <= high <= 1


def test_an_interval_is_about_that_of_the_normal_approximation() -> None:
    correct = np.arange(1000) < 900
    low, high = bootstrap_interval(correct)
    half = 1.96 * np.sqrt(0.9 * 0.1 / 1000)
    assert (low, high) == pytest.approx((0.9 - half, 0.9 + half), abs=0.002)


def test_a_macro_f1_interval_is_that_of_resampling_one_by_one() -> None:
    rng = np.random.default_rng(7)
    expected = names(rng.choice(LABELS, 300).tolist())
    predicted = np.where(rng.random(300) < 0.8, expected, names(rng.choice((*LABELS, ""), 300).tolist()))
    drawn = [macro_f1(expected[chosen], predicted[chosen], LABELS) for chosen in rng.integers(0, 300, (1000, 300))]
    assert macro_f1_interval(expected, predicted, LABELS) == pytest.approx(
        tuple(np.percentile(drawn, (2.5, 97.5))), abs=0.01
    )


def test_the_same_seed_gives_the_same_interval_and_another_another() -> None:
    correct = np.arange(501) < 400
    assert bootstrap_interval(correct, seed=3) == bootstrap_interval(correct, seed=3)
    assert bootstrap_interval(correct, seed=3) != bootstrap_interval(correct, seed=4)


def test_more_answers_make_a_narrower_interval() -> None:
    few, many = (bootstrap_interval(np.arange(n) < n * 0.8) for n in (50, 5000))
    assert many[1] - many[0] < few[1] - few[0]


def test_a_score_without_doubt_has_no_width() -> None:
    everything = names(["complaint"] * 5)
    assert bootstrap_interval(everything == everything) == (1.0, 1.0)
    assert macro_f1_interval(everything, everything, ("complaint",)) == (1.0, 1.0)


def test_an_answer_that_names_no_class_is_wrong() -> None:
    expected, predicted = names(["complaint", "complaint"]), names(["complaint", ""])
    score = per_class(expected, predicted, LABELS)["complaint"]
    assert (score.precision, score.recall, score.messages) == (1.0, 0.5, 2)


def test_what_cannot_be_scored_is_named() -> None:
    none = names([])
    with pytest.raises(ValueError, match="no answers to score"):
        bootstrap_interval(none == none)
    with pytest.raises(ValueError, match="no answers to score"):
        macro_f1(none, none, LABELS)
    with pytest.raises(ValueError, match="1 right classes do not go with 2 answers"):
        macro_f1(names(["complaint"]), names(["complaint", ""]), LABELS)
    with pytest.raises(ValueError, match="the right classes praise are not among complaint"):
        macro_f1(names(["praise"]), names(["complaint"]), LABELS)
