"""The one line on other people's pages: whatever the page is like, neither disturbs the other."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from templates.chat import WIDGET
from tests.browser.layout import content_width
from tests.browser.product import HARBOR, HARBOR_PRICE_RANGE, MAPLE, MAPLE_NAME, PRICE_RANGE, Product
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.visitor import DEADLINE_MILLISECONDS, NETWORK_ERROR, Chat, Visitor

QUESTION = "How much is a first visit without insurance?"

AGGRESSIVE = """
html { font-size: 62.5%; letter-spacing: 1em; line-height: 4; text-transform: uppercase; word-spacing: 2em;
       text-align: center; font-family: fantasy; text-shadow: 1px 1px red; cursor: wait; white-space: nowrap; }
body * { color: red !important; background: lime !important; font: 40px fantasy !important; float: left !important;
    display: none !important; visibility: hidden !important; opacity: 0 !important; transform: rotate(9deg) !important;
    filter: blur(9px) !important; pointer-events: none !important; position: static !important; width: 1px !important;
    z-index: -1 !important; animation: none !important; border: 9px solid red !important; margin: 9px !important;
    clip-path: circle(0) !important; user-select: none !important; max-height: 1px !important; zoom: 3 !important; }
button, input, textarea, dialog, ol, ul, li, form { all: unset !important; }
.text, .panel, .message, .launcher, .header { display: none !important; }
"""
MODEST = "h1 { color: navy; } p { margin: 3px; }"
LOOKS = """widget => [...widget.shadowRoot.querySelectorAll('*')]
  .filter(element => element.tagName !== 'STYLE').map(element => {
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const place = box.width * box.height ? [box.x, box.y, box.width, box.height] : [];
  return [element.tagName, element.className, style.color, style.backgroundColor, style.fontFamily, style.fontSize,
    style.letterSpacing, style.lineHeight, style.textTransform, style.textAlign, style.display, style.visibility,
    style.opacity, style.cursor, style.whiteSpace, style.textShadow,
    ...place.map(Math.round)].join(' ');
})"""
PAGE_LOOKS = """[...document.querySelectorAll('body, h1, p, a, button, ol, li, textarea')].map(element => {
  const style = getComputedStyle(element);
  return [...style].map(name => name + ':' + style.getPropertyValue(name)).join(';');
})"""
# All that is to be read or heard, but for what was said.
WORDS = """widget => {
  const walker = document.createTreeWalker(widget.shadowRoot, NodeFilter.SHOW_TEXT);
  const words = [...widget.shadowRoot.querySelectorAll('[aria-label]')]
    .map(element => element.getAttribute('aria-label'));
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.parentElement.closest('[data-from] .text')) words.push(node.data.trim());
  }
  return words;
}"""
FURNITURE = "<button>Book</button><ol><li>One</li></ol><textarea></textarea>"


@pytest.fixture
def stranger() -> Iterator[PracticeSite]:
    """A site that no practice knows."""
    with PracticeSite() as served:
        yield served


def test_the_file_is_small() -> None:
    """What a page's visitors wait for on a slow line."""
    size = len(gzip.compress(WIDGET.read_bytes(), 9))
    assert size <= 20_000


# ---- who may embed it


def test_a_page_that_the_practice_does_not_know_is_refused_and_its_owner_told_what_to_change(
    visitor: Visitor, stranger: PracticeSite, product: Product, before: int
) -> None:
    visitor.expect_complaint("allowed_origins")
    for said in ("status of 403", "blocked by CORS policy", NETWORK_ERROR):
        visitor.expect_complaint(said)

    chat = visitor.visit(stranger.page("/", policy=strict_policy(product.url), head=script_tag(product.url, MAPLE)))
    try_to_chat(visitor, chat, "allowed_origins")

    [said] = [complaint for complaint in visitor.complaints if "allowed_origins" in complaint]
    assert stranger.origin in said
    assert product.conversations_after(before) == []


def test_a_key_that_no_practice_has_is_refused_and_the_pages_owner_told_what_to_change(
    visitor: Visitor, site: PracticeSite, product: Product, before: int
) -> None:
    visitor.expect_complaint("data-practice")
    visitor.expect_complaint("status of 404")

    chat = visitor.visit(site.page("/wrong-key", policy=None, head=script_tag(product.url, "nobody")), "nobody")
    try_to_chat(visitor, chat, "data-practice")

    assert any("data-practice" in complaint for complaint in visitor.complaints)
    assert product.conversations_after(before) == []


# ---- policies


