"""An answer to a visitor who has left the chat goes out in one other way, if they gave one and agreed; never in two."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from inbox.models import Conversation, Delivery, DeliveryState, OptOut, now
from inbox.replies.medium import staff_medium
from intake.settings import Settings
from intake.vocabulary import Medium
from staff.conversations.reply import Draft, ReplyCheck, send
from tasks.understanding.entities import names_contact
from tests.chat_client import ChatClient
from tests.service import Service
from tests.standins.smtp import SmtpStandIn
from tests.standins.twilio import TwilioStandIn
from tests.world import PATIENT

AGREED: dict[str, str] = {"phone": PATIENT, "consent": "en"}
ANSWER = "Yes, we have your records."


def leave(service: Service, **changes: Any) -> None:
    with service.edit() as session:
        conversation = session.query(Conversation).one()
        conversation.chat_seen_at = now() - timedelta(minutes=5)
        for name, value in changes.items():
            setattr(conversation, name, value)


def answer(service: Service, text: str = ANSWER, *, despite: bool = False) -> tuple[ReplyCheck, Delivery | None]:
    form_id = sha256(text.encode()).hexdigest()[:32]
    with service.edit() as session:
        conversation = session.query(Conversation).with_for_update().one()
        draft = Draft(text, form_id, 0, None, closes=False, despite=despite)
        practice = service.context.practices.require("demo")
        outcome = send(session, conversation, practice, 1, draft)
    service.context.queue.put_all(outcome.after_commit)
    service.work()
    found = [row for row in service.rows(Delivery) if row.id == outcome.delivery_id]
    return outcome.verdict, found[0] if found else None


def begin(service: Service, **details: str) -> ChatClient:
    chat = ChatClient(service.url, **details)
    chat.send("Did you get my records?", "first")
    service.work()
    chat.read()
    return chat


def texts_to_patient(twilio: TwilioStandIn) -> list[str]:
    return [message.body for message in twilio.messages if message.to == PATIENT]


def test_who_is_still_there_is_answered_in_the_chat(service: Service, twilio: TwilioStandIn) -> None:
    chat = begin(service, **AGREED)

    _, delivery = answer(service)

    assert delivery is not None
    assert delivery.medium == Medium.CHAT
    assert chat.read()["messages"][-1]["text"] == ANSWER
    assert texts_to_patient(twilio) == []


def test_who_left_and_agreed_to_texts_is_texted_once_and_the_chat_says_so(
    service: Service, twilio: TwilioStandIn
) -> None:
    chat = begin(service, **AGREED)
    leave(service)

    _, delivery = answer(service)

    assert delivery is not None
    assert delivery.medium == Medium.SMS
    (text,) = texts_to_patient(twilio)
    assert text.startswith(f"Maple Street: {ANSWER}")
    assert "STOP" in text
    last = chat.read()["messages"][-1]
    assert (last["from"], last["text"]) == (
        "staff",
        "You had left this chat, so we are sending our answer to your phone by text.",
    )


def test_who_left_and_shares_a_phone_is_texted_only_if_the_member_confirms_it(
    service: Service, twilio: TwilioStandIn
) -> None:
    chat = begin(service, **AGREED)
    chat.send("my mama reads mine at supper so no texts", "second")
    service.work()
    chat.read()
    assert answer(service)[0] is ReplyCheck.SENT  # on the page
    leave(service)

    assert answer(service, "Come at 9.")[0] is ReplyCheck.REFUSED
    assert texts_to_patient(twilio) == []

    assert answer(service, "Come at 9.", despite=True)[0] is ReplyCheck.SENT
    assert len(texts_to_patient(twilio)) == 1


def test_an_ended_chat_counts_as_left(service: Service, twilio: TwilioStandIn) -> None:
    begin(service, **AGREED)
    leave(service, chat_ended_at=now())

    answer(service)

    assert len(texts_to_patient(twilio)) == 1


def test_a_chat_whose_page_never_asked_for_an_answer_counts_as_left_after_a_while(
    service: Service, twilio: TwilioStandIn
) -> None:
    ChatClient(service.url, **AGREED).send("Did you get my records?", "first")
    service.work()
    leave(service, chat_seen_at=None, created_at=now() - timedelta(minutes=5))

    answer(service)

    assert len(texts_to_patient(twilio)) == 1


@pytest.mark.parametrize("details", [{}, {"phone": PATIENT}])
def test_who_agreed_to_nothing_is_answered_in_the_chat(
    service: Service, twilio: TwilioStandIn, details: dict[str, str]
) -> None:
    begin(service, **details)
    leave(service)

    _, delivery = answer(service)

    assert delivery is not None
    assert delivery.medium == Medium.CHAT
    assert texts_to_patient(twilio) == []


def test_who_opted_out_is_not_texted(service: Service, twilio: TwilioStandIn) -> None:
    service.text("STOP")
    service.work()
    before = len(texts_to_patient(twilio))
    with service.edit() as session:
        assert session.query(OptOut).one().active
    chat = ChatClient(service.url, **AGREED)
    chat.send("Did you get my records?", "first")
    service.work()
    with service.edit() as session:
        conversation = session.query(Conversation).filter_by(channel="chat").one()
        conversation.chat_seen_at = now() - timedelta(minutes=5)
        practice = service.context.practices.require("demo")
        outcome = send(session, conversation, practice, 1, Draft(ANSWER, "ab" * 16, 0, None, closes=False))
    service.context.queue.put_all(outcome.after_commit)
    service.work()

    assert len(texts_to_patient(twilio)) == before
    assert [row.medium for row in service.rows(Delivery) if row.id == outcome.delivery_id] == [Medium.CHAT]


def test_who_left_an_address_is_answered_by_email(
    settings: Settings, smtp: SmtpStandIn, classifier: Any, twilio: TwilioStandIn
) -> None:
    with Service(settings.model_copy(update={"smtp_url": smtp.url}), classifier, twilio) as service:
        chat = begin(service)
        chat.send("my email is ann@example.com", "second")
        service.work()
        leave(service)

        _, delivery = answer(service)

        assert delivery is not None
        assert delivery.medium == Medium.EMAIL
        assert len(smtp.mails) == 1


def test_who_left_a_number_that_is_not_safe_and_an_address_is_answered_by_email(
    settings: Settings, smtp: SmtpStandIn, classifier: Any, twilio: TwilioStandIn
) -> None:
    with Service(settings.model_copy(update={"smtp_url": smtp.url}), classifier, twilio) as service:
        service.text("Please don't text me here, my husband reads my phone and he hits me.")
        service.work()
        chat = begin(service, **AGREED)
        chat.send("my email is ann@example.com", "second")
        service.work()
        texted = texts_to_patient(twilio)
        with service.edit() as session:
            left = session.query(Conversation).filter_by(channel="chat").one()
            left.chat_seen_at = now() - timedelta(minutes=5)
            assert staff_medium(session, left, now()) is Medium.EMAIL
            left.contact_email = None
            assert staff_medium(session, left, now()) is Medium.SMS  # which staff are warned of
        assert texts_to_patient(twilio) == texted


# ---- asking for a way to reach the visitor


def test_an_anonymous_chat_is_asked_how_to_reach_the_visitor_and_promised_no_call(service: Service) -> None:
    chat = ChatClient(service.url)
    chat.send("I waited two hours and your receptionist was rude to me. I want to file a complaint.", "first")
    service.work()

    text = chat.read()["messages"][-1]["text"]
    assert "will call you" not in text
    assert "write your phone number or email address" in text


@pytest.mark.parametrize("signed", ["Emma Stone, 202-555-0211", "My email is emma@example.com"])
def test_who_wrote_a_number_or_an_address_among_other_things_is_not_asked_for_it_and_not_reached_by_it(
    service: Service, signed: str
) -> None:
    chat = ChatClient(service.url)
    chat.send(f"I waited two hours and your receptionist was rude to me. I want to file a complaint. {signed}", "first")
    service.work()

    text = chat.read()["messages"][-1]["text"]
    assert "write your phone number" not in text
    assert "will call you" not in text
    [conversation] = service.rows(Conversation)
    assert (conversation.contact_phone, conversation.contact_email) == (None, None)


@pytest.mark.parametrize("number", ["My member ID is 2025550123", "555-0211", "ext 123", ""])
def test_what_is_no_whole_number_is_still_asked_for(number: str) -> None:
    assert not names_contact(f"I want to file a complaint. {number}")


@pytest.mark.parametrize(
    "number",
    [
        "Please fax 813 555 0199 to Dr Alvarez",
        "You can call her at 813-555-0199",
        "Send it to my lawyer 813-555-0199",
        "My pharmacy is at 813-555-0199",
        "Mande todo a mi abogado, 813-555-0199",
    ],
)
def test_a_number_of_somebody_else_does_not_stand_for_the_visitors_own(number: str) -> None:
    assert not names_contact(f"I want to file a complaint. {number}")


@pytest.mark.parametrize(
    "number", ["Call me at 202-555-0211", "Please call back, my cell is 202-555-0211", "Sam Ortiz 202-555-0211"]
)
def test_a_number_of_ones_own_is_not_asked_for(number: str) -> None:
    assert names_contact(f"My lawyer told me to complain. {number}")


def test_a_visitor_who_gave_a_number_is_promised_a_call(service: Service) -> None:
    chat = ChatClient(service.url, phone=PATIENT)
    chat.send("I waited two hours and your receptionist was rude to me. I want to file a complaint.", "first")
    service.work()

    text = chat.read()["messages"][-1]["text"]
    assert "a manager will call you" in text
    assert "write your phone number" not in text


def test_a_chat_does_not_claim_that_an_answer_was_sent_that_was_not(service: Service, twilio: TwilioStandIn) -> None:
    chat = begin(service, **AGREED)
    leave(service)
    answer(service)
    with service.edit() as session:
        session.query(Delivery).filter_by(medium=Medium.SMS).one().state = DeliveryState.FAILED

    assert chat.read()["messages"][-1]["text"].startswith("We have an answer for you and could not send it")
