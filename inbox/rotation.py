"""Re-encrypting everything under the newest key, so that older keys can be removed."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from inbox.column_types import EncryptedText, keyring
from inbox.database import Database
from inbox.models import (
    AuditEntry,
    Base,
    Conversation,
    Delivery,
    EncryptionKey,
    Message,
    Note,
    OptOut,
    SettingVersion,
    StaffMember,
    Voicemail,
)

BATCH = 500
_TABLES: tuple[type[Base], ...] = (
    Conversation,
    Message,
    Delivery,
    OptOut,
    Voicemail,
    StaffMember,
    Note,
    SettingVersion,
)


def rotate_keys(database: Database) -> int:
    """Encrypt and index every row under the first key, in batches, and delete the other keys' fingerprints.

    It can run while the service is running, and can be run again after an interruption.

    Returns:
        The number of rows written.
    """
    count = 0
    for table in _TABLES:
        last_id = 0
        while True:
            with database.write() as session:
                rows = _rewrite(session, table, last_id)
            if not rows:
                break
            count += len(rows)
            last_id = rows[-1]
    _seal_anew(database)
    with database.write() as session:
        # the blind index of an erased patient's opt-out can't be made anew: its key is needed as long as it is there
        of_erased = session.scalars(select(OptOut.index_key).where(OptOut.index_key.is_not(None)).distinct()).all()
        needed = {database.keyring.fingerprints[0], *of_erased}
        session.execute(delete(EncryptionKey).where(EncryptionKey.fingerprint.not_in(needed)))
    return count


def _rewrite(session: Session, table: type[Base], after_id: int) -> list[int]:
    identity = table.__table__.c.id
    rows = list(session.scalars(select(table).where(identity > after_id).order_by(identity).limit(BATCH)))
    encrypted = [column.key for column in table.__table__.columns if isinstance(column.type, EncryptedText)]
    for row in rows:
        # `updated_at` keeps its value, otherwise the rotation would look like activity
        for name in (*encrypted, "updated_at"):
            if getattr(row, name, None) is not None:
                flag_modified(row, name)
        address = getattr(row, "patient_address", None)
        if address is not None:
            row.patient_index = keyring().index(address)  # type: ignore[attr-defined]
    return [row.id for row in rows]  # type: ignore[attr-defined]


def _seal_anew(database: Database) -> None:
    """Seal the audit trail under the first key; an entry with an invalid seal keeps it, so that it can be found."""
    after: list[ColumnElement[bool]] = []
    while True:
        with database.write() as session:
            query = select(AuditEntry.id, AuditEntry.hash, AuditEntry.seal).where(*after)
            entries = session.execute(query.order_by(AuditEntry.id).limit(BATCH)).all()
            for entry_id, its_hash, seal in entries:
                if keyring().has_sealed(its_hash, seal):
                    anew = update(AuditEntry).where(AuditEntry.id == entry_id).values(seal=keyring().seal(its_hash))
                    session.execute(anew)
        if not entries:
            return
        after = [AuditEntry.id > entries[-1].id]
