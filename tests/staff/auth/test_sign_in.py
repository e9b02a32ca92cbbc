"""Signing in: who gets in, who does not, what neither learns, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select, update

from app.embedded_redis import EmbeddedRedis
from inbox.accounts.members import (
    IDLE_ENDS,
    SESSION_ENDS,
    revoke_sessions,
)
from inbox.accounts.second_factor import new_recovery_codes, new_totp_secret
from inbox.accounts.sign_in_failures import SLOW_BETWEEN, SLOW_FROM, SignInSource
from inbox.models import AuditEntry, SignInFailure, StaffMember, StaffSession, now
from intake.settings import Settings
from staff.auth.entry import HOME
from staff.auth.sign_in import CODE_REFUSED, REFUSED, TOO_OFTEN
from staff.auth.source import COOKIE
from tests.staff.conftest import PASSWORD, Browser, Console, StartConsole, csrf_token
from tests.staff.routes import OPEN

LOCKS_AFTER = 5
BY_ADDRESS = 20
Change = Callable[[StaffMember], object]


def test_a_reply_sent_after_the_session_ended_is_said_not_to_be_sent_and_leads_back_to_its_draft(
    console: Console,
) -> None:
    console.text("Do you take my insurance?")
    dana = console.sign_in()
    token = dana.token()
    edit_session(console, revoked_at=now())

    answer = dana.post("/staff/conversations/1/reply", data={"text": "Yes"}, headers={"X-CSRFToken": token})
    way_in = answer.headers["Location"]
    assert (answer.status_code, way_in) == (302, "/staff/sign-in?next=/staff/conversations/1&unsent=reply")
    assert "your reply was NOT sent. It is kept as a draft" in dana.get(way_in).text
    other = dana.post(
        "/staff/conversations/1/notes", headers={"X-CSRFToken": token, "Referer": f"{console.url}/staff/"}
    )
    assert other.headers["Location"] == "/staff/sign-in?next=/staff/&unsent=form"
    assert "You were signed out. What you typed in a reply box or as a note is kept." in dana.get("/staff/sign-in").text
    assert "signed out" not in console.browser().get("/staff/sign-in").text
    member, dana.member = dana.member, None
    assert member is not None
    assert dana.sign_in(member, to=way_in).headers["Location"] == "/staff/conversations/1"


@pytest.mark.parametrize(
    ("limit", "shown"), [(20, "20 minutes"), (60, "an hour"), (0, "8 hours")], ids=["minutes", "an hour", "the most"]
)
def test_the_sign_in_page_says_after_how_long_without_a_key_it_signed_out(
    start_console: StartConsole, limit: int, shown: str
) -> None:
    console = start_console(f"access = {{ idle_minutes = {limit} }}" if limit else "")
    dana = console.sign_in()
    assert dana.get("/staff/").status_code == 200
    edit_session(console, last_seen_at=now() - timedelta(hours=9))

    page = dana.get("/staff/", allow_redirects=True).text

    assert f"You were signed out after {shown} without a key or a click. What you typed" in page


def edit(console: Console, member: StaffMember, **values: Any) -> None:
    with console.edit() as session:
        session.execute(update(StaffMember).where(StaffMember.id == member.id).values(**values))


def edit_session(console: Console, **values: Any) -> None:
    with console.edit() as session:
        session.execute(update(StaffSession).values(**values))


def with_authenticator(console: Console, **options: Any) -> tuple[StaffMember, pyotp.TOTP, list[str]]:
    """A member with an authenticator, the authenticator itself, and the recovery codes."""
    member = console.add_member(**options)
    with console.edit() as session:
        stored = session.get_one(StaffMember, member.id)
        stored.totp_secret = new_totp_secret()
        codes = new_recovery_codes(stored)
        return stored, pyotp.TOTP(stored.totp_secret), codes


def half_way(console: Console, member: StaffMember, to: str = "/staff/sign-in") -> Browser:
    """A browser that sent the right password and now has to give the second factor."""
    browser = console.browser()
    answer = browser.sign_in(member, to=to)
    assert answer.headers["Location"].startswith("/staff/second-factor")
    return browser


def give_code(browser: Browser, code: str, to: str = "/staff/second-factor") -> requests.Response:
    browser.forget_token()
    token = csrf_token(browser.get(to))
    return browser.post(to, data={"code": code, "csrf_token": token})


def is_in(browser: Browser) -> bool:
    return browser.get("/staff/account").status_code == 200


def fail(console: Console, member: StaffMember, times: int) -> None:
    browser = console.browser()
    for _ in range(times):
        assert browser.sign_in(member, "wrong").status_code == 401


def audited(console: Console) -> list[tuple[int | None, str, dict[str, Any]]]:
    return [(entry.staff_id, entry.action, entry.detail) for entry in console.rows(AuditEntry)]


# ---- the password


def test_a_member_signs_in_and_out(console: Console) -> None:
    browser, member = console.browser(), console.add_member(name="Dana Reyes")
    assert not is_in(browser)

    answer = browser.sign_in(member)
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert "Dana Reyes" in browser.get("/staff/account").text

    left = browser.post("/staff/sign-out")
    assert (left.status_code, left.headers["Location"]) == (303, "/staff/sign-in")
    assert not is_in(browser)
    assert audited(console) == [(member.id, "signed_in", {"factor": "password"}), (member.id, "signed_out", {})]


@pytest.mark.parametrize("typed", ["DANA@Maple.example", "  dana@maple.example "])
def test_an_address_is_taken_however_it_is_typed(console: Console, typed: str) -> None:
    member = console.add_member(email="dana@maple.example")
    member.email = typed

    assert console.browser().sign_in(member).status_code == 303


def test_whoever_is_in_needs_no_form(console: Console) -> None:
    browser = console.sign_in()

    for page in ("/staff/sign-in", "/staff/second-factor"):
        assert browser.get(page).status_code == 302


def test_a_wrong_password_an_unknown_address_and_a_locked_or_disabled_account_are_answered_alike(
    console: Console,
) -> None:
    names = ("right", "locked", "disabled", "unknown")
    members = {name: console.add_member(email=f"{name}@maple.example") for name in names[:3]}
    with console.edit() as session:
        source = SignInSource.address("127.0.0.1").key
        session.add(SignInFailure(staff_id=members["locked"].id, source=source, locked_until=now() + SLOW_BETWEEN))
    edit(console, members["disabled"], disabled_at=now())
    members["unknown"] = StaffMember(email="unknown@maple.example")

    answers = [console.browser().sign_in(members[name], "wrong" if name == "right" else PASSWORD) for name in names]
    assert {answer.status_code for answer in answers} == {401}
    pages = {
        answer.text.replace(csrf_token(answer), "").replace(f"{name}@", "")
        for name, answer in zip(names, answers, strict=True)
    }
    assert len(pages) == 1
    assert REFUSED in pages.pop()


def test_what_is_typed_is_not_shown_again_but_for_the_address(console: Console) -> None:
    answer = console.browser().post("/staff/sign-in", data={"email": '"><b>x', "password": "swordfish"})

    assert "swordfish" not in answer.text
    assert "<b>" not in answer.text


def test_a_form_without_its_fields_is_refused(console: Console) -> None:
    assert console.browser().post("/staff/sign-in").status_code == 401


# ---- the lock-out


def from_(browser: Browser, address: str) -> Browser:
    """The browser in another network, as the proxy in front says."""
    browser.headers["X-Forwarded-For"] = address
    return browser


@pytest.fixture
def networks(settings: Settings, console_of: Callable[[Settings], Console]) -> Console:
    """A console behind a proxy, so that browsers can be in different networks."""
    return console_of(settings.model_copy(update={"trusted_proxies": 1}))


def leave(browser: Browser) -> None:
    """Signs out, so that the sign-in form is what the browser sees next."""
    browser.post("/staff/sign-out")
    browser.member = None


def guess(console: Console, member: StaffMember, address: str, times: int) -> list[int]:
    browser = from_(console.browser(), address)
    return [browser.sign_in(member, "wrong").status_code for _ in range(times)]


def test_the_fifth_failure_locks_even_for_the_right_password(console: Console) -> None:
    member = console.add_member()
    fail(console, member, LOCKS_AFTER - 1)
    assert console.browser().sign_in(member).status_code == 303

    fail(console, member, LOCKS_AFTER)
    refused = console.browser().sign_in(member)
    assert refused.status_code == 401
    assert REFUSED in refused.text


def test_a_stranger_locks_nobody_out_who_signs_in_from_elsewhere(networks: Console) -> None:
    member = networks.add_member()
    assert set(guess(networks, member, "203.0.113.7", LOCKS_AFTER + 2)) == {401}

    assert from_(networks.browser(), "203.0.113.7").sign_in(member).status_code == 401
    assert from_(networks.browser(), "198.51.100.4").sign_in(member).status_code == 303


def test_a_stranger_in_the_same_network_locks_nobody_out_of_a_browser_used_before(console: Console) -> None:
    member, browser = console.add_member(), console.browser()
    browser.sign_in(member)
    leave(browser)
    fail(console, member, LOCKS_AFTER + 1)

    assert console.browser().sign_in(member).status_code == 401
    assert browser.sign_in(member).status_code == 303


def test_guesses_from_a_known_browser_lock_that_browser(console: Console) -> None:
    member, browser = console.add_member(), console.browser()
    browser.sign_in(member)
    leave(browser)
    for _ in range(LOCKS_AFTER):
        assert browser.sign_in(member, "wrong").status_code == 401

    assert browser.sign_in(member).status_code == 401
    assert console.browser().sign_in(member).status_code == 303


def test_guesses_from_many_networks_slow_down_new_browsers_and_let_known_ones_in(networks: Console) -> None:
    member, known = networks.add_member(), from_(networks.browser(), "198.51.100.4")
    known.sign_in(member)
    leave(known)
    for number in range(SLOW_FROM):
        guess(networks, member, f"203.0.113.{number}", 1)

    assert from_(networks.browser(), "198.51.100.9").sign_in(member).status_code == 401
    assert known.sign_in(member).status_code == 303
    with networks.edit() as session:
        session.execute(update(SignInFailure).values(last_at=now() - SLOW_BETWEEN))
    assert from_(networks.browser(), "198.51.100.9").sign_in(member).status_code == 303


def test_whoever_is_locked_gets_in_with_the_password_and_a_code_together(console: Console) -> None:
    member, totp, _ = with_authenticator(console)
    fail(console, member, LOCKS_AFTER)
    form = {"email": member.email, "password": PASSWORD}
    assert console.browser().post("/staff/sign-in", data=form).status_code == 401

    browser = console.browser()
    page = browser.post("/staff/sign-in", data=form | {"password": "wrong", "code": totp.now()})
    assert (page.status_code, 'name="code"' in page.text) == (401, True)
    assert browser.post("/staff/sign-in", data=form | {"code": totp.now()}).status_code == 303
    assert is_in(browser)


def test_a_lock_does_not_tell_whether_the_password_is_right(console: Console) -> None:
    member, _, _ = with_authenticator(console)
    fail(console, member, LOCKS_AFTER)
    pages = set()
    for form in ({"password": PASSWORD}, {"password": "wrong"}, {"password": "wrong", "code": "000000"}):
        answer = console.browser().post("/staff/sign-in", data={"email": member.email} | form)
        pages.add((answer.status_code, answer.text.replace(csrf_token(answer), "")))

    assert len(pages) == 1


def test_codes_with_a_wrong_password_lock_no_codes(console: Console) -> None:
    """Otherwise, anyone could lock a colleague's codes, too."""
    member, totp, _ = with_authenticator(console)
    for _ in range(LOCKS_AFTER + 1):
        form = {"email": member.email, "password": "wrong", "code": "000000"}
        assert console.browser().post("/staff/sign-in", data=form).status_code == 401

    form = {"email": member.email, "password": PASSWORD, "code": totp.now()}
    assert console.browser().post("/staff/sign-in", data=form).status_code == 303


