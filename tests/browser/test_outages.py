"""Parts of the service go away in the middle of a conversation and come back: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.product import Product
from tests.browser.site import PracticeSite
from tests.browser.visitor import NETWORK_ERROR, Chat, Visitor

PRICES = "How much is a first visit without insurance?"
BILL = "got a bill for $382 for my visit on 4/12 but my copay should only be $35, what's the rest?"


@pytest.fixture(scope="module")
def product(site: PracticeSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product of this module's own, to break."""
    with Product(tmp_path_factory.mktemp("breakable"), site.origin) as running:
        yield running


@pytest.fixture
def begun(before: int, chat: Chat, visitor: Visitor) -> Chat:
    """A conversation with one message and its reply."""
    visitor.expect_complaint(NETWORK_ERROR)
    visitor.expect_complaint("status of 503")
    chat.ask(PRICES)
    return chat


def test_the_web_server_is_killed_and_started_again(begun: Chat, product: Product, before: int) -> None:
    product.kill_web()
    message = begun.say(BILL)
    expect(message).not_to_have_attribute("data-state", "sent")

    product.start_web()

    assert_answered_once(begun, product, before)


def test_the_worker_is_killed_and_another_started(begun: Chat, product: Product, before: int) -> None:
    product.kill_worker()
    expect(begun.say(BILL)).to_have_attribute("data-state", "sent")

    product.start_worker()

    assert_answered_once(begun, product, before)


def test_redis_goes_away_and_comes_back(begun: Chat, product: Product, before: int) -> None:
    product.redis.stop()
    message = begun.say(BILL)
    expect(message).to_have_attribute("data-state", "sent")

    product.let_messages_grow_old()
    product.redis.start()

    assert_answered_once(begun, product, before)


def test_everything_goes_away_at_once_and_comes_back(begun: Chat, product: Product, before: int) -> None:
    product.kill_web()
    product.kill_worker()
    product.redis.stop()
    begun.say(BILL)
    expect(begun.own()).to_have_count(2)

    product.redis.start()
    product.start_worker()
    product.start_web()
    begun.page.reload()
    begun.open()

    assert_answered_once(begun, product, before)


def assert_answered_once(chat: Chat, product: Product, before: int) -> None:
    """Both questions are in the database, and on the page, once each, with a reply each."""
    expect(chat.root.locator('[data-from="patient"][data-state="sent"]')).to_have_count(2)
    expect(chat.replies()).to_have_count(2)
    assert product.messages_after(before) == [PRICES, BILL]
    replies = product.replies_after(before)
    assert len(replies) == 2
    assert [text for who, text in chat.transcript() if who == "robot"] == replies
    assert [text for who, text in chat.transcript() if who == "patient"] == [PRICES, BILL]
