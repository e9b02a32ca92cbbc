"""How wide a page is, once it looks as it should."""

from __future__ import annotations

from playwright.sync_api import Page


def content_width(page: Page) -> int:
    """Returns the width of everything on the page, in CSS pixels: more than the window's if one must scroll sideways.

    A page that a click opened is measured with its style sheets: its text can be there, and be found, before them.
    """
    page.wait_for_load_state()
    return int(page.evaluate("document.documentElement.scrollWidth"))