def test_a_lock_ends_by_itself_and_signing_in_forgets_the_failures(console: Console) -> None:
    member = console.add_member()
    fail(console, member, LOCKS_AFTER)
    with console.edit() as session:
        session.execute(update(SignInFailure).values(locked_until=now()))

    assert console.browser().sign_in(member).status_code == 303
    assert console.rows(SignInFailure) == []


def test_attempts_during_a_lock_do_not_lengthen_it(console: Console) -> None:
    member = console.add_member()
    fail(console, member, LOCKS_AFTER)
    [before] = console.rows(SignInFailure)
    fail(console, member, 3)

    [after] = console.rows(SignInFailure)
    assert (after.failures, after.locked_until) == (before.failures, before.locked_until)


def test_a_cookie_that_claims_a_known_device_is_worth_nothing_without_the_signature(console: Console) -> None:
    member, browser = console.add_member(), console.browser()
    fail(console, member, LOCKS_AFTER)
    for forged in (f'["aa",[{member.id}]]', "x.y.z"):
        browser.cookies.set(COOKIE, forged, path="/staff")
        assert browser.sign_in(member).status_code == 401


def test_one_members_failures_lock_nobody_else(console: Console) -> None:
    member, colleague = console.add_member(), console.add_member()
    fail(console, member, LOCKS_AFTER)

    assert console.browser().sign_in(colleague).status_code == 303


