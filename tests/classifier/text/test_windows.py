"""A text longer than the network can read at once is read in overlapping windows."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import INTENTS, Classifier
from classifier.text.windows import MAX_BATCH_TOKENS, MAX_WINDOWS, batches, combine, cut


def row(intent: str, probability: float) -> list[float]:
    rest = (1 - probability) / (len(INTENTS) - 1)
    return [probability if label == intent else rest for label in INTENTS]


def combined(*rows: list[float], weights: list[int] | None = None) -> dict[str, float]:
    result = combine(np.array(rows), weights or [10] * len(rows), INTENTS, threshold=0.6)
    return dict(zip(INTENTS, map(float, result), strict=True))


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(2, 60), st.data())
def test_windows_cover_every_token_in_order_and_share_their_edges(count: int, length: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, length - 1))

    windows = cut(count, length, overlap)

    assert windows[0][0] == 0
    assert windows[-1][-1] == count - 1
    assert all(len(window) == min(length, count) for window in windows)
    for earlier, later in pairwise(windows):
        assert earlier[0] < later[0] <= earlier[-1] + 1 - overlap


def test_a_text_that_fits_is_one_window() -> None:
    assert cut(3, 3, 1) == [range(3)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 300), max_size=200))
def test_batches_hold_every_window_once_sorted_by_length_and_bounded(lengths: list[int]) -> None:
    groups = list(batches(lengths))

    positions = [position for group in groups for position in group]
    assert sorted(positions) == list(range(len(lengths)))
    assert [lengths[position] for position in positions] == sorted(lengths)
    for group in groups:
        longest = max(lengths[position] for position in group)
        assert len(group) <= MAX_WINDOWS
        assert len(group) == 1 or len(group) * longest <= MAX_BATCH_TOKENS


def test_windows_are_averaged_by_their_tokens() -> None:
    result = combined(row("billing_inquiry", 0.9), row("price_shopper", 0.9), weights=[30, 10])

    assert result["billing_inquiry"] == pytest.approx(0.75 * 0.9 + 0.25 * 0.1 / 6)
    assert sum(result.values()) == pytest.approx(1)


def test_one_window_sure_of_a_clinical_concern_speaks_for_the_text() -> None:
    result = combined(*[row("price_shopper", 0.99)] * 20, row("clinical_concern", 0.7))

    assert result["clinical_concern"] == pytest.approx(0.7)


def test_one_window_sure_of_a_complaint_speaks_for_the_text() -> None:
    result = combined(*[row("price_shopper", 0.99)] * 20, row("complaint", 0.7))

    assert result["complaint"] == pytest.approx(0.7)


def test_a_sure_concern_is_not_hidden_by_a_less_sure_complaint() -> None:
    result = combined(row("complaint", 0.7), row("clinical_concern", 0.95), row("complaint", 0.7))

    assert result["clinical_concern"] == pytest.approx(0.95)


def test_the_surest_of_several_such_windows_speaks() -> None:
    result = combined(row("clinical_concern", 0.7), row("clinical_concern", 0.9), row("clinical_concern", 0.8))

    assert result["clinical_concern"] == pytest.approx(0.9)


def test_an_unsure_window_does_not_speak_for_the_text() -> None:
    result = combined(*[row("price_shopper", 0.99)] * 3, row("clinical_concern", 0.5))

    assert max(result, key=result.__getitem__) == "price_shopper"


@pytest.mark.parametrize("place", [0, 3_500, 7_141])
def test_one_word_anywhere_in_50_000_repeated_characters_decides(tiny: Classifier, place: int) -> None:
    words = ["filler"] * 7_142
    words[place] = "swelling"
    text = " ".join(words)

    understood, without = tiny.classify([text, text.replace("swelling", "filler")])

    assert understood.intent == "clinical_concern"
    assert understood.confidence > 0.6
    assert without.confidence == pytest.approx(1 / len(INTENTS))


@pytest.mark.parametrize("place", range(0, 60, 3))
def test_every_token_of_a_long_text_reaches_the_network(tiny: Classifier, place: int) -> None:
    words = ["filler"] * 60
    words[place] = "bill"

    (understood,) = tiny.classify([" ".join(words)])

    assert understood.intent == "billing_inquiry"
    assert understood.confidence > 1 / len(INTENTS)
