"""What the settings page shows of the escalation: its rows, and whom they can name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from intake.practice_settings import Mistake, Row, Value, read_setting
from intake.practices import MAIL_PREFIX, TEXT_PREFIX, Practice
from intake.vocabulary import words_of
from staff.settings.escalation_rows import A_PERSON, A_TEAM, show_address
from staff.settings.form_values import teams_of
from tasks.notification.targets import first_paged_team


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team that a row can name.

    Attributes:
        team: its name in the practices file.
        words: its name for people.
        has_address: whether its notices go anywhere but the console.
        is_reached: whether notices can be sent to one of its addresses.
    """

    team: str
    words: str
    has_address: bool
    is_reached: bool

    @property
    def value(self) -> str:
        """What a form sends for it."""
        return A_TEAM + self.team

    @property
    def form_id(self) -> str:
        """The id of the form with its addresses in the page."""
        return re.sub(r"\W", "-", f"teams.{self.team}")


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """A row as it is shown.

    Attributes:
        who: what a form sends for the chosen team or for a person; empty if nothing is chosen.
        address: the person's phone number or email address as it is typed.
        minutes: the minutes as they are typed.
        problems: why the row cannot be saved, by the part of its name.
    """

    who: str
    address: str
    minutes: str
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EscalationEditor:
    """The rows, the teams that they can name, and the team that is notified before all of them.

    Attributes:
        texts: whether notices by text can be sent.
        mails: whether notices by email can be sent.
    """

    first: TeamChoice
    teams: tuple[TeamChoice, ...]
    rows: tuple[EscalationRow, ...]
    texts: bool
    mails: bool

    @property
    def blank(self) -> EscalationRow:
        """A row to fill in."""
        return EscalationRow("", "", "", {})


def edit_escalation(
    practice: Practice,
    unsaved: Mapping[str, Value],
    rows: Sequence[Any],
    mistakes: Iterable[Mistake],
    reaches: Callable[[str], bool],
) -> EscalationEditor:
    """Return the rows as the page shows them.

    Args:
        practice: the practice as it is.
        unsaved: the values in a form that was not saved.
        rows: the rows to show.
        mistakes: why the rows were refused.
        reaches: whether notices can be sent to an address.
    """
    choices = {team: _choice(practice, unsaved, team, reaches) for team in teams_of(practice)}
    first = first_paged_team(practice)
    problems: dict[int, dict[str, str]] = {}
    for mistake in mistakes:
        if mistake.item and mistake.part:
            problems.setdefault(mistake.item, {})[mistake.part] = mistake.words
    return EscalationEditor(
        choices.get(first) or _choice(practice, unsaved, first, reaches),
        tuple(choices.values()),
        tuple(_show_row(row, problems.get(number, {})) for number, row in enumerate(rows, start=1)),
        reaches(TEXT_PREFIX),
        reaches(MAIL_PREFIX),
    )


def _choice(practice: Practice, unsaved: Mapping[str, Value], team: str, reaches: Callable[[str], bool]) -> TeamChoice:
    key = f"teams.{team}.notify"
    value = unsaved[key] if key in unsaved else read_setting(practice, key)
    addresses = [str(address) for address in value] if isinstance(value, list) else []
    return TeamChoice(team, words_of(team), bool(addresses), any(map(reaches, addresses)))


def _show_row(row: Row, problems: Mapping[str, str]) -> EscalationRow:
    is_person = row["number"] is not None or row["email"] is not None
    chosen = f"{A_TEAM}{row['team']}" if row["team"] else ""
    return EscalationRow(
        who=A_PERSON if is_person else chosen,
        address=show_address(row),
        minutes=str(row["after_minutes"]),
        problems=problems,
    )
