"""How soon a person must see a message, and what danger it is about: what words and network decide together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from classifier.network.decoding import (
    LONG_WORDS,
    SHORT_WORDS,
    Thresholds,
    danger_kind,
    danger_language,
    is_long,
    is_short,
    triage_level,
)
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind, TriageLevel

THRESHOLDS = Thresholds(temperature=1.0, review=0.6, emergency=0.8, emergency_with_sign=0.1, same_day=0.5)
NOTHING = Screening()
CERTAIN = Screening(certain=DangerKind.OTHER)
POSSIBLE = Screening(possible=DangerKind.OTHER)
EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
TEXT, LONG = "word " * (SHORT_WORDS + 1), "word " * (LONG_WORDS + 1)


def levels(*windows: tuple[float, float]) -> np.ndarray:
    """Return the probabilities of the levels by window, given those of an emergency and of a same-day matter."""
    return np.array([(emergency, same_day, 1 - emergency - same_day) for emergency, same_day in windows])


@pytest.mark.parametrize("emergency", [0.0, 0.05, 0.99])
def test_a_certain_sign_is_an_emergency_whatever_the_network_says(emergency: float) -> None:
    assert triage_level(levels((emergency, 0.0)), CERTAIN, THRESHOLDS, TEXT) is EMERGENCY


@pytest.mark.parametrize(
    ("emergency", "screening", "expected"),
    [
        (0.8, NOTHING, EMERGENCY),
        (0.79, NOTHING, SAME_DAY),
        (0.4, NOTHING, ROUTINE),
        (0.4, POSSIBLE, EMERGENCY),
        (0.1, POSSIBLE, EMERGENCY),
        (0.09, POSSIBLE, ROUTINE),
    ],
)
def test_an_ambiguous_sign_needs_the_network_to_agree_but_less_than_without_it(
    emergency: float, screening: Screening, expected: TriageLevel
) -> None:
    assert triage_level(levels((emergency, 0.0)), screening, THRESHOLDS, TEXT) is expected


def test_a_sign_never_raises_the_bar() -> None:
    odd = Thresholds(temperature=1.0, review=0.6, emergency=0.3, emergency_with_sign=0.5)
    assert triage_level(levels((0.4, 0.0)), POSSIBLE, odd, TEXT) is EMERGENCY


@pytest.mark.parametrize(
    ("emergency", "screening", "expected"),
    [(0.85, NOTHING, ROUTINE), (0.9, NOTHING, EMERGENCY), (0.2, POSSIBLE, ROUTINE), (0.3, POSSIBLE, EMERGENCY)],
)
def test_a_long_text_has_a_bar_of_its_own(emergency: float, screening: Screening, expected: TriageLevel) -> None:
    letters = replace(THRESHOLDS, long_emergency=0.9, long_emergency_with_sign=0.3, same_day=1.0)

    assert triage_level(levels((emergency, 0.0)), screening, letters, LONG) is expected
    assert triage_level(levels((emergency, 0.0)), screening, letters, TEXT) is (
        EMERGENCY if emergency >= (0.1 if screening is POSSIBLE else 0.8) else ROUTINE
    )


@pytest.mark.parametrize("text", ["don't tell anyone when my appointments are", "if I eat one more leg I'll explode"])
def test_a_wish_for_secrecy_and_a_joke_about_eating_take_a_sure_network(text: str) -> None:
    low = replace(THRESHOLDS, emergency=0.03)

    assert triage_level(levels((0.5, 0.0)), NOTHING, low, text) is ROUTINE
    assert triage_level(levels((0.5, 0.0)), NOTHING, low, TEXT) is EMERGENCY
    assert triage_level(levels((0.6, 0.0)), NOTHING, low, text) is EMERGENCY
    assert triage_level(levels((0.5, 0.0)), POSSIBLE, low, text) is EMERGENCY


def test_without_a_bar_of_its_own_a_long_text_has_that_of_all() -> None:
    assert triage_level(levels((0.8, 0.0)), NOTHING, THRESHOLDS, LONG) is EMERGENCY
    assert triage_level(levels((0.1, 0.0)), POSSIBLE, THRESHOLDS, LONG) is EMERGENCY


@pytest.mark.parametrize(
    ("emergency", "screening", "expected"),
    [(0.09, NOTHING, ROUTINE), (0.1, NOTHING, EMERGENCY), (0.03, POSSIBLE, EMERGENCY), (0.0, CERTAIN, EMERGENCY)],
)
def test_a_few_words_raise_no_alarm_on_a_faint_suspicion_alone(
    emergency: float, screening: Screening, expected: TriageLevel
) -> None:
    low = replace(THRESHOLDS, emergency=0.03, emergency_with_sign=0.01, short_emergency=0.1, same_day=1.0)

    assert triage_level(levels((emergency, 0.0)), screening, low, "on my way") is expected
    assert triage_level(levels((emergency, 0.0)), screening, low, TEXT) is (EMERGENCY if emergency else expected)


@pytest.mark.parametrize(
    ("self_harm", "ingestion", "screening", "expected"),
    [
        (0.001, 0.001, NOTHING, ROUTINE),
        (0.01, 0.0, NOTHING, EMERGENCY),
        (0.0, 0.01, NOTHING, EMERGENCY),
        (0.0, 0.0, POSSIBLE, EMERGENCY),
    ],
    ids=["neither", "self-harm", "ingestion", "sign"],
)
@pytest.mark.parametrize("text", [TEXT, "not doing so well"], ids=["common", "short"])
def test_less_raises_the_alarm_where_self_harm_or_something_swallowed_is_suspected(
    self_harm: float, ingestion: float, screening: Screening, expected: TriageLevel, text: str
) -> None:
    bars: dict[str, Any] = {
        "emergency": 0.03,
        "other_emergency": 0.1,
        "short_emergency": 0.04,
        "short_other_emergency": 0.3,
    }
    low = replace(THRESHOLDS, **bars, emergency_with_sign=0.01, same_day=1.0)
    dangers = np.array([[0.0, 0.0], [self_harm, ingestion]])

    assert triage_level(levels((0.0, 0.0), (0.05, 0.0)), screening, low, text, dangers) is expected
    assert triage_level(levels((0.0, 0.0), (0.3, 0.0)), screening, low, text, dangers) is EMERGENCY
    assert triage_level(levels((0.0, 0.0), (0.05, 0.0)), screening, low, text) is EMERGENCY, "it knows no kinds"


def test_the_calibration_says_from_what_probability_a_danger_is_suspected() -> None:
    low = replace(THRESHOLDS, emergency=0.03, other_emergency=0.1, suspicion=0.05, same_day=1.0)

    assert triage_level(levels((0.05, 0.0)), NOTHING, low, TEXT, np.array([[0.04, 0.0]])) is ROUTINE
    assert triage_level(levels((0.05, 0.0)), NOTHING, low, TEXT, np.array([[0.05, 0.0]])) is EMERGENCY


def test_without_a_bar_of_their_own_a_few_words_have_that_of_all() -> None:
    assert triage_level(levels((0.8, 0.0)), NOTHING, THRESHOLDS, "on my way") is EMERGENCY


def test_a_text_is_short_or_long_by_its_words() -> None:
    assert is_short("word " * SHORT_WORDS)
    assert not is_short(TEXT)
    assert not is_long("word " * LONG_WORDS)
    assert is_long(LONG)


@pytest.mark.parametrize(
    ("emergency", "same_day", "expected"),
    [(0.0, 0.5, SAME_DAY), (0.25, 0.25, SAME_DAY), (0.25, 0.2, ROUTINE), (0.0, 0.49, ROUTINE), (0.8, 0.2, EMERGENCY)],
)
def test_same_day_is_the_probability_that_either_holds(
    emergency: float, same_day: float, expected: TriageLevel
) -> None:
    assert triage_level(levels((emergency, same_day)), NOTHING, THRESHOLDS, TEXT) is expected


@pytest.mark.parametrize(("screening", "expected"), [(NOTHING, ROUTINE), (POSSIBLE, EMERGENCY), (CERTAIN, EMERGENCY)])
def test_without_levels_any_sign_decides_alone(screening: Screening, expected: TriageLevel) -> None:
    assert triage_level(None, screening, THRESHOLDS, TEXT) is expected


@pytest.mark.parametrize(
    ("window", "expected"), [((0.9, 0.0), EMERGENCY), ((0.0, 0.9), SAME_DAY), ((0.2, 0.2), ROUTINE)]
)
def test_one_dangerous_window_is_enough(window: tuple[float, float], expected: TriageLevel) -> None:
    found = levels(*[(0.01, 0.01)] * 9, window, *[(0.01, 0.01)] * 9)
    assert triage_level(found, NOTHING, THRESHOLDS, TEXT) is expected


def test_a_language_without_thresholds_of_triage_is_alarmed_by_signs_alone() -> None:
    """The defaults: no probability is high enough without a sign, and any is with one."""
    bare = Thresholds(temperature=1.0, review=0.6)
    assert triage_level(levels((0.99, 0.0)), NOTHING, bare, TEXT) is ROUTINE
    assert triage_level(levels((0.0, 0.0)), POSSIBLE, bare, TEXT) is EMERGENCY


@pytest.mark.parametrize(
    ("self_harm", "ingestion", "expected"),
    [
        (0.3, 0.0, DangerKind.SELF_HARM),
        (0.3, 0.99, DangerKind.SELF_HARM),
        (0.29, 0.5, DangerKind.INGESTION),
        (0.29, 0.49, DangerKind.OTHER),
    ],
)
def test_self_harm_is_suspected_first_and_earliest(self_harm: float, ingestion: float, expected: DangerKind) -> None:
    assert danger_kind(np.array([self_harm, ingestion]), NOTHING, TEXT) is expected


@pytest.mark.parametrize("screening", [CERTAIN, POSSIBLE])
@pytest.mark.parametrize(
    ("self_harm", "expected"), [(0.3, DangerKind.OTHER), (0.89, DangerKind.OTHER), (0.9, DangerKind.SELF_HARM)]
)
def test_a_sign_of_another_danger_keeps_its_kind_unless_the_network_is_sure_of_self_harm(
    self_harm: float, expected: DangerKind, screening: Screening
) -> None:
    assert danger_kind(np.array([self_harm, 0.0]), screening, TEXT) is expected


@pytest.mark.parametrize(
    ("screening", "english", "text", "expected"),
    [
        pytest.param(Screening(certain=DangerKind.OTHER, language="es"), 0.99, "help no respira", "es", id="few words"),
        pytest.param(Screening(certain=DangerKind.OTHER, language="es"), 0.5, TEXT, "es", id="unsure"),
        pytest.param(Screening(certain=DangerKind.OTHER, language="es"), 0.9, TEXT, None, id="sure of English"),
        pytest.param(Screening(possible=DangerKind.OTHER, language="es"), 0.9, "tos", None, id="no certain sign"),
        pytest.param(Screening(possible=DangerKind.OTHER, language="es"), 0.5, "tos", "es", id="possible, unsure"),
        pytest.param(Screening(certain=DangerKind.OTHER, language="en"), 0.5, TEXT, None, id="English words"),
        pytest.param(NOTHING, 0.5, TEXT, None, id="no sign"),
        pytest.param(NOTHING, 0.99, "no tiene fiebre", "es", id="denial"),
        pytest.param(NOTHING, 0.99, "ayudenme", "es", id="plea"),
    ],
)
def test_spanish_words_of_danger_make_the_language_spanish_unless_the_network_is_sure_of_english(
    screening: Screening, english: float, text: str, expected: str | None
) -> None:
    assert danger_language(np.array([english, 1 - english, 0.0]), screening, text) == expected


def test_a_plea_for_help_is_never_routine() -> None:
    assert triage_level(levels((0.0, 0.0)), NOTHING, THRESHOLDS, "please help me") is SAME_DAY
    assert triage_level(levels((0.9, 0.0)), NOTHING, THRESHOLDS, "please help me") is EMERGENCY


@pytest.mark.parametrize("kind", [DangerKind.SELF_HARM, DangerKind.INGESTION])
def test_a_kind_that_the_words_name_is_not_overruled(kind: DangerKind) -> None:
    for screening in (Screening(certain=kind), Screening(possible=kind)):
        assert danger_kind(np.array([0.0, 0.0]), screening, TEXT) is kind
        assert danger_kind(np.array([0.99, 0.99]), screening, TEXT) is kind
        assert danger_kind(None, screening, TEXT) is kind


@pytest.mark.parametrize("screening", [NOTHING, CERTAIN, POSSIBLE])
def test_a_danger_that_nobody_names_is_another(screening: Screening) -> None:
    assert danger_kind(None, screening, TEXT) is DangerKind.OTHER


@pytest.mark.parametrize("screening", [NOTHING, CERTAIN, POSSIBLE])
def test_plain_words_name_a_swallowing_that_the_network_does_not_unless_it_suspects_self_harm(
    screening: Screening,
) -> None:
    text = "My 2 year old got into my bag and ate I think 4 of my spironolactone"

    assert danger_kind(np.array([0.0, 0.0]), screening, text) is DangerKind.INGESTION
    assert danger_kind(None, screening, text) is DangerKind.INGESTION
    assert danger_kind(np.array([0.9, 0.0]), screening, text) is DangerKind.SELF_HARM


@pytest.mark.parametrize(
    ("text", "expected"),
    [("no fever", ROUTINE), ("no, no respira mal", ROUTINE), ("no pulse", EMERGENCY), ("fever", EMERGENCY)],
)
def test_a_mere_denial_is_no_emergency_though_the_network_raises_one(text: str, expected: TriageLevel) -> None:
    assert triage_level(levels((0.99, 0.0)), NOTHING, THRESHOLDS, text) is expected
    assert triage_level(levels((0.99, 0.0)), CERTAIN, THRESHOLDS, text) is EMERGENCY
    assert triage_level(levels((0.99, 0.0)), POSSIBLE, THRESHOLDS, text) is EMERGENCY


@pytest.mark.parametrize("found", [None, levels((0.0, 0.0))])
def test_what_needs_somebody_today_is_never_routine(found: np.ndarray | None) -> None:
    assert triage_level(found, NOTHING, THRESHOLDS, "trae el labio partido, no cierra la sangre") is SAME_DAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("thanks for everything you guys did for my mom", ROUTINE),
        ("thanks for everything you did for me", EMERGENCY),
        ("thanks for everything you guys did for my mom, goodbye", EMERGENCY),
    ],
    ids=["care of a relative", "perhaps a farewell", "with a goodbye"],
)
def test_mere_thanks_for_the_care_of_a_relative_are_no_alarm_whatever_the_network_hears(
    text: str, expected: TriageLevel
) -> None:
    assert triage_level(levels((0.9, 0.0)), NOTHING, THRESHOLDS, text) is expected
    assert triage_level(levels((0.9, 0.0)), CERTAIN, THRESHOLDS, text) is EMERGENCY


@pytest.mark.parametrize(
    ("emergency", "screening", "danger", "expected"),
    [
        (0.49, NOTHING, 0.19, SAME_DAY),
        (0.5, NOTHING, 0.0, EMERGENCY),
        (0.3, NOTHING, 0.2, EMERGENCY),
        (0.3, POSSIBLE, 0.0, EMERGENCY),
        (0.3, CERTAIN, 0.0, EMERGENCY),
    ],
)
def test_only_a_weak_alarm_without_a_sign_or_a_hidden_danger_is_doubted_by_the_words(
    emergency: float, screening: Screening, danger: float, expected: TriageLevel
) -> None:
    low = replace(THRESHOLDS, emergency=0.02)
    doubted = (levels((emergency, 0.0)), screening, low, TEXT, np.array([[danger, 0.0]]))

    assert triage_level(*doubted, is_harmless=lambda text: text == TEXT) is expected
    assert triage_level(*doubted, is_harmless=lambda _: False) is EMERGENCY
    assert triage_level(*doubted) is EMERGENCY
