"""The console on a phone: no page is wider than the screen, and the menu holds what the top line has no room for."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from inbox.models import Role
from tests.browser.axe import violations
from tests.browser.test_console import SignIn, console, console_of, new_profile, receive, sign_in
from tests.staff.conftest import Console
from tests.staff.routes import IS_OF_QUEUES, build_world

__all__ = ["console", "console_of", "new_profile", "sign_in"]

WIDTHS = (390, 320)
CHEST = "My husband has crushing chest pain and can't breathe"
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  const isWide = (part) => part && part.scrollWidth > part.clientWidth;
  return isWide(document.documentElement) || isWide(document.body) || isWide(document.querySelector(".top, .console"));
}"""


def test_no_page_of_the_console_is_wider_than_a_phone_or_hard_to_read_in_the_dark(
    console: Console, sign_in: SignIn
) -> None:
    world = build_world(console)
    asked = console.sign_in(role=Role.ADMIN, name="Asked First")
    page = sign_in(name="Maximiliana Featherstonehaugh-Cholmondeley", role=Role.ADMIN, complaint=".")
    page.emulate_media(color_scheme="dark")
    wide: list[str] = []
    faulty: list[str] = []
    seen = 0
    for call in world.calls():
        if call.method != "GET" or (call.rule.endpoint.startswith(IS_OF_QUEUES) and "json" in call.rule.rule):
            continue
        answer = call.ask(asked)
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        page.goto(call.address)
        seen += 1
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 700})
            if page.evaluate(TOO_WIDE):
                wide.append(f"{call} at {width}")
        if "<title>" in answer.text:  # a whole page, not a part that a script puts into one
            faulty += [f"{call}: {found}" for found in violations(page)]
    assert wide == []
    assert faulty == []
    assert seen > 30


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/staff/", "/staff/conversations/1", "/staff/accounts"])
def test_on_a_phone_every_place_is_reached_by_touch_or_keyboard(
    console: Console, sign_in: SignIn, width: int, path: str
) -> None:
    receive(console, CHEST)
    page = sign_in(path, role=Role.ADMIN, viewport={"width": width, "height": 700})
    console_links = page.get_by_role("navigation", name="Console")
    console_links.scroll_into_view_if_needed()  # on a small phone, a conversation opens at its newest message
    for name in ("Inbox", "Review", "Patients"):
        expect(console_links.get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
    menu = page.get_by_role("button", name="Menu")
    rest = [console_links.get_by_role("link", name=name) for name in ("Settings", "Accounts", "Dana Reyes")]
    rest.append(page.get_by_role("button", name="Sign out"))

    menu.focus()
    page.keyboard.press("Enter")
    for place in rest:
        expect(place).to_be_in_viewport(ratio=1)
    assert violations(page) == []
    page.keyboard.press("Escape")
    for place in rest:
        expect(place).to_be_hidden()
    menu.click()
    page.keyboard.press("Tab")
    expect(console_links.get_by_role("link", name="Figures")).to_be_focused()
    rest[0].click()
    expect(page.get_by_text("Settings for Maple Street")).to_be_visible()
