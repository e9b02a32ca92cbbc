"""Single sign-on with a real OpenID provider on loopback."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pyotp
import pytest
import requests

from inbox.accounts.members import PROOF_LASTS
from inbox.accounts.passwords import NO_PASSWORD
from inbox.accounts.staff_links import add_link
from inbox.models import AuditEntry, LinkPurpose, Passkey, Role, StaffLink, StaffMember, StaffSession, now
from intake.settings import Settings
from staff.auth.account import WRONG_CODE
from staff.auth.oidc import CONFIRMED, FAILED, NOT_CONFIRMED, UNREACHABLE
from staff.auth.reauthentication import UNCONFIRMED
from tests.staff.conftest import PASSWORD, Browser, Console
from web.services import attach, services_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider, which runs in a thread

RULES = "nurses=staff:demo,it=admin:demo+other,elsewhere=admin:closed"


@pytest.fixture
def provider() -> Iterator[str]:
    """The provider's address; it lets anyone say who they are, and tells the claims that were put in."""
    from oidc_provider_mock import run_server_in_thread  # here, as it warns of what it imports

    with run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console], provider: str) -> Console:
    """A console whose members sign in with the provider."""
    changes = {
        "oidc_issuer": provider,
        "oidc_client_id": "intake",
        "oidc_client_secret": "a secret of the client",
        "oidc_rights": RULES,
    }
    console = console_of(settings)
    services = services_of(console.app)
    attach(console.app, replace(services, settings=settings.model_copy(update=changes | {"public_url": console.url})))
    return console


def know(provider: str, subject: str, **claims: Any) -> None:
    """Have the provider know a person."""
    defaults = {"email": f"{subject}@maple.example", "email_verified": True, "name": "Dana Reyes", "groups": ["nurses"]}
    requests.put(f"{provider}/users/{subject}", json=defaults | claims, timeout=30).raise_for_status()


