"""Merging two records of one patient, and undoing it.

The record that goes stays as a row that points to the one that is kept. What moves is noted in the merge, so that
undoing it moves exactly that back, unless staff have changed it since.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from inbox.models import Patient, PatientAddress, PatientConversation, PatientMerge, now
from inbox.patients.book import FIELDS, restore_fields, touch_patient


@dataclass(frozen=True, slots=True)
class Moved:
    """What a merge moved: rows by ID, and the fields that it changed, each before and after."""

    addresses: list[int]
    links: list[int]
    consents: dict[str, list[Any]]
    before: dict[str, str | None]
    after: dict[str, str | None]


def merge_fields(kept: dict[str, str | None], dropped: dict[str, str | None]) -> dict[str, str | None]:
    """Return the fields of the kept record that a merge changes: blanks are filled, and notes are joined."""
    changed = {name: dropped[name] for name in kept if kept[name] is None and dropped[name] is not None}
    mine, theirs = kept["notes"], dropped["notes"]
    if mine and theirs and mine != theirs:
        changed["notes"] = f"{mine}\n\n{theirs}"
    return changed


def merge_patients(session: Session, kept: Patient, dropped: Patient, staff_id: int) -> PatientMerge:
    """Merge one locked record into another, and return the merge.

    Args:
        session: an open write transaction.
        kept: the record that stays.
        dropped: the record whose addresses and conversations move.
        staff_id: the member who merges them.
    """
    mine, theirs = ({name: getattr(row, name) for name in FIELDS} for row in (kept, dropped))
    after = merge_fields(mine, theirs)
    before = {name: mine[name] for name in after}
    addresses, consents = _move_addresses(session, kept, dropped)
    moved = Moved(addresses, _move_links(session, kept, dropped), consents, before, after)
    restore_fields(kept, after)
    touch_patient(kept)
    dropped.merged_into = kept.id
    touch_patient(dropped)
    merge = PatientMerge(
        practice=kept.practice, kept_id=kept.id, dropped_id=dropped.id, staff_id=staff_id, moved=asdict(moved)
    )
    session.add(merge)
    session.flush()
    return merge


def latest_merge(session: Session, patient_id: int) -> PatientMerge | None:
    """Return the newest merge into a record that hasn't been undone: the only one that can be."""
    query = select(PatientMerge).where(PatientMerge.kept_id == patient_id, PatientMerge.undone_at.is_(None))
    return session.scalar(query.order_by(PatientMerge.id.desc()).limit(1))


def unmerge_patients(session: Session, merge: PatientMerge, kept: Patient, dropped: Patient) -> None:
    """Undo a merge of two locked records: what moved goes back, and the fields are as they were unless changed since.

    Args:
        session: an open write transaction.
        merge: the newest merge into the kept record.
        kept: the record that was kept.
        dropped: the record that comes back.
    """
    moved = Moved(**merge.moved)
    for table, ids in ((PatientAddress, moved.addresses), (PatientConversation, moved.links)):
        still_there = update(table).where(table.id.in_(ids), table.patient_id == kept.id)
        session.execute(still_there.values(patient_id=dropped.id))
    for address in _addresses(session, kept):
        if str(address.id) in moved.consents and _consent(address) == moved.consents[str(address.id)]:
            address.consent_how = address.consent_by = address.consent_at = None
    unchanged = {name for name, value in moved.after.items() if getattr(kept, name) == value}
    restore_fields(kept, {name: value for name, value in moved.before.items() if name in unchanged})
    touch_patient(kept)
    dropped.merged_into = None
    touch_patient(dropped)
    merge.undone_at = now()
    session.flush()


def _move_addresses(session: Session, kept: Patient, dropped: Patient) -> tuple[list[int], dict[str, list[Any]]]:
    """Move the addresses that the kept record lacks; of those that both have, a consent counts for the kept one."""
    mine = {address.patient_address: address for address in _addresses(session, kept)}
    moved: list[int] = []
    consents: dict[str, list[Any]] = {}
    for address in _addresses(session, dropped):
        twin = mine.get(address.patient_address)
        if twin is None:
            address.patient_id = kept.id
            moved.append(address.id)
        elif twin.consent_at is None and address.consent_at is not None:
            twin.consent_how, twin.consent_by = address.consent_how, address.consent_by
            twin.consent_at = address.consent_at
            consents[str(twin.id)] = _consent(twin)
    session.flush()
    return moved, consents


def _move_links(session: Session, kept: Patient, dropped: Patient) -> list[int]:
    known = select(PatientConversation.conversation_id).where(PatientConversation.patient_id == kept.id)
    query = select(PatientConversation).where(
        PatientConversation.patient_id == dropped.id, PatientConversation.conversation_id.not_in(known)
    )
    links = session.scalars(query).all()
    for link in links:
        link.patient_id = kept.id
    session.flush()
    return [link.id for link in links]


def _addresses(session: Session, patient: Patient) -> list[PatientAddress]:
    query = select(PatientAddress).where(PatientAddress.patient_id == patient.id)
    return list(session.scalars(query.order_by(PatientAddress.id)))


def _consent(address: PatientAddress) -> list[Any]:
    return [address.consent_how, address.consent_by, address.consent_at and address.consent_at.isoformat()]
