"""The console's display words for channels, states, triage levels, delivery errors, and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from classifier.text.languages import name_language
from inbox.models import (
    UNDELIVERED,
    Classification,
    Conversation,
    ConversationState,
    Delivery,
    DeliveryState,
    Message,
)
from intake import channels, phone
from intake.errors import IntakeError
from intake.practices import EscalationStep, Practice
from intake.vocabulary import DangerKind, Language, Medium, Priority, TriageLevel, words_of
from tasks.notification.targets import first_paged_team

CHANNELS = {channel: traits.words for channel, traits in channels.CHANNELS.items()}
CHANNEL_ICONS = {channel: traits.icon for channel, traits in channels.CHANNELS.items()}
STATES = {
    ConversationState.OPEN: "Open",
    ConversationState.WAITING: "Waiting on patient",
    ConversationState.CLOSED: "Closed",
}
LOWER_LEVELS = {TriageLevel.SAME_DAY: "A nurse today", TriageLevel.ROUTINE: "Ordinary"}
"""What staff can make of an emergency that is none."""
_DELIVERY_STATES = {
    DeliveryState.PENDING: "Queued",
    DeliveryState.SENDING: "Sending",
    DeliveryState.UNKNOWN: "Sending; waiting for the carrier to confirm",
    DeliveryState.SENT: "Sent",
    DeliveryState.DELIVERED: "Delivered",
    DeliveryState.FAILED: "Not delivered",
    DeliveryState.SUPPRESSED: "Not sent",
    DeliveryState.NOT_SENT: "Not sent: sending is not set up yet",
    DeliveryState.HELD: "Held",
    DeliveryState.UNCONFIRMED: "May not have arrived: the carrier could not confirm it, so it was not sent again",
}
CANCELLED = "cancelled"  # the error code of a scheduled message that staff cancelled
# https://www.twilio.com/docs/api/errors
_REASONS = {
    "21211": "this is not a valid phone number",
    "21610": "the patient opted out of texts",
    "21612": "our number cannot send texts to this number",
    "21614": "this number cannot receive texts",
    "30003": "the phone is off or out of range",
    "30004": "the phone blocked the text",
    "30005": "the number does not exist or is not in service",
    "30006": "it is a landline, or the carrier does not support texts",
    "30007": "the carrier blocked it as spam",
    "30008": "the carrier gave no reason",
    "lost_file": "a file of it is no longer there",
    "not_composed": "the program could not write it as an email",
    "invalid_address": "this is not a valid email address",
    "bounced": "a mail server sent it back",
    "landline": "a landline cannot receive texts",
    "opted out": "the patient opted out of texts",
    CANCELLED: "staff cancelled it",
    "own number": "the number is a practice’s own, where texts come in",
    "sample": "this patient is fictional",
    "staff took over": "staff had taken over the conversation",
    "unsafe": "the patient said that it is not safe to contact them here",
    "written since": "the patient wrote after it was scheduled",
}


@dataclass(frozen=True, slots=True)
class Flag:
    """A marked word on a page.

    Attributes:
        words: what it says.
        style: its CSS class, which is that of a priority; empty for a plain one.
    """

    words: str
    style: str = ""


def triage_flag(level: str | None, danger: str | None = None) -> Flag | None:
    """Return the flag of a triage level, with the kind of danger if it is a special one; None for a routine message."""
    match level:
        case TriageLevel.EMERGENCY:
            kind = "" if danger in (None, DangerKind.OTHER) else f": {DangerKind(danger).words.lower()}"
            return Flag(TriageLevel.EMERGENCY.words + kind, Priority.URGENT)
        case TriageLevel.SAME_DAY:
            return Flag(TriageLevel.SAME_DAY.words, Priority.HIGH)
        case _:
            return None


def urgency_flag(conversation: Conversation) -> Flag | None:
    """Return the flag that says how soon staff must look at a conversation: its triage level, else its priority."""
    if conversation.danger is not None:  # also once staff have answered it
        return triage_flag(TriageLevel.EMERGENCY, conversation.danger)
    priority = conversation.priority
    if priority is None or Priority(priority) < Priority.HIGH:
        return triage_flag(conversation.triage)
    return triage_flag(conversation.triage) or Flag(priority.capitalize(), priority)


def foreign_language(message: Message | None) -> str:
    """Return the language of a message that is not in English; empty for any other."""
    found = message.classification if message else None
    if message is None or found is None or found.language == Language.EN:
        return ""
    named = name_language(message.text) if found.language == Language.OTHER else ""
    return named or Language(found.language).words


def other_intents(found: Classification | None) -> str:
    """Return a message's other clear intents; empty if it has none."""
    return ", ".join(words_of(other["intent"]) for other in found.also) if found else ""


def who(conversation: Conversation, record_name: str = "") -> str:
    """Return a patient's display name: that of their record, else the name they gave, else their address."""
    if name := record_name or conversation.patient_name:
        return name
    address = conversation.patient_address or conversation.contact_phone or conversation.contact_email
    if address:
        return spoken(address)
    return channels.traits_of(conversation.channel).anonymous


