"""The README's pictures of the demo page and of the console: `python -m tests.browser.screenshots` takes them anew.

It starts the service with the demo practice as `make run` does, chats a little, looks at the console as a manager, and
writes `docs/images/`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, ensure_chromium
from tests.browser.visitor import DEADLINE_MILLISECONDS, Chat
from tests.e2e.processes import ROOT, Processes, answers, free_port

IMAGES = ROOT / "docs" / "images"
SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
TEXT = "I need to move my appointment on Thursday to next week, mornings are best."
QUESTION = "How much is a first visit without insurance?"
UNSURE = "My last visit, is the thing with the price still for Thursday?"
PRESSING = "My chest feels tight and my left arm is numb, should I wait for Tuesday?"
MANAGER = "dana@maple-street.example"


def main() -> None:
    """Takes one picture a screen."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=DEADLINE_MILLISECONDS)
    with tempfile.TemporaryDirectory() as folder, Processes(Path(folder)) as processes, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=[*ARGUMENTS])
        address = start_demo(processes)
        for screen in SCREENS:
            take(browser, address, screen)
        take_console(browser, address, add_manager(processes))
        browser.close()


def start_demo(processes: Processes) -> str:
    """Starts the service with the demo practice, and returns the demo page's address."""
    shutil.copy(ROOT / "practices.demo.toml", processes.folder)
    address = f"http://127.0.0.1:{free_port()}"
    service = processes.start("up", ["-m", "app", "up", "--port", address.rpartition(":")[2]], {})
    processes.wait_until(lambda: answers(f"{address}/readyz") or not service.is_running, "the service to be ready")
    if not service.is_running:
        sys.exit(f"the service did not start{service.tail()}")
    return address


def add_manager(processes: Processes) -> str:
    """Gives a manager of the demo practice an account, and returns the password."""
    options = ["--practice", "demo", "--role", "manager", "--name", "Dana Reyes", "--generate"]
    added = processes.start("staff", ["-m", "app", "staff", "add", MANAGER, *options], {})
    if added.wait() != 0:
        sys.exit(f"there is no manager{added.tail()}")
    return added.output.split()[-1]


def text_the_practice(page: Page, text: str) -> None:
    """Plays a patient on the phone beside the practice's site."""
    page.get_by_role("textbox", name="Text message").fill(text)
    page.get_by_role("button", name="Send text").click()
    expect(page.get_by_role("log", name="Texts")).to_contain_text("Maple Street")
    expect(page.get_by_role("region", name="How Intake handled it")).to_contain_text("Confidence")


def take(browser: Browser, address: str, screen: str) -> None:
    """Chats on a screen of this size, and keeps what it looks like."""
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if screen == "phone" else 1,
        reduced_motion="reduce",
        locale="en-US",
        timezone_id="America/New_York",
    )
    page = context.new_page()
    page.goto(address)
    if screen == "desktop":
        text_the_practice(page, TEXT)
    chat = Chat(page, "demo").open()
    chat.ask(QUESTION)
    expect(chat.typing).to_have_count(0)
    keep(page, screen)
    context.close()


def take_console(browser: Browser, address: str, password: str) -> None:
    """Send a message that needs a review, and keep pictures of the review queue, inbox, a conversation and settings."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=address, locale="en-US", timezone_id="America/New_York"
    )
    page = context.new_page()
    page.goto("/")
    text_the_practice(page, PRESSING)
    text_the_practice(page, UNSURE)
    page.goto("/staff/sign-in?next=/staff/review")
    page.get_by_label("Email").fill(MANAGER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="What is this message about?")).to_be_visible()
    keep(page, "review")
    take_inbox(page)
    page.goto("/staff/settings/demo/automatic-replies#replies-price_shopper")
    words = page.get_by_label("Wording of Price question", exact=True)
    words.fill("[practice name]: [our prices] Book at [booking link] or call [our phone number].")
    expect(page.get_by_role("region", name="Price question as a patient reads it")).to_contain_text("Book at https:")
    page.locator("#replies-price_shopper").evaluate("element => element.scrollIntoView({ block: 'center' })")
    keep(page, "settings")
    context.close()


def take_inbox(page: Page) -> None:
    """Keep pictures of the inbox on every kind of screen, light and dark."""
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/staff/")
    page.get_by_role("link", name="Chat visitor").first.click()
    expect(page.locator("#thread")).to_contain_text(QUESTION)
    keep(page, "inbox")
    keep_dark(page, "inbox-dark")
    page.set_viewport_size({"width": 820, "height": 1180})
    keep(page, "inbox-tablet")
    keep_dark(page, "inbox-tablet-dark")
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, "conversation-phone")
    keep_dark(page, "conversation-phone-dark")
    page.locator("#back").click()
    expect(page.locator("#thread")).to_be_hidden()
    keep(page, "inbox-phone")
    keep_dark(page, "inbox-phone-dark")
    page.set_viewport_size({"width": 1280, "height": 800})


def keep_dark(page: Page, name: str) -> None:
    """Writes what a page looks like in the dark scheme."""
    page.emulate_media(color_scheme="dark")
    keep(page, name)
    page.emulate_media(color_scheme="light")


def keep(page: Page, name: str) -> None:
    """Writes what a page looks like."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
