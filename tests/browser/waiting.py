"""Waiting for what a page's own events bring about, and what no assertion of Playwright's can see."""

from __future__ import annotations

import time
from collections.abc import Callable
from re import Pattern
from typing import Any

from playwright.sync_api import Page, Route

LONGEST_SECONDS = 30
PROBE = "/healthz"


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Let a page's events arrive until something is so; fail as late as Playwright's assertions do."""
    end = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < end, f"what was waited for did not happen in {LONGEST_SECONDS} seconds"
        page.wait_for_timeout(10)


def intercept(page: Page, address: str | Pattern[str] | Callable[[str], bool], do: Callable[[Route], Any]) -> None:
    """Have requests of a page of the service answered by a function, from the next one on.

    Chromium says that it intercepts before the page's process knows of it: what a busy page asks for within some
    milliseconds still goes to the service. So this asks for something until that is intercepted.
    """
    probes: list[Route] = []

    def take_probe(route: Route) -> None:
        probes.append(route)
        route.fulfill(status=204)

    page.route(address, do)
    page.route(f"**{PROBE}", take_probe)
    wait_until(page, lambda: page.evaluate("address => fetch(address).then(() => true)", PROBE) and probes)
    page.unroute(f"**{PROBE}")
