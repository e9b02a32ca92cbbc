"""What is typed in the reply box is kept as it is typed: over reloads, expiry, other tabs, and conversations."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect
from sqlalchemy import select, update

from inbox.models import Conversation, ReplyDraft, StaffMember, StaffSession, now
from inbox.retention.erasure import erase_conversations
from tests.browser.test_console import SignIn, console, console_of, new_profile, receive, sign_in
from tests.browser.waiting import intercept, wait_until
from tests.staff.conftest import PASSWORD, Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

PLACE = "/staff/conversations/1"
RELOAD = "() => { document.documentElement.dataset.old = ''; setTimeout(() => location.reload()); }"
TWO = "+12025550132"


def write(page: Page, words: str) -> None:
    page.get_by_label("Your reply").press_sequentially(words)


def box(page: Page, words: str) -> None:
    expect(page.get_by_label("Your reply")).to_have_value(words)


def saved(page: Page) -> None:
    expect(page.get_by_text("Draft saved")).to_be_visible()


def hold(page: Page, path: str, ask: Callable[[], object]) -> Callable[[], None]:
    """Have the browser ask for a page, and keep the server's answer from it until what is returned is called."""
    held: list[tuple[Route, APIResponse]] = []

    def take(route: Route) -> None:
        if held or route.request.headers.get("x-requested-with") == "live":
            route.fallback()
        else:
            held.append((route, route.fetch()))

    intercept(page, lambda url: url.endswith(path), take)
    ask()
    wait_until(page, lambda: held)

    def release() -> None:
        [(route, answer)] = held
        route.fulfill(response=answer)

    return release


def edited_elsewhere(console: Console, sign_in: SignIn) -> Page:
    """Open a conversation whose reply could not be saved, and was then written differently in another tab."""
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", TWO)
    page = sign_in(PLACE, complaint=r"net::ERR_FAILED|status of 409")
    intercept(page, "**/draft", lambda route: route.abort())
    page.get_by_label("Your reply").fill("Most plans")
    expect(page.get_by_text("Draft not saved yet")).to_be_visible()
    other = page.context.new_page()
    other.goto(PLACE)
    other.get_by_label("Your reply").fill("Yes")
    saved(other)
    page.bring_to_front()
    return page


