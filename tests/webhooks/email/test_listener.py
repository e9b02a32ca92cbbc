"""A mail server hands an email over by LMTP or SMTP: taken once it is stored, and never lost in between."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from inbox.models import Conversation, Delivery, Message, Notification
from intake.errors import IntakeError
from intake.mail_listening import MailDoor, parse_peers
from intake.settings import Settings
from tests.service import Service
from tests.standins.certificates import Certificate
from tests.standins.smtp import SmtpStandIn
from web.services import open_services
from webhooks.email.intake_desk import BY_SENDER
from webhooks.email.listener import MOST_CONNECTIONS, MailListener

PATIENT = "ana@patient.example"
PRACTICE = "hello@maple.example"
OTHER_PRACTICE = "hello@harbor.example"
BILL = "Why was I charged twice for my visit in March?"
VOUCHED = "Authentication-Results: mx.maple.example; dmarc=pass header.from=patient.example\r\n"
DOOR = MailDoor(
    host="127.0.0.1",
    port=0,
    protocol="lmtp",
    peers=parse_peers("127.0.0.1"),
    largest=200_000,
    trusted=("mx.maple.example",),
)


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(update={"smtp_url": smtp.url})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@contextmanager
def listening(service: Service, **changes: object) -> Iterator[MailListener]:
    services = open_services(service.settings)
    with MailListener(services, replace(DOOR, **changes)) as listener:  # type: ignore[arg-type]
        yield listener
    services.watchers.close()
    services.database.close()


@pytest.fixture
def listener(service: Service) -> Iterator[MailListener]:
    with listening(service) as running:
        yield running


@pytest.fixture
def client(listener: MailListener) -> Iterator[smtplib.LMTP]:
    with smtplib.LMTP("127.0.0.1", listener.port) as connected:
        yield connected


def mail(body: str = BILL, *, message_id: str = "<abc@patient.example>", extra: str = VOUCHED) -> bytes:
    return (
        f"{extra}From: Ana Lopez <{PATIENT}>\r\nTo: {PRACTICE}\r\nSubject: My bill\r\nMessage-ID: {message_id}\r\n\r\n"
        f"{body}\r\n"
    ).encode()


def hand_over(client: smtplib.SMTP, raw: bytes, *recipients: str, sender: str = PATIENT) -> list[bytes]:
    """Hands an email over, and returns the answer for each recipient."""
    client.ehlo_or_helo_if_needed()
    assert client.mail(sender)[0] == 250
    for recipient in recipients or (PRACTICE,):
        assert client.rcpt(recipient)[0] == 250
    answers = [client.data(raw)[1]]
    if isinstance(client, smtplib.LMTP):  # it reads one answer alone (https://github.com/python/cpython/issues/76984)
        answers += [client.getreply()[1] for _ in recipients[1:]]
    return answers


# ---- taken


def test_an_email_that_was_taken_is_in_the_database_and_answered(
    service: Service, smtp: SmtpStandIn, client: smtplib.LMTP
) -> None:
    assert hand_over(client, mail()) == [b"2.0.0 Stored"]
    [message], [conversation] = service.rows(Message), service.rows(Conversation)
    service.work()

    assert (message.text, message.subject) == (f"My bill. {BILL}", "My bill")
    assert (message.received_on, message.sender_message_id) == (PRACTICE, "<abc@patient.example>")
    assert (conversation.practice, conversation.patient_address) == ("demo", PATIENT)
    assert [sent.recipient for sent in smtp.mails] == [PATIENT]


def test_smtp_takes_the_same(service: Service) -> None:
    with listening(service, protocol="smtp") as listener, smtplib.SMTP("127.0.0.1", listener.port) as client:
        assert client.sendmail(PATIENT, [PRACTICE, OTHER_PRACTICE], mail()) == {}

    assert [row.practice for row in service.rows(Conversation)] == ["demo", "other"]


def test_each_recipient_gets_an_answer_of_its_own(service: Service, client: smtplib.LMTP) -> None:
    assert hand_over(client, mail(), PRACTICE, OTHER_PRACTICE, PRACTICE) == [b"2.0.0 Stored"] * 3
    assert [row.practice for row in service.rows(Conversation)] == ["demo", "other"]
    assert client.noop()[0] == 250, "no answer is left over"


def test_an_email_handed_over_twice_is_stored_once(service: Service, listener: MailListener) -> None:
    for _ in range(2):  # the server has not seen the first answer
        with smtplib.LMTP("127.0.0.1", listener.port) as client:
            hand_over(client, mail())

    assert len(service.rows(Message)) == 1


def test_another_text_with_a_known_message_id_is_not_taken_for_a_repeat(service: Service, client: smtplib.LMTP) -> None:
    hand_over(client, mail())
    hand_over(client, mail("I can't breathe."))

    assert len(service.rows(Message)) == 2


def test_lines_of_any_length_and_doubled_dots_come_through(service: Service, client: smtplib.LMTP) -> None:
    body = ".hidden dot\r\n..\r\n" + "word " * 2_000
    hand_over(client, mail(body))

    assert service.rows(Message)[0].text == f"My bill. {body}".replace("\r\n", "\n").strip()


@pytest.mark.parametrize("end", ["\n.\n", "\r\n. \r\n"])
def test_line_ends_smuggled_into_a_message_do_not_end_it(service: Service, listener: MailListener, end: str) -> None:
    """Others have taken `LF . LF` for the end of a message, and what follows for commands."""
    commands = f"{end}MAIL FROM:<eva@other.example>\nRCPT TO:<{PRACTICE}>\nDATA\nForged.\r\n"
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
        answers = connection.makefile("rb")
        lines = [b"LHLO x", f"MAIL FROM:<{PATIENT}>".encode(), f"RCPT TO:<{PRACTICE}>".encode(), b"DATA"]
        connection.sendall(b"\r\n".join(lines) + b"\r\n")
        while not answers.readline().startswith(b"354"):
            pass
        connection.sendall(mail(commands) + b".\r\n")
        assert answers.readline() == b"250 2.0.0 Stored\r\n"

    [message] = service.rows(Message)
    assert "Forged." in message.text


# ---- whose sender nobody vouches for, and robots


@pytest.mark.parametrize(
    ("extra", "sender"),
    [
        ("", PATIENT),
        (VOUCHED.replace("mx.maple", "mx.attacker"), PATIENT),
        (VOUCHED.replace("=pass", "=fail"), PATIENT),
        (f"{VOUCHED}Auto-Submitted: auto-generated\r\nReferences: <1@maple.example>\r\n", PATIENT),
        (f"{VOUCHED}List-Id: <news.example>\r\n", PATIENT),
        (VOUCHED, ""),
        (VOUCHED, "MAILER-DAEMON@patient.example"),
    ],
    ids=["no word", "a stranger's word", "failed", "automatic", "list", "bounce", "daemon"],
)
def test_what_must_not_be_answered_goes_to_staff_alone(
    service: Service, smtp: SmtpStandIn, client: smtplib.LMTP, extra: str, sender: str
) -> None:
    hand_over(client, mail(extra=extra), sender=sender)
    service.work()

    assert len(service.rows(Message)) == 1
    assert service.rows(Delivery) == []
    assert len(service.rows(Notification)) == 1
    assert smtp.mails == []


def test_a_practices_own_address_is_not_answered(service: Service, smtp: SmtpStandIn, client: smtplib.LMTP) -> None:
    vouched = VOUCHED.replace("patient.example", "harbor.example")
    hand_over(client, mail(extra=vouched).replace(PATIENT.encode(), OTHER_PRACTICE.encode()), sender=OTHER_PRACTICE)
    service.work()

    assert service.rows(Delivery) == []


def test_an_email_that_cannot_be_read_is_kept_for_a_person(
    service: Service, smtp: SmtpStandIn, client: smtplib.LMTP
) -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(100))
    assert hand_over(client, VOUCHED.encode() + f"From: {PATIENT}\r\n{nested}\r\nok thanks".encode()) == [
        b"2.0.0 Stored"
    ]
    service.work()

    assert "could not be read" in (service.rows(Message)[0].media or "")
    assert len(service.rows(Notification)) == 1
    assert smtp.mails == []


# ---- refused, or put off


def test_no_other_address_is_taken_mail_for(service: Service, client: smtplib.LMTP) -> None:
    client.ehlo_or_helo_if_needed()
    client.mail(PATIENT)

    assert client.rcpt("eva@other.example") == (550, b"5.1.1 No practice has this address")
    assert client.rcpt(PRACTICE.upper())[0] == 250, "capitals are the same address"


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_an_email_that_is_too_large_is_refused(service: Service, protocol: str) -> None:
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    with listening(service, protocol=protocol) as listener, kind("127.0.0.1", listener.port) as client:
        client.ehlo()
        assert client.esmtp_features["size"] == "200000"
        assert client.mail(PATIENT, ["SIZE=200001"])[0] == 552
        assert client.mail(PATIENT)[0] == 250
        client.rcpt(PRACTICE)
        assert client.data(mail("word\r\n" * 100_000)) == (552, b"5.3.4 The message is too large")
        assert client.noop()[0] == 250

    assert service.rows(Message) == []


def test_while_the_database_is_away_the_server_keeps_the_email(service: Service, client: smtplib.LMTP) -> None:
    client.ehlo_or_helo_if_needed()
    client.mail(PATIENT)
    client.rcpt(PRACTICE)
    with service.edit() as session:
        session.execute(sql("ALTER TABLE messages RENAME TO away"))
    assert client.data(mail()) == (451, b"4.3.0 Not stored, try again later")
    with service.edit() as session:
        session.execute(sql("ALTER TABLE away RENAME TO messages"))
    assert service.rows(Conversation) == [], "nothing is half stored"

    assert hand_over(client, mail()) == [b"2.0.0 Stored"]
    assert len(service.rows(Message)) == 1


def test_a_sender_who_writes_too_often_is_put_off_and_others_are_not(service: Service, client: smtplib.LMTP) -> None:
    client.ehlo_or_helo_if_needed()
    answers = []
    for _ in range(BY_SENDER.amount + 1):
        answers.append(client.mail(PATIENT)[0])
        client.rset()

    assert answers == [250] * BY_SENDER.amount + [451]
    assert client.mail("eva@other.example")[0] == 250


def test_only_the_named_servers_may_connect(service: Service) -> None:
    with (
        listening(service, peers=parse_peers("10.0.0.0/8")) as listener,
        pytest.raises(smtplib.SMTPConnectError) as refused,
    ):
        smtplib.LMTP("127.0.0.1", listener.port)

    assert refused.value.smtp_code == 554


def test_so_many_connections_are_held_at_once(service: Service, listener: MailListener) -> None:
    held = [smtplib.LMTP("127.0.0.1", listener.port) for _ in range(MOST_CONNECTIONS)]
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        smtplib.LMTP("127.0.0.1", listener.port)
    for connection in held:
        connection.quit()
        connection.close()

    assert refused.value.smtp_code == 421
    while True:  # the server has seen them go
        try:
            smtplib.LMTP("127.0.0.1", listener.port).close()
            break
        except smtplib.SMTPConnectError:
            continue


def test_a_session_that_breaks_off_stores_nothing(service: Service, listener: MailListener) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as connection:
        lines = ["LHLO x", f"MAIL FROM:<{PATIENT}>", f"RCPT TO:<{PRACTICE}>", "DATA", "Subject: half", "", "Half of it"]
        connection.sendall("\r\n".join(lines).encode() + b"\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    assert service.rows(Message) == []


def test_signing_in_and_asking_for_addresses_are_not_offered(client: smtplib.LMTP) -> None:
    client.ehlo()

    assert "auth" not in client.esmtp_features
    assert client.docmd("AUTH", "PLAIN AGEAYg==")[0] >= 500
    assert client.docmd("EXPN", "staff")[0] == 502


# ---- encryption


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_mail_is_taken_over_an_encrypted_connection(service: Service, certificate: Certificate, protocol: str) -> None:
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    with (
        listening(service, protocol=protocol, certificate=certificate.chain) as listener,
        kind("localhost", listener.port) as client,
    ):
        client.starttls(context=certificate.trusting())
        assert isinstance(client.sock, ssl.SSLSocket)
        assert hand_over(client, mail()) == [b"2.0.0 Stored"]


def test_over_a_network_nothing_is_taken_in_the_clear(service: Service, certificate: Certificate) -> None:
    with (
        listening(service, host="0.0.0.0", certificate=certificate.chain) as listener,
        smtplib.LMTP("localhost", listener.port) as client,
    ):
        client.ehlo()
        assert client.mail(PATIENT)[0] == 530
        client.starttls(context=certificate.trusting())
        assert hand_over(client, mail()) == [b"2.0.0 Stored"]


def test_a_certificate_that_is_none_is_named(service: Service, tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("nothing")
    services = open_services(service.settings)

    with pytest.raises(IntakeError, match="MAIL_CERTIFICATE_FILE"):
        MailListener(services, replace(DOOR, certificate=tmp_path / "broken.pem"))
    services.database.close()


def test_an_address_that_is_taken_is_named(service: Service, listener: MailListener) -> None:
    with pytest.raises(IntakeError, match="MAIL_LISTEN"), listening(service, port=listener.port):
        pass


# ---- privacy


def test_nothing_of_an_email_is_logged_or_queued(
    service: Service, capfd: pytest.CaptureFixture[str], log_as_service: Callable[[], None]
) -> None:
    log_as_service()
    with listening(service) as listener, smtplib.LMTP("127.0.0.1", listener.port) as client:
        hand_over(client, mail("The password is swordfish", extra="Subject: Herring\r\n"))
        client.mail(PATIENT)
        client.rcpt("eva@other.example")
        client.docmd("MAIL", "FROM:<herring@other.example")
        client.docmd("HERRING", "swordfish")
        with service.edit() as session:
            session.execute(sql("ALTER TABLE messages RENAME TO away"))
        client.rset()
        hand_over(client, mail("The password is swordfish again"))
    queued = b"".join(b"".join(service.redis.hgetall(key).values()) for key in service.redis.keys("rq:job:*"))

    written = "".join(capfd.readouterr()) + queued.decode("latin-1")
    assert "message_received" in written
    assert "mail_not_stored" in written
    assert not any(word in written for word in ("swordfish", "erring", "Lopez", "patient.example", "other.example"))
