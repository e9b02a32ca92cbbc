"""Routing a message: a pure function from its facts to a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from classifier.rules.aftermath import Update
from classifier.rules.asides import Aside
from inbox.models import Keyword, LineType
from intake.practices import Practice
from intake.vocabulary import (
    AFTER_EMERGENCIES,
    ANSWERS,
    BY_PROGRAM,
    EMERGENCY_REPLIES,
    FROM_STAFF,
    INTENTS,
    KEYWORD_REPLIES,
    NEVER_ALARMS,
    SENT_IN_EMERGENCIES,
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
    SenderDoubt,
    Silence,
    Team,
    TriageLevel,
    reply_in,
    words_of,
)
from tasks.routing.follow_ups import (
    PERHAPS,
    Matter,
    holder_of,
    is_clinical,
    is_follow_up,
    keeper_of,
    needs_nurses,
    told_of_follow_up,
)
from tasks.routing.silence import unanswered_reason
from tasks.routing.table import ROUTES, team_and_priority
from tasks.routing.text_limits import UnprovenNumber, why_not_texted

REPLIES_TO_DANGERS: dict[DangerKind | None, ReplyName] = {
    DangerKind.SELF_HARM: ReplyName.URGENT_SELF_HARM,
    DangerKind.INGESTION: ReplyName.URGENT_INGESTION,
}
"""The replies to emergencies by kind of danger; any other kind gets the general one."""
REPLIES_AFTER_DANGERS: dict[DangerKind | None, ReplyName] = {
    DangerKind.SELF_HARM: ReplyName.URGENT_AGAIN_SELF_HARM,
    DangerKind.INGESTION: ReplyName.URGENT_AGAIN_INGESTION,
}
"""The same for what comes soon after an emergency."""
ALWAYS_SENT = EMERGENCY_REPLIES
"""The replies that go out even if automatic replies are off."""
EMERGENCIES = (*EMERGENCY_REPLIES, *AFTER_EMERGENCIES)
"""The replies with the words for an emergency, also soon after one."""
FOR_SAFETY = (Silence.UNSAFE, Silence.OTHER_WRITER, Silence.QUIET)
"""Why a message gets no reply so that nobody comes to harm by it."""
NOT_COOLED_DOWN = (
    *(*ALWAYS_SENT, ReplyName.PERSON, ReplyName.ROBOT),
    *(ReplyName.COMMON_QUESTION, ReplyName.FILE_NOT_KEPT),
)
ANSWERED_ROUTES: tuple[Intent | Route, ...] = (
    *(intent for intent in Intent if intent not in (Intent.CLINICAL_CONCERN, Intent.COMPLAINT)),
    Route.REVIEW,
    Route.FOLLOW_UP,
)
"""The routes on which a common question is answered: never a clinical concern, a complaint, or anything more urgent."""
LOSSES: dict[Disposition, tuple[Route, str]] = {
    Disposition.BEREAVEMENT: (Route.BEREAVEMENT, "reports a death"),
    Disposition.PREGNANCY_LOSS: (Route.PREGNANCY_LOSS, "reports the loss of a pregnancy"),
}
"""The routes of messages that are answered with condolences, and why."""
WHY_REMARKED: dict[Route, str] = {
    Route.WRONG_NUMBER: "says that it is a wrong number",
    Route.CONTACT: "says how to reach them",
    Route.IN_CONFIDENCE: "asks that somebody doesn't hear of it",
}
"""Why a message takes the route that its words alone decide."""
ANSWERED_EVERY = timedelta(hours=1)
AFTERMATH = timedelta(hours=2)
"""How long after the reply to an emergency no message of the patient is answered as if there were none."""
SHOWN_EVERY = timedelta(minutes=1)
"""How often an open chat shows at most that a message was added, where the usual reply would be the same again."""
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
        keyword_claimed: whether nothing proves that whoever wrote the keyword has the number.
        may_be_cry: whether HELP may be a cry for it.
        may_opt_out: whether the message may ask for no more texts, among other things or of an unknown number.
        replies_by_text: whether a reply would be a text.
        opted_out: whether the number has opted out of texts.
        opt_out_claimed: whether nothing proves that it did.
        can_be_answered: whether a reply can reach the sender.
        unproven_number: the number that a reply would be texted to, if no text has come from it.
        staff_active: whether staff have taken over the conversation.
        unheard: whether it is a voicemail that nothing has understood, which only a person can listen to.
        transcribed: whether its text is a transcription, which is made as if English were spoken.
        reads_as_english: whether that is English which somebody said, so that what nothing fits is not unheard.
        replies_last_hour: the number of automatic replies to this patient in the past hour.
        reply_ages: for each canned reply, the time since it was last sent in this conversation.
        has_answer: whether the message clearly asks a common question that the practice has answered.
        visit_soon: whether it is about a visit so near that the practice must know before it.
        is_new_question: whether that question was not answered in this conversation within the past hour.
        remark: the route of the message if its words alone decide it, one of `REMARKS`.
        is_dispute: whether the message speaks of a bill in collections, or threatens to take something further.
        waits_with: the team that owes the patient an answer, None if none does.
        answered_in_spanish: whether the practice has answered that question in Spanish, too.
        unsafe: whether the patient said that it is not safe to contact them there.
        quiet: whether they want no answer to this message there, as the phone is somebody else's or seen by others.
        is_shared: whether the message says so itself, or in a chat, of the patient's phone or mailbox.
        other_writer: whether somebody else seems to write from the patient's phone.
        follows: the matter that the message follows if nothing of its own can be made of it, None if there is none.
        nudge: whether it only asks again, or whether anybody is there.
        plea: whether it only begs for help, so that it is answered every time.
        clinical_share: the probability that it is a clinical concern, given that one of the intents fits.
        doubt: why a message gets no automatic reply, None if it may.
        update: what it says of an emergency that was answered before it, if it says no more.
        aside: what it says that is not about that emergency, None if it may be.
        raised: the conversation's kind of danger so far.
        asks_robot: whether it only asks if a person or a program answers.
        is_legal: whether it is a lawyer's demand, or a threat to go to a lawyer or a court.
        says_hours: whether it only asks when the practice is open, and the settings tell.
        fears: whether it fears the authorities, or having to prove who the patient is.
        in_chat: whether a reply would be shown in a chat, where whoever writes waits for one.
        at_practice: whether what it tells of happens in the building or right outside.
        owed_helplines: whether it says that it is safe now, after an emergency that was not answered as it was not.
        alarm_open: whether the patient has an emergency that staff have not answered.
        answered_elsewhere: whether an emergency of the same number or address was answered on another channel a short
            while ago.
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
    keyword_claimed: bool = False
    may_be_cry: bool = False
    may_opt_out: bool = False
    replies_by_text: bool = True
    opted_out: bool = False
    opt_out_claimed: bool = False
    can_be_answered: bool = True
    unproven_number: UnprovenNumber | None = None
    staff_active: bool = False
    unheard: bool = False
    transcribed: bool = False
    reads_as_english: bool = False
    replies_last_hour: int = 0
    reply_ages: dict[str, timedelta] | None = None
    has_answer: bool = False
    visit_soon: bool = False
    is_new_question: bool = False
    remark: Route | None = None
    is_dispute: bool = False
    waits_with: str | None = None
    answered_in_spanish: bool = False
    unsafe: bool = False
    quiet: bool = False
    is_shared: bool = False
    other_writer: bool = False
    follows: Matter | None = None
    nudge: bool = False
    plea: bool = False
    clinical_share: float = 0.0
    doubt: SenderDoubt | None = None
    update: Update | None = None
    aside: Aside | None = None
    raised: DangerKind | None = None
    asks_robot: bool = False
    is_legal: bool = False
    fears: bool = False
    says_hours: bool = False
    in_chat: bool = False
    owed_helplines: bool = False
    at_practice: bool = False
    alarm_open: bool = False
    answered_elsewhere: bool = False


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
        priority: how soon staff must look, None if no one is notified.
        why: the reason, as shown to staff.
        also: other teams to notify.
        notice: what the team is told, if not the route.
        is_clinical: whether a follow-up, or what it follows, may be about somebody's health.
        silence: why the reply was dropped, None if it was not.
        reminds_of: the kind of danger raised before, of which a line after the reply reminds; None for no line.
    """

    route: str
    reply: Reply | None
    team: str | None
    priority: Priority | None
    why: str
    also: tuple[AlsoTold, ...] = ()
    notice: NotificationReason | None = None
    is_clinical: bool = False
    silence: Silence | None = None
    reminds_of: DangerKind | None = None

    @property
    def is_answer(self) -> bool:
        """Whether the reply answers the message, so that nobody needs to look soon."""
        return is_answer(self.reply)


