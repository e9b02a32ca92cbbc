"""Whatever a patient or the practice types is shown as text, to the letter, and nothing else happens."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.layout import content_width
from tests.browser.product import Product
from tests.browser.visitor import Chat

HOSTILE = {
    "an image that fails": "<img src=x onerror=alert(1)>",
    "a link that runs": "javascript:alert(1)",
    "a link in markup": '<a href="javascript:alert(1)">my insurance card</a>',
    "right-to-left override": "invoice\u202egnp.exe and more",
    "5,000 characters in one word": "W" * 5000,
    "a number in markup": '<a href="tel:(202) 555-0100" onclick="alert(1)">(202) 555-0100</a>',
    "the end of a script": "</script><script>alert(1)</script>",
    "a template": "{{ constructor.constructor('alert(1)')() }} ${alert(1)} {% raw %}",
    "a style": "</style><style>*{display:none}</style>",
    "lines and spaces": "  first\n\n   second\tthird",
    "characters of every kind": "Zoë 👩‍👩‍👧 مرحبا \u2066שלום\u2069 \ufdfd \u0e49\u0e49\u0e49 \ufeff'\"&amp;",
}


def test_hostile_messages_are_shown_as_text_before_and_after_a_reload(
    chat: Chat, product: Product, before: int
) -> None:
    for text in HOSTILE.values():
        expect(chat.say(text)).to_have_attribute("data-state", "sent")
    assert product.messages_after(before) == list(HOSTILE.values())
    assert said_by("patient", chat) == list(HOSTILE.values())
    assert_harmless(chat)

    chat.page.reload()
    chat.open()

    expect(chat.own()).to_have_count(len(HOSTILE))
    assert said_by("patient", chat) == list(HOSTILE.values())
    assert_harmless(chat)


def test_hostile_replies_are_shown_as_text(chat: Chat, product: Product) -> None:
    chat.ask("How much is a first visit?")
    for text in HOSTILE.values():
        product.say_as_staff(product.newest_conversation(), text)

    expect(chat.root.locator('[data-from="staff"]')).to_have_count(len(HOSTILE))
    assert said_by("staff", chat) == list(HOSTILE.values())
    assert_harmless(chat)


def test_a_right_to_left_override_turns_nothing_round_but_its_own_message(chat: Chat) -> None:
    message = chat.say("\u202esdrawkcab")
    expect(message).to_have_attribute("data-state", "sent")

    assert message.locator(".text").evaluate("text => getComputedStyle(text).unicodeBidi") in {"isolate", "plaintext"}


def said_by(author: str, chat: Chat) -> list[str]:
    """One author's texts, as shown."""
    return [text for who, text in chat.transcript() if who == author]


def assert_harmless(chat: Chat) -> None:
    """The text was not turned into markup and stays within the panel. Any alert fails the test; see `Visitor`."""
    text = chat.root.locator("[data-from] .text")
    assert text.locator("img, script, style, iframe").count() == 0
    links = text.locator("a").evaluate_all("all => all.map(link => link.getAttribute('href'))")
    assert [link for link in links if not re.match(r"https?://|tel:(\+1\d{10}|\d{3})\Z", link)] == []
    assert chat.root.locator("[data-from='patient'] a").count() == 0
    assert content_width(chat.page) <= chat.page.evaluate("innerWidth")
    panel = chat.dialog.bounding_box()
    assert panel is not None
    for bubble in text.all():
        box = bubble.bounding_box()
        assert box is not None
        assert panel["x"] <= box["x"]
        assert box["x"] + box["width"] <= panel["x"] + panel["width"]
    assert chat.dialog.evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    assert chat.log.evaluate("log => log.scrollWidth <= log.clientWidth")
