"""Administrators manage the accounts of their practices, and of no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit

import pytest
import requests
from sqlalchemy import select

from inbox.accounts.administration import change_rights, keep_out, remove_member
from inbox.accounts.emergency_access import grant_access
from inbox.accounts.passwords import check_password
from inbox.accounts.second_factor import new_totp_secret
from inbox.accounts.staff_links import add_link, give_token
from inbox.audit.trail import verify
from inbox.models import (
    AuditEntry,
    Conversation,
    EmergencyAccess,
    LinkPurpose,
    Passkey,
    Role,
    SignInFailure,
    StaffLink,
    StaffMember,
    StaffSession,
    now,
)
from intake.errors import IntakeError
from intake.settings import Settings
from staff.accounts.page import NOT_YOURSELF
from staff.auth.links import ASKED, DIFFERENT, USED_UP
from tasks.mail.accounts import mail_link
from tests.staff.accounts.dying_mail import WorkerDiedError, with_dying_mail
from tests.staff.conftest import PASSWORD, Browser, Console
from tests.standins.smtp import Fault, SmtpStandIn, Stage

NEW = "another battery, another horse"
INVITATION = {"name": "Nora New", "email": "nora@maple.example", "role": "staff", "practices": "demo"}


@pytest.fixture
def admin(console: Console) -> Browser:
    return console.sign_in(Role.ADMIN, name="Ada Admin")


@pytest.fixture
def mail() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as standin:
        yield standin


@pytest.fixture
def mailing(settings: Settings, console_of: Callable[[Settings], Console], mail: SmtpStandIn) -> Console:
    """A console that can send mail."""
    return console_of(settings.model_copy(update={"smtp_url": mail.url}))


def account(console: Console, name: str) -> StaffMember:
    return next(member for member in console.rows(StaffMember) if member.name == name)


def text_of(page: requests.Response) -> str:
    """A page's text, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def token_in(text: str) -> str:
    """The token of the one link in a page or a mail."""
    [link] = re.findall(r"https://intake\.example\.com/staff/set-password#[\w-]+", unescape(text))
    return urlsplit(str(link)).fragment


def choose(console: Console, token: str, password: str = NEW, again: str | None = None) -> requests.Response:
    form = {"token": token, "new_password": password, "new_password_again": password if again is None else again}
    return console.browser().post("/staff/set-password", data=form)


def actions(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry) if entry.action.startswith(("account", "password"))]


def is_in(browser: Browser) -> bool:
    return browser.get("/staff/account").status_code == 200


# ---- inviting


def test_without_a_mail_server_the_invitation_is_a_link_shown_once(console: Console, admin: Browser) -> None:
    page = admin.post("/staff/accounts", data=INVITATION)
    nora = account(console, "Nora New")
    assert (nora.role, [row.practice for row in nora.practices]) == (Role.STAFF, ["demo"])
    assert console.browser().sign_in(nora).status_code == 401, "not before a password is chosen"

    token = token_in(page.text)
    assert console.browser().post("/staff/set-password", data={"token": token}).status_code == 204, "good, so far"
    assert choose(console, token).headers["Location"] == "/staff/sign-in"
    assert console.browser().post("/staff/set-password", data={"token": token}).status_code == 410, "said at once"
    assert console.browser().sign_in(nora, NEW).status_code == 303
    assert "set-password#" not in admin.get("/staff/accounts").text
    assert actions(console) == ["account_invited", "password_set"]


def test_an_invitation_is_mailed_and_its_token_is_nowhere_else(mailing: Console, mail: SmtpStandIn) -> None:
    browser = mailing.sign_in(Role.ADMIN)
    answer = browser.post("/staff/accounts", data=INVITATION)
    assert (answer.status_code, "on its way by email" in browser.get("/staff/accounts").text) == (303, True)
    mailing.work()

    [sent] = mail.mails
    assert [sent.recipient] == ["nora@maple.example"]
    assert sent.message["Subject"] == "Your Intake account"
    token = token_in(sent.text)
    assert choose(mailing, token).status_code == 303
    stored = [link.token_hash for link in mailing.rows(StaffLink)]
    assert token not in str(stored)


