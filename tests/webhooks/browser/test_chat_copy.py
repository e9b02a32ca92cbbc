"""The copy of a chat by email: what was said in it, once, to the one address that was given in it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.rate_limits import COPY_BY_MAILBOX
from inbox.models import AuditEntry, Conversation, Delivery, DeliveryState, Notification, StaffMember, now
from intake.settings import Settings
from intake.vocabulary import Medium
from tasks.delivery import chat_copy
from tasks.delivery.chat_copy import without_web_addresses
from tasks.delivery.outbox import add_delivery
from tests.chat_client import ChatClient
from tests.service import Service
from tests.standins.smtp import Fault, SmtpStandIn, Stage
from tests.standins.twilio import TwilioStandIn
from tests.world import PRACTICES_TOML, SITE, WIDGET_KEY

ANN = "ann@example.com"
PRICES = "How much does a physical cost if I pay cash, no insurance?"
ON = 'slug = "demo"\nchat = { email_copies = true }\n'
Start = Callable[..., Service]


@pytest.fixture
def start(settings: Settings, smtp: SmtpStandIn, classifier: Any, twilio: TwilioStandIn) -> Iterator[Start]:
    """Starts a service that can send email, and whose demo practice sends copies of chats."""
    with ExitStack() as running:

        def begin(practice: str = ON, **changes: Any) -> Service:
            settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', practice, 1))
            changed = settings.model_copy(update={"smtp_url": smtp.url, **changes})
            return running.enter_context(Service(changed, classifier, twilio))

        yield begin


@pytest.fixture
def service(start: Start) -> Service:
    """A service whose demo practice sends copies."""
    return start()


@pytest.fixture
def chat(service: Service) -> ChatClient:
    """A chat in which a question was asked and answered."""
    return ask(service, ChatClient(service.url))


def ask(service: Service, chat: ChatClient, text: str = PRICES) -> ChatClient:
    chat.send(text, "first")
    service.work()
    return chat


def copy(chat: ChatClient, email: Any = ANN, language: str = "en") -> requests.Response:
    body = {"email": email, "language": language}
    return requests.post(f"{chat.url}/copy", json=body, headers=chat.headers, timeout=30)


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def say_as_dana(service: Service, text: str) -> None:
    with service.edit() as session:
        dana = StaffMember(email="dana@maple.example", name="Dana Reyes", role="staff", password_hash="")
        session.add(dana)
        session.flush()
        session.get_one(Conversation, 1).staff_took_over_at = now()
        add_delivery(
            session,
            Delivery(conversation_id=1, reply="staff", medium=Medium.CHAT, sender="chat", body=text, staff_id=dana.id),
        )


def test_it_holds_what_the_practice_said_and_the_visitor_wrote_and_goes_to_the_address_typed(
    service: Service, chat: ChatClient, smtp: SmtpStandIn
) -> None:
    say_as_dana(service, "We also take checks.")
    assert copy(chat, "Ann@Example.com").status_code == 202
    service.work()

    [mail] = smtp.mails
    assert mail.recipient == ANN
    assert mail.message["Subject"] == "A copy of your chat with Maple Street"
    assert mail.message["Auto-Submitted"] == "auto-replied"
    text = mail.message.get_content()
    order = [text.index(words) for words in (PRICES, "$120 to $180", "Maple Street, Dana", "We also take checks.")]
    assert order == sorted(order)
    assert "Reyes" not in text
    said = chat.read()["messages"][-1]
    assert (said["from"], said["text"], said["copy"]) == (
        "robot",
        "A copy of this chat is on its way to your email address.",
        True,
    )
    assert "on its way" not in text


def test_it_is_in_the_language_of_the_widget(service: Service, chat: ChatClient, smtp: SmtpStandIn) -> None:
    copy(chat, language="es")
    service.work()

    [mail] = smtp.mails
    assert mail.message["Subject"] == "Una copia de su chat con Maple Street"
    assert "Una copia de este chat" in chat.texts()[-1][1]


def test_a_chat_has_one_copy_however_often_it_is_asked_for(
    service: Service, chat: ChatClient, smtp: SmtpStandIn
) -> None:
    assert copy(chat).status_code == 202
    for email, language in ((ANN, "en"), (ANN, "es"), ("other@example.com", "en")):
        assert refusal(copy(chat, email, language)) == (409, "copy_sent")
    service.work()

    assert len(smtp.mails) == 1


@pytest.mark.parametrize("details", [{"email": ANN}, {}], ids=["in the form", "in a message"])
def test_it_goes_to_no_other_address_than_the_one_given_in_this_chat(
    service: Service, smtp: SmtpStandIn, details: dict[str, str]
) -> None:
    chat = ask(service, ChatClient(service.url, **details), PRICES if details else f"my email is {ANN}")

    assert refusal(copy(chat, "victim@example.com")) == (409, "other_address")
    assert copy(chat).status_code == 202
    service.work()
    assert [mail.recipient for mail in smtp.mails] == [ANN]


def test_nobody_gets_a_copy_of_another_persons_chat(service: Service, chat: ChatClient, smtp: SmtpStandIn) -> None:
    stranger = ChatClient(service.url)
    stranger.conversation = chat.conversation
    assert refusal(copy(stranger)) == (401, "invalid_token")

    requests.post(f"{chat.url}/end", headers=chat.headers, timeout=30)
    assert refusal(copy(chat)) == (401, "expired_token")
    service.work()
    assert smtp.mails == []


def test_what_a_visitor_wrote_leads_nowhere(service: Service, smtp: SmtpStandIn) -> None:
    """Who enters somebody else's address can't advertise a site with the practice's mail."""
    spam = "Cheap pills at https://pills.example/a?b and www.pills.example, or pills.example/now. Thanks. It is 3.5 km"
    chat = ask(service, ChatClient(service.url), spam)
    copy(chat)
    service.work()

    text = smtp.mails[0].message.get_content()
    assert "://" not in text.partition("Maple Street, automatic reply")[0]
    assert "pills.example" not in text
    assert without_web_addresses(spam, "-") == "Cheap pills at - and - or pills[.]example/now. Thanks. It is 3.5 km"


