"""An email comes in as SendGrid posts it: stored once, answered by email, and never in a circle."""

from __future__ import annotations

import json
import socket
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from inbox.attachments.rows import MOST_BYTES, read_contents
from inbox.models import (
    Attachment,
    AttachmentKind,
    AttachmentState,
    Conversation,
    Decision,
    Delivery,
    DeliveryState,
    Message,
    Notification,
    Refusal,
)
from intake.settings import Settings
from tests.pictures import HTML, PDF, PLACE, phone_photo
from tests.sent_files import ARCHIVE, CARD, DOCX, HEIC, MOV, VOICE_MEMO, XLSM, pages
from tests.service import Service
from tests.standins.smtp import Fault, SmtpStandIn, Stage
from webhooks.email.inbound_email import NOT_READ
from webhooks.multipart import LONGEST_FIELD

BILL = "Why was I charged twice for my visit in March?"
PATIENT = "ana@patient.example"
PRACTICE = "hello@maple.example"
SECRET = "a password for tests only"
BLANKS = " " * LONGEST_FIELD
TIMEOUT = 30


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(update={"smtp_url": smtp.url, "email_webhook_secret": SECRET})


def email(
    service: Service,
    text: str | bytes | None = BILL,
    *,
    subject: str = "My bill",
    from_: str = f"Ana Lopez <{PATIENT}>",
    to: tuple[str, ...] = (PRACTICE,),
    message_id: str | None = "<abc@patient.example>",
    headers: dict[str, str] | None = None,
    files: tuple[tuple[str, bytes, str], ...] = (),
    password: str | None = SECRET,
    **changes: str | bytes | None,
) -> requests.Response:
    """Posts an email as SendGrid does."""
    lines = {"From": from_, "To": ", ".join(to), "Subject": subject, "Message-ID": message_id} | (headers or {})
    fields: dict[str, str | bytes | None] = {
        "headers": "".join(f"{name}: {value}\n" for name, value in lines.items() if value is not None),
        "from": from_,
        "to": ", ".join(to),
        "subject": subject,
        "text": text,
        "envelope": json.dumps({"to": list(to), "from": from_.rpartition("<")[2].rstrip(">")}),
        "charsets": '{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"utf-8"}',
        "SPF": "pass",
        "dkim": "{@patient.example : pass}",
    } | changes
    posted: list[tuple[str, Any]] = [(name, (None, value)) for name, value in fields.items() if value is not None]
    posted += [(f"attachment{number}", file) for number, file in enumerate(files, start=1)]
    auth = None if password is None else ("sendgrid", password)
    return requests.post(f"{service.url}/email/inbound", files=posted, auth=auth, timeout=TIMEOUT)


# ---- a patient writes, and is answered


def test_a_question_by_email_is_answered_in_its_thread(service: Service, smtp: SmtpStandIn) -> None:
    answer = email(service)
    service.work()

    assert (answer.status_code, answer.json()) == (200, {"message": "received"})
    [mail] = smtp.mails
    assert (mail.sender, mail.recipient) == (PRACTICE, PATIENT)
    assert mail.message["From"] == f"Maple Street <{PRACTICE}>"
    assert mail.message["Subject"] == "Re: My bill"
    assert mail.message["In-Reply-To"] == "<abc@patient.example>"
    assert mail.message["Auto-Submitted"] == "auto-replied"
    assert "bill" in mail.text
    assert "STOP" not in mail.text
    assert service.rows(Delivery)[0].state == DeliveryState.SENT


def test_an_email_is_stored_with_who_sent_it(service: Service) -> None:
    email(service)

    [message], [conversation] = service.rows(Message), service.rows(Conversation)
    assert (message.text, message.subject) == (f"My bill. {BILL}", "My bill")
    assert (message.received_on, message.sender_message_id) == (PRACTICE, "<abc@patient.example>")
    assert (conversation.practice, conversation.channel) == ("demo", "email")
    assert (conversation.patient_address, conversation.contact_email) == (PATIENT, None)
    assert conversation.patient_name == "Ana Lopez"


