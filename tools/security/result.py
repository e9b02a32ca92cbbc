"""What a part of `make security` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of one part.

    Attributes:
        part: what was done.
        counts: how much of it, in words.
        problems: how many server errors, hits, or findings there were.
        details: a line for each problem, or why a part could not run.
    """

    part: str
    counts: str
    problems: int = 0
    details: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (f"{self.part:<28} {self.counts}, {self.problems} problems", *self.details)
        return "\n    ".join(lines)
