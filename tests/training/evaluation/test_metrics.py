from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from classifier import Understanding, disposition
from classifier.decoding import Outputs, Thresholds
from classifier.understanding import INTENTS, Language
from training.data.corpus import CorpusMessage
from training.evaluation.metrics import (
    ComparedPredictions,
    Predictions,
    count_share,
    hardest_pairs,
    intent_measures,
    round_numbers,
    screen_measures,
)
from training.fit.output_columns import output_names

OUTPUTS = Outputs(output_names(screens=True))
THRESHOLDS = Thresholds(temperature=1.0, review=0.8, acknowledgement=0.9, urgent=0.7, urgent_with_sign=0.2)
COMPLAINT, BILL, CONCERN = "complaint", "billing_inquiry", "clinical_concern"


def message(label: str | None = COMPLAINT, **known: Any) -> CorpusMessage:
    return CorpusMessage(
        "a {date}", label, known.pop("practice", "dental"), known.pop("channel", "sms"), "voices", **known
    )


def understood(
    intent: str = COMPLAINT,
    confidence: float = 0.9,
    *,
    urgent: bool = False,
    acknowledged: bool = False,
    language: Language = "en",
) -> Understanding:
    decided = disposition(confidence, acknowledged, THRESHOLDS.review)
    return Understanding(
        intent=intent,
        confidence=confidence,
        probabilities={intent: 1.0},
        urgent=urgent,
        acknowledgement=acknowledged,
        language=language,
        needs_review=decided == "review",
        disposition=decided,
        model_version="0123456789ab",
    )


def predictions_of(
    *pairs: tuple[CorpusMessage, Understanding], urgency: list[float] | None = None, signs: list[bool] | None = None
) -> Predictions:
    logits = np.zeros((len(pairs), len(OUTPUTS.names)))
    for row, (_, said) in enumerate(pairs):
        logits[row, OUTPUTS.names.index(said.intent)] = 5.0
    if urgency:
        logits[:, -1] = [np.log(probability / (1 - probability)) for probability in urgency]
    has_sign = np.array(signs or [False] * len(pairs))
    return Predictions([m for m, _ in pairs], [said for _, said in pairs], logits, has_sign)


def compared(found: Predictions) -> ComparedPredictions:
    return ComparedPredictions(
        found, fp32=found.intents, int8=found.intents, baseline=np.full(len(found.messages), BILL, object)
    )


def test_every_reader_is_scored_on_the_same_messages() -> None:
    found = predictions_of((message(), understood()), (message(), understood(BILL)), (message(BILL), understood(BILL)))
    measured = intent_measures(compared(found), OUTPUTS)
    assert measured["messages"] == 3
    assert measured["int8"]["accuracy"] == pytest.approx(2 / 3)
    assert measured["baseline"]["accuracy"] == pytest.approx(1 / 3)
    assert measured["int8_fp32_agreement"]["share"] == 1.0
    low, high = measured["int8"]["accuracy_interval"]
    assert low < 2 / 3 < high
    assert measured["confusion"][COMPLAINT] == {COMPLAINT: 1, BILL: 1}


def test_a_group_is_scored_by_itself_and_one_that_is_unknown_is_left_out() -> None:
    found = predictions_of(
        (message(tone="anxious", channel="sms"), understood()),
        (message(tone="", channel="email"), understood(BILL)),
        (message(tone="polite", channel="email"), understood()),
    )
    measured = intent_measures(compared(found), OUTPUTS)
    shares = {name: part["accuracy"]["share"] for name, part in measured["by_channel"].items()}
    assert shares == {"email": 0.5, "sms": 1.0}
    assert list(measured["by_tone"]) == ["anxious", "polite"]
    assert measured["by_age"] == {}


def test_confidence_is_measured_before_calibration_and_as_it_is_served() -> None:
    found = predictions_of(*[(message(), understood(confidence=0.6))] * 3, (message(BILL), understood(confidence=0.6)))
    calibration = intent_measures(compared(found), OUTPUTS)["calibration"]
    assert calibration["after"]["expected_error"] == pytest.approx(0.15)
    assert calibration["before"]["expected_error"] == pytest.approx(np.exp(5) / (np.exp(5) + 10) - 0.75)
    (part,) = calibration["after"]["bins"]
    assert part == pytest.approx({"confidence": 0.6, "accuracy": 0.75, "messages": 4})


def test_coverage_at_99_percent_is_what_the_surest_messages_reach() -> None:
    found = predictions_of(
        *[(message(), understood(confidence=0.9))] * 3,
        (message(BILL), understood(confidence=0.5)),
    )
    curve = intent_measures(compared(found), OUTPUTS)["risk_coverage"]
    assert (curve["accuracy"], curve["coverage"]) == (0.99, 0.75)
    assert curve["curve"] == {"coverage": [0.75, 1.0], "accuracy": [1.0, 0.75]}


