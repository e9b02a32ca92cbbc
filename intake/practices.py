"""The practices file: which practices the service answers for, in which words, and who is notified.

`practices.toml` is written by hand, so every mistake in it is reported with its line or key. A field that managers can
also edit on the console carries an `Editor`, and needs nothing else to be on the settings page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import structlog
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from intake.errors import IntakeError
from intake.federal_holidays import is_federal_holiday, is_holiday_eve
from intake.mailbox import Mailbox

# imported from here by those who send notices
from intake.practice_values import MAIL_PREFIX as MAIL_PREFIX
from intake.practice_values import TEXT_PREFIX as TEXT_PREFIX
from intake.practice_values import (
    Address,
    Clock,
    Color,
    Country,
    DayHours,
    DayOpenings,
    EmailAddress,
    IntentKey,
    Link,
    MailAddress,
    Name,
    Origin,
    PhoneNumber,
    QuietSpan,
    Reader,
    ReplyKey,
    RouteKey,
    ServiceSid,
    Slug,
    Speech,
    StringKey,
    TimeZone,
    WidgetKey,
    e164,
    require_apart,
)
from intake.practice_values import is_plain_mail as is_plain_mail
from intake.setting_editors import Editor, EditorKind, SettingGroup
from intake.vocabulary import EDITED_ROUTES, INTENTS, REPLIES, AutoReply, ChatText, NoticeText, Priority, Team, Weekday

log = structlog.get_logger(__name__)

Location = tuple[int | str, ...]
WEEKDAYS = tuple(Weekday)
LAST_MINUTE = "-23:59"
SOON_CLOSED = timedelta(minutes=30)
"""How long before the doors close for the day nobody is promised an answer of the same day."""
_EXPECTED = {
    "list_type": "a list in square brackets",
    "dict_type": "a table",
    "model_type": "a table",
    "string_type": "text in quotes",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "date_type": "a date such as 2026-12-24",
    "date_parsing": "a date such as 2026-12-24",
    "date_from_datetime_parsing": "a date such as 2026-12-24",
    "date_from_datetime_inexact": "a date such as 2026-12-24",
}
"""What is said of a value of the wrong type."""
_UNKNOWN_TEAM = "unknown_team"
_LONGEST_PAUSE_DAYS = 40  # of a practice with one day a week, which several holidays in a row may close


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _edited_link(label: str) -> Editor:
    return Editor(SettingGroup.LINKS, EditorKind.LINK, label, empty="no link")


class Links(_Strict):
    """Web addresses for replies; replies leave out the ones that are missing."""

    new_patient: Annotated[Link | None, _edited_link("New patients")] = None
    scheduling: Annotated[Link | None, _edited_link("Book a visit")] = None
    pay: Annotated[Link | None, _edited_link("Pay a bill")] = None
    prices: Annotated[Link | None, _edited_link("Prices")] = None
    privacy: Annotated[Link | None, _edited_link("Privacy notice")] = None
    terms: Annotated[Link | None, _edited_link("Terms for texts")] = None


class TeamSettings(_Strict):
    """A group of staff and how to notify it.

    Urgent and high-priority notices always go out at once. Others wait until quiet hours end, and low-priority notices
    wait for the digest if there is one.
    """

    notify: Annotated[list[Address], Editor(SettingGroup.TEAMS, EditorKind.ADDRESSES, "Addresses")] = Field(
        default=[],
        description="apprise addresses, sms: and a number, or mailto: and an email address; none: console only",
    )
    quiet_hours: Annotated[
        QuietSpan | None, Editor(SettingGroup.TEAMS, EditorKind.SPAN, "Quiet hours", example="8:00 PM - 7:00 AM")
    ] = None
    digest_at: Annotated[
        list[Clock],
        Editor(
            SettingGroup.TEAMS,
            EditorKind.TIMES,
            "Digest times",
            hint="At these times, low-priority notices go out as one that only counts them.",
            example="8:00 AM, 4:00 PM",
        ),
    ] = []
    include_text: Annotated[
        NoticeText,
        BeforeValidator(NoticeText.of),
        Editor(
            SettingGroup.TEAMS,
            EditorKind.CHOICE,
            "Include the patient’s message in notices",
            options=tuple(NoticeText),
            hint="Only if every address of this team is safe for health information. Replacing names and numbers"
            " can miss some.",
        ),
    ] = Field(default=NoticeText.OFF, description="whether the practice declares these addresses safe for PHI")


class EscalationStep(_Strict):
    """Who is notified next of an urgent message that is unacknowledged this many minutes after it arrived."""

    team: str | None = None
    number: PhoneNumber | None = None
    email: MailAddress | None = None
    after_minutes: int = Field(ge=1, le=24 * 60)

    @model_validator(mode="after")
    def _one_contact(self) -> EscalationStep:
        if self.contact.count(None) != 2:
            raise ValueError("expected either team, number, or email")
        return self

    @property
    def contact(self) -> tuple[str | None, ...]:
        """Who is notified."""
        return self.team, self.number, self.email

    @property
    def address(self) -> str | None:
        """Where the notices of a person go; None if a team is notified."""
        if self.number is not None:
            return TEXT_PREFIX + self.number
        return None if self.email is None else MAIL_PREFIX + self.email


class PhoneLine(_Strict):
    """A number at the carrier, where texts and calls come in; a retired one still takes them, and sends nothing new."""

    number: PhoneNumber
    label: Name | None = None
    retired: bool = False


class RouteOverride(_Strict):
    """A practice's override of one row of the routing table; fields that are not set keep their defaults."""

    team: str | None = None
    priority: Priority | None = None
    auto_reply: bool | None = None


