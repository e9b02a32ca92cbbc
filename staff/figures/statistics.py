"""Shares and percentiles from counts, and whether there are enough to say anything."""

from __future__ import annotations

from collections.abc import Mapping

LEAST = 30
"""Fewer than this say nothing: one patient more would move the figure by several points."""

MINUTE, HOUR, DAY = 60, 3600, 86_400
MEDIAN, SLOW = 0.5, 0.9


def share(part: int, whole: int) -> float | None:
    """Return a share, 0 to 1; None if too few stand behind it to tell."""
    return part / whole if whole >= LEAST else None


def percentile(counts: Mapping[int, int], at: float) -> int | None:
    """Return the smallest value that at least this share of the values do not exceed; None if there are too few.

    Args:
        counts: how often each value was counted.
        at: the share, above 0 and up to 1.
    """
    total = sum(counts.values())
    if total < LEAST:
        return None
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= at * total:
            return value
    return max(counts)


def duration(seconds: int) -> str:
    """Return a duration in at most two units."""
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    larger, smaller, names = (HOUR, MINUTE, ("h", "min")) if seconds < DAY else (DAY, HOUR, ("d", "h"))
    rest = seconds % larger // smaller
    return f"{seconds // larger} {names[0]}" + (f" {rest} {names[1]}" if rest else "")
