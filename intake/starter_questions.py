"""The questions that a practice starts with: what patients ask every front desk, without answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "starter_questions.toml"


@dataclass(frozen=True, slots=True)
class StarterQuestion:
    """A question of the starter set.

    Attributes:
        title: Its title on the console.
        spanish: What a Spanish chat suggests.
        phrasings: How patients phrase it.
        bare: Words that ask it by themselves.
    """

    title: str
    spanish: str
    phrasings: tuple[str, ...]
    bare: tuple[str, ...] = ()


@cache
def starter_questions() -> Mapping[str, StarterQuestion]:
    """Return the starter set by key, in the order in which the console shows it."""
    table = tomllib.loads(_FILE.read_text("utf-8"))
    return {
        key: StarterQuestion(entry["title"], entry["spanish"], tuple(entry["phrasings"]), tuple(entry.get("bare", ())))
        for key, entry in table.items()
    }
