"""Find the entities of a text: by the rules, and by the network where one is installed."""

from __future__ import annotations

from functools import cache
from typing import Final, Protocol

from classifier.entities.entity import Entity
from classifier.entities.merging import merge
from classifier.entities.rules import find_by_rules


class Tagger(Protocol):
    """What finds entities with a network."""

    def find(self, text: str) -> tuple[Entity, ...]:
        """Return the entities of a text, in its order, without overlaps."""
        ...


class Recognizer:
    """Rules and, if there is one, a network.

    Attributes:
        tagger: The network; None without one.
    """

    def __init__(self, tagger: Tagger | None = None) -> None:
        """Use a network beside the rules; None for the rules alone."""
        self.tagger: Final = tagger

    def find(self, text: str) -> tuple[Entity, ...]:
        """Return the entities of a text, in its order, without overlaps."""
        return merge(find_by_rules(text), () if self.tagger is None else self.tagger.find(text))
