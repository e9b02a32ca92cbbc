"""Recognize a mild symptom that is an emergency after what was told before it, from `signs/relapses.toml`.

"Kind of sweaty too" says nothing by itself, and much from whoever wrote of a heart stent the day before.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.reports import Report, load_reports

TABLE: Final = SIGNS / "relapses.toml"
_EVENTS: Final = ("heart", "surgery")


def may_be_relapse(text: str) -> bool:
    """Return whether a message tells of a symptom that is an emergency after a heart attack, a stroke, or surgery.

    Args:
        text: Any string.
    """
    return any(load_relapses()[f"of_{event}"].is_in(text) for event in _EVENTS)


def is_relapse(text: str, earlier: Iterable[str]) -> bool:
    """Return whether a message tells of a symptom of what one before it told of.

    Args:
        text: The message.
        earlier: What the same conversation said before it.
    """
    reports = load_relapses()
    events = [event for event in _EVENTS if reports[f"of_{event}"].is_in(text)]
    return any(reports[event].is_in(said) for said in earlier for event in events)


@cache
def load_relapses() -> dict[str, Report]:
    """Return the compiled reports, read once per process."""
    return load_reports(TABLE)
