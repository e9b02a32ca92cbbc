"""What is chosen for each language on its validation messages, and what it achieves there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from classifier import INTENTS
from classifier.network.decoding import LONG_WORDS, SHORT_WORDS, Outputs, Thresholds, triage_level
from classifier.network.model_bundle import CalibrationFile
from classifier.outputs import ALL_COLUMNS, DANGER_COLUMNS, LANGUAGE_COLUMNS, LEVEL_COLUMNS, Language
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind, TriageLevel
from tests.training.lazy import Lazy
from training.data.corpus import CorpusMessage
from training.export.calibrate import (
    LEAST_LONG_MESSAGES,
    LEAST_MESSAGES,
    LEAST_SHORT_MESSAGES,
    NetworkAnswers,
    calibrate_network,
    fit_temperature,
    review_threshold,
)
from training.export.second_intents import IMAGINED, LEAST_DOUBLE
from training.recipe import CalibrationTargets
from training.statistics import expected_calibration_error

softmax = Lazy("scipy.special", "softmax")

TARGETS = CalibrationTargets(accuracy=0.9)
EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
NOTHING, POSSIBLE, CERTAIN = Screening(), Screening(possible=DangerKind.OTHER), Screening(certain=DangerKind.OTHER)
SURE = 6.0
NOT_MENTIONED = {f"mention:{intent}": -5.0 for intent in INTENTS}

Row = dict[str, float]
"""The logits of the named columns; all others are 0."""


def message(label: str | None = "clinical_concern", **known: Any) -> CorpusMessage:
    return CorpusMessage("", label, "dental", "sms", "voices", **known)


def answers_of(*pairs: tuple[CorpusMessage, Row], screenings: Sequence[Screening] | None = None) -> NetworkAnswers:
    """Return messages and what a network with every column answers to them."""
    logits = np.zeros((len(pairs), len(ALL_COLUMNS)))
    for place, (_, row) in enumerate(pairs):
        for name, value in row.items():
            logits[place, ALL_COLUMNS.index(name)] = value
    return NetworkAnswers(logits, [known for known, _ in pairs], screenings or [NOTHING] * len(pairs))


def calibrated(answers: NetworkAnswers, language: Language = "en", **targets: Any) -> Thresholds:
    return calibrate_network(ALL_COLUMNS, answers, TARGETS.model_copy(update=targets)).thresholds[language]


def figures(answers: NetworkAnswers, language: Language = "en", **targets: Any) -> dict[str, float | None]:
    return calibrate_network(ALL_COLUMNS, answers, TARGETS.model_copy(update=targets)).figures[language]


def overconfident(temperature: float, rows: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `temperature` times too large for the labels drawn from them."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 2, (rows, 7))
    labels = np.array([rng.choice(7, p=row) for row in softmax(logits, axis=1)])
    return logits * temperature, labels


def intents_alone(temperature: float, rows: int = 4_000, language: Language = "en") -> NetworkAnswers:
    logits, labels = overconfident(temperature, rows)
    messages = [message(INTENTS[label], language=language) for label in labels]
    return NetworkAnswers(logits, messages, [NOTHING] * len(labels))


def with_every_column(answers: NetworkAnswers) -> NetworkAnswers:
    """Return the same answers from a network that has every column and is sure of no label but the intents."""
    rest = np.zeros((len(answers.logits), len(ALL_COLUMNS) - len(INTENTS)))
    rest[:, :4] = -30.0
    return replace(answers, logits=np.concatenate([answers.logits, rest], axis=1))


def together(*parts: NetworkAnswers) -> NetworkAnswers:
    return NetworkAnswers(
        np.concatenate([part.logits for part in parts]),
        [known for part in parts for known in part.messages],
        [screening for part in parts for screening in part.screenings],
    )


# ---- temperature and review


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_temperature_that_spoilt_the_logits_is_found(temperature: float) -> None:
    logits, labels = overconfident(temperature)

    assert fit_temperature(logits, range(logits.shape[1]), labels) == pytest.approx(temperature, rel=0.08)


def test_the_error_of_an_overconfident_network_falls() -> None:
    found = calibrate_network(INTENTS, intents_alone(3.0), TARGETS).figures["en"]
    assert found["ece_before"] is not None
    assert found["ece_after"] is not None
    assert found["ece_before"] > 0.15
    assert found["ece_after"] < 0.03


def test_messages_without_an_intent_do_not_disturb_the_confidence_of_those_with_one() -> None:
    inside = with_every_column(intents_alone(1.0))
    outside = answers_of(*[(message("out_of_scope"), {"complaint": 3.0})] * 2_000)

    assert calibrated(together(inside, outside)).temperature == calibrated(inside).temperature


def test_the_threshold_is_the_lowest_that_reaches_the_target() -> None:
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.6])
    correct = np.array([True, True, True, False, True])
    assert review_threshold(confidence, correct, 0.9) == 0.701
    assert review_threshold(confidence, correct, 0.75) == 0.0


def test_no_threshold_reaches_an_accuracy_that_is_not_there() -> None:
    assert review_threshold(np.array([0.9, 0.8]), np.array([False, False]), 0.9) == 1.0


def test_the_figures_are_those_of_the_thresholds() -> None:
    answers = intents_alone(2.0)
    found = calibrate_network(INTENTS, answers, TARGETS)
    chosen = found.thresholds["en"]
    probabilities = softmax(answers.logits / chosen.temperature, axis=1)
    best = [INTENTS[place] for place in probabilities.argmax(axis=1)]
    routed = probabilities.max(axis=1) >= np.array([chosen.review_of(intent) for intent in best])
    right = np.array([known.label for known in answers.messages]) == best
    assert found.figures["en"]["messages"] == 4_000
    assert found.figures["en"]["routed"] == pytest.approx(routed.mean(), abs=1e-3)
    assert found.figures["en"]["accuracy_when_routed"] == pytest.approx(right[routed].mean(), abs=1e-3)
    assert right[routed].mean() >= 0.9


def test_each_intent_reaches_the_target_by_itself() -> None:
    rows = [(message("complaint"), {"complaint": SURE})] * 9 + [(message("price_shopper"), {"complaint": 2.0})] * 9
    rows += [(message("billing_inquiry"), {"billing_inquiry": 2.0})] * 9
    found = calibrated(answers_of(*rows))
    assert found.review_of("complaint") > found.review_of("billing_inquiry")


def test_an_intents_own_messages_decide_half_of_its_threshold_and_those_of_the_language_the_rest() -> None:
    """A few hundred messages of one intent say too little about it alone: thresholds that fit them fit no stranger."""
    rows = [(message("complaint"), {"complaint": SURE})] * 9 + [(message("price_shopper"), {"complaint": 4.0})] * 9
    rows += [(message("billing_inquiry"), {"billing_inquiry": 3.0})] * 9
    found = calibrated(answers_of(*rows))

    assert found.review > 0.5
    assert found.of_intents["complaint"] == pytest.approx(found.review, abs=2e-3), "it alone decides the language's"
    assert found.of_intents["billing_inquiry"] == 0.5, "every message of it is right, so half of that would do"


def test_a_guess_that_is_more_likely_wrong_is_never_acted_on() -> None:
    found = calibrated(answers_of(*[(message("complaint"), {"complaint": 2.0})] * 20))
    assert (found.review, found.of_intents["complaint"]) == (0.0, 0.5)


def test_an_intent_that_never_reaches_the_target_stays_with_people() -> None:
    rows = [(message("complaint"), {"complaint": SURE})] * 50 + [(message("complaint"), {"price_shopper": SURE})] * 3
    assert calibrated(answers_of(*rows)).of_intents["price_shopper"] == 1.0


def test_the_deciles_of_the_confidence_are_kept_for_comparison_with_a_practice() -> None:
    answers = intents_alone(2.0)
    found = calibrate_network(INTENTS, answers, TARGETS)
    confidence = softmax(answers.logits / found.thresholds["en"].temperature, axis=1).max(axis=1)
    deciles = found.confidences["en"]
    assert len(deciles) == 11
    assert deciles[0] == pytest.approx(confidence.min(), abs=1e-3)
    assert deciles[5] == pytest.approx(np.median(confidence), abs=1e-3)
    assert deciles[-1] == pytest.approx(confidence.max(), abs=1e-3)


# ---- a network of intents alone


def test_a_network_of_intents_alone_has_no_other_thresholds() -> None:
    found = calibrate_network(INTENTS, intents_alone(1.0), TARGETS)
    chosen = found.thresholds["en"]
    never = (chosen.acknowledgement, chosen.person, chosen.praise, chosen.emergency, chosen.same_day, chosen.mention)
    assert never == (1.0,) * 6
    assert chosen.emergency_with_sign == 0.0
    nothing = ("out_of_scope_held", "urgent_found", "false_alarms", "same_day_found")
    assert [found.figures["en"][name] for name in nothing] == [None] * 4


def test_a_network_that_does_not_know_languages_takes_every_message_for_english() -> None:
    """That is what it will be served with: Spanish must not be routed on thresholds chosen without it."""
    answers = together(intents_alone(1.0, 500), intents_alone(1.0, 500, language="es"))
    found = calibrate_network(INTENTS, answers, TARGETS)
    assert list(found.thresholds) == ["en"]
    assert found.figures["en"]["messages"] == 1_000


# ---- languages


def test_each_language_is_calibrated_on_its_own_messages() -> None:
    english, spanish = intents_alone(1.0, 2_000), intents_alone(3.0, 2_000, language="es")
    found = calibrate_network(ALL_COLUMNS, with_every_column(together(english, spanish)), TARGETS)
    assert list(found.thresholds) == list(found.figures) == list(found.confidences) == ["en", "es"]
    assert found.thresholds["en"].temperature == pytest.approx(1.0, rel=0.15)
    assert found.thresholds["es"].temperature == pytest.approx(3.0, rel=0.15)
    assert found.figures["es"]["messages"] == 2_000


def test_the_thresholds_of_a_language_do_not_depend_on_the_others() -> None:
    english, spanish = intents_alone(1.0, 400), intents_alone(3.0, 400, language="es")
    alone = calibrate_network(ALL_COLUMNS, with_every_column(english), TARGETS)
    both = calibrate_network(ALL_COLUMNS, with_every_column(together(spanish, english)), TARGETS)
    assert both.thresholds["en"] == alone.thresholds["en"]
    assert "es" not in alone.thresholds


@pytest.mark.parametrize(("messages", "calibrated_too"), [(LEAST_MESSAGES - 1, False), (LEAST_MESSAGES, True)])
def test_a_language_with_few_messages_is_left_to_people(messages: int, calibrated_too: bool) -> None:
    answers = together(intents_alone(1.0, 50), intents_alone(1.0, messages, language="es"))
    found = calibrate_network(ALL_COLUMNS, with_every_column(answers), TARGETS)
    assert ("es" in found.thresholds) is calibrated_too
    assert "en" in found.thresholds


def test_other_languages_are_never_calibrated() -> None:
    answers = together(intents_alone(1.0, 50), intents_alone(1.0, 500, language="other"))
    assert list(calibrate_network(ALL_COLUMNS, with_every_column(answers), TARGETS).thresholds) == ["en"]


def test_what_is_written_is_what_the_classifier_reads() -> None:
    answers = with_every_column(together(intents_alone(1.0, 200), intents_alone(2.0, 200, language="es")))
    found = calibrate_network(ALL_COLUMNS, answers, TARGETS)
    content = found.to_json()
    read = CalibrationFile.model_validate(content)
    assert read.thresholds() == dict(found.thresholds)
    assert read.confidences == dict(found.confidences)
    assert content["validation"] == dict(found.figures)


# ---- scope


def test_the_threshold_holds_the_share_of_messages_without_an_intent_that_is_asked_for() -> None:
    rng = np.random.default_rng(2)
    spam = [(message("out_of_scope"), {"complaint" if n < 3 else "out_of_scope": SURE}) for n in range(10)]
    answers = answers_of(*[(message("complaint"), {"complaint": SURE})] * 20, *spam)
    answers.logits[:, :11] += rng.normal(0, 0.3, (30, 11))
    loose, strict = (
        calibrate_network(ALL_COLUMNS, answers, CalibrationTargets(accuracy=0.5, out_of_scope_held=share))
        for share in (0.7, 0.95)
    )
    assert loose.figures["en"]["out_of_scope_held"] == 0.7
    assert strict.figures["en"]["out_of_scope_held"] == 1.0
    assert strict.thresholds["en"].scope > loose.thresholds["en"].scope


def test_praise_and_requests_for_a_person_are_held_too_but_an_acknowledgement_need_not_be() -> None:
    routed = [(message("complaint"), {"complaint": SURE})] * 20
    for label, held in (("praise", 1.0), ("person", 1.0), ("acknowledgement", None)):
        other = [(message(label), {"complaint": 3.0})] * 5
        assert figures(answers_of(*routed, *other))["out_of_scope_held"] == held


def test_messages_that_triage_sends_to_staff_do_not_decide_how_sure_of_an_intent_the_others_must_be() -> None:
    routine = [(message("complaint"), {"complaint": 2.0})] * 20
    wrong = [(message("billing_inquiry", level=TriageLevel.EMERGENCY), {"complaint": SURE})] * 20
    assert calibrated(answers_of(*routine, *wrong)).review_of("complaint") == 0.5


@pytest.mark.parametrize("label", ["acknowledgement", "person", "praise"])
def test_what_is_taken_for_granted_is_just_above_every_other_message(label: str) -> None:
    rows = [(message(label), {label: SURE})] * 9 + [(message("complaint"), {"complaint": SURE})] * 9
    easy = answers_of(*rows)
    hard = answers_of(*rows, (message("complaint"), {label: 1.5, "complaint": 1.5}))
    assert getattr(calibrated(easy), label) == 0.3, "no surer than that is ever enough"
    threshold = getattr(calibrated(hard), label)
    outputs = Outputs(ALL_COLUMNS)
    other = outputs.probabilities(hard.logits, calibrated(hard).temperature)[-1, outputs.labels.index(label)]
    assert threshold == pytest.approx(max(other + 0.02, 0.3), abs=1e-3)


def test_no_message_that_needs_an_answer_may_be_taken_for_one_that_needs_none() -> None:
    rows = [(message("complaint"), {"complaint": SURE})] * 999
    wrong = (message(None), {"acknowledgement": 12.0})
    assert calibrated(answers_of(*rows, wrong)).acknowledgement == 1.0


@pytest.mark.parametrize(("label", "wrong", "spared"), [("person", 4, True), ("person", 6, False), ("praise", 1, True)])
def test_a_few_messages_in_a_thousand_may_be_taken_for_a_request_or_praise(
    label: str, wrong: int, spared: bool
) -> None:
    right = [(message("complaint"), {"complaint": SURE})] * (1000 - wrong)
    mistaken = [(message("complaint"), {label: SURE})] * wrong
    found = getattr(calibrated(answers_of(*right, *mistaken)), label)
    assert (found < 0.5) is spared


# ---- triage


def triaged(*rows: tuple[TriageLevel | None, float, float, Screening], source: str = "triage-crisis") -> NetworkAnswers:
    """Return messages by level, the network's probabilities of an emergency and of a same-day matter, and signs."""
    pairs = []
    for level, emergency, same_day, _ in rows:
        shares = np.log(np.clip([emergency, same_day, 1 - emergency - same_day], 1e-9, 1))
        row = {name: float(share) for name, share in zip(LEVEL_COLUMNS, shares, strict=True)}
        pairs.append((replace(message(level=level), source=source), row | {"clinical_concern": SURE}))
    return answers_of(*pairs, screenings=[row[-1] for row in rows])


