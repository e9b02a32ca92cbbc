"""How the console says what the record holds: channels, intents, states, reasons and times, in a person's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from inbox.models import Conversation, ConversationState, Delivery, DeliveryState
from intake import channels, phone
from intake.errors import IntakeError

CHANNELS = {channel: traits.words for channel, traits in channels.CHANNELS.items()}
STATES = {
    ConversationState.OPEN: "Open",
    ConversationState.WAITING: "Waiting for the patient",
    ConversationState.CLOSED: "Closed",
}
_DELIVERY_STATES = {
    DeliveryState.PENDING: "About to be sent",
    DeliveryState.SENDING: "Being sent",
    DeliveryState.UNKNOWN: "Being sent; the carrier has not answered yet",
    DeliveryState.SENT: "Sent",
    DeliveryState.DELIVERED: "Delivered",
    DeliveryState.FAILED: "Not delivered",
    DeliveryState.SUPPRESSED: "Held back",
    DeliveryState.NOT_SENT: "Not sent: no carrier is set up",
}
# https://www.twilio.com/docs/api/errors
_REASONS = {
    "21211": "this is not a phone number that texts can go to",
    "21610": "the patient opted out of texts",
    "21612": "texts cannot go from our number to theirs",
    "21614": "this number takes no texts",
    "30003": "the phone is switched off or out of reach",
    "30004": "the phone blocks our texts",
    "30005": "the number does not exist, or is not in use",
    "30006": "it is a landline, or the carrier takes no texts",
    "30007": "the carrier took it for spam",
    "30008": "the carrier gave no reason",
    "invalid_address": "this is not an email address",
    "opted out": "the patient opted out of texts",
    "staff took over": "staff had taken over",
}
_ACTIONS = {
    "viewed": "viewed",
    "replied": "replied",
    "assigned": "assigned",
    "noted": "added a note",
    "took_over": "took over",
    "handed_back": "handed back to the robot",
    "played": "played the voicemail",
    "state_changed": "changed the state",
}


def who(conversation: Conversation) -> str:
    """Return what a patient is called: the name they gave, else the address that they wrote from."""
    if conversation.patient_name:
        return conversation.patient_name
    address = conversation.patient_address or conversation.contact_phone or conversation.contact_email
    if address:
        return spoken(address)
    return channels.traits_of(conversation.channel).anonymous


def spoken(address: str) -> str:
    """Return a number as people write it; an email address stays as it is."""
    if not address.startswith("+"):
        return address
    try:
        return phone.spoken(phone.normalise(address))
    except IntakeError:
        return address


def delivery_state(delivery: Delivery) -> str:
    """Say how a reply is faring, and why it went wrong."""
    said = _DELIVERY_STATES[DeliveryState(delivery.state)]
    if delivery.state == DeliveryState.PENDING and delivery.attempts:
        return "Will be tried again"
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.SUPPRESSED) or not delivery.error_code:
        return said
    return f"{said}: {_REASONS.get(delivery.error_code, f'error {delivery.error_code}')}"


def action(name: str) -> str:
    """Say what an audit entry tells of."""
    return _ACTIONS.get(name, name.replace("_", " "))


def age(at: datetime, moment: datetime, zone: str) -> str:
    """Return how long ago something was, short enough for a list."""
    passed = moment - at
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(hours=24):
        return f"{passed // timedelta(hours=1)} h"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}" if passed < timedelta(days=300) else f"{local:%b} {local.year}"


def clock(at: datetime, zone: str) -> str:
    """Return a moment as the practice's clock shows it."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}, {local.hour % 12 or 12}:{local:%M} {local:%p}"
