"""The typed description of a refresh: how reviews are mixed in, and what the new model has to achieve."""

from __future__ import annotations

from pathlib import Path

from training.errors import TrainingError
from training.recipe import Fraction, Positive, Section, Share, read_toml

SETTINGS = Path(__file__).parent / "refresh.toml"


class RefreshError(TrainingError):
    """A refresh that cannot be done; the message says what was wrong and what to do, and holds no patient text."""


class Reviews(Section):
    """How reviewed messages are used.

    Attributes:
        minimum: How many there must be.
        held_out: Share of them, the most recent, that the models are compared on; between 0 and 1.
        repeats: How often each of the others is read in an epoch.
    """

    minimum: Positive
    held_out: Share
    repeats: Positive


class Rule(Section):
    """When a new model is proposed; see `training.refresh.assessment`.

    Attributes:
        loss: The most by which accuracy may be lower as measured, from 0 to 1.
        possible_loss: The most by which it may be lower at the lower end of its interval, from 0 to 1.
        significance: Below this probability of being chance, a loss of recall counts as real; between 0 and 1.
        resamples: Of the bootstrap that gives the interval.
    """

    loss: Fraction
    possible_loss: Fraction
    significance: Share
    resamples: Positive


class RefreshSettings(Section):
    """Everything that a refresh depends on besides the recipe, the corpus and the reviews."""

    reviews: Reviews
    rule: Rule


def load_settings(path: Path = SETTINGS) -> RefreshSettings:
    """Read and check a settings file.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, RefreshSettings, "a refresh", "training/refresh/refresh.toml")
