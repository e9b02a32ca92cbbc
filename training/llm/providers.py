"""Which APIs there are, and the keys to them."""

from __future__ import annotations

import os
from typing import Literal

from training.llm.chat import LanguageModel, RefusedError

Provider = Literal["openai", "anthropic"]


def open_chat(
    provider: Provider, model: str, timeout_seconds: float, temperature: float | None = None
) -> LanguageModel:
    """Connect to a model; the key and, if set, the base URL come from the environment.

    Args:
        provider: Whose API.
        model: The model's name there.
        timeout_seconds: How long the API may stay silent.
        temperature: How freely the model writes, for OpenAI's that take one; None leaves it to the model.

    Raises:
        RefusedError: The environment has no key.
    """
    variable = f"{provider.upper()}_API_KEY"
    key = os.environ.get(variable, "").strip()
    if not key:
        raise RefusedError(f"{variable} is not set; set it to a key of {provider}'s API")
    if provider == "openai":
        from training.llm.openai_chat import OpenAiChat

        return OpenAiChat(model, key, timeout_seconds, temperature)
    from training.llm.anthropic_chat import AnthropicChat

    return AnthropicChat(model, key, timeout_seconds)
