"""`python -m benchmarks.paired COMMIT` sets this checkout's figures beside those of a commit.

The two take turns, so that what else the machine does falls on both. Both run with the libraries of this checkout.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
SLOWER = 1.05
"""From which ratio a figure counts as worse."""
_ROW = re.compile(r"^(?P<name>\S.{39})(?P<value>\s*\d+(?:\.\d+)?) (?P<unit>s|ms|MB)\b")


@click.command()
@click.argument("base")
@click.option("--rounds", default=3, show_default=True, help="How often each of the two is measured.")
def main(base: str, rounds: int) -> None:
    """Print the median of each figure in a commit and in this checkout, and their ratio; fail if any got worse."""
    before: list[dict[str, float]] = []
    after: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="intake-bench-") as folder:
        other = Path(folder) / "base"
        _git("worktree", "add", "--quiet", "--detach", str(other), base)
        try:
            for _ in range(rounds):
                before.append(read_figures(_measure(other)))
                after.append(read_figures(_measure(ROOT)))
        finally:
            _git("worktree", "remove", "--force", str(other))
    rows = compare(before, after)
    print(f"{'':<44}{'before':>10}{'after':>10}{'ratio':>8}")
    for name, (was, became) in rows.items():
        print(f"{name:<44}{was:>10.2f}{became:>10.2f}{became / was:>8.2f}")
    if worse := find_worse(rows):
        sys.exit(f"Worse by over {SLOWER - 1:.0%}: {', '.join(worse)}")


def read_figures(printed: str) -> dict[str, float]:
    """Return the figures that the benchmark printed, by name and unit."""
    rows = (_ROW.match(line) for line in printed.splitlines())
    return {f"{row['name'].strip()}, {row['unit']}": float(row["value"]) for row in rows if row}


def compare(
    before: Sequence[Mapping[str, float]], after: Sequence[Mapping[str, float]]
) -> dict[str, tuple[float, float]]:
    """Return the medians before and after of each figure that both have, by name."""
    shared = [name for name in before[0] if all(name in figures for figures in (*before, *after))]
    return {
        name: (
            statistics.median(figures[name] for figures in before),
            statistics.median(figures[name] for figures in after),
        )
        for name in shared
    }


def find_worse(rows: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return the figures that got worse, each of which is better the smaller it is."""
    return [name for name, (before, after) in rows.items() if after > SLOWER * before]


def _measure(checkout: Path) -> str:
    environment = os.environ | {"PYTHONPATH": str(checkout)}
    command = (sys.executable, "-m", "benchmarks")
    return subprocess.run(command, cwd=checkout, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603


def _git(*arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=ROOT, check=True)  # noqa: S603, S607 (the developer's own)


if __name__ == "__main__":
    main()
