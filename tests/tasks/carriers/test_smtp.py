"""Handing an email to a mail server: what its answers mean, and whether another try is safe."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intake.mail_server import Encryption, MailServer, parse_mail_server
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.choose import make_senders
from tasks.carriers.console import ConsoleSender
from tasks.carriers.email_message import delivery_key
from tasks.carriers.protocol import Accepted, OutgoingMessage, Refused, Retryable, Unanswered
from tasks.carriers.smtp import UNANSWERED, EmailSender, make_email_sender
from tests.standins.certificates import Certificate
from tests.standins.smtp import Fault, SmtpStandIn, Stage

SERVICE = "intake.example.com"
SHORT_TIMEOUT = 0.3
TRUSTED = ssl.create_default_context()
BEFORE_THE_END = [Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT, Stage.DATA]


@pytest.fixture
def server() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as running:
        yield running
        assert running.refusals == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


def sender(server: SmtpStandIn, timeout_seconds: float = 10.0) -> EmailSender:
    return EmailSender(parse_mail_server(server.url), SERVICE, TRUSTED, timeout_seconds)


def secure_sender(server: SmtpStandIn, certificate: Certificate, **changes: Any) -> EmailSender:
    mail_server = MailServer("localhost", server.port, Encryption.STARTTLS)
    return EmailSender(replace(mail_server, **changes), SERVICE, certificate.trusting(), 10.0)


def text(**changes: Any) -> OutgoingMessage:
    given = OutgoingMessage(
        delivery_id=7,
        to="ana@patient.example",
        sender="hello@maple.example",
        body="We received your billing question.",
        sending_at=datetime.now(UTC),
        from_name="Maple Street",
        subject="Swordfish",
    )
    return replace(given, **changes)


# ---- handing over


def test_a_mail_is_handed_over_in_the_practices_name(server: SmtpStandIn) -> None:
    outcome = sender(server).send(text())

    [mail] = server.mails
    assert outcome == Accepted(delivery_key(text(), SERVICE))
    assert (mail.sender, mail.recipient) == ("hello@maple.example", "ana@patient.example")
    assert mail.message["From"] == "Maple Street <hello@maple.example>"
    assert mail.text == "We received your billing question."


@pytest.mark.parametrize(
    "body", [".", "..\n.\n", "Sí, señora: 你好 👩‍⚕️", "x" * 1600, "word " * 320, "line\r\nline\n\rline", "From here"]
)
def test_every_text_arrives_as_it_is(server: SmtpStandIn, body: str) -> None:
    assert isinstance(sender(server).send(text(body=body)), Accepted)

    expected = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    assert server.mails[0].text == expected


# ---- what its answers mean


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT])
@pytest.mark.parametrize("code", [550, 552, 553, 554])
def test_a_lasting_refusal_is_for_good(server: SmtpStandIn, stage: Stage, code: int) -> None:
    server.faults.push(Fault.answer(stage, code))

    assert sender(server).send(text()) == Refused(str(code))
    assert server.mails == []


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT])
@pytest.mark.parametrize("code", [421, 450, 451, 452])
def test_a_passing_refusal_is_worth_another_try(server: SmtpStandIn, stage: Stage, code: int) -> None:
    server.faults.push(Fault.answer(stage, code))

    assert sender(server).send(text()) == Retryable(str(code))
    assert isinstance(sender(server).send(text()), Accepted)
    assert len(server.mails) == 1


@pytest.mark.parametrize("code", [421, 554])
def test_a_server_that_serves_nobody_now_is_worth_another_try(server: SmtpStandIn, code: int) -> None:
    server.faults.push(Fault.answer(Stage.GREETING, code))

    assert isinstance(sender(server).send(text()), Retryable)


@pytest.mark.parametrize("stage", BEFORE_THE_END)
@pytest.mark.parametrize("trouble", [Fault.drop, Fault.hang])
def test_a_connection_lost_before_the_mail_was_complete_means_that_nothing_went(
    server: SmtpStandIn, stage: Stage, trouble: Any
) -> None:
    server.faults.push(trouble(stage))

    assert isinstance(sender(server, SHORT_TIMEOUT).send(text()), Retryable)
    server.faults.clear()
    assert server.mails == []


@pytest.mark.parametrize("trouble", [Fault.drop, Fault.hang])
@pytest.mark.parametrize("accept", [True, False])
def test_a_complete_mail_that_is_not_answered_for_is_never_sent_again(
    server: SmtpStandIn, trouble: Any, accept: bool
) -> None:
    server.faults.push(trouble(Stage.CONTENT, accept=accept))

    assert sender(server, SHORT_TIMEOUT).send(text()) == Unanswered(UNANSWERED)
    assert len(server.mails) == int(accept)


def test_an_answer_that_is_none_leaves_it_unanswered(server: SmtpStandIn) -> None:
    server.faults.push(Fault(stage=Stage.CONTENT, reply="I am not a mail server"))

    assert sender(server).send(text()) == Unanswered(UNANSWERED)


def test_a_refused_connection_means_that_nothing_went() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed = MailServer("127.0.0.1", unused.getsockname()[1], Encryption.NONE)

        assert isinstance(EmailSender(closed, SERVICE, TRUSTED, 10.0).send(text()), Retryable)


@pytest.mark.parametrize("change", [{"to": "+12025550123"}, {"to": ""}, {"sender": "form"}])
def test_an_address_that_is_none_is_refused_without_asking(server: SmtpStandIn, change: dict[str, str]) -> None:
    assert sender(server).send(text(**change)) == Refused("invalid_address")
    assert server.mails == []


# ---- encryption and signing in


@pytest.mark.parametrize("at_once", [True, False], ids=["TLS", "STARTTLS"])
def test_a_mail_goes_over_an_encrypted_connection(certificate: Certificate, at_once: bool) -> None:
    with SmtpStandIn({"maple": "p@ss/word"}, certificate, encrypts_at_once=at_once) as server:
        encryption = Encryption.TLS if at_once else Encryption.STARTTLS
        secure = secure_sender(server, certificate, encryption=encryption, user="maple", password="p@ss/word")

        assert isinstance(secure.send(text()), Accepted)
        assert [(mail.over_tls, mail.user) for mail in server.mails] == [(True, "maple")]


def test_nothing_is_sent_in_the_clear_where_a_server_does_not_encrypt(
    server: SmtpStandIn, certificate: Certificate
) -> None:
    assert isinstance(secure_sender(server, certificate).send(text()), Retryable)
    assert server.mails == []


@pytest.mark.parametrize("at_once", [True, False], ids=["TLS", "STARTTLS"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Certificate, at_once: bool) -> None:
    with SmtpStandIn(certificate=certificate, encrypts_at_once=at_once) as server:
        encryption = Encryption.TLS if at_once else Encryption.STARTTLS
        stranger = EmailSender(MailServer("localhost", server.port, encryption), SERVICE, TRUSTED, 10.0)

        assert stranger.send(text()) == Retryable("no encryption")
        assert server.mails == []


def test_a_certificate_of_another_host_is_not_trusted(tmp_path: Path) -> None:
    of_another = Certificate.make(tmp_path, "mail.maple.example")
    with SmtpStandIn(certificate=of_another) as server:
        assert secure_sender(server, of_another).send(text()) == Retryable("no encryption")


@pytest.mark.parametrize(("user", "password"), [("maple", "wrong"), (None, None)])
def test_who_may_not_send_may_be_let_in_later(certificate: Certificate, user: str | None, password: str | None) -> None:
    with SmtpStandIn({"maple": "swordfish"}, certificate) as server:
        assert isinstance(secure_sender(server, certificate, user=user, password=password).send(text()), Retryable)
        assert server.mails == []


def test_a_server_on_this_machine_is_spoken_to_in_the_clear() -> None:
    with SmtpStandIn({"maple": "p@ss"}) as server:
        here = parse_mail_server(f"smtp://maple:p%40ss@127.0.0.1:{server.port}")

        assert isinstance(EmailSender(here, SERVICE, TRUSTED, 10.0).send(text()), Accepted)
        assert [(mail.over_tls, mail.user) for mail in server.mails] == [(False, "maple")]


# ---- what cannot be found out


def test_a_mail_server_keeps_no_list_of_mails(server: SmtpStandIn) -> None:
    assert sender(server).list_messages(text(), timedelta(hours=1)) is None


def test_nothing_more_is_known_of_an_accepted_mail(server: SmtpStandIn) -> None:
    outcome = sender(server).send(text())

    assert isinstance(outcome, Accepted)
    assert sender(server).look_up(outcome.provider_id) is None


# ---- settings and privacy


def test_the_settings_name_the_server(settings: Settings, server: SmtpStandIn) -> None:
    named = make_email_sender(settings.model_copy(update={"smtp_url": server.url}))

    assert named is not None
    assert named.send(text()) == Accepted(delivery_key(text(), "intake.example.com", settings.secret_key))


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_service_without_a_name_greets_with_its_address(settings: Settings, server: SmtpStandIn, host: str) -> None:
    changes = {"smtp_url": server.url, "public_url": f"http://{host}:8000"}
    named = make_email_sender(settings.model_copy(update=changes))

    assert named is not None
    assert isinstance(named.send(text()), Accepted)


def test_without_a_server_mails_are_shown_and_not_sent(settings: Settings) -> None:
    assert make_email_sender(settings) is None
    assert isinstance(make_senders(settings)[Medium.EMAIL], ConsoleSender)


def test_nothing_that_a_mail_says_and_no_address_is_logged_or_kept(
    server: SmtpStandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    outcomes = [sender(server).send(text())]
    for stage in (*BEFORE_THE_END, Stage.CONTENT):
        for fault in (Fault.drop(stage), Fault.answer(stage, 550, "5.1.1 No ana@patient.example here")):
            server.faults.push(fault)
            outcomes.append(sender(server).send(text()))

    written = "".join([caplog.text, *capfd.readouterr(), *map(repr, outcomes), repr(text())])
    assert "patient.example" not in written
    assert "billing question" not in written
    assert "Swordfish" not in written
