"""The routing table: the team and the priority of each route, and what a practice overrides of it."""

from __future__ import annotations

from intake.practices import Practice
from intake.vocabulary import Intent, Priority, Route, Team

ROUTES: dict[str, tuple[Team, Priority]] = {
    Intent.NEW_PATIENT_INQUIRY: (Team.FRONT_DESK, Priority.NORMAL),
    Intent.EXISTING_PATIENT_QUESTION: (Team.FRONT_DESK, Priority.NORMAL),
    Intent.APPOINTMENT_REQUEST: (Team.SCHEDULING, Priority.NORMAL),
    Intent.BILLING_INQUIRY: (Team.BILLING, Priority.NORMAL),
    Intent.CLINICAL_CONCERN: (Team.CLINICAL, Priority.HIGH),
    Intent.COMPLAINT: (Team.MANAGER, Priority.HIGH),
    Intent.PRICE_SHOPPER: (Team.DIGEST, Priority.LOW),
    Route.REVIEW: (Team.REVIEW, Priority.NORMAL),
    Route.FOLLOW_UP: (Team.FRONT_DESK, Priority.NORMAL),  # or whoever has what it follows
    Route.URGENT: (Team.ON_CALL, Priority.URGENT),
    Route.BEREAVEMENT: (Team.FRONT_DESK, Priority.HIGH),
    Route.PREGNANCY_LOSS: (Team.CLINICAL, Priority.HIGH),
    Route.SAME_DAY: (Team.CLINICAL, Priority.HIGH),
    Route.PERSON: (Team.FRONT_DESK, Priority.NORMAL),
    Route.PRAISE: (Team.DIGEST, Priority.LOW),
    Route.WRONG_NUMBER: (Team.FRONT_DESK, Priority.NORMAL),
    Route.CONTACT: (Team.FRONT_DESK, Priority.NORMAL),
    Route.IN_CONFIDENCE: (Team.FRONT_DESK, Priority.HIGH),
}


def team_and_priority(route: str, practice: Practice) -> tuple[str, Priority]:
    """Return a route's team and priority, with the practice's override."""
    team, priority = ROUTES[route]
    override = practice.routes.get(route)
    if override is None:
        return team, priority
    return override.team or team, override.priority or priority
