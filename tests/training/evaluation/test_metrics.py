from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from classifier import SecondIntent, Understanding, decide_disposition
from classifier.network.decoding import Outputs, Thresholds
from classifier.outputs import INTENTS, LEVEL_COLUMNS, Language
from classifier.rules.screen import Screening
from intake.vocabulary import DangerKind, TriageLevel
from training.data.corpus import CorpusMessage
from training.evaluation.metrics import (
    ComparedPredictions,
    Predictions,
    hardest_pairs,
    intent_measures,
    round_numbers,
    screen_measures,
)
from training.fit.output_columns import output_names

OUTPUTS = Outputs(output_names(screens=True))
THRESHOLDS = Thresholds(
    temperature=1.0, review=0.8, acknowledgement=0.9, emergency=0.7, emergency_with_sign=0.2, same_day=0.5
)
BY_LANGUAGE = {"en": THRESHOLDS}
COMPLAINT, BILL, CONCERN, PRICE = "complaint", "billing_inquiry", "clinical_concern", "price_shopper"
EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
NOTHING, POSSIBLE, CERTAIN = Screening(), Screening(possible=DangerKind.OTHER), Screening(certain=DangerKind.OTHER)


def message(label: str | None = COMPLAINT, **known: Any) -> CorpusMessage:
    usual = {"practice": "dental", "channel": "sms", "source": "voices"}
    return CorpusMessage("a {date}", label, **(usual | known))


def understood(
    intent: str = COMPLAINT,
    confidence: float = 0.9,
    *,
    label: str = "",
    triage: TriageLevel = ROUTINE,
    danger: DangerKind | None = None,
    language: Language = "en",
    praise: bool = False,
    also: Sequence[str] = (),
) -> Understanding:
    return Understanding(
        intent=intent,
        confidence=confidence,
        probabilities={intent: 1.0},
        triage=triage,
        danger=danger or (DangerKind.OTHER if triage is EMERGENCY else None),
        language=language,
        disposition=decide_disposition(
            label=label,
            acknowledgement=label == "acknowledgement",
            person=label == "person",
            fitting=True,
            understood=confidence >= THRESHOLDS.review,
        ),
        praise=praise,
        also=tuple(SecondIntent(name, 0.9) for name in also),
        model_version="0123456789ab",
    )


def predictions_of(
    *pairs: tuple[CorpusMessage, Understanding],
    emergency: Sequence[float] | None = None,
    screenings: Sequence[Screening] | None = None,
) -> Predictions:
    logits = np.zeros((len(pairs), len(OUTPUTS.names)))
    for row, (_, answer) in enumerate(pairs):
        logits[row, OUTPUTS.names.index(answer.intent)] = 5.0
    if emergency:
        shares = [[probability, 0.0, 1 - probability] for probability in emergency]
        columns = [OUTPUTS.names.index(name) for name in LEVEL_COLUMNS]
        logits[:, columns] = np.log(np.clip(shares, 1e-9, 1))
    messages, answers = [m for m, _ in pairs], [answer for _, answer in pairs]
    return Predictions(messages, answers, logits, screenings or [NOTHING] * len(pairs))


def measured(*pairs: tuple[CorpusMessage, Understanding], **known: Any) -> dict[str, Any]:
    return screen_measures(predictions_of(*pairs, **known), OUTPUTS, BY_LANGUAGE)


def compared(found: Predictions) -> ComparedPredictions:
    return ComparedPredictions(
        found, fp32=found.intents, int8=found.intents, baseline=np.full(len(found.messages), BILL, object)
    )


def test_every_model_is_scored_on_the_same_messages() -> None:
    found = predictions_of((message(), understood()), (message(), understood(BILL)), (message(BILL), understood(BILL)))
    scores = intent_measures(compared(found), OUTPUTS)
    assert scores["messages"] == 3
    assert scores["int8"]["accuracy"] == pytest.approx(2 / 3)
    assert scores["baseline"]["accuracy"] == pytest.approx(1 / 3)
    assert scores["int8_fp32_agreement"]["share"] == 1.0
    low, high = scores["int8"]["accuracy_interval"]
    assert low < 2 / 3 < high
    assert scores["confusion"][COMPLAINT] == {COMPLAINT: 1, BILL: 1}


def test_a_group_is_scored_by_itself_and_one_that_is_unknown_is_left_out() -> None:
    found = predictions_of(
        (message(tone="anxious", channel="sms"), understood()),
        (message(tone="", channel="email"), understood(BILL)),
        (message(tone="polite", channel="email"), understood()),
    )
    scores = intent_measures(compared(found), OUTPUTS)
    shares = {name: part["accuracy"]["share"] for name, part in scores["by_channel"].items()}
    assert shares == {"email": 0.5, "sms": 1.0}
    assert list(scores["by_tone"]) == ["anxious", "polite"]
    assert scores["by_age"] == {}
    assert scores["by_writer"] == {}


