"""Mistakes in settings, in the words of the page: `Monday, entry 2: expected opening hours such as 08:30-17:00`."""

from __future__ import annotations

import re

from intake.errors import IntakeError
from intake.practice_settings import Mistake, Model, find_setting

OVERLAP = "overlap"
_SPAN = re.compile(r"\b\d\d:\d\d-\d\d:\d\d\b")
_TIME = re.compile(r"(\d\d):(\d\d)")
# How the checks of replies, voice prompts and addresses begin: `practice[demo].teams.billing.notify[1]: …`.
_PLACE = re.compile(
    r"practice\[[^\]]*\]\.(?P<key>(?:replies|voice)\.\w+|teams\..+?\.notify)(?:\[(?P<item>\d+)\])?:? (?P<words>.+)",
    re.DOTALL,
)


def locate_mistake(error: IntakeError) -> Mistake:
    """Return the setting that a check of a practice complains about, and what it says is wrong."""
    place = _PLACE.match(str(error))
    if place is None:
        return Mistake(None, str(error))
    return Mistake(place["key"], place["words"], int(place["item"]) if place["item"] else None)


def explain_at_field(model: Model, mistake: Mistake) -> str:
    """Return a mistake for its own field, which is named by its label."""
    setting = find_setting(model, mistake.key) if mistake.key else None
    return _explain(setting.label if setting else mistake.key, mistake)


def explain_elsewhere(model: Model, mistake: Mistake) -> str:
    """Return a mistake for any other place, with the full name of its setting."""
    setting = find_setting(model, mistake.key) if mistake.key else None
    return _explain(setting.name if setting else mistake.key, mistake)


def _read_clock(found: re.Match[str]) -> str:
    """Return hours such as 08:00-18:00 as their fields show them."""
    times = ((int(hour), minute) for hour, minute in _TIME.findall(found[0]))
    return " to ".join(f"{hour % 12 or 12}:{minute} {'AP'[hour // 12 % 2]}M" for hour, minute in times)


def _explain(name: str | None, mistake: Mistake) -> str:
    if name is None:
        return mistake.words
    entry = "" if mistake.item is None else f", entry {mistake.item}"
    words = _SPAN.sub(_read_clock, mistake.words) if OVERLAP in mistake.words else mistake.words
    return f"{name}{entry}: {words}"
