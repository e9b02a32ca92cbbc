"""A front desk's day from the keyboard: what each task costs, and what a key never does."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation, Note, ReplyDraft, Review
from intake.settings import Settings
from tests.browser.axe import violations
from tests.browser.test_closing_requests import close_all
from tests.browser.test_console import ONE, TWO, SignIn, console, console_of, new_profile, press, receive, sign_in
from tests.browser.test_keys_while_loading import held
from tests.browser.waiting import intercept
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

CHEST = "My husband has crushing chest pain and can't breathe"
THREE, FOUR = "+12025550133", "+12025550134"
PLACE = "/staff/conversations/1"


@dataclass
class Keyboard:
    """A person's hands on the keys of a page.

    Attributes:
        page: what they look at.
        keys: how many they pressed; the letters of what they say count as none.
    """

    page: Page
    keys: int = 0

    def press(self, *keys: str) -> None:
        """Presses keys that are commands or choices."""
        for key in keys:
            self.page.keyboard.press(key)
        self.keys += len(keys)

    def say(self, words: str) -> None:
        """Types words for somebody to read."""
        self.page.keyboard.type(words)

    def spent(self) -> int:
        """How many keys were pressed since this was asked last."""
        spent, self.keys = self.keys, 0
        return spent


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but with a minute to undo what was done."""
    return settings.model_copy(update={"undo_seconds": 60})


@pytest.fixture
def four(console: Console) -> Console:
    """Four texts; the first is the newest."""
    for number, phone in ((4, FOUR), (3, THREE), (2, TWO), (1, ONE)):
        console.text(f"Do you take my insurance? ({number})", from_=phone)
    console.work()
    return console


def ready(page: Page) -> Page:
    """Waits until the page listens, and until nothing is opened or saved: meanwhile, it drops keys."""
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    expect(page.locator("#panes[aria-busy]")).to_have_count(0)
    return page


def unhurried(page: Page) -> Page:
    """Stops the page's clock: a second key counts as soon after the first, however busy the machine is."""
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
    return page


def shows(page: Page, phone: str) -> None:
    """Waits until the conversation with a number is open."""
    expect(page.get_by_role("heading", name=f"(202) 555-{phone[-4:]}", exact=True)).to_be_visible()
    settled(page)


def settled(page: Page) -> None:
    """Waits until what was asked for is on the page."""
    expect(page.locator("#panes:not([aria-busy])")).to_have_count(1)


def states(console: Console) -> set[str]:
    return {str(found.state) for found in console.rows(Conversation)}


def test_a_morning_needs_a_few_keys_for_each_task_and_no_tab(four: Console, sign_in: SignIn) -> None:
    page = ready(sign_in())
    desk = Keyboard(page)

    desk.press("j", "Enter")
    shows(page, ONE)
    desk.spent()

    desk.press("t", "C", "Enter")  # the team that begins with a C
    expect(page.locator("#team option:checked")).to_have_text("Clinical")
    desk.say("She asks about a dose. Please call.")
    desk.press("Control+Enter")
    expect(page.locator("#standing")).to_contain_text("Team: Clinical")
    expect(page.locator("#thread .note .text")).to_have_text("She asks about a dose. Please call.")
    settled(page)
    assert desk.spent() == 4

    desk.press("l")
    desk.say("refill")
    desk.press("Enter", "Escape")
    expect(page.locator("#tags")).to_contain_text("refill")
    settled(page)
    expect(page.locator("#open-4")).to_be_focused()  # though Escape came before the answer
    assert desk.spent() == 3

    desk.press("n")
    desk.say("Chart is on my desk.")
    desk.press("Control+Enter")
    expect(page.locator("#thread .note .text").last).to_have_text("Chart is on my desk.")
    settled(page)
    assert desk.spent() == 2

    desk.press("s", "ArrowDown", "Enter")
    shows(page, TWO)
    assert desk.spent() == 3
    [snoozed] = [found for found in four.rows(Conversation) if found.snoozed_until]
    assert snoozed.id == 4

    unhurried(page)
    desk.press("g", "r")
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()
    ready(page)
    desk.press("g", "p")
    expect(page.get_by_role("heading", name="Patients", exact=True)).to_be_visible()
    ready(page)
    desk.press("g", "s")
    expect(page.get_by_role("heading", name="Inbox Snoozed")).to_be_visible()
    assert desk.spent() == 6
    assert [found.text for found in four.rows(Note)] == ["She asks about a dose. Please call.", "Chart is on my desk."]


