"""Adding pictures and PDFs to the draft of a reply: checked like a patient's, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from flask import Blueprint, Response, abort, current_app, jsonify, render_template, request
from sqlalchemy.orm import Session

from inbox.attachments.rows import MOST_BYTES, keep_contents
from inbox.models import Attachment, AttachmentKind, Refusal, Role
from inbox.replies.files import MOST_REPLY_FILES, add_draft_file, are_pictures, delete_draft_file, draft_files
from intake.practices import Practice
from intake.vocabulary import Medium
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.attachment_queries import show_draft_files
from staff.security import allow_large_bodies
from tasks.attachments.content import Checked, check
from tasks.attachments.rendering import render
from web.services import services_of

blueprint = Blueprint("reply_files", __name__, url_prefix="/staff/conversations/<int:conversation_id>/files")

LONGEST_NAME = 100
MOST_BYTES_BY_TEXT, MOST_BYTES_BY_EMAIL = 5 * 1024 * 1024, 15 * 1024 * 1024
_SENT = (AttachmentKind.PICTURE, AttachmentKind.PDF)
_UNSUPPORTED = "Only pictures (JPEG, PNG, GIF, or WebP) and PDFs can be sent."
_REFUSALS = {
    Refusal.TOO_LARGE: "A file can have at most 10 MB. Send a smaller one.",
    Refusal.TOO_MANY_PIXELS: "This picture is too large to open safely. Make it smaller first.",
    Refusal.DAMAGED: "This picture is damaged and can’t be opened.",
}


@blueprint.post("")
@open_to(Role.STAFF)
def add(conversation_id: int) -> Response:
    """Check a file and keep it with the member's draft; answer with the draft's files, as HTML."""
    services = services_of(current_app)
    with services.database.read() as session:
        own_conversation(session, conversation_id)
    contents = request.get_data(cache=False)
    if not contents:
        with services.database.read() as session:
            return _answer(session, conversation_id)
    checked = check(contents, render)
    if isinstance(checked, Refusal) or checked.kind not in _SENT:
        abort(422, _REFUSALS.get(checked, _UNSUPPORTED) if isinstance(checked, Refusal) else _UNSUPPORTED)
    kept = keep_contents(services.database, services.files, checked.contents, checked.thumbnail)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        if len(draft_files(session, conversation_id, member().id)) >= MOST_REPLY_FILES:
            abort(409, f"A reply can have at most {MOST_REPLY_FILES} files. Send the others with the next one.")
        attachment = _describe(conversation_id, checked)
        add_draft_file(session, attachment, kept)
        practice = conversation.practice
        record_on_conversation(session, conversation_id, practice, "file_attached", attachment=attachment.id)
        return _answer(session, conversation_id)


@blueprint.post("/<int:file_id>/remove")
@open_to(Role.STAFF)
def remove(conversation_id: int, file_id: int) -> Response:
    """Delete a file of the member's draft; answer with the files that are left, as HTML."""
    with services_of(current_app).database.write() as session:
        own_conversation(session, conversation_id, lock=True)
        if not delete_draft_file(session, conversation_id, member().id, file_id):
            abort(404)
        return _answer(session, conversation_id)


allow_large_bodies(f"{blueprint.name}.{add.__name__}", MOST_BYTES)


def why_not_sent(files: Sequence[Attachment], medium: Medium, text: str, practice: Practice) -> str:
    """Return why files cannot go out with a reply, empty if they can."""
    if not files:
        return ""
    size = sum(file.size or 0 for file in files)
    match medium:
        case Medium.SMS if not practice.picture_texts:
            return "This practice doesn’t send pictures by text. Remove the files, or answer in another way."
        case Medium.SMS if not are_pictures(files):
            return "A text can carry pictures, but no PDF. Remove the PDF, or answer in another way."
        case Medium.SMS if not text.strip():
            return "Write a few words with the picture, so that the patient knows who sends it."
        case Medium.SMS if size > MOST_BYTES_BY_TEXT:
            return "The pictures are too large for a text: 5 MB in all. Remove some of them."
        case Medium.EMAIL if size > MOST_BYTES_BY_EMAIL:
            return "The files are too large for an email: 15 MB in all. Remove some of them."
    return ""


def _describe(conversation_id: int, checked: Checked) -> Attachment:
    return Attachment(
        conversation_id=conversation_id,
        staff_id=member().id,
        name=unquote(request.headers.get("File-Name", ""))[:LONGEST_NAME] or None,
        kind=checked.kind,
        content_type=checked.content_type,
        width=checked.width,
        height=checked.height,
    )


def _answer(session: Session, conversation_id: int) -> Response:
    files = show_draft_files(draft_files(session, conversation_id, member().id))
    base = f"/staff/conversations/{conversation_id}"
    return jsonify(html=render_template("staff/reply_files.html", draft_files=files, base=base))
