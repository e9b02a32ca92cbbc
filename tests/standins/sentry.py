"""A stand-in for Sentry: the envelope endpoint that sentry-sdk reports to.

Source of the format: https://develop.sentry.dev/sdk/data-model/envelopes/.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus

from tests.standins.loopback import LoopbackServer, Request, Response
from tests.standins.record import DEADLINE_SECONDS, Record

PROJECT = "42"
PUBLIC_KEY = "0123456789abcdef" * 2

_CREDENTIAL = re.compile(r"(\w+)=([^,\s]+)")


class RefusedError(Exception):
    """A submission that Sentry would not take."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class Item:
    """One item of an envelope; `kind` is its type, such as "event" or "transaction"."""

    kind: str
    headers: dict[str, Any] = field(repr=False)
    payload: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        """The payload, parsed."""
        return json.loads(self.payload)


@dataclass(frozen=True)
class Envelope:
    """One submission: headers, items, and the decompressed bytes they were read from."""

    headers: dict[str, Any] = field(repr=False)
    items: list[Item]
    raw: bytes = field(repr=False)


class SentryReceiver(LoopbackServer):
    """Accepts envelopes for one project and key, plain or gzip-compressed.

    Brotli is answered with 415, since the standard library cannot read it: sentry-sdk uses it only where the
    `brotli` package is installed. What is refused is listed in `refusals`, which should be empty.
    """

    def __init__(self) -> None:
        super().__init__()
        self._envelopes: Record[Envelope] = Record("envelopes")
        self._events: Record[dict[str, Any]] = Record("error events")
        self._refusals: Record[str] = Record("refusals")

    @property
    def dsn(self) -> str:
        """The DSN to configure sentry-sdk with."""
        return f"http://{PUBLIC_KEY}@127.0.0.1:{self.port}/{PROJECT}"

    @property
    def envelopes(self) -> list[Envelope]:
        """Everything accepted, oldest first."""
        return self._envelopes.entries()

    @property
    def refusals(self) -> list[str]:
        """Why each refused submission was refused."""
        return self._refusals.entries()

    @property
    def raw(self) -> bytes:
        """All bytes accepted, decompressed. JSON escapes some characters: to look for text use `mentions`."""
        return b"\n".join(envelope.raw for envelope in self.envelopes)

    def events(self) -> list[dict[str, Any]]:
        """Error events accepted, oldest first."""
        return self._events.entries()

    def items(self, kind: str) -> list[Item]:
        """Items of one type accepted, such as "transaction", "log" or "session"."""
        return [item for envelope in self.envelopes for item in envelope.items if item.kind == kind]

    def mentions(self, text: str) -> bool:
        """Whether `text` is anywhere in what was accepted, as it stands or escaped.

        Seen through: JSON and Python string escapes (a local variable arrives as its repr), one in the
        other, and URL encoding.
        """
        raw = self.raw
        return any(form.encode("utf-8", "surrogatepass") in raw for form in _written_forms(text))

    def wait_for_events(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[dict[str, Any]]:
        """Wait until at least `count` error events have been accepted and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._events.wait_for(count, timeout)

    def respond(self, request: Request) -> Response:
        """Take in one envelope."""
        try:
            _check_address(request)
            envelope = read_envelope(_decompress(request))
            self._check_dsn(envelope)
        except RefusedError as refusal:
            self._refusals.append(f"{refusal.status} {refusal.detail}")
            return _json_response(refusal.status, {"detail": refusal.detail})
        self._envelopes.append(envelope)
        for item in envelope.items:
            if item.kind == "event":
                self._events.append(item.json)
        return _json_response(200, {"id": envelope.headers.get("event_id")})

    def _check_dsn(self, envelope: Envelope) -> None:
        if envelope.headers.get("dsn", self.dsn) != self.dsn:
            raise RefusedError(403, "the envelope's dsn is not this project's")


def read_envelope(raw: bytes) -> Envelope:
    """The envelope in these bytes.

    Raises:
        RefusedError: 400, they are not a well-formed envelope.
    """
    first, _, rest = raw.partition(b"\n")
    headers = _object(first, "envelope header")
    items = []
    while rest.strip(b"\n"):
        line, _, rest = rest.lstrip(b"\n").partition(b"\n")
        item_headers = _object(line, "item header")
        payload, rest = _payload(item_headers.get("length"), rest)
        items.append(Item(_kind(item_headers, payload), item_headers, payload))
    return Envelope(headers, items, raw)


def _payload(length: object, rest: bytes) -> tuple[bytes, bytes]:
    """Payload of an item, and what comes after it; without a length it ends with its line."""
    if length is None:
        payload, _, rest = rest.partition(b"\n")
        return payload, rest
    if not isinstance(length, int) or not 0 <= length <= len(rest):
        raise RefusedError(400, "invalid envelope: an item's length does not fit")
    payload, rest = rest[:length], rest[length:]
    if rest and not rest.startswith(b"\n"):
        raise RefusedError(400, "invalid envelope: no line break after an item's payload")
    return payload, rest[1:]


def _kind(headers: dict[str, Any], payload: bytes) -> str:
    kind = headers.get("type")
    if not isinstance(kind, str):
        raise RefusedError(400, "invalid envelope: an item without a type")
    if kind in {"event", "transaction"}:
        _object(payload, f"{kind} payload")
    return kind


def _object(text: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        raise RefusedError(400, f"invalid envelope: the {what} is not JSON") from None
    if not isinstance(value, dict):
        raise RefusedError(400, f"invalid envelope: the {what} is not an object")
    return value


def _check_address(request: Request) -> None:
    if request.path != f"/api/{PROJECT}/envelope/":
        raise RefusedError(404, "no such project or endpoint")
    if request.method != "POST":
        raise RefusedError(405, "only POST is allowed")
    credentials = request.headers.get("X-Sentry-Auth", "")
    if not credentials.startswith("Sentry "):
        raise RefusedError(401, "missing authorization information")
    values = dict(_CREDENTIAL.findall(credentials))
    if values.get("sentry_key") != PUBLIC_KEY or values.get("sentry_version") != "7":
        raise RefusedError(403, "wrong key or protocol version")


def _decompress(request: Request) -> bytes:
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding == "identity":
        return request.body
    if encoding != "gzip":
        raise RefusedError(415, f"cannot read Content-Encoding {encoding}: have sentry-sdk send gzip")
    try:
        return gzip.decompress(request.body)
    except (OSError, EOFError, zlib.error):
        raise RefusedError(400, "the body is not gzip as declared") from None


def _written_forms(text: str) -> set[str]:
    quoted = repr(text)[1:-1]
    plain = {text, quoted, ascii(text)[1:-1], quoted.replace("'", "\\'")}
    escaped = {json.dumps(form, ensure_ascii=ensure)[1:-1] for form in plain for ensure in (True, False)}
    return plain | escaped | {quote(text, safe=""), quote_plus(text), quote(text)}


def _json_response(status: int, payload: object) -> Response:
    return Response(status, json.dumps(payload).encode(), {"Content-Type": "application/json"})
