"""Incoming texts, and status callbacks for outgoing ones."""

from __future__ import annotations

import re
from collections.abc import Sequence

import structlog
from flask import Blueprint, Request, Response, current_app, request
from twilio.twiml.messaging_response import MessagingResponse

from inbox.incoming.inbound import InboundMessage, Media
from inbox.models import Keyword
from intake import phone
from intake.errors import IntakeError
from intake.practices import Practice
from intake.vocabulary import Channel, SenderDoubt
from tasks.carriers.protocol import ProviderStatus
from tasks.delivery.status import record_status
from tasks.notification.ack_codes import answer_acknowledgement, read_acknowledgement
from tasks.notification.escalation import acknowledge_by_text
from tasks.pubsub import topics_of
from web.errors import RequestError
from web.services import Services, services_of
from webhooks.twilio.form import required
from webhooks.twilio.signature import require_twilio_signature

log = structlog.get_logger(__name__)

blueprint = Blueprint("sms", __name__, url_prefix="/twilio")

EMPTY_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
MOST_MEDIA = 10
_OTHER_APP = re.compile(r"(whatsapp|rcs|messenger):", re.IGNORECASE)
# today SM or MM and 32 hexadecimal digits, but any id will do that is not a call's or a recording's
_SID = re.compile(r"(?!CA|RE)[A-Za-z0-9]{2,64}")


@blueprint.post("/sms")
def receive() -> Response:
    """Store and queue a text; a repeat gets the same answer."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    inbound = _read_text(request, services)
    codes = read_acknowledgement(inbound.text) if _is_from_staff(inbound, services) else None
    if codes is not None:
        return _acknowledge(inbound, codes, services)
    if services.receive(inbound).practice != inbound.practice:
        raise RequestError(409, "other_message", "This MessageSid belongs to a text to another practice.")
    return Response(EMPTY_TWIML, mimetype="text/xml")


@blueprint.post("/sms/status")
def status() -> Response:
    """Apply a status callback to its delivery."""
    services = services_of(current_app)
    require_twilio_signature(request, services.settings)
    provider_status = ProviderStatus(
        provider_id=required("MessageSid", request, _SID),
        status=required("MessageStatus", request),
        error_code=request.form.get("ErrorCode") or None,
    )
    named = request.args.get("delivery", "")
    delivery_id = int(named) if named.isdecimal() and len(named) < 19 else None
    after_commit = record_status(services.database, services.practices, delivery_id, provider_status)
    if after_commit is None:
        raise RequestError(404, "unknown_message", "No delivery has this MessageSid.")
    services.queue.put_all(after_commit)
    return Response(status=204)


def _read_text(request: Request, services: Services) -> InboundMessage:
    message_sid = required("MessageSid", request, _SID)
    sender = required("From", request)
    recipient = required("To", request)
    practice = _practice(request, recipient, services)
    if other := _OTHER_APP.match(sender):
        # heard all the same, as it may be an emergency
        log.warning("written_in_another_app", app=other[1].lower(), answered_by="sms", message_sid=message_sid)
    service = request.form.get("MessagingServiceSid")
    return InboundMessage(
        practice=practice.slug,
        channel=Channel.SMS,
        provider="twilio",
        provider_id=message_sid,
        patient_address=_address(sender),
        received_on=service if service and service == practice.messaging_service_sid else _address(recipient),
        text=request.form.get("Body", ""),
        media=_media(request),
        provider_keyword=_provider_keyword(request),
        doubt=SenderDoubt.OWN_NUMBER if services.practices.is_own(_address(sender)) else None,
    )


def _is_from_staff(inbound: InboundMessage, services: Services) -> bool:
    return inbound.patient_address in services.practices.require(inbound.practice).staff_numbers


def _acknowledge(inbound: InboundMessage, codes: Sequence[str], services: Services) -> Response:
    """Acknowledge alarms for a staff member, whose text is not stored as a patient's message."""
    practice = services.practices.require(inbound.practice)
    acknowledged = acknowledge_by_text(services.database, practice, inbound.patient_address or "", codes)
    for conversation_id in acknowledged.conversations:
        services.queue.announce(*topics_of(conversation_id, practice.slug))
    answer = MessagingResponse()
    answer.message(f"{practice.name}: {answer_acknowledgement(acknowledged)}")
    return Response(str(answer), mimetype="text/xml")


def _practice(request: Request, recipient: str, services: Services) -> Practice:
    practice = services.practice_for_text(request.form.get("MessagingServiceSid"), _address(recipient))
    if practice is None:
        log.warning("unknown_number", message_sid=request.form["MessageSid"])
        raise RequestError(
            404,
            "unknown_number",
            "No practice has this number or messaging service. Add it in Settings, or to the practices file.",
        )
    return practice


def _address(value: str) -> str:
    """Return a number in E.164; a short code or a name is returned unchanged and cannot be answered."""
    try:
        return phone.normalise(value)
    except IntakeError:
        return value


def _media(request: Request) -> tuple[Media, ...]:
    count = request.form.get("NumMedia", "0")
    listed = []
    for number in range(_bounded(count, MOST_MEDIA)):
        url = request.form.get(f"MediaUrl{number}")
        if url:
            listed.append(Media(url, request.form.get(f"MediaContentType{number}", "")))
    return tuple(listed)


def _bounded(count: str, most: int) -> int:
    """Return a count, or as many as there can be; 0 if it is none."""
    if not (count.isascii() and count.isdecimal()):
        return 0
    return min(int(count), most) if len(count) <= len(str(most)) else most


def _provider_keyword(request: Request) -> Keyword | None:
    """Return the keyword that Twilio itself recognized and answered, which it does with Advanced Opt-Out."""
    value = request.form.get("OptOutType", "").lower()
    return Keyword(value) if value in set(Keyword) else None
