"""Removing the sample conversations of a new service."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, flash, redirect
from werkzeug.wrappers import Response

from inbox.models import Role
from inbox.retention.erasure import erase_conversations
from intake.errors import IntakeError
from staff.auth.access import member, open_to, record_on_conversation
from staff.conversations.inbox import INBOX
from tasks.pubsub import topics_of
from tasks.samples import remove_colleague, sample_conversations
from web.services import services_of

blueprint = Blueprint("samples", __name__, url_prefix="/staff/samples")


@blueprint.post("/remove")
@open_to(Role.STAFF)
def remove() -> Response:
    """Delete the sample conversations of the member's practices, with all that was done in them."""
    services = services_of(current_app)
    with services.database.write() as session:
        samples = sample_conversations(session, list(member().practices))
        for sample in samples:
            record_on_conversation(session, sample.id, sample.practice, "sample_removed")
        topics = tuple(topic for sample in samples for topic in topics_of(sample.id, sample.practice))
        count = len(samples)
        try:
            erase_conversations(session, samples)
            remove_colleague(session)
        except IntakeError as error:
            abort(409, f"Not removed: {error}.")
    services.queue.announce(*topics)
    flash(f"{count} samples removed." if count != 1 else "1 sample removed.")
    return redirect(INBOX, 303)
