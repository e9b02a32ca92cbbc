"""A phone that others seem to read gets nothing automatic, in wordings that no table has; staff hear of it at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inbox.contact.quiet import QUIET_FOR
from inbox.models import Conversation, Decision, Notification
from tests.chat_client import ChatClient
from tests.service import Service
from tests.told_classifier import EMERGENCY, sure_of, tell

SEEN = "Foreman holds our phones in a basket up front with the screens up. so no texts to me. can I move my visit"
BILL = "Why is my bill so high?"
VISIT = "Can I move my visit to Tuesday?"
CHEST = "I have chest pain and can't breathe"


@pytest.fixture
def told(service: Service) -> Service:
    """A service that is sure of these."""
    sure = sure_of("appointment_request")
    tell(
        service,
        {
            VISIT: sure,
            SEEN: sure,
            f"It's safe to text me now. {VISIT}": sure,
            CHEST: EMERGENCY,
            BILL: sure_of("billing_inquiry"),
        },
    )
    return service


def send(service: Service, text: str) -> int:
    """A text comes in; returns how many went out in answer."""
    sent = len(service.twilio.messages)
    service.text(text)
    service.work()
    return len(service.twilio.messages) - sent


def test_it_gets_no_answer_and_the_team_is_told_at_once(told: Service) -> None:
    assert send(told, SEEN) == 0
    [told_of] = told.rows(Notification)
    assert (told_of.team, told_of.priority, told_of.reason) == ("scheduling", "high", "silent_for_safety")
    assert told.rows(Decision)[0].silence == "quiet"


def test_the_number_is_not_marked_as_the_model_may_be_wrong(told: Service) -> None:
    send(told, SEEN)

    assert told.rows(Conversation)[0].unsafe_since is None


def test_what_comes_next_gets_no_answer_either(told: Service) -> None:
    assert [send(told, text) for text in (SEEN, VISIT)] == [0, 0]
    assert told.rows(Decision)[-1].silence == "quiet"


def test_the_words_for_an_emergency_go_out_all_the_same(told: Service) -> None:
    assert [send(told, text) for text in (SEEN, CHEST)] == [0, 1]


def test_who_says_that_it_is_safe_is_answered(told: Service) -> None:
    assert [send(told, text) for text in (SEEN, f"It's safe to text me now. {VISIT}")] == [0, 1]


def test_after_that_the_phone_is_answered_as_ever(told: Service) -> None:
    assert [send(told, text) for text in (SEEN, f"It's safe to text me now. {VISIT}", BILL)] == [0, 1, 1]


def test_whoever_writes_in_a_chat_reads_the_answer_on_its_page(told: Service) -> None:
    chat = ChatClient(told.url)
    chat.send(SEEN, "m1")
    told.work()

    assert told.rows(Decision)[0].silence is None


def test_after_a_day_the_phone_is_answered_as_ever(told: Service) -> None:
    send(told, SEEN)
    with told.edit() as session:
        conversation = session.query(Conversation).one()
        assert conversation.quiet_until is not None
        conversation.quiet_until -= QUIET_FOR + timedelta(minutes=1)

    assert send(told, VISIT) == 1
