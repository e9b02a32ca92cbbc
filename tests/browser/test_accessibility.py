"""What axe-core finds, and what moves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import violations
from tests.browser.product import HARBOR, MAPLE, Product
from tests.browser.site import PracticeSite, script_tag
from tests.browser.visitor import Chat, Visitor

QUESTION = "How much is a first visit without insurance?"
SCREENS = {"desktop": (1280, 800), "smallest": (320, 568)}
ANIMATIONS = """widget => [...document.getAnimations(), ...widget.shadowRoot.getAnimations()]
  .filter(animation => animation.playState === 'running' && animation.effect.getComputedTiming().duration > 1).length"""
STILL = """widget => Promise.all(widget.shadowRoot.getAnimations()
  .filter(animation => animation.effect.getComputedTiming().iterations !== Infinity)
  .map(animation => animation.finished))"""

Embed = Callable[..., Chat]


@pytest.fixture
def embed(new_visitor: Callable[..., Visitor], site: PracticeSite, product: Product) -> Embed:
    """Shows a practice's chat on a screen, in a language. Axe brings scripts and styles, so the page has no policy."""

    def show(screen: str = "desktop", language: str = "en", key: str = MAPLE, **options: object) -> Chat:
        width, height = SCREENS[screen]
        visitor = new_visitor(viewport={"width": width, "height": height}, locale=f"{language}-US", **options)
        address = site.page(f"/{language}/{key}", policy=None, head=script_tag(product.url, key), language=language)
        return visitor.visit(address, key, language)

    return show


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize(
    ("key", "language"), [(MAPLE, "en"), (HARBOR, "en"), (MAPLE, "es")], ids=["light colour", "closed", "in Spanish"]
)
def test_axe_finds_nothing_in_any_state(embed: Embed, screen: str, key: str, language: str) -> None:
    chat = embed(screen, language, key)
    expect(chat.launcher).to_be_visible()
    assert still_violations(chat) == []

    chat.open()
    assert still_violations(chat) == []

    chat.ask(QUESTION)
    assert still_violations(chat) == []

    chat.button("end").click()
    expect(chat.button("forget")).to_be_visible()
    assert still_violations(chat) == []

    chat.button("forget").click()
    expect(chat.own()).to_have_count(0)
    assert still_violations(chat) == []


def test_axe_would_find_a_mistake(embed: Embed) -> None:
    chat = embed().open()
    chat.button("close").evaluate("button => { button.removeAttribute('aria-label'); button.textContent = ''; }")

    assert any(violation.startswith("button-name: ") for violation in still_violations(chat))


def test_nothing_moves_for_those_who_do_not_want_it(embed: Embed, product: Product) -> None:
    moving = {}
    for wish in ("no-preference", "reduce"):
        chat = embed(reduced_motion=wish).open()
        product.pause_worker()
        try:
            chat.say(QUESTION)
            expect(chat.typing).to_be_visible()
            moving[wish] = chat.root.evaluate(ANIMATIONS)
        finally:
            product.resume_worker()
        expect(chat.replies()).to_have_count(1)

    assert moving["no-preference"] > 0
    assert moving["reduce"] == 0


def still_violations(chat: Chat) -> list[str]:
    """What axe-core finds on the whole page, once nothing fades any more."""
    chat.root.evaluate(STILL)
    return violations(chat.page)
