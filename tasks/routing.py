"""Routing a message: a pure function from its facts to a decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from inbox.models import Keyword, LineType
from intake.practices import Practice
from intake.vocabulary import (
    INTENTS,
    KEYWORD_REPLIES,
    AutoReply,
    DangerKind,
    Disposition,
    Intent,
    Language,
    Medium,
    NotificationReason,
    Priority,
    Reply,
    ReplyName,
    Route,
    Team,
    TriageLevel,
    reply_in,
    words_of,
)
from tasks.text_limits import CAPPED, UnprovenNumber, why_not_texted

EMERGENCY_REPLIES: dict[DangerKind | None, ReplyName] = {
    DangerKind.SELF_HARM: ReplyName.URGENT_SELF_HARM,
    DangerKind.INGESTION: ReplyName.URGENT_INGESTION,
}
"""The replies to emergencies by kind of danger; any other kind gets the general one."""
ALWAYS_SENT = (ReplyName.URGENT, *EMERGENCY_REPLIES.values())
"""The replies that go out even if automatic replies are off."""
NOT_COOLED_DOWN = (*ALWAYS_SENT, ReplyName.PERSON, ReplyName.COMMON_QUESTION)
ANSWERED_ROUTES: tuple[Intent | Route, ...] = (
    *(intent for intent in Intent if intent not in (Intent.CLINICAL_CONCERN, Intent.COMPLAINT)),
    Route.REVIEW,
)
"""The routes on which a common question is answered: never a clinical concern, a complaint, or anything more urgent."""
ANSWERED_EVERY = timedelta(hours=1)
MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """The inputs of `decide()` for one message.

    Attributes:
        intent: the most likely intent.
        confidence: its calibrated probability, 0 to 1.
        threshold: the confidence below which a person decides.
        triage: how soon a person must see the message.
        danger: the kind of danger, if it is an emergency.
        language: `en`, `es`, or `other`; what is in neither English nor Spanish goes to a person.
        disposition: what should happen to the message at the model's own thresholds.
        praise: whether an out-of-scope message only praises the practice.
        partly_read: whether the message was too long for the model to read all of it.
        also: the message's other clear intents, the surest first.
        keyword: the opt-out keyword, if the message consists of one.
        keyword_changed_consent: whether the keyword opted the number out or in, rather than repeating its choice.
        keyword_answered: whether the provider itself replied to the keyword.
        keyword_ambiguous: whether the keyword may have been meant for an appointment.
        keyword_in_words: whether the patient opted out in free words, or where keywords mean nothing by themselves.
        may_opt_out: whether the message may ask for no more texts, among other things or of an unknown number.
        replies_by_text: whether a reply would be a text.
        opted_out: whether the number has opted out of texts.
        can_be_answered: whether a reply can reach the sender.
        unproven_number: the number that a reply would be texted to, if no text has come from it.
        staff_active: whether staff have taken over the conversation.
        unheard: whether it is a voicemail without a transcription, which only a person can listen to.
        replies_last_hour: the number of automatic replies to this patient in the past hour.
        reply_ages: for each canned reply, the time since it was last sent in this conversation.
        has_answer: whether the message clearly asks a common question that the practice has answered.
    """

    intent: str
    confidence: float
    threshold: float
    triage: TriageLevel = TriageLevel.ROUTINE
    danger: DangerKind | None = None
    language: str = Language.EN
    disposition: Disposition = Disposition.ROUTE
    praise: bool = False
    partly_read: bool = False
    also: tuple[str, ...] = ()
    keyword: Keyword | None = None
    keyword_changed_consent: bool = False
    keyword_answered: bool = False
    keyword_ambiguous: bool = False
    keyword_in_words: bool = False
    may_opt_out: bool = False
    replies_by_text: bool = True
    opted_out: bool = False
    can_be_answered: bool = True
    unproven_number: UnprovenNumber | None = None
    staff_active: bool = False
    unheard: bool = False
    replies_last_hour: int = 0
    reply_ages: dict[str, timedelta] | None = None
    has_answer: bool = False


@dataclass(frozen=True, slots=True)
class AlsoTold:
    """Another team that is notified of a message.

    Attributes:
        reason: the intent or the `Route` that concerns the team.
        team: the team.
        priority: how soon it must look.
    """

    reason: str
    team: str
    priority: Priority


@dataclass(frozen=True, slots=True)
class RoutingDecision:
    """What to do about a message.

    Attributes:
        route: the row of the routing table: an intent or a `Route`.
        reply: the reply to send, None for no reply.
        team: the team to notify, None for no one.
        priority: how soon staff must look, None if no one is notified, for example because the reply is the answer.
        why: the reason, as shown to staff.
        also: other teams to notify.
        notice: what the team is told, if not the route.
        is_capped: whether the reply was dropped because forms have caused too many texts.
    """

    route: str
    reply: Reply | None
    team: str | None
    priority: Priority | None
    why: str
    also: tuple[AlsoTold, ...] = ()
    notice: NotificationReason | None = None
    is_capped: bool = False

    @property
    def is_answer(self) -> bool:
        """Whether the reply answers the message, so that nobody needs to look."""
        return is_answer(self.reply)


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
    Route.SAME_DAY: (Team.CLINICAL, Priority.HIGH),
    Route.PERSON: (Team.FRONT_DESK, Priority.NORMAL),
    Route.PRAISE: (Team.DIGEST, Priority.LOW),
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
    """Return the reply, the teams, and the priority for a message."""
    if facts.keyword is not None:
        return _limit(_plan_for_keyword(facts), facts, practice)
    route, why = _route(facts, practice)
    if route == Route.ACKNOWLEDGEMENT:
        return RoutingDecision(route, None, None, None, why)
    team, priority = UNHEARD if facts.unheard else _row(route, practice)
    also = _also_told(route, team, facts, practice)
    reply = reply_in(facts.language, _reply_name(route, facts, practice))
    if reply.name is ReplyName.COMMON_QUESTION:
        why += "; asks a common question"
    notice = NotificationReason.POSSIBLE_OPT_OUT if facts.may_opt_out and route == Route.PERSON else None
    plan = RoutingDecision(route, reply, team, priority, why + _words_for(also), also, notice)
    override = practice.routes.get(route)
    if override is not None and override.auto_reply is False:
        return replace(plan, reply=None, why=f"{plan.why}; automatic replies are off for this route")
    plan = _limit(plan, facts, practice)
    return replace(plan, team=None, priority=None) if plan.is_answer else plan


def is_answer(reply: str | None) -> bool:
    """Return whether a reply is a whole answer in the practice's words, after which nobody needs to look."""
    return reply == ReplyName.COMMON_QUESTION


