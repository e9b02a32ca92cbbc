"""The chat where a browser lacks something that Chromium has, or does it in another way."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from templates.chat import WIDGET
from tests.browser.product import MAPLE, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.test_conversation import PRICES
from tests.browser.visitor import Chat, Visitor
from tests.pictures import phone_photo

# Firefox 140: no `field-sizing`
WITHOUT_FIELD_SIZING = """
  const supports = CSS.supports.bind(CSS);
  CSS.supports = (name, ...rest) => name !== "field-sizing" && supports(name, ...rest);
  const replace = CSSStyleSheet.prototype.replaceSync;
  CSSStyleSheet.prototype.replaceSync = function (text) {
    replace.call(this, text.replace("field-sizing: content", ""));
  };
"""
# WebKitGTK: a part of what has arrived stays in its buffer until more arrives
HALF_AN_EVENT = """
  const ask = window.fetch;
  window.fetch = (address, options) => {
    if (!String(address).endsWith("/events")) return ask(address, options);
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("retry: 2000\\n\\nevent: message\\nid: 1\\nda"));
        options.signal.addEventListener("abort", () => controller.error(options.signal.reason));
      },
    });
    return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
  };
"""
# Safari 15, the last one for the iPhone 6s, 7, and SE: what it can't do stops the whole script, or is not there
STOPPING = r"\(\?<[=!]|:dir\(|static \{|AbortSignal\.timeout|\.(?:at|findLast|toSorted|replaceAll)\("
SAFARI_15 = """
  window.CSSStyleSheet = function () { throw new TypeError("Illegal constructor"); };
  delete AbortSignal.timeout;
  delete Navigator.prototype.locks;
"""
PRESS_TAB = """(widget, { key, shiftKey }) => {
  const options = { key, code: "Tab", shiftKey, bubbles: true, composed: true, cancelable: true };
  widget.shadowRoot.activeElement.dispatchEvent(new KeyboardEvent("keydown", options));
}"""
PASTE = """(widget, [bytes, types]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], "map.jpg", { type: "image/jpeg" }));
  for (const type of types) data.setData(type, "map.jpg");
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  return widget.shadowRoot.querySelector("textarea").dispatchEvent(event);
}"""


def height(chat: Chat) -> float:
    return float(chat.box.evaluate("box => box.offsetHeight"))


def test_the_box_grows_with_its_text_where_the_style_sheet_cannot_say_so(
    new_visitor: Callable[..., Visitor], page_address: str
) -> None:
    visitor = new_visitor()
    visitor.context.add_init_script(WITHOUT_FIELD_SIZING)
    chat = visitor.visit(page_address).open()
    before = height(chat)

    chat.box.press_sequentially("a b c")
    assert height(chat) == before
    chat.box.fill("a\nb\nc\nd")
    expanded = height(chat)
    assert expanded > before + 50
    chat.close()
    chat.open()
    assert height(chat) == expanded

    chat.box.press("Enter")
    expect(chat.box).to_have_value("")
    assert height(chat) == before


def test_replies_come_when_something_on_the_way_holds_half_an_event_back(visitor: Visitor, page_address: str) -> None:
    visitor.context.add_init_script(HALF_AN_EVENT)
    page = visitor.context.new_page()
    page.clock.install()
    page.goto(page_address)
    chat = Chat(page).open()
    expect(chat.say(PRICES)).to_have_attribute("data-state", "sent")

    page.clock.fast_forward(7_000)

    expect(chat.replies()).to_have_count(1)


def test_an_iphone_of_2015_has_the_chat(visitor: Visitor, site: PracticeSite, product: Product) -> None:
    assert re.findall(STOPPING, WIDGET.read_text()) == []
    visitor.context.add_init_script(SAFARI_15)

    chat = visitor.visit(site.page("/old", policy=None, head=script_tag(product.url, MAPLE))).open()

    expect(chat.launcher).to_have_css("position", "fixed")
    chat.ask(PRICES)


def test_the_chat_is_on_the_left_of_a_page_that_is_written_from_right_to_left(
    visitor: Visitor, site: PracticeSite, product: Product
) -> None:
    def place(option: str) -> str:
        element = f'<div dir="rtl"><intake-chat practice="{MAPLE}" api="{product.url}" {option}></intake-chat></div>'
        head = f'<script async src="{product.url}/chat/widget.js"></script>'
        launcher = visitor.visit(site.page("/rtl", policy=strict_policy(product.url), head=head, body=element)).launcher
        box = launcher.bounding_box()
        return "left" if box and box["x"] < 100 else "right"

    assert [place(""), place('side="right"')] == ["left", "right"]


@pytest.mark.parametrize("key", ["Tab", "Unidentified"], ids=["Safari", "WebKitGTK"])
def test_tab_reaches_every_button_and_stays_in_the_chat_whatever_the_browser_would_do(chat: Chat, key: str) -> None:
    """Safari skips buttons and links; WebKitGTK does not know Shift+Tab by name."""
    start = chat.root.evaluate("widget => widget.shadowRoot.activeElement.localName")
    reached = []
    for _ in range(40):
        chat.root.evaluate(PRESS_TAB, {"key": key, "shiftKey": True})
        reached.append(chat.root.evaluate("({ shadowRoot: { activeElement: at } }) => at.className || at.localName"))
        if reached[-1] == start:
            break

    assert start == reached[-1] == "textarea"
    assert {"close", "lang", "scroll", "send filled", "a", "summary", "input"} <= set(reached)
    chat.root.evaluate(PRESS_TAB, {"key": key, "shiftKey": False})
    expect(chat.button("send")).to_be_focused()


def test_a_file_copied_on_a_mac_is_taken_and_the_picture_of_copied_words_is_not(chat: Chat) -> None:
    photo = list(phone_photo())

    assert chat.root.evaluate(PASTE, [photo, ["text/plain", "text/html"]]), "the words go into the box"
    assert not chat.root.evaluate(PASTE, [photo, ["text/plain"]])

    expect(chat.dialog.get_by_role("button", name="Remove map.jpg")).to_have_count(1)
