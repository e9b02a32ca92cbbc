"""Markdown tables and number formats that all reports share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOT_MEASURED = "–"


def format_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table with its first column left-aligned and the others right-aligned."""
    rule = ["---", *("---:" for _ in header[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def format_percent(share: float) -> str:
    """Format a share, 0 to 1, as a percentage."""
    return f"{share:.1%}"


def format_interval(low: float, high: float) -> str:
    """Format the ends of an interval, 0 to 1 each, as percentages."""
    return f"{100 * low:.1f}–{100 * high:.1f}"


def format_share(share: Mapping[str, float] | None) -> str:
    """Format a counted share with its interval and its counts."""
    if share is None:
        return NOT_MEASURED
    counted = f"{share['count']:,} of {share['messages']:,}"
    return f"{format_percent(share['share'])} ({format_interval(share['low'], share['high'])}; {counted})"


def format_score(scores: Mapping[str, Any], score: str) -> str:
    """Format a model's score, such as `accuracy`, with its interval."""
    return f"{format_percent(scores[score])} ({format_interval(*scores[f'{score}_interval'])})"
