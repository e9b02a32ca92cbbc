"""Webhooks as Twilio sends them, and what Twilio makes of the answer.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request and .../track-outbound-message-status.
"""

from __future__ import annotations

import contextlib
import http.client
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Headers
from urllib.parse import urlencode, urlsplit, urlunsplit
from xml.etree import ElementTree

from tests.standins.twilio.messages import API_VERSION, Message, now
from tests.standins.twilio.signing import Signature, sign

TWILIO_WAITS_SECONDS = 15.0
# text/plain would be sent to the patient as it stands.
TWIML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})
_VERBS = {"Message": frozenset({"Body", "Media"}), "Redirect": frozenset[str]()}


@dataclass(frozen=True)
class WebhookAnswer:
    """What the product answered.

    Attributes:
        twiml: the parsed document of a 200 answer to an inbound message, else None; without children it
            asks for nothing to be sent.
    """

    status: int
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    twiml: ElementTree.Element | None = field(default=None, repr=False)


def post_form(
    url: str,
    public_url: str,
    parameters: Mapping[str, str],
    auth_token: str,
    signature: str | Signature = Signature.GENUINE,
) -> WebhookAnswer:
    """Post a form to `url`, signed as if it went to `public_url`; redirects are not followed.

    Raises:
        OSError: the product cannot be reached or takes longer than the 15 seconds Twilio waits.
    """
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
    }
    if signature is Signature.GENUINE:
        signature = sign(auth_token, public_url, parameters.items())
    if isinstance(signature, str):
        headers["X-Twilio-Signature"] = signature
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TWILIO_WAITS_SECONDS)
    with contextlib.closing(connection):
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("POST", target, urlencode(parameters), headers)
        with connection.getresponse() as response:
            return WebhookAnswer(response.status, response.headers, response.read())


def inbound_parameters(message: Message, media: list[tuple[str, str]]) -> dict[str, str]:
    """What Twilio posts when a patient's message comes in; `media` holds (URL, content type) pairs."""
    parameters = {
        "ToCountry": "US",
        "ToState": "",
        "ToCity": "",
        "ToZip": "",
        "FromCountry": "US",
        "FromState": "NJ",
        "FromCity": "NEWTON",
        "FromZip": "07860",
        "SmsMessageSid": message.sid,
        "SmsSid": message.sid,
        "MessageSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": message.account_sid,
        "From": message.from_ or "",
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(len(media)),
        "NumSegments": message.num_segments,
        "ApiVersion": API_VERSION,
    }
    if message.messaging_service_sid:
        parameters["MessagingServiceSid"] = message.messaging_service_sid
    for index, (url, content_type) in enumerate(media):
        parameters |= {f"MediaUrl{index}": url, f"MediaContentType{index}": content_type}
    return parameters


def status_parameters(message: Message, status: str, error_code: int | None) -> dict[str, str]:
    """What Twilio posts to a message's StatusCallback."""
    parameters = {
        "SmsSid": message.sid,
        "SmsStatus": status,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "To": message.to,
        "From": message.from_ or "",
        "AccountSid": message.account_sid,
        "ApiVersion": API_VERSION,
    }
    if message.messaging_service_sid:
        parameters["MessagingServiceSid"] = message.messaging_service_sid
    if error_code is not None:
        parameters["ErrorCode"] = str(error_code)
    if status in {"delivered", "undelivered"}:
        parameters["RawDlrDoneDate"] = now().strftime("%y%m%d%H%M")
    return parameters


def read_twiml(answer: WebhookAnswer) -> ElementTree.Element:
    """The TwiML of a 200 answer to a message.

    Raises:
        AssertionError: Twilio could not read it (its errors 12300, 12100 and 12200); nothing of the document
            is quoted, as it may hold a patient's words.
    """
    document = parse_twiml(answer)
    for verb in document:
        if verb.tag not in _VERBS or not _VERBS[verb.tag].issuperset(noun.tag for noun in verb):
            raise AssertionError(f"12200: {verb.tag} is not a messaging verb, or has nouns it cannot have")
    return document


def parse_twiml(answer: WebhookAnswer) -> ElementTree.Element:
    """A document of TwiML, whatever its verbs.

    Raises:
        AssertionError: the answer is none (Twilio's errors 12300 and 12100).
    """
    content_type = answer.headers.get_content_type()
    if content_type not in TWIML_TYPES:
        raise AssertionError(f"12300: expected TwiML as one of {sorted(TWIML_TYPES)}, got {content_type}")
    try:
        document = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError:
        raise AssertionError("12100: the answer is not well-formed XML") from None
    if document.tag != "Response":
        raise AssertionError(f"12100: expected the root element Response, got {document.tag}")
    return document
