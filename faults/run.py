"""Running one fault from an empty folder to its row of the table."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from faults.counts import Counts, count, find_breaches
from faults.kinds import Kind
from faults.recovery import recover
from faults.service import Service

_MEMORY = Path("/dev/shm")


@dataclass(frozen=True, slots=True)
class Row:
    """What one fault did.

    Attributes:
        kind: the fault.
        counts: what became of the texts.
    """

    kind: Kind
    counts: Counts

    @property
    def breaches(self) -> list[str]:
        """Everything that harmed a patient."""
        return find_breaches(self.counts)


def run_kind(kind: Kind) -> Row:
    """Break a service in this way and count."""
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(dir=memory, prefix="intake-fault-", ignore_cleanup_errors=True) as folder,
        Service(Path(folder), kind.database, teams=kind.teams, escalation=kind.escalation) as service,
    ):
        service.urgent_within = kind.urgent_within
        try:
            if kind.starts:
                service.start()
            kind.act(service)
        except Exception as error:
            print(f"{kind.name}: {error}", file=sys.stderr)
            service.require(False, f"could not be run ({type(error).__name__})")
        return Row(kind, count(service, recover(service, kind.deadline)))