def test_attempts_that_come_at_once_are_all_counted(console: Console) -> None:
    member = console.add_member()
    browsers = [console.browser() for _ in range(10)]
    for browser in browsers:
        browser.token()
    with ThreadPoolExecutor(10) as threads:
        answers = list(
            threads.map(
                lambda browser: browser.post("/staff/sign-in", data={"email": member.email, "password": "wrong"}),
                browsers,
            )
        )

    assert {answer.status_code for answer in answers} == {401}
    [stored] = console.rows(SignInFailure)
    assert stored.failures == LOCKS_AFTER, "those after the lock are refused uncounted"


def test_one_address_tries_twenty_times_a_minute(console: Console) -> None:
    browser, member = console.browser(), console.add_member()
    statuses = [
        browser.post("/staff/sign-in", data={"email": f"guess{number}@maple.example"}).status_code
        for number in range(BY_ADDRESS)
    ]
    refused = browser.sign_in(member)

    assert set(statuses) == {401}
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert TOO_OFTEN in refused.text
    assert console.browser().get("/staff/sign-in").status_code == 200, "looking is free"


def test_whatever_a_stranger_may_post_is_limited_to_twenty_a_minute(console: Console) -> None:
    """Each takes a guess: at a password, a code, a link, or an address."""
    open_rules = [rule for rule in console.app.url_map.iter_rules() if rule.endpoint in OPEN]
    paths = [rule.rule for rule in open_rules if "POST" in (rule.methods or ())]
    assert len(paths) >= 7

    for path in paths:
        browser = console.browser()
        statuses = [browser.post(path).status_code for _ in range(BY_ADDRESS + 1)]
        assert statuses.index(429) == BY_ADDRESS, path


