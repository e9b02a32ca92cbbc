"""Keys pressed while another conversation is on its way never reach the one that is still on the screen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from inbox.models import Conversation, ConversationRead, ConversationTag, Delivery, Note
from intake.settings import Settings
from tests.browser.test_closing_requests import close_all
from tests.browser.test_console import (
    ONE,
    SignIn,
    console,
    console_of,
    new_profile,
    note_calls,
    press,
    receive,
    sign_in,
)
from tests.browser.waiting import intercept, wait_until
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

WORDS = "Yes, please come at eleven. Rae"
CHEST = "My husband has crushing chest pain and can't breathe"
NUMBERS = {1: ONE, 2: "+12025550132", 3: "+12025550133"}
NAMES = {number: f"(202) 555-{phone[-4:]}" for number, phone in NUMBERS.items()}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but with a minute to undo what was done."""
    return settings.model_copy(update={"undo_seconds": 60})


@pytest.fixture
def three(console: Console) -> Console:
    """Three texts; the first is the oldest."""
    for number, phone in NUMBERS.items():
        receive(console, f"Do you take my insurance? ({number})", phone)
    return console


@pytest.fixture
def page(three: Console, sign_in: SignIn) -> Page:
    """The first conversation, open in the inbox."""
    page = sign_in("/staff/conversations/1", complaint=r"net::ERR_FAILED|status of 4")
    expect(page.locator("#help-button:not([hidden])")).to_have_count(1)
    return page


@contextmanager
def held(page: Page, *addresses: str) -> Iterator[Callable[..., Route]]:
    """Holds requests for addresses; what it yields waits for one, by default for the first address, and returns it."""
    routes: dict[str, Route] = {}

    def keep(address: str, route: Route) -> None:
        if route.request.headers.get("x-requested-with") == "live":
            route.continue_()
        else:
            routes[address] = route

    for address in addresses:
        intercept(page, re.compile(rf"{re.escape(address)}(\?|$)"), partial(keep, address))

    def take(address: str = addresses[0]) -> Route:
        wait_until(page, lambda: address in routes)
        return routes.pop(address)

    yield take
    page.unroute_all()


def asks(page: Page, key: str, address: str) -> None:
    """Presses a key that asks for an address, and waits until the request is there."""
    with page.expect_request(lambda request: address in request.url):
        page.keyboard.press(key)


def row(page: Page, number: int) -> None:
    """Opens a conversation with the keyboard."""
    page.locator(f"#open-{number}").focus()
    asks(page, "Enter", f"/staff/conversations/{number}")


def opening(page: Page) -> None:
    expect(page.locator("#opening")).to_have_text("Opening…")
    expect(page.locator("#panes")).to_have_attribute("aria-busy", "true")


def opened(page: Page, number: int) -> None:
    expect(page.locator(f'#panes[data-id="{number}"]:not([aria-busy])')).to_have_count(1)
    expect(page.get_by_role("heading", name=NAMES[number], exact=True)).to_be_visible()
    expect(page.locator("#opening")).to_be_empty()


def states(console: Console) -> list[str]:
    return [str(found.state) for found in console.rows(Conversation)]


def replies(console: Console) -> list[tuple[int | None, str]]:
    return [
        (delivery.conversation_id, delivery.body) for delivery in console.rows(Delivery) if delivery.message_id is None
    ]


