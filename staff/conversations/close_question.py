"""What closing several conversations asks first: what to do with those whose patients nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MOST_NAMED = 5
CHOICE = "unanswered"
"""What a form calls what the member decided about those that nobody answered."""


class CloseChoice(StrEnum):
    """What the member decided about those that nobody answered: leave them open, or close them all the same."""

    LEAVE = "leave"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Named:
    """A conversation that is named with a link to it, and the newest message that the list showed."""

    id: int
    who: str = field(repr=False)
    newest: int | None = None


@dataclass(frozen=True, slots=True)
class CloseQuestion:
    """What is asked before several are closed.

    Attributes:
        chosen: all that would be closed.
        unanswered: those of them that nobody answered.
    """

    chosen: Sequence[Named]
    unanswered: Sequence[Named]

    @property
    def words(self) -> str:
        """How many were not answered, before their names."""
        count, total = len(self.unanswered), len(self.chosen)
        if total == 1:
            return "Nobody has answered"
        if count == total:
            return f"None of these {total} was answered"
        return f"{count} of {total} {'was' if count == 1 else 'were'} never answered"

    @property
    def leaving(self) -> str:
        """The words that close only the others; empty if there are none."""
        answered = len(self.chosen) - len(self.unanswered)
        return {0: "", 1: "Close the answered one"}.get(answered, f"Close the {answered} answered")

    @property
    def closing(self) -> str:
        """The words that close them all."""
        return "Close it anyway" if len(self.chosen) == 1 else f"Close all {len(self.chosen)}"

    @property
    def more(self) -> int:
        """How many were not answered beyond those that are named."""
        return max(0, len(self.unanswered) - MOST_NAMED)
