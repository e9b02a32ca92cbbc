"""A fictional channel: a kiosk in the waiting room, answered by text. It is copied into `webhooks/browser/`."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from inbox.incoming.inbound import InboundMessage
from intake.vocabulary import Channel
from web.errors import RequestError
from web.services import services_of
from webhooks.browser.request_fields import json_object, phone_number

blueprint = Blueprint("kiosk", __name__, url_prefix="/kiosk")


@blueprint.post("/<slug>")
def receive(slug: str) -> tuple[Response, int]:
    """Store what a patient typed on the kiosk."""
    services = services_of(current_app)
    practice = services.practices.by_slug(slug)
    if practice is None:
        raise RequestError(404, "unknown_practice", "No practice has this slug.")
    body = json_object(request)
    recorded = services.receive(
        InboundMessage(
            practice=practice.slug,
            channel=Channel("kiosk"),
            provider="kiosk",
            provider_id=str(body["id"]),
            patient_address=phone_number(str(body["phone"])),
            received_on=practice.texts_from or "",
            text=str(body["text"]),
        )
    )
    return jsonify(message=recorded.message_id), 202
