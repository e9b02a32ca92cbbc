"""Which messages are reviewed and why, and what still follows from a label: both pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Understanding
from inbox.conversations.reviews import NONE_OF_THESE
from inbox.models import Keyword, Message, Review, ReviewReason
from intake.practices import Practice
from intake.vocabulary import INTENTS, DangerKind, Disposition, Priority, SenderDoubt, TriageLevel
from tasks.messages.corrections import NOTHING_ELSE, Past, plan_correction
from tasks.routing.decide import Facts
from tasks.routing.review_sampling import chance, in_scope, why_review
from tests.service import Service
from tests.tasks.conftest import StartService

SURE, UNSURE, THRESHOLD, SAMPLE = 0.95, 0.30, 0.60, 0.02
DRAWN, NOT_DRAWN = 0.01, 0.5
FACTS = Facts(intent="billing_inquiry", confidence=SURE, threshold=THRESHOLD)
UNDECIDED = Past("billing_inquiry", False, "review", Priority.NORMAL, False, False, timedelta(minutes=5))
ROUTED = Past("billing_inquiry", True, "billing", Priority.NORMAL, True, False, timedelta(minutes=5))
PRACTICE = Practice.model_validate(
    {"slug": "demo", "name": "Maple Street", "phone": "+12025550100", "time_zone": "America/New_York"}
)

EMERGENCY: dict[str, Any] = {"triage": TriageLevel.EMERGENCY, "danger": DangerKind.OTHER}
ASKS_FOR_A_PERSON: dict[str, Any] = {"disposition": Disposition.PERSON}
PRAISE: dict[str, Any] = {"disposition": Disposition.OUT_OF_SCOPE, "praise": True}


def why(scope: float = 1.0, drawn: float = NOT_DRAWN, sample: float = SAMPLE, **changes: Any) -> ReviewReason | None:
    return why_review(replace(FACTS, **changes), scope, drawn, sample)


def planned(label: str, past: Past, **changes: Any) -> tuple[str | None, str | None, str | None]:
    plan = plan_correction(label, replace(FACTS, **changes), past, PRACTICE)
    return plan.reply, plan.team, plan.priority


# ---- who is asked


def test_what_is_below_the_threshold_is_reviewed() -> None:
    assert why(confidence=UNSURE) is ReviewReason.LOW_CONFIDENCE
    assert why(confidence=THRESHOLD) is None


def test_what_is_probably_nothing_for_a_practice_is_reviewed_as_such() -> None:
    assert why(confidence=UNSURE, scope=0.4) is ReviewReason.OUT_OF_SCOPE
    assert why(confidence=UNSURE, scope=0.6) is ReviewReason.LOW_CONFIDENCE


def test_what_was_only_partly_read_is_reviewed_however_sure_the_rest_is() -> None:
    assert why(partly_read=True) is ReviewReason.LONG
    assert why(partly_read=True, **PRAISE) is ReviewReason.LONG


def test_some_of_the_sure_ones_are_drawn() -> None:
    assert why(drawn=DRAWN) is ReviewReason.SAMPLE
    assert why(drawn=NOT_DRAWN) is None
    assert why(drawn=SAMPLE) is None


def test_a_practice_may_draw_none_or_all() -> None:
    assert why(drawn=0.0, sample=0) is None
    assert why(drawn=1 - 2**-48, sample=1) is ReviewReason.SAMPLE


def test_an_urgent_message_is_reviewed_like_any_other() -> None:
    assert why(confidence=UNSURE, **EMERGENCY) is ReviewReason.LOW_CONFIDENCE
    assert why(drawn=DRAWN, **EMERGENCY) is ReviewReason.SAMPLE


@pytest.mark.parametrize("found", [{"disposition": Disposition.OUT_OF_SCOPE}, {"confidence": UNSURE, "scope": 0.1}])
@pytest.mark.parametrize("level", [TriageLevel.EMERGENCY, TriageLevel.SAME_DAY])
def test_whoever_needs_help_means_the_practice(found: dict[str, Any], level: TriageLevel) -> None:
    assert why(triage=level, **found) is ReviewReason.LOW_CONFIDENCE


def test_what_the_model_says_is_out_of_scope_is_reviewed_however_sure_its_intent() -> None:
    assert why(disposition=Disposition.OUT_OF_SCOPE) is ReviewReason.OUT_OF_SCOPE


@pytest.mark.parametrize("what", [ASKS_FOR_A_PERSON, PRAISE], ids=["person", "praise"])
def test_what_has_no_intent_and_is_recognized_is_reviewed_only_when_drawn(what: dict[str, Any]) -> None:
    assert why(confidence=UNSURE, scope=0.1, **what) is None
    assert why(confidence=UNSURE, scope=0.1, drawn=DRAWN, **what) is ReviewReason.SAMPLE


def test_thanks_that_a_nurse_should_see_today_are_reviewed_like_any_other() -> None:
    assert why(drawn=DRAWN, disposition=Disposition.ACKNOWLEDGEMENT, triage=TriageLevel.SAME_DAY) is ReviewReason.SAMPLE


THANKS = {"disposition": Disposition.ACKNOWLEDGEMENT}


@pytest.mark.parametrize("what", [{"keyword": Keyword.STOP}, THANKS, {"unheard": True}])
@pytest.mark.parametrize("confidence", [SURE, UNSURE])
def test_what_there_is_nothing_to_say_about_is_never_reviewed(what: dict[str, Any], confidence: float) -> None:
    assert why(confidence=confidence, drawn=DRAWN, sample=1, **what) is None


@given(st.integers(1, 2**31), st.text(min_size=1))
def test_the_draw_is_the_same_every_time(message_id: int, secret: str) -> None:
    drawn = chance(secret, message_id)

    assert 0 <= drawn < 1
    assert chance(secret, message_id) == drawn


def test_the_draw_is_even_and_another_with_another_secret() -> None:
    draws = [chance("a secret for tests only", number) for number in range(1, 10_001)]

    for tenth in range(10):
        assert 850 < sum(tenth / 10 <= drawn < (tenth + 1) / 10 for drawn in draws) < 1150
    assert draws[:10] != [chance("another secret of tests", number) for number in range(1, 11)]


def test_what_is_in_another_language_is_reviewed_as_such_and_spanish_like_english() -> None:
    assert why(confidence=SURE, language="other") is ReviewReason.LANGUAGE
    assert why(confidence=SURE, language="es") is None
    assert why(confidence=UNSURE, language="es") is ReviewReason.LOW_CONFIDENCE


def test_the_scope_is_what_lowered_the_confidence() -> None:
    probabilities = dict.fromkeys(INTENTS, 0.05) | {"complaint": 0.7}
    understanding = Understanding(
        intent="complaint",
        confidence=0.35,
        probabilities=probabilities,
        triage=TriageLevel.ROUTINE,
        danger=None,
        language="en",
        disposition=Disposition.REVIEW,
        model_version="0" * 12,
    )

    assert in_scope(understanding) == pytest.approx(0.5)
    assert in_scope(replace(understanding, confidence=0.7)) == 1
    assert in_scope(replace(understanding, confidence=0.0)) == 0


# ---- the hook


def test_handling_asks_for_a_review_once_however_often_the_job_runs(start_service: StartService) -> None:
    service: Service = start_service("review_threshold = 1.0")
    service.text("The thing from last week, is it okay like that?")
    service.context.queue.put("handle_message", 1)
    service.work()
    service.reconcile()

    [review] = service.rows(Review)
    assert (review.message_id, review.practice, review.reason) == (1, "demo", ReviewReason.LOW_CONFIDENCE)


def test_what_the_model_never_read_is_not_asked_for(start_service: StartService) -> None:
    service: Service = start_service("review_threshold = 1.0\nreview_sample = 1")
    for body in ("STOP", "START", "Ok thanks!"):
        service.text(body)
    call = service.call()
    call.finish()
    call.report_recording()
    call.report_transcription("", "failed")
    service.work()
    service.reconcile()

    assert len(service.rows(Message)) == 4
    assert service.rows(Review) == []


# ---- what follows from a label


@pytest.mark.parametrize("label", INTENTS)
def test_a_message_that_went_to_a_person_gets_all_that_its_label_brings(label: str) -> None:
    reply, team, priority = planned(label, UNDECIDED)

    assert reply == label
    assert team
    assert priority


@pytest.mark.parametrize("past", [UNDECIDED, ROUTED])
def test_none_of_these_brings_nothing(past: Past) -> None:
    assert plan_correction(NONE_OF_THESE, FACTS, past, PRACTICE) == NOTHING_ELSE


def test_a_right_guess_brings_nothing_more() -> None:
    assert plan_correction("billing_inquiry", FACTS, ROUTED, PRACTICE) == NOTHING_ELSE


def test_a_wrong_guess_tells_the_right_team_without_a_second_reply() -> None:
    assert planned("complaint", ROUTED) == (None, "manager", "high")


def test_a_wrong_guess_that_was_not_answered_is_answered() -> None:
    assert planned("complaint", replace(ROUTED, was_answered=False)) == ("complaint", "manager", "high")


def test_a_team_that_was_told_already_is_not_told_twice() -> None:
    past = replace(ROUTED, guess="new_patient_inquiry", team="front_desk", was_answered=False)

    assert planned("existing_patient_question", past) == ("existing_patient_question", None, None)


@pytest.mark.parametrize("past", [UNDECIDED, ROUTED])
def test_what_staff_have_settled_stays_settled(past: Past) -> None:
    assert plan_correction("complaint", FACTS, replace(past, is_settled=True), PRACTICE) == NOTHING_ELSE


@pytest.mark.parametrize("past", [UNDECIDED, ROUTED])
def test_an_urgent_message_had_the_most_there_is(past: Past) -> None:
    assert plan_correction("price_shopper", replace(FACTS, **EMERGENCY), past, PRACTICE) == NOTHING_ELSE


@pytest.mark.parametrize(
    ("label", "team", "priority"), [("urgent", "on_call", "urgent"), ("billing_inquiry", "billing", "normal")]
)
def test_what_a_program_wrote_is_an_alarm_once_a_person_says_so(label: str, team: str, priority: str) -> None:
    by_program = {"doubt": SenderDoubt.PROGRAM, "can_be_answered": False}

    assert planned(label, UNDECIDED, **EMERGENCY, **by_program) == (None, team, priority)


@pytest.mark.parametrize("past", [UNDECIDED, ROUTED])
@pytest.mark.parametrize(
    ("label", "reply", "team", "priority"),
    [
        ("person", "person", "front_desk", "normal"),
        ("praise", "praise", "digest", "low"),
        ("same_day", "same_day", "clinical", "high"),
        ("urgent", "urgent", "on_call", "urgent"),
    ],
)
def test_a_label_may_be_a_request_for_a_person_or_praise_or_a_level(
    past: Past, label: str, reply: str, team: str, priority: str
) -> None:
    assert planned(label, replace(past, was_answered=False)) == (reply, team, priority)


def test_a_right_guess_of_praise_brings_nothing_more() -> None:
    assert (
        plan_correction("praise", replace(FACTS, **PRAISE), replace(ROUTED, guess="praise"), PRACTICE) == NOTHING_ELSE
    )


def test_an_emergency_that_the_model_missed_is_answered_as_one_after_any_other_reply() -> None:
    assert planned("urgent", ROUTED) == ("urgent", "on_call", "urgent")


def test_a_label_answers_in_the_patients_language() -> None:
    assert planned("complaint", UNDECIDED, language="es")[0] == "complaint_es"
    assert planned("complaint", UNDECIDED, language="other")[0] == "complaint"


def test_a_label_of_what_the_model_held_out_of_scope_is_followed() -> None:
    assert planned("complaint", UNDECIDED, disposition=Disposition.OUT_OF_SCOPE) == ("complaint", "manager", "high")
    assert planned("complaint", UNDECIDED, **PRAISE) == ("complaint", "manager", "high")


def test_a_label_tells_the_team_of_the_second_intent_once() -> None:
    known = replace(FACTS, also=("complaint",))

    [other] = plan_correction("price_shopper", known, UNDECIDED, PRACTICE).also
    assert (other.reason, other.team) == ("complaint", "manager")
    was_told = replace(UNDECIDED, told=frozenset({("complaint", "manager")}))
    assert plan_correction("price_shopper", known, was_told, PRACTICE).also == ()
    assert plan_correction("complaint", known, was_told, PRACTICE).team is None


def test_a_label_of_a_same_day_message_tells_the_team_of_its_intent_and_not_the_nurse_again() -> None:
    past = replace(UNDECIDED, team="clinical", priority=Priority.HIGH, told=frozenset({("same_day", "clinical")}))
    plan = plan_correction("complaint", replace(FACTS, confidence=UNSURE, triage=TriageLevel.SAME_DAY), past, PRACTICE)

    assert (plan.route, plan.team) == ("same_day", None)
    assert [other.team for other in plan.also] == ["manager"]


def test_a_late_label_sends_no_reply_but_tells() -> None:
    late = replace(UNDECIDED, age=timedelta(hours=24, seconds=1))

    assert planned("clinical_concern", late) == (None, "clinical", "high")
    assert planned("clinical_concern", replace(late, age=timedelta(hours=24)))[0] == "clinical_concern"


def test_the_robot_stays_silent_where_it_would_be_anyway() -> None:
    for silence in (
        {"staff_active": True},
        {"opted_out": True},
        {"can_be_answered": False},
        {"replies_last_hour": 12},
        {"reply_ages": {"complaint": timedelta(minutes=59)}},
    ):
        assert planned("complaint", UNDECIDED, **silence) == (None, "manager", "high")


def test_a_label_is_sure_whatever_the_practice_demands() -> None:
    assert planned("complaint", UNDECIDED, threshold=1.0)[0] == "complaint"
