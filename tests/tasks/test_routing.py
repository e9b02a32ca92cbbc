"""What is decided about a message: the routing table, a practice's overrides, and when no reply goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.models import Decision, Keyword
from intake.practices import Practice
from intake.vocabulary import INTENTS, Priority
from tasks.routing import ROUTES, Facts, decide

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


# ---- the table


@pytest.mark.parametrize(("intent", "team", "priority"), TABLE)
def test_a_sure_message_gets_its_intents_reply_and_team(intent: str, team: str, priority: str) -> None:
    plan = decide(facts(intent), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == (intent, intent, team, priority)


def test_every_intent_has_its_row() -> None:
    assert set(ROUTES) == {*INTENTS, "review", "urgent"}
    assert {intent for intent, _, _ in TABLE} == set(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_an_unsure_message_is_reviewed_whatever_its_intent(intent: str) -> None:
    plan = decide(facts(intent, UNSURE), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("review", "review", "review", "normal")


def test_confidence_at_the_threshold_is_enough() -> None:
    assert decide(facts(confidence=THRESHOLD), PRACTICE).route == "billing_inquiry"
    assert decide(facts(confidence=THRESHOLD - 0.001), PRACTICE).route == "review"


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_urgency_beats_every_intent_and_every_doubt(intent: str, confidence: float) -> None:
    plan = decide(facts(intent, confidence, urgent=True), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("urgent", "urgent", "on_call", "urgent")


def test_urgency_beats_an_acknowledgement() -> None:
    assert decide(facts(urgent=True, acknowledgement=True), PRACTICE).route == "urgent"


@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_an_acknowledgement_gets_no_reply_and_nobody_is_told(confidence: float) -> None:
    plan = decide(facts(confidence=confidence, acknowledgement=True), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("acknowledgement", None, None, None)


# ---- a practice overrides a row


@pytest.mark.parametrize("route", ["complaint", "review", "urgent"])
def test_a_practice_names_another_team_and_keeps_the_rest(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(routes={route: {"team": "owner"}}))

    assert plan == replace(default, team="owner")


@pytest.mark.parametrize("route", ["complaint", "review", "urgent"])
def test_a_practice_names_another_priority_and_keeps_the_rest(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(routes={route: {"priority": "low"}}))

    assert plan == replace(default, priority=Priority.LOW)


@pytest.mark.parametrize("route", ["complaint", "review", "urgent"])
def test_a_practice_switches_a_reply_off_and_staff_are_told_all_the_same(route: str) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(_facts_for(route), practice(routes={route: {"auto_reply": False}}))

    assert plan.reply is None
    assert (plan.route, plan.team, plan.priority) == (default.route, default.team, default.priority)


def test_an_override_of_one_row_leaves_the_others_alone() -> None:
    overridden = practice(routes={"complaint": {"team": "owner", "priority": "urgent", "auto_reply": False}})

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


def test_a_stop_that_may_mean_an_appointment_is_confirmed_and_told_to_the_front_desk() -> None:
    plan = decide(facts(keyword=Keyword.STOP, keyword_changed_consent=True, keyword_ambiguous=True), PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("opt_out", "opt_out", "front_desk", "normal")


def test_a_keyword_comes_before_urgency() -> None:
    assert decide(facts(keyword=Keyword.HELP, urgent=True), PRACTICE).route == "help"


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
@pytest.mark.parametrize("route", [*INTENTS, "review", "urgent"])
def test_the_robot_is_silent_and_staff_are_told_all_the_same(route: str, circumstance: dict[str, Any]) -> None:
    default = decide(_facts_for(route), PRACTICE)
    plan = decide(replace(_facts_for(route), **circumstance), PRACTICE)

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
    assert decide(facts(urgent=True, reply_ages={"urgent": timedelta(0)}), PRACTICE).reply == "urgent"


def test_a_practice_sets_its_own_cool_down_and_cap() -> None:
    quick = practice(limits={"cool_down_minutes": 0, "replies_per_hour": 2})

    assert decide(facts(reply_ages={"billing_inquiry": timedelta(0)}), quick).reply == "billing_inquiry"
    assert decide(facts(replies_last_hour=1), quick).reply == "billing_inquiry"
    assert decide(facts(replies_last_hour=2), quick).reply is None


# ---- what always holds

ANY_FACTS = st.builds(
    Facts,
    intent=st.sampled_from(INTENTS),
    confidence=st.floats(0, 1),
    threshold=st.floats(0, 1),
    urgent=st.booleans(),
    acknowledgement=st.booleans(),
    keyword=st.sampled_from([None, *Keyword]),
    keyword_changed_consent=st.booleans(),
    keyword_answered=st.booleans(),
    keyword_ambiguous=st.booleans(),
    opted_out=st.booleans(),
    can_be_answered=st.booleans(),
    staff_active=st.booleans(),
    replies_last_hour=st.integers(0, 20),
    reply_ages=st.dictionaries(st.sampled_from([*ROUTES, "help"]), st.timedeltas(timedelta(0), timedelta(hours=3))),
)


@given(ANY_FACTS)
def test_an_opted_out_number_gets_the_confirmation_of_that_or_nothing(known: Facts) -> None:
    plan = decide(replace(known, opted_out=True), PRACTICE)

    assert plan.reply in (None, "opt_out")


@given(ANY_FACTS)
def test_nothing_but_a_keyword_or_an_acknowledgement_goes_by_unseen(known: Facts) -> None:
    plan = decide(known, PRACTICE)

    if known.keyword is None and plan.route != "acknowledgement":
        assert plan.team
        assert plan.priority


@given(ANY_FACTS)
def test_urgency_is_never_lost_or_lowered(known: Facts) -> None:
    plan = decide(replace(known, keyword=None, urgent=True), PRACTICE)

    assert (plan.team, plan.priority) == ("on_call", "urgent")


@given(ANY_FACTS)
def test_a_reason_is_always_given_and_fits_its_column(known: Facts) -> None:
    plan = decide(known, practice(routes={intent: {"auto_reply": False} for intent in INTENTS}))

    assert 0 < len(plan.why) <= Decision.__table__.c.why.type.length  # type: ignore[attr-defined]


def _facts_for(route: str) -> Facts:
    if route == "review":
        return facts(confidence=UNSURE)
    if route == "urgent":
        return facts(urgent=True)
    return facts(route)


# ---- languages


@pytest.mark.parametrize(("language", "reply"), [("es", "review_es"), ("other", "review")])
def test_what_is_not_english_goes_to_a_person_however_sure_and_is_told_so_in_spanish(language: str, reply: str) -> None:
    plan = decide(facts(language=language), practice(review_threshold=0.0))

    assert (plan.route, plan.reply, plan.team) == ("review", reply, "review")


def test_an_urgent_message_in_spanish_is_answered_in_spanish_every_time() -> None:
    again = facts(language="es", urgent=True, reply_ages={"urgent_es": timedelta(0)})
    plan = decide(again, PRACTICE)

    assert (plan.route, plan.reply, plan.team, plan.priority) == ("urgent", "urgent_es", "on_call", "urgent")


def test_the_spanish_reply_is_not_repeated_within_its_cool_down() -> None:
    plan = decide(facts(language="es", reply_ages={"review_es": timedelta(minutes=1)}), PRACTICE)

    assert (plan.reply, plan.team) == (None, "review")
