"""What speaks against a new model, and that the report says so without a word of any message."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from training.refresh.assessment import (
    Assessment,
    ReviewCounts,
    find_objections,
    summarize_assessment,
    write_assessment,
)
from training.refresh.comparison import Comparison, Difference, paired_difference
from training.refresh.settings import Rule

RULE = Rule(loss=0.005, possible_loss=0.02, significance=0.05, resamples=2000)
SAME = Difference(500, 0.9, 0.9, -0.01, 0.01, 0.6)
COUNTS = ReviewCounts(practices=2, trained_on=300, compared_on=100, identifying=7, without_intent=9)


def against(
    overall: Difference = SAME,
    urgency: Difference = SAME,
    behavior: dict[str, Difference] | None = None,
    **recall: Difference,
) -> tuple[str, ...]:
    return find_objections([Comparison("the test file", overall, recall)], urgency, behavior or {}, [], RULE)


def right(*counts: tuple[int, bool]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([value for count, value in counts for _ in range(count)])


# ---- the difference of two models


def test_the_same_answers_differ_by_nothing() -> None:
    found = paired_difference(right((9, True), (1, False)), right((9, True), (1, False)), 500)

    assert (found.old, found.new, found.low, found.high, found.chance_of_loss) == (0.9, 0.9, 0.0, 0.0, 1.0)


def test_losses_are_weighed_against_wins_message_by_message() -> None:
    old = right((80, True), (10, True), (2, False), (8, False))
    new = right((80, True), (10, False), (2, True), (8, False))

    found = paired_difference(old, new, 2000)

    assert (found.old, found.new) == (0.9, 0.82)
    assert found.low < found.gain < found.high < 0
    assert found.chance_of_loss == pytest.approx(79 / 4096)  # at least 10 tails of 12 throws


def test_the_interval_is_the_same_each_time_and_narrower_with_more_messages() -> None:
    old, new = right((90, True), (10, False)), right((85, True), (5, False), (5, True), (5, False))
    once, many = paired_difference(old, new, 1000), paired_difference(np.tile(old, 20), np.tile(new, 20), 1000)

    assert paired_difference(old, new, 1000) == once
    assert many.high - many.low < (once.high - once.low) / 3


def test_messages_chosen_because_the_old_model_was_unsure_do_not_make_an_equal_new_one_look_better() -> None:
    # Each model is unsure, and then often wrong, of 200 of 2,000 messages; the old one's were reviewed, and a tenth.
    old = right((120, True), (80, False), (180, True))
    new = right((200, True), (171, True), (9, False))
    weights = [1.0] * 200 + [10.0] * 180

    chosen, weighed = paired_difference(old, new, 2000), paired_difference(old, new, 2000, weights)

    assert chosen.gain > 0.15
    assert weighed.gain == pytest.approx((80 - 90) / 2000)
    assert weighed.low < weighed.gain < weighed.high
    assert 0.1 < weighed.chance_of_loss < 0.9


def test_the_same_answers_differ_by_nothing_however_they_weigh() -> None:
    found = paired_difference(right((9, True), (1, False)), right((9, True), (1, False)), 500, [1.0] * 5 + [4.0] * 5)

    assert (found.old, found.gain, found.low, found.high, found.chance_of_loss) == (21 / 25, 0.0, 0.0, 0.0, 1.0)


def test_of_no_messages_nothing_is_said() -> None:
    nothing = right()

    assert paired_difference(nothing, nothing, 10).messages == 0


# ---- the rule


def test_a_model_that_is_no_worse_is_proposed() -> None:
    assert against() == ()
    assert against(replace(SAME, new=0.896)) == (), "half a point is allowed"


def test_a_lower_accuracy_speaks_against_it() -> None:
    assert against(replace(SAME, new=0.89)) == ("its accuracy on the test file is lower (90.0% before, 89.0% now)",)


def test_a_loss_that_cannot_be_ruled_out_speaks_against_it() -> None:
    assert against(replace(SAME, low=-0.021)) == (
        "on the test file a loss of more than 2.0 points cannot be ruled out (-2.1 to +1.0)",
    )


def test_an_intent_that_is_found_less_often_speaks_against_it_when_that_is_hardly_chance() -> None:
    worse = Difference(80, 0.95, 0.85, -0.18, -0.02, 0.01)

    assert against(complaint=worse) == ("its recall of complaint on the test file is lower (95.0% before, 85.0% now)",)
    assert against(complaint=replace(worse, chance_of_loss=0.06)) == ()
    assert against(complaint=replace(worse, new=0.99)) == ()


def test_one_urgent_message_less_speaks_against_it() -> None:
    assert against(urgency=replace(SAME, new=0.898)) == ("it finds fewer urgent messages (90.0% before, 89.8% now)",)


@pytest.mark.parametrize(
    ("found", "speaks"),
    [
        (Difference(500, 0.95, 0.94, -0.03, 0.0, 0.04), True),
        (Difference(500, 0.95, 0.94, -0.03, 0.0, 0.06), False),
        (Difference(20, 0.95, 0.90, -0.2, 0.1, 0.5), True),
        (Difference(500, 0.95, 0.96, 0.0, 0.02, 0.9), False),
        (Difference(0, 0.0, 0.0, 0.0, 0.0, 1.0), False),
    ],
    ids=["hardly chance", "may be chance", "two points and more", "better", "no such message"],
)
def test_what_else_it_does_worse_speaks_against_it(found: Difference, speaks: bool) -> None:
    what = {"near misses that raise no alarm": found}
    said = (f"it has fewer near misses that raise no alarm (95.0% before, {found.new:.1%} now)",) if speaks else ()

    assert against(behavior=what) == said


def test_a_set_without_messages_and_a_failed_check_speak_against_it() -> None:
    empty = Comparison("the recent reviews", Difference(0, 0.0, 0.0, 0.0, 0.0, 1.0), {})

    assert find_objections([empty], SAME, {}, ["expected complaint, got price_shopper at 0.50"], RULE) == (
        "there were no messages in the recent reviews",
        "it failed a check: expected complaint, got price_shopper at 0.50",
    )


# ---- the report


def test_the_report_says_what_was_asked_and_what_was_found(tmp_path: Path) -> None:
    comparison = Comparison("the test file", SAME, {"complaint": SAME})
    assessment = Assessment(
        "aaaaaaaaaaaa", "bbbbbbbbbbbb", "compact", COUNTS, (comparison,), SAME, {"Spanish taken for it": SAME}, RULE, ()
    )

    report = write_assessment(assessment, tmp_path).read_text(encoding="utf-8")

    assert "It is proposed." in report
    assert "| all (accuracy) | 500 | 90.0% | 90.0% | +0.0 | -1.0 to +1.0 | 0.600 |" in report
    assert "| complaint | 500 |" in report
    assert "| Spanish taken for it | 500 | 90.0% | 90.0% |" in report
    content = json.loads((tmp_path / "proposal.json").read_text(encoding="utf-8"))
    assert (content["proposed"], content["old"], content["new"]) == (True, "aaaaaaaaaaaa", "bbbbbbbbbbbb")
    assert content["comparisons"][0]["overall"]["messages"] == 500
    assert summarize_assessment(assessment)[0] == (
        "reviews: 300 for training, 100 for comparison; left out: 7 that might identify someone, 9 without an intent"
    )


def test_the_report_lists_what_speaks_against_it(tmp_path: Path) -> None:
    assessment = Assessment("aaaaaaaaaaaa", "bbbbbbbbbbbb", "compact", COUNTS, (), SAME, {}, RULE, ("it is worse",))

    assert "It is not proposed:\n\n- it is worse\n" in write_assessment(assessment, tmp_path).read_text(
        encoding="utf-8"
    )
