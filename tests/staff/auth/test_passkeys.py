"""Passkeys as an attacker sees them: challenges, answers, and accounts that do not belong together."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from webauthn.helpers import bytes_to_base64url as encoded

from inbox.accounts.passwords import NO_PASSWORD
from inbox.models import AuditEntry, Passkey, StaffMember, StaffSession, now
from staff.auth.passkeys import MOST_PASSKEYS
from staff.auth.reauthentication import NOTHING_TO_PROVE_WITH
from staff.auth.webauthn_site import Site
from tests.staff.auth.soft_passkey import PRESENT, SoftPasskey
from tests.staff.conftest import PASSWORD, Browser, Console

ORIGIN = "https://intake.example.com"
NEW, ADD = "/staff/passkeys/new", "/staff/passkeys"
BEGIN, ENTER = "/staff/passkeys/sign-in/begin", "/staff/passkeys/sign-in"


def begin(browser: Browser, password: str = PASSWORD) -> dict[str, Any]:
    answer = browser.post(NEW, data={"password": password})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


def add(browser: Browser, credential: str) -> requests.Response:
    return browser.post(ADD, data={"credential": credential, "name": "Phone"})


def passkey_of(console: Console, browser: Browser) -> SoftPasskey:
    passkey = SoftPasskey(console.settings.public_url)
    assert add(browser, passkey.make(begin(browser))).status_code == 200
    return passkey


def enter(browser: Browser, passkey: SoftPasskey, **options: Any) -> requests.Response:
    asked = browser.post(BEGIN).json()
    return browser.post(ENTER, data={"credential": passkey.sign(asked, **options)})


def test_a_passkey_signs_its_member_in(console: Console) -> None:
    passkey = passkey_of(console, console.sign_in())

    assert enter(console.browser(), passkey).json() == {"next": "/staff/"}


def test_a_challenge_for_signing_in_adds_no_passkey_at_an_unattended_browser(console: Console) -> None:
    """Anyone gets such a challenge without the password that a new passkey takes."""
    browser = console.sign_in()
    asked = browser.post(BEGIN).json()

    assert add(browser, SoftPasskey(console.settings.public_url).make(asked)).status_code == 400
    assert console.rows(Passkey) == []


def test_an_answer_adds_a_passkey_once_and_signs_in_once(console: Console) -> None:
    browser = console.sign_in()
    passkey = SoftPasskey(console.settings.public_url)
    made = passkey.make(begin(browser))
    assert [add(browser, made).status_code for _ in range(2)] == [200, 400]

    other = console.browser()
    signed = passkey.sign(other.post(BEGIN).json())
    assert other.post(ENTER, data={"credential": signed}).status_code == 200
    replaying = console.browser()
    replaying.post(BEGIN)
    assert replaying.post(ENTER, data={"credential": signed}).status_code == 400


def test_a_copied_cookie_does_not_make_an_answer_good_twice(console: Console) -> None:
    """Phones do not count how often a passkey signs, so that nothing but the challenge tells a repeat."""
    passkey = passkey_of(console, console.sign_in())
    browser, copy = console.browser(), console.browser()
    asked = browser.post(BEGIN).json()
    copy.cookies.update(browser.cookies)
    passkey.count = -1
    signed = passkey.sign(asked)

    assert browser.post(ENTER, data={"credential": signed}).status_code == 200
    assert copy.post(ENTER, data={"credential": signed}).status_code == 400


def test_a_passkey_of_somebody_else_is_refused_and_stays_theirs(console: Console) -> None:
    owner, thief = console.sign_in(), console.sign_in(practices=["other"])
    passkey = passkey_of(console, owner)

    for browser in (owner, thief):
        answer = add(browser, passkey.make(begin(browser)))
        assert (answer.status_code, "already" in answer.json()["error"]["message"]) == (400, True)
    assert owner.member is not None
    assert [row.staff_id for row in console.rows(Passkey)] == [owner.member.id]


def test_a_passkey_that_was_made_for_another_member_signs_nobody_in(console: Console) -> None:
    passkey = passkey_of(console, console.sign_in())
    other = console.add_member()

    assert enter(console.browser(), passkey, handle=encoded(f"staff {other.id}".encode())).status_code == 400


@pytest.mark.parametrize("options", [{"origin": "https://intake.example.com.evil.example"}, {"flags": PRESENT}])
def test_an_answer_from_another_site_or_without_the_person_is_refused(
    console: Console, options: dict[str, Any]
) -> None:
    browser = console.sign_in()
    passkey = passkey_of(console, browser)

    assert enter(console.browser(), passkey, **options).status_code == 400
    assert add(browser, SoftPasskey(console.settings.public_url).make(begin(browser), **options)).status_code == 400


def test_a_copied_passkey_whose_count_falls_behind_is_refused(console: Console) -> None:
    passkey = passkey_of(console, console.sign_in())
    for _ in range(3):
        assert enter(console.browser(), passkey).status_code == 200
    passkey.count = 0

    assert enter(console.browser(), passkey).status_code == 400


def test_a_disabled_members_passkey_opens_nothing(console: Console) -> None:
    browser = console.sign_in()
    passkey = passkey_of(console, browser)
    assert browser.member is not None
    with console.edit() as session:
        session.get_one(StaffMember, browser.member.id).disabled_at = now()

    assert enter(console.browser(), passkey).status_code == 400
    assert console.rows(AuditEntry)[-1].detail["reason"] == "disabled"


def test_whoever_has_no_password_and_no_provider_proves_nothing(console: Console) -> None:
    """As after a reset, when a passkey still signs in."""
    browser = console.sign_in()
    with console.edit() as session:
        for account in session.query(StaffMember):
            account.password_hash = NO_PASSWORD

    answer = browser.post(NEW)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, NOTHING_TO_PROVE_WITH)
    assert all(row.proved_at is None for row in console.rows(StaffSession))


def _odd(credential: str) -> list[dict[str, Any]]:
    """Answers that no browser gives, each made from a genuine one."""
    genuine = json.loads(credential)
    odd: list[dict[str, Any]] = [{}, {"id": genuine["id"]}, genuine | {"response": None}, genuine | {"id": 7}]
    values: list[Any] = ["", "a", "AAAA", "\u0663", "é", 7, [], {}, None, encoded(b"{}"), encoded(b"\xff" * 9)]
    for name in genuine["response"]:
        odd += [genuine | {"response": genuine["response"] | {name: value}} for value in values]
    return odd + [genuine | {name: value} for name in ("rawId", "type") for value in ("", "a", 7, None)]


@pytest.mark.parametrize("credential", ["", "{", "[]", "7", "[" * 4000])
def test_what_is_no_answer_is_refused(console: Console, credential: str) -> None:
    browser = console.sign_in()
    begin(browser)

    assert add(browser, credential).status_code == 400
    assert console.browser().post(ENTER, data={"credential": credential}).status_code == 400


def test_an_odd_answer_holds_nothing_and_is_never_an_error_of_the_server() -> None:
    site, challenge = Site(ORIGIN), b"a challenge"
    passkey, options = SoftPasskey(ORIGIN), {"challenge": encoded(challenge), "user": {"id": encoded(b"staff 7")}}
    made = site.read_new(challenge, json.loads(passkey.make(options)))
    assert made is not None
    signed = passkey.sign(options)
    assert site.read_count(challenge, json.loads(signed), 7, made.public_key, 0) == passkey.count

    for odd in _odd(passkey.make(options)):
        assert site.read_new(challenge, odd) is None, odd
    for odd in _odd(signed):
        if odd.get("response") is None or odd["response"].get("userHandle", "") is not None:
            assert site.read_count(challenge, odd, 7, made.public_key, 0) is None, odd


def test_a_member_has_so_many_passkeys(console: Console) -> None:
    browser = console.sign_in()
    with console.edit() as session:
        account = session.query(StaffMember).one()
        account.passkeys += [
            Passkey(credential_id=f"key {number}", public_key="", name="") for number in range(MOST_PASSKEYS)
        ]

    assert browser.post(NEW, data={"password": PASSWORD}).status_code == 400
