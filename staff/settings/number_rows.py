"""The practice's numbers at the carrier as rows of a form: the number, what it is called, and whether it is in use.

What is clear in a row is kept as it is stored. What is not is kept as it was typed, for `explain_lines` to refuse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from intake.practice_settings import Mistake, Row
from intake.practices import Practice
from intake.setting_editors import EditorKind
from staff import display
from staff.settings.typed_values import explain_typed, full_number, show_number

NUMBERS = "phone_numbers"  # the setting
NUMBER, LABEL, STATE, SURE = ".number", ".label", ".state", ".sure"  # end the names of a row's fields
IN_USE, RETIRED, REMOVED = "used", "retired", "removed"
LONGEST_LABEL = 60

NO_NUMBER = "write the number that this name is for, or leave both empty"
TWICE = "this number is in the list already"
OF_STAFF = "your staff are texted at this number, so patients’ texts cannot come in there. Teams and escalation has it"
NEEDED = "your staff are texted from it. First add another number, or take their phones out under Teams and escalation"


@dataclass(frozen=True, slots=True)
class NumberTraffic:
    """What has come in on a number: when the last text or call did, and how many open conversations it has."""

    last_at: datetime | None = None
    open_conversations: int = 0


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A row as it is shown.

    Attributes:
        number: the number as it is stored; as it was typed if it is not stored yet.
        shown: the number as people write it.
        label: what it is called.
        state: what a form sends for whether it is in use.
        is_new: whether it is not stored yet, so that it can be typed.
        may_go: whether it can be removed altogether.
        is_sender: whether new texts go out from it.
        is_sure: whether it is marked to be retired in spite of what that means.
        problems: why the row cannot be saved, by the part of its name.
    """

    number: str
    shown: str
    label: str
    state: str
    is_new: bool
    may_go: bool
    is_sender: bool
    is_sure: bool
    problems: Mapping[str, str]


def read_lines(form: MultiDict[str, str], key: str) -> list[Row]:
    """Return the rows of a form that are not empty and stay."""
    columns = (form.getlist(key + part) for part in (NUMBER, LABEL, STATE))
    rows = [
        {"number": full_number(number) or number.strip(), "label": " ".join(label.split()) or None, "retired": state}
        for number, label, state in zip(*columns, strict=False)
    ]
    return [
        {**row, "retired": row["retired"] == RETIRED}
        for row in rows
        if (row["number"] or row["label"]) and row["retired"] != REMOVED
    ]


def explain_lines(practice: Practice, rows: Sequence[Any]) -> list[Mistake]:
    """Return what is wrong with the rows, each at its own field; what is stored already is right."""
    found = []
    numbers = [row["number"] for row in rows]
    for item, row in enumerate(rows, start=1):
        number = row["number"]
        if number not in practice.all_numbers:
            words = _explain_number(practice, number)
            found += [Mistake(NUMBERS, words, item, "number")] if words else []
        if number and number in numbers[: item - 1]:
            found.append(Mistake(NUMBERS, TWICE, item, "number"))
        if len(row["label"] or "") > LONGEST_LABEL:
            found.append(Mistake(NUMBERS, f"write at most {LONGEST_LABEL} characters", item, "label"))
    if practice.staff_numbers and practice.messaging_service_sid is None and not _used(rows):
        found += [Mistake(NUMBERS, NEEDED, item, "state") for item in _retired_now(practice, rows)[:1]]
    return found


def explain_retiring(
    practice: Practice, rows: Sequence[Any], sure: Collection[str], arrivals: Mapping[str, NumberTraffic]
) -> list[Mistake]:
    """Return what retiring each number means, unless whoever retires it was told so.

    Args:
        practice: the practice as it is.
        rows: the rows to save.
        sure: the numbers that are marked to be retired in spite of it.
        arrivals: what has come in, by number.
    """
    after = next(iter(_used(rows)), None)
    return [
        Mistake(NUMBERS, _consequences(practice, rows[item - 1]["number"], after, arrivals), item, "sure")
        for item in _retired_now(practice, rows)
        if rows[item - 1]["number"] not in sure
    ]


