"""Who calls: a number that can be answered, or somebody who hides it."""

from __future__ import annotations

import pytest

from intake import phone


def test_a_caller_is_known_by_the_number() -> None:
    assert phone.caller_number("+12025550123") == "+12025550123"


@pytest.mark.parametrize(
    "value",
    [
        "+266696687",
        "+7378742833",
        "+2562533",
        "+8656696",
        "+86282452253",
        "anonymous",
        "Anonymous",
        "",
        "sip:+12025550123@example.com",
        "client:ana",
        "+1",
    ],
)
def test_a_hidden_number_is_no_number(value: str) -> None:
    assert phone.caller_number(value) is None
