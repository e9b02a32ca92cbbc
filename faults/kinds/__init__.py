"""The kinds of faults, a module for each part that breaks."""

from __future__ import annotations

from faults.kinds import database, patients, queue, twilio, up, workers
from faults.kinds.registry import ALL, Kind

__all__ = ["ALL", "Kind", "database", "patients", "queue", "twilio", "up", "workers"]
