"""Client for OpenAI's Chat Completions API."""

from __future__ import annotations

import time

import openai
from openai.types.chat import ChatCompletion

from training.llm.chat import Answer, Question, RefusedError, UnavailableError
from training.llm.failures import classify_failure


class OpenAiChat:
    """One of OpenAI's models, in JSON mode. The client's own retries are off, because the caller retries."""

    def __init__(self, model: str, key: str, timeout_seconds: float, temperature: float | None) -> None:
        """Connect. Without a temperature the model uses its default; reasoning models accept no other."""
        self._model = model
        self._temperature: float | openai.Omit = openai.omit if temperature is None else temperature
        self._client = openai.OpenAI(api_key=key, timeout=timeout_seconds, max_retries=0)

    def ask(self, question: Question) -> Answer:
        """Ask once; see `LanguageModel.ask`."""
        began = time.perf_counter()
        try:
            completion: object = self._client.chat.completions.create(
                model=self._model,
                messages=[{"role": "system", "content": question.system}, {"role": "user", "content": question.user}],
                response_format={"type": "json_object"},
                max_completion_tokens=question.max_output_tokens,
                temperature=self._temperature,
            )
        except openai.APIError as error:
            raise self._failure(error) from error
        except ValueError as error:
            raise UnavailableError("openai answered with broken JSON", maybe_billed=True) from error
        if not isinstance(completion, ChatCompletion) or not completion.choices or completion.usage is None:
            raise UnavailableError("openai answered with something other than a completion", maybe_billed=True)
        choice = completion.choices[0]
        return Answer(
            text=choice.message.content or "",
            complete=choice.finish_reason == "stop",
            input_tokens=completion.usage.prompt_tokens,
            output_tokens=completion.usage.completion_tokens,
            seconds=time.perf_counter() - began,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _failure(self, error: openai.APIError) -> UnavailableError | RefusedError:
        if isinstance(error, openai.APIStatusError):
            reason = ", ".join(filter(None, (error.code or error.type, error.param))) or "no reason given"
            return classify_failure("openai", self._model, error.status_code, error.response.headers, reason)
        return UnavailableError(f"openai cannot be reached ({type(error).__name__})", maybe_billed=True)
