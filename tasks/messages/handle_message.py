"""What a message means and what follows: its classification, routing decision, and outbox rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import has_contact, has_number, note_contact
from inbox.contact.quiet import keep_quiet
from inbox.conversations.state import note_answer, note_decision, note_triage
from inbox.models import (
    AskedOutcome,
    AskedQuestion,
    Classification,
    Conversation,
    ConversationState,
    Decision,
    Delivery,
    Keyword,
    Message,
    Notification,
    now,
)
from intake.channels import is_vouched
from intake.practices import Practice
from intake.vocabulary import (
    NEVER_ALARMS,
    REMARKS,
    TOPICS,
    UPDATES,
    EntityKind,
    Intent,
    Language,
    Medium,
    NotificationReason,
    Priority,
    ReplyName,
    Route,
    Silence,
    Team,
    TriageLevel,
)
from tasks.delivery.outbox import add_delivery
from tasks.messages.attempts import end_attempt
from tasks.messages.files_not_kept import answer_lost, find_lost, tell_of_files
from tasks.messages.line_to_staff import tell_staff
from tasks.metrics import QUESTIONS, Measure, of_message
from tasks.notification.models import add_notifications, tickets_for
from tasks.notification.stopped_phones import pages_somebody
from tasks.pubsub import topics_of
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import AfterCommit
from tasks.routing.decide import ANSWERED_EVERY, Facts, RoutingDecision, decide
from tasks.routing.facts import gather_facts, medium_of, needs_no_model, settle_language
from tasks.routing.hours_answers import HoursAnswer, answer_hours
from tasks.routing.insurance_details import details_to_ask
from tasks.routing.private_line import find_private_line
from tasks.routing.review_sampling import add_review
from tasks.routing.unproven_numbers import tell_of_cap
from tasks.routing.unsafe_contact import note_unsafe_contact
from tasks.routing.worsening import keep_kind, raise_in_place
from tasks.understanding.entities import has_named_contact, note_entities
from tasks.understanding.questions import FoundQuestion
from templates.opening_hours import HOURS_QUESTIONS, fill_hours
from templates.replies import Occasion, render_for_patient

if TYPE_CHECKING:
    from classifier import Understanding
    from classifier.entities.entity import Entity
    from tasks.context import Context

log = structlog.get_logger(__name__)

_EARLIER = select(Delivery.message_id, Delivery.reply).where(Delivery.conversation_id == bindparam("conversation"))

_ANSWERED = (
    select(AskedQuestion.key)
    .join(Message, Message.id == AskedQuestion.message_id)
    .where(
        Message.conversation_id == bindparam("conversation"),
        AskedQuestion.outcome == AskedOutcome.ANSWERED,
        AskedQuestion.asked_at >= bindparam("since", type_=AskedQuestion.asked_at.type),
    )
)
NEWCOMERS = {Language.EN: "New here? You can start at {}", Language.ES: "Si es paciente nuevo, puede empezar en {}"}


def handle_message(
    session: Session,
    message: Message,
    practice: Practice,
    understanding: Understanding | None,
    context: Context,
    question: FoundQuestion | None = None,
    entities: Sequence[Entity] | None = None,
) -> AfterCommit:
    """Write what a message means and what follows, unless it has already been handled.

    Args:
        session: an open write transaction that holds the locks of the message and its conversation.
        message: the message.
        practice: its practice.
        understanding: the result of the model; None if the message needed none when it was looked at.
        context: the worker's context.
        question: the common question that it is closest to, if any is near.
        entities: its entities, if its answer needs them; None if they are to be found later.

    Raises:
        IntakeError: its reply cannot be rendered.
    """
    if message.handled_at is not None or (understanding is None and not needs_no_model(message)):
        return AfterCommit()  # a transcription may have arrived meanwhile, and with it another job
    moment = now()
    note_contact(message)
    is_claimed_unsafe = note_unsafe_contact(session, message, moment, practice.time_zone)
    understanding = understanding and _settle_in_place(session, message, understanding)
    default = _default_threshold(context, understanding)
    facts = gather_facts(session, message, understanding, practice, default, moment)
    facts = _with_question(session, message, facts, question, moment)
    hours = None
    if understanding is not None and not facts.has_answer:  # the practice's own answer comes first
        hours = answer_hours(message, practice, moment)
        facts = facts if hours is None else replace(facts, says_hours=True, language=hours.language)
    lost = find_lost(session, message)
    plan = answer_lost(decide(facts, practice), lost, facts)
    understanding = understanding and _without_false_danger(understanding, plan)
    # What is read comes before what is written: a statement in between would flush the rows so far by themselves.
    answer = ""
    if plan.is_answer:
        answer = _answer_with(message, practice, plan, moment, question, hours)
        question = question if hours is None else None
    ask = details_to_ask(session, message, practice, plan, facts, entities, moment)
    reply = add_reply(
        session,
        message,
        practice,
        plan,
        moment,
        can_page=pages_somebody(session, practice, context.settings),
        answer=answer,
        ask=ask,
        may_opt_out=facts.may_opt_out,
    )
    reply |= tell_staff(session, message, moment)
    reply |= tell_of_files(session, message, practice, lost, facts, plan.route, moment)
    if understanding is not None:
        session.add(_classification(message, understanding))
    later = () if understanding is None else note_entities(session, message, entities)
    session.add(_decision(message, plan))
    if not plan.is_answer and plan.route not in (*REMARKS, *UPDATES, Route.NUDGE, Route.AUTO_REPLY):
        add_review(session, message, understanding, facts, practice, context.settings.secret_key)
    counted = _count_question(session, message, practice, plan, question)
    reason = plan.notice or plan.route
    team = None if _was_told_to_listen(session, message, plan) else plan.team
    notices = add_notifications(session, message, practice, team=team, priority=plan.priority, reason=reason)
    notices += notify_others(session, message, practice, plan)
    notices += _tell_of_staff_opt_out(session, message, practice)
    if is_claimed_unsafe:
        notices += _tell_of_claimed_danger(session, message, practice)
    if plan.silence is Silence.CAPPED:
        notices += tell_of_cap(session, message, practice, moment)
    end_attempt(message)
    if plan.route == Route.WRONG_NUMBER:  # until staff resume them, no automatic reply goes to whoever this is
        message.conversation.staff_took_over_at = message.conversation.staff_took_over_at or moment
    _keep_quiet(message, facts, plan)
    _place(message, plan, understanding)
    if understanding is not None and not (understanding.urgent and message.doubt in NEVER_ALARMS):
        note_triage(message.conversation, understanding.triage, understanding.danger)
    log.info(
        "message_handled",
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        seconds=round((moment - message.received_at).total_seconds(), 3),
    )
    topics = topics_of(message.conversation_id, practice.slug)
    measures = of_message(message, practice.slug, understanding, plan, moment) + counted
    return reply | AfterCommit(notifications=tickets_for(notices), later=later, topics=topics, measures=measures)


def _with_question(
    session: Session, message: Message, facts: Facts, question: FoundQuestion | None, moment: datetime
) -> Facts:
    """Return the facts of a message with what decides if the answer goes out to the common question it is near."""
    if question is None:
        return facts
    answered = session.scalars(_ANSWERED, {"conversation": message.conversation_id, "since": moment - ANSWERED_EVERY})
    return replace(
        facts,
        has_answer=question.has_answer,
        is_new_question=question.match.topic not in answered.all(),
        answered_in_spanish=question.answer_es != "",
    )


def _answer_with(
    message: Message,
    practice: Practice,
    plan: RoutingDecision,
    moment: datetime,
    question: FoundQuestion | None,
    hours: HoursAnswer | None,
) -> str:
    """Return the answer to a question about the hours, or else to a common one; empty if there is none."""
    if hours is not None:
        return hours.words
    is_text = medium_of(message.conversation) is Medium.SMS
    return "" if question is None else word_answer(question, practice, plan, moment, is_text=is_text)


def _settle_in_place(session: Session, message: Message, understanding: Understanding) -> Understanding:
    """Return what the model understood, with what the conversation before it adds."""
    settled = settle_language(session, message, keep_kind(session, message, understanding))
    return raise_in_place(session, message, settled)


def _without_false_danger(understanding: Understanding, plan: RoutingDecision) -> Understanding:
    """Return what the model understood, without a danger that it hears in an update on one, or in an aside."""
    is_none = plan.route in UPDATES or plan.reminds_of is not None
    return replace(understanding, triage=TriageLevel.ROUTINE, danger=None) if is_none else understanding


def _was_told_to_listen(session: Session, message: Message, plan: RoutingDecision) -> bool:
    """Return whether a voicemail was told of before as one to listen to, as its transcription had not come yet."""
    if plan.notice is not NotificationReason.UNHEARD_VOICEMAIL:
        return False
    told = select(Notification.id).where(Notification.message_id == message.id, Notification.reason == plan.notice)
    return session.scalar(told.limit(1)) is not None


def word_answer(
    question: FoundQuestion, practice: Practice, plan: RoutingDecision, moment: datetime, *, is_text: bool
) -> str:
    """Return the practice's own answer, with its hours filled in, and for a newcomer with where to start.

    Nothing is added about what the practice takes or does: a plan that its answer doesn't name is not affirmed.
    """
    language = plan.reply.language if plan.reply else Language.EN
    is_of_hours = not HOURS_QUESTIONS.isdisjoint((question.match.topic, *question.match.also))
    answer = question.answer_in(language)
    words = fill_hours(answer, practice, moment, language, is_text=is_text, is_of_hours=is_of_hours)
    link = practice.links.new_patient
    if plan.route == Intent.NEW_PATIENT_INQUIRY and link and link not in words:
        words += " " + NEWCOMERS[language].format(link)
    return words


def _tell_of_claimed_danger(session: Session, message: Message, practice: Practice) -> list[Notification]:
    """Notify the front desk that somebody says so of a number; what the number itself sends is answered meanwhile."""
    return add_notifications(
        session,
        message,
        practice,
        team=Team.FRONT_DESK,
        priority=Priority.HIGH,
        reason=NotificationReason.UNSAFE_CLAIMED,
    )


def notify_others(
    session: Session, message: Message, practice: Practice, plan: RoutingDecision, *, hold: timedelta = NO_HOLD
) -> list[Notification]:
    """Add notifications for the other teams that a message concerns, and return them."""
    rows: list[Notification] = []
    for told in plan.also:
        rows += add_notifications(
            session, message, practice, team=told.team, priority=told.priority, reason=told.reason, hold=hold
        )
    return rows


def _tell_of_staff_opt_out(session: Session, message: Message, practice: Practice) -> list[Notification]:
    """Notify the managers that a number which staff are notified at takes no more texts, unless anyone could ask."""
    is_own = is_vouched(message.conversation.channel, message.doubt)
    is_staff = is_own and message.conversation.patient_address in practice.staff_numbers
    if not is_staff or message.keyword != Keyword.STOP or not message.keyword_changed_consent:
        return []
    return add_notifications(
        session,
        message,
        practice,
        team=Team.MANAGER,
        priority=Priority.HIGH,
        reason=NotificationReason.STAFF_OPTED_OUT,
    )


def _keep_quiet(message: Message, facts: Facts, plan: RoutingDecision) -> None:
    """Keep automatic replies out of a conversation for a while whose phone or mailbox somebody else may see."""
    if facts.is_shared or plan.silence in (Silence.QUIET, Silence.OTHER_WRITER):
        keep_quiet(message.conversation, message.received_at)


def _place(message: Message, plan: RoutingDecision, understanding: Understanding | None) -> None:
    """Apply a decision to its conversation, which a responder's mail leaves closed if nobody else waits in it."""
    conversation = message.conversation
    if plan.route == Route.PRAISE and _has_matter(conversation):
        note_decision(conversation, None, None, None, message)
        return
    note_decision(conversation, _topic(plan, understanding), _team(conversation, plan), plan.priority, message)
    if plan.route == Route.AUTO_REPLY and conversation.priority is None:
        note_answer(conversation, ConversationState.CLOSED, message.id)