def test_the_emergencies_are_found_with_the_fewest_false_alarms() -> None:
    answers = triaged(
        (EMERGENCY, 0.9, 0.0, NOTHING),
        (EMERGENCY, 0.8, 0.0, POSSIBLE),
        (EMERGENCY, 0.3, 0.0, POSSIBLE),
        (ROUTINE, 0.6, 0.0, NOTHING),
        (ROUTINE, 0.015, 0.0, POSSIBLE),
        (ROUTINE, 0.1, 0.0, NOTHING),
    )
    found = calibrated(answers)
    assert 0.6 < found.emergency <= 0.9
    assert 0.015 < found.emergency_with_sign <= 0.3
    assert figures(answers)["urgent_found"] == 1.0
    assert figures(answers)["false_alarms"] == 0.0


def test_no_more_false_alarms_are_allowed_for_whatever_they_would_find() -> None:
    rows = [(EMERGENCY, 0.9, 0.0, NOTHING)] * 9 + [(EMERGENCY, 0.3, 0.0, NOTHING)]
    rows += [(ROUTINE, 0.4, 0.0, NOTHING)] * 2 + [(ROUTINE, 0.05, 0.0, NOTHING)] * 18
    few, many = figures(triaged(*rows), false_alarms=0.05), figures(triaged(*rows), false_alarms=0.1)
    assert (few["urgent_found"], few["false_alarms"]) == (0.9, 0.0)
    assert (many["urgent_found"], many["false_alarms"]) == (1.0, 0.1)


