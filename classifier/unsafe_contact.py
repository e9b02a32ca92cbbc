"""Recognize who says that nobody may write to or call their phone, from the table in `signs/unsafe_contact.toml`."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from classifier.danger_signs import NOTHING, read_alternatives
from classifier.screen import break_sentences

TABLE: Final = Path(__file__).with_name("signs") / "unsafe_contact.toml"

SAFE: Final = "safe"
"""The entry of the table that finds who says that it is safe again."""


class UnsafeContact(Enum):
    """What of the contact with a patient is not safe, as they say.

    Texts, calls, and mails, as somebody else reads or holds the phone; or any answer, also on the open page of a chat.
    """

    PHONE = auto()
    ANY = auto()


class _Signs(NamedTuple):
    """What finds in a sentence that contact is not safe, and what says otherwise in a message without fears."""

    says: re.Pattern[str]
    helps: re.Pattern[str]
    fears: re.Pattern[str]
    set_aside: re.Pattern[str]

    def are_in(self, sentences: str) -> bool:
        if self.fears.search(sentences):
            return self.says.search(sentences) is not None
        return not self.set_aside.search(sentences) and any(
            not self.helps.match(sentences, found.end()) for found in self.says.finditer(sentences)
        )


def read_unsafe_contact(text: str) -> UnsafeContact | None:
    """Return what a message says is not safe, as somebody else may see it or hear it; None if it says nothing of that.

    Args:
        text: Any string.
    """
    sentences = break_sentences(text)
    found = {kind for kind, signs in load_signs().items() if kind != SAFE and signs.are_in(sentences)}
    if "page" in found or {"answer", "reason"} <= found:
        return UnsafeContact.ANY
    is_of_phone = found & {"phone", "held", "number"} or {"plea", "reason"} <= found
    return UnsafeContact.PHONE if is_of_phone else None


def says_safe(text: str) -> bool:
    """Return whether a message says that it is safe again to write to the patient, and nothing that is not.

    Args:
        text: Any string.
    """
    return read_unsafe_contact(text) is None and load_signs()[SAFE].are_in(break_sentences(text))


@cache
def load_signs() -> dict[str, _Signs]:
    """Return the compiled signs, read once per process."""
    return {
        kind: _Signs(*(re.compile(rf"\b(?:{lists.get(name) or NOTHING})") for name in _Signs._fields))
        for kind, lists in read_alternatives(TABLE).items()
    }
