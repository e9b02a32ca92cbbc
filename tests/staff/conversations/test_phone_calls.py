"""Noting a call to a patient, and how it went."""

from __future__ import annotations

import pytest

from inbox.models import Conversation, Note
from intake.vocabulary import Channel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import sure_of, tell

REQUEST = "can i move my visit to monday"
PAGE = "/staff/conversations/1"
MENU = 'id="call-menu"'


@pytest.fixture
def dana(console: Console) -> Browser:
    tell(console, {REQUEST: sure_of("appointment_request")})
    return console.sign_in(name="Dana Reyes")


@pytest.mark.parametrize(
    ("outcome", "note", "act"),
    [
        ("reached", "Called the patient and reached them.", "called the patient and reached them"),
        ("left_message", "Called the patient and left a message.", "called the patient and left a message"),
        ("no_answer", "Called the patient: no answer.", "called the patient, who did not answer"),
    ],
)
def test_each_outcome_has_its_note_and_its_line_of_activity(
    console: Console, dana: Browser, outcome: str, note: str, act: str
) -> None:
    console.text(REQUEST)
    console.work()

    assert dana.post(f"{PAGE}/called", data={"outcome": outcome}).status_code == 303

    assert [row.text for row in console.rows(Note)] == [note]
    assert act in words(dana.get(PAGE).text)


@pytest.mark.parametrize("outcome", ["", "maybe"])
def test_a_call_without_an_outcome_is_not_noted(console: Console, dana: Browser, outcome: str) -> None:
    console.text(REQUEST)

    answer = dana.post(f"{PAGE}/called", data={"outcome": outcome})

    assert answer.status_code == 400
    assert "Choose how the call went" in answer.text
    assert console.rows(Note) == []


@pytest.mark.parametrize("caller", ["+12025550171", "anonymous"])
def test_every_voicemail_offers_it(console: Console, dana: Browser, caller: str) -> None:
    console.call(from_=caller).report_transcription(REQUEST)
    console.work()

    page = dana.get(PAGE).text

    assert MENU in page
    assert "How did it go? Reached Left a message No answer" in words(page)


def test_a_text_offers_it(console: Console, dana: Browser) -> None:
    console.text(REQUEST)

    assert MENU in dana.get(PAGE).text


def test_an_email_without_a_number_does_not(console: Console, dana: Browser) -> None:
    console.text(REQUEST)
    with console.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.channel, conversation.patient_address = Channel.EMAIL, "ann@example.com"

    assert MENU not in dana.get(PAGE).text
