"""What both APIs are asked and answer, whatever form each gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.standins.loopback import Request, Response

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Asked:
    """A request that was well made.

    Attributes:
        api: "openai" or "anthropic".
        model: the model asked.
        system: the instructions.
        user: what the user says.
        max_tokens: the most tokens of the answer; None for no limit.
        body: the JSON as it came.
    """

    api: str
    model: str
    system: str = field(repr=False)
    user: str = field(repr=False)
    max_tokens: int | None
    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Said:
    """What the model says, and whether the limit of tokens cut it."""

    text: str
    is_cut: bool

    @property
    def tokens(self) -> int:
        return count_tokens(self.text)


Author = Callable[[Asked], str]


class ApiError(Exception):
    """A request that an API refuses, as the answer that says so."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer in the API's JSON."""
        return json_response(self.status, self.body, self.headers)


def json_response(status: int, payload: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer with a JSON body."""
    return Response(status, json.dumps(payload).encode(), {"Content-Type": "application/json", **(headers or {})})


def json_object(request: Request) -> dict[str, Any] | None:
    """The body, None if it is no JSON object."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def count_tokens(text: str) -> int:
    """The tokens that a text is billed as: one for every four characters, and one at least."""
    return max(1, -(-len(text) // CHARACTERS_PER_TOKEN))


def limit(text: str, max_tokens: int | None) -> Said:
    """What is said of a text when no more than so many tokens may be."""
    if max_tokens is None or count_tokens(text) <= max_tokens:
        return Said(text, is_cut=False)
    return Said(text[: max_tokens * CHARACTERS_PER_TOKEN], is_cut=True)