def _phone_line(value: object) -> object:
    if not isinstance(value, str | dict | PhoneLine):
        raise ValueError('expected a number in quotes, such as "+12025550180"')
    return {"number": e164(value)} if isinstance(value, str) else value


class Limits(_Strict):
    """How often the service may send automatic replies."""

    cool_down_minutes: int = Field(default=60, ge=0, le=7 * 24 * 60)
    replies_per_hour: int = Field(default=12, ge=1, le=60)
    text_countries: list[Country] = Field(
        default=["US", "CA"], description="where a number may be that gets an automatic text before it has sent one"
    )
    form_texts_per_day: int = Field(
        default=100, ge=0, le=100_000, description="automatic texts that contact forms may cause in a day"
    )


def _edited_days(label: str) -> Editor:
    return Editor(
        SettingGroup.RETENTION,
        EditorKind.NUMBER,
        label,
        hint="Days after which it is deleted. A conversation under legal hold is kept.",
        empty="kept for good",
    )


class Retention(_Strict):
    """After how many days data is deleted, here and at the carrier; what has no limit is kept."""

    message_days: Annotated[int | None, _edited_days("Messages, replies, and notes")] = Field(
        default=None, ge=7, le=36500, description="what patients and staff wrote, and who the patient is"
    )
    recording_days: Annotated[int | None, _edited_days("Voicemail recordings")] = Field(default=None, ge=1, le=36500)
    audit_days: Annotated[int | None, _edited_days("Audit trail")] = Field(
        default=None, ge=7, le=36500, description="who did what; kept while messages are"
    )

    @model_validator(mode="after")
    def _audit_outlives_messages(self) -> Retention:
        if self.audit_days and self.message_days and self.audit_days < self.message_days:
            raise ValueError("audit_days must be at least message_days: the trail says who read the messages")
        return self


class ConsoleAccess(_Strict):
    """How members get into the console, and what others may see in an emergency."""

    require_second_factor: Annotated[
        bool,
        Editor(
            SettingGroup.SIGN_IN,
            EditorKind.FLAG,
            "Require two-step sign-in",
            hint="As soon as you save, members who have neither an authenticator app nor a passkey see only their own"
            " account page until they set one up. Tell them first, and set up your own.",
        ),
    ] = Field(default=False, description="whether a password alone is not enough")
    idle_minutes: Annotated[
        int | None,
        Editor(
            SettingGroup.SIGN_IN,
            EditorKind.NUMBER,
            "Minutes until automatic sign-out",
            hint="After this many minutes without any activity, members must sign in again.",
            empty="8 hours",
        ),
    ] = Field(default=None, ge=5, le=480, description="when an idle member is signed out")
    emergency_access: Annotated[
        bool,
        Editor(
            SettingGroup.SIGN_IN,
            EditorKind.FLAG,
            "Allow emergency access",
            hint="Members of your other practices can open conversations for an hour if they give a reason."
            " It is recorded, and administrators are told at once.",
        ),
    ] = Field(default=False, description="whether members of other practices may open conversations in an emergency")


def _edited_greeting(label: str) -> Editor:
    return Editor(
        SettingGroup.GREETINGS,
        EditorKind.SPEECH,
        label,
        hint="Callers hear it after the words about emergencies and before the tone.",
        empty="standard wording",
    )


class Voice(_Strict):
    """The practice's own greetings (Jinja2), which callers hear after the emergency wording and before the tone."""

    greeting_open: Annotated[Speech | None, _edited_greeting("Greeting while open")] = None
    greeting_closed: Annotated[Speech | None, _edited_greeting("Greeting while closed")] = None


def _edited_flag(label: str, hint: str) -> Editor:
    return Editor(SettingGroup.CHAT, EditorKind.FLAG, label, hint=hint)


