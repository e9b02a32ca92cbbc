"""Taking email in without a webhook: from a mail server that delivers it, and from practices' mailboxes."""

from __future__ import annotations

import signal
import ssl

import click

from intake.errors import IntakeError

_STOPS = (signal.SIGINT, signal.SIGTERM)
NOTHING_SET = "Neither MAIL_LISTEN nor any practice's mailbox is set, so no email comes in this way."


@click.group()
def mail() -> None:
    """Receive patients' email from a mail server or from mailboxes."""


@mail.command()
def serve() -> None:
    """Receive email until Ctrl-C.

    Listens at MAIL_LISTEN for your mail server, by LMTP or SMTP, and fetches from the mailboxes in the practices file.
    """
    from app.mail_service import MailService
    from inbox.storage.presence import MAIL, Heartbeat
    from intake.error_reporting import configure_reporting
    from intake.logs import configure_logging
    from intake.settings import load_settings
    from web.services import open_services

    settings = load_settings()
    configure_logging()
    configure_reporting(settings.sentry_dsn, "mail")
    services = open_services(settings)
    mail_service = MailService(services, ssl.create_default_context())
    if mail_service.is_idle:
        click.echo(NOTHING_SET, err=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)  # for every thread, so that only `sigwait` takes them
    mail_service.start()
    heartbeat = Heartbeat(services.database, MAIL, find_troubles=mail_service.find_troubles)
    heartbeat.start()
    signal.sigwait(_STOPS)
    mail_service.stop()
    heartbeat.stop()


@mail.command()
def fetch() -> None:
    """Fetch once what is in the practices' mailboxes."""
    from imapclient.exceptions import IMAPClientError
    from sqlalchemy.exc import SQLAlchemyError

    from intake.logs import configure_logging
    from intake.settings import load_settings
    from web.services import open_services
    from webhooks.email.mailbox_reader import RestingEmails, fetch_new, open_mailbox

    settings = load_settings()
    configure_logging()
    services = open_services(settings)
    services.live.refresh()
    watched = [(practice, practice.mailbox) for practice in services.practices.all if practice.mailbox is not None]
    if not watched:
        raise IntakeError("no practice has a mailbox; set one in the practices file")
    failed: list[str] = []
    for practice, mailbox in watched:
        resting = RestingEmails()
        try:
            with open_mailbox(mailbox, ssl.create_default_context()) as client:
                click.echo(f"{practice.slug}: {fetch_new(client, services, practice.slug, mailbox, resting)} emails")
        except (IMAPClientError, OSError, SQLAlchemyError) as error:
            failed.append(f"{practice.slug} ({type(error).__name__})")
        if resting.count:
            failed.append(f"{practice.slug} ({resting.count} emails, see the log)")
    if failed:
        raise IntakeError(
            f"could not fetch everything for {', '.join(failed)}: check the mailbox's server, user, and password"
        )
