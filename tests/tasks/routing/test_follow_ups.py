"""What a patient adds to an earlier message goes to whoever has that matter, unless it says something of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.models import Classification, Conversation, Decision, Delivery, Keyword, Message, Notification, Review
from intake.vocabulary import INTENTS, Disposition, Intent, Priority, Route, Team, TriageLevel
from tasks.routing.decide import Facts, decide
from tasks.routing.follow_ups import ANSWERS_WITHIN, FOLLOWS_WITHIN, Matter
from tests.chat_client import ChatClient
from tests.service import Service
from tests.tasks.routing.test_decide import (
    ASKS_FOR_A_PERSON,
    BEREAVEMENT,
    EMERGENCY,
    OUT_OF_SCOPE,
    PRACTICE,
    PRAISE,
    PREGNANCY_LOSS,
    SAME_DAY,
    SURE,
    THANKS,
    UNSURE,
    facts,
    practice,
)
from tests.told_classifier import SAME_DAY as TOLD_SAME_DAY
from tests.told_classifier import sure_of, tell

VISIT = Matter(Team.SCHEDULING, Priority.NORMAL)
RASH = Matter(Team.CLINICAL, Priority.HIGH)


def added(to: Matter = VISIT, **changes: Any) -> Facts:
    """A message that Intake can't sort by itself and that follows an earlier matter."""
    values: dict[str, Any] = {"intent": "appointment_request", "confidence": UNSURE, "follows": to}
    return facts(**values | changes)


# ---- whose it is


