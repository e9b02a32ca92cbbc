"""What a network with every column says of a text, and what is made of it in each language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier import INTENTS, Classifier
from classifier.network.decoding import Thresholds
from classifier.network.model import UNCALIBRATED_ALARM
from classifier.outputs import LABELS
from intake.vocabulary import DangerKind, TriageLevel
from tests.classifier import tiny_model
from tests.classifier.tiny_model import KNOWING_ENGLISH, VOTE

LONG = "filler " * 200


def share(columns: int) -> float:
    """Return the probability of a column with one vote among some that have none."""
    return float(np.exp(VOTE) / (np.exp(VOTE) + columns - 1))


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The tiny model with every column, calibrated for English alone."""
    return Classifier.load(tiny_model.write_knowing(tmp_path_factory.mktemp("knowing")))


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The same, calibrated for Spanish as well, with other thresholds."""
    spanish = KNOWING_ENGLISH | {
        "temperature": 2.0, "review": 0.3, "emergency": 0.95, "same_day": 0.9, "mention": 0.99, "person": 0.9,
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("bilingual")
    return Classifier.load(tiny_model.write_knowing(folder, languages={"en": KNOWING_ENGLISH, "es": spanish}))


# ---- scope


def test_a_message_that_no_intent_fits_has_little_confidence(knowing: Classifier) -> None:
    plain, offer = knowing.classify(["price", "price discount"])

    assert plain.disposition == "route"
    assert plain.confidence == pytest.approx(share(len(LABELS)))
    assert offer.intent == plain.intent == "price_shopper"
    assert offer.confidence == pytest.approx(np.exp(VOTE) / (2 * np.exp(VOTE) + len(LABELS) - 2))
    assert sum(offer.probabilities.values()) == pytest.approx(1)
    assert set(offer.probabilities) == set(INTENTS)


def test_what_is_probably_out_of_scope_is_not_reviewed_but_what_is_doubtful_is(knowing: Classifier) -> None:
    offer, doubtful, nothing = knowing.classify(["discount", "price bill", "filler"])

    assert (offer.disposition, offer.praise) == ("out_of_scope", False)
    assert doubtful.disposition == "review"
    assert nothing.disposition == "review"


def test_praise_is_out_of_scope_and_marked_where_it_is_sure(knowing: Classifier) -> None:
    sure, unsure = knowing.classify(["stellar", "stellar price"])

    assert (sure.disposition, sure.praise) == ("out_of_scope", True)
    assert not unsure.praise


def test_a_message_that_surely_asks_for_a_person_and_nothing_else_gets_one(knowing: Classifier) -> None:
    sure, unsure = knowing.classify(["human", "human price"])

    assert sure.disposition == "person"
    assert unsure.disposition == "review"


def test_a_cry_that_nobody_cares_is_no_request_for_a_person(knowing: Classifier) -> None:
    cry, request = knowing.classify(["human nobody cares", "human anybody there"])

    assert (cry.disposition, request.disposition) == ("review", "person")


def test_a_person_is_asked_for_in_an_emergency_too(knowing: Classifier) -> None:
    (understood,) = knowing.classify(["human now"])

    assert (understood.triage, understood.disposition) == (TriageLevel.EMERGENCY, "person")


def test_a_short_message_that_is_surely_an_acknowledgement_needs_no_answer(knowing: Classifier) -> None:
    sure, unsure, long = knowing.classify(["okay", "okay price", "okay " * 60])

    assert sure.disposition == "acknowledgement"
    assert unsure.disposition == "review"
    assert long.disposition == "review"


def test_an_emergency_is_no_acknowledgement_but_a_same_day_message_may_be(knowing: Classifier) -> None:
    emergency, soon = knowing.classify(["okay now", "okay today"])

    assert (emergency.urgent, emergency.disposition) == (True, "review")
    assert (soon.triage, soon.disposition) == (TriageLevel.SAME_DAY, "acknowledgement")


@pytest.mark.parametrize("word", ["okay", "discount", "human", "stellar"])
def test_no_label_without_an_intent_is_routed(knowing: Classifier, word: str) -> None:
    (understood,) = knowing.classify([word])

    assert understood.disposition != "route"


def test_an_intent_may_have_a_threshold_of_its_own(tmp_path: Path) -> None:
    strict = Classifier.load(tiny_model.write(tmp_path, of_intents={"complaint": 0.95}))

    complaint, question = strict.classify(["rude", "question"])

    assert complaint.confidence == pytest.approx(question.confidence)
    assert (complaint.disposition, question.disposition) == ("review", "route")
    assert strict.info.review_threshold_of("complaint", "en") == 0.95
    assert strict.info.review_threshold_of("price_shopper", "en") == strict.info.review_threshold == 0.6


# ---- languages


@pytest.mark.parametrize(
    ("text", "language"), [("hola", "es"), ("bonjour", "other"), ("price", "en"), ("discount", "en"), ("filler", "en")]
)
def test_the_language_is_the_most_probable_one(knowing: Classifier, text: str, language: str) -> None:
    assert knowing.classify([text])[0].language == language


def test_a_long_text_is_in_the_language_of_most_of_it(knowing: Classifier) -> None:
    single_word, most = knowing.classify([f"{LONG} hola", "hola " * 40 + "filler " * 12])

    assert (single_word.language, most.language) == ("en", "es")


def test_a_message_in_a_language_without_calibration_goes_to_a_person(knowing: Classifier) -> None:
    english, spanish, french = knowing.classify(["price", "hola price", "bonjour price"])

    assert english.disposition == "route"
    assert spanish.confidence == french.confidence == english.confidence
    assert (spanish.disposition, french.disposition) == ("review", "review")
    assert knowing.info.review_threshold_of("price_shopper", "es") > 1


def test_everything_else_in_such_a_language_is_decided_as_in_english(knowing: Classifier) -> None:
    now, okay, human, offer = knowing.classify(["bonjour now", "bonjour okay", "bonjour human", "bonjour discount"])

    assert now.urgent
    assert okay.disposition == "acknowledgement"
    assert human.disposition == "person"
    assert offer.disposition == "out_of_scope"


def test_in_such_a_language_an_alarm_without_a_sign_takes_more_and_one_bar_serves_all_lengths(
    knowing: Classifier,
) -> None:
    english = Thresholds(
        temperature=1.0,
        review=0.8,
        emergency=0.02,
        emergency_with_sign=0.01,
        other_emergency=0.1,
        short_emergency=0.05,
        short_other_emergency=0.3,
        long_emergency=0.2,
    )
    other = replace(knowing.info, thresholds={"en": english}).thresholds_in("other")

    texts = ("bonjour", "bonjour " * 20)
    assert [other.alarm_at(False, text, suspected=hides) for text in texts for hides in (True, False)] == [
        UNCALIBRATED_ALARM
    ] * 4
    assert other.alarm_at(True, "bonjour") == english.emergency_with_sign
    assert (other.same_day, other.long_emergency) == (english.same_day, english.long_emergency)


def test_a_calibrated_language_has_a_temperature_and_thresholds_of_its_own(bilingual: Classifier) -> None:
    english, spanish, doubtful = bilingual.classify(["price", "hola price", "hola price bill"])

    assert spanish.confidence == pytest.approx(np.exp(2) / (np.exp(2) + len(LABELS) - 1))
    assert spanish.confidence < english.confidence
    assert (spanish.disposition, doubtful.disposition) == ("route", "route")
    assert bilingual.classify(["price bill"])[0].disposition == "review"
    assert bilingual.info.review_threshold_of("price_shopper", "es") == 0.3
    assert bilingual.classify(["bonjour price"])[0].disposition == "review"


def test_a_calibrated_language_has_its_own_bar_for_everything_else(bilingual: Classifier) -> None:
    for word in ("now", "today"):
        english, spanish = bilingual.classify([word, f"hola {word}"])
        assert english.triage is not TriageLevel.ROUTINE
        assert spanish.triage is not english.triage
    english, spanish = bilingual.classify(["human", "hola human"])
    assert (english.disposition, spanish.disposition) == ("person", "review")
    english, spanish = bilingual.classify(["price besides", "hola price besides"])
    assert english.also
    assert not spanish.also


# ---- triage


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("filler", TriageLevel.ROUTINE),
        ("today", TriageLevel.SAME_DAY),
        ("now", TriageLevel.EMERGENCY),
        ("filler i cant breathe", TriageLevel.EMERGENCY),
    ],
)
def test_the_level_is_what_the_network_and_the_signs_say_together(
    knowing: Classifier, text: str, level: TriageLevel
) -> None:
    (understood,) = knowing.classify([text])

    assert understood.triage is level
    assert understood.urgent == (level is TriageLevel.EMERGENCY)


def test_an_ambiguous_sign_that_the_network_thinks_nothing_of_raises_no_alarm(tmp_path: Path) -> None:
    # This network gives 10.7% to an emergency in whatever has none of its words.
    for threshold, urgent in ((0.1, True), (0.2, False)):
        languages = {"en": KNOWING_ENGLISH | {"emergency_with_sign": threshold}}
        model = Classifier.load(tiny_model.write_knowing(tmp_path / str(threshold), languages=languages))
        assert model.classify(["filler chest pain"])[0].urgent is urgent
        assert model.classify(["filler i cant breathe"])[0].urgent, "a certain sign needs nobody's agreement"
        assert not model.classify(["filler"])[0].urgent


def test_one_dangerous_window_makes_a_long_text_an_emergency(knowing: Classifier) -> None:
    calm, alarming, soon = knowing.classify([LONG, f"{LONG} now {LONG}", f"{LONG} today {LONG}"])

    assert calm.triage is TriageLevel.ROUTINE
    assert alarming.triage is TriageLevel.EMERGENCY
    assert soon.triage is TriageLevel.SAME_DAY


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("now", DangerKind.OTHER),
        ("now gloom", DangerKind.SELF_HARM),
        ("now gulp", DangerKind.INGESTION),
        ("now gulp gloom", DangerKind.SELF_HARM),
        ("filler i cant breathe", DangerKind.OTHER),
        ("gloom i cant breathe", DangerKind.OTHER),
        ("gloom gulp", None),
        ("today gloom", None),
    ],
)
def test_only_an_emergency_has_a_danger(knowing: Classifier, text: str, danger: DangerKind | None) -> None:
    assert knowing.classify([text])[0].danger is danger


def test_the_danger_is_that_of_the_most_dangerous_window(knowing: Classifier) -> None:
    elsewhere, there = knowing.classify([f"gloom {LONG} now", f"{LONG} now gulp"])

    assert (elsewhere.danger, there.danger) == (DangerKind.OTHER, DangerKind.INGESTION)


# ---- second intents


def test_a_clear_second_intent_is_reported_with_its_own_probability(knowing: Classifier) -> None:
    single, double = knowing.classify(["rude", "rude besides"])

    assert single.also == ()
    (mention,) = double.also
    assert (double.intent, mention.intent) == ("complaint", "billing_inquiry")
    assert mention.confidence == pytest.approx(1 / (1 + np.exp(-2)))


def test_several_come_with_the_surest_first(knowing: Classifier) -> None:
    (understood,) = knowing.classify(["rude besides moreover moreover"])

    assert [mention.intent for mention in understood.also] == ["price_shopper", "billing_inquiry"]


def test_the_main_intent_is_not_a_second_one(knowing: Classifier) -> None:
    assert knowing.classify(["bill besides"])[0].also == ()


def test_a_second_intent_may_be_in_any_window(knowing: Classifier) -> None:
    (understood,) = knowing.classify([f"price {LONG} besides"])

    assert [mention.intent for mention in understood.also] == ["billing_inquiry"]


WEIGHTS = {
    "whole": {"constant": -1.0, "mention": 1.0, "share": 0.0, "first": 0.0},
    "parts": {"constant": -3.0, "mention": 0.5, "share": 0.0, "first": 0.0, "part": 1.0, "rest": 1.0},
}
RUDE, BILL = "rude filler filler filler filler filler.", "bill filler filler filler filler filler."
BESIDES = "besides filler filler filler filler filler."
"""Sentences that are long enough for a part; the last one only makes the network mention a bill."""


@pytest.fixture(scope="module")
def weighing(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The tiny model, which weighs second intents and reads parts."""
    return Classifier.load(
        tiny_model.write_knowing(tmp_path_factory.mktemp("weighing"), max_tokens=100, second_intents=WEIGHTS)
    )


