"""A browser's side of a chat, as far as HTTP goes: begin, send, and read what comes over the event stream."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from intake.errors import IntakeError

TIMEOUT_SECONDS = 20.0


class ChatClient:
    """One conversation.

    Attributes:
        conversation: its public id.
    """

    def __init__(self, base: str, origin: str, widget_key: str) -> None:
        """Begin a conversation.

        Args:
            base: where the server listens.
            origin: of the page that the chat would be on.
            widget_key: the practice's.

        Raises:
            IntakeError: nothing answers there, or the request was refused.
        """
        self._base = base.rstrip("/")
        self._headers = {"Origin": origin}
        begun = self._post("/chat/conversations", {"practice": widget_key})
        self.conversation = str(begun["conversation"])
        self._headers["Authorization"] = f"Bearer {begun['token']}"

    def send(self, text: str) -> int:
        """Send a message and return its number within the conversation.

        Raises:
            IntakeError: the server did not take it.
        """
        body = {"client_message_id": secrets.token_hex(8), "text": text}
        return int(str(self._post(f"/chat/conversations/{self.conversation}/messages", body)["message"]))

    def wait_for_answer(self, after: int) -> list[str]:
        """Read the event stream until nothing waits any more, and return what was said after an entry.

        Raises:
            IntakeError: the stream broke off, or a message still waits when time is up.
        """
        said: list[str] = []
        for name, data in self._events(after):
            if name == "message":
                said.append(str(data["text"]))
            elif name == "working" and not data["working"]:
                return said
        raise IntakeError(
            f"the message is stored, but nothing came of it in {TIMEOUT_SECONDS:.0f} seconds: is a worker running?"
        )

    def _events(self, after: int) -> Iterator[tuple[str, dict[str, object]]]:
        """Yield server-sent events until time is up; a heartbeat has no data and is none of them."""
        headers = self._headers | {"Last-Event-ID": str(after)}
        ends_at = time.monotonic() + TIMEOUT_SECONDS
        fields: dict[str, str] = {}
        url = f"{self._base}/chat/conversations/{self.conversation}/events"
        with self._open(Request(url, None, headers)) as stream:  # noqa: S310  # nosec B310
            while time.monotonic() < ends_at and (line := _read_line(stream)):
                name, _, value = line.rstrip("\r\n").partition(": ")
                if name:
                    fields[name] = value
                    continue
                if "data" in fields:
                    yield fields["event"], json.loads(fields["data"])
                fields = {}

    def _post(self, path: str, body: dict[str, str]) -> dict[str, object]:
        headers = self._headers | {"Content-Type": "application/json"}
        with self._open(Request(self._base + path, json.dumps(body).encode(), headers)) as response:  # noqa: S310  # nosec B310
            answer: dict[str, object] = json.load(response)
            return answer

    def _open(self, request: Request) -> HTTPResponse:
        try:
            response: HTTPResponse = urlopen(request, timeout=TIMEOUT_SECONDS)  # noqa: S310  # nosec B310
        except HTTPError as error:
            raise IntakeError(f"the server answered {error.code}: {error.read().decode()[:300].strip()}") from None
        except (URLError, OSError, ValueError):
            raise IntakeError(f"no server answers at {self._base}: start it with `intake up`") from None
        return response


def _read_line(stream: HTTPResponse) -> str:
    try:
        return stream.readline().decode()
    except (OSError, HTTPException):
        raise IntakeError("the server broke the event stream off; the message is stored") from None
