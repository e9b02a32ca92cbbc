"""Webhooks as Twilio sends them, judged by twilio-python's own signature check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from tests.standins.conftest import SERVICE_SID
from tests.standins.loopback import LoopbackServer, Request, Response
from tests.standins.twilio import ACCOUNT_SID, AUTH_TOKEN, DEMO_NUMBER, Signature, TwilioStandIn, sign

PATIENT = "+12025550123"
PUBLIC = "https://intake.example.com"
SMS_URL = f"{PUBLIC}/twilio/sms"
STATUS_URL = f"{PUBLIC}/twilio/sms/status?delivery=7&note=a%20b"


class Product(LoopbackServer):
    """Where the webhooks arrive; answers what the test sets."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = Response(200, str(MessagingResponse()).encode(), {"Content-Type": "text/xml"})
        self.received: list[Request] = []

    def respond(self, request: Request) -> Response:
        self.received.append(request)
        return self.answer

    @property
    def form(self) -> dict[str, str]:
        fields = parse_qs(self.received[-1].body.decode(), keep_blank_values=True)
        return {name: value for name, [value] in fields.items()}

    def accepts_signature(self, public_url: str) -> bool:
        signature = self.received[-1].headers.get("X-Twilio-Signature", "")
        return bool(RequestValidator(AUTH_TOKEN).validate(public_url, self.form, signature))


@pytest.fixture
def product() -> Iterator[Product]:
    with Product() as running:
        yield running


# The signature


@pytest.mark.parametrize("url", [SMS_URL, STATUS_URL, "http://127.0.0.1:8000/twilio/sms", PUBLIC + ":8443/x"])
@pytest.mark.parametrize("form", [{}, {"Body": "Grüße 😀 & more = fun", "Empty": ""}, {"b": "1", "B": "2", "a": "3"}])
def test_twilio_python_accepts_the_signature(url: str, form: dict[str, str]) -> None:
    assert RequestValidator(AUTH_TOKEN).validate(url, form, sign(AUTH_TOKEN, url, form.items()))


def test_twilio_python_refuses_a_signature_over_anything_else() -> None:
    validator = RequestValidator(AUTH_TOKEN)
    signature = sign(AUTH_TOKEN, SMS_URL, [("Body", "hello")])
    assert not validator.validate(SMS_URL, {"Body": "hullo"}, signature)
    assert not validator.validate(SMS_URL + "?x=1", {"Body": "hello"}, signature)
    assert not RequestValidator("another token").validate(SMS_URL, {"Body": "hello"}, signature)


# Inbound messages


def test_posts_a_signed_message_with_all_parameters(standin: TwilioStandIn, product: Product) -> None:
    answer = standin.incoming_sms(f"{product.url}/twilio/sms", SMS_URL, PATIENT, DEMO_NUMBER, "Is Dr. Öz in? 😀")
    assert answer.status == 200
    assert answer.twiml is not None
    assert len(answer.twiml) == 0

    [request] = product.received
    assert (request.method, request.path) == ("POST", "/twilio/sms")
    assert request.headers["User-Agent"] == "TwilioProxy/1.1"
    assert request.headers.get_content_type() == "application/x-www-form-urlencoded"
    assert product.accepts_signature(SMS_URL)
    sid = product.form["MessageSid"]
    assert product.form["SmsSid"] == product.form["SmsMessageSid"] == sid
    assert sid.startswith("SM")
    expected = {
        "AccountSid": ACCOUNT_SID,
        "From": PATIENT,
        "To": DEMO_NUMBER,
        "Body": "Is Dr. Öz in? 😀",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
    }
    assert expected.items() <= product.form.items()
    places = {f"{side}{part}" for side in ("From", "To") for part in ("City", "State", "Zip", "Country")}
    assert places <= product.form.keys()
    assert "MessagingServiceSid" not in product.form


def test_keeps_the_query_of_the_url(standin: TwilioStandIn, product: Product) -> None:
    standin.incoming_sms(f"{product.url}/twilio/sms?a=b", f"{SMS_URL}?a=b", PATIENT, DEMO_NUMBER, "Hello")
    assert product.received[0].target == "/twilio/sms?a=b"
    assert product.accepts_signature(f"{SMS_URL}?a=b")


def test_posts_pictures_and_the_messaging_service(standin: TwilioStandIn, product: Product) -> None:
    standin.incoming_sms(
        product.url,
        SMS_URL,
        PATIENT,
        DEMO_NUMBER,
        "",
        messaging_service_sid=SERVICE_SID,
        media=[("https://api.twilio.com/rash.jpg", "image/jpeg"), ("https://api.twilio.com/b", "image/png")],
    )
    expected = {
        "NumMedia": "2",
        "MediaUrl0": "https://api.twilio.com/rash.jpg",
        "MediaContentType0": "image/jpeg",
        "MediaUrl1": "https://api.twilio.com/b",
        "MediaContentType1": "image/png",
        "MessagingServiceSid": SERVICE_SID,
        "Body": "",
    }
    assert expected.items() <= product.form.items()
    assert product.form["MessageSid"].startswith("MM")
    assert product.accepts_signature(SMS_URL)


def test_repeats_a_delivery_under_the_same_sid(standin: TwilioStandIn, product: Product, client: Client) -> None:
    sid = "SM" + "1" * 32
    for _ in range(2):
        standin.incoming_sms(product.url, SMS_URL, PATIENT, DEMO_NUMBER, "Hello", message_sid=sid)
        assert product.form["MessageSid"] == sid
    [listed] = client.messages.list(from_=PATIENT)
    assert (listed.sid, listed.direction, listed.status) == (sid, "inbound", "received")
    assert standin.messages == []


