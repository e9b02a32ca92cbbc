"""The routing table as rows of a form: which team gets a kind of message, and how soon it must look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from intake.practice_settings import Row
from intake.practices import Practice
from intake.vocabulary import Intent, Priority, Route, words_of
from tasks.routing.table import ROUTES, team_and_priority

TEAM, PRIORITY = ".team", ".priority"  # end the names of a row's fields
CHOOSE_TEAM = "choose a team from the list"
CHOOSE_PRIORITY = "choose a priority from the list"
CLINICAL = frozenset({Intent.CLINICAL_CONCERN, Route.SAME_DAY, Route.PREGNANCY_LOSS})
"""Kinds of messages that a nurse must see soon, so that their priority cannot be changed on the console."""
_BY_THE_MATTER = {
    Route.FOLLOW_UP: ("Who has it already", "As before"),
    Route.BEREAVEMENT: ("By what is asked", "High"),
}
"""The standard of routes that has no one team. To name a team for them is a choice, whichever it is."""


@dataclass(frozen=True, slots=True)
class RouteEditor:
    """A row of the routing table as it is shown: the choices with their words, and what is chosen.

    Attributes:
        teams: the words of the teams to choose from; of the standard one, under an empty name.
        priorities: likewise of the priorities; only one if it cannot be changed.
        team: the chosen team, empty for the standard one.
        priority: likewise.
        is_silent: whether the practices file says that it gets no automatic reply.
    """

    teams: dict[str, str]
    priorities: dict[str, str]
    team: str
    priority: str
    is_silent: bool


def read_route(form: MultiDict[str, str], key: str, before: Any) -> Row | None:
    """Return the row of a form, None for the standard; what only the practices file can say stays."""
    row = {
        "team": form.get(key + TEAM) or None,
        "priority": form.get(key + PRIORITY) or None,
        "auto_reply": before["auto_reply"] if isinstance(before, dict) else None,
    }
    return None if set(row.values()) == {None} else row


def plain_route(route: str, row: Any) -> Row | None:
    """Return a row without what is the standard anyway, None if nothing is left."""
    if not isinstance(row, dict):
        return None
    team, priority = ROUTES[route]
    by_matter = route in _BY_THE_MATTER
    left = {
        "team": None if row["team"] == team and not by_matter else row["team"],
        "priority": None if row["priority"] == priority and route != Route.FOLLOW_UP else row["priority"],
        "auto_reply": row["auto_reply"],
    }
    return None if set(left.values()) == {None} else left


def explain_route(route: str, row: Any, before: Any, teams: Sequence[str]) -> str:
    """Return why a row cannot be used, empty if it can.

    Args:
        route: the kind of message.
        row: the row.
        before: the row as it is now, which may have what only the practices file allows.
        teams: the practice's teams.
    """
    had = before if isinstance(before, dict) else {}
    if row["team"] not in (None, had.get("team"), *teams):
        return CHOOSE_TEAM
    allowed = (None, had.get("priority"), *_priorities_for(route))
    return "" if row["priority"] in allowed else CHOOSE_PRIORITY


def edit_route(route: str, row: Any, practice: Practice, teams: Sequence[str]) -> RouteEditor:
    """Return a row as the page shows it."""
    chosen = plain_route(route, row) or {}
    standard_team, standard_priority = (words_of(ROUTES[route][0]), ROUTES[route][1].capitalize())
    if route in _BY_THE_MATTER:
        standard_team, standard_priority = _BY_THE_MATTER[Route(route)]
    has_address = {team: bool(team in practice.teams and practice.teams[team].notify) for team in teams}
    offered = [team for team in teams if route in _BY_THE_MATTER or team != ROUTES[route][0]]
    named = {team: words_of(team) + ("" if has_address[team] else " (console only)") for team in offered}
    priorities = {each.value: each.capitalize() for each in _priorities_for(route)}
    team, priority = str(chosen.get("team") or ""), str(chosen.get("priority") or "")
    if team:
        named.setdefault(team, words_of(team))  # one that only the practices file names
    if priority:
        priorities.setdefault(priority, priority.capitalize())
    return RouteEditor(
        {"": f"{standard_team} (standard)", **named},
        {"": f"{standard_priority} (standard)", **priorities},
        team,
        priority,
        is_silent=chosen.get("auto_reply") is False,
    )


def describe_route(route: str, row: Any) -> str:
    """Return a stored row for people, such as `Manager, high`."""
    chosen = plain_route(route, row)
    if chosen is None:
        return "standard"
    team = words_of(str(chosen["team"])) if chosen["team"] else "standard team"
    priority = chosen["priority"] or "standard priority"
    return f"{team}, {priority}" + (", no automatic reply" if chosen["auto_reply"] is False else "")


def emergency_words(practice: Practice) -> tuple[str, str]:
    """Return the team and the priority of emergencies, which cannot be changed on the console."""
    team, priority = team_and_priority(Route.URGENT, practice)
    return words_of(team), priority.capitalize()


def _priorities_for(route: str) -> list[Priority]:
    """Return the priorities to choose from; only an emergency is urgent, as that pages people."""
    standard = ROUTES[route][1]
    if route in CLINICAL:
        return []
    others = [Priority.HIGH, Priority.NORMAL, Priority.LOW]
    return [each for each in others if each is not standard or route == Route.FOLLOW_UP]
