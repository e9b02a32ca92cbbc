"""From pressing Send to the reply on the screen, in real Chromium on a page of another origin.

`python -m benchmarks.browser` prints the table. Run it on an idle machine.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, ensure_chromium
from tests.browser.product import MAPLE, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.visitor import Chat

MESSAGES = 30
# Of several intents, so that what is measured is not one reply's length.
TEXTS = (
    "How much is a first visit without insurance?",
    "got a bill for 382 dollars for my visit on 4/12 but my copay should only be 35, so what is the rest of it for?",
    "Hi, I'm new to the area and looking for a family doctor. Do you take new patients?",
    "I need to move my appointment on Thursday to next week, mornings are best.",
    "I waited for an hour and nobody told me why. I am very unhappy with your front desk.",
)
# A reply counts as seen once the frame that shows it has been made.
SEND = """text => new Promise(seen => {
  const root = document.querySelector('intake-chat').shadowRoot;
  const replies = () => root.querySelectorAll('[data-from="robot"]').length;
  const before = replies();
  const observer = new MutationObserver(() => {
    if (replies() === before) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => seen(performance.now() - began)));
  });
  observer.observe(root, {childList: true, subtree: true, attributes: true});
  const box = root.querySelector('textarea');
  box.value = text;
  box.dispatchEvent(new InputEvent('input', {bubbles: true, composed: true}));
  const began = performance.now();
  box.form.requestSubmit();
})"""
ROUND_TRIP = """async address => {
  const began = performance.now();
  await fetch(address, {mode: 'no-cors', cache: 'no-store'});
  return performance.now() - began;
}"""


def main() -> None:
    """Measure everything once and print it."""
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}; {MESSAGES} messages, median and 95th percentile\n")
    with running() as (browser, product, address):
        later = later_messages(browser, product, address)
        first = [first_message(browser, product, address, text_of(number)) for number in range(MESSAGES)]
        yardstick = round_trips(browser, address, product.url)
    bare = statistics.median(yardstick)
    print_row("round trip from the page to the service", yardstick, bare)
    print_row("Send, until the reply is seen", later, bare)
    print_row("the same for a chat's first message", first, bare)


@contextmanager
def running() -> Iterator[tuple[Browser, Product, str]]:
    """Yield a browser, the product, and the address of a page with the chat."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PracticeSite() as site,
        Product(Path(folder), site.origin) as product,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=[*ARGUMENTS])
        yield browser, product, site.page("/", policy=strict_policy(product.url), head=script_tag(product.url, MAPLE))
        browser.close()


def later_messages(browser: Browser, product: Product, address: str) -> list[float]:
    """Return milliseconds for messages of one conversation, after its first."""
    page = open_chat(browser, address)
    _send(page, product, text_of(0))
    times = [_send(page, product, text_of(number)) for number in range(MESSAGES)]
    page.context.close()
    return times


def first_message(browser: Browser, product: Product, address: str, text: str) -> float:
    """Return milliseconds for the first message of a new patient, which begins the conversation."""
    page = open_chat(browser, address)
    time = _send(page, product, text)
    page.context.close()
    return time


def round_trips(browser: Browser, address: str, service: str) -> list[float]:
    """Return milliseconds for bare requests from the same page."""
    page = open_chat(browser, address)
    times = [float(page.evaluate(ROUND_TRIP, f"{service}/healthz")) for _ in range(MESSAGES)]
    page.context.close()
    return times


def open_chat(browser: Browser, address: str) -> Page:
    """Return the page in a new profile, with the chat open."""
    page = browser.new_context().new_page()
    page.goto(address)
    Chat(page).open()
    return page


def text_of(number: int) -> str:
    """Return the text of the message with this number."""
    return TEXTS[number % len(TEXTS)]


def print_row(name: str, times: list[float], bare: float) -> None:
    """Print one figure and its ratio to the yardstick."""
    middle, slow = statistics.median(times), statistics.quantiles(times, n=20)[-1]
    print(f"{name:<40}{middle:>9.2f} ms {middle / bare:>8.1f} x{slow:>12.2f} ms")


def _send(page: Page, product: Product, text: str) -> float:
    product.forget_limits()
    return float(page.evaluate(SEND, text))


if __name__ == "__main__":
    main()