def test_one_address_gives_twenty_codes_a_minute(console: Console) -> None:
    member, _, _ = with_authenticator(console)
    browser = half_way(console, member)
    statuses = [give_code(browser, "000000").status_code for _ in range(BY_ADDRESS)]

    assert set(statuses) == {401}
    refused = give_code(browser, "000000")
    assert refused.status_code == 429
    assert TOO_OFTEN in refused.text


def test_without_redis_one_address_tries_five_times_a_minute(
    settings: Settings, console_of: Callable[[Settings], Console], tmp_path: Path
) -> None:
    server = EmbeddedRedis(tmp_path / "redis")
    server.start()
    console = console_of(settings.model_copy(update={"redis_url": server.url}))
    member, browser = console.add_member(), console.browser()
    server.stop()

    guesses = [browser.post("/staff/sign-in", data={"email": f"guess{number}@maple.example"}) for number in range(5)]

    assert [answer.status_code for answer in guesses] == [401] * 5
    assert browser.sign_in(member).status_code == 429


# ---- the second factor


def test_a_member_with_an_authenticator_needs_its_code(console: Console) -> None:
    member, totp, _ = with_authenticator(console)
    browser = half_way(console, member)
    assert not is_in(browser)

    answer = give_code(browser, totp.now())
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert is_in(browser)
    assert audited(console)[-1] == (member.id, "signed_in", {"factor": "authenticator"})


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 303), (0, 303), (1, 303), (2, 401)])
def test_a_clock_may_be_half_a_minute_off(
    console: Console, monkeypatch: pytest.MonkeyPatch, steps: int, status: int
) -> None:
    moment = now()
    monkeypatch.setattr("staff.auth.sign_in.now", lambda: moment)
    member, totp, _ = with_authenticator(console)
    browser = half_way(console, member)

    answer = give_code(browser, totp.at(moment + timedelta(seconds=30 * steps)))
    assert answer.status_code == status
    assert is_in(browser) == (status == 303)
    assert (CODE_REFUSED in answer.text) == (status == 401)


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "1234567", "１２３４５６", "'; --", "0" * 5000])
def test_what_is_no_code_is_refused(console: Console, code: str) -> None:
    member, _, _ = with_authenticator(console)

    assert give_code(half_way(console, member), code).status_code == 401