def _route(facts: Facts, practice: Practice) -> tuple[str, str]:
    if facts.unheard:
        return Route.REVIEW, "voicemail without a transcript"
    if facts.triage is TriageLevel.EMERGENCY:
        kind = "" if facts.danger in (None, DangerKind.OTHER) else f" ({facts.danger.words.lower()})"
        return Route.URGENT, f"sounds like an emergency{kind}"
    if facts.may_opt_out and facts.triage is TriageLevel.ROUTINE:
        return Route.PERSON, "may want no more texts"
    if facts.disposition is Disposition.ACKNOWLEDGEMENT and facts.triage is TriageLevel.ROUTINE:
        return Route.ACKNOWLEDGEMENT, "no reply needed"
    if facts.language == Language.OTHER:
        return Route.REVIEW, "written in neither English nor Spanish"
    if facts.disposition is Disposition.PERSON:
        return Route.PERSON, "asks for a person"
    if facts.triage is TriageLevel.SAME_DAY:
        return Route.SAME_DAY, "a nurse should look at this today"
    if facts.partly_read and not _is_pressing(facts, practice):
        return Route.REVIEW, "too long: only part of it was read"
    return _route_by_intent(facts)


def _route_by_intent(facts: Facts) -> tuple[str, str]:
    if facts.disposition is Disposition.OUT_OF_SCOPE:
        return (Route.PRAISE, "praises the practice") if facts.praise else (Route.REVIEW, "fits none of the intents")
    if facts.confidence < facts.threshold:
        return Route.REVIEW, f"confidence {facts.confidence:.2f} is below {facts.threshold:.2f}"
    return facts.intent, f"confidence {facts.confidence:.2f}"


def _row(route: str, practice: Practice) -> tuple[str, Priority]:
    """Return a route's team and priority, with the practice's override."""
    team, priority = ROUTES[route]
    override = practice.routes.get(route)
    if override is None:
        return team, priority
    return override.team or team, override.priority or priority


def _reply_name(route: str, facts: Facts, practice: Practice) -> str:
    if route == Route.URGENT:
        return EMERGENCY_REPLIES.get(facts.danger, ReplyName.URGENT)
    if may_answer_question(route, facts):
        return ReplyName.COMMON_QUESTION
    if route == Route.REVIEW and _is_cooling_down(reply_in(facts.language, ReplyName.REVIEW), facts, practice):
        return ReplyName.REVIEW_AGAIN
    return route


def may_answer_question(route: str, facts: Facts) -> bool:
    """Return whether the practice's own answer to a common question replaces the reply of a route.

    A message that may also be about something else gets its usual reply, and so does the next question within the
    hour. Then the team is told; of an answered one, nobody is.
    """
    age = (facts.reply_ages or {}).get(ReplyName.COMMON_QUESTION)
    return (
        facts.has_answer
        and route in ANSWERED_ROUTES
        and facts.intent in ANSWERED_ROUTES
        and facts.triage is TriageLevel.ROUTINE
        and facts.language == Language.EN
        and not (facts.also or facts.may_opt_out or facts.unheard or facts.partly_read)
        and (age is None or age >= ANSWERED_EVERY)
    )


