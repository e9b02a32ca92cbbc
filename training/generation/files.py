"""Write generated messages in the formats of the corpus."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.data.rendering import render
from training.data.spans.slots import read_kinds
from training.generation.duplicates import distinct_indices
from training.generation.parsing import Written
from training.generation.plan import DraftBatch, MessageSpec


@dataclass(frozen=True, slots=True)
class Collected:
    """One message to write to a file, with a name that is unique in its plan."""

    name: str
    draft: MessageSpec
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """The messages of all answered batches, without duplicates.

    Attributes:
        messages: The messages, in the order of the plan.
        alike: Number of messages left out as near-duplicates of an earlier one.
        rejected: Number of rejected messages by reason.
    """

    messages: tuple[Collected, ...]
    alike: int
    rejected: Mapping[str, int]


def collect_messages(batches: Sequence[DraftBatch], written: Mapping[str, Written], similarity: float) -> Collection:
    """Collect the messages in the order of the plan; see `distinct_indices` for the similarity."""
    messages = [
        Collected(f"{batch.name}/{index}", batch.drafts[index], text)
        for batch in batches
        if batch.name in written
        for index, text in sorted(written[batch.name].texts.items())
    ]
    rejected: Counter[str] = Counter()
    for answer in written.values():
        rejected.update(answer.rejected)
    kept = distinct_indices([message.text for message in messages], similarity)
    return Collection(tuple(messages[index] for index in kept), len(messages) - len(kept), rejected)


def write_training_files(messages: Sequence[Collected], folder: Path) -> Path:
    """Write `<practice>/<intent>.tsv` files and return the folder."""
    rows: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        draft = message.draft
        rows[f"{draft.practice}/{draft.intent}.tsv"].append(
            "\t".join((draft.channel, draft.tone, draft.age, message.text))
        )
    for name, lines in rows.items():
        _write(folder / name, lines)
    return folder


def write_test_file(messages: Sequence[Collected], folder: Path, seed: int) -> Path:
    """Write `crossstyle.jsonl`, its slots filled with values that depend only on the seed, and return its path."""
    kinds, lines = read_kinds(), []
    for message in messages:
        rng = Random(f"{seed}/{message.name}")  # noqa: S311 - a reproducible draw
        rendered = render(message.text, message.draft.channel, rng)
        row = {
            "text": rendered.text,
            "intent": message.draft.intent,
            "practice": message.draft.practice,
            "channel": message.draft.channel,
            "spans": [[rendered.text[span.start : span.end], kinds[span.kind]] for span in rendered.spans],
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    path = folder / "crossstyle.jsonl"
    _write(path, lines)
    return path


def _write(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    unfinished.replace(path)
