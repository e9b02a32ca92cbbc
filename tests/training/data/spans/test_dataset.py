from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tokenizers import Tokenizer

from classifier.entities.labels import KINDS, LABELS
from classifier.entities.spans import Span, trim_span
from classifier.network.model_bundle import DEFAULT_FOLDER
from intake.vocabulary import EntityKind
from tests.training.conftest import RECIPES
from tests.training.data.spans.entity_corpus import entity_messages
from tests.training.lazy import Lazy
from training.data.spans.messages import SpanMessage, split_spans
from training.recipe import load_entity_recipe

if TYPE_CHECKING:
    from training.data.spans.dataset import CollateSpans, FreshSpans, example_of, label_tokens, render_fixed
else:
    CollateSpans = Lazy("training.data.spans.dataset", "CollateSpans")
    FreshSpans = Lazy("training.data.spans.dataset", "FreshSpans")
    example_of = Lazy("training.data.spans.dataset", "example_of")
    label_tokens = Lazy("training.data.spans.dataset", "label_tokens")
    render_fixed = Lazy("training.data.spans.dataset", "render_fixed")

DATA = load_entity_recipe(RECIPES / "entities.toml").data


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    loaded = Tokenizer.from_file(str(DEFAULT_FOLDER / "tokenizer.json"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def labels_of(text: str, spans: list[Span], tokenizer: Tokenizer) -> list[str]:
    encoding = tokenizer.encode(text)
    return [LABELS[label] for label in label_tokens(encoding, text, spans) if label >= 0]


def test_the_first_token_of_a_value_is_told_from_those_after_it(tokenizer: Tokenizer) -> None:
    labels = labels_of("hi Maria, 4/12", [(3, 8, EntityKind.NAME), (10, 14, EntityKind.DATE)], tokenizer)
    assert labels == ["O", "B-NAME", "O", "B-DATE", "I-DATE", "I-DATE", "I-DATE"][: len(labels)]


def test_two_values_side_by_side_are_two(tokenizer: Tokenizer) -> None:
    labels = labels_of("4/12 4/13", [(0, 4, EntityKind.DATE), (5, 9, EntityKind.DATE)], tokenizer)
    assert labels.count("B-DATE") == 2


def test_labels_lead_back_to_nearly_every_value(tokenizer: Tokenizer) -> None:
    messages = [message for message in entity_messages() if message.source == "dense"][:300]
    lost = total = 0
    for text, spans in render_fixed(messages, 3):
        encoding = tokenizer.encode(text)
        found: list[list[int]] = []
        for (start, end), label in zip(encoding.offsets, label_tokens(encoding, text, spans), strict=True):
            if label > 0 and label % 2:
                found.append([start, end, (label - 1) // 2])
            elif label > 0:
                found[-1][1] = end
        back = {(*trim_span(text, start, end, KINDS[kind]), KINDS[kind]) for start, end, kind in found}
        lost += len(set(spans) - back)
        total += len(spans)
    assert lost / total < 0.01


def test_a_long_text_becomes_a_window_with_both_special_tokens(tokenizer: Tokenizer) -> None:
    text = "Maria said " * 50
    for start in (0.0, 0.5, 1.0):
        example = example_of(text, [(0, 5, EntityKind.NAME)], tokenizer, 20, start)
        whole = tokenizer.encode(text).ids
        assert len(example["input_ids"]) == len(example["labels"]) == 20
        assert (example["input_ids"][0], example["input_ids"][-1]) == (whole[0], whole[-1])
        assert (example["labels"][0], example["labels"][-1]) == (-100, -100)


def test_a_message_has_other_values_in_each_epoch_and_the_same_ones_when_it_is_read_again(
    tokenizer: Tokenizer,
) -> None:
    fresh = FreshSpans([SpanMessage("I am {full_name}", "sms", "en", "w", "s")], tokenizer, DATA, 1)
    first = fresh[0]
    assert fresh[0] == first
    fresh.epoch = 1
    assert fresh[0] != first


def test_the_shipped_recipe_shows_only_known_slots(tokenizer: Tokenizer) -> None:
    split = split_spans(entity_messages(), DATA, 1)
    fresh = FreshSpans(split.train[:200], tokenizer, DATA, 1)
    assert all(len(fresh[index]["input_ids"]) <= DATA.max_tokens for index in range(200))


def test_a_batch_is_padded_with_tokens_that_have_no_label() -> None:
    batch = CollateSpans(0)([{"input_ids": [5, 6, 7], "labels": [-100, 1, -100]}, {"input_ids": [5], "labels": [0]}])
    assert batch["labels"].tolist() == [[-100, 1, -100], [0, -100, -100]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
