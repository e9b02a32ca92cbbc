"""The typed description of what is generated, read from `training/recipes/generation.toml`."""

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
        polished: Written with care.
        casual: Written as one texts.
        messy: Full of typing errors, abbreviations and afterthoughts.
        near_boundary: Close to another intent than their own; drawn apart from the three above, which sum to 1.
    """

    polished: Fraction
    casual: Fraction
    messy: Fraction
    near_boundary: Fraction

    @model_validator(mode="after")
    def _sums_to_one(self) -> Self:
        if abs(self.polished + self.casual + self.messy - 1) > 1e-9:
            raise ValueError("polished, casual and messy have to sum to 1")
        return self


class Part(Section):
    """Whom to ask for one set of messages, and for how many.

    Attributes:
        provider: Whose API.
        model: The model's name there.
        temperature: How freely it writes; left out, the model's own. Anthropic's API takes none.
        messages_per_stratum: Messages for every intent and practice.
        messages_per_request: The most messages asked for at once.
        max_output_tokens: The most tokens of one answer.
        concurrency: Requests under way at the same time.
        attempts: The most times that one request is made when the API cannot answer.
        timeout_seconds: How long the API may stay silent.
        first_wait_seconds: The wait before the second attempt, doubled before every further one.
        longest_wait_seconds: The most seconds waited; an API that asks for more is given up.
        dollars_per_million_input_tokens: Price of what is asked.
        dollars_per_million_output_tokens: Price of what is answered.
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
            raise ValueError("the API of anthropic takes no temperature; leave it out, its models sample at 1.0")
        return self

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often and how patiently to retry."""
        return RetryPolicy(self.attempts, self.first_wait_seconds, self.longest_wait_seconds)

    @property
    def price(self) -> Price:
        """What tokens cost."""
        return Price(self.dollars_per_million_input_tokens, self.dollars_per_million_output_tokens)


class GenerationRecipe(Section):
    """Everything that is asked for depends on, besides the code."""

    seed: int
    similarity: Annotated[float, Field(gt=0, le=1)]
    practices: Annotated[tuple[Practice, ...], Field(min_length=1)]
    mix: Mix
    training: Part
    test: Part

    def part(self, purpose: Purpose) -> Part:
        """Return the settings for one set of messages."""
        return self.training if purpose == "training" else self.test


def load_generation_recipe(path: Path) -> GenerationRecipe:
    """Read and check a recipe.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, GenerationRecipe, "what to generate", "training/recipes/generation.toml")