_MAY_BE_CLINICAL = (Intent.CLINICAL_CONCERN, Route.SAME_DAY, Route.PREGNANCY_LOSS, Route.REVIEW)
"""The routes on which the words that a message was added also name 911."""
_OF_THEIR_OWN = (Intent.CLINICAL_CONCERN, Intent.COMPLAINT, Intent.BILLING_INQUIRY)
"""The intents of which scheduling is only told, even if the message is about a visit that is soon."""
_FOR_THE_OFFICE = tuple(intent for intent in INTENTS if intent not in (Intent.CLINICAL_CONCERN, Intent.COMPLAINT))
"""The intents of which a sure message after an emergency may be about something else."""
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
        return _limit(_plan_for_keyword(facts, practice), facts, practice)
    if facts.doubt in NEVER_ALARMS:
        return _without_alarm(_plan_for_no_patient(facts, practice))
    return _plan_for_words(facts, practice)


def _plan_for_words(facts: Facts, practice: Practice) -> RoutingDecision:
    """Return the decision about a message by what it says; staff hear loudly of one without a reply for safety."""
    return _tell_of_silence(_plan_by_words(facts, practice), facts)


def _plan_by_words(facts: Facts, practice: Practice) -> RoutingDecision:
    facts = doubt_transcript(facts, practice)
    if (update := _route_of_update(facts)) is not None:
        return _plan_for_update(*update, facts, practice)
    is_aside = _is_aside(facts)
    if is_aside:
        facts = _without_topic(facts)
    route, why = _route(facts, practice)
    if route == Route.ACKNOWLEDGEMENT:
        return RoutingDecision(route, None, None, None, why)
    team, priority = _told_first(route, facts, practice)
    also = _also_told(route, team, facts, practice)
    also = _with_alarm_holder(also, route, team, facts, practice)
    reply = reply_in(facts.language, _reply_name(route, facts, practice, is_aside=is_aside))
    if reply.name is ReplyName.COMMON_QUESTION:
        why += "; asks a common question"
    notice = NotificationReason.POSSIBLE_OPT_OUT if facts.may_opt_out and route == Route.PERSON else None
    if facts.unheard:
        notice = NotificationReason.UNHEARD_VOICEMAIL
    plan = RoutingDecision(route, reply, team, priority, why + _words_for(also), also, notice)
    if is_aside or (reply.name is ReplyName.ROBOT and _follows_emergency(facts)):
        plan = replace(plan, reminds_of=_reminded_of(facts, is_aside=is_aside))
    if route == Route.FOLLOW_UP and facts.follows is not None:
        plan = replace(plan, is_clinical=is_clinical(facts.follows, facts.clinical_share, practice))
    override = practice.routes.get(route)
    if override is not None and override.auto_reply is False:
        return silenced(plan, Silence.ROUTE_OFF)
    plan = _limit(plan, facts, practice)
    # Who asked in Spanish and was answered in English may still need somebody as soon as otherwise.
    is_spoken = facts.language == Language.EN or facts.answered_in_spanish or facts.says_hours
    is_settled = plan.is_answer and not is_aside and is_spoken
    return replace(plan, priority=Priority.LOW) if is_settled else plan