class ChatAppearance(_Strict):
    """The look of the chat on the practice's site, and the practice's own wording for any of its texts."""

    colour: Annotated[
        Color | None,
        Editor(
            SettingGroup.CHAT,
            EditorKind.COLOR,
            "Color",
            hint="Of the chat’s button and of what patients write. The chat puts black or white on it, whichever is"
            " easier to read.",
            empty="standard color",
        ),
    ] = Field(default=None, description="accent, such as #0b6e6e")
    staff_names: Annotated[
        bool, _edited_flag("Show first names", "Patients see the first name of whoever answers them.")
    ] = Field(default=True, description="whether visitors see the first names of those who answer")
    suggest_questions: Annotated[
        bool, _edited_flag("Offer common questions", "Those that you have answered are buttons at the start.")
    ] = Field(default=True, description="whether answered common questions are buttons")
    email_copies: Annotated[
        bool, _edited_flag("Offer a copy by email", "Patients can have the chat emailed to them once, unencrypted.")
    ] = Field(default=False, description="whether a visitor may have a copy of the chat by email")
    files: Annotated[bool, _edited_flag("Take pictures and PDFs", "Patients can send them in the chat.")] = Field(
        default=True, description="whether a visitor may send pictures and PDFs"
    )
    strings: Annotated[
        dict[Literal["en", "es"], dict[StringKey, Annotated[str, Field(min_length=1, max_length=500)]]],
        Editor(SettingGroup.CHAT, EditorKind.CHAT_TEXT, members=tuple(ChatText), empty="standard wording"),
    ] = {}


