"""What is decided about a message: the routing table, a practice's overrides, and when no reply goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.rules.aftermath import Update
from inbox.models import Keyword
from intake.practices import Practice
from intake.vocabulary import (
    INTENTS,
    ROUTES_WITH_TEAMS,
    DangerKind,
    Disposition,
    Language,
    Priority,
    Route,
    Silence,
    Team,
    TriageLevel,
    find_reply,
)
from tasks.routing.decide import ALWAYS_SENT, AlsoTold, Facts, decide, silenced
from tasks.routing.follow_ups import Matter
from tasks.routing.table import ROUTES

SURE, UNSURE, THRESHOLD = 0.95, 0.30, 0.60

TABLE = [
    ("new_patient_inquiry", "front_desk", "normal"),
    ("existing_patient_question", "front_desk", "normal"),
    ("appointment_request", "scheduling", "normal"),
    ("billing_inquiry", "billing", "normal"),
    ("clinical_concern", "clinical", "high"),
    ("complaint", "manager", "high"),
    ("price_shopper", "digest", "low"),
]


def practice(**changes: Any) -> Practice:
    values = {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
    return Practice.model_validate(values | changes)


def facts(intent: str = "billing_inquiry", confidence: float = SURE, **changes: Any) -> Facts:
    return replace(Facts(intent=intent, confidence=confidence, threshold=THRESHOLD), **changes)


PRACTICE = practice()
EMERGENCY: dict[str, Any] = {"triage": TriageLevel.EMERGENCY, "danger": DangerKind.OTHER}
SAME_DAY: dict[str, Any] = {"triage": TriageLevel.SAME_DAY}
BEREAVEMENT: dict[str, Any] = {"disposition": Disposition.BEREAVEMENT}
PREGNANCY_LOSS: dict[str, Any] = {"disposition": Disposition.PREGNANCY_LOSS}
THANKS: dict[str, Any] = {"disposition": Disposition.ACKNOWLEDGEMENT}
ASKS_FOR_A_PERSON: dict[str, Any] = {"disposition": Disposition.PERSON}
OUT_OF_SCOPE: dict[str, Any] = {"disposition": Disposition.OUT_OF_SCOPE}
PRAISE: dict[str, Any] = {"disposition": Disposition.OUT_OF_SCOPE, "praise": True}
OF_ROUTE: dict[str, dict[str, Any]] = {
    "review": {"confidence": UNSURE},
    "urgent": EMERGENCY,
    "bereavement": BEREAVEMENT,
    "pregnancy_loss": PREGNANCY_LOSS,
    "same_day": SAME_DAY,
    "person": ASKS_FOR_A_PERSON,
    "praise": PRAISE,
}


# ---- the table


@pytest.mark.parametrize(("intent", "team", "priority"), TABLE)
def test_a_sure_message_gets_its_intents_reply_and_team(intent: str, team: str, priority: str) -> None:
    plan = decide(facts(intent), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == (intent, intent, team, priority)


def test_every_intent_has_its_row() -> None:
    assert set(ROUTES) == set(ROUTES_WITH_TEAMS)
    assert {intent for intent, _, _ in TABLE} == set(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_an_unsure_message_is_reviewed_whatever_its_intent(intent: str) -> None:
    plan = decide(facts(intent, UNSURE), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("review", "review", "review", "normal")


@pytest.mark.parametrize("what", [{}, PRAISE, OUT_OF_SCOPE, ASKS_FOR_A_PERSON | {"intent": "billing_inquiry"}])
def test_a_text_too_long_to_be_read_whole_goes_to_a_person_however_sure_the_rest_is(what: dict[str, Any]) -> None:
    plan = decide(facts(**what, partly_read=True), PRACTICE)

    assert plan.team in ("review", "front_desk")
    assert (plan.reply, plan.priority) in (("review", "normal"), ("person", "normal"))


@pytest.mark.parametrize(
    ("known", "team"),
    [(facts("complaint"), "manager"), (facts("clinical_concern"), "clinical"), (facts(**SAME_DAY), "clinical")],
)
def test_what_was_read_of_a_long_text_still_goes_to_whoever_looks_sooner(known: Facts, team: str) -> None:
    plan = decide(replace(known, partly_read=True), PRACTICE)

    assert (plan.team, plan.priority) == (team, "high")


def test_an_emergency_in_a_long_text_is_an_emergency() -> None:
    assert decide(facts(**EMERGENCY, partly_read=True), PRACTICE).team == "on_call"


def test_confidence_at_the_threshold_is_enough() -> None:
    assert decide(facts(confidence=THRESHOLD), PRACTICE).route == "billing_inquiry"
    assert decide(facts(confidence=THRESHOLD - 0.001), PRACTICE).route == "review"


def told_to(known: Facts) -> list[tuple[str, str, str]]:
    """Everyone who is notified of a message: the reason, the team, and the priority."""
    plan = decide(known, PRACTICE)
    first = [(plan.route, plan.team, plan.priority)] if plan.team and plan.priority else []
    return [*first, *((other.reason, other.team, other.priority) for other in plan.also)]


@pytest.mark.parametrize("intent", [intent for intent in INTENTS if intent != "complaint"])
def test_who_clearly_wants_something_is_no_wrong_number(intent: str) -> None:
    assert decide(facts(intent, remark=Route.WRONG_NUMBER), PRACTICE).route == intent


@pytest.mark.parametrize("known", [facts("complaint"), facts(confidence=UNSURE), facts(**OUT_OF_SCOPE)])
def test_who_wants_nothing_or_only_complains_is_one(known: Facts) -> None:
    assert decide(replace(known, remark=Route.WRONG_NUMBER), PRACTICE).route == "wrong_number"


# ---- triage levels


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("confidence", [SURE, UNSURE])
@pytest.mark.parametrize("also", [{}, THANKS, ASKS_FOR_A_PERSON, PRAISE, OUT_OF_SCOPE, {"language": "other"}])
def test_an_emergency_beats_every_intent_every_doubt_and_everything_else(
    intent: str, confidence: float, also: dict[str, Any]
) -> None:
    plan = decide(facts(intent, confidence, **EMERGENCY | also), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("urgent", "urgent", "on_call", "urgent")


@pytest.mark.parametrize(
    ("danger", "reply"),
    [
        (DangerKind.SELF_HARM, "urgent_self_harm"),
        (DangerKind.INGESTION, "urgent_ingestion"),
        (DangerKind.OTHER, "urgent"),
        (None, "urgent"),
    ],
)
def test_an_emergency_is_answered_by_its_kind_of_danger_in_the_patients_language(
    danger: DangerKind | None, reply: str
) -> None:
    in_english = facts(triage=TriageLevel.EMERGENCY, danger=danger)

    assert decide(in_english, PRACTICE).reply == reply
    assert decide(replace(in_english, language="es"), PRACTICE).reply == f"{reply}_es"
    assert decide(replace(in_english, language="other"), PRACTICE).reply == reply


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("confidence", [SURE, UNSURE])
@pytest.mark.parametrize("also", [{}, THANKS, PRAISE, OUT_OF_SCOPE])
def test_what_a_nurse_should_see_today_goes_to_the_clinical_team_first_whatever_it_is_about(
    intent: str, confidence: float, also: dict[str, Any]
) -> None:
    plan = decide(facts(intent, confidence, **SAME_DAY | also), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("same_day", "same_day", "clinical", "high")


def test_a_complaint_that_a_nurse_should_see_today_is_told_to_the_manager_too() -> None:
    plan = decide(facts("complaint", **SAME_DAY), PRACTICE)

    assert plan.also == (AlsoTold("complaint", "manager", Priority.HIGH),)
    assert plan.why == "a nurse should look at this today; Manager notified too"


@pytest.mark.parametrize(
    "known",
    [
        facts("complaint", UNSURE, **SAME_DAY),
        facts("complaint", **SAME_DAY | OUT_OF_SCOPE),
        facts("clinical_concern", **SAME_DAY),  # the same team
    ],
)
def test_a_doubtful_intent_of_a_same_day_message_is_told_to_nobody_else(known: Facts) -> None:
    assert told_to(known) == [("same_day", "clinical", "high")]


@pytest.mark.parametrize(
    ("what", "first"),
    [
        (ASKS_FOR_A_PERSON, ("person", "front_desk", "normal")),
        ({"language": "other"}, ("review", "review", "normal")),
    ],
)
def test_a_nurse_hears_of_a_same_day_message_that_goes_elsewhere_for_another_reason(
    what: dict[str, Any], first: tuple[str, str, str]
) -> None:
    assert told_to(facts(**SAME_DAY | what)) == [first, ("same_day", "clinical", "high")]


# ---- what has no intent


@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_an_acknowledgement_gets_no_reply_and_nobody_is_told(confidence: float) -> None:
    plan = decide(facts(confidence=confidence, **THANKS), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("acknowledgement", None, None, None)


@pytest.mark.parametrize("confidence", [SURE, UNSURE])
@pytest.mark.parametrize(("language", "reply"), [("en", "person"), ("es", "person_es")])
def test_who_asks_for_a_person_is_told_that_one_will_answer(confidence: float, language: str, reply: str) -> None:
    plan = decide(facts(confidence=confidence, language=language, **ASKS_FOR_A_PERSON), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("person", reply, "front_desk", "normal")


def test_who_asks_for_a_person_again_is_told_again_unless_staff_have_taken_over() -> None:
    again = facts(reply_ages={"person": timedelta(0)}, **ASKS_FOR_A_PERSON)

    assert decide(again, PRACTICE).reply == "person"
    assert decide(replace(again, staff_active=True), PRACTICE).reply is None


@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_praise_is_thanked_for_and_goes_to_the_digest(confidence: float) -> None:
    plan = decide(facts("complaint", confidence, **PRAISE), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("praise", "praise", "digest", "low")


@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_what_is_out_of_scope_is_reviewed_however_sure_its_intent(confidence: float) -> None:
    plan = decide(facts(confidence=confidence, **OUT_OF_SCOPE), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("review", "review", "review", "normal")


# ---- two things said at once


def test_the_team_of_a_second_intent_is_told_too_and_there_is_one_reply() -> None:
    plan = decide(facts("appointment_request", also=("billing_inquiry",)), PRACTICE)

    assert plan.reply == "appointment_request"
    assert plan.also == (AlsoTold("billing_inquiry", "billing", Priority.NORMAL),)
    assert plan.why == "confidence 0.95; Billing notified too"


def test_a_team_is_told_once_however_many_intents_are_its_own() -> None:
    asks = facts("new_patient_inquiry", also=("existing_patient_question", "complaint"))

    assert told_to(asks) == [("new_patient_inquiry", "front_desk", "normal"), ("complaint", "manager", "high")]


def test_the_second_intent_of_an_emergency_is_not_lost() -> None:
    known = facts("clinical_concern", also=("billing_inquiry",), **EMERGENCY)

    assert told_to(known) == [("urgent", "on_call", "urgent"), ("billing_inquiry", "billing", "normal")]


def test_a_same_day_message_is_told_to_the_teams_of_both_its_intents() -> None:
    known = facts("complaint", also=("billing_inquiry",), **SAME_DAY)

    assert [team for _, team, _ in told_to(known)] == ["clinical", "manager", "billing"]


def test_the_second_intent_of_a_message_in_review_waits_for_the_reviewer() -> None:
    assert told_to(facts(confidence=UNSURE, also=("complaint",))) == [("review", "review", "normal")]


def test_a_practice_names_the_team_of_a_second_intent() -> None:
    own = practice(teams={"bookkeeper": {}}, routes={"billing_inquiry": {"team": "bookkeeper", "priority": "high"}})

    [told] = decide(facts("complaint", also=("billing_inquiry",)), own).also
    assert told == AlsoTold("billing_inquiry", "bookkeeper", Priority.HIGH)


# ---- a practice overrides a row


@pytest.mark.parametrize("route", ["complaint", *OF_ROUTE])
def test_a_practice_names_another_team_and_keeps_the_rest(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(teams={"owner": {}}, routes={route: {"team": "owner"}}))

    assert plan == replace(default, team="owner")


@pytest.mark.parametrize("route", ["complaint", *OF_ROUTE])
def test_a_practice_names_another_priority_and_keeps_the_rest(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(routes={route: {"priority": "low"}}))

    assert plan == replace(default, priority=Priority.LOW)


@pytest.mark.parametrize("route", ["complaint", *OF_ROUTE])
def test_a_practice_switches_a_reply_off_and_staff_are_told_all_the_same(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(routes={route: {"auto_reply": False}}))

    assert plan.reply is None
    assert (plan.route, plan.team, plan.priority) == (default.route, default.team, default.priority)


def test_an_override_of_one_row_leaves_the_others_alone() -> None:
    override = {"team": "owner", "priority": "urgent", "auto_reply": False}
    overridden = practice(teams={"owner": {}}, routes={"complaint": override})

    assert decide(facts("price_shopper"), overridden) == decide(facts("price_shopper"), PRACTICE)


# ---- keywords


@pytest.mark.parametrize(
    ("keyword", "reply"), [(Keyword.STOP, "opt_out"), (Keyword.START, "opt_in"), (Keyword.HELP, "help")]
)
def test_a_keyword_is_confirmed_and_staff_are_left_in_peace(keyword: Keyword, reply: str) -> None:
    plan = decide(facts("", 0.0, keyword=keyword, keyword_changed_consent=True), PRACTICE)

    assert (plan.route, plan.reply, plan.team) == (reply, reply, None)


@pytest.mark.parametrize("keyword", list(Keyword))
def test_a_keyword_that_the_provider_answered_is_not_answered_again(keyword: Keyword) -> None:
    plan = decide(facts(keyword=keyword, keyword_changed_consent=True, keyword_answered=True), PRACTICE)

    assert plan.reply is None


@pytest.mark.parametrize("keyword", [Keyword.STOP, Keyword.START])
def test_a_keyword_that_changed_nothing_is_not_confirmed_again(keyword: Keyword) -> None:
    opted_out = keyword is Keyword.STOP
    plan = decide(facts(keyword=keyword, keyword_changed_consent=False, opted_out=opted_out), PRACTICE)

    assert plan.reply is None


def test_a_stop_that_may_mean_an_appointment_is_confirmed_and_told_to_scheduling() -> None:
    plan = decide(facts(keyword=Keyword.STOP, keyword_changed_consent=True, keyword_ambiguous=True), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("opt_out", "opt_out", "scheduling", "normal")


def test_a_keyword_comes_before_urgency() -> None:
    assert decide(facts(keyword=Keyword.HELP, **EMERGENCY), PRACTICE).route == "help"


@pytest.mark.parametrize(
    "circumstance",
    [{"opted_out": True}, {"staff_active": True}, {"replies_last_hour": 1000}],
    ids=["opted out", "staff active", "over the cap"],
)
def test_an_opt_out_is_confirmed_once_whatever_else_holds(circumstance: dict[str, Any]) -> None:
    plan = decide(facts(keyword=Keyword.STOP, keyword_changed_consent=True, **circumstance), PRACTICE)

    assert plan.reply == "opt_out"


def test_help_is_answered_even_where_staff_are_active_but_not_to_an_opted_out_number() -> None:
    assert decide(facts(keyword=Keyword.HELP, staff_active=True), PRACTICE).reply == "help"
    assert decide(facts(keyword=Keyword.HELP, opted_out=True), PRACTICE).reply is None


def test_two_robots_asking_each_other_for_help_stop() -> None:
    assert decide(facts(keyword=Keyword.HELP, reply_ages={"help": timedelta(minutes=1)}), PRACTICE).reply is None
    assert decide(facts(keyword=Keyword.HELP, replies_last_hour=12), PRACTICE).reply is None


# ---- when the robot is silent

SILENCE = {
    "the number is opted out": {"opted_out": True},
    "there is nothing to answer to": {"can_be_answered": False},
    "staff took the conversation over": {"staff_active": True},
    "the hourly cap is reached": {"replies_last_hour": 12},
}


@pytest.mark.parametrize("circumstance", SILENCE.values(), ids=SILENCE.keys())
@pytest.mark.parametrize("route", [*INTENTS, *OF_ROUTE])
def test_the_robot_is_silent_and_staff_are_told_all_the_same(route: str, circumstance: dict[str, Any]) -> None:
    known = _facts_for(route)
    if route == "urgent" and not circumstance.keys() & {"opted_out", "can_be_answered"}:
        known = replace(known, reply_ages={"urgent": timedelta(minutes=1)})
    default = decide(known, PRACTICE)
    plan = decide(replace(known, **circumstance), PRACTICE)

    assert plan.reply is None
    assert (plan.route, plan.team, plan.priority) == (default.route, default.team, default.priority)
    assert "no reply" in plan.why


def test_the_same_reply_goes_out_once_in_a_cool_down() -> None:
    recent = facts(reply_ages={"billing_inquiry": timedelta(minutes=59, seconds=59)})
    past = facts(reply_ages={"billing_inquiry": timedelta(minutes=60)})

    assert decide(recent, PRACTICE).reply is None
    assert decide(recent, PRACTICE).team == "billing"
    assert decide(past, PRACTICE).reply == "billing_inquiry"


def test_another_reply_is_not_cooled_down() -> None:
    assert decide(facts(reply_ages={"complaint": timedelta(0)}), PRACTICE).reply == "billing_inquiry"


def test_an_urgent_reply_is_not_cooled_down() -> None:
    assert decide(facts(reply_ages={"urgent": timedelta(0)}, **EMERGENCY), PRACTICE).reply == "urgent"


@pytest.mark.parametrize("circumstance", [{"staff_active": True}, {"replies_last_hour": 1000}])
@pytest.mark.parametrize(("language", "expected"), [("en", "urgent_self_harm"), ("es", "urgent_self_harm_es")])
def test_who_writes_to_staff_or_writes_a_lot_is_told_whom_to_call_in_an_emergency_once(
    circumstance: dict[str, Any], language: str, expected: str
) -> None:
    known = facts(triage=TriageLevel.EMERGENCY, danger=DangerKind.SELF_HARM, language=language, **circumstance)

    assert decide(known, PRACTICE).reply == expected
    assert decide(replace(known, reply_ages={"urgent": timedelta(minutes=1)}), PRACTICE).reply == expected
    assert decide(replace(known, reply_ages={expected: timedelta(minutes=59)}), PRACTICE).reply is None
    assert decide(replace(known, reply_ages={expected: timedelta(minutes=61)}), PRACTICE).reply == expected


# ---- after an emergency

ANSWERED_BEFORE = [route for route in OF_ROUTE if route not in ("urgent", "acknowledgement")]


AGAIN = {
    "urgent": "urgent_again",
    "urgent_self_harm_es": "urgent_again_self_harm",
    "urgent_ingestion": "urgent_again_ingestion",
}


@pytest.mark.parametrize("emergency", AGAIN)
@pytest.mark.parametrize("route", [*INTENTS, *ANSWERED_BEFORE])
def test_no_message_after_an_emergency_is_answered_as_if_there_were_none(route: str, emergency: str) -> None:
    before, known = _facts_for(route), replace(_facts_for(route), reply_ages={emergency: timedelta(minutes=119)})

    plan = decide(known, PRACTICE)

    assert plan.reply == AGAIN[emergency]
    assert replace(plan, reply=None) == replace(decide(before, PRACTICE), reply=None)
    assert decide(replace(known, language="es"), PRACTICE).reply == f"{AGAIN[emergency]}_es"
    long_after = replace(known, reply_ages={emergency: timedelta(hours=2)})
    assert decide(long_after, PRACTICE).reply == decide(before, PRACTICE).reply


SELF_HARM, INGESTION = DangerKind.SELF_HARM, DangerKind.INGESTION


@pytest.mark.parametrize(
    ("raised", "answered", "reply"),
    [
        (SELF_HARM, ["urgent"], "urgent_again_self_harm"),
        (INGESTION, ["urgent"], "urgent_again_ingestion"),
        (DangerKind.OTHER, ["urgent"], "urgent_again"),
        (None, ["urgent", "urgent_ingestion"], "urgent_again_ingestion"),
        (INGESTION, ["urgent_ingestion", "urgent_self_harm"], "urgent_again_self_harm"),
    ],
)
def test_what_comes_after_an_emergency_is_answered_by_the_kind_of_danger_that_was_raised(
    raised: DangerKind | None, answered: list[str], reply: str
) -> None:
    known = facts(raised=raised, reply_ages=dict.fromkeys(answered, timedelta(minutes=5)))

    assert decide(known, PRACTICE).reply == reply


@pytest.mark.parametrize(("danger", "general"), [(SELF_HARM, "urgent_self_harm"), (INGESTION, "urgent_ingestion")])
@pytest.mark.parametrize("again", [None, DangerKind.OTHER])
def test_a_second_alarm_of_no_kind_names_the_helpline_of_the_first(
    danger: DangerKind, general: str, again: DangerKind | None
) -> None:
    known = facts(triage=TriageLevel.EMERGENCY, danger=again, raised=danger)

    assert decide(replace(known, reply_ages={general: timedelta(minutes=5)}), PRACTICE).reply == general
    assert decide(replace(known, reply_ages={general: timedelta(hours=2)}), PRACTICE).reply == "urgent"


@pytest.mark.parametrize("circumstance", [{"staff_active": True}, {"replies_last_hour": 1000}])
def test_a_second_alarm_of_no_kind_is_answered_where_the_words_for_the_first_are_not_sent_twice(
    circumstance: dict[str, Any],
) -> None:
    known = facts(triage=TriageLevel.EMERGENCY, danger=DangerKind.OTHER, raised=SELF_HARM, **circumstance)

    assert decide(replace(known, reply_ages={"urgent_self_harm": timedelta(minutes=5)}), PRACTICE).reply == "urgent"


def test_a_second_alarm_of_a_kind_of_its_own_is_answered_by_that() -> None:
    known = facts(triage=TriageLevel.EMERGENCY, danger=INGESTION, raised=SELF_HARM)

    assert decide(replace(known, reply_ages={"urgent_self_harm": timedelta(minutes=5)}), PRACTICE).reply == (
        "urgent_ingestion"
    )


RAISED = {"other": "urgent", "self-harm": "urgent_self_harm", "ingestion": "urgent_ingestion_es"}
AT_THE_ER, NO_EMERGENCY, FINE_NOW = Update.HELPED, Update.MISTAKEN, Update.OVER


@pytest.mark.parametrize(
    ("update", "raised", "route"),
    [
        *((AT_THE_ER, kind, "helped") for kind in RAISED),
        (NO_EMERGENCY, "other", "over"),
        (NO_EMERGENCY, "self-harm", None),
        (NO_EMERGENCY, "ingestion", "over"),
        (FINE_NOW, "other", "over"),
        (FINE_NOW, "self-harm", None),
        (FINE_NOW, "ingestion", None),
    ],
)
@pytest.mark.parametrize("model", [{}, EMERGENCY, {"language": "es"}], ids=["routine", "emergency", "Spanish"])
def test_who_says_that_somebody_helps_or_that_it_is_over_is_not_sent_to_an_emergency_room(
    update: Update, raised: str, route: str | None, model: dict[str, Any]
) -> None:
    alarm = Matter(Team.ON_CALL, Priority.URGENT, triage=TriageLevel.EMERGENCY)
    known = facts(update=update, follows=alarm, reply_ages={RAISED[raised]: timedelta(minutes=5)}, **model)
    plan = decide(known, PRACTICE)

    if route is None:
        assert plan == decide(replace(known, update=None), PRACTICE)
    else:
        assert (plan.route, plan.reply, plan.team, plan.priority) == (route, None, "on_call", "high")
    long_after = replace(known, reply_ages={})
    assert decide(long_after, PRACTICE) == decide(replace(long_after, update=None), PRACTICE)


def test_thanks_after_an_emergency_need_no_answer_in_any_language() -> None:
    thanks = facts(update=Update.THANKS, language="other", reply_ages={"urgent": timedelta(minutes=5)})

    assert decide(thanks, PRACTICE).route == "acknowledgement"
    assert decide(replace(thanks, **EMERGENCY), PRACTICE).route == "urgent"


def test_what_staff_wrote_and_replies_of_old_versions_are_no_emergency() -> None:
    ages = {"staff": timedelta(0), "a reply of an older version": timedelta(0), None: timedelta(0)}

    assert decide(facts(reply_ages=ages), PRACTICE).reply == "billing_inquiry"


def test_a_common_question_after_an_emergency_is_not_answered() -> None:
    asked = facts("existing_patient_question", has_answer=True)

    assert decide(asked, PRACTICE).reply == "common_question"
    assert decide(replace(asked, reply_ages={"urgent": timedelta(minutes=1)}), PRACTICE).reply == "urgent_again"


def test_after_an_emergency_the_same_words_are_not_repeated_and_staff_write_for_themselves() -> None:
    ages = {"urgent": timedelta(minutes=2), "urgent_again": timedelta(minutes=1)}

    assert decide(facts(reply_ages=ages), PRACTICE).reply is None
    assert decide(facts(reply_ages=ages, **EMERGENCY), PRACTICE).reply == "urgent"
    assert decide(facts(reply_ages={"urgent": timedelta(0)}, staff_active=True), PRACTICE).reply is None


def test_a_practice_sets_its_own_cool_down_and_cap() -> None:
    quick = practice(limits={"cool_down_minutes": 0, "replies_per_hour": 2})

    assert decide(facts(reply_ages={"billing_inquiry": timedelta(0)}), quick).reply == "billing_inquiry"
    assert decide(facts(replies_last_hour=1), quick).reply == "billing_inquiry"
    assert decide(facts(replies_last_hour=2), quick).reply is None


# ---- a practice whose automatic replies are off

SHADOW = practice(auto_reply="off")


@pytest.mark.parametrize("route", [*INTENTS, "review", "same_day", "person", "praise"])
def test_nobody_is_answered_while_automatic_replies_are_off_and_everything_else_happens(route: str) -> None:
    default, plan = decide(_facts_for(route), PRACTICE), decide(_facts_for(route), SHADOW)

    assert plan == silenced(default, Silence.REPLIES_OFF)
    assert plan.why == f"{default.why}; no reply: automatic replies are off"


@pytest.mark.parametrize("danger", list(DangerKind))
def test_an_emergency_is_answered_while_automatic_replies_are_off(danger: DangerKind) -> None:
    known = facts(triage=TriageLevel.EMERGENCY, danger=danger)

    assert decide(known, SHADOW) == decide(known, PRACTICE)


@pytest.mark.parametrize("keyword", list(Keyword))
def test_a_keyword_is_answered_while_automatic_replies_are_off(keyword: Keyword) -> None:
    known = facts(keyword=keyword, keyword_changed_consent=True)

    assert decide(known, SHADOW) == decide(known, PRACTICE)


# ---- what always holds

ANY_FACTS = st.builds(
    Facts,
    intent=st.sampled_from(INTENTS),
    confidence=st.floats(0, 1),
    threshold=st.floats(0, 1),
    triage=st.sampled_from(TriageLevel),
    danger=st.sampled_from([None, *DangerKind]),
    language=st.sampled_from(Language),
    disposition=st.sampled_from(Disposition),
    praise=st.booleans(),
    also=st.lists(st.sampled_from(INTENTS), unique=True).map(tuple),
    keyword=st.sampled_from([None, *Keyword]),
    keyword_changed_consent=st.booleans(),
    keyword_answered=st.booleans(),
    keyword_ambiguous=st.booleans(),
    opted_out=st.booleans(),
    can_be_answered=st.booleans(),
    staff_active=st.booleans(),
    replies_last_hour=st.integers(0, 20),
    reply_ages=st.dictionaries(st.sampled_from([*ROUTES, "help"]), st.timedeltas(timedelta(0), timedelta(hours=3))),
    follows=st.none()
    | st.builds(Matter, team=st.sampled_from([*Team, "second_floor"]), priority=st.sampled_from([*Priority][1:])),
    clinical_share=st.floats(0, 1),
)


@given(ANY_FACTS)
def test_an_opted_out_number_gets_the_confirmation_of_that_or_nothing(known: Facts) -> None:
    plan = decide(replace(known, opted_out=True), PRACTICE)

    assert plan.reply in (None, "opt_out", "opt_out_es")


@given(ANY_FACTS)
def test_nothing_but_a_keyword_or_an_acknowledgement_goes_by_unseen(known: Facts) -> None:
    plan = decide(known, PRACTICE)

    if known.keyword is None and plan.route != "acknowledgement":
        assert plan.team
        assert plan.priority


@given(ANY_FACTS)
def test_an_emergency_is_never_lost_or_lowered(known: Facts) -> None:
    plan = decide(replace(known, keyword=None, **EMERGENCY), PRACTICE)

    assert (plan.team, plan.priority) == ("on_call", "urgent")


@given(ANY_FACTS)
def test_a_nurse_always_hears_of_a_same_day_message(known: Facts) -> None:
    told = told_to(replace(known, keyword=None, **SAME_DAY))

    assert ("clinical", "high") in [(team, priority) for _, team, priority in told]


@given(ANY_FACTS)
def test_no_team_is_told_twice(known: Facts) -> None:
    teams = [team for _, team, _ in told_to(known)]

    assert len(teams) == len(set(teams))


@given(ANY_FACTS)
def test_only_emergencies_and_keywords_are_answered_while_automatic_replies_are_off(known: Facts) -> None:
    reply = decide(known, SHADOW).reply

    assert reply is None or find_reply(reply).name in (*ALWAYS_SENT, "opt_out", "opt_in", "help")


@given(ANY_FACTS)
def test_a_reason_is_always_given_however_long_the_names_of_teams_are(known: Facts) -> None:
    names = {route: f"{route} of the second floor"[:32] for route in ROUTES}
    routes = {route: {"team": name, "auto_reply": False} for route, name in names.items()}

    for own in (PRACTICE, practice(teams={name: {} for name in names.values()}, routes=routes)):
        assert decide(known, own).why


def _facts_for(route: str) -> Facts:
    return facts(**OF_ROUTE[route]) if route in OF_ROUTE else facts(route)


# ---- languages


@pytest.mark.parametrize(("intent", "team", "priority"), TABLE)
def test_a_sure_message_in_spanish_is_routed_like_an_english_one_and_answered_in_spanish(
    intent: str, team: str, priority: str
) -> None:
    plan = decide(facts(intent, language="es"), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == (intent, f"{intent}_es", team, priority)


def test_an_unsure_message_in_spanish_is_reviewed() -> None:
    plan = decide(facts(confidence=UNSURE, language="es"), PRACTICE)

    assert (plan.route, plan.reply, plan.team) == ("review", "review_es", "review")


def test_what_is_in_another_language_goes_to_a_person_however_sure_and_is_told_so_in_english() -> None:
    plan = decide(facts(language="other"), practice(review_threshold=0.0))

    assert (plan.route, plan.reply, plan.team) == ("review", "review", "review")


def test_an_emergency_in_spanish_is_answered_in_spanish_every_time() -> None:
    again = facts(language="es", reply_ages={"urgent_es": timedelta(0)}, **EMERGENCY)
    plan = decide(again, PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("urgent", "urgent_es", "on_call", "urgent")


def test_the_spanish_reply_is_not_repeated_within_its_cool_down() -> None:
    ages = {"review_es": timedelta(minutes=2)}
    recent = facts(confidence=UNSURE, language="es", reply_ages=ages)
    later = replace(recent, reply_ages=ages | {"review_again_es": timedelta(minutes=1)})

    assert decide(recent, PRACTICE).reply == "review_again_es"
    assert (decide(later, PRACTICE).reply, decide(later, PRACTICE).team) == (None, "review")


@pytest.mark.parametrize("keyword", list(Keyword))
def test_a_keyword_of_a_patient_who_writes_spanish_is_confirmed_in_spanish(keyword: Keyword) -> None:
    in_english = facts(keyword=keyword, keyword_changed_consent=True)
    plan = decide(replace(in_english, language="es"), PRACTICE)

    assert plan.reply == f"{decide(in_english, PRACTICE).reply}_es"


# ---- a second message that nobody is sure of


def test_a_second_unsure_message_is_told_once_that_a_person_knows() -> None:
    first = decide(facts(confidence=UNSURE), PRACTICE)
    ages = {"review": timedelta(minutes=5)}
    second = decide(facts(confidence=UNSURE, reply_ages=ages), PRACTICE)
    third = decide(facts(confidence=UNSURE, reply_ages=ages | {"review_again": timedelta(minutes=1)}), PRACTICE)

    assert [plan.reply for plan in (first, second, third)] == ["review", "review_again", None]


def test_after_the_cool_down_an_unsure_message_gets_the_first_reply_again() -> None:
    plan = decide(facts(confidence=UNSURE, reply_ages={"review": timedelta(hours=2)}), PRACTICE)

    assert plan.reply == "review"


def test_a_request_for_a_person_is_answered_every_time() -> None:
    plan = decide(facts(**ASKS_FOR_A_PERSON, reply_ages={"person": timedelta(minutes=1)}), PRACTICE)

    assert plan.reply == "person"


# ---- losses


def test_the_report_of_a_death_gets_condolences_and_goes_to_the_team_of_its_intent_at_high_priority() -> None:
    for intent, team in (("appointment_request", "scheduling"), ("billing_inquiry", "billing")):
        plan = decide(facts(intent, **BEREAVEMENT), PRACTICE)
        assert (plan.route, plan.reply, plan.team, plan.priority) == ("bereavement", "bereavement", team, "high")
    for unclear in (facts("appointment_request", UNSURE, **BEREAVEMENT), facts("price_shopper", **BEREAVEMENT)):
        assert (decide(unclear, PRACTICE).team, decide(unclear, PRACTICE).priority) == ("front_desk", "high")
    assert decide(facts("appointment_request", language="es", **BEREAVEMENT), PRACTICE).reply == "bereavement_es"


def test_the_loss_of_a_pregnancy_goes_to_a_nurse_and_to_the_team_of_its_intent() -> None:
    plan = decide(facts("appointment_request", **PREGNANCY_LOSS), PRACTICE)

    assert (plan.reply, plan.team, plan.priority) == ("pregnancy_loss", "clinical", "high")
    assert [told.team for told in plan.also] == ["scheduling"]


def test_an_emergency_keeps_its_reply_and_grief_that_needs_a_nurse_today_too() -> None:
    assert decide(facts(**BEREAVEMENT | EMERGENCY), PRACTICE).reply == "urgent"
    assert decide(facts(**PREGNANCY_LOSS | EMERGENCY), PRACTICE).reply == "urgent"
    assert decide(facts(**BEREAVEMENT | SAME_DAY), PRACTICE).reply == "same_day"
    assert decide(facts(**PREGNANCY_LOSS | SAME_DAY), PRACTICE).reply == "pregnancy_loss"


# ---- a visit that is soon


@pytest.mark.parametrize(
    "known",
    [
        facts("appointment_request", visit_soon=True),
        facts("existing_patient_question", UNSURE, visit_soon=True),
        facts("appointment_request", visit_soon=True, has_answer=True),
        facts("appointment_request", visit_soon=True, **THANKS),
        facts("new_patient_inquiry", visit_soon=True, **OUT_OF_SCOPE),
    ],
)
def test_who_is_late_for_a_visit_gets_the_scheduling_team_at_once(known: Facts) -> None:
    plan = decide(known, PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == (
        "appointment_request",
        "visit_soon",
        "scheduling",
        "high",
    )
    assert decide(replace(known, language="es"), PRACTICE).reply == "visit_soon_es"


def test_scheduling_hears_of_a_visit_that_is_soon_whatever_else_the_message_is() -> None:
    for known, team in (
        (facts("complaint"), "manager"),
        (facts(**SAME_DAY), "clinical"),
        (facts("clinical_concern"), "clinical"),
    ):
        plan = decide(replace(known, visit_soon=True), PRACTICE)
        assert plan.team == team
        assert ("appointment_request", "scheduling", "high") in [(t.reason, t.team, t.priority) for t in plan.also]
    emergency = decide(facts("appointment_request", visit_soon=True, **EMERGENCY), PRACTICE)
    assert (emergency.route, emergency.reply, emergency.also) == ("urgent", "urgent", ())


def test_a_visit_that_is_soon_is_urgent_even_where_requests_are_of_low_priority() -> None:
    routes = {"appointment_request": {"team": "front_desk", "priority": "low"}}

    plan = decide(facts("appointment_request", visit_soon=True), practice(routes=routes))

    assert (plan.team, plan.priority) == ("front_desk", "high")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"confidence": UNSURE, "reads_as_english": True}, "confidence"),
        ({"confidence": UNSURE, "reads_as_english": False}, "voicemail without a transcript that makes sense"),
        ({"language": "es", "reads_as_english": True}, "voicemail without a transcript that makes sense"),
    ],
    ids=["English", "nonsense", "Spanish"],
)
def test_only_a_transcript_that_nobody_said_is_taken_for_none(changes: dict[str, Any], why: str) -> None:
    assert decide(facts(transcribed=True, **changes), PRACTICE).why.startswith(why)