def _tell_of_silence(plan: RoutingDecision, facts: Facts) -> RoutingDecision:
    """Return a decision of which staff hear at once, if for safety it has no reply: whoever wrote waits for nothing.

    The front desk hears of another writer in any case.
    """
    if facts.other_writer:
        plan = _told_loudly(plan, NotificationReason.OTHER_WRITER)
        teams = (plan.team, *(told.team for told in plan.also))
        told = AlsoTold(NotificationReason.OTHER_WRITER, Team.FRONT_DESK, Priority.HIGH)
        return plan if Team.FRONT_DESK in teams else replace(plan, also=(*plan.also, told))
    return _told_loudly(plan, NotificationReason.SILENT_FOR_SAFETY) if plan.silence in FOR_SAFETY else plan


def _told_loudly(plan: RoutingDecision, notice: NotificationReason) -> RoutingDecision:
    """Return a decision that a team sees soon, with what it is told; an emergency has words of its own."""
    if plan.route == Route.URGENT:
        return plan
    team = Team.FRONT_DESK if plan.team in (None, Team.DIGEST) else plan.team
    priority = max(plan.priority or Priority.HIGH, Priority.HIGH)
    return replace(plan, team=team, priority=priority, notice=plan.notice or notice)


def _route_of_update(facts: Facts) -> tuple[Route, str] | None:
    """Return the route of what only says after an emergency that somebody helps or that it is over; None of any other.

    Whoever wants to die plays it down, and who swallowed something may look well at first.
    """
    kind = _raised_before(facts)
    if facts.unheard or not _follows_emergency(facts):
        return None
    if facts.remark == Route.WRONG_NUMBER and facts.triage is TriageLevel.ROUTINE and not _is_by_patient(facts):
        return Route.FOLLOW_UP, "says that it is a wrong number, too soon after an emergency to be believed"
    match facts.update:
        case Update.THANKS:
            return (Route.ACKNOWLEDGEMENT, "no reply needed") if facts.triage is TriageLevel.ROUTINE else None
        case Update.HELPED:
            return Route.HELPED, "says that somebody helps"
        case Update.MISTAKEN if kind is not DangerKind.SELF_HARM:
            return Route.OVER, "says that it is no emergency"
        case Update.OVER if kind not in (DangerKind.SELF_HARM, DangerKind.INGESTION):
            return Route.OVER, "says that it is over"
        case Update.HUSHED if facts.triage is not TriageLevel.EMERGENCY:
            return Route.FOLLOW_UP, "asks that nobody be called"
    return None


def _plan_for_update(route: Route, why: str, facts: Facts, practice: Practice) -> RoutingDecision:
    """Return the decision about such a message: who has the emergency hears of it, unpaged.

    Nothing automatic answers it, except a plea to call nobody: whoever pleads for that is told whom to call, each time.
    """
    if route is Route.ACKNOWLEDGEMENT:
        return RoutingDecision(route, None, None, None, why)
    team, priority = team_and_priority(Route.SAME_DAY, practice)
    if facts.follows is not None:
        team, priority = holder_of(facts.follows, practice), facts.follows.priority
    also = _with_alarm_holder((), route, team, facts, practice)
    plan = RoutingDecision(route, None, team, min(priority, Priority.HIGH), why + _words_for(also), also)
    if route is not Route.FOLLOW_UP:
        return plan
    plan = replace(plan, reply=reply_in(facts.language, _reply_after_emergency(facts)), is_clinical=True)
    return _limit(plan, replace(facts, may_opt_out=False, plea=True), practice)


