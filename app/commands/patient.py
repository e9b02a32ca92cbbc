"""One patient's data: export, erasure, and legal hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from inbox.patient_records import PatientRecords

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
def export(address: str, slug: str | None, file: Path, data_dir: Path) -> None:
    """Write everything about a patient to a JSON file that only you can read.

    PATIENT is a phone number or an email address.
    """
    from inbox.models import now
    from inbox.patient_export import export_patient
    from inbox.patient_records import is_one_person
    from inbox.private_files import write_private

    with _records(address, slug, data_dir) as (session, known_as, records):
        exported = export_patient(session, known_as, records, now())
        _audit(session, records, "patient_exported")
        write_private(file, json.dumps(exported, indent=2, ensure_ascii=False) + "\n")
    click.echo(f"Wrote {_conversations(records)} to {file}. Recordings are at Twilio and not in the file.")
    if not is_one_person(records.patients):
        click.echo("Several people’s records share this number or address, so none of the records is in the file.")


@patient.command()
@_for_patient
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(address: str, slug: str | None, yes: bool, data_dir: Path) -> None:
    """Delete everything about a patient, here and at Twilio; an opted-out number is still never texted.

    PATIENT is a phone number or an email address.
    """
    from inbox.erasure import erase_calls, erase_conversations, erase_patients, forget_numbers

    if not yes:
        with _records(address, slug, data_dir) as (_, _, records):
            found = _conversations(records)
        click.confirm(f"Delete {found} for good?", abort=True)
    with _records(address, slug, data_dir) as (session, _, records):
        found = _conversations(records)
        _audit(session, records, "patient_erased")
        forget_numbers(records.opt_outs)
        erase_patients(session, records.patients)
        queued = erase_conversations(session, records.all_conversations) + erase_calls(session, records.calls)
    click.echo(f"Erased {found}. The workers erase {queued} texts, recordings, and files.")
    click.echo("Backups made before today still contain them: delete those, or erase again after a restore.")


@patient.command()
@_for_patient
@click.option("--release", is_flag=True, help="Release the hold instead.")
def hold(address: str, slug: str | None, release: bool, data_dir: Path) -> None:
    """Place all conversations of a patient under legal hold, so that nothing of them is deleted.

    PATIENT is a phone number or an email address.
    """
    from inbox.legal_hold import hold_conversation, release_conversation

    with _records(address, slug, data_dir) as (session, _, records):
        changed = [
            conversation
            for conversation in records.all_conversations
            if (release_conversation(conversation) if release else hold_conversation(conversation, None))
        ]
        _audit_each(session, [(row.id, row.practice) for row in changed], "hold_released" if release else "held")
    click.echo(f"{len(changed)} conversations {'released' if release else 'placed under legal hold'}.")


@contextmanager
def _records(address: str, slug: str | None, data_dir: Path) -> Iterator[tuple[Session, str, PatientRecords]]:
    """Open a transaction and find the patient in it.

    Raises:
        IntakeError: the address or the practice is unknown, or nothing is on record.
    """
    from inbox.database import Database
    from inbox.patient_records import find_records, normalise_address
    from intake.encryption import Keyring
    from intake.practices import load_practices

    settings = settings_of_running_service(data_dir)
    known_as = normalise_address(address)
    slugs = [practice.slug for practice in load_practices(settings.practices_file).all]
    if slug is not None and slug not in slugs:
        raise IntakeError(f"there is no practice {slug}: the practices file has {', '.join(slugs)}")
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        with database.write() as session:
            records = find_records(session, known_as, [slug] if slug else slugs)
            if records.is_empty:
                raise IntakeError("nothing is on record about this patient: check the number or address")
            yield session, known_as, records
    finally:
        database.close()


def _audit(session: Session, records: PatientRecords, action: str) -> None:
    """Record an action on each conversation; the patient's name and number are in none."""
    from inbox.audit import record_action

    _audit_each(session, [(row.id, row.practice) for row in records.all_conversations], action)
    for patient_id, practice in [(row.id, row.practice) for row in records.patients]:
        subject = f"patient:{patient_id}"
        record_action(session, staff_id=None, practice=practice, action=action, subject=subject)
    for practice in sorted({call.practice for call in records.calls} | {row.practice for row in records.opt_outs}):
        calls = [call.id for call in records.calls if call.practice == practice]
        opt_outs = [opt_out.id for opt_out in records.opt_outs if opt_out.practice == practice]
        record_action(
            session, staff_id=None, practice=practice, action=action, subject="patient", calls=calls, opt_outs=opt_outs
        )


def _audit_each(session: Session, conversations: Sequence[tuple[int, str]], action: str) -> None:
    from inbox.audit import record_action

    for row_id, practice in conversations:
        record_action(session, staff_id=None, practice=practice, action=action, subject=f"conversation:{row_id}")


def _conversations(records: PatientRecords) -> str:
    found = records.all_conversations
    named = f", {len(records.named)} of them found by contact details that nobody verified" if records.named else ""
    kept = len(records.patients)
    noted = f" and {kept} patient {'record' if kept == 1 else 'records'}" if kept else ""
    return f"{len(found)} {'conversation' if len(found) == 1 else 'conversations'}{named}{noted}"