def test_of_pairs_that_find_as_many_the_one_with_fewest_false_alarms_and_the_highest_bar_is_chosen() -> None:
    answers = triaged((EMERGENCY, 0.905, 0.0, NOTHING), *[(ROUTINE, 0.3, 0.0, NOTHING)] * 20)
    assert calibrated(answers, false_alarms=0.9).emergency == 0.9


def test_where_no_pair_keeps_to_the_share_the_one_that_exceeds_it_least_is_chosen() -> None:
    """A certain sign is an emergency whatever the network says."""
    rows = [(EMERGENCY, 0.9, 0.0, NOTHING), *[(ROUTINE, 0.0, 0.0, CERTAIN)] * 3, *[(ROUTINE, 0.5, 0.0, NOTHING)] * 7]
    found = figures(triaged(*rows), false_alarms=0.05)
    assert (found["urgent_found"], found["false_alarms"]) == (1.0, 0.3)


def test_the_alarms_that_are_counted_are_those_that_are_served() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for _ in range(300):
        emergency, same_day, routine = rng.dirichlet([0.5, 0.5, 1.0])
        level = (EMERGENCY, SAME_DAY, ROUTINE)[rng.choice(3, p=[emergency, same_day, routine])]
        rows.append((level, emergency, same_day, (NOTHING, NOTHING, POSSIBLE, CERTAIN)[rng.integers(4)]))
    answers = triaged(*rows)
    chosen, found = calibrated(answers, false_alarms=0.3), figures(answers, false_alarms=0.3)
    served = [
        triage_level(np.array([[emergency, same_day, 1 - emergency - same_day]]), screening, chosen, answer.text)
        for (_, emergency, same_day, screening), answer in zip(rows, answers.messages, strict=True)
    ]
    of_level = {level: [s for s, row in zip(served, rows, strict=True) if row[0] is level] for level in TriageLevel}
    alarms = {level: sum(s is EMERGENCY for s in found) / len(found) for level, found in of_level.items()}
    assert found["urgent_found"] == pytest.approx(alarms[EMERGENCY], abs=1e-4)
    assert found["false_alarms"] == pytest.approx(alarms[ROUTINE], abs=1e-4)


