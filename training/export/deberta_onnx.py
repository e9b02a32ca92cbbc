"""Write DeBERTa as an ONNX graph reduced to its essential matrix products.

Exporters write every step of the PyTorch module: for each layer, one product each for query, key and value, the
projections of the relative positions, the position buckets, and a gather of single elements that moves the scores of
relative positions into place. Here, instead:

- everything that depends only on the weights is computed once, during export: the projections of the relative
  positions, and the scale of the scores, which is folded into the weights;
- query, key and value are one product;
- the scores by relative distance, with one row per token and one column per distance, become scores by position by
  shifting row i by i places, which takes a slice and two reshapes (Dai et al., Transformer-XL, ACL 2019, appendix B);
- the last layer is computed only for the first token, the only one a classifier of texts uses;
- tokens are stored by position first and text second, so that the first rows are the first tokens of all texts, and no
  product needs transposed operands.

Residual connections are an addition and a layer norm: ONNX Runtime's SkipLayerNormalization does both, but takes five
times as long.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import (
    AutoConfig,
    DebertaV2ForSequenceClassification,
    DebertaV2ForTokenClassification,
    PretrainedConfig,
)
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

from training.export.onnx_graph import MICROSOFT, Graph

FOLDED = "folded.onnx"
TOKENS: Final = "tokens/"
"""Prefix of nodes with one row for each token of each text."""
TEXTS: Final = "texts/"
"""Prefix of nodes with one row for each text."""

# Large enough for a masked score to vanish in a softmax; infinity would turn a fully masked row into NaN.
_MASKED = -1e9

_Model = DebertaV2ForSequenceClassification | DebertaV2ForTokenClassification
# From the name prefix, module, states and table of positions to the context and the states it belongs to.
_Attention = Callable[[str, Any, str, torch.Tensor], tuple[str, str]]


def is_exportable(checkpoint: Path) -> bool:
    """Return whether a checkpoint is a standard DeBERTa-v2 or v3, which `export_deberta` supports."""
    config = AutoConfig.from_pretrained(checkpoint)
    return config.model_type == "deberta-v2" and _is_common(config)


def _is_common(config: PretrainedConfig) -> bool:
    usual = {
        "hidden_act": "gelu",
        "pooler_hidden_act": "gelu",
        "relative_attention": True,
        "embedding_size": config.hidden_size,
        "pooler_hidden_size": config.hidden_size,
        "attention_head_size": config.hidden_size // config.num_attention_heads,
        "conv_kernel_size": 0,
    }
    same = all(getattr(config, key, value) == value for key, value in usual.items())
    return same and set(config.pos_att_type or ()) in ({"c2p"}, {"c2p", "p2c"})


def export_deberta(checkpoint: Path, folder: Path) -> Path:
    """Export a checkpoint that `is_exportable` in full precision.

    Args:
        checkpoint: Folder of a `DebertaV2ForSequenceClassification` or a `DebertaV2ForTokenClassification`.
        folder: Where to write; created if necessary.

    Returns:
        The network, `folder/folded.onnx`, with its weights in a file next to it.
    """
    tags = DebertaV2ForTokenClassification.__name__ in (AutoConfig.from_pretrained(checkpoint).architectures or ())
    kind = DebertaV2ForTokenClassification if tags else DebertaV2ForSequenceClassification
    model: _Model = kind.from_pretrained(checkpoint, dtype=torch.float32).eval()
    folder.mkdir(parents=True, exist_ok=True)
    network = folder / FOLDED
    with torch.no_grad():
        graph = _Writer(model, Graph(folder / f"{FOLDED}.data")).write()
    onnx.save(graph.model(model.config.num_labels, by_token=tags), network)
    return network


class _Writer:
    """Writes the graph of one model.

    Dimensions in the comments: T tokens in the longest text, B texts, N heads of width D, H = N * D, R = T * B rows.
    """

    def __init__(self, model: _Model, graph: Graph) -> None:
        self._model = model
        self._config = model.config
        self._heads = model.config.num_attention_heads
        self._width = model.config.hidden_size // self._heads
        # Whether keys are multiplied with distances, too, and not only queries.
        self._keys_see_distances = "p2c" in model.config.pos_att_type
        self._graph = graph

    def write(self) -> Graph:
        graph, encoder = self._graph, self._model.deberta.encoder
        self._length = graph.add("Shape", "input_ids", name="length", start=1, end=2)
        self._write_shapes()
        self._write_distances()
        self._write_mask()
        positions = encoder.get_rel_embedding()  # type: ignore[no-untyped-call]
        states = self._embeddings()
        *layers, last = encoder.layer
        for number, layer in enumerate(layers):
            states = self._layer(f"{TOKENS}{number}/", layer, states, self._attention, positions)
        if isinstance(self._model, DebertaV2ForTokenClassification):
            states = self._layer(f"{TOKENS}{len(layers)}/", last, states, self._attention, positions)
            self._write_logits_of_tokens(states)
            return graph
        states = self._layer(f"{TEXTS}{len(layers)}/", last, states, self._first_attention, positions)
        pooled = self._product(f"{TEXTS}pooler", states, self._model.pooler.dense)
        pooled = graph.add("Gelu", pooled, name=f"{TEXTS}pooled")
        self._product("logits", pooled, self._model.classifier)
        return graph

    def _write_logits_of_tokens(self, states: str) -> None:
        graph = self._graph
        flat = self._product("logits/flat", states, self._model.classifier)
        shape = graph.numbers(-1, self._config.num_labels)
        by_place = graph.add("Concat", self._length, shape, name="logits/by_place", axis=0)
        placed = graph.add("Reshape", flat, by_place, name="logits/placed")
        graph.add("Transpose", placed, name="logits", perm=[1, 0, 2])

    def _write_shapes(self) -> None:
        graph, length = self._graph, self._length
        # [T, B, H] and [T, B, any number of heads, D]
        hidden = graph.numbers(-1, self._config.hidden_size)
        self._by_place = graph.add("Concat", length, hidden, name="by_place", axis=0)
        self._texts = graph.add("Shape", "input_ids", name="texts", start=0, end=1)
        by_head = graph.numbers(-1, self._width)
        self._by_head = graph.add("Concat", length, self._texts, by_head, name="by_head", axis=0)
        # [B, 2N, T, 2T - 1]
        self._shifted = graph.add("Concat", graph.numbers(0, 0), length, graph.numbers(-1), name="shifted", axis=0)
        self._shift = graph.add("Sub", length, graph.numbers(1), name="shift")
        ends = ((self._heads, "end_of_queries"), (2 * self._heads, "end_of_keys"))
        self._end_of_queries, self._end_of_keys = (
            graph.add("Concat", graph.numbers(heads), length, name=name, axis=0) for heads, name in ends
        )

    def _write_distances(self) -> None:
        """Write the row numbers of each distance in the tables of relative positions."""
        graph, most = self._graph, self._config.max_position_embeddings
        falling = _rows_of_distances(self._model, torch.arange(most - 1, -most - 1, -1))
        middle, length = graph.numbers(most), self._length
        end = graph.add("Add", middle, length, name="distances/end")
        # Rows of distance T - 1, T - 2, ..., -T, and of 0, 1, ..., T - 1 and 0, -1, ..., 1 - T for the first token.
        start = graph.add("Sub", middle, length, name="distances/start")
        falling_name = graph.constant("distances/falling", falling)
        self._distances = graph.add("Slice", falling_name, start, end, name="distances")
        rising = graph.constant("distances/rising", _rows_of_distances(self._model, torch.arange(most)))
        sinking = graph.constant("distances/sinking", _rows_of_distances(self._model, -torch.arange(most)))
        zero = graph.numbers(0)
        self._before_first = graph.add("Slice", rising, zero, length, name="distances/before")
        self._after_first = graph.add("Slice", sinking, zero, length, name="distances/after")

    def _write_mask(self) -> None:
        graph = self._graph
        mask = graph.add("Cast", "attention_mask", name="mask/number", to=1)
        absent = graph.add("Sub", graph.constant("one", np.float32(1)), mask, name="mask/absent")
        penalty = graph.add("Mul", absent, graph.constant("masked", np.float32(_MASKED)), name="mask/penalty")
        # [B, 1, 1, T]
        self._mask = graph.add("Unsqueeze", penalty, graph.numbers(1, 2), name="mask")

    def _embeddings(self) -> str:
        """Return the name of the embedded tokens, [R, H]."""
        graph, embeddings = self._graph, self._model.deberta.embeddings
        by_place = graph.add("Transpose", "input_ids", name="ids/by_place", perm=[1, 0])
        flat = graph.add("Reshape", by_place, graph.numbers(-1), name="ids")
        words = graph.constant("words", _array(embeddings.word_embeddings.weight))
        states = graph.add("Gather", words, flat, name="embedded/words")
        if embeddings.token_type_embeddings is not None:
            # All inputs have token type 0.
            kind = graph.constant("kind", _array(embeddings.token_type_embeddings.weight[0]))
            states = graph.add("Add", states, kind, name="embedded/kind")
        if embeddings.position_embeddings is not None:
            states = self._placed(states, embeddings.position_embeddings.weight)
        return self._norm(f"{TOKENS}embeddings", states, embeddings.LayerNorm)

    def _placed(self, words: str, positions: torch.Tensor) -> str:
        graph, hidden = self._graph, self._config.hidden_size
        table = graph.constant("positions", _array(positions)[:, None])
        here = graph.add("Slice", table, graph.numbers(0), self._length, name="positions/here")
        by_place = graph.add("Reshape", words, self._by_place, name="embedded/by_place")
        placed = graph.add("Add", by_place, here, name="embedded/placed")
        return graph.add("Reshape", placed, graph.numbers(-1, hidden), name="embedded")

    def _layer(self, at: str, layer: Any, states: str, attention: _Attention, positions: torch.Tensor) -> str:
        """Write one layer; `attention` also chooses the rows, by returning their states."""
        graph = self._graph
        context, states = attention(at, layer.attention.self, states, _table(layer.attention.self, positions))
        attended = self._product(f"{at}attention/output", context, layer.attention.output.dense)
        states = self._residual(f"{at}attention", attended, states, layer.attention.output.LayerNorm)
        wide = graph.add(
            "BiasGelu",
            self._unbiased_product(f"{at}wide/product", states, layer.intermediate.dense),
            graph.constant(f"{at}wide/bias", _array(layer.intermediate.dense.bias)),
            name=f"{at}wide",
            domain=MICROSOFT,
        )
        narrow = self._product(f"{at}narrow", wide, layer.output.dense)
        return self._residual(f"{at}output", narrow, states, layer.output.LayerNorm)

    def _attention(self, at: str, attention: Any, states: str, table: torch.Tensor) -> tuple[str, str]:
        """Write attention from all tokens to all tokens; return the names of the context and the states."""
        graph, heads = self._graph, self._heads
        both, value = self._projections(at, states, _scaled(attention), (2 * heads, heads))
        query, key = self._split(f"{at}both", both, (heads, heads))
        scores = self._matmul(f"{at}scores/content", query, key)
        # Queries, and perhaps keys, with one column per distance: [B, N or 2N, T, 2T].
        looking = both if self._keys_see_distances else query
        wide = self._matmul(f"{at}by_distance", looking, self._rows_of_table(at, table, self._distances))
        flat = graph.add("Reshape", wide, graph.numbers(0, 0, -1), name=f"{at}by_distance/flat")
        cut = graph.add("Slice", flat, self._shift, graph.numbers(-1), graph.numbers(2), name=f"{at}by_distance/cut")
        shifted = graph.add("Reshape", cut, self._shifted, name=f"{at}by_distance/shifted")
        axes = graph.numbers(1, 3)
        of_queries = graph.add(
            "Slice", shifted, graph.numbers(0, 0), self._end_of_queries, axes, name=f"{at}scores/of_queries"
        )
        scores = graph.add("Add", scores, of_queries, name=f"{at}scores/with_queries")
        if self._keys_see_distances:
            of_keys = graph.add(
                "Slice", shifted, graph.numbers(heads, 0), self._end_of_keys, axes, name=f"{at}scores/of_keys"
            )
            of_keys = graph.add("Transpose", of_keys, name=f"{at}scores/of_keys/transposed", perm=[0, 1, 3, 2])
            scores = graph.add("Add", scores, of_keys, name=f"{at}scores/with_keys")
        return self._context(at, scores, value), states

    def _first_attention(self, at: str, attention: Any, states: str, table: torch.Tensor) -> tuple[str, str]:
        """Write attention from the first token of each text; return the names of the context and the token's states."""
        graph, heads = self._graph, self._heads
        by_place = graph.add("Reshape", states, self._by_place, name=f"{at}states/by_place")
        first = graph.add("Gather", by_place, graph.constant("first", np.int64(0)), name=f"{at}first", axis=0)
        query_projection, *others = _scaled(attention)
        query = self._product(f"{at}query/product", first, query_projection)
        query = graph.add("Reshape", query, graph.numbers(1, -1, heads, self._width), name=f"{at}query")
        key, value = self._projections(f"{TOKENS}{at}", states, others, (heads, heads))
        # The query is at position 0, so there is nothing to shift.
        rows = self._rows_of_table(f"{at}of_queries/", table[:, :, :heads], self._after_first)
        placed = graph.add("Add", key, rows, name=f"{at}key/placed")
        scores = self._matmul(f"{at}scores/content", query, placed)
        if self._keys_see_distances:
            scores = self._with_keys(at, scores, key, table[:, :, heads:])
        return self._context(at, scores, value), first

    def _with_keys(self, at: str, scores: str, key: str, of_keys: torch.Tensor) -> str:
        """Add what keys make of their distance to the first token."""
        graph = self._graph
        rows = self._rows_of_table(f"{at}of_keys/", of_keys, self._before_first)
        products = graph.add("Mul", key, rows, name=f"{at}scores/of_keys/products")
        sums = graph.add("ReduceSum", products, graph.numbers(3), name=f"{at}scores/of_keys/sums", keepdims=0)
        turned = graph.add("Transpose", sums, name=f"{at}scores/of_keys/transposed", perm=[1, 2, 0])
        bias = graph.add("Unsqueeze", turned, graph.numbers(2), name=f"{at}scores/of_keys")
        return graph.add("Add", scores, bias, name=f"{at}scores/with_keys")

    def _context(self, at: str, scores: str, value: str) -> str:
        graph = self._graph
        masked = graph.add("Add", scores, self._mask, name=f"{at}scores")
        weights = graph.add("Softmax", masked, name=f"{at}weights", axis=-1)
        context = graph.add("FusedMatMul", weights, value, name=f"{at}context/by_head", domain=MICROSOFT, transBatchB=1)
        by_place = graph.add("Transpose", context, name=f"{at}context/by_place", perm=[2, 0, 1, 3])
        return graph.add("Reshape", by_place, graph.numbers(-1, self._config.hidden_size), name=f"{at}context")

    def _rows_of_table(self, at: str, table: torch.Tensor, rows: str) -> str:
        return self._graph.add("Gather", self._graph.constant(f"{at}table", _array(table)), rows, name=f"{at}rows")

    def _matmul(self, name: str, left: str, right: str) -> str:
        """Multiply [T, B, N, D] by the transpose of [U, B, N, D] to [B, N, T, U]."""
        return self._graph.add(
            "FusedMatMul", left, right, name=name, domain=MICROSOFT, transB=1, transBatchA=1, transBatchB=1
        )

    def _projections(self, at: str, states: str, parts: Sequence[nn.Linear], heads: tuple[int, int]) -> tuple[str, str]:
        """Write several projections of the same states as one product; return it by head, split in two."""
        together = _linear(torch.cat([part.weight for part in parts]), torch.cat([part.bias for part in parts]))
        product = self._product(f"{at}projections", states, together)
        by_head = self._graph.add("Reshape", product, self._by_head, name=f"{at}projections/by_head")
        return self._split(f"{at}projections", by_head, heads)

    def _split(self, at: str, by_head: str, heads: tuple[int, int]) -> tuple[str, str]:
        sizes = self._graph.numbers(*heads)
        first, second = self._graph.add_many("Split", by_head, sizes, names=[f"{at}/first", f"{at}/second"], axis=2)
        return first, second

    def _product(self, name: str, states: str, linear: nn.Linear) -> str:
        weight = self._graph.constant(f"{name}/weight", _array(linear.weight.T))
        bias = self._graph.constant(f"{name}/bias", _array(linear.bias))
        return self._graph.add("Gemm", states, weight, bias, name=name)

    def _unbiased_product(self, name: str, states: str, linear: nn.Linear) -> str:
        weight = self._graph.constant(f"{name}/weight", _array(linear.weight.T))
        return self._graph.add("MatMul", states, weight, name=name)

    def _residual(self, name: str, new: str, states: str, norm: nn.LayerNorm) -> str:
        return self._norm(name, self._graph.add("Add", new, states, name=f"{name}/sum"), norm)

    def _norm(self, name: str, states: str, norm: nn.LayerNorm) -> str:
        scale = self._graph.constant(f"{name}/norm/scale", _array(norm.weight))
        bias = self._graph.constant(f"{name}/norm/bias", _array(norm.bias))
        return self._graph.add(
            "LayerNormalization", states, scale, bias, name=f"{name}/norm", axis=-1, epsilon=norm.eps
        )