@pytest.mark.parametrize(
    "addition", ["", "; require-trusted-types-for 'script'; trusted-types 'none'"], ids=["strict", "trusted types"]
)
def test_the_strictest_policy_is_kept(visitor: Visitor, site: PracticeSite, product: Product, addition: str) -> None:
    """What breaks the policy is a complaint, which fails the test."""
    policy = strict_policy(product.url) + addition
    chat = visitor.visit(site.page("/strict", policy=policy, head=script_tag(product.url, MAPLE))).open()

    chat.ask(QUESTION)
    chat.end()

    expect(chat.own()).to_have_count(0)


def test_the_tests_would_see_a_policy_being_broken(visitor: Visitor, site: PracticeSite, product: Product) -> None:
    visitor.expect_complaint("Content Security Policy")
    visitor.visit(site.page("/inline", policy=strict_policy(product.url), body="<p style='color: red'>Inline</p>"))

    assert len(visitor.complaints) == 1


# ---- styles


def test_the_pages_styles_do_not_reach_the_chat(
    new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product
) -> None:
    visitor = new_visitor(reduced_motion="reduce")
    looks = []
    for name, style in (("modest", MODEST), ("aggressive", AGGRESSIVE)):
        site.file(f"/{name}.css", "text/css", style)
        head = f'<link rel="stylesheet" href="/{name}.css">' + script_tag(product.url, MAPLE)
        chat = visitor.visit(site.page(f"/{name}", policy=strict_policy(product.url), head=head)).open()
        expect(chat.button("send")).to_be_visible()
        expect(chat.dialog.get_by_role("link", name="Privacy")).to_be_visible()
        looks.append(chat.root.evaluate(LOOKS))
        chat.page.close()

    assert looks[0] == looks[1]


def test_the_chats_styles_do_not_reach_the_page(visitor: Visitor, site: PracticeSite, product: Product) -> None:
    policy = strict_policy(product.url)
    without = visitor.visit(site.page("/without", policy=policy, body=FURNITURE)).page.evaluate(PAGE_LOOKS)

    chat = visitor.visit(site.page("/with", policy=policy, body=FURNITURE, head=script_tag(product.url, MAPLE))).open()

    assert chat.page.evaluate(PAGE_LOOKS) == without


# ---- several on a page


def test_two_copies_of_the_line_make_one_chat(visitor: Visitor, site: PracticeSite, product: Product) -> None:
    twice = script_tag(product.url, MAPLE) + script_tag(product.url, MAPLE)

    chat = visitor.visit(site.page("/twice", policy=strict_policy(product.url), head=twice)).open()

    expect(chat.root).to_have_count(1)
    chat.ask(QUESTION)


def test_two_practices_on_one_page_have_a_chat_each(
    visitor: Visitor, site: PracticeSite, product: Product, before: int
) -> None:
    both = script_tag(product.url, MAPLE) + script_tag(product.url, HARBOR)
    maple = visitor.visit(site.page("/both", policy=strict_policy(product.url), head=both))
    harbor = Chat(maple.page, HARBOR)

    maple.open().ask(QUESTION)
    maple.close()
    harbor.open().ask(QUESTION)

    assert PRICE_RANGE in maple.transcript()[1][1]
    assert HARBOR_PRICE_RANGE in harbor.transcript()[1][1]
    assert {row.practice for row in product.conversations_after(before)} == {"maple-street", "harbor-dental"}


def test_a_page_may_place_the_element_itself(visitor: Visitor, site: PracticeSite, product: Product) -> None:
    chat = visitor.visit(
        site.page(
            "/element",
            policy=strict_policy(product.url),
            head=f'<script async src="{product.url}/chat/widget.js"></script>',
            body=f'<intake-chat practice="{MAPLE}" api="{product.url}"></intake-chat>',
        )
    )

    chat.open().ask(QUESTION)


# ---- single-page applications


ROUTES: dict[str, str] = {
    "replaces the body's contents": "document.body.replaceChildren(document.createElement('main'))",
    "replaces the body": "document.body = document.createElement('body')",
    "moves the element": "document.body.prepend(document.querySelector('intake-chat'))",
    "changes its address": "history.pushState({}, '', '/another/route')",
}


@pytest.mark.parametrize("change", ROUTES.values(), ids=ROUTES)
def test_the_chat_outlives_an_application_that(chat: Chat, product: Product, before: int, change: str) -> None:
    chat.ask(QUESTION)

    for _ in range(3):
        chat.page.evaluate(change)

    expect(chat.root).to_have_count(1)
    open_if_closed(chat)
    expect(chat.replies()).to_have_count(1)
    chat.ask("got a bill for $382 but my copay should only be $35")
    assert len(product.conversations_after(before)) == 1


def test_a_line_that_an_application_adds_again_and_again_makes_one_chat(chat: Chat, product: Product) -> None:
    for _ in range(3):
        chat.page.evaluate(
            """address => new Promise((loaded, failed) => {
              const script = document.createElement('script');
              Object.assign(script, {src: address, async: true, onload: loaded, onerror: failed});
              script.dataset.practice = 'maple';
              document.head.append(script);
            })""",
            f"{product.url}/chat/widget.js",
        )

    expect(chat.root).to_have_count(1)
    open_if_closed(chat)
    chat.ask(QUESTION)


