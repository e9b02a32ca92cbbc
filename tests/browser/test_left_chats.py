"""A visitor who has left the chat is answered by text or email, and the member reads which before they write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from inbox.models import Conversation, Delivery, now
from intake.settings import Settings
from intake.vocabulary import Medium
from tests.browser.site import PracticeSite, script_tag, strict_policy
from tests.browser.test_console import PLACE, SignIn, console_of, new_profile, sign_in
from tests.browser.visitor import Chat, Visitor
from tests.staff.conftest import Console
from tests.standins.smtp import SmtpStandIn
from tests.world import SITE, WIDGET_KEY, without_quiet_hours

__all__ = ["console_of", "new_profile", "sign_in"]

RECORDS = "Did you get my records?"
ANSWER = "Yes, we have your records."
HAS_LEFT = "The patient has left the chat. Your reply goes out"


@pytest.fixture
def console(
    settings: Settings, console_of: Callable[[Settings], Console], site: PracticeSite, smtp: SmtpStandIn
) -> Console:
    """A practice that can send mail, and whose site may embed its chat."""
    settings.practices_file.write_text(without_quiet_hours().replace(SITE, site.origin))
    return console_of(settings.model_copy(update={"smtp_url": smtp.url}))


@pytest.fixture
def patient(console: Console, new_profile: Callable[..., Visitor], site: PracticeSite) -> Chat:
    address = site.page("/", policy=strict_policy(console.url), head=script_tag(console.url, WIDGET_KEY))
    return new_profile().visit(address, WIDGET_KEY).open()


def ask(console: Console, patient: Chat, text: str) -> None:
    expect(patient.say(text)).to_have_attribute("data-state", "sent")
    console.work()


def leave(console: Console, patient: Chat) -> None:
    """Has the visitor close the page, five minutes ago."""
    patient.page.close()
    with console.edit() as session:
        session.scalars(select(Conversation)).one().chat_seen_at = now() - timedelta(minutes=5)


def answer(console: Console, page: Page) -> Delivery:
    page.get_by_label("Your reply").fill(ANSWER)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread .staff .text")).to_contain_text(ANSWER)
    console.work()
    expect(page.locator("#thread .staff .status")).to_contain_text("Sent")
    return console.rows(Delivery)[-1]


def test_who_left_the_chat_and_an_email_address_reads_the_answer_in_an_email(
    console: Console, sign_in: SignIn, patient: Chat, smtp: SmtpStandIn
) -> None:
    ask(console, patient, RECORDS)
    ask(console, patient, "my email is ann@example.com")
    leave(console, patient)
    page = sign_in(PLACE)
    expect(page.get_by_text(f"{HAS_LEFT} by email instead.")).to_be_visible()

    delivery = answer(console, page)

    assert delivery.medium == Medium.EMAIL
    [mail] = smtp.mails
    assert mail.recipient == "ann@example.com"


def test_who_left_the_chat_and_agreed_to_texts_reads_the_answer_in_a_text(
    console: Console, sign_in: SignIn, patient: Chat, smtp: SmtpStandIn
) -> None:
    patient.dialog.get_by_text("optional").first.click()
    patient.dialog.get_by_role("textbox", name="Your phone (optional)").fill("202 555 0123")
    ask(console, patient, RECORDS)
    leave(console, patient)
    page = sign_in(PLACE)
    expect(page.get_by_text(f"{HAS_LEFT} by text message instead.")).to_be_visible()

    delivery = answer(console, page)

    assert delivery.medium == Medium.SMS
    [text] = [sent for sent in console.twilio.messages if sent.to == "+12025550123"]
    assert ANSWER in text.body
    assert smtp.mails == []


def test_who_left_the_chat_and_no_address_finds_the_answer_there_which_the_member_is_told(
    console: Console, sign_in: SignIn, patient: Chat
) -> None:
    ask(console, patient, RECORDS)
    leave(console, patient)
    page = sign_in(PLACE)
    expect(page.locator("#left")).to_contain_text("They see your reply only if they come back.")

    page.get_by_label("Your reply").fill(ANSWER)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thread .staff .text")).to_have_text(ANSWER)
    console.work()

    assert console.rows(Delivery)[-1].medium == Medium.CHAT
