"""Prices of API models, read from `training/recipes/prices.toml`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from training.llm.prices import Price
from training.recipe import Section, read_toml

Dollars = Annotated[float, Field(ge=0)]


class TokenPrices(Section):
    """Dollars per million tokens."""

    input: Dollars
    output: Dollars


class Prices(Section):
    """All known prices.

    Attributes:
        as_of: The date of the prices.
        models: Prices by the model's name on the command line.
    """

    as_of: date
    models: dict[str, TokenPrices]

    def of(self, model: str) -> Price | None:
        """Return a model's price; None if it is unknown."""
        known = self.models.get(model)
        return Price(known.input, known.output) if known else None


def load_prices(path: Path) -> Prices:
    """Read and check a price list.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, Prices, "a price list", "training/recipes/prices.toml")