HEADER = f"From: Maple Street <{PRACTICE}>\nSent: Monday, January 5, 2026 9:00 AM\nTo: Ana\nSubject: Re: My bill"


def test_the_answer_to_an_answer_is_stored_without_what_it_quotes(service: Service) -> None:
    quote = f"On Mon, Jan 5, 2026 at 9:00 AM Maple Street <{PRACTICE}> wrote:\n> In an emergency, call 911."
    email(service)
    email(service, f"And in April too?\n\n{quote}\n", subject="RE: My bill", message_id="<2@patient.example>")
    email(
        service,
        "Thank you.",
        subject="Re: Your message to Maple Street",
        message_id="<3@patient.example>",
    )

    messages = service.rows(Message)
    assert [message.text for message in messages[1:]] == ["And in April too?", "Thank you."]
    assert [message.trimmed for message in messages] == [None, quote, None]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("Re: severe chest pain, can't breathe", "Please call me back. Ana"),
        ("RE: Re: I took all my pills, I want to die", "Please read the subject"),
    ],
)
def test_a_subject_that_nobody_wrote_before_is_read_though_it_begins_like_a_replys(
    service: Service, subject: str, words: str
) -> None:
    email(service)
    email(service, words, subject=subject, message_id="<2@patient.example>")
    service.work()
    email(service, "Thank you, I am better.", subject=subject, message_id="<3@patient.example>")
    service.work()

    assert service.rows(Message)[1].text == f"{subject.rpartition('e: ')[2]}. {words}"
    assert [decision.route for decision in service.rows(Decision)][1] == "urgent"
    assert service.rows(Message)[2].text == "Thank you, I am better."


def test_danger_below_a_quotation_that_no_program_marked_is_read_once_and_what_we_wrote_never(service: Service) -> None:
    email(service)
    service.work()
    [reply] = service.rows(Delivery)
    quoted = f"Hi,\n\n{HEADER}\n\n{reply.body}\n\nI took all my pills and want to die\n"

    email(service, f"Thanks\n\n{HEADER}\n\n{reply.body}", subject="Re: My bill", message_id="<2@patient.example>")
    email(service, quoted, subject="Re: My bill", message_id="<3@patient.example>")
    email(service, quoted.replace("Hi,", "Hello?"), subject="Re: My bill", message_id="<4@patient.example>")
    service.work()

    texts = [message.text for message in service.rows(Message)]
    assert texts[1:] == ["Thanks", "Hi,\n\nI took all my pills and want to die", "Hello?"]
    assert [decision.route == "urgent" for decision in service.rows(Decision)] == [False, False, True, False]


def test_a_text_is_read_in_its_own_charset(service: Service) -> None:
    charsets = '{"text":"iso-8859-1","subject":"UTF-8"}'
    email(service, "¿Cuánto cuesta una visita?".encode("latin-1"), subject="Pregunta", charsets=charsets)

    assert service.rows(Message)[0].text == "Pregunta. ¿Cuánto cuesta una visita?"


def test_two_emails_of_one_patient_are_one_conversation(service: Service) -> None:
    email(service)
    email(service, "And in April too?", from_=PATIENT.upper(), message_id="<def@patient.example>")

    assert len(service.rows(Message)) == 2
    assert len(service.rows(Conversation)) == 1


def test_words_after_a_large_picture_in_html_are_read(service: Service) -> None:
    picture = "A" * 2 * LONGEST_FIELD
    html = f'<p>My leg:</p><img src="data:image/png;base64,{picture}"><p>When do you open?</p>'
    email(service, None, subject="", html=html)

    assert service.rows(Message)[0].text.split() == ["My", "leg:", "When", "do", "you", "open?"]
    assert service.rows(Conversation)[0].patient_address == PATIENT


@pytest.mark.parametrize("part", [{"text": f"{BILL}{BLANKS}"}, {"text": None, "html": f"{BILL}{BLANKS}"}])
def test_a_text_that_is_cut_off_goes_to_a_person(service: Service, smtp: SmtpStandIn, part: dict[str, Any]) -> None:
    email(service, **part)
    service.work()

    assert NOT_READ in (service.rows(Message)[0].media or "")
    assert len(service.rows(Notification)) == 1
    assert smtp.mails == []