def spoken(address: str) -> str:
    """Return a number in the usual national format; an email address is returned unchanged."""
    if not address.startswith("+"):
        return address
    try:
        return phone.spoken(phone.normalise(address))
    except IntakeError:
        return address


def dialed(shown: str) -> str:
    """Return the number that a shown one stands for, as a telephone dials it; empty for anything else."""
    try:
        return phone.normalise(shown)
    except IntakeError:
        return ""


def scheduled_for(delivery: Delivery, zone: str) -> str:
    """Return when a reply goes out that waits for its time; empty for any other."""
    if delivery.state != DeliveryState.PENDING or delivery.attempts or delivery.scheduled_for is None:
        return ""
    return clock(delivery.scheduled_for, zone)


def delivery_state(delivery: Delivery, zone: str, *, is_held: bool = False) -> str:
    """Return the display words of a reply's state, with the reason if it failed.

    Args:
        delivery: the reply.
        zone: the practice's time zone.
        is_held: whether it will not go out at its time, as the patient said since that it is not safe.
    """
    if delivery.state == DeliveryState.SENT and delivery.medium == Medium.CHAT:
        return "Not seen yet"
    if delivery.state == DeliveryState.PENDING and delivery.attempts:
        return "Will retry"
    if delivery.state == DeliveryState.HELD and delivery.scheduled_for is not None:
        return f"Held: it was scheduled for {clock(delivery.scheduled_for, zone)}"
    if at := scheduled_for(delivery, zone):
        return f"Held back: scheduled for {at}, but it is not safe to write here" if is_held else f"Scheduled for {at}"
    return state_words(delivery.state, delivery.error_code)


def state_words(state: str, error_code: str | None) -> str:
    """Return the display words of what became of a reply, with the reason if it failed."""
    said = _DELIVERY_STATES[DeliveryState(state)]
    if state not in (DeliveryState.FAILED, DeliveryState.SUPPRESSED) or not error_code:
        return said
    return f"{said}: {_REASONS.get(error_code, f'error {error_code}')}"


def reply_trouble(reply: Delivery | None) -> str:
    """Return the inbox's warning about an answer; empty if there is none."""
    if reply is None or reply.error_code == CANCELLED or reply.state == DeliveryState.HELD:
        return ""  # of a held one, the row says so by itself
    if reply.state == DeliveryState.PENDING and reply.attempts:
        return "Not sent yet"
    if reply.state not in UNDELIVERED:
        return ""
    match reply.state:
        case DeliveryState.UNCONFIRMED:
            return "Reply may not have arrived"
        case DeliveryState.FAILED:
            return "Reply not delivered"
        case _:
            return "Not sent"


def age(at: datetime, moment: datetime, zone: str) -> str:
    """Return how long ago a moment was, short enough for a list."""
    passed = moment - at
    if passed < timedelta(minutes=1):
        return "now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(hours=24):
        return f"{passed // timedelta(hours=1)} h"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}" if passed < timedelta(days=300) else f"{local:%b} {local.year}"


def calendar_day(value: str) -> str:
    """Return a stored date as people here write it, such as `5/2/1970`; anything else as it is."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return value
    return f"{day.month}/{day.day}/{day.year}"


def until(at: datetime, moment: datetime) -> str:
    """Return how long it is until a moment, such as "in 6 min"."""
    minutes = -((moment - at) // timedelta(minutes=1))  # rounded up
    if minutes <= 0:
        return "now"
    return f"in {minutes} min" if minutes < 120 else f"in {minutes // 60} h"


def day_and_clock(at: datetime, zone: str) -> str:
    """Return a moment as weekday, date, and time in the practice's time zone."""
    return f"{at.astimezone(ZoneInfo(zone)):%a}, {clock(at, zone)}"


def silent_contacts(practice: Practice, steps: Sequence[int]) -> list[str]:
    """Return escalation steps that reach nobody, such as "Manager, after 20 minutes"; 0 is who is paged at once."""
    taken = [practice.escalation[number - 1] for number in steps if number]
    at_once = [f"{words_of(first_paged_team(practice))}, at once"] if 0 in steps else []
    return at_once + [f"{_contact(step)}, after {step.after_minutes} minutes" for step in taken]


def _contact(step: EscalationStep) -> str:
    return words_of(step.team) if step.team else spoken(step.number or step.email or "")


def hours(span: str) -> str:
    """Return a span of hours, such as `21:00-08:00`, as "9:00 PM and 8:00 AM"."""
    times = (time.fromisoformat(part) for part in span.split("-"))
    return " and ".join(f"{at.hour % 12 or 12}:{at:%M} {at:%p}" for at in times)


def clock(at: datetime, zone: str) -> str:
    """Return a moment as date and time in the practice's time zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}, {local.hour % 12 or 12}:{local:%M} {local:%p}"


def dated_clock(at: datetime, zone: str) -> str:
    """Return a moment as date with the year, and time, in the practice's time zone."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}, {local.year}, {local.hour % 12 or 12}:{local:%M} {local:%p}"


def shorten(text: str, longest: int) -> str:
    """Return a text on one line, cut off with an ellipsis if it has more characters than `longest`."""
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1].rstrip()}…"
