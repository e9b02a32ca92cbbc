"""The contents of a backup: a manifest, the practices file, and the database, in one encrypted file."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select, text

from inbox.attachments.file_store import FileStore, Folder, is_file_name
from inbox.backup.database_dump import dump_database, kind_of
from inbox.backup.sealed_stream import DAMAGED, BackupKey, SealedReader, SealedWriter
from inbox.models import EncryptionKey
from inbox.storage.database import Database
from intake import __version__
from intake.errors import IntakeError

FORMAT = 1
MANIFEST, PRACTICES, DATABASE = "manifest.json", "practices.toml", "database"
ATTACHMENTS = "attachments/"
_COPY_BYTES = 1024 * 1024


class BackupManifest(BaseModel):
    """What a backup is.

    Attributes:
        format: the form of the file.
        made_at: the moment before which everything is in it.
        version: the program that made it.
        database: the kind of database.
        schema_revision: the newest migration of the database.
        key_fingerprints: the encryption keys that the database needs, by their fingerprints.
        model: the intent model that was active.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int
    made_at: datetime
    version: str
    database: str
    schema_revision: str
    key_fingerprints: list[str]
    model: str


def describe_database(database: Database, moment: datetime, model: str) -> BackupManifest:
    """Return the manifest of a backup that is about to be made."""
    with database.read() as session:
        revision = session.scalar(text("SELECT version_num FROM alembic_version"))
        fingerprints = list(session.scalars(select(EncryptionKey.fingerprint)))
    return BackupManifest(
        format=FORMAT,
        made_at=moment,
        version=__version__,
        database=kind_of(database.url),
        schema_revision=str(revision),
        key_fingerprints=sorted(fingerprints),
        model=model,
    )


@dataclass(frozen=True, slots=True)
class BackupSource:
    """What goes into a backup.

    Attributes:
        url: the address of the database.
        practices_file: the practices file.
        files: the files of attachments; None if they are not copied.
    """

    url: str
    practices_file: Path
    files: FileStore | None


def write_backup(target: Path, manifest: BackupManifest, source: BackupSource, key: BackupKey) -> None:
    """Write a backup to a new file, which is complete or not there at all.

    Args:
        target: the new file.
        manifest: what it is.
        source: what goes into it.
        key: the backup key.

    Raises:
        IntakeError: the file exists, or something can't be read or written.
    """
    if target.exists():
        raise IntakeError(f"{target} exists: choose a new file")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".intake-backup-") as folder:
            dump, unfinished = Path(folder) / DATABASE, Path(folder) / "backup"
            dump_database(source.url, dump)
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                sealed = SealedWriter(file, key)
                with tarfile.open(mode="w|", fileobj=cast(IO[bytes], sealed)) as archive:
                    _add_text(archive, MANIFEST, manifest.model_dump_json().encode())
                    _add_text(archive, PRACTICES, source.practices_file.read_bytes())
                    archive.add(dump, DATABASE)
                    if source.files is not None:
                        _add_files(archive, source.files)
                sealed.finish()
                file.flush()
                os.fsync(file.fileno())
            # the name is taken first, so that no file is ever replaced; a link would do both, but not everywhere
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.replace(unfinished, target)
    except OSError as error:
        raise IntakeError(f"the backup was not made: {error.filename or target}: {error.strerror}") from None


def read_backup(source: Path, folder: Path, key: BackupKey) -> BackupManifest:
    """Decrypt and check a whole backup into a folder.

    Raises:
        IntakeError: the file can't be read, is damaged, or was made with another key or by a newer version.
    """
    try:
        opened = source.open("rb")
    except OSError as error:
        raise IntakeError(f"cannot read the backup {source}: {error.strerror}") from None
    try:
        with opened as file:
            sealed = SealedReader(file, key)
            with tarfile.open(mode="r|", fileobj=cast(IO[bytes], sealed)) as archive:
                for member in archive:
                    _extract(archive, member, folder)
            while sealed.read(_COPY_BYTES):
                pass
    except tarfile.TarError:
        raise IntakeError(DAMAGED) from None
    except OSError as error:
        raise IntakeError(
            f"cannot unpack the backup {source} into {error.filename or folder}: {error.strerror}"
        ) from None
    return _read_manifest(folder)


def _add_text(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _add_files(archive: tarfile.TarFile, files: FileStore) -> None:
    """Add the files of attachments, still encrypted, after the database that refers to them."""
    for name in files.names():
        with suppress(FileNotFoundError):  # deleted this moment
            _add_text(archive, ATTACHMENTS + name, files.read(name))


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    found = archive.extractfile(member)
    if found is None:
        return
    if member.name.startswith(ATTACHMENTS) and is_file_name(name := member.name.removeprefix(ATTACHMENTS)):
        Folder(folder / ATTACHMENTS).write(name, found.read())
        return
    if member.name not in (MANIFEST, PRACTICES, DATABASE):
        return
    with os.fdopen(os.open(folder / member.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        shutil.copyfileobj(found, file, _COPY_BYTES)


def _read_manifest(folder: Path) -> BackupManifest:
    try:
        manifest = BackupManifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError):
        raise IntakeError(DAMAGED) from None
    if manifest.format != FORMAT:
        raise IntakeError(f"the backup was made by Intake {manifest.version}: restore it with that version or newer")
    return manifest
