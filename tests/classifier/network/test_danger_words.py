"""Doubting a weak alarm by the words of a message: what is fitted, what ships, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from classifier import Classifier, ModelError
from classifier.network.danger_words import (
    DANGER,
    LONGEST,
    PLACES,
    DangerWords,
    load_danger_words,
    place_features,
)
from intake.vocabulary import TriageLevel

ORDINARY = (
    "What is your policy if a patient arrives late?",
    "can people pay a little bit at a time or is it all up front",
    "¿cuánto cuesta la limpieza sin seguro?",
)
DANGEROUS = (
    "my chest feels tight and my left arm is numb",
    "i took the whole bottle and i dont want to wake up",
    "mi bebé de 3 semanas tiene fiebre",
)


@pytest.fixture(scope="module")
def words() -> DangerWords:
    return load_danger_words()


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_are_less_dangerous_than_those_of_any_danger(words: DangerWords, text: str) -> None:
    assert words.weigh(text) < min(map(words.weigh, DANGEROUS))


@pytest.mark.parametrize("text", DANGEROUS)
def test_the_words_of_a_danger_are_never_harmless(words: DangerWords, text: str) -> None:
    assert not words.is_harmless(text)


@pytest.mark.parametrize("text", ["", "?!", "🙂🙂", "xqzt wvvrk"])
def test_what_the_words_do_not_know_is_not_harmless(words: DangerWords, text: str) -> None:
    assert not words.is_harmless(text)


def test_a_letter_is_never_harmless(words: DangerWords) -> None:
    question = "can people pay a little bit at a time or is it all up front "

    assert words.is_harmless(question)
    assert not words.is_harmless(question * (LONGEST // len(question) + 1))


def test_accents_capitals_and_apostrophes_make_no_difference() -> None:
    assert np.array_equal(place_features("¿Cuánto cuesta? It’s late"), place_features("cuanto cuesta its LATE"))


def test_a_plain_question_that_the_network_fears_a_little_pages_nobody() -> None:
    [before] = Classifier.load(doubts_alarms=False).classify([ORDINARY[1]])
    [after] = Classifier.load().classify([ORDINARY[1]])

    assert (before.triage, after.triage) == (TriageLevel.EMERGENCY, TriageLevel.SAME_DAY)


def test_weights_are_read_as_they_were_written(words: DangerWords) -> None:
    read = DangerWords.from_bytes(words.to_bytes(), words.harmless)

    assert np.array_equal(read.weights, words.weights)
    assert (read.scale, read.bias) == (words.scale, words.bias)


@pytest.mark.parametrize("content", [b"", b"PK", b"no archive"])
def test_what_is_no_archive_holds_no_weights(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the loader names the file
        DangerWords.from_bytes(content, 0.01)


def test_weights_of_another_shape_are_refused() -> None:
    few = DangerWords(np.zeros(8, dtype=np.int8), 1.0, 0.0, 0.01)

    with pytest.raises(ValueError, match=r"int8 \(8,\)"):
        DangerWords.from_bytes(few.to_bytes(), 0.01)
    assert len(load_danger_words().weights) == PLACES


def test_an_altered_model_is_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(DANGER, tmp_path / "danger")
    (folder / "calibration.json").write_text('{"harmless": 0.9}')

    with pytest.raises(ModelError, match=r"calibration\.json was altered"):
        load_danger_words(folder)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        load_danger_words(tmp_path)
