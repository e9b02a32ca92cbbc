"""What a patient gets soon after an emergency: an answer to what is plainly about something else, and never silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from classifier.rules.aftermath import Update
from classifier.rules.asides import Aside
from inbox.models import Classification, Conversation, Decision, Delivery, Message, Notification
from intake.vocabulary import DangerKind, Disposition, Priority, SenderDoubt, Team, TriageLevel, reply_in
from tasks.routing.decide import Facts, decide
from tasks.routing.follow_ups import Matter
from tests.chat_client import ChatClient
from tests.service import Service
from tests.tasks.routing.test_decide import (
    ASKS_FOR_A_PERSON,
    EMERGENCY,
    OUT_OF_SCOPE,
    PRACTICE,
    SAME_DAY,
    UNSURE,
    facts,
)
from tests.told_classifier import EMERGENCY as TOLD_EMERGENCY
from tests.told_classifier import SELF_HARM as TOLD_SELF_HARM
from tests.told_classifier import sure_of, tell

ALARM = Matter(Team.ON_CALL, Priority.URGENT, triage=TriageLevel.EMERGENCY)
OTHER, SELF_HARM, INGESTION = DangerKind.OTHER, DangerKind.SELF_HARM, DangerKind.INGESTION
RAISED = {OTHER: "urgent", SELF_HARM: "urgent_self_harm", INGESTION: "urgent_ingestion"}


def after(kind: DangerKind = DangerKind.OTHER, intent: str = "appointment_request", **changes: Any) -> Facts:
    """The facts of a message five minutes after an emergency of a kind."""
    values: dict[str, Any] = {"raised": kind, "follows": ALARM, "reply_ages": {RAISED[kind]: timedelta(minutes=5)}}
    return facts(intent, **values | changes)


# ---- what is about something else


@pytest.mark.parametrize("kind", DangerKind)
def test_a_sure_matter_for_the_office_gets_its_usual_reply_and_staff_see_it_as_before(kind: DangerKind) -> None:
    asked = after(kind, aside=Aside.OFFICE)
    plan, before = decide(asked, PRACTICE), decide(replace(asked, aside=None), PRACTICE)

    assert (plan.reply, plan.reminds_of) == ("appointment_request", kind)
    assert (plan.route, plan.team, plan.priority) == (before.route, before.team, before.priority)


NOT_SURE: dict[str, dict[str, Any]] = {
    "an unsure intent": {"confidence": UNSURE},
    "no intent": OUT_OF_SCOPE,
    "a symptom": {"intent": "clinical_concern"},
    "a complaint": {"intent": "complaint"},
    "a symptom beside it": {"also": ("clinical_concern",)},
    "perhaps a symptom": {"clinical_share": 0.2},
    "the same day": SAME_DAY,
    "danger": EMERGENCY,
    "a plea": {"plea": True},
    "too long": {"partly_read": True},
    "a person": ASKS_FOR_A_PERSON,
}


@pytest.mark.parametrize("what", NOT_SURE.values(), ids=NOT_SURE)
def test_anything_less_sure_is_answered_with_the_words_for_the_danger(what: dict[str, Any]) -> None:
    asked = after(aside=Aside.OFFICE, **what)

    assert decide(asked, PRACTICE) == decide(replace(asked, aside=None), PRACTICE)


@pytest.mark.parametrize("kind", DangerKind)
@pytest.mark.parametrize("model", [EMERGENCY, SAME_DAY, ASKS_FOR_A_PERSON, OUT_OF_SCOPE, {"confidence": UNSURE}])
def test_a_plain_question_is_added_to_the_emergency_whatever_the_model_hears(
    kind: DangerKind, model: dict[str, Any]
) -> None:
    plan = decide(after(kind, aside=Aside.QUESTION, **model), PRACTICE)

    assert (plan.route, plan.reply, plan.reminds_of) == ("follow_up", "follow_up", kind)
    assert (plan.team, plan.priority) == ("on_call", "high")


def test_who_says_that_nothing_is_wrong_is_believed_of_an_ordinary_danger_alone() -> None:
    for kind in DangerKind:
        said = after(kind, aside=Aside.FINE, **EMERGENCY)
        plan = decide(said, PRACTICE)
        if kind is DangerKind.OTHER:
            assert (plan.reply, plan.team, plan.priority) == ("follow_up", "on_call", "high")
        else:
            assert plan == decide(replace(said, aside=None), PRACTICE)


def test_a_common_question_is_answered_and_staff_look_as_soon_as_otherwise() -> None:
    asked = after(intent="existing_patient_question", aside=Aside.QUESTION, has_answer=True)
    plan = decide(asked, PRACTICE)

    assert (plan.reply, plan.priority, plan.reminds_of) == ("common_question", "normal", DangerKind.OTHER)


@pytest.mark.parametrize("aside", Aside)
def test_without_an_emergency_before_it_nothing_changes(aside: Aside) -> None:
    for known in (facts(aside=aside), facts(aside=aside, **EMERGENCY)):
        assert decide(known, PRACTICE) == decide(replace(known, aside=None), PRACTICE)


# ---- pleas to call nobody


@pytest.mark.parametrize("model", [ASKS_FOR_A_PERSON, OUT_OF_SCOPE, {"may_opt_out": True}, SAME_DAY])
@pytest.mark.parametrize("repeated", [False, True])
def test_who_asks_that_nobody_be_called_stays_with_the_emergency_and_is_told_whom_to_call(
    model: dict[str, Any], *, repeated: bool
) -> None:
    ages = {"urgent": timedelta(minutes=5)} | ({"urgent_again": timedelta(minutes=4)} if repeated else {})
    plan = decide(after(update=Update.HUSHED, reply_ages=ages, **model), PRACTICE)

    assert (plan.reply, plan.team, plan.priority) == ("urgent_again", "on_call", "high")


def test_a_plea_in_which_danger_is_heard_is_a_new_emergency() -> None:
    assert decide(after(update=Update.HUSHED, **EMERGENCY), PRACTICE).route == "urgent"


# ---- what goes on or gets worse


def test_soon_after_an_emergency_it_stays_with_on_call_and_the_nurses_hear_of_it() -> None:
    plan = decide(after(intent="clinical_concern", **SAME_DAY), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("same_day", "urgent_again", "on_call", "high")
    assert [(told.team, told.priority) for told in plan.also] == [("clinical", "high")]


GOES_ON = ["bleeding a lot still is that normal", "its worse now", "ya está peor", "sigue sangrando mucho"]
LOST, RASH, BILL = "I lost the baby at 9 weeks", "my stitches are a bit red, is that ok", "why did i get a bill"


@pytest.mark.parametrize("text", GOES_ON)
@pytest.mark.parametrize("told", [LOST, RASH])
def test_what_goes_on_after_a_symptom_or_a_loss_is_seen_the_same_day(service: Service, told: str, text: str) -> None:
    tell(
        service,
        {
            LOST: {"disposition": Disposition.PREGNANCY_LOSS, "triage": TriageLevel.ROUTINE, "danger": None},
            RASH: sure_of("clinical_concern"),
            text: sure_of("clinical_concern"),
        },
    )
    replies = write(service, told, text)

    assert replies[-1][0] in ("same_day", "same_day_es")
    last = service.rows(Decision)[-1]
    assert (last.route, last.team, last.priority) == ("same_day", "clinical", "high")


def test_after_anything_else_it_is_what_the_model_takes_it_for(service: Service) -> None:
    text = "still bleeding a little"
    tell(service, {BILL: sure_of("billing_inquiry"), text: sure_of("clinical_concern")})

    assert write(service, BILL, text)[-1][0] == "clinical_concern"


def test_half_a_day_later_it_is_too(service: Service) -> None:
    text = "still bleeding a little"
    tell(service, {RASH: sure_of("clinical_concern"), text: sure_of("clinical_concern")})
    write(service, RASH)
    with service.edit() as session:
        service.last_message(session).received_at -= timedelta(hours=12)
    write(service, text)

    assert service.rows(Decision)[-1].route == "clinical_concern"


# ---- what the patient reads

CHEST, PILLS = "I have chest pain and can't breathe", "I took all my pills and want to die"
MOVE, MOVE_ES = "can i reschedule my appointment", "quiero cambiar mi cita"


@pytest.fixture(autouse=True)
def _dangers(service: Service) -> None:
    tell(
        service,
        {
            CHEST: TOLD_EMERGENCY,
            PILLS: TOLD_SELF_HARM,
            MOVE: sure_of("appointment_request"),
            MOVE_ES: sure_of("appointment_request", language="es"),
        },
    )


def write(service: Service, *texts: str) -> list[tuple[str | None, str]]:
    for text in texts:
        service.text(text)
        service.work()
    return [(row.reply, row.body) for row in service.rows(Delivery)]


@pytest.mark.parametrize(
    ("told", "text", "reply", "number", "line"),
    [
        (CHEST, "which door is it", "follow_up", "911", "If this is an emergency, call 911."),
        (CHEST, "no no im fine, just lost", "follow_up", "911", "If this is an emergency, call 911."),
        (CHEST, "are you a robot?", "robot", "911", "If this is an emergency, call 911."),
        (CHEST, MOVE, "appointment_request", "911", "If this may still be an emergency, call 911 now."),
        (PILLS, "are you going to call cps", "follow_up", "988", "For thoughts of suicide, call or text 988."),
        (PILLS, "are you a robot?", "robot", "988", "For thoughts of suicide, call or text 988."),
        (CHEST, "¿cuál puerta es?", "follow_up_es", "911", "Si es una emergencia, llame al 911."),
        (CHEST, MOVE_ES, "appointment_request_es", "911", "Si aún puede ser una emergencia, llame al 911 ahora mismo."),
        (PILLS, "¿van a llamar a CPS?", "follow_up_es", "988", "llame al 988 y oprima 2."),
    ],
)
def test_an_aside_is_answered_and_a_line_names_each_helpline_once(
    service: Service, told: str, text: str, reply: str, number: str, line: str
) -> None:
    _, (name, body) = write(service, told, text)

    assert name == reply
    assert line in body
    assert (body.count(number), body.count("911")) == (1, 1)


@pytest.mark.parametrize("text", ["which door is it", "no no im fine, just lost", "are you a robot?"])
def test_the_conversation_stays_an_emergency(service: Service, text: str) -> None:
    write(service, CHEST, text)

    [conversation] = service.rows(Conversation)
    assert (conversation.triage, conversation.team, conversation.priority) == ("emergency", "on_call", "urgent")
    assert [row.triage for row in service.rows(Classification)] == ["emergency", "routine"]


def test_whoever_is_lost_after_wanting_to_die_is_not_told_that_it_was_added(service: Service) -> None:
    assert write(service, PILLS, "no no im fine, just lost")[-1][0] in ("urgent_self_harm", "urgent_again_self_harm")


@pytest.mark.parametrize("text", ["so what now", "hello?", "¿y ahora qué?"])
def test_what_is_vague_gets_the_words_for_the_danger(service: Service, text: str) -> None:
    assert write(service, CHEST, text)[-1][0] in ("urgent_again", "urgent_again_es")


@pytest.mark.parametrize(
    ("text", "reply"), [("please dont call anyone", "urgent_again"), ("no llamen a nadie", "urgent_again_es")]
)
def test_a_plea_to_call_nobody_is_answered_by_text_and_goes_to_whoever_is_on_call(
    service: Service, text: str, reply: str
) -> None:
    assert write(service, CHEST, text)[-1][0] == reply
    last = service.rows(Decision)[-1]
    assert (last.team, last.priority) == ("on_call", "high")


def test_in_the_chat_an_aside_that_comes_twice_is_answered_twice(service: Service) -> None:
    chat = ChatClient(service.url)
    for number, text in enumerate((CHEST, MOVE, MOVE)):
        chat.send(text, f"m{number}")
        service.work()

    answers = [text for sender, text in chat.texts() if sender == "robot"]
    assert "book" in answers[1]
    assert "We added this" in answers[2]
    assert [text.count("911") for text in answers[1:]] == [1, 1]


# ---- whoever has the alarm hears what changes

BLEED = "Hospital says small bleed. who do i ask about that bill"
BLEED_ES = "ya estoy en el hospital y me van a dejar, pregunto por la cuenta"
HEARD = {BLEED: sure_of("billing_inquiry"), BLEED_ES: sure_of("billing_inquiry", language="es")}


@pytest.mark.parametrize("intent", ["billing_inquiry", "appointment_request", "price_shopper", "complaint"])
def test_while_an_alarm_is_open_on_call_hears_of_every_errand_beside_its_team(intent: str) -> None:
    plan, before = decide(after(intent=intent, alarm_open=True), PRACTICE), decide(facts(intent), PRACTICE)

    assert (plan.team, plan.priority) == (before.team, before.priority)
    assert [(told.reason, told.team, told.priority) for told in plan.also] == [("follow_up", "on_call", "high")]


def test_on_call_is_not_told_twice_nor_of_a_program() -> None:
    alone = after(intent="clinical_concern", alarm_open=True, **SAME_DAY)
    by_program = facts(doubt=SenderDoubt.BOUNCE, alarm_open=True)

    assert [told.team for told in decide(alone, PRACTICE).also] == ["clinical"]
    assert decide(by_program, PRACTICE).also == ()


def test_on_call_hears_of_an_errand_while_nobody_has_answered_the_emergency() -> None:
    told = decide(after(alarm_open=True, aside=Aside.OFFICE), PRACTICE).also

    assert [(other.team, other.priority) for other in told] == [("on_call", "high")]


def test_an_errand_that_would_get_the_same_reply_again_is_not_left_without_one() -> None:
    ages = {"urgent": timedelta(minutes=5), "appointment_request": timedelta(minutes=9)}
    plan = decide(after(aside=Aside.OFFICE, reply_ages=ages), PRACTICE)

    assert (plan.reply, plan.silence, plan.reminds_of) == ("follow_up", None, DangerKind.OTHER)


@pytest.mark.parametrize("text", ["bueno, al rato le marco", "I'll call them later then"])
def test_who_puts_off_help_is_told_whom_to_call_and_on_call_hears(service: Service, text: str) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY, text: {"disposition": Disposition.ACKNOWLEDGEMENT, "confidence": 0.03}})

    assert write(service, CHEST, text)[-1][0] in ("urgent_again", "urgent_again_es")
    last = service.rows(Message)[-1].id
    assert ("on_call", "high") in {
        (row.team, row.priority) for row in service.rows(Notification) if row.message_id == last
    }


@pytest.mark.parametrize("text", HEARD)
def test_on_call_is_notified_of_what_a_patient_adds_to_an_errand(service: Service, text: str) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY} | HEARD)
    write(service, CHEST, text)

    last = service.rows(Message)[-1].id
    told = {(row.team, row.priority) for row in service.rows(Notification) if row.message_id == last}
    assert told == {("billing", "normal"), ("on_call", "high")}


# ---- who takes an emergency back

MISSENT = {
    "sorry wrong person, meant to text my husband": "urgent_again",
    "perdón, número equivocado": "urgent_again_es",
}


@pytest.mark.parametrize(("text", "reply"), MISSENT.items())
def test_a_wrong_number_right_after_an_emergency_is_not_believed(service: Service, text: str, reply: str) -> None:
    assert write(service, CHEST, text)[-1][0] == reply
    last = service.rows(Decision)[-1]
    assert (last.route, last.team, last.priority) == ("follow_up", "on_call", "high")
    assert service.rows(Conversation)[0].staff_took_over_at is None


@pytest.mark.parametrize(
    ("text", "language", "reply"),
    [
        ("It's 2 am and it's back. he's asleep I don't want to wake him", "en", "urgent"),
        ("son las 2 y me volvió. él está dormido y no lo quiero despertar", "es", "urgent_es"),
    ],
)
def test_what_is_back_is_the_danger_of_before(service: Service, text: str, language: str, reply: str) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY, text: TOLD_SELF_HARM | {"language": language}})

    assert write(service, CHEST, text)[-1][0] == reply
    assert service.rows(Conversation)[0].danger == "other"


@pytest.mark.parametrize("text", ["I want to kill myself", "me quiero matar"])
def test_words_of_self_harm_are_of_that_kind_after_any_other_danger(service: Service, text: str) -> None:
    assert write(service, CHEST, text)[-1][0] in ("urgent_self_harm", "urgent_self_harm_es")


# ---- no pause leaves something new unanswered


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_second_symptom_is_answered_even_where_the_first_was_a_minute_ago(language: str) -> None:
    name = reply_in(language, "clinical_concern")
    second = facts("clinical_concern", language=language, reply_ages={name: timedelta(minutes=1)})

    plan = decide(second, PRACTICE)

    assert (plan.reply, plan.is_clinical) == (reply_in(language, "follow_up"), True)
    assert decide(replace(second, replies_last_hour=1000), PRACTICE).reply is None


@pytest.mark.parametrize("what", [OUT_OF_SCOPE, {"confidence": UNSURE}, {"intent": "clinical_concern"}, SAME_DAY])
@pytest.mark.parametrize("language", ["en", "es"])
def test_more_after_an_emergency_is_answered_again_unless_it_only_asks_again(
    language: str, what: dict[str, Any]
) -> None:
    again = reply_in(language, "urgent_again")
    ages = {"urgent": timedelta(minutes=5), again: timedelta(minutes=1)}
    more = after(language=language, reply_ages=ages, **what)

    assert decide(more, PRACTICE).reply == again
    assert decide(replace(more, nudge=True), PRACTICE).reply is None
    assert decide(after(language=language, reply_ages=ages), PRACTICE).reply is None


# ---- from one channel to another


def leave_voicemail(service: Service, text: str) -> None:
    call = service.call()
    call.finish()
    call.report_recording()
    call.report_transcription(text, "completed")
    service.work()


ERRAND = "can you move his next visit please"


def test_a_text_after_a_voicemail_that_told_of_danger_is_answered_as_what_follows_it(service: Service) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY, ERRAND: sure_of("appointment_request")})
    leave_voicemail(service, CHEST)

    service.text(ERRAND)
    service.work()

    assert service.rows(Delivery)[-1].reply == "urgent_again"
    last = service.rows(Message)[-1].id
    told = {(row.team, row.priority) for row in service.rows(Notification) if row.message_id == last}
    assert told == {("scheduling", "normal"), ("on_call", "high")}


def test_a_text_from_another_number_is_not(service: Service) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY, ERRAND: sure_of("appointment_request")})
    leave_voicemail(service, CHEST)

    service.text(ERRAND, from_="+12025550199")
    service.work()

    assert service.rows(Delivery)[-1].reply == "appointment_request"


def test_a_text_hours_after_the_voicemail_gets_its_own_answer_and_on_call_hears_of_it(service: Service) -> None:
    tell(service, {CHEST: TOLD_EMERGENCY, ERRAND: sure_of("appointment_request")})
    leave_voicemail(service, CHEST)
    with service.edit() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.created_at -= timedelta(hours=3)

    service.text(ERRAND)
    service.work()

    assert service.rows(Delivery)[-1].reply == "appointment_request"
    last = service.rows(Message)[-1].id
    assert "on_call" in {row.team for row in service.rows(Notification) if row.message_id == last}