def test_a_reply_typed_while_a_conversation_opens_goes_to_that_conversation_alone(three: Console, page: Page) -> None:
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        page.keyboard.type(f"r{WORDS}!")
        page.keyboard.press("Backspace")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#text")).to_have_value("")
        take().continue_()

        opened(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value(WORDS)
    expect(page.get_by_label("Your reply")).to_be_focused()
    expect(page.locator("#connection")).to_contain_text("Not sent: the conversation was still opening")
    assert replies(three) == []
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_contain_text(WORDS)
    assert [number for number, _ in replies(three)] == [2]
    assert states(three) == ["open", "waiting", "open"]


@pytest.mark.parametrize(("key", "field"), [("n", "#note"), ("l", "#new-tag")])
def test_a_note_or_a_tag_typed_while_a_conversation_opens_goes_to_that_one_and_is_not_sent(
    three: Console, page: Page, key: str, field: str
) -> None:
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        page.keyboard.type(f"{key}at lunch")
        page.keyboard.press("Enter" if key == "l" else "Control+Enter")
        expect(page.locator(field)).to_have_value("")
        take().continue_()

        opened(page, 2)
    expect(page.locator(field)).to_have_value("at lunch")
    expect(page.locator(field)).to_be_focused()
    expect(page.locator("#connection")).to_contain_text("Not sent: the conversation was still opening")
    assert three.rows(Note) == []
    assert three.rows(ConversationTag) == []


def test_a_transfer_or_a_snooze_begun_while_a_conversation_opens_begins_in_that_one(page: Page) -> None:
    for key, part in (("t", "#team"), ("s", "#snooze-menu button >> nth=0")):
        with held(page, "/staff/conversations/2") as take:
            row(page, 2)
            opening(page)
            page.keyboard.press(key)
            take().continue_()
            opened(page, 2)
        expect(page.locator(part)).to_be_focused()
        page.keyboard.press("Escape")

    page.locator("#open-3").focus()
    page.keyboard.press("t")
    opened(page, 3)
    expect(page.locator("#team")).to_be_focused()


@pytest.mark.parametrize("keys", ["e", "a", "please close me", "the chart", "gu", "u"])
def test_commands_and_prose_are_dropped_visibly_while_a_conversation_opens(
    three: Console, page: Page, keys: str
) -> None:
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        page.keyboard.type(keys)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#connection")).to_contain_text("was not used")
        take().continue_()
        opened(page, 2)

    expect(page.locator("#connection")).to_contain_text("was not used")
    assert states(three) == ["open"] * 3
    assert [found.assigned_to for found in three.rows(Conversation)] == [None] * 3
    press(page, "r")
    expect(page.get_by_label("Your reply")).to_have_value("")


def test_the_end_of_a_dropped_sentence_is_no_command_for_what_was_opened(three: Console, page: Page) -> None:
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        page.keyboard.type("please ")
        take().continue_()
        opened(page, 2)
    page.keyboard.type("take care")

    assert page.locator("#opening").text_content() == ""
    assert states(three) == ["open"] * 3
    note_calls(three)
    page.clock.run_for(1000)
    page.keyboard.press("e")
    opened(page, 1)
    assert states(three) == ["open", "closed", "open"]


def test_the_old_conversation_cannot_be_reached_with_the_mouse_meanwhile(page: Page) -> None:
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        assert page.locator("#panes").evaluate("panes => panes.inert")
        page.evaluate("document.getElementById('text').focus()")
        expect(page.get_by_label("Your reply")).not_to_be_focused()
        take().continue_()
        opened(page, 2)


def test_the_conversation_asked_for_last_is_shown_whatever_order_the_answers_come_in(page: Page) -> None:
    places = {number: f"/staff/conversations/{number}" for number in (2, 3)}
    with held(page, *places.values()) as take:
        row(page, 2)
        opening(page)
        page.keyboard.press("k")
        expect(page.locator("#open-3")).to_be_focused()
        asks(page, "Enter", places[3])
        page.keyboard.type("rHello")
        expect(page.locator("#open-3")).to_be_focused()
        take(places[3]).continue_()
        opened(page, 3)
        with page.expect_response(lambda answer: places[2] in answer.url) as late:
            take(places[2]).continue_()
        late.value.finished()

    opened(page, 3)
    expect(page.get_by_label("Your reply")).to_have_value("Hello")


def test_a_failed_opening_leaves_the_old_conversation_usable_and_says_so(three: Console, page: Page) -> None:
    with held(page, "/staff/conversations/2") as take:
        row(page, 2)
        opening(page)
        page.keyboard.type("rHello")
        take().abort()
        opened(page, 1)

    expect(page.locator("#connection")).to_contain_text("was not used")
    expect(page.get_by_label("Your reply")).to_have_value("")
    page.get_by_label("Your reply").fill("Yes.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#thread .staff .text")).to_contain_text("Yes.")
    assert [number for number, _ in replies(three)] == [1]


def test_what_is_typed_while_a_reply_is_sent_goes_on_in_the_new_box(three: Console, page: Page) -> None:
    press(page, "r")
    page.keyboard.type(WORDS)
    with held(page, "/staff/conversations/1/reply") as take:
        asks(page, "Control+Enter", "/reply")
        page.keyboard.type("everything else, too")
        page.keyboard.press("Control+Enter")
        take().continue_()
        opened(page, 1)

    expect(page.locator("#thread .staff .text")).to_contain_text(WORDS)
    expect(page.get_by_label("Your reply")).to_be_focused()
    page.keyboard.type("!")
    expect(page.get_by_label("Your reply")).to_have_value("everything else, too!")
    expect(page.locator("#connection")).to_contain_text("Not sent: the conversation was still opening")
    assert [number for number, _ in replies(three)] == [1]
    assert states(three) == ["waiting", "open", "open"]


