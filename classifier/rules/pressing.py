"""Recognize what a nurse must see today although nobody tells of pain, from the tables in `signs/pressing.toml`.

A medicine that keeps somebody alive and is out, nearly so, or stopped without being told to; a dose that a
professional doubts; and contact with a disease that can still be prevented.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.reports import Report, load_reports

TABLE: Final = SIGNS / "pressing.toml"


def runs_out(text: str) -> bool:
    """Return whether somebody is out, or nearly so, of a medicine that must not be interrupted.

    Args:
        text: Any string.
    """
    return load_pressing()["supply"].is_in(text)


def stops_medicine(text: str) -> bool:
    """Return whether somebody stopped by themselves a medicine that must not be interrupted.

    Args:
        text: Any string.
    """
    return load_pressing()["stopped"].is_in(text)


def clarifies_dose(text: str) -> bool:
    """Return whether a pharmacist or a nurse doubts a dose that was prescribed.

    Args:
        text: Any string.
    """
    return load_pressing()["dose_doubt"].is_in(text)


def is_pressing(text: str) -> bool:
    """Return whether any of these makes a message one for the same day."""
    return any(report.is_in(text) for report in load_pressing().values())


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
