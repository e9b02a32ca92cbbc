from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.text.normalise import flattened, normalised, well_formed
from tests.classifier.hostile import HOSTILE_TEXTS

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("I can’t  BREATHE", "i cant breathe"),
        ("can't", "cant"),
        ("can´t", "cant"),
        ("ｆｕｌｌ　ｗｉｄｔｈ", "full width"),
        ("  two\n\tlines ", "two lines"),
        ("no\u00a0break", "no break"),
        ("", ""),
    ],
)
def test_the_many_ways_of_typing_become_one(typed: str, expected: str) -> None:
    assert normalised(typed) == expected


def test_flattened_text_keeps_its_capitals() -> None:
    assert flattened("Thanks,\nMaria’s mum") == "Thanks, Marias mum"


def test_surrogate_pairs_are_joined_and_lone_ones_replaced() -> None:
    assert well_formed("\ud83d\ude00") == "😀"
    assert well_formed("tooth \ud83d") == "tooth \ufffd"


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_comes_out_fit_to_be_stored(text: str) -> None:
    normalised(text).encode("utf-8")


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_text_comes_out_single_spaced_and_fit_to_be_stored(text: str) -> None:
    plain = normalised(text)

    plain.encode("utf-8")
    assert plain == " ".join(plain.split())
