"""What was spent: one line for every request before it is made, and one for what it came to."""

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
    """One more request might exceed the budget."""


@dataclass(slots=True)
class Spent:
    """What all requests of a ledger came to."""

    dollars: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0


class Ledger:
    """The ledger of one folder, earlier runs included; shared by the threads of this run.

    A request counts as the most it can cost from before it is made until its cost is known. One whose cost never
    becomes known, because the connection or the process died, counts so for good: the budget holds whatever
    happens.
    """

    def __init__(self, lines: JsonLines, model: str, price: Price, budget: float | None) -> None:
        """Take up what the file says; a budget, in dollars, is for everything in it."""
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
        """Put down a request that is about to be made; waits while others may still prove cheaper than feared.

        Returns:
            What the request is called in the ledger.

        Raises:
            BudgetSpentError: It might exceed the budget.
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
        """Put down what a request came to."""
        with self._changed:
            dollars = self._price.dollars(input_tokens, output_tokens)
            self._put_down("settled", request, batch, dollars, input_tokens, output_tokens)
            self._land(request)

    def leave_open(self, request: str) -> None:
        """Take a request for lost: what it came to will never be known."""
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
