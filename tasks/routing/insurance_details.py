"""What the reply to a billing question asks for: the details of an insurance card that the patient has not given."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from classifier.entities.entity import Entity
from classifier.insurance import InsuranceRecord, assemble_record
from classifier.insurance.missing import is_about_insurance
from inbox.models import Conversation, Message
from inbox.patients.found_entities import stored_entities
from intake.practices import Practice
from intake.vocabulary import EntityKind, Intent, TriageLevel
from tasks.routing.decide import Facts, RoutingDecision

CARD: Final = (EntityKind.MEMBER_ID, EntityKind.CARRIER, EntityKind.DOB)
_SERIOUS: Final = (Intent.COMPLAINT, Intent.CLINICAL_CONCERN)


def details_to_ask(
    session: Session,
    message: Message,
    practice: Practice,
    plan: RoutingDecision,
    facts: Facts,
    entities: Sequence[Entity] | None,
    moment: datetime,
) -> tuple[EntityKind, ...]:
    """Return what the reply to a message asks for, and note that the conversation was asked.

    Args:
        session: an open write transaction that holds the conversation's lock.
        message: the message.
        practice: its practice.
        plan: what happens to it.
        facts: what the plan follows from.
        entities: its entities; None if they were not looked for.
        moment: the current time, aware.
    """
    conversation = message.conversation
    if entities is None or not may_ask(plan, facts, practice, conversation):
        return ()
    wanted = choose_details(assemble_record(message.text, entities), _kinds_given(session, conversation, entities))
    if wanted:
        conversation.insurance_asked_at = moment
    return wanted


def may_ask(plan: RoutingDecision, facts: Facts, practice: Practice, conversation: Conversation) -> bool:
    """Return whether a reply may ask for details: for a billing question, once, and if nothing is more serious."""
    return (
        practice.ask_insurance_details
        and conversation.insurance_asked_at is None
        and plan.reply is not None
        and plan.reply.name is Intent.BILLING_INQUIRY
        and facts.triage is TriageLevel.ROUTINE
        and conversation.triage in (None, TriageLevel.ROUTINE)
        and conversation.intent not in _SERIOUS
        and not set(_SERIOUS) & set(facts.also)
    )


def choose_details(record: InsuranceRecord, given: Collection[EntityKind]) -> tuple[EntityKind, ...]:
    """Return which details of a card are missing; none if the message is about a bill alone."""
    return tuple(kind for kind in CARD if kind not in given) if is_about_insurance(record) else ()


def _kinds_given(session: Session, conversation: Conversation, entities: Sequence[Entity]) -> set[EntityKind]:
    """Return the kinds of what the patient has given in this conversation."""
    earlier = session.scalars(select(Message.id).where(Message.conversation_id == conversation.id)).all()
    found = (entities, *stored_entities(session, earlier).values())
    return {entity.kind for those in found for entity in those}
