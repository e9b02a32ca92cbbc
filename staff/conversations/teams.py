"""The teams that a conversation can be transferred to."""

from __future__ import annotations

from intake.practices import Practice
from intake.vocabulary import Team


def teams_for(practice: Practice) -> list[str]:
    """Return the teams that a conversation of a practice can be transferred to."""
    usual = [team for team in Team if team not in (Team.REVIEW, Team.DIGEST)]
    return list(dict.fromkeys([*usual, *practice.teams]))
