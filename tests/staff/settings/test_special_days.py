"""Holidays and special days: a list in order, edited in rows, and stored as the practices file has it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import pytest
import requests
from werkzeug.datastructures import MultiDict

from inbox.models import Role, SettingVersion, now
from intake.practice_settings import Row, with_settings
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import Weekday
from staff.settings.day_editor import edit_days
from staff.settings.day_rows import explain_days, list_rows, read_days, read_rows
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.settings.test_page import effective, text_of, token, undo
from tests.world import PRACTICES_TOML

PAGE = "/staff/settings/demo/hours"
TODAY = date(2026, 12, 2)
WEEK = {f"hours.{day}": [] if day in ("sat", "sun") else ["08:00-17:00"] for day in Weekday}


@pytest.fixture
def practice(console: Console) -> Practice:
    """A practice that is open on weekdays, and closed on federal holidays and the days before."""
    flags = {"observe_federal_holidays": True, "observe_holiday_eves": True}
    return with_settings(effective(console), {**WEEK, **flags})


@pytest.fixture
def manager(console: Console) -> Browser:
    """The browser of a manager of the demo practice."""
    return console.sign_in(Role.MANAGER, name="Mira Manager")


def form_of(rows: list[Row]) -> MultiDict[str, str]:
    """What a browser sends of rows."""
    form = MultiDict([("days", "")])
    for number, row in enumerate(rows, start=1):
        name = f"days.{number}"
        form.add("days", str(number))
        for part in ("first", "last", "what"):
            form.add(f"{name}.{part}", str(row.get(part) or ""))
        if row.get("holiday"):
            form.add(f"{name}.holiday", "yes")
        for hours in filter(None, str(row.get("hours") or "").split(", ")):
            opens, _, closes = hours.partition("-")
            form.add(f"{name}.opens", opens)
            form.add(f"{name}.closes", closes)
    return form


def own(first: str, last: str = "", what: str = "closed", hours: str = "") -> Row:
    return {"first": first, "last": last, "what": what, "hours": hours}


def with_days(practice: Practice, **values: list[str]) -> Practice:
    return with_settings(practice, dict(values))


def change(rows: list[Row], day: str, what: str, hours: str = "") -> list[Row]:
    """The rows, of which that of a day says something else."""
    assert any(row["first"] == day for row in rows), day
    return [{**row, "what": what, "hours": hours} if row["first"] == day else row for row in rows]


def said(practice: Practice, *rows: Row) -> list[tuple[int | None, str, str]]:
    mistakes = explain_days(practice, read_rows(form_of(list(rows))))
    return [(mistake.item, mistake.part, mistake.words) for mistake in mistakes]


# ---- what is listed


def test_the_coming_holidays_are_listed_in_order_with_what_the_practice_does(practice: Practice) -> None:
    shown = [(row.title, row.when, row.what) for row in edit_days(practice, TODAY, None, ()).rows]

    assert shown[:4] == [
        ("Day before Christmas Day", "Thu, Dec 24, 2026", "closed"),
        ("Christmas Day", "Fri, Dec 25, 2026", "closed"),
        ("Day before New Year’s Day", "Thu, Dec 31, 2026", "closed"),
        ("New Year’s Day", "Fri, Jan 1, 2027", "closed"),
    ]
    assert ("Independence Day (observed)", "Mon, Jul 5, 2027", "closed") in shown
    assert shown[-1] == ("Thanksgiving Day", "Thu, Nov 25, 2027", "closed")
    assert "Day before Memorial Day" not in [title for title, *_ in shown], "a Sunday, which is closed anyway"


def test_who_works_on_holidays_sees_them_as_usual_and_no_days_before(practice: Practice) -> None:
    working = with_settings(practice, {"observe_federal_holidays": False})
    shown = {row.title: row.what for row in edit_days(working, TODAY, None, ()).rows}

    assert (shown["Christmas Day"], shown["Independence Day"]) == ("usual", "closed"), "the Fourth is a Sunday"
    assert not any(title.startswith("Day before") for title in shown)


def test_days_in_a_row_are_one_row_that_names_its_holidays_and_past_ones_stand_apart(practice: Practice) -> None:
    break_days = [f"2026-12-{day}" for day in range(23, 29)]
    editor = edit_days(with_days(practice, closed_on=["2026-08-14", *break_days]), TODAY, None, ())

    first = editor.rows[0]
    assert (first.first, first.last) == ("2026-12-23", "2026-12-28")
    assert first.when == "Wed, Dec 23, 2026 to Mon, Dec 28, 2026"
    assert first.within == ("Christmas Day",)
    assert editor.rows[1].title == "Day before New Year’s Day"
    assert [row.when for row in editor.past] == ["Fri, Aug 14, 2026"]


# ---- what is stored


STORED: dict[str, list[str]] = {
    "closed_on": ["2027-01-04", "2026-12-28", "2026-12-29", "2026-12-30", "2020-01-02", "2099-12-24", "2026-12-25"],
    "special_hours": ["2026-12-31 12:00-14:00", "2026-12-31 08:00-11:00", "2026-12-21 08:00-12:00"],
    "open_on": ["2027-01-18", "2026-12-24", "2027-03-03", "2026-11-26"],
}


def test_rows_that_nobody_edited_change_nothing(practice: Practice) -> None:
    for stored in (with_days(practice, **STORED), practice):
        assert read_days(form_of(list_rows(stored, TODAY)), stored) == {}


def test_a_row_that_changes_leaves_all_other_days_as_they_are(practice: Practice) -> None:
    stored = with_days(practice, **STORED)
    rows = list_rows(stored, TODAY)

    changed = read_days(form_of(change(rows, "2026-12-28", "other", "09:00-12:00")), stored)
    assert changed == {
        "closed_on": ["2020-01-02", "2026-12-25", "2027-01-04", "2099-12-24"],
        "special_hours": sorted([*STORED["special_hours"], *(f"2026-12-{day} 09:00-12:00" for day in (28, 29, 30))]),
    }


def test_a_holiday_is_worked_on_as_usual_or_for_other_hours_and_closed_again(practice: Practice) -> None:
    rows = list_rows(practice, TODAY)

    assert read_days(form_of(change(rows, "2027-01-18", "usual")), practice) == {"open_on": ["2027-01-18"]}
    early = change(rows, "2026-12-24", "other", "08:00-11:00, 12:00-14:00")
    both = ["2026-12-24 08:00-11:00", "2026-12-24 12:00-14:00"]
    assert read_days(form_of(early), practice) == {"special_hours": both}
    stored = with_days(practice, special_hours=both)
    again = change(list_rows(stored, TODAY), "2026-12-24", "closed")
    assert read_days(form_of(again), stored) == {"special_hours": []}


def test_days_in_a_row_are_stored_each_and_cover_a_holiday_among_them(practice: Practice) -> None:
    rows = [*list_rows(practice, TODAY), own("2026-12-23", "2026-12-28", "other", "10:00-12:00")]

    assert read_days(form_of(rows), practice) == {
        "special_hours": [f"2026-12-{day} 10:00-12:00" for day in range(23, 29)]
    }


def test_a_row_that_is_taken_out_or_emptied_gives_its_days_back(practice: Practice) -> None:
    stored = with_days(practice, closed_on=["2027-02-01", "2027-02-02", "2027-02-03"])
    rows = list_rows(stored, TODAY)
    left = [row for row in rows if row["first"] != "2027-02-01"]

    assert len(left) == len(rows) - 1
    assert read_days(form_of(left), stored) == {"closed_on": []}
    assert read_days(form_of([*left, own("")]), stored) == {"closed_on": []}
    shorter = [*left, own("2027-02-02", "2027-02-03")]
    assert read_days(form_of(shorter), stored) == {"closed_on": ["2027-02-02", "2027-02-03"]}


# ---- what is refused


@pytest.mark.parametrize(
    ("row", "part", "words"),
    [
        (own("", "2027-03-05"), "first", "choose the first day, or empty all dates of this row to leave it out"),
        (own("", what="other", hours="08:00-12:00"), "first", "choose the first day"),
        (own("Easter"), "first", "“Easter” is not a date. Write it as 12/24/2026"),
        (own("2027-03-05", "2027-03-04"), "last", "the last day is before the first"),
        (own("2027-03-05", "2037-03-05"), "last", "these are more days than a year has: check both dates"),
        (own("9999-12-31"), "first", "check the year, which can be 2100 at most"),
        (own("2027-03-05", "2207-03-06"), "last", "check the year"),
        (own("2027-03-05", "2027-03-06", "perhaps"), "what", "choose what you do on this day"),
        (own("2027-03-05", what="other"), "opens", "fill in when you open and close"),
        (own("2027-03-05", what="other", hours="08:00-"), "opens", "“08:00-” has one time only. Fill in both"),
        (own("2027-03-05", what="other", hours="12:00-08:00"), "opens", "“12:00-08:00” ends before it begins."),
        (
            own("2027-03-05", what="other", hours="08:00-12:00, 11:00-14:00"),
            "opens",
            "these times overlap: change one of them",
        ),
    ],
)
def test_what_is_unclear_is_said_at_its_field(practice: Practice, row: Row, part: str, words: str) -> None:
    ((item, where, why),) = said(practice, own("2027-05-05"), row)

    assert (item, where) == (2, part)
    assert words in why


def test_dates_and_times_are_taken_as_people_write_them_where_a_browser_has_no_pickers(practice: Practice) -> None:
    rows = [own("3/5/2027", what="other", hours="8am-noon")]

    assert read_days(form_of(rows), practice) == {"special_hours": ["2027-03-05 08:00-12:00"]}


def test_two_rows_cannot_disagree_about_a_day_but_can_agree(practice: Practice) -> None:
    again = [(2, "first", "3/5/2027 has another row that says otherwise")]

    assert said(practice, own("2027-03-05"), own("2027-03-01", "2027-03-06", "usual")) == again
    assert said(practice, own("2027-03-05"), own("2027-03-05")) == []
    chosen = change(list_rows(practice, TODAY), "2026-12-24", "usual")
    ((_, part, words),) = said(practice, *chosen, own("2026-12-23", "2026-12-26"))
    assert (part, words) == ("first", "12/24/2026 has another row that says otherwise")


# ---- on the page


def open_page(manager: Browser) -> tuple[requests.Response, MultiDict[str, str]]:
    """The page, and what a browser sends of its rows if nothing is edited."""
    page = manager.get(PAGE)
    shown = re.sub(r"<(noscript|template)>.*?</\1>", "", page.text, flags=re.DOTALL)
    form = MultiDict([("version", token(page))])
    for name, value in re.findall(r'name="(days(?:\.[^"]+)?)" value="([^"]*)"', shown):
        form.add(name, html.unescape(value))
    for name, value in re.findall(r'<select[^>]* name="(days\.[^"]+)".*?value="([^"]*)" selected', shown, re.DOTALL):
        form.add(name, value)
    return page, form


def send(manager: Browser, form: MultiDict[str, str], *rows: Row, page: str = PAGE) -> requests.Response:
    """Send the rows of an opened page, and more of them."""
    sent = form.copy()
    for number, row in enumerate(rows, start=1):
        for name, values in form_of([row]).lists():
            if name == "days":
                sent.add("days", f"added-{number}")
            else:
                sent.setlist(name.replace("days.1", f"days.added-{number}"), values)
    return manager.post(page, data=sent.to_dict(flat=False))


def test_a_day_is_added_shown_and_undone(console: Console, manager: Browser) -> None:
    _, form = open_page(manager)
    coming = date(now().astimezone(ZoneInfo(effective(console).time_zone)).year + 1, 3, 3)
    assert send(manager, form, own(coming.isoformat())).status_code == 303

    assert effective(console).closed_on == [coming]
    page, form = open_page(manager)
    assert f"Mar 3, {coming.year}" in text_of(page)
    assert "Saved as version 1 (Hours: Closed on)" in text_of(page)
    send(manager, form)
    assert len(console.rows(SettingVersion)) == 1, "what nobody edited is no change"
    undo(manager, 1)
    assert effective(console).closed_on == []


def test_past_days_are_folded_away_and_a_day_that_has_passed_gets_a_warning(console: Console, manager: Browser) -> None:
    _, form = open_page(manager)
    send(manager, form, own("2020-01-02"))

    page, _ = open_page(manager)
    assert "Check the year: 1/2/2020 is in the past." in page.text
    assert "Past days (1)" in page.text.partition('<details class="more">')[2]


def test_a_refused_row_says_why_beside_it_keeps_what_was_typed_and_stores_nothing(
    console: Console, manager: Browser
) -> None:
    _, form = open_page(manager)
    form["hours.mon"] = "mornings"
    answer = send(manager, form, own("2099-03-03"), own("2099-03-05", "2099-03-04"))

    assert answer.status_code == 422
    links = re.findall(r'<li><a href="#(s-[^"]+)">([^<]+)</a>', answer.text)
    place = next(link for link, _ in links if link.startswith("s-closed-on"))
    assert {link for link, _ in links} == {"s-hours-mon", place}, "all at once"
    assert f'id="{place}-problem">The last day is before the first<' in answer.text
    assert re.search(rf'<input type="date" id="{place}"[^>]* value="2099-03-04"[^>]* aria-invalid="true"', answer.text)
    assert 'value="2099-03-03"' in answer.text
    assert console.rows(SettingVersion) == []


def test_a_page_that_an_earlier_release_drew_changes_no_day(start_console: StartConsole) -> None:
    console = start_console('closed_on = ["2099-12-24"]')
    manager = console.sign_in(Role.MANAGER)
    answer = manager.post(PAGE, data={"version": token(manager.get(PAGE)), "closed_on": "", "open_on": "12/24/2099"})

    assert answer.status_code == 303
    assert [day.isoformat() for day in effective(console).closed_on] == ["2099-12-24"]


def test_what_no_row_is_to_blame_for_is_said_below_them(
    manager: Browser, settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    _, form = open_page(manager)
    send(manager, form, own("2099-03-03"))
    in_file = 'slug = "demo"\nspecial_hours = ["2099-03-03 08:00-12:00"]\n'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', in_file, 1))
    browser = console_of(settings).sign_in(Role.MANAGER)
    _, form = open_page(browser)
    answer = send(browser, form, own("2099-04-04", what="other", hours="08:00-12:00"))

    assert answer.status_code == 422
    assert '<li><a href="#s-special-hours">' in answer.text
    assert "3/3/2099 is also listed as closed all day" in text_of(answer)
    assert re.search('<span[^>]* id="s-special-hours"[^>]* autofocus', answer.text)
