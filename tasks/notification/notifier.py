"""Sending staff notifications: by text, through any service that Apprise supports, and always on the console."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Mapping

import structlog

from inbox.models import now
from intake.errors import IntakeError
from intake.notice_hosts import NoticeHost, parse_notice_hosts
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, Practice, is_plain_mail
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.choose import make_senders
from tasks.carriers.circuit import Circuit
from tasks.carriers.protocol import Accepted, Outcome, OutgoingMessage, Refused, Retryable, Sender
from tasks.carriers.staff_mail import name_notices
from tasks.notification.addresses import parse_address, scheme_of
from tasks.notification.models import AnyNotice
from tasks.notification.public_targets import only_public
from tasks.notification.render import Wording, word
from tasks.notification.targets import CONSOLE, key_of

log = structlog.get_logger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings contain addresses


NO_ANSWER = "Nobody reads an answer to this email as an acknowledgment: open the link."


class Notifier:
    """Sends notifications to staff."""

    def __init__(self, public_url: str, senders: Mapping[Medium, Sender], hosts: Collection[NoticeHost] = ()) -> None:
        """Create a notifier.

        Args:
            public_url: the base URL of links.
            senders: send texts and email.
            hosts: hosts inside the network that notices may go to.
        """
        self._public_url = public_url
        self._senders = senders
        self._hosts = hosts
        self._circuits: dict[str, Circuit] = {}

    def notify(
        self, notice: AnyNotice, address: str, practice: Practice | None, row_ids: Collection[int] = ()
    ) -> Outcome:
        """Send one notification to one address.

        Args:
            notice: the notification.
            address: the console, `sms:` and a number, `mailto:` and an email address, or an Apprise URL.
            practice: whose number or address it is sent from; None if it is no longer in the practices file.
            row_ids: the rows of the outbox that it covers, which its mail names in case it comes back.
        """
        if address == CONSOLE:
            return Accepted(CONSOLE)  # left pending by an earlier version
        return self.send(word(notice, self._public_url), address, practice, row_ids)

    def send(self, wording: Wording, address: str, practice: Practice | None, row_ids: Collection[int] = ()) -> Outcome:
        """Send a worded notification to an address other than the console."""
        if is_plain_mail(address):
            # another attempt must not be hidden as a repeat
            about = name_notices(row_ids, secrets.token_hex(8))
            return self._send_mail(wording, address.removeprefix(MAIL_PREFIX), practice, about)
        if not address.startswith(TEXT_PREFIX):
            return self._circuit_to(address).send(lambda: self._send_through_apprise(wording, address))
        if practice is None or practice.texts_from is None:
            return Refused("no number to text from")
        to = address.removeprefix(TEXT_PREFIX)
        text = OutgoingMessage(delivery_id=None, to=to, sender=practice.texts_from, body=wording.text, sending_at=now())
        return self._senders[Medium.SMS].send(text)

    def _send_mail(self, wording: Wording, to: str, practice: Practice | None, about: str) -> Outcome:
        """Send by the service's own mail server, from the practice's address."""
        if practice is None or practice.email is None:
            return Refused("no address to write from")
        mail = OutgoingMessage(
            delivery_id=None,
            to=to,
            sender=practice.email,
            body=f"{wording.body}\n\n{NO_ANSWER}" if wording.is_alarm else wording.body,
            sending_at=now(),
            from_name=practice.sender_name,
            subject=wording.title,
            staff_mail=about,
        )
        return self._senders[Medium.EMAIL].send(mail)

    def _send_through_apprise(self, wording: Wording, address: str) -> Outcome:
        try:
            service = parse_address(address)
        except IntakeError as error:
            log.error("notice_address_refused", scheme=scheme_of(address), reason=str(error))
            return Refused("not an address that may be used")
        import apprise  # slow to import, and many workers notify nobody

        channel = apprise.Apprise()
        channel.add(service)
        with only_public(self._hosts) as check:
            taken = channel.notify(title=wording.title, body=wording.body, body_format=apprise.NotifyFormat.TEXT)
        if taken:
            return Accepted("apprise")
        if check.has_refused:
            log.error("notice_target_refused", scheme=scheme_of(address), reason="not public; see NOTICE_HOSTS")
            return Retryable("target not allowed")
        return Retryable("not taken", no_answer=True)  # apprise does not say whether it was refused or not answered

    def _circuit_to(self, address: str) -> Circuit:
        """Return the circuit to an address: another at the same host may have a password that works."""
        return self._circuits.setdefault(key_of(address), Circuit(f"{scheme_of(address)} notices"))


def make_notifier(settings: Settings) -> Notifier:
    """Return the notifier for these settings."""
    return Notifier(settings.public_url, make_senders(settings), parse_notice_hosts(settings.notice_hosts))
