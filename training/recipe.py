"""The typed description of one training run, and how it and its like are read from TOML in `training/recipes/`."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Positive = Annotated[int, Field(gt=0)]


AnyRecipe = TypeVar("AnyRecipe", bound=BaseModel)


class RecipeError(ValueError):
    """A recipe file that cannot be used; the message says which key is wrong."""


class Section(BaseModel):
    """Part of a recipe: every key known, none left out unless it has a default, none changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(Section):
    """The checkpoint the model starts from, carried by an installed Python package."""

    package: str
    folder: str
    name: str
    licence: str

    def path(self) -> Path:
        """Return the folder that holds `config.json`, `model.safetensors` and `tokenizer.json`."""
        return Path(str(files(self.package))) / self.folder


class Architecture(Section):
    """What DeBERTa adds to the base checkpoint, and the dropout it is trained with."""

    position_buckets: Positive
    max_relative_positions: Positive
    hidden_dropout: Fraction
    attention_dropout: Fraction


class Data(Section):
    """How messages become model inputs.

    Attributes:
        validation_fraction: Share of every stratum (intent and practice) kept for validation.
        max_tokens: Longest input, in tokens, the two special tokens included.
        window_overlap: Tokens shared by neighbouring windows when a longer text is read at serving time.
        noise: Share of training messages that get typing noise, from 0 to 1.
    """

    validation_fraction: Fraction
    max_tokens: Positive
    window_overlap: Positive
    noise: Fraction


class Optimisation(Section):
    """How the weights are learned.

    Attributes:
        epochs: Passes over the training messages, each with fresh slot values.
        batch_size: Messages in one step.
        learning_rate: Peak rate of the classification head, reached after the warm-up.
        layer_decay: Factor on the rate for every layer further from the head.
        weight_decay: Decoupled decay on weight matrices, not on biases and layer norms.
        warmup_fraction: Share of the steps in which the rate rises; it falls as a cosine afterwards.
        label_smoothing: Probability mass spread evenly over the labels.
        steps_between_checkpoints: Steps between two validations, each of which saves a checkpoint.
        threads: CPU threads for the arithmetic.
    """

    epochs: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    weight_decay: Fraction
    warmup_fraction: Fraction
    label_smoothing: Fraction
    steps_between_checkpoints: Positive
    threads: Positive


class Calibration(Section):
    """What the default review threshold has to achieve on the validation messages."""

    target_accuracy: Annotated[float, Field(gt=0, lt=1)]


class Recipe(Section):
    """Everything a training run depends on besides the corpus and the code."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    seed: int
    base: Base
    architecture: Architecture
    data: Data
    optimisation: Optimisation
    calibration: Calibration


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: The file is missing, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, Recipe, "a training run")


def read_toml(path: Path, kind: type[AnyRecipe], what: str) -> AnyRecipe:
    """Read and check a TOML file of any kind; `what` says in errors what it should describe.

    Raises:
        RecipeError: The file is missing, is not TOML, or a key is missing, unknown or out of range.
    """
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise RecipeError(f"there is no recipe at {path}; see training/recipes/ for one") from error
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not valid TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise RecipeError(f"{path} does not describe {what}: {problems}") from error