def test_what_is_typed_while_another_conversation_takes_the_boxes_place_is_in_neither(
    three: Console, page: Page
) -> None:
    row(page, 2)
    opened(page, 2)
    press(page, "r")
    page.keyboard.type("Hello")
    with held(page, "/staff/conversations/1") as take:
        page.evaluate("history.back()")
        opening(page)
        page.keyboard.type(" Ms. Two")
        take().continue_()
        opened(page, 1)

    expect(page.get_by_label("Your reply")).to_have_value("")
    expect(page.locator("#connection")).to_contain_text("was not used")
    row(page, 2)
    opened(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value("Hello")
    assert states(three) == ["open"] * 3


def test_a_refused_answer_is_parsed_once(page: Page) -> None:
    page.evaluate(
        """() => {
          const { parseFromString } = DOMParser.prototype;
          window.parsed = [];
          DOMParser.prototype.parseFromString = function (html, type) {
            window.parsed.push(html);
            return parseFromString.call(this, html, type);
          };
        }"""
    )
    page.locator("#c-2 > input").check()
    page.locator('#bulk button[value="transfer"]').click()

    expect(page.locator("#connection")).to_have_text("Choose a team first.")
    assert page.evaluate("window.parsed.filter(html => html.includes('Choose a team first.')).length") == 1


def test_closing_puts_the_conversation_out_of_reach_until_the_next_one_is_there(three: Console, page: Page) -> None:
    note_calls(three)
    with held(page, "/staff/conversations/1/state") as take:
        asks(page, "e", "/state")
        expect(page.locator("#panes")).to_have_attribute("aria-busy", "true")
        page.keyboard.type("rSee you")
        take().continue_()
        expect(page.locator("#panes:not([aria-busy])")).to_have_count(1)

    expect(page.locator("#connection")).to_contain_text("was not used")
    assert page.locator("#text").count() == 0 or page.locator("#text").input_value() == ""
    assert states(three) == ["closed", "open", "open"]


def test_r_on_another_row_writes_to_that_patient(page: Page) -> None:
    page.locator("#open-2").focus()
    page.keyboard.type("rHello")

    opened(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value("Hello")


def test_a_sentence_whose_box_is_replaced_goes_on_as_no_command(three: Console, page: Page) -> None:
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
    press(page, "r")
    page.keyboard.type("Please t")
    page.evaluate("(box => box.replaceWith(box.cloneNode()))(document.getElementById('text'))")
    page.keyboard.type("ake care")

    expect(page.locator("#connection")).to_contain_text("the last keys were not used")
    assert states(three) == ["open"] * 3
    assert [found.assigned_to for found in three.rows(Conversation)] == [None] * 3


def test_a_live_update_leaves_open_menus_typed_words_and_the_focus_alone(page: Page, sign_in: SignIn) -> None:
    page.get_by_label("Internal note for the team").fill("Her chart is on my desk")
    menu = page.locator("#snooze-menu")
    menu.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(menu).to_have_attribute("open", "")

    sign_in("/staff/conversations/1", name="Bob Stone").get_by_role("button", name="Take over").click()

    expect(page.locator("#standing")).to_contain_text("Auto-replies are off")
    expect(menu.locator("> summary")).to_be_focused()
    expect(menu).to_have_attribute("open", "")
    expect(page.get_by_label("Internal note for the team")).to_have_value("Her chart is on my desk")
    page.keyboard.press("Tab")
    expect(menu.locator("button").first).to_be_focused()


def test_assigning_with_a_key_shows_beside_the_conversation_too(three: Console, page: Page) -> None:
    receive(three, CHEST, "+12025550134")
    page.locator("#open-4").click()
    expect(page.locator("#transfer")).to_have_count(0)

    press(page, "a")

    expect(page.locator("#standing")).to_contain_text("Assigned to Dana Reyes")
    expect(page.locator("#to option:checked")).to_have_text("Dana Reyes")
    expect(page.locator("#transfer")).to_be_visible()


def test_e_closes_the_selected_conversations_and_never_one_of_them(three: Console, sign_in: SignIn) -> None:
    page = sign_in()
    for key in ("j", "x", "j", "x"):
        press(page, key)
    expect(page.locator("#picked")).to_have_text("2 selected")

    press(page, "e")
    close_all(page)

    expect(page.get_by_text("2 conversations closed.")).to_be_visible()
    assert states(three) == ["open", "closed", "closed"]


def test_e_beside_an_open_conversation_closes_the_ticked_ones_and_names_them(three: Console, page: Page) -> None:
    hint = page.locator("#close kbd")
    page.locator("#c-2 > input").check()
    expect(hint).to_be_hidden()
    expect(page.locator('#bulk button[value="close"] kbd')).to_be_visible()
    page.locator("#thread-scroll").focus()

    press(page, "e")
    close_all(page)

    expect(page.get_by_text("1 conversation closed.")).to_be_visible()
    expect(page.locator("#undo-bar")).to_contain_text(f"Closed: {NAMES[2]}.")
    assert states(three) == ["open", "closed", "open"]


def test_after_a_search_the_keys_go_to_the_list(three: Console, sign_in: SignIn) -> None:
    page = sign_in()
    press(page, "/")
    page.keyboard.type("insurance")
    page.keyboard.press("Enter")
    page.keyboard.press("j")

    expect(page.get_by_text("3 found")).to_be_visible()
    expect(page.locator("#rows > .row > a").first).to_be_focused()
    expect(page.locator("#wanted")).to_have_value("insurance")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    opened(page, 2)


def test_j_and_k_open_the_conversation_that_they_end_at_and_none_on_the_way(three: Console, page: Page) -> None:
    asked: list[str] = []
    page.on(
        "request",
        lambda request: asked.append(request.url) if request.headers.get("x-requested-with") == "pane" else None,
    )
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 60"))
    page.keyboard.type("kk")
    expect(page.locator("#open-3")).to_be_focused()
    opening(page)
    expect(page.locator("#close kbd")).to_be_hidden()
    page.keyboard.type("ea")
    expect(page.locator("#connection")).to_contain_text("was not used")
    assert asked == []

    page.clock.run_for(1000)

    opened(page, 3)
    expect(page.locator("#open-3")).to_be_focused()
    expect(page.locator("#close kbd")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("was not used")
    assert [urlsplit(address).path for address in asked] == ["/staff/conversations/3"]
    with three.edit() as session:
        assert set(session.scalars(select(ConversationRead.conversation_id))) == {1, 3}
    assert states(three) == ["open"] * 3
    assert [found.assigned_to for found in three.rows(Conversation)] == [None] * 3


def test_what_is_typed_after_j_goes_to_the_conversation_that_it_opens(three: Console, page: Page) -> None:
    page.keyboard.type("krHello")

    opened(page, 2)
    expect(page.get_by_label("Your reply")).to_have_value("Hello")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    opened(page, 1)
    expect(page.get_by_label("Your reply")).to_have_value("")


def test_the_way_back_leads_to_the_conversation_that_was_open(page: Page) -> None:
    page.keyboard.type("kkjj")

    opened(page, 1)
    page.keyboard.press("j")  # the last one stays
    opened(page, 1)


def test_the_toast_of_a_key_names_the_patient(three: Console, page: Page) -> None:
    page.keyboard.press("a")
    expect(page.locator("#done")).to_have_text(f"Assigned to you: {NAMES[1]}.")
    expect(page.locator("#to option:checked")).to_have_text("Dana Reyes")
    page.locator("#to").select_option("Unassigned")
    page.locator("#assign button").click()
    expect(page.locator("#done")).to_have_text(f"Unassigned: {NAMES[1]}.")
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(page.locator("#undo-bar")).to_contain_text(NAMES[1])


@pytest.mark.parametrize("key", ["e", "a"])
def test_a_key_does_nothing_to_a_conversation_that_is_not_shown_while_another_one_is(
    three: Console, page: Page, key: str
) -> None:
    note_calls(three)
    hint = page.locator("#close kbd")
    expect(hint).to_be_visible()
    page.locator("#open-2").focus()
    expect(hint).to_be_hidden()  # no key is for what the pane shows

    asks(page, key, "/staff/conversations/2")
    opened(page, 2)

    assert states(three) == ["open"] * 3
    assert [found.assigned_to for found in three.rows(Conversation)] == [None] * 3
    expect(page.locator("#open-2")).to_be_focused()
    expect(hint).to_be_visible()
    page.keyboard.press(key)
    if key == "a":
        expect(page.locator("#standing")).to_contain_text("Assigned to Dana Reyes")
    else:
        expect(page.locator("#open-2")).to_have_count(0)
    assert states(three) == ["open", "closed" if key == "e" else "open", "open"]
    assert [found.assigned_to is not None for found in three.rows(Conversation)] == [False, key == "a", False]
