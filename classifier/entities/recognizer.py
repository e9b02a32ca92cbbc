"""Find the entities of a text: by the rules, and by the network where one is installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, Self

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

    @classmethod
    def load(cls) -> Self:
        """Load the network that came with the program; the rules work alone where there is none."""
        return cls()

    def find(self, text: str, recorded: Iterable[Entity] = ()) -> tuple[Entity, ...]:
        """Return the entities of a text, in its order, without overlaps.

        Args:
            text: Any string.
            recorded: What of the patient's record the text contains (see `find_recorded`).
        """
        return merge((*recorded, *find_by_rules(text)), () if self.tagger is None else self.tagger.find(text))
