"""The pictures and files of messages: their rows, and their contents behind encryption."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.attachment_files import THUMBNAIL, FileStore
from inbox.column_types import keyring
from inbox.models import Attachment, AttachmentState, ErasureKind, Message, Refusal

MOST_BYTES = 10 * 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"
_ENDINGS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/aac": "aac",
}
Part = tuple[ErasureKind, str, str | None]


class Sent(Protocol):
    """A picture or file as it comes with a message: an `inbox.inbound.Media`."""

    @property
    def url(self) -> str:
        """Where to fetch it, empty if it came with the message."""
        ...

    @property
    def name(self) -> str | None:
        """What the sender calls it."""
        ...

    @property
    def contents(self) -> bytes | None:
        """What came."""
        ...

    @property
    def refusal(self) -> Refusal | None:
        """Why it was not taken."""
        ...


def ending_of(content_type: str | None) -> str:
    """Return how the name of a file ends, by what its bytes were found to be."""
    return _ENDINGS.get(content_type or "", "bin")


def add_attachments(session: Session, message_id: int, sent: Sequence[Sent], files: FileStore | None) -> None:
    """Add what came with a message, to be fetched or checked; contents are kept encrypted until they are.

    Raises:
        OSError: contents can't be kept, so that the message must not be stored without them.
    """
    for position, item in enumerate(sent):
        contents = None if files is None else item.contents
        if not item.url and contents is None and item.refusal is None:
            continue
        attachment = Attachment(message_id=message_id, position=position, name=item.name)
        if item.refusal is not None:
            attachment.state, attachment.reason = AttachmentState.REFUSED, item.refusal
        session.add(attachment)
        if contents is not None and files is not None:
            session.flush()
            files.write(attachment.file_id, keyring().encrypt_bytes(contents))


def read_unchecked(files: FileStore, attachment: Attachment) -> bytes | None:
    """Return what came with a message and nobody has checked yet; None if it is lost.

    Raises:
        MissingKeyError: it was encrypted with a key that this process lacks.
    """
    try:
        return keyring().decrypt_bytes(files.read(attachment.file_id))
    except FileNotFoundError:
        return None


def write_contents(files: FileStore, attachment: Attachment, contents: bytes, thumbnail: bytes | None) -> None:
    """Encrypt and keep the contents of an attachment, inside the write transaction that says so.

    A rotation of keys waits for that transaction, and so doesn't miss the file.

    Raises:
        OSError: the files can't be written.
    """
    if thumbnail is not None:
        files.write(attachment.file_id + THUMBNAIL, keyring().encrypt_bytes(thumbnail))
    files.write(attachment.file_id, keyring().encrypt_bytes(contents))
    attachment.size, attachment.checksum = len(contents), hashlib.sha256(contents).hexdigest()


def read_contents(files: FileStore, attachment: Attachment) -> bytes | None:
    """Return the contents of an attachment; None if the file is lost, or another one is in its place.

    Raises:
        MissingKeyError: it was encrypted with a key that this process lacks, or was changed.
        OSError: it can't be read.
    """
    try:
        contents = keyring().decrypt_bytes(files.read(attachment.file_id))
    except FileNotFoundError:
        return None
    return contents if hashlib.sha256(contents).hexdigest() == attachment.checksum else None


def read_thumbnail(files: FileStore, attachment: Attachment) -> bytes | None:
    """Return the small copy of a picture; None if there is none."""
    try:
        return keyring().decrypt_bytes(files.read(attachment.file_id + THUMBNAIL))
    except FileNotFoundError:
        return None


def source_of(message: Message, position: int) -> str:
    """Return where the provider keeps an attachment, empty if it doesn't."""
    listed = json.loads(message.media or "[]")
    return str(listed[position].get("url", "")) if position < len(listed) else ""


def due_attachments(session: Session, moment: datetime, limit: int) -> Sequence[int]:
    """Return the attachments that are to be fetched and checked now, the oldest first."""
    query = select(Attachment.id).where(
        Attachment.state == AttachmentState.WAITING, Attachment.next_attempt_at <= moment
    )
    return session.scalars(query.order_by(Attachment.id).limit(limit)).all()


def parts_of_attachments(session: Session, message_ids: Collection[int]) -> list[Part]:
    """Return the files of messages, which go when the messages do."""
    found = session.scalars(select(Attachment.file_id).where(Attachment.message_id.in_(message_ids)))
    return [(ErasureKind.FILE, file_id, None) for file_id in found]


def delete_attachments(session: Session, message_ids: Collection[int]) -> None:
    """Delete the rows of messages' attachments; their files go with `parts_of_attachments`."""
    session.execute(delete(Attachment).where(Attachment.message_id.in_(message_ids)))
