"""A second check for names in reviewed messages, in any capitalization, based on lists of names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from importlib import import_module

from training.data.corpus import CorpusMessage

_LOCALES = ("en_US", "en_GB", "en_IN", "es_MX", "fr_FR", "de_DE", "it_IT", "pt_BR", "pl_PL", "vi_VN")
_SLOT = re.compile(r"\{[a-z0-9_]+\}")
_WORD = re.compile(r"[^\W\d_]+")
_OFTEN = 3
"""A word that the corpus contains this often in lowercase is a word, even if it is also a name."""


class NameList:
    """First and last names, except those that are ordinary words."""

    def __init__(self, corpus: Iterable[CorpusMessage]) -> None:
        """Learn ordinary words from the corpus, in which names are slots."""
        written = Counter(word for message in corpus for word in _words(message.text) if word.islower())
        words = {word for word, count in written.items() if count >= _OFTEN}
        self._names = _known_names() - words

    def names_somebody(self, text: str) -> bool:
        """Return whether the text contains a name, with or without a final s."""
        return any(not {word, word.removesuffix("s")}.isdisjoint(self._names) for word in map(str.lower, _words(text)))


def _words(text: str) -> list[str]:
    return _WORD.findall(_SLOT.sub(" ", text))


def _known_names() -> set[str]:
    names: set[str] = set()
    for locale in _LOCALES:
        provider = import_module(f"faker.providers.person.{locale}").Provider
        for kind in ("first_names", "last_names"):
            names.update(part.lower() for name in getattr(provider, kind, ()) for part in _words(name))
    return {name for name in names if len(name) > 2}