def test_a_code_is_good_once(console: Console) -> None:
    member, totp, _ = with_authenticator(console)
    code = totp.now()
    first, second = half_way(console, member), half_way(console, member)

    assert give_code(first, code).status_code == 303
    assert give_code(second, code).status_code == 401


@pytest.mark.parametrize("spelling", [str, str.upper, lambda code: code.replace("-", " "), lambda code: f" {code}"])
def test_a_recovery_code_replaces_the_authenticator_once(console: Console, spelling: Callable[[str], str]) -> None:
    member, _, codes = with_authenticator(console)
    first, second = half_way(console, member), half_way(console, member)

    assert give_code(first, spelling(codes[3])).status_code == 303
    assert give_code(second, codes[3]).status_code == 401
    assert audited(console)[-2] == (member.id, "signed_in", {"factor": "recovery_code"})
    [stored] = console.rows(StaffMember)
    assert len(stored.recovery_codes) == len(codes) - 1
    assert not set(codes) & set(stored.recovery_codes), "kept in the clear"


def test_a_code_that_is_given_twice_at_once_lets_one_in(console: Console) -> None:
    member, _, codes = with_authenticator(console)
    browsers = [half_way(console, member) for _ in range(5)]
    tokens = [csrf_token(browser.get("/staff/second-factor")) for browser in browsers]
    with ThreadPoolExecutor(5) as threads:
        answers = list(
            threads.map(
                lambda browser, token: browser.post(
                    "/staff/second-factor", data={"code": codes[0]}, headers={"X-CSRFToken": token}
                ),
                browsers,
                tokens,
            )
        )

    assert sorted(answer.status_code for answer in answers) == [303, 401, 401, 401, 401]


def test_wrong_codes_lock_the_account_as_wrong_passwords_do(console: Console) -> None:
    member, totp, codes = with_authenticator(console)
    browser = half_way(console, member)
    for _ in range(LOCKS_AFTER):
        give_code(browser, "000000")

    assert give_code(browser, totp.now()).status_code == 401
    assert give_code(browser, codes[0]).status_code == 401
    assert len(console.rows(StaffMember)[0].recovery_codes) == len(codes), "used up for nothing"


def test_the_right_password_does_not_begin_the_count_of_codes_anew(console: Console) -> None:
    member, totp, _ = with_authenticator(console)
    for _ in range(LOCKS_AFTER):
        give_code(half_way(console, member), "000000")

    browser = console.browser()
    assert browser.sign_in(member).status_code == 401
    edit(console, member, locked_until=None)
    assert give_code(half_way(console, member), totp.now()).status_code == 303


@pytest.mark.parametrize("to", ["/staff/account", "/staff/sign-out"])
def test_half_way_in_is_not_in(console: Console, to: str) -> None:
    member, _, _ = with_authenticator(console)
    browser = half_way(console, member)

    token = csrf_token(browser.get("/staff/second-factor"))
    answer = browser.post(to, headers={"X-CSRFToken": token}) if to.endswith("out") else browser.get(to)
    assert answer.headers["Location"].startswith("/staff/sign-in")


def test_without_the_password_no_code_is_asked_for(console: Console) -> None:
    answer = console.browser().get("/staff/second-factor")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff/sign-in")


