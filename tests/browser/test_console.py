"""The console in a browser: live updates, keyboard shortcuts, and a chat with a patient in a second browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from inbox.audit.trail import record_action
from inbox.models import Conversation, Delivery, Note, Role, StaffMember
from intake.settings import Settings
from intake.vocabulary import Language
from templates.replies import stop_wording
from templates.segments import count_segments
from tests.browser.axe import assert_accessible
from tests.browser.signed_in import enter
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.visitor import Visitor
from tests.browser.waiting import intercept
from tests.staff.conftest import PASSWORD, Console, console_of
from tests.world import SITE, WIDGET_KEY, without_quiet_hours

__all__ = ["console_of"]

PRICES = "How much is a first visit without insurance?"
BILL = "I got a bill for $382 for my visit but my copay should only be $35, what is the rest?"
PLACE = "/staff/conversations/1"
ONE, TWO = "+12025550131", "+12025550132"
SCREENS = ((1280, 800), (390, 844), (320, 568))

SignIn = Callable[..., Page]


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console], site: PracticeSite) -> Console:
    """A practice whose site may embed its chat."""
    settings.practices_file.write_text(without_quiet_hours().replace(SITE, site.origin))
    return console_of(settings)


@pytest.fixture
def sign_in(console: Console, new_profile: Callable[..., Visitor]) -> SignIn:
    """Signs in a new member in a separate browser profile and opens a page of the console.

    If `refused` is given, the browser is expected to complain about a form refused with this status. `complaint` is
    what else it may complain about.
    """

    def open_console(
        path: str = "/staff/",
        *,
        name: str = "Dana Reyes",
        role: Role = Role.STAFF,
        refused: int | None = None,
        complaint: str = "",
        **options: Any,
    ) -> Page:
        profile = new_profile(base_url=console.url, **options)
        if refused:
            profile.expect_complaint(f"status of {refused}")
        if complaint:
            profile.expect_complaint(complaint)
        enter(profile.context, console.settings, console.database, console.add_member(role, name=name).id)
        page = profile.context.new_page()
        page.goto(path)
        return page

    return open_console


@pytest.fixture
def new_profile(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Creates browser profiles, and checks at the end that none has complained about anything."""
    profiles: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        profiles.append(Visitor(browser, **options))
        return profiles[-1]

    yield make
    for profile in profiles:
        profile.leave()


def press(page: Page, key: str) -> None:
    """Presses a key once the page is listening."""
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    page.keyboard.press(key)


def receive(console: Console, text: str, from_: str = ONE) -> None:
    console.text(text, from_=from_)
    console.work()


def note_calls(console: Console, *numbers: int) -> None:
    """Has all patients called, or those of some conversations, so that closing these asks nothing."""
    with console.edit() as session:
        for row in session.scalars(select(Conversation).order_by(Conversation.id)).all():
            if not numbers or row.id in numbers:
                subject = f"conversation:{row.id}"
                record_action(session, staff_id=None, practice=row.practice, action="call_reached", subject=subject)


def said(page: Page) -> list[list[str]]:
    """Who said what, from the top of the thread."""
    shown: list[list[str]] = page.locator("#thread > .entry").evaluate_all(
        "all => all.map(entry => [entry.classList[1], entry.querySelector('.text').textContent])"
    )
    return shown


# ---- a talk with a patient


def test_a_chat_is_taken_over_and_both_sides_talk_without_a_reload(
    console: Console, sign_in: SignIn, new_profile: Callable[..., Visitor], site: PracticeSite
) -> None:
    page = sign_in()
    address = site.page("/", policy=strict_policy(console.url), head=script_tag(console.url, WIDGET_KEY))
    patient = new_profile().visit(address, WIDGET_KEY).open()
    expect(patient.say(PRICES)).to_have_attribute("data-state", "sent")
    console.work()
    expect(patient.replies()).to_have_count(1)

    page.get_by_role("link", name="Chat visitor").click()
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("Auto-replies are off")).to_be_visible()
    page.get_by_label("Your reply").fill("Dana from the front desk here. What do you need?")
    page.get_by_role("button", name="Send", exact=True).click()

    expect(patient.root.locator('[data-from="staff"] .text')).to_have_text(
        "Dana from the front desk here. What do you need?"
    )
    expect(patient.say("Is there parking?")).to_have_attribute("data-state", "sent")
    expect(page.locator("#thread .patient .text").last).to_have_text("Is there parking?")
    console.work()
    expect(page.locator("#thread .patient").last).not_to_contain_text("Analyzing")
    page.get_by_role("button", name="Resume auto-replies").click()
    expect(page.get_by_role("button", name="Turn off auto-replies")).to_be_visible()
    expect(patient.say(BILL)).to_have_attribute("data-state", "sent")
    console.work()
    expect(patient.replies()).to_have_count(3)

    expect(page.locator("#thread > .entry")).to_have_count(6)
    assert [kind for kind, _ in said(page)] == ["patient", "robot", "staff", "patient", "patient", "robot"]
    assert [text for _, text in said(page)] == [text for _, text in patient.transcript()]


