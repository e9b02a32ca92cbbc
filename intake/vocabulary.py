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


class Route(_WordedEnum):
    """A row of the routing table that is not an intent."""

    REVIEW = "review", "Unsorted"
    URGENT = "urgent", "Emergency"
    SAME_DAY = "same_day", "Same day"
    PERSON = "person", "Asks for a person"
    PRAISE = "praise", "Praise"
    ACKNOWLEDGEMENT = "acknowledgement", "No reply needed"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help request"


TOPICS_WITHOUT_INTENT: tuple[Route, ...] = (Route.PERSON, Route.PRAISE)
"""What a message can be about beside an intent; its most likely intent is only a guess."""

TOPICS: tuple[Intent | Route, ...] = (*Intent, *TOPICS_WITHOUT_INTENT)
"""What a message can be about, as staff see it and label it."""

ROUTES_WITH_TEAMS: tuple[Intent | Route, ...] = (
    *Intent,
    Route.REVIEW,
    Route.URGENT,
    Route.SAME_DAY,
    Route.PERSON,
    Route.PRAISE,
)
"""The routes that notify a team; a practice may override any of them."""


class Language(_WordedEnum):
    """The language that a message is written in."""

    EN = "en", "English"
    ES = "es", "Spanish"
    OTHER = "other", "Another language"


class ReplyName(_WordedEnum):
    """An automatic reply that is not the one of an intent, which has the intent's own name."""

    REVIEW = "review", "Unsorted"
    REVIEW_AGAIN = "review_again", "Unsorted, second message"
    COMMON_QUESTION = "common_question", "Answer to a common question"
    URGENT = "urgent", "Emergency"
    URGENT_SELF_HARM = "urgent_self_harm", "Emergency (self-harm)"
    URGENT_INGESTION = "urgent_ingestion", "Emergency (something swallowed)"
    SAME_DAY = "same_day", "Same day"
    PERSON = "person", "Asks for a person"
    PRAISE = "praise", "Praise"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help"


KEYWORD_REPLIES = (ReplyName.OPT_OUT, ReplyName.OPT_IN, ReplyName.HELP)
"""The answers to STOP, START, and HELP, which carriers require."""


class Reply(str):
    """An automatic reply in one language, as the key under which it is stored and overridden: `review`, `review_es`.

    Attributes:
        name: what it answers.
        language: English, or Spanish.
        words: what staff read.
    """

    name: Intent | ReplyName
    language: Language
    words: str

    def __new__(cls, name: Intent | ReplyName, language: Language) -> Self:
        """Derive the key and the words from the name and the language."""
        is_spanish = language is Language.ES
        reply = str.__new__(cls, f"{name}_es" if is_spanish else name.value)
        reply.name, reply.language = name, language
        reply.words = f"{name.words}, in Spanish" if is_spanish else name.words
        return reply


_ENGLISH_ONLY = (ReplyName.COMMON_QUESTION,)  # the sentence encoder finds questions in English alone

REPLIES: tuple[Reply, ...] = tuple(
    Reply(name, language)
    for name in (*Intent, *ReplyName)
    for language in (Language.EN, Language.ES)
    if language is Language.EN or name not in _ENGLISH_ONLY
)
"""Every automatic reply, each English one before its Spanish twin; each has a template in `templates/replies/`."""


def reply_in(language: str, name: str) -> Reply:
    """Return the reply with this name in a patient's language; in English where there is none in that language.

    Args:
        language: a `Language`.
        name: an intent, or a `ReplyName`.
    """
    wanted = Language.ES if language == Language.ES and name not in _ENGLISH_ONLY else Language.EN
    return next(reply for reply in REPLIES if reply.name == name and reply.language is wanted)


def find_reply(key: str) -> Reply:
    """Return the reply with this key."""
    return next(reply for reply in REPLIES if reply == key)


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


class TriageLevel(_WordedEnum):
    """How soon a person must see a message, whatever it is about; `training/corpus/triage/README.md` defines it."""

    EMERGENCY = "emergency", "Emergency"
    SAME_DAY = "same_day", "Same day"
    ROUTINE = "routine", "Routine"


class DangerKind(_WordedEnum):
    """The kind of danger in an emergency, which decides the helplines that its reply names; the first found wins."""

    SELF_HARM = "self_harm", "Self-harm"
    INGESTION = "ingestion", "Something swallowed"
    OTHER = "other", "Medical or other emergency"


class OptOutMistake(_WordedEnum):
    """Why staff undo an opt-out that they recorded. A list rather than free words, as the audit trail keeps it."""

    WRONG_PATIENT = "wrong_patient", "It was meant for another patient"
    MISUNDERSTOOD = "misunderstood", "The patient did not ask for it"
    PRESSED_BY_MISTAKE = "pressed_by_mistake", "The button was pressed by mistake"


