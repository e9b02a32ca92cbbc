"""The setup checklist end to end: what arrives is seen, tests go out, and their results are in words on the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import requests
from sqlalchemy import select

from inbox.audit import record_action
from inbox.first_admin import make_first_admin, offer_link
from inbox.models import AuditEntry, Role, SetupTest, StaffMember, now
from intake.settings import Settings
from staff.setup.page import NOTHING_TO_TEST, TOO_OFTEN
from staff.setup.progress import MOST_TESTS
from tests.chat_client import begin
from tests.staff.conftest import PASSWORD, Browser, Console, StartConsole
from tests.standins.hook import HookReceiver
from tests.standins.smtp import SmtpStandIn
from tests.world import PRACTICES_TOML, SITE, WIDGET_KEY

PATH = "/staff/setup/demo"
PHONE = "+12025550113"
TEXT = "Are you accepting new patients?"


def done(browser: Browser) -> set[str]:
    """The lines that the page shows as done, without those that a practices file alone fulfils."""
    page = browser.get(PATH)
    assert page.status_code == 200
    found = re.findall(r'id="line-(\w+)"(.*?)</h2>', page.text, re.DOTALL)
    assert len(found) == 11
    return {key for key, heading in found if "Not done" not in heading} - {"hours", "replies", "colleagues"}


def begin_test(browser: Browser, what: str) -> requests.Response:
    answer = browser.post(f"{PATH}/tests", data={"what": what})
    assert (answer.status_code, answer.headers["Location"]) == (303, PATH)
    return browser.get(PATH)


def test_only_who_cannot_invite_is_told_to_ask_an_administrator(start_console: StartConsole) -> None:
    console = start_console("")
    asks = "Ask an administrator to invite your colleagues."

    assert asks in console.sign_in(Role.MANAGER).get(PATH).text
    with console.edit() as session:
        for account in session.scalars(select(StaffMember)):
            account.disabled_at = now()
    page = console.sign_in(Role.ADMIN).get(PATH).text
    assert asks not in page
    assert "Invite colleagues" in page


def test_each_address_that_an_emergency_reaches_is_named_by_whose_it_is(
    settings: Settings, console_of: Callable[[Settings], Console], hook: HookReceiver
) -> None:
    on_call, manager = hook.apprise_url("/on-call"), hook.apprise_url("/manager")
    teams = f'teams = {{ on_call = {{ notify = ["{on_call}"] }}, manager = {{ notify = ["{manager}"] }} }}'
    teams += '\nescalation = [{ team = "on_call", after_minutes = 5 }, { team = "manager", after_minutes = 9 }]'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{teams}\n', 1))
    console = console_of(settings)
    browser = console.sign_in(Role.MANAGER)
    begin_test(browser, "on_call")
    console.work()

    page = browser.get(PATH).text
    assert "On call, address 1 (json): the provider took it on" in page
    assert "Manager, address 1, through Escalation contact 2 (json): the provider took it on" in page
    assert "address 2" not in page


def test_only_colleagues_who_signed_in_count_and_those_invited_are_told(start_console: StartConsole) -> None:
    console = start_console("")
    manager = console.sign_in(Role.MANAGER)
    console.add_member()
    page = manager.get(PATH).text
    assert "Nobody else has signed in. 1 has an account and never signed in." in page
    assert "Ask them to open the link in their invitation, or to sign in." in page
    assert "Not done" in page.partition('id="line-colleagues"')[2].partition("</h2>")[0]

    console.sign_in(Role.STAFF)
    page = manager.get(PATH).text
    assert "2 people have signed in. 1 has an account and never signed in." in page
    assert "Done" in page.partition('id="line-colleagues"')[2].partition("</h2>")[0].replace("Not done", "")


def test_what_other_systems_do_is_seen(start_console: StartConsole) -> None:
    console = start_console("")
    browser = console.sign_in(Role.MANAGER)
    assert done(browser) == set()

    begin(console.url, WIDGET_KEY, console.settings.public_url)
    console.text(TEXT, message_sid=f"SM{'0' * 12}{'ab' * 10}")
    assert done(browser) == set(), "the service's own page, and a simulated text"

    begin(console.url, WIDGET_KEY, SITE)
    console.text(TEXT)
    console.work()
    assert done(browser) == {"chat", "number"}
    console.twilio.deliver(console.twilio.messages[-1].sid, "delivered")
    with console.edit() as session:
        record_action(session, staff_id=None, practice=None, action="backed_up", subject="backup")
    assert done(browser) == {"chat", "number", "delivery", "backup"}


def test_tests_go_out_and_say_what_became_of_them(
    settings: Settings, console_of: Callable[[Settings], Console], hook: HookReceiver
) -> None:
    on_call, billing = hook.apprise_url("/on-call"), "json://10.0.0.1/"
    teams = f'teams = {{ on_call = {{ notify = ["{on_call}"] }}, billing = {{ notify = ["{billing}"] }} }}'
    teams += f'\nescalation = [{{ number = "{PHONE}", after_minutes = 5 }}]'
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{teams}\n', 1))
    with SmtpStandIn() as mail:
        console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
        browser = console.sign_in(Role.MANAGER)
        assert browser.member is not None
        assert done(browser) == {"teams"}

        assert "sending…" in begin_test(browser, "on_call").text
        begin_test(browser, "on_call")  # pressed twice, sent once
        begin_test(browser, "email")
        begin_test(browser, "billing")
        console.work()

        page = browser.get(PATH).text
        assert done(browser) == {"teams", "on_call", "email"}
        assert "On call, address 1 (json): the provider took it on" in page
        assert "Escalation contact 1 (number ending in 0113): the provider took it on" in page
        (text,) = console.twilio.messages
        assert (text.to, text.body.startswith("Test notice from Intake at Maple Street.")) == (PHONE, True)
        assert "Billing, address 1 (json): not sent on" in page
        assert "the address leads into the network" in page
        (notice,) = hook.notifications
        assert notice.path == "/on-call"
        assert [sent.recipient for sent in mail.mails] == [browser.member.email]
    assert NOTHING_TO_TEST in begin_test(browser, "clinical").text
    assert NOTHING_TO_TEST in begin_test(browser, "nonsense").text
    with console.database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "setup_tested")
        assert [entry.detail["what"] for entry in session.scalars(query)] == ["on_call", "on_call", "email", "billing"]
        assert "on-call" not in str(session.execute(select(SetupTest.__table__)).all())


def test_tests_are_limited(start_console: StartConsole, hook: HookReceiver) -> None:
    console = start_console(f'teams = {{ on_call = {{ notify = ["{hook.apprise_url()}"] }} }}')
    browser = console.sign_in(Role.MANAGER)
    assert browser.member is not None
    with console.edit() as session:
        session.add_all(
            SetupTest(practice="demo", kind="notice", target=str(number), staff_id=browser.member.id, created_at=now())
            for number in range(MOST_TESTS)
        )

    assert TOO_OFTEN in begin_test(browser, "on_call").text
    assert console.sign_in(Role.STAFF).post(f"{PATH}/tests", data={"what": "on_call"}).status_code == 403


def test_a_phone_that_texted_stop_is_not_tested(start_console: StartConsole) -> None:
    console = start_console(f'teams = {{ on_call = {{ notify = ["sms:{PHONE}"] }} }}')
    console.text("STOP", from_=PHONE)
    console.work()
    before = len(console.twilio.messages)
    browser = console.sign_in(Role.MANAGER)
    begin_test(browser, "on_call")
    console.work()

    assert "this number texted STOP" in browser.get(PATH).text
    assert len(console.twilio.messages) == before


def test_after_the_first_admin_came_sign_in_leads_to_the_checklist_until_it_was_seen(console: Console) -> None:
    with console.edit() as session:
        token = offer_link(session, now()) or ""
        make_first_admin(
            session, token, email="ada@maple.example", name="Ada", password=PASSWORD, practices=["demo"], moment=now()
        )
    staff, ada = console.add_member(Role.STAFF), console.browser()
    manager = console.add_member(Role.MANAGER, email="mia@maple.example")

    assert console.browser().sign_in(staff).headers["Location"] == "/staff/"
    assert ada.sign_in(manager).headers["Location"] == PATH
    assert (
        console.browser().sign_in(manager, to="/staff/sign-in?next=/staff/review").headers["Location"]
        == "/staff/review"
    )
    page = ada.get(PATH).text
    assert 'href="/staff/settings/demo/teams"' in page
    assert 'href="/staff/settings/demo/questions"' in page
    assert 'href="/staff/accounts"' not in page, "which only administrators may open"
    assert console.browser().sign_in(manager).headers["Location"] == "/staff/"
