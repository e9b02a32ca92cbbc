"""A browser's side of a chat, as far as HTTP goes. Each comes from an address of its own, as addresses are limited."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.world import SITE, WIDGET_KEY

DEADLINE_SECONDS = 30.0
_numbers = itertools.count()


class ChatClient:
    """One conversation.

    Attributes:
        conversation: its public id.
        token: what it shows.
    """

    def __init__(self, base: str, *, key: str = WIDGET_KEY, origin: str = SITE, **details: str) -> None:
        """Begins a conversation."""
        self._base, self.origin = base, origin
        self._session = requests.Session()
        self._session.headers["Connection"] = "close"  # a server may drop an idle connection just as it is used again
        self._session.mount("http://", _OwnAddress())
        begun = begin(base, key, origin, session=self._session, **details)
        assert begun.status_code == 201, begun.text
        self.conversation: str = begun.json()["conversation"]
        self.token: str = begun.json()["token"]

    @property
    def url(self) -> str:
        """Address of the conversation."""
        return f"{self._base}/chat/conversations/{self.conversation}"

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends along."""
        return {"Origin": self.origin, "Authorization": f"Bearer {self.token}"}

    def send(self, text: str, client_message_id: str) -> requests.Response:
        """Sends a message."""
        body = {"client_message_id": client_message_id, "text": text}
        return self._session.post(f"{self.url}/messages", json=body, headers=self.headers, timeout=DEADLINE_SECONDS)

    def send_files(self, client_message_id: str, *files: bytes, text: str = "") -> requests.Response:
        """Sends pictures and files, with a text."""
        fields = {"client_message_id": client_message_id, "text": text}
        parts = [("file", (f"file {number}", contents)) for number, contents in enumerate(files)]
        return self._session.post(
            f"{self.url}/files", data=fields, files=parts, headers=self.headers, timeout=DEADLINE_SECONDS
        )

    def file(self, entry: int, position: int = 0, size: str = "whole") -> requests.Response:
        """Asks for a picture or file."""
        address = f"{self.url}/files/{entry}/{position}"
        return self._session.get(address, params={"size": size}, headers=self.headers, timeout=DEADLINE_SECONDS)

    def read(self, after: int = 0) -> dict[str, Any]:
        """Reads what was said after a message."""
        answer = self._session.get(
            f"{self.url}/messages", params={"after": str(after)}, headers=self.headers, timeout=DEADLINE_SECONDS
        )
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def texts(self, after: int = 0) -> list[tuple[str, str]]:
        """Returns who said what."""
        return [(message["from"], message["text"]) for message in self.read(after)["messages"]]

    @contextmanager
    def watch(self, last_event_id: int | None = None) -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        """Opens the event stream and yields an iterator over its events, each a name and its data."""
        headers = self.headers | ({} if last_event_id is None else {"Last-Event-ID": str(last_event_id)})
        with self._session.get(f"{self.url}/events", headers=headers, stream=True, timeout=DEADLINE_SECONDS) as answer:
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            yield _parse(answer.iter_lines(chunk_size=1, decode_unicode=True))


def begin(
    base: str, key: str, origin: str | None, session: requests.Session | None = None, **details: str
) -> requests.Response:
    """Asks for a conversation."""
    headers = {} if origin is None else {"Origin": origin}
    body = {"practice": key} | details
    return (session or requests.Session()).post(
        f"{base}/chat/conversations", json=body, headers=headers, timeout=DEADLINE_SECONDS
    )


class _OwnAddress(HTTPAdapter):
    """Connects from a loopback address that no other client of this process has."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        number = next(_numbers)
        address = f"127.2.{number // 250}.{number % 250 + 1}"
        super().init_poolmanager(*arguments, source_address=(address, 0), **options)


def _parse(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield fields["event"], json.loads(fields["data"])
            fields = {}
        else:
            fields = {}
