"""Recognize who says that nobody may write to or call their phone, from the table in `signs/unsafe_contact.toml`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, auto
from functools import cache, lru_cache
from typing import Final, NamedTuple

from classifier.contact.shared_phones import PARTS, TABLE, PhoneSign, find_watched, read_phone_signs
from classifier.rules.danger_signs import NOTHING, read_alternatives
from classifier.rules.screen import break_sentences

LONGEST: Final = 500
"""How much of a message is searched for such parts: in a letter, they are seldom about one thing."""

SAFE: Final = "safe"
"""The entry of the table that finds who says that it is safe again."""


class UnsafeContact(Enum):
    """What of the contact with a patient is not safe, as they say.

    Only an answer to this message, unless it is an emergency, as the phone is borrowed or none is wanted; texts, calls,
    and mails, as somebody else reads or holds the phone; or any answer, also on the open page of a chat.
    """

    REPLY = auto()
    PHONE = auto()
    ANY = auto()


class _Signs(NamedTuple):
    """What finds in a sentence that contact is not safe, and what says otherwise in a message without fears."""

    says: re.Pattern[str]
    helps: re.Pattern[str]
    fears: re.Pattern[str]
    set_aside: re.Pattern[str]

    def are_in(self, sentences: str) -> bool:
        return self.count_at((found.end() for found in self.says.finditer(sentences)), sentences)

    def count_at(self, ends: Iterable[int], sentences: str) -> bool:
        """Return whether something counts that was found in a message and ends at one of these places."""
        if self.fears.search(sentences):
            return any(True for _ in ends)
        return not self.set_aside.search(sentences) and any(not self.helps.match(sentences, end) for end in ends)


@lru_cache(maxsize=2)  # several steps ask it of one message
def read_unsafe_contact(text: str) -> UnsafeContact | None:
    """Return what a message says is not safe, as somebody else may see it or hear it; None if it says nothing of that.

    Args:
        text: Any string.
    """
    sentences = break_sentences(text)
    table = load_signs()
    found = {kind for kind, signs in table.items() if kind not in (SAFE, "welcome") and signs.are_in(sentences)}
    if "page" in found or {"answer", "reason"} <= found:
        return UnsafeContact.ANY
    is_of_phone = found & {"phone", "held", "number"} or {"plea", "reason"} <= found
    if is_of_phone or table["phone"].count_at(find_watched(sentences), sentences):
        return UnsafeContact.PHONE
    return None if table["welcome"].are_in(sentences) else _judge_signs(read_phone_signs(sentences[:LONGEST]))


def _judge_signs(signs: frozenset[PhoneSign]) -> UnsafeContact | None:
    """Return what is not safe by what a message says of the phone it comes from, and what it asks for because of it."""
    is_others = signs & {PhoneSign.NOT_ALONE, PhoneSign.NOT_THEIR_OWN}
    is_seen = PhoneSign.SEEN in signs
    is_hidden = signs & {PhoneSign.CAUTION, PhoneSign.SECRET}
    is_moved = PhoneSign.ELSEWHERE in signs and PhoneSign.NOT_ALONE in signs
    is_refused = PhoneSign.NO_ANSWER in signs and (is_others or is_seen)
    if PhoneSign.NOT_HERE in signs or is_refused or is_moved or (is_others and is_hidden):
        return UnsafeContact.PHONE
    comes = PhoneSign.MYSELF in signs and signs & {PhoneSign.NO_ANSWER, PhoneSign.NOT_ALONE}
    is_delicate = PhoneSign.NOT_ALONE in signs and PhoneSign.TOPIC in signs
    is_wary = is_seen and (is_hidden or PhoneSign.ELSEWHERE in signs)
    is_quiet = comes or is_delicate or is_wary or PhoneSign.NOT_THEIR_OWN in signs
    return UnsafeContact.REPLY if is_quiet else None


def says_safe(text: str) -> bool:
    """Return whether a message says that it is safe again to write to the patient, and nothing that is not.

    Args:
        text: Any string.
    """
    return load_signs()[SAFE].are_in(break_sentences(text)) and read_unsafe_contact(text) is None


@cache
def load_signs() -> dict[str, _Signs]:
    """Return the compiled signs, read once per process."""
    return {
        kind: _Signs(*(re.compile(rf"\b(?:{lists.get(name) or NOTHING})") for name in _Signs._fields))
        for kind, lists in read_alternatives(TABLE).items()
        if kind != PARTS
    }
