"""Typed recipes: everything that determines a training run, and how recipes and similar files are read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.errors import TrainingError

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]
Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[int, Field(gt=0)]


AnyRecipe = TypeVar("AnyRecipe", bound=BaseModel)


class RecipeError(TrainingError):
    """A recipe or settings file that cannot be used; the message names the wrong key."""


class Section(BaseModel):
    """Part of a recipe. Unknown and missing keys are errors, and values cannot change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BaseCheckpoint(Section):
    """The checkpoint that training starts from: in an installed package, split across packages, local, or on the hub.

    Attributes:
        name: Its name on the Hugging Face hub, used for credit and, without another source, for download.
        licence: Its license.
        package: An installed Python package that contains it.
        folder: Its folder in the package, or in the archive assembled from the parts.
        parts: Installed distributions that each contain one piece of a zip archive, in order.
        path: A local folder that contains it.
        packed: The file of the package that holds it in four bits, as `training.fit.packed_checkpoint` reads it.
    """

    name: str
    licence: str
    package: str | None = None
    folder: str = "."
    parts: tuple[str, ...] = ()
    path: Path | None = None
    packed: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> BaseCheckpoint:
        if self.packed and not self.package:
            raise ValueError("packed names a file of a package: give the package, too")
        if sum(map(bool, (self.package, self.parts, self.path))) > 1:
            raise ValueError(
                "give at most one of package, parts and path; without any, the name is looked up on the hub"
            )
        return self


class Architecture(Section):
    """How the base checkpoint is modified.

    Attributes:
        relative_positions: Whether to convert a BERT checkpoint to a DeBERTa; any other checkpoint is trained as it is.
        layers: How many of the checkpoint's layers to keep, the first ones; all by default. Of a BERT only.
        pooling_layer: Whether to add a layer that starts as the mean of all tokens, for a BERT that was trained with
            mean pooling, whose first token does not stand for the text.
        position_buckets: Relative-position buckets of a DeBERTa converted from BERT.
        position_terms: Which products with relative positions a DeBERTa converted from BERT adds to its scores: `c2p`
            of the query with the distance, `p2c` of the key with it. The second costs as much as the first.
        max_relative_positions: The longest relative distance that a DeBERTa converted from BERT distinguishes.
        hidden_dropout: Dropout on hidden states.
        attention_dropout: Dropout on attention weights.
    """

    relative_positions: bool = False
    layers: Positive | None = None
    pooling_layer: bool = False
    position_buckets: Positive = 32
    position_terms: tuple[Literal["c2p", "p2c"], ...] = ("c2p", "p2c")
    max_relative_positions: Positive = 128
    hidden_dropout: Fraction
    attention_dropout: Fraction


class Data(Section):
    """How messages become model inputs.

    Attributes:
        screens: Whether the model also learns everything that is not an intent: scope, language, triage, danger.
        validation_writers: The writers in `corpus/writers.toml` whose messages are kept for validation. Thresholds are
            chosen and the model is judged on writers of whom it has seen nothing.
        stopping_fraction: Share of each stratum (intent and practice) of the other writers set aside to select a
            checkpoint; without validation writers, also for validation.
        max_tokens: The longest input in tokens, including the two special tokens.
        window_overlap: Tokens that neighboring windows share when a longer text is classified.
        noise: Share of training messages that get typing noise, from 0 to 1.
        joined: Share of training messages that are joined with another one, from 0 to 1.
        repeats: How often an epoch has the training messages of a writer, each time with other values; once by default.
    """

    screens: bool
    validation_writers: tuple[str, ...] = ()
    stopping_fraction: Fraction
    max_tokens: Positive
    window_overlap: Positive
    noise: Fraction
    joined: Fraction = 0.0
    repeats: dict[str, Positive] = {}


