from __future__ import annotations

import pytest

from training.generation.personal import has_personal_value


@pytest.mark.parametrize(
    "text",
    [
        "call me at (212) 555-0143 please",
        "call me at 212.555.0143",
        "call 2125550143",
        "my cell is +1 212 555 0143",
        "reach me on 555-0143 after five",
        "ring +44 20 7946 0958",
        "it's two one two, five five five, oh one four three",
        "number is 5 5 5 0 1 4 3",
        "write to ana.lopez@mail.example",
        "my email is ana at gmail dot com",
        "my social is 078-05-1120",
        "ssn 078 05 1120 in case",
        "ssn 078051120",
    ],
)
def test_finds_what_looks_like_a_real_persons_value(text: str) -> None:
    assert has_personal_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "call me at {phone}, or write to {email}",
        "the bill says 1,250.00 for 97110 and 99213",
        "can I come at 10:30 or 2-3 on the 14th of 2026",
        "he is 3 and the fever is 103.2 since 2 days",
        "one or two of my three kids, maybe four",
        "@ 5pm works for me",
        "meet at the desk dot on time",
    ],
)
def test_leaves_slots_and_other_numbers_alone(text: str) -> None:
    assert not has_personal_value(text)
