"""The conversation page: what it shows and what staff do there, from the first look to a failed reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import requests
from sqlalchemy import select

from classifier.understanding import SecondIntent
from inbox.incoming.inbound import Contact, InboundMessage, record_message
from inbox.models import (
    AuditEntry,
    Conversation,
    ConversationRead,
    ConversationState,
    Delivery,
    DeliveryState,
    LineType,
    MemberNotice,
    Message,
    Note,
    Voicemail,
    now,
)
from inbox.practices.common_questions import read_questions, save_question
from intake.settings import Settings
from intake.vocabulary import Channel, Medium, SenderDoubt
from staff.conversations.reply import UNCONFIRMED
from tasks.carriers.smtp import make_email_sender
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import search
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import Fault, TwilioStandIn
from tests.told_classifier import PERSON, SAME_DAY, SELF_HARM, sure_of, tell
from tests.world import PATIENT, SERVICE_SID

PRICES = "How much is a first visit without insurance?"
BILL = "I got a bill for $382 for my visit but my copay should only be $35, what is the rest?"
URGENT = "My husband has crushing chest pain and can't breathe"
PAGE = "/staff/conversations/1"


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


@pytest.fixture
def bob(console: Console) -> Browser:
    return console.sign_in(name="Bob Stone")


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def thread(page: requests.Response) -> list[tuple[str, str]]:
    """Each entry's kind and text, from the top."""
    assert page.status_code in (200, 409, 422), page.status_code
    entries = re.findall(r'<li id="\w+-[0-9]+" class="entry (\w+)[^"]*">(.*?)</li>', page.text, re.DOTALL)
    texts = [(kind, re.search(r'<p class="text[^>]*>(.*?)</p>', entry, re.DOTALL)) for kind, entry in entries]
    return [(kind, unescape(text[1]) if text else "") for kind, text in texts]


def entry(page: requests.Response, key: str) -> str:
    [found] = re.findall(rf'<li id="{key}".*?</li>', page.text, re.DOTALL)
    return words(found)


def form(page: requests.Response) -> dict[str, str]:
    """The hidden fields of the reply form."""
    return dict(re.findall(r'name="(form_id|seen|by)" value="([^"]*)"', page.text))


def reply(browser: Browser, text: str, path: str = PAGE, **fields: str) -> requests.Response:
    """Opens the page, types a reply, and sends it."""
    opened = form(browser.open_pane(path))
    return browser.post(f"{path}/reply", data=opened | {"text": text, "then": "waiting"} | fields)


def box(page: requests.Response) -> str:
    [found] = re.findall(r'<textarea id="text".*?>(.*?)</textarea>', page.text, re.DOTALL)
    return unescape(found)


def conversation(console: Console) -> Conversation:
    return console.rows(Conversation)[0]


def by_staff(console: Console) -> list[Delivery]:
    return [delivery for delivery in console.rows(Delivery) if delivery.message_id is None]


def acts(console: Console) -> list[tuple[str, str, dict[str, object]]]:
    return [
        (entry.action, entry.subject, entry.detail)
        for entry in console.rows(AuditEntry)
        if entry.action not in ("signed_in", "viewed", "listed")
    ]


# ---- what it shows


