"""Splitting a raw email into its parts (RFC 2045, RFC 2046) in linear time, however it is made.

Each part's headers and encodings are read by the standard library. Its parser isn't given the whole email: it takes
gigabytes for 36 MB of line ends, crashes on parts nested a few hundred deep, and its newer policy (`policy.default`)
raises on headers that a stranger can write.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32

from webhooks.email.inbound_email import without_files

LONGEST_HEADERS = 256 * 1024
LONGEST_HEADER_VALUE = 16 * 1024
LONGEST_BODY = 1024 * 1024
LONGEST_NAME = 100
_MOST_CHUNKS = 1000
_BASE64_LOOKED_AT = 64 * 1024
_LINE = re.compile(rb"[^\s][^\r\n]*")
_BASE64_LINE = re.compile(rb"^[A-Za-z0-9+/=]+[ \t]*\r?$", re.MULTILINE)
# An empty line, or one that is no header, because the empty line is missing.
_END_OF_HEADERS = re.compile(rb"^(?!From |[!-9;-~]*:|[\t ])(?:\r?\n)?", re.MULTILINE)


class _BoundedHeaders(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER_VALUE]


_BOUNDED = _BoundedHeaders()


@dataclass(frozen=True, slots=True)
class MimePart:
    """An email, or a part of one.

    Attributes:
        headers: its headers; those beyond 256 KiB are left out.
        header_bytes: the headers as they were sent.
        body: what follows the headers, still encoded.
    """

    headers: Message
    header_bytes: bytes
    body: bytes

    @property
    def content_type(self) -> str:
        """The content type, in lower case, such as `text/plain`."""
        return self.headers.get_content_type()

    @property
    def is_attached(self) -> bool:
        """Whether it is declared as an attachment; a name alone says nothing, as phones give one to the words."""
        return str(self.headers.get("Content-Disposition", "")).partition(";")[0].strip().lower() == "attachment"

    @property
    def file_name(self) -> str:
        """What its sender calls it, cut off after 100 characters; empty if it has no name."""
        return str(self.headers.get_filename() or "")[:LONGEST_NAME].encode("utf-8", "replace").decode()

    def decode_file(self, most_bytes: int) -> bytes | None:
        """Return the decoded body; None if it is longer than this."""
        if len(self.body) > most_bytes * 3 // 2:  # base64 with its line ends
            return None
        decoded = self._decode(len(self.body))
        return decoded if len(decoded) <= most_bytes else None

    def decode_body(self) -> bytes:
        """Return the decoded body, which is an email."""
        return self._decode(len(self.body))

    def split(self) -> list[bytes] | None:
        """Return the parts between the boundaries; None if it has no parts."""
        boundary = self.headers.get_boundary()
        if self.headers.get_content_maintype() != "multipart" or not boundary:
            return None
        mark = re.escape(boundary.encode("utf-8", "surrogateescape"))
        lines = re.compile(rb"(?:\A|\r?\n)--" + mark + rb"(--)?[ \t]*(?=\r?\n|\Z)")
        chunks: list[bytes] = []
        start: int | None = None
        for found in lines.finditer(self.body):
            if start is not None:
                chunks.append(self.body[start : found.start()])
            start = found.end()
            if found[1] or len(chunks) > _MOST_CHUNKS:
                start = None
                break
        if start is not None:  # the closing boundary is missing
            chunks.append(self.body[start:])
        return [_without_line_end(chunk) for chunk in chunks] or None

    def decode_text(self) -> tuple[bytes, bool]:
        """Return the decoded body, as far as the first MiB, and whether that is all of it.

        What is no text in HTML doesn't count.
        """
        is_slow = "uu" in str(self.headers.get("Content-Transfer-Encoding", "")).lower()  # uuencode
        if self.content_type != "text/html" or is_slow:
            return self._decode(LONGEST_BODY), len(self.body) <= LONGEST_BODY
        html = without_files(self._decode(len(self.body)))
        return html[:LONGEST_BODY], len(html) <= LONGEST_BODY

    @property
    def _only_claims_base64(self) -> bool:
        """Whether a text is declared as base64, but plain words, which decoding would destroy."""
        encoding = str(self.headers.get("Content-Transfer-Encoding", "")).strip().lower()
        if encoding != "base64" or self.headers.get_content_maintype() != "text":
            return False
        beginning = self.body[:_BASE64_LOOKED_AT]
        return 2 * len(_BASE64_LINE.findall(beginning)) < len(_LINE.findall(beginning))

    def _decode(self, most: int) -> bytes:
        if self._only_claims_base64:
            return self.body[:most]
        self.headers.set_payload(self.body[:most].decode("ascii", "surrogateescape"))
        try:
            decoded = self.headers.get_payload(decode=True)
        except (ValueError, binascii.Error):
            return self.body[:most]
        return decoded if isinstance(decoded, bytes) and decoded.strip() else self.body[:most]


def open_part(raw: bytes) -> MimePart:
    """Separate the headers of an email, or of a part, from its body."""
    end = _END_OF_HEADERS.search(raw)
    block, body = (raw[: end.start()], raw[end.end() :]) if end else (raw, b"")
    return MimePart(BytesParser(policy=_BOUNDED).parsebytes(block[:LONGEST_HEADERS], headersonly=True), block, body)


def _without_line_end(chunk: bytes) -> bytes:
    """Take away the end of the boundary's line."""
    return chunk[2:] if chunk.startswith(b"\r\n") else chunk[1:]
