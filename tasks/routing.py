"""What to do with a message: a pure function from what is known of it to a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from inbox.models import Channel, Keyword, LineType, Medium
from intake.practices import Practice

OPT_OUT, OPT_IN, HELP = "opt_out", "opt_in", "help"
REVIEW, URGENT, ACKNOWLEDGEMENT = "review", "urgent", "acknowledgement"
IN_SPANISH = {REVIEW: "review_es", URGENT: "urgent_es"}


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
        route: the row of the routing table: an intent, `review`, `urgent`, `acknowledgement` or a keyword's.
        reply: the reply to send, None for silence.
        team: who is told, None for nobody.
        priority: how soon, None when nobody is told.
        why: the reasons, in words for staff.
    """

    route: str
    reply: str | None
    team: str | None
    priority: str | None
    why: str


ROUTES: dict[str, tuple[str, str]] = {
    "new_patient_inquiry": ("front_desk", "normal"),
    "existing_patient_question": ("front_desk", "normal"),
    "appointment_request": ("scheduling", "normal"),
    "billing_inquiry": ("billing", "normal"),
    "clinical_concern": ("clinical", "high"),
    "complaint": ("manager", "high"),
    "price_shopper": ("digest", "low"),
    REVIEW: ("review", "normal"),
    URGENT: ("on_call", "urgent"),
}
UNHEARD = ("front_desk", "high")  # who listens to a voicemail that has no transcription, and how soon


def medium_for(channel: Channel, address: str | None) -> Medium:
    """Return how the answer to a message goes out; a contact form's goes to the address that was given."""
    match channel:
        case Channel.CHAT:
            return Medium.CHAT
        case Channel.EMAIL:
            return Medium.EMAIL
        case Channel.WEB_FORM if address is not None and "@" in address:
            return Medium.EMAIL
        case _:
            return Medium.SMS


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
    if route == ACKNOWLEDGEMENT:
        return RoutingDecision(route, None, None, None, why)
    team, priority = UNHEARD if facts.unheard else ROUTES[route]
    override = practice.routes.get(route)  # type: ignore[call-overload]
    if override is not None and not facts.unheard:
        team, priority = override.team or team, override.priority or priority
    reply = IN_SPANISH.get(route, route) if facts.language == "es" else route
    plan = RoutingDecision(route, reply, team, priority, why)
    if override is not None and override.auto_reply is False:
        return replace(plan, reply=None, why=f"{why}; the practice sends no automatic reply here")
    return _limit(plan, facts, practice)


def _route(facts: Facts) -> tuple[str, str]:
    if facts.unheard:
        return REVIEW, "a voicemail without a transcription"
    if facts.urgent:
        return URGENT, "the urgency screen was raised"
    if facts.acknowledgement:
        return ACKNOWLEDGEMENT, "needs no answer"
    if facts.language != "en":
        return REVIEW, "written in Spanish" if facts.language == "es" else "not written in English"
    if facts.confidence < facts.threshold:
        return REVIEW, f"confidence {facts.confidence:.2f} is below {facts.threshold:.2f}"
    return facts.intent, f"confidence {facts.confidence:.2f}"


def _plan_for_keyword(facts: Facts) -> RoutingDecision:
    match facts.keyword:
        case Keyword.STOP:
            plan = RoutingDecision(OPT_OUT, OPT_OUT, None, None, "opted out")
            if facts.keyword_ambiguous:
                plan = replace(plan, team="front_desk", priority="normal", why="opted out, or meant an appointment")
        case Keyword.START:
            plan = RoutingDecision(OPT_IN, OPT_IN, None, None, "opted in")
        case _:
            plan = RoutingDecision(HELP, HELP, None, None, "asked for help")
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
    if reply == OPT_OUT:
        return None  # a confirmation is owed once, whatever else was said in this hour
    if facts.opted_out:
        return "opted out"
    if reply == OPT_IN:
        return None
    if facts.staff_active and reply != HELP:
        return "staff are in the conversation"
    if facts.replies_last_hour >= practice.limits.replies_per_hour:
        return "the hourly limit is reached"
    age = (facts.reply_ages or {}).get(reply)
    if (
        reply not in (URGENT, IN_SPANISH[URGENT])
        and age is not None
        and age < timedelta(minutes=practice.limits.cool_down_minutes)
    ):
        return "the same reply went out a short while ago"
    return None
