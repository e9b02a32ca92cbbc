"""Text in, understanding out."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import INTENTS, Classifier, Understanding, decide_disposition
from intake.vocabulary import DangerKind, Disposition, TriageLevel
from tests.classifier import tiny_model
from tests.classifier.hostile import HOSTILE_TEXTS

# Lone surrogates included, which hypothesis leaves out of text by default.
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


def assert_well_formed(understood: Understanding) -> None:
    assert understood.intent in INTENTS
    assert set(understood.probabilities) == set(INTENTS)
    assert math.isclose(sum(understood.probabilities.values()), 1, abs_tol=1e-9)
    assert all(0 <= probability <= 1 for probability in understood.probabilities.values())
    assert 0 <= understood.confidence <= 1
    assert understood.needs_review == (understood.disposition == "review")
    assert understood.acknowledgement == (understood.disposition == "acknowledgement")
    assert not (understood.urgent and understood.acknowledgement)
    assert (understood.danger is not None) == understood.urgent == (understood.triage is TriageLevel.EMERGENCY)
    assert understood.intent not in [mention.intent for mention in understood.also]


@pytest.mark.parametrize(("word", "intent"), tiny_model.VOTES.items())
def test_the_most_probable_intent_wins(tiny: Classifier, word: str, intent: str) -> None:
    (understood,) = tiny.classify([f"filler {word} filler"])

    assert understood.intent == intent
    assert understood.confidence == understood.probabilities[intent] == max(understood.probabilities.values())
    assert understood.model_version == "0123456789ab"


def test_probabilities_are_the_softmax_of_the_logits(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["bill"])

    assert understood.confidence == pytest.approx(math.exp(4) / (math.exp(4) + 6))


def test_the_temperature_divides_the_logits(tmp_path: Path) -> None:
    warm = Classifier.load(tiny_model.write(tmp_path, temperature=2.0))

    (understood,) = warm.classify(["bill"])

    assert understood.confidence == pytest.approx(math.exp(2) / (math.exp(2) + 6))


def test_answers_come_in_the_order_of_the_texts_whatever_their_lengths(tiny: Classifier) -> None:
    words = list(tiny_model.VOTES)
    lengths = [(37 * number) % 61 for number in range(100)]
    texts = [f"{'filler ' * length}{words[number % len(words)]}" for number, length in enumerate(lengths)]

    understood = tiny.classify(texts)

    # A long text's one vote is diluted by its other windows, but stays the largest.
    assert [entry.intent for entry in understood] == [
        tiny_model.VOTES[words[number % len(words)]] for number in range(100)
    ]


def test_a_text_is_understood_the_same_alone_and_among_others(tiny: Classifier) -> None:
    texts = ["bill", "filler " * 12 + "price", "new book", "swelling " + "filler " * 40]

    assert tiny.classify(texts) == [tiny.classify([text])[0] for text in texts]


def test_no_texts_give_no_answers(tiny: Classifier) -> None:
    assert tiny.classify([]) == []


def test_many_threads_may_share_one_classifier(tiny: Classifier) -> None:
    texts = [f"{'filler ' * (number % 9)}{word}" for number, word in enumerate([*tiny_model.VOTES] * 20)]
    expected = tiny.classify(texts)

    with ThreadPoolExecutor(8) as threads:
        answers = [answer for (answer,) in threads.map(lambda text: tiny.classify([text]), texts)]

    assert answers == expected


def test_a_confident_message_is_routed(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["bill"])

    assert (understood.disposition, understood.needs_review) == ("route", False)


def test_a_message_below_the_models_threshold_goes_to_review(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["bill price"])

    assert understood.confidence < tiny.info.review_threshold
    assert (understood.disposition, understood.needs_review) == ("review", True)


def test_an_acknowledgement_needs_no_review_however_unsure_the_model_is(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["ok thanks!"])

    assert understood.confidence < tiny.info.review_threshold
    assert understood.acknowledgement
    assert (understood.disposition, understood.needs_review) == ("acknowledgement", False)


def test_an_emergency_is_never_an_acknowledgement(tiny: Classifier) -> None:
    # A telephone's "like" quotes what it likes; by itself it is an acknowledgement.
    liked, quoted = tiny.classify(['Liked "See you Monday"', 'Liked "I can\'t breathe"'])

    assert liked.acknowledgement
    assert (quoted.urgent, quoted.acknowledgement, quoted.disposition) == (True, False, "review")


def test_a_network_without_triage_leaves_it_to_the_danger_signs(tiny: Classifier) -> None:
    calm, dangerous = tiny.classify(["bill", "bill, and i cant breathe"])

    assert (calm.triage, calm.danger) == (TriageLevel.ROUTINE, None)
    assert (dangerous.triage, dangerous.danger) == (TriageLevel.EMERGENCY, DangerKind.OTHER)
    assert (dangerous.intent, dangerous.disposition) == ("billing_inquiry", "route")


def test_a_network_of_intents_alone_says_english_and_nothing_else(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["hola bill besides"])

    assert (understood.language, understood.praise, understood.also) == ("en", False, ())


@pytest.mark.parametrize("text", ["", "  \n\t ", "\x00", "\u200b", "😭🤮", "zzzz qqqq"])
def test_a_text_with_nothing_to_read_goes_to_review_with_no_confidence(tiny: Classifier, text: str) -> None:
    (understood,) = tiny.classify([text])

    assert understood.confidence == 0
    assert set(understood.probabilities.values()) == {1 / len(INTENTS)}
    assert understood.disposition == "review"
    assert (understood.triage, understood.language) == (TriageLevel.ROUTINE, "en")


def test_a_danger_in_words_that_the_network_cannot_read_is_an_emergency(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["i cant breathe"])

    assert understood.confidence == 0
    assert (understood.triage, understood.danger) == (TriageLevel.EMERGENCY, DangerKind.OTHER)
    assert understood.disposition == "review"


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_a_hostile_text_is_understood_like_any_other(tiny: Classifier, text: str) -> None:
    understood, neighbour = tiny.classify([text, "bill"])

    assert_well_formed(understood)
    assert neighbour.intent == "billing_inquiry"


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_whatever_breaks_it(tiny: Classifier, text: str) -> None:
    assert_well_formed(*tiny.classify([text]))


@settings(max_examples=25, deadline=None)
@given(st.lists(ANY_TEXT, max_size=5))
def test_no_mixture_of_texts_breaks_it(tiny: Classifier, texts: list[str]) -> None:
    understood = tiny.classify(texts)

    assert len(understood) == len(texts)
    for entry in understood:
        assert_well_formed(entry)


def test_an_understanding_cannot_be_changed(tiny: Classifier) -> None:
    (understood,) = tiny.classify(["bill"])

    with pytest.raises(dataclasses.FrozenInstanceError):
        understood.intent = "complaint"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("label", "acknowledgement", "person", "fitting", "understood", "expected"),
    [
        ("complaint", False, False, True, True, Disposition.ROUTE),
        ("complaint", False, False, True, False, Disposition.REVIEW),
        ("complaint", False, False, False, True, Disposition.OUT_OF_SCOPE),
        ("out_of_scope", False, False, True, True, Disposition.OUT_OF_SCOPE),
        ("praise", False, False, False, False, Disposition.OUT_OF_SCOPE),
        ("person", False, False, False, False, Disposition.REVIEW),
        ("person", False, True, True, True, Disposition.PERSON),
        ("acknowledgement", False, False, False, False, Disposition.REVIEW),
        ("acknowledgement", True, False, True, True, Disposition.ACKNOWLEDGEMENT),
        ("person", True, True, True, True, Disposition.ACKNOWLEDGEMENT),
    ],
)
def test_no_answer_needed_comes_first_then_a_person_then_whether_an_intent_fits(
    label: str, acknowledgement: bool, person: bool, fitting: bool, understood: bool, expected: Disposition
) -> None:
    decided = decide_disposition(
        label=label, acknowledgement=acknowledgement, person=person, fitting=fitting, understood=understood
    )

    assert decided is expected
