"""The words that every room shares, each defined once: intents, dangers, routes, replies, priorities, teams, reasons.

The values are stored in databases and written in practices files, so a value never changes once it has shipped.
Members that staff read carry their display words.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
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

    REVIEW = "review", "Not sure"
    FOLLOW_UP = "follow_up", "Follow-up"
    URGENT = "urgent", "Emergency"
    SAME_DAY = "same_day", "Same day"
    BEREAVEMENT = "bereavement", "Report of a death"
    PREGNANCY_LOSS = "pregnancy_loss", "Pregnancy loss"
    PERSON = "person", "Asks for a person"
    PRAISE = "praise", "Praise"
    WRONG_NUMBER = "wrong_number", "May be a wrong number"
    CONTACT = "contact", "Contact details"
    IN_CONFIDENCE = "in_confidence", "Asks in confidence"
    HELPED = "helped", "Says they are being helped"
    OVER = "over", "Says that it is no emergency, or over"
    NUDGE = "nudge", "Asks again"
    ACKNOWLEDGEMENT = "acknowledgement", "No reply needed"
    AUTO_REPLY = "auto_reply", "Automatic reply"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help request"


REMARKS: tuple[Route, ...] = (Route.WRONG_NUMBER, Route.CONTACT, Route.IN_CONFIDENCE)
"""The routes of messages that are recognized by their words alone, whatever they seem to be about."""

UPDATES: tuple[Route, ...] = (Route.HELPED, Route.OVER)
"""The routes of what patients answer after an emergency that tells of no new danger."""

TOPICS_WITHOUT_INTENT: tuple[Route, ...] = (Route.PERSON, Route.PRAISE)
"""What a message can be about beside an intent; its most likely intent is only a guess."""

GUESS_SHOWN_FROM = 0.5
"""The confidence from which a guess is shown to people: one below it is no better than a coin."""


def shows_intent(route: str, confidence: float) -> bool:
    """Return whether a message's most likely intent is worth showing as what the message is about.

    Args:
        route: how the message was routed.
        confidence: the intent's calibrated probability, 0 to 1.
    """
    says_more = (*TOPICS_WITHOUT_INTENT, *REMARKS, *UPDATES, Route.REVIEW, Route.FOLLOW_UP, Route.NUDGE)
    return route not in says_more and confidence >= GUESS_SHOWN_FROM


TOPICS: tuple[Intent | Route, ...] = (*Intent, *TOPICS_WITHOUT_INTENT)
"""What a message can be about, as staff see it and label it."""

ROUTES_WITH_TEAMS: tuple[Intent | Route, ...] = (
    *Intent,
    Route.REVIEW,
    Route.FOLLOW_UP,
    Route.URGENT,
    Route.BEREAVEMENT,
    Route.PREGNANCY_LOSS,
    Route.SAME_DAY,
    Route.PERSON,
    Route.PRAISE,
    *REMARKS,
)
"""The routes that notify a team; a practice may override any of them."""

EDITED_ROUTES: tuple[Intent | Route, ...] = tuple(route for route in ROUTES_WITH_TEAMS if route is not Route.URGENT)
"""Those that managers can change on the console."""


class Language(_WordedEnum):
    """The language that a message is written in."""

    EN = "en", "English"
    ES = "es", "Spanish"
    OTHER = "other", "Another language"


class ReplyName(_WordedEnum):
    """An automatic reply that is not the one of an intent, which has the intent's own name."""

    REVIEW = "review", "Not sure"
    REVIEW_AGAIN = "review_again", "Not sure, second message"
    FOLLOW_UP = "follow_up", "Follow-up"
    COMMON_QUESTION = "common_question", "Answer to a common question"
    URGENT = "urgent", "Emergency"
    URGENT_SELF_HARM = "urgent_self_harm", "Emergency (self-harm)"
    URGENT_INGESTION = "urgent_ingestion", "Emergency (something swallowed)"
    URGENT_AGAIN = "urgent_again", "After an emergency"
    URGENT_AGAIN_SELF_HARM = "urgent_again_self_harm", "After an emergency (self-harm)"
    URGENT_AGAIN_INGESTION = "urgent_again_ingestion", "After an emergency (something swallowed)"
    BEREAVEMENT = "bereavement", "Report of a death"
    PREGNANCY_LOSS = "pregnancy_loss", "Pregnancy loss"
    SAME_DAY = "same_day", "Same day"
    VISIT_SOON = "visit_soon", "Visit that is soon"
    PERSON = "person", "Asks for a person"
    ROBOT = "robot", "Asks who or what answers"
    PRAISE = "praise", "Praise"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    CONTACT = "contact", "Contact details"
    IN_CONFIDENCE = "in_confidence", "Asks in confidence"
    FILE_NOT_KEPT = "file_not_kept", "File that was not kept"
    OPT_OUT = "opt_out", "Opt-out"
    OPT_IN = "opt_in", "Opt-in"
    HELP = "help", "Help"


