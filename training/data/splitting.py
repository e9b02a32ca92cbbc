"""Split the corpus into training and validation messages."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from classifier.understanding import INTENTS
from training.data.corpus import FIRST_SOURCES, CorpusError, CorpusMessage, read_corpus
from training.recipe import Recipe

VALIDATION_SEED = 1
"""Random seed of the validation messages' slot values, which never change."""


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts of a corpus."""

    train: list[CorpusMessage]
    validation: list[CorpusMessage]


def read_split(recipe: Recipe, corpus: Path) -> Split:
    """Read the corpus and split it, without the messages that the recipe's network has no output for.

    Raises:
        CorpusError: The corpus cannot be read.
    """
    messages = read_corpus(corpus)
    if not recipe.data.screens:
        messages = [message for message in messages if message.label in INTENTS]
    return split_corpus(messages, recipe.data.validation_fraction, recipe.seed)


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


def split_corpus(messages: list[CorpusMessage], validation_fraction: float, seed: int) -> Split:
    """Split by stratum (label or urgency, and practice or kind), keeping topics together.

    The share `validation_fraction` of each stratum, rounded, and the same share of the topics go to validation. The
    split depends only on the messages, the share and the seed.
    """
    rng = random.Random(seed)  # noqa: S311 - a reproducible shuffle, not a secret
    first = [message for message in messages if message.source in FIRST_SOURCES]
    split = _split_strata(first, validation_fraction, rng)
    later = Counter(message.source for message in messages if message.source not in FIRST_SOURCES)
    for source in sorted(later):
        own = random.Random(f"{seed}/{source}")  # noqa: S311 - a reproducible shuffle, not a secret
        part = _split_strata([message for message in messages if message.source == source], validation_fraction, own)
        split.train.extend(part.train)
        split.validation.extend(part.validation)
    rng.shuffle(split.train)
    return split


def _split_strata(messages: list[CorpusMessage], validation_fraction: float, rng: random.Random) -> Split:
    strata: defaultdict[tuple[str, str], list[list[CorpusMessage]]] = defaultdict(list)
    topics: defaultdict[str, list[CorpusMessage]] = defaultdict(list)
    for message in messages:
        if message.topic is None:
            strata[message.label or str(message.urgent), message.practice or message.kind].append([message])
        else:
            topics[message.topic].append(message)
    split = Split([], [])
    for groups in [*(strata[key] for key in sorted(strata)), list(topics.values())]:
        rng.shuffle(groups)
        held_back = round(len(groups) * validation_fraction)
        split.validation.extend(message for group in groups[:held_back] for message in group)
        split.train.extend(message for group in groups[held_back:] for message in group)
    return split
