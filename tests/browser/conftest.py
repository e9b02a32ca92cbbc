from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.product import MAPLE, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.visitor import DEADLINE_MILLISECONDS, Chat, Visitor

# One browser and one running product for all modules of this package that a process runs, and none left for the
# tests that follow: Playwright keeps an event loop on the thread.


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    chromium = find_chromium()
    assert chromium, "the browser tests need Chromium: run `make test`, or `python -m tests.browser.chromium` once"
    expect.set_options(timeout=DEADLINE_MILLISECONDS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=[*ARGUMENTS])
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def site() -> Iterator[PracticeSite]:
    """The practice's site, which is allowed to embed the chat."""
    with PracticeSite() as served:
        yield served


@pytest.fixture(scope="package")
def product(site: PracticeSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The running product; a test leaves it as it found it."""
    with Product(tmp_path_factory.mktemp("product"), site.origin) as running:
        yield running


@pytest.fixture
def before(product: Product) -> int:
    """The conversation begun last before the test."""
    return product.newest_conversation()


@pytest.fixture
def page_address(product: Product, site: PracticeSite) -> str:
    """A page of the practice's site that embeds the chat under a strict policy."""
    return site.page("/", policy=strict_policy(product.url), head=script_tag(product.url, MAPLE))


@pytest.fixture
def new_visitor(browser: Browser, product: Product) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with a profile of their own."""
    product.forget_limits()
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.leave()


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor]) -> Visitor:
    """A visitor with an ordinary browser."""
    return new_visitor()


@pytest.fixture
def chat(visitor: Visitor, page_address: str) -> Chat:
    """The chat, opened on the practice's page."""
    return visitor.visit(page_address).open()
