"""Rendering the page at `/` from a practice's entry in the practices file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from intake import phone
from intake.practices import WEEKDAYS, Practice
from intake.vocabulary import Language
from templates.demo import FOLDER, PAGE
from templates.replies import variables
from templates.say_when import say_date
from templates.text_consent import whole_wording
from templates.voice_prompts import greeting, render_prompt

SAMPLE_TEXTS = (
    "How much is a visit without insurance?",
    "I need to move my appointment on Friday",
    "Are you taking new patients?",
    "I was charged twice for my last visit",
    "chest pain since this morning",
    "ok thanks",
    "¿hablan español?",
    "STOP",
    "START",
)
SAMPLE_VOICEMAILS = (
    "Hi, this is Maria Lopez. I need to move my appointment on Friday to some day next week. Thank you.",
    "This is the third time I've called, and nobody calls me back. I'm really unhappy with how you treat patients.",
    "Hello, my son has had a fever of 104 since last night and now he is hard to wake up.",
)
_pages = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def render_page(practice: Practice, moment: datetime, *, with_phone: bool) -> str:
    """Return the page's HTML.

    Args:
        practice: the practice.
        moment: the time of the visit, aware.
        with_phone: whether to add a phone for playing a patient.
    """
    number = next(iter(practice.numbers_in_use), None)
    today = moment.astimezone(ZoneInfo(practice.time_zone)).date()
    return _pages.get_template(PAGE).render(
        **variables(practice, moment),
        text_number=phone.spoken(number) if number else None,
        text_link=number,
        week=_week(practice, today),
        today=WEEKDAYS[today.weekday()].words,
        with_phone=with_phone,
        caller_hears=[render_prompt("emergency", practice, moment), greeting(practice, moment)],
        text_consent=whole_wording(practice, Language.EN),
        sample_texts=SAMPLE_TEXTS,
        sample_voicemails=SAMPLE_VOICEMAILS,
    )


def _week(practice: Practice, today: date) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each weekday with its next hours, and its date if they are not the usual ones."""
    for place, weekday in enumerate(WEEKDAYS):
        day = today + timedelta(days=(place - today.weekday()) % len(WEEKDAYS))
        spans = practice.hours_on(day)
        dated = "" if spans == practice.usual_hours(day) else say_date(day, Language.EN)
        yield weekday.words, dated, [" – ".join(_clock(part) for part in span.split("-")) for span in spans]


def _clock(value: str) -> str:
    """Return a time such as `13:30` as `1:30 PM`."""
    hour, minute = value.split(":")
    return f"{int(hour) % 12 or 12}:{minute} {'AM' if int(hour) < 12 else 'PM'}"
