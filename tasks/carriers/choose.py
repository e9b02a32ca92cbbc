"""Which carrier each medium goes out by, as the settings say."""

from __future__ import annotations

from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.circuit import CircuitLookup, CircuitSender
from tasks.carriers.console import ConsoleSender, NoLookup
from tasks.carriers.protocol import TIMEOUT_SECONDS, Lookup, Sender
from tasks.carriers.smtp import make_email_sender

# Texts wait behind a look-up, and are sent without it if need be.
LOOKUP_SECONDS = 3.0


def make_lookup(settings: Settings) -> Lookup:
    """Return a Twilio lookup if there are credentials, else one that looks up nothing."""
    if not settings.sends_texts:
        return NoLookup()
    from tasks.carriers.twilio import TwilioLookup, make_client  # slow to import, and of no use without credentials

    return CircuitLookup(TwilioLookup(make_client(settings, LOOKUP_SECONDS)), "twilio")


def make_senders(settings: Settings) -> dict[Medium, Sender]:
    """Return the sender for each medium that needs a carrier, which chat does not."""
    mail = make_email_sender(settings)
    return {
        Medium.SMS: make_sender(settings),
        Medium.EMAIL: CircuitSender(mail, "smtp") if mail else ConsoleSender("no SMTP server"),
    }


def make_sender(settings: Settings, timeout_seconds: float = TIMEOUT_SECONDS) -> Sender:
    """Return a Twilio sender if there are credentials, else a console sender.

    Args:
        settings: the service's settings.
        timeout_seconds: the time limit for connecting and for each answer.
    """
    if not settings.sends_texts:
        return ConsoleSender("no Twilio credentials")
    from tasks.carriers.twilio import TwilioSender, make_client  # as above

    sender = TwilioSender(make_client(settings, timeout_seconds), f"{settings.public_url}/twilio/sms/status")
    return CircuitSender(sender, "twilio")
