"""One patient's data: export, erasure, and legal hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inbox.patients.records import PatientRecords
    from intake.practices import Practices
    from intake.settings import Settings

HELD_WITH_THEM = (
    "What comes later from their numbers and email addresses is held, too, and so are calls that left no message. A"
    " chat or form that proves neither is not: hold it on its page."
)
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group()
def patient() -> None:
    """Export, erase, or hold everything about one patient."""


def _for_patient(command: Command) -> Command:
    """Add what every command on a patient takes."""
    command = click.option("--practice", "slug", help="Only this practice. Default: all.")(command)
    return data_dir_option(click.argument("address", metavar="PATIENT")(command))


@patient.command()
@_for_patient
@click.option(
    "--to", "file", required=True, type=click.Path(dir_okay=False, path_type=Path), help="New file for the export."
)
@click.option("--include-notes", is_flag=True, help="Include internal notes, which are left out otherwise.")
def export(address: str, slug: str | None, file: Path, include_notes: bool, data_dir: Path) -> None:
    """Write everything about a patient to a JSON file, and to a page for people, that only you can read.

    PATIENT is a phone number or an email address. The page (.html), pictures, and files go beside it.
    """
    from inbox.exports.patient import export_patient, files_of_records, write_files
    from inbox.models import now
    from inbox.patients.records import is_one_person
    from inbox.retention.patient_data import describe_records, record_on_each
    from inbox.storage.private_files import write_private
    from staff.patients.export_page import render_page
    from tasks.attachments.choose import choose_files

    settings, folder = settings_of_running_service(data_dir), file.with_name(f"{file.stem}.files")
    page = file.with_suffix(".html")
    if page == file:
        raise IntakeError(f"{file} is where the page goes: choose a name that ends in .json")
    for place in (file, folder, page):
        if place.exists():
            raise IntakeError(f"{place} exists: choose a new file, as the page, pictures, and files go beside it")
    with _records(address, slug, data_dir) as (session, known_as, records):
        sent = files_of_records(session, records)
        exported = export_patient(session, known_as, records, now(), with_notes=include_notes)
        record_on_each(session, records, "patient_exported", None, notes=include_notes)
        write_private(file, json.dumps(exported, indent=2, ensure_ascii=False) + "\n")
    noted = "with internal notes" if include_notes else "without internal notes (--include-notes adds them)"
    click.echo(f"Wrote {describe_records(records)} to {file}, {noted}. Recordings are at Twilio and not in the file.")
    lost = []
    if sent:  # read now that nobody waits for the transaction
        lost = write_files(choose_files(settings.bucket, settings.attachments_dir), sent, folder)
        click.echo(f"Wrote {len(sent) - len(lost)} pictures and files to {folder}.")
        if lost:
            click.echo(f"Lost, and not there: {', '.join(map(str, lost))}.")
    lacks_record = not is_one_person(records.patients)
    practices = _live_practices(settings)
    write_private(page, render_page(exported, practices.by_slug, quote(folder.name), lost, lacks_record=lacks_record))
    click.echo(f"Wrote {page} for people to read.")
    if lacks_record:
        click.echo("Several people’s records share this number or address, so none of the records is in the file.")


@patient.command()
@_for_patient
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(address: str, slug: str | None, yes: bool, data_dir: Path) -> None:
    """Delete everything about a patient, here and at Twilio; an opted-out number is still never texted.

    PATIENT is a phone number or an email address.
    """
    from inbox.retention.patient_data import describe_records, erase_records, say_what_is_left

    if not yes:
        with _records(address, slug, data_dir) as (_, _, records):
            found = describe_records(records)
        click.confirm(f"Delete {found} for good?", abort=True)
    with _records(address, slug, data_dir) as (session, _, records):
        found = describe_records(records)
        queued = erase_records(session, records, None)
    click.echo(f"Erased {found}. {say_what_is_left(queued)}")
    click.echo("Backups made before today still contain them: delete those, or erase again after a restore.")


@patient.command()
@_for_patient
@click.option("--release", is_flag=True, help="Release the hold instead.")
def hold(address: str, slug: str | None, release: bool, data_dir: Path) -> None:
    """Place all conversations of a patient under legal hold, so that nothing of them is deleted.

    PATIENT is a phone number or an email address. Later conversations of the same numbers and addresses are held, too,
    and so are the calls from there that left no message.
    """
    from inbox.conversations.legal_hold import hold_conversation, release_conversation

    with _records(address, slug, data_dir) as (session, _, records):
        if not records.all_conversations:
            raise IntakeError("this patient has no conversation to hold, only calls without a message or a record")
        changed = [
            conversation
            for conversation in records.all_conversations
            if (release_conversation(conversation) if release else hold_conversation(conversation, None))
        ]
        _audit_each(session, [(row.id, row.practice) for row in changed], "hold_released" if release else "held")
    click.echo(f"{len(changed)} conversations {'released' if release else 'placed under legal hold'}.")
    if not release:
        click.echo(HELD_WITH_THEM)


@contextmanager
def _records(address: str, slug: str | None, data_dir: Path) -> Iterator[tuple[Session, str, PatientRecords]]:
    """Open a transaction and find the patient in it.

    Raises:
        IntakeError: the address or the practice is unknown, or nothing is on record.
    """
    from inbox.patients.records import find_records, normalise_address, search_records
    from inbox.practices.lost import stored_slugs
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices

    settings = settings_of_running_service(data_dir)
    known_as = normalise_address(address)
    in_file = {practice.slug for practice in load_practices(settings.practices_file).all}
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        with database.read() as session:  # nobody waits for this one
            slugs = sorted(in_file | stored_slugs(session))  # also of a practice that was removed from the file
            if slug is not None and slug not in slugs:
                raise IntakeError(
                    f"there is no practice {slug}: the practices file and the database have {', '.join(slugs)}"
                )
            practices = [slug] if slug else slugs
            searched = search_records(session, known_as, practices)
        with database.write() as session:
            records = find_records(session, known_as, practices, searched)
            if records.is_empty:
                raise IntakeError("nothing is on record about this patient: check the number or address")
            yield session, known_as, records
    finally:
        database.close()


def _live_practices(settings: Settings) -> Practices:
    """Return the practices with what was changed on the console, such as a time zone."""
    from inbox.practices.live import LivePractices
    from inbox.storage.database import Database
    from intake.encryption import Keyring
    from intake.practices import load_practices

    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        live = LivePractices(database, load_practices(settings.practices_file))
        live.refresh()
        return live.current
    finally:
        database.close()


def _audit_each(session: Session, conversations: Sequence[tuple[int, str]], action: str) -> None:
    from inbox.audit.trail import record_action

    for row_id, practice in conversations:
        record_action(session, staff_id=None, practice=practice, action=action, subject=f"conversation:{row_id}")
