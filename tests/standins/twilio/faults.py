"""Failures that a test scripts in advance, request by request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from tests.standins.faults import ScriptedFault, ScriptedFaults
from tests.standins.loopback import Drop, Response
from tests.standins.twilio.errors import CODE_OF_STATUS, MESSAGE_OF_CODE, ApiError

Form = Mapping[str, str]
Outcome = Response | Drop

# Answers of the load balancer in front of Twilio, which knows nothing of Twilio's JSON.
_GATEWAY_PAGE = b"<html><head><title>%d</title></head><body><h1>%d</h1></body></html>"


class Operation(Enum):
    """The requests of the Messages resource that the stand-in serves."""

    CREATE = auto()
    LIST = auto()
    FETCH = auto()


@dataclass(eq=False, kw_only=True)
class Fault(ScriptedFault):
    """What goes wrong with the next request it fits; made by `answer`, `drop` or `hang`.

    With `accept=True` the message is taken on first, exactly as without a fault, so that it will be sent and
    listed although the client never learns of it.

    Attributes:
        accept: whether a create request is carried out before it fails.
        accepts_late: whether it is carried out when the fault is released instead.
        on: the operation it waits for.
        times: how many requests it spoils; None for every one until `faults.clear()`.
        when: further condition on the request's parameters, for example `lambda form: form["To"] == patient`.
        arrived: set when a request has met the fault (and the message, with `accept`, is taken on).
    """

    accept: bool
    accepts_late: bool = False
    on: Operation
    times: int | None
    when: Callable[[Form], bool]
    outcome: Outcome | None

    @classmethod
    def answer(
        cls,
        status: int,
        code: int | None = None,
        *,
        retry_after: int | None = None,
        accept: bool = False,
        on: Operation = Operation.CREATE,
        times: int | None = 1,
        when: Callable[[Form], bool] = lambda form: True,
    ) -> Fault:
        """Answer with an error. `retry_after` is in seconds.

        Without a code the status's own is used (429 → 20429); a status that has none, such as 502, is
        answered with a gateway's HTML page.
        """
        response = _error_response(status, code or CODE_OF_STATUS.get(status), retry_after)
        return cls(accept=accept, on=on, times=times, when=when, outcome=response)

    @classmethod
    def drop(
        cls,
        *,
        reset: bool = True,
        accept: bool = False,
        on: Operation = Operation.CREATE,
        times: int | None = 1,
        when: Callable[[Form], bool] = lambda form: True,
    ) -> Fault:
        """Give no answer: reset the connection, or close it in the ordinary way."""
        return cls(accept=accept, on=on, times=times, when=when, outcome=Drop(reset))

    @classmethod
    def hang(
        cls,
        *,
        accept: bool = False,
        accepts_late: bool = False,
        on: Operation = Operation.CREATE,
        times: int | None = 1,
        when: Callable[[Form], bool] = lambda form: True,
    ) -> Fault:
        """Keep the request waiting until `release()`.

        Then an accepted message is answered as usual, and any other request by closing the connection. With
        `accepts_late=True` the message is only taken on then, although the client may have given up long ago.
        """
        return cls(accept=accept, accepts_late=accepts_late, on=on, times=times, when=when, outcome=None)

    @property
    def unmet(self) -> str:
        """What to say when it was waited for in vain."""
        return f"no {self.on.name.lower()} request met the fault"

    def strike(self, carry_out: Callable[[], Outcome]) -> Outcome:
        """The outcome of a request that met this fault; `carry_out` does what it asks for."""
        normal = carry_out() if self.accept else None
        self.arrived.set()
        if self.outcome is not None:
            return self.outcome
        self._released.wait()
        if self.accepts_late:
            normal = carry_out()
        return normal or Drop(reset=False)


class Faults(ScriptedFaults[Fault]):
    """The scripted faults, first come first served among those that fit a request."""

    def take(self, operation: Operation, form: Form) -> Fault | None:
        """The fault that this request meets, if any, counted as used once more."""
        return self._take_first(lambda fault: fault.on is operation and fault.when(form), _use)


def _use(fault: Fault) -> bool:
    """Counts a fault as used once more, and says whether it is used up."""
    if fault.times is None:
        return False
    fault.times -= 1
    return fault.times == 0


def _error_response(status: int, code: int | None, retry_after: int | None) -> Response:
    if code is None:
        page = Response(status, _GATEWAY_PAGE % (status, status), {"Content-Type": "text/html"})
    else:
        page = ApiError(status, code, MESSAGE_OF_CODE.get(code, f"Error {code}")).response()
    if retry_after is None:
        return page
    return Response(page.status, page.body, {**page.headers, "Retry-After": str(retry_after)})
