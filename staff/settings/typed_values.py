"""Values as managers type them: times, hours, dates, phone numbers, colors, and addresses; and why one is unclear.

What is clear is returned as it is stored. What is not is returned as it was typed, for `explain_typed` to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from phonenumbers import NumberParseException
from pydantic import TypeAdapter, ValidationError

from intake import email_address, phone
from intake.errors import IntakeError
from intake.practice_values import MAIL_PREFIX, TEXT_PREFIX, EmailAddress
from intake.setting_editors import EditorKind
from staff.settings.time_zones import NOT_A_ZONE, US_ZONES, all_zones

_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))? ?(?P<half>[ap])?(?:\.?m\.?)?", re.IGNORECASE)
_STORED_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_NAMED = {"noon": 12 * 60, "midnight": 0}
_BETWEEN = re.compile(r"\s*(?:[-\u2013\u2014]|\bto\b|\buntil\b)\s*", re.IGNORECASE)
_SEPARATORS = re.compile(r"[,;\n]|\band\b", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_NUMBER = re.compile(r"(?:sms:|tel:)?\s*\+?[\d\s().-]+", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:\bext(?:ension|n)?\b\.?|\bx|#|;ext=)\s*:?\s*\d+\s*$", re.IGNORECASE)
_AFTERNOONS = range(1, 6)  # nobody opens at these hours of the night
_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_MAILBOX: TypeAdapter[str] = TypeAdapter(EmailAddress)

NOT_A_NUMBER = "write a phone number with its area code, such as (202) 555-0188"
HAS_EXTENSION = "leave out the extension, which no phone dials from a link: write the number alone"
NOT_MAIL = "write an email address such as hello@example.com, of at most 64 characters"
NO_TIMES = "-"
"""Stands for the hours of a day that is neither closed nor has times."""
NOT_A_DATE = "“{}” is not a date. Write it as 12/24/2026"
NOT_AN_ADDRESS = f"{NOT_A_NUMBER}, or an email address"
STANDARD_COLOR = "#0b6e6e"
"""The color of a chat whose practice has chosen none; `templates/chat/widget.js` has it too."""
LEAST_CONTRAST = 3  # with white, by WCAG 2.2; the chat takes its standard color rather than a lighter one


def read_typed(kind: EditorKind, typed: str) -> str | list[str]:
    """Return what was typed for times, hours, or addresses, each as it is stored or else as it was typed."""
    if kind is EditorKind.ADDRESSES:
        return [address for line in typed.splitlines() for address in _read_addresses(line)]
    if kind is EditorKind.EMAILS:
        return [_read_mailbox(address) for address in re.split(r"[,;\s]+", typed) if address]
    if kind is EditorKind.EMAIL:
        return _read_mailbox(typed)
    if kind is EditorKind.SPAN:
        return _READERS[kind](typed)
    parts = [part.strip() for part in _SEPARATORS.split(typed)]
    return [_READERS[kind](part) for part in parts if part]


def show_typed(kind: EditorKind, value: str) -> str:
    """Return a stored value as it is typed, such as `8:00 AM - 5:00 PM` or `12/24/2026`."""
    if kind is EditorKind.DATES:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
        return f"{day.month}/{day.day}/{day.year}"
    if kind is EditorKind.DAY_HOURS:
        on, _, span = value.partition(" ")
        return f"{show_typed(EditorKind.DATES, on)} {show_typed(EditorKind.HOURS, span)}"
    parts = value.split("-")
    if not all(_STORED_TIME.fullmatch(part) for part in parts):
        return value
    return " - ".join(_show_clock(part) for part in parts)


def explain_typed(kind: EditorKind, value: str) -> str:
    """Return why one value, read by `read_typed`, cannot be stored; empty if it can."""
    match kind:
        case EditorKind.TIMES:
            return "" if _STORED_TIME.fullmatch(value) else f"“{value}” is not clear. Write a time such as 8:00 AM"
        case EditorKind.HOURS | EditorKind.SPAN:
            return _explain_span(value, by_night=kind is EditorKind.SPAN)
        case EditorKind.PHONE:
            return _explain_number(value)
        case EditorKind.COLOR:
            return _explain_color(value)
        case EditorKind.EMAIL | EditorKind.EMAILS:
            return "" if _is_mailbox(value) else NOT_MAIL
        case EditorKind.ZONE:
            return "" if value in US_ZONES or value in all_zones() else NOT_A_ZONE
        case _:
            return ""


def full_number(text: str) -> str | None:
    """Return a phone number as it is stored, None if it is none, lacks its area code, or has an extension."""
    if _EXTENSION.search(text):
        return None
    try:
        stored = phone.normalise(text)
    except IntakeError:
        return None
    return None if stored.startswith("+1") and len(stored) != len("+12025550123") else stored


def show_number(stored: str) -> str:
    """Return a stored phone number as it is typed, such as `(202) 555-0123`; one from abroad keeps its country."""
    try:
        shown = phone.spoken(stored)
    except NumberParseException:
        return stored
    return shown if full_number(shown) == stored else stored


def find_past(days: list[str], today: date) -> list[str]:
    """Return the stored dates before today, with hours or without, as they are typed."""
    dates = (day.partition(" ")[0] for day in days)
    return [show_typed(EditorKind.DATES, day) for day in dates if date.fromisoformat(day) < today]


def _read_addresses(line: str) -> list[str]:
    if _NUMBER.fullmatch(line.strip()):
        return [_read_number(line.strip())]
    return [_read_address(word) for word in line.split()]


def _read_number(typed: str) -> str:
    number = re.sub(r"^(?:sms|tel):", "", typed, flags=re.IGNORECASE).strip()
    stored = full_number(number)
    return typed if stored is None else TEXT_PREFIX + stored


def _read_address(typed: str) -> str:
    if _NUMBER.fullmatch(typed):
        return _read_number(typed)
    mailbox = re.sub(r"^mailto:(?!//)", "", typed.rstrip(",;"), flags=re.IGNORECASE)
    try:
        return MAIL_PREFIX + email_address.normalise(mailbox)
    except IntakeError:
        return typed


def _read_mailbox(typed: str) -> str:
    mailbox = re.sub(r"^mailto:", "", typed.strip(), flags=re.IGNORECASE)
    return mailbox.lower() if _is_mailbox(mailbox) else typed


def _is_mailbox(address: str) -> bool:
    try:
        _MAILBOX.validate_python(email_address.normalise(address))
    except (IntakeError, ValidationError):
        return False
    return True


def _read_time(typed: str) -> str:
    found = _possible_times(typed)
    return _stored_clock(found[0]) if len(found) == 1 else typed


def read_date(typed: str) -> str:
    """Return a date as it is stored, such as `2026-12-24`, or as it was typed if it is none."""
    found = _DATE.fullmatch(typed)
    if found is None:
        return typed
    month, day, year = (int(part) for part in found.groups())
    try:
        return date(year if year > 99 else 2000 + year, month, day).isoformat()
    except ValueError:
        return typed


def _read_span(typed: str, *, by_night: bool) -> str:
    found = _possible_spans(typed, by_night=by_night)
    return "-".join(_stored_clock(minutes) for minutes in found[0]) if len(found) == 1 else typed


def _possible_spans(typed: str, *, by_night: bool) -> list[tuple[int, int]]:
    """Return every begin and end that these words can mean, in minutes."""
    ends = _BETWEEN.split(typed.strip())
    if len(ends) != 2:
        return []
    begins, finishes = (_possible_times(end) for end in ends)
    if len(begins) == 2 and len(finishes) == 1 and finishes[0] > begins[1] and begins[0] // 60 in _AFTERNOONS:
        begins = begins[1:]  # 1-5pm
    return [(start, end) for start in begins for end in finishes if start < end or (by_night and start != end)]


def _possible_times(typed: str) -> list[int]:
    """Return the minutes of the day that a time can mean: two if it is written for a clock of twelve hours alone."""
    typed = typed.strip().lower()
    if typed in _NAMED:
        return [_NAMED[typed]]
    found = _TIME.fullmatch(typed)
    if found is None or (typed.endswith("m") and not found["half"]):
        return []
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half:
        return [(hour % 12 + (12 if half == "p" else 0)) * 60 + minute] if 1 <= hour <= 12 else []
    if _STORED_TIME.fullmatch(typed) or hour == 0 or 13 <= hour <= 23:
        return [hour * 60 + minute]
    return [hour % 12 * 60 + minute, (hour % 12 + 12) * 60 + minute] if 1 <= hour <= 12 else []


def _explain_span(value: str, *, by_night: bool) -> str:
    if value == NO_TIMES:
        return "fill in when you open and close, or mark the day as closed"
    ends = _BETWEEN.split(value)
    example = "8:00 PM - 7:00 AM" if by_night else "8:00 AM - 5:00 PM"
    if len(ends) == 2 and "" in ends and _possible_times("".join(ends)):
        return f"“{value}” has one time only. Fill in both, or neither"
    if len(ends) != 2 or not all(_possible_times(end) for end in ends):
        return f"“{value}” is not clear. Write it as {example}"
    found = _possible_spans(value, by_night=by_night)
    if not found:
        return f"“{value}” ends before it begins. Write it as {example}"
    if len(found) > 1:
        return f"“{value}” could be morning or evening. Add AM or PM, such as {example}"
    return ""


def _explain_number(value: str) -> str:
    if full_number(value) == value:
        return ""
    return HAS_EXTENSION if _EXTENSION.search(value) else NOT_A_NUMBER


def _explain_color(value: str) -> str:
    if not _COLOR.fullmatch(value):
        return f"“{value}” is not a color. Write it as {STANDARD_COLOR}"
    is_light = _contrast_with_white(value) < LEAST_CONTRAST
    return f"“{value}” is too light to see on a white page. Choose a darker color" if is_light else ""


def _contrast_with_white(color: str) -> float:
    """Return the contrast of `#rrggbb` with white, by WCAG 2.2."""
    shares = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _stored_clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _show_clock(stored: str) -> str:
    return datetime.strptime(stored, "%H:%M").strftime("%I:%M %p").lstrip("0")


_READERS: dict[EditorKind, Callable[[str], str]] = {
    EditorKind.HOURS: lambda typed: _read_span(typed, by_night=False),
    EditorKind.SPAN: lambda typed: _read_span(typed, by_night=True),
    EditorKind.TIMES: _read_time,
}
