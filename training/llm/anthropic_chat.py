"""Client for Anthropic's Messages API."""

from __future__ import annotations

import time

import anthropic
from anthropic.types import Message

from training.llm.chat import Answer, Question, RefusedError, UnavailableError
from training.llm.failures import classify_failure


class AnthropicChat:
    """One of Anthropic's models. The client's own retries are off, because the caller retries.

    There is no temperature: the API does not accept one, and its models sample at 1.0.
    """

    def __init__(self, model: str, key: str, timeout_seconds: float) -> None:
        self._model = model
        self._client = anthropic.Anthropic(api_key=key, timeout=timeout_seconds, max_retries=0)

    def ask(self, question: Question) -> Answer:
        """Ask once; see `LanguageModel.ask`."""
        began = time.perf_counter()
        try:
            message: object = self._client.messages.create(
                model=self._model,
                system=question.system,
                messages=[{"role": "user", "content": question.user}],
                max_tokens=question.max_output_tokens,
            )
        except anthropic.APIError as error:
            raise self._failure(error) from error
        except ValueError as error:
            raise UnavailableError("anthropic answered with broken JSON", maybe_billed=True) from error
        if not isinstance(message, Message):
            raise UnavailableError("anthropic answered with something other than a message", maybe_billed=True)
        return Answer(
            text="".join(block.text for block in message.content if block.type == "text"),
            complete=message.stop_reason == "end_turn",
            input_tokens=message.usage.input_tokens,
            output_tokens=message.usage.output_tokens,
            seconds=time.perf_counter() - began,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _failure(self, error: anthropic.APIError) -> UnavailableError | RefusedError:
        if isinstance(error, anthropic.APIStatusError):
            reason = error.error_code or error.type or "no reason given"
            return classify_failure("anthropic", self._model, error.status_code, error.response.headers, reason)
        return UnavailableError(f"anthropic cannot be reached ({type(error).__name__})", maybe_billed=True)