class Practice(_Strict):
    """One healthcare practice."""

    slug: Slug
    name: Annotated[
        Name,
        Editor(
            SettingGroup.NAME,
            EditorKind.LINE,
            "Name of the practice",
            hint="Texts begin with it. Emails, the chat, pages, callers, and staff notices name it too.",
            is_required=True,
        ),
    ]
    email_name: Annotated[
        Name | None,
        Editor(
            SettingGroup.MAIL,
            EditorKind.LINE,
            "Name that emails are from",
            hint="If it should differ from the practice’s name. Any name will do.",
            empty="the practice’s name",
        ),
    ] = Field(default=None, description="the sender's name of emails, if it is not the practice's")
    phone: Annotated[
        PhoneNumber,
        Editor(
            SettingGroup.PHONES,
            EditorKind.PHONE,
            "Number that patients call",
            hint="Replies and the chat name it.",
            example="(202) 555-0188",
            is_required=True,
        ),
    ] = Field(description="the number that patients call")
    phone_numbers: Annotated[
        list[Annotated[PhoneLine, BeforeValidator(_phone_line)]],
        Editor(SettingGroup.NUMBERS, EditorKind.NUMBERS, "Numbers", empty="no numbers"),
    ] = Field(default=[], description="Twilio numbers that texts and calls come in on")
    messaging_service_sid: ServiceSid | None = None
    email: Annotated[
        EmailAddress | None,
        Editor(
            SettingGroup.MAIL,
            EditorKind.EMAIL,
            "Email address",
            hint="Patients write to it, and answers come from it.",
            example="hello@maple-street.example",
            empty="no address",
        ),
    ] = Field(default=None, description="mail comes in to it, and replies go out from it")
    former_emails: Annotated[
        list[EmailAddress],
        Editor(
            SettingGroup.MAIL,
            EditorKind.EMAILS,
            "Earlier addresses",
            hint="Mail to them still comes in. If you change the address above, the old one is added here. Mail to one"
            " that you take out is refused, unless the practices file names it.",
            empty="none",
        ),
    ] = Field(default=[], description="mail to them comes in too; no reply goes out from them")
    mailbox: Mailbox | None = Field(default=None, description="where mail to it is fetched from by IMAP")
    widget_key: WidgetKey | None = None
    allowed_origins: list[Origin] = Field(default=[], description="sites that may embed the chat and post forms")
    chat: ChatAppearance = ChatAppearance()
    time_zone: Annotated[
        TimeZone,
        Editor(
            SettingGroup.HOURS,
            EditorKind.ZONE,
            "Time zone",
            hint="Your hours, quiet hours, digests, and every time on the console go by it. A text that is scheduled"
            " still goes out at the moment that was chosen.",
            is_required=True,
        ),
    ]
    hours: Annotated[
        dict[Weekday, DayOpenings],
        Editor(
            SettingGroup.HOURS,
            EditorKind.HOURS,
            members=WEEKDAYS,
            hint="If you close for lunch, the second pair of times is for the afternoon.",
            empty="closed",
        ),
    ] = {}
    observe_federal_holidays: Annotated[
        bool, Editor(SettingGroup.HOURS, EditorKind.FLAG, "Closed on US federal holidays")
    ] = Field(default=True, description="whether US federal holidays count as closed")
    observe_holiday_eves: Annotated[
        bool, Editor(SettingGroup.HOURS, EditorKind.FLAG, "Closed on the days before US federal holidays")
    ] = Field(default=True, description="whether the eves of observed federal holidays count as closed")
    closed_on: Annotated[
        list[date],
        Editor(
            SettingGroup.HOURS,
            EditorKind.DATES,
            "Closed on",
            hint="What you do on holidays, and on other days that differ from your week. For several days in a row,"
            " fill in both dates.",
        ),
    ] = []
    special_hours: Annotated[list[DayHours], Editor(SettingGroup.HOURS, EditorKind.DAY_HOURS, "Other hours on")] = []
    open_on: Annotated[list[date], Editor(SettingGroup.HOURS, EditorKind.DATES, "Open on")] = []
    patient_quiet_hours: Annotated[
        QuietSpan,
        Editor(
            SettingGroup.HOURS,
            EditorKind.SPAN,
            "No new texts to patients",
            hint="Hours in which staff can’t start a conversation by text. Replies go out at any time.",
            example="9:00 PM - 8:00 AM",
        ),
    ] = Field(default="21:00-08:00", description="when no text goes out that staff start, in the practice's time")
    on_call_number: Annotated[
        PhoneNumber | None,
        Editor(
            SettingGroup.PHONES,
            EditorKind.PHONE,
            "On-call number for patients",
            hint="Replies to emergencies name it, and so do replies about symptoms while you are closed. Whom Intake"
            " pages is set under Teams and Escalation.",
            example="(202) 555-0199",
            empty="no number",
        ),
    ] = None
    links: Links = Links()
    teams: dict[Annotated[str, Field(max_length=32)], TeamSettings] = {}
    escalation: Annotated[
        list[EscalationStep],
        Editor(
            SettingGroup.ESCALATION,
            EditorKind.STEPS,
            "Who is notified next",
            hint="Until someone acknowledges an urgent message, Intake notifies these in turn. The minutes count from"
            " when the message arrived.",
            empty="nobody else",
        ),
    ] = []
    routes: Annotated[
        dict[RouteKey, RouteOverride],
        Editor(SettingGroup.ROUTES, EditorKind.ROUTE, members=EDITED_ROUTES, empty="standard"),
    ] = {}
    review_threshold: Annotated[
        float | None,
        Editor(
            SettingGroup.THRESHOLDS,
            EditorKind.NUMBER,
            "All messages",
            hint="How sure the model must be, from 0 to 1, to sort and answer a message by itself. Nearer to 1, more"
            " messages wait for a person; nearer to 0, more are answered wrongly. Leave empty to use the model’s"
            " default, as most practices do.",
            empty="the model’s default",
        ),
    ] = Field(default=None, ge=0, le=1)
    thresholds: Annotated[
        dict[IntentKey, Annotated[float, Field(ge=0, le=1)]],
        Editor(
            SettingGroup.THRESHOLDS,
            EditorKind.NUMBER,
            members=INTENTS,
            hint="Leave a kind of message empty to use the threshold for all messages.",
            empty="same as all messages",
        ),
    ] = {}
    review_sample: Annotated[
        float,
        Editor(
            SettingGroup.REVIEWS,
            EditorKind.NUMBER,
            "Share of confident messages to review",
            hint="From 0 to 1. Reviewing some of the messages that the model is sure of shows its mistakes.",
        ),
    ] = Field(default=0.02, ge=0, le=1, description="share of the sure ones that are reviewed too")
    review_reply_hours: Annotated[
        float,
        Editor(
            SettingGroup.REVIEWS,
            EditorKind.NUMBER,
            "Hours in which a review can still reply",
            hint="A review sends the automatic reply only if the message came in within this many hours.",
        ),
    ] = Field(default=24, ge=0, le=168, description="how late a review still answers a message")
    share_reviews_for_training: bool = Field(
        default=False, description="whether what staff say of messages may train the model, with names taken out"
    )
    auto_reply: Annotated[
        AutoReply,
        Editor(
            SettingGroup.REPLIES,
            EditorKind.CHOICE,
            "Automatic replies",
            options=tuple(AutoReply),
            hint="Off: staff are notified as usual, but only emergencies, STOP, START, and HELP are answered.",
        ),
    ] = AutoReply.ON
    ask_insurance_details: Annotated[
        bool,
        Editor(
            SettingGroup.REPLIES,
            EditorKind.FLAG,
            "Ask for missing insurance details",
            hint="The reply to a billing question about insurance asks, once per conversation, for the insurance"
            " company, member ID, and date of birth that the patient didn’t give.",
        ),
    ] = Field(default=False, description="whether the reply to a billing question asks for what it lacks")
    replies: Annotated[
        dict[ReplyKey, Annotated[str, Field(min_length=1, max_length=1600)]],
        Editor(SettingGroup.REPLIES, EditorKind.REPLY, members=REPLIES, empty="standard wording"),
    ] = {}
    picture_texts: Annotated[
        bool,
        Editor(
            SettingGroup.REPLIES,
            EditorKind.FLAG,
            "Send pictures by text (MMS)",
            hint="Members can add pictures to a reply by text. Carriers charge more for it and do not encrypt it.",
        ),
    ] = Field(default=False, description="whether staff can send pictures by text, which carriers can read")
    voice: Voice = Voice()
    price_range: Annotated[
        str | None,
        Editor(
            SettingGroup.NAME,
            EditorKind.LINE,
            "Prices in words",
            hint="One sentence. The reply to a question about prices says it.",
            example="A first visit is $120 to $180 without insurance.",
            empty="no prices",
        ),
    ] = Field(default=None, min_length=1, max_length=200)
    price_range_es: Annotated[
        str | None,
        Editor(
            SettingGroup.NAME,
            EditorKind.LINE,
            "Prices in words, in Spanish",
            hint="For patients who write in Spanish.",
            example="Una primera visita cuesta de $120 a $180 sin seguro.",
            empty="no prices",
        ),
    ] = Field(default=None, min_length=1, max_length=200)
    health_reader: Annotated[
        Reader | None,
        Editor(
            SettingGroup.NAME,
            EditorKind.LINE,
            "Who reads health questions",
            hint="Replies to health questions promise it: “A nurse will see it.” One person or one team, written as in"
            " the middle of a sentence.",
            example="our clinical team",
            empty="a nurse",
        ),
    ] = Field(default=None, description="who replies say will see a health question")
    health_reader_es: Annotated[
        Reader | None,
        Editor(
            SettingGroup.NAME,
            EditorKind.LINE,
            "Who reads health questions, in Spanish",
            hint="For patients who write in Spanish. If you leave this empty, they still read “una enfermera”, whatever"
            " the English says.",
            example="nuestro equipo médico",
            empty="una enfermera",
        ),
    ] = Field(default=None, description="the same in Spanish")
    limits: Limits = Limits()
    retention: Retention = Retention()
    access: ConsoleAccess = ConsoleAccess()

    @field_validator("phone_numbers")
    @classmethod
    def _is_listed_once(cls, lines: list[PhoneLine]) -> list[PhoneLine]:
        numbers = [line.number for line in lines]
        if twice := next((number for number in numbers if numbers.count(number) > 1), None):
            raise ValueError(f"{twice} is listed twice")
        return lines

    @field_validator("special_hours")
    @classmethod
    def _is_not_closed_too(cls, entries: list[str], info: ValidationInfo) -> list[str]:
        for entry in entries:
            day = date.fromisoformat(entry.partition(" ")[0])
            if day in info.data.get("closed_on", ()):
                raise ValueError(
                    f"{day.month}/{day.day}/{day.year} is also listed as closed all day (closed_on): remove one of them"
                )
            on = entry[:10]
            require_apart([span[11:] for span in entries if span[:10] == on], info, on)
        return entries

    @field_validator("escalation")
    @classmethod
    def _escalation_leads_somewhere(cls, steps: list[EscalationStep], info: ValidationInfo) -> list[EscalationStep]:
        minutes = [step.after_minutes for step in steps]
        if minutes != sorted(minutes):
            raise ValueError("expected the steps in the order of their after_minutes")
        known = {*Team, *info.data.get("teams", [step.team for step in steps])}  # teams with a mistake are missing
        for step in steps:
            if step.team is not None and step.team not in known:
                raise ValueError(f"there is no team {step.team}; add it to teams")
        return steps

    @field_validator("routes")
    @classmethod
    def _routes_lead_somewhere(cls, routes: dict[str, RouteOverride], info: ValidationInfo) -> dict[str, RouteOverride]:
        known = {*Team, *info.data.get("teams", [route.team for route in routes.values()])}
        for name, route in routes.items():
            if route.team is not None and route.team not in known:
                raise PydanticCustomError(
                    _UNKNOWN_TEAM,
                    "there is no team {team}, to which {route} goes; add it to teams",
                    {"team": route.team, "route": name},
                )
        return routes

    @model_validator(mode="after")
    def _mailbox_has_an_address(self) -> Practice:
        if self.mailbox is not None and self.email is None:
            raise ValueError("mailbox: set the practice's email too, which replies go out from")
        return self

    @model_validator(mode="after")
    def _staff_are_texted_from_a_number(self) -> Practice:
        if self.staff_numbers and self.texts_from is None:
            raise ValueError(
                "staff can be texted from one of phone_numbers or messaging_service_sid only: set one, or remove the"
                " sms: addresses and the numbers of escalation"
            )
        return self

    @model_validator(mode="after")
    def _notices_are_not_messages(self) -> Practice:
        own = {MAIL_PREFIX + address for address in self.mail_addresses}
        addresses = [address for team in self.teams.values() for address in team.notify]
        if own.intersection((*addresses, *(step.address for step in self.escalation))):
            raise ValueError(
                "notices cannot go to the practice's own email address, as its mail comes in here: use another address"
            )
        if texted := sorted(self.staff_numbers.intersection(self.all_numbers)):
            raise ValueError(
                f"staff cannot be texted at {texted[0]}, as patients' messages come in there: use their own numbers"
            )
        return self

    @property
    def sender_name(self) -> str:
        """The name that emails are from."""
        return self.email_name or self.name

    @property
    def redacts_notices(self) -> bool:
        """Whether notices to a team contain messages with names and numbers replaced."""
        return any(team.include_text is NoticeText.REDACTED for team in self.teams.values())

    @property
    def texts_from(self) -> str | None:
        """The messaging service, else the number, that staff are texted from."""
        return self.messaging_service_sid or next(iter(self.numbers_in_use), None)

    @property
    def numbers_in_use(self) -> list[str]:
        """The numbers that are not retired."""
        return [line.number for line in self.phone_numbers if not line.retired]

    @property
    def all_numbers(self) -> list[str]:
        """The numbers that patients' texts and calls come in on, retired ones included."""
        return [line.number for line in self.phone_numbers]

    @property
    def mail_addresses(self) -> list[str]:
        """The email addresses that patients' mail comes in to, the earlier ones included, in lower case."""
        return [address.lower() for address in (self.email, *self.former_emails) if address]

    def sends_from(self, sender: str) -> str:
        """Return what a message goes out from that was to come from a number or an email address.

        That is another one if it was retired since, and there is another.
        """
        if any(line.retired and line.number == sender for line in self.phone_numbers):
            return self.texts_from or sender
        if sender.lower() in (address.lower() for address in self.former_emails):
            return self.email or sender
        return sender

    @property
    def staff_numbers(self) -> frozenset[str]:
        """Numbers that staff are texted at, and can acknowledge from."""
        addresses = [address for team in self.teams.values() for address in team.notify]
        texted = {address.removeprefix(TEXT_PREFIX) for address in addresses if address.startswith(TEXT_PREFIX)}
        return frozenset(texted | {step.number for step in self.escalation if step.number})

    @property
    def staff_addresses(self) -> frozenset[str]:
        """Email addresses that notices go to, in lower case."""
        notified = [address for team in self.teams.values() for address in team.notify]
        notified += [step.address for step in self.escalation if step.address]
        return frozenset(address.removeprefix(MAIL_PREFIX).lower() for address in notified if is_plain_mail(address))

    def is_open(self, moment: datetime) -> bool:
        """Return whether the practice is open at an aware moment."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        return any(opens <= local < closes for opens, closes in self._openings(local.date()))

    def answers_today(self, moment: datetime) -> bool:
        """Return whether an answer of today can be promised: the practice is open, and does not close too soon."""
        closing = self.last_closing(moment)
        return self.is_open(moment) and closing is not None and closing - moment >= SOON_CLOSED

    def is_closing(self, moment: datetime) -> bool:
        """Return whether the practice is open and soon closes for the day; one that is open past midnight does not."""
        closing = self.last_closing(moment)
        is_late = self.is_open(moment) and not self.answers_today(moment)
        return is_late and closing is not None and not self.is_open(closing)

    def last_closing(self, moment: datetime) -> datetime | None:
        """Return when the doors close for the day of a moment, in the practice's zone; None if they stay closed."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        return max((closes for _, closes in self._openings(local.date())), default=None)

    def is_holiday(self, day: date) -> bool:
        """Return whether the practice is closed on a day because of a federal holiday, unless it says otherwise."""
        if not self.observe_federal_holidays:
            return False
        return is_federal_holiday(day) or (self.observe_holiday_eves and is_holiday_eve(day))

    def keeps_hours(self, day: date) -> bool:
        """Return whether a day has hours, those of its weekday or its own, rather than being closed as on a holiday."""
        is_kept = day in self.open_on or self._special_spans(day) or not self.is_holiday(day)
        return day not in self.closed_on and bool(is_kept)

    def hours_on(self, day: date) -> list[str]:
        """Return the opening hours of a date, such as `08:00-17:00`, in order; none if the practice is closed."""
        return sorted(self._special_spans(day) or self.usual_hours(day)) if self.keeps_hours(day) else []

    def usual_hours(self, day: date) -> list[str]:
        """Return the opening hours of a date's weekday, in order, whatever is different on the date."""
        return sorted(self.hours.get(WEEKDAYS[day.weekday()], []))

    def hours_soon(self, moment: datetime, *, days: int = 14) -> dict[date, list[str]]:
        """Return the opening hours of the coming days that are not their weekday's, in order; none of a closed day.

        Args:
            moment: whose day is the first, aware.
            days: how many there are.
        """
        today = moment.astimezone(ZoneInfo(self.time_zone)).date()
        coming = (today + timedelta(days=ahead) for ahead in range(days))
        return {day: spans for day in coming if (spans := self.hours_on(day)) != self.usual_hours(day)}

    def next_opening(self, moment: datetime) -> datetime | None:
        """Return the next time the doors open after a moment, in the practice's zone; None without opening hours."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        last_closed = max(self.closed_on, default=local.date())
        for days in range(max(_LONGEST_PAUSE_DAYS, (last_closed - local.date()).days + 9)):
            for opens, _ in self._openings(local.date() + timedelta(days=days)):
                if opens > local:
                    return opens
        return None

    def last_opening(self, moment: datetime) -> datetime | None:
        """Return the last time the doors opened, at a moment or before; None without opening hours."""
        local = moment.astimezone(ZoneInfo(self.time_zone))
        for days in range(_LONGEST_PAUSE_DAYS):
            opened = [opens for opens, _ in self._openings(local.date() - timedelta(days=days)) if opens <= local]
            if opened:
                return opened[-1]
        return None

    def threshold_for(self, intent: str, default: float) -> float:
        """Return the confidence below which a message of this intent goes to a person."""
        general = default if self.review_threshold is None else self.review_threshold
        return self.thresholds.get(intent, general)

    def _openings(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.time_zone)
        for span in self.hours_on(day):
            opens, closes = (datetime.combine(day, time.fromisoformat(part), tzinfo=zone) for part in span.split("-"))
            # who writes 23:59 means the end of the day, which has no time of its own
            yield opens, closes + timedelta(minutes=1) if span.endswith(LAST_MINUTE) else closes

    def _special_spans(self, day: date) -> list[str]:
        entries = (entry.partition(" ") for entry in self.special_hours)
        return [span for on, _, span in entries if on == day.isoformat()]


class PracticesFile(_Strict):
    """The whole file: a list of practices that share no number, service or key."""

    practices: list[Practice] = Field(min_length=1, alias="practice")

    @model_validator(mode="after")
    def _nothing_is_shared(self) -> PracticesFile:
        owners: dict[str, str] = {}
        for practice in self.practices:
            for value in (
                practice.slug,
                *practice.all_numbers,
                practice.messaging_service_sid,
                *practice.mail_addresses,
                practice.widget_key and f"widget key {practice.widget_key}",
            ):
                if value and owners.setdefault(value, practice.slug) != practice.slug:
                    raise ValueError(f"{value} belongs to both {owners[value]} and {practice.slug}")
        for practice in self.practices:
            for number in practice.staff_numbers:
                if number in owners:
                    raise ValueError(
                        f"staff of {practice.slug} cannot be texted at {number}, where {owners[number]} takes messages"
                    )
        slugs = [practice.slug for practice in self.practices]
        for slug in slugs:
            if slugs.count(slug) > 1:
                raise ValueError(f"the slug {slug} is used twice")
        return self


class Practices:
    """Find practices by what identifies them in a request."""

    def __init__(self, practices: list[Practice], file: Sequence[Practice] = ()) -> None:
        """Take the practices.

        Args:
            practices: the practices as they are now.
            file: the same ones as the file has them: what comes in on a number or an address of it is never unknown.
        """
        self._all = practices
        self._by_slug = {practice.slug: practice for practice in practices}
        receivers = [(practice, self._by_slug[practice.slug]) for practice in (*file, *practices)]
        self._by_number = {number: current for practice, current in receivers for number in practice.all_numbers}
        self._by_service = {p.messaging_service_sid: p for p in practices if p.messaging_service_sid}
        self._by_widget_key = {p.widget_key: p for p in practices if p.widget_key}
        self._by_email = {address: current for practice, current in receivers for address in practice.mail_addresses}

    @property
    def all(self) -> list[Practice]:
        """Every practice."""
        return self._all

    def by_slug(self, slug: str) -> Practice | None:
        """Return the practice with this slug, if there is one."""
        return self._by_slug.get(slug)

    def by_widget_key(self, key: str) -> Practice | None:
        """Return the practice whose site embeds the chat with this key, if there is one."""
        return self._by_widget_key.get(key)

    def by_email(self, address: str) -> Practice | None:
        """Return the practice that mail to this address belongs to, if there is one."""
        return self._by_email.get(address.lower())

    def is_own(self, number: str | None) -> bool:
        """Return whether a number is a practice's own, a retired one included, so that a text to it comes in here."""
        return number in self._by_number

    def require(self, slug: str) -> Practice:
        """Return the practice that a stored conversation belongs to.

        Raises:
            IntakeError: it is not in the practices file any more.
        """
        practice = self.by_slug(slug)
        if practice is None:
            raise IntakeError(f"the practice {slug} has messages but is not in the practices file")
        return practice

    def for_text(self, messaging_service_sid: str | None, to: str) -> Practice | None:
        """Return the practice that a text was sent to: by its messaging service, else by the number.

        A number inside a Messaging Service arrives with the service's sid; a service that no practice names falls
        back to the number, and an unknown number belongs to nobody.
        """
        if messaging_service_sid and messaging_service_sid in self._by_service:
            return self._by_service[messaging_service_sid]
        return self._by_number.get(to)