def authorize(address: str, subject: str = "dana") -> str:
    """Sign in at the provider, and return where it sends the browser."""
    answer = requests.post(address, data={"sub": subject}, timeout=30, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sign_on(browser: Browser, subject: str = "dana", to: str = "/staff/oidc") -> requests.Response:
    """Sign in with the provider, and return the console's answer."""
    return browser.get(authorize(browser.get(to).headers["Location"], subject))


def refusal(browser: Browser, answer: requests.Response) -> str:
    assert answer.headers["Location"] == "/staff/sign-in"
    [shown] = re.findall(r'<p class="done" role="status">(.*?)</p>', browser.get("/staff/sign-in").text)
    return str(shown)


def member_of(console: Console, email: str = "dana@maple.example") -> StaffMember:
    return next(member for member in console.rows(StaffMember) if member.email == email)


def rights(member: StaffMember) -> tuple[str, list[str]]:
    return member.role, sorted(row.practice for row in member.practices)


def test_a_member_signs_on_with_exactly_the_rights_that_the_claim_maps_to(console: Console, provider: str) -> None:
    know(provider, "dana")
    browser = console.browser()
    answer = sign_on(browser, to="/staff/oidc?next=/staff/account")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/account")
    assert "Dana Reyes" in browser.get("/staff/account").text
    assert rights(member_of(console)) == (Role.STAFF, ["demo"])
    assert browser.get("/staff/accounts").status_code == 403
    assert [entry.action for entry in console.rows(AuditEntry)] == ["account_created", "signed_in"]
    assert console.browser().sign_in(member_of(console), "").status_code == 401, "it has no password"


def test_rights_follow_the_claim_up_and_down_and_end_the_earlier_sessions(console: Console, provider: str) -> None:
    know(provider, "dana", groups=["it", "nurses"])
    first = console.browser()
    sign_on(first)
    assert rights(member_of(console)) == (Role.ADMIN, ["demo", "other"])

    know(provider, "dana", groups=["nurses"])
    second = console.browser()
    sign_on(second)
    assert rights(member_of(console)) == (Role.STAFF, ["demo"])
    assert first.get("/staff/account").status_code == 302
    assert second.get("/staff/account").status_code == 200


def test_who_has_lost_all_rights_is_signed_out_everywhere_by_the_sign_on_that_tells(
    console: Console, provider: str
) -> None:
    know(provider, "dana")
    first, second = console.browser(), console.browser()
    sign_on(first)

    know(provider, "dana", groups=[])
    assert "gives you no access" in refusal(second, sign_on(second))
    assert first.get("/staff/account").status_code == 302


@pytest.mark.parametrize("groups", [[], ["visitors"], "nurse", ["elsewhere"], None])
def test_whom_no_rule_admits_gets_no_account(console: Console, provider: str, groups: object) -> None:
    know(provider, "dana", groups=groups)
    browser = console.browser()

    assert "gives you no access" in refusal(browser, sign_on(browser))
    assert console.rows(StaffMember) == []
    assert [(entry.action, entry.detail["reason"]) for entry in console.rows(AuditEntry)] == [
        ("sign_in_failed", "oidc")
    ]


def test_an_account_is_found_by_its_verified_address_and_from_then_on_by_its_subject(
    console: Console, provider: str
) -> None:
    known = console.add_member(Role.ADMIN, ["demo"], email="dana@maple.example")
    know(provider, "dana")
    sign_on(console.browser())
    assert rights(member_of(console)) == (Role.STAFF, ["demo"]), "no more than the rules give"

    know(provider, "dana", email="dana.married@maple.example")
    sign_on(console.browser())
    assert [member.id for member in console.rows(StaffMember)] == [known.id]


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_opens_no_account(console: Console, provider: str, verified: object) -> None:
    console.add_member(email="dana@maple.example")
    know(provider, "dana", email_verified=verified)
    browser = console.browser()

    assert "has not verified" in refusal(browser, sign_on(browser))
    assert member_of(console).oidc_subject is None


def test_an_address_that_belongs_to_another_subject_opens_no_account(console: Console, provider: str) -> None:
    know(provider, "dana")
    sign_on(console.browser())
    know(provider, "impostor", email="dana@maple.example", groups=["it"])
    browser = console.browser()

    assert "belongs to another account" in refusal(browser, sign_on(browser, "impostor"))
    assert rights(member_of(console)) == (Role.STAFF, ["demo"])


def test_a_disabled_account_stays_out(console: Console, provider: str) -> None:
    know(provider, "dana")
    sign_on(console.browser())
    with console.edit() as session:
        session.get_one(StaffMember, member_of(console).id).disabled_at = now()
    browser = console.browser()

    assert "disabled" in refusal(browser, sign_on(browser))


def test_the_request_carries_state_nonce_and_a_code_challenge_that_are_new_each_time(console: Console) -> None:
    sent = [parse_qs(urlsplit(console.browser().get("/staff/oidc").headers["Location"]).query) for _ in range(2)]

    for query in sent:
        assert query["code_challenge_method"] == ["S256"]
        assert query["redirect_uri"] == [f"{console.url}/staff/oidc/return"]
    for name in ("state", "nonce", "code_challenge"):
        assert sent[0][name] != sent[1][name]


def test_an_answer_to_another_browsers_request_signs_nobody_in(console: Console, provider: str) -> None:
    know(provider, "dana")
    attacker, victim = console.browser(), console.browser()
    answer = authorize(attacker.get("/staff/oidc").headers["Location"])
    victim.get("/staff/oidc")

    assert refusal(victim, victim.get(answer)) == FAILED
    assert victim.get("/staff/account").status_code == 302


@pytest.mark.parametrize("change", [{"state": "other"}, {"code": "other"}, {"state": ""}, {"error": "access_denied"}])
def test_an_answer_that_was_changed_signs_nobody_in(console: Console, provider: str, change: dict[str, str]) -> None:
    know(provider, "dana")
    browser = console.browser()
    answer = urlsplit(authorize(browser.get("/staff/oidc").headers["Location"]))
    query = {name: values[0] for name, values in parse_qs(answer.query).items()} | change

    assert refusal(browser, browser.get(f"/staff/oidc/return?{urlencode(query)}")) == FAILED
    assert browser.get("/staff/account").status_code == 302


def test_an_answer_is_good_once(console: Console, provider: str) -> None:
    know(provider, "dana")
    browser = console.browser()
    answer = authorize(browser.get("/staff/oidc").headers["Location"])
    assert browser.get(answer).status_code == 303
    browser.member = member_of(console)
    browser.post("/staff/sign-out")

    assert refusal(browser, browser.get(answer)) == FAILED


def test_an_id_token_for_another_nonce_is_refused(console: Console, provider: str) -> None:
    know(provider, "dana")
    browser = console.browser()
    address = browser.get("/staff/oidc").headers["Location"]
    changed = re.sub(r"nonce=[^&]+", "nonce=planted", address)

    assert refusal(browser, browser.get(authorize(changed))) == FAILED


# ---- confirming a change to the account


def confirm(browser: Browser, provider: str, subject: str = "dana", **claims: Any) -> str:
    """Sign in anew at the provider, and return what the account page then says."""
    asked = browser.get("/staff/oidc/confirm").headers["Location"]
    query = parse_qs(urlsplit(asked).query)
    assert (query["prompt"], query["max_age"]) == (["login"], ["0"])
    know(provider, subject, **({"auth_time": int(time.time())} | claims))
    answer = browser.get(authorize(asked, subject))
    assert answer.headers["Location"] == "/staff/account"
    [shown] = re.findall(r'<p class="done" role="status">(.*?)</p>', browser.get("/staff/account").text)
    return str(shown)


def signed_on(console: Console, provider: str) -> Browser:
    know(provider, "dana")
    browser = console.browser()
    sign_on(browser)
    browser.member = member_of(console)
    return browser


def test_a_member_without_a_password_signs_in_anew_for_each_change(console: Console, provider: str) -> None:
    browser = signed_on(console, provider)
    assert browser.post("/staff/passkeys/new").json()["error"]["message"] == UNCONFIRMED
    assert "Confirm with single sign-on" in browser.get("/staff/account").text
    assert "Confirm with single sign-on" in browser.get("/staff/account/authenticator").text

    assert confirm(browser, provider) == CONFIRMED
    assert browser.post("/staff/passkeys/new").status_code == 200
    assert browser.post("/staff/passkeys/new").status_code == 400, "once for each change"


def test_a_mistyped_code_of_a_new_authenticator_does_not_use_up_the_confirmation(
    console: Console, provider: str
) -> None:
    browser = signed_on(console, provider)
    [shown] = re.findall(r"<code>([A-Z2-7 ]+)</code>", browser.get("/staff/account/authenticator").text)
    right = pyotp.TOTP(shown.replace(" ", "")).now()
    assert confirm(browser, provider) == CONFIRMED

    assert WRONG_CODE in browser.post("/staff/account/authenticator", data={"code": "12345"}).text
    assert member_of(console).totp_secret is None
    assert browser.post("/staff/account/authenticator", data={"code": right}).status_code == 200
    assert member_of(console).totp_secret is not None


def test_an_unattended_browser_sets_no_password_for_a_member_who_has_none(console: Console, provider: str) -> None:
    browser = signed_on(console, provider)
    new = {"new_password": "another battery, another horse", "new_password_again": "another battery, another horse"}

    assert browser.post("/staff/account/password", data=new).status_code == 400
    assert member_of(console).password_hash == NO_PASSWORD


@pytest.mark.parametrize(
    "claims", [{"auth_time": None}, {"auth_time": int(time.time()) - 3600}, {"auth_time": "now"}, {"auth_time": True}]
)
def test_the_provider_must_say_that_the_member_signed_in_just_now(
    console: Console, provider: str, claims: dict[str, Any]
) -> None:
    browser = signed_on(console, provider)

    assert confirm(browser, provider, **claims) == NOT_CONFIRMED
    assert browser.post("/staff/passkeys/new").status_code == 400


def test_somebody_else_at_the_provider_confirms_nothing(console: Console, provider: str) -> None:
    browser = signed_on(console, provider)

    assert confirm(browser, provider, "colleague") == NOT_CONFIRMED
    assert browser.post("/staff/passkeys/new").status_code == 400
    assert browser.get("/staff/account").text.count("Dana Reyes"), "and signs nobody else in"


def test_a_confirmation_is_for_the_browser_that_asked_and_for_five_minutes(console: Console, provider: str) -> None:
    browser, other = signed_on(console, provider), signed_on(console, provider)
    confirm(browser, provider)
    assert other.post("/staff/passkeys/new").status_code == 400

    with console.edit() as session:
        for row in session.query(StaffSession).filter(StaffSession.proved_at.is_not(None)):
            row.proved_at -= PROOF_LASTS + timedelta(seconds=1)
    assert browser.post("/staff/passkeys/new").status_code == 400


def test_an_answer_that_nobody_asked_for_confirms_nothing(console: Console, provider: str) -> None:
    """Signing in at the provider for the sign-in page is no proof for a change."""
    browser = signed_on(console, provider)
    stranger = console.browser()
    answer = authorize(stranger.get("/staff/oidc").headers["Location"])

    assert browser.get(answer).headers["Location"] == "/staff/"
    assert browser.post("/staff/passkeys/new").status_code == 400


# ---- accounts that were there before


def test_who_invited_an_address_before_its_owner_signs_on_keeps_no_way_in(console: Console, provider: str) -> None:
    """An administrator of one practice invites an address of another, and sets the password of the link."""
    planted = console.add_member(Role.STAFF, ["closed"], email="dana@maple.example")
    attacker = console.browser()
    attacker.sign_in(planted)
    with console.edit() as session:
        account = session.get_one(StaffMember, planted.id)
        account.passkeys.append(Passkey(credential_id="planted", public_key="", name=""))
        add_link(session, planted.id, LinkPurpose.RESET, now())
    know(provider, "dana", groups=["it"])
    sign_on(console.browser())

    dana = member_of(console)
    assert rights(dana) == (Role.ADMIN, ["demo", "other"])
    assert (dana.password_hash, dana.totp_secret, console.rows(Passkey)) == (NO_PASSWORD, None, [])
    assert all(link.expires_at <= now() for link in console.rows(StaffLink))
    assert attacker.get("/staff/account").status_code == 302
    assert console.browser().sign_in(dana).status_code == 401


def test_whom_an_administrator_removed_comes_back_by_a_new_invitation_alone(console: Console, provider: str) -> None:
    browser = signed_on(console, provider)
    admin = console.sign_in(Role.ADMIN, ["demo", "other"])
    admin.post(f"/staff/accounts/{member_of(console).id}/remove")
    assert browser.get("/staff/account").status_code == 302
    assert "was removed" in refusal(browser, sign_on(browser))

    admin.post(
        "/staff/accounts",
        data={"name": "Dana Reyes", "email": "dana@maple.example", "role": "staff", "practices": "demo"},
    )
    assert sign_on(browser).status_code == 303
    assert rights(member_of(console)) == (Role.STAFF, ["demo"])


def test_a_provider_that_is_away_is_said_to_be(settings: Settings, console_of: Callable[[Settings], Console]) -> None:
    console = console_of(settings)
    away = {"oidc_issuer": "http://127.0.0.1:9", "oidc_client_id": "a", "oidc_client_secret": "b", "oidc_rights": RULES}
    services = services_of(console.app)
    attach(console.app, replace(services, settings=settings.model_copy(update=away)))
    browser = console.browser()
    assert "Single sign-on" in browser.get("/staff/sign-in").text

    assert refusal(browser, browser.get("/staff/oidc")) == UNREACHABLE
    assert browser.sign_in(console.add_member(), PASSWORD).status_code == 303, "passwords still work"


def test_without_a_provider_there_is_no_single_sign_on(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    browser = console_of(settings).browser()

    assert "Single sign-on" not in browser.get("/staff/sign-in").text
    for path in ("/staff/oidc", "/staff/oidc/return"):
        assert browser.get(path).headers["Location"] == "/staff/sign-in"