def test_one_address_asks_for_ten_an_hour(service: Service) -> None:
    chat = ChatClient(service.url)

    assert {refusal(copy(chat)) for _ in range(10)} == {(409, "nothing_said")}
    assert refusal(copy(chat)) == (429, "too_many_requests")


def test_a_mailbox_gets_two_a_day_from_however_many_chats(service: Service, smtp: SmtpStandIn) -> None:
    assert COPY_BY_MAILBOX == "2 per day"
    answers = [copy(ask(service, ChatClient(service.url)), " ANN@example.com" if n else ANN) for n in range(3)]
    service.work()

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert [mail.recipient for mail in smtp.mails] == [ANN, ANN]
    assert ANN.encode() not in b" ".join(service.redis.keys("*"))


def test_a_practice_sends_so_many_a_day(
    service: Service, chat: ChatClient, smtp: SmtpStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_copy, "COPIES_A_DAY", 1)
    copy(chat)

    assert refusal(copy(ask(service, ChatClient(service.url)), "bo@example.com")) == (429, "too_many_requests")


@pytest.mark.parametrize(
    ("practice", "changes"),
    [('slug = "demo"\n', {}), (ON, {"smtp_url": None})],
    ids=["off by default", "no mail server"],
)
def test_a_practice_that_sends_none_offers_none(start: Start, practice: str, changes: dict[str, Any]) -> None:
    service = start(practice, **changes)
    shown = requests.get(f"{service.url}/chat/practices/{WIDGET_KEY}", headers={"Origin": SITE}, timeout=30).json()

    assert shown["copies"] is False
    assert refusal(copy(ask(service, ChatClient(service.url)))) == (404, "no_copies")


@pytest.mark.parametrize(
    ("email", "language", "expected"),
    [
        ("ann", "en", (400, "invalid_email")),
        ("a@example.com\r\nBcc: b@example.com", "en", (400, "invalid_email")),
        (7, "en", (400, "invalid_parameter")),
        (ANN, "fr", (400, "invalid_parameter")),
    ],
)
def test_bad_input_is_refused_and_nothing_stored(
    service: Service, chat: ChatClient, email: Any, language: str, expected: tuple[int, str]
) -> None:
    assert refusal(copy(chat, email, language)) == expected
    assert service.rows(Conversation)[0].contact_email is None
    assert len(service.rows(Delivery)) == 1


def test_a_chat_in_which_nothing_was_said_has_no_copy(service: Service) -> None:
    assert refusal(copy(ChatClient(service.url))) == (409, "nothing_said")


def test_only_the_latest_of_a_very_long_chat_is_copied(
    service: Service, chat: ChatClient, smtp: SmtpStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_copy, "LONGEST_COPY", 300)
    say_as_dana(service, "x" * 200)
    copy(chat)
    service.work()

    text = smtp.mails[0].message.get_content()
    assert "The beginning is left out" in text
    assert PRICES not in text


def test_it_is_on_the_trail_and_one_that_fails_alarms_nobody(
    service: Service, chat: ChatClient, smtp: SmtpStandIn
) -> None:
    before = len(service.rows(Notification))
    smtp.faults.push(Fault.answer(Stage.RCPT, 550))
    copy(chat)
    service.work()

    with service.edit() as session:
        sent = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert sent.state == DeliveryState.FAILED
        assert (sent.staff_id, ANN in sent.body, PRICES in sent.body) == (None, False, False)
    assert len(service.rows(Notification)) == before
    assert [entry.action for entry in service.rows(AuditEntry)] == ["chat_copied"]
    assert chat.texts()[-1] == ("robot", "We could not email you a copy of this chat.")