def _is_aside(facts: Facts) -> bool:
    """Return whether a message soon after an emergency is plainly about something else, so that it is answered as ever.

    Whoever wants to die, or swallowed something, is not believed that all is well. What no words settle must be a sure
    matter for the office, and nothing near a symptom or a plea.
    """
    if facts.aside is None or facts.unheard or not _follows_emergency(facts):
        return False
    match facts.aside:
        case Aside.QUESTION:
            return True
        case Aside.FINE:
            return _raised_before(facts) in (None, DangerKind.OTHER)
        case Aside.OFFICE:
            is_near = facts.clinical_share >= PERHAPS or Intent.CLINICAL_CONCERN in facts.also
            return _is_sure_of_office(facts) and not (is_near or facts.plea or facts.partly_read)


def _reminded_of(facts: Facts, *, is_aside: bool) -> DangerKind:
    """Return the kind of danger of which the reply reminds.

    Whoever asks if a robot answers may be alone with a danger of any kind, so that answer names 988 in any case.
    """
    raised = _raised_before(facts) or DangerKind.OTHER
    return raised if is_aside or raised is not DangerKind.OTHER else DangerKind.SELF_HARM


def _is_sure_of_office(facts: Facts) -> bool:
    is_routed = facts.triage is TriageLevel.ROUTINE and facts.disposition is Disposition.ROUTE
    return is_routed and facts.confidence >= facts.threshold and facts.intent in _FOR_THE_OFFICE


def _without_topic(facts: Facts) -> Facts:
    """Return the facts of an aside without a danger that the model hears in it, or a topic that it is not sure of."""
    if _is_sure_of_office(facts):
        return facts
    return replace(facts, triage=TriageLevel.ROUTINE, danger=None, disposition=Disposition.OUT_OF_SCOPE, praise=False)


def _plan_for_no_patient(facts: Facts, practice: Practice) -> RoutingDecision:
    """Return the decision about an email that no patient wrote.

    It may quote anything, such as what to do in an emergency, and still be the one sign that somebody is in danger. A
    report quotes mail that was sent from here.
    """
    is_danger = facts.triage is TriageLevel.EMERGENCY and facts.doubt is not SenderDoubt.BOUNCE
    if facts.doubt is SenderDoubt.AUTO_REPLY and _is_routine(facts):
        return RoutingDecision(Route.AUTO_REPLY, None, None, None, facts.doubt.words)
    if facts.doubt in BY_PROGRAM and not is_danger:
        return _plan_for_words(facts, practice)
    team, priority = team_and_priority(Route.REVIEW, practice)
    why = facts.doubt.words if facts.doubt else ""
    if is_danger:
        why, priority = f"speaks of danger, but {why}", max(priority, Priority.HIGH)
    plan = RoutingDecision(Route.REVIEW, reply_in(facts.language, ReplyName.REVIEW), team, priority, why)
    return _limit(plan, facts, practice)


def _without_alarm(plan: RoutingDecision) -> RoutingDecision:
    """Return a decision that pages nobody, whatever priority the practice gives its route."""
    also = tuple(replace(told, priority=min(told.priority, Priority.HIGH)) for told in plan.also)
    return replace(plan, priority=plan.priority and min(plan.priority, Priority.HIGH), also=also)


def doubt_transcript(facts: Facts, practice: Practice) -> Facts:
    """Return the facts of a voicemail as those of an unheard one, if nothing can be made of its transcription.

    A caller who speaks Spanish gets a transcription of English words that nobody said. An emergency in it stays one.
    """
    if not facts.transcribed or facts.unheard:
        return facts
    route, _ = _route(facts, practice)
    fits_nothing = route == Route.FOLLOW_UP and facts.disposition is Disposition.OUT_OF_SCOPE
    is_odd = (route == Route.REVIEW or fits_nothing) and not facts.reads_as_english
    makes_no_sense = is_odd or facts.language != Language.EN
    return replace(facts, unheard=True) if makes_no_sense and route != Route.URGENT else facts


def is_answer(reply: str | None) -> bool:
    """Return whether a reply is the practice's own answer; the message may ask for more than was understood."""
    return reply in ANSWERS


def _route(facts: Facts, practice: Practice) -> tuple[str, str]:
    if facts.unheard:
        transcript = "that makes sense" if facts.transcribed else ""
        return Route.REVIEW, f"voicemail without a transcript {transcript}".rstrip()
    if facts.triage is TriageLevel.EMERGENCY:
        kind = "" if facts.danger in (None, DangerKind.OTHER) else f" ({facts.danger.words.lower()})"
        return Route.URGENT, f"sounds like an emergency{kind}"
    if (by_words := _route_by_words(facts)) is not None:
        return by_words
    if facts.may_opt_out and facts.triage is TriageLevel.ROUTINE:
        return Route.PERSON, "may want no more texts"
    if (beside_topic := _route_by_dread(facts) or _route_of_hours(facts) or _route_without_topic(facts)) is not None:
        return beside_topic
    if facts.language == Language.OTHER:
        return Route.REVIEW, "written in neither English nor Spanish"
    if facts.disposition is Disposition.PERSON:
        return Route.PERSON, "asks who or what answers" if facts.asks_robot else "asks for a person"
    if facts.triage is TriageLevel.SAME_DAY:
        return Route.SAME_DAY, "a nurse should look at this today"
    if facts.partly_read and not _is_pressing(facts, practice):
        return Route.REVIEW, "too long: only part of it was read"
    return _route_by_intent(facts, practice)


