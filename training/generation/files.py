"""Writing what was generated in the corpus's formats."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from training.data.rendering import render
from training.generation.duplicates import distinct
from training.generation.plan import Cell, Draft
from training.generation.reading import Written


@dataclass(frozen=True, slots=True)
class Collected:
    """One message to be written to a file; `name` tells it from all others of its plan."""

    name: str
    draft: Draft
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """What the answered cells hold, each message once.

    Attributes:
        messages: In the plan's order.
        alike: Messages left out because an earlier one says nearly the same.
        rejected: Why messages were not taken → how many.
    """

    messages: tuple[Collected, ...]
    alike: int
    rejected: Mapping[str, int]


def collect(cells: Sequence[Cell], written: Mapping[str, Written], similarity: float) -> Collection:
    """Gather what was written, whatever order it came in; see `distinct` for the similarity."""
    messages = [
        Collected(f"{cell.name}/{index}", cell.drafts[index], text)
        for cell in cells
        if cell.name in written
        for index, text in sorted(written[cell.name].texts.items())
    ]
    rejected: Counter[str] = Counter()
    for one in written.values():
        rejected.update(one.rejected)
    kept = distinct([message.text for message in messages], similarity)
    return Collection(tuple(messages[index] for index in kept), len(messages) - len(kept), rejected)


def write_training_files(messages: Sequence[Collected], folder: Path) -> Path:
    """Write `<practice>/<intent>.tsv` files, and return the folder."""
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
    """Write `crossstyle.jsonl`, its slots filled with values that depend on the seed alone, and return its path."""
    lines = []
    for message in messages:
        rng = Random(f"{seed}/{message.name}")  # noqa: S311 - a reproducible draw
        rendered = render(message.text, message.draft.channel, rng)
        row = {
            "text": rendered.text,
            "intent": message.draft.intent,
            "practice": message.draft.practice,
            "channel": message.draft.channel,
            "spans": [[rendered.text[span.start : span.end], span.kind] for span in rendered.spans],
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
