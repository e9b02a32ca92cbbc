"""Waiting for what a page's own events bring about, and what no assertion of Playwright's can see."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page

LONGEST_SECONDS = 30


def wait_until(page: Page, condition: Callable[[], object]) -> None:
    """Let a page's events arrive until something is so; fail as late as Playwright's assertions do."""
    end = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < end, f"what was waited for did not happen in {LONGEST_SECONDS} seconds"
        page.wait_for_timeout(10)