def test_who_never_came_is_invited_again_and_the_earlier_link_is_worthless(console: Console, admin: Browser) -> None:
    first = token_in(admin.post("/staff/accounts", data=INVITATION).text)
    nora = account(console, "Nora New")
    with console.edit() as session:  # four days ago
        [link] = session.scalars(select(StaffLink))
        link.created_at, link.expires_at = link.created_at - timedelta(days=4), link.expires_at - timedelta(days=4)
    shown = text_of(admin.get("/staff/accounts"))
    assert re.search(r"Invited \S.*?\. The link expired \S", shown)

    page = admin.post(f"/staff/accounts/{nora.id}/invitation")
    second = token_in(page.text)
    assert "within three days" in page.text
    assert "Invited Nora New again. The earlier link no longer works." in page.text
    assert re.search(r"Invited \S.*?\. The link expires \S", text_of(admin.get("/staff/accounts")))
    assert choose(console, first).status_code == 400
    third = token_in(admin.post(f"/staff/accounts/{nora.id}/invitation").text)
    assert choose(console, second).status_code == 400
    assert choose(console, third).status_code == 303
    assert actions(console) == ["account_invited", *["account_invited_again"] * 2, "password_set"]

    assert "Invite again" not in admin.get("/staff/accounts").text
    assert admin.post(f"/staff/accounts/{nora.id}/invitation").status_code == 303
    assert "Nora New needs no invitation." in admin.get("/staff/accounts").text
    assert console.browser().sign_in(nora, NEW).status_code == 303, "with the password that she chose"


def test_an_invitation_is_mailed_again(mailing: Console, mail: SmtpStandIn) -> None:
    browser = mailing.sign_in(Role.ADMIN)
    browser.post("/staff/accounts", data=INVITATION)
    assert "is still waiting for the mail server." in browser.get("/staff/accounts").text
    mailing.work()

    browser.post(f"/staff/accounts/{account(mailing, 'Nora New').id}/invitation")
    mailing.work()

    earlier, later = (token_in(sent.text) for sent in mail.mails)
    assert choose(mailing, earlier).status_code == 400
    assert choose(mailing, later).status_code == 303


def test_a_link_whose_mail_was_not_taken_is_mailed_later(mailing: Console, mail: SmtpStandIn) -> None:
    mail.faults.push(Fault.answer(Stage.MAIL, 451))
    mailing.sign_in(Role.ADMIN).post("/staff/accounts", data=INVITATION)
    mailing.work()
    assert mail.mails == []

    mailing.reconcile()
    assert choose(mailing, token_in(mail.mails[0].text)).status_code == 303


def test_a_link_whose_worker_died_while_it_was_mailed_is_mailed_with_another_token(
    mailing: Console, mail: SmtpStandIn
) -> None:
    mailing.sign_in(Role.ADMIN).post("/staff/accounts", data=INVITATION)
    with pytest.raises(WorkerDiedError):
        mail_link(with_dying_mail(mailing.context), 1)
    mailing.work()
    mailing.reconcile()
    assert mail.mails == [], "the other attempt may still be at it"

    with mailing.edit() as session:
        session.get_one(StaffLink, 1).mail_again_at -= timedelta(minutes=2)
    mailing.reconcile()
    [sent] = mail.mails
    assert choose(mailing, token_in(sent.text)).status_code == 303
    assert mailing.reconcile() == 0


