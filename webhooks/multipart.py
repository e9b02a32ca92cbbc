"""Reading `multipart/form-data` (RFC 7578) as bytes: keep the fields, and the files up to a limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import IO

from werkzeug.datastructures import Headers
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from inbox.attachments.rows import MOST_BYTES
from web.errors import RequestError

LONGEST_FIELD = 512 * 1024
LONGEST_CONTENT_TYPE = 100
LONGEST_NAME = 100
MOST_PARTS = 1000
_CHUNK = 64 * 1024
_AS_USUAL: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A file: its declared content type, its size in bytes, its name, and its contents, None if they are too long."""

    content_type: str
    size: int
    name: str = field(default="", repr=False)
    contents: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The fields and files of a form.

    Attributes:
        fields: the undecoded fields by name, each cut off after 512 KiB; if a name repeats, the last one wins.
        files: the files, in order.
        cut: the names of the fields that were cut off.
    """

    fields: Mapping[str, bytes] = field(repr=False)
    files: tuple[PostedFile, ...] = ()
    cut: frozenset[str] = frozenset()


def read_multipart(
    stream: IO[bytes],
    parameters: Mapping[str, str],
    most_parts: int = MOST_PARTS,
    longest: Mapping[str, int] = _AS_USUAL,
) -> PostedForm:
    """Read a request's body to its end.

    Args:
        stream: the body.
        parameters: the parameters of the Content-Type header.
        most_parts: how many fields and files there may be.
        longest: how many bytes of a field are kept, by its name, if not 512 KiB.

    Raises:
        RequestError: 400 if the body is not valid multipart/form-data.
        werkzeug.exceptions.RequestEntityTooLarge: the body is too long or has too many parts.
    """
    boundary = parameters.get("boundary", "")
    if not boundary:
        raise RequestError(400, "invalid_form", "Send multipart/form-data with a boundary.")
    # long fields are cut off below, so that a long newsletter is not an error
    decoder = _Decoder(boundary.encode("latin-1", "replace"), max_parts=most_parts)
    collector = _Collector(longest)
    try:
        while not collector.finished:
            chunk = stream.read(_CHUNK)
            decoder.receive_data(chunk or None)
            collector.collect(decoder)
    except ValueError:
        raise RequestError(400, "invalid_form", "The body is not valid multipart/form-data.") from None
    return PostedForm(
        {name: bytes(value) for name, value in collector.fields.items()}, collector.files, frozenset(collector.cut)
    )


class _Decoder(MultipartDecoder):
    """A decoder to which a name that is not UTF-8 is no failure: no message may be lost to what its file is called."""

    def _parse_headers(self, data: bytes | bytearray) -> Headers:
        return super()._parse_headers(data.decode("utf-8", "replace").encode())


@dataclass(slots=True)
class _File:
    """A file that is being read; its contents are thrown away once they are too long."""

    content_type: str
    name: str
    size: int = 0
    contents: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > MOST_BYTES:
            self.contents = bytearray()
        else:
            self.contents += data

    def finish(self) -> PostedFile:
        kept = bytes(self.contents) if self.size <= MOST_BYTES else None
        return PostedFile(self.content_type, self.size, self.name, kept)


class _Collector:
    """Collects the fields and files from the decoder."""

    def __init__(self, longest: Mapping[str, int]) -> None:
        self.fields: dict[str, bytearray] = {}
        self.cut: set[str] = set()
        self._longest = longest
        self._files: list[_File] = []
        self.finished = False
        self._part: Field | File | None = None

    def collect(self, decoder: MultipartDecoder) -> None:
        while not isinstance(event := decoder.next_event(), NeedData):
            match event:
                case Field(name=name):
                    self.fields[name] = bytearray()
                    self.cut.discard(name)
                    self._part = event
                case File():
                    content_type = event.headers.get("Content-Type", "")[:LONGEST_CONTENT_TYPE]
                    self._files.append(_File(content_type, event.filename[:LONGEST_NAME]))
                    self._part = event
                case Data(data=data):
                    self._take(data)
                case Epilogue():
                    self.finished = True
                    return

    def _take(self, data: bytes) -> None:
        if isinstance(self._part, Field):
            name = self._part.name
            value = self.fields[name]
            room = self._longest.get(name, LONGEST_FIELD) - len(value)
            value += data[:room]
            if len(data) > room:
                self.cut.add(name)
        elif self._files:
            self._files[-1].take(data)

    @property
    def files(self) -> tuple[PostedFile, ...]:
        return tuple(file.finish() for file in self._files)
