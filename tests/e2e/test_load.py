"""The measurement under load: a small one runs through, and prints each figure that the documentation has."""

from __future__ import annotations

import re

from click.testing import CliRunner

from benchmarks.load import main

PROCESSES = ["Redis", "carrier worker", "message worker", "supervisor", "urgent worker", "web"]
FIGURES = (
    r"^  webhook ms  p50 \d+, p95 \d+, p99 \d+$",
    r"^  reply ms    p50 \d+, p95 \d+, p99 \d+$",
    r"^  CPU of all workers +[\d.]+ ms a text$",
)


def test_a_small_load_is_answered_whole_and_measured_by_process() -> None:
    run = CliRunner().invoke(main, ["--burst", "4", "--rate", "8", "--seconds", "1"])

    assert run.exit_code == 0, run.output
    assert re.findall(r"^(.*): (\d+) of (\d+) answered, [\d.]+ a second$", run.output, re.MULTILINE) == [
        ("4 texts, 8 at a time", "4", "4"),
        ("8 a second for 1 s", "8", "8"),
    ]
    processes = re.findall(r"^  CPU of (.+?)  +[\d.]+ ms a text$", run.output, re.MULTILINE)
    assert processes == [*PROCESSES, "all workers"] * 2
    assert [len(re.findall(figure, run.output, re.MULTILINE)) for figure in FIGURES] == [2, 2, 2]
    assert run.output.endswith("Nothing was lost or doubled.\n")
