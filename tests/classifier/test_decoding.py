"""From a network's output to what is known of a text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import INTENTS, Classifier
from classifier.decoding import Outputs, Thresholds, is_alarming
from classifier.understanding import LABELS, OTHERS, URGENT
from tests.classifier import tiny_model
from tests.classifier.tiny_model import VOTE

THRESHOLDS = Thresholds(temperature=1.0, review=0.6, urgent=0.8, urgent_with_sign=0.1)


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    """The tiny model that knows more than the intents."""
    return Classifier.load(tiny_model.write_knowing(tmp_path_factory.mktemp("knowing")))


@given(st.permutations((*LABELS, URGENT)))
def test_the_columns_may_come_in_any_order(names: list[str]) -> None:
    outputs = Outputs(names)
    logits = np.zeros((1, len(names)))
    logits[0, names.index("complaint")] = 5.0
    logits[0, names.index(URGENT)] = 9.0

    (row,) = outputs.probabilities(logits, 1.0)
    urgency = outputs.urgency(logits)

    assert outputs.intents[int(outputs.intent_shares(row).argmax())] == "complaint"
    assert row.sum() == pytest.approx(1)
    assert outputs.probability_of("complaint", row) == row.max()
    assert urgency is not None
    assert urgency[0] > 0.999


@pytest.mark.parametrize(
    "names",
    [INTENTS[1:], (*INTENTS, "spam"), (*INTENTS, INTENTS[0]), (*INTENTS, "spanish", "spanish"), ()],
)
def test_columns_that_are_not_the_intents_and_known_others_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="must be the intents new_patient_inquiry, "):
        Outputs(names)


def test_a_network_of_intents_alone_knows_no_urgency_and_no_language() -> None:
    outputs = Outputs(INTENTS)
    (row,) = outputs.probabilities(np.eye(1, len(INTENTS)), 1.0)

    assert outputs.urgency(np.eye(1, len(INTENTS))) is None
    assert outputs.language(row) == "en"
    assert outputs.probability_of("acknowledgement", row) == 0


@pytest.mark.parametrize(
    ("urgency", "has_sign", "alarm"),
    [
        (0.9, False, True),
        (0.5, False, False),
        (0.5, True, True),
        (0.05, True, False),
        (None, True, True),
        (None, False, False),
    ],
)
def test_a_danger_sign_lowers_the_bar_for_the_network(urgency: float | None, has_sign: bool, alarm: bool) -> None:
    assert is_alarming(urgency, has_sign, THRESHOLDS) is alarm


def test_what_no_intent_fits_has_little_confidence_and_is_reviewed(knowing: Classifier) -> None:
    plain, offer = knowing.classify(["price", "price discount"])

    assert plain.disposition == "route"
    assert offer.intent == plain.intent == "price_shopper"
    assert offer.confidence == pytest.approx(np.exp(VOTE) / (2 * np.exp(VOTE) + len(LABELS) - 2))
    assert offer.disposition == "review"
    assert sum(offer.probabilities.values()) == pytest.approx(1)
    assert set(offer.probabilities) == set(INTENTS)


@pytest.mark.parametrize(
    ("word", "language"), [("hola", "es"), ("bonjour", "other"), ("price", "en"), ("discount", "en")]
)
def test_the_language_is_told(knowing: Classifier, word: str, language: str) -> None:
    (understood,) = knowing.classify([word])

    assert understood.language == language


def test_what_is_short_and_surely_an_acknowledgement_needs_no_answer(knowing: Classifier) -> None:
    sure, unsure, long = knowing.classify(["okay", "okay price", "okay " * 60])

    assert sure.disposition == "acknowledgement"
    assert unsure.disposition == "review"
    assert long.disposition == "review"


def test_an_urgent_message_is_no_acknowledgement(knowing: Classifier) -> None:
    (understood,) = knowing.classify(["okay now"])

    assert understood.urgent
    assert not understood.acknowledgement


def test_one_urgent_window_makes_a_long_text_urgent(knowing: Classifier) -> None:
    long = "filler " * 200
    calm, alarming = knowing.classify([long, f"{long} now {long}"])

    assert not calm.urgent
    assert alarming.urgent


def test_a_danger_sign_that_the_network_thinks_nothing_of_raises_no_alarm(tmp_path: Path) -> None:
    # This network says 12% of whatever does not hold its one urgent word.
    heeding = Classifier.load(tiny_model.write_knowing(tmp_path / "heeding", urgent_with_sign_threshold=0.1))
    calm = Classifier.load(tiny_model.write_knowing(tmp_path / "calm", urgent_with_sign_threshold=0.2))

    assert heeding.classify(["filler i cant breathe"])[0].urgent
    assert not calm.classify(["filler i cant breathe"])[0].urgent
    assert not heeding.classify(["filler"])[0].urgent


def test_an_intent_may_have_a_threshold_of_its_own(tmp_path: Path) -> None:
    strict = Classifier.load(tiny_model.write(tmp_path, review_thresholds={"complaint": 0.95}))

    complaint, question = strict.classify(["rude", "question"])

    assert complaint.confidence == pytest.approx(question.confidence)
    assert (complaint.disposition, question.disposition) == ("review", "route")
    assert strict.info.thresholds.review_of("complaint") == 0.95
    assert strict.info.thresholds.review_of("price_shopper") == strict.info.review_threshold


def test_every_other_label_keeps_a_message_from_being_routed(knowing: Classifier) -> None:
    words = [word for word, label in tiny_model.OTHER_VOTES.items() if label in OTHERS]

    assert all(understood.disposition != "route" for understood in knowing.classify(words))