def test_a_link_works_once_and_only_for_a_while(console: Console, admin: Browser) -> None:
    token = token_in(admin.post("/staff/accounts", data=INVITATION).text)
    assert DIFFERENT in choose(console, token, again="something else").text
    assert "easy to guess" in choose(console, token, "aaaaaaaaaaaa").text
    assert choose(console, token).status_code == 303
    assert USED_UP in choose(console, token).text

    late = token_in(admin.post(f"/staff/accounts/{account(console, 'Nora New').id}/reset").text)
    with console.edit() as session:
        for link in session.query(StaffLink):
            link.expires_at = now()
    assert USED_UP in choose(console, late).text
    for wrong in ("", "x", token[:-1]):
        assert choose(console, wrong).status_code == 400


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": " "}, "name"),
        ({"role": "owner"}, "Choose a role"),
        ({"practices": "other"}, "at least one practice"),
    ],
)
def test_an_invitation_that_cannot_be_sent_says_why(
    console: Console, admin: Browser, change: dict[str, str], problem: str
) -> None:
    answer = admin.post("/staff/accounts", data=INVITATION | change)

    assert answer.status_code == 400
    assert problem in answer.text
    assert len(console.rows(StaffMember)) == 1


# ---- changing


def test_a_changed_account_has_its_new_rights_and_none_of_its_sessions(console: Console, admin: Browser) -> None:
    browser = console.sign_in(name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    admin.post(f"/staff/accounts/{dana.id}/rights", data={"role": "manager", "practices": "demo"})

    assert not is_in(browser)
    assert console.browser().sign_in(dana).status_code == 303
    assert account(console, "Dana Reyes").role == Role.MANAGER
    assert actions(console) == ["account_changed"]


def test_a_disabled_account_is_out_at_once_and_can_be_let_in_again(console: Console, admin: Browser) -> None:
    browser = console.sign_in(name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    admin.post(f"/staff/accounts/{dana.id}/disable")
    assert not is_in(browser)
    assert console.browser().sign_in(dana).status_code == 401
    assert "Disabled" in admin.get("/staff/accounts").text

    admin.post(f"/staff/accounts/{dana.id}/enable")
    assert console.rows(SignInFailure) == []
    assert console.browser().sign_in(dana).status_code == 303
    assert actions(console) == ["account_disabled", "account_enabled"]


@pytest.mark.parametrize("how", ["disabled", "moved", "kept out"])
def test_the_conversations_of_whoever_leaves_are_everybodys_again(console: Console, admin: Browser, how: str) -> None:
    console.text("Do you have parking?")
    dana = console.add_member(practices=["demo", "other"] if how == "moved" else ["demo"], name="Dana Reyes")
    admin.post("/staff/conversations/1/assign", data={"to": str(dana.id)})
    assert console.rows(Conversation)[0].assigned_to == dana.id

    if how == "disabled":
        admin.post(f"/staff/accounts/{dana.id}/disable")
    else:
        with console.edit() as session:
            member = session.get_one(StaffMember, dana.id)
            if how == "moved":
                change_rights(session, None, member, Role.STAFF, ["other"])
            else:
                keep_out(session, member, now())

    assert console.rows(Conversation)[0].assigned_to is None


def test_a_reset_takes_the_password_and_the_sessions_and_on_request_the_second_factor(
    console: Console, admin: Browser
) -> None:
    browser = console.sign_in(name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    with console.edit() as session:
        stored = session.get_one(StaffMember, dana.id)
        stored.totp_secret = new_totp_secret()
        stored.passkeys.append(Passkey(credential_id="key", public_key="", name="Phone"))
    first = admin.post(f"/staff/accounts/{dana.id}/reset")
    assert not is_in(browser)
    assert not check_password(account(console, "Dana Reyes"), PASSWORD)
    assert account(console, "Dana Reyes").totp_secret is not None

    second = admin.post(f"/staff/accounts/{dana.id}/reset", data={"second_factor": "1"})
    assert choose(console, token_in(first.text)).status_code == 400, "a new link voids the earlier one"
    assert choose(console, token_in(second.text)).status_code == 303
    assert console.browser().sign_in(dana, NEW).headers["Location"] == "/staff/"
    assert console.rows(Passkey) == []


def test_who_was_reset_is_not_called_invited_and_gets_another_link_to_reset(console: Console, admin: Browser) -> None:
    console.sign_in(name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    first = token_in(admin.post(f"/staff/accounts/{dana.id}/reset").text)
    shown = text_of(admin.get("/staff/accounts"))
    assert "Dana Reyes Password reset" in shown
    assert re.search(r"Password reset, link sent \S.*?\. The link expires \S.*? Send a new link", shown)
    assert not re.search("Invited|Invite again", shown)

    page = admin.post(f"/staff/accounts/{dana.id}/invitation")
    assert "Reset Dana Reyes’s password again. The earlier link no longer works." in page.text
    assert "within an hour" in page.text
    assert "Dana Reyes Password reset" in text_of(admin.get("/staff/accounts"))
    second = token_in(admin.post(f"/staff/accounts/{dana.id}/reset").text)
    assert [link.purpose for link in console.rows(StaffLink)] == ["reset"] * 3
    assert choose(console, first).status_code == 400
    assert choose(console, second).status_code == 303
    assert "Dana Reyes Password reset" not in text_of(admin.get("/staff/accounts"))


def test_who_never_came_stays_invited_after_a_reset_and_a_forgotten_password(
    mailing: Console, mail: SmtpStandIn
) -> None:
    admin = mailing.sign_in(Role.ADMIN)
    admin.post("/staff/accounts", data=INVITATION)
    nora = account(mailing, "Nora New")
    admin.post(f"/staff/accounts/{nora.id}/reset")
    with mailing.edit() as session:
        for link in session.scalars(select(StaffLink)):
            link.created_at -= timedelta(minutes=6)
    mailing.browser().post("/staff/forgot-password", data={"email": "nora@maple.example"})
    mailing.work()

    assert [link.purpose for link in mailing.rows(StaffLink)] == ["invite"] * 3
    assert mail.mails[-1].message["Subject"] == "Your Intake account"
    assert "Nora New Invited" in text_of(admin.get("/staff/accounts"))


@pytest.mark.parametrize("action", ["rights", "disable", "reset"])
def test_nobody_locks_themselves_out(console: Console, admin: Browser, action: str) -> None:
    assert admin.member is not None
    answer = admin.post(f"/staff/accounts/{admin.member.id}/{action}", data={"role": "staff", "practices": "demo"})

    assert answer.status_code == 303
    assert NOT_YOURSELF in admin.get("/staff/accounts").text
    assert account(console, "Ada Admin").role == Role.ADMIN


def test_an_account_that_also_works_elsewhere_is_seen_but_not_changed(console: Console, admin: Browser) -> None:
    console.add_member(practices=["demo", "other"], name="Shared Sam")
    stranger = console.add_member(practices=["other"], name="Foreign Fay")
    page = admin.get("/staff/accounts").text
    assert ("Shared Sam" in page, "Foreign Fay" in page, "Harbor Dental" in page) == (True, False, False)

    for found in (account(console, "Shared Sam"), stranger):
        for action in ("rights", "disable", "enable", "reset"):
            form = {"role": "admin", "practices": "demo"}
            assert admin.post(f"/staff/accounts/{found.id}/{action}", data=form).status_code == 404
    assert account(console, "Shared Sam").role == Role.STAFF


def test_who_also_worked_for_a_practice_that_is_gone_can_be_disabled_and_nothing_else(
    console: Console, admin: Browser
) -> None:
    browser = console.sign_in(practices=["demo", "gone"], name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    assert "you can only disable this account" in admin.get("/staff/accounts").text
    for action in ("rights", "enable", "reset", "remove"):
        form = {"role": "admin", "practices": "demo"}
        assert admin.post(f"/staff/accounts/{dana.id}/{action}", data=form).status_code == 404
    assert is_in(browser)

    assert admin.post(f"/staff/accounts/{dana.id}/disable").status_code == 303
    assert not is_in(browser)
    assert actions(console) == ["account_disabled"]


# ---- a forgotten password


def test_a_forgotten_password_is_reset_by_mail_and_signs_out_everywhere(mailing: Console, mail: SmtpStandIn) -> None:
    browser = mailing.sign_in()
    assert browser.member is not None
    asked = mailing.browser()
    for email in (browser.member.email, browser.member.email, "nobody@maple.example"):
        assert asked.post("/staff/forgot-password", data={"email": email}).status_code == 303
        assert unescape(asked.get("/staff/sign-in").text).count(ASKED) == 1
    mailing.work()

    [sent] = mail.mails
    assert is_in(browser), "asking alone changes nothing"
    assert choose(mailing, token_in(sent.text)).status_code == 303
    assert not is_in(browser)
    assert mailing.browser().sign_in(browser.member, NEW).status_code == 303


def test_a_reset_by_mail_does_not_replace_the_second_factor(mailing: Console, mail: SmtpStandIn) -> None:
    member = mailing.add_member()
    with mailing.edit() as session:
        session.get_one(StaffMember, member.id).totp_secret = new_totp_secret()
    mailing.browser().post("/staff/forgot-password", data={"email": member.email})
    mailing.work()
    choose(mailing, token_in(mail.mails[0].text))

    assert mailing.browser().sign_in(member, NEW).headers["Location"].startswith("/staff/second-factor")


def test_without_a_mail_server_one_is_sent_to_the_administrator(console: Console) -> None:
    member = console.add_member()
    page = console.browser().post("/staff/forgot-password", data={"email": member.email})

    assert "Ask an administrator of your practice" in page.text
    assert console.rows(StaffLink) == []


# ---- failed sign-ins


def test_administrators_see_failed_and_locked_sign_ins_of_their_practices(console: Console, admin: Browser) -> None:
    dana = console.add_member(name="Dana Reyes")
    stranger = console.add_member(practices=["other"], name="Foreign Fay")
    for _ in range(6):
        console.browser().sign_in(dana, "wrong")
    console.browser().sign_in(stranger, "wrong")
    console.browser().post("/staff/sign-in", data={"email": "nobody@maple.example", "password": PASSWORD})

    page = admin.get("/staff/accounts/failed-sign-ins").text
    rows = [re.findall(r"<td>(.*?)</td>", row)[1:] for row in re.findall(r"<tr>(<td>.*?)</tr>", page)]
    assert rows == [
        ["No account", "127.0.0.1", "No account has this email address"],
        *[["Dana Reyes", "127.0.0.1", "Too many wrong passwords"]] * 2,
        *[["Dana Reyes", "127.0.0.1", "Wrong password"]] * 4,
    ]
    assert console.sign_in(Role.MANAGER).get("/staff/accounts/failed-sign-ins").status_code == 403


# ---- removing


def test_a_removed_account_is_out_at_once_by_every_way(console: Console, admin: Browser) -> None:
    browser = console.sign_in(name="Dana Reyes")
    dana = account(console, "Dana Reyes")
    with console.edit() as session:
        stored = session.get_one(StaffMember, dana.id)
        stored.totp_secret, stored.oidc_subject = new_totp_secret(), "subject"
        stored.passkeys.append(Passkey(credential_id="key", public_key="", name="Phone"))
        grant_access(session, dana.id, "other", "Their server is down", now())
        open_link = give_token(add_link(session, dana.id, LinkPurpose.RESET, now()))

    assert admin.post(f"/staff/accounts/{dana.id}/remove").status_code == 303

    assert not is_in(browser)
    assert choose(console, open_link).status_code == 400
    assert console.browser().sign_in(dana).status_code == 401
    removed = account(console, "Dana Reyes")
    assert (removed.password_hash, removed.totp_secret, removed.practices) == ("", None, [])
    assert (console.rows(Passkey), console.rows(StaffLink)) == ([], [])
    assert [row.staff_id for row in console.rows(StaffSession)] == [admin.member and admin.member.id]
    assert all(access.expires_at <= now() for access in console.rows(EmergencyAccess))
    assert "Dana Reyes" not in admin.get("/staff/accounts").text.partition("People")[2]
    assert actions(console)[-1] == "account_removed"


def test_what_a_removed_member_wrote_stays_attributed_and_their_patients_are_unassigned(
    console: Console, admin: Browser
) -> None:
    console.text("How much is a first visit without insurance?")
    browser = console.sign_in(name="Dana Reyes")
    page = "/staff/conversations/1"
    browser.post(f"{page}/notes", data={"note": "Called back."})
    browser.post(f"{page}/assign", data={"to": "me"})
    dana = account(console, "Dana Reyes")
    before = len([entry for entry in console.rows(AuditEntry) if entry.staff_id == dana.id])

    admin.post(f"/staff/accounts/{dana.id}/remove")

    shown = admin.get(page).text
    assert ("Dana Reyes" in shown, "Called back." in shown, "Unassigned" in shown) == (True, True, True)
    assert len([entry for entry in console.rows(AuditEntry) if entry.staff_id == dana.id]) == before
    with console.database.read() as session:
        assert verify(session).is_whole


def test_a_removed_members_address_can_be_invited_anew(console: Console, admin: Browser) -> None:
    admin.post("/staff/accounts", data=INVITATION)
    admin.post(f"/staff/accounts/{account(console, 'Nora New').id}/remove")

    page = admin.post("/staff/accounts", data=INVITATION)
    assert choose(console, token_in(page.text)).status_code == 303
    assert [row.email for row in console.rows(StaffMember) if row.removed_at is None][-1] == INVITATION["email"]


def test_nobody_removes_themselves_or_a_practices_last_administrator(console: Console, admin: Browser) -> None:
    ada = account(console, "Ada Admin")
    admin.post(f"/staff/accounts/{ada.id}/remove")
    assert NOT_YOURSELF in admin.get("/staff/accounts").text

    with console.edit() as session, pytest.raises(IntakeError, match="the only administrator of demo"):
        remove_member(session, None, session.get_one(StaffMember, ada.id), now())
    assert account(console, "Ada Admin").removed_at is None


def test_an_account_of_another_practice_is_not_removed(console: Console, admin: Browser) -> None:
    for practices in (["other"], ["demo", "other"]):
        found = console.add_member(practices=practices)
        assert admin.post(f"/staff/accounts/{found.id}/remove").status_code == 404
    assert all(row.removed_at is None for row in console.rows(StaffMember))


@pytest.mark.parametrize("action", ["remove", "disable", "rights"])
def test_two_administrators_who_end_each_others_rights_at_once_do_not_both_succeed(
    console: Console, action: str
) -> None:
    for _ in range(4):
        pair = [console.sign_in(Role.ADMIN), console.sign_in(Role.ADMIN)]
        ids = [browser.member.id for browser in pair if browser.member]
        form = {"role": "staff", "practices": "demo"}
        for browser in pair:
            browser.token()
        with ThreadPoolExecutor(2) as pool:
            posts = [
                pool.submit(browser.post, f"/staff/accounts/{other}/{action}", data=form)
                for browser, other in zip(pair, ids[::-1], strict=True)
            ]
            assert {post.result().status_code for post in posts} <= {302, 303, 403, 404}

        left = [row for row in console.rows(StaffMember) if row.id in ids]
        assert any(row.role == Role.ADMIN and row.disabled_at is None for row in left)


# ---- what outlives a change


def test_a_link_that_somebody_else_asked_for_is_void_once_the_password_is_changed(
    mailing: Console, mail: SmtpStandIn
) -> None:
    browser = mailing.sign_in()
    assert browser.member is not None
    mailing.browser().post("/staff/forgot-password", data={"email": browser.member.email})
    mailing.work()
    form = {"current_password": PASSWORD, "new_password": NEW, "new_password_again": NEW}
    assert browser.post("/staff/account/password", data=form).status_code == 303

    assert choose(mailing, token_in(mail.mails[0].text), "a third battery, a third horse").status_code == 400


def test_changed_rights_end_emergency_access_too(console: Console, admin: Browser) -> None:
    dana = console.add_member(name="Dana Reyes")
    with console.edit() as session:
        grant_access(session, dana.id, "other", "Their server is down", now())
    admin.post(f"/staff/accounts/{dana.id}/rights", data={"role": "manager", "practices": "demo"})

    assert all(access.expires_at <= now() for access in console.rows(EmergencyAccess))
