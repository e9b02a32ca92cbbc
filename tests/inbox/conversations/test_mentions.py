"""Whom a note mentions."""

from __future__ import annotations

import pytest

from inbox.conversations.mentions import find_mentions

NAMES = {
    1: "Dana Reyes",
    2: "Ann Lee",
    3: "Ann Leeds",
    4: "José María Ruiz",
    5: "Sam Poe",
    6: "sam poe",
    7: "Dr. Kim",
    8: "Mo",
}


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("@Dana please call back", [1]),
        ("Ask @dana reyes, or @DANA again", [1]),
        ("(@Mo)", [8]),
        ("@Ann Leeds has the file, @Ann Lee does not", [3, 2]),
        ("@Ann knows", []),  # two of them
        ("@Sam Poe", []),  # two of them
        ("@Jose\u0301 will", [4]),  # however the accent is written
        ("@Dr. Kim:", [7]),
        ("@Danae", []),
        ("write to ann@dana.example", []),
        ("@ Dana", []),
        ("@Zoe", []),
    ],
)
def test_a_note_mentions_the_longest_name_that_only_one_person_has(text: str, mentioned: list[int]) -> None:
    assert find_mentions(text, NAMES) == mentioned
