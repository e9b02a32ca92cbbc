"""A practice's contact form: taken from its pages, stored once, and answered where the patient asked to be."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from inbox.models import Conversation, Decision, Delivery, DeliveryState, Message, Notification, TextConsent
from intake.settings import Settings
from intake.vocabulary import Medium, Priority
from tests.service import Service
from tests.standins.smtp import SmtpStandIn
from tests.world import DEMO_NUMBER, OTHER_SITE, PATIENT, SITE

BILL = "Why was I charged twice for my visit in March?"
COMPLAINT = "I waited two hours and your receptionist was rude to me. I want to file a complaint."
EMAIL = "ana@patient.example"
STRANGER = "+12025550199"
TIMEOUT = 30
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Origin": SITE}


@pytest.fixture
def settings(settings: Settings, smtp: SmtpStandIn) -> Settings:
    return settings.model_copy(update={"smtp_url": smtp.url})


def post(service: Service, *, slug: str = "demo", origin: str | None = SITE, **options: Any) -> requests.Response:
    headers = {} if origin is None else {"Origin": origin}
    headers |= options.pop("headers", {})
    url = f"{service.url}/forms/{slug}"
    return requests.post(url, headers=headers, timeout=TIMEOUT, allow_redirects=False, **options)


def error_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


# ---- a patient asks, and is answered


def test_a_question_with_an_email_address_is_answered_by_email(service: Service, smtp: SmtpStandIn) -> None:
    answer = post(service, json={"message": BILL, "name": "Ana Lopez", "email": EMAIL, "phone": PATIENT})
    service.work()

    assert (answer.status_code, answer.json()) == (202, {"message": "received"})
    [mail] = smtp.mails
    assert (mail.sender, mail.recipient) == ("hello@maple.example", EMAIL)
    assert mail.message["Subject"] == "Your message to Maple Street"
    assert "bill" in mail.text
    assert "STOP" not in mail.text
    [delivery] = service.rows(Delivery)
    assert (delivery.medium, delivery.state) == (Medium.EMAIL, DeliveryState.SENT)
    assert service.twilio.messages == []


@pytest.mark.parametrize(
    ("contact", "promised"),
    [({}, "a manager will get back to you"), ({"phone": PATIENT}, "a manager will call you")],
    ids=["email alone", "email and phone"],
)
def test_who_complains_is_promised_a_call_only_with_a_number(
    service: Service, smtp: SmtpStandIn, contact: dict[str, str], promised: str
) -> None:
    post(service, json={"message": COMPLAINT, "email": EMAIL} | contact)
    service.work()

    assert promised in smtp.mails[0].text.replace("\n", " ")


def test_a_question_with_a_phone_number_alone_is_answered_by_text(service: Service, smtp: SmtpStandIn) -> None:
    post(service, json={"message": BILL, "phone": "(202) 555-0123"})
    service.work()

    [text] = service.twilio.messages
    assert (text.to, text.from_) == (PATIENT, DEMO_NUMBER)
    assert service.twilio.lookups == [PATIENT]  # nothing proves that it receives texts
    assert smtp.mails == []


def test_a_question_without_a_contact_goes_to_staff_and_gets_no_reply(service: Service, smtp: SmtpStandIn) -> None:
    post(service, json={"message": BILL})
    service.work()

    assert service.rows(Decision)[0].reply is None
    assert [notification.team for notification in service.rows(Notification)] == ["billing"]
    assert service.rows(Delivery) == []
    assert smtp.mails == []


def test_a_practice_without_an_email_address_answers_by_text(service: Service, smtp: SmtpStandIn) -> None:
    service.settings.practices_file.write_text(
        service.settings.practices_file.read_text().replace('email = "hello@maple.example"\n', "")
    )
    with Service(service.settings, service.context.classifier, service.twilio) as without:
        post(without, json={"message": BILL, "email": EMAIL, "phone": PATIENT})
        post(without, json={"message": BILL, "email": EMAIL})
        without.work()

    assert [text.to for text in service.twilio.messages] == [PATIENT]
    assert smtp.mails == []
    assert [message.claimed_email for message in service.rows(Message)] == [EMAIL, EMAIL]


def test_a_form_is_stored_with_who_sent_it(service: Service) -> None:
    post(service, json={"message": BILL, "name": "Ana Lopez", "email": "Ana@Patient.example", "phone": PATIENT})

    [message], [conversation] = service.rows(Message), service.rows(Conversation)
    assert (message.text, message.received_on) == (BILL, "hello@maple.example")
    assert (conversation.practice, conversation.channel) == ("demo", "web_form")
    assert (conversation.patient_name, conversation.patient_address) == ("Ana Lopez", EMAIL)
    assert (message.claimed_name, message.claimed_phone, message.claimed_email) == ("Ana Lopez", PATIENT, EMAIL)


def test_a_form_with_a_known_email_address_changes_nothing_of_what_is_known(
    service: Service, smtp: SmtpStandIn
) -> None:
    post(service, json={"message": BILL, "name": "Ana Lopez", "email": EMAIL, "phone": PATIENT})
    post(service, json={"message": "Call me", "name": "Mallory", "email": EMAIL, "phone": STRANGER})
    service.work()

    [conversation] = service.rows(Conversation)
    assert (conversation.patient_name, conversation.contact_phone) == ("Ana Lopez", None)
    assert [message.claimed_phone for message in service.rows(Message)] == [PATIENT, STRANGER]
    assert {mail.recipient for mail in smtp.mails} == {EMAIL}, "replies go where the form was filed"
    assert service.twilio.messages == []


def test_details_in_a_form_without_an_address_to_reply_to_are_kept_with_it(service: Service) -> None:
    service.settings.practices_file.write_text(
        service.settings.practices_file.read_text().replace('email = "hello@maple.example"\n', "")
    )
    with Service(service.settings, service.context.classifier, service.twilio) as without:
        post(without, json={"message": BILL, "name": "Ana Lopez", "email": EMAIL})

    [conversation] = service.rows(Conversation)
    assert (conversation.patient_address, conversation.contact_email) == (None, EMAIL)


def test_two_forms_of_one_patient_are_one_conversation(service: Service) -> None:
    for text in (BILL, "And in April too?"):
        post(service, json={"message": text, "email": EMAIL})

    assert len(service.rows(Message)) == 2
    assert len(service.rows(Conversation)) == 1


# ---- as an HTML form sends it


@pytest.mark.parametrize("sent_as", ["data", "files"], ids=["urlencoded", "multipart"])
def test_an_html_form_is_answered_with_a_page(service: Service, sent_as: str) -> None:
    values = {"message": BILL, "email": EMAIL}
    fields: Any = values if sent_as == "data" else {name: (None, value) for name, value in values.items()}
    answer = post(service, headers=BROWSER, **{sent_as: fields})

    assert answer.status_code == 202
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Thank you" in answer.text
    assert "Maple Street" in answer.text
    assert "call 911" in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert [message.text for message in service.rows(Message)] == [BILL]


def test_a_script_that_sends_a_form_is_answered_with_json(service: Service) -> None:
    answer = post(service, headers={"Accept": "application/json"}, data={"message": BILL, "email": EMAIL})

    assert (answer.status_code, answer.json()) == (202, {"message": "received"})


@pytest.mark.parametrize(
    ("accepted", "said"),
    [("en", "we have no email address or phone number for you"), ("es", "no tenemos su correo ni su teléfono")],
    ids=["en", "es"],
)
def test_who_leaves_nothing_to_write_to_is_heard_and_promised_no_answer(
    service: Service, accepted: str, said: str
) -> None:
    fields = {"message": BILL, "name": "Ana Lopez", "redirect": f"{SITE}/thanks"}
    page = post(service, headers=BROWSER | {"Accept-Language": accepted}, data=fields)
    script = post(service, json=fields | {"message": "Where do I park?"})

    assert (page.status_code, said in page.text) == (202, True)
    assert (script.status_code, script.json()) == (202, {"message": "received", "can_be_answered": False})
    assert len(service.rows(Message)) == 2


@pytest.mark.parametrize(
    ("accepted", "message", "said"),
    [
        ("en", "I keep thinking about jumping off the parking garage", ("call 911 now", "call or text 988")),
        ("es", "quiero morirme esta noche", ("llame al 911", "llame al 988 y oprima 2")),
        ("en", "my husband has crushing chest pain and can't breathe", ("call 911", "988")),
        ("en", "my son swallowed all of his grandma's pills", ("call 911", "1-800-222-1222")),
        ("en", "the finger clip says 79 today, and I'm more sleepy than usual", ("call 911", "988")),
        ("es", "la pinza del dedo marca 79 hoy", ("llame al 911", "llame al 988 y oprima 2")),
    ],
    ids=["self-harm", "self-harm, Spanish", "other", "ingestion", "reading", "reading, Spanish"],
)
def test_whose_words_may_tell_of_danger_reads_the_helplines_at_once(
    service: Service, accepted: str, message: str, said: tuple[str, ...]
) -> None:
    language = {"Accept-Language": accepted}
    form = {"message": message, "email": EMAIL, "redirect": f"{SITE}/thanks"}
    page = post(service, headers=BROWSER | language, data=form)
    script = post(service, headers=language, json=form | {"client_message_id": "another"})

    assert (page.status_code, script.status_code) == (202, 202)
    for text in (page.text, script.json()["emergency"]):
        assert all(words in text for words in said)
    assert "as soon as we can" not in page.text
    assert "Maple Street:" not in page.text


@pytest.mark.parametrize("sent_as", ["data", "files"], ids=["urlencoded", "multipart"])
def test_all_is_read_of_a_form_with_several_fields_of_one_name(service: Service, sent_as: str) -> None:
    fields = [("message", "Book"), ("email", ""), ("message", " "), ("message", "My baby is not breathing")]
    fields += [("email", EMAIL), ("email", "eva@patient.example")]
    form: Any = fields if sent_as == "data" else [(name, (None, value)) for name, value in fields]
    page = post(service, headers=BROWSER, **{sent_as: form})
    service.work()

    assert (page.status_code, "nearest emergency room now" in page.text) == (202, True)
    [message], [decision] = service.rows(Message), service.rows(Decision)
    assert (message.text, message.claimed_email) == ("Book\nMy baby is not breathing", EMAIL)
    assert decision.priority == Priority.URGENT


@pytest.mark.parametrize(
    "unusable",
    [
        {"phone": "555-1234"},
        {"email": "maria@"},
        {"phone": "x" * 300, "email": "maria@"},
        {"name": "x" * 101},
    ],
    ids=["phone", "email", "both", "name"],
)
def test_danger_is_heard_whatever_cannot_be_used_beside_it(
    service: Service, unusable: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    page = post(service, headers=BROWSER, data={"message": "My baby is not breathing"} | unusable)
    script = post(service, json={"message": "I took all my pills and want to die"} | unusable)
    service.work()

    assert (page.status_code, "nearest emergency room now" in page.text) == (202, True)
    assert (script.status_code, "988" in script.json()["emergency"]) == (202, True)
    assert [decision.priority for decision in service.rows(Decision)] == [Priority.URGENT] * 2
    messages = service.rows(Message)
    assert {(row.claimed_name, row.claimed_phone, row.claimed_email) for row in messages} == {(None, None, None)}
    assert "form_field_ignored" in "".join(capfd.readouterr())


@pytest.mark.parametrize("at", ["beginning", "end"])
def test_a_message_that_is_too_long_is_taken_if_its_words_may_tell_of_danger(service: Service, at: str) -> None:
    letter, danger = " ".join(["We moved here in the spring."] * 300), "My baby is not breathing."
    message = f"{danger} {letter}" if at == "beginning" else f"{letter} {danger}"
    page = post(service, headers=BROWSER, data={"message": message})
    script = post(service, json={"message": message, "client_message_id": "script"})
    service.work()

    assert (page.status_code, "nearest emergency room now" in page.text) == (202, True)
    assert (script.status_code, "911" in script.json()["emergency"]) == (202, True)
    assert [row.text for row in service.rows(Message)] == [message] * 2
    assert [decision.priority for decision in service.rows(Decision)] == [Priority.URGENT] * 2


def test_of_what_nobody_could_read_through_the_beginning_and_the_end_are_taken(service: Service) -> None:
    answer = post(service, json={"message": f"My baby is not breathing. {'We moved here. ' * 6000}Hurry!"})

    [message] = service.rows(Message)
    assert answer.status_code == 202
    assert message.text.startswith("My baby is not breathing.")
    assert message.text.endswith("Hurry!")
    assert len(message.text) < 51_000


def test_a_number_that_is_no_whole_one_is_kept_as_it_was_typed(service: Service) -> None:
    form = {"message": "SOS", "phone": "555-1234", "email": "maria@"}
    for _ in range(2):
        post(service, json=form)
    post(service, json=form | {"phone": "555-9999"})
    service.work()

    messages = service.rows(Message)
    assert [row.text for row in messages] == ["SOS"] * 2
    assert [decision.priority for decision in service.rows(Decision)] == [Priority.URGENT] * 2
    assert (service.twilio.messages, [row.claimed_phone for row in messages]) == ([], [None] * 2)
    assert [row.trimmed for row in messages] == [f"phone: {typed}\nemail: maria@" for typed in ("555-1234", "555-9999")]


def test_what_can_be_used_beside_what_cannot_is_answered_in_danger(service: Service, smtp: SmtpStandIn) -> None:
    post(service, json={"message": "My baby is not breathing", "email": EMAIL, "phone": "555-1234"})
    service.work()

    assert "911" in smtp.mails[0].text


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        ("en", "<strong>In an emergency, call 911.</strong> For thoughts of suicide, call or text 988."),
        (
            "es",
            "<strong>En una emergencia, llame al 911.</strong> Si piensa en quitarse la vida, llame al 988 y oprima 2.",
        ),
    ],
    ids=["en", "es"],
)
def test_every_page_after_a_form_names_911_and_988(service: Service, accepted: str, said: str) -> None:
    headers = BROWSER | {"Accept-Language": accepted}
    pages = [
        post(service, headers=headers, data=form) for form in ({"message": BILL, "email": EMAIL}, {"message": BILL})
    ]

    assert all(said in page.text for page in pages)


@pytest.mark.parametrize(
    ("headers", "consent", "said"),
    [
        ({"Accept-Language": "en"}, "", "Your message is empty. Please write how we can help you."),
        ({"Accept-Language": "en"}, "es", "Su mensaje está vacío. Escriba en qué podemos ayudarle."),
    ],
    ids=["English", "a Spanish form"],
)
def test_who_sends_an_empty_form_reads_so_in_plain_words_of_its_language(
    service: Service, headers: dict[str, str], consent: str, said: str
) -> None:
    page = post(service, headers=BROWSER | headers, data={"message": " ", "consent": consent})

    assert (page.status_code, f"<p>{said}</p>" in page.text) == (400, True)
    assert "message must" not in page.text


def test_line_ends_of_browsers_are_not_stored(service: Service) -> None:
    post(service, headers=BROWSER, data={"message": "One\r\nTwo"})

    assert service.rows(Message)[0].text == "One\nTwo"


@pytest.mark.parametrize("to", ["/thanks", f"{SITE}/thanks"])
def test_a_browser_is_sent_on_to_the_practices_own_page(service: Service, to: str) -> None:
    answer = post(service, headers=BROWSER, data={"message": BILL, "email": EMAIL, "redirect": to})

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{SITE}/thanks"
    assert len(service.rows(Message)) == 1


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example/", "/\\evil.example", f"{SITE}.evil.example/", OTHER_SITE]
)
def test_a_browser_is_sent_nowhere_else_and_the_message_is_taken_all_the_same(service: Service, to: str) -> None:
    answer = post(service, headers=BROWSER, data={"message": BILL, "redirect": to})

    assert answer.status_code == 202
    assert "Location" not in answer.headers
    assert "evil" not in answer.text
    assert [message.text for message in service.rows(Message)] == [BILL]


@pytest.mark.parametrize(
    "mistake",
    [
        {"redirect": "https://www.maple.example/thanks"},
        {"redirect": "/" + "x" * 3000},
        {"consent": "on"},
        {"consent": "x" * 99},
        {"client_message_id": "not an id!"},
    ],
    ids=["redirect", "long redirect", "checkbox", "long consent", "id"],
)
def test_what_only_the_sites_maker_can_correct_loses_no_message(
    service: Service, mistake: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    answer = post(service, headers=BROWSER, data={"message": BILL, "phone": PATIENT} | mistake)

    assert answer.status_code == 202
    assert len(service.rows(Message)) == 1
    assert service.rows(TextConsent) == []
    assert f"field={next(iter(mistake))}" in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("headers", "consent"),
    [({"Accept-Language": "es-US,es;q=0.9,en;q=0.8"}, ""), ({"Accept-Language": "en-US"}, "es")],
    ids=["browser", "form"],
)
def test_who_reads_spanish_reads_the_answer_and_what_to_correct_in_spanish(
    service: Service, headers: dict[str, str], consent: str
) -> None:
    form = {"message": "Me duele", "email": EMAIL, "consent": consent}
    taken = post(service, headers=BROWSER | headers, data=form)
    refused = post(service, headers=BROWSER | headers, data=form | {"phone": "555-0123"})

    assert "recibió su mensaje" in taken.text
    assert "El teléfono debe tener el código de área" in refused.text
    for page in (taken, refused):
        assert '<html lang="es">' in page.text
        assert "llame al 911" in page.text


@pytest.mark.parametrize(
    ("origin", "form", "status", "words"),
    [
        (SITE, {"message": "x" * 140_000}, 413, "It is too long"),
        (OTHER_SITE, {"message": BILL}, 403, "This form does not work right now"),
    ],
    ids=["too long", "other site"],
)
def test_whatever_keeps_a_browsers_form_from_being_taken_is_a_page_with_the_phone_number(
    service: Service, origin: str, form: dict[str, str], status: int, words: str
) -> None:
    answer = post(service, headers=BROWSER | {"Origin": origin}, data=form)

    assert answer.status_code == status
    for said in (words, "Your message was not sent", "(202) 555-0100", "call 911"):
        assert said in answer.text


def test_a_browser_that_sends_too_often_reads_a_page_too(service: Service) -> None:
    answers = [post(service, headers=BROWSER, data={"message": f"{BILL} {number}"}) for number in range(11)]

    assert answers[-1].status_code == 429
    assert answers[-1].headers["Retry-After"]
    for said in ("Many messages are coming in", "(202) 555-0100", "call 911"):
        assert said in answers[-1].text


def test_a_mistake_in_an_html_form_is_explained_on_a_page(service: Service) -> None:
    answer = post(service, headers=BROWSER, data={"message": "<b>Swordfish</b>", "email": "ana@"})

    assert answer.status_code == 400
    assert "Your message was not sent" in answer.text
    assert "email must be an email address" in answer.text
    assert "(202) 555-0100" in answer.text
    assert "Swordfish" not in answer.text


def test_a_practices_name_is_text_on_the_page(service: Service) -> None:
    service.settings.practices_file.write_text(
        service.settings.practices_file.read_text().replace('"Maple Street"', '"<script>alert(1)</script> & Sons"')
    )
    with Service(service.settings, service.context.classifier, service.twilio) as hostile:
        answer = post(hostile, headers=BROWSER, data={"message": BILL})

    assert "<script>" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Sons" in answer.text


# ---- sent twice


def test_a_double_click_is_stored_once_and_answered_the_same(service: Service, smtp: SmtpStandIn) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: post(service, headers=BROWSER, data={"message": BILL, "email": EMAIL}), range(8))
        )
    service.work()

    assert {(answer.status_code, answer.text) for answer in answers} == {(202, answers[0].text)}
    assert len(service.rows(Message)) == 1
    assert len(smtp.mails) == 1


def test_a_page_may_name_its_submission(service: Service) -> None:
    first = post(service, json={"message": BILL, "client_message_id": "one"})
    again = post(service, json={"message": BILL, "client_message_id": "one"})
    post(service, json={"message": BILL, "client_message_id": "two"})

    assert first.json() == again.json()
    assert len(service.rows(Message)) == 2


# ---- refused


def test_what_a_program_filled_in_is_dropped_and_answered_as_if_it_was_not(service: Service) -> None:
    answer = post(service, json={"message": "Buy pills", "email": EMAIL, "website": "https://spam.example"})

    assert (answer.status_code, answer.json()) == (202, {"message": "received"})
    assert service.rows(Message) == []


@pytest.mark.parametrize(
    "body",
    [{}, {"message": ""}, {"message": "x" * 8001}, {"message": 7}, {"message": BILL, "email": "ana"}, [], "text"],
)
def test_a_form_that_is_none_is_refused(service: Service, body: object) -> None:
    answer = post(service, json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["message"]
    assert service.rows(Message) == []


def test_a_form_with_the_bait_taken_is_kept_if_its_words_tell_of_danger(service: Service) -> None:
    answer = post(service, json={"message": "my baby is not breathing", "website": "filled in by the browser"})

    assert answer.status_code == 202
    assert "911" in answer.json()["emergency"]
    assert [message.text for message in service.rows(Message)] == ["my baby is not breathing"]


def test_the_longest_message_fits_in_any_script(service: Service) -> None:
    text = "\N{FACE WITH THERMOMETER}" * 8000

    assert post(service, headers=BROWSER, data={"message": text}).status_code == 202
    assert service.rows(Message)[0].text == text


@pytest.mark.parametrize("sent_as", ["data", "json"])
def test_a_form_over_the_limit_is_refused(service: Service, sent_as: str) -> None:
    content: dict[str, Any] = {sent_as: {"message": "x" * 140_000}}
    answer = post(service, **content)

    assert answer.status_code == 413
    assert service.rows(Message) == []


def test_a_form_for_an_unknown_practice_is_refused(service: Service) -> None:
    assert error_of(post(service, slug="nobody", json={"message": BILL})) == (404, "unknown_practice")


@pytest.mark.parametrize(
    ("method", "slug", "status", "said"),
    [
        ("POST", "nobody", 404, ("This form does not work.", "call the practice")),
        ("GET", "nobody", 405, ("There is nothing to read here.", "call the practice")),
        ("GET", "demo", 405, ("There is nothing to read here.", "Maple Street", "(202) 555-0100")),
    ],
    ids=["form for nobody", "page of nobody", "page of a practice"],
)
def test_a_browser_that_asks_at_a_wrong_address_reads_a_page_that_names_911(
    service: Service, method: str, slug: str, status: int, said: tuple[str, ...]
) -> None:
    url = f"{service.url}/forms/{slug}"
    form = {"message": "My baby is not breathing"} if method == "POST" else None
    page = requests.request(method, url, headers=BROWSER, data=form, timeout=TIMEOUT)
    spanish = requests.request(method, url, headers=BROWSER | {"Accept-Language": "es"}, data=form, timeout=TIMEOUT)
    script = requests.request(method, url, headers={"Accept": "application/json"}, data=form, timeout=TIMEOUT)

    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert all(words in page.text for words in (*said, "call 911", "988"))
    assert "llame al 911" in spanish.text
    assert (script.status_code, "call 911" in script.json()["error"]["message"]) == (status, True)


@pytest.mark.parametrize("asked", ["other site", "too often"])
def test_who_tells_of_danger_in_a_form_that_is_refused_reads_whom_to_call(service: Service, asked: str) -> None:
    form = {"message": "my son swallowed all of his grandma's pills", "email": EMAIL}
    origin = {"Origin": OTHER_SITE if asked == "other site" else SITE}
    if asked == "too often":
        for number in range(30):
            post(service, json=form | {"client_message_id": f"{number}"})
    before = len(service.rows(Message))
    page = post(service, headers=BROWSER | origin, data=form)
    script = post(service, headers=origin, json=form)

    assert page.status_code == script.status_code == (403 if asked == "other site" else 429)
    assert "Your message was not sent" in page.text
    for words in (page.text, script.json()["emergency"]):
        assert "call 911" in words
        assert "1-800-222-1222" in words
    assert len(service.rows(Message)) == before


@pytest.mark.parametrize("origin", [OTHER_SITE, "https://evil.example", "http://maple.example"])
def test_a_page_of_another_site_is_refused(service: Service, origin: str) -> None:
    assert error_of(post(service, origin=origin, json={"message": BILL})) == (403, "origin_not_allowed")
    assert service.rows(Message) == []


@pytest.mark.parametrize("origin", [None, "null", SITE, "https://intake.example.com"])
def test_a_page_of_the_practice_or_one_that_does_not_say_is_heard(service: Service, origin: str | None) -> None:
    assert post(service, origin=origin, json={"message": BILL}).status_code == 202


def test_scripts_of_the_practices_pages_may_ask_and_read(service: Service) -> None:
    asked = requests.options(
        f"{service.url}/forms/demo",
        headers={"Origin": SITE, "Access-Control-Request-Method": "POST"},
        timeout=TIMEOUT,
    )
    answer = post(service, json={"message": BILL})

    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == answer.headers["Access-Control-Allow-Origin"] == SITE


# ---- privacy


def test_nothing_of_a_form_is_logged_or_queued(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    form = {"message": "The password is swordfish", "name": "Ana Lopez", "email": EMAIL, "phone": PATIENT}
    post(service, json=form)
    post(service, json=form | {"website": "spam"})
    post(service, json=form | {"email": "ana@"})
    queued = b"".join(b"".join(service.redis.hgetall(key).values()) for key in service.redis.keys("rq:job:*"))
    service.work()

    written = "".join(capfd.readouterr()) + queued.decode("latin-1")
    assert "message_received" in written
    assert not any(word in written for word in ("swordfish", "Lopez", "patient.example", "2025550123"))
