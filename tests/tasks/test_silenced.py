"""Who may stop the words for an emergency, and who learns that a patient in danger was told nothing."""

from __future__ import annotations

import pytest
import requests

from inbox.contact.consent import opt_out_of
from inbox.contact.unsafe_contact import SAFE_FOR, set_unsafe
from inbox.models import Conversation, Delivery, Escalation, Notification, OptOut, now
from tasks import jobs
from tasks.context import use
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import EMERGENCY, SELF_HARM, tell
from tests.world import PATIENT, SITE

CHEST, PILLS = "I have chest pain and can't breathe", "I took all my pills and want to die"
PRICES = "How much is a first visit without insurance?"
READ = "he reads my phone"


@pytest.fixture
def told(service: Service) -> Service:
    """A service that surely takes these for emergencies."""
    tell(service, {CHEST: EMERGENCY, PILLS: SELF_HARM, f"{PILLS}. {READ}": SELF_HARM})
    return service


def send(service: Service, *texts: str) -> None:
    for text in texts:
        service.text(text)
        service.work()


def decide_only(service: Service, message_id: int = 1) -> None:
    """A message is decided on, and its reply is not delivered yet."""
    use(service.context)
    jobs.handle_message(message_id)


def post(service: Service, message: str, **contact: str) -> None:
    sent = {"message": message, **contact}
    answer = requests.post(f"{service.url}/forms/demo", json=sent, headers={"Origin": SITE}, timeout=30)
    assert answer.status_code == 202
    service.work()


def replies(service: Service) -> list[str | None]:
    return [row.reply for row in service.rows(Delivery)]


def reasons(service: Service, team: str) -> list[str]:
    return [row.reason for row in service.rows(Notification) if row.team == team]


# ---- an emergency that nobody answered


def test_who_ends_our_texts_before_the_words_for_an_emergency_go_out_is_called(told: Service) -> None:
    told.text(CHEST)
    decide_only(told)
    send(told, "STOP")

    assert ("urgent", "suppressed") in [(row.reply, row.state) for row in told.rows(Delivery)]
    assert reasons(told, "on_call") == ["urgent", "unanswered_emergency"]
    assert len(told.rows(Escalation)) == 1


def test_a_phone_that_turns_out_to_be_unsafe_is_not_called(told: Service) -> None:
    told.text(CHEST)
    decide_only(told)
    send(told, READ)

    assert "urgent" not in [row.reply for row in told.rows(Delivery) if row.state != "suppressed"]
    assert reasons(told, "on_call") == ["urgent", "unanswered_unsafe"]


def test_an_emergency_at_an_unsafe_phone_says_so_to_whoever_is_on_call(told: Service) -> None:
    send(told, f"{PILLS}. {READ}")

    assert replies(told) == []
    assert reasons(told, "on_call") == ["unanswered_unsafe"]


# ---- what an unsafe phone silences


def test_an_open_chat_goes_on_answering_who_writes_in_it(told: Service) -> None:
    words = "My mom took my phone and I want to kill myself"
    tell(told, {words: SELF_HARM})
    chat = ChatClient(told.url)
    chat.send(words, "m1")
    told.work()

    assert replies(told) == ["urgent_self_harm"]
    assert "988" in chat.texts()[-1][1]
    [conversation] = told.rows(Conversation)
    assert conversation.unsafe_since is not None


ASKS_FOR_NO_TEXTS = {
    "en": "need to come in without my husband knowing. he checks my phone so dont text me",
    "es": "mi esposo me revisa el celular, no me manden mensajes de texto",
}
STRANGLED = {
    "en": "he put his hands around my neck last night. my voice is funny",
    "es": "anoche me apretó el cuello y no puedo respirar bien",
}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("contact", [{}, {"phone": "(202) 555-0123"}], ids=["no-number", "number"])
def test_who_asks_in_the_chat_for_no_texts_reads_there_what_to_do_and_gets_no_text(
    told: Service, language: str, contact: dict[str, str]
) -> None:
    tell(told, {STRANGLED[language]: EMERGENCY})
    chat = ChatClient(told.url, **contact)
    chat.send(ASKS_FOR_NO_TEXTS[language], "m1")
    told.work()
    chat.send(STRANGLED[language], "m2")
    told.work()

    *_, first, _, second = [text for _, text in chat.texts()]
    assert first
    assert "911" in second
    assert not any(word in first + second for word in ("phone number", "teléfono", "celular", "STOP"))
    assert told.twilio.messages == []
    assert "urgent" in reasons(told, "on_call")


def test_a_chat_that_may_itself_be_seen_shows_nothing(told: Service) -> None:
    chat = ChatClient(told.url)
    chat.send("don't answer here, he can see this", "m1")
    chat.send(PILLS, "m2")
    told.work()

    assert replies(told) == []
    assert "unanswered_unsafe" in reasons(told, "on_call")