def worded(answers: NetworkAnswers, words: int) -> NetworkAnswers:
    return replace(answers, messages=[replace(known, text="word " * words) for known in answers.messages])


def lengthened(answers: NetworkAnswers) -> NetworkAnswers:
    return worded(answers, LONG_WORDS + 1)


def test_long_texts_in_which_more_sounds_like_danger_have_thresholds_of_their_own() -> None:
    short = triaged(*[(EMERGENCY, 0.3, 0.0, NOTHING), (ROUTINE, 0.1, 0.0, NOTHING)] * LEAST_LONG_MESSAGES)
    letters = lengthened(triaged(*[(EMERGENCY, 0.9, 0.0, NOTHING), (ROUTINE, 0.5, 0.0, NOTHING)] * LEAST_LONG_MESSAGES))

    found = calibrated(together(short, letters))

    assert found.emergency <= 0.3 < 0.5 < (found.long_emergency or 0.0) <= 0.9
    assert figures(together(short, letters))["urgent_found"] == 1.0
    assert figures(together(short, letters))["false_alarms"] == 0.0


def test_a_few_long_texts_have_the_thresholds_of_all() -> None:
    few = lengthened(triaged(*[(EMERGENCY, 0.9, 0.0, NOTHING), (ROUTINE, 0.5, 0.0, NOTHING)] * 9))

    assert calibrated(few).long_emergency is None
    assert 0.5 < calibrated(few).emergency <= 0.9


