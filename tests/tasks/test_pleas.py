"""Who begs for help and says no more reads every time that a person looks, and to call 911 in an emergency."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inbox.models import Conversation, Decision
from tasks.routing.decide import decide
from tests.chat_client import ChatClient
from tests.service import Service
from tests.tasks.routing.test_decide import PRACTICE, SAME_DAY, facts
from tests.tasks.routing.test_follow_ups import say
from tests.told_classifier import SAME_DAY as TOLD_SAME_DAY
from tests.told_classifier import sure_of, tell

PLEAS = ["help", "HELP", "Help!", "help me", "please help me", "I need some help", "ayuda", "ayuda por favor"]
QUESTION = "why is my bill 80 dollars"
ROUTES = {"same_day": "will look at this", "urgent": "Our on-call line is"}
EN_ESPANOL = {"same_day": "lo va a revisar", "urgent": "la persona de guardia"}


def chat(service: Service, *texts: str) -> list[str]:
    client = ChatClient(service.url)
    for number, text in enumerate(texts):
        client.send(text, f"m{number}")
        service.work()
    return [text for author, text in client.texts() if author != "patient"]


def is_told_of_a_person_and_911(service: Service, answer: str) -> bool:
    route = service.rows(Decision)[-1].route
    said = EN_ESPANOL if "911" in answer and "llame" in answer else ROUTES
    return "911" in answer and said[route] in answer


@pytest.mark.parametrize("text", PLEAS)
@pytest.mark.parametrize("first", [None, QUESTION], ids=["new", "open"])
def test_a_plea_in_a_chat_is_answered_with_911_and_that_somebody_looks_today(
    service: Service, text: str, first: str | None
) -> None:
    tell(service, {QUESTION: sure_of("billing_inquiry")})

    replies = chat(service, *filter(None, (first, text)))

    assert len(replies) == (2 if first else 1)
    assert is_told_of_a_person_and_911(service, replies[-1])
    assert service.rows(Conversation)[0].team in ("clinical", "on_call")


def test_who_begs_again_is_answered_again(service: Service) -> None:
    ache = "my ear aches"
    tell(service, {ache: sure_of("clinical_concern", **TOLD_SAME_DAY), "please help me": TOLD_SAME_DAY})

    replies = chat(service, ache, "please help me", "please help me")

    assert ["911" in reply for reply in replies] == [True, True, True]


def test_other_words_for_the_same_day_are_added_within_the_cool_down_rather_than_answered_twice() -> None:
    again = facts(**SAME_DAY, reply_ages={"same_day": timedelta(minutes=5)})

    assert decide(again, PRACTICE).reply == "follow_up"
    assert decide(facts(**SAME_DAY, plea=True, reply_ages={"same_day": timedelta(minutes=5)}), PRACTICE).reply == (
        "same_day"
    )
    assert decide(facts(**SAME_DAY, plea=True, staff_active=True), PRACTICE).reply is None


@pytest.mark.parametrize("text", ["HELP", "help", "AYUDA"])
def test_help_by_text_is_answered_as_carriers_require(service: Service, text: str) -> None:
    say(service, text)

    assert service.rows(Decision)[-1].route == "help"
    assert "STOP" in service.twilio.messages[-1].body
