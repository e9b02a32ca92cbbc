from __future__ import annotations

import pytest

from classifier.entities.spans import Span
from intake.vocabulary import EntityKind
from training.export.span_scores import f_beta, marked, score_messages, score_spans

NAME, DATE, AMOUNT = EntityKind.NAME, EntityKind.DATE, EntityKind.AMOUNT
TEXT = "Maria Lopez owes $5 since 4/12"
NAMED: Span = (0, 11, NAME)
OWED: Span = (17, 19, AMOUNT)
DATED: Span = (26, 30, DATE)


def test_exact_overlapping_and_covered_differ_in_ends_and_kinds() -> None:
    found = [(0, 5, NAME), (26, 30, AMOUNT)]
    scores = score_spans([marked(TEXT, [NAMED, DATED], found)])
    assert scores["exact"]["recall"] == 0.0
    assert scores["overlapping"]["recall"] == 0.5
    assert scores["covered"]["recall"] == 1.0
    assert scores["covered"]["precision"] == 1.0


def test_only_the_kinds_that_are_asked_for_count() -> None:
    scores = score_spans([marked(TEXT, [NAMED, OWED], [NAMED])], (AMOUNT,))
    assert (scores["there"], scores["found"]) == (1, 0)
    assert scores["exact"] == {"precision": None, "recall": 0.0, "f1": None, "f2": None}


def test_a_name_that_was_found_in_two_parts_is_right() -> None:
    assert score_spans([marked(TEXT, [NAMED], [(0, 5, NAME), (6, 11, NAME)])])["exact"]["f1"] == 1.0


def test_a_message_leaks_if_an_identifier_is_missed_and_partly_if_a_letter_is_left() -> None:
    missed: list[Span] = []
    whole, partly = [NAMED], [(0, 5, NAME)]
    messages = [marked(TEXT, [NAMED, OWED], found) for found in (whole, partly, missed)]
    scores = score_messages(messages)
    assert (scores["leaks"]["count"], scores["leaks"]["messages"]) == (1, 3)
    assert scores["partial_leaks"]["count"] == 2
    assert scores["untouched"] is None


def test_an_amount_alone_identifies_nobody() -> None:
    assert score_messages([marked(TEXT, [OWED], [])])["leaks"] is None


def test_a_message_without_values_is_untouched_if_nothing_is_found() -> None:
    scores = score_messages([marked(TEXT, [], []), marked(TEXT, [], [DATED])])
    assert scores["untouched"]["share"] == 0.5


def test_f2_counts_recall_more() -> None:
    assert f_beta(1.0, 0.5, 2.0) == pytest.approx(5 * 0.5 / 4.5)
    assert f_beta(0.5, 1.0, 2.0) == pytest.approx(5 * 0.5 / 3.0)
    assert f_beta(0.0, 0.0, 2.0) == 0.0
    assert f_beta(None, 1.0, 2.0) is None
