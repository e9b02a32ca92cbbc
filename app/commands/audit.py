"""The audit trail of the console."""

from __future__ import annotations

from pathlib import Path

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service


@click.group()
def audit() -> None:
    """Check the audit trail of what staff did."""


@audit.command("verify")
@click.option(
    "--noted", help="The last hash that an earlier run printed; without it, missing newest entries go unnoticed."
)
@data_dir_option
def verify_trail(noted: str | None, data_dir: Path) -> None:
    """Check that no entry was changed, removed, or inserted.

    What it found is recorded in the trail, and the console shows it to administrators.
    Keep the hash that this prints somewhere else, such as in an email to yourself, and pass it with --noted next time.
    """
    from inbox.audit.trail import record_check, verify
    from inbox.storage.database import Database
    from intake.encryption import Keyring

    settings = settings_of_running_service(data_dir)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        with database.read() as session:
            verdict = verify(session, noted.strip().lower() if noted else None)
        with database.write() as session:
            record_check(session, verdict)
    finally:
        database.close()
    if verdict.broken_at is not None:
        raise IntakeError(
            f"the audit trail is broken at entry {verdict.broken_at}, after {verdict.entries} that fit: keep the"
            " database as it is, and compare it with a backup"
        )
    if not verdict.has_noted:
        raise IntakeError(
            f"the audit trail has {_entries(verdict.entries)} that fit, but not the noted hash: entries were cut off,"
            " or all were made anew; compare it with a backup"
        )
    click.echo(f"The audit trail is whole, with {_entries(verdict.entries)}.")
    click.echo(f"Last hash, to keep elsewhere: {verdict.last_hash}")


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
