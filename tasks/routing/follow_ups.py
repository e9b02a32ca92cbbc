"""What a message follows that Intake can't sort by itself: a matter of the same conversation that a team still has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.models import Conversation
from intake.practices import Practice
from intake.vocabulary import Intent, Priority, Route, TriageLevel
from tasks.routing.table import team_and_priority

FOLLOWS_WITHIN = timedelta(hours=24)
"""How long after a patient's message another one follows it.

A day, so that what is written in the evening is corrected in the morning; after that, it may be about anything.
"""
ANSWERS_WITHIN = timedelta(days=4)
"""How long after a staff reply a message follows it: a question of Friday may be answered after a long weekend."""
LIKELY = 0.5
"""The probability from which a follow-up that may be a clinical concern goes to the nurses."""
PERHAPS = 0.2
"""The probability from which nobody but a nurse gets such a follow-up before a person has sorted it.

Corrections such as "sorry the 15th" have less than a tenth, and so has "the second one".
"""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a conversation is about so far.

    Attributes:
        team: the team that has it.
        priority: how soon the team must look, or had to before staff answered.
        intent: what it is about, one of `intake.vocabulary.TOPICS`; None if nothing has shown it.
        triage: its triage level, None once staff have answered.
        is_answered: whether staff have answered, so that nobody has to look until the patient writes again.
    """

    team: str
    priority: Priority
    intent: str | None = None
    triage: TriageLevel | None = None
    is_answered: bool = False


def may_follow(conversation: Conversation) -> bool:
    """Return whether a message may follow something: a patient waits, or staff have answered and not closed.

    Closing and answering both leave nobody waiting, but closing also ends the take-over that answering begins.
    """
    waits = conversation.priority is not None and conversation.priority > Priority.LOW
    is_answered = conversation.priority is None and conversation.staff_took_over_at is not None
    return conversation.team is not None and (waits or is_answered)


def find_matter(
    conversation: Conversation, told: Priority | None, told_at: datetime | None, asked_at: datetime | None, at: datetime
) -> Matter | None:
    """Return the matter that a message of a conversation follows, None if there is none or it is too long ago.

    What only the digest or an automatic answer had to deal with is none, so that it hides nothing.

    Args:
        conversation: the conversation before the message is decided upon.
        told: the priority of the last earlier message that went to a team, None if none did.
        told_at: when that message came, None if none did.
        asked_at: when staff last replied, None if they never did.
        at: when the message came.
    """
    is_recent = told_at is not None and at - told_at < FOLLOWS_WITHIN
    answers = conversation.staff_took_over_at is not None and asked_at is not None and at - asked_at < ANSWERS_WITHIN
    return matter_of(conversation, told) if is_recent or answers else None


def matter_of(conversation: Conversation, told: Priority | None) -> Matter | None:
    """Return what a conversation is about, however long ago, None if that is praise, or only the digest has it.

    Args:
        conversation: the conversation before the message is decided upon.
        told: the priority of the last earlier message that went to a team, None if none did.
    """
    priority = conversation.priority or told or Priority.NORMAL
    if conversation.team is None or conversation.intent == Route.PRAISE or priority == Priority.LOW:
        return None
    return Matter(
        team=conversation.team,
        priority=Priority(priority),
        intent=conversation.intent,
        triage=TriageLevel(conversation.triage) if conversation.triage else None,
        is_answered=conversation.priority is None,
    )


def is_follow_up(matter: Matter, clinical_share: float, practice: Practice) -> bool:
    """Return whether a message that fits nowhere goes to whoever has what it follows.

    What is only perhaps a symptom is left to whoever sorts, unless the nurses have it anyway.

    Args:
        matter: what it follows.
        clinical_share: the probability that it is a clinical concern.
        practice: the practice.
    """
    is_unsorted = matter.team == team_and_priority(Route.REVIEW, practice)[0]
    is_doubtful = PERHAPS <= clinical_share < LIKELY
    return not is_unsorted and (not is_doubtful or holder_of(matter, practice) in _nurses(practice))


def needs_nurses(matter: Matter, clinical_share: float, practice: Practice) -> bool:
    """Return whether a follow-up is more likely than not about a symptom, of which no nurse would hear."""
    return clinical_share >= LIKELY and holder_of(matter, practice) not in _nurses(practice)


def holder_of(matter: Matter, practice: Practice) -> str:
    """Return the team that gets what is added to a matter: the one that has it, unless the practice names another."""
    override = practice.routes.get(Route.FOLLOW_UP)
    return override.team if override is not None and override.team else keeper_of(matter, practice)


def keeper_of(matter: Matter, practice: Practice) -> str:
    """Return the team that has a matter; the nurses have an emergency that staff have answered, so it pages nobody."""
    if matter.is_answered and matter.team == team_and_priority(Route.URGENT, practice)[0]:
        return team_and_priority(Route.SAME_DAY, practice)[0]
    return matter.team


def told_of_follow_up(matter: Matter, clinical_share: float, practice: Practice) -> tuple[str, Priority]:
    """Return the team that is told of a follow-up first, and how soon it must look: never so soon that it is paged."""
    if needs_nurses(matter, clinical_share, practice):
        team, priority = team_and_priority(Intent.CLINICAL_CONCERN, practice)
        return team, min(priority, Priority.HIGH)
    override = practice.routes.get(Route.FOLLOW_UP)
    priority = (override and override.priority) or matter.priority
    return holder_of(matter, practice), min(priority, Priority.HIGH)


def is_clinical(matter: Matter, clinical_share: float, practice: Practice) -> bool:
    """Return whether a follow-up, or what it follows, may be about somebody's health."""
    is_symptom = matter.intent == Intent.CLINICAL_CONCERN or matter.triage not in (None, TriageLevel.ROUTINE)
    return is_symptom or clinical_share >= LIKELY or matter.team in _nurses(practice)


def _nurses(practice: Practice) -> frozenset[str]:
    """Return the teams that look after symptoms."""
    routes = (Intent.CLINICAL_CONCERN, Route.SAME_DAY, Route.PREGNANCY_LOSS, Route.URGENT)
    return frozenset(team_and_priority(route, practice)[0] for route in routes)
