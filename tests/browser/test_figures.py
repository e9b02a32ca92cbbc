"""The managers' figures in a browser: another period, and files that say the same as the tables on the page."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from inbox.models import Role, now
from staff.figures.statistics import duration
from tests.browser.test_console import SignIn, console, console_of, new_profile, sign_in
from tests.staff.conftest import Console
from tests.staff.figures.day import add_answer, add_message

__all__ = ["console", "console_of", "new_profile", "sign_in"]

RECENT, LONG_AGO = 31, 9


@pytest.fixture
def page(console: Console, sign_in: SignIn) -> Page:
    """The figures of a practice with messages of yesterday and of six weeks ago, each answered."""
    member = console.add_member(name="Jamie Cole")
    with console.edit() as session:
        for count, days in ((RECENT, 1), (LONG_AGO, 42)):
            for place in range(count):
                message = add_message(session, now() - timedelta(days=days, minutes=place))
                add_answer(session, message, timedelta(seconds=3))
                add_answer(session, message, timedelta(minutes=place), staff_id=member.id)
    return sign_in("/staff/figures", role=Role.MANAGER, name="Mary Manager")


def show(page: Page, period: str) -> None:
    """Choose a period, and wait for its page: the tables of the page before it look the same."""
    page.get_by_label("Period").select_option(period)
    with page.expect_navigation():
        page.get_by_role("button", name="Show", exact=True).click()


def table(page: Page, caption: str) -> Locator:
    return page.get_by_role("table", name=caption)


def captions(page: Page) -> list[str]:
    return page.get_by_role("table").locator("caption").all_inner_texts()


def shown_rows(found: Locator) -> list[list[str]]:
    """The words of a table, row by row."""
    rows: list[list[str]] = found.locator("tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.textContent.trim()))"
    )
    return rows


def download(page: Page, link: str) -> list[list[str]]:
    """A file of the page, row by row."""
    with page.expect_download() as kept:
        page.get_by_role("link", name=link, exact=True).click()
    assert kept.value.suggested_filename.endswith(".csv")
    return list(csv.reader(io.StringIO(kept.value.path().read_bytes().decode())))


def as_shown(heading: str, value: str) -> str:
    """What the page writes for a value of a file."""
    if not value.replace(".", "").isdigit():
        return value.capitalize() if value == "too few to tell" else value
    if heading.endswith("(seconds)"):
        return duration(int(value))
    return f"{float(value):.0f}%" if heading.endswith("(%)") else f"{int(value):,}"


def test_another_period_counts_other_messages(page: Page) -> None:
    answers = table(page, "Time to the first answer").get_by_role("row", name="A person, in writing")
    expect(answers.get_by_role("cell").first).to_have_text(str(RECENT))

    show(page, "Last 90 days")
    expect(answers.get_by_role("cell").first).to_have_text(str(RECENT + LONG_AGO))

    today = now().date()
    page.get_by_label("From", exact=True).fill((today - timedelta(days=60)).isoformat())
    page.get_by_label("To", exact=True).fill((today - timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Show these dates").click()
    expect(answers.get_by_role("cell")).to_have_text([str(LONG_AGO), "0"])
    expect(page.locator("#answers")).to_contain_text("Median and 90th percentile: too few to tell.")


@pytest.mark.parametrize("period", ["Last 30 days", "Last 90 days"])
def test_the_files_say_what_the_tables_say(page: Page, period: str) -> None:
    show(page, period)
    tables = {caption: shown_rows(table(page, caption)) for caption in captions(page)}
    assert len(tables) == 10

    _, *everything = download(page, "Download all as CSV")
    for caption, (_, *rows) in tables.items():
        shown = [(row, as_shown(column, value)) for found, row, column, value in everything if found == caption]
        assert shown == [(row, cell) for row, *cells in rows for cell in cells], caption

    for caption in ("Messages by channel", "Time to the first answer", "Who answered"):
        heads, *lines = download(page, f"Download “{caption}” as CSV")
        assert [[line[0], *map(as_shown, heads[1:], line[1:])] for line in lines] == tables[caption][1:], caption
