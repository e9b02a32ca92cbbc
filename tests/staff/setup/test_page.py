"""The setup checklist end to end: what arrives is seen, tests go out, and their results are in words on the page."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from inbox.accounts.first_admin import make_first_admin, offer_link
from inbox.audit.trail import record_action
from inbox.models import AuditEntry, Patient, Role, SetupTest, SetupTestKind, StaffMember, now
from inbox.patients.book import add_address
from intake.settings import Settings
from staff.setup.page import NOTHING_TO_TEST, TOO_OFTEN
from staff.setup.progress import MOST_TESTS
from staff.setup.text_test import (
    KNOWN,
    MOST_TEXTS,
    MOST_TEXTS_A_DAY,
    NO_NUMBER,
    OUT_OF_DATE,
    OWN,
    STOPPED,
    TOO_MANY_TODAY,
)
from tests.chat_client import begin
from tests.staff.conftest import PASSWORD, Browser, Console, StartConsole
from tests.standins.hook import HookReceiver
from tests.standins.smtp import SmtpStandIn
from tests.world import DEMO_NUMBER, PRACTICES_TOML, SITE, WIDGET_KEY

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


# ---- texting a phone of the staff


def ask_for_text(browser: Browser, phone: str, form_id: str = "") -> requests.Response:
    """Press "Text my phone", with the form of the page as it is shown, unless another is named."""
    [shown] = re.findall(r'name="form_id" value="(\w+)"', browser.get(PATH).text)
    return browser.post(PATH, data={"phone": phone, "form_id": form_id or shown})


def problem(refused: requests.Response) -> str:
    assert refused.status_code == 409
    found = re.search(r'id="phone-problem" role="alert">(.*?)</p>', refused.text)
    assert found
    return found[1]


def test_a_phone_is_texted_as_patients_are_and_the_report_on_it_completes_the_line(
    console: Console, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = console.sign_in(Role.MANAGER)
    form_id = "ab" * 16
    for _ in range(2):  # pressed twice, sent once
        assert ask_for_text(browser, "(202) 555-0113", form_id).status_code == 303
    assert "Test text to the number ending in 0113" in browser.get(PATH).text
    console.work()

    (text,) = console.twilio.messages
    assert (text.to, text.body) == (
        PHONE,
        "Maple Street: This is a test text for our staff. No reply needed. Reply STOP to opt out.",
    )
    assert "delivery" not in done(browser)
    console.twilio.deliver(text.sid, "delivered")
    assert "delivery" in done(browser)
    assert re.search(r"ending in 0113, [^<]*: Delivered", browser.get(PATH).text)
    assert "No conversation is open." in browser.get("/staff/").text
    with console.database.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "setup_tested"))
        assert entry.detail == {"what": "text", "tests": [1]}
        assert "5550113" not in str(session.execute(select(SetupTest.__table__)).all())
    assert f"POST {PATH}" in caplog.text
    assert "5550113" not in caplog.text


def test_the_figures_count_no_test_text(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    figures = "/staff/figures/figures.csv?period=7"
    before = browser.get(figures).text
    ask_for_text(browser, PHONE)
    console.work()
    console.twilio.deliver(console.twilio.messages[-1].sid, "delivered")

    assert browser.get(figures).text == before


def test_a_form_texts_one_number(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    ask_for_text(browser, PHONE, "cd" * 16)
    assert problem(ask_for_text(browser, "+12025550114", "cd" * 16)) == f"Not sent. {OUT_OF_DATE}"
    assert problem(ask_for_text(browser, "+12025550114", "made up")) == f"Not sent. {OUT_OF_DATE}"


def test_an_answer_to_a_test_text_comes_in_like_a_patients(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    ask_for_text(browser, PHONE)
    console.work()
    console.text(TEXT, from_=PHONE)
    console.work()

    assert TEXT in browser.get("/staff/").text
    assert problem(ask_for_text(browser, PHONE)) == f"Not sent. {KNOWN}"


def test_a_test_text_that_is_not_delivered_says_why_and_opens_nothing(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    ask_for_text(browser, PHONE)
    console.work()
    console.twilio.deliver(console.twilio.messages[-1].sid, "undelivered", 30005)

    page = browser.get(PATH).text
    assert re.search(r'class="failed">Test text to [^<]*: Not delivered: the number does not exist', page)
    assert "No conversation is open." in browser.get("/staff/").text


def test_a_number_that_must_not_be_tested_is_refused_in_words_and_stays_in_the_field(console: Console) -> None:
    console.text("STOP", from_=PHONE)
    console.work()
    before = len(console.twilio.messages)
    with console.edit() as session:
        patient = Patient(practice="demo", name="X", name_index="x", last_name_index="x")
        session.add(patient)
        session.flush()
        add_address(session, patient, "+12025550114")
    browser = console.sign_in(Role.MANAGER)

    refused = ask_for_text(browser, "555")
    assert 'value="555"' in refused.text
    said = {number: problem(ask_for_text(browser, number)) for number in ("555", PHONE, "+12025550114", DEMO_NUMBER)}
    assert list(said.values()) == [f"Not sent. {why}" for why in (NO_NUMBER, STOPPED, KNOWN, OWN)]
    console.work()
    assert len(console.twilio.messages) == before


def test_test_texts_are_limited(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    for number in range(MOST_TEXTS):
        assert ask_for_text(browser, f"+120255501{number:02}").status_code == 303
    assert ask_for_text(browser, PHONE).status_code == 303

    assert TOO_OFTEN in browser.get(PATH).text
    console.work()
    assert len(console.twilio.messages) == MOST_TEXTS


def test_a_day_has_so_many_test_texts(console: Console) -> None:
    browser = console.sign_in(Role.MANAGER)
    earlier = now() - timedelta(hours=23)
    with console.edit() as session:
        session.add_all(
            SetupTest(practice="demo", kind=SetupTestKind.TEXT, target="1", staff_id=1, created_at=earlier)
            for _ in range(MOST_TEXTS_A_DAY)
        )

    refused = ask_for_text(browser, PHONE)

    assert refused.status_code == 409
    assert f"Not sent. {TOO_MANY_TODAY}" in refused.text
    console.work()
    assert console.twilio.messages == []


def test_what_has_no_button_says_why_and_the_chat_has_a_link_to_its_site(console: Console) -> None:
    page = console.sign_in(Role.MANAGER).get(PATH).text

    assert f'<a href="{SITE}" target="_blank" rel="noopener noreferrer">' in page
    for key in ("number", "backup"):
        assert "No button" in page.partition(f'id="line-{key}"')[2].partition("</li>")[0]