def load_practices(path: Path, *, ignore_unknown: bool = False) -> Practices:
    """Read and check a practices file.

    Args:
        path: the file.
        ignore_unknown: whether to warn of keys and teams that are unknown, instead of refusing the file, and to take
            hours that overlap. A process that still runs the version before goes on answering patients when the file
            has a newer key, and a newer version does with a file that was once taken.

    Raises:
        IntakeError: it is missing, not TOML, or wrong; the message names each line or key.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8-sig"))  # Windows writes a mark at the beginning
    except OSError as error:
        raise IntakeError(f"cannot read the practices file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise IntakeError(f"{path} is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise IntakeError(f"{path} is not valid TOML: {error}") from None
    while True:
        try:
            return Practices(PracticesFile.model_validate(data, context={"is_lenient": ignore_unknown}).practices)
        except ValidationError as error:
            unknown = _unknown_keys(error) if ignore_unknown else []
            if not unknown:
                raise IntakeError(f"{path}: " + "; ".join(_explain(error, data))) from None
            log.warning("practices_key_ignored", keys=[_path(location, data) for location in unknown])
            for location in unknown:
                _remove(data, location)


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Name the practices file in what else is found to be wrong with it.

    Raises:
        IntakeError: what was found.
    """
    try:
        yield
    except IntakeError as error:
        raise IntakeError(f"{path}: {error}") from None


