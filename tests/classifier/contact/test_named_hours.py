"""At which hours of the day a patient says that texts are safe; whatever is not plain names none."""

from __future__ import annotations

import pytest

from classifier.contact.named_hours import NamedHours, read_named_hours


def clock(hours: NamedHours | None) -> str:
    return "" if hours is None else "-".join(f"{minute // 60}:{minute % 60:02}" for minute in hours)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("pls dont text this number after 4 he looks at my phone", "6:00-16:00"),
        ("he reads my phone. Don't text me after 3:30", "6:00-15:30"),
        ("please do not call or text after 5 p.m., he checks my phone", "6:00-17:00"),
        ("only text me before 3pm, my husband reads my texts", "6:00-15:00"),
        ("text me only before noon. he checks my messages", "6:00-12:00"),
        ("he goes through my phone so text before 2pm only", "6:00-14:00"),
        ("never text before 10am he has my phone", "10:00-24:00"),
        ("only text me after 6pm, my mom checks my phone", "18:00-24:00"),
        ("only text me between 9 and 3, he reads my phone", "9:00-15:00"),
        ("él lee mi teléfono, no me escriba después de las 4", "6:00-16:00"),
        ("no me manden mensajes después de las 5 de la tarde, mi esposo los lee", "6:00-17:00"),
        ("solo escríbame antes de las 3, mi marido me revisa todo", "6:00-15:00"),
        ("mi esposo ve mis mensajes, escríbanme solo entre las 9 y las 2", "9:00-14:00"),
        ("no me escriban antes de las 10 de la mañana, él está aquí", "10:00-24:00"),
        ("no me escriban a partir de las 16:00, él lo lee", "6:00-16:00"),
    ],
)
def test_a_plain_time_of_day_names_hours(text: str, hours: str) -> None:
    assert clock(read_named_hours(text)) == hours


@pytest.mark.parametrize(
    "text",
    [
        "he looks at my phone",
        "don't text me, he looks at my phone",
        "dont text after 9 he looks at my phone",
        "dont text this number after 4 on fridays he looks at my phone",
        "dont text after 4 today, he has my phone",
        "dont text before 9am or after 4pm, he reads my phone",
        "dont text after 4 days, he reads my phone",
        "don't text me, only call after 4, he reads my phone",
        "don't text me, only write after 4, he reads my phone",
        "don't call after 4, he reads my texts",
        "only call me after 4, he reads my texts",
        "no me llamen después de las 4, él está aquí",
        "why dont you text after 4? he looks at my phone",
        "he looks at my phone after 4",
        "I get off work after 4, he looks at my phone",
        "only text before 5am, he reads my phone",
        "dont text me until 4 he has my phone",
        "dont text after 4/12, he has my phone",
        "dont text after he gets home",
        "no me escriba después de las 9, él lee mi teléfono",
        "no me escriba los lunes después de las 4, él lee mi teléfono",
        "no me escriba mañana después de las 4, él lee mi teléfono",
        "no me escriban después de que llegue mi marido",
        "no me llame después de las 12 de la noche",
    ],
)
def test_anything_else_names_none(text: str) -> None:
    assert read_named_hours(text) is None
