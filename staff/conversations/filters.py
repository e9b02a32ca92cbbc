"""What the inbox's address says: the view, the filters, the order, and the search. Nothing here reads the database."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from inbox.models import ConversationState
from intake.vocabulary import TOPICS, Channel, Language, Priority, Route, TriageLevel

PRIORITIES = tuple(reversed(Priority))
LEVELS = (TriageLevel.EMERGENCY, TriageLevel.SAME_DAY)
FILTERED_TOPICS = (*TOPICS, Route.REVIEW, Route.ACKNOWLEDGEMENT)
"""What the list can be limited to; the last two are told by how messages were routed."""
NOBODY = "nobody"
LONGEST_TOKEN = 1000


class View(StrEnum):
    """A list that the inbox can show; `all` is everything that is neither closed nor snoozed.

    `mentions` is everything that colleagues mentioned the member in or assigned to them, or where a message was held
    for them, whatever became of it; `scheduled` everything with a message by staff that waits for its time, or is held.
    """

    URGENT = "urgent"
    MINE = "mine"
    MENTIONS = "mentions"
    UNASSIGNED = "unassigned"
    WAITING = "waiting"
    ALL = "all"
    SNOOZED = "snoozed"
    SCHEDULED = "scheduled"
    CLOSED = "closed"
    EVERY = "every"  # what a search looks through: closed and snoozed ones as well


VIEWS = {
    View.URGENT: "High priority",
    View.MINE: "Mine",
    View.MENTIONS: "Mentions",
    View.UNASSIGNED: "Unassigned",
    View.WAITING: "Waiting",
    View.ALL: "All",
    View.SNOOZED: "Snoozed",
    View.SCHEDULED: "Scheduled",
    View.CLOSED: "Closed",
}


class Order(StrEnum):
    """How the list is sorted: the newest first, or whoever has waited longest for an answer."""

    NEWEST = "newest"
    WAITING = "waiting"


ORDERS = {Order.NEWEST: "Newest first", Order.WAITING: "Longest wait first"}
_TAG = re.compile(r"[0-9a-f]{32}")
_ASSIGNED = re.compile(rf"{NOBODY}|[1-9][0-9]{{0,17}}")
# what addresses said before there were views
_VIEWS_OF_STATES = {
    ConversationState.WAITING: View.WAITING,
    ConversationState.CLOSED: View.CLOSED,
    "all": View.EVERY,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the inbox's address asks for; an empty value does not filter.

    Attributes:
        after: where the page starts, as a cursor says.
        search: the search, as a token that only this browser's sign-in can read; see `search_words`.
        assigned: the id of the member who has it, or `nobody`.
        language: what the patient wrote last in.
        tag: a tag, as the keyed hash that stands for it; a tag's words are in no address.
    """

    view: View = View.ALL
    intent: str = ""
    triage: str = ""
    priority: str = ""
    team: str = ""
    channel: str = ""
    practice: str = ""
    unread: bool = False
    order: Order = Order.NEWEST
    after: str = ""
    search: str = field(default="", repr=False)
    tag: str = ""
    assigned: str = ""
    language: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str], practices: Sequence[str]) -> Filters:
        """Read the filters from a query or a form, ignoring unknown values."""

        def one_of(name: str, known: Sequence[str], default: str = "") -> str:
            value = values.get(name, "")
            return value if value in known else default

        older = View.MINE if values.get("mine") else _VIEWS_OF_STATES.get(values.get("state", ""), View.ALL)
        return cls(
            view=View(one_of("view", list(View), older)),
            intent=one_of("intent", FILTERED_TOPICS),
            triage=one_of("triage", LEVELS),
            priority=one_of("priority", PRIORITIES),
            team=values.get("team", "")[:32],
            channel=one_of("channel", list(Channel)),
            assigned=assigned if _ASSIGNED.fullmatch(assigned := values.get("assigned", "")) else "",
            language=one_of("language", list(Language)),
            practice=one_of("practice", practices),
            tag=tag if _TAG.fullmatch(tag := values.get("tag", "")) else "",
            unread=bool(values.get("unread")),
            order=Order(one_of("sort", list(Order), Order.NEWEST)),
            after=values.get("after", "")[:40],
            search=values.get("q", "")[:LONGEST_TOKEN],
        )

    def as_query(self, **changes: str) -> dict[str, str]:
        """Return the filters as URL parameters, without where the page starts."""
        values = {
            "view": "" if self.view is View.ALL else str(self.view),
            "intent": self.intent,
            "triage": self.triage,
            "priority": self.priority,
            "team": self.team,
            "channel": self.channel,
            "assigned": self.assigned,
            "language": self.language,
            "practice": self.practice,
            "tag": self.tag,
            "unread": "1" if self.unread else "",
            "sort": "" if self.order is Order.NEWEST else str(self.order),
            "q": self.search,
        }
        return {name: value for name, value in (values | changes).items() if value}

    def whole_query(self) -> dict[str, str]:
        """Return the filters as URL parameters, with where the page starts."""
        return self.as_query(after=self.after)

    @property
    def pins_alarms(self) -> bool:
        """Whether the open alarms come first, as no other list was asked for; elsewhere a line counts them."""
        return self.view in (View.ALL, View.URGENT) and not self.is_narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the view and the order limits the list."""
        return bool(set(self.as_query()) - {"view", "sort"})