def _unknown_keys(error: ValidationError) -> list[Location]:
    """Return the keys that this version does not know: fields, keys of tables with a fixed vocabulary, and teams.

    Without its unknown team, a route goes to the usual one, which is told of the message.
    """
    problems = error.errors(include_url=False, include_input=False)
    unknown: list[Location] = [
        tuple(step for step in problem["loc"] if step != "[key]")
        for problem in problems
        if problem["type"] == "extra_forbidden" or problem["loc"][-1:] == ("[key]",)
    ]
    routes = [(problem["loc"], problem["ctx"]["route"]) for problem in problems if problem["type"] == _UNKNOWN_TEAM]
    return unknown + [(*location, route, "team") for location, route in routes]


def _remove(data: Any, location: Location) -> None:
    *parents, last = location
    for step in parents:
        data = data[step]
    data.pop(last, None)


def explain_mistakes(error: ValidationError) -> list[tuple[Location, str]]:
    """Return the location of each mistake and what is wrong there."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [(problem["loc"], _reason(problem)) for problem in found]


def _explain(error: ValidationError, data: dict[str, object]) -> list[str]:
    lines = [(_path(location, data), reason) for location, reason in explain_mistakes(error)]
    return [f"{where}: {reason}" if where else reason for where, reason in lines]


def _reason(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return "unknown key; see practices.demo.toml for the known ones"
    if problem["type"] in _EXPECTED:
        return f"expected {_EXPECTED[problem['type']]}"
    return problem["msg"].removeprefix("Value error, ").replace("String should have", "should have")


def _path(location: Location, data: dict[str, object]) -> str:
    """Write `practice[demo].hours.mon` rather than a position that nobody counts."""
    parts: list[str] = []
    for step in location:
        if isinstance(step, int) and parts == ["practice"]:
            practices = data.get("practice")
            entry = practices[step] if isinstance(practices, list) else None
            name = entry.get("slug", step + 1) if isinstance(entry, dict) else step + 1
            parts[-1] = f"practice[{name}]"
        elif isinstance(step, int):
            parts[-1] += f"[{step + 1}]"
        elif step != "[key]":
            parts.append(step)
    return ".".join(parts)