# ---- small screens, other languages, the practice's own words


def test_everything_can_be_reached_on_the_smallest_screen(
    new_visitor: Callable[..., Visitor], page_address: str
) -> None:
    chat = new_visitor(viewport={"width": 320, "height": 568}, has_touch=True).visit(page_address)
    assert_large_enough(chat.launcher)
    assert_no_sideways_scrolling(chat.page)

    chat.open().ask("A" * 200 + " how much is a first visit? https://maple.example/" + "b" * 200)

    assert_no_sideways_scrolling(chat.page)
    expect(chat.box).to_be_in_viewport(ratio=1)
    for name in ("send", "close", "end"):
        expect(chat.button(name)).to_be_in_viewport(ratio=1)
        assert_large_enough(chat.button(name))
    expect(chat.dialog.get_by_text("911").first).to_be_in_viewport()
    chat.button("end").click()
    for name in ("keep", "forget"):
        expect(chat.button(name)).to_be_in_viewport(ratio=1)
    assert_no_sideways_scrolling(chat.page)


@pytest.mark.parametrize(
    ("browser_language", "page_language", "attribute"),
    [("es-MX", "en", ""), ("en-US", "en", ' data-lang="es"'), ("fr-CA", "es-MX", "")],
    ids=["the browser's", "the line's", "the page's"],
)
def test_the_chat_speaks_spanish(
    new_visitor: Callable[..., Visitor],
    site: PracticeSite,
    product: Product,
    browser_language: str,
    page_language: str,
    attribute: str,
) -> None:
    words = {}
    for language, locale, page, line in (
        ("en", "en-US", "es", ""),
        ("es", browser_language, page_language, attribute),
    ):
        head = script_tag(product.url, MAPLE, line)
        address = site.page(f"/{language}", policy=strict_policy(product.url), head=head, language=page)
        chat = new_visitor(locale=locale).visit(address, language=language).open()
        chat.ask(QUESTION)
        chat.button("end").click()
        expect(chat.button("forget")).to_be_visible()
        words[language] = set(chat.root.evaluate(WORDS))
        chat.button("forget").click()

    assert "911" in " ".join(words["es"])
    assert {text for text in words["es"] & words["en"] if re.search("[A-Za-z]{3}", text)} == {MAPLE_NAME}


def test_a_practices_own_words_are_shown_and_that_it_is_closed(
    visitor: Visitor, site: PracticeSite, product: Product
) -> None:
    chat = visitor.visit(
        site.page("/harbor", policy=strict_policy(product.url), head=script_tag(product.url, HARBOR)), HARBOR
    ).open()

    expect(chat.dialog.get_by_text("Ask Harbor Dental.")).to_be_visible()
    expect(chat.dialog.get_by_text("closed").first).to_be_visible()


def test_a_service_that_cannot_be_reached_leaves_the_page_alone(
    visitor: Visitor, site: PracticeSite, product: Product
) -> None:
    visitor.expect_complaint(NETWORK_ERROR)
    visitor.context.route("**/chat/**", lambda route: route.abort())
    visitor.context.route(
        "**/chat/widget.js", lambda route: route.continue_() if route.request.method == "GET" else route.abort()
    )

    page = visitor.context.new_page()
    with page.expect_event("requestfailed"):
        page.goto(site.page("/alone", policy=None, head=script_tag(product.url, MAPLE)))

    expect(page.get_by_role("heading", name="Our practice")).to_be_visible()


def try_to_chat(visitor: Visitor, chat: Chat, complaint: str) -> None:
    """Goes as far as the page lets a visitor go, until the service has refused and the page's owner can read why."""
    chat.page.evaluate("document.querySelector('intake-chat')?.shadowRoot.querySelector('button')?.click()")
    deadline = time.monotonic() + DEADLINE_MILLISECONDS / 1000
    while not any(complaint in said for said in visitor.complaints):
        assert time.monotonic() < deadline, f"nothing complained of {complaint}"
        chat.page.evaluate("() => new Promise(requestAnimationFrame)")


def open_if_closed(chat: Chat) -> None:
    """Opens the panel, if replacing the page has closed it."""
    expect(chat.root).to_have_count(1)
    if not chat.dialog.is_visible():
        chat.open()


def assert_no_sideways_scrolling(page: Page) -> None:
    """The page is no wider than the screen."""
    assert [content_width(page), page.evaluate("innerWidth")] == [320, 320]


def assert_large_enough(button: Locator) -> None:
    """A thumb can hit it: 44 CSS pixels each way (WCAG 2.5.5)."""
    box = button.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 44
