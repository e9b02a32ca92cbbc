"""What axe-core finds wrong with a page."""

from __future__ import annotations

from collections.abc import Iterable

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.layout import content_width

# Everything else that it returns would take as long to hand over as to find.
_RUN = """async () => {
  if (!window.axe) return null;
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
}"""


def violations(page: Page) -> list[str]:
    """Returns each violation: the rule, the element, and what is wrong with it."""
    page.wait_for_load_state()
    found: list[str] | None = page.evaluate(_RUN)
    if found is None:  # the first time on this page
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(_RUN)
    assert found is not None
    return found


def assert_accessible(page: Page, screens: Iterable[tuple[int, int]]) -> None:
    """Fails unless axe finds nothing on screens of several sizes, none of which has to be scrolled sideways."""
    for width, height in screens:
        page.set_viewport_size({"width": width, "height": height})
        assert content_width(page) <= width
        assert violations(page) == [], f"{width} x {height}"
