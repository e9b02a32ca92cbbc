"""Messages as the Trainer reads them: rendered, noised and tokenised when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypedDict

import torch
from tokenizers import Tokenizer
from torch.utils.data import Dataset

from classifier.understanding import INTENTS
from training.corpus import Message
from training.noise import add_noise
from training.recipe import Base
from training.rendering import render

PADDING_ID = 0


class Example(TypedDict):
    """One message's token ids and the index of its intent in `INTENTS`."""

    input_ids: list[int]
    labels: int


def load_tokenizer(base: Base) -> Tokenizer:
    """Load the base checkpoint's tokenizer, its truncation and padding taken off."""
    tokenizer = Tokenizer.from_file(str(base.path() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def render_all(messages: Sequence[Message], seed: int) -> list[str]:
    """Render every message once, without noise: the same texts for the same seed."""
    return [
        render(message.text, message.channel, Random(f"{seed}/{index}")).text  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def truncated(token_ids: list[int], max_tokens: int) -> list[int]:
    """Cut a text's ids to at most `max_tokens`, its last special token kept."""
    return token_ids if len(token_ids) <= max_tokens else [*token_ids[: max_tokens - 1], token_ids[-1]]


class FreshMessages(Dataset[Example]):
    """Training messages with slot values and noise of their own in every epoch.

    What an item holds depends on the seed, the epoch and its index alone, so a run that was resumed reads
    what it would have read without the interruption.
    """

    def __init__(
        self, messages: Sequence[Message], tokenizer: Tokenizer, *, seed: int, noise: float, max_tokens: int
    ) -> None:
        """Take the messages; `noise` is the share of them, from 0 to 1, that is read with typing noise."""
        self._messages = messages
        self._tokenizer = tokenizer
        self._seed = seed
        self._noise = noise
        self._max_tokens = max_tokens
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._messages)

    def text(self, index: int) -> str:
        """Return the text of one message in this epoch."""
        message = self._messages[index]
        rng = Random(f"{self._seed}/{self.epoch}/{index}")  # noqa: S311 - not a secret
        text = render(message.text, message.channel, rng).text
        return add_noise(text, message.channel, rng) if rng.random() < self._noise else text

    def __getitem__(self, index: int) -> Example:
        token_ids = truncated(self._tokenizer.encode(self.text(index)).ids, self._max_tokens)
        return {"input_ids": token_ids, "labels": INTENTS.index(self._messages[index].intent)}


class FixedMessages(Dataset[Example]):
    """Messages rendered once, without noise, the longest first so that batches need little padding."""

    def __init__(self, messages: Sequence[Message], tokenizer: Tokenizer, *, seed: int, max_tokens: int) -> None:
        """Render and tokenise the messages."""
        encodings = tokenizer.encode_batch(render_all(messages, seed))
        examples: list[Example] = [
            {"input_ids": truncated(encoding.ids, max_tokens), "labels": INTENTS.index(message.intent)}
            for encoding, message in zip(encodings, messages, strict=True)
        ]
        self._examples = sorted(examples, key=lambda example: -len(example["input_ids"]))

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> Example:
        return self._examples[index]


def collate(examples: Sequence[Example]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest message."""
    longest = max(len(example["input_ids"]) for example in examples)
    input_ids = torch.full((len(examples), longest), PADDING_ID)
    attention_mask = torch.zeros_like(input_ids)
    for row, example in enumerate(examples):
        length = len(example["input_ids"])
        input_ids[row, :length] = torch.tensor(example["input_ids"])
        attention_mask[row, :length] = 1
    labels = torch.tensor([example["labels"] for example in examples])
    return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