@pytest.mark.parametrize("as_chat", [True, False])
def test_nobody_on_the_website_keeps_the_words_for_an_emergency_from_a_phone(told: Service, *, as_chat: bool) -> None:
    if as_chat:
        ChatClient(told.url, phone="(202) 555-0123").send(f"Don't text this number, {READ}", "m1")
        told.work()
    else:
        post(told, f"Don't text this number, {READ}", phone=PATIENT)
    send(told, PILLS)

    assert "988" in told.twilio.messages[-1].body
    assert "unsafe_claimed" in reasons(told, "front_desk")


def test_a_text_that_says_so_counts_for_every_channel_of_its_number(told: Service) -> None:
    send(told, READ)
    post(told, PRICES, phone=PATIENT)

    assert told.twilio.messages == []


# ---- safe again, for now

SAFE_NOW = {"en": "ok its safe now, he left for work. can you tell me what to do", "es": "ya puede escribirme"}


@pytest.mark.parametrize("language", SAFE_NOW)
def test_who_says_by_text_that_it_is_safe_now_is_told_what_to_do(told: Service, language: str) -> None:
    send(told, f"{PILLS}. {READ}", "are you there")
    assert told.twilio.messages == []
    send(told, SAFE_NOW[language])

    assert replies(told) == ["urgent_self_harm" if language == "en" else "urgent_self_harm_es"]
    assert "988" in told.twilio.messages[-1].body
    [conversation] = told.rows(Conversation)
    assert conversation.unsafe_since is not None
    assert (conversation.team, conversation.priority) == ("on_call", "urgent")


def test_so_is_whoever_says_it_in_a_chat_that_was_seen(told: Service) -> None:
    chat = ChatClient(told.url)
    for number, text in enumerate(("don't answer here, he can see this", PILLS, SAFE_NOW["en"])):
        chat.send(text, f"m{number}")
        told.work()

    assert replies(told) == ["urgent_self_harm"]
    assert "phone" not in chat.texts()[-1][1]


def test_it_is_answered_as_ever_until_half_an_hour_is_over(told: Service) -> None:
    send(told, READ, SAFE_NOW["en"])
    texted = len(told.twilio.messages)
    assert texted == 1
    send(told, PRICES)
    assert len(told.twilio.messages) == 2
    with told.edit() as session:
        conversation = session.get_one(Conversation, 1)
        assert conversation.safe_until is not None
        conversation.safe_until -= SAFE_FOR
    send(told, CHEST)

    assert len(told.twilio.messages) == 2
    assert reasons(told, "on_call")[-1] == "unanswered_unsafe"


@pytest.mark.parametrize("again", [READ, "he's back, he reads my texts"])
def test_it_ends_when_they_say_that_it_is_not_safe(told: Service, again: str) -> None:
    send(told, READ, SAFE_NOW["en"], again)
    texted = len(told.twilio.messages)
    send(told, CHEST)

    assert len(told.twilio.messages) == texted


def test_a_reply_that_waits_longer_is_not_sent(told: Service) -> None:
    send(told, READ, SAFE_NOW["en"])
    told.text(CHEST)
    decide_only(told, 3)
    with told.edit() as session:
        session.get_one(Conversation, 1).safe_until = now()
    told.work()

    assert ("urgent", "suppressed") in [(row.reply, row.state) for row in told.rows(Delivery)]


# ---- safe at hours that the patient names

AFTER_FOUR = {
    "en": "pls dont text this number after 4 he looks at my phone",
    "es": "él lee mi teléfono, no me escriba después de las 4",
}
ALWAYS, NEVER = "0-1440 UTC", "0-0 UTC"


def name_hours(service: Service, hours: str) -> None:
    with service.edit() as session:
        session.get_one(Conversation, 1).safe_hours = hours


@pytest.mark.parametrize("language", AFTER_FOUR)
def test_who_names_hours_is_answered_within_them_and_at_no_other_time(told: Service, language: str) -> None:
    send(told, AFTER_FOUR[language])
    [conversation] = told.rows(Conversation)
    assert conversation.unsafe_since is not None
    assert conversation.safe_hours == "360-960 America/New_York"

    name_hours(told, NEVER)
    texted = len(told.twilio.messages)
    send(told, CHEST)
    assert len(told.twilio.messages) == texted
    assert reasons(told, "on_call")[-1] == "unanswered_unsafe"

    name_hours(told, ALWAYS)
    send(told, PILLS)
    assert "988" in told.twilio.messages[-1].body


