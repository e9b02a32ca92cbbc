from __future__ import annotations

import pytest
import torch
from tokenizers import Tokenizer

from classifier import INTENTS
from training.corpus import Message
from training.dataset import FixedMessages, FreshMessages, collate, load_tokenizer, truncated
from training.recipe import Recipe

MESSAGES = [
    Message("{full_name} would like to be seen", "new_patient_inquiry", "dental", "sms", "intents"),
    Message("a bill for {amount} from {date}, why? " * 10, "billing_inquiry", "dental", "email", "intents"),
]


@pytest.fixture(scope="module")
def tokenizer(compact: Recipe) -> Tokenizer:
    return load_tokenizer(compact.base)


def fresh(tokenizer: Tokenizer) -> FreshMessages:
    return FreshMessages(MESSAGES, tokenizer, seed=1, noise=0.5, max_tokens=64)


def test_the_tokenizer_neither_cuts_nor_pads(tokenizer: Tokenizer) -> None:
    assert tokenizer.truncation is None
    assert tokenizer.padding is None
    assert len(tokenizer.encode("word " * 900).ids) == 902


def test_every_epoch_has_fresh_values_and_a_resumed_one_has_the_same(tokenizer: Tokenizer) -> None:
    messages, resumed = fresh(tokenizer), fresh(tokenizer)
    epochs = []
    for epoch in range(3):
        messages.epoch = epoch
        epochs.append([messages.text(index) for index in range(2)])
    assert len({texts[0] for texts in epochs}) == len({texts[1] for texts in epochs}) == 3
    resumed.epoch = 2
    assert [resumed.text(index) for index in range(2)] == epochs[2]


def test_an_example_is_the_text_s_tokens_and_the_intent_s_index(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer)
    assert messages[0]["input_ids"] == tokenizer.encode(messages.text(0)).ids
    assert INTENTS[messages[0]["labels"]] == "new_patient_inquiry"


def test_a_long_message_is_cut_and_keeps_its_closing_token(tokenizer: Tokenizer) -> None:
    ids = fresh(tokenizer)[1]["input_ids"]
    assert len(ids) == 64
    assert tokenizer.id_to_token(ids[-1]) == "[SEP]"
    assert truncated([1, 2, 3], 3) == [1, 2, 3]


def test_validation_messages_never_change_and_come_longest_first(tokenizer: Tokenizer) -> None:
    first, second = (FixedMessages(MESSAGES, tokenizer, seed=1, max_tokens=64) for _ in range(2))
    assert [first[0], first[1]] == [second[0], second[1]]
    assert len(first) == 2
    assert len(first[0]["input_ids"]) > len(first[1]["input_ids"])


def test_a_batch_is_padded_to_its_longest_message() -> None:
    batch = collate([{"input_ids": [5, 6], "labels": 0}, {"input_ids": [7, 8, 9], "labels": 3}])
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 0], [7, 8, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 0], [1, 1, 1]]))
    assert torch.equal(batch["labels"], torch.tensor([0, 3]))
