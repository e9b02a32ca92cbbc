"""A stand-in for Twilio's Messages API and for the webhooks Twilio sends."""

from tests.standins.twilio.api_request import ApiRequest
from tests.standins.twilio.calls import IncomingCall
from tests.standins.twilio.faults import Fault, Operation
from tests.standins.twilio.messages import Message
from tests.standins.twilio.signing import Signature, sign
from tests.standins.twilio.standin import ACCOUNT_SID, AUTH_TOKEN, DEMO_NUMBER, UNTIL_REVEALED, TwilioStandIn
from tests.standins.twilio.webhooks import WebhookAnswer

__all__ = [
    "ACCOUNT_SID",
    "AUTH_TOKEN",
    "DEMO_NUMBER",
    "UNTIL_REVEALED",
    "ApiRequest",
    "Fault",
    "IncomingCall",
    "Message",
    "Operation",
    "Signature",
    "TwilioStandIn",
    "WebhookAnswer",
    "sign",
]
