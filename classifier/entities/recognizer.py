"""Find the entities of a text: by the rules, and by the network where one is installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from classifier.entities.entity import Entity
from classifier.entities.insurance_names import settle_names
from classifier.entities.insurance_numbers import settle_numbers
from classifier.entities.mending import mend
from classifier.entities.merging import merge
from classifier.entities.name_parts import put_together
from classifier.entities.rules import find_by_rules

if TYPE_CHECKING:
    from classifier.entities.tagger import EntityTagger


class Recognizer:
    """Rules and, if there is one, a network.

    Attributes:
        tagger: The network; None without one.
    """

    def __init__(self, tagger: EntityTagger | None = None) -> None:
        """Use a network beside the rules; None for the rules alone."""
        self.tagger: Final = tagger

    @classmethod
    def load(cls, path: Path | None = None) -> Self:
        """Load a model folder, by default the one shipped with the package; without it, the rules work alone.

        Raises:
            ModelError: The folder is there, but one of its files is missing, altered or unusable.
        """
        from classifier.entities.bundle import DEFAULT_FOLDER
        from classifier.entities.tagger import EntityTagger

        home = DEFAULT_FOLDER if path is None else path
        return cls(EntityTagger.load(home) if home.is_dir() else None)

    def find(self, text: str, recorded: Iterable[Entity] = ()) -> tuple[Entity, ...]:
        """Return the entities of a text, in its order, without overlaps.

        Args:
            text: Any string.
            recorded: What of the patient's record the text contains (see `find_recorded`).
        """
        rules = (*recorded, *find_by_rules(text))
        if self.tagger is None:
            found = merge(rules)
        else:
            reading = self.tagger.read(text)
            found = merge(rules, mend(text, reading.entities), reading.possible)
        return settle_numbers(text, put_together(text, settle_names(text, found)))