def _route_without_topic(facts: Facts) -> tuple[str, str] | None:
    """Return the route of a message that is about nothing by itself: thanks, or one that asks again; None of others."""
    if not _is_routine(facts):
        return None
    if facts.disposition is Disposition.ACKNOWLEDGEMENT:
        return Route.ACKNOWLEDGEMENT, "no reply needed"
    if facts.nudge and facts.follows is not None:
        return Route.NUDGE, "asks again"
    return None


def _is_routine(facts: Facts) -> bool:
    return facts.triage is TriageLevel.ROUTINE and not facts.visit_soon


def _route_by_words(facts: Facts) -> tuple[str, str] | None:
    """Return the route of a message whose words alone decide it, None of any other."""
    if facts.disposition in LOSSES and not _is_grief_to_treat(facts):
        return LOSSES[facts.disposition]
    if facts.remark is not None and facts.triage is TriageLevel.ROUTINE and not _is_by_patient(facts):
        return facts.remark, WHY_REMARKED[facts.remark]
    return None


def _route_by_dread(facts: Facts) -> tuple[str, str] | None:
    """Return the route of a message that threatens with the law, or fears it; None of any other.

    Nothing stored or logged tells who fears the authorities: it is a request for a person like any other.
    """
    if facts.triage is not TriageLevel.ROUTINE:
        return None
    if facts.is_legal and not (facts.intent == Intent.CLINICAL_CONCERN and _has_clear_intent(facts)):
        return Intent.COMPLAINT, "speaks of lawyers or a court"
    if facts.fears and not facts.has_answer:
        return Route.PERSON, "asks for a person"
    return None


def _route_of_hours(facts: Facts) -> tuple[str, str] | None:
    """Return the route of a message that only asks when the practice is open, None of any other."""
    if not (facts.says_hours and _is_routine(facts)):
        return None
    is_clear = _has_clear_intent(facts) and facts.intent in ANSWERED_ROUTES
    return (facts.intent if is_clear else Route.REVIEW), "asks when the practice is open"


def _is_by_patient(facts: Facts) -> bool:
    """Return whether who seems to be a wrong number clearly wants something of the practice.

    Whoever is texted by mistake wants nothing, but may well complain of it.
    """
    is_wrong_number = facts.remark == Route.WRONG_NUMBER
    return is_wrong_number and _has_clear_intent(facts) and facts.intent != Intent.COMPLAINT


def _is_grief_to_treat(facts: Facts) -> bool:
    """Return whether who reports a death is unwell, so that a nurse's reply fits better than condolences alone."""
    return facts.disposition is Disposition.BEREAVEMENT and facts.triage is TriageLevel.SAME_DAY


def _route_by_intent(facts: Facts, practice: Practice) -> tuple[str, str]:
    if facts.visit_soon and not (facts.intent in _OF_THEIR_OWN and _has_clear_intent(facts)):
        return Intent.APPOINTMENT_REQUEST, "about a visit that is soon"
    if facts.disposition is Disposition.OUT_OF_SCOPE and facts.praise:
        return Route.PRAISE, "praises the practice"
    if facts.disposition is Disposition.OUT_OF_SCOPE:
        return _review_or_follow_up("fits none of the intents", facts, practice)
    if facts.confidence < facts.threshold:
        why = f"confidence {facts.confidence:.2f} is below {facts.threshold:.2f}"
        return _review_or_follow_up(why, facts, practice)
    return facts.intent, f"confidence {facts.confidence:.2f}"


def _review_or_follow_up(why: str, facts: Facts, practice: Practice) -> tuple[str, str]:
    """Return the route of a message that Intake can't sort by itself, and why it can't."""
    if facts.follows is not None and is_follow_up(facts.follows, facts.clinical_share, practice):
        return Route.FOLLOW_UP, f"{why}; follows an earlier message"
    return Route.REVIEW, why


def _told_first(route: str, facts: Facts, practice: Practice) -> tuple[str, Priority]:
    """Return the team that is told first, and how soon it must look.

    A death concerns the team of what is asked for, such as scheduling for the appointments to cancel, unless the
    practice names a team for it.
    """
    if facts.unheard:
        return UNHEARD
    if route == Route.NUDGE and facts.follows is not None:
        return keeper_of(facts.follows, practice), min(facts.follows.priority, Priority.HIGH)
    team, priority = team_and_priority(route, practice)
    override = practice.routes.get(route)
    if route == Route.FOLLOW_UP and facts.follows is not None:
        team, priority = told_of_follow_up(facts.follows, facts.clinical_share, practice)
    if route == Route.SAME_DAY and facts.follows is not None and _follows_emergency(facts):
        team = keeper_of(facts.follows, practice)
    if facts.is_dispute:
        priority = max(priority, Priority.HIGH)
    if route == Route.CONTACT and facts.waits_with is not None:
        team = facts.waits_with
    if route == Route.IN_CONFIDENCE and facts.intent == Intent.CLINICAL_CONCERN and _has_clear_intent(facts):
        team = team_and_priority(Intent.CLINICAL_CONCERN, practice)[0]
    if route == Route.BEREAVEMENT and not (override and override.team) and facts.confidence >= facts.threshold:
        asked, asked_priority = team_and_priority(facts.intent, practice)
        team = team if asked_priority is Priority.LOW else asked
    if facts.visit_soon and route == Intent.APPOINTMENT_REQUEST:
        priority = max(priority, Priority.HIGH)
    return team, priority