def test_the_thread_is_what_the_patient_saw_in_its_order(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    console.work()
    reply(dana, "We have an opening on Monday.")
    console.text(BILL)

    shown = thread(dana.open_pane(PAGE))

    assert [kind for kind, _ in shown] == ["patient", "robot", "staff", "patient"]
    assert [text for kind, text in shown if kind != "robot"] == [PRICES, "We have an opening on Monday.", BILL]


def test_a_chat_is_shown_in_the_order_of_its_patient_whatever_the_clocks_say(console: Console, dana: Browser) -> None:
    chat = ChatClient(console.url)
    chat.send(PRICES, "m1")
    console.work()
    chat.send(BILL, "m2")
    with console.edit() as session:  # another machine, whose clock goes slow, took the second message
        message = session.get_one(Message, 2)
        message.received_at = session.get_one(Message, 1).received_at.replace(year=2020)

    assert [text for _, text in thread(dana.open_pane(PAGE))] == [text for _, text in chat.texts()]


def test_each_message_shows_what_was_made_of_it(console: Console, dana: Browser) -> None:
    console.text(URGENT)
    console.work()

    shown = entry(dana.open_pane(PAGE), "message-1")

    assert "Emergency" in shown
    assert "Routed to On call, urgent priority" in shown
    assert "Automatic reply Emergency" in shown
    assert "Reason sounds like an emergency" in shown


def test_a_message_shows_its_level_its_danger_its_language_and_its_second_intent(
    console: Console, dana: Browser
) -> None:
    tell(
        console,
        {
            URGENT: SELF_HARM,
            BILL: sure_of("complaint", language="es", also=(SecondIntent("billing_inquiry", 0.8),), **SAME_DAY),
        },
    )
    for text in (URGENT, BILL):
        console.text(text)
        console.work()

    page = dana.get(PAGE)

    assert "Emergency: self-harm" in entry(page, "message-1")
    shown = entry(page, "message-2")
    assert "Same day Spanish Complaint 100% Also: Billing question" in shown
    assert "Reason a nurse should look at this today; 3 other teams notified too" in shown
    assert "Automatic reply After an emergency (self-harm), in Spanish" in shown
    assert "This patient writes in Spanish." in words(page.text)
    [standing] = re.findall(r'<div class="standing".*?</p>', page.text, re.DOTALL)
    assert "Emergency: self-harm" in standing


def test_a_message_in_another_language_says_in_which(console: Console, dana: Browser) -> None:
    hers, unnamed = "Bom dia, preciso marcar uma consulta", "Waxaan rabaa ballan"
    tell(console, {text: sure_of("appointment_request", language="other") for text in (hers, unnamed)})
    console.text(hers, from_="+12025550161")
    console.text(unnamed, from_="+12025550162")
    console.work()

    rows = dana.get("/staff/").text.partition('id="rows"')[2]

    assert rows.count("Portuguese") == rows.count("Another language") == 1
    assert "Portuguese" in dana.get("/staff/conversations/1").text


def test_the_standard_replies_are_offered_in_the_patients_language(console: Console, dana: Browser) -> None:
    tell(console, {BILL: sure_of("billing_inquiry", language="es")})
    console.text(BILL)
    console.work()

    page = dana.get(PAGE).text

    assert 'id="quick-complaint_es"' in page
    assert 'id="quick-urgent_self_harm_es"' in page
    assert 'id="quick-complaint"' not in page
    assert 'id="quick-opt_out_es"' not in page


def test_a_request_for_a_person_shows_no_intent(console: Console, dana: Browser) -> None:
    tell(console, {BILL: PERSON})
    console.text(BILL)
    console.work()

    page = dana.get(PAGE).text

    assert '<span class="intent">Asks for a person</span>' in page


def test_the_probabilities_are_bars_of_their_widths_the_largest_first(console: Console, dana: Browser) -> None:
    console.text(BILL)
    console.work()

    page = dana.get(PAGE)

    widths = [float(width) for width in re.findall(r'<rect class="bar" width="([0-9.]+)"', page.text)]
    assert len(widths) == 7
    assert widths == sorted(widths, reverse=True)
    assert sum(widths) == pytest.approx(100, abs=0.5)
    found = console.rows(Message)
    assert len(found) == 1
    assert re.search(r"Billing question (9[0-9]|over 99)%", entry(page, "message-1"))


def test_a_message_that_waits_for_the_worker_says_so(console: Console, dana: Browser) -> None:
    console.text(PRICES)

    assert "Analyzing" in entry(dana.open_pane(PAGE), "message-1")


def test_markup_from_patients_is_text(console: Console, dana: Browser) -> None:
    console.text("<script>alert(1)</script>")

    page = dana.get(PAGE)

    assert "<script>alert" not in page.text
    assert thread(page) == [("patient", "<script>alert(1)</script>")]


def test_nothing_of_the_patient_is_in_the_title(console: Console, dana: Browser) -> None:
    console.text(PRICES)

    assert "<title>Conversation 1 · Intake</title>" in dana.get(PAGE).text


HOW_IT_FARES = [
    (DeliveryState.PENDING, "20429", "Will retry"),
    (DeliveryState.UNKNOWN, "TimeoutError", "Sending; waiting for the carrier to confirm"),
    (DeliveryState.DELIVERED, None, "Delivered"),
    (DeliveryState.FAILED, "30005", "Not delivered: the number does not exist or is not in service"),
    (DeliveryState.FAILED, "99999", "Not delivered: error 99999"),
    (DeliveryState.SUPPRESSED, "opted out", "Not sent: the patient opted out of texts"),
    (DeliveryState.NOT_SENT, None, "Not sent: sending is not set up yet"),
    (
        DeliveryState.UNCONFIRMED,
        "ReadTimeout",
        "May not have arrived: the carrier could not confirm it, so it was not sent again",
    ),
]


def test_each_reply_says_how_it_is_faring(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    console.work()

    for state, code, said in HOW_IT_FARES:
        with console.edit() as session:
            delivery = session.get_one(Delivery, 1)
            delivery.state, delivery.error_code = state, code
        assert said in entry(dana.open_pane(PAGE), "delivery-1"), said


@pytest.mark.parametrize("then", ["waiting", "closed"])
def test_a_reply_that_could_not_be_sent_brings_the_conversation_back_and_its_row_says_so(
    settings: Settings, console_of: Callable[[Settings], Console], then: str
) -> None:
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))
    console.text(PRICES)
    console.work()
    dana = console.sign_in()

    dana.post(f"{PAGE}/reply", data={"text": "It is $120.", "form_id": "a" * 32, "then": then})
    console.work()

    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "high")
    assert '<span class="flag urgent">Not sent</span>' in dana.get("/staff/").text


