"""Exporting a conversation for other systems, to members of its practice."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app

from inbox.exports.fhir_bundle import export_conversation
from inbox.models import Role, now
from staff.auth.access import open_to, record_on_conversation
from staff.patients.access import unborrowed_conversation
from web.services import services_of

blueprint = Blueprint("exports", __name__, url_prefix="/staff/conversations/<int:conversation_id>")


@blueprint.get("/fhir.json")
@open_to(Role.STAFF)
def fhir(conversation_id: int) -> Response:
    """Download a conversation as a FHIR R4 Bundle."""
    services = services_of(current_app)
    with services.database.write() as session:
        conversation = unborrowed_conversation(session, conversation_id)
        bundle = export_conversation(session, conversation, now(), services.settings.public_url)
        record_on_conversation(session, conversation_id, conversation.practice, "fhir_exported")
    response = Response(json.dumps(bundle, ensure_ascii=False), mimetype="application/fhir+json")
    response.headers["Content-Disposition"] = f'attachment; filename="conversation-{conversation_id}.fhir.json"'
    response.headers["Cache-Control"] = "no-store, private"
    return response