EMERGENCY_REPLIES = (ReplyName.URGENT, ReplyName.URGENT_SELF_HARM, ReplyName.URGENT_INGESTION)
"""The answers to emergencies: the general one, and those to a kind of danger."""

AFTER_EMERGENCIES = (ReplyName.URGENT_AGAIN, ReplyName.URGENT_AGAIN_SELF_HARM, ReplyName.URGENT_AGAIN_INGESTION)
"""The answers to what comes soon after an emergency: the general one, and those after a kind of danger."""

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


REPLY_FAMILIES: Mapping[str, tuple[Intent | ReplyName, ...]] = MappingProxyType(
    {
        "By what the message is about": INTENTS,
        "Emergencies, and what cannot wait": (
            *EMERGENCY_REPLIES,
            *AFTER_EMERGENCIES,
            *(ReplyName.SAME_DAY, ReplyName.VISIT_SOON),
        ),
        "Losses": (ReplyName.BEREAVEMENT, ReplyName.PREGNANCY_LOSS),
        "Until a person answers": (
            *(ReplyName.REVIEW, ReplyName.REVIEW_AGAIN, ReplyName.PERSON, ReplyName.FOLLOW_UP),
            *(ReplyName.ROBOT, ReplyName.CONTACT, ReplyName.IN_CONFIDENCE),
        ),
        "Short answers": (
            *(ReplyName.COMMON_QUESTION, ReplyName.PRAISE, ReplyName.WRONG_NUMBER, ReplyName.FILE_NOT_KEPT),
        ),
        "STOP, START, and HELP": KEYWORD_REPLIES,
    }
)
"""What automatic replies answer, under the headings that managers read, in their order."""

REPLIES: tuple[Reply, ...] = tuple(
    Reply(name, language)
    for names in REPLY_FAMILIES.values()
    for name in names
    for language in (Language.EN, Language.ES)
)
"""Every automatic reply, each English one before its Spanish twin; each has a template in `templates/replies/`."""
ANSWERS: tuple[Reply, ...] = tuple(reply for reply in REPLIES if reply.name is ReplyName.COMMON_QUESTION)
"""The replies that give the practice's own answer to a common question."""
ABOUT_FILES: tuple[Reply, ...] = tuple(reply for reply in REPLIES if reply.name is ReplyName.FILE_NOT_KEPT)
"""The replies about a file that was not kept, which answer nothing that a message says."""
SENT_IN_EMERGENCIES: tuple[Reply, ...] = tuple(reply for reply in REPLIES if reply.name in EMERGENCY_REPLIES)
"""The replies to emergencies, in each language."""


def reply_in(language: str, name: str) -> Reply:
    """Return the reply with this name in a patient's language, in English if that is neither English nor Spanish.

    Args:
        language: a `Language`.
        name: an intent, or a `ReplyName`.
    """
    wanted = Language.ES if language == Language.ES else Language.EN
    return next(reply for reply in REPLIES if reply.name == name and reply.language is wanted)