def test_writers_and_languages_are_groups_too() -> None:
    found = predictions_of(
        (message(writer="harbor"), understood()),
        (message(writer="ribera", language="es"), understood(BILL)),
    )
    scores = intent_measures(compared(found), OUTPUTS)
    for group, names in (("by_writer", ["harbor", "ribera"]), ("by_language", ["en", "es"])):
        assert {name: part["accuracy"]["share"] for name, part in scores[group].items()} == dict(
            zip(names, (1.0, 0.0), strict=True)
        )


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


# ---- scope


def test_a_message_without_an_intent_is_held_when_no_intent_routes_it() -> None:
    spam, asks = message("out_of_scope", kind="spam"), message("person")
    found = measured(
        (spam, understood(confidence=0.2, label="out_of_scope")),
        (spam, understood(confidence=0.95)),
        (asks, understood(confidence=0.2, label="person")),
        (message("praise", kind="praise"), understood(confidence=0.3)),
        (message("acknowledgement", kind="acknowledgement"), understood(confidence=0.95)),
        (message(None), understood()),
        (message(), understood()),
    )
    assert (found["out_of_scope"]["held"]["count"], found["out_of_scope"]["held"]["messages"]) == (3, 4)
    kinds = {kind: share["share"] for kind, share in found["out_of_scope"]["by_kind"].items()}
    assert kinds == {"person": 1.0, "praise": 1.0, "spam": 0.5}


@pytest.mark.parametrize("label", ["acknowledgement", "person"])
def test_acknowledgements_and_requests_for_a_person_are_found_by_their_disposition(label: str) -> None:
    found = measured(
        (message(label), understood(confidence=0.2, label=label)),
        (message(label), understood(confidence=0.2)),
        (message(), understood(label=label)),
    )
    assert (found[label]["found"]["count"], found[label]["found"]["messages"]) == (1, 2)


def test_praise_is_found_where_it_is_marked() -> None:
    found = measured(
        (message("praise"), understood(confidence=0.2, praise=True)),
        (message("praise"), understood(confidence=0.2, label="out_of_scope")),
        (message(), understood(praise=True)),
        (message(), understood()),
    )
    assert found["praise"]["found"]["share"] == 0.5
    assert found["in_scope"]["taken_for_praise"]["share"] == 0.5


def test_a_message_with_an_intent_is_routed_rightly_or_wrongly_or_not() -> None:
    found = measured(
        (message(), understood()),
        (message(), understood(BILL)),
        (message(), understood(confidence=0.1)),
        (message(), understood(label="acknowledgement")),
        (message(None, level=ROUTINE), understood()),
    )["in_scope"]
    assert (found["routed"]["count"], found["routed"]["messages"]) == (2, 4)
    assert found["accuracy_when_routed"]["share"] == 0.5
    assert found["taken_for_acknowledgement"]["count"] == 1


def test_the_error_of_confidence_is_that_of_messages_with_an_intent() -> None:
    pairs = [(message(), understood(confidence=0.6))] * 3 + [(message(BILL), understood(confidence=0.6))]
    assert measured(*pairs, (message("praise"), understood()))["calibration_error"] == pytest.approx(0.15)
    assert measured((message("praise"), understood()))["calibration_error"] is None


# ---- languages


def test_languages_are_measured_on_the_messages_that_are_in_them() -> None:
    found = measured(
        (message(language="es"), understood(language="es")),
        (message(None, language="es"), understood(language="other")),
        (message(None, language="other"), understood(language="other")),
        (message(), understood(language="es")),
    )["language"]
    assert {language: share["share"] for language, share in found.items()} == {"en": 0.0, "es": 0.5, "other": 1.0}
    assert measured((message(), understood()))["language"]["es"] is None


# ---- triage


def test_emergencies_are_measured_as_served_and_by_what_finds_them() -> None:
    emergency, near_miss = message(None, level=EMERGENCY, danger=DangerKind.OTHER), message(CONCERN, level=ROUTINE)
    bill, unjudged = message(BILL, level=ROUTINE), message(CONCERN)
    found = measured(
        (emergency, understood(triage=EMERGENCY)),
        (emergency, understood(triage=EMERGENCY)),
        (emergency, understood()),
        (near_miss, understood(triage=EMERGENCY)),
        (near_miss, understood(triage=SAME_DAY)),
        (bill, understood()),
        (unjudged, understood(triage=EMERGENCY)),
        (message(CONCERN, level=SAME_DAY), understood(triage=EMERGENCY)),
        emergency=[0.9, 0.3, 0.1, 0.8, 0.1, 0.1, 0.9, 0.9],
        screenings=[NOTHING, CERTAIN, POSSIBLE, NOTHING, POSSIBLE, NOTHING, CERTAIN, CERTAIN],
    )["triage"]["emergency"]
    counted = {who: tuple(share["count"] for share in alarms.values()) for who, alarms in found.items()}
    assert counted == {"served": (2, 1, 0), "network": (1, 1, 0), "signs": (2, 1, 0), "certain_signs": (1, 0, 0)}
    assert {name: share["messages"] for name, share in found["served"].items()} == {
        "found": 3, "false_alarms": 2, "everyday_alarms": 1,
    }  # fmt: skip


