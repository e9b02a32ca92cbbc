"""Torch datasets for the entity model, which render, add noise, tokenize, and label on access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final, TypedDict

import torch
from tokenizers import Encoding, Tokenizer
from torch.utils.data import Dataset

from classifier.entities.labels import first_column
from classifier.entities.spans import Span, join_neighbors
from intake.vocabulary import EntityKind
from training.data.corpus import CORPUS
from training.data.dataset import pad_ids
from training.data.spans.messages import SpanMessage
from training.data.spans.rendering import render_spans
from training.data.spans.setting import Values
from training.data.spans.slots import read_kinds
from training.recipe import EntityData

IGNORED: Final = -100
"""The label of tokens that stand for no part of the text."""

_SEPARATORS = (" ", ". ", "\n", "\n\n", ". also ", " and ", ", ", "... ")


class TokenExample(TypedDict):
    """One message as model input: its token ids with the special ones, and a label for each."""

    input_ids: list[int]
    labels: list[int]


def rendered(message: SpanMessage, values: Values, rng: Random, noise: float) -> tuple[str, list[Span]]:
    """Return a message with new values, and their spans as the model is to find them."""
    filled = render_spans(message.text, message.channel, rng, values, spanish=message.language == "es", noise=noise)
    kinds = read_kinds(values.corpus)
    return filled.text, join_neighbors(
        filled.text, [(start, end, kinds.get(slot) or EntityKind(slot)) for start, end, slot in filled.spans]
    )


def render_fixed(
    messages: Sequence[SpanMessage], seed: int, corpus: Path = CORPUS, *, noise: float = 0.0
) -> list[tuple[str, list[Span]]]:
    """Render each message once with held-out values. The same seed gives the same texts."""
    values = Values(held_out=True, corpus=corpus)
    return [
        rendered(message, values, Random(f"{seed}/{index}"), noise)  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def label_tokens(encoding: Encoding, text: str, spans: Sequence[Span]) -> list[int]:
    """Return the label of each token of a text: the column of the value that it touches, or 0."""
    labels: list[int] = []
    pending = sorted(spans)
    place, begun = 0, False
    for (start, end), special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        if special:
            labels.append(IGNORED)
            continue
        start += len(text[start:end]) - len(text[start:end].lstrip())
        while place < len(pending) and pending[place][1] <= start:
            place, begun = place + 1, False
        if place == len(pending) or pending[place][0] >= max(end, start + 1):
            labels.append(0)
            continue
        labels.append(first_column(pending[place][2]) + begun)
        begun = True
    return labels


def example_of(
    text: str, spans: Sequence[Span], tokenizer: Tokenizer, max_tokens: int, start: float = 0.0
) -> TokenExample:
    """Return a text as model input.

    Args:
        text: The text.
        spans: Its values.
        tokenizer: The model's tokenizer.
        max_tokens: The longest input in tokens.
        start: Where a window of a longer text lies, from 0 (its beginning) to 1.
    """
    encoding = tokenizer.encode(text)
    ids, labels = encoding.ids, label_tokens(encoding, text, spans)
    if len(ids) > max_tokens:
        first = 1 + round(start * (len(ids) - max_tokens))
        window = slice(first, first + max_tokens - 2)
        ids = [ids[0], *ids[window], ids[-1]]
        labels = [IGNORED, *labels[window], IGNORED]
    return {"input_ids": ids, "labels": labels}


class FreshSpans(Dataset[TokenExample]):
    """Training messages with new values and noise in each epoch.

    An item depends only on the seed, the epoch, and its index, so a resumed run sees what an uninterrupted one does.
    """

    def __init__(
        self, messages: Sequence[SpanMessage], tokenizer: Tokenizer, data: EntityData, seed: int, corpus: Path = CORPUS
    ) -> None:
        """Store the messages."""
        self._messages = messages
        self._tokenizer = tokenizer
        self._data = data
        self._seed = seed
        self._values = Values(held_out=False, corpus=corpus)
        self.epoch = 0

    def __len__(self) -> int:
        return len(self._messages)

    def render(self, index: int) -> tuple[str, list[Span], Random]:
        """Return a message as it is in the current epoch, its values, and what to make further choices with."""
        # The same in every epoch, so that the lengths by which messages are batched stay about right.
        lasting = Random(f"{self._seed}/joined/{index}")  # noqa: S311 - not a secret
        message = self._messages[index]
        if lasting.random() < self._data.joined:
            other = lasting.choice(self._messages)
            if other.language == message.language and (other.channel == "voicemail") == (
                message.channel == "voicemail"
            ):
                message = replace(message, text=f"{message.text}{lasting.choice(_SEPARATORS)}{other.text}")
        rng = Random(f"{self._seed}/{self.epoch}/{index}")  # noqa: S311 - not a secret
        return *rendered(message, self._values, rng, self._data.noise), rng

    def __getitem__(self, index: int) -> TokenExample:
        text, spans, rng = self.render(index)
        return example_of(text, spans, self._tokenizer, self._data.max_tokens, rng.choice((0.0, rng.random())))


class FixedSpans(Dataset[TokenExample]):
    """Messages rendered once with held-out values, longest first to minimize padding."""

    def __init__(
        self, messages: Sequence[SpanMessage], tokenizer: Tokenizer, max_tokens: int, seed: int, corpus: Path = CORPUS
    ) -> None:
        """Render and tokenize the messages."""
        examples = [
            example_of(text, spans, tokenizer, max_tokens) for text, spans in render_fixed(messages, seed, corpus)
        ]
        self._examples = sorted(examples, key=lambda example: -len(example["input_ids"]))

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, index: int) -> TokenExample:
        return self._examples[index]


class CollateSpans:
    """Batches examples, padded to the longest message."""

    def __init__(self, padding_id: int) -> None:
        """Store the id of the padding token."""
        self._padding_id = padding_id

    def __call__(self, examples: Sequence[TokenExample]) -> dict[str, torch.Tensor]:
        """Return `input_ids`, `attention_mask`, and `labels`."""
        input_ids, attention_mask = pad_ids([example["input_ids"] for example in examples], self._padding_id)
        labels = torch.full_like(input_ids, IGNORED)
        for row, example in enumerate(examples):
            labels[row, : len(example["labels"])] = torch.tensor(example["labels"])
        return {"input_ids": input_ids, "attention_mask": attention_mask, "labels": labels}
