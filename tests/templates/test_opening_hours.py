"""Opening hours in a sentence, and what a typed answer about them says otherwise."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from intake.practices import Practice, Voice
from intake.vocabulary import Language, Weekday
from templates.demo.page import render_page
from templates.opening_hours import fill_hours, find_contradiction
from templates.segments import is_gsm7
from templates.voice_prompts import greeting

WEEK = {day: ["08:00-17:00"] for day in list(Weekday)[:5]} | {Weekday.SAT: ["09:00-12:00"]}
MOMENT = datetime(2026, 7, 13, 14, 0, tzinfo=UTC)


def practice(**changes: Any) -> Practice:
    values = {"slug": "maple", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | {"hours": WEEK} | changes)


DIFFERENT = practice(
    closed_on=["2026-07-13", "2026-07-16", "2026-07-17", "2026-07-18", "2026-07-19", "2026-07-20"],
    special_hours=["2026-07-15 08:00-12:00"],
)


@pytest.mark.parametrize(
    ("language", "is_text", "said"),
    [
        (Language.EN, True, "Monday to Friday 8:00 AM to 5:00 PM, Saturday 9:00 AM to 12:00 PM, closed Sunday"),
        (Language.ES, True, "Lunes a viernes 8:00 AM a 5:00 PM, sab. 9:00 AM a 12:00 PM, cerrado domingo"),
        (Language.ES, False, "Lunes a viernes 8:00 AM a 5:00 PM, sábado 9:00 AM a 12:00 PM, cerrado domingo"),
    ],
    ids=["English", "Spanish text", "Spanish chat or email"],
)
def test_an_answer_takes_the_hours_of_settings_in_the_patients_language(
    language: Language, is_text: bool, said: str
) -> None:
    assert fill_hours("{{ hours }}.", practice(), MOMENT, language, is_text=is_text) == f"{said}."


def test_times_around_lunch_and_odd_days_are_said_one_by_one() -> None:
    week = {Weekday.MON: ["13:00-17:30", "08:00-12:00"], Weekday.WED: ["08:00-12:00"]}

    assert fill_hours("{{hours}}", practice(hours=week), MOMENT, Language.EN, is_text=True) == (
        "Monday 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM, Wednesday 8:00 AM to 12:00 PM,"
        " closed Tuesday, closed Thursday to Sunday"
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            Language.EN,
            "; closed on July 13, on July 15 8:00 AM to 12:00 PM, closed July 16 to July 18",
        ),
        (
            Language.ES,
            "; cerrado el 13 de julio, el 15 de julio 8:00 AM a 12:00 PM, cerrado del 16 de julio al 18 de julio",
        ),
    ],
    ids=["English", "Spanish"],
)
def test_the_days_of_the_coming_week_that_differ_are_said_after_the_usual_hours(language: Language, said: str) -> None:
    usual = fill_hours("{{ hours }}", practice(), MOMENT, language, is_text=True)

    assert fill_hours("{{ hours }}.", DIFFERENT, MOMENT, language, is_text=True) == f"{usual}{said}."
    assert is_gsm7(said)


def test_a_typed_answer_about_the_hours_is_followed_by_the_days_that_differ() -> None:
    typed = "We are open Monday to Saturday."

    answers = [fill_hours(typed, DIFFERENT, MOMENT, Language.EN, is_text=True, is_of_hours=of) for of in (True, False)]

    assert answers == [
        f"{typed} Closed on July 13, on July 15 8:00 AM to 12:00 PM, closed July 16 to July 18.",
        typed,
    ]
    assert fill_hours(typed, practice(), MOMENT, Language.EN, is_text=True, is_of_hours=True) == typed


def test_a_greeting_says_the_days_that_differ_too() -> None:
    own = DIFFERENT.model_copy(update={"voice": Voice(greeting_closed="We are open {{ hours }}.")})

    assert "; closed on July 13," in greeting(own, MOMENT)


def test_the_page_of_a_practice_shows_the_next_hours_of_each_day_and_the_date_where_they_differ() -> None:
    page = render_page(DIFFERENT, MOMENT, with_phone=False)

    rows = [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in re.findall("<tr.*?</tr>", page, re.DOTALL)]
    assert rows == [
        "Monday today July 13 Closed",
        "Tuesday 8:00 AM – 5:00 PM",
        "Wednesday July 15 8:00 AM – 12:00 PM",
        "Thursday July 16 Closed",
        "Friday July 17 Closed",
        "Saturday July 18 Closed",
        "Sunday Closed",
    ]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("We are open Monday to Friday, 8 to 5.", "Settings has you open on Saturday, but the answer does not say so."),
        (
            "Mon-Fri 8-5, Sat 9-12, Sun 10-2",
            "Settings has you closed on Sunday, but the answer says that you are open.",
        ),
        ("Weekdays 8-5. Closed weekends.", "Settings has you open on Saturday, but the answer does not say so."),
        ("M-F 8-5 and Saturday mornings; closed Sundays", ""),
        ("Mon-Fri 8-5, Sat 9-12, Sunday: closed", ""),
        ("{{ hours }}. The phones open at 8.", ""),
        ("Call us for our hours.", ""),
    ],
)
def test_an_answer_that_says_otherwise_than_settings_is_found(answer: str, problem: str) -> None:
    assert find_contradiction(answer, WEEK) == problem
