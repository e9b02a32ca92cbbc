"""What the thread shows of pictures and files, in display words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.models import Attachment, AttachmentKind, AttachmentState, Refusal

_NAMES = {
    AttachmentKind.PICTURE: "Picture",
    AttachmentKind.PDF: "PDF document",
    AttachmentKind.AUDIO: "Sound recording",
}
_ASK = "Ask the patient to send it as"
REFUSALS = {
    Refusal.TOO_LARGE: f"A file was too large to keep (over 10 MB). {_ASK} a smaller picture or PDF.",
    Refusal.TOO_MANY_PIXELS: f"A picture was too large to open safely. {_ASK} a normal photo.",
    Refusal.UNSUPPORTED: f"A file was of a kind that can't be opened safely here. {_ASK} a photo (JPEG or PNG) or PDF.",
    Refusal.DAMAGED: "A picture was damaged and couldn't be opened. Ask the patient to send it again.",
    Refusal.FOREIGN: "A file wasn't fetched, because it isn't at the phone carrier. Ask the patient to send it again.",
    Refusal.UNREACHABLE: "A file couldn't be fetched or stored. Ask the patient to send it again.",
}
WAITING = "A picture or file is on its way. It appears here in a moment."
GONE = "A picture or file is no longer available."


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """One picture or file.

    Attributes:
        id: the row id, for the addresses of a stored one.
        is_picture: whether there is a thumbnail to show.
        words: what it is; or, if it isn't stored, why.
        name: what the sender called it.
        width: of the picture, as of `height`.
    """

    id: int
    is_stored: bool
    is_picture: bool
    words: str
    name: str = field(default="", repr=False)
    width: int = 0
    height: int = 0


def read_attachments(session: Session, message_ids: Iterable[int]) -> dict[int, tuple[ShownAttachment, ...]]:
    """Return what is shown of the attachments of messages, by message."""
    query = select(Attachment).where(Attachment.message_id.in_(list(message_ids)))
    found: dict[int, tuple[ShownAttachment, ...]] = {}
    for attachment in session.scalars(query.order_by(Attachment.message_id, Attachment.position)):
        before = found.get(attachment.message_id, ())
        found[attachment.message_id] = (*before, _show(attachment, len(before) + 1))
    return found


def _show(attachment: Attachment, number: int) -> ShownAttachment:
    is_stored = attachment.state == AttachmentState.STORED
    return ShownAttachment(
        id=attachment.id,
        is_stored=is_stored,
        is_picture=is_stored and attachment.kind == AttachmentKind.PICTURE,
        words=_describe(attachment, number),
        name=attachment.name or "",
        width=attachment.width or 0,
        height=attachment.height or 0,
    )


def _describe(attachment: Attachment, number: int) -> str:
    match AttachmentState(attachment.state):
        case AttachmentState.WAITING:
            return WAITING
        case AttachmentState.REFUSED:
            return REFUSALS[Refusal(attachment.reason or Refusal.DAMAGED)]
        case AttachmentState.GONE:
            return GONE
    return f"{_NAMES[AttachmentKind(attachment.kind or AttachmentKind.PDF)]} {number} from the patient"