def test_several_are_tagged_snoozed_and_transferred_from_the_list(four: Console, sign_in: SignIn) -> None:
    page = ready(sign_in())
    desk = Keyboard(page)

    desk.press("j", "x", "j", "x", "l")
    desk.say("forms")
    desk.press("Enter")
    expect(page.get_by_text("2 conversations tagged.")).to_be_visible()
    settled(page)
    assert desk.spent() == 6

    desk.press("j", "x", "t", "B", "Enter")
    expect(page.get_by_text("1 conversation transferred")).to_be_visible()
    settled(page)
    desk.press("j", "j", "x", "s", "Enter")
    expect(page.get_by_text("1 conversation snoozed")).to_be_visible()
    teams = {found.id: found.team for found in four.rows(Conversation)}
    assert teams[4] == "billing"
    assert [found.id for found in four.rows(Conversation) if found.snoozed_until] == [3]


def test_what_was_closed_from_the_list_is_undone_in_the_list(four: Console, sign_in: SignIn) -> None:
    page = ready(sign_in())
    press(page, "j")
    press(page, "x")
    press(page, "e")
    close_all(page)
    expect(page.get_by_text("1 conversation closed.")).to_be_visible()
    settled(page)

    press(page, "u")

    expect(page.locator("#open-4")).to_be_visible()
    expect(page.locator("#panes[data-id]")).to_have_count(0)
    assert states(four) == {"open"}
    press(page, "j")
    expect(page.locator("#open-4")).to_be_focused()


def test_what_was_undone_is_where_it_was_though_the_list_was_refreshed_before_each_answer(
    four: Console, sign_in: SignIn
) -> None:
    page = ready(sign_in())
    press(page, "j")
    press(page, "x")
    press(page, "e")
    expect(page.locator("#asked")).to_be_visible()
    settled(page)
    with held(page, "/staff/bulk", "/staff/undo/1") as take:
        close_all(page)
        closing = take()
        answer = closing.fetch(max_redirects=0)
        expect(page.locator("#open-4")).to_have_count(0)  # by a refresh
        closing.fulfill(response=answer)
        expect(page.get_by_text("1 conversation closed.")).to_be_visible()
        settled(page)

        press(page, "u")
        undoing = take("/staff/undo/1")
        answer = undoing.fetch(max_redirects=0)
        expect(page.locator("#open-4")).to_be_visible()  # by a refresh, too
        undoing.fulfill(response=answer)

    settled(page)
    press(page, "j")
    expect(page.locator("#open-4")).to_be_focused()


@pytest.mark.parametrize("width", [1440, 820])
def test_escape_leaves_every_field_and_menu_for_the_open_row(four: Console, sign_in: SignIn, width: int) -> None:
    page = ready(sign_in("/staff/conversations/2", viewport={"width": width, "height": 900}))

    fields = {"r": "#text", "n": "#note", "l": "#new-tag", "t": "#team", "/": "#wanted"}
    for key, field in (fields | {"s": "#snooze-menu .menu button"}).items():
        page.keyboard.press(key)
        expect(page.locator(field).first).to_be_focused()
        expect(page.locator(field).first).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.locator("#open-2")).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("#filter-menu select").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#filter-menu")).not_to_have_attribute("open", "")
    page.keyboard.press("j")

    expect(page.locator("#open-1")).to_be_focused()
    assert [found.snoozed_until for found in four.rows(Conversation)] == [None] * 4


def test_an_emergency_says_its_key_and_why_it_cannot_be_transferred_or_snoozed_yet(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, CHEST)
    page = ready(sign_in(PLACE))
    expect(page.locator("#handle kbd")).to_have_text("a")
    for key in ("t", "s"):
        page.keyboard.press(key)
        expect(page.locator("#connection")).to_contain_text("Nobody has acknowledged this emergency. Press a to take")
        page.keyboard.press("Escape")

    page.keyboard.press("a")

    expect(page.locator("#standing")).to_contain_text("Assigned to Dana Reyes")
    expect(page.locator("#handle")).to_have_count(0)
    page.keyboard.press("t")
    expect(page.locator("#team")).to_be_focused()