class Optimization(Section):
    """How the weights are trained.

    Attributes:
        epochs: Passes over the training messages, each with new slot values; the last one may be a part.
        batch_size: Messages per step.
        learning_rate: Peak learning rate of the last encoder layer, reached after warm-up.
        head_factor: Factor applied to the learning rate for the classification head.
        layer_decay: Factor applied to the learning rate for each layer farther from the head.
        weight_decay: Decoupled decay on weight matrices; biases and layer norms have none.
        warmup_fraction: Share of the steps in which the learning rate rises; it then follows a cosine down to 0.
        label_smoothing: Probability mass spread evenly over the labels.
        precision: Precision of matrix products: `fp32`, `bf16` (fast on processors that support it), or `mixed`, which
            is fp16 on a GPU and bf16 elsewhere.
        steps_between_checkpoints: Steps between validations, each of which saves a checkpoint; None to validate at the
            end of each epoch.
        patience: Validations without a better macro-F1 before training stops early; None to never stop early.
        threads: CPU threads used for computation.
    """

    epochs: Annotated[float, Field(gt=0)]
    batch_size: Positive
    learning_rate: Annotated[float, Field(gt=0)]
    head_factor: Annotated[float, Field(gt=0)] = 1.0
    layer_decay: Annotated[float, Field(gt=0, le=1)]
    weight_decay: Fraction
    warmup_fraction: Fraction
    label_smoothing: Fraction
    precision: Literal["fp32", "bf16", "mixed"]
    steps_between_checkpoints: Positive | None = None
    patience: Positive | None = None
    threads: Positive


class Distillation(Section):
    """A larger model that the trained model learns from, in addition to the labels (Hinton et al. 2015).

    Attributes:
        teacher: File name of the teacher's recipe, in the same folder. The teacher is trained first.
        temperature: Divisor of both models' logits before they are compared.
        weight: Share of the loss that compares the model with its teacher; the labels get the rest. From 0 to 1.
        readings: How often the teacher classifies each message, each time with new slot values and noise; its logits
            are averaged.
        kept_layers: The layers of the teacher, counted from 1, that the trained model starts from in this order, with
            the teacher's embeddings and head (Sanh et al. 2019); none to start from the base checkpoint.
    """

    teacher: str
    temperature: Annotated[float, Field(gt=0)]
    weight: Annotated[float, Field(gt=0, le=1)]
    readings: Positive
    kept_layers: tuple[Positive, ...] = ()


class CalibrationTargets(Section):
    """What the default thresholds must achieve on the validation messages.

    Attributes:
        accuracy: Accuracy of the messages that are routed automatically.
        out_of_scope_held: Share of out-of-scope messages that are not routed.
        false_alarms: The largest share of routine messages resembling urgent ones that may raise the alarm; calibration
            finds the most emergencies at this share. The same share of them may count as same-day ones.
        everyday_writers: The validation writers whose messages are a practice's ordinary weeks, in true proportion.
        everyday_alarms: The largest share of these writers' routine messages that may raise the alarm. Each of them
            calls somebody away from a meal or a patient, and teaches that alarms are false.
        worth: How many false alarms it is worth to find one emergency more of the validation messages, among which
            emergencies are many times as frequent as in a practice; None to find the most whatever the false alarms,
            within the limits above.
    """

    accuracy: Share
    out_of_scope_held: Share = 0.9
    false_alarms: Share = 0.05
    everyday_writers: tuple[str, ...] = ()
    everyday_alarms: Share = 0.01
    worth: Annotated[float, Field(gt=0)] | None = None


