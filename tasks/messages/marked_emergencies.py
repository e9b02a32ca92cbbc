"""What staff see that Intake did not: raising a conversation to an emergency, and taking a false alarm down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import has_contact, has_number
from inbox.conversations.state import end_snooze, note_decision, note_false_alarm, note_triage
from inbox.models import Conversation, ConversationState, Escalation, Message, Notification
from intake.practices import Practice
from intake.settings import Settings
from intake.vocabulary import (
    DangerKind,
    Medium,
    NotificationReason,
    Priority,
    ReplyName,
    Route,
    TriageLevel,
    reply_in,
)
from tasks.messages.corrections import as_labeled
from tasks.messages.handle_message import add_reply, notify_others
from tasks.notification.alarms import join_alarm
from tasks.notification.escalation import page_again
from tasks.notification.models import add_notifications, tickets_for
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from tasks.routing.decide import REPLIES_TO_DANGERS, Facts, RoutingDecision, decide, is_cooling_down
from tasks.routing.facts import gather_facts, medium_of, reply_ages_of
from tasks.routing.table import team_and_priority
from tasks.understanding.entities import has_named_contact
from templates.replies import Occasion, render_for_patient

MARKED_AS = (DangerKind.OTHER, DangerKind.SELF_HARM, DangerKind.INGESTION)
"""The kinds of danger that staff can name, the usual one first."""


def is_emergency(conversation: Conversation) -> bool:
    """Return whether a conversation is an emergency that nobody has answered."""
    return conversation.priority == Priority.URGENT or conversation.triage == TriageLevel.EMERGENCY


def plan_mark(
    facts: Facts, danger: DangerKind, teams_told: frozenset[str], practice: Practice, *, answers: bool
) -> RoutingDecision:
    """Return what a certain danger sign causes; its reply only if a member wants that, and it was not sent lately.

    Args:
        facts: the routing inputs of the patient's newest message.
        danger: the kind of danger.
        teams_told: the teams that were notified of it.
        practice: the practice whose rules apply.
        answers: whether the patient is to get the emergency reply.
    """
    plan = decide(replace(as_labeled(facts, Route.URGENT), danger=danger), practice)
    also = tuple(other for other in plan.also if other.team not in teams_told)
    is_wanted = answers and not is_cooling_down(plan.reply, facts.reply_ages, practice)
    return replace(plan, reply=plan.reply if is_wanted else None, also=also, notice=NotificationReason.MARKED)


def preview_replies(
    session: Session, conversation: Conversation, practice: Practice, language: str, moment: datetime, *, can_page: bool
) -> dict[DangerKind, str]:
    """Return the words of the emergency replies that the patient has not got lately, by the kind of danger.

    Args:
        session: an open transaction.
        conversation: the conversation.
        practice: its practice.
        language: the patient's language.
        moment: the current time, aware.
        can_page: whether an emergency reaches anyone on call.
    """
    ages = reply_ages_of(session, conversation, moment)
    can_reach = has_contact(conversation)
    is_text = medium_of(conversation) is Medium.SMS
    occasion = Occasion(
        moment,
        is_first=False,
        is_text=is_text,
        can_reach=can_reach,
        has_phone=has_number(conversation),
        names_contact=conversation.unsafe_since is not None
        or (not can_reach and has_named_contact(session, conversation.id, conversation.last_message_id or 0)),
        can_page=can_page,
        text_only=conversation.text_only_since is not None,
    )
    replies = {kind: reply_in(language, REPLIES_TO_DANGERS.get(kind, ReplyName.URGENT)) for kind in MARKED_AS}
    return {
        kind: render_for_patient(reply, practice, occasion)[0]
        for kind, reply in replies.items()
        if not is_cooling_down(reply, ages, practice)
    }


def mark_emergency(
    session: Session,
    message: Message,
    practice: Practice,
    danger: DangerKind,
    moment: datetime,
    *,
    answers: bool,
    can_page: bool,
) -> tuple[RoutingDecision, AfterCommit]:
    """Make a conversation an emergency because a member says so, and notify on-call.

    Args:
        session: an open write transaction that holds the conversation's lock.
        message: the patient's newest message.
        practice: its practice.
        danger: the kind of danger.
        moment: the current time, aware.
        answers: whether the patient is to get the emergency reply.
        can_page: whether an emergency reaches anyone on call.
    """
    conversation = message.conversation
    facts = gather_facts(session, message, message.classification, practice, 0.0, moment)
    told = select(Notification.team).where(Notification.message_id == message.id)
    plan = plan_mark(facts, danger, frozenset(session.scalars(told)), practice, answers=answers)
    reply = add_reply(session, message, practice, plan, moment, can_page=can_page)
    rows = add_notifications(
        session,
        message,
        practice,
        team=plan.team,
        priority=plan.priority,
        reason=plan.notice or plan.route,
        again=True,
    )
    rows += notify_others(session, message, practice, plan)
    conversation.state = ConversationState.OPEN
    end_snooze(conversation)
    note_triage(conversation, TriageLevel.EMERGENCY, danger)
    note_decision(conversation, None, plan.team, plan.priority)
    after_commit = AfterCommit(notifications=tickets_for(rows), topics=topics_of(conversation.id, practice.slug))
    return plan, reply | after_commit


def raise_again(
    session: Session, conversation: Conversation, practice: Practice, settings: Settings
) -> tuple[Escalation, AfterCommit]:
    """Raise the alarm of an emergency anew that nobody has answered, and page at once all who were paged before.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the conversation, without an open alarm.
        practice: its practice.
        settings: which carriers are set up.
    """
    own = select(Escalation.message_id).where(Escalation.conversation_id == conversation.id)
    raised_by = session.scalar(own.order_by(Escalation.id.desc()).limit(1)) or conversation.last_message_id
    alarm = join_alarm(session, session.get_one(Message, raised_by), practice)
    rows = page_again(session, alarm, practice, settings)
    conversation.state = ConversationState.OPEN
    end_snooze(conversation)
    return alarm, AfterCommit(notifications=tickets_for(rows), topics=topics_of(conversation.id, practice.slug))


def lower_emergency(conversation: Conversation, level: TriageLevel, practice: Practice) -> None:
    """Give a conversation another level, because a member says that it is no emergency.

    What on-call has goes to the team that its intent has at this level: an ordinary one's own, or the nurses, who are
    to look today. What staff have placed since stays there.
    """
    route = Route.SAME_DAY if level is TriageLevel.SAME_DAY else conversation.intent or Route.PERSON
    team, priority = team_and_priority(route, practice)
    is_with_on_call = conversation.team == team_and_priority(Route.URGENT, practice)[0]
    note_false_alarm(conversation, level, team if is_with_on_call else conversation.team, priority)
