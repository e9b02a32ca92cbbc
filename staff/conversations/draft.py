"""Keeping what a member types for a conversation, while it is typed. Saving leaves no entry in the audit trail."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, jsonify, request

from inbox.models import DraftKind, Role
from inbox.replies.drafts import LONGEST_DRAFT, read_draft, save_draft
from intake.vocabulary import Channel
from staff.auth.access import member, open_to, own_conversation
from staff.conversations.conversation_queries import read_language, read_reach
from staff.conversations.reply import was_sent, wording_for
from staff.live import Writers
from staff.security import allow_long_words
from tasks.pubsub import writers_topic
from web.services import Services, services_of
from web.typing_signs import TypingSigns

blueprint = Blueprint("draft", __name__, url_prefix="/staff/conversations/<int:conversation_id>")


@blueprint.post("/draft")
@open_to(Role.STAFF)
def keep(conversation_id: int) -> tuple[Response, int]:
    """Keep a draft and answer with its mark and what a reply is sent with; or with another tab's newer one and 409.

    It is one of a reply, unless `kind` names a note. A draft that comes after its own reply, because the network turned
    them around, is not kept.
    Colleagues see who is writing a reply, and the visitor of a chat that someone is.
    """
    text = request.form.get("text", "")
    if len(text) > LONGEST_DRAFT:
        abort(400, f"A draft can have at most {LONGEST_DRAFT} characters. Shorten it.")
    try:
        kind = DraftKind(request.form.get("kind", DraftKind.REPLY))
    except ValueError:
        abort(400, "A draft must be of a reply, a note, or a transfer.")
    seen = None if "anyway" in request.form else request.form.get("mark", "")
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = own_conversation(session, conversation_id, lock=True)
        is_chat = conversation.channel == Channel.CHAT
        before = read_draft(session, conversation_id, member().id, kind).mark
        if kind is DraftKind.REPLY and was_sent(session, request.form.get("form_id", "")):
            text = ""
        kept, is_this = save_draft(session, conversation_id, member().id, text, seen, kind)
        practice = services.practices.require(conversation.practice)
        reach, language = read_reach(session, conversation, practice), read_language(session, conversation)
    if kind is DraftKind.REPLY and is_this and kept.mark != before:
        show_writing(services, conversation_id, is_chat=is_chat, is_writing=bool(kept.text))
    if is_this:
        before, after = wording_for(kept.text, practice, reach, language)
        return jsonify(mark=kept.mark, before=before, after=after), 200
    return jsonify(mark=kept.mark, text=kept.text), 409


def show_writing(services: Services, conversation_id: int, *, is_chat: bool, is_writing: bool) -> None:
    """Show colleagues, and the visitor of a chat, that the signed-in member is writing a reply, or no longer is."""
    connection = services.queue.connection
    writers = Writers(connection, conversation_id)
    has_changed = writers.enter(member().id) if is_writing else writers.leave(member().id)
    if has_changed:
        services.queue.announce(writers_topic(conversation_id))
    if is_chat:
        signs = TypingSigns(connection, conversation_id)
        signs.give(member().id) if is_writing else signs.take_back()


allow_long_words(f"{blueprint.name}.{keep.__name__}", LONGEST_DRAFT)
