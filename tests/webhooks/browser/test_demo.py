"""The page at `/`: a practice's site for everyone, and in demo mode a phone that plays a patient."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
import requests
from itsdangerous import URLSafeTimedSerializer

from classifier import Classifier
from classifier.understanding import SecondIntent
from inbox.models import Conversation, Delivery, DeliveryState, Message, OptOut, TextConsent, Voicemail
from intake.settings import Settings
from intake.vocabulary import Disposition, Language
from templates.text_consent import whole_wording
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.told_classifier import EMERGENCY, PERSON, sure_of, tell
from tests.world import WIDGET_KEY
from webhooks.browser import demo_phone

PRICES = "How much does a physical cost if I pay cash, no insurance?"
HEADER = "Demo-Phone"


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.tags if name == tag]


class Visitor:
    """A visitor's page, as far as HTTP goes."""

    def __init__(self, base: str, token: str | None = None) -> None:
        self.base, self.token = base, token

    def call(self, method: str, **options: Any) -> requests.Response:
        """Asks as the page's script does."""
        headers = {"Sec-Fetch-Site": "same-origin"} | ({} if self.token is None else {HEADER: self.token})
        answer = requests.request(method, f"{self.base}/demo/messages", headers=headers, timeout=30, **options)
        self.token = answer.headers.get(HEADER, self.token)
        return answer

    def send(self, channel: str, text: str) -> requests.Response:
        """Sends something from the phone."""
        return self.call("POST", json={"channel": channel, "text": text})

    def state(self) -> dict[str, Any]:
        """What the phone shows."""
        answer = self.call("GET")
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was sent from the phone."""
        sent: list[dict[str, Any]] = self.state()["messages"]
        return sent


@pytest.fixture
def demo_settings(settings: Settings) -> Settings:
    """Settings as `intake up` makes them where there is no Twilio account."""
    return settings.model_copy(update={"demo_mode": True, "twilio_account_sid": None})


@pytest.fixture
def demo(demo_settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> Iterator[Service]:
    with Service(demo_settings, classifier, twilio) as running:
        yield running


@pytest.fixture
def visitor(demo: Service) -> Visitor:
    """A visitor who has just got a phone."""
    came = Visitor(demo.url)
    came.state()
    return came


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def page_of(service: Service) -> tuple[requests.Response, Page]:
    answer = requests.get(f"{service.url}/", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer, Page(answer.text)


# ---- the site


def test_the_page_is_the_site_of_the_first_practice_with_a_chat(service: Service) -> None:
    _, page = page_of(service)

    for said in ("Maple Street", "(202) 555-0100", "A first visit is $120 to $180", "12:00 AM – 11:59 PM", "Open now"):
        assert said in page.text
    [chat] = [script for script in page.all("script") if "data-practice" in script]
    assert chat == {"async": None, "src": "/chat/widget.js", "data-practice": WIDGET_KEY}
    assert "https://maple.example/book" in [link.get("href") for link in page.all("a")]


@pytest.mark.parametrize("mode", ["demo", "service"])
def test_nothing_on_the_page_is_inline_or_from_elsewhere(mode: str, request: pytest.FixtureRequest) -> None:
    answer, page = page_of(request.getfixturevalue(mode))

    policy = answer.headers["Content-Security-Policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    assert page.all("style") == []
    assert all("src" in script for script in page.all("script"))
    for _, attributes in page.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
    loaded = [element.get("src") for tag in ("script", "img") for element in page.all(tag)]
    loaded += [link.get("href") for link in page.all("link")]
    assert all(re.match(r"/[a-z]", str(address)) for address in loaded)


@pytest.mark.parametrize("mode", ["demo", "service"])
def test_everything_that_the_page_loads_is_there(mode: str, request: pytest.FixtureRequest) -> None:
    running: Service = request.getfixturevalue(mode)
    _, page = page_of(running)
    loaded = {str(element.get("src")) for tag in ("script", "img") for element in page.all(tag)}
    loaded |= {str(link.get("href")) for link in page.all("link")}

    for address in loaded:
        answer = requests.get(running.url + address, timeout=30)
        assert answer.status_code == 200, address
        again = requests.get(running.url + address, headers={"If-None-Match": answer.headers["ETag"]}, timeout=30)
        assert again.status_code == 304, address


@pytest.mark.parametrize("name", ["page.html", "phone.html", "__init__.py", "nothing.css", "..%2fdemo%2fpage.html"])
def test_nothing_else_can_be_loaded(service: Service, name: str) -> None:
    assert requests.get(f"{service.url}/demo/assets/{name}", timeout=30).status_code == 404


def test_the_contact_form_goes_to_the_practice(service: Service) -> None:
    _, page = page_of(service)
    [form] = [form for form in page.all("form") if form.get("action")]
    names = {field.get("name") for tag in ("input", "textarea") for field in page.all(tag)}

    assert (form["method"], form["action"]) == ("post", "/forms/demo")
    assert {"name", "email", "phone", "message", "website"} <= names
    posted = requests.post(
        f"{service.url}{form['action']}",
        json={"message": PRICES, "email": "maria@example.com"},
        headers={"Origin": "https://intake.example.com"},
        timeout=30,
    )
    assert posted.status_code == 202
    assert [message.text for message in service.rows(Message)] == [PRICES]


def test_the_forms_phone_field_shows_what_giving_a_number_agrees_to_and_says_so(service: Service) -> None:
    _, page = page_of(service)
    wording = whole_wording(service.context.practices.require("demo"), Language.EN)
    hidden = {field["name"]: field["value"] for field in page.all("input") if field.get("type") == "hidden"}
    [phone] = [field for field in page.all("input") if field.get("name") == "phone"]

    assert wording in page.text
    assert phone["aria-describedby"] in [part.get("id") for part in page.all("p")]
    posted = requests.post(
        f"{service.url}/forms/demo",
        data=hidden | {"message": PRICES, "phone": "202-555-0123"},
        headers={"Origin": "https://intake.example.com"},
        timeout=30,
    )
    assert posted.status_code == 202
    assert [row.wording for row in service.rows(TextConsent)] == [wording]


def test_words_of_the_practices_file_are_words_and_not_html(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    text = settings.practices_file.read_text().replace('name = "Maple Street"', 'name = "<script>alert(1)</script>"')
    settings.practices_file.write_text(text)
    with Service(settings, classifier, twilio) as running:
        _, page = page_of(running)

    assert all("src" in script for script in page.all("script"))
    assert "<script>alert(1)</script>" in page.text


def test_without_any_chat_there_is_no_page(settings: Settings, classifier: Classifier, twilio: TwilioStandIn) -> None:
    text = re.sub(r"widget_key = .*\n", "", settings.practices_file.read_text())
    settings.practices_file.write_text(text)
    with Service(settings, classifier, twilio) as running:
        answer = requests.get(f"{running.url}/", timeout=30)

    assert error_of(answer) == (404, "no_chat")


# ---- no phone without demo mode


def test_without_demo_mode_there_is_no_phone(service: Service) -> None:
    _, page = page_of(service)
    visitor = Visitor(service.url)

    assert not [attributes for _, attributes in page.tags if attributes.get("id") == "phone"]
    assert "/demo/assets/phone.js" not in [script.get("src") for script in page.all("script")]
    assert visitor.call("GET").status_code == 404
    assert visitor.send("sms", PRICES).status_code == 404
    assert service.rows(Message) == []


def test_with_demo_mode_there_is_one(demo: Service) -> None:
    _, page = page_of(demo)

    assert [attributes for _, attributes in page.tags if attributes.get("id") == "phone"]
    assert "You have reached Maple Street" in page.text


# ---- a visitor plays a patient


def test_a_text_is_answered_as_a_text_and_explained(demo: Service, visitor: Visitor) -> None:
    assert visitor.send("sms", PRICES).status_code == 202
    assert visitor.state()["working"]
    demo.work()

    state = visitor.state()
    [message] = state["messages"]
    assert not state["working"]
    assert (message["channel"], message["text"]) == ("sms", PRICES)
    assert message["reply"]["text"].startswith("Maple Street: ")
    assert "A first visit is $120 to $180 without insurance." in message["reply"]["text"]
    found = message["understood"]
    assert (found["intent"], found["team"], found["priority"]) == ("Price question", "Daily summary", "low")
    assert found["confidence"] > 0.5
    assert re.match(r"confidence (0|1)\.\d\d", found["why"])


def test_a_text_takes_the_way_of_every_text(demo: Service, visitor: Visitor) -> None:
    visitor.send("sms", PRICES)
    demo.work()

    [conversation] = demo.rows(Conversation)
    assert (conversation.practice, conversation.channel) == ("demo", "sms")
    assert conversation.patient_address in demo_phone.FICTIONAL_NUMBERS
    assert demo.rows(Delivery)[0].state == DeliveryState.NOT_SENT


def test_a_voicemail_is_transcribed_and_answered_by_a_text(demo: Service, visitor: Visitor) -> None:
    assert visitor.send("voicemail", PRICES).status_code == 202
    demo.work()

    [message] = visitor.messages
    assert (message["channel"], message["understood"]["intent"]) == ("voicemail", "Price question")
    assert "$120" in message["reply"]["text"]
    [voicemail] = demo.rows(Voicemail)
    assert (voicemail.recording, voicemail.transcription, voicemail.text) == ("completed", "completed", PRICES)


def test_stop_and_start_work_as_in_texts(demo: Service, visitor: Visitor) -> None:
    for word in ("STOP", PRICES, "START"):
        visitor.send("sms", word)
        demo.work()

    stop, silent, start = visitor.messages
    assert stop["reply"] is not None
    assert (stop["understood"]["intent"], stop["understood"]["confidence"]) == ("Opt-out", None)
    assert silent["reply"] is None
    assert "opted out" in silent["understood"]["why"]
    assert start["reply"] is not None
    assert [row.active for row in demo.rows(OptOut)] == [False]


def test_an_emergency_is_marked_as_one(demo: Service, visitor: Visitor) -> None:
    visitor.send("sms", "chest pain since this morning")
    demo.work()

    [message] = visitor.messages
    assert message["understood"]["triage"] == "Emergency"
    assert message["understood"]["danger"] == ""
    assert message["understood"]["why"] == "sounds like an emergency"
    assert message["understood"]["team"] == "On call"


def test_the_language_and_the_second_intent_are_shown(demo: Service, visitor: Visitor) -> None:
    tell(demo, {PRICES: sure_of("price_shopper", language="es", also=(SecondIntent("complaint", 0.8),))})
    visitor.send("sms", PRICES)
    demo.work()

    [message] = visitor.messages
    shown = {name: message["understood"][name] for name in ("intent", "triage", "danger", "language", "also")}
    assert shown == {
        "intent": "Price question",
        "triage": "Routine",
        "danger": "",
        "language": "Spanish",
        "also": ["Complaint"],
    }


def test_a_request_for_a_person_is_shown_without_an_intent(demo: Service, visitor: Visitor) -> None:
    tell(demo, {PRICES: PERSON})
    visitor.send("sms", PRICES)
    demo.work()

    [message] = visitor.messages
    assert (message["understood"]["intent"], message["understood"]["confidence"]) == ("Asks for a person", None)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"confidence": 0.0, "disposition": Disposition.ACKNOWLEDGEMENT}, "No reply needed"),
        ({"confidence": 0.08, **EMERGENCY}, "Emergency"),
        ({"confidence": 0.02, "disposition": Disposition.REVIEW}, "Not sure"),
    ],
    ids=["thanks", "emergency", "unsure"],
)
def test_a_guess_that_nobody_would_trust_is_not_shown(
    demo: Service, visitor: Visitor, told: dict[str, Any], shown: str
) -> None:
    tell(demo, {PRICES: sure_of("billing_inquiry", **told)})
    visitor.send("sms", PRICES)
    demo.work()

    [message] = visitor.messages
    assert (message["understood"]["intent"], message["understood"]["confidence"]) == (shown, None)


def test_messages_stay_in_their_order(demo: Service, visitor: Visitor) -> None:
    for channel, text in (("sms", "one"), ("voicemail", "two"), ("sms", "three")):
        visitor.send(channel, text)

    assert [(message["channel"], message["text"]) for message in visitor.messages] == [
        ("sms", "one"),
        ("voicemail", "two"),
        ("sms", "three"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"channel": "sms"},
        {"channel": "sms", "text": " "},
        {"channel": "sms", "text": 5},
        {"channel": "sms", "text": "x" * 1601},
        {"channel": "email", "text": "Hello"},
        {"text": "Hello"},
        ["Hello"],
    ],
    ids=["no text", "blank", "number", "too long", "other channel", "no channel", "list"],
)
def test_what_cannot_be_sent_is_refused(demo: Service, visitor: Visitor, body: Any) -> None:
    answer = visitor.call("POST", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("invalid_parameter", "invalid_json")
    assert demo.rows(Message) == []


# ---- every visitor has a phone of their own


def test_a_visitor_keeps_the_number_and_gets_one_that_is_not_the_practices(demo: Service, visitor: Visitor) -> None:
    number = visitor.state()["number"]

    assert re.fullmatch(r"\(\d{3}\) 555-01\d\d", number)
    assert visitor.state()["number"] == number
    numbers = {Visitor(demo.url).state()["number"] for _ in range(60)}
    assert len(numbers) > 10
    assert not numbers & {"(202) 555-0100", "(202) 555-0111"}


def test_a_number_that_somebody_has_written_from_is_not_given_out_again(
    demo: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_phone, "FICTIONAL_NUMBERS", ("+12025550143", "+12025550144"))
    monkeypatch.setattr(demo_phone, "DRAWS", 100)
    first, second = Visitor(demo.url), Visitor(demo.url)
    numbers = set()
    for each in (first, second):
        numbers.add(each.state()["number"])
        each.send("sms", PRICES)

    assert numbers == {"(202) 555-0143", "(202) 555-0144"}


def test_another_visitor_sees_nothing_of_mine(demo: Service, visitor: Visitor) -> None:
    visitor.send("sms", PRICES)
    visitor.send("voicemail", PRICES)
    demo.work()

    assert Visitor(demo.url).messages == []
    assert len(visitor.messages) == 2


def test_not_even_one_who_was_given_the_same_number(demo: Service, visitor: Visitor, demo_settings: Settings) -> None:
    phones = demo_phone.Phones(demo_settings.secret_keys)
    mine = phones.find(str(visitor.token))
    assert mine is not None
    double = Visitor(demo.url, phones.token(demo_phone.Phone("0" * 16, mine.number)))
    visitor.send("sms", PRICES)
    demo.work()

    assert double.state()["number"] == visitor.state()["number"]
    assert double.messages == []


@pytest.mark.parametrize("token", ["", "nonsense", "signed elsewhere"])
def test_a_token_that_is_none_gets_a_new_phone_and_sends_nothing(demo: Service, visitor: Visitor, token: str) -> None:
    visitor.send("sms", PRICES)
    mine = demo_phone.Phones(demo.settings.secret_keys).find(str(visitor.token))
    assert mine is not None
    forged = URLSafeTimedSerializer("another secret key", salt="demo phone").dumps([mine.visitor, mine.number])
    stranger = Visitor(demo.url, str(forged) if token == "signed elsewhere" else token)

    assert error_of(stranger.send("sms", "Hello")) == (401, "invalid_token")
    assert stranger.messages == []
    assert stranger.token != token
    assert stranger.send("sms", "Hello").status_code == 202


def test_no_message_of_a_real_patient_is_ever_shown(demo: Service, visitor: Visitor) -> None:
    mine = demo_phone.Phones(demo.settings.secret_keys).find(str(visitor.token))
    assert mine is not None
    demo.text("A text that came through Twilio", from_=mine.number)

    assert visitor.messages == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://intake.example.com"}, 403),
        ({"Origin": "https://maple.example"}, 403),
        ({"Origin": "https://intake.example.com"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
def test_only_the_page_itself_uses_the_phone(demo: Service, headers: dict[str, str], status: int) -> None:
    answer = requests.get(f"{demo.url}/demo/messages", headers=headers, timeout=30)

    assert answer.status_code == status
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_a_flood_from_one_address_is_cut_off(visitor: Visitor) -> None:
    assert {visitor.send("sms", "Hello").status_code for _ in range(30)} == {202}

    refused = visitor.send("sms", "Hello")
    assert error_of(refused) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