def _has_matter(conversation: Conversation) -> bool:
    """Return whether a team has something of the patient, which praise must neither move nor hide."""
    return conversation.priority is not None or conversation.staff_took_over_at is not None


def _team(conversation: Conversation, plan: RoutingDecision) -> str | None:
    """Return the team that a conversation goes to: what is unclear leaves it where staff have taken over."""
    if conversation.staff_took_over_at is not None and conversation.team is not None and plan.route == Route.REVIEW:
        return conversation.team
    return plan.team


_SAYS_NOTHING = (Route.ACKNOWLEDGEMENT, Route.AUTO_REPLY, Route.WRONG_NUMBER, Route.CONTACT, Route.NUDGE, *UPDATES)


def _topic(plan: RoutingDecision, understanding: Understanding | None) -> str | None:
    """Return what a message is about, as the inbox shows it; None if it says nothing, or only adds to something."""
    if understanding is None or plan.route in _SAYS_NOTHING:
        return None
    if plan.route == Route.FOLLOW_UP:
        is_symptom = plan.is_clinical and understanding.intent == Intent.CLINICAL_CONCERN
        return Intent.CLINICAL_CONCERN if is_symptom else None
    return plan.route if plan.route in TOPICS else understanding.intent


def _default_threshold(context: Context, understanding: Understanding | None) -> float:
    """Return the model's own threshold for what it understood."""
    if understanding is None:
        return 0.0
    return context.classifier.info.review_threshold_of(understanding.intent, understanding.language)