@pytest.mark.parametrize("words", ["tmanager", "sclinical"])
def test_what_is_typed_after_a_refused_key_is_no_command(console: Console, sign_in: SignIn, words: str) -> None:
    receive(console, CHEST)
    page = unhurried(ready(sign_in(PLACE)))
    for key in words:
        page.keyboard.press(key)
        page.clock.run_for(800)  # a slow hand
    page.keyboard.press("Enter")

    expect(page.locator("#connection")).to_contain_text("Nobody has acknowledged this emergency.")
    expect(page.locator("#connection")).to_contain_text("What you typed since was not used")
    expect(page.locator("#handle")).to_be_visible()
    expect(page.locator(":is(input, textarea, select):focus")).to_have_count(0)
    page.clock.run_for(1100)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    expect(page.locator("#note")).to_have_value("")
    [emergency] = console.rows(Conversation)
    assert (emergency.assigned_to, str(emergency.state)) == (None, "open")


def test_an_arrow_ends_what_a_refused_key_began(console: Console, sign_in: SignIn) -> None:
    receive(console, CHEST)
    page = unhurried(ready(sign_in(PLACE)))
    page.keyboard.type("tn")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("l")

    expect(page.locator("#new-tag")).to_be_focused()


def test_a_reply_to_who_opted_out_is_refused_and_its_letters_are_no_commands(console: Console, sign_in: SignIn) -> None:
    receive(console, "Do you take my insurance?")
    receive(console, "STOP")
    page = unhurried(ready(sign_in(PLACE)))
    page.keyboard.type("rae")

    expect(page.locator("#connection")).to_contain_text(page.locator(".obstacle").inner_text())
    page.clock.run_for(1100)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    assert [found.assigned_to for found in console.rows(Conversation)] == [None]


@pytest.mark.parametrize("down", ["j", "ArrowDown"])
def test_the_first_key_after_a_search_goes_to_what_was_found_not_to_an_open_emergency(
    console: Console, sign_in: SignIn, down: str
) -> None:
    receive(console, CHEST)
    receive(console, "Luis Ortega here. Do you take my insurance?", TWO)
    page = ready(sign_in())
    page.keyboard.press("/")
    page.keyboard.type("Luis Ortega")
    page.keyboard.press("Enter")
    expect(page.locator("#summary")).to_contain_text("1 found")
    settled(page)

    page.keyboard.press(down)
    expect(page.locator("#open-2")).to_be_focused()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_role("link", name="1 open emergency")).to_be_in_viewport()
    page.keyboard.press("Enter")
    shows(page, TWO)


@pytest.mark.parametrize(
    ("hand", "note"), [("u", "She asks about a dose."), ("button", "She asks about a dose."), ("u", "")]
)
def test_an_undone_transfer_leaves_its_team_and_note_in_the_form(
    console: Console, sign_in: SignIn, hand: str, note: str
) -> None:
    receive(console, "Do you take my insurance?")
    page = ready(sign_in(PLACE))
    page.keyboard.press("t")
    page.keyboard.type("Clin")
    page.keyboard.press("Enter")
    page.keyboard.type(note)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#standing")).to_contain_text("Team: Clinical")
    settled(page)

    with page.expect_response(lambda answer: answer.request.headers.get("x-requested-with") == "live") as refreshed:
        if hand == "button":
            page.locator("#undo-last").click()
        else:
            page.keyboard.press("u")
        expect(page.locator("#standing")).not_to_contain_text("Team: Clinical")
    refreshed.value.finished()
    receive(console, "Hello?")  # which brings a refresh
    expect(page.locator("#thread")).to_contain_text("Hello?")

    expect(page.locator("#team option:checked")).to_have_text("Clinical")
    expect(page.locator("#transfer-note")).to_have_value(note)
    page.locator("#transfer-note").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#standing")).to_contain_text("Team: Clinical")
    assert [found.text for found in console.rows(Note)] == [note] * bool(note)


