"""Encryption keys: making and rotating them."""

from __future__ import annotations

import click

from intake.encryption import Keyring, new_key
from intake.settings import load_settings


@click.group()
def keys() -> None:
    """Make and rotate encryption keys."""


@keys.command()
def new() -> None:
    """Print a new key for ENCRYPTION_KEYS."""
    click.echo(new_key())


@keys.command()
def rotate() -> None:
    """Re-encrypt everything with the first key in ENCRYPTION_KEYS.

    Put the new key first and restart every process before you run this; then remove the old key.
    """
    from inbox.database import Database
    from inbox.rotation import rotate_keys

    settings = load_settings()
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    database.check_keys()
    count = rotate_keys(database)
    click.echo(f"{count} rows are written under the first key; the others can be dropped from ENCRYPTION_KEYS.")
