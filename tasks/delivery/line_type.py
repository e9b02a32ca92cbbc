"""Asking, before the first text to a number that no text has come from, whether it can receive texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased

from inbox.models import Conversation, Delivery, DeliveryState, LineType
from intake.channels import CHANNELS
from intake.vocabulary import Medium
from tasks.carriers.protocol import CarrierUnreachableError

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

_earlier = aliased(Delivery)
_UNPROVEN = (
    select(Delivery.id)
    .join(Conversation)
    .where(
        Delivery.id.in_(bindparam("ids", expanding=True)),
        Delivery.state == DeliveryState.PENDING,
        Delivery.medium == Medium.SMS,
        Conversation.line_type == LineType.UNKNOWN,
        Conversation.channel.not_in([channel for channel, traits in CHANNELS.items() if traits.proves_address]),
        ~exists().where(_earlier.conversation_id == Delivery.conversation_id, _earlier.provider_id.is_not(None)),
    )
)


def unproven_among(context: Context, delivery_ids: Sequence[int]) -> frozenset[int]:
    """Return which deliveries are the first text to a number that has not proved that it receives texts."""
    with context.database.read() as session:
        return frozenset(session.scalars(_UNPROVEN, {"ids": list(delivery_ids)}))


def learn_line_type(context: Context, delivery_id: int) -> None:
    """Look up the line type of a delivery's number and store it.

    An answer that does not come delays nothing: the number is texted.
    """
    with context.database.read() as session:
        asked = session.get_one(Delivery, delivery_id).conversation
    try:
        line_type = context.lookup.line_type(asked.patient_address or "")
    except CarrierUnreachableError as error:
        log.warning("lookup_failed", delivery_id=delivery_id, error=str(error))
        return
    if line_type is not LineType.UNKNOWN:
        with context.database.write() as session:
            session.get_one(Conversation, asked.id, with_for_update=True).line_type = line_type
