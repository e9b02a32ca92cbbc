"""The audit trail: who viewed, answered, corrected, exported, or changed what, and when.

Entries are only ever added. Each contains the hash of the one before, so that changing, removing, or inserting an entry
breaks the chain, which `verify` detects. Each hash is sealed with a key that is not in the database, so that write
access to the database is not enough to forge a chain. Entries cut off at the end are detected with a hash noted
elsewhere. Rotating keys renews the seals but not the hashes.

Retention removes the oldest entries (`prune_trail`). An entry of the chain itself then says up to where, so that only
this beginning is accepted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from inbox.models import AuditEntry, now
from inbox.models.column_types import keyring
from intake.errors import MissingKeyError

START = "0" * 64
PRUNED, CHECKED = "audit_pruned", "trail_checked"
TRAIL = "audit"
BATCH = 1000
CHECK_EVERY = timedelta(days=7)
MOST_CHECKED = 300_000  # takes half a minute; a longer trail is left to the command
_UNREADABLE = (ValueError, MissingKeyError)
_APPENDING = 0x1A4B17  # an arbitrary lock number that nothing else in this database uses


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """The result of `verify`.

    Attributes:
        entries: the number of valid entries.
        last_hash: the hash of the newest valid entry, to note elsewhere.
        broken_at: the id of the first invalid entry, None if all are valid.
        has_noted: whether the noted hash is among the valid ones; True if no hash was given.
    """

    entries: int
    last_hash: str
    broken_at: int | None
    has_noted: bool

    @property
    def is_whole(self) -> bool:
        """Whether no entry was changed, removed, or inserted, up to the noted hash."""
        return self.broken_at is None and self.has_noted


def record_action(
    session: Session, *, staff_id: int | None, practice: str | None, action: str, subject: str, **detail: Any
) -> None:
    """Add an entry in the same transaction as the action, so that both are stored or neither is.

    Other transactions that add entries wait until this one ends, so call it last.

    Args:
        session: an open write transaction.
        staff_id: the staff member, None for the command line or an unknown person.
        practice: the practice's slug, if the action concerns one.
        action: what was done, such as `viewed` or `replied`.
        subject: what it was done to, such as `conversation:12`.
        detail: ids, states, and labels; never patient text, names, or numbers.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite lets one transaction write at a time anyway
        session.execute(select(func.pg_advisory_xact_lock(_APPENDING)))
    # its detail isn't read, which a process without the key that it is under couldn't do
    last = session.execute(select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)).first()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=now(),
        staff_id=staff_id,
        practice=practice,
        action=action,
        subject=subject,
        detail=json.loads(json.dumps(detail)),  # as the database will return it
        previous_hash=last.hash if last else START,
    )
    entry.hash = _hash(entry)
    entry.seal = keyring().seal(entry.hash)
    session.add(entry)
    session.flush()


def prune_trail(session: Session, before: datetime) -> int:
    """Remove the entries that are older than a moment, and return how many.

    The chain is one for all practices, so the caller chooses a moment that suits them all.

    Args:
        session: an open write transaction.
        before: entries since this moment stay, and all that came after the first of them.
    """
    first_kept = session.scalar(select(func.min(AuditEntry.id)).where(AuditEntry.at >= before))
    oldest = session.scalar(select(func.min(AuditEntry.id)))
    if first_kept is None or oldest is None or first_kept <= oldest:
        return 0
    through = first_kept - 1
    its_hash = session.execute(select(AuditEntry.hash).where(AuditEntry.id == through)).scalar_one()
    count = through - int(oldest) + 1
    session.execute(delete(AuditEntry).where(AuditEntry.id <= through))
    record_action(
        session, staff_id=None, practice=None, action=PRUNED, subject=TRAIL, through=through, last_hash=its_hash
    )
    return count


def verify(session: Session, noted: str | None = None) -> AuditCheck:
    """Check the whole trail.

    Args:
        session: an open transaction.
        noted: the `last_hash` of an earlier verdict, kept out of reach of anyone with write access to the database.
    """
    try:
        return _verify(session, noted, BATCH)
    except _UNREADABLE:  # an entry cannot be read at all, so read them one by one to find it
        return _verify(session, noted, 1)


def record_check(session: Session, found: AuditCheck) -> None:
    """Record in the trail itself what `verify` found, as nobody verifies the whole of it to look at a page."""
    detail = {"whole": found.is_whole, "entries": found.entries, "broken_at": found.broken_at}
    record_action(session, staff_id=None, practice=None, action=CHECKED, subject=TRAIL, **detail)


def last_check(session: Session) -> AuditEntry | None:
    """Return the entry of the last time that the trail was verified, None if it never was."""
    checks = select(AuditEntry).where(AuditEntry.action == CHECKED)
    return session.scalar(checks.order_by(AuditEntry.id.desc()).limit(1))


def due_check(session: Session, moment: datetime) -> int | None:
    """Return the id of the newest entry if the trail is due to be verified by itself, None if it is not.

    It is due a week after the last check, or after its first entry. A trail of over `MOST_CHECKED` entries never is.
    """
    # one by one, as SQLite finds the least and the greatest together only by reading all; and without the details,
    # which a process without the key that they are under couldn't read
    oldest = session.scalar(select(func.min(AuditEntry.id)))
    newest = session.scalar(select(func.max(AuditEntry.id)))
    if oldest is None or newest is None or newest - oldest >= MOST_CHECKED:
        return None
    checked = session.scalar(select(func.max(AuditEntry.id)).where(AuditEntry.action == CHECKED))
    since = session.execute(select(AuditEntry.at).where(AuditEntry.id == (checked or oldest))).scalar_one()
    return newest if since <= moment - CHECK_EVERY else None


def _verify(session: Session, noted: str | None, batch: int) -> AuditCheck:
    query = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=batch)
    with closing(session.scalars(query)) as entries:  # a broken trail is not read to its end
        return _read_through(iter(entries), noted, batch)


def _read_through(entries: Iterator[AuditEntry], noted: str | None, batch: int) -> AuditCheck:
    previous, last_id, count, has_noted = START, 0, 0, noted in (None, START)
    beginning: tuple[int, str] | None = None
    pruned: tuple[int, str] = (0, START)
    while True:
        try:
            entry = next(entries, None)
        except _UNREADABLE:
            if batch > 1:
                raise
            return AuditCheck(count, previous, last_id + 1, has_noted)
        if entry is None:
            is_complete = beginning is None or beginning == pruned
            return AuditCheck(count, previous, None if is_complete else (beginning or pruned)[0] + 1, has_noted)
        if beginning is None:
            beginning = last_id, previous = entry.id - 1, entry.previous_hash
            has_noted = has_noted or noted == previous
        if entry.id != last_id + 1 or entry.previous_hash != previous or not _is_genuine(entry):
            return AuditCheck(count, previous, entry.id, has_noted)
        if entry.action == PRUNED:
            pruned = entry.detail["through"], entry.detail["last_hash"]
        previous, last_id, count = entry.hash, entry.id, count + 1
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