# ---- sent again


def test_ten_concurrent_copies_are_stored_and_answered_once(service: Service, smtp: SmtpStandIn) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: email(service), range(10)))
    service.work()

    assert {answer.status_code for answer in answers} == {200}
    assert len(service.rows(Message)) == 1
    assert len(smtp.mails) == 1


def test_a_copy_of_an_email_without_an_id_is_known_by_its_headers(service: Service) -> None:
    for day in ("Mon", "Mon", "Tue"):
        email(service, message_id=None, headers={"Date": f"{day}, 05 Jan 2026 09:00:00 -0500"})

    assert len(service.rows(Message)) == 2


def test_a_stranger_who_knows_an_emails_id_does_not_keep_it_out(service: Service) -> None:
    email(service, "Good day", from_="stranger@attacker.example", message_id="<known@patient.example>")
    email(service, "My tooth hurts", message_id="<known@patient.example>")

    assert [row.text for row in service.rows(Message)][1].endswith("My tooth hurts")


def test_an_email_to_two_practices_is_stored_for_each(service: Service) -> None:
    for _ in range(2):
        email(service, to=(PRACTICE, "hello@harbor.example", "eva@other.example"))

    assert [conversation.practice for conversation in service.rows(Conversation)] == ["demo", "other"]
    assert len(service.rows(Message)) == 2


# ---- attachments


def test_attachments_are_checked_and_kept(service: Service, smtp: SmtpStandIn) -> None:
    files = (("card.jpg", phone_photo(), "image/jpeg"), ("letter.pdf", PDF, "application/pdf"), ("x.png", HTML, "x/y"))
    email(service, files=files)
    waiting = AttachmentState.WAITING
    assert [row.state for row in service.rows(Attachment)] == [waiting, waiting, AttachmentState.REFUSED]

    service.reconcile()

    listed = json.loads(service.rows(Message)[0].media or "[]")
    assert [item["content_type"] for item in listed] == ["image/jpeg", "application/pdf", "x/y"]
    card, letter, page = service.rows(Attachment)
    assert (card.kind, letter.kind, page.kind) == (AttachmentKind.PICTURE, AttachmentKind.PDF, None)
    assert (card.name, page.reason) == ("card.jpg", Refusal.UNSUPPORTED)
    assert PLACE.encode() not in (read_contents(service.context.files, card) or b"")
    assert read_contents(service.context.files, letter) == PDF

    service.reconcile()
    assert {name.partition(".")[0] for name in service.context.files.names()} == {card.file_id, letter.file_id}


def test_an_email_that_comes_in_again_leaves_one_copy_of_its_files(service: Service, smtp: SmtpStandIn) -> None:
    for _ in range(2):
        email(service, files=(("letter.pdf", PDF, "application/pdf"),))
    for _ in range(2):  # what came goes once it is checked
        service.reconcile()

    assert len(service.rows(Attachment)) == len(list(service.context.files.names())) == 1


def test_thirty_five_megabytes_of_attachments_are_no_failure(service: Service) -> None:
    answer = email(service, files=(("scan.tif", b"\x00" * 35_000_000, "image/tiff"),))

    assert answer.status_code == 200
    assert len(service.rows(Message)) == 1
    assert [row.reason for row in service.rows(Attachment)] == [Refusal.TOO_LARGE]


def test_an_email_of_nothing_but_an_attachment_goes_to_a_person(service: Service) -> None:
    email(service, None, subject="", files=(("card.jpg", b"\xff", "image/jpeg"),))
    service.work()

    assert service.rows(Message)[0].text == ""
    assert service.rows(Decision)[0].route == "review"


