"""The saved replies that a practice starts with, which it can change and hide."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "starter_replies.toml"


@dataclass(frozen=True, slots=True)
class StarterReply:
    """A saved reply of the starter set.

    Attributes:
        topic: the heading that it stands under.
        name: its name for staff.
        find: further words that it is found by.
        text: the text in English, with variables and blanks.
        text_es: its Spanish twin.
    """

    topic: str
    name: str
    find: str
    text: str
    text_es: str


@cache
def starter_replies() -> Mapping[str, StarterReply]:
    """Return the starter set by key, in the order in which staff see it."""
    return {key: StarterReply(**entry) for key, entry in tomllib.loads(_FILE.read_text("utf-8")).items()}
