"""Keeping what a member types for a conversation, while it is typed. Saving leaves no entry in the audit trail."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, jsonify, request

from inbox.models import Role
from inbox.reply_drafts import LONGEST_DRAFT, read_draft, save_draft
from intake.vocabulary import Channel
from staff.auth.access import member, open_to, own_conversation
from staff.conversations.reply import was_sent
from web.services import services_of
from web.typing_signs import TypingSigns

blueprint = Blueprint("draft", __name__, url_prefix="/staff/conversations/<int:conversation_id>")


@blueprint.post("/draft")
@open_to(Role.STAFF)
def keep(conversation_id: int) -> tuple[Response, int]:
    """Keep a draft and answer with its mark; or with the newer one of another tab and 409.

    A draft that comes after its own reply, because the network turned them around, is not kept.
    The visitor of a chat sees that someone is writing.
    """
    text = request.form.get("text", "")
    if len(text) > LONGEST_DRAFT:
        abort(400, f"A draft can have at most {LONGEST_DRAFT} characters. Shorten it.")
    seen = None if "anyway" in request.form else request.form.get("mark", "")
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        is_chat, before = conversation.channel == Channel.CHAT, read_draft(session, conversation_id, member().id).mark
        if was_sent(session, request.form.get("form_id", "")):
            text = ""
        kept, is_this = save_draft(session, conversation_id, member().id, text, seen)
    if is_chat and is_this and kept.mark != before:
        signs = TypingSigns(services.queue.connection, conversation_id)
        signs.give(member().id) if kept.text else signs.take_back()
    if is_this:
        return jsonify(mark=kept.mark), 200
    return jsonify(mark=kept.mark, text=kept.text), 409