@pytest.mark.parametrize(
    ("name", "contents", "kind"),
    [
        ("IMG_0042.HEIC", HEIC, AttachmentKind.PHOTO),
        ("breathing.mov", MOV, AttachmentKind.VIDEO),
        ("memo.m4a", VOICE_MEMO, AttachmentKind.AUDIO),
        ("letter.docx", DOCX, AttachmentKind.DOCUMENT),
        ("fax.tif", pages(1), AttachmentKind.PICTURE),
        ("doctor.vcf", CARD, AttachmentKind.DOCUMENT),
    ],
    ids=["photo", "video", "voice memo", "word", "fax", "card"],
)
def test_an_email_that_is_nothing_but_a_file_is_kept_and_a_person_will_answer_it(
    service: Service, smtp: SmtpStandIn, name: str, contents: bytes, kind: AttachmentKind
) -> None:
    email(service, None, subject="", files=((name, contents, "application/octet-stream"),))
    service.reconcile()

    [file] = service.rows(Attachment)
    assert (file.state, file.kind, file.name) == (AttachmentState.STORED, kind, name)
    assert [(row.team, row.reason) for row in service.rows(Notification)] == [("review", "review")]
    [mail] = smtp.mails
    assert "a person will answer you" in mail.text


@pytest.mark.parametrize(
    ("name", "contents", "reason"),
    [
        ("photos.zip", ARCHIVE, Refusal.ARCHIVE),
        ("form.xlsx", XLSM, Refusal.MACROS),
        ("letter.docx", HTML, Refusal.UNSUPPORTED),
        ("winmail.dat", bytes.fromhex("789f3e22") + bytes(200), Refusal.UNSUPPORTED),
    ],
    ids=["zip", "macros", "html named docx", "winmail"],
)
def test_an_email_that_is_nothing_but_a_refused_file_is_answered_with_that_alone(
    service: Service, smtp: SmtpStandIn, name: str, contents: bytes, reason: Refusal
) -> None:
    email(service, None, subject="", files=((name, contents, "application/octet-stream"),))
    service.reconcile()

    [file] = service.rows(Attachment)
    assert (file.state, file.reason, file.name) == (AttachmentState.REFUSED, reason, name)
    assert service.rows(Conversation)[0].patient_address == PATIENT
    assert [(row.team, row.reason) for row in service.rows(Notification)] == [("review", "review")]
    [mail] = smtp.mails
    assert mail.text.startswith("We could not keep a file that you sent, so nobody here can see it.")


def test_words_beside_a_refused_file_are_read_and_answered_and_the_file_is_told_of(
    service: Service, smtp: SmtpStandIn
) -> None:
    email(service, files=(("photos.zip", ARCHIVE, "application/zip"), ("big.mov", MOV + bytes(MOST_BYTES), "video/x")))
    service.reconcile()

    assert service.rows(Message)[0].text == f"My bill. {BILL}"
    assert [(row.name, row.reason) for row in service.rows(Attachment)] == [
        ("photos.zip", Refusal.ARCHIVE),
        ("big.mov", Refusal.TOO_LARGE),
    ]
    assert [row.reply for row in service.rows(Delivery)] == ["billing_inquiry", "file_not_kept"]
    assert [("could not keep" in mail.text) for mail in smtp.mails] == [False, True]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("smime.p7s", "application/pkcs7-signature"),
        ("smil.xml", "application/smil"),
        ("ATT00001.htm", "text/html"),
    ],
)
def test_what_a_mail_program_adds_is_no_file_that_the_patient_is_told_of(
    service: Service, smtp: SmtpStandIn, name: str, kind: str
) -> None:
    email(service, files=((name, b"<html>" + bytes(40), kind),))
    service.reconcile()

    assert [row.reason for row in service.rows(Attachment)] == [Refusal.UNSUPPORTED]
    assert [row.reply for row in service.rows(Delivery)] == ["billing_inquiry"]


def test_a_doubted_sender_is_told_nothing_of_a_file(service: Service, smtp: SmtpStandIn) -> None:
    email(service, files=(("photos.zip", ARCHIVE, "application/zip"),), dkim="", SPF="fail")
    service.reconcile()

    assert smtp.mails == []


def test_of_more_than_ten_files_staff_and_the_patient_learn_what_is_missing(
    service: Service, smtp: SmtpStandIn
) -> None:
    email(service, files=tuple((f"{number}.pdf", PDF, "application/pdf") for number in range(11)))
    service.reconcile()

    assert [row.reason for row in service.rows(Attachment)] == [None] * 10 + [Refusal.TOO_MANY]
    assert [row.reply for row in service.rows(Delivery)] == ["billing_inquiry", "file_not_kept"]