def _reply_name(route: str, facts: Facts, practice: Practice, *, is_aside: bool) -> str:
    if route == Route.URGENT:
        return _emergency_reply(facts, practice)
    if facts.owed_helplines:
        return REPLIES_TO_DANGERS.get(facts.raised, ReplyName.URGENT)
    if route == Route.PERSON and facts.asks_robot:
        return ReplyName.ROBOT
    if _follows_emergency(facts) and not is_aside:
        return _reply_after_emergency(facts)
    if facts.is_legal and route == Intent.COMPLAINT:
        return ReplyName.REVIEW  # which neither thanks nor says sorry
    if facts.visit_soon and route == Intent.APPOINTMENT_REQUEST:
        return ReplyName.VISIT_SOON
    if may_answer_question(route, facts):
        return ReplyName.COMMON_QUESTION
    if route == Route.NUDGE:
        return ReplyName.REVIEW_AGAIN
    if route == Route.REVIEW and is_cooling_down(
        reply_in(facts.language, ReplyName.REVIEW), facts.reply_ages, practice
    ):
        return ReplyName.REVIEW_AGAIN
    return route


def _reply_after_emergency(facts: Facts) -> ReplyName:
    return REPLIES_AFTER_DANGERS.get(_raised_before(facts), ReplyName.URGENT_AGAIN)


def _emergency_reply(facts: Facts, practice: Practice) -> ReplyName:
    """Return the reply to an emergency by its kind of danger, or else by the one that was raised a short while ago.

    Where the words for that one would not go out twice, the general ones do.
    """
    if facts.danger in REPLIES_TO_DANGERS or not _follows_emergency(facts):
        return REPLIES_TO_DANGERS.get(facts.danger, ReplyName.URGENT)
    name = REPLIES_TO_DANGERS.get(_raised_before(facts), ReplyName.URGENT)
    is_sent = _why_too_much(reply_in(facts.language, name), facts, practice) is None
    return name if is_sent else ReplyName.URGENT


def may_answer_question(route: str, facts: Facts) -> bool:
    """Return whether the practice's own answer to a common question replaces the reply of a route.

    A message that may also be about something else gets its usual reply, and so does the same question within the
    hour. The team is told in either case, of an answered one at the lowest priority. What only asks for the opening
    hours is answered whatever it may also seem to be, and each time.
    """
    if facts.says_hours and _is_routine(facts) and not (facts.may_opt_out or facts.unheard):
        return True
    ages = facts.reply_ages or {}
    age = min((ages[reply] for reply in ANSWERS if reply in ages), default=None)
    return (
        facts.has_answer
        and route in ANSWERED_ROUTES
        and facts.intent in ANSWERED_ROUTES
        and facts.triage is TriageLevel.ROUTINE
        and not facts.is_dispute
        and facts.language in (Language.EN, Language.ES)
        and not (facts.also or facts.may_opt_out or facts.unheard or facts.partly_read or facts.visit_soon)
        and (facts.is_new_question or age is None or age >= ANSWERED_EVERY)
    )


def _raised_before(facts: Facts) -> DangerKind | None:
    """Return the kind of danger that was raised: the first of what was answered and kept."""
    ages = facts.reply_ages or {}
    answered = {reply.name for reply in SENT_IN_EMERGENCIES if ages.get(reply, AFTERMATH) < AFTERMATH}
    return next((kind for kind in DangerKind if kind is facts.raised or REPLIES_TO_DANGERS.get(kind) in answered), None)


def _follows_emergency(facts: Facts) -> bool:
    return facts.answered_elsewhere or follows_emergency(facts.reply_ages)


def follows_emergency(ages: Mapping[str, timedelta] | None) -> bool:
    """Return whether an emergency of a conversation was answered a short while ago.

    Args:
        ages: the time since each reply was last sent in it.
    """
    ages = ages or {}
    return any(ages.get(reply, AFTERMATH) < AFTERMATH for reply in SENT_IN_EMERGENCIES)


def is_cooling_down(reply: Reply | None, ages: Mapping[str, timedelta] | None, practice: Practice) -> bool:
    """Return whether a reply was sent so lately that it is not repeated.

    Args:
        reply: the reply, None for none.
        ages: the time since each was last sent in the conversation.
        practice: the practice.
    """
    age = (ages or {}).get(reply or "")
    return age is not None and age < timedelta(minutes=practice.limits.cool_down_minutes)


def _also_told(route: str, first: str, facts: Facts, practice: Practice) -> tuple[AlsoTold, ...]:
    """Return whom else a message concerns: each team once, and not the one that is notified first."""
    reasons: list[str] = []
    if facts.triage is TriageLevel.SAME_DAY:
        reasons.append(Route.SAME_DAY)
    if route == Route.PREGNANCY_LOSS and facts.confidence >= facts.threshold:
        reasons.append(facts.intent)
    if _has_clear_intent(facts) and (
        route == Route.SAME_DAY
        or (facts.is_legal and route == Intent.COMPLAINT)
        or (facts.fears and route == Route.PERSON)
    ):
        reasons.append(facts.intent)
    if facts.visit_soon and route == Intent.APPOINTMENT_REQUEST and _has_clear_intent(facts):
        reasons.append(facts.intent)
    if route in (*INTENTS, Route.SAME_DAY, Route.URGENT, Route.FOLLOW_UP):
        reasons.extend(facts.also)
    if facts.is_dispute:
        reasons.append(Intent.COMPLAINT)
    told = _told_in_any_case(route, first, facts, practice)
    for reason in reasons:
        team, priority = team_and_priority(reason, practice)
        if team != first:
            told.setdefault(team, AlsoTold(reason, team, priority))
    return tuple(told.values())


