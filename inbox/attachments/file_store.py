"""Where the contents of attachments are kept, encrypted: in a folder, or in a bucket (`tasks/attachments/bucket.py`).

A file is known by a random id, so neither its name nor its place says anything about a patient.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

FILE_ID = re.compile(r"[0-9a-f]{32}")
THUMBNAIL = ".thumbnail"
_NAME = re.compile(rf"{FILE_ID.pattern}(?:{re.escape(THUMBNAIL)})?")


def is_file_name(name: str) -> bool:
    """Return whether a file can have this name, which leads nowhere but to its place."""
    return _NAME.fullmatch(name) is not None


def place_of(name: str) -> str:
    """Return where a file is in its store, with a subfolder for each first two digits, so that stores can be copied.

    Raises:
        ValueError: no file has this name.
    """
    if not is_file_name(name):
        raise ValueError("not the name of an attachment's file")
    return f"{name[:2]}/{name}"


class StoreAwayError(OSError):
    """A file store gave no usable answer, and may give one later."""

    def __init__(self, reason: str) -> None:
        """Create an error.

        Args:
            reason: why, without names, addresses, or keys.
        """
        super().__init__(errno.EIO, reason)


class FileStore(Protocol):
    """Keeps sealed bytes by name: a file id, or one with `THUMBNAIL` behind it."""

    def write(self, name: str, sealed: bytes) -> None:
        """Keep bytes under a name, in place of any that are there; they are there wholly or not at all.

        Raises:
            OSError: they can't be kept.
        """
        ...

    def read(self, name: str) -> bytes:
        """Return the bytes under a name.

        Raises:
            FileNotFoundError: there are none.
            OSError: they can't be read.
        """
        ...

    def delete(self, file_id: str) -> None:
        """Delete a file and its thumbnail; what is gone already counts as deleted.

        Raises:
            OSError: they can't be deleted.
        """
        ...

    def names(self) -> Iterator[str]:
        """Yield the names of everything that is kept."""
        ...

    def is_ready(self) -> bool:
        """Return soon whether the store answers."""
        ...


class Folder:
    """A file store in a folder that web servers and workers share, with a subfolder for each first two digits."""

    def __init__(self, folder: Path) -> None:
        """Use a folder, which is created with the first file."""
        self._folder = folder

    def write(self, name: str, sealed: bytes) -> None:
        """Write a file beside its place, and move it there."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.parent / f".{secrets.token_hex(8)}"
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise

    def read(self, name: str) -> bytes:
        """Read a file."""
        return self._path(name).read_bytes()

    def delete(self, file_id: str) -> None:
        """Delete a file and its thumbnail."""
        for name in (file_id, file_id + THUMBNAIL):
            self._path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Yield the names of all files, in no order."""
        for path in self._folder.glob("??/*"):
            if is_file_name(path.name):
                yield path.name

    def is_ready(self) -> bool:
        """Return True: the folder is there, or is created with the first file."""
        return True

    def _path(self, name: str) -> Path:
        return self._folder / place_of(name)
