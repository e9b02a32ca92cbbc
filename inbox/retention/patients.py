"""Deleting patient records once their time is over: nobody changed them, and nothing of the patient came in since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select
from sqlalchemy.orm import Session

from inbox.models import (
    Conversation,
    Delivery,
    DeliveryState,
    Patient,
    PatientAddress,
    PatientConversation,
    PatientMerge,
)
from inbox.models.column_types import keyring

PAGE = 100


def overdue_patients(session: Session, practice: str, before: datetime) -> Iterator[int]:
    """Yield the records that are past a practice's limit, with none that were merged into one that isn't.

    A record that was merged goes with the one that it was merged into.
    """
    last_id = 0
    while ids := session.scalars(_candidates(practice, before, last_id)).all():
        last_id, needed = ids[-1], _needed_among(session, practice, ids, before)
        yield from (patient_id for patient_id in ids if patient_id not in needed)


def delete_overdue_patients(session: Session, practice: str, before: datetime, chosen: Sequence[int]) -> int:
    """Delete those of the chosen records that are still overdue, with what belongs to them, and return how many."""
    if not chosen:
        return 0
    locked = select(Patient.id).where(Patient.id.in_(chosen), *_unchanged(practice, before))
    due = session.scalars(locked.with_for_update(skip_locked=True)).all()
    ids = found = set(due) - _needed_among(session, practice, due, before)
    while more := set(session.scalars(select(Patient.id).where(Patient.merged_into.in_(ids)))) - ids:
        ids = ids | more
    session.execute(delete(PatientMerge).where(or_(PatientMerge.kept_id.in_(ids), PatientMerge.dropped_id.in_(ids))))
    for table in (PatientAddress, PatientConversation):
        session.execute(delete(table).where(table.patient_id.in_(ids)))
    session.execute(delete(Patient).where(Patient.id.in_(ids)))
    return len(found)


def _unchanged(practice: str, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return Patient.practice == practice, Patient.updated_at <= before, Patient.merged_into.is_(None)


def _candidates(practice: str, before: datetime, last_id: int) -> Select[int]:
    """Return the query for the next page of unchanged records, without most of those that are needed.

    Some of them may be needed all the same: while keys change, an address and its conversation can have different
    indexes.
    """
    own = (PatientAddress.practice == Conversation.practice) & (
        PatientAddress.patient_index == Conversation.patient_index
    )
    addressed = select(PatientAddress.id).join(Conversation, own)
    linked = select(PatientConversation.id).join(Conversation, PatientConversation.conversation_id == Conversation.id)
    query = select(Patient.id).where(
        Patient.id > last_id,
        *_unchanged(practice, before),
        ~exists(addressed.where(PatientAddress.patient_id == Patient.id, _is_kept(before)).correlate(Patient)),
        ~exists(linked.where(PatientConversation.patient_id == Patient.id, _is_kept(before)).correlate(Patient)),
    )
    return query.order_by(Patient.id).limit(PAGE)


def _needed_among(session: Session, practice: str, ids: Sequence[int], before: datetime) -> set[int]:
    """Return which records have a conversation that is on hold, not past the limit, or about to send a text."""
    addresses = select(PatientAddress.patient_id, PatientAddress.patient_address).where(
        PatientAddress.patient_id.in_(ids)
    )
    owners: dict[str, set[int]] = {}
    for patient_id, address in session.execute(addresses):
        for index in keyring().indexes(address):
            owners.setdefault(index, set()).add(patient_id)
    kept = select(Conversation.patient_index).where(
        Conversation.practice == practice, Conversation.patient_index.in_(owners), _is_kept(before)
    )
    linked = (
        select(PatientConversation.patient_id)
        .join(Conversation, PatientConversation.conversation_id == Conversation.id)
        .where(PatientConversation.patient_id.in_(ids), _is_kept(before))
    )
    needed = set(session.scalars(linked))
    return needed.union(*(owners[index] for index in session.scalars(kept) if index))


def _is_kept(before: datetime) -> ColumnElement[bool]:
    is_waiting = exists(
        select(Delivery.id).where(
            Delivery.conversation_id == Conversation.id,
            Delivery.state.in_((DeliveryState.PENDING, DeliveryState.HELD)),
        )
    )
    return or_(Conversation.held_at.is_not(None), Conversation.last_activity_at > before, is_waiting)
