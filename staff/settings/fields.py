"""How settings stand on the page: their names, how a value is written into a field, and how it is read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from werkzeug.datastructures import MultiDict

from intake.practice_settings import HOURS, LINKS, REPLIES, THRESHOLDS, Value, team_keys
from intake.practices import TEXT_PREFIX, Practice
from intake.vocabulary import words_of
from tasks.notification.models import key_of
from tasks.routing import ROUTES
from templates.replies import standard_words

KEPT = ".kept"  # the field of the addresses that a team keeps, beside that of those that it gets
DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
        "sun": "Sunday"}  # fmt: skip
_NAMES = {
    **{f"hours.{day}": name for day, name in DAYS.items()},
    "closed_on": "Closed on",
    "links.new_patient": "For new patients",
    "links.scheduling": "To book a visit",
    "links.pay": "To pay a bill",
    "links.prices": "Prices",
    "links.privacy": "Privacy notice",
    "replies.review_es": "Review, in Spanish",
    "replies.urgent_es": "Urgent, in Spanish",
    "review_threshold": "Of every message",
    "review_sample": "Share of the sure ones that is reviewed too",
    "review_reply_hours": "Hours in which a review still answers",
}
_TEAM_FIELDS = {
    "notify": "Addresses",
    "quiet_hours": "Quiet hours",
    "digest_at": "Digest at",
    "include_text": "Notices hold what the patient wrote",
}
_NOTHING = {
    "hours": "closed",
    "links": "no link",
    "replies": "the standard words",
    "thresholds": "that of every message",
}


class Kind(StrEnum):
    """How a setting is shown and typed."""

    LINE = "line"
    LIST = "list"
    NUMBER = "number"
    WORDS = "words"
    ADDRESSES = "addresses"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting on the page.

    Attributes:
        key: its name in the practices file.
        label: its name on the page.
        kind: how it is typed.
        typed: what stands in the field.
        value: what holds.
        is_own: it was changed here, and holds in the place of the file's.
        problem: what is wrong with what was typed, empty when nothing is.
        kept: of addresses, the short keys of those that stay.
    """

    key: str
    label: str
    kind: Kind
    typed: str
    value: Value
    is_own: bool
    problem: str = ""
    kept: tuple[str, ...] = ()

    @property
    def dom_id(self) -> str:
        """Its id in the page."""
        return "s-" + "".join(one if one.isalnum() else "-" for one in self.key)


def kind_of(key: str) -> Kind:
    """Return how a setting is shown and typed."""
    head, _, last = key.rpartition(".")
    if key.startswith("replies."):
        return Kind.WORDS
    if key.startswith("hours.") or key == "closed_on" or last == "digest_at":
        return Kind.LIST
    if key in THRESHOLDS:
        return Kind.NUMBER
    if head.startswith("teams."):
        return {"notify": Kind.ADDRESSES, "include_text": Kind.FLAG}.get(last, Kind.LINE)
    return Kind.LINE


def teams_of(practice: Practice) -> list[str]:
    """Return the teams that messages go to, and what others the practice has."""
    return list(dict.fromkeys([*(team for team, _ in ROUTES.values()), *practice.teams]))


def keys_of(practice: Practice) -> list[str]:
    """Return every setting that the page has for a practice."""
    teams = [key for team in teams_of(practice) for key in team_keys(team)]
    return [*HOURS, *LINKS, *REPLIES, *THRESHOLDS, *teams]


def name_of(key: str) -> str:
    """Return a setting's name beside its siblings: `Monday`, `Addresses`."""
    last = key.rpartition(".")[2]
    return _NAMES.get(key) or (_TEAM_FIELDS[last] if key.startswith("teams.") else words_of(last))


def full_name_of(key: str) -> str:
    """Return a setting's name where it stands alone: `Reply: Complaint`."""
    head, _, rest = key.partition(".")
    name = name_of(key)
    if head == "teams":
        return f"Team {words_of(rest.rpartition('.')[0])}: {name[0].lower()}{name[1:]}"
    prefix = {"hours": "Hours", "links": "Link", "replies": "Reply", "thresholds": "Threshold"}.get(head)
    prefix = "Threshold" if key == "review_threshold" else prefix
    return f"{prefix}: {name}" if prefix else name


def write(key: str, value: Value) -> str:
    """Return a value as it is typed."""
    match kind_of(key):
        case Kind.WORDS if value is None:
            return standard_words(key.removeprefix("replies."))
        case Kind.ADDRESSES:
            return ""  # what is there can be kept or not; only new ones are typed
        case Kind.LIST if isinstance(value, list):
            return ", ".join(value)
        case Kind.FLAG:
            return "yes" if value else "no"
        case _ if value is None:
            return ""
        case Kind.NUMBER:
            return str(value).removesuffix(".0")
        case _:
            return str(value)


def read(key: str, form: MultiDict[str, str], known: Sequence[str]) -> Value:
    """Read what was typed for a setting that is in a form.

    Args:
        key: which.
        form: the form.
        known: the addresses that the form may keep.
    """
    typed = form.get(key, "").replace("\r\n", "\n").strip()
    match kind_of(key):
        case Kind.ADDRESSES:
            kept = form.getlist(key + KEPT)
            return [*(address for address in known if key_of(address) in kept), *typed.split()]
        case Kind.FLAG:
            return "yes" in form.getlist(key)
        case Kind.LIST:
            return [part.strip() for part in typed.replace("\n", ",").split(",") if part.strip()]
        case Kind.WORDS if is_same(key, typed, standard_words(key.removeprefix("replies."))):
            return None
        case Kind.NUMBER if typed:
            return _number(typed)
        case _:
            return typed or None


def is_same(key: str, one: Value, other: Value) -> bool:
    """Return whether two values mean the same; how words are broken into lines does not matter."""
    if kind_of(key) is Kind.WORDS and isinstance(one, str) and isinstance(other, str):
        return one.split() == other.split()
    return one == other


def say(key: str, value: Value) -> str:
    """Return a value for people, without the passwords in addresses."""
    if value is None or value == []:
        return _NOTHING.get(key.partition(".")[0], "the model’s own" if key == "review_threshold" else "none")
    match kind_of(key):
        case Kind.ADDRESSES if isinstance(value, list):
            return ", ".join(describe(value).values())
        case _:
            return write(key, value)


def describe(addresses: Sequence[str]) -> dict[str, str]:
    """Return addresses by their stable short keys, as managers may see them."""
    if all(address.startswith(TEXT_PREFIX) for address in addresses):
        return {key_of(address): address for address in addresses}
    from tasks.notification.notifier import describe_address  # slow to import, and few pages need it

    return {key_of(address): describe_address(address) for address in addresses}


def _number(typed: str) -> Value:
    try:
        return float(typed)
    except ValueError:
        return typed  # and refused with the words for what is no number
