"""Changing the encryption key while the service runs, in two phases.

First, every process gets the new key beside the old one, and goes on writing with the old one: whatever order they
restart in, each can read everything. Then `rotate_keys` marks the new key as the one to write with, encrypts and
indexes every row under it, and forgets the old one. It can be interrupted and run again, while messages come and go.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import LargeBinary, RowMapping, Table, delete, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from inbox.attachments.file_store import THUMBNAIL, FileStore
from inbox.conversations.saved_views import name_tags
from inbox.conversations.tag_words import tag_value
from inbox.keys.status import KeyStatus, Phase, name_behind, read_status
from inbox.models import (
    Attachment,
    AttachmentState,
    AuditEntry,
    Base,
    ConversationTag,
    EncryptionKey,
    Message,
    Patient,
)
from inbox.models.column_types import EncryptedText, keyring
from inbox.patients.names import last_name_value, name_value
from inbox.patients.row_merging import INDEX, find_twin, merge_rows
from inbox.search.index import reindex
from inbox.storage.database import MISSING_KEY, Database
from inbox.storage.key_registry import keys_of_erased, read_keys, register_key
from intake.errors import IntakeError

BATCH = 200
_NAMED = 10
IN_FILES = (AttachmentState.STORED, AttachmentState.WAITING)
FILES_BATCH = 1  # its row is locked while the file is written, and a bucket takes a moment
ATTEMPTS = 5
ADDRESS = "patient_address"
_INDEXES: Mapping[str, Mapping[str, tuple[str, Callable[[str, str], str]]]] = {
    Patient.__tablename__: {"name_index": ("name", name_value), "last_name_index": ("name", last_name_value)},
    ConversationTag.__tablename__: {"tag_index": ("tag", tag_value)},
}
"""By table, the blind indexes of a practice's words: the column of each, and what it is made of."""
_WRITTEN, _MERGED, _UNCHANGED = "written", "merged", "unchanged"


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did.

    Attributes:
        rows: the number of rows that it wrote.
        merged: the number of rows that turned out to belong to one patient, and became one.
        files: the number of files of attachments that it wrote.
    """

    rows: int
    merged: int
    files: int = 0


def rotate_keys(database: Database, store: FileStore, *, files_are_lost: bool = False) -> Rotated:
    """Write everything with the first key, and forget the others.

    It can run while the service is running, and can be run again after an interruption.

    Args:
        database: the database, opened with the new key before the old one.
        store: the files of attachments.
        files_are_lost: whether to go on if not one file is in the store; each is then noted as gone.

    Raises:
        IntakeError: this process lacks a key that is in use, a running process lacks the new one, or not one file is
            in the store.
    """
    _require_readers(read_status(database))
    with database.write() as session:
        name_tags(session)  # while the codes of tags are still those of the old key
    target = database.keyring.fingerprints[0]
    with database.change_keys() as session:
        session.execute(update(EncryptionKey).values(writes=EncryptionKey.fingerprint == target))
        if target not in read_keys(session).known:
            register_key(session, target, writes=True)
    rows = merged = files = 0
    while True:
        with database.read() as session:
            strays = _strays(session)
        for table in _encrypted_tables():
            written, made_one = _rewrite_table(database, table)
            rows, merged = rows + written, merged + made_one
        reindex(database)
        files += _rewrite_files(database, store, files_are_lost=files_are_lost)
        _seal_anew(database)
        if _forget_others(database, target, strays):
            return Rotated(rows, merged, files)
        _require_readers(read_status(database))


def _require_readers(status: KeyStatus) -> None:
    if status.phase is Phase.MISSING:
        raise IntakeError(MISSING_KEY)
    if status.phase is Phase.WAITING:
        raise IntakeError(
            f"these processes cannot read the new key yet: {name_behind(status)}; restart them with the"
            " ENCRYPTION_KEYS of this command, then run it again (one that has ended is forgotten within a minute)"
        )


def _encrypted_tables() -> list[Table]:
    tables = Base.metadata.sorted_tables
    return [table for table in tables if any(isinstance(column.type, EncryptedText) for column in table.columns)]


def _rewrite_table(database: Database, table: Table) -> tuple[int, int]:
    """Return how many rows of a table were written, and how many merged."""
    last_id, rows, merged = 0, 0, 0
    while True:
        with database.read() as session:
            ids = session.scalars(
                select(table.c.id).where(table.c.id > last_id).order_by(table.c.id).limit(BATCH)
            ).all()
        if not ids:
            return rows, merged
        found = _rewrite(database, table, ids, skip_locked=True)
        # those that another transaction has locked are waited for one by one, so that nobody waits for the others
        found += [row for row_id in set(ids) - {row for row, _ in found} for row in _rewrite(database, table, [row_id])]
        last_id, rows = ids[-1], rows + sum(outcome is _WRITTEN for _, outcome in found)
        merged += sum(outcome is _MERGED for _, outcome in found)


def _rewrite(
    database: Database, table: Table, ids: Sequence[int], *, skip_locked: bool = False
) -> list[tuple[int, str]]:
    """Write rows with the new key, each as it is once it is locked, and return what became of each.

    A transaction that comes between may make a twin of a row, or may end one: then the rows are looked at again.
    """
    for _ in range(ATTEMPTS):
        with contextlib.suppress(IntegrityError), database.write() as session:
            return _rewrite_locked(session, table, ids, skip_locked=skip_locked)
    raise IntakeError(f"rows of {table.name} keep changing: run `intake keys rotate` again when there is less to do")


def _rewrite_locked(session: Session, table: Table, ids: Sequence[int], *, skip_locked: bool) -> list[tuple[int, str]]:
    encrypted = [column for column in table.columns if isinstance(column.type, EncryptedText)]
    raw = [type_coerce(column, LargeBinary).label(column.name) for column in encrypted]
    index = [table.c[INDEX]] if INDEX in table.c else []
    if table.name in _INDEXES:
        index += [table.c.practice, *(table.c[name] for name in _INDEXES[table.name])]
    query = select(table.c.id, *index, *raw).where(table.c.id.in_(ids)).order_by(table.c.id)
    done: dict[int, str] = {}
    for row in session.execute(query.with_for_update(skip_locked=skip_locked)).mappings().all():
        if done.get(row["id"]) is _MERGED:
            continue
        values = _renewed(row, [column.name for column in encrypted], _INDEXES.get(table.name, {}))
        twin = find_twin(session, table, row["id"], values[INDEX]) if INDEX in values else None
        if twin is not None:
            merge_rows(session, table, row["id"], twin)
            done |= {row["id"]: _WRITTEN, max(row["id"], twin): _MERGED}
            continue
        if values and "updated_at" in table.c:  # it keeps its value, otherwise the rotation would look like activity
            values["updated_at"] = table.c.updated_at
        if values:
            session.execute(update(table).where(table.c.id == row["id"]).values(values))
        done[row["id"]] = _WRITTEN if values else _UNCHANGED
    return list(done.items())


def _renewed(
    row: RowMapping, names: Iterable[str], indexes: Mapping[str, tuple[str, Callable[[str, str], str]]]
) -> dict[str, Any]:
    """Return the columns of a row that are not under the new key yet, under it."""
    tokens = {name: row[name] for name in names}
    renewed = {name: keyring().renew(token) for name, token in tokens.items() if token is not None}
    values: dict[str, Any] = {
        name: type_coerce(token, LargeBinary) for name, token in renewed.items() if token is not None
    }
    if row.get(INDEX) is not None and tokens.get(ADDRESS) is not None:
        index = keyring().index(keyring().decrypt(tokens[ADDRESS]))
        if index != row[INDEX]:
            values[INDEX] = index
    for column, (source, value_of) in indexes.items():
        index = keyring().index(value_of(row["practice"], keyring().decrypt(tokens[source])))
        if index != row[column]:
            values[column] = index
    return values


def _rewrite_files(database: Database, store: FileStore, *, files_are_lost: bool) -> int:
    """Write the files of attachments with the new key, and return how many there were to write.

    Raises:
        IntakeError: not one file is there, so that this is likely the wrong place, or one can't be read.
    """
    last_id = seen = written = 0
    missing: list[int] = []
    while True:
        with database.write() as session:
            found = select(Attachment).where(Attachment.id > last_id, Attachment.state.in_(IN_FILES))
            batch = session.scalars(found.order_by(Attachment.id).limit(FILES_BATCH).with_for_update()).all()
            try:
                for attachment in batch:
                    written += _renew_file(store, attachment.file_id + THUMBNAIL) or 0
                    renewed = _renew_file(store, attachment.file_id)
                    written += renewed or 0
                    if renewed is None and attachment.state == AttachmentState.STORED:
                        missing.append(attachment.id)
            except OSError as error:
                raise IntakeError(
                    f"cannot rewrite a picture or file that was sent ({error.strerror}): run this again"
                ) from None
        if not batch:
            break
        last_id = batch[-1].id
        seen += sum(attachment.state == AttachmentState.STORED for attachment in batch)
    if seen and len(missing) == seen:
        _give_up(database, missing, files_are_lost=files_are_lost)
    return written


def _give_up(database: Database, missing: Sequence[int], *, files_are_lost: bool) -> None:
    """Note that files are gone.

    Raises:
        IntakeError: nobody said that they are, and they may only be elsewhere.
    """
    with database.write() as session:
        lost = select(Attachment).where(Attachment.state == AttachmentState.STORED).order_by(Attachment.id)
        rows = session.scalars(lost.where(Attachment.id.in_(missing)).with_for_update()).all()
        if not files_are_lost:
            named = ", ".join(_whose(session, row) for row in rows[:_NAMED])
            others = f", and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
            raise IntakeError(
                f"none of the files that were sent is in ATTACHMENTS_DIR or ATTACHMENTS_BUCKET ({named}{others}): run"
                " this with the service's settings, or the old key could be thrown away while they need it; if they"
                " are lost for good, run it with --files-are-lost"
            )
        for row in rows:
            row.state = AttachmentState.GONE


def _whose(session: Session, attachment: Attachment) -> str:
    """Return which conversation a file belongs to, in words."""
    message = session.get(Message, attachment.message_id) if attachment.message_id else None
    conversation_id = message.conversation_id if message else attachment.conversation_id
    return f"file {attachment.id} of conversation {conversation_id}"


def _renew_file(store: FileStore, name: str) -> int | None:
    """Write a file with the new key and return 1, 0 if it already is, None if there is none."""
    try:
        renewed = keyring().renew(store.read(name))
    except FileNotFoundError:
        return None
    if renewed is None:
        return 0
    store.write(name, renewed)
    return 1


def _strays(session: Session) -> int:
    return sum(session.scalars(select(EncryptionKey.strays)))


def _forget_others(database: Database, target: str, strays: int) -> bool:
    """Forget the other keys, unless something was written with one of them since the strays were counted."""
    with database.change_keys() as session:
        if _strays(session) != strays:
            return False
        needed = {target, *keys_of_erased(session)}
        session.execute(delete(EncryptionKey).where(EncryptionKey.fingerprint.not_in(needed)))
        return True


def _seal_anew(database: Database) -> None:
    """Seal the audit trail under the first key; an entry with an invalid seal keeps it, so that it can be found."""
    last_id = 0
    while True:
        with database.write() as session:
            query = select(AuditEntry.id, AuditEntry.hash, AuditEntry.seal).where(AuditEntry.id > last_id)
            entries = session.execute(query.order_by(AuditEntry.id).limit(BATCH)).all()
            for entry_id, its_hash, seal in entries:
                if keyring().has_sealed(its_hash, seal):
                    anew = update(AuditEntry).where(AuditEntry.id == entry_id).values(seal=keyring().seal(its_hash))
                    session.execute(anew)
        if not entries:
            return
        last_id = entries[-1][0]