def find_reply(key: str) -> Reply:
    """Return the reply with this key."""
    return next(reply for reply in REPLIES if reply == key)


class ChatText(_WordedEnum):
    """A text of the chat that a practice may word on the console, by its language and its name in the widget."""

    EN_LAUNCHER = "en.launcher", "Button"
    ES_LAUNCHER = "es.launcher", "Button, in Spanish"
    EN_TITLE = "en.title", "Title"
    ES_TITLE = "es.title", "Title, in Spanish"
    EN_GREETING = "en.greeting", "Greeting while open"
    ES_GREETING = "es.greeting", "Greeting while open, in Spanish"
    EN_GREETING_CLOSED = "en.greetingClosed", "Greeting while closed"
    ES_GREETING_CLOSED = "es.greetingClosed", "Greeting while closed, in Spanish"
    EN_REPLY_TIME = "en.replyTime", "When patients are answered"
    ES_REPLY_TIME = "es.replyTime", "When patients are answered, in Spanish"
    EN_CONSENT = "en.consent", "What patients agree to"
    ES_CONSENT = "es.consent", "What patients agree to, in Spanish"


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
    """Why a message gets no automatic reply, mostly as the sender of an email is not believed."""

    UNVERIFIED = "unverified", "nothing proves that it comes from this address"
    AUTOMATIC = "automatic", "a program sent it, or it asks for no automatic reply"
    OWN_ADDRESS = "own_address", "it claims to come from a practice's own address"
    PROGRAM = "program", "a program wrote it"
    AUTO_REPLY = "auto_reply", "it is an automatic reply"
    BOUNCE = "bounce", "it reports that an email was not delivered"
    LATE = "late", "it came in days late"
    STAFF = "staff", "it comes from an address of the staff"
    STAFF_ANSWER = "staff_answer", "it answers a notice to staff"
    OWN_NUMBER = "own_number", "its number is a practice's own"