def _told_in_any_case(route: str, first: str, facts: Facts, practice: Practice) -> dict[str, AlsoTold]:
    """Return the teams that a message concerns whatever it is mainly about.

    They are told of a wish to opt out, a visit soon, and an emergency in the building, where they can look.
    """
    told: dict[str, AlsoTold] = {}
    if facts.may_opt_out and route != Route.PERSON:
        team, priority = team_and_priority(Route.PERSON, practice)
        told[team] = AlsoTold(NotificationReason.POSSIBLE_OPT_OUT, team, priority)
    if facts.visit_soon and route not in (Intent.APPOINTMENT_REQUEST, Route.URGENT):
        team, priority = team_and_priority(Intent.APPOINTMENT_REQUEST, practice)
        if team != first:
            told[team] = AlsoTold(Intent.APPOINTMENT_REQUEST, team, max(priority, Priority.HIGH))
    if route == Route.URGENT and facts.at_practice and first != Team.FRONT_DESK:
        told[Team.FRONT_DESK] = AlsoTold(NotificationReason.AT_PRACTICE, Team.FRONT_DESK, Priority.HIGH)
    matter = facts.follows
    if route == Route.FOLLOW_UP and matter is not None and needs_nurses(matter, facts.clinical_share, practice):
        holder = holder_of(matter, practice)
        told[holder] = AlsoTold(Route.FOLLOW_UP, holder, min(matter.priority, Priority.HIGH))
    return told


def _with_alarm_holder(
    also: tuple[AlsoTold, ...], route: str, first: str, facts: Facts, practice: Practice
) -> tuple[AlsoTold, ...]:
    """Return whom else a message concerns, with on-call while nobody has answered an emergency of the same patient."""
    holder, priority = team_and_priority(Route.URGENT, practice)
    is_told = holder in (first, *(told.team for told in also))
    if not facts.alarm_open or is_told or route in (Route.URGENT, Route.PRAISE) or facts.doubt in NEVER_ALARMS:
        return also
    return (*also, AlsoTold(Route.FOLLOW_UP, holder, min(priority, Priority.HIGH)))


def _is_pressing(facts: Facts, practice: Practice) -> bool:
    """Return whether what was read of a message clearly goes to someone who looks sooner than a reviewer does."""
    return _has_clear_intent(facts) and team_and_priority(facts.intent, practice)[1] >= Priority.HIGH


def _has_clear_intent(facts: Facts) -> bool:
    return facts.disposition in (Disposition.ROUTE, Disposition.REVIEW) and facts.confidence >= facts.threshold


def _words_for(also: tuple[AlsoTold, ...]) -> str:
    if len(also) > MOST_NAMED:
        return f"; {len(also)} other teams notified too"
    return f"; {' and '.join(words_of(told.team) for told in also)} notified too" if also else ""


def _plan_for_keyword(facts: Facts, practice: Practice) -> RoutingDecision:
    match facts.keyword:
        case Keyword.STOP:
            plan = RoutingDecision(Route.OPT_OUT, None, None, None, "opted out")
            if facts.keyword_in_words:
                team, priority = ROUTES[Route.PERSON]
                why, notice = "opted out of texts in their own words", NotificationReason.OPTED_OUT
                if facts.keyword_claimed:
                    why, notice = "wants no texts at a number that nothing proves", NotificationReason.POSSIBLE_OPT_OUT
                plan = replace(plan, team=team, priority=priority, why=why, notice=notice)
            if facts.keyword_ambiguous:
                for_visits, soon = team_and_priority(Intent.APPOINTMENT_REQUEST, practice)
                plan = replace(plan, team=for_visits, priority=soon, why="opted out, or meant to cancel an appointment")
        case Keyword.START:
            plan = RoutingDecision(Route.OPT_IN, None, None, None, "opted in")
        case _:
            plan = _plan_for_help(facts)
    if facts.keyword_answered:
        return replace(plan, why=f"{plan.why}; the carrier already replied")
    if facts.keyword is not Keyword.HELP and not facts.keyword_changed_consent:
        return replace(plan, why=f"already {plan.why}")
    return replace(plan, reply=reply_in(facts.language, plan.route))


def _plan_for_help(facts: Facts) -> RoutingDecision:
    """Return the decision about HELP, which must be answered as carriers require, and may be a cry all the same."""
    plan = RoutingDecision(Route.HELP, None, None, None, "asked for help")
    if not (facts.may_be_cry or _follows_emergency(facts)):
        return plan
    notice, why = NotificationReason.CRY_FOR_HELP, "asked for help, and may need it"
    return replace(plan, team=Team.FRONT_DESK, priority=Priority.HIGH, why=why, notice=notice)


