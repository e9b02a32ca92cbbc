"""Older reviews are learned from, the most recent ones are compared on, and a name keeps a message out of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from classifier.outputs import LABELS, LANGUAGES
from intake.review_archive import Reviewed
from intake.vocabulary import Intent, Language
from training.data.corpus import CorpusMessage
from training.data.splitting import Split
from training.data.targets import UNKNOWN, targets_of
from training.refresh.mixing import mix_reviews
from training.refresh.names import NameList
from training.refresh.settings import RefreshError, Reviews

CORPUS = Split(
    [
        CorpusMessage(f"will you send a bill, {{full_name}} {number}", "billing_inquiry", "", "sms", "x")
        for number in range(5)
    ],
    [CorpusMessage("a visit", "appointment_request", "", "sms", "x")],
    [CorpusMessage("a price", "price_shopper", "", "sms", "x")],
)
HOW = Reviews(minimum=4, held_out=0.25, repeats=3)


def reviewed(text: str, day: int, language: Language | None = Language.EN, chance: float | None = 1.0) -> Reviewed:
    moment = datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day)
    return Reviewed(
        text=text, intent=Intent.COMPLAINT, channel="sms", decided_at=moment, language=language, chance=chance
    )


def test_the_most_recent_are_held_out_and_the_others_are_read_repeatedly() -> None:
    mixture = mix_reviews(CORPUS, [reviewed(f"number {'abcdefgh'[day]}", day) for day in (5, 0, 7, 3, 1, 2, 6, 4)], HOW)

    assert [message.text for message in mixture.recent] == ["number g", "number h"]
    assert [message.text for message in mixture.older] == [f"number {letter}" for letter in "abcdef"]
    assert len(mixture.split.train) == len(CORPUS.train) + 3 * 6
    assert (mixture.split.validation, mixture.split.stopping) == (CORPUS.validation, CORPUS.stopping)
    assert {message.label for message in mixture.older} == {"complaint"}


def test_nothing_is_compared_on_that_was_learned() -> None:
    mixture = mix_reviews(CORPUS, [reviewed(text, day) for day, text in enumerate(("one", "two", "three", "one"))], HOW)

    assert mixture.recent == []


def test_a_review_teaches_its_language_and_its_intent_and_nothing_that_nobody_looked_for() -> None:
    reviews = [reviewed("la cuenta", day, Language.ES) for day in range(4)]

    [learned, *_] = mix_reviews(CORPUS, reviews, HOW).older

    label, language, level, *_, new, question, visit, bill, clinical, complaint, price = targets_of(learned)
    assert (LABELS[label], LANGUAGES[language], level, complaint) == ("complaint", "es", UNKNOWN, 1)
    assert {new, question, visit, bill, clinical, price} == {UNKNOWN}


def test_a_review_of_an_older_file_teaches_no_language_and_is_not_compared_on() -> None:
    mixture = mix_reviews(CORPUS, [reviewed(f"number {'abcd'[day]}", day, None, None) for day in range(4)], HOW)

    assert (len(mixture.older), mixture.recent) == (4, [])
    assert {targets_of(message)[1] for message in mixture.older} == {UNKNOWN}


def test_each_message_to_compare_on_stands_for_as_many_as_could_have_been_reviewed_in_its_place() -> None:
    rare, common = reviewed("rare", 8, chance=0.05), reviewed("common", 9, chance=1.0)

    mixture = mix_reviews(CORPUS, [*(reviewed(f"number {day}", day) for day in range(6)), rare, common], HOW)

    assert ([message.text for message in mixture.recent], mixture.weights) == (["rare", "common"], [20.0, 1.0])


def test_too_few_are_refused_with_how_many_there_are() -> None:
    with pytest.raises(
        RefreshError, match="3 reviewed messages may be used for training, and 4 are needed: review more"
    ):
        mix_reviews(CORPUS, [reviewed(f"number {day}", day) for day in range(3)], HOW)


def test_a_message_with_a_name_in_any_case_is_left_out() -> None:
    reviews = [reviewed(f"still waiting {'abcd'[day]}", day) for day in range(4)]

    mixture = mix_reviews(CORPUS, [*reviews, reviewed("svetlana or jennifers bill", 9)], HOW)

    assert mixture.left_out == 1
    assert len(mixture.older) + len(mixture.recent) == 4


@pytest.mark.parametrize("text", ["jennifer was rude", "JENNIFER was rude", "jennifers bill", "for garcía"])
def test_names_are_known_however_they_are_written(text: str) -> None:
    assert NameList(CORPUS.train).names_somebody(text)


@pytest.mark.parametrize("text", ["will you call", "{full_name} was rude", "my bill"])
def test_a_word_that_the_corpus_uses_often_names_nobody(text: str) -> None:
    assert not NameList(CORPUS.train).names_somebody(text)
