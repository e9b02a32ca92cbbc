"""Typed settings of a refresh: how to use reviews, and what the new model must achieve."""

from __future__ import annotations

from pathlib import Path

from training.errors import TrainingError
from training.recipe import Fraction, Positive, Section, Share, read_toml

SETTINGS = Path(__file__).parent / "refresh.toml"


class RefreshError(TrainingError):
    """A refresh that cannot be done; the message says why and what to do, without patient text."""


class Reviews(Section):
    """How to use reviewed messages.

    Attributes:
        minimum: The required number of reviews.
        held_out: Share of the reviews, the most recent ones, that the models are compared on; between 0 and 1.
        repeats: How often each of the other reviews is used per epoch.
    """

    minimum: Positive
    held_out: Share
    repeats: Positive


class Rule(Section):
    """When to propose a new model; see `training.refresh.assessment`.

    Attributes:
        loss: The largest acceptable loss of accuracy, from 0 to 1.
        possible_loss: The largest acceptable loss at the lower end of its 95% interval, from 0 to 1.
        significance: A loss of recall counts if its p-value is below this; between 0 and 1.
        resamples: Number of bootstrap resamples.
    """

    loss: Fraction
    possible_loss: Fraction
    significance: Share
    resamples: Positive


class RefreshSettings(Section):
    """Everything that determines a refresh, except the recipe, the corpus and the reviews."""

    reviews: Reviews
    rule: Rule


def load_settings(path: Path = SETTINGS) -> RefreshSettings:
    """Read and check a settings file.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, RefreshSettings, "a refresh", "training/refresh/refresh.toml")
