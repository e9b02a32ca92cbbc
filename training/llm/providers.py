"""Connect to the supported APIs with keys from the environment."""

from __future__ import annotations

import os
from typing import Literal

from training.llm.chat import LanguageModel, RefusedError

Provider = Literal["openai", "anthropic"]


def open_chat(
    provider: Provider, model: str, timeout_seconds: float, temperature: float | None = None
) -> LanguageModel:
    """Connect to a model. The key and an optional base URL come from the environment.

    Args:
        provider: The provider.
        model: The provider's name for the model.
        timeout_seconds: The longest time to wait for the API to respond.
        temperature: The sampling temperature, for OpenAI models that accept one; None for the model's default.

    Raises:
        RefusedError: The environment has no key.
    """
    variable = f"{provider.upper()}_API_KEY"
    key = os.environ.get(variable, "").strip()
    if not key:
        raise RefusedError(f"{variable} is not set: set it to a key of {provider}'s API")
    if provider == "openai":
        from training.llm.openai_chat import OpenAiChat

        return OpenAiChat(model, key, timeout_seconds, temperature)
    from training.llm.anthropic_chat import AnthropicChat

    return AnthropicChat(model, key, timeout_seconds)