def test_adds_and_leaves_out_parameters(standin: TwilioStandIn, product: Product) -> None:
    standin.incoming_sms(product.url, SMS_URL, PATIENT, DEMO_NUMBER, "STOP", OptOutType="STOP", From=None)
    assert product.form["OptOutType"] == "STOP"
    assert "From" not in product.form
    assert product.accepts_signature(SMS_URL)


@pytest.mark.parametrize(("signature", "sent"), [("bm90IGl0", "bm90IGl0"), (Signature.MISSING, None)])
def test_a_forged_message_is_not_signed_and_not_twilios(
    standin: TwilioStandIn, product: Product, client: Client, signature: str | Signature, sent: str | None
) -> None:
    product.answer = Response(403)
    answer = standin.incoming_sms(product.url, SMS_URL, PATIENT, DEMO_NUMBER, "Hello", signature=signature)
    assert answer.status == 403
    assert answer.twiml is None
    assert product.received[0].headers.get("X-Twilio-Signature") == sent
    assert not product.accepts_signature(SMS_URL)
    assert client.messages.list() == []


def test_reads_a_reply_in_twiml(standin: TwilioStandIn, product: Product) -> None:
    reply = MessagingResponse()
    reply.message("We open at 8.")
    product.answer = Response(200, str(reply).encode(), {"Content-Type": "application/xml; charset=utf-8"})
    twiml = standin.incoming_sms(product.url, SMS_URL, PATIENT, DEMO_NUMBER, "Hello").twiml
    assert twiml is not None
    assert [message.text for message in twiml.iter("Message")] == ["We open at 8."]


@pytest.mark.parametrize(
    ("body", "content_type", "complaint"),
    [
        ("<Response/>", "text/plain", "12300"),
        ("<Response/>", "application/json", "12300"),
        ("", "text/xml", "12100"),
        ("<Response>", "text/xml", "12100"),
        ("<html></html>", "text/html", "12100"),
        ("<Response><Say>private</Say></Response>", "text/xml", "12200"),
        ("<Response><Message><Play/></Message></Response>", "text/xml", "12200"),
    ],
)
def test_complains_of_an_answer_twilio_could_not_read(
    standin: TwilioStandIn, product: Product, body: str, content_type: str, complaint: str
) -> None:
    product.answer = Response(200, body.encode(), {"Content-Type": content_type})
    with pytest.raises(AssertionError, match=complaint) as raised:
        standin.incoming_sms(product.url, SMS_URL, PATIENT, DEMO_NUMBER, "Hello")
    assert "private" not in str(raised.value)


# Status callbacks


def accepted(client: Client, **parameters: str) -> str:
    message = {"to": PATIENT, "from_": DEMO_NUMBER, "body": "Hello", "status_callback": STATUS_URL}
    return str(client.messages.create(**message | parameters).sid)


def test_reports_a_status_signed_for_the_public_url(standin: TwilioStandIn, product: Product, client: Client) -> None:
    standin.callback_base = product.url
    product.answer = Response(204)
    sid = accepted(client)
    assert standin.deliver(sid, "delivered").status == 204
    assert product.received[0].target == "/twilio/sms/status?delivery=7&note=a%20b"
    assert product.accepts_signature(STATUS_URL)
    done = product.form["RawDlrDoneDate"]
    assert re.fullmatch("[0-9]{10}", done)
    expected = {
        "MessageSid": sid,
        "SmsSid": sid,
        "MessageStatus": "delivered",
        "SmsStatus": "delivered",
        "To": PATIENT,
        "From": DEMO_NUMBER,
        "AccountSid": ACCOUNT_SID,
        "ApiVersion": "2010-04-01",
    }
    assert product.form == expected | {"RawDlrDoneDate": done}
    assert client.messages(sid).fetch().status == "delivered"


def test_reports_a_failure_with_its_error_code(standin: TwilioStandIn, product: Product, client: Client) -> None:
    standin.callback_base = product.url
    sid = accepted(client, messaging_service_sid=SERVICE_SID, from_="")
    standin.deliver(sid, "undelivered", error_code=30003)
    assert product.form["ErrorCode"] == "30003"
    assert product.form["MessagingServiceSid"] == SERVICE_SID
    fetched = client.messages(sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)


def test_reports_in_any_order_while_the_message_only_moves_forward(
    standin: TwilioStandIn, product: Product, client: Client
) -> None:
    standin.callback_base = product.url
    sid = accepted(client)
    reported = []
    for status in ("delivered", "sent", "delivered", "queued"):
        standin.deliver(sid, status)
        reported.append(product.form["MessageStatus"])
    assert reported == ["delivered", "sent", "delivered", "queued"]
    assert client.messages(sid).fetch().status == "delivered"


def test_posts_to_the_callback_itself_when_it_is_reachable(
    standin: TwilioStandIn, product: Product, client: Client
) -> None:
    url = f"{product.url}/status"
    standin.deliver(accepted(client, status_callback=url), "sent")
    assert product.received[0].path == "/status"
    assert product.accepts_signature(url)


def test_reports_can_be_forged(standin: TwilioStandIn, product: Product, client: Client) -> None:
    standin.callback_base = product.url
    standin.deliver(accepted(client), "sent", signature="bm90IGl0")
    assert not product.accepts_signature(STATUS_URL)


def test_there_is_no_report_without_a_callback(standin: TwilioStandIn, client: Client) -> None:
    sid = client.messages.create(to=PATIENT, from_=DEMO_NUMBER, body="Hello").sid
    with pytest.raises(ValueError, match="StatusCallback"):
        standin.deliver(sid, "sent")
    with pytest.raises(ValueError, match="StatusCallback"):
        standin.deliver("SM" + "0" * 32, "sent")
