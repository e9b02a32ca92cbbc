"""Convert a BERT checkpoint to a DeBERTa classifier without changing what it computes.

DeBERTa-v2 with absolute positions in its input is BERT plus one or two relative-position terms in the attention scores.
While the projections of those terms are zero, the terms vanish, and the scores differ from BERT's only in scale: with
n terms DeBERTa divides by sqrt((1 + n) d) and BERT by sqrt(d), where d is the head width. Multiplying query weights and
biases by sqrt(1 + n) compensates for this, so the hidden states match BERT's up to rounding.

The relative embeddings start random and the projections start at zero, rather than the reverse: DeBERTa normalizes the
embeddings, and the gradient of a layer norm at zero is larger than elsewhere by a factor of 1/sqrt(eps), which is a
million for BERT's eps of 1e-12. It would drown out every other gradient when the norm is clipped.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import DebertaV2Config, DebertaV2ForSequenceClassification, DebertaV2ForTokenClassification

from training.recipe import Architecture, RecipeError

_MEAN_OVER_TOKEN = 8.0
"""How much more the mean of all tokens counts than the token itself in a pooling layer at its start."""

_LAYER = re.compile(r"encoder\.layer\.(\d+)\.")
_RENAMED = {
    "attention.self.query.": "attention.self.query_proj.",
    "attention.self.key.": "attention.self.key_proj.",
    "attention.self.value.": "attention.self.value_proj.",
}


def warm_start(
    checkpoint: Path, architecture: Architecture, labels: tuple[str, ...]
) -> DebertaV2ForSequenceClassification:
    """Build a DeBERTa classifier whose encoder computes the same as the BERT checkpoint.

    Args:
        checkpoint: Folder with a BERT `config.json` and `model.safetensors`.
        architecture: The relative-position shape and the dropout rates.
        labels: Names of the outputs, in order.

    Returns:
        The model, with a newly initialized pooler and classification head.

    Raises:
        RecipeError: The checkpoint is not a BERT encoder with absolute positions.
    """
    config = deberta_config(checkpoint, architecture, labels)
    model = DebertaV2ForSequenceClassification(config)  # type: ignore[no-untyped-call]
    _load_encoder(model, checkpoint, architecture)
    return model


def warm_start_tagger(
    checkpoint: Path, architecture: Architecture, labels: tuple[str, ...]
) -> DebertaV2ForTokenClassification:
    """Build a DeBERTa with a head on every token, whose encoder computes the same as the BERT checkpoint.

    Raises:
        RecipeError: The checkpoint is not a BERT encoder with absolute positions.
    """
    config = deberta_config(checkpoint, architecture, labels)
    model = DebertaV2ForTokenClassification(config)  # type: ignore[no-untyped-call]
    _load_encoder(model, checkpoint, architecture)
    return model


def _read_bert(checkpoint: Path) -> dict[str, Any]:
    bert: dict[str, Any] = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if bert.get("model_type") != "bert" or bert.get("position_embedding_type", "absolute") != "absolute":
        raise RecipeError(
            f"{checkpoint} is not a BERT checkpoint with absolute positions, which relative_positions = true expects: "
            "name another base, or set it to false"
        )
    return bert


def _load_encoder(
    model: DebertaV2ForSequenceClassification | DebertaV2ForTokenClassification,
    checkpoint: Path,
    architecture: Architecture,
) -> None:
    kept = model.config.num_hidden_layers - architecture.pooling_layer
    weights = _converted(load_file(checkpoint / "model.safetensors"), model.config, kept)
    missing, unexpected = model.deberta.load_state_dict(weights, strict=False)
    wrong = [name for name in missing if not _is_relative(name) and not _is_beyond(name, kept)] + unexpected
    if wrong:
        raise RecipeError(
            f"{checkpoint} has other weights than its config.json describes: {', '.join(sorted(wrong))}; download the "
            "checkpoint again"
        )
    for name, weight in model.named_parameters():
        if ".pos_key_proj." in name or ".pos_query_proj." in name:
            nn.init.zeros_(weight)
    if architecture.pooling_layer:
        _start_as_mean(model.deberta.encoder.layer[-1])


@torch.no_grad()
def _start_as_mean(layer: Any) -> None:
    """Make a new layer return the normalized mean of its input, with little of the token's own.

    The queries are zero, so that every token looks at all others alike; values pass unchanged, and the second half of
    the layer adds nothing yet.
    """
    attention = layer.attention
    nn.init.zeros_(attention.self.query_proj.weight)
    nn.init.eye_(attention.self.value_proj.weight)
    nn.init.eye_(attention.output.dense.weight).mul_(_MEAN_OVER_TOKEN)
    nn.init.zeros_(layer.output.dense.weight)


def deberta_config(checkpoint: Path, architecture: Architecture, labels: tuple[str, ...]) -> DebertaV2Config:
    """Return the configuration of the classifier that starts from a BERT checkpoint.

    Raises:
        RecipeError: The checkpoint is not a BERT encoder with absolute positions.
    """
    bert = _read_bert(checkpoint)
    shared = (
        "vocab_size", "hidden_size", "num_attention_heads", "intermediate_size",
        "hidden_act", "max_position_embeddings", "layer_norm_eps", "pad_token_id", "initializer_range",
    )  # fmt: skip
    return DebertaV2Config(  # type: ignore[no-untyped-call]
        **{key: bert[key] for key in shared},
        num_hidden_layers=(architecture.layers or bert["num_hidden_layers"]) + architecture.pooling_layer,
        type_vocab_size=0,
        position_biased_input=True,
        relative_attention=True,
        pos_att_type=list(architecture.position_terms),
        share_att_key=False,
        norm_rel_ebd="layer_norm",
        position_buckets=architecture.position_buckets,
        max_relative_positions=architecture.max_relative_positions,
        hidden_dropout_prob=architecture.hidden_dropout,
        attention_probs_dropout_prob=architecture.attention_dropout,
        pooler_dropout=architecture.hidden_dropout,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )


def _converted(bert: dict[str, torch.Tensor], config: DebertaV2Config, kept: int) -> dict[str, torch.Tensor]:
    """Rename the weights of BERT's first layers to DeBERTa's, rescale queries, fold the token type into positions."""
    converted = {}
    for name, weight in bert.items():
        if name.startswith("pooler.") or name.endswith(("position_ids", "token_type_embeddings.weight")):
            continue
        if _is_beyond(name, kept):
            continue
        if ".query." in name:
            weight = weight * math.sqrt(1 + len(config.pos_att_type))
        for old, new in _RENAMED.items():
            name = name.replace(old, new)
        converted[name] = weight
    # All inputs have token type 0, so its embedding is a constant and can be added to the positions.
    converted["embeddings.position_embeddings.weight"] += bert["embeddings.token_type_embeddings.weight"][0]
    return converted


def _is_beyond(name: str, kept: int) -> bool:
    """Return whether a weight belongs to a layer after the first `kept` ones."""
    layer = _LAYER.match(name)
    return layer is not None and int(layer[1]) >= kept


def _is_relative(name: str) -> bool:
    return name.startswith(("encoder.rel_embeddings.", "encoder.LayerNorm.")) or ".pos_" in name
