"""Whole writers are held out for validation; a small stratified part of the others selects the checkpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.training.data.whole_corpus import corpus_messages
from training.data.corpus import CorpusError, CorpusMessage
from training.data.splitting import Split, read_split, split_corpus, validation_intents
from training.recipe import Data, Recipe

STRANGERS = ("crossing", "depot", "harbor", "plaza", "quarry", "ribera", "vega")


@pytest.fixture(scope="module")
def messages() -> list[CorpusMessage]:
    return corpus_messages()


def data(recipe: Recipe, **changes: object) -> Data:
    return recipe.data.model_copy(update={"stopping_fraction": 0.1, "validation_writers": STRANGERS} | changes)


@pytest.fixture(scope="module")
def split(messages: list[CorpusMessage], accurate: Recipe) -> Split:
    """The whole corpus, split."""
    return split_corpus(messages, data(accurate), seed=1)


def writers(part: list[CorpusMessage]) -> set[str]:
    return {message.writer for message in part}


def identities(part: list[CorpusMessage]) -> Counter[int]:
    return Counter(map(id, part))


def test_the_split_loses_and_repeats_nothing(messages: list[CorpusMessage], split: Split) -> None:
    assert identities(split.train + split.stopping + split.validation) == identities(messages)


def test_nothing_of_a_held_out_writer_is_trained_on_or_selected_with(
    messages: list[CorpusMessage], split: Split
) -> None:
    assert writers(split.validation) == set(STRANGERS)
    assert writers(split.train + split.stopping).isdisjoint(STRANGERS)
    assert writers(split.train) | set(STRANGERS) == writers(messages)


def test_validation_is_everything_of_the_held_out_writers(messages: list[CorpusMessage], accurate: Recipe) -> None:
    split = split_corpus(messages, data(accurate, validation_writers=("harbor",)), seed=1)
    assert split.validation == [message for message in messages if message.writer == "harbor"]


def test_every_stratum_of_the_others_gives_its_share_to_the_stopping_part(
    messages: list[CorpusMessage], split: Split
) -> None:
    def strata(part: list[CorpusMessage]) -> Counter[tuple[str, ...]]:
        return Counter(
            (str(m.label), str(m.level), m.practice or m.kind)
            for m in part
            if m.topic is None and m.writer not in STRANGERS
        )

    kept = strata(split.stopping)
    shares = {stratum: round(count * 0.1) for stratum, count in strata(messages).items()}
    assert kept == {stratum: count for stratum, count in shares.items() if count}


def test_messages_of_one_topic_stay_together(split: Split) -> None:
    train, stopping, validation = (
        {message.topic for message in part} - {None} for part in (split.train, split.stopping, split.validation)
    )
    assert not train & stopping
    assert not (train | stopping) & validation
    assert len(stopping) == round(0.1 * len(train | stopping))


def test_without_held_out_writers_validation_is_the_stopping_part(
    messages: list[CorpusMessage], accurate: Recipe
) -> None:
    split = split_corpus(messages, data(accurate, validation_writers=()), seed=1)
    assert split.validation == split.stopping
    assert identities(split.train + split.stopping) == identities(messages)
    assert {"harbor", "recipe"} <= writers(split.validation)


def test_the_split_depends_on_the_seed_alone(messages: list[CorpusMessage], accurate: Recipe, split: Split) -> None:
    again, other = (split_corpus(messages, data(accurate), seed=seed) for seed in (1, 2))
    assert split == again
    assert split.stopping != other.stopping
    assert split.validation == other.validation


def test_a_writer_that_the_corpus_does_not_have_is_refused_by_name(corpus: Path, accurate: Recipe) -> None:
    recipe = accurate.model_copy(update={"data": data(accurate, validation_writers=("harbor", "nobody", "nowhere"))})
    with pytest.raises(CorpusError, match=r"no messages by nobody, nowhere: correct data\.validation_writers"):
        read_split(recipe, corpus)


def test_a_writer_who_is_repeated_is_read_as_often_as_the_recipe_says(
    messages: list[CorpusMessage], accurate: Recipe, split: Split
) -> None:
    more = split_corpus(messages, data(accurate, repeats={"kiln": 3}), seed=1)
    assert identities(more.train) == Counter(
        {id(message): 3 if message.writer == "kiln" else 1 for message in split.train}
    )
    assert (more.stopping, more.validation) == (split.stopping, split.validation)


@pytest.mark.parametrize("writer", ["nobody", "harbor"])
def test_a_writer_who_is_not_trained_on_is_not_repeated(
    messages: list[CorpusMessage], accurate: Recipe, writer: str
) -> None:
    with pytest.raises(CorpusError, match=rf"no messages by {writer} to train on: correct data\.repeats"):
        split_corpus(messages, data(accurate, repeats={writer: 2}), seed=1)


def test_a_corpus_that_does_not_say_who_wrote_it_has_nobody_to_hold_out(corpus: Path, accurate: Recipe) -> None:
    (corpus / "writers.toml").unlink()
    with pytest.raises(CorpusError, match="no messages by crossing, depot, harbor, plaza, quarry, ribera, vega"):
        read_split(accurate, corpus)


def test_a_network_of_intents_alone_learns_from_messages_with_an_intent(corpus: Path, accurate: Recipe) -> None:
    changed = data(accurate, screens=False, validation_writers=("harbor",))
    split = read_split(accurate.model_copy(update={"data": changed}), corpus)
    assert None not in {message.label for message in split.train + split.validation}
    assert not {"out_of_scope", "person", "praise"} & {message.label for message in split.train}
    assert len(split.validation) == 8


def test_thresholds_need_validation_messages_with_an_intent(corpus: Path) -> None:
    spam, bill = (CorpusMessage("", label, "", "sms", "x") for label in ("out_of_scope", "billing_inquiry"))
    assert validation_intents(Split([], [spam, bill]), corpus) == [bill]
    with pytest.raises(CorpusError, match="leaves no message with an intent for validation"):
        validation_intents(Split([], [spam]), corpus)


def test_the_shipped_recipe_is_validated_on_every_intent_level_and_language(
    messages: list[CorpusMessage], accurate: Recipe
) -> None:
    assert accurate.data.screens, "it would learn from a part of the messages"
    validation = split_corpus(messages, accurate.data, accurate.seed).validation
    assert len({message.label for message in validation}) == 11
    assert len({message.level for message in validation}) == 3
    assert {message.language for message in validation} == {"en", "es"}