BELIEVED: tuple[SenderDoubt | None, ...] = (None, SenderDoubt.LATE)
"""With these, an email is proved to come from its sender, who has the conversation."""
FROM_STAFF: tuple[SenderDoubt | None, ...] = (SenderDoubt.STAFF, SenderDoubt.STAFF_ANSWER)
"""Staff wrote these to where patients write."""
BY_PROGRAM: tuple[SenderDoubt | None, ...] = (SenderDoubt.PROGRAM, SenderDoubt.AUTO_REPLY)
"""A program wrote these, and may quote a patient."""
NEVER_ALARMS: tuple[SenderDoubt | None, ...] = (*BY_PROGRAM, SenderDoubt.BOUNCE, SenderDoubt.STAFF_ANSWER)
"""What no patient wrote: whatever its words, it pages nobody by itself. What staff forward may well be an alarm."""
TO_STAFF = "to_staff"
"""The `reply` of the line that staff get who write to where patients write."""
SETUP_TEXT = "setup_text"
"""The `reply` of a text to a phone of the staff, which the setup checklist sends as a test."""


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
    Whoever reports a bereavement or a pregnancy loss gets condolences.
    """

    ROUTE = "route"
    REVIEW = "review"
    ACKNOWLEDGEMENT = "acknowledgement"
    OUT_OF_SCOPE = "out_of_scope"
    PERSON = "person"
    BEREAVEMENT = "bereavement"
    PREGNANCY_LOSS = "pregnancy_loss"


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
    DIGEST = "digest", "Daily summary"
    REVIEW = "review", "Not sure"
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


class Role(StrEnum):
    """What a staff member may do. The order is that of their rights: each has those of the roles before it, too."""

    STAFF = "staff"  # answer patients
    MANAGER = "manager"  # change the practice's settings
    ADMIN = "admin"  # everything


class Weekday(_WordedEnum):
    """A day of the week, in the order of `datetime.weekday()`."""

    MON = "mon", "Monday"
    TUE = "tue", "Tuesday"
    WED = "wed", "Wednesday"
    THU = "thu", "Thursday"
    FRI = "fri", "Friday"
    SAT = "sat", "Saturday"
    SUN = "sun", "Sunday"


class Silence(_WordedEnum):
    """Why a message gets no automatic reply although its route has one."""

    UNSAFE = "unsafe", "it is not safe to contact the patient here"
    OTHER_WRITER = "other_writer", "someone else may be writing on this phone"
    QUIET = "quiet", "the phone is somebody else's, or the patient wants no answer here"
    NO_ADDRESS = "no_address", "there is no number or address to reply to"
    LATE = "late", "it waited for more than three days before it came in"
    FROM_STAFF = "from_staff", "staff wrote it"
    OWN_NUMBER = "own_number", "its number is a practice's own, where texts come in"
    OPTED_OUT = "opted_out", "the patient opted out"
    MAY_OPT_OUT = "may_opt_out", "the patient may want no more texts"
    REPLIES_OFF = "replies_off", "automatic replies are off"
    ROUTE_OFF = "route_off", "automatic replies are off for this route"
    STAFF_ACTIVE = "staff_active", "automatic replies are off in this conversation"
    HOURLY_LIMIT = "hourly_limit", "the hourly limit has been reached"
    REPEATED = "repeated", "the same reply was sent recently"
    FOREIGN = "foreign", "texts do not go to numbers in this country"
    CAPPED = "capped", "the daily limit of texts to numbers typed into forms has been reached"
    STAFF_HAVE_IT = "staff_have_it", "staff have it"
    TOO_OLD = "too_old", "the message is too old"
    ALREADY_SENT = "already_sent", "one was already sent"


class NotificationReason(_WordedEnum):
    """Why staff are told of a message, beside the route that it took."""

    UNDELIVERED = "undelivered", "Undelivered reply"
    UNCONFIRMED = "unconfirmed", "Reply that may not have reached the patient"
    LANDLINE = "landline", "Reply that a landline cannot receive: reach the patient another way"
    UNPROCESSED = "unprocessed", "Message that could not be processed"
    BROKEN_REPLY = "broken_reply", "Standard reply sent because the practice's own reply could not be used"
    UNANSWERED_EMERGENCY = "unanswered_emergency", "Urgent message that got no reply"
    UNANSWERED_UNSAFE = "unanswered_unsafe", "Urgent message that got no reply, for safety"
    SILENT_FOR_SAFETY = (
        "silent_for_safety",
        "Message that got no reply, for safety: read it now, and find a safe way to reach the patient",
    )
    OTHER_WRITER = "other_writer", "Someone else may be writing on a patient's phone: do not answer there"
    UNSAFE_CLAIMED = (
        "unsafe_claimed",
        "Somebody wrote on the website that a patient's phone is not safe: find out if it is true",
    )
    CRY_FOR_HELP = "cry_for_help", "Patient who may be asking for help: find out"
    AT_PRACTICE = "at_practice", "Urgent message that may come from your building or right outside: read it now"
    UNHEARD_VOICEMAIL = "unheard_voicemail", "Voicemail to listen to, as no transcript tells what it says"
    STAFF_OPTED_OUT = "staff_opted_out", "A staff phone texted STOP and gets no more notices"
    OPTED_OUT = "opted_out", "Patient opted out of texts"
    POSSIBLE_OPT_OUT = "possible_opt_out", "Patient who may want no more texts"
    TEXTS_CAPPED = "texts_capped", "Contact forms cause no more texts today, because the daily limit was reached"
    ESCALATION = "escalation", "Unacknowledged urgent message"
    MARKED = "marked_urgent", "Urgent message"
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