class Recipe(Section):
    """Everything that determines a training run, except the corpus and the code.

    Attributes:
        continues: File name of the recipe, in the same folder, whose best weights this run starts from instead of the
            base checkpoint's. That recipe is trained first, without any message that this one is validated on.
        averaged: What the trained weights count in an average with those that the run continued from, from 0 to 1; None
            for the trained weights alone.
        note: Anything else that the model card should say about how the shipped weights were made.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    note: str = ""
    continues: str | None = None
    averaged: Share | None = None
    seed: int
    base: BaseCheckpoint
    architecture: Architecture
    data: Data
    optimisation: Optimization
    distillation: Distillation | None = None
    calibration: CalibrationTargets


class EntityData(Section):
    """How messages become inputs of the entity model.

    Attributes:
        validation_writers: The writers in `corpus/writers.toml` whose messages are kept for validation.
        validation_messages: How many of their messages with values are used.
        repeats: How often an epoch shows each message of these writers, whose messages were written for this model;
            some of their lines are kept for validation and for choosing a checkpoint.
        validation_fraction: The share of their lines that is kept for validation.
        stopping_fraction: The share of their lines that is kept for choosing a checkpoint.
        without_slots: The share of the other writers' messages without any value that an epoch shows.
        max_tokens: The longest input in tokens, including the two special tokens.
        window_overlap: Tokens that neighboring windows of a longer text share.
        noise: Share of training messages that get typing noise, from 0 to 1.
        joined: Share of training messages that are joined with another one, from 0 to 1.
    """

    validation_writers: tuple[str, ...]
    validation_messages: Positive
    repeats: dict[str, Positive]
    validation_fraction: Fraction
    stopping_fraction: Fraction
    without_slots: Annotated[float, Field(ge=0, le=1)]
    max_tokens: Positive
    window_overlap: Positive
    noise: Fraction
    joined: Fraction = 0.0


class EntityTargets(Section):
    """What the entity model's threshold must achieve on the validation messages.

    Attributes:
        precision: The share of what it finds that is something, at least; it finds the most at this share.
        untouched: The share of messages without any value in which it finds none, at least.
    """

    precision: Share
    untouched: Share


class EntityLoss(Section):
    """What training of the entity model minimizes.

    Attributes:
        outside_weight: How much the loss of a token that belongs to nothing counts; below 1, less is missed.
    """

    outside_weight: Annotated[float, Field(gt=0, le=1)]


class EntityRecipe(Section):
    """Everything that determines a training run of the entity model, except the corpus and the code.

    Attributes:
        task: Tells the recipe from one of the intent model.
        continues: File name of the recipe, in the same folder, whose best weights this run starts from instead of the
            base checkpoint's. That recipe is trained first, unless the published model is its.
        averaged: What the trained weights count in an average with those that the run continued from, from 0 to 1; None
            for the trained weights alone.
        note: Anything else that the model card should say about how the shipped weights were made.
    """

    task: Literal["entities"]
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    note: str = ""
    continues: str | None = None
    averaged: Share | None = None
    seed: int
    base: BaseCheckpoint
    architecture: Architecture
    data: EntityData
    optimisation: Optimization
    loss: EntityLoss
    calibration: EntityTargets


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe of the intent model.

    One that continues another validates on the same writers and calibrates as that one, unless it says how itself.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    subject, example = "a training run", "training/recipes/accurate.toml"
    return _validated(_inheriting(_read_table(path, subject, example), path), path, Recipe, subject, example)


def _inheriting(table: dict[str, Any], path: Path) -> dict[str, Any]:
    continues, data = table.get("continues"), table.get("data")
    if not isinstance(continues, str) or not isinstance(data, dict):
        return table
    if "calibration" in table and "validation_writers" in data:
        return table
    earlier = load_recipe(path.parent / continues)
    own = {"calibration": earlier.calibration} | table
    return own | {"data": {"validation_writers": earlier.data.validation_writers} | data}


def holding_out(recipe: Recipe, writers: Sequence[str]) -> Recipe:
    """Return a recipe that also keeps the messages of some more writers for validation."""
    held_out = tuple(dict.fromkeys((*recipe.data.validation_writers, *writers)))
    repeats = {writer: count for writer, count in recipe.data.repeats.items() if writer not in held_out}
    data = recipe.data.model_copy(update={"validation_writers": held_out, "repeats": repeats})
    return recipe.model_copy(update={"data": data})


def load_entity_recipe(path: Path) -> EntityRecipe:
    """Read and check a recipe of the entity model.

    Raises:
        RecipeError: The file cannot be read, is not TOML, or a key is missing, unknown or out of range.
    """
    return read_toml(path, EntityRecipe, "a training run of the entity model", "training/recipes/entities.toml")


def is_entity_recipe(path: Path) -> bool:
    """Return whether a file says that it is a recipe of the entity model; False if it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("task") == "entities"
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return False


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
    return _validated(_read_table(path, subject, example), path, kind, subject, example)


def _read_table(path: Path, subject: str, example: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(
            f"{path} cannot be read ({error.strerror}): expected a TOML file that describes {subject}; start from "
            f"{example}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not valid TOML ({error}): correct it, or start from {example}") from error


def _validated(table: dict[str, Any], path: Path, kind: type[AnyRecipe], subject: str, example: str) -> AnyRecipe:
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        raise RecipeError(
            f"{path} does not describe {subject}: {describe_problems(error)}; correct these keys, {example} shows them"
        ) from error


def describe_problems(error: ValidationError) -> str:
    """Describe the problem with each invalid key."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