def test_a_doubtful_second_intent_is_settled_by_the_parts(weighing: Classifier) -> None:
    double, single = weighing.classify([f"rude {RUDE} {BILL} {BESIDES}", f"{RUDE} {BESIDES}"])

    assert (double.intent, [mention.intent for mention in double.also]) == ("complaint", ["billing_inquiry"])
    assert single.also == ()


def test_the_answer_to_a_message_does_not_depend_on_the_others(weighing: Classifier) -> None:
    texts = [f"{RUDE} rude {BILL} {BESIDES}", "rude", "😭", f"{RUDE} {BESIDES}", f"{RUDE} rude {BILL} {BESIDES} {RUDE}"]

    assert weighing.classify(texts) == [weighing.classify([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("rude besides", 1),
        (f"{RUDE} {RUDE}", 1),
        (f"{RUDE} {BESIDES}", 2),
    ],
    ids=["one sentence", "no doubt", "doubt"],
)
def test_only_the_parts_of_a_doubtful_message_are_read(
    weighing: Classifier, monkeypatch: pytest.MonkeyPatch, text: str, readings: int
) -> None:
    read: list[int] = []
    network = weighing._logits

    def counted(batch: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        read.append(len(batch))
        return network(batch)

    monkeypatch.setattr(weighing, "_logits", counted)
    weighing.classify([text])

    assert len(read) == readings


@pytest.mark.parametrize("extra", ["", "now", "today", "gloom now"])
def test_reading_the_parts_changes_nothing_but_the_second_intents(
    weighing: Classifier, tmp_path: Path, extra: str
) -> None:
    plain = Classifier.load(tiny_model.write_knowing(tmp_path, max_tokens=100))
    text = f"{RUDE} rude {extra} {BILL} {BESIDES}"
    (weighed,), (alone,) = weighing.classify([text]), plain.classify([text])

    assert weighed.also != alone.also
    assert replace(weighed, also=()) == replace(alone, also=())


# ---- nothing to read


def test_a_text_that_it_cannot_read_goes_to_a_person_and_knows_no_second_intent(knowing: Classifier) -> None:
    (understood,) = knowing.classify(["😭🤮"])

    assert (understood.confidence, understood.disposition) == (0, "review")
    assert (understood.triage, understood.danger, understood.language) == (TriageLevel.ROUTINE, None, "en")
    assert (understood.praise, understood.also) == (False, ())


@pytest.mark.parametrize("text", ["👍", "👍🏽👍🏽", "ok thanks!"])
def test_thanks_that_it_cannot_read_need_no_answer(knowing: Classifier, text: str) -> None:
    (understood,) = knowing.classify([text])

    assert (understood.confidence, understood.disposition) == (0, "acknowledgement")
