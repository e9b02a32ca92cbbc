"""Append-only files of JSON objects, one per line, that survive a kill at any moment."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from training.errors import TrainingError


class JsonLinesError(TrainingError):
    """A file that cannot be used; the message names it and the reason."""


class JsonLines:
    """One such file, locked by one process and shared by its threads. Also a context manager.

    An object is in the file when `append` returns. Opening the file removes a last line that a kill left unfinished.
    """

    def __init__(self, path: Path) -> None:
        """Open and lock the file; create it if necessary.

        Raises:
            JsonLinesError: Another process has it open.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._writing = threading.Lock()
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise JsonLinesError(f"{path} is in use by another process: wait for it to finish") from error
        whole = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(self._file, whole)

    def read(self) -> list[dict[str, Any]]:
        """Return all objects, oldest first.

        Raises:
            JsonLinesError: A line is not a JSON object.
        """
        entries = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            try:
                entry = json.loads(line)
            except ValueError:
                entry = None
            if not isinstance(entry, dict):
                raise JsonLinesError(f"{self.path}:{number} is not a JSON object: repair the line or remove the file")
            entries.append(entry)
        return entries

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one object."""
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        with self._writing:
            while line:
                line = line[os.write(self._file, line) :]

    def close(self) -> None:
        """Close and unlock the file."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
