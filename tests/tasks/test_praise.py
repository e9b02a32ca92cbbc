"""Praise within a conversation neither moves nor hides what somebody waits for, and praise that asks is a request."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.models import Conversation, ConversationState, Decision, Notification
from intake.vocabulary import Disposition
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.tasks.routing.test_follow_ups import UNCLEAR, say
from tests.told_classifier import EMERGENCY, PRAISE, SAME_DAY, sure_of, tell

QUESTION, STARS, DATE = "why is my bill 80 dollars", "you guys are the best, Dr. Kim was amazing", "it was the 3rd"
OWN_ROW = 'routes = { praise = { team = "manager", priority = "high" } }'


def standing(service: Service) -> tuple[str, str | None, str | None, str | None]:
    [conversation] = service.rows(Conversation)
    return str(conversation.state), conversation.team, conversation.intent, conversation.priority


def ask_and_praise(service: Service, asked: dict[str, Any]) -> None:
    tell(service, {QUESTION: asked, STARS: PRAISE, DATE: UNCLEAR})
    say(service, QUESTION)
    before, since = standing(service), service.rows(Conversation)[0].waiting_since
    say(service, STARS)

    assert standing(service) == before
    assert service.rows(Conversation)[0].waiting_since == since
    assert service.rows(Decision)[-1].route == "praise"


@pytest.mark.parametrize(
    "asked",
    [
        sure_of("billing_inquiry"),
        sure_of("complaint"),
        sure_of("price_shopper"),
        sure_of("clinical_concern", **SAME_DAY),
        sure_of("clinical_concern", **EMERGENCY),
        {"disposition": Disposition.OUT_OF_SCOPE},
    ],
    ids=["a bill", "a complaint", "prices", "same day", "an emergency", "unsorted"],
)
def test_praise_leaves_what_somebody_waits_for_as_it_is(service: Service, asked: dict[str, Any]) -> None:
    ask_and_praise(service, asked)

    assert {row.team for row in service.rows(Notification) if row.message_id == 2} == {"digest"}


def test_so_it_does_where_a_practice_finds_praise_pressing_and_its_team_is_told(start_service: StartService) -> None:
    service = start_service(OWN_ROW)

    ask_and_praise(service, sure_of("billing_inquiry"))

    assert ("manager", "high") in {(row.team, row.priority) for row in service.rows(Notification)}


def test_praise_for_an_answer_leaves_the_matter_with_its_team_so_that_what_follows_finds_it(service: Service) -> None:
    tell(service, {QUESTION: sure_of("billing_inquiry"), STARS: PRAISE, DATE: UNCLEAR})
    say(service, QUESTION)
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.state, conversation.priority, conversation.waiting_since = ConversationState.WAITING, None, None
        conversation.staff_took_over_at = conversation.created_at

    say(service, STARS)
    assert standing(service) == ("open", "billing", "billing_inquiry", None)
    say(service, DATE)
    assert (service.rows(Decision)[-1].route, standing(service)[1]) == ("follow_up", "billing")


def test_nothing_follows_praise_that_staff_have_answered(service: Service) -> None:
    tell(service, {STARS: PRAISE, DATE: UNCLEAR})
    say(service, STARS)
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.priority, conversation.staff_took_over_at = None, conversation.created_at
    say(service, DATE)

    assert service.rows(Decision)[-1].route == "review"


def test_praise_by_itself_is_praise(service: Service, twilio: TwilioStandIn) -> None:
    tell(service, {STARS: PRAISE})
    say(service, STARS)

    assert standing(service) == ("open", "digest", "praise", "low")
    assert "Thank you so much for your kind words!" in twilio.messages[-1].body


@pytest.mark.parametrize(
    "text",
    [
        "Best dentist ever!!! my tooth still hurts though",
        "You are all angels. I feel so alone",
        "Dr. Kim is a star. Do you have my glasses?",
        "Son los mejores, pero me duele la muela",
    ],
)
def test_praise_with_a_word_of_need_or_a_question_is_read_by_a_person(service: Service, text: str) -> None:
    tell(service, {text: PRAISE | {"language": "en"}})
    say(service, text)

    assert standing(service)[1:] == ("review", service.rows(Conversation)[0].intent, "normal")


@pytest.mark.parametrize(
    ("text", "team"),
    [
        ("love you guys! can I move Friday's visit?", "scheduling"),
        ("son los mejores! puedo cambiar mi cita del viernes?", "scheduling"),
        ("Dr. Kim was amazing but I still have not received my bill", "billing"),
    ],
)
@pytest.mark.parametrize("first", [None, "do you have my records"])
def test_a_request_after_praise_goes_where_the_request_goes(
    service: Service, text: str, team: str, first: str | None
) -> None:
    tell(service, {"do you have my records": sure_of("existing_patient_question")})
    say(service, *filter(None, (first, text)))

    assert standing(service)[1] == team