def test_half_way_lasts_five_minutes(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    member, _, _ = with_authenticator(console)
    browser = half_way(console, member)
    assert browser.get("/staff/second-factor").status_code == 200

    monkeypatch.setattr("staff.auth.sign_in.now", lambda: now() + timedelta(minutes=5))
    assert browser.get("/staff/second-factor").status_code == 302


def test_a_member_who_is_disabled_half_way_stays_out(console: Console) -> None:
    member, totp, _ = with_authenticator(console)
    browser = half_way(console, member)
    edit(console, member, disabled_at=now())

    assert give_code(browser, totp.now()).status_code == 401


# ---- where it leads


@pytest.mark.parametrize("page", ["/staff/account", "/staff/account?part=password", "/staff/account/authenticator"])
@pytest.mark.parametrize("second_factor", [False, True], ids=["password", "authenticator"])
def test_one_gets_to_the_page_that_one_came_for(console: Console, page: str, second_factor: bool) -> None:
    browser = console.browser()
    form = browser.get(page).headers["Location"]
    assert form.startswith("/staff/sign-in?next=")

    if second_factor:
        member, totp, _ = with_authenticator(console)
        step = browser.sign_in(member, to=form).headers["Location"]
        answer = give_code(browser, totp.now(), to=step)
    else:
        answer = browser.sign_in(console.add_member(), to=form)
    assert answer.headers["Location"] == page


WAITS = "An urgent message waits. Sign in to see it."


@pytest.mark.parametrize("second_factor", [False, True], ids=["password", "authenticator"])
def test_whoever_comes_by_an_alarms_link_reads_that_it_waits_and_what_to_do_without_a_way_in(
    console: Console, second_factor: bool
) -> None:
    browser = console.browser()
    form = browser.get("/staff/escalations/7").headers["Location"]
    if second_factor:
        member, _, _ = with_authenticator(console)
        form = browser.sign_in(member, to=form).headers["Location"]
    page = browser.get(form).text

    assert WAITS in page
    assert "Call a colleague or your manager now" in page
    assert "Maple" not in page
    assert WAITS not in console.browser().get("/staff/sign-in?next=/staff/account").text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/staff/",
        "//evil.example/staff/account",
        "/\\evil.example/staff/",
        "\\\\evil.example",
        "https:/staff/account",
        "javascript:alert(1)",
        "/staff/\\evil.example",
        "/staff//evil.example",
        "/staff/nowhere",
        "/staff/sign-out",
        "/staff/../healthz",
        "/healthz",
        "/staffing",
        "/staff/account?a=\r\nSet-Cookie: a=b",
        "",
    ],
)
def test_one_gets_nowhere_but_to_the_consoles_own_pages(console: Console, elsewhere: str) -> None:
    browser = console.browser()
    answer = browser.post(
        "/staff/sign-in",
        params={"next": elsewhere},
        data={"email": console.add_member().email, "password": PASSWORD},
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)


# ---- sessions


def cookie_of(browser: Browser) -> str | None:
    return browser.cookies.get("intake_staff", path="/staff")


def test_a_session_that_was_planted_before_is_worth_nothing_after(console: Console) -> None:
    """Session fixation: what an attacker knew about the browser before the sign-in does not let them in."""
    victim, attacker = console.browser(), console.browser()
    victim.token()
    planted = cookie_of(victim)
    victim.sign_in(console.add_member())

    assert planted is not None
    assert cookie_of(victim) != planted
    attacker.cookies.set("intake_staff", planted, path="/staff")
    assert not is_in(attacker)


def test_signing_in_changes_the_token_that_forms_carry(console: Console) -> None:
    browser = console.browser()
    before = csrf_token(browser.get("/staff/sign-in"))
    browser.sign_in(console.add_member())

    assert browser.post("/staff/sign-out", headers={"X-CSRFToken": before}).status_code == 400
    assert is_in(browser)


def test_each_sign_in_is_a_session_of_its_own(console: Console) -> None:
    member = console.add_member()
    first, second = console.browser(), console.browser()
    first.sign_in(member)
    second.sign_in(member)
    first.post("/staff/sign-out")

    assert (is_in(first), is_in(second)) == (False, True)
    assert len({row.token_hash for row in console.rows(StaffSession)}) == 2


def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(console: Console) -> None:
    browser, thief = console.sign_in(), console.browser()
    thief.cookies.update(browser.cookies)
    assert is_in(thief)

    browser.post("/staff/sign-out")
    assert not is_in(thief)


def test_the_database_does_not_hold_what_the_cookie_holds(console: Console) -> None:
    browser = console.sign_in()

    serializer = SecureCookieSessionInterface().get_signing_serializer(console.app)
    assert serializer is not None
    token = serializer.loads(cookie_of(browser) or "")["_user_id"]

    [stored] = console.rows(StaffSession)
    assert len(token) >= 43
    assert token not in (stored.token_hash, stored.browser)


