"""Erasing a patient: everything is deleted, here and at the carrier, except that an opt-out is still respected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.attachments.rows import parts_of_attachments
from inbox.models import (
    Base,
    Conversation,
    Delivery,
    DeliveryState,
    Message,
    OptOut,
    Patient,
    PatientConversation,
    Voicemail,
)
from inbox.models.column_types import keyring
from inbox.patients.records import is_one_person
from inbox.replies.files import delete_files_of_conversations
from inbox.search.index import forget_texts
from inbox.storage.carrier_erasures import (
    parts_of_delivery,
    parts_of_message,
    parts_of_notices,
    parts_of_voicemail,
    queue_erasures,
)
from intake.errors import IntakeError

IN_FLIGHT = (DeliveryState.SENDING, DeliveryState.UNKNOWN)


def erase_conversations(session: Session, conversations: Sequence[Conversation]) -> int:
    """Delete conversations with all that belongs to them, and return how many things the carrier must erase.

    Args:
        session: an open write transaction.
        conversations: the conversations, locked.

    Raises:
        IntakeError: one is under legal hold, or a reply in it is just being sent.
    """
    row_ids = [conversation.id for conversation in conversations]
    if held := [conversation.id for conversation in conversations if conversation.held_at is not None]:
        raise IntakeError(
            f"{_list_ids(held)} under legal hold, so nothing was erased: release the hold first, with"
            " `intake patient hold --release` or on the console"
        )
    deliveries = session.scalars(select(Delivery).where(Delivery.conversation_id.in_(row_ids)).with_for_update()).all()
    if any(delivery.state in IN_FLIGHT for delivery in deliveries):
        raise IntakeError("a reply to this patient is being sent, so nothing was erased: try again in a few minutes")
    messages = session.scalars(select(Message).where(Message.conversation_id.in_(row_ids)).with_for_update()).all()
    message_ids = [message.id for message in messages]
    spoken = session.scalars(select(Voicemail).where(Voicemail.message_id.in_(message_ids)).with_for_update()).all()
    parts = [part for message in messages for part in parts_of_message(message)]
    parts += [part for delivery in deliveries for part in parts_of_delivery(delivery)]
    parts += [part for voicemail in spoken for part in parts_of_voicemail(voicemail)]
    parts += parts_of_notices(session, message_ids, row_ids)
    parts += parts_of_attachments(session, message_ids)
    queued = queue_erasures(session, parts) + delete_files_of_conversations(session, row_ids)
    forget_texts(session, message_ids, [delivery.id for delivery in deliveries])
    _delete_rows(session, {"messages": message_ids, "conversations": row_ids})
    return queued


def erase_calls(session: Session, voicemails: Sequence[Voicemail]) -> int:
    """Delete calls that left no message, and return how many things the carrier must erase."""
    queued = queue_erasures(session, [part for voicemail in voicemails for part in parts_of_voicemail(voicemail)])
    for voicemail in voicemails:
        session.delete(voicemail)
    return queued


def erase_patients(session: Session, patients: Sequence[Patient]) -> None:
    """Delete the records of one person, with their addresses, links, and merges.

    Args:
        session: an open write transaction.
        patients: the records, locked.

    Raises:
        IntakeError: several people have the address, or a linked conversation is under legal hold.
    """
    if not is_one_person(patients):
        ids = ", ".join(str(patient.id) for patient in patients if patient.merged_into is None)
        raise IntakeError(
            f"patient records {ids} share this number or address, so nothing was erased: remove it on the console from"
            " the records of the others first"
        )
    row_ids = [patient.id for patient in patients]
    linked = select(PatientConversation.conversation_id).where(PatientConversation.patient_id.in_(row_ids))
    held = session.scalars(
        select(Conversation.id).where(Conversation.id.in_(linked), Conversation.held_at.is_not(None))
    )
    if found := list(held):
        raise IntakeError(f"{_list_ids(found)} under legal hold, so nothing was erased: release the hold first")
    _delete_rows(session, {"patients": row_ids})


def forget_numbers(opt_outs: Sequence[OptOut]) -> None:
    """Keep only the blind index of opt-outs, so that the number is still never texted."""
    for opt_out in opt_outs:
        if opt_out.patient_address is not None:
            keys = {index: key for key, index in keyring().keyed_indexes(opt_out.patient_address)}
            opt_out.index_key = keys[opt_out.patient_index]
            opt_out.patient_address = None


def _delete_rows(session: Session, owners: Mapping[str, Sequence[int]]) -> None:
    """Delete rows, and before them the rows of every table that refers to them."""
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column.table.name in owners:
                session.execute(delete(table).where(key.parent.in_(owners[key.column.table.name])))
        if table.name in owners:
            session.execute(delete(table).where(table.c.id.in_(owners[table.name])))
    session.expire_all()


def _list_ids(row_ids: Sequence[int]) -> str:
    if len(row_ids) == 1:
        return f"conversation {row_ids[0]} is"
    return f"conversations {', '.join(map(str, row_ids))} are"
