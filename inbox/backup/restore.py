"""Restoring a backup into an empty place, wholly or not at all: the database comes last, when all else is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Collection
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import select

from inbox import migrations
from inbox.attachments.file_store import THUMBNAIL, FileStore, Folder
from inbox.backup.archive import ATTACHMENTS, DATABASE, PRACTICES, BackupManifest, read_backup
from inbox.backup.database_dump import SQLITE, end_loading, is_empty, kind_of, left_beside, load_dump, sqlite_file
from inbox.backup.restored import note_restoration
from inbox.backup.sealed_stream import BackupKey
from inbox.models import Attachment
from inbox.storage.database import Database
from inbox.storage.private_files import create_private
from intake.encryption import Keyring
from intake.errors import IntakeError


@dataclass(frozen=True, slots=True)
class RestoreTarget:
    """Where a backup is restored to.

    Attributes:
        url: the database, which must be empty.
        practices_file: the practices file, which must not exist or be the same.
        keyring: the encryption keys, which the backup does not contain.
        files: where the files of attachments go.
    """

    url: str
    practices_file: Path
    keyring: Keyring
    files: FileStore


def restore_backup(source: Path, key: BackupKey, target: RestoreTarget, folder: Path) -> tuple[BackupManifest, int]:
    """Restore a backup.

    Args:
        source: the backup.
        key: its key.
        target: where it goes.
        folder: an existing folder for temporary files; those of a SQLite database go beside it.

    Returns:
        What the backup was, and how many replies must be looked up at the carrier before they may be sent.

    Raises:
        IntakeError: the target is not empty, or the backup can't be used; nothing was changed.
    """
    if not is_empty(target.url):
        raise IntakeError("the database is not empty: restore into an empty one, so that nothing is overwritten")
    if left := left_beside(target.url):
        raise IntakeError(
            f"{' and '.join(map(str, left))} of an earlier database {'is' if len(left) == 1 else 'are'} still there,"
            " and SQLite would mix that one into the restored one: move what is left of it away, then restore again"
        )
    staging = sqlite_file(target.url).absolute().parent if kind_of(target.url) == SQLITE else folder
    try:
        with tempfile.TemporaryDirectory(dir=staging, prefix=".intake-restore-") as name, ExitStack() as undo:
            unpacked = Path(name)
            manifest = read_backup(source, unpacked, key)
            _check_fit(manifest, target, unpacked / PRACTICES)
            if manifest.database == SQLITE:
                unsure = _fill(f"sqlite:///{unpacked / DATABASE}", manifest, target, unpacked, undo)
                os.replace(unpacked / DATABASE, sqlite_file(target.url))
            else:
                load_dump(target.url, unpacked / DATABASE)
                unsure = _fill(target.url, manifest, target, unpacked, undo)
            undo.pop_all()
    except OSError as error:
        raise IntakeError(f"nothing was restored: {error.filename or staging}: {error.strerror}") from None
    return manifest, unsure


def _fill(url: str, manifest: BackupManifest, target: RestoreTarget, unpacked: Path, undo: ExitStack) -> int:
    """Bring a database up to date, put everything else in its place, and at last note that it was restored."""
    database = Database(url, target.keyring)
    try:
        database.migrate()
        with database.read() as session:
            known = set(session.scalars(select(Attachment.file_id)))
        _move_files(Folder(unpacked / ATTACHMENTS), target.files, known, undo)
        if not target.practices_file.exists():
            undo.callback(_forgive, partial(target.practices_file.unlink, missing_ok=True))
            create_private(target.practices_file)  # it may hold passwords
            shutil.copyfile(unpacked / PRACTICES, target.practices_file)
        with database.write() as session:
            unsure = note_restoration(session, manifest.made_at)
            if manifest.database != SQLITE:
                end_loading(session)
            return unsure
    finally:
        database.close()


def _move_files(unpacked: Folder, files: FileStore, known: Collection[str], undo: ExitStack) -> None:
    """Keep the files that the database knows; others came or went while the backup was made."""
    restored = [name for name in unpacked.names() if name.removesuffix(THUMBNAIL) in known]
    there = set(files.names()) if restored else set()
    for name in restored:
        if name not in there:
            undo.callback(_forgive, partial(files.delete, name.removesuffix(THUMBNAIL)))
        files.write(name, unpacked.read(name))


def _forgive(remove: Callable[[], None]) -> None:
    """Remove something as far as that is possible: the error that led here is the one to tell."""
    with suppress(OSError):
        remove()


def _check_fit(manifest: BackupManifest, target: RestoreTarget, practices: Path) -> None:
    if manifest.database != kind_of(target.url):
        raise IntakeError(
            f"the backup is of a {manifest.database} database, and DATABASE_URL is not: set one of the same kind"
        )
    if not _is_known(manifest.schema_revision):
        raise IntakeError(
            f"the backup was made by a newer version, Intake {manifest.version}: restore it with that version or newer"
        )
    if set(manifest.key_fingerprints) - set(target.keyring.fingerprints):
        raise IntakeError(
            "ENCRYPTION_KEYS is missing a key that this backup needs: backups contain no keys, so give those that you"
            " keep apart"
        )
    if target.practices_file.exists() and target.practices_file.read_bytes() != practices.read_bytes():
        raise IntakeError(f"{target.practices_file} exists and is not the one in the backup: move it away")


def _is_known(revision: str) -> bool:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except CommandError:
        return False
