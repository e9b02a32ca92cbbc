"""How managers edit a setting on the console: every editable field of a practice carries an `Editor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from intake.vocabulary import AutoReply, ChatText, Intent, NoticeText, Reply, Route, Weekday


class EditorKind(StrEnum):
    """How a setting is shown and typed."""

    LINE = "line"
    LINK = "link"
    HOURS = "hours"
    SPAN = "span"
    TIMES = "times"
    DATES = "dates"
    DAY_HOURS = "day_hours"
    NUMBER = "number"
    REPLY = "reply"
    SPEECH = "speech"
    CHAT_TEXT = "chat_text"
    ADDRESSES = "addresses"
    FLAG = "flag"
    CHOICE = "choice"
    PHONE = "phone"
    COLOR = "color"
    STEPS = "steps"
    NUMBERS = "numbers"
    EMAIL = "email"
    EMAILS = "emails"
    ZONE = "zone"
    ROUTE = "route"


class SettingPage(StrEnum):
    """A page of the settings, in the order of their navigation. The value is in the page's address.

    Attributes:
        heading: the page's title.
        purpose: what it is for.
    """

    heading: str
    purpose: str

    def __new__(cls, value: str, heading: str, purpose: str) -> Self:
        """Attach the heading and the purpose to a member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.heading, member.purpose = heading, purpose
        return member

    PRACTICE = "practice", "Practice", "Your name, prices, numbers, and links, as patients read them everywhere."
    HOURS = "hours", "Hours", "When you are open. Replies, phone greetings, and the chat go by it."
    REPLIES = "automatic-replies", "Automatic replies", "What patients are answered at once, in your own words."
    GREETINGS = "greetings", "Phone greetings", "What callers hear if nobody picks up."
    CHAT = "chat", "Chat", "How the chat on your website looks, and what it says."
    CONNECTIONS = "connections", "Numbers and email", "Where patients’ texts, calls, and emails come in."
    TEAMS = "teams", "Teams and escalation", "Who is told about messages, and who is next if nobody takes an emergency."
    ROUTES = "routing", "Routing", "Which team gets which kind of message, and how soon it must look."
    REVIEWS = "reviews", "Reviews", "Which messages a person looks at before or after they are answered."
    ACCESS = "access", "Privacy and sign-in", "How long data is kept, and how members get into the console."


class SettingGroup(StrEnum):
    """A section of a settings page. The order is that of the page; a section without settings is left out.

    Attributes:
        heading: the section's title.
        noun: what one of its settings is called.
        page: the page that it is on.
    """

    heading: str
    noun: str
    page: SettingPage

    def __new__(cls, value: str, heading: str, noun: str, page: SettingPage) -> Self:
        """Attach the heading, the noun, and the page to a member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.heading, member.noun, member.page = heading, noun, page
        return member

    NAME = "name", "Name and prices", "Practice", SettingPage.PRACTICE
    HOURS = "hours", "Hours", "Hours", SettingPage.HOURS
    PHONES = "phones", "Phone numbers", "Phone", SettingPage.PRACTICE
    LINKS = "links", "Links", "Link", SettingPage.PRACTICE
    REPLIES = "replies", "Replies", "Reply", SettingPage.REPLIES
    GREETINGS = "greetings", "Phone greetings", "Phone", SettingPage.GREETINGS
    CHAT = "chat", "Chat", "Chat", SettingPage.CHAT
    NUMBERS = "numbers", "Numbers for texts and calls", "Phone", SettingPage.CONNECTIONS
    MAIL = "mail", "Email", "Email", SettingPage.CONNECTIONS
    ROUTES = "routes", "Routing", "Routing", SettingPage.ROUTES
    THRESHOLDS = "thresholds", "Thresholds", "Threshold", SettingPage.REVIEWS
    REVIEWS = "reviews", "Reviews", "Review", SettingPage.REVIEWS
    TEAMS = "teams", "Teams", "Team", SettingPage.TEAMS
    ESCALATION = "escalation", "Escalation", "Escalation", SettingPage.TEAMS
    RETENTION = "retention", "Retention", "Retention", SettingPage.ACCESS
    SIGN_IN = "sign_in", "Sign-in and access", "Sign-in setting", SettingPage.ACCESS
    OTHER = "other", "Other settings", "Setting", SettingPage.ACCESS


@dataclass(frozen=True, slots=True)
class Editor:
    """Describes a field of a practice that managers can edit.

    Attributes:
        group: the section it belongs to.
        kind: how it is shown and typed.
        label: its name on the page; empty for a dictionary, where `members` have the labels.
        members: the keys of a dictionary, each a setting of its own that is labeled with the member's words.
        options: the values that a choice is made from, labeled with their words.
        hint: what a manager needs to know to fill it in.
        example: a value as it would be typed.
        empty: how the page words a missing value.
        is_required: whether a value must be given.
    """

    group: SettingGroup
    kind: EditorKind
    label: str = ""
    members: tuple[Weekday | Intent | Route | Reply | ChatText, ...] = ()
    options: tuple[AutoReply | NoticeText, ...] = ()
    hint: str = ""
    example: str = ""
    empty: str = "none"
    is_required: bool = False