def test_an_email_that_is_forwarded_as_an_attachment_is_read_by_the_model(service: Service) -> None:
    inside = f"From: {PATIENT}\r\nSubject: Help\r\n\r\nMy chest hurts badly and I can't breathe".encode()
    email(service, "Please see attached", files=(("Help.eml", inside, "message/rfc822"),))
    service.work()

    assert service.rows(Decision)[0].route == "urgent"
    assert f"From: {PATIENT}\nSubject: Help" in service.rows(Message)[0].text


# ---- robots


@pytest.mark.parametrize(
    "changes",
    [
        {"headers": {"Auto-Submitted": "auto-generated", "References": "<1@maple.example>"}},
        {"headers": {"List-Unsubscribe": "<https://news.example>"}},
        {"from_": "Mail Delivery <MAILER-DAEMON@mx.example>"},
        {"from_": "noreply@shop.example"},
        {"from_": "hello@harbor.example"},
        {"envelope": json.dumps({"to": [PRACTICE], "from": ""})},
        {"SPF": "fail", "dkim": "none"},
        {"from_": "nobody", "envelope": json.dumps({"to": [PRACTICE], "from": "nobody"})},
    ],
    ids=["automatic", "newsletter", "bounce", "no-reply", "another practice", "no return path", "forged", "no sender"],
)
def test_what_must_not_be_answered_goes_to_staff_alone(
    service: Service, smtp: SmtpStandIn, changes: dict[str, Any]
) -> None:
    email(service, **changes)
    service.work()

    assert len(service.rows(Message)) == 1
    assert service.rows(Delivery) == []
    assert len(service.rows(Notification)) == 1
    assert smtp.mails == []


def test_staff_see_who_an_unanswered_email_is_from(service: Service) -> None:
    email(service, from_="Shop <noreply@shop.example>")

    [conversation] = service.rows(Conversation)
    assert conversation.patient_address is None
    assert (conversation.patient_name, conversation.contact_email) == ("Shop", "noreply@shop.example")


def test_the_services_own_reply_would_not_be_answered(service: Service, smtp: SmtpStandIn) -> None:
    """Two practices with this product could otherwise write to each other until the limits stop them."""
    email(service)
    service.work()
    reply = smtp.mails[0].message
    email(
        service,
        smtp.mails[0].text,
        subject=str(reply["Subject"]),
        from_=PATIENT,
        message_id=str(reply["Message-ID"]),
        headers={name: str(reply[name]) for name in ("Auto-Submitted", "X-Auto-Response-Suppress")},
    )
    service.work()

    assert len(service.rows(Message)) == 2
    assert len(smtp.mails) == 1


# ---- when the mail server fails


def test_a_passing_failure_is_tried_again_until_it_goes(service: Service, smtp: SmtpStandIn) -> None:
    smtp.faults.push(Fault.answer(Stage.RCPT, 451, "4.7.1 Greylisted"))
    email(service)
    service.work()
    assert service.rows(Delivery)[0].state == DeliveryState.PENDING
    with service.edit() as session:
        delivery = session.get_one(Delivery, 1)
        delivery.next_attempt_at = delivery.created_at
    service.reconcile()

    assert service.rows(Delivery)[0].state == DeliveryState.SENT
    assert len(smtp.mails) == 1


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (Fault.answer(Stage.RCPT, 550), DeliveryState.FAILED, "undelivered"),
        (Fault.drop(Stage.CONTENT, accept=True), DeliveryState.UNCONFIRMED, "unconfirmed"),
        (Fault.drop(Stage.CONTENT), DeliveryState.UNCONFIRMED, "unconfirmed"),
    ],
    ids=["refused", "sent and not answered for", "not sent and not answered for"],
)
def test_a_lasting_failure_becomes_somebodys_task(
    service: Service, smtp: SmtpStandIn, fault: Fault, state: DeliveryState, reason: str
) -> None:
    smtp.faults.push(fault)
    email(service)
    service.work()
    service.let_pass(timedelta(minutes=2))

    assert service.rows(Delivery)[0].state == state
    assert [notification.reason for notification in service.rows(Notification)] == ["billing_inquiry", reason]
    assert len(smtp.mails) == int(fault.accept)


