"""A console that hears of no alarms anymore, signed out or without a connection, says so; typed words stay."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from inbox.models import Escalation, ReplyDraft, Role, SavedReply, StaffMember, StaffSession, now
from tests.browser.test_calls import ALLOWED, LOOK
from tests.browser.test_console import SignIn, console, console_of, new_profile, receive, sign_in
from tests.browser.test_lost_answers import SHORT_LIMITS
from tests.browser.waiting import intercept, wait_until
from tests.staff.conftest import PASSWORD, Console
from tests.told_classifier import EMERGENCY, tell

__all__ = ["console", "console_of", "new_profile", "sign_in"]

# what was shown outlives the page
KEEPS_TOLD = """
  const shows = window.ServiceWorkerRegistration?.prototype.showNotification;
  if (shows) ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await shows.call(this, title, options);
    localStorage.told = JSON.stringify([...JSON.parse(localStorage.told ?? "[]"), title]);
  };
"""
# as in a tab that nobody has pressed anything in
NO_SOUND_YET = "void (AudioContext.prototype.resume = () => new Promise(() => {}))"
AGE = """() => {
  const key = `intake-no-connection-${document.querySelector("meta[name=member]").content}`;
  localStorage.setItem(key, Number(localStorage.getItem(key)) - 3_600_000);
}"""
FORM: Any = {"name": "form.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
CHEST = "I have crushing chest pain"
TOLD = "JSON.parse(localStorage.told ?? '[]')"


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    """The account page of a member who turned notifications on."""
    page = sign_in("/staff/account", complaint=r"net::ERR_FAILED|status of (5\d\d|422)")
    for script in (ALLOWED, KEEPS_TOLD, SHORT_LIMITS):
        page.context.add_init_script(script)
    page.reload()
    page.get_by_label("Show notifications").check()
    expect(page.locator("#notify-state")).to_contain_text("On.")
    page.evaluate("localStorage.removeItem('told')")
    return page


def end_sessions(console: Console) -> None:
    with console.edit() as session:
        session.execute(update(StaffSession).values(revoked_at=now()))


def test_whoever_is_signed_out_is_told_before_the_page_goes(console: Console, page: Page) -> None:
    end_sessions(console)
    page.evaluate(LOOK)

    expect(page).to_have_url(re.compile("/staff/sign-in"))
    assert page.evaluate(TOLD) == ["You were signed out: no alarms are shown here"]


def test_looks_that_fail_are_said_in_the_title_and_by_a_notification(page: Page) -> None:
    held: list[Route] = []
    at_once: list[int] = []

    def hold(route: Route) -> None:
        held.append(route)
        at_once.append(len(held))

    page.on("requestfailed", lambda _: held.clear())  # given up
    intercept(page, "**/staff/alarms", hold)
    wait_until(page, lambda: page.evaluate(LOOK) and len(at_once) > 3)
    assert max(at_once) == 1
    expect(page).to_have_title(re.compile("^No connection: no alarms are shown · "))
    page.wait_for_function(f"{TOLD}.length")
    assert page.evaluate(TOLD) == ["No connection: no alarms are shown here"]

    page.unroute_all()
    page.evaluate(LOOK)
    expect(page).to_have_title(re.compile("^(?!No connection)"))


def test_typed_words_stay_and_can_be_saved_after_signing_in_again(console: Console, page: Page) -> None:
    page.goto("/staff/account/replies")
    if not page.get_by_label("Name", exact=True).is_visible():
        page.locator("summary", has_text="Add").click()
    page.get_by_label("Name", exact=True).fill("Parking")
    page.get_by_label("Text in English", exact=True).fill("Behind the building.")
    end_sessions(console)
    page.evaluate(LOOK)

    expect(page.locator("#connection")).to_contain_text("You were signed out. What you typed is not saved")
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    expect(page.get_by_label("Text in English", exact=True)).to_have_value("Behind the building.")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again in a new tab").click()
    [member] = console.rows(StaffMember)
    opened.value.get_by_label("Email").fill(member.email)
    opened.value.get_by_label("Password").fill(PASSWORD)
    opened.value.get_by_role("button", name="Sign in").click()
    expect(opened.value.get_by_role("heading", name="Your saved replies")).to_be_visible()
    page.bring_to_front()
    page.evaluate(LOOK)

    expect(page.locator("#connection")).to_contain_text("You are signed in again")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").first).to_be_visible()
    assert [(reply.name, reply.text) for reply in console.rows(SavedReply)] == [("Parking", "Behind the building.")]


def test_words_of_a_form_that_was_refused_stay_too(console: Console, page: Page) -> None:
    page.goto("/staff/account/replies")
    if not page.get_by_label("Name", exact=True).is_visible():
        page.locator("summary", has_text="Add").click()
    page.get_by_label("Name", exact=True).fill("Parking")
    words = "Behind {{ nonsense }} the building."
    page.get_by_label("Text in English", exact=True).fill(words)
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("alert").first).to_be_visible()
    end_sessions(console)
    page.evaluate(LOOK)

    expect(page.locator("#connection")).to_contain_text("You were signed out. What you typed is not saved")
    expect(page.get_by_label("Text in English", exact=True)).to_have_value(words)


def test_a_later_outage_is_told_though_a_tab_still_waits_for_its_sound(page: Page) -> None:
    page.get_by_label("Play a short sound").check()
    page.goto("/staff/patients/demo")
    page.evaluate(NO_SOUND_YET)
    later = page.context.new_page()
    later.goto("/staff/patients/demo")
    for tab in (page, later):
        lose_connection(tab)
        assert tab.evaluate(TOLD) == ["No connection: no alarms are shown here"]
        tab.evaluate("localStorage.removeItem('told')")
        tab.evaluate(AGE)


def lose_connection(tab: Page) -> None:
    """Lets a page ask for alarms in vain until it has told of it."""
    intercept(tab, "**/staff/alarms", lambda route: route.abort())
    wait_until(tab, lambda: tab.evaluate(LOOK) and tab.title().startswith("No connection"))
    wait_until(tab, lambda: tab.evaluate(TOLD))


def test_what_was_typed_without_a_connection_is_saved_once_it_is_back(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in("/staff/conversations/1", complaint="net::ERR_")
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    page.context.set_offline(True)
    page.get_by_label("Your reply").fill("Yes, we do.")
    expect(page.locator("#kept-reply")).to_have_text("Draft not saved yet")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#connection")).to_contain_text("There is no connection. Nothing was sent.")

    page.context.set_offline(False)

    expect(page.locator("#connection")).to_have_text(
        "The connection is back. What you pressed meanwhile was not done: do it again."
    )
    expect(page.locator("#kept-reply")).to_have_text("Draft saved")
    assert [draft.text for draft in console.rows(ReplyDraft)] == ["Yes, we do."]


def test_before_its_scripts_run_a_page_says_that_a_draft_which_only_the_tab_has_is_on_its_way(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in("/staff/conversations/1", complaint="net::ERR_")
    intercept(page, "**/draft", lambda route: route.abort())
    page.get_by_label("Your reply").fill("Yes, we do.")
    expect(page.locator("#kept-reply")).to_have_text("Draft not saved yet")
    held: list[Route] = []
    intercept(page, "**/desk.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    wait_until(page, lambda: held and page.locator("#kept-reply").count())

    says = "getComputedStyle(document.getElementById('kept-reply'), '::before').content"
    assert page.evaluate(says) == '"Your draft is on its way…"'
    held[0].fallback()
    expect(page.get_by_label("Your reply")).to_have_value("Yes, we do.")
    assert page.evaluate(says) == "none"


def unwatched(page: Page, path: str) -> None:
    """Opens a page that does not hear by itself that the session is over."""
    for address in ("**/staff/alarms", "**/events*"):
        intercept(page, address, lambda route: route.abort())
    page.goto(path)
    page.wait_for_load_state()
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1 if "conversations" in path else 0)


def test_a_key_pressed_after_the_session_ended_says_that_nothing_was_done(console: Console, page: Page) -> None:
    tell(console, {CHEST: EMERGENCY})
    receive(console, CHEST)
    unwatched(page, "/staff/conversations/1")
    end_sessions(console)
    page.keyboard.press("a")

    expect(page).to_have_url(re.compile("/staff/sign-in"))
    expect(page.locator("body")).to_contain_text("Your session had ended, so nothing was saved or sent.")
    assert [alarm.acknowledged_at for alarm in console.rows(Escalation)] == [None]


def test_a_file_added_after_the_session_ended_says_why_it_was_not(console: Console, page: Page) -> None:
    receive(console, "Can you send me the form?")
    unwatched(page, "/staff/conversations/1")
    end_sessions(console)
    with page.expect_file_chooser() as chooser:
        page.locator("#attach").click()
    chooser.value.set_files(FORM)

    expect(page.locator("#files-said")).to_have_text("form.pdf: Not done, as you were signed out.")
    expect(page.locator("#connection")).to_contain_text("You were signed out, so nothing was sent or saved.")


def test_a_preview_asked_for_after_the_session_ended_is_no_sign_in_form(console: Console, sign_in: SignIn) -> None:
    page = sign_in("/staff/settings/demo/automatic-replies", role=Role.MANAGER, complaint="net::ERR_FAILED")
    unwatched(page, page.url)
    end_sessions(console)
    wording = page.locator("[data-reply]").first
    page.evaluate("document.querySelectorAll('details').forEach((folded) => (folded.open = true))")
    wording.fill("Hello there")

    expect(page.locator("#connection")).to_contain_text("You were signed out. What you typed is not saved")
    expect(wording).to_have_value("Hello there")
    expect(page.locator("form.whole [type=password]")).to_have_count(0)
