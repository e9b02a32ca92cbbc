"""What to do with a message: a pure function from what is known of it to a decision."""

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
    """What is known of a message when it is decided upon.

    Attributes:
        intent: the most likely intent.
        confidence: its calibrated probability, 0 to 1.
        urgent: the urgency screen was raised.
        acknowledgement: the message needs no answer ("ok thanks").
        language: `en`, `es` or `other`; only English is routed by intent.
        threshold: confidence below which a person decides.
        keyword: the opt-out keyword that the whole message is, if any.
        keyword_changed_consent: it opted the number out or in, rather than repeating what held already.
        keyword_answered: the provider answered the keyword itself.
        keyword_ambiguous: the keyword may have been meant for an appointment.
        opted_out: the number does not want texts.
        can_be_answered: a reply can reach the sender.
        staff_active: staff took the conversation over.
        unheard: it is a voicemail without a transcription, which only a person can listen to.
        replies_last_hour: automatic replies to this number in the last hour.
        reply_ages: how long ago each canned reply last went out in this conversation.
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
    """The decision.

    Attributes:
        route: the row of the routing table: an intent or a `Route`.
        reply: the reply to send, None for silence.
        team: who is told, None for nobody.
        priority: how soon, None when nobody is told.
        why: the reasons, in words for staff.
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
UNHEARD = (Team.FRONT_DESK, Priority.HIGH)  # who listens to a voicemail without a transcription, and how soon


def can_be_answered(medium: Medium, address: str | None, line_type: LineType) -> bool:
    """Return whether a reply can reach a sender; a text does by a number, unless it is known to be a landline."""
    match medium:
        case Medium.CHAT:
            return True
        case Medium.EMAIL:
            return address is not None and "@" in address
        case Medium.SMS:
            return address is not None and address.startswith("+") and line_type is not LineType.LANDLINE


def decide(facts: Facts, practice: Practice) -> RoutingDecision:
    """Decide the reply, the team and the priority for a message."""
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
        return replace(plan, reply=None, why=f"{why}; the practice sends no automatic reply here")
    return _limit(plan, facts, practice)


def _route(facts: Facts) -> tuple[str, str]:
    if facts.unheard:
        return Route.REVIEW, "a voicemail without a transcription"
    if facts.urgent:
        return Route.URGENT, "the urgency screen was raised"
    if facts.acknowledgement:
        return Route.ACKNOWLEDGEMENT, "needs no answer"
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
                plan = replace(
                    plan, team=Team.FRONT_DESK, priority=Priority.NORMAL, why="opted out, or meant an appointment"
                )
        case Keyword.START:
            plan = RoutingDecision(Route.OPT_IN, ReplyName.OPT_IN, None, None, "opted in")
        case _:
            plan = RoutingDecision(Route.HELP, ReplyName.HELP, None, None, "asked for help")
    if facts.keyword_answered:
        return replace(plan, reply=None, why=f"{plan.why}; the provider answered")
    if facts.keyword is not Keyword.HELP and not facts.keyword_changed_consent:
        return replace(plan, reply=None, why=f"{plan.why} already")
    return plan


def _limit(plan: RoutingDecision, facts: Facts, practice: Practice) -> RoutingDecision:
    """Withhold the reply where one more would be unwanted; who is told never changes."""
    if plan.reply is None:
        return plan
    reason = _why_silent(plan.reply, facts, practice)
    return plan if reason is None else replace(plan, reply=None, why=f"{plan.why}; no reply: {reason}")


def _why_silent(reply: str, facts: Facts, practice: Practice) -> str | None:
    if not facts.can_be_answered:
        return "the sender left nothing that a reply can go to"
    if reply == ReplyName.OPT_OUT:
        return None  # a confirmation is owed once, whatever else was said in this hour
    if facts.opted_out:
        return "opted out"
    if reply == ReplyName.OPT_IN:
        return None
    if facts.staff_active and reply != ReplyName.HELP:
        return "staff are in the conversation"
    if facts.replies_last_hour >= practice.limits.replies_per_hour:
        return "the hourly limit is reached"
    age = (facts.reply_ages or {}).get(reply)
    if reply not in ALWAYS_SENT and age is not None and age < timedelta(minutes=practice.limits.cool_down_minutes):
        return "the same reply went out a short while ago"
    return None
