"""The first run in a browser: the link makes the first admin, and the checklist tests what is set up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.up import _show_console
from intake.settings import Settings
from staff.setup.page import STARTED
from tests.browser.axe import violations
from tests.browser.layout import content_width
from tests.browser.visitor import Visitor
from tests.staff.conftest import PASSWORD, Console, console_of, hook
from tests.standins.hook import HookReceiver
from tests.world import PRACTICES_TOML

__all__ = ["console_of", "hook"]

PICTURES = os.environ.get("PICTURES")  # a folder for pictures of the pages
SCREENS = {"desktop": (1440, 900), "phone": (390, 844), "smallest": (320, 568)}


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console], hook: HookReceiver) -> Console:
    """A console without accounts, whose on-call team has two addresses, one of which may not be used."""
    teams = f'teams = {{ on_call = {{ notify = ["{hook.apprise_url()}", "json://10.0.0.1/"] }}, billing = {{}} }}'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{teams}\n', 1))
    return console_of(settings)


@pytest.fixture
def page(console: Console, browser: Browser) -> Iterator[Page]:
    visitor = Visitor(browser, base_url=console.url)
    yield visitor.context.new_page()
    visitor.leave()


def check_page(page: Page, name: str) -> None:
    """Check that everybody can read a page, at each size and in both color schemes."""
    for screen, (width, height) in SCREENS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert content_width(page) <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{screen}-{scheme}.png", full_page=True)
            if screen != "phone":
                assert violations(page) == []


def test_from_the_link_of_the_start_to_a_tested_on_call_team(console: Console, page: Page, hook: HookReceiver) -> None:
    lines: list[str] = []
    _show_console(lines.append, console.settings, console.database)
    page.goto(lines[-1].strip().removeprefix(console.settings.public_url))
    expect(page.get_by_label("Code from your link")).to_be_hidden()
    assert page.url == f"{console.url}/staff/first-admin"
    check_page(page, "first-admin")

    page.get_by_label("Your name").fill("Ada First")
    page.get_by_label("Email").fill("ada@maple.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Confirm password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("heading", name="Setup", exact=True)).to_be_visible()
    page.get_by_role("button", name="Test on call").click()
    on_call = page.locator("#line-on_call")
    expect(on_call.get_by_role("status")).to_contain_text("sending…")
    console.work()
    expect(on_call.get_by_role("status")).to_contain_text("the provider took it on")
    expect(on_call.get_by_role("status")).to_contain_text("the address leads into the network")
    expect(on_call).to_contain_text("1 of 2 addresses")
    expect(on_call).to_contain_text("Not done")
    assert len(hook.notifications) == 1
    told = page.locator("main .done")
    expect(told).to_have_text(STARTED)
    style = "it => (({ color, backgroundColor, position }) => [color, backgroundColor, position])(getComputedStyle(it))"
    ink, paper, place = told.evaluate(style)
    assert (ink != paper, place) == (True, "static")
    check_page(page, "setup")

    delivery = page.locator("#line-delivery")
    delivery.get_by_label("Number of your phone").fill("(202) 555-0113")
    delivery.get_by_role("button", name="Text my phone").dblclick()
    expect(delivery.get_by_role("status")).to_contain_text("number ending in 0113")
    page.reload()
    expect(delivery.get_by_role("status")).to_contain_text("number ending in 0113")
    console.work()
    assert [text.to for text in console.twilio.messages] == ["+12025550113"]
    console.twilio.deliver(console.twilio.messages[0].sid, "delivered")
    expect(delivery).to_contain_text("Delivered")
    expect(delivery.get_by_role("heading")).to_contain_text("Done")
    check_page(page, "setup-texted")

    page.goto("/staff/settings")
    page.get_by_role("link", name="Setup checklist").click()
    expect(page.get_by_role("heading", name="Setup", exact=True)).to_be_visible()
