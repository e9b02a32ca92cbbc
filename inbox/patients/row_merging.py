"""Making one row of two that belong to one patient.

A process that lacks a key does not find what is indexed under it, so that for a while a patient may have a second
conversation, or a second opt-out. Their indexes collide when both are written under one key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, delete, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.models import Base, Conversation, ConversationRead, ConversationState, LineType, OptOut, PatientAddress
from inbox.models.column_types import EncryptedText, keyring
from inbox.search.index import move_texts
from intake.vocabulary import Priority, TriageLevel

Values = Mapping[str, Any]
INDEX = "patient_index"
_SAME_PATIENT: Mapping[str, tuple[str, ...]] = {
    Conversation.__tablename__: ("practice", "channel"),
    OptOut.__tablename__: ("practice",),
    PatientAddress.__tablename__: ("patient_id",),
}
_STATES = list(ConversationState)  # one that staff must look at comes first
_LEVELS = list(TriageLevel)  # the most serious comes first


def combine_opt_outs(kept: Values, dropped: Values) -> dict[str, Any]:
    """Return the columns of one opt-out made of two: if either says that the patient opted out, it stays so."""
    active = [row for row in (kept, dropped) if row["active"]]
    recorded = [row["recorded_by"] for row in active if not row["claimed"]]
    return {
        "active": bool(active),
        "changed_at": max(kept["changed_at"], dropped["changed_at"]),
        "recorded_by": None if None in recorded else next(iter(recorded), None),
        "claimed": bool(active) and not recorded,
    }


def combine_conversations(kept: Values, dropped: Values) -> dict[str, Any]:
    """Return the columns of one conversation made of two: open and as urgent as either of them."""
    known = {name: value if value is not None else dropped[name] for name, value in kept.items()}
    rules: dict[str, Callable[[Any, Any], Any]] = {
        "created_at": min,
        "last_activity_at": max,
        "listed_at": max,
        "waiting_since": min,
        "last_message_id": max,
        "staff_took_over_at": max,
        "entries": max,
        "state": lambda *states: min(states, key=_STATES.index),
    }
    combined = {
        name: rule(kept[name], dropped[name])
        for name, rule in rules.items()
        if kept[name] is not None and dropped[name] is not None
    }
    first = dropped if _rank(dropped) > _rank(kept) else kept
    urgency = {name: first[name] for name in ("team", "priority", "triage", "danger") if first[name] is not None}
    unknown = kept["line_type"] == LineType.UNKNOWN
    awake = kept["snoozed_until"] is None or dropped["snoozed_until"] is None
    snoozed = None if awake else min(kept["snoozed_until"], dropped["snoozed_until"])
    line_type = dropped["line_type"] if unknown else kept["line_type"]
    answered = [row["answered_up_to"] for row in (kept, dropped)]
    answered_up_to = None if None in answered else min(answered)  # a message of the other may be unseen
    flagged = [row for row in (kept, dropped) if row["unsafe_since"] is not None]
    quiet = [row["quiet_until"] for row in (kept, dropped) if row["quiet_until"] is not None]
    unsafe = {
        "unsafe_page": any(row["unsafe_page"] for row in flagged),
        "unsafe_alone": bool(flagged) and all(row["unsafe_alone"] for row in flagged),
        "safe_until": None if len(flagged) > 1 else known["safe_until"],
        "safe_hours": None if len(flagged) > 1 else known["safe_hours"],
        "quiet_until": max(quiet, default=None),
        "other_writer_at": max((row["other_writer_at"] for row in flagged if row["other_writer_at"]), default=None),
    }
    others = {"line_type": line_type, "snoozed_until": snoozed, "answered_up_to": answered_up_to}
    return known | combined | urgency | unsafe | others


def combine_addresses(kept: Values, dropped: Values) -> dict[str, Any]:
    """Return the columns of one patient's address made of two: a consent that either has, and shared if either is."""
    agreed = kept if kept["consent_at"] is not None else dropped
    consent = {name: agreed[name] for name in ("consent_how", "consent_by", "consent_at")}
    return consent | {"is_shared": bool(kept["is_shared"] or dropped["is_shared"])}


