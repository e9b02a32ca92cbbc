"""The inbox in a browser: what opens in place, what Back restores, keys, phones, and what is typed meanwhile."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from inbox.models import Conversation, ConversationState, Message, SavedView, StaffMember, now
from tasks.samples import SAMPLES, add_samples
from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.test_console import SignIn, console, console_of, new_profile, note_calls, press, receive, sign_in
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

CHEST = "My husband has crushing chest pain and can't breathe"
SCREENS = {
    "wide": (1440, 900),
    "tablet": (820, 1180),
    "phone": (390, 844),
    "small": (320, 568),
    "zoomed": (640, 400),
    "4K": (3840, 2160),
}
NUMBERS = 30
PICTURES = os.environ.get("PICTURES")  # a folder for pictures of the pages


@pytest.fixture
def many(console: Console) -> Console:
    """As many chats as no screen can show at once, the first of which is the newest."""
    with console.edit() as session:
        for number in range(1, NUMBERS + 1):
            at = now() - timedelta(minutes=number)
            found = Conversation(
                practice="demo",
                channel="chat",
                public_id=f"c{number}",
                patient_name=f"Patient Number{number}",
                created_at=at,
                last_activity_at=at,
                listed_at=at,
                waiting_since=at,
                priority="normal",
            )
            session.add(found)
            session.flush()
            message = Message(
                conversation_id=found.id,
                provider="chat",
                provider_id=f"m{number}",
                received_on="chat",
                text=f"Do you take my insurance? ({number})",
                received_at=at,
                handled_at=at,
                entry=1,
            )
            session.add(message)
            session.flush()
            found.last_message_id = message.id
    return console


def opened(page: Page, number: int) -> None:
    """Waits until a conversation is open, its row marked, and the page the same one all the time."""
    expect(page.get_by_role("heading", name=f"Patient Number{number}", exact=True)).to_be_visible()
    expect(page.locator("#thread .text")).to_have_text(f"Do you take my insurance? ({number})")
    expect(page.locator(".row > a[aria-current]")).to_have_text(f"Patient Number{number}")
    assert page.evaluate("window.same") is True


def open_inbox(sign_in: SignIn, **options: object) -> Page:
    page = sign_in(**options)
    page.wait_for_load_state()  # until the scripts run, links load pages
    page.evaluate("window.same = true")
    return page


def row(page: Page, number: int) -> Locator:
    return page.get_by_role("link", name=f"Patient Number{number}", exact=True)


def scrolled(page: Page) -> int:
    return int(page.evaluate("document.getElementById('list-scroll').scrollTop"))


def test_a_conversation_opens_in_place_and_back_restores_the_list_as_it_was(many: Console, sign_in: SignIn) -> None:
    page = open_inbox(sign_in, viewport={"width": 1440, "height": 900})
    page.get_by_role("link", name="Unassigned").click()
    expect(page).to_have_url(re.compile(r"view=unassigned$"))
    row(page, 25).scroll_into_view_if_needed()
    before = scrolled(page)
    assert before > 0

    row(page, 25).click()
    opened(page, 25)
    expect(page).to_have_url(re.compile(r"/staff/conversations/25\?view=unassigned$"))
    assert scrolled(page) == before
    row(page, 24).click()
    opened(page, 24)
    page.go_back()
    opened(page, 25)
    page.go_back()

    expect(page.locator("#panes[data-id]")).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/staff/\?view=unassigned$"))
    expect(page.get_by_role("link", name="Unassigned")).to_have_attribute("aria-current", "page")
    page.wait_for_function("top => document.getElementById('list-scroll').scrollTop === top", arg=before)
    page.go_forward()
    opened(page, 25)
    page.reload()
    expect(page.locator("#thread .text")).to_have_text("Do you take my insurance? (25)")


def test_the_list_is_walked_and_left_by_keys(many: Console, sign_in: SignIn) -> None:
    note_calls(many, 2, 3)
    page = open_inbox(sign_in)
    press(page, "j")
    expect(row(page, 1)).to_be_focused()
    press(page, "j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(row(page, 2)).to_be_focused()
    page.keyboard.press("Enter")
    opened(page, 2)
    press(page, "j")
    opened(page, 3)
    press(page, "u")

    expect(page.locator("#panes[data-id]")).to_have_count(0)
    expect(row(page, 3)).to_be_focused()
    assert page.evaluate("window.same") is True


def test_what_is_typed_survives_live_updates_and_other_conversations(many: Console, sign_in: SignIn) -> None:
    page = open_inbox(sign_in)
    row(page, 2).click()
    opened(page, 2)
    page.get_by_label("Your reply").fill("Half a sen")
    page.get_by_label("Your reply").press("End")

    receive(many, "Is there a ramp?")

    expect(page.locator("#rows > .row")).to_have_count(NUMBERS + 1)
    expect(page.get_by_label("Your reply")).to_have_value("Half a sen")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type("tence")
    row(page, 3).click()
    opened(page, 3)
    expect(page.get_by_label("Your reply")).to_have_value("")
    row(page, 2).click()
    opened(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value("Half a sentence")


def test_a_phone_shows_the_list_then_the_thread_then_the_details(many: Console, sign_in: SignIn) -> None:
    page = open_inbox(sign_in, viewport={"width": 390, "height": 844})
    expect(page.locator("#panes")).to_be_hidden()

    row(page, 3).click()
    expect(page.get_by_role("heading", name="Patient Number3", exact=True)).to_be_visible()
    expect(page.locator("#list")).to_be_hidden()
    expect(page.get_by_label("Your reply")).to_be_in_viewport()
    page.get_by_role("link", name="Details").click()
    expect(page.get_by_role("heading", name="Internal note")).to_be_visible()
    page.get_by_role("link", name="Close details").click()
    expect(page.get_by_role("heading", name="Internal note")).to_be_hidden()
    page.locator("#back").click()

    expect(page.locator("#list")).to_be_visible()
    assert page.evaluate("window.same") is True


def test_on_a_phone_rows_and_messages_begin_high(console: Console, sign_in: SignIn) -> None:
    with console.edit() as session:
        add_samples(session, console.context.practices.all[0], now())
    receive(console, "Do you have parking?")
    receive(console, CHEST, "+12025550132")
    page = sign_in(viewport={"width": 390, "height": 844})
    expect(page.locator("#nobody-paged")).to_contain_text("Nobody is paged for emergencies")
    expect(page.locator("#samples")).to_contain_text("“Sample” conversations are fictional.")
    keep_picture(page, "inbox")
    first = page.locator(".rows > .row").first.bounding_box()
    assert first is not None
    assert first["y"] < 300
    assert violations(page) == []

    for number, name in ((len(SAMPLES) + 1, "conversation"), (len(SAMPLES) + 2, "alarm")):
        page.goto(f"/staff/conversations/{number}")
        keep_picture(page, name)
        if name == "conversation":  # an alarm shows the patient's words there: see test_alarms.py
            head = page.locator(".thread-head").bounding_box()
            assert head is not None
            assert head["height"] < 200
        tops = page.locator(".standing .buttons > *").evaluate_all(
            "all => all.map(it => it.getBoundingClientRect().top)"
        )
        assert len({round(top) for top in tops}) == 1
        assert content_width(page) <= 390
        assert violations(page) == []


def keep_picture(page: Page, name: str) -> None:
    """Keeps what a phone shows, light and dark, if a folder for it is given."""
    if PICTURES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}.png")


def test_it_is_accessible_in_both_color_schemes_and_fits_every_screen(many: Console, sign_in: SignIn) -> None:
    receive(many, CHEST)
    page = open_inbox(sign_in)

    def show(name: str) -> None:
        width, height = SCREENS[name]
        page.set_viewport_size({"width": width, "height": height})

    def check(what: str) -> None:
        for name, (width, _) in SCREENS.items():
            show(name)
            assert content_width(page) <= width, f"{what}, {name}"
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
        for name in ("wide", "phone"):
            show(name)
            for scheme in schemes:
                page.emulate_media(color_scheme=scheme)
                assert violations(page) == [], f"{what}, {name}, {scheme}"
        show("wide")

    check("list")
    page.locator("#rows > .row > input").first.check()
    page.locator("#density button").click()
    expect(page.locator(".desk.compact")).to_have_count(1)
    check("compact list")
    page.locator("#pinned-rows > .row > a").click()
    expect(page.locator("#alarm")).to_contain_text("Nobody has acknowledged")
    page.locator("#more-menu > summary").click()
    check("alarm")


WHOLE = """rows => rows.filter(row => {
  const { left, right, top, bottom } = row.getBoundingClientRect();
  const middle = (left + right) / 2;
  return [top + 1, bottom - 1].every(y => row.contains(document.elementFromPoint(middle, y)));
}).length"""  # of the rows, those that nothing covers, above and below


def test_ten_rows_are_whole_beside_an_open_alarm_and_the_offer_of_sound(many: Console, sign_in: SignIn) -> None:
    receive(many, CHEST)
    page = open_inbox(sign_in, viewport={"width": 1440, "height": 900})
    expect(page.locator("#offer-notices")).to_be_visible()
    keep_picture(page, "ten-rows")

    assert page.locator(".rows > .row").evaluate_all(WHOLE) >= 10
    for line in ("#pinned-title", "#pinned-rows .alarm-line", ".list-head > .offer"):
        box = page.locator(line).bounding_box()
        assert box
        assert box["height"] < 30, line
    for width, height in ((820, 1180), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        keep_picture(page, f"rows-{width}")
        expect(page.locator("#offer-notices")).to_be_in_viewport()
        assert content_width(page) <= width


@pytest.mark.parametrize("screen", [(1366, 768), (390, 844)], ids=["desk", "phone"])
def test_a_long_name_of_a_saved_view_leaves_the_list_in_its_pane(
    many: Console, sign_in: SignIn, screen: tuple[int, int]
) -> None:
    page = sign_in(viewport={"width": screen[0], "height": screen[1]})
    with many.edit() as session:
        [member] = session.scalars(select(StaffMember))
        session.add(SavedView(staff_id=member.id, name="Everything for scheduling, today", query="channel=chat"))
    page.goto("/staff/?channel=chat")

    expect(page.get_by_role("heading", name="Everything for scheduling, today")).to_be_visible()
    right = page.evaluate("document.getElementById('list').getBoundingClientRect().right")
    parts = page.locator(".list-head .tool:visible, .row time").evaluate_all(
        "all => all.map(part => part.getBoundingClientRect().right)"
    )
    assert max(parts) <= right


def test_the_choices_of_send_later_stand_in_a_line_from_the_left(console: Console, sign_in: SignIn) -> None:
    receive(console, "How much is a visit?")
    page = sign_in("/staff/conversations/1", viewport={"width": 1366, "height": 768})
    page.locator("#later-menu > summary").click()
    choices = page.locator("#later-menu .menu > button")
    expect(choices.first).to_be_visible()

    choices.first.evaluate("button => { button.firstChild.data = 'Tomorrow morning, when you open '; }")

    lines, aligned = choices.evaluate_all(
        """all => [
          all.map(button => button.querySelector('.small').getClientRects().length),
          all.map(button => getComputedStyle(button).textAlign),
        ]"""
    )
    assert (set(lines), set(aligned)) == ({1}, {"left"})


IS_SEEN = """menu => {
  const { left, top, right, bottom } = menu.getBoundingClientRect();
  const corners = [[left + 8, top + 8], [right - 8, top + 8], [left + 8, bottom - 8], [right - 8, bottom - 8]];
  return corners.every(([x, y]) => menu.contains(document.elementFromPoint(x, y)));
}"""


def test_the_menus_of_a_conversation_open_where_they_can_be_seen(many: Console, sign_in: SignIn) -> None:
    page = open_inbox(sign_in)
    row(page, 2).click()
    opened(page, 2)

    for width in (1366, 1280, 1100, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for name in ("more", "snooze", "saved"):
            menu = page.locator(f"#{name}-menu")
            menu.locator("> summary").click()
            page.wait_for_function(IS_SEEN, arg=menu.locator(".menu").element_handle())
            page.keyboard.press("Escape")
            expect(menu).not_to_have_attribute("open", "")


def test_keys_say_what_they_refuse_and_escape_leaves_the_box_for_the_open_row(many: Console, sign_in: SignIn) -> None:
    receive(many, CHEST)
    page = open_inbox(sign_in, refused=400)
    urgent = page.locator("#pinned-rows > .row > a")
    urgent.focus()
    press(page, "e")
    expect(page.locator("#connection")).to_contain_text("Nobody has acknowledged this urgent message. Do that first")
    press(page, "x")
    expect(page.locator("#connection")).to_contain_text("it cannot be selected")
    row(page, 1).focus()
    press(page, "x")
    expect(page.locator("#picked")).to_have_text("1 selected")
    press(page, "x")
    expect(page.locator("#picked")).not_to_be_visible()

    urgent.click()
    expect(page.locator("#handle")).to_be_visible()
    press(page, "e")
    expect(page.get_by_role("button", name="I’ll handle it and close")).to_be_focused()
    press(page, "r")
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.press("Escape")
    expect(urgent).to_be_focused()
    assert all(found.state == ConversationState.OPEN for found in many.rows(Conversation))


def test_a_tablet_is_told_of_no_keys(many: Console, sign_in: SignIn) -> None:
    page = sign_in(viewport={"width": 1180, "height": 820}, has_touch=True, is_mobile=True)
    expect(page.get_by_text("Choose a conversation.")).to_be_visible()
    expect(page.locator(".keys-hint")).to_be_hidden()


def test_what_arrives_out_of_sight_is_announced_and_no_reply_answers_it_unseen(
    console: Console, sign_in: SignIn
) -> None:
    for number in range(30):
        receive(console, f"Do you have parking? ({number})")
    page = sign_in("/staff/conversations/1", viewport={"width": 1440, "height": 900}, refused=409)
    page.wait_for_load_state()
    shown = page.locator("#reply input[name=newest]")
    expect(shown).to_have_value("30")
    page.get_by_label("Your reply").fill("Yes, behind the building.")
    page.locator("#thread-scroll").evaluate("box => box.scrollTo(0, 0)")

    receive(console, CHEST)

    arrived = page.locator("#arrived")
    expect(arrived).to_have_text("Emergency: the patient wrote again. Read it first.")
    if PICTURES:
        page.screenshot(path=Path(PICTURES, "arrived.png"))
    expect(shown).to_have_value("30")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#problem")).to_contain_text("Not sent. EMERGENCY: nobody has acknowledged it.")
    expect(page.get_by_label("Your reply")).to_have_value("Yes, behind the building.")
    expect(page.locator("#message-31")).to_be_in_viewport()
    expect(page.locator("#handle")).to_be_visible()
    if PICTURES:
        page.screenshot(path=Path(PICTURES, "refused.png"))
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    expect(page.locator("#message-31")).to_be_in_viewport()
    if PICTURES:
        page.screenshot(path=Path(PICTURES, "refused-phone.png"))


def test_what_comes_to_an_unattended_screen_stays_unread_until_somebody_is_there(
    console: Console, sign_in: SignIn
) -> None:
    receive(console, "Do you have parking?")
    page = sign_in("/staff/conversations/1", viewport={"width": 1440, "height": 900})
    page.wait_for_load_state()
    page.clock.install()
    page.clock.fast_forward(61_000)
    receive(console, "Is there a ramp?")
    row = page.locator("#c-1")
    expect(page.locator("#message-2")).to_be_in_viewport()
    page.clock.run_for(5_000)
    expect(row).to_have_class(re.compile(r"\bunread\b"))
    expect(page.locator("#reply input[name=newest]")).to_have_value("1")

    page.mouse.move(700, 400)
    page.clock.run_for(2_000)

    expect(page.locator("#reply input[name=newest]")).to_have_value("2")
    expect(row).not_to_have_class(re.compile(r"\bunread\b"))


def test_what_arrives_in_sight_counts_as_shown_after_a_look(console: Console, sign_in: SignIn) -> None:
    for number in range(30):
        receive(console, f"Do you have parking? ({number})")
    page = sign_in("/staff/conversations/1", viewport={"width": 1440, "height": 900})
    page.wait_for_load_state()
    page.locator("#thread-scroll").evaluate("box => box.scrollTo(0, 0)")
    receive(console, "Is there a ramp?")
    arrived, shown = page.locator("#arrived"), page.locator("#reply input[name=newest]")
    expect(arrived).to_have_text("The patient wrote again. Read it first.")
    expect(shown).to_have_value("30")

    arrived.click()

    expect(page.locator("#message-31")).to_be_in_viewport()
    expect(shown).to_have_value("31")
    expect(page.locator("#acts input[name=newest]")).to_have_value("31")
    expect(arrived).to_be_hidden()
    receive(console, "And a bell?")  # at the end of the thread, which follows it
    expect(shown).to_have_value("32")
