"""Mistakes are named as the page names its fields; what the page has no field for keeps its key in the file."""

from __future__ import annotations

import pytest

from intake.errors import IntakeError
from intake.practice_settings import Mistake
from intake.practices import Practice
from staff.settings.mistakes import explain_at_field, explain_elsewhere, locate_mistake


@pytest.mark.parametrize(
    ("mistake", "at_field", "elsewhere"),
    [
        (Mistake("hours.mon", "wrong", 2), "Monday, entry 2: wrong", "Hours: Monday, entry 2: wrong"),
        (
            Mistake("hours.mon", "08:00-18:00 and 13:00-17:30 overlap: write one"),
            "Monday: 8:00 AM to 6:00 PM and 1:00 PM to 5:30 PM overlap: write one",
            "Hours: Monday: 8:00 AM to 6:00 PM and 1:00 PM to 5:30 PM overlap: write one",
        ),
        (Mistake("links.pay", "wrong"), "Pay a bill: wrong", "Link: Pay a bill: wrong"),
        (Mistake("teams.a.b.digest_at", "wrong"), "Digest times: wrong", "A.b team: digest times: wrong"),
        (Mistake("chat.colour.x", "wrong"), "chat.colour.x: wrong", "chat.colour.x: wrong"),
        (Mistake("voice.greeting_open", "wrong"), "Greeting while open: wrong", "Phone: Greeting while open: wrong"),
        (Mistake(None, "staff can be texted from a number only"), *["staff can be texted from a number only"] * 2),
    ],
)
def test_a_mistake_has_the_name_of_its_field(mistake: Mistake, at_field: str, elsewhere: str) -> None:
    assert explain_at_field(Practice, mistake) == at_field
    assert explain_elsewhere(Practice, mistake) == elsewhere


@pytest.mark.parametrize(
    ("message", "mistake"),
    [
        ("practice[demo].replies.help comes to nothing", Mistake("replies.help", "comes to nothing")),
        (
            "practice[demo].replies.help: unexpected 'if'\nof line",
            Mistake("replies.help", "unexpected 'if'\nof line"),
        ),
        ("practice[demo].voice.greeting_open: too long", Mistake("voice.greeting_open", "too long")),
        ("practice[demo].teams.a.b.notify[3]: no address", Mistake("teams.a.b.notify", "no address", 3)),
        ("something else", Mistake(None, "something else")),
    ],
)
def test_the_complaint_of_a_check_is_taken_apart(message: str, mistake: Mistake) -> None:
    assert locate_mistake(IntakeError(message)) == mistake
