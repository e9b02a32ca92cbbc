"""Exporting everything about one patient as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.attachments.file_store import FileStore
from inbox.attachments.file_types import ending_of
from inbox.attachments.rows import read_contents
from inbox.models import (
    Attachment,
    AttachmentState,
    Base,
    Conversation,
    ConversationTag,
    Delivery,
    DraftKind,
    Message,
    Note,
    OptOut,
    Patient,
    PatientAddress,
    PatientConversation,
    PatientMerge,
    ReplyDraft,
    Review,
    StaffMember,
    TextConsent,
    Voicemail,
)
from inbox.patients.book import FIELDS
from inbox.patients.found_entities import stored_entities
from inbox.patients.records import PatientRecords, is_one_person
from inbox.replies.files import files_of_reply
from inbox.storage.private_files import write_private
from intake.errors import IntakeError

FORMAT = 1
_RECORD = ("id", "practice", *FIELDS, "merged_into", "created_at", "updated_at")
_ADDRESS = ("patient_address", "is_shared", "consent_how", "consent_at", "created_at")
_MERGE = ("kept_id", "dropped_id", "moved", "created_at", "undone_at")
_PATIENT = ("patient_address", "patient_name", "contact_phone", "contact_email")
_STANDING = ("created_at", "last_activity_at", "state", "intent", "team", "held_at")
_CONVERSATION = ("practice", "channel", *_PATIENT, *_STANDING)
_CLAIMED = ("claimed_name", "claimed_phone", "claimed_email")
_WORDS = ("subject", "text", "trimmed")
_MESSAGE = ("received_on", "received_at", "handled_at", *_WORDS, "keyword", "emptied_at", *_CLAIMED)
_UNDERSTOOD = (
    "intent",
    "confidence",
    "also",
    "triage",
    "danger",
    "language",
    "disposition",
    "praise",
    "partly_read",
    "model_version",
)
_DECIDED = ("route", "reply", "team", "priority", "why")
_VOICEMAIL = ("caller", "created_at", "recording", "recording_sid", "duration_seconds", "text")
_FILE = ("id", "name", "kind", "content_type", "size", "state")
_DELIVERY = ("reply", "medium", "sender", "body", "state", "error_code", "created_at", "emptied_at")
_CONSENT = ("practice", "active", "changed_at")


def export_patient(
    session: Session, address: str, records: PatientRecords, moment: datetime, *, with_notes: bool = False
) -> dict[str, Any]:
    """Return everything on record about a patient; no record if several people have this address.

    Args:
        session: an open transaction.
        address: the patient's normalized address.
        records: what was found by it.
        moment: the current time.
        with_notes: whether it has what staff wrote for themselves: notes, begun ones, and those of the record.
    """
    names = {row.id: row.name for row in session.execute(select(StaffMember.id, StaffMember.name))}
    found_by = {found.id: "contact details" for found in records.named}
    found_by |= {found.id: "patient record" for found in records.linked}
    return {
        "format": FORMAT,
        "patient": address,
        "exported_at": moment.isoformat(),
        "internal_notes": with_notes,
        "conversations": [
            _conversation(session, conversation, names, found_by.get(conversation.id, "address"), with_notes=with_notes)
            for conversation in records.all_conversations
        ],
        "calls_without_message": [_fields(call, ("practice", *_VOICEMAIL)) for call in records.calls],
        "consents": [_consent(opt_out) for opt_out in records.opt_outs],
        "records": [
            _record(session, patient, with_notes=with_notes)
            for patient in records.patients
            if is_one_person(records.patients)
        ],
    }


def files_of_records(session: Session, records: PatientRecords) -> Sequence[Attachment]:
    """Return the pictures and files that the patient and the practice sent each other, oldest first."""
    ids = [conversation.id for conversation in records.all_conversations]
    messages = select(Message.id).where(Message.conversation_id.in_(ids))
    replies = select(Delivery.id).where(Delivery.conversation_id.in_(ids))
    sent = or_(Attachment.message_id.in_(messages), Attachment.delivery_id.in_(replies))
    kept = select(Attachment).where(sent, Attachment.state == AttachmentState.STORED)
    return session.scalars(kept.order_by(Attachment.id)).all()


def name_of_file(attachment_id: int, content_type: str | None) -> str:
    """Return how a picture or file is named beside an export: after its id there."""
    return f"{attachment_id}.{ending_of(content_type)}"


def write_files(store: FileStore, files: Sequence[Attachment], folder: Path) -> list[int]:
    """Write files into a new folder that only its owner can read, and return the ids of those that are lost.

    Each is named after its id in the export.

    Raises:
        IntakeError: there is such a folder, or a file can't be read or written.
    """
    lost = []
    try:
        folder.mkdir(mode=0o700)
        for file in files:
            contents = read_contents(store, file)
            if contents is None:
                lost.append(file.id)
                continue
            write_private(folder / name_of_file(file.id, file.content_type), contents)
    except OSError as error:
        raise IntakeError(f"cannot write the pictures and files to {folder}: {error.strerror}") from None
    return lost


def _record(session: Session, patient: Patient, *, with_notes: bool) -> dict[str, Any]:
    def of(column: Any) -> Sequence[Any]:
        return session.scalars(select(column.class_).where(column == patient.id).order_by(column.class_.id)).all()

    found: dict[str, Any] = {
        **_fields(patient, _RECORD),
        "addresses": [_fields(address, _ADDRESS) for address in of(PatientAddress.patient_id)],
        "linked_conversations": [link.conversation_id for link in of(PatientConversation.patient_id)],
        "merges": [_fields(merge, _MERGE) for merge in of(PatientMerge.kept_id)],
    }
    return found if with_notes else _without_notes(found)


def _without_notes(found: Any) -> Any:
    """Return a record without its notes, and without those that a merge noted."""
    if isinstance(found, dict):
        return {name: _without_notes(value) for name, value in found.items() if name != "notes"}
    return [_without_notes(value) for value in found] if isinstance(found, list) else found


def _conversation(
    session: Session, conversation: Conversation, names: dict[int, str], found_by: str, *, with_notes: bool
) -> dict[str, Any]:
    def of(table: type[Any]) -> Sequence[Any]:
        return session.scalars(select(table).where(table.conversation_id == conversation.id).order_by(table.id)).all()

    drafts = [draft for draft in of(ReplyDraft) if with_notes or draft.kind in (DraftKind.REPLY, DraftKind.EARLIER)]
    notes = [{"by": names.get(note.staff_id), **_fields(note, ("created_at", "text"))} for note in of(Note)]
    return {
        "id": conversation.id,
        "found_by": found_by,
        **_fields(conversation, _CONVERSATION),
        "messages": [_message(session, message) for message in of(Message)],
        "replies": [
            {
                "by": names.get(reply.staff_id) if reply.staff_id else "automatic",
                **_fields(reply, _DELIVERY),
                "files": [_fields(file, _FILE) for file in files_of_reply(session, reply.id)],
            }
            for reply in of(Delivery)
        ],
        "consents_to_texts": [_fields(consent, ("given_at", "wording")) for consent in of(TextConsent)],
        "tags": [tag.tag for tag in of(ConversationTag)],
        "drafts": [
            {"by": names.get(draft.staff_id), **_fields(draft, ("kind", "updated_at", "text"))} for draft in drafts
        ],
        **({"notes": notes} if with_notes else {}),
    }


def _message(session: Session, message: Message) -> dict[str, Any]:
    voicemail = session.scalar(select(Voicemail).where(Voicemail.message_id == message.id))
    review = session.scalar(select(Review).where(Review.message_id == message.id))
    return {
        "id": message.id,
        **_fields(message, _MESSAGE),
        "attachments": json.loads(message.media or "[]"),
        "files": [
            _fields(file, _FILE)
            for file in session.scalars(
                select(Attachment).where(Attachment.message_id == message.id).order_by(Attachment.position)
            )
        ],
        "entities": [
            {"kind": str(entity.kind), "start": entity.start, "end": entity.end}
            for entity in stored_entities(session, [message.id]).get(message.id, ())
        ],
        "classification": _fields(message.classification, _UNDERSTOOD),
        "decision": _fields(message.decision, _DECIDED),
        "review": _fields(review, ("reason", "decided_at", "label")),
        "voicemail": _fields(voicemail, _VOICEMAIL),
    }


def _consent(opt_out: OptOut) -> dict[str, Any]:
    fields = _fields(opt_out, _CONSENT) or {}
    return {"practice": fields["practice"], "opted_out": fields["active"], "changed_at": fields["changed_at"]}


def _fields(row: Base | None, names: Sequence[str]) -> Any:
    """Return some columns of a row as JSON; None if there is no row."""
    if row is None:
        return None
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
