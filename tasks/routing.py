"""Routing a message: a pure function from its facts to a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from inbox.models import Keyword, LineType
from intake.practices import Practice
from intake.vocabulary import Intent, Medium, Priority, ReplyName, Route, Team

IN_SPANISH: dict[str, ReplyName] = {Route.REVIEW: ReplyName.REVIEW_ES, Route.URGENT: ReplyName.URGENT_ES}
ALWAYS_SENT = (ReplyName.URGENT, ReplyName.URGENT_ES)


@dataclass(frozen=True, slots=True)
class Facts:
    """The inputs of `decide()` for one message.

    Attributes:
        intent: the most likely intent.
        confidence: its calibrated probability, 0 to 1.
        threshold: the confidence below which a person decides.
        urgent: whether the urgency screen flagged the message.
        acknowledgement: whether the message needs no reply ("ok thanks").
        language: `en`, `es`, or `other`; only English is routed by intent.
        keyword: the opt-out keyword, if the message consists of one.
        keyword_changed_consent: whether the keyword opted the number out or in, rather than repeating its choice.
        keyword_answered: whether the provider itself replied to the keyword.
        keyword_ambiguous: whether the keyword may have been meant for an appointment.
        opted_out: whether the number has opted out of texts.
        can_be_answered: whether a reply can reach the sender.
        staff_active: whether staff have taken over the conversation.
        unheard: whether it is a voicemail without a transcription, which only a person can listen to.
        replies_last_hour: the number of automatic replies to this patient in the past hour.
        reply_ages: for each canned reply, the time since it was last sent in this conversation.
    """

    intent: str
    confidence: float
    threshold: float
    urgent: bool = False
    acknowledgement: bool = False
    language: str = "en"
    keyword: Keyword | None = None
    keyword_changed_consent: bool = False
    keyword_answered: bool = False
    keyword_ambiguous: bool = False
    opted_out: bool = False
    can_be_answered: bool = True
    staff_active: bool = False
    unheard: bool = False
    replies_last_hour: int = 0
    reply_ages: dict[str, timedelta] | None = None


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """What to do about a message.

    Attributes:
        route: the row of the routing table: an intent or a `Route`.
        reply: the reply to send, None for no reply.
        team: the team to notify, None for no one.
        priority: how soon staff must look, None if no one is notified.
        why: the reason, as shown to staff.
    """

    route: str
    reply: str | None
    team: str | None
    priority: Priority | None
    why: str


ROUTES: dict[str, tuple[Team, Priority]] = {
    Intent.NEW_PATIENT_INQUIRY: (Team.FRONT_DESK, Priority.NORMAL),
    Intent.EXISTING_PATIENT_QUESTION: (Team.FRONT_DESK, Priority.NORMAL),
    Intent.APPOINTMENT_REQUEST: (Team.SCHEDULING, Priority.NORMAL),
    Intent.BILLING_INQUIRY: (Team.BILLING, Priority.NORMAL),
    Intent.CLINICAL_CONCERN: (Team.CLINICAL, Priority.HIGH),
    Intent.COMPLAINT: (Team.MANAGER, Priority.HIGH),
    Intent.PRICE_SHOPPER: (Team.DIGEST, Priority.LOW),
    Route.REVIEW: (Team.REVIEW, Priority.NORMAL),
    Route.URGENT: (Team.ON_CALL, Priority.URGENT),
}
UNHEARD = (Team.FRONT_DESK, Priority.HIGH)  # for a voicemail without a transcription


def can_be_answered(medium: Medium, address: str | None, line_type: LineType) -> bool:
    """Return whether a reply can reach the sender; texts need a number that is not known to be a landline."""
    match medium:
        case Medium.CHAT:
            return True
        case Medium.EMAIL:
            return address is not None and "@" in address
        case Medium.SMS:
            return address is not None and address.startswith("+") and line_type is not LineType.LANDLINE


def decide(facts: Facts, practice: Practice) -> RoutingDecision:
    """Return the reply, team, and priority for a message."""
    if facts.keyword is not None:
        return _limit(_plan_for_keyword(facts), facts, practice)
    route, why = _route(facts)
    if route == Route.ACKNOWLEDGEMENT:
        return RoutingDecision(route, None, None, None, why)
    team: str
    team, priority = UNHEARD if facts.unheard else ROUTES[route]
    override = practice.routes.get(route)
    if override is not None and not facts.unheard:
        team, priority = override.team or team, override.priority or priority
    reply = IN_SPANISH.get(route, route) if facts.language == "es" else route
    plan = RoutingDecision(route, reply, team, priority, why)
    if override is not None and override.auto_reply is False:
        return replace(plan, reply=None, why=f"{why}; automatic replies are off for this route")
    return _limit(plan, facts, practice)


def _route(facts: Facts) -> tuple[str, str]:
    if facts.unheard:
        return Route.REVIEW, "voicemail without a transcript"
    if facts.urgent:
        return Route.URGENT, "the message sounds urgent"
    if facts.acknowledgement:
        return Route.ACKNOWLEDGEMENT, "no reply needed"
    if facts.language != "en":
        return Route.REVIEW, "written in Spanish" if facts.language == "es" else "not written in English"
    if facts.confidence < facts.threshold:
        return Route.REVIEW, f"confidence {facts.confidence:.2f} is below {facts.threshold:.2f}"
    return facts.intent, f"confidence {facts.confidence:.2f}"


def _plan_for_keyword(facts: Facts) -> RoutingDecision:
    match facts.keyword:
        case Keyword.STOP:
            plan = RoutingDecision(Route.OPT_OUT, ReplyName.OPT_OUT, None, None, "opted out")
            if facts.keyword_ambiguous:
                why = "opted out, or meant to cancel an appointment"
                plan = replace(plan, team=Team.FRONT_DESK, priority=Priority.NORMAL, why=why)
        case Keyword.START:
            plan = RoutingDecision(Route.OPT_IN, ReplyName.OPT_IN, None, None, "opted in")
        case _:
            plan = RoutingDecision(Route.HELP, ReplyName.HELP, None, None, "asked for help")
    if facts.keyword_answered:
        return replace(plan, reply=None, why=f"{plan.why}; the carrier already replied")
    if facts.keyword is not Keyword.HELP and not facts.keyword_changed_consent:
        return replace(plan, reply=None, why=f"already {plan.why}")
    return plan


def _limit(plan: RoutingDecision, facts: Facts, practice: Practice) -> RoutingDecision:
    """Drop the reply if another one would be unwanted; the team is notified either way."""
    if plan.reply is None:
        return plan
    reason = _why_silent(plan.reply, facts, practice)
    return plan if reason is None else replace(plan, reply=None, why=f"{plan.why}; no reply: {reason}")


def _why_silent(reply: str, facts: Facts, practice: Practice) -> str | None:
    if not facts.can_be_answered:
        return "there is no number or address to reply to"
    if reply == ReplyName.OPT_OUT:
        return None  # the confirmation is required once, regardless of the hourly limit
    if facts.opted_out:
        return "the patient opted out"
    if reply == ReplyName.OPT_IN:
        return None
    if facts.staff_active and reply != ReplyName.HELP:
        return "staff have taken over the conversation"
    if facts.replies_last_hour >= practice.limits.replies_per_hour:
        return "the hourly limit has been reached"
    age = (facts.reply_ages or {}).get(reply)
    if reply not in ALWAYS_SENT and age is not None and age < timedelta(minutes=practice.limits.cool_down_minutes):
        return "the same reply was sent recently"
    return None
