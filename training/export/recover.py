"""Read a checkpoint's weights back from the network that is served, so that training can go on without its run folder.

What export folded is unfolded: the scale of the scores goes back out of the projections to queries and keys, and each
table of factors by distance becomes a projection of relative embeddings again. Only the tables are known, one per
layer, so the embeddings are drawn at random and the projections fitted to them, which is exact while there are fewer
distances than columns. 8-bit weights come back as multiples of their scales: what rounding took is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from pydantic import ValidationError
from torch import nn
from transformers import DebertaV2Config, DebertaV2ForSequenceClassification, DebertaV2ForTokenClassification

from training.export.deberta_onnx import TEXTS, TOKENS, root_of_scale
from training.export.model_folder import EVALUATION, NETWORK
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.warm_start import deberta_config
from training.recipe import EntityRecipe, Recipe, RecipeError, load_recipe
from training.run_folder import is_finished, open_run

Floats = NDArray[np.float32]


def recover_checkpoint(model: Path, recipe: Recipe | EntityRecipe, base: Path, folder: Path) -> None:
    """Write the checkpoint of a model folder's network.

    Args:
        model: The model folder, with an 8-bit network that `export_model` or `export_tagger` wrote.
        recipe: The recipe that the network was trained with.
        base: Folder of the recipe's base checkpoint, whose `config.json` has the sizes.
        folder: Where to write; appears only once it is complete.

    Raises:
        RecipeError: The network is not one of this recipe's.
    """
    labels = tuple(json.loads((model / "config.json").read_text(encoding="utf-8"))["labels"])
    try:
        config = deberta_config(base, recipe.architecture, labels)
        recover = recover_tagger if isinstance(recipe, EntityRecipe) else recover_weights
        network = recover(model / NETWORK, config, recipe.seed)
    except (KeyError, ValueError) as error:
        raise RecipeError(
            f"{model} does not hold a network of the recipe {recipe.name} ({error}): expected its layers and sizes; "
            "name the recipe that the model was trained with, or train it anew"
        ) from error
    arriving = folder.with_name(f"{folder.name}.arriving")
    network.save_pretrained(arriving)
    arriving.rename(folder)


def recover_run(recipe: Recipe | EntityRecipe, runs: Path, model: Path) -> bool:
    """Write a run's best checkpoint from the model that is published, if the run's recipe made it.

    Args:
        recipe: The run's recipe, not trained yet.
        runs: The folder for run folders.
        model: The folder of the published model.

    Returns:
        Whether that is so, and the run now has its checkpoint.

    Raises:
        TrainingError: A different version of the recipe has been trained, or the network is not the recipe's.
    """
    evaluation = model / EVALUATION
    if not evaluation.is_file():
        return False
    try:
        made_by = type(recipe).model_validate(json.loads(evaluation.read_text(encoding="utf-8")).get("recipe"))
    except ValidationError:
        return False
    if made_by != recipe:  # compared as recipes: the file may lack a key that came later, and with it its default
        return False
    recover_checkpoint(model, recipe, locate_checkpoint(recipe.base), open_run(recipe, runs).best)
    return True


def recover_earlier(recipe: Recipe, config: Path, runs: Path, model: Path) -> None:
    """Write the checkpoint that a recipe continues from, if its run folder is not there and the published model has it.

    Args:
        recipe: The recipe.
        config: Its file; the earlier recipe is in the same folder.
        runs: The folder for run folders.
        model: The folder of the published model.

    Raises:
        TrainingError: The earlier recipe cannot be used, or a different version of it has been trained.
    """
    if recipe.continues is None:
        return
    earlier = load_recipe(config.parent / recipe.continues)
    if not is_finished(earlier, runs):
        recover_run(earlier, runs, model)


class _Constants:
    """The constants of a network, in full precision."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}

    def vector(self, name: str) -> Floats:
        return np.asarray(numpy_helper.to_array(self._tensors[name]), dtype=np.float32)

    def columns(self, name: str) -> Floats:
        """Return a product's weight, one row per input; if it is quantized, each column has a scale."""
        return self._scaled(name, lambda scales: scales[None, :])

    def rows(self, name: str) -> Floats:
        """Return a table's rows; if it is quantized, each row has a scale."""
        return self._scaled(name, lambda scales: scales[:, None])

    def _scaled(self, name: str, spread: Any) -> Floats:
        stored = numpy_helper.to_array(self._tensors[name])
        flat = stored.reshape(len(stored), -1).astype(np.float32)
        if f"{name}/scales" not in self._tensors:
            return flat
        scaled: Floats = flat * spread(self.vector(f"{name}/scales"))
        return scaled


@torch.no_grad()
def recover_weights(network: Path, config: DebertaV2Config, seed: int) -> DebertaV2ForSequenceClassification:
    """Return the model that a network was exported from, except for what rounding to 8 bits took.

    Args:
        network: What `export_deberta` or `quantize_deberta` wrote.
        config: The model's configuration: absolute and relative positions, with keys of their own.
        seed: For the relative embeddings.

    Raises:
        KeyError: The network lacks a constant.
        ValueError: A constant has another size.
    """
    constants = _Constants(onnx.load(network))
    model = DebertaV2ForSequenceClassification(config)  # type: ignore[no-untyped-call]
    positions = _fill_embeddings(model, constants, seed)
    encoder: Any = model.deberta.encoder
    *layers, last = encoder.layer
    _fill_layers(layers, positions, constants)
    at = f"{TEXTS}{len(layers)}/"
    weight = np.hstack([constants.columns(f"{name}/weight") for name in _last_products(at)])
    bias = np.hstack([constants.vector(f"{name}/bias") for name in _last_products(at)])
    _fill_attention(last.attention.self, weight, bias)
    _fill_distances(last.attention.self, positions, _last_table(constants, at, last.attention.self))
    _fill_rest(last, constants, at)
    _fill_linear(model.pooler.dense, constants, f"{TEXTS}pooler")
    _fill_linear(model.classifier, constants, "logits")
    return model