def test_the_hardest_pair_comes_first_with_its_surest_mistakes_both_ways() -> None:
    mistakes = [(message(), understood(BILL, 0.1 * n)) for n in range(1, 5)]
    found = predictions_of(
        (message(CONCERN), understood()),
        *mistakes,
        (message(BILL), understood(confidence=0.99)),
        (message(BILL), understood(BILL)),
        (message(None), understood()),
    )
    first, second = hardest_pairs(found)
    assert (first["intents"], first["messages"]) == ([BILL, COMPLAINT], 5)
    assert [example["confidence"] for example in first["examples"]] == pytest.approx([0.99, 0.4, 0.3])
    assert {example["text"] for example in first["examples"]} == {"a {date}"}
    assert (second["intents"], second["messages"]) == ([CONCERN, COMPLAINT], 1)


def test_what_belongs_to_no_intent_is_held_when_it_is_not_routed() -> None:
    spam, thanks = message("out_of_scope", kind="spam"), message("acknowledgement", kind="acknowledgement")
    measured = screen_measures(
        predictions_of(
            (spam, understood(confidence=0.2)),
            (spam, understood(confidence=0.95)),
            (thanks, understood(acknowledged=True)),
            (thanks, understood(confidence=0.3)),
            (message(), understood()),
        ),
        OUTPUTS,
        THRESHOLDS,
    )
    assert measured["out_of_scope"]["held"]["count"] == 3
    kinds = {kind: found["share"] for kind, found in measured["out_of_scope"]["by_kind"].items()}
    assert kinds == {"acknowledgement": 1.0, "spam": 0.5}
    assert measured["acknowledgement"]["found"]["share"] == 0.5


def test_what_has_an_intent_is_routed_rightly_or_wrongly_or_not() -> None:
    measured = screen_measures(
        predictions_of(
            (message(), understood()),
            (message(), understood(BILL)),
            (message(), understood(confidence=0.1)),
            (message(), understood(acknowledged=True)),
            (message(None, urgent=False), understood()),
        ),
        OUTPUTS,
        THRESHOLDS,
    )["in_scope"]
    assert (measured["routed"]["count"], measured["routed"]["messages"]) == (2, 4)
    assert measured["accuracy_when_routed"]["share"] == 0.5
    assert measured["taken_for_acknowledgement"]["count"] == 1


def test_languages_are_measured_on_the_messages_that_are_in_them() -> None:
    spanish, other_language = message("spanish", kind="spanish"), message("other_language", kind="non_english")
    measured = screen_measures(
        predictions_of(
            (spanish, understood(language="es")),
            (spanish, understood(language="other")),
            (other_language, understood(language="other")),
            (message(), understood(language="es")),
        ),
        OUTPUTS,
        THRESHOLDS,
    )["language"]
    assert measured["spanish_heard"]["share"] == 0.5
    assert measured["other_languages_heard"]["share"] == 1.0
    assert measured["english_taken_for_another"]["share"] == 1.0


def test_the_urgency_screen_is_measured_whole_and_each_half_alone() -> None:
    emergency, near_miss, bill = message(None, urgent=True), message(CONCERN, urgent=False), message(BILL, urgent=False)
    unjudged = message(CONCERN)
    measured = screen_measures(
        predictions_of(
            (emergency, understood(urgent=True)),
            (emergency, understood(urgent=True)),
            (emergency, understood()),
            (near_miss, understood(urgent=True)),
            (near_miss, understood()),
            (bill, understood()),
            (unjudged, understood(urgent=True)),
            urgency=[0.9, 0.3, 0.1, 0.8, 0.1, 0.1, 0.9],
            signs=[False, True, True, False, True, False, True],
        ),
        OUTPUTS,
        THRESHOLDS,
    )["urgency"]
    counted = {who: tuple(alarms[key]["count"] for key in alarms) for who, alarms in measured.items()}
    assert counted == {"served": (2, 1, 0), "network": (1, 1, 0), "signs": (2, 1, 0)}
    assert [measured["served"][key]["messages"] for key in measured["served"]] == [3, 2, 1]


def test_a_network_that_knows_intents_alone_has_no_half_of_its_own() -> None:
    found = predictions_of((message(None, urgent=True), understood(urgent=True)))
    seven = Outputs(INTENTS)
    measured = screen_measures(
        Predictions(found.messages, found.understood, found.logits[:, :7], found.has_sign), seven, THRESHOLDS
    )
    assert list(measured["urgency"]) == ["served", "signs"]
    assert measured["out_of_scope"]["held"] is None


def test_a_share_comes_with_its_interval_and_of_nothing_there_is_none() -> None:
    found = count_share(np.array([True, True, False, False]))
    assert found == pytest.approx({"messages": 4, "count": 2, "share": 0.5, "low": 0.15, "high": 0.85}, abs=1e-3)
    assert count_share(np.array([], dtype=bool)) is None


def test_numbers_are_rounded_wherever_they_stand_and_nothing_else_is_touched() -> None:
    content = {"a": [1 / 3, (np.float64(2 / 3), 7)], "b": None, "c": True, "d": "1.23456"}
    assert round_numbers(content) == {"a": [0.3333, [0.6667, 7]], "b": None, "c": True, "d": "1.23456"}