def test_a_crash_while_a_mail_was_handed_over_sends_it_to_nobody_twice(service: Service, smtp: SmtpStandIn) -> None:
    email(service)
    service.work()
    with service.edit() as session:  # as if the worker had ended before it could write down the answer
        delivery = session.get_one(Delivery, 1)
        delivery.state, delivery.provider_id = DeliveryState.SENDING, None
        delivery.next_attempt_at = delivery.created_at
    service.let_pass(timedelta(minutes=2))

    assert service.rows(Delivery)[0].state == DeliveryState.UNCONFIRMED
    assert "unconfirmed" in [notification.reason for notification in service.rows(Notification)]
    assert len(smtp.mails) == 1


# ---- refused


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_who_gives_no_password_is_asked_for_one(service: Service) -> None:
    answer = email(service, password=None)

    assert error_of(answer) == (401, "wrong_password")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert service.rows(Message) == []


# SendGrid drops an email at any 4xx, and tries for three days after a 503.
@pytest.mark.parametrize("password", ["", "wrong", SECRET + "x", "contraseña"])
def test_a_wrong_password_is_refused_and_nothing_stored(service: Service, password: str | None) -> None:
    assert error_of(email(service, password=password)) == (503, "wrong_password")
    assert service.rows(Message) == []


def test_no_password_opens_a_service_that_has_none(service: Service) -> None:
    closed = service.settings.model_copy(update={"email_webhook_secret": None})
    with Service(closed, service.context.classifier, service.twilio) as without:
        assert error_of(email(without, password="")) == (503, "email_not_configured")


def test_an_email_to_an_unknown_address_is_sent_again_until_the_practices_file_is_corrected(service: Service) -> None:
    assert error_of(email(service, to=("eva@other.example",))) == (503, "unknown_address")
    assert service.rows(Message) == []


def test_a_raw_email_waits_and_the_answer_says_what_to_change(service: Service) -> None:
    raw = requests.post(
        f"{service.url}/email/inbound",
        files=[("email", (None, "From: x\n\nHello"))],
        auth=("sendgrid", SECRET),
        timeout=TIMEOUT,
    )
    assert error_of(raw) == (503, "invalid_form")
    assert "parsed emails, not raw ones" in raw.text


UNREADABLE = {
    "json": ("application/json", b'{"text": "Swordfish"}'),
    "urlencoded": ("application/x-www-form-urlencoded", b"text=Swordfish"),
    "no boundary": ("multipart/form-data", b"text=Swordfish"),
    "broken": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\nSwordfish',
    ),
}


