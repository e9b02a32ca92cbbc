"""The keys that the database is written with: which of them writes, and what a process may do that lacks one.

Every key that a row may be encrypted or indexed with is in `encryption_keys`, and one of them is marked as the one to
write with. Each write transaction reads that table first, so that a switch reaches every process at once. A process
that lacks the marked key still stores what comes in, with a key that it has, which it registers in the same
transaction. Whoever lacks a registered key cannot tell whether a patient opted out, and sends nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from inbox.models import EncryptionKey, OptOut

LOCK_SECONDS = 1
_LOCK_NOT_AVAILABLE = "55P03"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
_MISSING = "missing_keys"
# Every transaction that writes begins with this; of the table, as that takes a third of the time that objects take.
_KEYS = select(*(EncryptionKey.__table__.c[name] for name in ("fingerprint", "writes")))


@dataclass(frozen=True, slots=True)
class KeyUse:
    """The keys that the database is written with.

    Attributes:
        known: the fingerprints of all keys that rows may be written with.
        writing: the fingerprint of the one to write with; None in a database without any key.
    """

    known: frozenset[str]
    writing: str | None

    def missing_from(self, own: Collection[str]) -> frozenset[str]:
        """Return the keys that a process with these fingerprints lacks."""
        return self.known - frozenset(own)

    def choose(self, own: Sequence[str]) -> str:
        """Return the key that a process with these fingerprints writes with."""
        return next((key for key in (self.writing, *own) if key in self.known and key in own), own[0])


def read_keys(session: Session) -> KeyUse:
    """Return the keys that the database is written with."""
    rows = session.connection().execute(_KEYS).all()
    return KeyUse(frozenset(row[0] for row in rows), next((row[0] for row in rows if row[1]), None))


def keys_of_erased(session: Session, own: Collection[str] = ()) -> frozenset[str]:
    """Return the keys that blind indexes of erased patients' opt-outs were made with, which nothing can make anew.

    Of an index whose key is unknown, it may be any key of the database or of this process.

    Args:
        session: an open transaction.
        own: the fingerprints of this process.
    """
    found = set(session.scalars(select(OptOut.index_key).where(OptOut.patient_address.is_(None)).distinct()))
    any_key = {*read_keys(session).known, *own} if None in found else set()
    return frozenset(key for key in found | any_key if key)


def note_missing(session: Session, missing: frozenset[str]) -> None:
    """Remember for this transaction which keys the process lacks."""
    session.info[_MISSING] = missing


def lacks_keys(session: Session) -> bool:
    """Return whether this process lacks a key that the database uses, so that it may overlook an opt-out.

    Args:
        session: an open write transaction.
    """
    return bool(session.info[_MISSING])


def register_key(session: Session, fingerprint: str, *, writes: bool) -> None:
    """Add a key to those that rows may be written with; if it is not the one to write with, count the stray."""
    changed = session.execute(
        update(EncryptionKey)
        .where(EncryptionKey.fingerprint == fingerprint)
        .values(strays=EncryptionKey.strays + int(not writes))
        .execution_options(synchronize_session=False)
    )
    if not changed.rowcount:  # type: ignore[attr-defined]
        session.add(EncryptionKey(fingerprint=fingerprint, writes=writes, strays=int(not writes)))
        session.flush()


def lock_out_writers(session: Session) -> bool:
    """Wait until no other transaction writes, keep new ones waiting until this one ends, and return whether it worked.

    Every write transaction begins by reading the table of keys, and queues behind whoever waits for its lock. `pg_dump`
    reads that table until it ends, so that the wait for it must be short. SQLite lets one transaction write at a time
    anyway. If it did not work, the transaction can only be rolled back.
    """
    if session.get_bind().dialect.name != "postgresql":
        return True
    try:
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        session.execute(text("LOCK TABLE encryption_keys IN ACCESS EXCLUSIVE MODE"))
        session.execute(text("SET LOCAL lock_timeout TO DEFAULT"))
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return False
    return True
