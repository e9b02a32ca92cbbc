"""Warning at the start of a practices file that others on the machine can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

DEMO = "practices.demo.toml"
"""The repository's demo, which holds no secret and is open to everyone in a fresh checkout."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def warn_if_file_is_open(path: Path, say: Callable[[str], None]) -> None:
    """Log and print a warning if others have access to the practices file of this user, unless it is the demo's.

    Args:
        path: the practices file; its owner alone can change its mode, so another user's is left alone.
        say: prints a line.
    """
    if path.name == DEMO:
        return
    try:
        found = path.stat()
    except OSError:
        return  # whoever needs the file says so
    if found.st_uid != os.geteuid() or not found.st_mode & _OTHERS:
        return
    log.warning("practices_file_is_open")
    say(
        f"Warning: others on this machine have access to {path}, whose addresses of teams may hold passwords:"
        f" run `chmod 600 {path}`."
    )