def test_hours_may_be_named_after_it_was_said_that_the_phone_is_not_safe(told: Service) -> None:
    send(told, READ, "only text me before 3pm")

    [conversation] = told.rows(Conversation)
    assert conversation.safe_hours == "360-900 America/New_York"


def test_hours_alone_silence_nobody(told: Service) -> None:
    send(told, "only text me before 3pm")

    [conversation] = told.rows(Conversation)
    assert (conversation.unsafe_since, conversation.safe_hours) == (None, None)


@pytest.mark.parametrize("again", [READ, "don't text me on fridays after 4, he checks my phone"])
def test_they_end_when_it_is_said_again_without_plain_hours(told: Service, again: str) -> None:
    send(told, AFTER_FOUR["en"])
    name_hours(told, ALWAYS)
    send(told, again)
    texted = len(told.twilio.messages)
    send(told, CHEST)

    assert len(told.twilio.messages) == texted


def test_they_end_when_it_is_said_in_a_call_from_the_number(told: Service) -> None:
    send(told, AFTER_FOUR["en"])
    name_hours(told, ALWAYS)
    told.call().report_transcription(READ)
    told.work()
    texted = len(told.twilio.messages)
    send(told, CHEST)

    assert len(told.twilio.messages) == texted


@pytest.mark.parametrize("by_call", [True, False])
def test_no_hours_are_taken_from_where_no_text_is_written(told: Service, *, by_call: bool) -> None:
    if by_call:
        told.call().report_transcription(AFTER_FOUR["en"])
        told.work()
    else:
        post(told, AFTER_FOUR["en"], phone=PATIENT)

    assert [row.safe_hours for row in told.rows(Conversation)] == [None]


def test_what_staff_marked_no_hours_lift(told: Service) -> None:
    send(told, AFTER_FOUR["en"])
    with told.edit() as session:
        set_unsafe(session, session.get_one(Conversation, 1), now(), by=1)
    name_hours(told, ALWAYS)
    texted = len(told.twilio.messages)
    send(told, CHEST)

    assert len(told.twilio.messages) == texted


def test_what_staff_marked_only_staff_take_away(told: Service) -> None:
    send(told, PRICES)
    with told.edit() as session:
        set_unsafe(session, session.get_one(Conversation, 1), now(), by=1)
    texted = len(told.twilio.messages)
    send(told, SAFE_NOW["en"], CHEST)

    assert len(told.twilio.messages) == texted


def test_a_form_that_names_the_number_lifts_nothing(told: Service) -> None:
    send(told, READ)
    post(told, SAFE_NOW["en"], phone=PATIENT)

    assert told.twilio.messages == []


# ---- an opt-out that nothing proves


def test_a_claimed_opt_out_stops_all_but_the_words_for_an_emergency_and_staff_can_undo_it(told: Service) -> None:
    post(told, "stop texting me", phone=PATIENT)
    texted = len(told.twilio.messages)
    send(told, PRICES)
    assert len(told.twilio.messages) == texted
    send(told, PILLS)

    assert "988" in told.twilio.messages[-1].body
    assert "possible_opt_out" in reasons(told, "front_desk")
    with told.context.database.read() as session:
        standing = opt_out_of(session, "demo", PATIENT)
    assert (standing.is_out, standing.is_claimed, standing.can_undo) == (True, True, True)


def test_the_numbers_own_stop_makes_a_claimed_opt_out_certain(told: Service) -> None:
    post(told, "stop texting me", phone=PATIENT)
    send(told, "STOP")
    texted = len(told.twilio.messages)
    send(told, PILLS)

    assert len(told.twilio.messages) == texted
    assert reasons(told, "on_call") == ["unanswered_emergency"]
    assert [(row.active, row.claimed) for row in told.rows(OptOut)] == [(True, False)]


# ---- a lone word for help


@pytest.mark.parametrize("cry", ["help!", "HELP!!!", "Ayuda", "¡Ayuda!"])
def test_a_cry_for_help_gets_the_required_answer_and_a_person(told: Service, cry: str) -> None:
    send(told, cry)

    assert replies(told) in (["help"], ["help_es"])
    assert [(row.team, row.priority, row.reason) for row in told.rows(Notification)] == [
        ("front_desk", "high", "cry_for_help")
    ]


@pytest.mark.parametrize("command", ["HELP", "help", "info", "INFO!"])
def test_the_mere_command_is_told_to_nobody(told: Service, command: str) -> None:
    send(told, command)

    assert replies(told) == ["help"]
    assert told.rows(Notification) == []


def test_after_an_emergency_every_word_for_help_is_told(told: Service) -> None:
    send(told, CHEST, "help")

    assert replies(told) == ["urgent", "help"]
    assert reasons(told, "front_desk") == ["cry_for_help"]