@pytest.mark.parametrize(
    ("moment", "ago", "stays"),
    [
        ("last_seen_at", IDLE_ENDS - timedelta(minutes=5), True),
        ("last_seen_at", IDLE_ENDS, False),
        ("created_at", SESSION_ENDS - timedelta(minutes=5), True),
        ("created_at", SESSION_ENDS, False),
        ("revoked_at", timedelta(0), False),
    ],
    ids=["idle", "idle for too long", "old", "too old", "revoked"],
)
def test_a_session_ends(console: Console, moment: str, ago: timedelta, stays: bool) -> None:
    browser = console.sign_in()
    edit_session(console, **{moment: now() - ago})

    assert is_in(browser) == stays


def test_a_session_that_is_used_does_not_become_idle(console: Console) -> None:
    browser = console.sign_in()
    for _ in range(3):
        edit_session(console, last_seen_at=now() - IDLE_ENDS + timedelta(minutes=5))
        assert is_in(browser)


@pytest.mark.parametrize("headers", [{"X-Requested-With": "live"}, {"Accept": "text/event-stream"}], ids=str)
def test_a_page_that_is_left_open_keeps_no_session_alive(console: Console, headers: dict[str, str]) -> None:
    browser = console.sign_in()
    seen = now() - IDLE_ENDS + timedelta(minutes=5)
    edit_session(console, last_seen_at=seen)

    with browser.get("/staff/events" if "Accept" in headers else "/staff/", headers=headers, stream=True) as answer:
        assert answer.status_code == 200

    assert [session.last_seen_at for session in console.rows(StaffSession)] == [seen]


@pytest.mark.parametrize("how", ["disabled", "revoked", "deleted"])
def test_whoever_is_put_out_is_out_at_once(console: Console, how: str) -> None:
    browser = console.sign_in()
    assert browser.member is not None
    with console.edit() as session:
        if how == "disabled":
            session.get_one(StaffMember, browser.member.id).disabled_at = now()
        elif how == "revoked":
            revoke_sessions(session, browser.member.id)
        else:
            session.delete(session.scalars(select(StaffSession)).one())

    assert not is_in(browser)


def test_a_cookie_of_ones_own_making_is_worth_nothing(console: Console) -> None:
    browser = console.browser()
    for forged in ("x", "eyJfdXNlcl9pZCI6IjEifQ.aaaa.bbbb"):
        browser.cookies.set("intake_staff", forged, path="/staff")
        assert not is_in(browser)


def test_sessions_that_ended_long_ago_are_forgotten(console: Console) -> None:
    browser = console.sign_in()
    assert browser.member is not None
    edit_session(console, created_at=now() - SESSION_ENDS - timedelta(minutes=1))
    console.browser().sign_in(browser.member)

    assert len(console.rows(StaffSession)) == 1


# ---- cookies and pages


@pytest.mark.parametrize(
    ("public_url", "is_secure"), [("https://intake.example.com", True), ("http://127.0.0.1:8000", False)]
)
def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_connections(
    settings: Settings, console_of: Callable[[Settings], Console], public_url: str, is_secure: bool
) -> None:
    console = console_of(settings.model_copy(update={"public_url": public_url}))
    answer = console.browser().sign_in(console.add_member())

    cookies = SimpleCookie(
        ", ".join(part for part in answer.raw.headers.getlist("Set-Cookie") if "intake_staff" in part)
    )
    device = SimpleCookie(", ".join(part for part in answer.raw.headers.getlist("Set-Cookie") if COOKIE in part))[
        COOKIE
    ]
    cookie = cookies["intake_staff"]
    assert (device["httponly"], device["samesite"], device["path"]) == (True, "Lax", "/staff")
    assert bool(device["secure"]) == is_secure
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/staff")
    assert bool(cookie["secure"]) == is_secure
    assert not cookie["expires"], "it goes with the browser"
    assert not cookie["domain"]


def test_pages_are_kept_nowhere_and_framed_nowhere(console: Console) -> None:
    for page in (console.browser().get("/staff/sign-in"), console.sign_in().get("/staff/account")):
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "style=" not in page.text


def test_one_browser_may_not_sign_another_in(console: Console) -> None:
    """The form needs its own session's token, so no other site can sign a browser in."""
    answer = requests.post(
        f"{console.url}/staff/sign-in",
        data={"email": console.add_member().email, "password": PASSWORD},
        timeout=30,
        allow_redirects=False,
    )

    assert answer.status_code == 400