def test_a_closed_conversation_cannot_be_taken_over_before_it_is_reopened(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    assert 'id="take-over"' in dana.get(PAGE).text

    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    assert 'id="take-over"' not in dana.get(PAGE).text


def test_a_long_conversation_is_shown_from_its_end_and_read_back_in_parts(console: Console, dana: Browser) -> None:
    console.text("message 0")
    with console.edit() as session:
        first = session.get_one(Message, 1)
        for number in range(1, 230):
            session.add(
                Message(
                    conversation_id=1,
                    provider="twilio",
                    provider_id=f"SM{number}",
                    received_on=first.received_on,
                    text=f"message {number}",
                    received_at=first.received_at + timedelta(minutes=number),
                )
            )

    newest = dana.get(PAGE)
    assert [text for _, text in thread(newest)] == [f"message {number}" for number in range(130, 230)]
    [earlier] = re.findall(r'href="(\?before=[0-9]+)"', newest.text)
    assert thread(dana.open_pane(PAGE + earlier))[0][1] == "message 30"
    assert len(thread(dana.open_pane(f"{PAGE}?before=1"))) == 0
    assert len(thread(dana.open_pane(f"{PAGE}?before=nonsense"))) == 100


def test_who_the_patient_is_and_their_other_conversations_are_beside_it(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    call = console.call()
    call.finish()
    call.report_recording()
    call.report_transcription(BILL)

    page = dana.get(PAGE)

    assert "Number (202) 555-0123" in words(page.text)
    assert 'href="/staff/conversations/2">Voicemail</a>' in page.text


def test_opening_it_marks_it_read_as_far_as_it_was_shown(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    dana.get(PAGE)
    console.text(BILL)
    dana.get(PAGE)

    viewed = [entry for entry in console.rows(AuditEntry) if entry.action == "viewed"]
    assert [entry.detail for entry in viewed] == [{"up_to": 1}, {"up_to": 2}]
    assert {(entry.subject, entry.practice) for entry in viewed} == {("conversation:1", "demo")}
    with console.database.read() as session:
        assert session.scalars(select(ConversationRead.message_id)).all() == [2]


def test_what_comes_to_an_open_page_is_unread_until_a_script_says_that_somebody_was_there(
    console: Console, dana: Browser, bob: Browser
) -> None:
    def is_unread() -> bool:
        return 'class="row unread' in dana.get("/staff/").text

    console.text(PRICES)
    dana.get(PAGE)
    console.text(BILL)
    bob.post(f"{PAGE}/notes", data={"note": "@Dana can you call?"})
    assert "called" in dana.get(PAGE, headers={"X-Requested-With": "live"}).text.partition('id="called"')[2][:40]
    assert is_unread()
    assert [notice.seen_at for notice in console.rows(MemberNotice)] == [None]

    assert dana.post(f"{PAGE}/seen", data={"newest": "99"}).status_code == 204
    assert not is_unread()
    assert None not in [notice.seen_at for notice in console.rows(MemberNotice)]
    console.text(BILL)
    assert is_unread(), "no more than there was"


def test_who_did_what_is_told(console: Console, dana: Browser, bob: Browser) -> None:
    console.text(PRICES)
    dana.get(PAGE)
    assert bob.member is not None
    dana.post(f"{PAGE}/assign", data={"to": str(bob.member.id)})
    reply(bob, "Hello.")
    bob.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    told = words(re.findall(r'<ol class="acts".*?</ol>', dana.get(PAGE).text, re.DOTALL)[0])

    assert [re.sub(r" [A-Z][a-z]{2} [0-9]+, [0-9:]+ [AP]M", "", told)] == [
        "Bob Stone marked it as closed Bob Stone replied Bob Stone viewed it Dana Reyes assigned it to Bob Stone"
        " Dana Reyes viewed it"
    ]


# ---- replying by hand


def test_a_text_is_answered_by_text_from_the_number_it_came_in_on(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(PRICES, to="+12025550180", messaging_service_sid=SERVICE_SID)
    ann = console.sign_in(practices=["other"])
    twilio.account.messaging_services[SERVICE_SID] = ["+12025550180"]
    console.work()

    answer = reply(ann, "We have an opening on Monday.")
    console.work()

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}#newest")
    sent = twilio.messages[-1]
    assert (sent.to, sent.messaging_service_sid, sent.body) == (PATIENT, SERVICE_SID, "We have an opening on Monday.")
    [delivery] = by_staff(console)
    assert ann.member is not None
    assert (delivery.reply, delivery.staff_id, delivery.state) == ("staff", ann.member.id, DeliveryState.SENT)


def test_a_chat_is_answered_in_the_chat(console: Console, dana: Browser) -> None:
    chat = ChatClient(console.url)
    chat.send(PRICES, "m1")
    console.work()
    [_, robot] = chat.texts()

    reply(dana, "Front desk here.\r\nHow can I help?")

    assert chat.texts() == [("patient", PRICES), robot, ("staff", "Front desk here.\nHow can I help?")]


def test_a_reply_never_goes_out_in_another_way_than_its_page_said(console: Console, dana: Browser) -> None:
    chat = ChatClient(console.url, phone=PATIENT, consent="en")
    chat.send(PRICES, "m1")
    console.work()
    chat.read()
    shown = form(dana.get(PAGE))
    with console.edit() as session:  # the visitor leaves
        session.get_one(Conversation, 1).chat_seen_at = now() - timedelta(minutes=5)

    refused = dana.post(f"{PAGE}/reply", data=shown | {"text": "Come at 3.", "then": "waiting"})

    assert refused.status_code == 422
    assert "Not sent: it would go out in another way now." in refused.text
    assert "The patient has left the chat. Your reply goes out by" in " ".join(refused.text.split())
    assert by_staff(console) == []
    assert reply(dana, "Come at 3.").status_code == 303
    assert by_staff(console)[0].medium == Medium.SMS


def test_an_email_is_answered_in_its_thread_and_as_from_a_person(console: Console, dana: Browser) -> None:
    record_message(console.database, email("<first@patient.example>", "Question about my bill"))
    reply(dana, "The rest is your deductible.")

    with SmtpStandIn() as server:
        sender = make_email_sender(console.settings.model_copy(update={"smtp_url": server.url}))
        assert sender is not None
        senders = {**console.context.senders, Medium.EMAIL: sender}
        console.context = replace(console.context, senders=senders)
        console.work()
        [mail] = server.mails

    assert by_staff(console)[0].medium == Medium.EMAIL
    assert (mail.recipient, mail.text) == ("pat@patient.example", "The rest is your deductible.")
    assert mail.message["Subject"] == "Re: Question about my bill"
    assert mail.message["In-Reply-To"] == "<first@patient.example>"
    assert mail.message["From"] == "Maple Street <hello@maple.example>"
    assert mail.message["Auto-Submitted"] is None


def doubted(doubt: SenderDoubt = SenderDoubt.UNVERIFIED) -> InboundMessage:
    return replace(email("<first@patient.example>", "My records"), patient_address=None, doubt=doubt)


def mails_of(console: Console) -> list[str]:
    """Work with a mail server, and return whom it got mail for."""
    with SmtpStandIn() as server:
        sender = make_email_sender(console.settings.model_copy(update={"smtp_url": server.url}))
        assert sender is not None
        console.context = replace(console.context, senders={**console.context.senders, Medium.EMAIL: sender})
        console.reconcile()
        return [mail.recipient for mail in server.mails]


def test_a_doubted_email_is_answered_by_staff_who_confirm_its_address_and_never_by_itself(
    console: Console, dana: Browser
) -> None:
    record_message(console.database, doubted())
    assert mails_of(console) == []
    page = unescape(dana.get(PAGE).text)
    assert "Send this reply to pat@patient.example. This sender is not verified: nothing proves" in page

    for confirmed in ({}, {"confirmed": "on"}, {"confirmed": "pat@attacker.example"}):
        refused = reply(dana, "Please call us.", **confirmed)
        assert (refused.status_code, UNCONFIRMED in refused.text) == (422, True)
    assert mails_of(console) == []

    assert reply(dana, "Please call us.", confirmed="pat@patient.example").status_code == 303
    assert mails_of(console) == ["pat@patient.example"]
    replied = [row for row in console.rows(AuditEntry) if row.action == "replied"]
    assert [row.detail["unverified_sender"] for row in replied] == [True]


def test_an_email_that_claims_to_be_the_practices_own_is_not_answered(console: Console, dana: Browser) -> None:
    record_message(console.database, doubted(SenderDoubt.OWN_ADDRESS))

    assert "own address" in unescape(dana.get(PAGE).text)
    assert reply(dana, "Hello", confirmed="pat@patient.example").status_code == 422


def test_a_text_from_a_practices_own_number_is_not_answered(console: Console, dana: Browser) -> None:
    console.text(PRICES, from_="+12025550180")

    assert "so that a text to it would come back here" in unescape(dana.get(PAGE).text)
    assert reply(dana, "Hello").status_code == 422


def test_nothing_is_to_be_confirmed_where_the_sender_is_verified(console: Console, dana: Browser) -> None:
    record_message(console.database, email("<first@patient.example>", "Question about my bill"))

    assert 'name="confirmed"' not in dana.get(PAGE).text
    assert reply(dana, "Hello", confirmed="pat@attacker.example").status_code == 422


def test_the_first_text_to_a_patient_names_the_practice_and_says_how_to_opt_out(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(PRICES)  # and no automatic reply before staff are there
    reply(dana, "We have an opening on Monday.")
    reply(dana, "Or on Tuesday.")
    console.work()

    assert [message.body for message in twilio.messages] == [
        "Maple Street: We have an opening on Monday. Reply STOP to opt out.",
        "Or on Tuesday.",
    ]


@pytest.mark.parametrize(
    ("text", "footer"),
    [
        ("Tenemos una cita el lunes. Dr. Smith", "Responda STOP para no recibir mensajes."),
        ("¿Rivera?", "Responda STOP para no recibir mensajes."),
        ("Hello from Dr. De la Cruz in Los Angeles, call us.", "Reply STOP to opt out."),
        ("Please STOP the ibuprofen and call us.", "Reply STOP to opt out."),
    ],
)
def test_the_first_text_says_how_to_opt_out_in_the_language_that_staff_wrote(
    console: Console, dana: Browser, twilio: TwilioStandIn, text: str, footer: str
) -> None:
    console.text(PRICES)
    reply(dana, text)
    console.work()

    assert twilio.messages[-1].body == f"Maple Street: {text} {footer}"
    list_row = dana.get("/staff/?view=all").text
    assert text in unescape(list_row)
    assert footer not in list_row


def test_a_first_text_that_says_itself_how_to_opt_out_does_not_say_it_twice(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(PRICES)
    reply(dana, "We can call you at 3. Text STOP to get no more of these.")
    console.work()

    assert twilio.messages[-1].body == "Maple Street: We can call you at 3. Text STOP to get no more of these."


def test_nobody_takes_a_conversation_from_a_colleague_who_got_it_a_moment_ago(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    ann, bob = console.sign_in(name="Ann Lee"), console.sign_in(name="Bob Ray")
    page = bob.get(PAGE).text
    assert 'id="standing" data-live data-assigned=""' in page
    mine = {"to": "me", "was": ""}

    assert ann.post(f"{PAGE}/assign", data=mine).status_code == 303
    refused = bob.post(f"{PAGE}/assign", data=mine, headers={"Accept": "application/json"})

    assert refused.status_code == 409
    assert "Ann Lee has it since a moment ago" in refused.json()["error"]["message"]
    assert ann.member is not None
    assert conversation(console).assigned_to == ann.member.id
    assert bob.post(f"{PAGE}/assign", data=mine | {"was": str(ann.member.id)}).status_code == 303


def test_replying_takes_over_assigns_it_and_waits_for_the_patient(console: Console, dana: Browser) -> None:
    console.text(URGENT)
    console.work()
    reply(dana, "Please call 911 now.")

    stands = conversation(console)
    assert dana.member is not None
    assert stands.staff_took_over_at is not None
    assert (stands.assigned_to, stands.state, stands.priority) == (dana.member.id, ConversationState.WAITING, None)
    console.text("ok we did")
    assert conversation(console).state == ConversationState.OPEN


def test_replying_and_closing_hands_back_to_the_robot(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    console.text(BILL)
    console.work()
    reply(dana, "The rest is your deductible.", then="closed")
    assert (conversation(console).state, conversation(console).staff_took_over_at) == ("closed", None)
    console.work()
    console.text(PRICES)
    console.work()

    assert conversation(console).state == ConversationState.OPEN
    assert "first visit" in twilio.messages[-1].body


def test_a_reply_is_sent_once_however_often_its_form_is(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    console.text(PRICES)
    console.work()
    fields = form(dana.open_pane(PAGE)) | {"text": "We have an opening on Monday."}
    token = dana.token()

    def send(_: int) -> int:
        answer = requests.post(
            f"{console.url}{PAGE}/reply",
            data=fields,
            cookies=dict(dana.cookies.items()),
            headers={"X-CSRFToken": token},
            timeout=30,
            allow_redirects=False,
        )
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [303] * 4
    console.work()

    assert [message.body for message in twilio.messages][1:] == ["We have an opening on Monday."]
    assert [action for action, _, _ in acts(console)] == ["replied"]


def test_another_conversations_form_sends_nothing(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    console.text(PRICES, from_="+12025550131")
    fields = form(dana.open_pane(PAGE)) | {"text": "Hello."}
    dana.post(f"{PAGE}/reply", data=fields)

    answer = dana.post("/staff/conversations/2/reply", data=fields)

    assert answer.status_code == 422
    assert "out of date" in answer.text
    assert len(by_staff(console)) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "Enter a message first."), (" \r\n ", "Enter a message first."), ("x" * 1600, "1637 characters long")],
)
def test_what_cannot_go_out_stays_in_the_box(console: Console, dana: Browser, text: str, said: str) -> None:
    console.text(PRICES)

    answer = reply(dana, text)

    assert answer.status_code == 422
    assert said in answer.text
    assert box(answer).strip() == text.strip()
    assert by_staff(console) == []


def test_an_emoji_counts_as_the_carrier_counts_it(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    console.work()

    assert reply(dana, "😀" * 801).status_code == 422
    assert reply(dana, "😀" * 800).status_code == 303


def test_a_patient_who_opted_out_gets_no_reply(console: Console, dana: Browser) -> None:
    console.text("STOP")
    console.work()
    page = dana.get(PAGE)
    assert "The patient opted out of texts" in page.text
    assert '<textarea id="text"' not in page.text

    answer = dana.post(f"{PAGE}/reply", data={"form_id": "0" * 32, "seen": "0", "text": "Hello."})

    assert answer.status_code == 422
    assert by_staff(console) == []


def test_a_patient_who_opts_out_before_it_is_sent_gets_none_either(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(BILL)
    console.work()
    reply(dana, "The rest is your deductible.")
    before = len(twilio.messages)
    console.text("STOP")
    console.work()

    [confirmation] = twilio.messages[before:]
    assert confirmation.body.startswith("Maple Street: You will get no more texts")
    assert by_staff(console)[0].state == DeliveryState.SUPPRESSED
    assert conversation(console).state == ConversationState.OPEN
    assert "Not sent: the patient opted out of texts" in entry(dana.open_pane(PAGE), "delivery-2")
    assert '<span class="flag urgent">Not sent</span>' in dana.get("/staff/").text


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        ({"line_type": LineType.LANDLINE}, "a landline"),
        ({"patient_address": None}, "no phone number that can receive texts"),
        ({"patient_address": "12345"}, "no phone number that can receive texts"),
    ],
)
def test_who_cannot_be_reached_is_said(console: Console, dana: Browser, arrange: dict[str, object], said: str) -> None:
    console.text(PRICES)
    with console.edit() as session:
        for name, value in arrange.items():
            setattr(session.get_one(Conversation, 1), name, value)

    assert said in dana.get(PAGE).text
    assert dana.post(f"{PAGE}/reply", data={"form_id": "0" * 32, "text": "Hello."}).status_code == 422


def test_automatic_replies_are_the_practices_words_and_only_go_into_the_box(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    page = dana.get(PAGE)
    [offered] = re.findall(r'id="quick-price_shopper" lang="en">(.*?)</p>', page.text)
    assert offered.startswith("Maple Street: Thank you for asking about prices. They depend on the service")

    answer = reply(dana, "Hello.", insert="price_shopper")

    assert answer.status_code == 200
    assert box(answer).splitlines() == ["Hello.", unescape(offered)]
    assert by_staff(console) == []
    assert reply(dana, "Hello.", insert="nonsense").status_code == 400


def test_the_practices_answers_to_common_questions_are_offered_and_no_sample_of_one(
    console: Console, dana: Browser
) -> None:
    with console.edit() as session:
        parking = next(question for question in read_questions(session, "demo") if question.key == "parking")
        save_question(session, "demo", replace(parking, answer="Park behind us.\nEnter from Elm."), parking.version)
    console.text(PRICES)
    page = dana.get(PAGE).text

    assert 'id="quick-common_question"' not in page
    assert box(reply(dana, "", insert="answer-parking")).splitlines() == ["Park behind us.", "Enter from Elm."]


# ---- two at once


def test_who_was_overtaken_is_warned_and_asked_again(
    console: Console, dana: Browser, bob: Browser, twilio: TwilioStandIn
) -> None:
    console.text(BILL)
    console.work()
    opened = form(dana.open_pane(PAGE))
    reply(bob, "The rest is your deductible.")

    warned = dana.post(f"{PAGE}/reply", data=opened | {"text": "I will look into it."})

    assert warned.status_code == 409
    assert "Bob Stone replied while you were writing" in warned.text
    assert ("staff", "The rest is your deductible.") in thread(warned)
    assert box(warned) == "I will look into it."
    assert "Send anyway" in warned.text
    assert len(by_staff(console)) == 1
    again = dana.post(f"{PAGE}/reply", data=form(warned) | {"text": "I will look into it."})
    assert again.status_code == 303
    assert len(by_staff(console)) == 2


def test_ones_own_replies_overtake_nobody(console: Console, dana: Browser) -> None:
    console.text(BILL)
    opened = form(dana.open_pane(PAGE))
    reply(dana, "One moment.")

    assert dana.post(f"{PAGE}/reply", data=opened | {"text": "It is your deductible."}).status_code == 303


def test_those_who_look_at_the_same_conversation_see_each_other(console: Console, dana: Browser, bob: Browser) -> None:
    console.text(BILL)
    assert "here too" not in dana.get(PAGE).text
    bob.get(PAGE)

    assert "Bob Stone is also viewing this conversation." in words(dana.get(PAGE).text)
    keys = [key.decode() for key in console.redis.scan_iter("presence:*")]
    assert keys == ["presence:1"]
    assert 0 < console.redis.ttl("presence:1") <= 60
    assert dana.member is not None
    assert bob.member is not None
    assert {int(staff_id) for staff_id in console.redis.zrange("presence:1", 0, -1)} == {dana.member.id, bob.member.id}


def write(browser: Browser, text: str, mark: str = "", kind: str = "reply") -> str:
    answer = browser.post(f"{PAGE}/draft", data={"text": text, "mark": mark, "kind": kind})
    assert answer.status_code == 200
    return str(answer.json()["mark"])


def presence(browser: Browser) -> str:
    """What the page says of colleagues who are there, too."""
    [said] = re.findall(r'<p class="presence".*?</p>', browser.get(PAGE).text, re.DOTALL)
    return words(said)


def test_colleagues_see_who_writes_a_reply_and_nothing_of_it(console: Console, dana: Browser, bob: Browser) -> None:
    console.text(BILL)
    bob.get(PAGE)
    write(bob, "Ask her for the card", kind="note")
    assert presence(dana) == "Bob Stone is also viewing this conversation."

    mark = write(bob, "It is your")

    assert presence(dana) == "Bob Stone is writing a reply."
    assert presence(bob) == "Dana Reyes is also viewing this conversation."
    assert "It is your" not in dana.get(PAGE).text
    assert bob.member is not None
    assert console.redis.zrange("writers:1", 0, -1) == [str(bob.member.id).encode()]
    assert 0 < console.redis.ttl("writers:1") <= 20
    write(bob, "", mark)
    assert presence(dana) == "Bob Stone is also viewing this conversation."


@pytest.mark.parametrize("ends", ["sent", "stopped"])
def test_who_has_sent_the_reply_or_stopped_writes_no_longer(
    console: Console, dana: Browser, bob: Browser, ends: str
) -> None:
    console.text(BILL)
    bob.get(PAGE)
    mark = write(bob, "It is your")
    assert bob.member is not None
    if ends == "sent":
        reply(bob, "It is your deductible.")
    else:
        console.redis.zadd("writers:1", {str(bob.member.id): now().timestamp() - 30})

        write(bob, "It is your", mark)  # the same, such as from a page that is opened again

    assert presence(dana) == "Bob Stone is also viewing this conversation."


def test_who_has_not_looked_for_a_while_is_not_there_any_more(console: Console, dana: Browser, bob: Browser) -> None:
    console.text(BILL)
    bob.get(PAGE)
    assert bob.member is not None
    console.redis.zadd("presence:1", {str(bob.member.id): now().timestamp() - 60})

    assert "here too" not in dana.get(PAGE).text


def test_the_page_is_there_without_redis(console: Console, dana: Browser) -> None:
    console.text(BILL)
    console.redis.set("presence:1", "of another kind")  # every command on it fails

    assert dana.get(PAGE).status_code == 200


# ---- taking over and handing back


def test_taking_over_silences_the_robot_until_it_is_handed_back(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(PRICES)
    dana.post(f"{PAGE}/take-over")
    console.work()
    assert twilio.messages == []

    dana.post(f"{PAGE}/hand-back")
    console.text(BILL)
    console.work()

    assert ["bill" in message.body for message in twilio.messages] == [True]
    assert [action for action, _, _ in acts(console)] == ["took_over", "handed_back"]


def test_an_automatic_reply_that_waits_is_held_once_staff_took_over(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    twilio.faults.push(Fault.answer(503, 20429))
    console.text(PRICES)
    console.work()
    assert console.rows(Delivery)[0].state == DeliveryState.PENDING
    dana.post(f"{PAGE}/take-over")

    with console.edit() as session:
        session.get_one(Delivery, 1).next_attempt_at = now()
    console.reconcile()

    assert twilio.messages == []
    assert (console.rows(Delivery)[0].state, conversation(console).state) == ("suppressed", "open")
    assert "Not sent: staff had taken over the conversation" in entry(dana.open_pane(PAGE), "delivery-1")


def test_a_confirmation_of_an_opt_out_goes_out_all_the_same(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(PRICES)
    dana.post(f"{PAGE}/take-over")
    console.text("STOP")
    console.work()

    assert ["no more texts" in message.body for message in twilio.messages] == [True]


# ---- assigning, notes, states


def test_it_can_be_given_to_members_of_its_practice_only(console: Console, dana: Browser, bob: Browser) -> None:
    console.text(PRICES)
    stranger = console.add_member(practices=["other"])
    assert bob.member is not None

    for wanted, status, assigned in (
        (str(bob.member.id), 303, bob.member.id),
        (str(stranger.id), 400, bob.member.id),
        ("999", 400, bob.member.id),
        ("", 303, None),
        ("me", 303, dana.member and dana.member.id),
    ):
        assert dana.post(f"{PAGE}/assign", data={"to": wanted}).status_code == status
        assert conversation(console).assigned_to == assigned


def test_a_note_is_for_colleagues_and_never_for_the_patient(console: Console, dana: Browser, bob: Browser) -> None:
    chat = ChatClient(console.url)
    chat.send(PRICES, "m1")
    dana.post(f"{PAGE}/notes", data={"note": "Knows the doctor."})

    assert thread(bob.open_pane(PAGE)) == [("patient", PRICES), ("note", "Knows the doctor.")]
    assert "Note by <bdi>Dana Reyes</bdi>" in bob.get(PAGE).text
    assert chat.texts() == [("patient", PRICES)]
    assert acts(console) == [("noted", "conversation:1", {"note": 1})]
    assert dana.post(f"{PAGE}/notes", data={"note": " "}).status_code == 400
    assert dana.post(f"{PAGE}/notes", data={"note": "x" * 4001}).status_code == 400
    assert len(console.rows(Note)) == 1


def test_states_are_set_by_hand_and_opened_again_by_the_patient(console: Console, dana: Browser) -> None:
    console.text(URGENT)
    console.work()
    assert dana.post(f"{PAGE}/take-over").status_code == 303  # the alarm ends, and its state can be set
    for state, priority in (("waiting", None), ("closed", None), ("open", None)):
        assert dana.post(f"{PAGE}/state", data={"state": state, "unanswered": "close"}).status_code == 303
        assert (conversation(console).state, conversation(console).priority) == (state, priority)
    assert dana.post(f"{PAGE}/state", data={"state": "nonsense"}).status_code == 400
    for state in ("waiting", "closed"):
        dana.post(f"{PAGE}/state", data={"state": state, "unanswered": "close"})
        console.text(BILL)
        assert conversation(console).state == "open"


def test_a_script_is_answered_with_nothing_and_a_form_with_what_comes_next(console: Console, dana: Browser) -> None:
    console.text(PRICES)

    by_form = dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})
    by_script = dana.post(f"{PAGE}/state", data={"state": "open"}, headers={"Accept": "application/json"})

    assert (by_form.status_code, by_form.headers["Location"]) == (303, "/staff/")
    assert (by_script.status_code, by_script.text) == (204, "")


def test_nothing_that_was_written_is_in_the_audit(console: Console, dana: Browser) -> None:
    console.text(PRICES)
    reply(dana, "We have an opening on Monday.")
    dana.post(f"{PAGE}/notes", data={"note": "Knows the doctor."})

    told = repr([(entry.action, entry.subject, entry.detail) for entry in console.rows(AuditEntry)])
    assert "Monday" not in told
    assert "doctor" not in told
    assert "555" not in told


# ---- a reply that failed


def test_a_reply_that_failed_comes_back_to_the_inbox(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    console.text(BILL)
    console.work()
    reply(dana, "The rest is your deductible.", then="closed")
    console.work()

    twilio.deliver(twilio.messages[-1].sid, "undelivered", 30005)

    stands = conversation(console)
    assert (stands.state, stands.priority, stands.team) == ("open", "high", "billing")
    assert "Not delivered: the number does not exist" in entry(dana.open_pane(PAGE), "delivery-2")
    assert "Reply not delivered" in dana.get("/staff/").text


def test_a_reply_that_may_not_have_arrived_is_marked_in_the_inbox(console: Console, dana: Browser) -> None:
    console.text(BILL)
    console.work()
    reply(dana, "The rest is your deductible.")
    console.work()
    with console.edit() as session:
        session.get_one(Delivery, 2).state = DeliveryState.UNCONFIRMED

    assert "Reply may not have arrived" in dana.get("/staff/").text
    assert 'class="entry staff trouble"' in dana.get(PAGE).text


def test_a_callback_that_is_repeated_does_not_bring_it_back_again(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    console.text(BILL)
    console.work()
    reply(dana, "The rest is your deductible.")
    console.work()
    sid = twilio.messages[-1].sid
    twilio.deliver(sid, "undelivered", 30005)
    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    twilio.deliver(sid, "undelivered", 30005)

    assert conversation(console).state == "closed"


# ---- voicemail


def leave_voicemail(console: Console, twilio: TwilioStandIn, text: str = PRICES) -> str:
    call = console.call()
    call.finish()
    call.report_recording()
    call.report_transcription(text, "completed" if text else "failed")
    twilio.audio[call.recording_sid] = bytes(range(256)) * 400
    return call.recording_sid


def test_a_voicemail_is_heard_through_the_console(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    sid = leave_voicemail(console, twilio)
    [source] = re.findall(r'<audio .*?src="([^"]+)"', dana.get(PAGE).text)

    heard = dana.get(source)

    assert heard.status_code == 200
    assert heard.headers["Content-Type"] == "audio/mpeg"
    assert heard.headers["Cache-Control"] == "no-store"
    assert heard.content == twilio.audio[sid]
    assert acts(console) == [("played", "conversation:1", {"message": 1})]


def test_a_part_of_a_voicemail_can_be_asked_for(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    sid = leave_voicemail(console, twilio)

    part = dana.get("/staff/messages/1/recording", headers={"Range": "bytes=100-199"})

    assert (part.status_code, part.content) == (206, twilio.audio[sid][100:200])
    assert part.headers["Content-Range"] == "bytes 100-199/102400"


def test_a_voicemail_without_a_transcription_says_to_listen(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    leave_voicemail(console, twilio, "")

    assert "No transcript. Listen to the recording." in entry(dana.open_pane(PAGE), "message-1")


def test_a_recording_that_the_carrier_has_not_is_said_to_be_gone(
    console: Console, dana: Browser, twilio: TwilioStandIn
) -> None:
    twilio.audio.pop(leave_voicemail(console, twilio))

    gone = dana.get("/staff/messages/1/recording")

    assert (gone.status_code, "no longer has this recording" in gone.text) == (404, True)


def test_credentials_go_to_the_carriers_own_hosts_only(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    leave_voicemail(console, twilio)
    with console.edit() as session:
        [voicemail] = session.scalars(select(Voicemail))
        voicemail.recording_url = f"{twilio.url}/2010-04-01/Accounts/AC0/Recordings/RE0"

    assert dana.get("/staff/messages/1/recording").status_code == 502


def test_credentials_follow_no_redirect_to_another_host(console: Console, dana: Browser, twilio: TwilioStandIn) -> None:
    sid, elsewhere = leave_voicemail(console, twilio), f"RE{'e' * 32}"
    twilio.audio[elsewhere] = b"whoever answers there"
    path = f"/2010-04-01/Accounts/{twilio.account.sid}/Recordings/{elsewhere}.mp3"

    for host, status in (("https://eviltwilio.com", 502), ("https://media.twilio.com", 200)):
        twilio.audio_moved[sid] = f"{host}{path}"
        assert dana.get("/staff/messages/1/recording").status_code == status


def test_a_message_that_is_no_voicemail_has_no_recording(console: Console, dana: Browser) -> None:
    console.text(PRICES)

    assert dana.get("/staff/messages/1/recording").status_code == 404


# ---- other practices


def test_a_conversation_of_another_practice_does_not_exist(console: Console) -> None:
    console.text(PRICES)
    stranger = console.sign_in(practices=["other"])

    for path in (PAGE, f"{PAGE}/events", "/staff/messages/1/recording"):
        assert stranger.get(path).status_code == 404
    for path in ("reply", "take-over", "hand-back", "assign", "notes", "state"):
        data = {"text": "x", "note": "x", "state": "closed", "to": "me", "form_id": "0" * 32}
        assert stranger.post(f"{PAGE}/{path}", data=data).status_code == 404
    assert (conversation(console).state, acts(console)) == ("open", [])


def email(message_id: str, subject: str) -> InboundMessage:
    return InboundMessage(
        practice="demo",
        channel=Channel.EMAIL,
        provider="email",
        provider_id="1",
        patient_address="pat@patient.example",
        received_on="hello@maple.example",
        text=BILL,
        subject=subject,
        sender_message_id=message_id,
        contact=Contact(email="pat@patient.example"),
    )


@pytest.mark.parametrize(
    ("subject", "text"),
    [("My bill", f"My bill. {BILL}"), ("MY BILL", f"My bill. {BILL}"), ("Re: Your visit", BILL)],
    ids=["in the words", "in other letters", "above them"],
)
def test_the_subject_of_an_email_is_shown_once(console: Console, dana: Browser, subject: str, text: str) -> None:
    record_message(console.database, replace(email("<first@patient.example>", subject), text=text))
    console.reconcile()

    shown = entry(dana.get(PAGE), "message-1")

    assert shown.casefold().count(subject.casefold()) == 1


# ---- long texts


def test_the_page_says_that_only_part_of_a_long_text_was_read(console: Console, dana: Browser) -> None:
    letter = " ".join(f"word{number}" for number in range(1500))
    record_message(console.database, InboundMessage("demo", Channel.SMS, "twilio", "SM1", PATIENT, SERVICE_SID, letter))
    console.reconcile()

    page = dana.get(PAGE)

    assert "Only part was read automatically" in entry(page, "message-1")
    assert "too long: only part of it was read" in entry(page, "message-1")
    assert letter in entry(page, "message-1")


def test_the_rest_of_an_email_can_be_unfolded(console: Console, dana: Browser) -> None:
    quoted = replace(email("<2@patient.example>", "Re: My bill"), provider_id="2", trimmed="> Your bill is $20 & due.")
    for inbound in (email("<1@patient.example>", "My bill"), quoted):
        record_message(console.database, inbound)

    page = dana.get(PAGE)

    assert "Show the rest of the email" not in entry(page, "message-1")
    assert "Show the rest of the email" in entry(page, "message-2")
    assert "> Your bill is $20 & due." in entry(page, "message-2")


# ---- what senders say of themselves


def test_what_a_form_says_of_its_sender_is_shown_with_it_as_not_verified(console: Console, dana: Browser) -> None:
    for number, (name, phone) in enumerate((("Ana Lopez", PATIENT), ("Mallory", "+12025550199"))):
        contact = Contact(name=name, phone=phone, email="ana@patient.example")
        form = InboundMessage(
            "demo", Channel.WEB_FORM, "form", str(number), "ana@patient.example", "hello@maple.example", BILL
        )
        record_message(console.database, replace(form, contact=contact))

    page = dana.get(PAGE)

    assert "Sender says (not verified): (202) 555-0123" in entry(page, "message-1")
    assert "Sender says (not verified): Mallory, (202) 555-0199" in entry(page, "message-2")
    about = words(page.text[page.text.index("<dl") : page.text.rindex("</dl>")])
    assert "Ana Lopez" in words(page.text)
    assert "Phone provided" not in about


def test_what_could_not_be_used_of_a_form_is_shown_as_it_was_typed(console: Console) -> None:
    form = {"message": "My baby is not breathing", "name": "Mallory", "phone": "555-1234 <b>"}
    requests.post(f"{console.url}/forms/demo", json=form, timeout=30)

    page = console.sign_in().get("/staff/conversations/1")

    assert "Sender says (not verified): phone as typed: 555-1234 <b>" in entry(page, "message-1")
    assert "555-1234 &lt;b&gt;" in page.text
    assert "rest of the email" not in page.text


def test_a_conversation_is_found_by_what_its_senders_say(console: Console, dana: Browser) -> None:
    contact = Contact(phone="+12025550199")
    form = InboundMessage("demo", Channel.WEB_FORM, "form", "1", "ana@patient.example", "hello@maple.example", BILL)
    record_message(console.database, replace(form, contact=contact))

    assert "ana@patient.example" in search(dana, wanted="202 555 0199").text
