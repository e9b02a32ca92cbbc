"""The words that every room shares, each defined once: intents, dangers, routes, replies, priorities, teams, reasons.

The values are stored in databases and written in practices files, so a value never changes once it has shipped.
Members that staff read carry their display words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class _WordedEnum(StrEnum):
    """A string enumeration whose members carry the words that staff read."""

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class Intent(_WordedEnum):
    """What a patient wants. The order is that of the review page's keys and of the classifier's columns."""

    NEW_PATIENT_INQUIRY = "new_patient_inquiry", "New patient"
    EXISTING_PATIENT_QUESTION = "existing_patient_question", "Existing patient question"
    APPOINTMENT_REQUEST = "appointment_request", "Appointment request"
    BILLING_INQUIRY = "billing_inquiry", "Billing question"
    CLINICAL_CONCERN = "clinical_concern", "Clinical concern"
    COMPLAINT = "complaint", "Complaint"
    PRICE_SHOPPER = "price_shopper", "Price question"


INTENTS: tuple[Intent, ...] = tuple(Intent)
"""Every intent, in order."""


class DangerKind(_WordedEnum):
    """What an emergency is about, which decides whom its reply names. The first found in this order wins."""

    SELF_HARM = "self_harm", "Self-harm"
    INGESTION = "ingestion", "Ingestion"
    OTHER = "other", "Medical or other emergency"


class Route(_WordedEnum):
    """A row of the routing table that is not an intent."""

    REVIEW = "review", "Review"
    URGENT = "urgent", "Urgent"
    ACKNOWLEDGEMENT = "acknowledgement", "No reply needed"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help request"


class ReplyName(_WordedEnum):
    """An automatic reply that is not the one of an intent, which has the intent's own name."""

    REVIEW = "review", "Review"
    URGENT = "urgent", "Urgent"
    REVIEW_ES = "review_es", "Review, in Spanish"
    URGENT_ES = "urgent_es", "Urgent, in Spanish"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help"


REPLY_NAMES: tuple[Intent | ReplyName, ...] = (*Intent, *ReplyName)
"""Every automatic reply; each has a template in `templates/replies/`."""


class Priority(StrEnum):
    """How soon staff have to look. Members compare by urgency: `LOW < NORMAL < HIGH < URGENT`."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        """The place in the order, 0 for the lowest."""
        return list(Priority).index(self)

    def __lt__(self, other: str) -> bool:
        """Compare by urgency, never by spelling."""
        return self.rank < Priority(other).rank

    def __le__(self, other: str) -> bool:
        """Compare by urgency, never by spelling."""
        return self.rank <= Priority(other).rank

    def __gt__(self, other: str) -> bool:
        """Compare by urgency, never by spelling."""
        return self.rank > Priority(other).rank

    def __ge__(self, other: str) -> bool:
        """Compare by urgency, never by spelling."""
        return self.rank >= Priority(other).rank


class Team(_WordedEnum):
    """A team that the default routing names; a practice may add teams of its own."""

    FRONT_DESK = "front_desk", "Front desk"
    SCHEDULING = "scheduling", "Scheduling"
    BILLING = "billing", "Billing"
    CLINICAL = "clinical", "Clinical"
    MANAGER = "manager", "Manager"
    DIGEST = "digest", "Digest"
    REVIEW = "review", "Review"
    ON_CALL = "on_call", "On call"


class Medium(_WordedEnum):
    """How a reply goes out."""

    SMS = "sms", "text message"
    CHAT = "chat", "chat"
    EMAIL = "email", "email"


class Channel(StrEnum):
    """How a message came in; `intake.channels` says what each is like."""

    SMS = "sms"
    VOICEMAIL = "voicemail"
    CHAT = "chat"
    WEB_FORM = "web_form"
    EMAIL = "email"


class Weekday(_WordedEnum):
    """A day of the week, in the order of `datetime.weekday()`."""

    MON = "mon", "Monday"
    TUE = "tue", "Tuesday"
    WED = "wed", "Wednesday"
    THU = "thu", "Thursday"
    FRI = "fri", "Friday"
    SAT = "sat", "Saturday"
    SUN = "sun", "Sunday"


class NotificationReason(_WordedEnum):
    """Why staff are told of a message, beside the route that it took."""

    UNDELIVERED = "undelivered", "Undelivered reply"
    UNPROCESSED = "unprocessed", "Message that could not be processed"
    BROKEN_REPLY = "broken_reply", "Standard reply sent because the practice's own reply could not be used"
    UNHEARD_VOICEMAIL = "unheard_voicemail", "Voicemail without a transcript"
    ESCALATION = "escalation", "Unacknowledged urgent message"


def words_of(name: str | None) -> str:
    """Return the display words of an intent, route, reply, team or reason; an unknown name becomes plain words.

    Practices name teams of their own and old rows hold names that have left the vocabulary, so any string is taken.
    """
    return _WORDS.get(name or "") or (name or "").replace("_", " ").capitalize()


_WORDS: dict[str, str] = {
    member.value: member.words
    for vocabulary in (Team, NotificationReason, ReplyName, Route, Intent)
    for member in vocabulary
}