def test_same_day_messages_are_raised_or_not_and_routine_ones_taken_for_them() -> None:
    soon, routine = message(CONCERN, level=SAME_DAY), message(CONCERN, level=ROUTINE)
    found = measured(
        (soon, understood(triage=SAME_DAY)),
        (soon, understood(triage=EMERGENCY)),
        (soon, understood()),
        (routine, understood(triage=SAME_DAY)),
        (routine, understood(triage=EMERGENCY)),
        (routine, understood()),
        (message(CONCERN), understood(triage=SAME_DAY)),
    )["triage"]["same_day"]
    assert {name: (share["count"], share["messages"]) for name, share in found.items()} == {
        "raised": (2, 3), "as_emergency": (1, 3), "routine_as_same_day": (1, 3),
    }  # fmt: skip


def test_the_network_alone_is_judged_by_the_thresholds_of_the_language_it_heard() -> None:
    emergency = message(None, level=EMERGENCY, danger=DangerKind.OTHER)
    pairs = [(emergency, understood(language=language)) for language in ("en", "es", "other")]
    found = predictions_of(*pairs, emergency=[0.8, 0.8, 0.8])
    strict = replace(THRESHOLDS, emergency=0.9)
    measures = screen_measures(found, OUTPUTS, {"en": THRESHOLDS, "es": strict})
    assert measures["triage"]["emergency"]["network"]["found"]["count"] == 2, "English and what has no thresholds"


def test_a_network_that_knows_intents_alone_finds_no_emergency_by_itself() -> None:
    found = predictions_of((message(None, level=EMERGENCY), understood(triage=EMERGENCY)))
    seven = Outputs(INTENTS)
    measures = screen_measures(replace(found, logits=found.logits[:, :7]), seven, BY_LANGUAGE)
    assert list(measures["triage"]["emergency"]) == ["served", "signs", "certain_signs"]
    assert measures["out_of_scope"]["held"] is None


def test_a_danger_is_found_when_the_alarm_is_raised_and_named_when_its_kind_is_right() -> None:
    harm = message(None, level=EMERGENCY, danger=DangerKind.SELF_HARM)
    drank = message(None, level=EMERGENCY, danger=DangerKind.INGESTION)
    found = measured(
        (harm, understood(triage=EMERGENCY, danger=DangerKind.SELF_HARM)),
        (harm, understood(triage=EMERGENCY)),
        (harm, understood()),
        (drank, understood()),
    )["danger"]
    assert list(found) == ["self_harm", "ingestion"]
    counted = {what: (share["count"], share["messages"]) for what, share in found["self_harm"].items()}
    assert counted == {"found": (2, 3), "named": (1, 2)}
    assert (found["ingestion"]["found"]["share"], found["ingestion"]["named"]) == (0.0, None)


# ---- second intents


@pytest.mark.parametrize(
    ("main", "also", "found"),
    [
        (COMPLAINT, (BILL,), True),
        (BILL, (COMPLAINT,), True),
        (PRICE, (BILL,), True),
        (COMPLAINT, (PRICE, BILL), True),
        (COMPLAINT, (), False),
        (BILL, (), False),
        (COMPLAINT, (PRICE,), False),
        (BILL, (PRICE,), False),
    ],
)
def test_a_second_intent_is_found_in_either_order(main: str, also: tuple[str, ...], found: bool) -> None:
    double = message(COMPLAINT, also=BILL)
    assert measured((double, understood(main, also=also)))["second_intent"]["found"]["count"] == found


def test_a_second_intent_is_imagined_where_there_is_one_intent() -> None:
    found = measured(
        (message(), understood(also=(BILL,))),
        (message(), understood()),
        (message("praise"), understood(also=(BILL,))),
    )["second_intent"]
    assert (found["imagined"]["count"], found["imagined"]["messages"]) == (1, 2)
    assert found["found"] is None


# ---- numbers


def test_numbers_are_rounded_wherever_they_stand_and_nothing_else_is_touched() -> None:
    content = {"a": [1 / 3, (np.float64(2 / 3), 7)], "b": None, "c": True, "d": "1.23456"}
    assert round_numbers(content) == {"a": [0.3333, [0.6667, 7]], "b": None, "c": True, "d": "1.23456"}
