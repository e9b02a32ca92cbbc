"""Telling staff: by text, through any service that apprise knows, and always on the console."""

from __future__ import annotations

import logging
from urllib.parse import unquote

import apprise
import structlog

from inbox.models import now
from intake.errors import IntakeError
from intake.practices import TEXT_PREFIX, Practice
from intake.settings import Settings
from tasks.carriers.choose import make_sender
from tasks.carriers.protocol import Accepted, Outcome, OutgoingMessage, Refused, Retryable, Sender
from tasks.notification.models import CONSOLE, Digest, Notice
from tasks.notification.render import Wording, word

log = structlog.get_logger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings hold addresses


class Notifier:
    """Sends notices."""

    def __init__(self, public_url: str, texts: Sender) -> None:
        """Take the address that links begin with, and how texts go out."""
        self._public_url = public_url
        self._texts = texts

    def notify(self, notice: Notice | Digest, address: str, texts_from: str | None) -> Outcome:
        """Send one notice to one address.

        Args:
            notice: what to tell.
            address: the console, `sms:` with a number, or one of apprise's.
            texts_from: the number or messaging service that texts go out from.
        """
        if address == CONSOLE:
            _show(notice)
            return Accepted(CONSOLE)
        return self.send(word(notice, self._public_url), address, texts_from)

    def send(self, wording: Wording, address: str, texts_from: str | None) -> Outcome:
        """Send words to one address that is not the console."""
        if not address.startswith(TEXT_PREFIX):
            return _send_through_apprise(wording, address)
        if texts_from is None:
            return Refused("no number to text from")
        to = address.removeprefix(TEXT_PREFIX)
        text = OutgoingMessage(delivery_id=None, to=to, sender=texts_from, body=wording.text, sending_at=now())
        return self._texts.send(text)


def make_notifier(settings: Settings) -> Notifier:
    """Return what tells staff."""
    return Notifier(settings.public_url, make_sender(settings))


def check_addresses(practice: Practice) -> None:
    """Check the form of every address.

    Raises:
        IntakeError: one is not an address that apprise knows; the message names its key, and nothing of it but the
            scheme, as the rest may be a password.
    """
    for team, known in practice.teams.items():
        for number, address in enumerate(known.notify, start=1):
            if not address.startswith(TEXT_PREFIX) and apprise.Apprise.instantiate(address) is None:
                raise IntakeError(
                    f"practice[{practice.slug}].teams.{team}.notify[{number}]: apprise cannot read this"
                    f" {address.partition('://')[0]}:// address; see https://github.com/caronc/apprise/wiki"
                )


def describe_address(address: str) -> str:
    """Return an address as its practice's managers may see it: without the passwords and tokens in it."""
    if address.startswith(TEXT_PREFIX):
        return address
    known = apprise.Apprise.instantiate(address)
    if known is None:
        return f"{address.partition('://')[0]}://…"
    shown: str = known.url(privacy=True)  # type: ignore[no-untyped-call]
    return unquote(shown.partition("?")[0])  # what comes after may be a token as well


def _send_through_apprise(wording: Wording, address: str) -> Outcome:
    channel = apprise.Apprise()
    if not channel.add(address):
        return Refused("not an address")
    taken = channel.notify(title=wording.title, body=wording.body)
    return Accepted("apprise") if taken else Retryable("not taken")


def _show(notice: Notice | Digest) -> None:
    if isinstance(notice, Notice):
        log.info(
            "staff_notified",
            team=notice.team,
            priority=notice.priority,
            reason=notice.reason,
            conversation_id=notice.conversation_id,
            message_id=notice.message_id,
        )
