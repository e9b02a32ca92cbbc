"""Reading `multipart/form-data` (RFC 7578) as bytes: keep the fields and discard the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from web.errors import RequestError

LONGEST_FIELD = 512 * 1024
LONGEST_CONTENT_TYPE = 100
MOST_PARTS = 1000
_CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class DiscardedFile:
    """A discarded file: its declared content type and its size in bytes."""

    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The fields and files of a form.

    Attributes:
        fields: the undecoded fields by name, each cut off after 512 KiB; if a name repeats, the last one wins.
        files: the discarded files, in order.
    """

    fields: Mapping[str, bytes] = field(repr=False)
    files: tuple[DiscardedFile, ...] = ()


def read_multipart(stream: IO[bytes], parameters: Mapping[str, str]) -> PostedForm:
    """Read a request's body to its end.

    Args:
        stream: the body.
        parameters: the parameters of the Content-Type header.

    Raises:
        RequestError: 400 if the body is not valid multipart/form-data.
        werkzeug.exceptions.RequestEntityTooLarge: the body is too long or has too many parts.
    """
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise RequestError(400, "invalid_form", "Send multipart/form-data with a boundary.")
    # long fields are cut off below, so that a long newsletter is not an error
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_parts=MOST_PARTS)
    collector = _Collector()
    try:
        while not collector.finished:
            chunk = stream.read(_CHUNK)
            decoder.receive_data(chunk or None)
            collector.collect(decoder)
    except ValueError:
        raise RequestError(400, "invalid_form", "The body is not valid multipart/form-data.") from None
    return PostedForm({name: bytes(value) for name, value in collector.fields.items()}, tuple(collector.files))


class _Collector:
    """Collects the fields and files from the decoder."""

    def __init__(self) -> None:
        self.fields: dict[str, bytearray] = {}
        self.files: list[DiscardedFile] = []
        self.finished = False
        self._part: Field | File | None = None

    def collect(self, decoder: MultipartDecoder) -> None:
        while not isinstance(event := decoder.next_event(), NeedData):
            match event:
                case Field(name=name):
                    self.fields[name] = bytearray()
                    self._part = event
                case File():
                    self.files.append(DiscardedFile(event.headers.get("Content-Type", "")[:LONGEST_CONTENT_TYPE], 0))
                    self._part = event
                case Data(data=data):
                    self._take(data)
                case Epilogue():
                    self.finished = True
                    return

    def _take(self, data: bytes) -> None:
        if isinstance(self._part, Field):
            value = self.fields[self._part.name]
            value += data[: LONGEST_FIELD - len(value)]
        elif self.files:
            last = self.files[-1]
            self.files[-1] = DiscardedFile(last.content_type, last.size + len(data))
