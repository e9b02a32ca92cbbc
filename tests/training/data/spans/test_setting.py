"""The values that messages are filled with."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from training.data.corpus import CORPUS
from training.data.spans.setting import (
    NoValueError,
    SpanSetting,
    Values,
    is_held_out,
    plain_names_of_tests,
    plain_words,
)
from training.data.spans.slots import SLOTS
from training.data.spans.spoken import spelled_letters

TRAINING = Values(held_out=False)
DRAWN = 500


def drawn(slot: str) -> Iterator[str]:
    for number in range(DRAWN):
        yield str(
            SLOTS[slot].draw(SpanSetting(Random(number), TRAINING, spanish=number % 3 == 0, spoken=number % 2 == 0))
        )


@pytest.mark.parametrize("slot", ["first_name", "last_name", "provider_name", "employer"])
def test_none_of_many_names_is_one_of_the_tests_even_without_its_accents_or_hyphen(slot: str) -> None:
    unseen = plain_names_of_tests(CORPUS)
    found = [word for value in drawn(slot) for word in plain_words(value)]

    assert len(found) >= DRAWN
    assert unseen.isdisjoint(found)


def test_the_words_of_a_name_are_the_same_however_it_is_typed() -> None:
    assert plain_words("José Núñez-Gil, Jr.") == ["jose", "nunez-gil", "jr", "nunez", "gil"]
    assert plain_words("JOSE") == ["jose"]


def test_a_name_of_the_tests_is_drawn_again() -> None:
    listed = next(name for name in sorted(plain_names_of_tests(CORPUS)) if len(name) > 3)
    fresh = next(f"Zz{number}" for number in range(100) if not is_held_out(f"Zz{number}"))
    made = iter([listed.title(), f"{listed}-Zz", fresh])

    assert TRAINING.draw(lambda: next(made)) == fresh


def test_a_list_with_no_value_for_this_side_is_an_error_not_a_wrong_value() -> None:
    listed = next(iter(plain_names_of_tests(CORPUS)))

    with pytest.raises(NoValueError, match=r"200 values in a row are not for training or have a name of the tests"):
        TRAINING.draw(lambda: listed)


def test_a_family_name_that_is_held_out_comes_from_a_list_where_a_language_has_none() -> None:
    held_out = Values(held_out=True)

    names = [SLOTS["last_name"].draw(SpanSetting(Random(number), held_out)) for number in range(DRAWN)]

    assert all(names)


def test_letters_are_spelled_with_no_name_of_the_tests() -> None:
    spelled = " ".join(spelled_letters("abcdefghijklmnopqrstuvwxyz", Random(number)) for number in range(200))

    assert plain_names_of_tests(CORPUS).isdisjoint(plain_words(spelled))