@torch.no_grad()
def recover_tagger(network: Path, config: DebertaV2Config, seed: int) -> DebertaV2ForTokenClassification:
    """Return the model with a head on every token that a network was exported from, as `recover_weights` does.

    Raises:
        KeyError: The network lacks a constant.
        ValueError: A constant has another size.
    """
    constants = _Constants(onnx.load(network))
    model = DebertaV2ForTokenClassification(config)  # type: ignore[no-untyped-call]
    positions = _fill_embeddings(model, constants, seed)
    _fill_layers(model.deberta.encoder.layer, positions, constants)
    _fill_linear(model.classifier, constants, "logits/flat")
    return model


def _fill_embeddings(model: Any, constants: _Constants, seed: int) -> torch.Tensor:
    """Fill the embeddings; return the relative ones, which are drawn."""
    encoder, embeddings = model.deberta.encoder, model.deberta.embeddings
    _fill(embeddings.word_embeddings.weight, constants.rows("words"))
    _fill(embeddings.position_embeddings.weight, constants.rows("positions"))
    _fill_norm(embeddings.LayerNorm, constants, f"{TOKENS}embeddings")
    drawn = torch.randn(encoder.rel_embeddings.weight.shape, generator=torch.Generator().manual_seed(seed))
    encoder.rel_embeddings.weight.copy_(drawn * model.config.initializer_range)
    positions: torch.Tensor = encoder.get_rel_embedding()[: 2 * encoder.layer[0].attention.self.pos_ebd_size]
    return positions


def _fill_layers(layers: Iterable[Any], positions: torch.Tensor, constants: _Constants) -> None:
    """Fill the layers that are computed for every token."""
    for number, layer in enumerate(layers):
        at = f"{TOKENS}{number}/"
        weight, bias = constants.columns(f"{at}projections/weight"), constants.vector(f"{at}projections/bias")
        _fill_attention(layer.attention.self, weight, bias)
        _fill_distances(layer.attention.self, positions, constants.rows(f"{at}table"))
        _fill_rest(layer, constants, at)


def _last_products(at: str) -> tuple[str, str]:
    """Return the products of the last layer, whose queries are those of the first token alone."""
    return f"{at}query/product", f"{TOKENS}{at}projections"


def _last_table(constants: _Constants, at: str, attention: Any) -> Floats:
    sides = ("of_queries", "of_keys") if "p2c" in attention.pos_att_type else ("of_queries",)
    return np.hstack([constants.rows(f"{at}{side}/table") for side in sides])


def _fill_attention(attention: Any, weight: Floats, bias: Floats) -> None:
    """Fill the projections to queries, keys and values; the first two had half of the scores' scale each."""
    root, width = root_of_scale(attention), weight.shape[1] // 3
    parts = (attention.query_proj, root), (attention.key_proj, root), (attention.value_proj, 1.0)
    for place, (linear, factor) in enumerate(parts):
        here = slice(place * width, (place + 1) * width)
        _fill(linear.weight, weight[:, here].T * factor)
        _fill(linear.bias, bias[here] * factor)


def _fill_distances(attention: Any, positions: torch.Tensor, table: Floats) -> None:
    """Fill the projections of the relative embeddings so that they give the table's factors."""
    factors = torch.from_numpy(table.copy()) * root_of_scale(attention)
    width = attention.pos_key_proj.weight.shape[0]
    # The last row repeats the one before it. Rows for keys are in reverse order.
    _fit(attention.pos_key_proj, positions, factors[:-1, :width])
    if "p2c" in attention.pos_att_type:
        _fit(attention.pos_query_proj, positions, factors.flip(0)[:-1, width:])


def _fit(projection: nn.Linear, positions: torch.Tensor, factors: torch.Tensor) -> None:
    projection.weight.copy_(torch.linalg.lstsq(positions, factors).solution.T)
    nn.init.zeros_(projection.bias)


def _fill_rest(layer: Any, constants: _Constants, at: str) -> None:
    _fill_linear(layer.attention.output.dense, constants, f"{at}attention/output")
    _fill_norm(layer.attention.output.LayerNorm, constants, f"{at}attention")
    _fill(layer.intermediate.dense.weight, constants.columns(f"{at}wide/product/weight").T)
    _fill(layer.intermediate.dense.bias, constants.vector(f"{at}wide/bias"))
    _fill_linear(layer.output.dense, constants, f"{at}narrow")
    _fill_norm(layer.output.LayerNorm, constants, f"{at}output")


def _fill_linear(linear: nn.Linear, constants: _Constants, name: str) -> None:
    _fill(linear.weight, constants.columns(f"{name}/weight").T)
    _fill(linear.bias, constants.vector(f"{name}/bias"))


def _fill_norm(norm: nn.LayerNorm, constants: _Constants, name: str) -> None:
    _fill(norm.weight, constants.vector(f"{name}/norm/scale"))
    _fill(norm.bias, constants.vector(f"{name}/norm/bias"))


def _fill(weight: torch.Tensor, value: Floats) -> None:
    if tuple(weight.shape) != value.shape:
        raise ValueError(f"a weight of shape {value.shape}, expected {tuple(weight.shape)}")
    weight.copy_(torch.from_numpy(value.copy(order="C")))
