"""Torch datasets of messages, which render, add noise and tokenize on access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import NotRequired, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.utils.data import Dataset
from transformers import AutoTokenizer

from classifier.outputs import INTENTS, LANGUAGES, LEVELS
from classifier.text.windows import PRESSING
from intake.vocabulary import DangerKind, TriageLevel
from training.data.corpus import CorpusMessage
from training.data.noise import add_noise
from training.data.rendering import render
from training.data.targets import targets_of

_SEPARATORS = (" ", ". ", "\n", "\n\n", ". also ", " and ", ", ", "... ", " Also, ", "\n\nP.S. ")


class Example(TypedDict):
    """One message as model input.

    Attributes:
        input_ids: Token ids, including special tokens.
        targets: What is known about it, from `targets_of`.
        teacher: The teacher's logits, one per output, if there is a teacher; NaN for a text it has not seen.
    """

    input_ids: list[int]
    targets: list[int]
    teacher: NotRequired[NDArray[np.float32]]


def join_messages(first: CorpusMessage, second: CorpusMessage, separator: str) -> CorpusMessage:
    """Return a message that says what two messages say, one after the other.

    The more urgent level holds, and of two dangers the first in the order of `DangerKind`. A complaint comes before a
    clinical concern, and that before the first intent; an intent comes before anything without one.
    """
    pair = (first, second)
    labels = [message.label for message in pair]
    intents = list(dict.fromkeys(label for label in labels if label in INTENTS))
    emergencies = [message for message in pair if message.level is TriageLevel.EMERGENCY]
    urgent = min(
        emergencies, key=lambda message: list(DangerKind).index(message.danger or DangerKind.OTHER), default=None
    )
    levels = [message.level for message in pair]
    known = None not in levels
    level = next((level for level in LEVELS if level in levels), None) if known else None
    if urgent is not None:
        level = urgent.level
    label: str | None = None
    if None not in labels:
        label = next((intent for intent in (*PRESSING, *intents) if intent in intents), first.label)
    return replace(
        first,
        text=f"{first.text}{separator}{second.text}",
        label=label,
        also=next((intent for intent in (*intents, first.also, second.also) if intent not in (label, None)), None),
        level=level,
        danger=urgent.danger if urgent else None,
        may_ask_more=first.may_ask_more or second.may_ask_more,
    )


def load_tokenizer(checkpoint: Path) -> Tokenizer:
    """Load a checkpoint's tokenizer with truncation and padding turned off."""
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
    """Render each message once, without noise. The same seed gives the same texts."""
    return [
        render(message.text, message.channel, Random(f"{seed}/{index}")).text  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def truncate_ids(token_ids: list[int], max_tokens: int) -> list[int]:
    """Truncate token ids to `max_tokens`, keeping the final special token."""
    return token_ids if len(token_ids) <= max_tokens else [*token_ids[: max_tokens - 1], token_ids[-1]]


def noisy_text(message: CorpusMessage, noise: float, rng: Random) -> str:
    """Render a message with new slot values and, with probability `noise`, add typing noise."""
    text = render(message.text, message.channel, rng).text
    return add_noise(text, message.channel, rng) if rng.random() < noise else text


class FreshMessages(Dataset[Example]):
    """Training messages with new slot values and noise in each epoch.

    An item depends only on the seed, the epoch and its index, so a resumed run sees the same texts as an uninterrupted
    one.
    """

    def __init__(
        self,
        messages: Sequence[CorpusMessage],
        tokenizer: Tokenizer,
        *,
        seed: int,
        noise: float,
        joined: float,
        max_tokens: int,
        teacher: NDArray[np.float32] | None = None,
    ) -> None:
        """Store the messages.

        Args:
            messages: The training messages.
            tokenizer: The model's tokenizer.
            seed: Random seed of slot values and noise.
            noise: Share of messages, from 0 to 1, that get typing noise.
            joined: Share of messages, from 0 to 1, that are joined with another one in the same language.
            max_tokens: The longest input in tokens.
            teacher: The teacher's logits, one row per message.
        """
        self._messages = messages
        self._tokenizer = tokenizer
        self._seed = seed
        self._noise = noise
        self._joined = joined
        self._max_tokens = max_tokens
        self._teacher = teacher
        self._by_language = {
            language: [place for place, message in enumerate(messages) if message.language == language]
            for language in (*LANGUAGES, None)
        }
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._messages)

    def message(self, index: int) -> tuple[CorpusMessage, str]:
        """Return a message as it is in the current epoch, perhaps joined with another one, and its text."""
        # The same in every epoch, so that the lengths by which messages are batched stay about right.
        lasting = Random(f"{self._seed}/joined/{index}")  # noqa: S311 - not a secret
        message = self._messages[index]
        while lasting.random() < self._joined:
            pair = [message, self._messages[lasting.choice(self._by_language[message.language])]]
            lasting.shuffle(pair)
            first, second = pair
            message = join_messages(first, second, lasting.choice(_SEPARATORS))
        rng = Random(f"{self._seed}/{self.epoch}/{index}")  # noqa: S311 - not a secret
        return message, noisy_text(message, self._noise, rng)

    def __getitem__(self, index: int) -> Example:
        message, text = self.message(index)
        token_ids = truncate_ids(self._tokenizer.encode(text).ids, self._max_tokens)
        example = _example(message, token_ids)
        if self._teacher is not None:
            seen = message.text == self._messages[index].text
            example["teacher"] = self._teacher[index] if seen else np.full_like(self._teacher[index], np.nan)
        return example


class FixedMessages(Dataset[Example]):
    """Messages rendered once, without noise, longest first to minimize padding."""

    def __init__(self, messages: Sequence[CorpusMessage], tokenizer: Tokenizer, *, seed: int, max_tokens: int) -> None:
        """Render and tokenize the messages."""
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
    return {"input_ids": token_ids, "targets": targets_of(message)}


def pad_ids(ids: Sequence[Sequence[int]], padding_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad token ids to the longest text; return them with their attention mask."""
    longest = max(map(len, ids))
    input_ids = torch.full((len(ids), longest), padding_id)
    attention_mask = torch.zeros_like(input_ids)
    for row, of_text in enumerate(ids):
        input_ids[row, : len(of_text)] = torch.tensor(of_text)
        attention_mask[row, : len(of_text)] = 1
    return input_ids, attention_mask


class Collate:
    """Batches examples, padded to the longest message."""

    def __init__(self, padding_id: int) -> None:
        """Store the id of the padding token."""
        self._padding_id = padding_id

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """Return `input_ids`, `attention_mask`, `labels` (what is known) and, with a teacher, `teacher`."""
        input_ids, attention_mask = pad_ids([example["input_ids"] for example in examples], self._padding_id)
        labels = torch.tensor([example["targets"] for example in examples])
        batch = {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
        if "teacher" in examples[0]:
            batch["teacher"] = torch.tensor(np.stack([example["teacher"] for example in examples]))
        return batch
