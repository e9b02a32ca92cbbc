"""Reading the training corpus and splitting it.

Nothing here knows the cross-style test file: only `training.cross_style` reads it.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from classifier.understanding import INTENTS

CORPUS = Path(__file__).parent / "corpus"
RECIPE_SOURCE = "intents"
"""`Message.source` of the messages in `<practice>/<intent>.tsv`."""


class CorpusError(ValueError):
    """A corpus file that does not follow `corpus/README.md`; the message names the file and line."""


@dataclass(frozen=True, slots=True)
class Message:
    """One labelled message, its slots such as `{full_name}` not yet filled.

    Attributes:
        text: The message with its slots.
        intent: One of `INTENTS`.
        practice: The kind of practice it was written to, such as `dental`.
        channel: `sms`, `voicemail`, `chat`, `web_form` or `email`.
        source: `RECIPE_SOURCE`, or the family of an extra file, such as `contrast`.
        topic: Messages that share a topic say the same thing with different intents and stay in one split.
    """

    text: str
    intent: str
    practice: str
    channel: str
    source: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """The two parts of a corpus."""

    train: list[Message]
    validation: list[Message]


def read_corpus(folder: Path = CORPUS) -> list[Message]:
    """Read the intent files and the extra files, in a fixed order.

    Raises:
        CorpusError: There are none, or a line has other columns than `corpus/README.md` says.
    """
    intent_files = sorted(path for intent in INTENTS for path in folder.glob(f"*/{intent}.tsv"))
    messages = [message for path in intent_files for message in _read_intent_file(path)]
    for path in sorted(folder.glob("extra/*.tsv")):
        messages.extend(_read_extra_file(path))
    if not messages:
        raise CorpusError(f"{folder} holds no <practice>/<intent>.tsv and no extra/*.tsv file")
    return messages


def _rows(path: Path) -> Iterable[tuple[int, list[str]]]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        for number, line in enumerate(lines, start=1):
            columns = line.rstrip("\n").split("\t")
            if len(columns) != 4:
                raise CorpusError(f"{path}:{number} has {len(columns)} columns, expected 4")
            yield number, columns


def _read_intent_file(path: Path) -> Iterable[Message]:
    for _, (channel, _tone, _age, text) in _rows(path):
        yield Message(text, path.stem, path.parent.name, channel, RECIPE_SOURCE)


def _read_extra_file(path: Path) -> Iterable[Message]:
    family = path.stem
    for number, (intent, practice, channel, text) in _rows(path):
        if intent not in INTENTS:
            raise CorpusError(f"{path}:{number} has the unknown intent {intent!r}")
        topic = f"{family}-{(number - 1) // len(INTENTS)}" if family == "contrast" else None
        yield Message(text, intent, practice, channel, family, topic)


def split_corpus(messages: list[Message], validation_fraction: float, seed: int) -> Split:
    """Split by stratum (intent and practice), whole topics at a time.

    The share `validation_fraction` of every stratum, rounded, goes to validation, and so does the same share
    of the topics. The parts depend on the messages, the share and the seed alone.
    """
    strata: defaultdict[tuple[str, str], list[list[Message]]] = defaultdict(list)
    topics: defaultdict[str, list[Message]] = defaultdict(list)
    for message in messages:
        if message.topic is None:
            strata[message.intent, message.practice].append([message])
        else:
            topics[message.topic].append(message)
    rng = random.Random(seed)  # noqa: S311 - a reproducible shuffle, not a secret
    split = Split([], [])
    for groups in [*(strata[key] for key in sorted(strata)), list(topics.values())]:
        rng.shuffle(groups)
        held_back = round(len(groups) * validation_fraction)
        split.validation.extend(message for group in groups[:held_back] for message in group)
        split.train.extend(message for group in groups[held_back:] for message in group)
    rng.shuffle(split.train)
    return split
