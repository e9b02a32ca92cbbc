"""A day at the console leaves nothing of a patient and no secret in Redis, logs, addresses, titles or audit trail."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable

import pyotp
import pytest

from inbox.audit.trail import verify
from inbox.models import AuditEntry, Role
from tests.staff.conftest import PASSWORD, Console
from tests.staff.routes import FORM, NAMES, OWN, PATIENTS, SIGNS_OUT, WORDS, World, build_world, sign_in_again
from tests.tasks.test_privacy import _everything_in

REPLY, NOTE, QUESTION = "replywords here", "notewords here", "searchwords"
NEW_PASSWORD = "a new password, passwordwords"
PRIVATE = [WORDS[OWN], NAMES[OWN], PATIENTS[OWN][-7:], "replywords", "notewords", "tagwords", QUESTION]
SECRETS = [PASSWORD, "wrongwords", "passwordwords"]


@pytest.fixture
def world(console: Console) -> World:
    return build_world(console)


def found_in(parts: Iterable[str], words: Iterable[str]) -> list[str]:
    """Which words are in what was said, with what stands around them."""
    told = list(parts)
    assert told, "nothing was said at all"
    return [f"{word} in {part[:200]!r}" for word in words for part in told if word in part]


def test_a_day_at_the_console_leaves_nothing_behind(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    console = world.console
    listener = console.redis.pubsub()
    listener.psubscribe("*")
    addresses, secrets = [], list(SECRETS)

    browser = sign_in_again(world, OWN, Role.ADMIN)
    assert browser.member is not None
    assert console.browser().sign_in(browser.member, "wrongwords").status_code == 401
    assert console.browser().sign_in(console.add_member(), PASSWORD).status_code == 303
    form = FORM | {"text": REPLY, "note": NOTE, "wanted": QUESTION}
    for call in world.calls():
        if call.rule.endpoint not in SIGNS_OUT:
            answer = call.ask(browser, data=form)
            addresses += [answer.url, answer.headers.get("Location", "")]
    key = re.search(r"<code>([A-Z2-7 ]{32,})</code>", browser.get("/staff/account/authenticator").text)
    assert key
    secrets.append(key[1].replace(" ", ""))
    codes = browser.post(
        "/staff/account/authenticator", data={"password": PASSWORD, "code": pyotp.TOTP(secrets[-1]).now()}
    )
    secrets += re.findall(r"<li><code>([a-z2-7-]{19})</code></li>", codes.text)
    changed = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_again": NEW_PASSWORD}
    assert browser.post("/staff/account/password", data=changed).status_code == 303
    secrets.append(browser.cookies.get("intake_staff", path="/staff") or "no cookie")
    console.work()
    console.reconcile()

    announced = []
    while (heard := listener.get_message(timeout=0.1)) is not None:
        announced.append(repr(heard))
    listener.close()
    words = PRIVATE + secrets
    assert found_in([*_everything_in(console.redis), *announced], words) == []
    assert "POST /staff/search" in caplog.text
    assert found_in([caplog.text, *capfd.readouterr()], words) == []
    assert found_in(addresses, words) == []
    entries = console.rows(AuditEntry)
    assert {"replied", "noted", "signed_in", "password_changed"} <= {entry.action for entry in entries}
    assert found_in([json.dumps([entry.subject, entry.detail]) for entry in entries], words) == []
    with console.database.read() as session:
        assert verify(session).is_whole


def test_no_title_names_a_patient(world: World) -> None:
    browser = sign_in_again(world, OWN, Role.ADMIN)
    pages = [call.ask(browser) for call in world.calls() if call.method == "GET" and "events" not in call.rule.endpoint]
    titles = [title for page in pages for title in re.findall(r"<title>(.*?)</title>", page.text, re.DOTALL)]

    assert len(titles) > 5
    assert found_in(titles, PRIVATE) == []


def test_only_the_pages_for_whoever_is_signed_in_hold_patients_words(world: World) -> None:
    """And they are kept by no cache on the way."""
    browser = sign_in_again(world, OWN, Role.STAFF)
    page = browser.get(f"/staff/conversations/{world.ids[OWN]['conversation_id']}")

    assert WORDS[OWN] in page.text
    assert page.headers["Cache-Control"] == "no-store"
