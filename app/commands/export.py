"""Exporting conversations for other systems."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.commands.run import data_dir_option
from intake.errors import IntakeError
from intake.service_files import settings_of_running_service

if TYPE_CHECKING:
    from classifier.entities.entity import Entity


@click.group()
def export() -> None:
    """Export conversations for other systems."""


@export.command()
@click.argument("conversation_id", metavar="CONVERSATION", type=click.IntRange(1, 2**63 - 1))
@click.option(
    "--output", "file", type=click.Path(dir_okay=False, path_type=Path), help="New file, which only you can read."
)
@data_dir_option
def fhir(conversation_id: int, file: Path | None, data_dir: Path) -> None:
    """Write a conversation as a FHIR R4 Bundle.

    CONVERSATION is the number in the conversation's address in the console. The policies in the Bundle are drafts: they
    are as the patient wrote them, and nobody has verified them.
    """
    from inbox.audit.trail import record_action
    from inbox.exports.fhir_bundle import export_conversation
    from inbox.models import Conversation, Message, now
    from inbox.patients.found_entities import recorded_of
    from inbox.storage.database import Database
    from inbox.storage.private_files import write_private
    from intake.encryption import Keyring
    from tasks.understanding.entities import find_in_text

    def find(message: Message) -> Sequence[Entity]:
        return find_in_text(message.text, recorded_of(message))

    settings = settings_of_running_service(data_dir)
    database = Database(settings.database_url, Keyring(settings.encryption_keys))
    try:
        database.check_keys()
        with database.write() as session:
            conversation = session.get(Conversation, conversation_id)
            if conversation is None:
                raise IntakeError(
                    f"there is no conversation {conversation_id}: use the number in its address in the console"
                )
            bundle = export_conversation(session, conversation, now(), settings.public_url, find)
            written = json.dumps(bundle, indent=2, ensure_ascii=False) + "\n"
            record_action(
                session,
                staff_id=None,
                practice=conversation.practice,
                action="fhir_exported",
                subject=f"conversation:{conversation_id}",
            )
            if file is not None:
                write_private(file, written)
    finally:
        database.close()
    if file is None:
        click.echo(written, nl=False)
    else:
        click.echo(f"Wrote conversation {conversation_id} to {file}.")
