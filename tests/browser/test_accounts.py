"""Accounts in a browser: passkeys with Chromium's virtual authenticator, one-time links, and pages for everybody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inbox.models import AuditEntry, Passkey, Role, StaffMember
from intake.settings import Settings
from tests.browser.axe import assert_accessible
from tests.browser.visitor import Visitor
from tests.staff.conftest import PASSWORD, Console, console_of
from tests.world import PRACTICES_TOML
from web.services import attach, services_of

__all__ = ["console_of"]

SCREENS = ((1280, 800), (320, 568))
NEW = "another battery, another horse"
PICTURES = os.environ.get("PICTURES")  # a folder for pictures of the pages

Profile = Callable[..., Page]


@pytest.fixture
def console(settings: Settings, console_of: Callable[[Settings], Console]) -> Console:
    """A console at `localhost`, as browsers make passkeys for names alone, whose second practice allows emergencies."""
    settings.practices_file.write_text(PRACTICES_TOML + "\n[practice.access]\nemergency_access = true\n")
    console = console_of(settings)
    console.url = console.url.replace("127.0.0.1", "localhost")
    services = services_of(console.app)
    attach(console.app, replace(services, settings=settings.model_copy(update={"public_url": console.url})))
    return console


@pytest.fixture
def profile(console: Console, browser: Browser) -> Iterator[Profile]:
    """Opens pages in browser profiles of their own."""
    visitors: list[Visitor] = []

    def make(*, complains: str = "", **options: object) -> Page:
        visitors.append(Visitor(browser, base_url=console.url, **options))
        if complains:
            visitors[-1].expect_complaint(complains)
        return visitors[-1].context.new_page()

    yield make
    for visitor in visitors:
        visitor.leave()


@contextmanager
def authenticator(page: Page) -> Iterator[None]:
    """Give the page's browser a device that holds passkeys and checks its user."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    device = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": options | {"isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    yield
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device["authenticatorId"]})


def sign_in(page: Page, member: StaffMember, password: str = PASSWORD) -> None:
    page.goto("/staff/sign-in")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def add_passkey(page: Page) -> None:
    page.goto("/staff/account")
    form = page.locator("#new-passkey")
    form.get_by_label("Name of the new passkey").fill("Front desk computer")
    form.get_by_label("Your password").fill(PASSWORD)
    form.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".done")).to_contain_text("Added the passkey “Front desk computer”")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)


def test_a_passkey_is_added_and_signs_in_by_itself_and_as_a_second_factor(console: Console, profile: Profile) -> None:
    member, page = console.add_member(name="Dana Reyes"), profile()
    with authenticator(page):
        sign_in(page, member)
        add_passkey(page)
        picture(page, "account")
        sign_out(page)

        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", name="Inbox")).to_be_visible()
        sign_out(page)

        page.get_by_label("Email").fill(member.email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
        picture(page, "second-factor")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", name="Inbox")).to_be_visible()

    entered = [entry.detail["factor"] for entry in console.rows(AuditEntry) if entry.action == "signed_in"]
    assert entered == ["password", "passkey", "passkey"]
    [stored] = console.rows(Passkey)
    assert stored.sign_count > 0


def test_a_passkey_gets_in_while_passwords_are_locked(console: Console, profile: Profile) -> None:
    member, page = console.add_member(), profile()
    with authenticator(page):
        sign_in(page, member)
        add_passkey(page)
        sign_out(page)
        page.context.clear_cookies()
        for _ in range(5):
            assert console.browser().sign_in(member, "wrong").status_code == 401

        page.goto("/staff/sign-in")
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.get_by_role("heading", name="Inbox")).to_be_visible()


def test_a_passkey_of_a_disabled_or_removed_account_opens_nothing(console: Console, profile: Profile) -> None:
    member, page = console.add_member(), profile(complains="status of 400")
    with authenticator(page):
        sign_in(page, member)
        add_passkey(page)
        page.get_by_text("Remove", exact=False).first.click()
        box = page.locator(".browsers .remove").first
        box.get_by_label("Your password").fill(PASSWORD)
        box.get_by_role("button", name="Remove this passkey").click()
        expect(page.get_by_text("Removed the passkey")).to_be_visible()
        sign_out(page)
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.locator("#passkey").get_by_role("alert")).to_contain_text("This passkey was not accepted")


def test_a_link_sets_a_password_and_leaves_the_address_bar(console: Console, profile: Profile) -> None:
    admin, page = console.add_member(Role.ADMIN, name="Ada Admin"), profile()
    sign_in(page, admin)
    page.goto("/staff/accounts")
    page.get_by_label("Name that colleagues see").fill("Nora New")
    page.get_by_label("Email").fill("nora@maple.example")
    page.get_by_role("button", name="Invite").click()
    link = page.locator(".once").inner_text()
    picture(page, "one-time-link")

    guest = profile()
    guest.goto(link)
    expect(guest.get_by_label("New password", exact=True)).to_be_visible()
    assert guest.url == f"{console.url}/staff/set-password"
    picture(guest, "set-password")
    guest.get_by_label("New password", exact=True).fill(NEW)
    guest.get_by_label("Confirm new password").fill(NEW)
    guest.get_by_role("button", name="Set password").click()
    expect(guest.locator(".done")).to_contain_text("Your password is set")
    guest.get_by_label("Email").fill("nora@maple.example")
    guest.get_by_label("Password").fill(NEW)
    guest.keyboard.press("Enter")
    expect(guest.get_by_role("heading", name="Inbox")).to_be_visible()


def test_everybody_can_read_and_use_the_pages_and_they_fit_every_screen(console: Console, profile: Profile) -> None:
    page = profile(complains="status of 40")
    admin = console.add_member(Role.ADMIN, ["demo", "other"], name="Ada Admin")
    console.add_member(name="Dana Reyes")
    disabled = console.add_member(Role.MANAGER, ["demo", "other"], name="Sam Long-Name-That-Goes-On-And-On")
    console.browser().sign_in(disabled, "wrong")
    helper = console.sign_in(name="Helpful Hana")
    helper.post("/staff/emergency", data={"name": "Harbor Dental", "reason": "Nobody there answers the phone."})

    def check(name: str) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true; })")
        assert_accessible(page, SCREENS)  # the smallest screen is the last, and stays
        picture(page, name)

    for name in ("sign-in", "forgot-password", "set-password"):
        page.goto(f"/staff/{name}")
        check(name)
    page.goto("/staff/sign-in")
    page.get_by_label("Email").fill("nobody@maple.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    check("sign-in-refused")
    sign_in(page, admin)
    own = ("account", "account/authenticator", "emergency")
    for name in (*own, "accounts", "accounts/failed-sign-ins", "accounts/emergency"):
        page.goto(f"/staff/{name}")
        check(name.replace("/", "-"))


def test_an_account_is_changed_with_the_keyboard_alone(console: Console, profile: Profile) -> None:
    admin, page = console.add_member(Role.ADMIN, name="Ada Admin"), profile()
    dana = console.add_member(name="Dana Reyes")
    sign_in(page, admin)
    page.goto("/staff/accounts")
    for wanted in (page.locator("summary").first, page.get_by_role("button", name="Disable Dana Reyes")):
        for _ in range(60):
            if wanted.evaluate("element => element === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.locator(".done")).to_contain_text("Disabled Dana Reyes")
    with console.database.read() as session:
        assert session.get_one(StaffMember, dana.id).disabled_at is not None
