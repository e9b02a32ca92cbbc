"""Opening hours in a sentence, and what a typed answer about them says otherwise."""

from __future__ import annotations

import pytest

from intake.vocabulary import Language, Weekday
from templates.opening_hours import fill_hours, find_contradiction

WEEK = {day: ["08:00-17:00"] for day in list(Weekday)[:5]} | {Weekday.SAT: ["09:00-12:00"]}


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
    assert fill_hours("{{ hours }}.", WEEK, language, is_text=is_text) == f"{said}."


def test_times_around_lunch_and_odd_days_are_said_one_by_one() -> None:
    week = {Weekday.MON: ["13:00-17:30", "08:00-12:00"], Weekday.WED: ["08:00-12:00"]}

    assert fill_hours("{{hours}}", week, Language.EN, is_text=True) == (
        "Monday 8:00 AM to 12:00 PM and 1:00 PM to 5:30 PM, Wednesday 8:00 AM to 12:00 PM,"
        " closed Tuesday, closed Thursday to Sunday"
    )


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