def everyday(answers: NetworkAnswers, words: int = SHORT_WORDS + 1) -> NetworkAnswers:
    ordinary = [replace(known, label="billing_inquiry", writer="mill") for known in answers.messages]
    return worded(replace(answers, messages=ordinary), words)


def test_an_ordinary_week_hardly_raises_an_alarm_whatever_more_alarms_would_find() -> None:
    emergencies = triaged(*[(EMERGENCY, 0.9, 0.0, NOTHING)] * 8, *[(EMERGENCY, 0.3, 0.0, NOTHING)] * 2)
    week = everyday(triaged(*[(ROUTINE, 0.4, 0.0, NOTHING)] * 2, *[(ROUTINE, 0.01, 0.0, NOTHING)] * 98))
    answers = together(emergencies, week)

    assert figures(answers, everyday_alarms=0.01)["everyday_alarms"] is None, "no writer is named as an everyday one"
    named: dict[str, Any] = {"everyday_writers": ("mill",)}
    assert figures(answers, everyday_alarms=0.01, **named)["everyday_alarms"] == 0.0
    assert figures(answers, everyday_alarms=0.01, **named)["urgent_found"] == 0.8
    assert figures(answers, everyday_alarms=0.02, **named)["urgent_found"] == 1.0


def test_a_few_words_have_a_bar_of_their_own_that_an_ordinary_week_sets() -> None:
    emergency = worded(triaged((EMERGENCY, 0.3, 0.0, NOTHING)), SHORT_WORDS + 1)
    few = everyday(triaged(*[(ROUTINE, 0.5, 0.0, NOTHING)] * LEAST_SHORT_MESSAGES), SHORT_WORDS)
    week: dict[str, Any] = {"everyday_writers": ("mill",), "everyday_alarms": 0.01}

    found = calibrated(together(emergency, few), **week)

    assert found.emergency <= 0.3
    assert found.short_emergency is not None
    assert found.short_emergency >= 0.5
    assert figures(together(emergency, few), **week)["everyday_alarms"] == 0.0
    assert calibrated(together(emergency, few)).short_emergency is None


