"""Creating files that nobody but the service's own user may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from intake.errors import IntakeError


def create_private(path: Path) -> None:
    """Create an empty file with mode 0600, unless there is one or it cannot be created, which its user then reports."""
    with suppress(OSError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def write_private(path: Path, contents: str | bytes) -> None:
    """Write a new file with mode 0600.

    Raises:
        IntakeError: there is such a file, or it cannot be written.
    """
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(contents.encode() if isinstance(contents, str) else contents)
    except FileExistsError:
        raise IntakeError(f"{path} exists: choose a new file") from None
    except OSError as error:
        raise IntakeError(f"cannot write {path}: {error.strerror}") from None
