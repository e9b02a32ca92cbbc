"""A practice's mailbox: every email in it is stored once, and leaves the folder only after that."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from imapclient.exceptions import LoginError
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import SQLAlchemyError

from inbox.accounts.members import add_member
from inbox.keys.rotation import rotate_keys
from inbox.models import Conversation, Decision, Delivery, Message, Notification, Role
from inbox.practices.setting_versions import Standing, add_version
from intake.channels import is_vouched
from intake.errors import IntakeError
from intake.mailbox import Mailbox
from intake.practice_settings import Override
from intake.settings import Settings
from intake.vocabulary import Channel, SenderDoubt, Silence
from tests.service import Service
from tests.standins.certificates import Certificate
from tests.standins.imap import PASSWORD, USER, ImapServer
from tests.standins.record import Record
from tests.standins.smtp import SmtpStandIn
from tests.world import ENCRYPTION_KEY, OTHER_KEY
from web.services import Services, open_services
from webhooks.email.inbound_email import NOT_READ
from webhooks.email.mailbox_reader import LONGEST_REST_SECONDS, RestingEmails, fetch_new, open_mailbox
from webhooks.email.mailbox_watch import LONGEST_PAUSE_SECONDS, MailboxWatch, pause_after

PATIENT = "ana@patient.example"
PRACTICE = "hello@maple.example"
BILL = "Why was I charged twice for my visit in March?"
VOUCHED = "Authentication-Results: mx.maple.example; dmarc=pass header.from=patient.example\r\n"


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(update={"smtp_url": smtp.url, "mail_largest_bytes": 100_000})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[ImapServer]:
    with ImapServer(certificate) as running:
        yield running


@pytest.fixture
def services(service: Service) -> Iterator[Services]:
    opened = open_services(service.settings)
    yield opened
    opened.watchers.close()
    opened.database.close()


@pytest.fixture
def mailbox(server: ImapServer, tmp_path: Path) -> Mailbox:
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text(f"{PASSWORD}\n")
    return Mailbox(
        host="localhost",
        port=server.port,
        user=USER,
        password_file=password,
        trusted_servers=["mx.maple.example"],
    )


def mail(body: str = BILL, *, message_id: str | None = "<abc@patient.example>", extra: str = VOUCHED) -> bytes:
    named = f"Message-ID: {message_id}\r\n" if message_id else ""
    return f"{extra}From: Ana Lopez <{PATIENT}>\r\nSubject: My bill\r\n{named}\r\n{body}\r\n".encode()


def fetch(services: Services, mailbox: Mailbox, certificate: Certificate) -> int:
    with open_mailbox(mailbox, certificate.trusting()) as client:
        return fetch_new(client, services, "demo", mailbox, RestingEmails())


# ---- stored, then moved


def test_an_email_is_stored_answered_and_moved(
    service: Service,
    smtp: SmtpStandIn,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
) -> None:
    server.deliver(mail())
    assert fetch(services, mailbox, certificate) == 1
    service.work()

    [message], [conversation] = service.rows(Message), service.rows(Conversation)
    assert (message.text, message.received_on) == (f"My bill. {BILL}", PRACTICE)
    assert (conversation.practice, conversation.patient_address) == ("demo", PATIENT)
    assert [sent.recipient for sent in smtp.mails] == [PATIENT]
    assert (server.emails("INBOX"), server.emails("Intake")) == ([], [mail()])


def test_what_was_stored_is_not_fetched_again(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    server.deliver(mail())
    server.deliver(mail("And in April?", message_id=None))

    assert [fetch(services, mailbox, certificate) for _ in range(2)] == [2, 0]
    assert len(service.rows(Message)) == 2


def test_a_crash_between_storing_and_moving_stores_nothing_twice(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    with server.client() as person:
        person.create_folder("Intake")
    server.deliver(mail(message_id=None))
    server.deliver(mail("And in April?"))
    # moving fails, as if the process had ended there
    cut = mailbox.model_copy(update={"done_folder": "No such folder"})
    with open_mailbox(mailbox, certificate.trusting()) as client:
        assert fetch_new(client, services, "demo", cut, RestingEmails()) == 0
    assert len(server.emails("INBOX")) == 2
    assert len(service.rows(Message)) == 2

    assert fetch(services, mailbox, certificate) == 2
    assert len(service.rows(Message)) == 2
    assert server.emails("INBOX") == []


def test_an_email_that_came_by_a_mail_server_too_is_stored_once(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    received = "Received: from mx.maple.example by imap.maple.example; Mon, 05 Jan 2026 09:00:00 -0500\r\n"
    server.deliver(mail())
    server.deliver(mail(extra=received + VOUCHED))
    fetch(services, mailbox, certificate)

    assert len(service.rows(Message)) == 1


def test_an_email_that_comes_in_again_after_a_new_key_is_stored_once(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    server.deliver(mail())
    fetch(services, mailbox, certificate)
    with_new_key = service.settings.model_copy(update={"encryption_keys": f"{OTHER_KEY},{ENCRYPTION_KEY}"})
    restarted = open_services(with_new_key)
    rotate_keys(restarted.database, restarted.files)
    server.deliver(mail())
    fetch(restarted, mailbox, certificate)
    restarted.watchers.close()
    restarted.database.close()

    with restarted.database.read() as session:
        assert session.scalar(select(func.count(Message.id))) == 1


def test_while_the_database_is_away_the_email_stays(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    server.deliver(mail())
    with service.edit() as session:
        session.execute(sql("ALTER TABLE messages RENAME TO away"))
    with pytest.raises(SQLAlchemyError):
        fetch(services, mailbox, certificate)
    with service.edit() as session:
        session.execute(sql("ALTER TABLE away RENAME TO messages"))

    assert server.emails("INBOX") == [mail()]
    assert service.rows(Conversation) == []
    assert fetch(services, mailbox, certificate) == 1


def refuse_without_subject(service: Service) -> None:
    """Have the database refuse each email that has no subject."""
    refuse = "SELECT RAISE(ABORT, 'swordfish')"
    with service.edit() as session:
        session.execute(
            sql(f"CREATE TRIGGER no BEFORE INSERT ON messages WHEN NEW.subject IS NULL BEGIN {refuse}; END")
        )


def test_an_email_that_cannot_be_stored_keeps_no_other_waiting(
    service: Service,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
    capfd: pytest.CaptureFixture[str],
    log_as_service: Callable[[], None],
) -> None:
    log_as_service()
    refuse_without_subject(service)
    fails = mail(message_id=None).replace(b"Subject: My bill\r\n", b"")
    server.deliver(fails)
    server.deliver(mail("And in April?"))

    assert fetch(services, mailbox, certificate) == 1
    assert [message.text for message in service.rows(Message)] == ["My bill. And in April?"]
    assert server.emails("INBOX") == [fails]
    written = "".join(capfd.readouterr())
    assert "email_not_fetched" in written
    assert not any(word in written for word in ("swordfish", "Lopez", PATIENT, BILL))


def test_an_email_that_fails_rests_longer_each_time() -> None:
    resting = RestingEmails()
    resting.note_failure(2, moment=0.0)

    assert resting.choose_awake([3, 2, 1], moment=59.0) == [1, 3]
    assert resting.choose_awake([3, 2, 1], moment=60.0) == [1, 2, 3]
    resting.note_failure(2, moment=60.0)
    assert resting.choose_awake([2], moment=179.0) == []
    assert resting.choose_awake([2], moment=180.0) == [2]
    for _ in range(100):
        resting.note_failure(2, moment=180.0)
    assert resting.choose_awake([2], moment=180.0 + LONGEST_REST_SECONDS) == [2]


def test_what_a_person_has_read_is_fetched_and_what_was_deleted_is_not(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    server.deliver(mail("Read before."))
    server.deliver(mail("Deleted."))
    with server.client() as person:
        person.select_folder("INBOX")
        first, second = sorted(person.search())
        person.add_flags([first], [rb"\Seen"])
        person.add_flags([second], [rb"\Deleted"])
        fetch(services, mailbox, certificate)

    assert [message.text for message in service.rows(Message)] == ["My bill. Read before."]


# ---- what must not be answered


@pytest.mark.parametrize(
    "raw",
    [
        mail(extra=""),
        mail(extra=VOUCHED.replace("mx.maple", "mx.attacker")),
        mail(extra=f"{VOUCHED}Auto-Submitted: auto-generated\r\nReferences: <1@maple.example>\r\n"),
        mail(extra=f"Return-Path: <>\r\n{VOUCHED}"),
        mail().replace(PATIENT.encode(), PRACTICE.encode()).replace(b"patient.example", b"maple.example"),
        b"\xff\xfe\x00",
        b"\r\n",
    ],
    ids=["no word", "a stranger's word", "automatic", "bounce", "own address", "garbage", "empty"],
)
def test_what_must_not_be_answered_goes_to_staff_alone(
    service: Service,
    smtp: SmtpStandIn,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
    raw: bytes,
) -> None:
    server.deliver(raw)
    fetch(services, mailbox, certificate)
    service.work()

    assert len(service.rows(Notification)) == 1
    assert service.rows(Delivery) == []
    assert smtp.mails == []
    assert server.emails("INBOX") == []


def test_what_waited_for_days_is_stored_and_not_answered(
    service: Service,
    smtp: SmtpStandIn,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
) -> None:
    """A mailbox that is connected may be full of old email."""
    server.deliver(mail(), at=datetime.now(UTC) - timedelta(days=4))
    fetch(services, mailbox, certificate)
    service.work()

    assert len(service.rows(Notification)) == 1
    assert smtp.mails == []


def test_what_waited_for_days_is_in_its_patients_conversation_and_an_emergency_still_pages(
    service: Service,
    smtp: SmtpStandIn,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
) -> None:
    """A password may have expired over a long weekend."""
    server.deliver(mail("My chest hurts badly and I can't breathe"), at=datetime.now(UTC) - timedelta(days=4))
    server.deliver(mail())
    fetch(services, mailbox, certificate)
    service.work()

    [conversation] = service.rows(Conversation)
    assert conversation.patient_address == PATIENT
    late, _ = service.rows(Decision)
    assert (late.route, late.silence) == ("urgent", Silence.LATE)
    told = [row.reason for row in service.rows(Notification) if row.message_id == late.message_id]
    assert told == ["unanswered_emergency"]
    assert len(smtp.mails) == 1


def test_what_only_came_late_is_vouched_for_and_can_be_answered_by_staff() -> None:
    assert is_vouched(Channel.EMAIL, SenderDoubt.LATE)
    assert not is_vouched(Channel.EMAIL, SenderDoubt.AUTOMATIC)


# ---- another address of the practice


def change_address(service: Service) -> None:
    overrides = {"email": Override("front@maple.example", PRACTICE), "former_emails": Override([PRACTICE], [])}
    with service.edit() as session:
        manager = add_member(session, "mira@maple.example", "Mira", Role.MANAGER, ["demo"], "correct horse battery")
        add_version(session, "demo", Standing(0, overrides), {}, staff_id=manager.id)


def test_an_email_is_answered_from_the_address_that_the_practice_has_by_then(
    service: Service,
    smtp: SmtpStandIn,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
) -> None:
    server.deliver(mail())
    with open_mailbox(mailbox, certificate.trusting()) as client:
        fetch_new(client, services, "demo", mailbox, RestingEmails())
        change_address(service)
        services.live.refresh()
        server.deliver(mail("And in April?", message_id="<def@patient.example>"))
        client.noop()
        fetch_new(client, services, "demo", mailbox, RestingEmails())
    service.context.live.refresh()
    service.work()

    assert [message.received_on for message in service.rows(Message)] == [PRACTICE, "front@maple.example"]
    assert {sent.sender for sent in smtp.mails} == {"front@maple.example"}


def test_an_email_that_is_too_large_goes_to_a_person_with_its_beginning(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    text, picture = "--b\r\n\r\nIt hurts.\r\n", "--b\r\nContent-Type: image/png\r\n\r\n"
    lines = f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{text}{picture}"
    server.deliver(f"{VOUCHED}From: {PATIENT}\r\n{lines}".encode() + b"x" * 200_000)
    fetch(services, mailbox, certificate)

    [message] = service.rows(Message)
    assert message.text == "It hurts."
    assert NOT_READ in (message.media or "")
    assert message.conversation_id
    assert service.rows(Conversation)[0].patient_address is None
    assert server.emails("INBOX") == []


# ---- getting in


def test_a_certificate_that_is_not_trusted_ends_it_before_the_password(
    services: Services, server: ImapServer, mailbox: Mailbox
) -> None:
    with pytest.raises(ssl.SSLError), open_mailbox(mailbox, ssl.create_default_context()):
        pass


def test_a_wrong_password_is_an_error_and_not_shown(
    server: ImapServer, mailbox: Mailbox, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wrong herring")
    wrong = Mailbox(host="localhost", port=server.port, user=USER, password_env="MAIL_PASSWORD")
    with pytest.raises(LoginError) as refused, open_mailbox(wrong, certificate.trusting()):
        pass

    assert "herring" not in str(refused.value)


def test_a_password_that_others_can_read_is_refused(mailbox: Mailbox, certificate: Certificate) -> None:
    assert mailbox.password_file is not None
    mailbox.password_file.chmod(0o644)

    with pytest.raises(IntakeError, match="chmod 600"), open_mailbox(mailbox, certificate.trusting()):
        pass


# ---- watching


def wait_for(service: Service, count: int) -> None:
    """Waits until so many messages are stored."""
    Record[Any]("messages").quiet(0, until=lambda: len(service.rows(Message)) >= count)


def test_an_email_is_fetched_as_soon_as_it_comes_in(
    service: Service, services: Services, server: ImapServer, mailbox: Mailbox, certificate: Certificate
) -> None:
    watch = MailboxWatch(services, "demo", mailbox, certificate.trusting())
    server.deliver(mail())
    watch.start()
    wait_for(service, 1)
    server.deliver(mail("And in April?"))
    wait_for(service, 2)
    watch.stop()

    assert server.emails("INBOX") == []
    assert not watch.is_failing


def test_a_watch_goes_on_beside_an_email_that_always_fails(
    service: Service,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
    capfd: pytest.CaptureFixture[str],
    log_as_service: Callable[[], None],
) -> None:
    log_as_service()
    refuse_without_subject(service)
    server.deliver(mail().replace(b"Subject: My bill\r\n", b""))
    watch = MailboxWatch(services, "demo", mailbox, certificate.trusting())
    watch.start()
    for count in (1, 2, 3):
        server.deliver(mail(f"Question {count}", message_id=None))
        wait_for(service, count)
    Record[Any]("moved").quiet(0, until=lambda: len(server.emails("Intake")) == 3)
    with server.client() as person:
        person.delete_folder("Intake")
    server.deliver(mail("After the folder was deleted", message_id=None))
    Record[Any]("folder").quiet(0, until=lambda: len(server.emails("Intake")) == 1)
    watch.stop()

    written = "".join(capfd.readouterr())
    assert not watch.is_failing
    assert "email_not_fetched" in written
    assert "mailbox_failed" not in written


def test_a_mailbox_that_fails_is_tried_again_and_says_so(
    service: Service,
    services: Services,
    server: ImapServer,
    mailbox: Mailbox,
    certificate: Certificate,
    capfd: pytest.CaptureFixture[str],
    log_as_service: Callable[[], None],
) -> None:
    log_as_service()
    server.deliver(mail("The password is swordfish"))
    with service.edit() as session:
        session.execute(sql("ALTER TABLE messages RENAME TO away"))
    watch = MailboxWatch(services, "demo", mailbox, certificate.trusting())
    watch.start()
    Record[Any]("failures").quiet(0, until=lambda: watch.is_failing)
    with service.edit() as session:
        session.execute(sql("ALTER TABLE away RENAME TO messages"))
    wait_for(service, 1)
    Record[Any]("failures").quiet(0, until=lambda: not watch.is_failing)
    watch.stop()

    written = "".join(capfd.readouterr())
    assert "mailbox_failed" in written
    assert not any(word in written for word in ("swordfish", "Lopez", "patient.example", PASSWORD))


def test_the_pauses_between_failures_grow_to_five_minutes() -> None:
    assert [pause_after(failures) for failures in (0, 1, 2, 100)] == [1, 2, 4, LONGEST_PAUSE_SECONDS]
