"""Answering with a stored picture or file: whatever it turned out to be, a browser would not run or keep it."""

from __future__ import annotations

from flask import Response

_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store, private",
}
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/pdf": "pdf",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/aac": "aac",
}


def file_answer(contents: bytes, content_type: str | None, name: str, *, inline: bool) -> Response:
    """Return a file.

    Args:
        contents: the file.
        content_type: what its bytes were found to be.
        name: a name of our own, without its ending: the sender's could be that of a program, or say who they are.
        inline: whether a browser may show it.
    """
    content_type = content_type or "application/octet-stream"
    response = Response(contents, mimetype=content_type)
    whole_name = f"{name}.{_EXTENSIONS.get(content_type, 'bin')}"
    response.headers["Content-Disposition"] = f'{"inline" if inline else "attachment"}; filename="{whole_name}"'
    response.headers.update(_SAFE)
    return response
