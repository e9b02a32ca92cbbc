from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.training.conftest import RECIPES
from tests.training.data.spans.entity_corpus import entity_messages
from training.data.corpus import CORPUS, CorpusError, read_lines
from training.data.spans.messages import (
    FOLDER,
    MARKED,
    SETS,
    SpanMessage,
    SpanSplit,
    read_span_messages,
    split_spans,
)
from training.data.spans.setting import names_of_tests
from training.recipe import EntityRecipe, load_entity_recipe


@pytest.fixture(scope="module")
def recipe() -> EntityRecipe:
    return load_entity_recipe(RECIPES / "entities.toml")


@pytest.fixture(scope="module")
def messages() -> tuple[SpanMessage, ...]:
    return entity_messages()


@pytest.fixture(scope="module")
def split(messages: tuple[SpanMessage, ...], recipe: EntityRecipe) -> SpanSplit:
    return split_spans(messages, recipe.data, recipe.seed)


def test_every_line_of_the_entity_files_is_read(messages: tuple[SpanMessage, ...]) -> None:
    for name in SETS:
        lines = read_lines(CORPUS / FOLDER / f"{name}.tsv")
        assert sum(message.source == name for message in messages) == len(lines), name


def test_a_message_with_a_value_written_out_is_left_out(messages: tuple[SpanMessage, ...]) -> None:
    others = [message for message in messages if message.source not in SETS]
    assert not [message for message in others if "$4" in message.text or "Dr. Smith" in message.text]


def test_a_tenth_of_the_entity_files_is_in_spanish(messages: tuple[SpanMessage, ...]) -> None:
    own = [message for message in messages if message.writer in ("entities", "identifiers")]
    assert 0.07 < sum(message.language == "es" for message in own) / len(own) < 0.14


def test_nothing_of_a_writer_who_is_held_out_is_trained_on(split: SpanSplit, recipe: EntityRecipe) -> None:
    held_out = set(recipe.data.validation_writers)
    assert held_out.isdisjoint({message.writer for message in [*split.train, *split.stopping]})
    assert held_out <= {message.writer for message in split.validation}


def test_no_line_is_in_two_parts(split: SpanSplit) -> None:
    train, stopping, validation = (
        {message.text for message in part} for part in (split.train, split.stopping, split.validation)
    )
    assert not train & stopping
    assert not train & validation
    assert not stopping & validation


def test_validation_has_messages_with_and_without_values_in_both_languages(split: SpanSplit) -> None:
    assert {(message.has_slots, message.language) for message in split.validation} >= {
        (True, "en"), (True, "es"), (False, "en"), (False, "es"),
    }  # fmt: skip


def test_a_writer_who_wrote_nothing_cannot_be_held_out(messages: tuple[SpanMessage, ...], recipe: EntityRecipe) -> None:
    data = recipe.data.model_copy(update={"validation_writers": ("nobody",)})
    with pytest.raises(CorpusError, match="no messages by nobody"):
        split_spans(messages, data, 0)


def test_marked_lines_have_a_language_of_their_own(messages: list[SpanMessage]) -> None:
    marked = [message for message in messages if message.source in MARKED]
    assert {message.language for message in marked} == {"en", "es"}
    assert {message.channel for message in marked} == {"sms", "voicemail", "chat", "web_form", "email"}
    assert 0.5 < sum(message.has_slots for message in marked) / len(marked) < 1


def test_look_alikes_have_no_value(messages: list[SpanMessage]) -> None:
    assert not [message for message in messages if message.source in ("lookalikes", "near") and message.has_slots]


def test_no_marked_name_is_one_of_the_tests(messages: list[SpanMessage]) -> None:
    unseen = names_of_tests(CORPUS)
    marked = [message for message in messages if message.source in MARKED]
    names = [name for message in marked for name in re.findall(r"\[\[NAME\|(.*?)\]\]", message.text)]
    assert not {word for name in names for word in re.findall(r"[^\s,.]+", name.casefold())} & unseen


def test_a_line_with_a_column_too_many_is_named(tmp_path: Path, corpus: Path) -> None:
    (corpus / FOLDER).mkdir()
    (corpus / FOLDER / "dense.tsv").write_text("dental\tsms\thello\tthere\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"dense.tsv:1 has 4 columns, expected 3"):
        read_span_messages(corpus)
