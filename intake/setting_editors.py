"""How managers edit a setting on the console: every editable field of a practice carries an `Editor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from intake.vocabulary import AutoReply, Intent, NoticeText, Reply, Weekday


class EditorKind(StrEnum):
    """How a setting is shown and typed."""

    LINE = "line"
    LINK = "link"
    HOURS = "hours"
    SPAN = "span"
    TIMES = "times"
    DATES = "dates"
    NUMBER = "number"
    REPLY = "reply"
    ADDRESSES = "addresses"
    FLAG = "flag"
    CHOICE = "choice"
    PHONE = "phone"
    COLOR = "color"
    STEPS = "steps"


class SettingGroup(StrEnum):
    """A section of the settings page. The order is that of the page; a section without settings is left out.

    Attributes:
        heading: the section's title.
        noun: what one of its settings is called.
    """

    heading: str
    noun: str

    def __new__(cls, value: str, heading: str, noun: str) -> Self:
        """Attach the heading and the noun to a member."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.heading, member.noun = heading, noun
        return member

    HOURS = "hours", "Hours", "Hours"
    PHONES = "phones", "Phone numbers", "Phone"
    LINKS = "links", "Links", "Link"
    REPLIES = "replies", "Replies", "Reply"
    CHAT = "chat", "Chat", "Chat"
    THRESHOLDS = "thresholds", "Thresholds", "Threshold"
    REVIEWS = "reviews", "Reviews", "Review"
    TEAMS = "teams", "Teams", "Team"
    ESCALATION = "escalation", "Escalation", "Escalation"
    RETENTION = "retention", "Retention", "Retention"
    SIGN_IN = "sign_in", "Sign-in and access", "Sign-in setting"
    OTHER = "other", "Other settings", "Setting"


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
    members: tuple[Weekday | Intent | Reply, ...] = ()
    options: tuple[AutoReply | NoticeText, ...] = ()
    hint: str = ""
    example: str = ""
    empty: str = "none"
    is_required: bool = False