def _is_cooling_down(reply: Reply, facts: Facts, practice: Practice) -> bool:
    age = (facts.reply_ages or {}).get(reply)
    return age is not None and age < timedelta(minutes=practice.limits.cool_down_minutes)


def _also_told(route: str, first: str, facts: Facts, practice: Practice) -> tuple[AlsoTold, ...]:
    """Return whom else a message concerns: each team once, and not the one that is notified first."""
    reasons: list[str] = []
    if facts.triage is TriageLevel.SAME_DAY and route not in (Route.SAME_DAY, Route.URGENT):
        reasons.append(Route.SAME_DAY)
    if route == Route.SAME_DAY and _has_clear_intent(facts):
        reasons.append(facts.intent)
    if route in (*INTENTS, Route.SAME_DAY, Route.URGENT):
        reasons.extend(facts.also)
    told: dict[str, AlsoTold] = {}
    if facts.may_opt_out and route != Route.PERSON:
        team, priority = _row(Route.PERSON, practice)
        told[team] = AlsoTold(NotificationReason.POSSIBLE_OPT_OUT, team, priority)
    for reason in reasons:
        team, priority = _row(reason, practice)
        if team != first:
            told.setdefault(team, AlsoTold(reason, team, priority))
    return tuple(told.values())


def _is_pressing(facts: Facts, practice: Practice) -> bool:
    """Return whether what was read of a message clearly goes to someone who looks sooner than a reviewer does."""
    return _has_clear_intent(facts) and _row(facts.intent, practice)[1] >= Priority.HIGH


def _has_clear_intent(facts: Facts) -> bool:
    return facts.disposition in (Disposition.ROUTE, Disposition.REVIEW) and facts.confidence >= facts.threshold


def _words_for(also: tuple[AlsoTold, ...]) -> str:
    if len(also) > MOST_NAMED:
        return f"; {len(also)} other teams notified too"
    return f"; {' and '.join(words_of(told.team) for told in also)} notified too" if also else ""


def _plan_for_keyword(facts: Facts) -> RoutingDecision:
    match facts.keyword:
        case Keyword.STOP:
            plan = RoutingDecision(Route.OPT_OUT, None, None, None, "opted out")
            if facts.keyword_in_words:
                team, priority = ROUTES[Route.PERSON]
                why, notice = "opted out of texts in their own words", NotificationReason.OPTED_OUT
                plan = replace(plan, team=team, priority=priority, why=why, notice=notice)
            if facts.keyword_ambiguous:
                why = "opted out, or meant to cancel an appointment"
                plan = replace(plan, team=Team.FRONT_DESK, priority=Priority.NORMAL, why=why)
        case Keyword.START:
            plan = RoutingDecision(Route.OPT_IN, None, None, None, "opted in")
        case _:
            plan = RoutingDecision(Route.HELP, None, None, None, "asked for help")
    if facts.keyword_answered:
        return replace(plan, why=f"{plan.why}; the carrier already replied")
    if facts.keyword is not Keyword.HELP and not facts.keyword_changed_consent:
        return replace(plan, why=f"already {plan.why}")
    return replace(plan, reply=reply_in(facts.language, plan.route))


def _limit(plan: RoutingDecision, facts: Facts, practice: Practice) -> RoutingDecision:
    """Drop the reply if another one would be unwanted; the teams are notified either way."""
    if plan.reply is None:
        return plan
    reason = _why_silent(plan.reply, facts, practice)
    if reason is None:
        return plan
    return replace(plan, reply=None, why=f"{plan.why}; no reply: {reason}", is_capped=reason == CAPPED)


def _why_silent(reply: Reply, facts: Facts, practice: Practice) -> str | None:
    if not facts.can_be_answered:
        return "there is no number or address to reply to"
    if reply.name is ReplyName.OPT_OUT:  # the confirmation is required once, regardless of the hourly limit
        return _why_not_texted(reply, facts, practice)
    if facts.opted_out:
        return "the patient opted out"
    if reply.name is ReplyName.OPT_IN:
        return None
    if facts.may_opt_out and facts.replies_by_text and reply.name not in ALWAYS_SENT:
        return "the patient may want no more texts"
    if practice.auto_reply is AutoReply.OFF and reply.name not in (*ALWAYS_SENT, *KEYWORD_REPLIES):
        return "automatic replies are off"
    if facts.staff_active and reply.name is not ReplyName.HELP:
        return "staff have taken over the conversation"
    if facts.replies_last_hour >= practice.limits.replies_per_hour:
        return "the hourly limit has been reached"
    if reply.name not in NOT_COOLED_DOWN and _is_cooling_down(reply, facts, practice):
        return "the same reply was sent recently"
    return _why_not_texted(reply, facts, practice)


def _why_not_texted(reply: Reply, facts: Facts, practice: Practice) -> str | None:
    if facts.unproven_number is None:
        return None
    return why_not_texted(facts.unproven_number, practice.limits, is_emergency=reply.name in ALWAYS_SENT)