@pytest.mark.parametrize("why", [{}, OUT_OF_SCOPE | {"confidence": SURE}])
def test_what_cannot_be_sorted_goes_to_the_team_that_has_what_the_patient_wrote_before(why: dict[str, Any]) -> None:
    plan = decide(added(**why), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("follow_up", "follow_up", "scheduling", "normal")
    assert decide(added(**why, language="es"), PRACTICE).reply == "follow_up_es"


def test_a_follow_up_is_as_pressing_as_its_matter_but_raises_no_alarm() -> None:
    emergency = Matter(Team.ON_CALL, Priority.URGENT, triage=TriageLevel.EMERGENCY)

    assert decide(added(Matter(Team.MANAGER, Priority.HIGH)), PRACTICE).priority == "high"
    assert (decide(added(emergency), PRACTICE).team, decide(added(emergency), PRACTICE).priority) == ("on_call", "high")


def test_once_staff_have_answered_an_emergency_the_nurses_hear_the_rest_and_on_call_is_left_in_peace() -> None:
    answered = Matter(Team.ON_CALL, Priority.URGENT, is_answered=True)

    assert (decide(added(answered), PRACTICE).team, decide(added(answered), PRACTICE).priority) == ("clinical", "high")


def test_what_is_added_to_something_unsorted_is_as_unsorted() -> None:
    unsorted = added(Matter(Team.REVIEW, Priority.NORMAL), reply_ages={"review": timedelta(minutes=5)})

    assert (decide(unsorted, PRACTICE).route, decide(unsorted, PRACTICE).reply) == ("review", "review_again")


def test_a_practice_may_have_all_follow_ups_go_to_one_team_or_leave_them_unanswered() -> None:
    own = practice(routes={"follow_up": {"team": "front_desk", "priority": "high", "auto_reply": False}})
    plan = decide(added(), own)

    assert (plan.team, plan.priority, plan.reply) == ("front_desk", "high", None)


def test_the_other_clear_intents_of_a_follow_up_are_told_too() -> None:
    assert [told.team for told in decide(added(also=("billing_inquiry",)), PRACTICE).also] == ["billing"]


OF_THEIR_OWN: dict[str, dict[str, Any]] = {
    "an emergency": EMERGENCY,
    "same day": SAME_DAY,
    "a death": BEREAVEMENT,
    "a lost pregnancy": PREGNANCY_LOSS,
    "a person": ASKS_FOR_A_PERSON,
    "praise": PRAISE,
    "thanks": THANKS,
    "STOP": {"keyword": Keyword.STOP, "keyword_changed_consent": True},
    "may want no texts": {"may_opt_out": True},
    "a wrong number": {"remark": Route.WRONG_NUMBER},
    "a number": {"remark": Route.CONTACT},
    "in confidence": {"remark": Route.IN_CONFIDENCE},
    "a visit soon": {"visit_soon": True},
    "another language": {"language": "other"},
    "too long": {"partly_read": True},
    "a voicemail without words": {"unheard": True},
    **{f"surely {intent}": {"intent": intent, "confidence": SURE} for intent in INTENTS},
}


@pytest.mark.parametrize("what", OF_THEIR_OWN.values(), ids=OF_THEIR_OWN)
def test_whatever_has_a_route_of_its_own_takes_it_as_if_nothing_came_before(what: dict[str, Any]) -> None:
    known = added(**what)

    assert decide(known, PRACTICE) == decide(replace(known, follows=None), PRACTICE)


# ---- a symptom


def test_what_more_likely_than_not_is_a_symptom_goes_to_the_nurses_and_the_team_hears_of_it() -> None:
    plan = decide(added(clinical_share=0.5), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("follow_up", "follow_up", "clinical", "high")
    assert [(told.reason, told.team, told.priority) for told in plan.also] == [("follow_up", "scheduling", "normal")]


@pytest.mark.parametrize("share", [0.2, 0.49])
def test_what_is_only_perhaps_a_symptom_stays_unsorted_for_a_person_to_tell(share: float) -> None:
    perhaps = added(clinical_share=share)

    assert decide(perhaps, PRACTICE) == decide(replace(perhaps, follows=None), PRACTICE)
    assert decide(replace(perhaps, follows=RASH), PRACTICE).team == "clinical"


@given(
    st.builds(
        Matter,
        team=st.sampled_from([*Team, "second_floor"]),
        priority=st.sampled_from([Priority.NORMAL, Priority.HIGH, Priority.URGENT]),
        intent=st.sampled_from([None, *INTENTS]),
        triage=st.sampled_from([None, *TriageLevel]),
        is_answered=st.booleans(),
    ),
    st.sampled_from([Disposition.ROUTE, Disposition.REVIEW, Disposition.OUT_OF_SCOPE]),
    st.floats(0.2, 1),
)
def test_no_guess_of_a_symptom_is_left_to_who_is_no_nurse(
    matter: Matter, disposition: Disposition, share: float
) -> None:
    guess = facts(confidence=0.0, disposition=disposition, clinical_share=share)
    plan = decide(replace(guess, follows=matter), PRACTICE)

    has_symptom = Team.CLINICAL in (plan.team, *(told.team for told in plan.also))
    assert has_symptom or plan.team in (Team.ON_CALL, Team.REVIEW)


@pytest.mark.parametrize(
    ("matter", "is_clinical"),
    [
        (VISIT, False),
        (RASH, True),
        (Matter(Team.FRONT_DESK, Priority.NORMAL, intent=Intent.CLINICAL_CONCERN), True),
        (Matter(Team.FRONT_DESK, Priority.HIGH, triage=TriageLevel.SAME_DAY), True),
        (Matter(Team.ON_CALL, Priority.URGENT), True),
    ],
)
def test_only_where_a_symptom_came_before_the_reply_speaks_of_emergencies(matter: Matter, is_clinical: bool) -> None:
    assert decide(added(matter), PRACTICE).is_clinical is is_clinical


# ---- when it is answered


def test_the_reply_is_not_repeated_within_its_cool_down_and_the_team_is_told_all_the_same() -> None:
    plan = decide(added(reply_ages={"follow_up": timedelta(minutes=5)}), PRACTICE)

    assert (plan.reply, plan.team, plan.priority) == (None, "scheduling", "normal")


def test_nothing_is_said_where_staff_have_taken_over_or_right_after_an_emergency() -> None:
    assert decide(added(staff_active=True), PRACTICE).reply is None
    assert decide(added(reply_ages={"urgent": timedelta(minutes=5)}), PRACTICE).reply == "urgent_again"


# ---- from the patient's first word on

FOURTEENTH, FIFTEENTH = "Can I move Owens cleaning to the 14th", "sorry the 15th"
UNCLEAR: dict[str, Any] = {
    "intent": "appointment_request",
    "confidence": 0.3,
    "disposition": Disposition.REVIEW,
    "triage": TriageLevel.ROUTINE,
    "danger": None,
}


def say(service: Service, *texts: str, **options: Any) -> None:
    for text in texts:
        service.text(text, **options)
        service.work()


def let_time_pass(service: Service, duration: timedelta) -> None:
    with service.edit() as session:
        for message in session.query(Message):
            message.received_at -= duration
        for delivery in session.query(Delivery):
            delivery.created_at -= duration


def test_a_correction_joins_what_it_corrects_and_a_person_still_labels_it(service: Service) -> None:
    tell(service, {FOURTEENTH: sure_of("appointment_request"), FIFTEENTH: UNCLEAR, "yes": UNCLEAR})
    say(service, FOURTEENTH, FIFTEENTH, "yes")

    assert [(row.route, row.team, row.priority) for row in service.rows(Decision)] == [
        ("appointment_request", "scheduling", "normal"),
        ("follow_up", "scheduling", "normal"),
        ("follow_up", "scheduling", "normal"),
    ]
    [_, answer] = service.twilio.messages
    assert "We added this to what you wrote before, and our scheduling team will see it" in answer.body
    assert "911" not in answer.body
    [conversation] = service.rows(Conversation)
    assert (conversation.team, conversation.intent) == ("scheduling", "appointment_request")
    assert {row.team for row in service.rows(Notification)} == {"scheduling"}
    assert [row.message_id for row in service.rows(Review)] == [2, 3]


def test_a_picture_after_a_clinical_message_stays_with_the_nurses_who_say_when_to_call_911(service: Service) -> None:
    spot, grape = "Hi, I have a spot on my cheek", "was like a pea now like a grape"
    tell(service, {spot: sure_of("clinical_concern"), grape: UNCLEAR | {"disposition": Disposition.OUT_OF_SCOPE}})
    say(service, spot, grape)

    answer = service.twilio.messages[-1].body
    assert "and a nurse will see it" in answer
    assert answer.endswith("If this is an emergency, call 911.")
    assert service.rows(Decision)[-1].team == "clinical"


def test_a_correction_in_spanish_is_answered_in_spanish(service: Service) -> None:
    first, second = "Buenas, quiero una cita para mi hija", "perdon, el martes"
    tell(service, {first: sure_of("appointment_request", language="es"), second: UNCLEAR | {"language": "es"}})
    say(service, first, second)

    answer = service.twilio.messages[-1].body
    assert "Agregamos esto a su mensaje anterior, y nuestro equipo de citas lo va a ver" in answer
    assert "911" not in answer


@pytest.mark.parametrize(
    ("second", "expected"),
    [(EMERGENCY, ("urgent", "on_call", "urgent")), (TOLD_SAME_DAY, ("same_day", "clinical", "high"))],
)
def test_danger_in_a_follow_up_is_found_as_ever(
    service: Service, second: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    tell(service, {FOURTEENTH: sure_of("appointment_request"), FIFTEENTH: UNCLEAR | second})
    say(service, FOURTEENTH, FIFTEENTH)

    last = service.rows(Decision)[-1]
    assert (last.route, last.team, last.priority) == expected


def test_words_of_danger_in_a_follow_up_page_on_call_whatever_the_model_reads(service: Service) -> None:
    say(service, FOURTEENTH, "sorry the 15th, and my chest hurts and I can't breathe")

    assert service.rows(Decision)[-1].team == "on_call"


def test_a_symptom_that_nobody_is_sure_of_reaches_the_nurses_from_the_scheduling_thread(service: Service) -> None:
    eats = "he doesnt have pain pero no se quiere comer"
    shares = dict.fromkeys(INTENTS, 0.03) | {"clinical_concern": 0.82}
    guess = UNCLEAR | {"intent": "clinical_concern", "confidence": 0.41, "probabilities": shares}
    tell(service, {FOURTEENTH: sure_of("appointment_request"), eats: guess})
    say(service, FOURTEENTH, eats)

    [conversation] = service.rows(Conversation)
    assert (conversation.team, conversation.priority) == ("clinical", "high")
    told = {(row.team, row.reason) for row in service.rows(Notification) if row.message_id == 2}
    assert told == {("clinical", "follow_up"), ("scheduling", "follow_up")}
    assert service.rows(Classification)[-1].intent == "clinical_concern"


@pytest.mark.parametrize(
    ("later", "route"),
    [(FOLLOWS_WITHIN - timedelta(minutes=1), "follow_up"), (FOLLOWS_WITHIN + timedelta(minutes=1), "review")],
)
def test_after_a_day_it_may_be_about_anything(service: Service, later: timedelta, route: str) -> None:
    tell(service, {FOURTEENTH: sure_of("appointment_request"), FIFTEENTH: UNCLEAR})
    say(service, FOURTEENTH)
    let_time_pass(service, later)
    say(service, FIFTEENTH)

    assert service.rows(Decision)[-1].route == route


def test_what_only_asked_for_prices_hides_nothing_that_follows(service: Service) -> None:
    tell(service, {"how much is a cleaning": sure_of("price_shopper"), FIFTEENTH: UNCLEAR})
    say(service, "how much is a cleaning", FIFTEENTH)

    assert [row.team for row in service.rows(Decision)] == ["digest", "review"]


def test_a_patients_two_texts_that_are_read_together_are_one_matter(service: Service) -> None:
    tell(service, {FOURTEENTH: sure_of("appointment_request"), FIFTEENTH: UNCLEAR})
    service.text(FOURTEENTH)
    service.text(FIFTEENTH)
    service.work()

    assert [row.route for row in service.rows(Decision)] == ["appointment_request", "follow_up"]


# ---- a chat that can be reached


@pytest.mark.parametrize("later", ["I want to know how my cleaning went", "Also your receptionist was rude to me"])
def test_who_gave_a_number_among_other_things_is_not_asked_for_it_again(service: Service, later: str) -> None:
    first = "I want to move my cleaning, I'm Harold Bates, call me at 202-555-0162, mornings are best"
    tell(service, {first: sure_of("appointment_request"), later: sure_of("complaint")})
    chat = ChatClient(service.url)
    for number, text in enumerate((first, later)):
        chat.send(text, f"m{number}")
        service.work()

    replies = [text for author, text in chat.texts() if author != "patient"]
    assert len(replies) == 2
    assert not any("write your" in text for text in replies)


def test_another_persons_number_does_not_stand_for_the_visitors_own(service: Service) -> None:
    first, later = "Please fax my records to Dr Alvarez 202-555-0162", "Also your receptionist was rude to me"
    tell(service, {first: sure_of("existing_patient_question"), later: sure_of("complaint")})
    chat = ChatClient(service.url)
    for number, text in enumerate((first, later)):
        chat.send(text, f"m{number}")
        service.work()

    assert "write your phone number or email address" in chat.texts()[-1][1]


def test_the_span_of_an_answer_to_staff_is_a_long_weekend() -> None:
    friday_at_noon_to_tuesday_at_nine = timedelta(days=3, hours=21)

    assert friday_at_noon_to_tuesday_at_nine < ANSWERS_WITHIN
