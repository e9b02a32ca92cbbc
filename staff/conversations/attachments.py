"""Serving patients' pictures and files to their practice's members; only pictures drawn anew are ever shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Blueprint, Response, abort, current_app, render_template
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.attachments.file_store import FileStore, StoreAwayError
from inbox.attachments.rows import read_contents, read_thumbnail
from inbox.models import Attachment, AttachmentKind, AttachmentState, AuditEntry, Conversation, Message, Role, now
from inbox.replies.files import is_visible_to
from intake.errors import MissingKeyError
from staff import display
from staff.auth.access import member, open_to, record_on_conversation
from staff.conversations.attachment_queries import show_attachment
from staff.conversations.list_pane import address_of, read_filters
from web.file_answers import file_answer
from web.services import services_of

log = structlog.get_logger(__name__)

blueprint = Blueprint("attachments", __name__, url_prefix="/staff/attachments/<int:attachment_id>")

LOST = "This picture or file is no longer available."
LOOKING = timedelta(minutes=10)


@blueprint.get("")
@open_to(Role.STAFF)
def page(attachment_id: int) -> str:
    """Show a picture of the thread on a page of its own, which leads back to where it was said."""
    services = services_of(current_app)
    with services.database.read() as session:
        attachment, conversation = _own_attachment(session, attachment_id)
        shown = show_attachment(session, attachment)
        if shown is None or not shown.is_picture:
            abort(404)
        of_message = attachment.message_id is not None
        entry = f"message-{attachment.message_id}" if of_message else f"delivery-{attachment.delivery_id}"
        at = attachment.message.received_at if of_message else attachment.created_at
        query = {"hit": entry, **read_filters().whole_query()}
        return render_template(
            "staff/picture.html",
            picture=shown,
            shown_at=display.dated_clock(at, services.practices.require(conversation.practice).time_zone),
            back=address_of(f"/staff/conversations/{conversation.id}", query, f"#{entry}"),
        )


@blueprint.get("/thumbnail")
@open_to(Role.STAFF)
def thumbnail(attachment_id: int) -> Response:
    """Show the small copy of a picture."""
    return _serve(attachment_id, "picture_viewed", read_thumbnail, inline=True)


@blueprint.get("/picture")
@open_to(Role.STAFF)
def picture(attachment_id: int) -> Response:
    """Show a picture."""
    return _serve(attachment_id, "picture_opened", read_contents, inline=True)


@blueprint.get("/download")
@open_to(Role.STAFF)
def download(attachment_id: int) -> Response:
    """Download a picture or file."""
    return _serve(attachment_id, "file_downloaded", read_contents, inline=False)


def _serve(
    attachment_id: int, action: str, read: Callable[[FileStore, Attachment], bytes | None], *, inline: bool
) -> Response:
    """Answer with a stored attachment, after recording who gets it."""
    services = services_of(current_app)
    with services.database.write() as session:
        attachment, conversation = _own_attachment(session, attachment_id)
        if inline and attachment.kind != AttachmentKind.PICTURE:
            abort(404)
        if not inline or not _is_looking(session, conversation.id, action, attachment_id):
            record_on_conversation(session, conversation.id, conversation.practice, action, attachment=attachment_id)
    try:
        contents = read(services.files, attachment)
    except StoreAwayError:
        raise
    except (MissingKeyError, OSError) as error:
        log.error("attachment_not_read", attachment_id=attachment_id, error=type(error).__name__)
        contents = None
    if contents is None:
        abort(404, LOST)
    return file_answer(contents, attachment.content_type, f"attachment-{attachment_id}", inline=inline)


def _own_attachment(session: Session, attachment_id: int) -> tuple[Attachment, Conversation]:
    """Return a stored attachment of the signed-in member's practices with its conversation, or abort with 404."""
    belongs_to = func.coalesce(Attachment.conversation_id, Message.conversation_id)
    query = (
        select(Attachment, Conversation)
        .outerjoin(Attachment.message)
        .join(Conversation, Conversation.id == belongs_to)
        .where(
            Attachment.id == attachment_id,
            Attachment.state == AttachmentState.STORED,
            is_visible_to(member().id),
            Conversation.practice.in_(member().reachable),
        )
    )
    found = session.execute(query).one_or_none() or abort(404)
    return found[0], found[1]


def _is_looking(session: Session, conversation_id: int, action: str, attachment_id: int) -> bool:
    """Return whether the audit trail has it that the member was shown the same a short time ago, as pages refresh."""
    shown = select(AuditEntry.detail).where(
        AuditEntry.subject == f"conversation:{conversation_id}",
        AuditEntry.action == action,
        AuditEntry.staff_id == member().id,
        AuditEntry.at > now() - LOOKING,
    )
    return any(detail.get("attachment") == attachment_id for detail in session.scalars(shown))
