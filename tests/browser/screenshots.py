"""The README's pictures of the demo page: `python -m tests.browser.screenshots` takes them anew.

It starts the service with the demo practice as `make run` does, chats a little, and writes `docs/images/`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, ensure_chromium
from tests.browser.visitor import Chat
from tests.e2e.processes import ROOT, Processes, answers, free_port

IMAGES = ROOT / "docs" / "images"
SCREENS = {"desktop": (1280, 800), "phone": (390, 844)}
TEXT = "I need to move my appointment on Thursday to next week, mornings are best."
QUESTION = "How much is a first visit without insurance?"


def main() -> None:
    """Takes one picture a screen."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Processes(Path(folder)) as processes, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=[*ARGUMENTS])
        address = start_demo(processes)
        for screen in SCREENS:
            take(browser, address, screen)
        browser.close()


def start_demo(processes: Processes) -> str:
    """Starts the service with the demo practice, and returns the demo page's address."""
    shutil.copy(ROOT / "practices.demo.toml", processes.folder)
    address = f"http://127.0.0.1:{free_port()}"
    service = processes.start("up", ["-m", "intake", "up", "--port", address.rpartition(":")[2]], {})
    processes.wait_until(lambda: answers(f"{address}/readyz") or not service.is_running, "the service to be ready")
    if not service.is_running:
        sys.exit(f"the service did not start{service.tail()}")
    return address


def text_the_practice(page: Page) -> None:
    """Plays a patient on the phone beside the practice's site."""
    page.get_by_role("textbox", name="Text message").fill(TEXT)
    page.get_by_role("button", name="Send text").click()
    expect(page.get_by_role("log", name="Texts")).to_contain_text("Maple Street")
    expect(page.get_by_role("region", name="What the service made of it")).to_contain_text("Understood")


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
        text_the_practice(page)
    chat = Chat(page, "demo").open()
    chat.ask(QUESTION)
    expect(chat.typing).to_have_count(0)
    path = IMAGES / f"{screen}.png"
    page.screenshot(path=path)
    context.close()
    print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
