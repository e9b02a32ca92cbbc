"""Asking, before the first text to a number that no text has come from, whether it can receive texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from inbox.models import Conversation, Delivery, DeliveryState, LineType
from intake.channels import traits_of
from intake.vocabulary import Medium
from tasks.carriers.protocol import CarrierUnreachableError

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)


def learn_line_type(context: Context, delivery_id: int) -> None:
    """Look up the line type of a delivery's number and store it, if it is needed and unknown.

    An answer that does not come delays nothing: the number is texted.
    """
    with context.database.read() as session:
        asked = _unproven(session, delivery_id)
    if asked is None:
        return
    try:
        line_type = context.lookup.line_type(asked.patient_address or "")
    except CarrierUnreachableError as error:
        log.warning("lookup_failed", delivery_id=delivery_id, error=str(error))
        return
    if line_type is not LineType.UNKNOWN:
        with context.database.write() as session:
            session.get_one(Conversation, asked.id, with_for_update=True).line_type = line_type


def _unproven(session: Session, delivery_id: int) -> Conversation | None:
    """Return the conversation if this is the first text to a number that has not proved that it receives texts."""
    earlier = aliased(Delivery)
    conversation = session.scalar(
        select(Conversation)
        .join(Delivery)
        .where(
            Delivery.id == delivery_id,
            Delivery.state == DeliveryState.PENDING,
            Delivery.medium == Medium.SMS,
            Conversation.line_type == LineType.UNKNOWN,
            ~exists().where(earlier.conversation_id == Delivery.conversation_id, earlier.provider_id.is_not(None)),
        )
    )
    if conversation is None or traits_of(conversation.channel).proves_address:
        return None
    return conversation
