"""The escalation as rows of a form: a team or a person, and after how many minutes they are notified.

What is clear in a row is kept as it is stored. What is not is kept as it was typed, for `explain_row` to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from werkzeug.datastructures import MultiDict

from intake.practice_settings import Row
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, is_plain_mail
from intake.setting_editors import EditorKind
from intake.vocabulary import words_of
from staff.settings.typed_values import NOT_AN_ADDRESS, full_number, read_typed, show_number

WHO, ADDRESS, MINUTES = ".who", ".address", ".minutes"  # end the names of a row's fields
A_PERSON = "person"  # the choice of an address rather than a team
A_TEAM = "team:"  # begins the choice of a team, before its name
FEWEST_MINUTES, MOST_MINUTES = 1, 240

NOBODY_CHOSEN = "choose a team or a person"
NOT_MINUTES = f"choose a number of minutes between {FEWEST_MINUTES} and {MOST_MINUTES}"
BLANK: Row = {"team": None, "number": None, "email": None, "after_minutes": ""}

_MINUTES = re.compile(r"(\d{1,4})(?: ?min(?:ute)?s?\.?)?", re.IGNORECASE | re.ASCII)
_BUTTON = re.compile(r"(?P<key>\S+) (?:add|remove (?P<number>\d{1,4}))", re.ASCII)


def read_rows(form: MultiDict[str, str], key: str) -> list[Row]:
    """Return the rows of a form, empty ones included."""
    columns = (form.getlist(key + part) for part in (WHO, ADDRESS, MINUTES))
    return [_read_row(who, address.strip(), minutes.strip()) for who, address, minutes in zip(*columns, strict=False)]


def sort_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are not empty, by their minutes; in the order of the form while some minutes are unclear."""
    filled = [row for row in rows if row != BLANK]
    minutes = [row["after_minutes"] for row in filled]
    clear = [number for number in minutes if isinstance(number, int)]
    if len(clear) < len(minutes):
        return filled
    return [row for _, row in sorted(zip(clear, filled, strict=True), key=lambda pair: pair[0])]


def press_button(pressed: str, key: str, rows: Sequence[Row]) -> list[Row] | None:
    """Return the rows after a button that adds or removes one; None if it is not a button of these rows.

    Args:
        pressed: the value of the button, such as `escalation add` or `escalation remove 2`.
        key: the setting.
        rows: the rows of the form.
    """
    button = _BUTTON.fullmatch(pressed)
    if button is None or button["key"] != key:
        return None
    if button["number"] is None:
        return [*rows, BLANK]
    return [row for number, row in enumerate(rows, start=1) if number != int(button["number"])]


def explain_row(row: Row, teams: Collection[str]) -> dict[str, str]:
    """Return what is wrong with a row, by the part of its name: `who`, `address`, or `minutes`.

    Args:
        row: the row.
        teams: the teams to choose from.
    """
    number, minutes = row["number"], row["after_minutes"]
    wrong = {}
    if number is None and row["email"] is None and row["team"] not in teams:
        wrong["who"] = NOBODY_CHOSEN
    if number is not None and full_number(str(number)) != number:
        wrong["address"] = NOT_AN_ADDRESS
    if not isinstance(minutes, int) or not FEWEST_MINUTES <= minutes <= MOST_MINUTES:
        wrong["minutes"] = NOT_MINUTES
    return wrong


def address_of(row: Row) -> str:
    """Return the address of a person as it is stored for a team; empty if a row names a team."""
    if row["number"] is not None:
        return f"{TEXT_PREFIX}{row['number']}"
    return "" if row["email"] is None else f"{MAIL_PREFIX}{row['email']}"


def show_address(row: Row) -> str:
    """Return the address of a person as it is typed; empty if a row names a team."""
    return show_number(str(row["number"] or "")) or str(row["email"] or "")


def describe_row(row: Row) -> str:
    """Return a stored row for people, such as `On call after 10 minutes`."""
    minutes = row["after_minutes"]
    who = show_address(row) or words_of(str(row["team"]))
    return f"{who} after {minutes} {'minute' if minutes == 1 else 'minutes'}"


def _read_row(who: str, address: str, minutes: str) -> Row:
    found = _MINUTES.fullmatch(minutes)
    row = {**BLANK, "after_minutes": int(found[1]) if found else minutes}
    if who.startswith(A_TEAM):
        row["team"] = who.removeprefix(A_TEAM)
    elif who == A_PERSON:
        addresses = read_typed(EditorKind.ADDRESSES, address)
        stored = addresses[0] if len(addresses) == 1 else address
        is_mail = len(addresses) == 1 and is_plain_mail(stored)
        row["email" if is_mail else "number"] = stored.removeprefix(MAIL_PREFIX if is_mail else TEXT_PREFIX)
    return row