def find_twin(session: Session, table: Table, row_id: int, index: str) -> int | None:
    """Return the other row of this patient, which has this index already; lock it."""
    itself = table.alias()
    same = [table.c[name] == itself.c[name] for name in _SAME_PATIENT[table.name]]
    query = select(table.c.id).where(itself.c.id == row_id, table.c.id != row_id, table.c[INDEX] == index, *same)
    return session.scalar(query.with_for_update(of=table))


def merge_rows(session: Session, table: Table, first_id: int, second_id: int) -> None:
    """Make one row of two, the older one, under the key that writes; what refers to either refers to it."""
    kept_id, dropped_id = sorted((first_id, second_id))
    rows = {row["id"]: dict(row) for row in session.execute(_raw(table, (kept_id, dropped_id))).mappings()}
    values = rows[kept_id] | _COMBINED[table.name](rows[kept_id], rows[dropped_id])
    address = keyring().decrypt(values["patient_address"])
    if table.name == Conversation.__tablename__:
        move_texts(session, dropped_id, kept_id)
        _move_references(session, table, kept_id, dropped_id)
    session.execute(delete(table).where(table.c.id == dropped_id))
    encrypted = {column.name for column in table.columns if isinstance(column.type, EncryptedText)}
    written = {
        name: type_coerce(keyring().renew(value) or value, LargeBinary) if name in encrypted and value else value
        for name, value in values.items()
    }
    written[INDEX] = keyring().index(address)
    session.execute(update(table).where(table.c.id == kept_id).values(written))


_COMBINED: Mapping[str, Callable[[Values, Values], dict[str, Any]]] = {
    Conversation.__tablename__: combine_conversations,
    OptOut.__tablename__: combine_opt_outs,
    PatientAddress.__tablename__: combine_addresses,
}


def _rank(conversation: Values) -> tuple[int, int]:
    triage, priority = conversation["triage"], conversation["priority"]
    return -1 if priority is None else Priority(priority).rank, 0 if triage is None else -_LEVELS.index(triage)


def _raw(table: Table, ids: tuple[int, int]) -> Any:
    columns = [
        type_coerce(column, LargeBinary).label(column.name) if isinstance(column.type, EncryptedText) else column
        for column in table.columns
    ]
    return select(*columns).where(table.c.id.in_(ids))


def _move_references(session: Session, table: Table, kept_id: int, dropped_id: int) -> None:
    """Point everything at the conversation that is kept; what it can have only one of is kept as it is."""
    reads = ConversationRead.__table__.c.conversation_id
    session.execute(delete(ConversationRead).where(reads.in_((kept_id, dropped_id))))  # so that all of it is unread
    for column in _references(table):
        try:
            with session.begin_nested():
                session.execute(_move(column, column == dropped_id, kept_id))
        except IntegrityError:
            _move_one_by_one(session, column, kept_id, dropped_id)


def _move_one_by_one(session: Session, column: Column[Any], kept_id: int, dropped_id: int) -> None:
    identity = column.table.c.id
    for row_id in session.scalars(select(identity).where(column == dropped_id)).all():
        try:
            with session.begin_nested():
                session.execute(_move(column, identity == row_id, kept_id))
        except IntegrityError:
            session.execute(delete(column.table).where(identity == row_id))


def _move(column: Column[Any], condition: Any, kept_id: int) -> Any:
    values: dict[Any, Any] = {column: kept_id}
    if "updated_at" in column.table.c:  # moving a row is no activity
        values[column.table.c.updated_at] = column.table.c.updated_at
    return update(column.table).where(condition).values(values)


def _references(table: Table) -> list[Column[Any]]:
    return [
        key.parent
        for other in Base.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column is table.c.id and other is not ConversationRead.__table__
    ]