def _count_question(
    session: Session, message: Message, practice: Practice, plan: RoutingDecision, question: FoundQuestion | None
) -> tuple[Measure, ...]:
    if question is None:
        return ()
    outcome = question.outcome(was_sent=plan.is_answer)
    session.add(
        AskedQuestion(
            message_id=message.id,
            practice=practice.slug,
            key=question.match.topic,
            similarity=round(question.match.score, 4),
            outcome=outcome,
        )
    )
    return (Measure(QUESTIONS, (practice.slug, outcome)),)


def add_reply(
    session: Session,
    message: Message,
    practice: Practice,
    plan: RoutingDecision,
    moment: datetime,
    *,
    can_page: bool,
    answer: str = "",
    ask: tuple[EntityKind, ...] = (),
    may_opt_out: bool = False,
    hold: timedelta = NO_HOLD,
) -> AfterCommit:
    """Add the decision's reply to the outbox, unless the message already got that reply, or one that says as much."""
    written = write_reply(
        session, message, practice, plan, moment, can_page=can_page, answer=answer, ask=ask, may_opt_out=may_opt_out
    )
    if written is None:
        return AfterCommit()
    body, is_own = written
    delivery = Delivery(
        conversation_id=message.conversation_id,
        message_id=message.id,
        reply=plan.reply,
        medium=medium_of(message.conversation),
        sender=message.received_on,
        body=body,
    )
    after_commit = add_delivery(session, delivery, hold=hold)
    if not is_own:
        log.error("reply_override_broken", practice=practice.slug, reply=plan.reply)
        notices = add_notifications(
            session,
            message,
            practice,
            team=Team.FRONT_DESK,
            priority=Priority.NORMAL,
            reason=NotificationReason.BROKEN_REPLY,
            hold=hold,
            again=True,  # another reply to the same message may be broken too
        )
        return after_commit | AfterCommit(notifications=tickets_for(notices, hold))
    return after_commit


