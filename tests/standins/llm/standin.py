"""The server: the two APIs, faults, and what tests read back."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from types import ModuleType

from tests.standins.llm import anthropic_api, openai_api
from tests.standins.llm.conversation import ApiError, Asked, Author, limit
from tests.standins.llm.faults import Fault, Faults
from tests.standins.loopback import Drop, LoopbackServer, Request, Response
from tests.standins.record import DEADLINE_SECONDS, Record


class LlmStandIn(LoopbackServer):
    """OpenAI's and Anthropic's APIs on a loopback port, with a model that a test writes.

    Attributes:
        author: what the model says to what it is asked.
        faults: failures scripted by the test.
    """

    def __init__(self, author: Author) -> None:
        super().__init__()
        self.author = author
        self.faults = Faults()
        self._asked: Record[Asked] = Record("requests")
        self._refusals: Record[str] = Record("refusals")
        self._numbers = count(1)

    @property
    def environment(self) -> dict[str, str]:
        """What sends the clients of both APIs here, with the right keys."""
        return {
            "OPENAI_API_KEY": openai_api.KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "ANTHROPIC_API_KEY": anthropic_api.KEY,
            "ANTHROPIC_BASE_URL": self.url,
        }

    @property
    def asked(self) -> list[Asked]:
        """The well-made requests, oldest first, those that met a fault among them."""
        return self._asked.entries()

    @property
    def refusals(self) -> list[str]:
        """The messages of what was refused because it was not well made, oldest first."""
        return self._refusals.entries()

    def wait_for_requests(self, count: int, timeout: float = DEADLINE_SECONDS) -> list[Asked]:
        """Wait until at least `count` well-made requests have arrived and return them all.

        Raises:
            AssertionError: fewer came within `timeout` seconds.
        """
        return self._asked.wait_for(count, timeout)

    def respond(self, request: Request) -> Response | Drop:
        """Answer one request."""
        api = _api(request)
        try:
            if request.method != "POST" or request.path != api.PATH:
                raise api.unknown_url(request)
            asked: Asked = api.read(request)
        except ApiError as refusal:
            self._refusals.append(str(refusal.body["error"]["message"]))
            return refusal.response()
        self._asked.append(asked)
        return self._answer(api, asked)

    def stop(self) -> None:
        """Release every request held by a fault, close everything and wait for the threads.

        Raises:
            ExceptionGroup: of whatever went wrong inside a request.
        """
        self.faults.clear()
        super().stop()

    def _answer(self, api: ModuleType, asked: Asked) -> Response | Drop:
        fault = self.faults.take(asked)
        if fault is not None:
            fault.strike()
            if fault.drop is not None:
                return fault.drop
            if fault.status is not None:
                return _failure(api, fault, fault.status)
        said = limit(self.author(asked), asked.max_tokens)
        if fault is not None and fault.change is not None:
            said = fault.change(said)
        response: Response = api.answer(asked, said, next(self._numbers))
        if fault is not None and fault.garbled:
            return replace(response, body=response.body[: len(response.body) // 2])
        return response


def _api(request: Request) -> ModuleType:
    """Whose request it is: Anthropic's clients name a version, or ask at Anthropic's path."""
    is_anthropic = "anthropic-version" in request.headers or request.path == anthropic_api.PATH
    return anthropic_api if is_anthropic else openai_api


def _failure(api: ModuleType, fault: Fault, status: int) -> Response:
    failure: ApiError = openai_api.quota_spent() if fault.out_of_money else api.failure(status)
    response = failure.response()
    if fault.retry_after is None:
        return response
    return replace(response, headers={**response.headers, "Retry-After": fault.retry_after})
