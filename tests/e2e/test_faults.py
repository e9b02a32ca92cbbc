"""The quickest of the faults that `make faults` runs; each harms nobody."""

from __future__ import annotations

import pytest

from faults.kinds import ALL
from faults.run import run_kind

QUICK = (
    "PostgreSQL, each webhook ten times at once",
    "Redis flushed",
    "Twilio takes texts on and drops the answer",
    "worker killed -9 while classifying",
    "worker killed -9 while sending",
)


@pytest.mark.parametrize("name", QUICK)
def test_this_fault_harms_nobody(name: str) -> None:
    [kind] = [kind for kind in ALL if kind.name == name]

    row = run_kind(kind)

    assert row.breaches == []
    assert row.counts.answered > 0
