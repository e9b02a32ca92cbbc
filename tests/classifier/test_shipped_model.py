"""The model in the package, on the messages that every release must understand and those that break programs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Classifier
from classifier.network.check import KNOWN_MESSAGES
from classifier.outputs import ALL_COLUMNS
from intake.vocabulary import DangerKind, TriageLevel
from tests.classifier.hostile import HOSTILE_TEXTS
from tests.classifier.test_classify import ANY_TEXT, assert_well_formed


@pytest.mark.parametrize(("message", "intent"), KNOWN_MESSAGES)
def test_known_messages_are_understood(classifier: Classifier, message: str, intent: str) -> None:
    (understood,) = classifier.classify([message])

    assert understood.intent == intent


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("Can I move my cleaning from Tuesday to Thursday morning?", "appointment_request"),
        ("How much do you charge for a crown without insurance?", "price_shopper"),
        ("The receptionist was rude to me and hung up. I want to speak to the manager.", "complaint"),
        ("Did my lab results come back yet? I was seen last week.", "existing_patient_question"),
    ],
)
def test_a_plain_message_of_each_other_intent_is_understood(classifier: Classifier, message: str, intent: str) -> None:
    (understood,) = classifier.classify([message])

    assert understood.intent == intent


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("¿Puedo cambiar mi limpieza del martes al jueves por la mañana?", "appointment_request"),
        ("¿Cuánto cuesta una corona sin seguro?", "price_shopper"),
        ("La recepcionista fue muy grosera conmigo y me colgó. Quiero hablar con el gerente.", "complaint"),
        ("Me llegó una factura de $382 por mi visita del 12 de abril, ¿por qué tanto?", "billing_inquiry"),
    ],
)
def test_a_plain_message_in_spanish_is_understood(classifier: Classifier, message: str, intent: str) -> None:
    (understood,) = classifier.classify([message])

    assert (understood.intent, understood.language) == (intent, "es")


@pytest.mark.parametrize(
    ("message", "danger"),
    [
        ("I can't breathe and my lips are turning blue", DangerKind.OTHER),
        ("i want to kill myself tonight, please cancel my cleaning", DangerKind.SELF_HARM),
        ("my toddler just drank bleach from under the sink", DangerKind.INGESTION),
    ],
)
def test_a_plain_emergency_is_one_of_its_kind(classifier: Classifier, message: str, danger: DangerKind) -> None:
    (understood,) = classifier.classify([message])

    assert (understood.triage, understood.danger) == (TriageLevel.EMERGENCY, danger)


@pytest.mark.parametrize(
    "message",
    [
        "la verdad ya me da igual, ayer me hice daño en las piernas y me da pena que la doctora las vea el jueves",
        "thank you all so much for being kind to me. I cut my arm again",
        "ok thanks. been cutting again",
    ],
)
def test_a_plain_danger_is_never_praise_thanks_or_out_of_scope(classifier: Classifier, message: str) -> None:
    (understood,) = classifier.classify([message])

    assert (understood.triage, understood.danger) == (TriageLevel.EMERGENCY, DangerKind.SELF_HARM)
    assert understood.disposition in ("route", "review")
    assert not understood.praise


@pytest.mark.parametrize(
    ("message", "language"), [("no, fiebre no", "es"), ("no, no respira mal", "es"), ("no fever", "en")]
)
def test_a_mere_denial_is_routine_and_in_its_own_language(classifier: Classifier, message: str, language: str) -> None:
    (understood,) = classifier.classify([message])

    assert (understood.triage, understood.language) == (TriageLevel.ROUTINE, language)


@pytest.mark.parametrize(
    ("message", "disposition"),
    [
        ("ok thank you!", "acknowledgement"),
        ("👍", "acknowledgement"),
        ("Thank you for the help", "acknowledgement"),
        ("gracias por su ayuda", "acknowledgement"),
        ("Thanks, Help Me", "review"),
        ("Thanks. SOS", "review"),
        ("gracias ayúdenme", "review"),
        ("Thanks, Farewell", "review"),
        ("Can I please just talk to a real person?", "person"),
        ("We offer SEO services that will put your website on page one of Google. Reply for a free audit!",
         "out_of_scope"),
    ],
)  # fmt: skip
def test_a_plain_message_without_an_intent_is_not_routed(
    classifier: Classifier, message: str, disposition: str
) -> None:
    (understood,) = classifier.classify([message])

    assert understood.disposition == disposition


@pytest.mark.parametrize(
    "text",
    [
        "Xin chào, tôi muốn đặt lịch hẹn khám răng tuần sau",
        "Здравствуйте, принимаете ли вы новых пациентов?",
        "您好，请问你们接受新病人吗？",
        "Magandang araw, tumatanggap po ba kayo ng bagong pasyente?",
    ],
)
def test_a_language_that_is_neither_english_nor_spanish_is_left_to_a_person(classifier: Classifier, text: str) -> None:
    """Languages close to Spanish or English, such as French or Portuguese, are still taken for these."""
    (understood,) = classifier.classify([text])

    assert understood.language == "other"
    assert understood.disposition != "route"


@pytest.mark.parametrize(("before", "after"), [(60, 0), (60, 60), (0, 60)])
def test_a_concern_anywhere_in_a_long_ramble_is_not_averaged_away(
    classifier: Classifier, before: int, after: int
) -> None:
    ramble = "The weather was lovely on Sunday and my neighbour brought over some tomatoes from her garden. "
    concern = "Since the extraction my cheek is swollen, the socket smells and I have had a fever since last night. "

    (understood,) = classifier.classify([ramble * before + concern + ramble * after])

    assert understood.intent == "clinical_concern"


def test_what_it_says_of_itself(classifier: Classifier) -> None:
    info = classifier.info

    assert info.name == "intent"
    assert info.labels == ALL_COLUMNS
    assert list(info.thresholds) == list(info.confidences) == ["en", "es"]
    assert info.max_tokens == 256
    assert 0 < info.review_threshold < 1
    assert info.file_sizes["model.onnx"] < 40_000_000


def test_a_batch_agrees_with_single_readings(classifier: Classifier) -> None:
    texts = [message for message, _ in KNOWN_MESSAGES] * 3 + ["ok", "hello there"]

    together = classifier.classify(texts)

    for text, understood in zip(texts, together, strict=True):
        # Sums of another order round differently, and a rounded byte may be the next one.
        assert understood.confidence == pytest.approx(classifier.classify([text])[0].confidence, abs=0.01)


def test_threads_get_their_own_answers(classifier: Classifier) -> None:
    texts = [message for message, _ in KNOWN_MESSAGES] * 8
    expected = [classifier.classify([text]) for text in texts]

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda text: classifier.classify([text]), texts)) == expected


@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_hostile_text_is_understood_like_any_other(classifier: Classifier, text: str) -> None:
    assert_well_formed(*classifier.classify([text]))


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_no_text_whatever_breaks_it(classifier: Classifier, texts: list[str]) -> None:
    for understood in classifier.classify(texts):
        assert_well_formed(understood)


def test_bare_everyday_messages_hardly_ever_raise_an_alarm(classifier: Classifier) -> None:
    messages = Path(__file__).with_name("rules").joinpath("bare_messages.txt").read_text(encoding="utf-8").splitlines()

    raised = [text for text, read in zip(messages, classifier.classify(messages), strict=True) if read.urgent]

    assert len(raised) <= 0.02 * len(messages), raised
