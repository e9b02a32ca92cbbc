"""Encryption keys: making them, and changing them while the service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from inbox.keys.status import KeyStatus
    from inbox.storage.database import Database


@click.group()
def keys() -> None:
    """Make and rotate encryption keys."""


@keys.command()
def new() -> None:
    """Print a new key for ENCRYPTION_KEYS."""
    from intake.encryption import new_key

    click.echo(new_key())


@keys.command()
def status() -> None:
    """Show which keys the database and the running processes have, and what to do next.

    Keys are shown by their fingerprints.
    """
    from inbox.keys.status import advise, read_status

    found = read_status(_open_database())
    for line in _describe(found):
        click.echo(line)
    click.echo(f"Next: {advise(found)}")


@keys.command()
@click.option("--files-are-lost", is_flag=True, help="Go on though none of the pictures and files is there any more.")
def rotate(files_are_lost: bool) -> None:
    """Re-encrypt everything with the first key in ENCRYPTION_KEYS.

    Before you run this, put the new key first, keep the old one after it, and restart every process; the command
    checks that. It may be interrupted and run again. Afterward, remove the old key.
    """
    from inbox.keys.rotation import rotate_keys
    from inbox.keys.status import advise, read_status
    from intake.settings import load_settings
    from tasks.attachments.choose import choose_files

    database = _open_database()
    settings = load_settings()
    store = choose_files(settings.bucket, settings.attachments_dir)
    rotated = rotate_keys(database, store, files_are_lost=files_are_lost)
    merged = f" {rotated.merged} rows were second ones of a patient and were merged." if rotated.merged else ""
    click.echo(f"{rotated.rows} rows and {rotated.files} files were written under the first key.{merged}")
    click.echo(f"Next: {advise(read_status(database))}")


def _open_database() -> Database:
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.settings import load_settings

    settings = load_settings()
    return Database(settings.database_url, Keyring(settings.encryption_keys))


def _describe(status: KeyStatus) -> list[str]:
    others = sorted(status.use.known - set(status.own))
    lines = [f"key {fingerprint}: {_use_of(status, fingerprint)}" for fingerprint in (*status.own, *others)]
    for process in status.processes:
        lines.append(f"{process.name}: {'lacks one of them' if process in status.behind else 'has them all'}")
    return lines


def _use_of(status: KeyStatus, fingerprint: str) -> str:
    if fingerprint not in status.own:
        return "rows are written with it, but it is missing from ENCRYPTION_KEYS"
    if fingerprint == status.use.writing:
        return "new rows are written with it"
    return "older rows may be written with it" if fingerprint in status.use.known else "no row is written with it"
