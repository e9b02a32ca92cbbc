"""Who a conversation is with: a long name is cut at its end, a number never, whatever the width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from inbox.models import Conversation
from tests.browser.layout import content_width
from tests.browser.test_console import BILL, PLACE, SignIn, console, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console

__all__ = ["console", "console_of", "new_profile", "sign_in"]

LONG_NAME = "Maria Guadalupe Fernandez-Villanueva de la Cruz"
WIDTHS = (1440, 1280, 1200, 820, 720)
PHONES = (390, 320)
LINES = "who => Math.round(who.getBoundingClientRect().height / parseFloat(getComputedStyle(who).lineHeight))"
IS_CUT = "who => who.scrollWidth > who.clientWidth || who.scrollHeight > who.clientHeight"
# What stands beside the name begins after it or below it, and is within the head.
IS_COVERED = """who => {
  const parts = [...who.parentElement.children].filter((part) => part.getBoundingClientRect().width > 1);
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const end = who.parentElement.getBoundingClientRect().right + 1;
  const isOver = (box, before) => box.left < before.right - 1 && box.top < before.bottom - 1;
  return boxes.some((box, place) => box.right > end || (place && isOver(box, boxes[place - 1])));
}"""


def open_at(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert content_width(page) == width


@pytest.mark.parametrize("number", ["+12025550131", "+525512345678"], ids=["domestic", "abroad"])
def test_a_number_stands_whole_on_one_line(console: Console, sign_in: SignIn, number: str) -> None:
    receive(console, BILL, number)
    page = sign_in(PLACE)
    who = page.locator("#who")

    for width in (*WIDTHS, *PHONES):
        open_at(page, width)
        assert who.evaluate(LINES) == 1, width
        assert not who.evaluate(IS_CUT), width
        assert not who.evaluate(IS_COVERED), width


def test_a_long_name_ends_with_an_ellipsis_and_is_whole_in_its_title(console: Console, sign_in: SignIn) -> None:
    receive(console, BILL)
    with console.edit() as session:
        session.get_one(Conversation, 1).patient_name = LONG_NAME
    page = sign_in(PLACE)
    who = page.locator("#who")
    expect(who).to_have_attribute("title", LONG_NAME)
    expect(who).to_have_css("text-overflow", "ellipsis")

    for width in WIDTHS:
        open_at(page, width)
        assert not page.locator(".headline .channel").evaluate(IS_CUT), width
        assert who.evaluate(LINES) == 1, width
        assert who.evaluate("who => who.clientWidth") > 90, "enough to tell who it is"
        assert not who.evaluate(IS_COVERED), width
    for width in PHONES:
        open_at(page, width)
        assert who.evaluate(LINES) == 2, width
        assert not who.evaluate(IS_COVERED), width
