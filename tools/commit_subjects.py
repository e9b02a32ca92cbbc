"""Refuse commits whose subject line is too long; `make lint` runs it where there is a history.

Older subjects stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

LONGEST = 72
SINCE = "2026-12-03T00:00:00Z"
ROOT = Path(__file__).parents[1]


def read_subjects(repository: Path, since: str = SINCE) -> list[str]:
    """Return the subject of each commit since then, merges aside; none where git has none to tell."""
    if not (repository / ".git").exists() or not shutil.which("git"):
        return []
    log = ["git", "-C", str(repository), "log", "--no-merges", f"--since={since}", "--format=%s"]
    return subprocess.run(log, capture_output=True, text=True, check=False).stdout.splitlines()


def main(repository: Path = ROOT) -> int:
    """Print each subject that is too long, and return the exit status."""
    long = [subject for subject in read_subjects(repository) if len(subject) > LONGEST]
    for subject in long:
        print(f"{len(subject)} characters, at most {LONGEST}: {subject}", file=sys.stderr)
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main())
