"""Who only asks again ("hello?", "any update?", "?") leaves an open conversation where it is, and waits there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inbox.models import Conversation, ConversationState, Decision, Notification, Review
from intake.vocabulary import Disposition, Priority, Team, TriageLevel
from tasks.routing.decide import Facts, decide
from tasks.routing.follow_ups import ANSWERS_WITHIN, FOLLOWS_WITHIN, Matter
from tests.chat_client import ChatClient
from tests.service import Service
from tests.tasks.routing.test_decide import (
    ASKS_FOR_A_PERSON,
    EMERGENCY,
    OUT_OF_SCOPE,
    PRACTICE,
    SAME_DAY,
    THANKS,
    UNSURE,
    facts,
    practice,
)
from tests.tasks.routing.test_follow_ups import let_time_pass, say
from tests.told_classifier import EMERGENCY as TOLD_EMERGENCY
from tests.told_classifier import PERSON, sure_of, tell

BILL = Matter(Team.BILLING, Priority.NORMAL, intent="billing_inquiry")
QUESTION = "why is my bill 80 dollars"


def asked(again_about: Matter | None = BILL, **changes: Any) -> Facts:
    """A message that only asks again."""
    values: dict[str, Any] = {"intent": "appointment_request", "confidence": UNSURE, "follows": again_about}
    return facts(**values | {"nudge": True} | changes)


# ---- whose it is


@pytest.mark.parametrize("read_as", [{}, OUT_OF_SCOPE, ASKS_FOR_A_PERSON, {"confidence": 0.99}, {"language": "other"}])
def test_whatever_the_model_makes_of_it_who_asks_again_stays_with_the_team_that_has_the_matter(
    read_as: dict[str, Any],
) -> None:
    plan = decide(asked(**read_as), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("nudge", "review_again", "billing", "normal")
    assert plan.also == ()


def test_it_is_as_pressing_as_the_matter_but_raises_no_alarm() -> None:
    emergency = Matter(Team.ON_CALL, Priority.URGENT, triage=TriageLevel.EMERGENCY)
    answered = replace(emergency, is_answered=True)

    assert decide(asked(Matter(Team.MANAGER, Priority.HIGH)), PRACTICE).priority == "high"
    assert (decide(asked(emergency), PRACTICE).team, decide(asked(emergency), PRACTICE).priority) == ("on_call", "high")
    assert decide(asked(answered), PRACTICE).team == "clinical"


@pytest.mark.parametrize("team", [Team.REVIEW, Team.FRONT_DESK])
def test_it_stays_with_whoever_sorts_and_no_team_of_follow_ups_takes_it(team: Team) -> None:
    own = practice(routes={"follow_up": {"team": "scheduling", "priority": "high"}})
    plan = decide(asked(Matter(team, Priority.NORMAL)), own)

    assert (plan.team, plan.priority) == (team, "normal")


@pytest.mark.parametrize(
    ("also", "route"),
    [(EMERGENCY, "urgent"), (SAME_DAY, "same_day"), (THANKS, "acknowledgement"), ({"visit_soon": True}, None)],
)
def test_danger_thanks_and_a_visit_soon_count_as_ever(also: dict[str, Any], route: str | None) -> None:
    plan = decide(asked(**also), PRACTICE)

    assert plan == decide(asked(**also, nudge=False), PRACTICE)
    assert route in (None, plan.route)


def test_in_a_new_conversation_it_is_answered_as_any_message() -> None:
    assert decide(asked(None, **ASKS_FOR_A_PERSON), PRACTICE).reply == "person"
    assert decide(asked(None, **OUT_OF_SCOPE), PRACTICE).reply == "review"


# ---- what the patient reads


def test_the_reply_is_in_their_language_and_not_repeated_within_its_cool_down() -> None:
    assert decide(asked(language="es"), PRACTICE).reply == "review_again_es"
    plan = decide(asked(reply_ages={"review_again": timedelta(minutes=5)}), PRACTICE)
    assert (plan.reply, plan.team) == (None, "billing")


def test_after_an_emergency_it_is_answered_with_the_helplines() -> None:
    assert decide(asked(reply_ages={"urgent_self_harm": timedelta(minutes=5)}), PRACTICE).reply == (
        "urgent_again_self_harm"
    )


# ---- from the patient's first word on


@pytest.fixture(autouse=True)
def _bill(service: Service) -> None:
    tell(
        service,
        {
            QUESTION: sure_of("billing_inquiry"),
            "hello? anyone there": PERSON,
            "following up": sure_of("appointment_request"),
            "hola, ¿hay alguien ahí?": PERSON | {"language": "es"},
            "bump": sure_of("clinical_concern", confidence=0.4, disposition=Disposition.REVIEW),
        },
    )


def standing(service: Service) -> tuple[str, str | None, str | None, str | None]:
    [conversation] = service.rows(Conversation)
    return str(conversation.state), conversation.team, conversation.intent, conversation.priority


NUDGES = [
    "hello? anyone there",
    "following up",
    "still waiting",
    "any update?",
    "bump",
    "?",
    "…",
    "hola, ¿hay alguien ahí?",
    "sigo esperando",
]


@pytest.mark.parametrize("text", NUDGES)
def test_who_asks_again_leaves_team_topic_and_priority_as_they_are_and_the_team_hears_of_it(
    service: Service, text: str
) -> None:
    say(service, QUESTION)
    before = standing(service)
    since = service.rows(Conversation)[0].waiting_since
    say(service, text)

    assert standing(service) == before == ("open", "billing", "billing_inquiry", "normal")
    assert service.rows(Conversation)[0].waiting_since == since
    assert {(row.team, row.reason) for row in service.rows(Notification) if row.message_id == 2} == {
        ("billing", "nudge")
    }
    assert "911" in service.twilio.messages[-1].body
    assert len(service.twilio.messages) == 2
    assert [row.message_id for row in service.rows(Review) if row.message_id == 2] == []


def test_who_asks_again_after_days_is_still_waiting_for_the_same_team(service: Service) -> None:
    say(service, QUESTION)
    let_time_pass(service, 3 * FOLLOWS_WITHIN)
    say(service, "hello? anyone there")

    assert standing(service) == ("open", "billing", "billing_inquiry", "normal")


@pytest.mark.parametrize("later", [timedelta(hours=1), 2 * ANSWERS_WITHIN])
def test_who_asks_again_after_an_answer_waits_anew_for_the_team_that_gave_it(
    service: Service, later: timedelta
) -> None:
    say(service, QUESTION)
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        conversation.state, conversation.priority, conversation.waiting_since = ConversationState.WAITING, None, None
        conversation.staff_took_over_at = conversation.created_at
    let_time_pass(service, later)
    say(service, "any update?")

    assert standing(service) == ("open", "billing", "billing_inquiry", "normal")


def test_what_was_closed_or_needed_nobody_is_not_asked_for_again(service: Service) -> None:
    tell(service, {"how much is a cleaning": sure_of("price_shopper"), "hello? anyone there": PERSON})
    say(service, "how much is a cleaning", "hello? anyone there")

    assert service.rows(Decision)[-1].route == "person"
    assert standing(service)[1] == "front_desk"


def test_what_is_unsorted_stays_unsorted(service: Service) -> None:
    tell(service, {"the blue one": {"disposition": Disposition.OUT_OF_SCOPE}, "hello? anyone there": PERSON})
    say(service, "the blue one", "hello? anyone there")

    assert standing(service)[1] == "review"


def test_during_an_emergency_it_stays_one_and_pages_nobody_anew(service: Service) -> None:
    tell(service, {QUESTION: TOLD_EMERGENCY})
    say(service, QUESTION, "hello? anyone there")

    assert standing(service)[1:] == ("on_call", service.rows(Conversation)[0].intent, "urgent")
    assert {row.priority for row in service.rows(Notification) if row.message_id == 2} == {"high"}
    assert "Please don't wait for us" in service.twilio.messages[-1].body


def test_a_nudge_with_a_topic_is_a_message_of_its_own(service: Service) -> None:
    refill = "still waiting for my refill"
    tell(service, {QUESTION: sure_of("billing_inquiry"), refill: sure_of("existing_patient_question")})
    say(service, QUESTION, refill)

    assert service.rows(Decision)[-1].route == "existing_patient_question"


def test_danger_beside_a_nudge_is_found(service: Service) -> None:
    say(service, QUESTION, "hello? my chest hurts and I can't breathe")

    assert standing(service)[1] == "on_call"


# ---- marks alone


@pytest.mark.parametrize("text", ["?", "??", "…", "...", "!"])
def test_marks_alone_as_a_first_message_are_answered_by_a_person_and_raise_no_alarm(
    service: Service, text: str
) -> None:
    say(service, text)

    [decision] = service.rows(Decision)
    assert (decision.route, decision.priority) == ("review", "normal")
    assert "a person will answer you" in service.twilio.messages[-1].body


@pytest.mark.parametrize("text", ["?", "…"])
@pytest.mark.parametrize("first", [None, QUESTION])
def test_marks_alone_in_a_chat_are_answered_too(service: Service, text: str, first: str | None) -> None:
    chat = ChatClient(service.url)
    for number, said in enumerate(filter(None, (first, text))):
        chat.send(said, f"m{number}")
        service.work()

    author, answer = chat.texts()[-1]
    assert author != "patient"
    assert "a person will answer you" in answer
    assert standing(service)[1] == ("billing" if first else "review")
