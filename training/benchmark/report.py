"""Format the results as Markdown and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from training.benchmark.results import PERCENTILES, Result
from training.markdown import format_percent, format_table


def format_page(results: Sequence[Result], messages: int, prices_as_of: date) -> str:
    """Return the Markdown page."""
    lines = [
        "# Benchmark",
        "",
        f"{messages:,} messages, classified one at a time. 95% bootstrap intervals are in brackets. Latency is per "
        f"message and includes the network for APIs. Costs are list prices of {prices_as_of}; local models are free. "
        "An answer without an intent is unreadable and counts as wrong.",
        "",
        format_table(
            ("model", "accuracy", "macro-F1", *(f"p{p} ms" for p in PERCENTILES), "$ per 1,000", "unreadable"),
            [_overall(result) for result in results],
        ),
        "",
        "## F1 by intent",
        "",
        format_table(("intent", *(result.name for result in results)), _by_intent(results)),
        "",
    ]
    return "\n".join(lines)


def as_json(results: Sequence[Result], messages: int, prices_as_of: date) -> dict[str, Any]:
    """Return the content of `benchmark.json`."""
    return {
        "messages": messages,
        "prices_as_of": prices_as_of.isoformat(),
        "models": [asdict(result) for result in results],
    }


def _overall(result: Result) -> tuple[str, ...]:
    cost = "unknown" if result.dollars_per_1000 is None else f"{result.dollars_per_1000:.4f}"
    return (
        f"`{result.name}`",
        _share(result.accuracy, result.accuracy_interval),
        _share(result.macro_f1, result.macro_f1_interval),
        *(f"{result.latency_ms[percentile]:,.1f}" for percentile in PERCENTILES),
        cost,
        f"{result.unreadable:,}",
    )


def _by_intent(results: Sequence[Result]) -> list[tuple[str, ...]]:
    intents = results[0].by_intent
    return [
        (
            f"{intent} ({intents[intent]['messages']:,})",
            *(format_percent(result.by_intent[intent]["f1"]) for result in results),
        )
        for intent in intents
    ]


def _share(share: float, interval: tuple[float, float]) -> str:
    return f"{format_percent(share)} [{format_percent(interval[0])}, {format_percent(interval[1])}]"