def write_reply(
    session: Session,
    message: Message,
    practice: Practice,
    plan: RoutingDecision,
    moment: datetime,
    *,
    can_page: bool,
    answer: str = "",
    ask: tuple[EntityKind, ...] = (),
    may_opt_out: bool = False,
) -> tuple[str, bool] | None:
    """Return the words of the decision's reply, and whether they are in the practice's own wording if it has one.

    None if the decision has no reply, or the message already got it, or one that says as much.
    """
    if plan.reply is None:
        return None
    earlier = session.execute(_EARLIER, {"conversation": message.conversation_id}).all()
    given = {reply for message_id, reply in earlier if message_id == message.id}
    # a voicemail is handled again when its transcription arrives late
    if plan.reply in given or (given and _only_says_that_a_person_answers(plan)):
        return None
    can_reach = has_contact(message.conversation)
    # An open chat is still answered there: it then asks for no number, promises no call, and speaks of no texts.
    is_unsafe = message.conversation.unsafe_since is not None
    is_text_only = message.conversation.text_only_since is not None
    promises_calls = not is_text_only and (plan.reply.name is ReplyName.CONTACT or not is_unsafe)
    occasion = Occasion(
        moment,
        is_first=not earlier,
        is_text=medium_of(message.conversation) is Medium.SMS,
        answer=answer,
        can_reach=can_reach,
        has_phone=promises_calls and (has_number(message.conversation) or message.claimed_phone is not None),
        names_contact=is_unsafe or (not can_reach and has_named_contact(session, message.conversation_id, message.id)),
        can_page=can_page,
        may_opt_out=may_opt_out and not is_unsafe,
        ask=ask,
        team=plan.team,
        is_clinical=plan.is_clinical,
        reminds_of=plan.reminds_of,
        private_line=find_private_line(session, message, plan.reply),
        text_only=is_text_only,
    )
    return render_for_patient(plan.reply, practice, occasion)


def _only_says_that_a_person_answers(plan: RoutingDecision) -> bool:
    """Return whether a decision's reply says no more than that a person has the message, as any earlier one says."""
    if plan.reply is None:
        return False
    is_plain_follow_up = plan.reply.name is ReplyName.FOLLOW_UP and not plan.is_clinical
    return is_plain_follow_up or plan.reply.name in (ReplyName.REVIEW, ReplyName.REVIEW_AGAIN)


def _classification(message: Message, understanding: Understanding) -> Classification:
    return Classification(
        message_id=message.id,
        model_version=understanding.model_version,
        intent=understanding.intent,
        confidence=understanding.confidence,
        probabilities={intent: round(p, 6) for intent, p in understanding.probabilities.items()},
        triage=understanding.triage,
        danger=understanding.danger,
        language=understanding.language,
        disposition=understanding.disposition,
        praise=understanding.praise,
        partly_read=understanding.partly_read,
        also=[{"intent": other.intent, "confidence": round(other.confidence, 6)} for other in understanding.also],
    )


def _decision(message: Message, plan: RoutingDecision) -> Decision:
    return Decision(
        message_id=message.id,
        route=plan.route,
        reply=plan.reply,
        team=plan.team,
        priority=plan.priority,
        why=plan.why,
        silence=plan.silence,
    )
