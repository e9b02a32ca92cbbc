"""A ZIP file that is sent as it is made: no more than one picture or file is in memory, and nothing on the disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Sequence

import structlog

from inbox.attachments.file_store import FileStore
from inbox.attachments.rows import read_contents
from inbox.exports.patient import name_of_file
from inbox.models import Attachment
from intake.errors import MissingKeyError

log = structlog.get_logger()
FOLDER = "files"
_PIECE = 64 * 1024


class _Outgoing(io.RawIOBase):
    """What was written and not yet sent; it can't be sought in, so that what has gone needn't be kept."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, contents: object) -> int:
        """Add bytes."""
        added = bytes(contents)  # type: ignore[call-overload]
        self._written += added
        return len(added)

    def take(self) -> bytes:
        """Return what is to be sent, and forget it."""
        taken = bytes(self._written)
        self._written.clear()
        return taken


def write_archive(
    store: FileStore, files: Sequence[Attachment], write_pages: Callable[[list[int]], dict[str, str]]
) -> Iterator[bytes]:
    """Yield a ZIP file in pieces: pictures and files, and then the pages, which can say what was lost.

    Args:
        store: where the files are kept.
        files: the pictures and files.
        write_pages: returns the pages by name, given the ids of the files that are not there.
    """
    outgoing, lost = _Outgoing(), []
    with zipfile.ZipFile(outgoing, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            contents = _read(store, file)
            if contents is None:
                lost.append(file.id)
                continue
            with archive.open(f"{FOLDER}/{name_of_file(file.id, file.content_type)}", "w") as member:
                for start in range(0, len(contents), _PIECE):
                    member.write(contents[start : start + _PIECE])
                    yield outgoing.take()
        for name, text in write_pages(lost).items():
            archive.writestr(name, text)
            yield outgoing.take()
    yield outgoing.take()


def _read(store: FileStore, file: Attachment) -> bytes | None:
    try:
        return read_contents(store, file)
    except (MissingKeyError, OSError) as error:
        log.error("attachment_not_read", attachment_id=file.id, error=type(error).__name__)
        return None
