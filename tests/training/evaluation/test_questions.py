"""The examples of common questions: each is used once, and answers are counted as they concern patients."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.questions.topics import NO_TOPIC
from intake.starter_questions import starter_questions
from training.data.corpus import CORPUS, CorpusError
from training.data.held_back import (
    BILINGUAL_QUESTIONS,
    QUESTIONS,
    read_bilingual_questions,
    read_held_back_questions,
)
from training.data.questions import QuestionExample, QuestionPart, read_questions
from training.evaluation.questions import score_answers


def test_right_wrong_and_stray_answers_are_counted_apart() -> None:
    questions = [
        QuestionExample("hours", ""),
        QuestionExample("hours", ""),
        QuestionExample("parking", ""),
        QuestionExample(NO_TOPIC, ""),
    ]

    hours = frozenset(["hours"])
    scores = score_answers(questions, [hours, frozenset(), hours, hours])

    assert (scores.asked, scores.others, scores.right, scores.wrong, scores.stray) == (3, 1, 1, 1, 1)
    assert scores.all_wrong == 2


def test_an_answer_to_half_of_what_is_asked_is_wrong() -> None:
    questions = [QuestionExample("hours+parking", ""), QuestionExample("hours+parking", "")]

    scores = score_answers(questions, [frozenset(["hours"]), frozenset(["hours", "parking"])])

    assert (scores.right, scores.wrong) == (1, 1)


def test_nothing_that_is_measured_is_fitted() -> None:
    parts = read_questions(CORPUS)
    fitted = {question.text for question in parts[QuestionPart.FITTED]}

    for part in (QuestionPart.HELD_OUT, QuestionPart.ASKED_HELD_OUT, QuestionPart.ASKED_CALIBRATION):
        assert not fitted & {question.text for question in parts[part]}


def test_no_suggested_phrasing_is_measured_or_calibrates() -> None:
    parts = read_questions(CORPUS)
    suggested = {text for starter in starter_questions().values() for text in starter.phrasings}

    assert not suggested & {question.text for question in parts[QuestionPart.HELD_OUT]}
    assert not suggested & {question.text for question in parts[QuestionPart.CALIBRATION]}
    assert {question.topic for question in parts[QuestionPart.HELD_OUT]} == set(starter_questions())


def test_strangers_questions_are_read_if_they_are_there(tmp_path: Path) -> None:
    assert read_held_back_questions(tmp_path) == []

    (tmp_path / QUESTIONS).parent.mkdir()
    (tmp_path / QUESTIONS).write_text("hours\tsms\tare you open\n-\tchat\tthanks\n", "utf-8")

    assert read_held_back_questions(tmp_path) == [
        QuestionExample("hours", "are you open"),
        QuestionExample(NO_TOPIC, "thanks"),
    ]


def test_a_strangers_questions_in_two_languages_are_read_if_they_are_there(tmp_path: Path) -> None:
    assert read_bilingual_questions(tmp_path) == []

    (tmp_path / BILINGUAL_QUESTIONS).parent.mkdir()
    (tmp_path / BILINGUAL_QUESTIONS).write_text("hours\ten\tare you open\nhours\tes\ta que hora abren\n", "utf-8")

    assert read_bilingual_questions(tmp_path) == [
        QuestionExample("hours", "are you open"),
        QuestionExample("hours", "a que hora abren", is_spanish=True),
    ]


def test_an_unknown_topic_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / QUESTIONS).parent.mkdir()
    (tmp_path / QUESTIONS).write_text("weather\tsms\tis it raining\n", "utf-8")

    with pytest.raises(CorpusError, match=r":1 has the topic 'weather'"):
        read_held_back_questions(tmp_path)
