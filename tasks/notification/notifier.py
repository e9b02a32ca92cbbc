"""Sending staff notifications: by text, through any service that Apprise supports, and always on the console."""

from __future__ import annotations

import logging
from urllib.parse import unquote

import apprise

from inbox.models import now
from intake.errors import IntakeError
from intake.practices import TEXT_PREFIX, Practice
from intake.settings import Settings
from tasks.carriers.choose import make_sender
from tasks.carriers.circuit import Circuit
from tasks.carriers.protocol import Accepted, Outcome, OutgoingMessage, Refused, Retryable, Sender
from tasks.notification.models import AnyNotice
from tasks.notification.render import Wording, word
from tasks.notification.targets import CONSOLE

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings contain addresses


class Notifier:
    """Sends notifications to staff."""

    def __init__(self, public_url: str, texts: Sender) -> None:
        """Create a notifier from the base URL of links and a sender for texts."""
        self._public_url = public_url
        self._texts = texts
        self._circuits: dict[tuple[str, str], Circuit] = {}

    def notify(self, notice: AnyNotice, address: str, texts_from: str | None) -> Outcome:
        """Send one notification to one address.

        Args:
            notice: the notification.
            address: the console, `sms:` and a number, or an Apprise URL.
            texts_from: the number or messaging service to send texts from.
        """
        if address == CONSOLE:
            return Accepted(CONSOLE)  # left pending by an earlier version
        return self.send(word(notice, self._public_url), address, texts_from)

    def send(self, wording: Wording, address: str, texts_from: str | None) -> Outcome:
        """Send a worded notification to an address other than the console."""
        if not address.startswith(TEXT_PREFIX):
            return self._circuit_to(address).send(lambda: _send_through_apprise(wording, address))
        if texts_from is None:
            return Refused("no number to text from")
        to = address.removeprefix(TEXT_PREFIX)
        text = OutgoingMessage(delivery_id=None, to=to, sender=texts_from, body=wording.text, sending_at=now())
        return self._texts.send(text)

    def _circuit_to(self, address: str) -> Circuit:
        """Return the circuit to an address's host."""
        scheme, _, rest = address.partition("://")
        host = rest.partition("/")[0].rpartition("@")[2]
        return self._circuits.setdefault((scheme, host), Circuit(f"{scheme} notices"))


def make_notifier(settings: Settings) -> Notifier:
    """Return the notifier for these settings."""
    return Notifier(settings.public_url, make_sender(settings))


def check_addresses(practice: Practice) -> None:
    """Check that every address is valid.

    Raises:
        IntakeError: Apprise does not accept an address. The message names its key and scheme only, because the rest
            may be a password.
    """
    for team, known in practice.teams.items():
        for number, address in enumerate(known.notify, start=1):
            if not address.startswith(TEXT_PREFIX) and apprise.Apprise.instantiate(address) is None:
                raise IntakeError(
                    f"practice[{practice.slug}].teams.{team}.notify[{number}]: apprise cannot use this"
                    f" {address.partition('://')[0]}:// address; see https://github.com/caronc/apprise/wiki"
                )


def describe_address(address: str) -> str:
    """Return an address without its passwords and tokens, for the practice's managers."""
    if address.startswith(TEXT_PREFIX):
        return address
    known = apprise.Apprise.instantiate(address)
    if known is None:
        return f"{address.partition('://')[0]}://…"
    shown: str = known.url(privacy=True)  # type: ignore[no-untyped-call]
    return unquote(shown.partition("?")[0])  # the query may contain a token as well


def _send_through_apprise(wording: Wording, address: str) -> Outcome:
    channel = apprise.Apprise()
    if not channel.add(address):
        return Refused("not an address")
    taken = channel.notify(title=wording.title, body=wording.body)
    # apprise does not say whether the service refused or did not answer
    return Accepted("apprise") if taken else Retryable("not taken", no_answer=True)
