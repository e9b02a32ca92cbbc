"""The pictures and files of messages: their rows, and their contents behind encryption."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from inbox.attachments.file_store import THUMBNAIL, FileStore, StoreAwayError
from inbox.models import Attachment, AttachmentState, CarrierErasure, ErasureKind, Message, Refusal, now
from inbox.models.column_types import keyring
from inbox.storage.database import Database

MOST_BYTES = 10 * 1024 * 1024
UNKNOWN_TYPE = "application/octet-stream"
_TAKE_WITHIN = timedelta(minutes=10)
_MARGIN = timedelta(minutes=5)  # for clocks that differ
Part = tuple[ErasureKind, str, str | None]


class SentFile(Protocol):
    """A picture or file as it comes with a message: an `inbox.incoming.inbound.Media`."""

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


@dataclass(frozen=True, slots=True)
class Kept:
    """Contents that are in the file store, for an attachment that is still to be written.

    Attributes:
        file_id: the name of the file.
        size: the number of bytes.
        checksum: their SHA-256.
        key: the fingerprint of the key that they are encrypted with.
        take_by: until when an attachment can take them.
    """

    file_id: str
    size: int
    checksum: str
    key: str
    take_by: datetime


def keep_contents(database: Database, files: FileStore, contents: bytes, thumbnail: bytes | None = None) -> Kept:
    """Encrypt contents and keep them, before the transaction that writes their attachment.

    A store may be slow, so no lock is held meanwhile. The outbox of erasures has the file first: whatever becomes of
    this process, contents that no attachment takes are deleted.

    Raises:
        OSError: they can't be kept.
    """
    file_id, take_by = secrets.token_hex(16), now() + _TAKE_WITHIN
    with database.write() as session:
        session.add(CarrierErasure(kind=ErasureKind.FILE, provider_id=file_id, next_attempt_at=take_by + _MARGIN))
        sealed = keyring().encrypt_bytes(contents)
        sealed_thumbnail = None if thumbnail is None else keyring().encrypt_bytes(thumbnail)
        key = keyring().writing
    if sealed_thumbnail is not None:
        files.write(file_id + THUMBNAIL, sealed_thumbnail)
    files.write(file_id, sealed)
    return Kept(file_id, len(contents), hashlib.sha256(contents).hexdigest(), key, take_by)


def take_contents(session: Session, attachment: Attachment, kept: Kept) -> None:
    """Give an attachment its contents, in the transaction that writes it.

    A rotation of keys waits for that transaction, and so doesn't miss the file.

    Raises:
        StoreAwayError: they were kept too long ago, or keys were rotated since; keep them again.
    """
    if now() > kept.take_by or keyring().writing != kept.key:
        raise StoreAwayError("the file was not taken in time")
    waiting = (CarrierErasure.kind == ErasureKind.FILE) & (CarrierErasure.provider_id == kept.file_id)
    session.execute(delete(CarrierErasure).where(waiting))
    attachment.file_id, attachment.size, attachment.checksum = kept.file_id, kept.size, kept.checksum


def keep_sent(database: Database, files: FileStore, sent: Sequence[SentFile]) -> dict[int, Kept]:
    """Keep what came with a message, by its place in the message's list.

    Raises:
        OSError: contents can't be kept, so that the message must not be stored without them.
    """
    return {
        position: keep_contents(database, files, item.contents)
        for position, item in enumerate(sent)
        if item.contents is not None
    }


def add_attachments(session: Session, message_id: int, sent: Sequence[SentFile], kept: Mapping[int, Kept]) -> None:
    """Add what came with a message, to be fetched or checked.

    Raises:
        StoreAwayError: what was kept can't be taken any more.
    """
    for position, item in enumerate(sent):
        if not item.url and position not in kept and item.refusal is None:
            continue
        attachment = Attachment(message_id=message_id, position=position, name=item.name)
        if item.refusal is not None:
            attachment.state, attachment.reason = AttachmentState.REFUSED, item.refusal
        if position in kept:
            take_contents(session, attachment, kept[position])
        session.add(attachment)


def read_unchecked(files: FileStore, attachment: Attachment) -> bytes | None:
    """Return what came with a message and nobody has checked yet; None if it is lost.

    Raises:
        MissingKeyError: it was encrypted with a key that this process lacks.
    """
    try:
        return keyring().decrypt_bytes(files.read(attachment.file_id))
    except FileNotFoundError:
        return None


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
