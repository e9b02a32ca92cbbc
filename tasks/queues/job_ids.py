"""The ids of jobs: each names its row and proves that this service made it.

An id is all that a worker reads of a job, so whoever can write to Redis cannot have anything run that this service did
not ask for. It also shows which rows wait, without a look at the jobs.
"""

from __future__ import annotations

import re
import secrets

from intake.encryption import Keyring

# `deliver-17-9f2c01aa-` and a signature. The random part keeps a second job for the row from replacing the one that is
# running.
_SIGNED = re.compile(r"(([a-z_]{1,40})-([1-9][0-9]{0,18})-[0-9a-f]{8})-([0-9a-f]{32})")


def make_job_id(job: str, row_id: int, keyring: Keyring) -> str:
    """Return a new id for a job."""
    unsigned = f"{job}-{row_id}-{secrets.token_hex(4)}"
    return f"{unsigned}-{keyring.sign_job(unsigned)}"


def read_job_id(job_id: str, keyring: Keyring) -> tuple[str, int] | None:
    """Return the name and the row of a job, None if this service did not make its id."""
    found = _SIGNED.fullmatch(job_id)
    if found is None or not keyring.has_signed_job(found[1], found[4]):
        return None
    return found[2], int(found[3])
