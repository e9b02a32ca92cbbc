"""The typed recipe for generating messages, read from `training/recipes/generation.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from training.data.labels import PRACTICES
from training.llm.prices import Price
from training.llm.providers import Provider
from training.llm.retries import RetryPolicy
from training.recipe import Fraction, Positive, Section, read_toml


def _known_practice(name: str) -> str:
    if name not in PRACTICES:
        raise ValueError(f"{name!r} is not one of {', '.join(PRACTICES)}")
    return name


Seconds = Annotated[float, Field(gt=0)]
Practice = Annotated[str, AfterValidator(_known_practice)]
Dollars = Annotated[float, Field(ge=0)]
Purpose = Literal["training", "test"]


class Mix(Section):
    """Shares of the messages.

    Attributes:
        polished: Carefully written.
        casual: Written like a text message.
        messy: Full of typos, abbreviations and afterthoughts.
        near_boundary: Close to a different intent; independent of the three shares above, which sum to 1.
    """

    polished: Fraction
    casual: Fraction
    messy: Fraction
    near_boundary: Fraction

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        if abs(self.polished + self.casual + self.messy - 1) > 1e-9:
            raise ValueError("polished, casual and messy must sum to 1")
        return self


class SetRecipe(Section):
    """The model and the number of messages for one set.

    Attributes:
        provider: The API's provider.
        model: The provider's name for the model.
        temperature: The sampling temperature; the model's default if left out. Anthropic's API does not accept one.
        messages_per_stratum: Messages for each intent and practice.
        messages_per_request: The most messages per request.
        max_output_tokens: The most tokens per answer.
        concurrency: Concurrent requests.
        attempts: The most attempts per request.
        timeout_seconds: The longest time to wait for the API to respond.
        first_wait_seconds: The wait before the second attempt; doubles before each further one.
        longest_wait_seconds: The longest wait. An API that asks for a longer one is not retried.
        dollars_per_million_input_tokens: Price of input tokens.
        dollars_per_million_output_tokens: Price of output tokens.
    """

    provider: Provider
    model: str
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    messages_per_stratum: Positive
    messages_per_request: Positive
    max_output_tokens: Positive
    concurrency: Annotated[int, Field(gt=0, le=64)]
    attempts: Positive
    timeout_seconds: Seconds
    first_wait_seconds: Seconds
    longest_wait_seconds: Seconds
    dollars_per_million_input_tokens: Dollars
    dollars_per_million_output_tokens: Dollars

    @model_validator(mode="after")
    def _has_no_temperature_at_anthropic(self) -> Self:
        if self.provider == "anthropic" and self.temperature is not None:
            raise ValueError("Anthropic's API accepts no temperature: leave it out; its models sample at 1.0")
        return self

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often and how patiently to retry."""
        return RetryPolicy(self.attempts, self.first_wait_seconds, self.longest_wait_seconds)

    @property
    def price(self) -> Price:
        """The price of tokens."""
        return Price(self.dollars_per_million_input_tokens, self.dollars_per_million_output_tokens)


class GenerationRecipe(Section):
    """Everything that determines the requested messages, except the code."""

    seed: int
    similarity: Annotated[float, Field(gt=0, le=1)]
    practices: Annotated[tuple[Practice, ...], Field(min_length=1)]
    mix: Mix
    training: SetRecipe
    test: SetRecipe

    def part(self, purpose: Purpose) -> SetRecipe:
        """Return the settings for one set of messages."""
        return self.training if purpose == "training" else self.test


def load_generation_recipe(path: Path) -> GenerationRecipe:
    """Read and check a recipe.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, GenerationRecipe, "what to generate", "training/recipes/generation.toml")
