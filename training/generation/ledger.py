"""A record of the cost of all requests: one line before each request, and one once its cost is known."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from training.errors import TrainingError
from training.json_lines import JsonLines
from training.llm.chat import Question
from training.llm.prices import Price


class BudgetSpentError(TrainingError):
    """The next request could exceed the budget."""


@dataclass(slots=True)
class Spent:
    """The total of all requests in a ledger."""

    dollars: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0


class Ledger:
    """The ledger of one folder, including earlier runs; shared by the threads of this run.

    Until its cost is known, a request counts with the most it can cost. If its cost never becomes known, because the
    connection or the process died, it keeps counting that way, so the budget is never exceeded.
    """

    def __init__(self, lines: JsonLines, model: str, price: Price, budget: float | None) -> None:
        """Load the ledger. The budget, in dollars, covers everything in it."""
        self._lines = lines
        self._model = model
        self._price = price
        self._budget = budget
        self._dollars: dict[str, float] = {}
        self._in_flight: set[str] = set()
        self._changed = threading.Condition()
        self.spent = Spent()
        for entry in lines.read():
            self._count(entry["request"], entry["dollars"], entry["input_tokens"], entry["output_tokens"])

    def open_request(self, batch: str, question: Question) -> str:
        """Record a request before it is sent; wait while pending requests may still free part of the budget.

        Returns:
            The id of the request in the ledger.

        Raises:
            BudgetSpentError: It could exceed the budget.
        """
        request, at_most = uuid4().hex, self._price.at_most(question)
        with self._changed:
            while self._budget is not None and self.spent.dollars + at_most > self._budget:
                if not self._in_flight:
                    raise BudgetSpentError
                self._changed.wait()
            self._in_flight.add(request)
            self._put_down("sent", request, batch, at_most, 0, 0)
        return request

    def settle(self, request: str, batch: str, input_tokens: int, output_tokens: int) -> None:
        """Record the cost of a request."""
        with self._changed:
            dollars = self._price.dollars(input_tokens, output_tokens)
            self._put_down("settled", request, batch, dollars, input_tokens, output_tokens)
            self._land(request)

    def leave_open(self, request: str) -> None:
        """Stop waiting for a request whose cost will never be known."""
        with self._changed:
            self._land(request)

    def _put_down(
        self, state: str, request: str, batch: str, dollars: float, input_tokens: int, output_tokens: int
    ) -> None:
        self._lines.append(
            {
                "at": datetime.now(UTC).isoformat(timespec="seconds"),
                "request": request,
                "state": state,
                "cell": batch,
                "model": self._model,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "dollars": dollars,
            }
        )
        self._count(request, dollars, input_tokens, output_tokens)

    def _count(self, request: str, dollars: float, input_tokens: int, output_tokens: int) -> None:
        self.spent.dollars += dollars - self._dollars.get(request, 0.0)
        self._dollars[request] = dollars
        self.spent.input_tokens += input_tokens
        self.spent.output_tokens += output_tokens

    def _land(self, request: str) -> None:
        self._in_flight.discard(request)
        self._changed.notify_all()
