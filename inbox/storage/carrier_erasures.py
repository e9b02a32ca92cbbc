"""What the carrier must erase: rows of an outbox, so that an outage of the carrier delays an erasure but loses none."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from inbox.models import CarrierErasure, Delivery, ErasureKind, Message, Notification, Voicemail

CARRIER = "twilio"
_TEXT = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
_MEDIA = re.compile(r"/Messages/((?:SM|MM)[0-9a-fA-F]{32})/Media/(ME[0-9a-fA-F]{32})$")
_CLAIM = timedelta(minutes=5)

Part = tuple[ErasureKind, str, str | None]


def parts_of_message(message: Message) -> list[Part]:
    """Return what the carrier has of a patient's message: its body and its pictures."""
    if message.provider != CARRIER:
        return []
    found: list[Part] = []
    if _TEXT.fullmatch(message.provider_id):
        found.append((ErasureKind.MESSAGE, message.provider_id, None))
    for item in json.loads(message.media or "[]"):
        if match := _MEDIA.search(str(item.get("url", ""))):
            found.append((ErasureKind.MEDIA, match[2], match[1]))
    return found


def parts_of_delivery(delivery: Delivery) -> list[Part]:
    """Return what the carrier has of a reply; email is not kept by the mail server."""
    return parts_of_texts([delivery.provider_id] if delivery.provider_id else [])


def parts_of_notices(
    session: Session, message_ids: Collection[int], conversation_ids: Collection[int] = ()
) -> list[Part]:
    """Return what the carrier has of the notices about messages or conversations; those by text may quote them."""
    is_about = or_(Notification.message_id.in_(message_ids), Notification.conversation_id.in_(conversation_ids))
    sent = session.scalars(select(Notification.provider_ids).where(is_about))
    return parts_of_texts(provider_id for provider_ids in sent for provider_id in provider_ids)


def parts_of_texts(provider_ids: Iterable[str]) -> list[Part]:
    """Return what the carrier has of what was sent, by its IDs: the body of each that is a text."""
    return [(ErasureKind.MESSAGE, each, None) for each in provider_ids if _TEXT.fullmatch(each)]


def parts_of_voicemail(voicemail: Voicemail) -> list[Part]:
    """Return what the carrier has of a call: its recording, whose transcriptions go with it."""
    return [(ErasureKind.RECORDING, voicemail.recording_sid, None)] if voicemail.recording_sid else []


def queue_erasures(session: Session, parts: Iterable[Part]) -> int:
    """Add what is not yet queued to the outbox, in the transaction that erases it here, and return how many."""
    added = 0
    for kind, provider_id, parent_id in dict.fromkeys(parts):
        known = select(CarrierErasure.id).where(CarrierErasure.kind == kind, CarrierErasure.provider_id == provider_id)
        if session.scalar(known) is None:
            session.add(CarrierErasure(kind=kind, provider_id=provider_id, parent_id=parent_id))
            session.flush()
            added += 1
    return added


def claim_due_erasures(session: Session, moment: datetime, limit: int) -> Sequence[int]:
    """Return the erasures to try now, and postpone their next attempt."""
    query = select(CarrierErasure.id).where(CarrierErasure.next_attempt_at <= moment)
    row_ids = session.scalars(query.order_by(CarrierErasure.next_attempt_at).limit(limit)).all()
    if row_ids:
        claimed = update(CarrierErasure).where(CarrierErasure.id.in_(row_ids))
        session.execute(claimed.values(next_attempt_at=moment + _CLAIM))
    return row_ids


def count_erasures(session: Session) -> int:
    """Return how many erasures the carrier has not confirmed."""
    at_carrier = CarrierErasure.kind != ErasureKind.FILE
    return session.scalar(select(func.count()).select_from(CarrierErasure).where(at_carrier)) or 0


def forget_erasure(session: Session, erasure_id: int) -> None:
    """Remove an erasure that the carrier confirmed."""
    session.execute(delete(CarrierErasure).where(CarrierErasure.id == erasure_id))
