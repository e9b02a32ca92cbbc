"""Mail by machines and by staff: a report marks the mail that was lost, neither is a patient, and a person is heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string
from typing import Any

import pytest

from classifier import Classifier
from inbox.accounts.members import add_member
from inbox.models import (
    Conversation,
    Decision,
    Delivery,
    DeliveryState,
    Message,
    Notification,
    NotificationState,
    Review,
    Role,
)
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import BY_PROGRAM, Priority, SenderDoubt, Silence, TriageLevel, words_of
from tasks.carriers.email_message import delivery_key
from tasks.carriers.protocol import OutgoingMessage
from tasks.carriers.staff_mail import sign_staff_mail
from tasks.messages.line_to_staff import LINE
from tasks.notification.targets import CONSOLE
from tasks.routing.decide import Facts, decide
from tests.service import Service
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import TwilioStandIn
from tests.webhooks.email.test_routes import PRACTICE, SECRET, email
from tests.world import PRACTICES_TOML
from webhooks.email.raw_email import read_raw_email
from webhooks.email.reports import read_report

OURS = f"<{'ab' * 20}@maple.example>"
CHEST = "I have crushing chest pain and I can't breathe"
HELPLINE = "If this is an emergency, call 911. For thoughts of suicide, call 988."
STANDARD = 'multipart/report; report-type=delivery-status; boundary="b"'
DESK = "desk@maple-staff.example"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.patient.example>"
RETURNED = json.dumps({"to": [PRACTICE], "from": ""})


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(update={"smtp_url": smtp.url, "email_webhook_secret": SECRET})


def postfix(message_id: str, *, action: str = "failed") -> bytes:
    """A report as Postfix writes it, with the headers of the mail."""
    return (
        f"From: {DAEMON}\r\nTo: {PRACTICE}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Auto-Submitted: auto-replied\r\nMessage-ID: <1@mx.patient.example>\r\nContent-Type: {STANDARD}\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you that your message could not be "
        f"delivered.\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.patient.example"
        f"\r\n\r\nFinal-Recipient: rfc822; ana@patient.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: {PRACTICE}\r\nMessage-ID: {message_id}\r\n\r\n--b--\r\n"
    ).encode()


def qmail(message_id: str) -> str:
    return (
        "Hi. This is the qmail-send program at patient.example.\nI'm afraid I wasn't able to deliver your message to "
        "the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<ana@patient.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the "
        f"message.\n\nFrom: {PRACTICE}\nSubject: Re: My bill\nMessage-ID: {message_id}\n\n{HELPLINE}\n"
    )


def bounce(service: Service, text: str, **changes: Any) -> None:
    """Posts what a mail server reports."""
    given = {"subject": "failure notice", "message_id": "<9@x.example>", "from_": DAEMON, "envelope": RETURNED}
    email(service, text, **{**given, **changes})
    service.work()


def sent_mail(service: Service, smtp: SmtpStandIn, text: str = "Why was I charged twice?") -> str:
    """Has a patient answered, and returns the Message-ID of the answer."""
    email(service, text)
    service.work()
    return str(smtp.mails[0].message["Message-ID"])


# ---- what a report says


def test_a_standard_report_names_the_mail_and_what_became_of_it() -> None:
    found = read_raw_email(postfix(OURS), recipients=(PRACTICE,), return_path="")

    assert found.report is not None
    assert (found.report.message_ids, found.report.has_failed) == ((OURS,), True)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_mail_that_may_still_arrive_has_not_failed(action: str) -> None:
    found = read_raw_email(postfix(OURS, action=action), recipients=(PRACTICE,), return_path="")

    assert found.report is not None
    assert not found.report.has_failed


@pytest.mark.parametrize(
    ("headers", "return_path", "is_report", "has_failed"),
    [
        ("Subject: failure notice", "", True, True),
        ("Subject: Warning: message 1abc delayed 24 hours", "", True, False),
        ("Subject: Re: My bill\nFrom: postmaster@patient.example", "", True, True),
        ("Subject: Your mail\nFrom: postmaster@patient.example", "postmaster@patient.example", False, False),
        (f"Subject: Re: My bill\nFrom: ana@patient.example\nIn-Reply-To: {OURS}", "ana@patient.example", False, False),
        (f"Subject: Re: My bill\nFrom: ana@patient.example\nReferences: {OURS}", "", False, False),
        (
            "From: ana@patient.example\nContent-Type: multipart/report; report-type=disposition-notification",
            "",
            False,
            False,
        ),
    ],
    ids=["qmail", "delay", "postmaster", "person", "answer", "answer without a return path", "read receipt"],
)
def test_only_a_mail_server_reports(headers: str, return_path: str, is_report: bool, has_failed: bool) -> None:
    given = message_from_string(headers if "From:" in headers else f"From: {DAEMON}\n{headers}")
    sender = str(given["From"]).rpartition("<")[2].rstrip(">")
    found = read_report(given, sender, return_path, [qmail(OURS)])

    assert (found is not None) is is_report
    assert (found is not None and found.has_failed) is has_failed


def test_a_message_id_cannot_be_guessed() -> None:
    text = OutgoingMessage(None, "ana@patient.example", PRACTICE, "Hello", None)  # type: ignore[arg-type]

    assert delivery_key(text, "intake.example", "a secret") != delivery_key(text, "intake.example", "another")


# ---- a mail of ours comes back


@pytest.mark.parametrize("kind", ["qmail", "standard", "reference"])
def test_a_mail_that_came_back_has_failed_and_its_report_is_no_message(
    service: Service, smtp: SmtpStandIn, kind: str
) -> None:
    ours = sent_mail(service, smtp)
    match kind:
        case "qmail":
            bounce(service, qmail(ours))
        case "standard":
            headers = ("headers", f"Message-ID: {ours}\r\n".encode(), "text/rfc822-headers")
            bounce(service, HELPLINE, headers={"Content-Type": STANDARD}, files=(headers,))
        case _:
            bounce(service, HELPLINE, headers={"References": ours})

    [delivery] = service.rows(Delivery)
    assert (delivery.state, delivery.error_code) == (DeliveryState.FAILED, "bounced")
    assert len(service.rows(Message)) == len(service.rows(Conversation)) == 1
    [_, told] = service.rows(Notification)
    assert (told.team, told.reason) == ("front_desk", "undelivered")


def test_on_call_hears_that_the_words_for_an_emergency_never_arrived(service: Service, smtp: SmtpStandIn) -> None:
    bounce(service, qmail(sent_mail(service, smtp, CHEST)))

    reasons = [notice.reason for notice in service.rows(Notification)]
    assert reasons == ["urgent", "unanswered_emergency"]
    assert len(service.rows(Message)) == 1


def test_a_mail_that_is_late_has_not_failed_and_nobody_is_told(service: Service, smtp: SmtpStandIn) -> None:
    bounce(service, qmail(sent_mail(service, smtp)), subject="Warning: could not send message for past 4 hours")

    assert service.rows(Delivery)[0].state == DeliveryState.SENT
    assert len(service.rows(Message)) == len(service.rows(Notification)) == 1


def test_a_report_of_a_mail_that_nobody_sent_changes_nothing_and_a_person_reads_it(
    service: Service, smtp: SmtpStandIn
) -> None:
    sent_mail(service, smtp)
    bounce(service, f"{qmail(OURS)}\n{CHEST}")

    [delivery] = service.rows(Delivery)
    assert delivery.state == DeliveryState.SENT
    assert [message.doubt for message in service.rows(Message)] == [None, SenderDoubt.BOUNCE]
    told = service.rows(Decision)[1]
    assert (told.route, told.priority, told.reply) == ("review", "normal", None)
    assert service.rows(Conversation)[1].triage is None


def test_a_report_counts_for_the_practice_that_sent_the_mail_alone(service: Service, smtp: SmtpStandIn) -> None:
    ours = sent_mail(service, smtp)
    bounce(service, qmail(ours), to=("hello@harbor.example",), envelope=None)

    assert service.rows(Delivery)[0].state == DeliveryState.SENT
    assert len(service.rows(Message)) == 2


# ---- mail to staff comes back


@pytest.fixture
def desk(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Service]:
    """A service whose teams are notified by mail."""
    teams = "".join(f'{team} = {{ notify = ["mailto:{DESK}"] }}\n' for team in ("billing", "front_desk", "review"))
    steps = '[[practice.escalation]]\nemail = "kim@maple-staff.example"\nafter_minutes = 5\n'
    toml = PRACTICES_TOML.replace("[practice.hours]", f"[practice.teams]\n{teams}{steps}[practice.hours]", 1)
    settings.practices_file.write_text(toml)
    with Service(settings, classifier, twilio) as running:
        yield running


def notice_in(smtp: SmtpStandIn) -> str:
    """Returns the Message-ID of the notice that went out."""
    [notice] = [mail for mail in smtp.mails if mail.recipient == DESK]
    return str(notice.message["Message-ID"])


def test_a_notice_that_came_back_has_failed_and_causes_no_more_mail(desk: Service, smtp: SmtpStandIn) -> None:
    email(desk)
    desk.work()
    notice = notice_in(smtp)
    sent = len(smtp.mails)
    for number in range(2):
        bounce(desk, qmail(notice), message_id=f"<{number}@x.example>")

    assert {row.state for row in desk.rows(Notification) if row.target != CONSOLE} == {NotificationState.FAILED}
    assert len(desk.rows(Message)) == 1
    assert len(smtp.mails) == sent


def test_a_notice_that_is_late_was_sent(desk: Service, smtp: SmtpStandIn) -> None:
    email(desk)
    desk.work()
    bounce(desk, qmail(notice_in(smtp)), subject="Warning: message delayed")

    assert {row.state for row in desk.rows(Notification)} == {NotificationState.SENT}
    assert len(desk.rows(Message)) == 1


@pytest.mark.parametrize("about", ["link-7-1", "member-7-1", "test-7"], ids=["account", "mention", "test"])
def test_other_mail_to_staff_that_came_back_is_no_message(desk: Service, about: str) -> None:
    bounce(desk, qmail(f"<{sign_staff_mail(about, desk.settings.secret_key)}@maple.example>"))

    assert desk.rows(Message) == []


def test_a_made_up_notice_came_back_to_nobody(desk: Service, smtp: SmtpStandIn) -> None:
    email(desk)
    desk.work()
    bounce(desk, qmail(f"<{sign_staff_mail('notice-1-2-xab', 'a guess')}@maple.example>"))

    assert NotificationState.FAILED not in {row.state for row in desk.rows(Notification)}
    assert len(desk.rows(Message)) == 2


# ---- other mail by machines


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated; owner-email=ana@patient.example", "In-Reply-To": "<1@maple.example>"},
        {"X-Autoreply": "yes"},
        {"Precedence": "auto_reply"},
        {"Content-Type": "multipart/report; report-type=disposition-notification"},
    ],
    ids=["answered", "made", "responder", "precedence", "read receipt"],
)
def test_what_a_program_wrote_pages_nobody_but_a_person_looks_soon(
    service: Service, smtp: SmtpStandIn, headers: dict[str, str]
) -> None:
    email(service, CHEST, headers=headers)
    service.work()

    [told] = service.rows(Decision)
    assert (told.route, told.priority, told.team) == ("review", "high", "review")
    assert service.rows(Message)[0].doubt in BY_PROGRAM
    assert service.rows(Conversation)[0].triage is None
    assert smtp.mails == []


AWAY = "I am out of the office until Monday. For anything urgent, call my colleague."


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("Automatic reply: Your visit", {"Auto-Submitted": "auto-replied"}),
        ("Automatic reply: Your visit", {"Auto-Submitted": "auto-generated", "In-Reply-To": "<1@maple.example>"}),
        ("Respuesta automática: Su cita", {"Auto-Submitted": "auto-generated", "In-Reply-To": "<1@maple.example>"}),
        ("Automatic reply: Your visit", {"X-Autoreply": "yes"}),
    ],
    ids=["marked", "Exchange", "Exchange in Spanish", "responder"],
)
def test_a_responders_mail_is_kept_and_nobody_waits_in_it_or_is_told_or_labels_it(
    service: Service, smtp: SmtpStandIn, subject: str, headers: dict[str, str]
) -> None:
    email(service, AWAY, subject=subject, headers=headers)
    service.work()

    [conversation] = service.rows(Conversation)
    assert (conversation.state, conversation.waiting_since, conversation.priority) == ("closed", None, None)
    [told] = service.rows(Decision)
    assert (words_of(told.route), told.team, told.priority) == ("Automatic reply", None, None)
    assert (service.rows(Review), service.rows(Notification), smtp.mails) == ([], [], [])


@pytest.mark.parametrize("level", [{"triage": TriageLevel.SAME_DAY}, {"visit_soon": True}], ids=["same day", "visit"])
def test_a_responders_mail_that_is_pressing_goes_where_its_words_belong(level: dict[str, Any]) -> None:
    practice = Practice.model_validate(
        {"slug": "demo", "name": "Maple", "phone": "+12025550100", "time_zone": "America/New_York"}
    )
    facts = Facts("clinical_concern", 0.99, 0.6, doubt=SenderDoubt.AUTO_REPLY, **level)

    assert decide(facts, practice) == decide(replace(facts, doubt=SenderDoubt.PROGRAM), practice)


@pytest.mark.parametrize("doubt", [SenderDoubt.PROGRAM, SenderDoubt.BOUNCE])
def test_no_setting_makes_an_alarm_of_what_a_program_wrote(doubt: SenderDoubt) -> None:
    routes = {route: {"priority": "urgent"} for route in ("review", "complaint", "billing_inquiry")}
    practice = Practice.model_validate(
        {"slug": "demo", "name": "Maple", "phone": "+12025550100", "time_zone": "America/New_York", "routes": routes}
    )
    facts = Facts("complaint", 0.99, 0.6, also=("billing_inquiry",), doubt=doubt)
    plan = decide(facts, practice)

    assert {plan.priority, *(told.priority for told in plan.also)} == {Priority.HIGH}


def test_what_a_program_wrote_is_sorted_by_its_words_if_it_shows_no_danger(service: Service) -> None:
    email(service, "Why was I charged twice for my visit in March?", headers={"Auto-Submitted": "auto-generated"})
    service.work()

    assert service.rows(Decision)[0].route == "billing_inquiry"


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"X-Auto-Response-Suppress": "All"}},
        {"headers": {"Precedence": "list", "List-Id": "<family.example>"}},
        {"headers": {"Precedence": "bulk", "List-Unsubscribe": "<https://family.example>"}},
        {"headers": {"Auto-Submitted": "no"}},
        {"headers": {"Auto-Submitted": "auto-generated"}},  # such as what a website's form mails
        {"envelope": RETURNED},
        {"from_": "Ana Lopez <no-reply@forms.example>"},
    ],
    ids=["exchange", "list", "bulk", "no", "a form", "forwarded without a return path", "a form's server"],
)
def test_a_person_in_danger_is_heard_however_a_server_marked_the_mail(
    service: Service, smtp: SmtpStandIn, changes: dict[str, Any]
) -> None:
    email(service, CHEST, **changes)
    service.work()

    [told] = service.rows(Decision)
    assert (told.route, told.priority, told.team) == ("urgent", "urgent", "on_call")


# ---- staff write to where patients write


REACHED = "I can't reach her, she says her chest hurts. Please try again in an hour. Lea"
FROM_DESK = {"from_": f"Desk <{DESK}>", "dkim": "{@maple-staff.example : pass}"}


def answer(service: Service, notice: str, text: str = REACHED, **changes: Any) -> None:
    """Posts what somebody of the staff writes in answer to a notice."""
    given = {"subject": "Re: [normal] Billing", "headers": {"In-Reply-To": notice}, **FROM_DESK}
    email(service, text, **{**given, **changes})
    service.work()


def lines_to(smtp: SmtpStandIn, address: str) -> list[str]:
    """Returns the lines to staff that an address got."""
    return [mail.text for mail in smtp.mails if mail.recipient == address and mail.text == LINE]


def test_who_answers_a_notice_is_no_patient_and_learns_once_a_day_that_nobody_takes_it_as_acknowledged(
    desk: Service, smtp: SmtpStandIn
) -> None:
    email(desk)
    desk.work()
    notice = notice_in(smtp)
    for number in range(2):
        answer(desk, notice, f"{REACHED} {number}", message_id=f"<{number}@maple-staff.example>")

    assert len(lines_to(smtp, DESK)) == 1
    told = service_decisions(desk)
    assert told == [("billing_inquiry", None), ("review", Silence.FROM_STAFF), ("review", Silence.FROM_STAFF)]
    assert [decision.priority for decision in desk.rows(Decision)] == ["normal", "high", "high"]
    _, of_desk = desk.rows(Conversation)
    assert (of_desk.patient_address, of_desk.triage) == (DESK, None)
    assert REACHED in desk.rows(Message)[1].text


def service_decisions(service: Service) -> list[tuple[str, Silence | None]]:
    return [(decision.route, decision.silence) for decision in service.rows(Decision)]


def test_a_nurse_may_answer_from_an_address_that_nobody_knows(desk: Service, smtp: SmtpStandIn) -> None:
    email(desk)
    desk.work()
    answer(desk, notice_in(smtp), from_="Lea <lea@elsewhere.example>", dkim="{@elsewhere.example : pass}")

    assert len(lines_to(smtp, "lea@elsewhere.example")) == 1
    assert desk.rows(Message)[1].doubt == SenderDoubt.STAFF_ANSWER


@pytest.mark.parametrize("who", ["team", "escalation", "member"])
def test_what_staff_forward_may_be_an_alarm_and_they_get_the_line(desk: Service, smtp: SmtpStandIn, who: str) -> None:
    address = {"team": DESK, "escalation": "kim@maple-staff.example", "member": "mira@maple-staff.example"}[who]
    with desk.edit() as session:
        add_member(session, "mira@maple-staff.example", "Mira", Role.STAFF, ["demo"], "correct horse battery")
    answer(desk, "<1@patient.example>", CHEST, from_=address)

    assert service_decisions(desk) == [("urgent", Silence.FROM_STAFF)]
    assert desk.rows(Message)[0].doubt == SenderDoubt.STAFF
    assert len(lines_to(smtp, address)) == 1


def test_an_account_of_another_practice_may_be_a_patients(desk: Service) -> None:
    with desk.edit() as session:
        add_member(session, "ana@patient.example", "Ana", Role.STAFF, ["other"], "correct horse battery")
    email(desk)

    assert desk.rows(Message)[0].doubt is None


def test_the_line_does_not_go_where_nothing_proves_that_staff_wrote(desk: Service, smtp: SmtpStandIn) -> None:
    answer(desk, "<1@patient.example>", SPF="fail", dkim="none")

    assert desk.rows(Message)[0].doubt == SenderDoubt.STAFF
    assert lines_to(smtp, DESK) == []


def test_a_vacation_message_in_answer_to_a_notice_is_dropped(desk: Service, smtp: SmtpStandIn) -> None:
    email(desk)
    desk.work()
    sent, notice = len(smtp.mails), notice_in(smtp)
    answer(desk, notice, "I'm on vacation.", headers={"In-Reply-To": notice, "Auto-Submitted": "auto-replied"})

    assert len(desk.rows(Message)) == 1
    assert len(smtp.mails) == sent