def silenced(plan: RoutingDecision, silence: Silence) -> RoutingDecision:
    """Return a decision without its reply, if it has one; if that leaves an emergency unanswered, on-call reads it."""
    if plan.reply is None:
        return plan
    notice = unanswered_reason(plan.route, silence) or plan.notice
    return replace(plan, reply=None, silence=silence, notice=notice, why=f"{plan.why}; no reply: {silence.words}")


def _limit(plan: RoutingDecision, facts: Facts, practice: Practice) -> RoutingDecision:
    """Drop the reply if another one would be unwanted; the teams are notified either way."""
    if plan.reply is None:
        return plan
    silence = why_silent(plan.reply, facts, practice)
    if silence is Silence.REPEATED and plan.reminds_of is not None:  # soon after an emergency, nobody waits in silence
        return replace(plan, reply=_reply_instead(plan.reply))
    if silence is Silence.REPEATED and _tells_more(facts):
        return replace(plan, reply=_reply_instead(plan.reply), is_clinical=True)
    if silence is Silence.REPEATED and facts.in_chat:
        reply = _reply_instead(plan.reply)
        if (facts.reply_ages or {}).get(reply, SHOWN_EVERY) >= SHOWN_EVERY:
            return replace(plan, reply=reply, is_clinical=plan.is_clinical or plan.route in _MAY_BE_CLINICAL)
    return plan if silence is None else silenced(plan, silence)


def _tells_more(facts: Facts) -> bool:
    """Return whether a message may tell of a symptom, or of more after an emergency: no pause leaves it unanswered."""
    if facts.keyword is not None or facts.nudge or facts.update is not None or facts.aside is not None:
        return False
    is_symptom = facts.intent == Intent.CLINICAL_CONCERN and _has_clear_intent(facts)
    is_more = _follows_emergency(facts) and not _is_sure_of_office(facts)
    return is_symptom or is_more or facts.triage is not TriageLevel.ROUTINE


def _reply_instead(reply: Reply) -> Reply:
    """Return what goes out instead of a reply that was sent recently; the words for an emergency stay the same."""
    return reply if reply.name in AFTER_EMERGENCIES else reply_in(reply.language, ReplyName.FOLLOW_UP)


def why_silent(reply: Reply, facts: Facts, practice: Practice) -> Silence | None:
    """Return why a reply would be unwanted or could not arrive, None if it may go out."""
    if (safety := _why_not_safe(reply, facts)) is not None:
        return safety
    if (why := _why_not_sender(facts)) is not None:
        return why
    if reply.name is ReplyName.OPT_OUT:  # the confirmation is required once, regardless of the hourly limit
        return _why_not_texted(reply, facts, practice)
    if facts.opted_out and not (facts.opt_out_claimed and reply.name in ALWAYS_SENT):
        return Silence.OPTED_OUT
    if reply.name is ReplyName.OPT_IN:
        return None
    may_want_none = facts.may_opt_out and reply.name is not ReplyName.WRONG_NUMBER  # which says how to stop
    if may_want_none and facts.replies_by_text and reply.name not in ALWAYS_SENT:
        return Silence.MAY_OPT_OUT
    if practice.auto_reply is AutoReply.OFF and reply.name not in (*ALWAYS_SENT, *KEYWORD_REPLIES):
        return Silence.REPLIES_OFF
    return _why_too_much(reply, facts, practice) or _why_not_texted(reply, facts, practice)


def _why_not_safe(reply: Reply, facts: Facts) -> Silence | None:
    """Return why a reply might harm the patient; what a phone says that is only borrowed holds back no help."""
    if facts.unsafe:
        return Silence.UNSAFE
    if facts.other_writer and reply.name not in ALWAYS_SENT:
        return Silence.OTHER_WRITER
    return Silence.QUIET if facts.quiet and reply.name not in EMERGENCIES else None


def _why_not_sender(facts: Facts) -> Silence | None:
    """Return why whoever sent a message gets no reply, whatever it would say."""
    if facts.doubt is SenderDoubt.OWN_NUMBER and facts.replies_by_text:
        return Silence.OWN_NUMBER
    if not facts.can_be_answered:
        return Silence.NO_ADDRESS
    if facts.doubt is SenderDoubt.LATE:
        return Silence.LATE
    return Silence.FROM_STAFF if facts.doubt in FROM_STAFF else None


def _why_too_much(reply: Reply, facts: Facts, practice: Practice) -> Silence | None:
    repeated = is_cooling_down(reply, facts.reply_ages, practice)
    if reply.name in ALWAYS_SENT and not repeated:
        # Whoever writes to staff, or writes a lot, is told whom to call: once, and not at every message.
        return None
    if facts.staff_active and reply.name is not ReplyName.HELP:
        return Silence.STAFF_ACTIVE
    if facts.replies_last_hour >= practice.limits.replies_per_hour:
        return Silence.HOURLY_LIMIT
    if repeated and reply.name not in NOT_COOLED_DOWN and not facts.plea:
        return Silence.REPEATED
    return None


def _why_not_texted(reply: Reply, facts: Facts, practice: Practice) -> Silence | None:
    if facts.unproven_number is None:
        return None
    return why_not_texted(facts.unproven_number, practice.limits, is_emergency=reply.name in ALWAYS_SENT)
