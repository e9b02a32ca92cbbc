"""The files of a reply as carriers send them, and the addresses at which Twilio fetches them."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from inbox.attachments.file_store import FileStore, StoreAwayError
from inbox.attachments.file_types import ending_of
from inbox.attachments.rows import UNKNOWN_TYPE, read_contents
from inbox.models import Attachment, Delivery
from inbox.replies.files import files_of_reply
from tasks.carriers.protocol import LostFileError, OutgoingFile

if TYPE_CHECKING:
    from tasks.context import Context

MEDIA_PATH = "/media"
LIFETIME = timedelta(hours=4)
_UNFIT = re.compile(r"[^\w .()-]+")


class MediaLinks:
    """Signs and checks the addresses of pictures in texts: each is for one picture and expires."""

    def __init__(self, secret_keys: tuple[str, ...]) -> None:
        """Take the keys, the newest first: it signs, and all verify."""
        self._serializer = URLSafeTimedSerializer(secret_keys[::-1], salt="media of a text")

    def issue(self, attachment_id: int) -> str:
        """Return a token for a picture."""
        return str(self._serializer.dumps(attachment_id))

    def check(self, token: str) -> int | None:
        """Return whose token it is, None if it is invalid or has expired."""
        try:
            found = self._serializer.loads(token, max_age=int(LIFETIME.total_seconds()))
        except BadData:
            return None
        return found if isinstance(found, int) else None


def outgoing_files(context: Context, session: Session, delivery: Delivery) -> tuple[OutgoingFile, ...]:
    """Return the files of a reply; an automatic one has none."""
    if delivery.message_id is not None:
        return ()
    links = MediaLinks(context.settings.secret_keys)
    return tuple(
        OutgoingFile(
            name=file_name(attachment, number),
            content_type=attachment.content_type or UNKNOWN_TYPE,
            url=f"{context.settings.public_url}{MEDIA_PATH}/{links.issue(attachment.id)}",
            read=partial(_read, context.files, attachment),
        )
        for number, attachment in enumerate(files_of_reply(session, delivery.id), 1)
    )


def file_name(attachment: Attachment, number: int) -> str:
    """Return what the patient's mail program calls a file: the member's words, and the ending of what it is."""
    named = attachment.name or ""
    stem = " ".join(_UNFIT.sub(" ", named.rpartition(".")[0] or named).split()).strip(" .")[:60]
    return f"{stem or f'file {number}'}.{ending_of(attachment.content_type)}"


def _read(files: FileStore, attachment: Attachment) -> bytes:
    try:
        contents = read_contents(files, attachment)
    except StoreAwayError:
        raise
    except OSError:
        contents = None
    if contents is None:
        raise LostFileError("a file of this reply is no longer there: add it again")
    return contents
