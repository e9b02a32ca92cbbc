"""A patient chats with the practice on its own site."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.browser.product import PRICE_RANGE, Product
from tests.browser.visitor import NETWORK_ERROR, Chat, Visitor
from tests.browser.waiting import wait_until

PRICES = "How much is a first visit without insurance?"
BILL = "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?"
EVENTS = "**/chat/conversations/*/events"
MESSAGES = "**/chat/conversations/*/messages"


def test_a_patient_asks_about_prices_and_gets_the_practices_prices(chat: Chat, product: Product, before: int) -> None:
    message = chat.say(PRICES)

    expect(message).to_have_attribute("data-state", "sent")
    expect(chat.replies().locator(".text")).to_contain_text(PRICE_RANGE)
    assert product.messages_after(before) == [PRICES]
    assert chat.transcript() == [["patient", PRICES], ["robot", *product.replies_after(before)]]


def test_nothing_is_begun_before_the_first_message(chat: Chat, product: Product, before: int) -> None:
    chat.box.fill("I only look around")
    chat.close()
    chat.open()

    assert product.conversations_after(before) == []


def test_a_patient_may_say_who_they_are_so_that_staff_can_call_back(chat: Chat, product: Product, before: int) -> None:
    name = chat.dialog.get_by_role("textbox", name="Your name (optional)")
    if not name.is_visible():
        chat.dialog.get_by_text("optional").first.click()
    name.fill("Robin Hood")
    chat.dialog.get_by_role("textbox", name="Your phone (optional)").fill("202 555 0123")
    shown = chat.dialog.get_by_text("Message frequency varies.")
    expect(shown).to_be_visible()
    wording = shown.inner_text()
    chat.ask(PRICES)

    [conversation] = product.conversations_after(before)
    assert (conversation.patient_name, conversation.contact_phone) == ("Robin Hood", "+12025550123")
    [kept] = product.consents_of(conversation.id)
    assert kept.startswith(wording)


def test_enter_sends_and_shift_enter_begins_a_line(chat: Chat, product: Product, before: int) -> None:
    chat.box.press_sequentially("How much is a visit?")
    chat.box.press("Shift+Enter")
    chat.box.press_sequentially("I have no insurance.")
    chat.box.press("Enter")

    expect(chat.own()).to_have_attribute("data-state", "sent")
    expect(chat.box).to_have_value("")
    assert product.messages_after(before) == ["How much is a visit?\nI have no insurance."]


def test_what_staff_write_appears_without_being_asked_for(chat: Chat, product: Product) -> None:
    chat.ask(PRICES)

    product.say_as_staff(product.newest_conversation(), "Front desk here. See https://maple.example/prices, please.")

    said = chat.root.locator('[data-from="staff"] .text')
    expect(said).to_have_text("Front desk here. See https://maple.example/prices, please.")
    link = said.get_by_role("link")
    expect(link).to_have_attribute("href", "https://maple.example/prices")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


def test_each_reply_is_read_aloud_in_its_own_language(chat: Chat) -> None:
    chat.ask("¿Cuánto cuesta una consulta si no tengo seguro?")
    chat.ask(PRICES)

    languages = chat.replies().locator(".text").evaluate_all("all => all.map(text => text.lang)")
    assert languages == ["es", "en"]


# ---- states


def test_the_practice_is_seen_to_work_on_it_until_the_reply_is_there(chat: Chat, product: Product) -> None:
    product.pause_worker()
    try:
        chat.say(PRICES)
        expect(chat.typing).to_be_visible()
    finally:
        product.resume_worker()

    expect(chat.replies()).to_have_count(1)
    expect(chat.typing).to_have_count(0)


def test_nobody_is_seen_to_work_for_ever(visitor: Visitor, page_address: str, product: Product) -> None:
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(page_address)
    chat = Chat(page).open()
    product.pause_worker()
    try:
        chat.say(PRICES)
        expect(chat.typing).to_be_visible()
        page.clock.fast_forward(16_000)
        expect(chat.typing).to_have_count(0)
    finally:
        product.resume_worker()

    expect(chat.replies()).to_have_count(1)


def test_a_message_is_shown_as_sending_until_the_service_has_it(chat: Chat) -> None:
    seen: list[str | None] = []

    def look_first(route: Route) -> None:
        expect(chat.own()).to_have_attribute("data-state", "sending")
        seen.append(chat.own().get_attribute("data-state"))
        route.continue_()

    chat.page.route(MESSAGES, look_first, times=1)
    message = chat.say(PRICES)

    expect(message).to_have_attribute("data-state", "sent")
    assert seen == ["sending"]


def test_a_message_that_is_refused_can_be_tried_again(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.expect_complaint("status of 400")
    answer = {"error": {"code": "invalid_parameter", "message": "No."}}
    chat.page.route(MESSAGES, lambda route: route.fulfill(status=400, json=answer, headers=allowed(route)))
    message = chat.say(PRICES)
    expect(message).to_have_attribute("data-state", "failed")

    chat.page.unroute(MESSAGES)
    message.get_by_role("button", name="Retry").click()

    expect(message).to_have_attribute("data-state", "sent")
    expect(chat.replies()).to_have_count(1)
    assert product.messages_after(before) == [PRICES]


def test_a_flood_is_asked_kindly_to_wait_and_the_message_goes_out_later(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.expect_complaint("status of 429")
    answer = {"error": {"code": "too_many_requests", "message": "Too many messages."}}
    chat.page.route(
        MESSAGES,
        lambda route: route.fulfill(status=429, json=answer, headers={**allowed(route), "Retry-After": "1"}),
        times=1,
    )
    message = chat.say(PRICES)

    expect(chat.dialog.get_by_role("status")).to_contain_text("moment")
    expect(message).to_have_attribute("data-state", "sent")
    expect(chat.replies()).to_have_count(1)
    assert product.messages_after(before) == [PRICES]


def test_an_answer_that_is_lost_on_the_way_doubles_nothing(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.expect_complaint(NETWORK_ERROR)
    chat.page.route(MESSAGES, lambda route: (route.fetch(), route.abort()), times=1)

    message = chat.say(PRICES)

    expect(message).to_have_attribute("data-state", "sent")
    expect(chat.replies()).to_have_count(1)
    assert chat.own().count() == 1
    assert product.messages_after(before) == [PRICES]
    assert len(product.replies_after(before)) == 1


def test_a_conversation_that_cannot_go_on_is_begun_anew_and_what_was_typed_is_sent(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    visitor.expect_complaint("status of 401")
    answer = {"error": {"code": "expired_token", "message": "The token has expired."}}
    chat.page.route(MESSAGES, lambda route: route.fulfill(status=401, json=answer, headers=allowed(route)), times=1)

    chat.say(BILL)

    expect(chat.own().filter(has_text=BILL)).to_have_attribute("data-state", "sent")
    expect(chat.replies().last).to_contain_text("bill")
    assert product.messages_after(before) == [PRICES, BILL]
    assert len(product.conversations_after(before)) == 2


def test_a_fresh_token_is_used_from_then_on(chat: Chat) -> None:
    chat.ask(PRICES)
    shown: list[str] = []

    def renew(route: Route) -> None:
        """The page gets a token that only this test knows; the service goes on with its own."""
        headers = route.request.headers
        shown.append(headers["authorization"])
        answer = route.fetch(headers={**headers, "authorization": shown[0]})
        route.fulfill(response=answer, headers={**answer.headers, "chat-token": "fresh"})

    chat.page.route(MESSAGES, lambda route: renew(route) if route.request.method == "POST" else route.continue_())
    chat.ask(BILL)
    chat.ask(PRICES)

    assert shown[0] != "Bearer fresh"
    assert shown[1:] == ["Bearer fresh"]


def test_very_long_messages_are_counted_and_kept_within_what_the_service_takes(chat: Chat) -> None:
    chat.box.fill("x" * 9000)

    assert len(chat.box.input_value()) == 8000
    expect(chat.dialog.get_by_text("8,000")).to_be_visible()


# ---- the unread badge


def test_replies_that_come_while_the_chat_is_closed_are_counted_until_it_is_opened(
    chat: Chat, product: Product
) -> None:
    chat.ask(PRICES)
    chat.close()
    expect(chat.launcher).to_have_accessible_name("Chat with us")

    product.say_as_staff(product.newest_conversation(), "One")
    product.say_as_staff(product.newest_conversation(), "Two")

    expect(chat.launcher).to_have_accessible_name("Chat with us, 2 unread messages")
    chat.open()
    chat.close()
    expect(chat.launcher).to_have_accessible_name("Chat with us")


# ---- without a network, and without events


def test_what_is_typed_offline_waits_and_is_sent_once_and_answered_once(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    visitor.go_offline()
    message = chat.say(PRICES)
    expect(message).to_have_attribute("data-state", "waiting")
    assert product.messages_after(before) == []

    visitor.come_back()

    expect(message).to_have_attribute("data-state", "sent")
    expect(chat.replies()).to_have_count(1)
    assert product.messages_after(before) == [PRICES]
    assert len(product.replies_after(before)) == 1


def test_several_messages_typed_offline_are_sent_in_their_order(
    chat: Chat, visitor: Visitor, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    texts = [f"One more question about my bill, number {number}" for number in range(3)]
    visitor.go_offline()
    for text in texts:
        expect(chat.say(text)).to_have_attribute("data-state", "waiting")

    visitor.come_back()

    expect(chat.root.locator('[data-state="sent"]')).to_have_count(4)
    assert product.messages_after(before) == [PRICES, *texts]
    assert [text for who, text in chat.transcript() if who == "patient"] == [PRICES, *texts]


def test_what_was_typed_offline_survives_a_reload(
    chat: Chat, visitor: Visitor, product: Product, before: int, page_address: str
) -> None:
    visitor.go_offline()
    expect(chat.say(PRICES)).to_have_attribute("data-state", "waiting")
    chat.page.close()
    visitor.come_back()

    again = visitor.visit(page_address).open()

    expect(again.own()).to_have_attribute("data-state", "sent")
    expect(again.replies()).to_have_count(1)
    assert product.messages_after(before) == [PRICES]


def test_replies_come_when_events_cannot(visitor: Visitor, page_address: str, product: Product) -> None:
    visitor.expect_complaint(NETWORK_ERROR)
    visitor.context.route(EVENTS, lambda route: route.abort())
    chat = visitor.visit(page_address).open()

    chat.ask(PRICES)
    product.say_as_staff(product.newest_conversation(), "Front desk here.")

    expect(chat.root.locator('[data-from="staff"]')).to_have_count(1)
    assert [who for who, _ in chat.transcript()] == ["patient", "robot", "staff"]


def test_replies_come_when_something_on_the_way_holds_events_back(visitor: Visitor, page_address: str) -> None:
    held: list[Route] = []
    visitor.context.route(EVENTS, lambda route: held.append(route))
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(page_address)
    chat = Chat(page).open()
    with page.expect_request(EVENTS):
        chat.say(PRICES)

    page.clock.fast_forward(21_000)

    expect(chat.replies()).to_have_count(1)
    assert held


# ---- reloads, tabs, and the end


def test_a_conversation_survives_a_reload(chat: Chat, product: Product, before: int) -> None:
    chat.ask(PRICES)
    shown = chat.transcript()

    chat.page.reload()
    chat.open()

    expect(chat.replies()).to_have_count(1)
    assert chat.transcript() == shown
    chat.ask(BILL)
    assert len(product.conversations_after(before)) == 1


def test_a_second_tab_shows_the_same_and_both_stay_in_step(
    chat: Chat, visitor: Visitor, page_address: str, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    second = visitor.visit(page_address).open()
    expect(second.replies()).to_have_count(1)

    chat.ask(BILL)
    expect(second.replies()).to_have_count(2)
    second.ask("And do you have a parking garage?")
    expect(chat.replies()).to_have_count(3)

    expect(second.own()).to_have_count(3)
    assert chat.transcript() == second.transcript()
    assert len(product.messages_after(before)) == 3
    assert len(product.replies_after(before)) == 3


def test_two_tabs_begin_one_conversation_and_send_nothing_twice(
    chat: Chat, visitor: Visitor, page_address: str, product: Product, before: int
) -> None:
    second = visitor.visit(page_address).open()
    visitor.go_offline()
    chat.say(PRICES)
    second.say(BILL)

    visitor.come_back()

    for tab in (chat, second):
        expect(tab.root.locator('[data-state="sent"]')).to_have_count(2)
        expect(tab.replies()).to_have_count(2)
    assert sorted(product.messages_after(before)) == sorted([PRICES, BILL])
    assert len(product.conversations_after(before)) == 1
    assert chat.transcript() == second.transcript()


def test_ending_the_chat_forgets_it_in_every_tab(
    chat: Chat, visitor: Visitor, page_address: str, product: Product, before: int
) -> None:
    chat.ask(PRICES)
    second = visitor.visit(page_address).open()
    expect(second.replies()).to_have_count(1)

    chat.end()

    for tab in (chat, second):
        expect(tab.root.locator("[data-from='patient']")).to_have_count(0)
    [conversation] = product.conversations_after(before)
    kept = "() => JSON.stringify({...localStorage})"
    wait_until(chat.page, lambda: conversation.public_id not in chat.page.evaluate(kept))  # the service knows
    assert PRICES not in chat.page.evaluate(kept)
    chat.page.reload()
    chat.open().ask(BILL)
    assert len(product.conversations_after(before)) == 2
    assert [text for who, text in chat.transcript() if who == "patient"] == [BILL]


def test_ending_the_chat_can_be_thought_better_of(chat: Chat) -> None:
    chat.ask(PRICES)
    chat.button("end").click()

    chat.button("keep").click()

    expect(chat.button("forget")).to_have_count(0)
    expect(chat.own()).to_have_count(1)


def test_nothing_that_was_said_stays_on_a_shared_computer(chat: Chat, visitor: Visitor) -> None:
    chat.ask(PRICES)

    kept = chat.page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert PRICES not in kept
    assert PRICE_RANGE not in kept
    assert visitor.context.cookies() == []


def test_a_browser_that_lets_pages_keep_nothing_can_chat_all_the_same(
    new_visitor: Callable[..., Visitor], page_address: str
) -> None:
    visitor = new_visitor()
    visitor.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )

    visitor.visit(page_address).open().ask(PRICES)


def allowed(route: Route) -> dict[str, str]:
    """The headers without which the page could not read an answer."""
    return {
        "Access-Control-Allow-Origin": route.request.headers["origin"],
        "Access-Control-Expose-Headers": "Chat-Token, Retry-After",
    }