def unsuspected(answers: NetworkAnswers) -> NetworkAnswers:
    """Return the same answers of a network that suspects neither self-harm nor that something was swallowed."""
    logits = answers.logits.copy()
    logits[:, [ALL_COLUMNS.index(name) for name in DANGER_COLUMNS]] = -9.0
    return replace(answers, logits=logits)


def test_where_nothing_worse_is_suspected_more_certainty_is_asked_for_if_that_spares_false_alarms() -> None:
    veiled = triaged(*[(EMERGENCY, 0.05, 0.0, NOTHING)] * 5, (ROUTINE, 0.01, 0.0, NOTHING))
    symptoms = unsuspected(triaged(*[(EMERGENCY, 0.6, 0.0, NOTHING)] * 5, *[(ROUTINE, 0.3, 0.0, NOTHING)] * 5))

    found = calibrated(worded(together(veiled, symptoms), SHORT_WORDS + 1))

    assert found.emergency <= 0.05
    assert found.other_emergency is not None
    assert 0.3 < found.other_emergency <= 0.6
    assert figures(worded(together(veiled, symptoms), SHORT_WORDS + 1))["urgent_found"] == 1.0
    assert figures(worded(together(veiled, symptoms), SHORT_WORDS + 1))["false_alarms"] == 0.0
    assert calibrated(veiled).other_emergency is None


@pytest.mark.parametrize(("worth", "found", "alarms"), [(None, 1.0, 0.4), (20, 1.0, 0.4), (2, 0.5, 0.0)], ids=str)
def test_an_emergency_more_is_worth_so_many_false_alarms(worth: float | None, found: float, alarms: float) -> None:
    plain = worded(triaged((EMERGENCY, 0.9, 0.0, NOTHING), (EMERGENCY, 0.3, 0.0, NOTHING)), SHORT_WORDS + 1)
    calm = triaged(*[(ROUTINE, 0.4, 0.0, NOTHING)] * 4, *[(ROUTINE, 0.01, 0.0, NOTHING)] * 6)
    answers = worded(together(plain, calm), SHORT_WORDS + 1)

    achieved = figures(answers, worth=worth, false_alarms=0.5)
    assert (achieved["urgent_found"], achieved["false_alarms"]) == (found, alarms)


def test_a_faint_suspicion_counts_only_where_it_finds_more_than_it_costs() -> None:
    def suspecting(answers: NetworkAnswers, probability: float) -> NetworkAnswers:
        logits = answers.logits.copy()
        logits[:, [ALL_COLUMNS.index(name) for name in DANGER_COLUMNS]] = np.log(probability / (1 - probability))
        return replace(answers, logits=logits)

    veiled = suspecting(triaged(*[(EMERGENCY, 0.1, 0.0, NOTHING)] * 5), 0.2)
    bills = suspecting(triaged(*[(ROUTINE, 0.1, 0.0, NOTHING)] * 5), 0.015)
    answers = worded(together(veiled, bills), SHORT_WORDS + 1)

    assert calibrated(answers).suspicion == 0.01, "nothing says what an emergency is worth"
    assert calibrated(answers, worth=8).suspicion == 0.02
    assert figures(answers, worth=8, false_alarms=0.5)["false_alarms"] == 0.0
    assert figures(answers, worth=8, false_alarms=0.5)["urgent_found"] == 1.0


def test_a_few_words_have_both_bars_too_and_none_lower_than_those_of_longer_texts() -> None:
    long = worded(triaged((EMERGENCY, 0.1, 0.0, NOTHING)), SHORT_WORDS + 1)
    calm = unsuspected(worded(triaged((EMERGENCY, 0.2, 0.0, NOTHING)), SHORT_WORDS + 1))
    few = unsuspected(everyday(triaged(*[(ROUTINE, 0.25, 0.0, NOTHING)] * LEAST_SHORT_MESSAGES), SHORT_WORDS))
    week: dict[str, Any] = {"everyday_writers": ("mill",), "everyday_alarms": 0.01}

    found = calibrated(together(long, calm, few), **week)

    assert found.short_emergency is not None
    assert found.short_other_emergency is not None
    assert found.emergency <= found.short_emergency < 0.25 < found.short_other_emergency
    assert figures(together(long, calm, few), **week)["everyday_alarms"] == 0.0


