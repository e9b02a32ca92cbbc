"""Which common question a message asks, and that everything else is left alone."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import ModelError
from classifier.outputs import Language
from classifier.questions.find import MAX_CHARACTERS, QuestionIndex, QuestionMatcher, is_answerable
from classifier.questions.sentences import SENTENCES, MatchThresholds, SentenceEncoder
from classifier.questions.topics import spell_out
from classifier.understanding import Understanding
from intake.starter_questions import starter_questions
from intake.vocabulary import Disposition, TriageLevel

LIMITS = MatchThresholds(topic=0.7, similarity=0.5, margin=0.1, nearest=2)
CLEAR = Understanding(
    intent="existing_patient_question",
    confidence=0.9,
    probabilities={"existing_patient_question": 0.9, "clinical_concern": 0.05, "complaint": 0.05},
    triage=TriageLevel.ROUTINE,
    danger=None,
    language="en",
    disposition=Disposition.ROUTE,
    model_version="0" * 12,
)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder.load()


@pytest.fixture(scope="module")
def matcher(encoder: SentenceEncoder) -> QuestionMatcher:
    return QuestionMatcher(encoder, {key: starter.phrasings for key, starter in starter_questions().items()})


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Hi! what r ur hours?", "hours"),
        ("hours?", "hours"),
        ("parking", "parking"),
        ("Is there free parking?", "parking"),
        ("do yall take credit cards", "payment_methods"),
        ("Do I need a referral to be seen?", "referral_needed"),
        ("a que hora abren", "hours"),
        ("aceptan medicaid?", "accepted_insurance"),
    ],
)
def test_a_common_question_is_found(matcher: QuestionMatcher, text: str, topic: str) -> None:
    found = matcher.match(text)

    assert (found.topic, found.is_clear, found.also) == (topic, True, ())


@pytest.mark.parametrize(
    "text",
    [
        "my tooth has been killing me since last night",
        "please move my cleaning from Tuesday to Thursday",
        "Why was I charged twice for the visit in March?",
        "what time does the pharmacy next door close",
        "what time is my appointment tomorrow",
        "cancelen mi cita del jueves",
        "asdf",
        "",
    ],
)
def test_what_is_no_common_question_is_not_found(matcher: QuestionMatcher, text: str) -> None:
    assert not matcher.match(text).is_clear


def test_a_bare_word_is_a_question(matcher: QuestionMatcher) -> None:
    for key, starter in starter_questions().items():
        for word in starter.bare:
            for written in (word, f"{word.capitalize()}?", f"hi {word}"):
                found = matcher.match(written)
                assert (found.topic, found.is_clear) == (key, True), written


def test_all_the_questions_of_a_message_are_found(matcher: QuestionMatcher) -> None:
    found = matcher.match("What time do you open? And where do I park?")

    assert {found.topic, *found.also} == {"hours", "parking"}


def test_a_practices_own_question_is_found_by_its_phrasings(encoder: SentenceEncoder) -> None:
    own = ("Do you sell contact lenses?", "can i buy contacts from you", "Where can I order my contact lenses?")
    matcher = QuestionMatcher(encoder, {"hours": starter_questions()["hours"].phrasings, "own_1": own})

    assert matcher.match("do you guys sell contact lenses").topic == "own_1"
    assert matcher.match("what time do you close").topic == "hours"


def test_a_starter_question_that_the_practice_made_another_one_is_found_by_its_phrasings_alone(
    encoder: SentenceEncoder,
) -> None:
    rewritten = ("Do you have a pool?", "can i swim there", "Is the pool heated?")
    matcher = QuestionMatcher(encoder, {"parking": rewritten, "hours": starter_questions()["hours"].phrasings})

    assert not matcher.match("where can I park my car").is_clear
    assert matcher.match("do you have a heated pool").topic == "parking"


def test_a_question_between_two_topics_is_not_clear() -> None:
    near, far = np.eye(2, dtype=np.float32)
    index = QuestionIndex({"a": np.stack([near]), "b": np.stack([far])}, LIMITS)

    assert index.find(near).is_clear
    assert not index.find((near + far) / np.float32(np.sqrt(2))).is_clear


def test_a_vector_depends_on_its_text_alone_and_has_the_length_one(encoder: SentenceEncoder) -> None:
    alone, together = encoder.encode(["are you open"])[0], encoder.encode(["where do i park", "are you open"])[1]

    assert np.array_equal(alone, together)
    assert np.linalg.norm(alone) == pytest.approx(1, abs=1e-3)


def test_abbreviations_of_text_messages_are_spelled_out() -> None:
    assert spell_out("Hello there, r u open  SAT?") == "are you open saturday?"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_message_that_means_one_routine_thing_may_be_answered(language: Language) -> None:
    assert is_answerable(replace(CLEAR, language=language), "are you open")


@pytest.mark.parametrize(
    "changes",
    [
        {"intent": "clinical_concern"},
        {"intent": "complaint"},
        {"probabilities": {"existing_patient_question": 0.8, "clinical_concern": 0.1, "complaint": 0.1}},
        {"triage": TriageLevel.SAME_DAY},
        {"triage": TriageLevel.EMERGENCY},
        {"language": "other"},
        {"disposition": Disposition.PERSON},
        {"disposition": Disposition.ACKNOWLEDGEMENT},
        {"praise": True},
        {"partly_read": True},
    ],
)
def test_what_may_be_anything_else_is_not_answered(changes: dict[str, Any]) -> None:
    assert not is_answerable(replace(CLEAR, **changes), "are you open")


def test_a_question_beside_the_patients_own_case_is_not_answered() -> None:
    assert not is_answerable(CLEAR, "what is the cancellation fee you charged me")


def test_every_question_to_begin_with_may_be_answered() -> None:
    starters = starter_questions().values()
    asked = [text for starter in starters for text in (*starter.phrasings, starter.spanish)]

    assert [text for text in asked if len(text) <= MAX_CHARACTERS and not is_answerable(CLEAR, text)] == []


def test_a_long_message_is_not_answered() -> None:
    assert not is_answerable(CLEAR, "are you open " * 20)


def test_an_altered_encoder_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(SENTENCES, tmp_path / "sentences")
    (folder / "calibration.json").write_text('{"similarity": 0.0, "margin": 0.0, "nearest": 1}')

    with pytest.raises(ModelError, match=r"calibration\.json was altered"):
        SentenceEncoder.load(folder)


def test_the_encoder_fits_in_thirty_megabytes_and_names_its_license() -> None:
    assert sum(path.stat().st_size for path in SENTENCES.iterdir()) < 30_000_000
    assert "Apache License 2.0" in (SENTENCES / "NOTICE").read_text("utf-8")


def test_what_a_spanish_chat_suggests_asks_the_question_that_it_stands_for(matcher: QuestionMatcher) -> None:
    for key, starter in starter_questions().items():
        found = matcher.match(starter.spanish)
        assert (found.topic, found.is_clear, found.also) == (key, True, ()), starter.spanish
