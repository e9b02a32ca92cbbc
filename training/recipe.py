"""The typed description of one training run, and how it and its like are read from TOML in `training/recipes/`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.errors import TrainingError

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[int, Field(gt=0)]


AnyRecipe = TypeVar("AnyRecipe", bound=BaseModel)


class RecipeError(TrainingError):
    """A recipe file that cannot be used; the message says which key is wrong."""


class Section(BaseModel):
    """Part of a recipe: every key known, none left out unless it has a default, none changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseCheckpoint(Section):
    """The checkpoint the model starts from: in an installed package, in parts of one, in a folder or on the hub.

    Attributes:
        name: Its name on the Hugging Face hub, by which it is credited and, failing all else, fetched.
        licence: Its licence.
        package: An installed Python package that carries it.
        folder: Where in the package, or in the archive that the parts make, it lies.
        parts: Installed distributions that carry one zip archive, split, in this order.
        path: A local folder that holds it.
    """

    name: str
    licence: str
    package: str | None = None
    folder: str = "."
    parts: tuple[str, ...] = ()
    path: Path | None = None

    @model_validator(mode="after")
    def _one_source(self) -> BaseCheckpoint:
        if sum(map(bool, (self.package, self.parts, self.path))) > 1:
            raise ValueError("give at most one of package, parts and path; with none the name is looked up on the hub")
        return self


class Architecture(Section):
    """What the checkpoint becomes.

    Attributes:
        relative_positions: Whether a BERT checkpoint is turned into a DeBERTa; any other is trained as it is.
        position_buckets: Buckets of relative positions, of a DeBERTa made from BERT.
        max_relative_positions: The farthest relative position told apart, of a DeBERTa made from BERT.
        hidden_dropout: Dropout on hidden states.
        attention_dropout: Dropout on attention weights.
    """

    relative_positions: bool = False
    position_buckets: Positive = 32
    max_relative_positions: Positive = 128
    hidden_dropout: Fraction
    attention_dropout: Fraction


class Data(Section):
    """How messages become model inputs.

    Attributes:
        screens: Whether the model learns, beside the intents, what belongs to none of them and what is urgent.
        validation_fraction: Share of every stratum (intent and practice) kept for validation.
        max_tokens: Longest input, in tokens, the two special tokens included.
        window_overlap: Tokens shared by neighbouring windows when a longer text is read at serving time.
        noise: Share of training messages that get typing noise, from 0 to 1.
    """

    screens: bool
    validation_fraction: Fraction
    max_tokens: Positive
    window_overlap: Positive
    noise: Fraction


class Optimization(Section):
    """How the weights are learned.

    Attributes:
        epochs: Passes over the training messages, each with fresh slot values.
        batch_size: Messages in one step.
        learning_rate: Peak rate of the classification head, reached after the warm-up.
        layer_decay: Factor on the rate for every layer further from the head.
        weight_decay: Decoupled decay on weight matrices, not on biases and layer norms.
        warmup_fraction: Share of the steps in which the rate rises; it falls as a cosine afterwards.
        label_smoothing: Probability mass spread evenly over the labels.
        precision: What matrix products are computed in: `fp32`, `bf16` (fast on processors that know it), or
            `mixed`, which is fp16 on a GPU and bf16 elsewhere.
        steps_between_checkpoints: Steps between two validations, each of which saves a checkpoint; None for one
            at the end of every epoch.
        patience: Validations without a better macro-F1 after which training ends early; None for never.
        threads: CPU threads for the arithmetic.
    """

    epochs: Positive
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    weight_decay: Fraction
    warmup_fraction: Fraction
    label_smoothing: Fraction
    precision: Literal["fp32", "bf16", "mixed"]
    steps_between_checkpoints: Positive | None = None
    patience: Positive | None = None
    threads: Positive


class Distillation(Section):
    """A larger model that the trained one learns from, beside the labels (Hinton et al. 2015).

    Attributes:
        teacher: File name of the teacher's recipe, beside this one; it is trained first.
        temperature: What both models' logits are divided by before they are compared.
        weight: Share of the loss that compares with the teacher, the rest with the labels; from 0 to 1.
        readings: How often the teacher reads each message, with other slot values and noise each time; its logits
            are averaged.
    """

    teacher: str
    temperature: Annotated[float, Field(gt=0)]
    weight: Annotated[float, Field(gt=0, le=1)]
    readings: Positive


class CalibrationTargets(Section):
    """What the default thresholds have to achieve on the validation messages.

    Attributes:
        accuracy: Of the messages that are routed without a person.
        out_of_scope_held: Share of the messages of no intent that are not routed.
        urgent_found: Share of the urgent messages that raise the alarm; the fewest false alarms at that.
    """

    accuracy: Share
    out_of_scope_held: Share = 0.9
    urgent_found: Share = 0.98


class Recipe(Section):
    """Everything a training run depends on besides the corpus and the code.

    Attributes:
        note: What else the model card has to say of how the shipped weights were made.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    note: str = ""
    seed: int
    base: BaseCheckpoint
    architecture: Architecture
    data: Data
    optimisation: Optimization
    distillation: Distillation | None = None
    calibration: CalibrationTargets


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, Recipe, "a training run", "training/recipes/compact.toml")


def read_toml(path: Path, kind: type[AnyRecipe], subject: str, example: str) -> AnyRecipe:
    """Read and check a TOML file of any kind.

    Args:
        path: The file.
        kind: The model it must match.
        subject: What the file describes, for error messages.
        example: A file to start from, for error messages.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read ({error.strerror}): expected a TOML file that describes {subject}; start from "
            f"{example}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML ({error}): correct it, or start from {example}") from error
    except ValidationError as error:
        raise RecipeError(
            f"{path} does not describe {subject}: {describe_problems(error)}; correct these keys, {example} shows them"
        ) from error


def describe_problems(error: ValidationError) -> str:
    """Return what is wrong with each key."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
