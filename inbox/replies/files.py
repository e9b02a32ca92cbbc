"""Pictures and files that members send: kept with the draft of a reply, and then with the reply."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from inbox.attachments.rows import Kept, take_contents
from inbox.models import Attachment, AttachmentKind, AttachmentState, Conversation, ErasureKind
from inbox.storage.carrier_erasures import queue_erasures

MOST_REPLY_FILES = 5
_DRAFTED = Attachment.message_id.is_(None) & Attachment.delivery_id.is_(None)


def add_draft_file(session: Session, attachment: Attachment, contents: Kept) -> None:
    """Keep a checked file with a member's draft.

    Args:
        session: an open transaction that holds the conversation's lock.
        attachment: what it is, with its conversation and member.
        contents: the file as it is sent, and the small copy of a picture, in the file store.

    Raises:
        StoreAwayError: the contents can't be taken any more.
    """
    kept = draft_files(session, attachment.conversation_id or 0, attachment.staff_id or 0)
    attachment.position = max((file.position for file in kept), default=-1) + 1
    attachment.state = AttachmentState.STORED
    take_contents(session, attachment, contents)
    session.add(attachment)
    session.flush()


def draft_files(session: Session, conversation_id: int, staff_id: int) -> Sequence[Attachment]:
    """Return the files of a member's draft, in order."""
    own = Attachment.conversation_id == conversation_id, Attachment.staff_id == staff_id
    return session.scalars(select(Attachment).where(*own, _DRAFTED).order_by(Attachment.position)).all()


def conversations_with_draft_files(staff_id: int, conversation_ids: Collection[int]) -> Select[int | None]:
    """Return the query for those of these conversations for which a member has files in a draft."""
    own = Attachment.staff_id == staff_id, Attachment.conversation_id.in_(conversation_ids)
    return select(Attachment.conversation_id).where(*own, _DRAFTED)


def attach_to_reply(session: Session, files: Sequence[Attachment], delivery_id: int) -> None:
    """Give the files of a draft to the reply that it has become."""
    for position, attachment in enumerate(files):
        attachment.delivery_id, attachment.position = delivery_id, position
    session.flush()


def detach_from_reply(session: Session, delivery_id: int) -> None:
    """Give the files of a reply that is taken back to its member's draft again."""
    ours = Attachment.delivery_id == delivery_id
    session.execute(update(Attachment).where(ours).values(delivery_id=None))


def files_of_reply(session: Session, delivery_id: int) -> Sequence[Attachment]:
    """Return the files of a reply, in order."""
    ours = Attachment.delivery_id == delivery_id
    return session.scalars(select(Attachment).where(ours).order_by(Attachment.position)).all()


def delete_draft_file(session: Session, conversation_id: int, staff_id: int, attachment_id: int) -> bool:
    """Delete a file of a member's draft, and return whether there was one."""
    own = Attachment.conversation_id == conversation_id, Attachment.staff_id == staff_id
    return _delete(session, (Attachment.id == attachment_id) & own[0] & own[1] & _DRAFTED) > 0


def delete_reply_files(session: Session, delivery_ids: Collection[int]) -> None:
    """Delete the files of replies."""
    _delete(session, Attachment.delivery_id.in_(delivery_ids))


def delete_draft_files_of(session: Session, *, staff_id: int) -> None:
    """Delete the files of all drafts of a member."""
    _delete(session, (Attachment.staff_id == staff_id) & _DRAFTED)


def overdue_draft_files(practice: str, before: datetime) -> Select[Attachment]:
    """Return the query for the files of a practice's old drafts, but none under legal hold."""
    query = select(Attachment).join(Conversation, Conversation.id == Attachment.conversation_id)
    ours = Conversation.practice == practice, Conversation.held_at.is_(None)
    return query.where(_DRAFTED, Attachment.created_at <= before, *ours)


def delete_files(session: Session, attachments: Sequence[Attachment]) -> None:
    """Delete these files."""
    _delete(session, Attachment.id.in_([attachment.id for attachment in attachments]))


def delete_files_of_conversations(session: Session, conversation_ids: Collection[int]) -> int:
    """Delete whatever members sent or drafted in conversations, and return how many files it was."""
    return _delete(session, Attachment.conversation_id.in_(conversation_ids))


def is_visible_to(staff_id: int) -> ColumnElement[bool]:
    """Return the condition that a member may see a file: a draft's files are seen by its member alone."""
    return or_(~_DRAFTED, Attachment.staff_id == staff_id)


def are_pictures(files: Sequence[Attachment]) -> bool:
    """Return whether all files are pictures."""
    return all(file.kind == AttachmentKind.PICTURE for file in files)


def _delete(session: Session, chosen: ColumnElement[bool]) -> int:
    found = session.execute(select(Attachment.id, Attachment.file_id).where(chosen)).all()
    queue_erasures(session, [(ErasureKind.FILE, file_id, None) for _, file_id in found])
    session.execute(delete(Attachment).where(Attachment.id.in_([row_id for row_id, _ in found])))
    return len(found)
