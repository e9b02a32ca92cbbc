"""The RQ dashboard and the page of an urgent message in a browser: they work, and everybody can use them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from inbox.models import Escalation, Role
from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.signed_in import enter
from tests.staff.conftest import Console, console_of, start_console
from tests.staff.conversations.test_escalations import PAGE, console
from tests.staff.test_rq_dashboard import with_jobs
from tests.tasks.conftest import hook

__all__ = ["console", "console_of", "hook", "start_console"]

SCREENS = {"desktop": (1280, 800), "smallest": (320, 568)}

Open = Callable[[str], Page]


@pytest.fixture(params=list(SCREENS.values()), ids=list(SCREENS))
def open_page(request: pytest.FixtureRequest, console: Console, browser: Browser) -> Iterator[Open]:
    """Opens pages of the console as an administrator; no script on them may fail."""
    width, height = request.param
    context = browser.new_context(base_url=console.url, viewport={"width": width, "height": height})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    enter(context, console.settings, console.database, console.add_member(Role.ADMIN).id)

    def open_one(path: str) -> Page:
        page.goto(path)
        return page

    yield open_one
    context.close()
    assert failures == []


def fits(page: Page) -> bool:
    return content_width(page) <= int(page.evaluate("innerWidth"))


def test_the_queues_and_their_failed_jobs_are_shown(console: Console, open_page: Open) -> None:
    with_jobs(console)
    page = open_page("/staff/queues/")
    expect(page.get_by_role("cell", name="notices")).to_be_visible()
    expect(page.get_by_text("Each kind of work waits in a queue of its own")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)

    page.get_by_role("row", name="messages").get_by_role("link").nth(5).click()
    expect(page.get_by_text("RuntimeError in handle_message")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)
    for button in ("Requeue", "Delete", "Empty queue", "Requeue All", "Compact"):
        expect(page.get_by_role("link", name=button, exact=True)).to_have_count(0)

    page.locator(".job_id a").click()
    expect(page.get_by_text("Exception Info")).to_be_visible()
    expect(page.get_by_role("button", name="Requeue")).to_have_count(0)
    assert (violations(page), fits(page)) == ([], True)

    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_text("No workers.")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)


@pytest.mark.parametrize("path", ["/staff/queues/", "/staff/queues/0/view/jobs", "/staff/queues/0/view/workers"])
def test_the_queues_are_readable_in_the_dark(console: Console, open_page: Open, path: str) -> None:
    with_jobs(console)
    page = open_page(path)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_text("Nothing can be changed on these pages.")).to_be_visible()

    assert violations(page) == []
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 22, 27)"


def test_the_console_can_be_left_from_the_queues(console: Console, open_page: Open) -> None:
    page = open_page("/staff/queues/")
    if page.get_by_role("button", name="Menu").is_visible():
        page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("navigation", name="Console").get_by_role("link", name="Inbox")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_the_audit_trail_is_asked_without_a_script_and_leads_to_what_it_is_about(
    console: Console, open_page: Open
) -> None:
    open_page("/staff/conversations/1")
    page = open_page("/staff/audit/demo")
    expect(page.get_by_role("heading", name="Audit trail")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)

    page.get_by_label("What", exact=True).select_option("Looked at")
    page.get_by_label("Conversation").fill("1")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("listitem").filter(has_text="Dana Reyes viewed it.")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)
    page.get_by_role("listitem").get_by_role("link").first.click()
    expect(page).to_have_url(f"{console.url}/staff/conversations/1")

    page = open_page("/staff/audit/demo?conversation=Maria")
    expect(page.get_by_role("alert")).to_have_text("The number of a conversation has digits only.")
    assert (violations(page), fits(page)) == ([], True)


def test_one_press_takes_an_urgent_message_on(console: Console, open_page: Open) -> None:
    page = open_page(PAGE)
    expect(page.get_by_role("heading", name="Urgent message")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)

    page.get_by_role("button", name="I’ll handle it", exact=True).click()
    expect(page).to_have_url(f"{console.url}/staff/conversations/1")

    assert console.rows(Escalation)[0].acknowledged_by == "Dana Reyes"
    open_page(PAGE)
    expect(page.get_by_text("Acknowledged by Dana Reyes")).to_be_visible()
    assert (violations(page), fits(page)) == ([], True)
