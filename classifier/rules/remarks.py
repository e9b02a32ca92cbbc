"""Recognize what a message says beside its topic that decides how it is answered, from `signs/remarks.toml`.

A phone that is not the patient's, a minor's secret, that of whoever is looked for, a joke about eating, a bill in
collections or a threat to take it further, a lawyer's demand, fear of the authorities, a cry that nobody cares, and
what makes a question the patient's own case.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from classifier.folders import SIGNS
from classifier.rules.acknowledgement import asks_for_help
from classifier.rules.reports import Report, load_reports
from classifier.rules.screen import Screening, screen_text

TABLE: Final = SIGNS / "remarks.toml"
LONGEST_WRONG_NUMBER: Final = 160
"""Who writes more than this to a wrong number says something else, too."""


def says_wrong_number(text: str) -> bool:
    """Return whether a message says that the number it comes from is not the patient's, and tells of no danger."""
    if len(text) > LONGEST_WRONG_NUMBER or not load_remarks()["wrong_number"].is_in(text):
        return False
    return screen_text(text) == Screening()


def asks_in_confidence(text: str) -> bool:
    """Return whether a message asks that somebody doesn't hear of it, or a parent what a teenager came for."""
    remarks = load_remarks()
    is_kept = remarks["in_confidence"].is_in(text) or remarks["kept_from_family"].is_in(text)
    return is_kept or keeps_visits_secret(text)


def keeps_visits_secret(text: str) -> bool:
    """Return whether a message asks that nobody be told of visits or an address, or that somebody pretends to ask."""
    return load_remarks()["visits_secret"].is_in(text)


def jokes_of_eating(text: str) -> bool:
    """Return whether a message jokes that its writer is full ("if I eat one more bite I'm gonna explode")."""
    return load_remarks()["full"].is_in(text)


def needs_surer_alarm(text: str) -> bool:
    """Return whether a message has words that the network takes for more danger than they tell of."""
    return keeps_visits_secret(text) or jokes_of_eating(text) or load_remarks()["how_to"].is_in(text)


def is_dispute(text: str) -> bool:
    """Return whether a message speaks of a bill in collections, or threatens to take something further."""
    return load_remarks()["dispute"].is_in(text)


def speaks_of_law(text: str) -> bool:
    """Return whether a message is a lawyer's demand, or threatens to take the practice to a lawyer or a court."""
    return load_remarks()["legal"].is_in(text)


def fears_authorities(text: str) -> bool:
    """Return whether a message fears the authorities, or having to prove who they are."""
    return load_remarks()["fear"].is_in(text)


def cries_out(text: str) -> bool:
    """Return whether a message asks for help or says that nobody cares, so that it is no mere request for a person."""
    return asks_for_help(text) or load_remarks()["forlorn"].is_in(text)


def tells_of_own_case(text: str) -> bool:
    """Return whether a message tells of the patient's own case, which the answer to a common question can't settle."""
    return load_remarks()["own_case"].is_in(text)


@cache
def load_remarks() -> dict[str, Report]:
    """Return the compiled remarks, read once per process."""
    return load_reports(TABLE)
