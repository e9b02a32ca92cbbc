"""Split the corpus into training, stopping and validation messages."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from classifier.outputs import INTENTS
from training.data.corpus import CorpusError, CorpusMessage, read_corpus
from training.recipe import Data, Recipe

VALIDATION_SEED = 1
"""Random seed of the validation messages' slot values, which never change."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a corpus.

    Attributes:
        train: The messages that the weights are fitted to.
        validation: The messages that thresholds are chosen and models are compared on: all messages of some writers.
        stopping: Messages of the other writers, on which a checkpoint is selected; the same as `validation` if no
            writers are held out.
    """

    train: list[CorpusMessage]
    validation: list[CorpusMessage]
    stopping: list[CorpusMessage] = field(default_factory=list)


def read_split(recipe: Recipe, corpus: Path) -> Split:
    """Read the corpus and split it, without the messages that the recipe's network has no output for.

    Raises:
        CorpusError: The corpus cannot be read, or has nothing of a writer that the recipe holds out.
    """
    messages = read_corpus(corpus)
    if not recipe.data.screens:
        messages = [message for message in messages if message.label in INTENTS]
    return split_corpus(messages, recipe.data, recipe.seed)


def validation_intents(split: Split, corpus: Path) -> list[CorpusMessage]:
    """Return the validation messages with an intent, which are used to choose thresholds.

    Raises:
        CorpusError: There are none.
    """
    found = [message for message in split.validation if message.label in INTENTS]
    if not found:
        raise CorpusError(
            f"{corpus} leaves no message with an intent for validation, on which thresholds are chosen: add messages, "
            "at least ten for each intent of a practice"
        )
    return found


def split_corpus(messages: list[CorpusMessage], data: Data, seed: int) -> Split:
    """Hold out whole writers for validation, and a share of the rest for selecting a checkpoint.

    The share is that of each stratum (label, level, and practice or kind) and of the topics, which stay together. The
    split depends only on the messages, the recipe's data section and the seed. Training messages that the recipe
    repeats occur as often as it says.

    Raises:
        CorpusError: There is nothing of a writer that is held out or repeated, or one is both.
    """
    held_out = set(data.validation_writers)
    _require_writers(messages, held_out, "", "validation_writers")
    _require_writers([m for m in messages if m.writer not in held_out], set(data.repeats), " to train on", "repeats")
    validation = [message for message in messages if message.writer in held_out]
    rng = random.Random(seed)  # noqa: S311 - a reproducible shuffle, not a secret
    train, stopping = _split_strata([m for m in messages if m.writer not in held_out], data.stopping_fraction, rng)
    train = [message for message in train for _ in range(data.repeats.get(message.writer, 1))]
    rng.shuffle(train)
    return Split(train, validation or stopping, stopping)


def _require_writers(messages: list[CorpusMessage], wanted: set[str], purpose: str, key: str) -> None:
    missing = wanted - {message.writer for message in messages}
    if missing:
        raise CorpusError(f"the corpus has no messages by {', '.join(sorted(missing))}{purpose}: correct data.{key}")


def _split_strata(
    messages: list[CorpusMessage], fraction: float, rng: random.Random
) -> tuple[list[CorpusMessage], list[CorpusMessage]]:
    strata: defaultdict[tuple[str, ...], list[list[CorpusMessage]]] = defaultdict(list)
    topics: defaultdict[str, list[CorpusMessage]] = defaultdict(list)
    for message in messages:
        if message.topic is None:
            stratum = (message.label or "", str(message.level), message.practice or message.kind)
            strata[stratum].append([message])
        else:
            topics[message.topic].append(message)
    kept: list[CorpusMessage] = []
    set_aside: list[CorpusMessage] = []
    for groups in [*(strata[key] for key in sorted(strata)), list(topics.values())]:
        rng.shuffle(groups)
        count = round(len(groups) * fraction)
        set_aside.extend(message for group in groups[:count] for message in group)
        kept.extend(message for group in groups[count:] for message in group)
    return kept, set_aside
