"""A model with some of the layers of another, to start a smaller one from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoModelForSequenceClassification, PretrainedConfig

from training.recipe import Recipe, RecipeError

_LAYER = re.compile(r"(?P<before>.*\.encoder\.layer\.)(?P<number>\d+)(?P<after>\..*)")

_OF_NO_SHAPE = {"layers", "hidden_dropout", "attention_dropout"}


def require_same_shape(pupil: Recipe, teacher: Recipe) -> None:
    """Raise unless a recipe describes the network that the layers it keeps of its teacher make.

    Raises:
        RecipeError: The two have other bases or architectures, or it keeps another number of layers than it has.
    """
    shapes = [recipe.architecture.model_dump(exclude=_OF_NO_SHAPE) for recipe in (pupil, teacher)]
    if pupil.base != teacher.base or shapes[0] != shapes[1]:
        raise RecipeError(
            f"{pupil.name} starts from layers of {teacher.name}, which has another base or architecture: give it the"
            " same, except for how many layers there are"
        )
    kept = pupil.distillation.kept_layers if pupil.distillation else ()
    wanted = (pupil.architecture.layers or 0) + pupil.architecture.pooling_layer
    if len(kept) != wanted:
        raise RecipeError(
            f"{pupil.name} keeps {len(kept)} layers and has {wanted}: let kept_layers name as many as its"
            " layers, and one more if it has a pooling layer"
        )


def thin_out(checkpoint: Path, kept: Sequence[int], target: Path) -> Path:
    """Write a checkpoint that has only some of the layers of another.

    Args:
        checkpoint: The folder of a classifier's weights.
        kept: The layers to keep, counted from 1, in their new order.
        target: The folder to write.

    Returns:
        The target.

    Raises:
        RecipeError: It has no such layer.
    """
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint)
    config: PretrainedConfig = model.config
    if missing := sorted(set(kept) - set(range(1, config.num_hidden_layers + 1))):
        raise RecipeError(
            f"kept_layers names layers {', '.join(map(str, missing))}, but the teacher has {config.num_hidden_layers}"
        )
    config.num_hidden_layers = len(kept)
    places = {old - 1: new for new, old in enumerate(kept)}
    weights = {}
    for name, weight in model.state_dict().items():
        if (layer := _LAYER.fullmatch(name)) is None:
            weights[name] = weight
        elif int(layer["number"]) in places:
            weights[f"{layer['before']}{places[int(layer['number'])]}{layer['after']}"] = weight
    thinner = type(model)(config)
    thinner.load_state_dict(weights)
    thinner.save_pretrained(target)
    return target
