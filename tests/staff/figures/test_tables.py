"""What is made of the counts: periods, percentiles, tables, charts, and files."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.vocabulary import INTENTS
from staff.figures.answer_times import AnswerTimes
from staff.figures.arrivals import Arrivals
from staff.figures.charts import WIDTH, draw_chart
from staff.figures.csv_files import as_text, write_all, write_one
from staff.figures.local_time import find_offsets
from staff.figures.period import Period, PeriodMistakeError, read_period
from staff.figures.queries import Consents, Figures, Kind, WaitingGroup, Writer
from staff.figures.statistics import LEAST, duration, percentile, share
from staff.figures.tables import (
    Cell,
    Column,
    FiguresRow,
    Table,
    headlines,
    hour_words,
    period_tables,
    standing_table,
    telling_part,
    topic_of,
)

NEW_YORK = "America/New_York"
EVENING = datetime(2026, 3, 9, 2, tzinfo=UTC)  # March 8, 22:00 in New York
FEW = "Too few to tell"


def figures(count: int = 0, *, wait: int = 60, writers: list[Writer] | None = None) -> Figures:
    """So many messages on a Monday at 9 AM, after hours, all of them answered after as many seconds."""
    times = AnswerTimes(Counter({wait: count}) if count else Counter())
    return Figures(
        arrivals=[Arrivals(0, 9, False, count)] if count else [],
        kinds=[Kind("sms", "review", "complaint", None, count)] if count else [],
        writers=writers or [],
        automatic=times,
        human=times,
        consents=Consents(0, 0, 0),
        waiting=[],
        alarms=0,
    )


def tables(found: Figures) -> dict[str, Table]:
    return {table.key: table for table in period_tables(found)}


def shown(table: Table) -> dict[str, tuple[str, ...]]:
    return {row.name: tuple(cell.shown for cell in row.cells) for row in table.rows}


# ---- periods


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({}, "2026-02-07", "2026-03-08"),
        ({"period": "7"}, "2026-03-02", "2026-03-08"),
        ({"period": "90"}, "2025-12-09", "2026-03-08"),
        ({"period": "dates", "from": "2025-01-01", "to": "2026-01-01"}, "2025-01-01", "2026-01-01"),
        ({"from": "2026-03-01", "to": "2026-03-01"}, "2026-03-01", "2026-03-01"),
        ({"period": "7", "from": "2025-01-01", "to": "x"}, "2026-03-02", "2026-03-08"),
    ],
)
def test_the_address_says_which_days_by_the_practices_calendar(query: dict[str, str], first: str, last: str) -> None:
    found = read_period(query, NEW_YORK, EVENING)

    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert read_period(found.query, NEW_YORK, EVENING) == found


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"period": "8"}, "Choose the last 7"),
        ({"period": "dates"}, "From has to be a date"),
        ({"from": "2026-03-01", "to": "3/2/2026"}, "To has to be a date"),
        ({"from": "0001-01-01", "to": "2026-03-01"}, "between 2000 and 2099"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "after the last"),
        ({"from": "2025-01-01", "to": "2026-01-02"}, "more than 366 days"),
    ],
)
def test_days_that_cannot_be_shown_are_refused_with_a_reason(query: dict[str, str], words: str) -> None:
    with pytest.raises(PeriodMistakeError, match=words):
        read_period(query, NEW_YORK, EVENING)


def test_a_day_on_which_the_clock_changes_is_as_long_as_it_is() -> None:
    days = [
        Period(date(2026, 3, 8), date(2026, 3, 8), NEW_YORK),
        Period(date(2026, 11, 1), date(2026, 11, 1), NEW_YORK),
    ]

    lengths = [(day.end.astimezone(UTC) - day.start.astimezone(UTC)).total_seconds() / 3600 for day in days]
    assert lengths == [23, 25]


def test_a_zones_distance_from_utc_is_found_to_the_second() -> None:
    year = Period(date(2026, 1, 1), date(2026, 12, 31), NEW_YORK)

    assert find_offsets(NEW_YORK, year.start, year.end) == [
        (datetime(2026, 1, 1, 5, tzinfo=UTC), -5 * 3600),
        (datetime(2026, 3, 8, 7, tzinfo=UTC), -4 * 3600),
        (datetime(2026, 11, 1, 6, tzinfo=UTC), -5 * 3600),
    ]


# ---- statistics


def test_fewer_than_thirty_say_nothing() -> None:
    assert (share(0, LEAST - 1), percentile({5: LEAST - 1}, 0.5)) == (None, None)
    assert (share(0, LEAST), percentile({5: LEAST}, 0.5)) == (0, 5)


@given(st.lists(st.integers(0, 10_000), min_size=LEAST, max_size=80), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_percentile_is_the_value_that_so_many_do_not_exceed(values: list[int], at: float) -> None:
    found = percentile(Counter(values), at)

    assert found in values
    assert sum(value <= found for value in values) >= at * len(values)
    assert sum(value < found for value in values) < at * len(values)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (9000, "2 h 30 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_at_most_two_units(seconds: int, words: str) -> None:
    assert duration(seconds) == words


# ---- tables


def test_an_empty_practice_has_whole_tables_and_no_chart() -> None:
    found = figures()

    every = [standing_table(found, EVENING), *period_tables(found)]
    assert len({table.key for table in every}) == 10
    assert all(table.caption for table in every)
    assert shown(tables(found)["hours"])["9 AM"] == ("0", FEW)
    assert [draw_chart(table) for table in every] == [""] * 10
    assert "Nobody is waiting." in every[0].note
    assert headlines(found, EVENING)[2].number == "0"


def test_shares_and_times_are_kept_back_below_thirty() -> None:
    few, enough = tables(figures(29)), tables(figures(30))

    assert (shown(few["hours"])["9 AM"], shown(enough["hours"])["9 AM"]) == (("29", FEW), ("30", "100%"))
    assert shown(few["answers"])["A person, in writing"] == ("29", FEW, FEW, "0")
    assert shown(enough["answers"])["A person, in writing"] == ("30", "1 min", "1 min", "0")
    assert shown(enough["after-hours"]) == {"During opening hours": ("0", "0%"), "After hours": ("30", "100%")}
    assert shown(enough["handed"])["Intake was not sure"] == ("30", "100%")


def test_what_no_row_has_enough_cases_for_is_said_once_and_stays_in_the_file() -> None:
    few = tables(figures(29))

    hours, answers = telling_part(few["hours"]), telling_part(few["answers"])
    assert [column.heading for column in hours.columns] == ["From", "Messages"]
    assert {row.name: tuple(cell.shown for cell in row.cells) for row in hours.rows}["9 AM"] == ("29",)
    assert hours.left_out == "Share: too few to tell."
    assert [column.heading for column in answers.columns] == ["By", "Answered", "No answer"]
    assert answers.left_out == "Median and 90th percentile: too few to tell."
    assert "9 AM,29,too few to tell" in write_one(few["hours"])


def test_a_table_of_which_nothing_can_be_told_has_no_rows_on_the_page() -> None:
    nothing = tables(figures())

    assert [key for key, table in nothing.items() if not telling_part(table).rows] == [
        *("hours", "weekdays", "after-hours", "channels", "intents", "handed", "answers", "members")
    ]
    assert len(telling_part(nothing["opt-outs"]).rows) == 3, "that nobody opted out is told"


def test_a_column_with_something_to_tell_is_shown_whole() -> None:
    found = figures(30)
    mixed = replace(found, human=AnswerTimes(Counter({60: 29})))

    part = telling_part(tables(mixed)["answers"])
    assert [tuple(cell.shown for cell in row.cells) for row in part.rows] == [
        ("30", "1 min", "1 min", "0"),
        ("29", FEW, FEW, "0"),
    ]
    assert part.left_out == ""
    assert telling_part(tables(found)["hours"]).columns == tables(found)["hours"].columns


@pytest.mark.parametrize(
    ("route", "intent", "label", "words"),
    [
        ("complaint", "complaint", None, "Complaint"),
        ("urgent", "clinical_concern", None, "Clinical concern"),
        ("urgent", None, None, "Not sure"),
        ("review", "complaint", None, "Not sure"),
        ("review", "complaint", "billing_inquiry", "Billing question"),
        ("review", "complaint", "none_of_these", "Not sure"),
        ("person", "complaint", None, "Asks for a person"),
        ("opt_out", None, None, "Opt-out"),
        (None, None, None, "Not handled yet"),
    ],
)
def test_what_a_message_is_about(route: str | None, intent: str | None, label: str | None, words: str) -> None:
    assert topic_of(Kind("sms", route, intent, label, 1)) == words


def test_those_who_wait_are_added_up_with_the_longest_wait() -> None:
    found = figures()
    found.waiting.extend(
        [
            WaitingGroup(0, True, 2, datetime(2026, 3, 9, 1, 30, tzinfo=UTC)),
            WaitingGroup(0, False, 1, datetime(2026, 3, 9, 1, 50, tzinfo=UTC)),
            WaitingGroup(4, False, 7, datetime(2026, 3, 1, tzinfo=UTC)),
            WaitingGroup(None, True, 1, None),
        ]
    )
    table = standing_table(found, EVENING)

    assert shown(table)["Less than 1 hour"] == ("3", "2")
    assert shown(table)["More than 3 days"] == ("7", "0")
    assert "The longest wait is 8 d 2 h." in table.note
    assert [(line.number, line.words) for line in headlines(found, EVENING)[:2]] == [
        ("3", "urgent and open now"),
        ("10", "unanswered now"),
    ]


def test_hours_are_named_as_a_person_says_them() -> None:
    assert [hour_words(hour) for hour in (0, 9, 12, 23)] == ["12 AM", "9 AM", "12 PM", "11 PM"]


# ---- charts


@given(st.lists(st.tuples(st.text("a<&\"'", max_size=40), st.none() | st.floats(0, 1e9)), max_size=30), st.booleans())
def test_whatever_the_figures_are_the_chart_is_well_formed_and_hidden_from_screen_readers(
    found: list[tuple[str, float | None]], is_over_time: bool
) -> None:
    rows = tuple(FiguresRow(name, (Cell(f"{size} <&", size or 0, size),)) for name, size in found)
    drawn = draw_chart(Table("key", "Caption", (Column("A"), Column("B")), rows, is_over_time=is_over_time))

    if not any(size for _, size in found):
        assert drawn == ""
        return
    image = ElementTree.fromstring(str(drawn))
    bars = [element for element in image.iter() if element.get("class") == "bar"]
    assert image.get("aria-hidden") == "true"
    assert len(bars) == len(rows)
    assert all(0 <= float(bar.attrib["x"]) + float(bar.attrib["width"]) <= WIDTH for bar in bars)
    assert "style=" not in drawn


# ---- files


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "\r", "\n@"])
def test_what_begins_like_a_formula_is_text(start: str) -> None:
    assert as_text(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


def test_other_values_stay_as_they_are() -> None:
    assert [as_text(value) for value in (3, -1, 2.5, "Dana", "a=b", "")] == [3, -1, 2.5, "Dana", "a=b", ""]


def test_a_file_has_raw_values_and_no_name_is_a_formula() -> None:
    found = tables(figures(30, wait=5400, writers=[Writer("=cmd|' /C calc'!A0", 3, 4)]))

    [heads, automatic, person] = csv.reader(io.StringIO(write_one(found["answers"])))
    assert heads == ["By", "Answered", "Median (seconds)", "90th percentile (seconds)", "No answer"]
    assert automatic[1:] == person[1:] == ["30", "5400", "5400", "0"]
    assert list(csv.reader(io.StringIO(write_one(found["members"]))))[1] == ["'=cmd|' /C calc'!A0", "3", "4"]


def test_all_tables_are_one_file_with_a_figure_to_a_line() -> None:
    found = figures(30)
    lines = list(csv.reader(io.StringIO(write_all(period_tables(found)))))

    assert lines[0] == ["Table", "Row", "Column", "Value"]
    assert ["Messages by hour of the day", "9 AM", "Share (%)", "100.0"] in lines
    assert len(lines) == 1 + sum(len(row.cells) for table in period_tables(found) for row in table.rows)


def test_every_intent_has_words() -> None:
    assert all(topic_of(Kind("sms", intent, intent, None, 1)) for intent in INTENTS)
