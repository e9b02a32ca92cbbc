"""What callers hear."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intake.errors import IntakeError
from intake.practices import Practice, load_practices
from templates.voice_prompts import FOLDER, PROMPT_NAMES, check_prompts, greeting, render_prompt

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("America/New_York"))
MONDAY_NIGHT = MONDAY_NOON.replace(hour=22)


def practice(**changes: Any) -> Practice:
    values = {
        "slug": "demo",
        "name": "Maple Street",
        "phone": "+12025550100",
        "time_zone": "America/New_York",
        "hours": {"mon": ["08:00-17:00"], "tue": ["08:00-17:00"]},
    }
    return Practice.model_validate(values | changes)


def test_every_prompt_has_a_template_and_every_template_is_a_prompt() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(PROMPT_NAMES)


def test_the_greeting_follows_the_opening_hours() -> None:
    assert "We cannot come to the phone" in greeting(practice(), MONDAY_NOON)
    assert "We are closed and will reopen tomorrow at 8:00 AM." in greeting(practice(), MONDAY_NIGHT)


def test_the_on_call_line_is_named_when_the_practice_is_closed() -> None:
    on_call = practice(on_call_number="+12025550111")
    assert "(202) 555-0111" in greeting(on_call, MONDAY_NIGHT)
    assert "(202) 555-0111" not in greeting(on_call, MONDAY_NOON)


def test_a_spanish_speaking_caller_hears_when_the_practice_is_closed_and_whom_to_call() -> None:
    on_call = practice(on_call_number="+12025550111")
    saturdays = practice(hours={"sat": ["09:00-12:00"]})

    assert render_prompt("greeting_es", on_call, MONDAY_NIGHT).startswith(
        "Ahora estamos cerrados y abrimos mañana a las 8:00 AM."
        " Si no puede esperar, llame a la persona de guardia al (202) 555-0111. Después del tono"
    )
    assert render_prompt("greeting_es", on_call, MONDAY_NOON).startswith("Después del tono")
    assert "abrimos el sábado a las 9:00 AM." in render_prompt("greeting_es", saturdays, MONDAY_NIGHT)


def test_a_practice_without_hours_says_neither_that_it_is_closed_nor_when_it_opens() -> None:
    unknown = practice(hours={}, on_call_number="+12025550111")

    assert "We cannot come to the phone right now. If it cannot wait" in greeting(unknown, MONDAY_NOON)
    assert render_prompt("greeting_es", unknown, MONDAY_NOON).startswith("Si no puede esperar, llame a la persona")


def test_the_emergency_wording_is_nobodys_to_change() -> None:
    assert "911" in render_prompt("emergency", practice(), MONDAY_NOON)
    with pytest.raises(ValueError, match="emergency"):
        practice(voice={"emergency": "Hello"})


def test_an_override_is_the_practices_own_template() -> None:
    own = practice(voice={"greeting_closed": "{{ practice.name }} opens {{ next_opening }}."})
    assert greeting(own, MONDAY_NIGHT) == "Maple Street opens tomorrow at 8:00 AM."
    assert "We cannot come to the phone" in greeting(own, MONDAY_NOON)


@pytest.mark.parametrize("faulty", ["{{ unknown }}", "{% if %}", "{{ 1 / 0 }}", "{{ ' ' }}", "{{ 'a' * 5000 }}"])
def test_a_faulty_override_is_reported_by_its_key_and_never_heard(faulty: str) -> None:
    own = practice(voice={"greeting_open": faulty})

    with pytest.raises(IntakeError, match=r"^practice\[demo\]\.voice\.greeting_open"):
        check_prompts(own, MONDAY_NOON)
    assert greeting(own, MONDAY_NOON).startswith("You have reached Maple Street.")


@pytest.mark.parametrize("value", ["", "bell \\u0007", "x" * 1001])
def test_words_that_cannot_be_spoken_are_reported_by_their_key(tmp_path: Path, value: str) -> None:
    file = tmp_path / "practices.toml"
    file.write_text(
        '[[practice]]\nslug = "demo"\nname = "Maple Street"\nphone = "+12025550100"\ntime_zone = "America/New_York"\n'
        f'[practice.voice]\ngreeting_open = "{value}"\n'
    )
    with pytest.raises(IntakeError, match=r"practice\[demo\]\.voice\.greeting_open: "):
        load_practices(file)
