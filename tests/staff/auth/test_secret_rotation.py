"""A new SECRET_KEY signs nobody out and ends no chat, as long as the old one is among the fallbacks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from intake.settings import Settings
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console

ConsoleOf = Callable[[Settings], Console]
NEW = "a new secret for tests only"


def rotated(settings: Settings, fallbacks: str | None) -> Settings:
    return settings.model_copy(update={"secret_key": NEW, "secret_key_fallbacks": fallbacks})


def moved(browser: Browser, console: Console) -> Browser:
    """A browser with the same cookie, at another server."""
    other = console.browser()
    other.cookies.update(browser.cookies)
    other.member = browser.member
    return other


def test_a_session_and_its_forms_survive_a_rotation(settings: Settings, console_of: ConsoleOf) -> None:
    browser = console_of(settings).sign_in()
    token = browser.token()

    after = moved(browser, console_of(rotated(settings, settings.secret_key)))

    assert after.get("/staff/account").status_code == 200
    answer = after.post("/staff/sign-out", headers={"X-CSRFToken": token})
    assert answer.status_code == 303


def test_a_chat_survives_a_rotation(settings: Settings, console_of: ConsoleOf) -> None:
    chat = ChatClient(console_of(settings).url)
    chat._base = console_of(rotated(settings, settings.secret_key)).url

    assert chat.send("Do you have parking?", "message-1").status_code == 202


def test_what_is_signed_after_a_rotation_is_signed_with_the_new_key(settings: Settings, console_of: ConsoleOf) -> None:
    browser = console_of(rotated(settings, settings.secret_key)).sign_in()
    chat = ChatClient(console_of(rotated(settings, settings.secret_key)).url)

    new_alone = console_of(rotated(settings, None))
    chat._base = new_alone.url

    assert moved(browser, new_alone).get("/staff/account").status_code == 200
    assert chat.send("Do you have parking?", "message-1").status_code == 202


@pytest.mark.parametrize("fallbacks", [None, "yet another secret for tests"])
def test_a_key_that_was_dropped_verifies_nothing(
    settings: Settings, console_of: ConsoleOf, fallbacks: str | None
) -> None:
    first = console_of(settings)
    browser, chat = first.sign_in(), ChatClient(first.url)

    later = console_of(rotated(settings, fallbacks))
    chat._base = later.url

    assert moved(browser, later).get("/staff/account").headers["Location"].startswith("/staff/sign-in")
    assert chat.send("Do you have parking?", "message-1").status_code == 401
