"""What affects how a value is written, and the values that it is chosen from."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from faker import Faker

from classifier.text.normalise import without_accents
from training.data.corpus import CORPUS, CorpusError, read_rows

VALUES: Final = Path("values")
"""The folder of the value lists, in the corpus folder."""

_HELD_OUT: Final = 6
_TRIES: Final = 200
_WORD: Final = re.compile(r"[^\s,.()&\"]+")
_LOCALES: Final = (
    "en_US", "en_US", "en_US", "es_MX", "en_IN", "vi_VN", "fil_PH", "pl_PL", "fr_FR", "de_DE", "it_IT", "pt_BR",
    "tr_TR", "nl_NL", "yo_NG", "zu_ZA", "ro_RO", "id_ID", "sv_SE", "hu_HU", "cs_CZ", "en_GB",
)  # fmt: skip


class NoValueError(CorpusError):
    """No value that is made or listed may be used on this side of the split."""


def is_held_out(value: str) -> bool:
    """Return whether a value is kept for validation, which its letters alone decide: a sixth of all values is."""
    return zlib.crc32(value.casefold().encode()) % _HELD_OUT == 0


@dataclass(frozen=True, slots=True)
class Values:
    """The names, streets, and employers that messages are filled with.

    Attributes:
        held_out: Whether these are the values of validation, which training never uses.
        corpus: The corpus folder, with the lists.
    """

    held_out: bool = False
    corpus: Path = CORPUS

    def pick(self, name: str, rng: Random, groups: tuple[str, ...] = ()) -> str:
        """Return a value of a list, from any of its groups or from some; each group is as likely as any other."""
        listed = read_values(self.corpus, name)
        return self.draw(lambda: rng.choice(listed[rng.choice(groups or tuple(listed))]))

    def draw(self, make: Any) -> str:
        """Return the first value that `make` returns on this side of the split, with no name of a test message.

        Raises:
            NoValueError: It returns none in 200 tries.
        """
        unseen = plain_names_of_tests(self.corpus)
        for _ in range(_TRIES):
            value = str(make())
            if is_held_out(value) == self.held_out and unseen.isdisjoint(plain_words(value)):
                return value
        side = "validation" if self.held_out else "training"
        raise NoValueError(
            f"{_TRIES} values in a row are not for {side} or have a name of the tests: add others to {VALUES}/"
        )


def plain_words(value: str) -> list[str]:
    """Return the words of a value in small letters and without accents, and the parts that a hyphen joins."""
    words = _WORD.findall(without_accents(value.casefold()))
    return words + [part for word in words if "-" in word for part in word.split("-")]


@cache
def names_of_tests(corpus: Path) -> frozenset[str]:
    """Return the words of the names in the test messages, in lower case, as they are written there."""
    return frozenset(word for _, (word,) in read_rows(corpus / VALUES / "names_of_tests.txt", 1))


@cache
def plain_names_of_tests(corpus: Path) -> frozenset[str]:
    """Return the same without accents: no slot is filled with one of them, however it is typed."""
    return frozenset(map(without_accents, names_of_tests(corpus)))


@cache
def read_values(corpus: Path, name: str) -> dict[str, tuple[str, ...]]:
    """Return the groups of a value list."""
    return {group: tuple(found.split(", ")) for _, (group, found) in read_rows(corpus / VALUES / f"{name}.tsv", 2)}


@dataclass(slots=True)
class SpanSetting:
    """Everything that affects how the values of one message are written.

    Attributes:
        rng: The random generator for every choice.
        values: Where names, streets, and employers come from.
        spoken: Whether it is the transcript of a voicemail.
        spanish: Whether the message is in Spanish.
        casual: Whether its words are all in lower case.
        slots: The names of the message's slots.
        before: The words before the value.
        said: What each slot said last.
    """

    rng: Random
    values: Values
    spoken: bool = False
    spanish: bool = False
    casual: bool = False
    slots: frozenset[str] = frozenset()
    before: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    def one_in(self, count: int) -> bool:
        """Return True once in `count` times."""
        return self.rng.randrange(count) == 0

    def faker(self, *locales: str) -> Faker:
        """Return a generator of names and places of one of these locales, or of any."""
        fake = _faker(self.rng.choice(locales or _LOCALES))
        fake.factories[0].random = self.rng
        return fake


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)