def test_g_goes_where_the_next_key_says_and_never_does_what_that_key_does_alone(four: Console, sign_in: SignIn) -> None:
    page = unhurried(ready(sign_in("/staff/conversations/2")))
    page.keyboard.type("gm")
    expect(page.get_by_role("link", name="Mine")).to_have_attribute("aria-current", "page")
    page.keyboard.type("gi")
    expect(page.locator("#view-all")).to_have_attribute("aria-current", "page")
    page.locator("#filter-menu > summary").click()
    page.get_by_label("Save this view as").fill("Everything")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Everything")).to_be_visible()
    ready(page)
    page.keyboard.type("gc")
    expect(page.locator("#view-closed")).to_have_attribute("aria-current", "page")
    page.keyboard.type("g1")
    expect(page.get_by_role("link", name="Everything")).to_have_attribute("aria-current", "page")

    page.locator("#open-3").focus()
    page.keyboard.type("ge")
    page.keyboard.press("g")
    page.keyboard.press("Shift+E")
    page.keyboard.press("g")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("gg")
    expect(page.locator("#open-2")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("gi")
    expect(page.locator("#wanted")).to_have_value("gi")

    assert states(four) == {"open"}


def test_g_alone_is_forgotten_after_a_moment_and_is_off_with_the_others(four: Console, sign_in: SignIn) -> None:
    page = unhurried(ready(sign_in("/staff/conversations/2")))
    page.keyboard.press("g")
    page.clock.run_for(1600)
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.press("Escape")
    page.clock.resume()

    page.keyboard.press("?")
    page.get_by_label("Use single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.type("gcnts")

    expect(page.locator("#view-all")).to_have_attribute("aria-current", "page")
    expect(page.locator("#note")).not_to_be_focused()
    page.goto("/staff/patients")
    page.keyboard.type("gi")
    expect(page).to_have_url(re.compile("/staff/patients/demo$"))


def test_no_key_reaches_a_page_that_is_being_left(four: Console, sign_in: SignIn) -> None:
    page = ready(sign_in("/staff/conversations/2", complaint="ERR_FAILED"))
    with held(page, "/staff/review") as take:
        with page.expect_request("**/staff/review"):
            page.keyboard.type("gr")
        page.keyboard.type("earHello")
        page.keyboard.press("Control+Enter")
        take().continue_()
    expect(page.get_by_role("heading", name="Review", exact=True)).to_be_visible()

    assert states(four) == {"open"}
    assert [found.assigned_to for found in four.rows(Conversation)] == [None] * 4
    assert four.rows(ReplyDraft) == []


def test_no_key_of_a_page_counts_unless_g_does(four: Console, sign_in: SignIn) -> None:
    page = sign_in(complaint="ERR_FAILED")
    intercept(page, "**/go_to.js", lambda route: route.abort())
    page.goto("/staff/review")
    page.keyboard.type("gp")  # where p alone would label a message
    page.unroute_all()
    page.reload()
    ready(page)
    assert four.rows(Review) != []
    assert {found.decided_at for found in four.rows(Review)} == {None}

    unhurried(page).keyboard.type("gp")
    expect(page.get_by_role("heading", name="Patients", exact=True)).to_be_visible()


def test_a_patient_is_found_and_written_to_by_keys_alone(four: Console, sign_in: SignIn) -> None:
    four.sign_in().post(f"{PLACE}/patient", data={"name": "Maria Rivera", "use": "address"})
    page = ready(sign_in())
    desk = Keyboard(page)

    desk.press("g", "p")
    expect(page.get_by_role("heading", name="Patients", exact=True)).to_be_visible()
    ready(page)
    desk.press("/")
    desk.say("rivera")
    desk.press("Enter")
    expect(page.get_by_role("link", name="Maria Rivera")).to_be_focused()
    desk.press("Enter")
    expect(page.get_by_role("heading", name="Maria Rivera")).to_be_visible()
    ready(page)
    desk.press("r")
    desk.say("Your refill is ready.")
    desk.press("Control+Enter")
    expect(page.locator("#history-entries > li").last).to_contain_text("Your refill is ready.")
    assert desk.spent() == 7

    page.goto(PLACE)
    ready(page)
    page.keyboard.press("v")
    expect(page.get_by_role("heading", name="Maria Rivera")).to_be_visible()
    ready(page)
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile(f"{PLACE}$"))


def test_the_help_fits_and_names_every_key(four: Console, sign_in: SignIn) -> None:
    page = ready(sign_in(PLACE))
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")

    expect(help_.get_by_role("button", name="Done")).to_be_focused()
    named = {key.inner_text() for key in help_.locator("dt kbd").all()}
    assert {*"jkxearnitlscvfug/?", "Enter", "Ctrl", "Z", "Esc"} <= named
    for width, height in ((1440, 900), (1280, 640), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert help_.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
        if width > 1000:
            assert help_.evaluate("dialog => dialog.scrollHeight <= dialog.clientHeight")
        assert violations(page) == []