def edit_lines(
    practice: Practice,
    rows: Sequence[Any],
    mistakes: Iterable[Mistake],
    typed: Collection[str],
    sure: Collection[str],
    unused: Collection[str],
) -> tuple[NumberRow, ...]:
    """Return the rows as the page shows them, and an empty one to add a number.

    Args:
        practice: the practice as it is.
        rows: the rows to show.
        mistakes: why they were refused.
        typed: the numbers as they were typed.
        sure: the numbers that are marked to be retired in spite of what that means.
        unused: the numbers that can be removed.
    """
    problems: dict[int, dict[str, str]] = {}
    for mistake in mistakes:
        if mistake.item and mistake.part:
            problems.setdefault(mistake.item, {})[mistake.part] = mistake.words
    as_typed = {full_number(number): number for number in typed}
    shown = [
        NumberRow(
            number=row["number"],
            shown=show_number(row["number"])
            if row["number"] in practice.all_numbers
            else as_typed.get(row["number"], row["number"]),
            label=row["label"] or "",
            state=RETIRED if row["retired"] else IN_USE,
            is_new=row["number"] not in practice.all_numbers or "number" in problems.get(item, {}),
            may_go=row["number"] in unused,
            is_sender=row["number"] == practice.texts_from,
            is_sure=row["number"] in sure,
            problems=problems.get(item, {}),
        )
        for item, row in enumerate(rows, start=1)
    ]
    if any(row.is_new for row in shown):
        return tuple(shown)
    blank = NumberRow("", "", "", IN_USE, True, False, False, False, {})
    return (*shown, blank)


def describe_line(row: Row) -> str:
    """Return a stored row for people, such as `(202) 555-0188 (Harbor office, retired)`."""
    notes = ", ".join(str(note) for note in (row["label"], "retired" if row["retired"] else None) if note)
    return show_number(str(row["number"])) + (f" ({notes})" if notes else "")


def say_seen(arrivals: NumberTraffic, time_zone: str) -> str:
    """Return what has come in on a number, in words."""
    if arrivals.last_at is None:
        return "No text or call has come in on it yet."
    return f"Last text or voicemail: {display.clock(arrivals.last_at, time_zone)}."


def _explain_number(practice: Practice, number: str) -> str:
    if not number:
        return NO_NUMBER
    return explain_typed(EditorKind.PHONE, number) or (OF_STAFF if number in practice.staff_numbers else "")


def _used(rows: Sequence[Any]) -> list[str]:
    return [row["number"] for row in rows if not row["retired"]]


def _retired_now(practice: Practice, rows: Sequence[Any]) -> list[int]:
    """Return the places of the rows, from 1, that are in use until they are saved."""
    return [
        item for item, row in enumerate(rows, start=1) if row["retired"] and row["number"] in practice.numbers_in_use
    ]


def _consequences(practice: Practice, number: str, after: str | None, arrivals: Mapping[str, NumberTraffic]) -> str:
    count = arrivals.get(number, NumberTraffic()).open_conversations
    opened = f"{count or 'No'} open {'conversation' if count == 1 else 'conversations'} came in on it."
    if practice.messaging_service_sid is not None:
        sent = "Texts still go out through your Messaging Service."
    elif after is None:
        sent = (
            "It is the last number in use: staff cannot begin a conversation by text without one, and forms are not"
            " answered by text. Answers to texts still go out from it."
        )
    else:
        sent = f"What your staff write next, in these and in others, goes out from {show_number(after)}."
        if arrivals.get(after, NumberTraffic()).last_at is None:
            sent += f" Nothing has come in on {show_number(after)} yet, so text it first, to see that it works."
    kept = "What patients still send to it comes in and is answered as before, for as long as you have it at Twilio."
    return f"{opened} {sent} {kept}"
