from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer

from classifier.understanding import LABELS
from tests.training.conftest import third_party_warnings_ignored
from training.data.corpus import CorpusMessage

if TYPE_CHECKING:
    import torch

    from training.data.dataset import UNKNOWN, Collate, FixedMessages, FreshMessages, load_tokenizer, truncate_ids

MESSAGES = [
    CorpusMessage("{full_name} would like to be seen", "new_patient_inquiry", "dental", "sms", "intents"),
    CorpusMessage(
        "a bill for {amount} from {date}, why? " * 10, "billing_inquiry", "dental", "email", "intents", urgent=False
    ),
]


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    """Import these where the tests run: they take seconds, and every test process collects this module."""
    global torch, UNKNOWN, Collate, FixedMessages, FreshMessages, load_tokenizer, truncate_ids
    with third_party_warnings_ignored():
        import torch

        from training.data.dataset import UNKNOWN, Collate, FixedMessages, FreshMessages, load_tokenizer, truncate_ids


@pytest.fixture(scope="module")
def tokenizer(compact_base: Path) -> Tokenizer:
    return load_tokenizer(compact_base)


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


def test_an_example_is_the_text_s_tokens_and_what_is_known_of_it(tokenizer: Tokenizer) -> None:
    messages = fresh(tokenizer)
    assert messages[0]["input_ids"] == tokenizer.encode(messages.text(0)).ids
    assert LABELS[messages[0]["label"]] == "new_patient_inquiry"
    assert messages[0]["urgent"] == UNKNOWN
    assert messages[1]["urgent"] == 0


def test_what_nobody_has_said_is_unknown(tokenizer: Tokenizer) -> None:
    unlabelled = CorpusMessage("cannot breathe", None, "dental", "sms", "urgency", urgent=True)
    example = FixedMessages([unlabelled], tokenizer, seed=1, max_tokens=64)[0]
    assert (example["label"], example["urgent"]) == (UNKNOWN, 1)


def test_a_message_takes_its_own_row_of_what_the_teacher_said(tokenizer: Tokenizer) -> None:
    said = np.arange(24, dtype=np.float32).reshape(2, 12)
    messages = FreshMessages(MESSAGES, tokenizer, seed=1, noise=0.5, max_tokens=64, teacher=said)
    assert np.array_equal(messages[1]["teacher"], said[1])
    assert "teacher" not in fresh(tokenizer)[0]


def test_a_sentencepiece_checkpoint_gives_a_tokenizer_of_the_same_kind(tiny_deberta: Path) -> None:
    with third_party_warnings_ignored():
        tokenizer = load_tokenizer(tiny_deberta)
    tokens = tokenizer.encode("complaint to dental").tokens
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert "".join(tokens[1:-1]).replace("▁", " ").strip() == "complaint to dental"
    assert tokenizer.truncation is None
    assert tokenizer.padding is None


def test_a_long_message_is_cut_and_keeps_its_closing_token(tokenizer: Tokenizer) -> None:
    ids = fresh(tokenizer)[1]["input_ids"]
    assert len(ids) == 64
    assert tokenizer.id_to_token(ids[-1]) == "[SEP]"
    assert truncate_ids([1, 2, 3], 3) == [1, 2, 3]


def test_validation_messages_never_change_and_come_longest_first(tokenizer: Tokenizer) -> None:
    first, second = (FixedMessages(MESSAGES, tokenizer, seed=1, max_tokens=64) for _ in range(2))
    assert [first[0], first[1]] == [second[0], second[1]]
    assert len(first) == 2
    assert len(first[0]["input_ids"]) > len(first[1]["input_ids"])


def test_a_batch_is_padded_to_its_longest_message() -> None:
    said = np.ones(12, dtype=np.float32)
    batch = Collate(9)(
        [
            {"input_ids": [5, 6], "label": 0, "urgent": UNKNOWN, "teacher": said},
            {"input_ids": [7, 8, 9], "label": UNKNOWN, "urgent": 1, "teacher": 2 * said},
        ]
    )
    assert torch.equal(batch["input_ids"], torch.tensor([[5, 6, 9], [7, 8, 9]]))
    assert torch.equal(batch["attention_mask"], torch.tensor([[1, 1, 0], [1, 1, 1]]))
    assert torch.equal(batch["labels"], torch.tensor([[0, UNKNOWN], [UNKNOWN, 1]]))
    assert torch.equal(batch["teacher"], torch.stack([torch.ones(12), 2 * torch.ones(12)]))
