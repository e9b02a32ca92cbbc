"""The codes that end one alarm by text: what they look like, and how a text with them is read and answered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest

from tasks.notification.ack_codes import ALPHABET, TextedAck, answer_acknowledgement, make_code, read_acknowledgement


def test_no_two_characters_look_alike_and_no_code_is_a_word() -> None:
    assert not set(ALPHABET) & set("0OQD1IL2Z5S8B6GUV") - {"6"}
    assert not set(ALPHABET) & set("AEIOU")


def test_a_code_has_three_characters() -> None:
    code = make_code(set())

    assert len(code) == 3
    assert set(code) <= set(ALPHABET)


def test_a_code_that_an_open_alarm_has_is_not_given_again() -> None:
    characters: Iterator[str] = iter("33347C")

    assert make_code({"333"}, lambda _: next(characters)) == "47C"


def test_once_the_short_ones_are_taken_codes_grow() -> None:
    threes = cycle("3")

    assert make_code({"333"}, lambda _: next(threes)) == "3333"


@pytest.mark.parametrize("text", ["ACK", "ack", " Ack. ", "Acknowledged!", "acknowledge"])
def test_these_words_acknowledge_without_a_code(text: str) -> None:
    assert read_acknowledgement(text) == ()


@pytest.mark.parametrize("text", ["ACK 4F7", "ack 4f7", " Ack: 4f7. ", "ACK4F7", "acknowledged - 4F7!", "ACK #4f7"])
def test_a_code_is_read_in_any_spelling(text: str) -> None:
    assert read_acknowledgement(text) == ("4F7",)


def test_several_codes_are_read() -> None:
    assert read_acknowledgement("ack 4f7, 9KM") == ("4F7", "9KM")


@pytest.mark.parametrize("text", ["", "back", "acknowledgement", "I have a tack in my foot", "stop", "acknit"])
def test_other_words_do_not_acknowledge(text: str) -> None:
    assert read_acknowledgement(text) is None


def answer(ended: str = "", wrong: str = "", still_open: str = "", others: str = "") -> str:
    first, second, third, fourth = (tuple(listed.split()) for listed in (ended, wrong, still_open, others))
    return answer_acknowledgement(TextedAck(first, second, third, conversations=(), others=fourth))


def test_each_answer_says_what_happened_and_what_to_do() -> None:
    assert answer(ended="4F7") == "You acknowledged 4F7."
    assert answer() == "You have no urgent messages."
    assert answer(ended="4F7", others="9KM") == "You acknowledged 4F7."
    assert answer(others="9KM") == (
        "1 urgent message is open, but you were not paged: 9KM. Reply ACK and a code, such as ACK 9KM."
    )
    assert answer(wrong="4F8") == "No open alarm has the code 4F8; someone may have acknowledged it already."
    assert (
        answer(still_open="4F7 9KM") == "2 urgent messages are open: 4F7, 9KM. Reply ACK and a code, such as ACK 4F7."
    )
    assert answer(ended="4F7", still_open="9KM") == (
        "You acknowledged 4F7. 1 urgent message is still open: 9KM. Reply ACK and a code, such as ACK 9KM."
    )


def test_a_long_list_is_cut_to_fit_a_text() -> None:
    said = answer(still_open=" ".join(f"{number}C" for number in range(100, 174)))

    assert "74 urgent messages are open" in said
    assert "and 54 more" in said
    assert len(said) < 300
