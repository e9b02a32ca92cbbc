"""What a language model is asked, what it answers, and how asking fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from training.errors import TrainingError

_TOKENS_AROUND_A_PROMPT = 100


@dataclass(frozen=True, slots=True)
class Question:
    """One request, answered with JSON.

    Attributes:
        system: The instructions; they say that the answer is JSON, which OpenAI insists on.
        user: What the instructions are applied to.
        max_output_tokens: The most tokens of the answer, those spent on thinking among them.
    """

    system: str
    user: str
    max_output_tokens: int

    @property
    def most_input_tokens(self) -> int:
        """A count of tokens that it is not billed above: no token is shorter than a byte."""
        return len(self.system.encode()) + len(self.user.encode()) + _TOKENS_AROUND_A_PROMPT


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer.

    Attributes:
        text: What the model said; "" when it refused to.
        complete: Whether it ended by itself, and not at the limit of tokens or at a filter.
        input_tokens: Tokens billed for the question.
        output_tokens: Tokens billed for the answer.
        seconds: How long the API took.
    """

    text: str
    complete: bool
    input_tokens: int
    output_tokens: int
    seconds: float


class UnavailableError(TrainingError):
    """The API cannot answer for the time being; the message says why.

    Attributes:
        retry_after: The least seconds to wait, where the API names them.
        maybe_billed: Whether the question may have been answered, and billed, all the same.
    """

    def __init__(self, message: str, *, retry_after: float | None = None, maybe_billed: bool = False) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.maybe_billed = maybe_billed


class RefusedError(TrainingError):
    """The API will not answer, however often it is asked; the message says what to do."""


class LanguageModel(Protocol):
    """A model behind an API, usable from many threads."""

    def ask(self, question: Question) -> Answer:
        """Ask once.

        Raises:
            UnavailableError: It may answer later.
            RefusedError: It never will.
        """

    def close(self) -> None:
        """Close the connections."""
