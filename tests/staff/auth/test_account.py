"""A member's own account: the password, the authenticator, and the browsers that are signed in."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote

import pyotp
import pytest
import requests
import segno

from inbox.accounts.passwords import check_password
from inbox.models import AuditEntry, Role, StaffMember, StaffSession
from staff.auth.account import DIFFERENT, WRONG_CODE
from staff.auth.browsers import describe_browser
from staff.auth.reauthentication import WRONG_CURRENT_CODE, WRONG_PASSWORD
from tests.staff.conftest import PASSWORD, Browser, Console

NEW = "another battery, another horse"


def account_of(console: Console, browser: Browser) -> StaffMember:
    assert browser.member is not None
    with console.database.read() as session:
        return session.get_one(StaffMember, browser.member.id)


def actions(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry) if entry.action not in ("signed_in", "sign_in_failed")]


def second_browser(console: Console, browser: Browser) -> Browser:
    """Another browser in which the same member is signed in."""
    second = console.browser()
    assert browser.member is not None
    assert second.sign_in(browser.member).status_code == 303
    return second


def is_in(browser: Browser) -> bool:
    return browser.get("/staff/account").status_code == 200


def change_password(browser: Browser, **changes: str) -> requests.Response:
    form = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    return browser.post("/staff/account/password", data=form | changes)


def new_secret(browser: Browser) -> str:
    """The key that the setup page shows."""
    [shown] = re.findall(r"<code>([A-Z2-7 ]+)</code>", browser.get("/staff/account/authenticator").text)
    return str(shown).replace(" ", "")


def turn_on(browser: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Turns on the authenticator and returns it with the recovery codes."""
    totp = pyotp.TOTP(new_secret(browser))
    page = browser.post("/staff/account/authenticator", data={"password": PASSWORD, "code": totp.now()})
    assert page.status_code == 200
    return totp, re.findall(r"<li><code>([a-z2-7-]+)</code></li>", page.text)


# ---- the page


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_their_own_account(console: Console, role: Role) -> None:
    browser = console.sign_in(role, ["demo", "other"], name="Dana <Reyes>")
    page = browser.get("/staff/account").text

    assert "Dana &lt;Reyes&gt;" in page
    assert account_of(console, browser).email in page
    assert role.capitalize() in page
    assert "Maple Street, Harbor Dental" in page


def test_a_member_whose_practice_left_the_practices_file_still_has_an_account(console: Console) -> None:
    assert is_in(console.sign_in(practices=["closed"]))


# ---- the password


def test_a_new_password_replaces_the_old_one_and_signs_out_everywhere_else(console: Console) -> None:
    browser, bystander = console.sign_in(), console.sign_in()
    second = second_browser(console, browser)
    answer = change_password(browser)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account")
    assert "Password changed." in browser.get("/staff/account").text
    assert "Password changed." not in browser.get("/staff/account").text
    assert (is_in(browser), is_in(second), is_in(bystander)) == (True, False, True)
    account = account_of(console, browser)
    assert (check_password(account, NEW), check_password(account, PASSWORD)) == (True, False)
    assert actions(console) == ["password_changed"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"current_password": "wrong"}, WRONG_PASSWORD),
        ({"new_password_again": "something else"}, DIFFERENT),
        ({"new_password": "short", "new_password_again": "short"}, "must be 12 to 200 characters long"),
        ({"new_password": "x" * 201, "new_password_again": "x" * 201}, "must be 12 to 200 characters long"),
        ({"new_password": "", "new_password_again": ""}, "must be 12 to 200 characters long"),
    ],
    ids=["current", "repetition", "short", "long", "empty"],
)
def test_a_password_that_cannot_be_changed_is_explained_and_stays(
    console: Console, changes: dict[str, str], problem: str
) -> None:
    browser = console.sign_in()
    second = second_browser(console, browser)
    answer = change_password(browser, **changes)

    assert answer.status_code == 400
    assert problem in answer.text
    assert not any(value in answer.text for value in (NEW, PASSWORD, "something else"))
    assert check_password(account_of(console, browser), PASSWORD)
    assert is_in(second)
    assert actions(console) == []