def test_a_reply_that_fails_is_seen_to_fail_without_a_reload(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    page = sign_in("/staff/conversations/1")
    page.get_by_label("Your reply").fill("The rest is your deductible.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread .staff")).to_contain_text("Queued")
    console.work()
    expect(page.locator("#thread .staff .status")).to_have_text("Sent")

    console.twilio.deliver(console.twilio.messages[-1].sid, "undelivered", 30005)

    expect(page.locator("#thread .staff .status")).to_contain_text("Not delivered: the number does not exist")


def test_two_members_see_each_other_and_the_second_to_answer_is_warned(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    dana = sign_in("/staff/conversations/1", name="Dana Reyes")
    bob = sign_in("/staff/conversations/1", name="Bob Stone", refused=409)
    expect(dana.get_by_text("Bob Stone is also viewing this conversation.")).to_be_visible()
    expect(bob.get_by_text("Dana Reyes is also viewing this conversation.")).to_be_visible()
    bob.get_by_label("Your reply").fill("I will look into it.")
    dana.get_by_label("Your reply").fill("The rest is your deductible.")
    dana.get_by_role("button", name="Send", exact=True).click()
    expect(bob.locator("#thread .staff .text")).to_have_text("The rest is your deductible.")
    expect(bob.get_by_label("Your reply")).to_have_value("I will look into it.")

    bob.get_by_role("button", name="Send", exact=True).click()

    expect(bob.get_by_role("alert")).to_contain_text("Dana Reyes replied while you were writing")
    expect(bob.get_by_label("Your reply")).to_have_value("I will look into it.")
    bob.get_by_role("button", name="Send anyway").click()
    expect(bob.locator("#thread .staff")).to_have_count(2)


def test_a_double_click_sends_once(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    page = sign_in("/staff/conversations/1")
    page.get_by_label("Your reply").fill("The rest is your deductible.")

    page.get_by_role("button", name="Send", exact=True).dblclick()

    expect(page.locator("#thread .staff")).to_have_count(1)
    assert len([delivery for delivery in console.rows(Delivery) if delivery.message_id is None]) == 1


# ---- the list keeps itself up to date


def test_messages_appear_on_top_and_are_counted_without_a_reload(console: Console, sign_in: SignIn) -> None:
    page = sign_in()
    expect(page).to_have_title("Inbox · Intake")

    receive(console, PRICES, ONE)
    expect(page.locator("#rows > .row > a")).to_have_text(["(202) 555-0131"])
    receive(console, BILL, TWO)

    expect(page.locator("#rows > .row > a")).to_have_text(["(202) 555-0132", "(202) 555-0131"])
    expect(page).to_have_title("(2) Inbox · Intake")
    receive(console, BILL, ONE)
    expect(page.locator("#rows > .row > a")).to_have_text(["(202) 555-0131", "(202) 555-0132"])


def test_what_no_conversation_has_is_searched_for_among_the_records_and_back(console: Console, sign_in: SignIn) -> None:
    page = sign_in("/staff/", name="Dana Reyes")
    page.get_by_label("Search").first.fill("gravel")
    page.keyboard.press("Enter")

    page.get_by_role("button", name="Search patient records").click()
    expect(page).to_have_url(re.compile(r"/staff/patients/demo/search$"))
    expect(page.locator("#wanted")).to_have_value("gravel")
    assert_accessible(page, [(1440, 900), (390, 844)])

    page.get_by_role("button", name="Search conversations").click()
    expect(page.locator("#nothing")).to_contain_text("No results.")
    assert_accessible(page, [(1440, 900), (390, 844)])


def test_results_of_a_search_keep_themselves_up_to_date_too(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL, ONE)
    page = sign_in()
    press(page, "/")
    page.keyboard.type("deductible")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No results.")).to_be_visible()
    assert "deductible" not in page.url

    receive(console, "Is that my deductible?", TWO)

    expect(page.locator("#rows > .row > a")).to_have_text(["(202) 555-0132"])


def test_what_is_open_stays_open_while_the_thread_grows(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    page = sign_in("/staff/conversations/1")
    page.locator(".reading summary").first.click()
    expect(page.get_by_role("table")).to_be_visible()
    page.get_by_label("Your reply").fill("Half a sen")

    receive(console, PRICES)

    expect(page.locator("#thread > .patient")).to_have_count(2)
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_label("Your reply")).to_have_value("Half a sen")
    expect(page.get_by_label("Your reply")).to_be_focused()


def test_who_is_signed_out_is_asked_to_sign_in(console: Console, sign_in: SignIn) -> None:
    page = sign_in()
    tab = page.context.new_page()
    tab.goto("/staff/")
    tab.get_by_role("button", name="Sign out").click()
    page.bring_to_front()

    receive(console, PRICES)

    expect(page).to_have_url(re.compile("/staff/sign-in"))


# ---- keys


def test_the_list_is_worked_with_keys_alone(console: Console, sign_in: SignIn) -> None:
    receive(console, PRICES, ONE)
    receive(console, BILL, TWO)
    note_calls(console)
    page = sign_in()

    press(page, "j")
    expect(page.get_by_role("link", name="(202) 555-0132")).to_be_focused()
    press(page, "j")
    expect(page.get_by_role("link", name="(202) 555-0131")).to_be_focused()
    press(page, "k")
    press(page, "a")
    expect(page.locator(".row").first).to_contain_text("Assigned to Dana Reyes")
    expect(page.get_by_role("link", name="(202) 555-0132")).to_be_focused()
    press(page, "e")
    expect(page.locator(".row")).to_have_count(1)
    expect(page.get_by_role("link", name="(202) 555-0131")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_title("Conversation 1 · Intake")
    press(page, "r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type("je")
    expect(page.get_by_label("Your reply")).to_have_value("je")
    page.keyboard.press("Escape")
    press(page, "e")
    expect(page.get_by_text("No conversation is open")).to_be_visible()
    assert [conversation.state for conversation in console.rows(Conversation)] == ["closed", "closed"]


COMPOSE = """(field, key) => {
  const options = { key, isComposing: true, ctrlKey: key === "Enter", bubbles: true, cancelable: true };
  field.dispatchEvent(new KeyboardEvent("keydown", options));
}"""


def test_keys_of_an_input_method_choose_send_and_leave_nothing(console: Console, sign_in: SignIn) -> None:
    receive(console, PRICES)
    console.add_member(name="Bo Chen")
    page = sign_in(PLACE)
    note = page.locator("#note")
    note.focus()
    page.keyboard.type("@B")
    expect(page.locator("#note-names")).to_be_visible()

    for key in ("Enter", "Escape"):
        note.evaluate(COMPOSE, key)

    expect(page.locator("#note-names")).to_be_visible()
    expect(note).to_have_value("@B")
    expect(note).to_be_focused()
    assert console.rows(Note) == []


def test_words_that_run_from_right_to_left_are_shown_so(console: Console, sign_in: SignIn) -> None:
    receive(console, "لدي ألم في السن رقم 12. هل يمكنني أخذ Ibuprofen 400 mg؟")
    page = sign_in(PLACE)
    page.get_by_label("Your reply").fill("نعم، خذ Ibuprofen 400 mg.")

    for shown in ("#thread .patient .text", ".row .preview", "#text"):
        expect(page.locator(shown).first).to_have_css("direction", "rtl")
    expect(page.locator("#who")).to_have_css("direction", "ltr")


def test_the_keys_are_explained_and_can_be_turned_off(console: Console, sign_in: SignIn) -> None:
    receive(console, PRICES)
    page = sign_in()
    press(page, "?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_).to_be_visible()

    help_.get_by_role("checkbox").uncheck()
    help_.get_by_role("button", name="Done").click()
    press(page, "j")

    expect(page.get_by_role("link", name="(202) 555-0131")).not_to_be_focused()
    page.reload()
    press(page, "j")
    expect(page.get_by_role("link", name="(202) 555-0131")).not_to_be_focused()


def test_the_help_starts_at_done_and_a_hasty_key_turns_nothing_off(console: Console, sign_in: SignIn) -> None:
    receive(console, PRICES)
    page = sign_in()
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    for key in ("?", "Enter", "Space"):
        press(page, "?")
        expect(help_.get_by_role("button", name="Done")).to_be_focused()
        page.keyboard.press(key)
        expect(help_).to_be_hidden()

    press(page, "?")
    expect(help_.get_by_role("checkbox")).to_be_checked()


# ---- what rows show


@pytest.mark.parametrize("width", [390, 1440])
def test_a_row_has_room_for_what_was_found_and_for_its_tags(console: Console, sign_in: SignIn, width: int) -> None:
    receive(console, PRICES)
    page = sign_in(PLACE)
    moved = "We moved you to next Tuesday at 3:30, in the office on Elm Street near the bridge, with Dr. Patel."
    page.get_by_label("Your reply").fill(moved)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .staff")).to_be_visible()
    for tag in ("rescheduling", "referral"):
        page.get_by_label("New tag").fill(tag)
        page.keyboard.press("Enter")
        expect(page.locator("#tags")).to_contain_text(tag)

    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/staff/")
    for shown in page.locator(".row .tag").all():
        assert shown.evaluate("tag => tag.scrollWidth <= tag.clientWidth")
    page.get_by_label("Search", exact=True).fill("dr patel")
    page.keyboard.press("Enter")
    expect(page.locator(".row mark")).to_have_text(["Dr", "Patel"])
    inside = """mark => {
      const [found, row] = [mark.getBoundingClientRect(), mark.closest(".preview").getBoundingClientRect()];
      return found.right <= row.right && found.bottom <= row.bottom;
    }"""
    assert [mark.evaluate(inside) for mark in page.locator(".row mark").all()] == [True, True]


# ---- a lost session


def test_whoever_was_signed_out_is_told_so_beside_what_they_typed_and_led_back(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, PRICES)
    page = sign_in(complaint=r"net::ERR_FAILED|status of 400")
    intercept(page, "**/events*", lambda route: route.abort())  # the page does not hear of it by itself
    intercept(page, "**/draft", lambda route: route.abort())
    page.goto(PLACE)
    page.get_by_label("Your reply").fill("Yes, we do")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")

    notice = page.locator("#connection")
    expect(notice).to_contain_text("You were signed out, so nothing was sent or saved.")
    expect(page.get_by_label("Your reply")).to_have_value("Yes, we do")
    button = page.get_by_role("button", name="Send", exact=True).bounding_box()
    shown = notice.bounding_box()
    assert button
    assert shown
    assert shown["y"] + shown["height"] <= button["y"]

    notice.get_by_role("link", name="Sign in again").click()
    expect(page).to_have_url(re.compile(r"/staff/sign-in\?next="))
    with console.database.read() as session:
        [email] = session.scalars(select(StaffMember.email)).all()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(f"{PLACE}$"))
    expect(page.get_by_label("Your reply")).to_have_value("Yes, we do")


# ---- the reply


def test_a_saved_reply_goes_into_the_box_and_is_counted(console: Console, sign_in: SignIn) -> None:
    receive(console, PRICES)
    page = sign_in("/staff/conversations/1")
    page.get_by_label("Your reply").fill("Hello.")
    page.get_by_text("Saved replies").click()
    page.get_by_role("option", name="Price question Automatic").click()

    box = page.get_by_label("Your reply")
    expect(box).to_have_value(re.compile("^Hello\\.\nMaple Street: Thank you for asking about prices"))
    segments = count_segments(box.input_value())
    expect(page.locator("#count")).to_contain_text(f"{segments} text")
    assert len([delivery for delivery in console.rows(Delivery) if delivery.message_id is None]) == 0


def test_the_first_text_is_counted_with_what_is_put_around_it(console: Console, sign_in: SignIn) -> None:
    console.text(PRICES)
    page = sign_in("/staff/conversations/1")

    page.get_by_label("Your reply").fill("x" * 130)

    expect(page.locator("#count")).to_have_text("167 characters · 2 texts")


def test_a_reply_is_counted_with_the_words_of_its_language_and_of_now(console: Console, sign_in: SignIn) -> None:
    console.text(PRICES, from_=ONE)
    page = sign_in("/staff/conversations/1")
    page.get_by_role("button", name="Take over").click()
    expect(page.locator("#standing")).to_contain_text("Auto-replies are off")
    count, hint = page.locator("#count"), page.locator("#hint")

    def counted(words: str) -> re.Pattern[str]:
        return re.compile(f"^{len(words)} characters")

    english, spanish = stop_wording(Language.EN), stop_wording(Language.ES)
    plain = "x" * 130
    page.get_by_label("Your reply").fill(plain)
    expect(count).to_have_text(counted(f"Maple Street: {plain} {english}"))
    words = "Hola, puede venir el martes a las tres con su tarjeta"
    page.get_by_label("Your reply").fill(words)  # in the language of the reply, whatever the patient's is
    expect(count).to_have_text(counted(f"Maple Street: {words} {spanish}"))
    expect(hint).to_contain_text(spanish)

    page.get_by_label("Your reply").fill(plain)  # which tells no language
    expect(count).to_have_text(counted(f"Maple Street: {plain} {english}"))
    receive(console, "¿Cuánto cuesta una limpieza sin seguro?")  # while staff have taken over, nothing is answered
    expect(page.locator("#thread")).to_contain_text("¿Cuánto cuesta")
    expect(count).to_have_text(counted(f"Maple Street: {plain} {spanish}"))

    page.get_by_role("button", name="Resume auto-replies").click()
    receive(console, BILL)
    expect(page.locator("#thread .robot")).to_have_count(1)
    expect(count).to_have_text("130 characters · 1 text")
    expect(hint).not_to_contain_text("first text")


TEXTS = st.text(st.sampled_from("abc é€[]~\n😀’ñÑçÇ你") | st.characters(codec="utf-8"), max_size=400)


def test_segments_are_counted_as_the_service_counts_them(console: Console, sign_in: SignIn) -> None:
    page = sign_in()
    count = page.evaluate_handle("import('/staff/static/segments.js').then(module => module.countSegments)")

    @hypothesis(max_examples=60, deadline=None)
    @given(st.lists(TEXTS, min_size=8, max_size=8))
    def agree(texts: list[str]) -> None:
        assert count.evaluate("(count, texts) => texts.map(count)", texts) == [count_segments(text) for text in texts]

    agree()


def test_it_works_without_scripts(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    page = sign_in(java_script_enabled=False)
    page.get_by_role("link", name="(202) 555-0131").click()
    page.get_by_text("Saved replies").click()
    page.get_by_label("Saved reply", exact=True).select_option(label="Billing question (automatic replies)")
    page.get_by_role("button", name="Add to the reply").click()
    expect(page.get_by_label("Your reply")).to_have_value(re.compile("^Maple Street: We received your billing"))
    page.get_by_label("Your reply").fill("The rest is your deductible.")
    page.get_by_role("button", name="Send and close").click()

    expect(page.get_by_text("No conversation is open")).to_be_visible()
    page.get_by_role("link", name="Closed").click()
    page.get_by_role("link", name="(202) 555-0131").click()
    expect(page.locator("#thread .staff .text")).to_have_text("The rest is your deductible.")
    expect(page.locator("#standing")).to_contain_text("Closed")
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator("#standing")).to_contain_text("Open")


# ---- for everyone


def test_the_pages_are_accessible_and_fit_every_screen(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    receive(console, "My husband has crushing chest pain and can't breathe", TWO)
    console.text("STOP", from_=TWO)
    page = sign_in(refused=422)

    def check() -> None:
        """Leaves the page on the smallest screen, where everything has to be in reach too."""
        assert_accessible(page, SCREENS)

    check()
    page.get_by_text("Filters", exact=True).click()
    check()
    for path in ("/staff/conversations/1", "/staff/conversations/2"):
        page.goto(path)
        page.locator(".reading summary").first.click()
        check()
    page.goto("/staff/conversations/1")
    page.get_by_text("Saved replies").click()
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_role("button", name="Resume auto-replies")).to_be_visible()
    expect(page.locator("#panes[aria-busy]")).to_have_count(0)
    check()
    page.get_by_label("Your reply").fill("x" * 1700)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("1700 characters")
    check()
