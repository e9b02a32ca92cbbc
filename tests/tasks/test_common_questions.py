"""A common question gets the practice's own answer in place of the reply of its intent, and only where that is safe."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from classifier import Classifier
from inbox.models import AskedOutcome, AskedQuestion, Conversation, Decision, Delivery, Notification, Review
from inbox.practices.common_questions import PracticeQuestion, read_questions, save_question
from intake.settings import Settings
from intake.vocabulary import ReplyName, TriageLevel
from tasks.metrics import QUESTIONS, read
from tasks.routing.decide import decide
from tasks.routing.person_words import person_language
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.tasks.routing.test_decide import PRACTICE, UNSURE, facts
from tests.told_classifier import sure_of, tell
from tests.world import PRACTICES_TOML

ANSWER = "We are open Monday to Thursday from 7 to 6."
HOURS = "What are your hours?"
QUESTION = facts("existing_patient_question", has_answer=True)


def answer(service: Service, key: str = "hours", words: str = ANSWER, spanish: str = "") -> None:
    with service.edit() as session:
        known = {question.key: question for question in read_questions(session, "demo")}
        save_question(session, "demo", replace(known[key], answer=words, answer_es=spanish), known[key].version)


def replies(service: Service) -> list[str]:
    return [delivery.reply for delivery in service.rows(Delivery)]


# ---- from a text to its answer


def test_a_common_question_gets_the_practices_answer_and_the_team_is_told_without_hurry(service: Service) -> None:
    answer(service)

    service.text(HOURS)
    service.work()

    (delivery,) = service.rows(Delivery)
    assert delivery.body.startswith(f"Maple Street: {ANSWER} Reply PERSON to talk to someone.")
    (decision,) = service.rows(Decision)
    assert decision.route != ReplyName.COMMON_QUESTION
    assert decision.priority == "low"
    assert {notification.team for notification in service.rows(Notification)} == {decision.team}
    assert service.rows(Review) == []
    (conversation,) = service.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "low")
    (asked,) = service.rows(AskedQuestion)
    assert (asked.key, asked.outcome) == ("hours", AskedOutcome.ANSWERED)
    assert read(service.redis)[QUESTIONS]["demo", "answered"].count == 1


def test_a_question_in_spanish_gets_the_answer_and_the_team_looks_as_soon_as_otherwise(service: Service) -> None:
    answer(service)

    service.text("¿A qué hora abren?")
    service.work()

    (delivery,) = service.rows(Delivery)
    assert f"{ANSWER} Responda PERSONA para hablar con alguien." in delivery.body
    (decision,) = service.rows(Decision)
    assert decision.priority == "normal"


def test_where_the_practice_answers_in_spanish_a_question_in_spanish_is_settled(service: Service) -> None:
    answer(service, spanish="Abrimos de lunes a jueves de 7 a 6.")

    service.text("¿A qué hora abren?")
    service.text(HOURS, from_="+12025550144")
    service.work()

    spanish, english = service.rows(Delivery)
    assert "Abrimos de lunes a jueves de 7 a 6. Responda PERSONA para hablar con alguien." in spanish.body
    assert ANSWER in english.body
    assert [decision.priority for decision in service.rows(Decision)] == ["low", "low"]


def test_several_questions_are_all_answered_or_none(service: Service) -> None:
    answer(service)

    service.text("What time do you open? And where do I park?")
    service.work()
    assert ReplyName.COMMON_QUESTION not in replies(service)

    answer(service, "parking", "Park behind the house.")
    service.text("What time do you open? And where do I park?")
    service.work()

    assert f"{ANSWER} Park behind the house." in service.rows(Delivery)[-1].body


def test_an_answer_leaves_what_else_the_patient_waits_for(service: Service) -> None:
    answer(service)

    service.text("I got a bill for $382 for my visit but my copay should only be $35, what is the rest?")
    service.text(HOURS)
    service.work()

    (conversation,) = service.rows(Conversation)
    assert (conversation.state, conversation.team) == ("open", "billing")
    assert conversation.waiting_since is not None


def test_an_answer_that_does_not_reach_the_patient_brings_the_conversation_back(
    service: Service, twilio: TwilioStandIn
) -> None:
    answer(service)
    unable = service.settings.model_copy(update={"twilio_account_sid": None})
    with Service(unable, service.context.classifier, twilio) as console:
        console.text(HOURS)
        console.work()

        assert console.rows(Delivery)[0].state == "not_sent"
        (conversation,) = console.rows(Conversation)
        assert (conversation.state, conversation.priority) == ("open", "high")


def test_a_practice_without_answers_replies_as_before(service: Service) -> None:
    service.text("Is there parking?")
    service.work()

    assert ReplyName.COMMON_QUESTION not in replies(service)
    assert service.rows(AskedQuestion) == []


def test_a_question_without_an_answer_is_counted_and_gets_its_usual_reply(service: Service) -> None:
    answer(service)

    service.text("Is there parking?")
    service.work()

    assert ReplyName.COMMON_QUESTION not in replies(service)
    (asked,) = service.rows(AskedQuestion)
    assert (asked.key, asked.outcome) == ("parking", AskedOutcome.NO_ANSWER)


def test_another_question_within_the_hour_is_answered_and_the_same_one_gets_its_usual_reply(service: Service) -> None:
    answer(service)
    answer(service, "parking", "Park behind the house.")

    for text in (HOURS, "Is there parking?", HOURS):
        service.text(text)
        service.work()

    assert replies(service).count(ReplyName.COMMON_QUESTION) == 2
    assert len(replies(service)) == 3
    assert [row.outcome for row in service.rows(AskedQuestion)] == [
        AskedOutcome.ANSWERED,
        AskedOutcome.ANSWERED,
        AskedOutcome.WITHHELD,
    ]


@pytest.mark.parametrize("text", ["do you take Humana gold plus", "what insurance do you take?", "do you accept Aetna"])
def test_who_asks_about_insurance_reads_the_practices_words_and_where_a_newcomer_starts(
    service: Service, text: str
) -> None:
    answer(service, "accepted_insurance", "We take Medicare and Blue Cross. Ask us about others.")
    tell(service, {text: sure_of("new_patient_inquiry")})

    service.text(text)
    service.work()

    [reply] = service.twilio.messages
    assert reply.body.startswith("Maple Street: We take Medicare and Blue Cross. Ask us about others. New here?")
    assert "https://maple.example/new" in reply.body
    assert not any(word in reply.body for word in ("Humana", "Aetna", "Thank you for your interest"))


def test_an_answer_with_the_hours_of_settings_is_never_out_of_date(service: Service) -> None:
    answer(service, words="Our hours: {{ hours }}.")

    service.text("are you open saturday")
    service.work()

    [reply] = service.twilio.messages
    assert "Our hours: Monday to Sunday 12:00 AM to 11:59 PM." in reply.body


def test_a_typed_answer_about_the_hours_names_a_day_that_is_closed_all_the_same(
    settings: Settings, classifier: Classifier, twilio: TwilioStandIn
) -> None:
    today = datetime.now(ZoneInfo("America/New_York")).date()
    days = ", ".join((today + timedelta(days=ahead)).isoformat() for ahead in range(9))
    settings.practices_file.write_text(
        PRACTICES_TOML.replace("[practice.hours]", f"closed_on = [{days}]\n[practice.hours]", 1)
    )
    with Service(settings, classifier, twilio) as service:
        answer(service)
        answer(service, "parking", "Park behind the house.")

        for text in (HOURS, "Is there parking?"):
            service.text(text)
            service.work()

        hours, parking = (delivery.body for delivery in service.rows(Delivery))
    assert f"{ANSWER} Closed {today:%B} {today.day} to " in hours
    assert "Closed" not in parking.partition("Reply PERSON")[0]


@pytest.mark.parametrize("text", ["PERSON", "Person.", "persona"])
def test_the_word_that_an_answer_offers_brings_a_person(service: Service, text: str) -> None:
    service.text(text)
    service.work()

    (decision,) = service.rows(Decision)
    assert decision.route == "person"
    assert service.rows(Delivery)[0].reply == ("person_es" if text == "persona" else "person")


def test_a_message_that_only_mentions_a_person_is_not_that_word() -> None:
    assert person_language("the person at the desk was kind") is None


# ---- what is decided


@pytest.mark.parametrize("intent", ["new_patient_inquiry", "appointment_request", "billing_inquiry", "price_shopper"])
def test_the_answer_replaces_the_reply_of_the_intent_and_takes_the_hurry_from_it(intent: str) -> None:
    usual, answered = decide(facts(intent), PRACTICE), decide(facts(intent, has_answer=True), PRACTICE)

    assert answered.reply == ReplyName.COMMON_QUESTION
    assert (answered.route, answered.team, answered.priority) == (usual.route, usual.team, "low")


@pytest.mark.parametrize("changes", [{"staff_active": True}, {"opted_out": True}])
def test_the_team_is_told_of_a_question_whose_answer_does_not_go_out(changes: dict[str, Any]) -> None:
    told = decide(replace(QUESTION, **changes), PRACTICE)
    assert (told.team, told.priority) == ("front_desk", "normal")


def test_an_unsure_message_that_clearly_asks_a_common_question_is_answered() -> None:
    plan = decide(replace(QUESTION, confidence=UNSURE), PRACTICE)

    assert (plan.route, plan.reply) == ("review", ReplyName.COMMON_QUESTION)


@pytest.mark.parametrize(
    "changes",
    [
        {"intent": "clinical_concern"},
        {"intent": "complaint"},
        {"intent": "clinical_concern", "confidence": UNSURE},
        {"intent": "complaint", "confidence": UNSURE},
        {"triage": TriageLevel.SAME_DAY},
        {"triage": TriageLevel.EMERGENCY},
        {"also": ("clinical_concern",)},
        {"language": "other"},
        {"partly_read": True},
        {"unheard": True},
        {"may_opt_out": True},
        {"staff_active": True},
        {"opted_out": True},
        {"reply_ages": {ReplyName.COMMON_QUESTION: timedelta(minutes=59)}},
        {"reply_ages": {"common_question_es": timedelta(minutes=59)}},
    ],
)
def test_an_answer_is_withheld_from(changes: dict[str, Any]) -> None:
    plan = decide(replace(QUESTION, **changes), PRACTICE)

    assert plan.reply != ReplyName.COMMON_QUESTION


def test_after_an_hour_a_question_is_answered_again() -> None:
    plan = decide(replace(QUESTION, reply_ages={ReplyName.COMMON_QUESTION: timedelta(hours=1)}), PRACTICE)

    assert plan.reply == ReplyName.COMMON_QUESTION


# ---- a practice's own questions


def test_a_practices_own_question_is_found_by_its_phrasings(service: Service) -> None:
    phrasings = ("Do you sell contact lenses?", "can i buy contacts from you", "Where can I order my contact lenses?")
    with service.edit() as session:
        save_question(session, "demo", PracticeQuestion("", "Contact lenses", phrasings, "Order them at the desk."), "")

    service.text("do you guys sell contact lenses")
    service.work()

    assert "Order them at the desk." in service.rows(Delivery)[0].body
