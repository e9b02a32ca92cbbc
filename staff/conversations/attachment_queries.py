"""What the thread shows of pictures and files, in display words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from inbox.attachments.file_types import file_type
from inbox.models import Attachment, AttachmentKind, AttachmentState, Refusal

_ASK = "Ask the patient to send it as"
REFUSALS = {
    Refusal.TOO_LARGE: f"A file was too large to keep (over 10 MB). {_ASK} a smaller picture or PDF.",
    Refusal.TOO_MANY_PIXELS: f"A picture was too large to open safely. {_ASK} a normal photo.",
    Refusal.TOO_MANY: "There were too many files to keep this one. Ask the patient to send it again.",
    Refusal.ARCHIVE: f"An archive, such as a ZIP file, can't be opened safely here. {_ASK} photos or PDFs.",
    Refusal.MACROS: f"An Office file that is locked, old (DOC, XLS), or has macros can't be kept safely. {_ASK} a PDF.",
    Refusal.UNSUPPORTED: f"A file was of a kind that can't be opened safely here. {_ASK} a photo (JPEG or PNG) or PDF.",
    Refusal.DAMAGED: "A picture was damaged and couldn't be opened. Ask the patient to send it again.",
    Refusal.FOREIGN: "A file wasn't fetched, because it isn't at the phone carrier. Ask the patient to send it again.",
    Refusal.UNREACHABLE: "A file couldn't be fetched or stored. Ask the patient to send it again.",
}
WAITING = "A picture or file is on its way. It appears here in a moment."
GONE = "A picture or file is no longer available."
TELLS_PLACE = "It may show where it was taken."
_KILOBYTE, _MEGABYTE = 1024, 1024 * 1024


@dataclass(frozen=True, slots=True)
class ShownAttachment:
    """One picture or file.

    Attributes:
        id: the row id, for the addresses of a stored one.
        is_picture: whether there is a thumbnail to show.
        words: what it is; or, if it isn't stored, why.
        name: what the sender called it.
        is_ours: whether a member sent it.
        width: of the picture, as of `height`.
        warning: what to know before it is passed on.
    """

    id: int
    is_stored: bool
    is_picture: bool
    words: str
    name: str = field(default="", repr=False)
    is_ours: bool = False
    width: int = 0
    height: int = 0
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """What is shown of pictures and files, in their order, by the message or the reply that they are of."""

    messages: dict[int, tuple[ShownAttachment, ...]]
    replies: dict[int, tuple[ShownAttachment, ...]]


def read_attachments(session: Session, message_ids: Iterable[int], delivery_ids: Iterable[int]) -> Attached:
    """Return what is shown of the attachments of messages and of the files of replies."""
    of_messages, of_replies = list(message_ids), list(delivery_ids)
    query = select(Attachment).where(
        or_(Attachment.message_id.in_(of_messages), Attachment.delivery_id.in_(of_replies))
    )
    found = Attached({}, {})
    for attachment in session.scalars(query.order_by(Attachment.position, Attachment.id)):
        for owner_id, owned in ((attachment.message_id, found.messages), (attachment.delivery_id, found.replies)):
            if owner_id is not None:
                before = owned.get(owner_id, ())
                owned[owner_id] = (*before, _show(attachment, len(before) + 1))
    return found


def show_attachment(session: Session, attachment: Attachment) -> ShownAttachment | None:
    """Return what is shown of one attachment, numbered as in the thread; None if no message or reply has it."""
    owners = ([owner] if owner else [] for owner in (attachment.message_id, attachment.delivery_id))
    attached = read_attachments(session, *owners)
    of_one = (*attached.messages.values(), *attached.replies.values())
    return next((shown for shown in chain(*of_one) if shown.id == attachment.id), None)


def show_draft_files(files: Iterable[Attachment]) -> tuple[ShownAttachment, ...]:
    """Return what is shown of the files of a draft."""
    return tuple(_show(file, number) for number, file in enumerate(files, 1))


def _show(attachment: Attachment, number: int) -> ShownAttachment:
    is_stored = attachment.state == AttachmentState.STORED
    may_tell_place = is_stored and file_type(attachment.content_type).may_tell_place
    return ShownAttachment(
        id=attachment.id,
        is_stored=is_stored,
        is_picture=is_stored and attachment.kind == AttachmentKind.PICTURE,
        words=_describe(attachment, number),
        name=attachment.name or "",
        is_ours=attachment.staff_id is not None,
        width=attachment.width or 0,
        height=attachment.height or 0,
        warning=TELLS_PLACE if may_tell_place else "",
    )


def _describe(attachment: Attachment, number: int) -> str:
    match AttachmentState(attachment.state):
        case AttachmentState.WAITING:
            return WAITING
        case AttachmentState.REFUSED:
            return REFUSALS[Refusal(attachment.reason or Refusal.DAMAGED)]
        case AttachmentState.GONE:
            return GONE
    sender = "the patient" if attachment.staff_id is None else "the practice"
    described = f"{file_type(attachment.content_type).words} {number} from {sender}"
    is_picture = attachment.kind == AttachmentKind.PICTURE
    return described if is_picture else f"{described}, {say_size(attachment.size or 0)}"


def say_size(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < _MEGABYTE:
        return f"{-(-size // _KILOBYTE)} KB"
    return f"{size / _MEGABYTE:.1f} MB"
