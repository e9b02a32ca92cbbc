"""What is kept of an attachment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from inbox.attachments.file_types import PDF, TIFF
from inbox.attachments.rows import MOST_BYTES
from inbox.models import AttachmentKind, Refusal
from tasks.attachments.recognition import CHAT_PICTURES, recognize
from tasks.attachments.rendering import Pages, Picture

CHAT_TYPES = CHAT_PICTURES | {PDF}
"""What a chat takes."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An attachment as it is kept: a picture drawn anew with its thumbnail, or a file as it came."""

    kind: AttachmentKind
    content_type: str
    contents: bytes = field(repr=False)
    thumbnail: bytes | None = field(default=None, repr=False)
    width: int | None = None
    height: int | None = None


def check(data: bytes, render: Callable[[bytes], Picture | Pages | Refusal]) -> Checked | Refusal:
    """Return what is kept of an attachment, or why it isn't.

    Args:
        data: what came.
        render: makes a clean picture of an untrusted one.
    """
    if len(data) > MOST_BYTES:
        return Refusal.TOO_LARGE
    found = recognize(data)
    if isinstance(found, Refusal):
        return found
    kind, content_type = found
    if kind is not AttachmentKind.PICTURE:
        return Checked(kind, content_type, data)
    match render(data):
        case Picture() as picture:
            parts = (picture.contents, picture.thumbnail, picture.width, picture.height)
            return Checked(kind, picture.content_type, *parts)
        case Pages():  # one picture would lose all but the first
            return Checked(AttachmentKind.DOCUMENT, TIFF, data)
        case refusal:
            return refusal


def refuse_unlooked(data: bytes) -> Refusal | None:
    """Return why what came is refused whatever else is in it, None if it is to be checked."""
    found = recognize(data)
    return found if isinstance(found, Refusal) else None