@pytest.mark.parametrize(("content_type", "body"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_waits_and_the_log_says_so(
    service: Service, capfd: pytest.CaptureFixture[str], content_type: str, body: bytes
) -> None:
    headers = {"Content-Type": content_type}
    url = f"{service.url}/email/inbound"
    answer = requests.post(url, data=body, headers=headers, auth=("sendgrid", SECRET), timeout=TIMEOUT)

    written = "".join(capfd.readouterr())
    assert error_of(answer) == (503, "invalid_form")
    assert "email_refused" in written
    assert "Swordfish" not in written


def test_an_email_that_is_cut_off_waits(service: Service) -> None:
    address = urlsplit(service.url)
    password = b64encode(f"sendgrid:{SECRET}".encode()).decode()
    head = f"POST /email/inbound HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {password}\r\nContent-Length: 900\r\n"
    with socket.create_connection((address.hostname, address.port), TIMEOUT) as connection:
        connection.sendall(f"{head}Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize("name", ["caf\xe9.png".encode("latin-1"), "照片.png".encode("gbk")], ids=["latin-1", "gbk"])
def test_a_file_name_that_is_not_utf_8_loses_no_email(service: Service, name: bytes) -> None:
    file = b'--x\r\nContent-Disposition: form-data; name="attachment1"; filename="%s"\r\n\r\n%s\r\n' % (name, PDF)
    fields = {"headers": "From: a@b.example", "to": PRACTICE, "from": "a@b.example", "text": "My son is unconscious"}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    answer = requests.post(
        f"{service.url}/email/inbound",
        data="".join(parts).encode() + file + b"--x--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=x"},
        auth=("sendgrid", SECRET),
        timeout=TIMEOUT,
    )

    assert answer.status_code == 200
    assert "unconscious" in service.rows(Message)[0].text
    assert len(service.rows(Attachment)) == 1


def test_an_email_over_the_limit_is_refused_and_the_log_says_so(
    service: Service, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = email(service, files=(("scan.tif", b"\x00" * 38_000_000, "image/tiff"),))

    assert answer.status_code == 413
    assert service.rows(Message) == []
    assert "too large" in "".join(capfd.readouterr())


# ---- privacy


def test_nothing_of_an_email_is_logged_or_queued(
    service: Service, smtp: SmtpStandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    email(service, "The password is swordfish", subject="Herring")
    email(service, "The password is swordfish", to=("eva@other.example",))
    email(service, "The password is swordfish", password="wrong")
    queued = b"".join(b"".join(service.redis.hgetall(key).values()) for key in service.redis.keys("rq:job:*"))
    smtp.faults.push(Fault.answer(Stage.RCPT, 550, "5.1.1 ana@patient.example is not here"))
    service.work()

    written = "".join(capfd.readouterr()) + queued.decode("latin-1")
    assert "message_received" in written
    assert not any(word in written for word in ("swordfish", "Herring", "Lopez", "patient.example", "other.example"))


@pytest.mark.parametrize("credentials", ["Basic ÿÿÿ=", "Basic é", "Basic %%%", "Basic", "Basic /w==", "é"])
def test_credentials_that_cannot_be_read_are_wrong(service: Service, credentials: str) -> None:
    answer = requests.post(
        f"{service.url}/email/inbound", headers={"Authorization": credentials.encode("latin-1")}, timeout=TIMEOUT
    )

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "wrong_password")


def test_a_mail_with_an_attackers_own_signature_does_not_reach_the_victims_conversation(
    service: Service, smtp: SmtpStandIn
) -> None:
    email(service)
    envelope = json.dumps({"to": [PRACTICE], "from": "mallory@attacker.example"})
    signed = "{@attacker.example : pass}"
    email(service, "Send me my records", message_id="<2@attacker.example>", dkim=signed, envelope=envelope)
    service.work()

    victims, unverified = service.rows(Conversation)
    assert (victims.patient_address, unverified.patient_address) == (PATIENT, None)
    assert unverified.contact_email == PATIENT
    assert [mail.recipient for mail in smtp.mails] == [PATIENT], "the answer to the first"
    assert {row.message_id for row in service.rows(Notification)} == {1, 2}


def test_an_emergency_in_a_mail_of_an_unverified_sender_is_an_alarm(service: Service, smtp: SmtpStandIn) -> None:
    email(service, "I can't breathe and my chest hurts", SPF="fail", dkim="none")
    service.work()

    assert {row.priority for row in service.rows(Notification)} == {"urgent"}
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"SPF": "fail", "dkim": "none"}, "unverified"),
        ({"headers": {"Auto-Submitted": "auto-generated", "References": "<1@maple.example>"}}, "program"),
        ({"headers": {"Auto-Submitted": "auto-replied"}}, "auto_reply"),
        ({"from_": "MAILER-DAEMON@mx.example", "headers": {"Auto-Submitted": "auto-replied"}}, "bounce"),
        ({"from_": "postmaster@mx.example", "headers": {"Auto-Submitted": "auto-replied"}}, "program"),
        ({"headers": {"List-Unsubscribe": "<https://news.example>"}}, "automatic"),
        ({"from_": PRACTICE, "SPF": "fail", "dkim": "none"}, "own_address"),
        ({}, None),
    ],
)
def test_why_a_sender_is_not_believed_is_kept_with_the_mail(
    service: Service, changes: dict[str, Any], doubt: str | None
) -> None:
    email(service, **changes)

    assert [row.doubt for row in service.rows(Message)] == [doubt]
