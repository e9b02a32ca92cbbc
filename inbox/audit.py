"""The audit trail: who viewed, answered, corrected, exported or changed what, and when.

Entries are only ever added. Each holds the hash of the one before it, so that one that is changed, removed or slipped
in later breaks the chain, which `verify` finds. Each hash is sealed under a key that is not in the database, so that
whoever can only write there cannot make a chain anew. What was cut off at the end shows against a hash that was noted
elsewhere; hashes stay the same when keys are rotated, seals are made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.column_types import keyring
from inbox.models import AuditEntry, now

START = "0" * 64
BATCH = 1000
_APPENDING = 0x1A4B17  # any number that nothing else in this database locks


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What `verify` found.

    Attributes:
        entries: how many were read.
        last_hash: the newest entry's, to note elsewhere.
        broken_at: id of the first entry that does not fit, None when all do.
        has_noted: whether the hash that was noted elsewhere is among those that fit, True when none was.
    """

    entries: int
    last_hash: str
    broken_at: int | None
    has_noted: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed or slipped in, as far as the noted hash reaches."""
        return self.broken_at is None and self.has_noted


def record_action(
    session: Session, *, staff_id: int | None, practice: str | None, action: str, subject: str, **detail: Any
) -> None:
    """Add an entry in the transaction of what it tells of: either both are stored or neither.

    Others that add one wait until the transaction ends, so do it last.

    Args:
        session: an open transaction that writes.
        staff_id: who did it, None for the command line and for nobody known.
        practice: slug of the practice that it concerns.
        action: what was done, such as `viewed` or `replied`.
        subject: what to, such as `conversation:12`.
        detail: ids, states and labels; never any patient text, name or number.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite lets one transaction write at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_APPENDING)))
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).first()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=now(),
        staff_id=staff_id,
        practice=practice,
        action=action,
        subject=subject,
        detail=json.loads(json.dumps(detail)),  # as it will be read again
        previous_hash=last.hash if last else START,
    )
    entry.hash = _hash(entry)
    entry.seal = keyring().seal(entry.hash)
    session.add(entry)
    session.flush()


def verify(session: Session, noted: str | None = None) -> AuditCheck:
    """Read the whole trail and say whether it is unbroken.

    Args:
        session: an open transaction.
        noted: the `last_hash` of an earlier verdict, kept where nobody who can write to the database reaches it.
    """
    try:
        return _verify(session, noted, BATCH)
    except ValueError:  # one holds something that cannot be read at all: one by one, to find which
        return _verify(session, noted, 1)


def _verify(session: Session, noted: str | None, batch: int) -> AuditCheck:
    query = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=batch)
    with closing(session.scalars(query)) as entries:  # what is broken is not read to its end
        return _read_through(iter(entries), noted, batch)


def _read_through(entries: Iterator[AuditEntry], noted: str | None, batch: int) -> AuditCheck:
    previous, count, has_noted = START, 0, noted in (None, START)
    while True:
        try:
            entry = next(entries, None)
        except ValueError:
            if batch > 1:
                raise
            return AuditCheck(count, previous, count + 1, has_noted)
        if entry is None:
            return AuditCheck(count, previous, None, has_noted)
        if entry.id != count + 1 or entry.previous_hash != previous or not _is_genuine(entry):
            return AuditCheck(count, previous, entry.id, has_noted)
        previous, count = entry.hash, entry.id
        has_noted = has_noted or noted == previous


def _is_genuine(entry: AuditEntry) -> bool:
    return entry.hash == _hash(entry) and keyring().has_sealed(entry.hash, entry.seal)


def _hash(entry: AuditEntry) -> str:
    told: list[Any] = [
        entry.id,
        entry.previous_hash,
        _moment(entry.at),
        entry.staff_id,
        entry.practice,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