def test_a_false_alarm_that_nobody_would_raise_does_not_count() -> None:
    emergency = triaged((EMERGENCY, 0.9, 0.0, NOTHING))
    near_miss = triaged((ROUTINE, 0.95, 0.0, NOTHING))
    bill = replace(near_miss, messages=[message("billing_inquiry", level=ROUTINE)])
    assert figures(together(emergency, near_miss))["false_alarms"] == 0.0
    assert figures(together(emergency, near_miss))["urgent_found"] == 0.0
    assert figures(together(emergency, bill))["false_alarms"] is None
    assert figures(together(emergency, bill))["urgent_found"] == 1.0


def test_neither_a_same_day_message_nor_an_unjudged_one_is_a_false_alarm() -> None:
    rows = [(EMERGENCY, 0.5, 0.0, NOTHING), (SAME_DAY, 0.9, 0.1, NOTHING), (None, 0.9, 0.1, NOTHING)]
    found = figures(triaged(*rows, (ROUTINE, 0.1, 0.0, NOTHING)))
    assert (found["urgent_found"], found["false_alarms"]) == (1.0, 0.0)


def test_same_day_is_the_lowest_threshold_that_few_routine_messages_reach() -> None:
    rows = [(EMERGENCY, 0.9, 0.05, NOTHING), (SAME_DAY, 0.1, 0.4, NOTHING), (SAME_DAY, 0.0, 0.2, NOTHING)]
    rows += [(ROUTINE, 0.1, 0.2, NOTHING)] * 19 + [(ROUTINE, 0.05, 0.9, NOTHING)]
    found = calibrated(triaged(*rows), false_alarms=0.05)
    assert found.same_day == pytest.approx(0.3001)
    assert figures(triaged(*rows), false_alarms=0.05)["same_day_found"] == 0.5
    assert calibrated(triaged(*rows), false_alarms=0.01).same_day > 0.95


def test_without_an_emergency_the_signs_are_left_to_decide() -> None:
    answers = triaged((ROUTINE, 0.9, 0.0, NOTHING), (SAME_DAY, 0.0, 0.9, NOTHING))
    found = calibrated(answers)
    assert (found.emergency, found.emergency_with_sign, found.same_day) == (1.0, 0.0, 1.0)
    assert [figures(answers)[name] for name in ("urgent_found", "false_alarms", "same_day_found")] == [None] * 3


# ---- second intents


def test_few_messages_with_one_intent_reach_the_threshold_of_a_second() -> None:
    rng = np.random.default_rng(3)
    rows = []
    for logit in rng.normal(1.0, 1.0, 400):
        # The mention of the intent itself is high and must not count.
        rows.append(
            (message("complaint"), {"complaint": SURE, "mention:complaint": 9.0, "mention:price_shopper": logit})
        )
    threshold = calibrated(answers_of(*rows)).mention
    reached = [1 / (1 + np.exp(-row["mention:price_shopper"])) >= threshold for _, row in rows]
    assert np.mean(reached) == pytest.approx(IMAGINED, abs=0.005)


def test_a_second_intent_is_never_less_probable_than_two_in_five() -> None:
    rows = [(message("complaint"), {"complaint": SURE, **NOT_MENTIONED})] * 50
    assert calibrated(answers_of(*rows)).mention == 0.4


def test_a_message_that_is_misunderstood_has_no_second_intent_for_that() -> None:
    """It is the first that is wrong; its mention is not reported as a second."""
    wrong = {**NOT_MENTIONED, "complaint": SURE, "mention:complaint": 9.0}
    assert calibrated(answers_of(*[(message("price_shopper"), wrong)] * 50)).mention == 0.4


def test_messages_with_two_intents_or_none_do_not_raise_the_threshold_of_a_second() -> None:
    single = (message("complaint"), {"complaint": SURE, **NOT_MENTIONED})
    double = (message("complaint", also="price_shopper"), {"complaint": SURE, "mention:price_shopper": 9.0})
    spam = (message("out_of_scope"), {"out_of_scope": SURE, "mention:price_shopper": 9.0})
    assert calibrated(answers_of(*[single] * 5, *[double] * 40, *[spam] * 50)).mention == 0.4


def test_without_messages_of_one_intent_no_second_is_ever_reported() -> None:
    assert calibrated(answers_of((message("praise"), {"praise": SURE}))).mention == 1.0


