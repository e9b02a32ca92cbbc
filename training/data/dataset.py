"""Messages as the Trainer reads them: rendered, noised and tokenised when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NotRequired, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.utils.data import Dataset
from transformers import AutoTokenizer

from classifier.understanding import LABELS
from training.data.corpus import CorpusMessage
from training.data.noise import add_noise
from training.data.rendering import render

UNKNOWN = -100
"""Stands for a label, or an urgency, that nobody has told; no loss is computed from it."""


class Example(TypedDict):
    """One message as a model reads it.

    Attributes:
        input_ids: Token ids, special tokens included.
        label: Index into `LABELS`, or `UNKNOWN`.
        urgent: 1, 0 or `UNKNOWN`.
        teacher: The teacher's logits, one for every output, where there is a teacher.
    """

    input_ids: list[int]
    label: int
    urgent: int
    teacher: NotRequired[NDArray[np.float32]]


def load_tokenizer(checkpoint: Path) -> Tokenizer:
    """Load a checkpoint's tokenizer, its truncation and padding taken off."""
    fast = checkpoint / "tokenizer.json"
    if fast.exists():
        tokenizer = Tokenizer.from_file(str(fast))
    else:
        loaded = AutoTokenizer.from_pretrained(checkpoint, use_fast=True)  # type: ignore[no-untyped-call]
        tokenizer = loaded.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def render_all(messages: Sequence[CorpusMessage], seed: int) -> list[str]:
    """Render every message once, without noise: the same texts for the same seed."""
    return [
        render(message.text, message.channel, Random(f"{seed}/{index}")).text  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def truncate_ids(token_ids: list[int], max_tokens: int) -> list[int]:
    """Cut a text's ids to at most `max_tokens`, its last special token kept."""
    return token_ids if len(token_ids) <= max_tokens else [*token_ids[: max_tokens - 1], token_ids[-1]]


def noisy_text(message: CorpusMessage, noise: float, rng: Random) -> str:
    """Render a message with values, and for a share `noise` of the draws with typing noise, of its own."""
    text = render(message.text, message.channel, rng).text
    return add_noise(text, message.channel, rng) if rng.random() < noise else text


class FreshMessages(Dataset[Example]):
    """Training messages with slot values and noise of their own in every epoch.

    What an item holds depends on the seed, the epoch and its index alone, so a run that was resumed reads
    what it would have read without the interruption.
    """

    def __init__(
        self,
        messages: Sequence[CorpusMessage],
        tokenizer: Tokenizer,
        *,
        seed: int,
        noise: float,
        max_tokens: int,
        teacher: NDArray[np.float32] | None = None,
    ) -> None:
        """Take the messages.

        Args:
            messages: What to train on.
            tokenizer: The model's tokenizer.
            seed: Where the values and the noise come from.
            noise: The share of the messages, from 0 to 1, that is read with typing noise.
            max_tokens: Longest input.
            teacher: The teacher's logits, a row a message.
        """
        self._messages = messages
        self._tokenizer = tokenizer
        self._seed = seed
        self._noise = noise
        self._max_tokens = max_tokens
        self._teacher = teacher
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._messages)

    def text(self, index: int) -> str:
        """Return the text of one message in this epoch."""
        rng = Random(f"{self._seed}/{self.epoch}/{index}")  # noqa: S311 - not a secret
        return noisy_text(self._messages[index], self._noise, rng)

    def __getitem__(self, index: int) -> Example:
        token_ids = truncate_ids(self._tokenizer.encode(self.text(index)).ids, self._max_tokens)
        example = _example(self._messages[index], token_ids)
        if self._teacher is not None:
            example["teacher"] = self._teacher[index]
        return example


class FixedMessages(Dataset[Example]):
    """Messages rendered once, without noise, the longest first so that batches need little padding."""

    def __init__(self, messages: Sequence[CorpusMessage], tokenizer: Tokenizer, *, seed: int, max_tokens: int) -> None:
        """Render and tokenise the messages."""
        encodings = tokenizer.encode_batch(render_all(messages, seed))
        examples = [
            _example(message, truncate_ids(encoding.ids, max_tokens))
            for encoding, message in zip(encodings, messages, strict=True)
        ]
        self._examples = sorted(examples, key=lambda example: -len(example["input_ids"]))

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> Example:
        return self._examples[index]


def _example(message: CorpusMessage, token_ids: list[int]) -> Example:
    return {
        "input_ids": token_ids,
        "label": UNKNOWN if message.label is None else LABELS.index(message.label),
        "urgent": UNKNOWN if message.urgent is None else int(message.urgent),
    }


def pad_ids(ids: Sequence[Sequence[int]], padding_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the ids of several texts, filled up to the longest, and the mask of what is no filling."""
    longest = max(map(len, ids))
    input_ids = torch.full((len(ids), longest), padding_id)
    attention_mask = torch.zeros_like(input_ids)
    for row, of_text in enumerate(ids):
        input_ids[row, : len(of_text)] = torch.tensor(of_text)
        attention_mask[row, : len(of_text)] = 1
    return input_ids, attention_mask


class Collate:
    """Pads a batch to its longest message."""

    def __init__(self, padding_id: int) -> None:
        """Take the id of the token that fills up."""
        self._padding_id = padding_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """Return `input_ids`, `attention_mask`, `labels` (label and urgency) and, if there are, `teacher`."""
        input_ids, attention_mask = pad_ids([example["input_ids"] for example in examples], self._padding_id)
        labels = torch.tensor([[example["label"], example["urgent"]] for example in examples])
        batch = {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
        if "teacher" in examples[0]:
            batch["teacher"] = torch.tensor(np.stack([example["teacher"] for example in examples]))
        return batch
