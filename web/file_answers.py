"""Answering with a stored picture or file: whatever it turned out to be, a browser would not run or keep it."""

from __future__ import annotations

from flask import Response

from inbox.attachments.file_types import ending_of
from inbox.attachments.rows import UNKNOWN_TYPE

_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store, private",
}


def file_answer(contents: bytes, content_type: str | None, name: str, *, inline: bool) -> Response:
    """Return a file.

    Args:
        contents: the file.
        content_type: what its bytes were found to be.
        name: a name of our own, without its ending: the sender's could be that of a program, or say who they are.
        inline: whether a browser may show it.
    """
    response = Response(contents, mimetype=content_type or UNKNOWN_TYPE)
    kind = "inline" if inline else "attachment"
    response.headers["Content-Disposition"] = f'{kind}; filename="{name}.{ending_of(content_type)}"'
    response.headers.update(_SAFE)
    return response
