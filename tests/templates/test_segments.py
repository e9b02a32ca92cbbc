"""How many SMS segments a text is sent and billed as."""

from __future__ import annotations

import pytest

from templates.segments import count_segments, is_gsm7
from tests.standins.twilio.segments import segment_count

EMOJI = "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("length", "segments"), [(0, 1), (1, 1), (160, 1), (161, 2), (153 * 2, 2), (153 * 2 + 1, 3), (153 * 3, 3)]
)
def test_a_gsm_text_has_160_characters_alone_and_153_in_company(length: int, segments: int) -> None:
    assert count_segments("a" * length) == segments


@pytest.mark.parametrize(("length", "segments"), [(1, 1), (70, 1), (71, 2), (67 * 2, 2), (67 * 2 + 1, 3), (67 * 3, 3)])
def test_any_other_character_makes_it_70_and_67(length: int, segments: int) -> None:
    assert count_segments("ж" * length) == segments
    assert count_segments("ж" + "a" * (length - 1)) == segments


@pytest.mark.parametrize("character", list("^{}\\[~]|€"))
def test_a_character_of_the_extension_counts_twice(character: str) -> None:
    assert is_gsm7(character)
    assert count_segments(character * 80) == 1
    assert count_segments(character * 80 + "a") == 2


def test_an_emoji_counts_twice_too() -> None:
    assert count_segments(EMOJI * 35) == 1
    assert count_segments(EMOJI * 35 + "a") == 2


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("Call (202) 555-0100 before 5:30 PM!", True),
        ("¿A qué hora está?", False),
        ("Öffnung à 8 €", True),
        ("line\nbreak", True),
        ("it’s", False),
        ("8:00–17:30", False),
        (EMOJI, False),
        ("\ud800", False),
    ],
)
def test_the_alphabet_is_that_of_gsm(text: str, fits: bool) -> None:
    assert is_gsm7(text) is fits


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a" * 152 + "€" + "a" * 152, id="an extended character at a segment's end"),
        pytest.param("€" * 153, id="extended characters only"),
        pytest.param("ж" * 66 + EMOJI + "ж" * 66, id="an emoji at a segment's end"),
        pytest.param(EMOJI * 67, id="emoji only"),
    ],
)
def test_no_character_is_split_over_two_segments(text: str) -> None:
    assert count_segments(text) == segment_count(text) == 3