def torn_and_double(doubles: int, language: Language = "en") -> NetworkAnswers:
    """Return as many messages with two intents as asked, and ten times as many with one.

    The mention of a bill is as strong in every tenth of those as in the ones that ask for it, where the first intent is
    in doubt or none of the parts is about a bill.
    """
    rng = np.random.default_rng(5)
    pairs, parts = [], []
    booking, bill = (logits_of({intent: SURE}) for intent in ("appointment_request", "billing_inquiry"))

    def add(known: CorpusMessage, row: Row, *of_parts: np.ndarray) -> None:
        noise = {"mention:billing_inquiry": row["mention:billing_inquiry"] + rng.normal(0, 0.5)}
        pairs.append((known, {**NOT_MENTIONED, "appointment_request": SURE, **row, **noise}))
        parts.append(np.array(of_parts))

    single = message("appointment_request", language=language)
    for _ in range(doubles):
        double = message("appointment_request", also="billing_inquiry", language=language)
        add(double, {"mention:billing_inquiry": 1.0}, booking, bill)
        for _ in range(9):
            add(single, {"mention:billing_inquiry": -4.0}, booking)
        torn = {"mention:billing_inquiry": 1.0, "billing_inquiry": SURE - 0.5}
        add(single, *((torn, booking) if rng.random() < 0.5 else ({"mention:billing_inquiry": 1.0}, booking, booking)))
    return replace(answers_of(*pairs), parts=parts)


def logits_of(row: Row) -> np.ndarray:
    logits: np.ndarray = answers_of((message(), row)).logits[0]
    return logits


def test_a_second_intent_is_told_from_a_doubt_about_the_first_and_from_a_word_in_passing() -> None:
    found = calibrate_network(ALL_COLUMNS, torn_and_double(100), TARGETS)

    assert found.second_intents is not None
    assert found.second_intents.parts is not None
    weights = found.second_intents.whole
    assert weights.mention > 0 > weights.share
    assert found.second_intents.parts.part > 0
    assert found.figures["en"]["second_found"] == pytest.approx(1.0, abs=0.05)
    imagined = found.figures["en"]["second_imagined"]
    assert imagined is not None
    assert imagined <= IMAGINED


def test_the_mentions_decide_alone_where_few_messages_with_two_intents_are_known() -> None:
    few, enough = (
        calibrate_network(ALL_COLUMNS, torn_and_double(n), TARGETS) for n in (LEAST_DOUBLE - 1, LEAST_DOUBLE)
    )

    assert few.second_intents is None
    assert enough.second_intents is not None
    alone, weighed = few.figures["en"]["second_found"], enough.figures["en"]["second_found"]
    assert alone is not None
    assert weighed is not None
    assert alone < 0.5 < weighed


def test_without_parts_the_whole_message_is_weighed() -> None:
    found = calibrate_network(ALL_COLUMNS, replace(torn_and_double(100), parts=()), TARGETS)

    assert found.second_intents is not None
    assert found.second_intents.parts is None


def test_both_languages_share_the_weights_of_a_second_intent_and_each_has_its_own_threshold() -> None:
    spanish = torn_and_double(20, "es")
    louder = spanish.logits + np.where(np.array(ALL_COLUMNS) == "mention:complaint", 6.0, 0.0)
    both = together(torn_and_double(100), replace(spanish, logits=louder))
    both = replace(both, parts=[*torn_and_double(100).parts, *spanish.parts])
    found = calibrate_network(ALL_COLUMNS, both, TARGETS)

    assert found.second_intents is not None
    assert found.thresholds["en"].mention < found.thresholds["es"].mention


def test_the_weights_that_are_written_are_those_that_the_classifier_reads() -> None:
    found = calibrate_network(ALL_COLUMNS, torn_and_double(100), TARGETS)

    assert CalibrationFile.model_validate(found.to_json()).second_intent_weights() == found.second_intents


# ---- statistics


def test_the_language_columns_are_no_labels() -> None:
    """The logits of the language change no confidence."""
    answers = with_every_column(intents_alone(1.0, 300))
    spoken = replace(answers, logits=answers.logits.copy())
    spoken.logits[:, ALL_COLUMNS.index(LANGUAGE_COLUMNS[1])] = 50.0
    assert calibrate_network(ALL_COLUMNS, spoken, TARGETS) == calibrate_network(ALL_COLUMNS, answers, TARGETS)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    sure = np.tile([0.9, 0.1], (10, 1))
    half_right = np.array([0, 1] * 5)
    assert expected_calibration_error(sure.max(axis=1), sure.argmax(axis=1) == half_right) == pytest.approx(0.4)
