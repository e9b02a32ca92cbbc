"""Deciding what an attachment is from its first bytes, whatever was declared, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import filetype

from inbox.attachments import MOST_BYTES
from inbox.models import AttachmentKind, Refusal
from tasks.attachments.rendering import Picture

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PDF = "application/pdf"
# the names that the library has for them, and the standard ones
AUDIO = {
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/ogg": "audio/ogg",
    "audio/x-wav": "audio/wav",
    "audio/amr": "audio/amr",
    "audio/aac": "audio/aac",
}

CHAT_TYPES = PICTURES | {PDF}
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


def sniff(data: bytes) -> str:
    """Return the content type that the first bytes have, empty if they have none that is known."""
    return str(filetype.guess_mime(data) or "") if data else ""


def is_kept(data: bytes) -> bool:
    """Return whether what begins so is of a kind that is kept."""
    return sniff(data) in (*PICTURES, PDF, *AUDIO)


def check(data: bytes, render: Callable[[bytes], Picture | Refusal]) -> Checked | Refusal:
    """Return what is kept of an attachment, or why it isn't.

    Args:
        data: what came.
        render: makes a clean picture of an untrusted one.
    """
    if len(data) > MOST_BYTES:
        return Refusal.TOO_LARGE
    found = sniff(data)
    if found in PICTURES:
        picture = render(data)
        if isinstance(picture, Refusal):
            return picture
        kind = AttachmentKind.PICTURE
        return Checked(kind, picture.content_type, picture.contents, picture.thumbnail, picture.width, picture.height)
    if found == PDF:
        return Checked(AttachmentKind.PDF, PDF, data)
    if found in AUDIO:
        return Checked(AttachmentKind.AUDIO, AUDIO[found], data)
    return Refusal.UNSUPPORTED