@pytest.mark.parametrize("weak", ["aaaaaaaaaaaa", "dana reyes 1990"])
def test_a_weak_password_is_refused_with_the_reason(console: Console, weak: str) -> None:
    answer = change_password(console.sign_in(name="Dana Reyes"), new_password=weak, new_password_again=weak)

    assert answer.status_code == 400
    assert "This password is easy to guess" in answer.text
    assert "use three or four random words instead" in answer.text


@pytest.mark.parametrize("path", ["password", "authenticator/off", "recovery-codes", "authenticator"])
def test_wrong_passwords_lock_this_session_out_of_changes_and_nobody_out_of_signing_in(
    console: Console, path: str
) -> None:
    browser = console.sign_in()
    code = {}
    if path == "authenticator":
        code["code"] = pyotp.TOTP(new_secret(browser)).now()
    else:
        turn_on(browser)
    fields = {"current_password": "wrong", "password": "wrong"} | code
    for _ in range(5):
        assert browser.post(f"/staff/account/{path}", data=fields).status_code == 400

    right = {"current_password": PASSWORD, "password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    refused = browser.post(f"/staff/account/{path}", data=right | code)
    assert refused.status_code == 400
    assert WRONG_PASSWORD in refused.text
    assert is_in(browser), "whoever sits at it may be the one who is meant to"
    assert browser.member is not None
    assert console.browser().sign_in(browser.member).status_code in (302, 303)


# ---- the authenticator


def test_an_authenticator_is_turned_on_with_a_code_of_it(console: Console) -> None:
    browser = console.sign_in()
    totp, codes = turn_on(browser)

    account = account_of(console, browser)
    assert account.totp_secret == totp.secret
    assert len(set(codes)) == 10
    assert actions(console) == ["authenticator_turned_on"]
    page = browser.get("/staff/account").text
    assert "You have 10 recovery codes left" in page
    assert not any(code in page for code in codes), "shown once"


def test_the_key_is_shown_as_a_qr_code_that_an_app_reads(console: Console) -> None:
    browser = console.sign_in()
    page = browser.get("/staff/account/authenticator").text
    [image] = re.findall(r'<img class="code" src="(data:image/svg\+xml[^"]+)"', page)

    drawn = unquote(image.partition(",")[2])
    assert drawn.startswith("<svg")
    assert "<script" not in drawn
    address = pyotp.TOTP(new_secret(browser)).provisioning_uri(
        name=account_of(console, browser).email, issuer_name="Intake"
    )
    [dots] = re.findall(r' d="([^"]+)"', segno.make(address, error="m").svg_inline(scale=5, border=4))
    assert dots in drawn.replace("'", '"')


def test_the_key_stays_the_same_until_it_is_confirmed(console: Console) -> None:
    browser = console.sign_in()
    first = new_secret(browser)
    wrong = browser.post("/staff/account/authenticator", data={"password": PASSWORD, "code": "000000"})

    assert wrong.status_code == 400
    assert WRONG_CODE in wrong.text
    assert new_secret(browser) == first
    assert account_of(console, browser).totp_secret is None
    assert account_of(console, browser).recovery_codes == []


@pytest.mark.parametrize("code", ["", "12345", "abcdef"])
def test_what_is_no_code_turns_nothing_on(console: Console, code: str) -> None:
    browser = console.sign_in()
    new_secret(browser)

    assert browser.post("/staff/account/authenticator", data={"password": PASSWORD, "code": code}).status_code == 400
    assert account_of(console, browser).totp_secret is None


def test_a_code_may_be_typed_as_apps_show_it(console: Console) -> None:
    browser = console.sign_in()
    code = pyotp.TOTP(new_secret(browser)).now()

    spaced = browser.post("/staff/account/authenticator", data={"password": PASSWORD, "code": f"{code[:3]} {code[3:]}"})
    assert spaced.status_code == 200


def test_nothing_is_turned_on_without_a_key(console: Console) -> None:
    answer = console.sign_in().post("/staff/account/authenticator", data={"password": PASSWORD, "code": "123456"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account/authenticator")


def test_one_authenticator_does_not_replace_another(console: Console) -> None:
    """Otherwise, anyone at an unattended browser could set up their own."""
    browser = console.sign_in()
    second = second_browser(console, browser)
    late = pyotp.TOTP(new_secret(second))
    totp, _ = turn_on(browser)

    assert browser.get("/staff/account/authenticator").status_code == 302
    assert (
        second.post("/staff/account/authenticator", data={"password": PASSWORD, "code": late.now()}).status_code == 303
    )
    assert account_of(console, browser).totp_secret == totp.secret


def test_the_code_that_turned_it_on_does_not_sign_in(console: Console) -> None:
    browser, second = console.sign_in(), console.browser()
    assert browser.member is not None
    totp = pyotp.TOTP(new_secret(browser))
    code = totp.now()
    browser.post("/staff/account/authenticator", data={"password": PASSWORD, "code": code})

    second.sign_in(browser.member)
    assert second.post("/staff/second-factor", data={"code": code}, headers=_token(second)).status_code == 401
    with console.edit() as session:
        session.get_one(StaffMember, browser.member.id).totp_last_step = None
    assert second.post("/staff/second-factor", data={"code": totp.now()}, headers=_token(second)).status_code == 303


def _token(browser: Browser) -> dict[str, str]:
    [found] = re.findall(r'name="csrf-token" content="([^"]+)"', browser.get("/staff/second-factor").text)
    return {"X-CSRFToken": found}


def test_turning_it_on_takes_the_password(console: Console) -> None:
    """Otherwise, anyone at an unattended browser could set up their own, and keep the owner out."""
    browser = console.sign_in()
    code = pyotp.TOTP(new_secret(browser)).now()
    for form in ({"code": code}, {"code": code, "password": "wrong"}):
        refused = browser.post("/staff/account/authenticator", data=form)
        assert refused.status_code == 400
        assert WRONG_PASSWORD in refused.text

    assert account_of(console, browser).totp_secret is None


def test_turning_it_off_takes_the_password_and_a_current_code(console: Console) -> None:
    browser = console.sign_in()
    totp, codes = turn_on(browser)
    spent = totp.now()
    for form, problem in (
        ({"password": "wrong", "code": codes[0]}, WRONG_PASSWORD),
        ({"password": PASSWORD}, WRONG_CURRENT_CODE),
        ({"password": PASSWORD, "code": spent}, WRONG_CURRENT_CODE),
    ):
        refused = browser.post("/staff/account/authenticator/off", data=form)
        assert refused.status_code == 400
        assert problem in refused.text
    assert account_of(console, browser).totp_secret
    assert len(account_of(console, browser).recovery_codes) == 10, "used up for nothing"

    off = {"password": PASSWORD, "code": codes[0]}
    assert browser.post("/staff/account/authenticator/off", data=off).status_code == 303
    account = account_of(console, browser)
    assert (account.totp_secret, account.totp_last_step, account.recovery_codes) == (None, None, [])
    assert is_in(second_browser(console, browser))
    assert actions(console) == ["authenticator_turned_on", "authenticator_turned_off"]


def test_new_recovery_codes_take_the_password_and_a_code_and_make_the_old_ones_void(console: Console) -> None:
    browser = console.sign_in()
    _, old = turn_on(browser)
    stored = account_of(console, browser).recovery_codes
    assert browser.post("/staff/account/recovery-codes", data={"password": "wrong"}).status_code == 400
    assert browser.post("/staff/account/recovery-codes", data={"password": PASSWORD}).status_code == 400
    assert account_of(console, browser).recovery_codes == stored

    page = browser.post("/staff/account/recovery-codes", data={"password": PASSWORD, "code": old[0]})
    new = re.findall(r"<li><code>([a-z2-7-]+)</code></li>", page.text)
    assert len(set(new) - set(old)) == 10
    assert not set(account_of(console, browser).recovery_codes) & set(stored)
    assert actions(console)[-1] == "recovery_codes_renewed"


def test_without_an_authenticator_there_are_no_recovery_codes(console: Console) -> None:
    browser = console.sign_in()

    assert browser.post("/staff/account/recovery-codes", data={"password": PASSWORD}).status_code == 303
    assert account_of(console, browser).recovery_codes == []


def test_the_key_is_encrypted_in_the_database(console: Console) -> None:
    totp, _ = turn_on(console.sign_in())
    with console.database.read() as session:
        raw = bytes(session.connection().exec_driver_sql("SELECT totp_secret FROM staff_members").scalar_one())

    assert totp.secret.encode() not in raw
    assert totp.secret.encode() not in base64.urlsafe_b64decode(raw)


# ---- where one is signed in


def session_ids(page: str) -> list[int]:
    return [int(found) for found in re.findall(r"/staff/account/sessions/(\d+)/end", page)]


def test_browsers_are_listed_and_each_can_be_signed_out(console: Console) -> None:
    browser = console.sign_in()
    others = [second_browser(console, browser) for _ in range(2)]
    ids = session_ids(browser.get("/staff/account").text)
    assert len(ids) == 2, "this browser signs out with the button at the top"

    answer = browser.post(f"/staff/account/sessions/{min(ids)}/end")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account")
    assert [is_in(client) for client in (browser, *others)] == [True, False, True]
    assert session_ids(browser.get("/staff/account").text) == [max(ids)]
    assert actions(console) == ["session_ended"]


def test_every_other_browser_can_be_signed_out_at_once(console: Console) -> None:
    browser, bystander = console.sign_in(), console.sign_in()
    others = [second_browser(console, browser) for _ in range(2)]
    browser.post("/staff/account/sessions/end-others")

    assert [is_in(client) for client in (browser, bystander, *others)] == [True, True, False, False]
    assert session_ids(browser.get("/staff/account").text) == []


def test_one_can_sign_out_everywhere_at_once(console: Console) -> None:
    browser, bystander = console.sign_in(), console.sign_in()
    other = second_browser(console, browser)
    answer = browser.post("/staff/account/sessions/end-all")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/sign-in")
    assert [is_in(client) for client in (browser, other, bystander)] == [False, False, True]
    assert actions(console) == ["all_sessions_ended"]


def test_a_session_that_ended_or_is_anothers_is_none_of_ones_own(console: Console) -> None:
    browser, colleague = console.sign_in(), console.sign_in()
    ended = second_browser(console, browser)
    rows = console.rows(StaffSession)
    ended.post("/staff/sign-out")

    for row in (rows[1], rows[2]):
        assert browser.post(f"/staff/account/sessions/{row.id}/end").status_code == 404
    assert is_in(colleague)
    assert session_ids(browser.get("/staff/account").text) == []


def test_a_browser_is_named_with_what_it_says_of_itself(console: Console) -> None:
    member = console.add_member()
    browser, second = console.browser(), console.browser()
    second.headers["User-Agent"] = "Mozilla/5.0 <script> (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    second.sign_in(member)
    browser.sign_in(member)

    page = browser.get("/staff/account").text
    assert "Firefox on Linux" in page
    assert "this browser" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1",
            "Safari on Mac",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("python-requests/2.32", "A browser"),
        ("", "A browser"),
    ],
)
def test_user_agents_are_summed_up(agent: str, name: str) -> None:
    assert describe_browser(agent) == name
