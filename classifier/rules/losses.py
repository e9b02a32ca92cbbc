"""Recognize the report of a death or of a lost pregnancy, from the tables in `signs/losses.toml`.

Such a message is answered with condolences, whatever it asks for, unless it is an emergency. A death of months ago, or
one in the history of a family, is no report.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.reports import Report, load_reports
from intake.vocabulary import Disposition

TABLE: Final = SIGNS / "losses.toml"
KINDS: Final = (Disposition.PREGNANCY_LOSS, Disposition.BEREAVEMENT)
"""The kinds of loss; of several in one message, the first wins."""


def find_loss(text: str) -> Disposition | None:
    """Return which loss a message reports: `BEREAVEMENT`, `PREGNANCY_LOSS`, or None.

    Args:
        text: Any string.
    """
    reports = load_losses()
    return next((kind for kind in KINDS if reports[kind].is_in(text)), None)


@cache
def load_losses() -> dict[str, Report]:
    """Return the compiled reports of losses, read once per process."""
    return load_reports(TABLE)
