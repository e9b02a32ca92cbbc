"""Backing up and restoring."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.key_sources import read_private_file
from intake.service_files import (
    ATTACHMENTS_FOLDER,
    DATABASE_FILE,
    KEYS_FILE,
    keyring_of_service,
    model_places,
    settings_of_running_service,
)

if TYPE_CHECKING:
    from inbox.attachments.file_store import FileStore

DEFAULT_PRACTICES = Path("practices.toml")

key_file_option = click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the backup key. Default: BACKUP_KEY.",
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@key_file_option
@data_dir_option
def backup(file: Path, key_file: Path | None, data_dir: Path) -> None:
    """Write an encrypted backup to a new FILE while the service runs.

    It contains the database, the files that patients sent, and the practices file, and no keys or other secrets: keep
    the backup key, ENCRYPTION_KEYS, and .env somewhere else. Files in ATTACHMENTS_BUCKET are not copied.
    """
    from inbox.attachments.file_store import Folder
    from inbox.audit.trail import record_action
    from inbox.backup.archive import BackupSource, describe_database, write_backup
    from inbox.backup.sealed_stream import BackupKey
    from inbox.models import now
    from inbox.storage.database import Database
    from intake.encryption import Keyring

    settings = settings_of_running_service(data_dir)
    given = _read_key(key_file, settings.backup_key)
    if given in settings.encryption_keys.split(","):
        raise IntakeError("the backup key is one of ENCRYPTION_KEYS: make another with `intake keys new`")
    key = BackupKey(given)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        manifest = describe_database(database, now(), _active_model(data_dir))
        files = None if settings.bucket else Folder(settings.attachments_dir)
        write_backup(file, manifest, BackupSource(settings.database_url, settings.practices_file, files), key)
        with database.write() as session:
            record_action(session, staff_id=None, practice=None, action="backed_up", subject="backup")
    finally:
        database.close()
    click.echo(f"Wrote {file} ({file.stat().st_size:,} bytes). It needs its backup key and ENCRYPTION_KEYS to restore.")
    if settings.bucket:
        click.echo(
            f"The pictures and files in the bucket {settings.bucket.name} are not in it: copy the bucket by its"
            " own means, see docs/operations.md."
        )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@key_file_option
@data_dir_option
def restore(file: Path, key_file: Path | None, data_dir: Path) -> None:
    """Restore a backup FILE into an empty folder or database.

    ENCRYPTION_KEYS must be in the environment, .env, or the data folder's keys.env. Replies that waited when the backup
    was made are looked up at the carrier before they are sent.
    """
    from inbox.backup.restore import RestoreTarget, restore_backup
    from inbox.backup.sealed_stream import BackupKey
    from intake.settings import ENV_FILE, given_settings

    given = given_settings(data_dir / KEYS_FILE, ENV_FILE)
    key = BackupKey(_read_key(key_file, given.get("backup_key")))
    keyring = keyring_of_service(data_dir)
    if data_dir.exists() and any(entry.name != KEYS_FILE for entry in data_dir.iterdir()):
        raise IntakeError(
            f"the folder {data_dir} is not empty: give a new one with --data-dir, so that nothing is lost"
        )
    target = RestoreTarget(
        url=_database_url(given.get("database_url"), data_dir),
        practices_file=Path(given.get("practices_file") or DEFAULT_PRACTICES),
        keyring=keyring,
        files=_files(given, data_dir),
    )
    is_new = not data_dir.exists()
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        manifest, unsure = restore_backup(file, key, target, data_dir)
    except BaseException:
        _remove_empty_folders(data_dir, is_new=is_new)
        raise
    click.echo(
        f"Restored the backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC; the practices are in {target.practices_file}."
    )
    click.echo(f"{unsure} replies are looked up at the carrier before they are sent.")
    click.echo(f"The active model was {manifest.model}; a model of your own is not in the backup: add it again.")
    click.echo("What happened after the backup is not in it, such as texts and opt-outs: see docs/operations.md.")


def _remove_empty_folders(data_dir: Path, *, is_new: bool) -> None:
    for folder in (*sorted(data_dir.rglob("*"), reverse=True), *([data_dir] if is_new else [])):
        with suppress(OSError):  # it is a file, or has one
            folder.rmdir()


def _read_key(key_file: Path | None, setting: str | None) -> str:
    if key_file is not None:
        try:
            return read_private_file("--key-file", key_file).strip()
        except UnicodeDecodeError:
            raise IntakeError(f"cannot read a backup key from {key_file}: write one with `intake keys new`") from None
        except ValueError as error:
            raise IntakeError(str(error)) from None
    if not setting:
        raise IntakeError("there is no backup key: set BACKUP_KEY or give --key-file; make one with `intake keys new`")
    return setting.strip()


def _database_url(given: str | None, data_dir: Path) -> str:
    from intake.settings import name_driver

    if not given:
        return f"sqlite:///{(data_dir / DATABASE_FILE).resolve()}"
    try:
        return name_driver(given)
    except ValueError as error:
        raise IntakeError(f"DATABASE_URL: {error}") from None


def _files(given: Mapping[str, Any], data_dir: Path) -> FileStore:
    """Return where the service will keep pictures and files."""
    from intake.bucket_place import parse_bucket
    from intake.key_sources import resolve_keys
    from tasks.attachments.choose import choose_files

    try:
        bucket = parse_bucket(resolve_keys(given))
    except ValueError as error:
        raise IntakeError(str(error)) from None
    return choose_files(bucket, Path(given.get("attachments_dir") or data_dir / ATTACHMENTS_FOLDER))


def _active_model(data_dir: Path) -> str:
    from classifier import ModelError
    from classifier.network.store import ModelStore

    places = model_places(data_dir)
    try:
        return str(places.pinned or ModelStore(places.store).choice().active.version)
    except ModelError:
        return "unknown"
