"""The interface of the models in a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prediction:
    """A contender's prediction for one message.

    Attributes:
        intent: One of `INTENTS`; None if the answer has none of them.
        seconds: The response time.
        input_tokens: Tokens billed for the question; 0 for local models.
        output_tokens: Tokens billed for the answer; 0 for local models.
    """

    intent: str | None
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0


class Contender(Protocol):
    """A model that predicts the intent of one message at a time."""

    @property
    def identity(self) -> str:
        """A string that changes whenever its predictions might; the cache is valid for one identity."""

    @property
    def workers(self) -> int:
        """How many messages it may get at the same time; 1 if its own speed is measured."""

    def predict(self, text: str) -> Prediction:
        """Predict the intent of one message."""

    def close(self) -> None:
        """Release its resources."""