def test_a_draft_survives_reload_other_conversations_expiry_and_goes_when_sent(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", TWO)
    # once saving fails, once the session is over, and once a save overtakes the page that was asked for before it
    page = sign_in(PLACE, complaint=r"net::ERR_FAILED|EventSource's response has a MIME type|status of 409")
    write(page, "Yes, we d")
    saved(page)
    expect(page.locator("#c-1 .draft")).to_have_text("Draft")

    write(page, "o")  # not saved yet when the page goes
    page.reload()
    box(page, "Yes, we do")
    page.locator("#open-2").click()
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    box(page, "")
    page.locator("#open-1").click()
    box(page, "Yes, we do")
    saved(page)

    intercept(page, f"**{PLACE}/draft", lambda route: route.abort())
    page.get_by_label("Your reply").fill("Yes, we do, and no")
    expect(page.get_by_text("Draft not saved yet")).to_be_visible()
    with console.edit() as session:
        session.execute(update(StaffSession).values(revoked_at=now()))
    expect(page).to_have_url(re.compile("/staff/sign-in"))  # by itself: the page hears that the session is over
    page.unroute_all()
    expect(page).to_have_url(re.compile("/staff/sign-in"))
    [member] = {row.staff_id for row in console.rows(StaffSession)}
    with console.database.read() as session:
        email = session.get_one(StaffMember, member).email
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    box(page, "Yes, we do, and no")
    saved(page)
    assert page.evaluate("sessionStorage.length") == 0

    write(page, " referral.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_contain_text("Yes, we do, and no referral.")
    box(page, "")
    expect(page.locator("#c-1 .draft")).to_have_count(0)
    assert console.rows(ReplyDraft) == []


@pytest.mark.parametrize("unsaved", ["", "o"])
def test_a_page_that_was_written_before_the_last_words_were_saved_shows_them(
    console: Console, sign_in: SignIn, unsaved: str
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE, complaint="409")  # how the page that was written before learns of it
    write(page, "Yes")
    saved(page)

    release = hold(page, PLACE, lambda: page.evaluate(RELOAD))
    with page.expect_response(lambda answer: "we+d" in (answer.request.post_data or "")):
        page.keyboard.type(", we d")  # whatever asks the page itself waits for the one that is on its way
    page.keyboard.type(unsaved)
    release()

    expect(page.locator("html:not([data-old])")).to_have_count(1)
    box(page, f"Yes, we d{unsaved}")
    expect(page.get_by_role("alert")).to_have_count(0)
    write(page, ".")
    saved(page)
    assert [draft.text for draft in console.rows(ReplyDraft)] == [f"Yes, we d{unsaved}."]
    assert page.evaluate("sessionStorage.length") == 0


def test_words_whose_saving_was_answered_after_their_page_had_gone_are_not_another_tabs(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE, complaint="409")  # how the page that was loaded again learns of it
    write(page, "Yes")
    saved(page)

    release = hold(page, PLACE, lambda: page.evaluate(RELOAD))
    unheard: list[APIResponse] = []
    page.route("**/draft", lambda route: unheard.append(route.fetch()), times=1)
    page.keyboard.type(", we d")
    wait_until(page, lambda: unheard)
    page.keyboard.type("o")
    release()

    expect(page.locator("html:not([data-old])")).to_have_count(1)
    box(page, "Yes, we do")
    saved(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert [draft.text for draft in console.rows(ReplyDraft)] == ["Yes, we do"]


def test_a_reply_sent_after_the_session_ended_says_that_it_was_not_and_is_a_draft(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(complaint=r"net::ERR_FAILED")
    intercept(page, "**/events*", lambda route: route.abort())  # the page does not hear that the session is over
    intercept(page, "**/draft", lambda route: route.abort())
    page.goto(PLACE)
    write(page, "Yes, we do")
    with console.edit() as session:
        session.execute(update(StaffSession).values(revoked_at=now()))
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("alert").first).to_contain_text("your reply was NOT sent. It is kept as a draft")
    page.unroute_all()
    with console.database.read() as session:
        [email] = session.scalars(select(StaffMember.email)).all()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"{PLACE}$"))
    box(page, "Yes, we do")
    saved(page)


def test_the_newer_tab_wins_and_signing_out_keeps_the_last_words(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    older = sign_in(PLACE, refused=409)
    write(older, "Yes")
    saved(older)
    newer = older.context.new_page()
    newer.goto(PLACE)
    box(newer, "Yes")
    write(newer, ", most")
    saved(newer)

    older.bring_to_front()
    write(older, " No")
    expect(older.get_by_role("alert")).to_contain_text("edited in another tab")
    older.get_by_role("button", name="Use that one").click()
    box(older, "Yes, most")
    expect(older.get_by_role("alert")).to_have_count(0)

    older.get_by_label("Your reply").fill("Yes, most plans")
    older.get_by_role("button", name="Sign out").click()
    expect(older).to_have_url(re.compile("/staff/sign-in"))
    [draft] = console.rows(ReplyDraft)
    assert draft.text == "Yes, most plans"
    assert older.evaluate("sessionStorage.length") == 0


def test_a_save_that_fails_after_its_conversation_was_opened_again_hides_no_choice(
    console: Console, sign_in: SignIn
) -> None:
    page = edited_elsewhere(console, sign_in)
    page.locator("#open-2").click()
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")

    release = hold(page, PLACE, lambda: page.locator("#open-1").click())
    late: list[Route] = []
    page.route("**/draft", lambda route: late.append(route))
    receive(console, "Hello?", TWO)  # whose refresh tries to save again
    wait_until(page, lambda: late)
    release()
    box(page, "Most plans")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("edited in another tab")
    with page.expect_event("requestfailed"):
        late[0].abort()

    page.evaluate("() => new Promise((resolve) => setTimeout(resolve))")  # what waits for the failure runs before
    expect(alert).to_contain_text("edited in another tab")


def test_what_was_typed_for_an_erased_patient_is_kept_nowhere(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE, complaint="404")
    write(page, "Yes, Ms. Rivera")
    saved(page)
    with console.database.write() as session:
        erase_conversations(session, session.scalars(select(Conversation)).all())

    write(page, ", we do")

    expect(page).to_have_url(f"{console.url}/staff/")
    assert page.evaluate("JSON.stringify(sessionStorage)").count("Rivera") == 0
    assert console.rows(ReplyDraft) == []


NOTES = pytest.mark.parametrize(
    ("label", "button"), [("Internal note (never sent", "Add note"), ("Internal note for the team", "Transfer")]
)


@NOTES
def test_a_note_survives_reload_and_other_conversations_and_goes_when_it_is_added(
    console: Console, sign_in: SignIn, label: str, button: str
) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "Where are you?", TWO)
    page = sign_in(PLACE, complaint="status of 409")  # once a save overtakes the page that was asked for before it
    note = page.get_by_label(label)
    note.press_sequentially("She asks about a do")
    saved(page)
    expect(page.locator("#c-1 .draft")).to_have_text("Draft")

    note.press_sequentially("s")  # not saved yet when the page goes
    page.reload()
    expect(note).to_have_value("She asks about a dos")
    note.press_sequentially("e")
    page.locator("#open-2").click()
    expect(page.locator("#panes")).to_have_attribute("data-id", "2")
    expect(note).to_have_value("")
    page.locator("#open-1").click()
    expect(note).to_have_value("She asks about a dose")
    box(page, "")  # the note is no reply
    saved(page)
    receive(console, "Hello?")  # which brings a refresh
    expect(page.locator("#thread")).to_contain_text("Hello?")
    saved(page)

    page.locator("#team").select_option(label="Clinical")
    note.focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .note .text")).to_have_text("She asks about a dose")
    expect(note).to_have_value("")
    expect(page.locator("#c-1 .draft")).to_have_count(0)
    assert console.rows(ReplyDraft) == []
    assert page.evaluate("sessionStorage.length") == 0


def test_a_reply_and_two_notes_are_kept_side_by_side(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE)
    words = {"Your reply": "Yes, we do", "Internal note (never sent": "A dose", "Internal note for the team": "For you"}
    for label, typed in words.items():
        page.get_by_label(label).fill(typed)
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/staff/sign-in"))

    assert {draft.kind: draft.text for draft in console.rows(ReplyDraft)} == {
        "reply": "Yes, we do",
        "note": "A dose",
        "transfer": "For you",
    }


def test_a_note_edited_in_another_tab_can_be_used_or_replaced(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    older = sign_in(PLACE, refused=409)
    older.get_by_label("Internal note (never sent").fill("A dose")
    saved(older)
    newer = older.context.new_page()
    newer.goto(PLACE)
    newer.get_by_label("Internal note (never sent").fill("A double dose")
    saved(newer)

    older.bring_to_front()
    older.get_by_label("Internal note (never sent").fill("Half a dose")
    expect(older.get_by_role("alert")).to_contain_text("This note was edited in another tab.")
    older.get_by_role("button", name="Keep this one").click()
    saved(older)
    assert [draft.text for draft in console.rows(ReplyDraft)] == ["Half a dose"]


def test_a_transfer_that_comes_second_is_refused_and_its_note_is_kept(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    page = sign_in(PLACE, complaint="409")
    page.locator("#team").select_option(label="Clinical")
    page.get_by_label("Internal note for the team").fill("A dose")
    saved(page)
    with console.edit() as session:
        session.execute(update(Conversation).values(team="clinical"))
    page.get_by_role("button", name="Transfer", exact=True).click()

    expect(page.locator("#connection")).to_contain_text("Clinical already has this conversation.")
    expect(page.get_by_label("Internal note for the team")).to_have_value("A dose")
    assert [draft.text for draft in console.rows(ReplyDraft)] == ["A dose"]


@pytest.mark.parametrize("back", ["open", "reload"])
def test_words_that_could_not_be_saved_stay_though_another_tab_saved_others(
    console: Console, sign_in: SignIn, back: str
) -> None:
    page = edited_elsewhere(console, sign_in)
    if back == "open":
        page.locator("#open-2").click()
        expect(page.locator("#panes")).to_have_attribute("data-id", "2")
        page.locator("#open-1").click()
    for _ in range(2):
        if back == "reload":
            page.reload()
        box(page, "Most plans")
        expect(page.get_by_role("alert")).to_contain_text("edited in another tab")
    page.unroute_all()
    page.get_by_role("button", name="Keep this one").click()

    saved(page)
    assert [draft.text for draft in console.rows(ReplyDraft)] == ["Most plans"]
