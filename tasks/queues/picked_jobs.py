"""Choosing which of the jobs that a worker has taken from a queue it runs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from intake.encryption import Keyring
from tasks.jobs import JOBS
from tasks.queues.job_ids import read_job_id


@dataclass(slots=True)
class PickedJobs:
    """Jobs of one kind to run together, and what becomes of the others.

    Attributes:
        name: the kind.
        ids: row id → the id of its job, first to last.
        repeated: the ids of further jobs for the same rows.
        left: the ids of jobs from the first one of another kind on, which go back to where they were.
        refused: ids that this service did not make.
    """

    name: str = ""
    ids: dict[int, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def pick_jobs(job_ids: Sequence[str], keyring: Keyring) -> PickedJobs:
    """Return the jobs at the front that are of one kind and were made by this service."""
    picked = PickedJobs()
    for job_id in job_ids:
        name, row_id = read_job_id(job_id, keyring) or ("", 0)
        if name not in JOBS:
            picked.refused.append(job_id)
        elif picked.left or name != (picked.name or name):
            picked.left.append(job_id)
        elif row_id in picked.ids:
            picked.repeated.append(job_id)
        else:
            picked.name, picked.ids[row_id] = name, job_id
    return picked
