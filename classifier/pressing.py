"""Recognize what a nurse must see today although nobody tells of pain, from the tables in `signs/pressing.toml`.

A medicine that keeps somebody alive and is out or nearly so, and contact with a disease that can still be prevented.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from classifier.reports import Report, load_reports

TABLE: Final = Path(__file__).with_name("signs") / "pressing.toml"


def runs_out(text: str) -> bool:
    """Return whether somebody is out, or nearly so, of a medicine that must not be interrupted.

    Args:
        text: Any string.
    """
    return load_pressing()["supply"].is_in(text)


def tells_of_exposure(text: str) -> bool:
    """Return whether somebody was close to a disease that a nurse must hear of today.

    Args:
        text: Any string.
    """
    return load_pressing()["exposure"].is_in(text)


@cache
def load_pressing() -> dict[str, Report]:
    """Return the compiled reports, read once per process."""
    return load_reports(TABLE)
