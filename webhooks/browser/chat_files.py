"""Pictures and files in a chat: what a visitor may send, and what their browser gets to see again.

What comes is taken like the files of an email: encrypted at once, and shown to nobody until a worker has checked it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from flask import Request, Response, g
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.attachments import MOST_BYTES
from inbox.chat import ChatFile, FilesByEntry
from inbox.inbound import Media
from inbox.models import Attachment, AttachmentKind, Conversation, Message, now
from tasks.attachments.content import CHAT_TYPES
from tasks.attachments.recognition import sniff
from web.errors import RequestError
from web.file_answers import file_answer
from webhooks.browser.request_fields import LONGEST_MESSAGE, client_message_id, require_length, wrong
from webhooks.multipart import PostedFile, PostedForm, read_multipart

MOST_FILES = 3
LARGEST_BODY = 16 * 1024 * 1024
MOST_PARTS = 16
A_DAY = timedelta(days=1)
# Whoever gave no number and no address can't be asked what a file was about, and gets fewer.
FILES_A_DAY, FILES_A_DAY_ANONYMOUS = 20, 5
_TOO_MANY = "This chat can take no more files today. Call the practice, or bring them to your visit."


class FileSize(Enum):
    """How much of a picture a browser asks for."""

    WHOLE = "whole"
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class PostedFiles:
    """What a visitor sends at once: files, and the text with them, which may be empty."""

    key: str
    text: str = field(repr=False)
    files: tuple[PostedFile, ...] = field(repr=False)


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


def check_files(posted: PostedForm) -> PostedFiles:
    """Return what a visitor sends if it may be taken, judged by its bytes.

    Raises:
        RequestError: it may not. The code says why, for the widget; nothing of the files is repeated.
    """
    key = client_message_id(posted.fields.get("client_message_id", b"").decode("utf-8", "replace"))
    text = text_among(posted)
    require_length("text", text, LONGEST_MESSAGE)
    if not posted.files:
        raise wrong("Send at least one file.")
    if len(posted.files) > MOST_FILES:
        raise RequestError(413, "too_many_files", f"Send at most {MOST_FILES} files at once.")
    for file in posted.files:
        if file.contents is None:
            raise RequestError(413, "file_too_large", f"A file can have at most {MOST_BYTES // 1024**2} MB.")
        if sniff(file.contents) not in CHAT_TYPES:
            raise RequestError(415, "file_type", "Send a photo (JPEG, PNG, GIF, or WebP) or a PDF.")
    return PostedFiles(key, text, posted.files)


def require_room(session: Session, public_id: str, wanted: int) -> None:
    """Check that a chat takes so many more files today. A repeat of a message that was stored needs no room.

    Raises:
        RequestError: 409 if it doesn't.
    """
    came = select(func.count(Attachment.id)).join(Attachment.message).join(Message.conversation)
    ours = Conversation.public_id == public_id, Attachment.created_at > now() - A_DAY
    count = session.scalar(came.where(*ours)) or 0
    most = FILES_A_DAY_ANONYMOUS if is_anonymous(session, public_id) else FILES_A_DAY
    if count + wanted > most:
        raise RequestError(409, "no_more_files", _TOO_MANY)


def is_anonymous(session: Session, public_id: str) -> bool:
    """Return whether the visitor of a chat gave no way to reach them."""
    reachable = Conversation.contact_phone.is_not(None) | Conversation.contact_email.is_not(None)
    return session.scalar(select(Conversation.id).where(Conversation.public_id == public_id, reachable)) is None


def to_media(files: Sequence[PostedFile]) -> tuple[Media, ...]:
    """Return files as they are stored with a message."""
    return tuple(Media("", file.content_type, file.name or None, file.contents) for file in files)


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