def _array(weight: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = weight.numpy()
    return array


def _rows_of_distances(model: _Model, distances: torch.Tensor) -> NDArray[np.int64]:
    """Return the row of each distance, query minus key, in the result of `_table`."""
    layer: Any = model.deberta.encoder.layer[0]
    attention = layer.attention.self
    span, farthest = attention.pos_ebd_size, attention.max_relative_positions
    if attention.position_buckets > 0:
        distances = make_log_bucket_position(distances, attention.position_buckets, farthest).long()
    rows: NDArray[np.int64] = (distances.clamp(-span, span) + span).numpy()
    return rows


def _table(attention: Any, positions: torch.Tensor) -> torch.Tensor:
    """Return the factors of queries, in the first N heads, and of keys if they have any, in the last N.

    Its shape is [rows, 1, N or 2N, D].

    Each row belongs to a bucket of distances. Rows for keys are in reverse order, because a key sees the distance with
    the opposite sign; the same row numbers then work for both.
    """
    span = attention.pos_ebd_size
    positions = positions[: 2 * span]
    shared = attention.share_att_key
    rows = torch.arange(2 * span + 1)
    # The last negative bucket has no positive counterpart, so use the one before it.
    of_queries = (attention.key_proj if shared else attention.pos_key_proj)(positions)
    factors = [of_queries[rows.clamp(max=2 * span - 1)]]
    if "p2c" in attention.pos_att_type:
        of_keys = (attention.query_proj if shared else attention.pos_query_proj)(positions)
        factors.append(of_keys[rows.flip(0).clamp(max=2 * span - 1)])
    together = torch.cat(factors, dim=1) / root_of_scale(attention)
    return together.view(len(rows), 1, -1, attention.attention_head_size)


def _scaled(attention: Any) -> tuple[nn.Linear, nn.Linear, nn.Linear]:
    """Return the projections to queries, keys and values, with the scale of the scores folded into the first two.

    Each factor of the scores gets half of the scale, so that projections and tables have the same magnitude.
    """
    root = root_of_scale(attention)
    query, key = (_linear(part.weight / root, part.bias / root) for part in (attention.query_proj, attention.key_proj))
    return query, key, attention.value_proj


def root_of_scale(attention: Any) -> float:
    """Return the square root of the divisor of the scores, which are the sum of two or three products."""
    return math.sqrt(math.sqrt((1 + len(attention.pos_att_type)) * attention.attention_head_size))


def _linear(weight: torch.Tensor, bias: torch.Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear
