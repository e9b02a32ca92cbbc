"""What takes part in a benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one contender made of one message.

    Attributes:
        intent: One of the seven; None where the answer names none of them.
        seconds: How long it took.
        input_tokens: Tokens billed for the question; 0 for local models.
        output_tokens: Tokens billed for the answer; 0 for local models.
    """

    intent: str | None
    seconds: float
    input_tokens: int = 0
    output_tokens: int = 0


class Contender(Protocol):
    """A model that names the intent of messages, one at a time."""

    @property
    def identity(self) -> str:
        """What changes whenever its answers might: what is remembered of another identity is not used."""

    @property
    def workers(self) -> int:
        """How many messages it may be given at the same time; those measured for their own speed take one."""

    def predict(self, text: str) -> Prediction:
        """Read one message."""

    def close(self) -> None:
        """Let go of what it holds."""
