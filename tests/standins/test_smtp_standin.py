"""The mail server's stand-in, spoken to by the standard library's own client."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

import pytest

from tests.standins.certificates import Certificate
from tests.standins.smtp import Fault, SmtpStandIn, Stage

SENDER, PATIENT = "hello@maple.example", "ana@patient.example"
TIMEOUT = 10


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as running:
        yield running


def mail(**changes: str | None) -> EmailMessage:
    headers: dict[str, str | None] = {
        "From": f"Maple Street <{SENDER}>",
        "To": PATIENT,
        "Subject": "Hello",
        "Date": format_datetime(datetime.now(UTC)),
        "Message-ID": make_msgid(domain="maple.example"),
    }
    message = EmailMessage()
    for name, value in (headers | {name.replace("_", "-"): value for name, value in changes.items()}).items():
        if value is not None:
            message[name] = value
    message.set_content("A line\n.a line with a dot\n")
    return message


def client(server: SmtpStandIn) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", server.port, local_hostname="test.example", timeout=TIMEOUT)


def refusal(server: SmtpStandIn, content: bytes, options: tuple[str, ...] = ()) -> str:
    with client(server) as session:
        session.ehlo()
        session.mail(SENDER, options)
        session.rcpt(PATIENT)
        session.docmd("DATA")
        session.send(content + b".\r\n")
        code, answer = session.getreply()
    assert code == 550
    return answer.decode()


# ---- taking mails


def test_a_well_made_mail_is_taken(server: SmtpStandIn) -> None:
    with client(server) as session:
        session.send_message(mail())

    [taken] = server.wait_for_mails(1)
    assert (taken.sender, taken.recipient, taken.over_tls, taken.user) == (SENDER, PATIENT, False, None)
    assert taken.message["Subject"] == "Hello"
    assert taken.text == "A line\n.a line with a dot"
    assert server.refusals == []


def test_two_mails_go_through_one_session(server: SmtpStandIn) -> None:
    with client(server) as session:
        session.send_message(mail())
        session.send_message(mail())

    assert len(server.mails) == 2


@pytest.mark.parametrize("missing", ["From", "To", "Date", "Message_ID", "Subject"])
def test_a_mail_without_a_needed_header_is_refused(server: SmtpStandIn, missing: str) -> None:
    content = mail(**{missing: None}).as_bytes().replace(b"\n", b"\r\n")

    assert f"{missing.replace('_', '-')} is missing" in refusal(server, content)
    assert server.mails == []
    assert len(server.refusals) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Subject: x\r\n\r\nbare\nline feed\r\n", "Bare line feed"),
        (b"Subject: x\r\n\r\nbare\rcarriage return\r\n", "Bare line feed"),
        (b"Subject: x\r\n\r\n" + b"x" * 999 + b"\r\n", "Line longer"),
        (b"Subject: \xc3\xb1\r\n\r\nx\r\n", "Headers have to be ASCII"),
        (b"Subject: x\r\n\r\n\xc3\xb1\r\n", "8-bit content"),
    ],
)
def test_what_some_servers_mangle_is_refused(server: SmtpStandIn, content: bytes, reason: str) -> None:
    assert reason in refusal(server, content)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"From": "other@maple.example"}, "From is not the sender"),
        ({"To": "other@patient.example"}, "To is not the recipient"),
        ({"Message_ID": "no id"}, "Message-ID is malformed"),
    ],
)
def test_headers_that_do_not_fit_are_refused(server: SmtpStandIn, change: dict[str, str], reason: str) -> None:
    assert reason in refusal(server, mail(**change).as_bytes().replace(b"\n", b"\r\n"))


def test_a_date_that_is_none_is_refused(server: SmtpStandIn) -> None:
    content = mail().as_bytes().replace(b"\n", b"\r\n").replace(b"Date: ", b"Date: some ")

    assert "Date is malformed" in refusal(server, content)


def test_a_header_that_is_there_twice_is_refused(server: SmtpStandIn) -> None:
    content = b"Subject: again\r\n" + mail().as_bytes().replace(b"\n", b"\r\n")

    assert "Subject is there twice" in refusal(server, content)


def test_declared_eight_bit_content_is_taken(server: SmtpStandIn) -> None:
    message = mail()
    message.set_content("Sí\n", cte="8bit")
    with client(server) as session:
        session.send_message(message, mail_options=("BODY=8BITMIME",))

    assert server.mails[0].text == "Sí"


# ---- the order of commands


@pytest.mark.parametrize(
    ("commands", "code"),
    [
        (["MAIL FROM:<a@b.example>"], 503),
        (["EHLO not a host"], 501),
        (["EHLO c.example", "RCPT TO:<a@b.example>"], 503),
        (["EHLO c.example", "MAIL FROM:<a@b.example> SMTPUTF8"], 501),
        (["EHLO c.example", "MAIL FROM:a@b.example"], 501),
        (["EHLO c.example", "MAIL FROM:<a@b.example>", "DATA"], 503),
        (["EHLO c.example", "MAIL FROM:<a@b.example>", "RSET", "RCPT TO:<a@b.example>"], 503),
        (["EHLO c.example", "STARTTLS"], 503),
        (["VRFY ana"], 500),
    ],
)
def test_commands_out_of_order_or_malformed_are_refused(server: SmtpStandIn, commands: list[str], code: int) -> None:
    with client(server) as session:
        answers = [session.docmd(command)[0] for command in commands]

    assert answers[-1] == code


def test_a_line_that_ends_with_a_bare_line_feed_ends_the_session(server: SmtpStandIn) -> None:
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as connection, connection.makefile("rb") as read:
        assert read.readline().startswith(b"220")
        connection.sendall(b"EHLO c.example\n")
        assert read.read() == b""

    assert len(server.refusals) == 1


# ---- encryption and signing in


def test_a_server_with_a_certificate_takes_mails_over_tls_alone(certificate: Certificate) -> None:
    with SmtpStandIn(certificate=certificate) as server, client(server) as session:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            session.send_message(mail())
        session.starttls(context=certificate.trusting())
        session.send_message(mail())

    assert refused.value.smtp_code == 530
    assert [taken.over_tls for taken in server.mails] == [True]


def test_a_server_may_encrypt_from_the_start(certificate: Certificate) -> None:
    with SmtpStandIn(certificate=certificate, encrypts_at_once=True) as server:
        context = certificate.trusting()
        with smtplib.SMTP_SSL("localhost", server.port, "test.example", timeout=TIMEOUT, context=context) as session:
            session.send_message(mail())

    assert [taken.over_tls for taken in server.mails] == [True]


def test_the_certificate_is_worth_nothing_to_who_does_not_trust_its_authority(certificate: Certificate) -> None:
    with (
        SmtpStandIn(certificate=certificate) as server,
        client(server) as session,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        session.starttls(context=ssl.create_default_context())


@pytest.mark.parametrize("method", ["auth_plain", "auth_login"])
def test_who_signs_in_is_known(method: str) -> None:
    with SmtpStandIn(users={"maple": "swordfish"}) as server, client(server) as session:
        session.ehlo()
        session.user, session.password = "maple", "swordfish"
        session.auth(method.removeprefix("auth_").upper(), getattr(session, method))
        session.send_message(mail())

    assert [taken.user for taken in server.mails] == ["maple"]


def test_who_does_not_sign_in_or_with_a_wrong_password_sends_nothing() -> None:
    with SmtpStandIn(users={"maple": "swordfish"}) as server, client(server) as session:
        with pytest.raises(smtplib.SMTPAuthenticationError):
            session.login("maple", "herring")
        with pytest.raises(smtplib.SMTPSenderRefused):
            session.send_message(mail())

    assert server.mails == []


# ---- faults


def test_a_fault_answers_once_at_its_stage(server: SmtpStandIn) -> None:
    fault = server.faults.push(Fault.answer(Stage.RCPT, 451, "4.7.1 Greylisted"))
    with client(server) as session:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            session.send_message(mail())
        session.send_message(mail())

    fault.wait_arrived()
    assert len(server.mails) == 1


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT])
@pytest.mark.parametrize("accept", [True, False])
def test_a_dropped_connection_leaves_the_mail_taken_or_not(server: SmtpStandIn, stage: Stage, accept: bool) -> None:
    accepts = accept and stage is Stage.CONTENT
    server.faults.push(Fault.drop(stage, accept=accepts))
    session = client(server)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        session.send_message(mail())
    session.close()

    assert len(server.mails) == int(accepts)


def test_a_hanging_server_is_released_when_it_stops(server: SmtpStandIn) -> None:
    fault = server.faults.push(Fault.hang(Stage.CONTENT))
    session = smtplib.SMTP("127.0.0.1", server.port, "test.example", timeout=0.2)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        session.send_message(mail())
    session.close()
    fault.wait_arrived()
    server.stop()

    assert server.mails == []


def test_a_fault_that_nobody_meets_is_told(server: SmtpStandIn) -> None:
    fault = server.faults.push(Fault.drop(Stage.MAIL))

    with pytest.raises(AssertionError, match="no session met the fault at MAIL"):
        fault.wait_arrived(timeout=0)


def test_a_stopped_server_has_no_port(tmp_path: Path) -> None:
    server = SmtpStandIn()

    with pytest.raises(RuntimeError, match="is not running"):
        _ = server.port
    server.stop()
