"""Which carrier each medium goes out by, as the settings say."""

from __future__ import annotations

from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.carriers.console import ConsoleSender, NoLookup
from tasks.carriers.protocol import Lookup, Sender
from tasks.carriers.smtp import make_email_sender
from tasks.carriers.twilio import TIMEOUT_SECONDS, TwilioLookup, TwilioSender, make_client


def make_lookup(settings: Settings) -> Lookup:
    """Return Twilio's Lookup when there are credentials, else one that finds out nothing."""
    return TwilioLookup(make_client(settings)) if settings.sends_texts else NoLookup()


def make_senders(settings: Settings) -> dict[Medium, Sender]:
    """Return how replies go out by each medium that needs a carrier; a chat needs none."""
    return {
        Medium.SMS: make_sender(settings),
        Medium.EMAIL: make_email_sender(settings) or ConsoleSender("no SMTP server"),
    }


def make_sender(settings: Settings, timeout_seconds: float = TIMEOUT_SECONDS) -> Sender:
    """Return the Twilio sender when there are credentials, else the console one.

    Args:
        settings: the service's settings.
        timeout_seconds: how long the carrier may take to connect, and to answer.
    """
    if not settings.sends_texts:
        return ConsoleSender("no Twilio credentials")
    return TwilioSender(make_client(settings, timeout_seconds), f"{settings.public_url}/twilio/sms/status")