class ConsentHow(_WordedEnum):
    """How a patient told staff that texts are welcome. A list rather than free words, as the audit trail keeps it."""

    IN_PERSON = "in_person", "In person"
    BY_PHONE = "by_phone", "By phone"
    ON_PAPER = "on_paper", "On a signed form"


class SenderDoubt(_WordedEnum):
    """Why the sender of an email is not believed, so that no automatic reply goes to the address."""

    UNVERIFIED = "unverified", "nothing proves that it comes from this address"
    AUTOMATIC = "automatic", "a program sent it, or it asks for no automatic reply"
    OWN_ADDRESS = "own_address", "it claims to come from a practice's own address"


class EntityKind(_WordedEnum):
    """What a part of a message is that identifies a person, or that a bill needs.

    `docs/entities.md` says what counts as which. The order is that of reports.
    """

    NAME = "NAME", "Name"
    DOB = "DOB", "Birth date"
    DATE = "DATE", "Date"
    PHONE = "PHONE", "Phone number"
    EMAIL = "EMAIL", "Email address"
    ADDRESS = "ADDRESS", "Address"
    ID = "ID", "Other number"
    MEMBER_ID = "MEMBER_ID", "Member ID"
    GROUP_NUMBER = "GROUP_NUMBER", "Group number"
    CLAIM_NUMBER = "CLAIM_NUMBER", "Claim number"
    CARRIER = "CARRIER", "Insurance company"
    PLAN = "PLAN", "Insurance plan"
    AMOUNT = "AMOUNT", "Amount"
    CPT = "CPT", "Procedure code"
    URL = "URL", "Web address"
    EMPLOYER = "EMPLOYER", "Employer"


class Disposition(StrEnum):
    """What should happen to a message, apart from its triage level.

    A message that nobody needs to answer is an acknowledgement; one that belongs to no intent is out of scope; a
    person is asked for when that is all that the message says.
    """

    ROUTE = "route"
    REVIEW = "review"
    ACKNOWLEDGEMENT = "acknowledgement"
    OUT_OF_SCOPE = "out_of_scope"
    PERSON = "person"


class AutoReply(_WordedEnum):
    """Whether a practice's patients get automatic replies."""

    ON = "on", "On"
    OFF = "off", "Off"


class NoticeText(_WordedEnum):
    """Whether notices to a team contain what the patient wrote."""

    OFF = "off", "No"
    REDACTED = "redacted", "With names and numbers replaced"
    FULL = "full", "In full"

    @classmethod
    def of(cls, value: object) -> object:
        """Return a value of the setting, which was once yes or no, as it is written today."""
        if isinstance(value, bool):
            return cls.FULL if value else cls.OFF
        return value


class Team(_WordedEnum):
    """A team that the default routing names; a practice may add teams of its own."""

    FRONT_DESK = "front_desk", "Front desk"
    SCHEDULING = "scheduling", "Scheduling"
    BILLING = "billing", "Billing"
    CLINICAL = "clinical", "Clinical"
    MANAGER = "manager", "Manager"
    DIGEST = "digest", "Digest"
    REVIEW = "review", "Unsorted"
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


SAMPLE = "sample"
"""The provider of the fictional messages that a new service shows."""


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
    UNCONFIRMED = "unconfirmed", "Reply that may not have reached the patient"
    LANDLINE = "landline", "Patient to call, because a landline receives no texts"
    UNPROCESSED = "unprocessed", "Message that could not be processed"
    BROKEN_REPLY = "broken_reply", "Standard reply sent because the practice's own reply could not be used"
    UNHEARD_VOICEMAIL = "unheard_voicemail", "Voicemail without a transcript"
    STAFF_OPTED_OUT = "staff_opted_out", "A staff phone texted STOP and gets no more notices"
    OPTED_OUT = "opted_out", "Patient opted out of texts"
    POSSIBLE_OPT_OUT = "possible_opt_out", "Patient who may want no more texts"
    TEXTS_CAPPED = "texts_capped", "Contact forms cause no more texts today, because the daily limit was reached"
    ESCALATION = "escalation", "Unacknowledged urgent message"
    TRANSFERRED = "transferred", "Conversation that a colleague transferred to this team"


def words_of(name: str | None) -> str:
    """Return the display words of an intent, route, reply, team or reason; an unknown name becomes plain words.

    Practices name teams of their own and old rows hold names that have left the vocabulary, so any string is taken.
    """
    return _WORDS.get(name or "") or (name or "").replace("_", " ").capitalize()


_WORDS: dict[str, str] = {
    str(member): member.words
    for vocabulary in (Team, NotificationReason, REPLIES, Route, Intent)
    for member in vocabulary
}
