"""Pictures and files in a chat: what a visitor may send, and what their browser gets to see again.

What comes is taken like the files of an email: encrypted at once, and shown to nobody until a worker has checked it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from typing import Any

from flask import Request, Response, g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.attachments.rows import MOST_BYTES
from inbox.incoming.chat import ChatFile, FilesByEntry
from inbox.incoming.inbound import Media
from inbox.models import Attachment, AttachmentKind, AttachmentState, Conversation, Message, Refusal, now
from tasks.attachments.content import CHAT_TYPES
from tasks.attachments.recognition import sniff
from web.errors import RequestError
from web.file_answers import file_answer
from webhooks.browser.request_fields import client_message_id, whole_message, wrong
from webhooks.multipart import PostedFile, PostedForm, read_multipart

MOST_FILES = 3
LARGEST_BODY = 16 * 1024 * 1024
MOST_PARTS = 16
A_DAY = timedelta(days=1)
# Whoever gave no number and no address can't be asked what a file was about, and gets fewer.
FILES_A_DAY, FILES_A_DAY_ANONYMOUS = 20, 5
_REASONS = {"file_type": Refusal.UNSUPPORTED, "file_too_large": Refusal.TOO_LARGE}
_NEVER_CAME = (Refusal.TOO_MANY, *_REASONS.values())
_TOO_MANY = "This chat can take no more files today. Call the practice, or bring them to your visit."


class NoRoomError(RequestError):
    """A chat takes no more files today."""

    def __init__(self) -> None:
        super().__init__(409, "no_more_files", _TOO_MANY)


class FileSize(Enum):
    """How much of a picture a browser asks for."""

    WHOLE = "whole"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class PostedFiles:
    """What a visitor sends at once: the text, which may be empty, and the files as they are stored with it."""

    key: str
    text: str = field(repr=False)
    media: tuple[Media, ...] = field(repr=False)
    digests: tuple[str, ...]

    @property
    def taken(self) -> int:
        """How many of the files may be kept."""
        return sum(item.refusal is None for item in self.media)

    def without_files(self) -> PostedFiles:
        """Return the words, with a note of each file that there is no room for.

        Raises:
            NoRoomError: there are no words.
        """
        if not self.text.strip():
            raise NoRoomError
        too_many = [replace(item, contents=None, refusal=item.refusal or Refusal.TOO_MANY) for item in self.media]
        return replace(self, media=tuple(too_many))


def read_posted_files(request: Request) -> PostedForm:
    """Read a request's fields and files, once; the caller has checked before whether it may send them.

    Raises:
        RequestError: 400 if they can't be read.
        werkzeug.exceptions.HTTPException: they are too large, or take too long to arrive.
    """
    if "posted_files" not in g:
        request.max_content_length = LARGEST_BODY
        if request.mimetype != "multipart/form-data":
            raise RequestError(400, "invalid_form", "Send multipart/form-data.")
        g.posted_files = read_multipart(request.stream, request.mimetype_params, MOST_PARTS)
    posted: PostedForm = g.posted_files
    return posted


def text_among(posted: PostedForm) -> str:
    """Return the text that comes with files."""
    return posted.fields.get("text", b"").decode("utf-8", "replace")


def check_files(posted: PostedForm, *, takes_files: bool) -> PostedFiles:
    """Return what a visitor sends: no words are lost to a file that may not be kept, judged by its bytes.

    Args:
        posted: the fields and files.
        takes_files: whether the practice takes any.

    Raises:
        RequestError: there are no words, and a file may not be kept. The code says why, for the widget; nothing of the
            files is repeated. Or the rest is wrong.
    """
    key = client_message_id(posted.fields.get("client_message_id", b"").decode("utf-8", "replace"))
    text = whole_message("text", text_among(posted))
    troubles = [_trouble(number, file, takes_files=takes_files) for number, file in enumerate(posted.files, start=1)]
    if not text.strip():
        for trouble in filter(None, troubles):
            raise trouble
        if not posted.files:
            raise wrong("Send at least one file.")
    media = tuple(map(_to_media, posted.files, troubles))
    return PostedFiles(
        key, text, media, tuple(hashlib.sha256(file.contents or b"").hexdigest() for file in posted.files)
    )


def _trouble(number: int, file: PostedFile, *, takes_files: bool) -> RequestError | None:
    """Return why a file may not be kept, None if it may."""
    if not takes_files:
        return RequestError(404, "no_files", "This practice takes no files in its chat.")
    if number > MOST_FILES:
        return RequestError(413, "too_many_files", f"Send at most {MOST_FILES} files at once.")
    if file.contents is None:
        return RequestError(413, "file_too_large", f"A file can have at most {MOST_BYTES // 1024**2} MB.")
    if sniff(file.contents) not in CHAT_TYPES:
        return RequestError(415, "file_type", "Send a photo (JPEG, PNG, GIF, or WebP) or a PDF.")
    return None


def _to_media(file: PostedFile, trouble: RequestError | None) -> Media:
    if trouble is None:
        return Media("", file.content_type, file.name or None, file.contents)
    return Media("", file.content_type, file.name or None, refusal=_REASONS.get(trouble.code, Refusal.TOO_MANY))


def require_room(session: Session, public_id: str, wanted: int) -> None:
    """Check that a chat takes so many more files today. A repeat of a message that was stored needs no room.

    Files that were only named beside their words take none.

    Raises:
        NoRoomError: it doesn't.
    """
    came = select(func.count(Attachment.id)).join(Attachment.message).join(Message.conversation)
    only_named = (Attachment.state == AttachmentState.REFUSED) & Attachment.reason.in_(_NEVER_CAME)
    ours = Conversation.public_id == public_id, Attachment.created_at > now() - A_DAY, ~func.coalesce(only_named, False)
    count = session.scalar(came.where(*ours)) or 0
    most = FILES_A_DAY_ANONYMOUS if is_anonymous(session, public_id) else FILES_A_DAY
    if count + wanted > most:
        raise NoRoomError


def is_anonymous(session: Session, public_id: str) -> bool:
    """Return whether the visitor of a chat gave no way to reach them."""
    reachable = Conversation.contact_phone.is_not(None) | Conversation.contact_email.is_not(None)
    return session.scalar(select(Conversation.id).where(Conversation.public_id == public_id, reachable)) is None


def show_files(files: FilesByEntry) -> dict[str, list[dict[str, Any]]]:
    """Return what a browser shows of a chat's files, by the number of their entry."""
    return {str(number): [_show(file) for file in shown] for number, shown in files.items()}


def _show(file: ChatFile) -> dict[str, Any]:
    shown: dict[str, Any] = {"position": file.position, "state": file.state}
    if file.kind is not None:
        shown["kind"] = file.kind
    if file.reason is not None:
        shown["reason"] = file.reason
    return shown


def answer_with(attachment: Attachment, contents: bytes, size: FileSize) -> Response:
    """Return a file to the browser of its chat, which must keep no copy."""
    name = "picture" if attachment.kind == AttachmentKind.PICTURE else "file"
    return file_answer(contents, attachment.content_type, name, inline=size is FileSize.SMALL)
