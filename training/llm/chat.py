"""Questions to language models, their answers, and the errors that can occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from training.errors import TrainingError

_TOKENS_AROUND_A_PROMPT = 100


@dataclass(frozen=True, slots=True)
class Question:
    """One request for a JSON answer.

    Attributes:
        system: The instructions. They must mention JSON, which OpenAI requires.
        user: The text that the instructions apply to.
        max_output_tokens: The most tokens of the answer, including reasoning.
    """

    system: str
    user: str
    max_output_tokens: int

    @property
    def most_input_tokens(self) -> int:
        """An upper bound on the billed input tokens: no token is shorter than a byte."""
        return len(self.system.encode()) + len(self.user.encode()) + _TOKENS_AROUND_A_PROMPT


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        text: The text; "" if the model refused.
        complete: Whether the model finished, rather than reaching the token limit or a filter.
        input_tokens: Tokens billed for the question.
        output_tokens: Tokens billed for the answer.
        seconds: The response time.
    """

    text: str
    complete: bool
    input_tokens: int
    output_tokens: int
    seconds: float


class UnavailableError(TrainingError):
    """The API cannot answer at the moment; the message says why.

    Attributes:
        retry_after: The shortest wait in seconds, if the API gives one.
        maybe_billed: Whether the question may have been answered and billed anyway.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, maybe_billed: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.maybe_billed = maybe_billed


class RefusedError(TrainingError):
    """The API will never answer this request; the message says what to do."""


class LanguageModel(Protocol):
    """A language model behind an API. Thread-safe."""

    def ask(self, question: Question) -> Answer:
        """Ask once.

        Raises:
            UnavailableError: The API may answer later.
            RefusedError: The API will never answer.
        """

    def close(self) -> None:
        """Close the connections."""
