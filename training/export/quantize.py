"""Quantize the weights of an exported DeBERTa to 8-bit integers.

Weights have one scale per column. Activations are quantized while the network runs, with one scale per row, which is
one token of one text: the answer to a text then depends only on that text, and not on the rest of its batch.

Processors without VNNI multiply bytes in pairs and add the two products in 16 bits, and do not report an overflow. To
make overflow impossible for any pair of weights and any activations, the scale of a column is based on its largest
pairwise sum, and not only on its largest weight. This costs a third of a bit; the usual method, 7-bit weights, costs a
whole bit.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from training.export.deberta_onnx import TEXTS, TOKENS
from training.export.onnx_graph import MICROSOFT, Graph, read_constant

_LARGEST: Final = 127
_MIDDLE: Final = 128
# GELU never returns less than -0.17, so a sixteenth of the byte values is enough for negative results.
_GELU: Final = ("Gelu", "BiasGelu")
_LEAST_GELU: Final = -0.17
_GELU_ZERO: Final = 16

Floats = NDArray[np.float32]


def quantize_deberta(folded: Path, network: Path) -> None:
    """Write the 8-bit version of a network that `export_deberta` wrote."""
    model = onnx.load(folded, load_external_data=False)
    shape = model.graph.output[0].type.tensor_type.shape.dim
    graph = _Quantizer(model, folded.parent).quantize()
    onnx.save(graph.model(shape[-1].dim_value, by_token=len(shape) > 2), network)


class _Quantizer:
    """Rewrites one graph, node by node. Each weight is in memory only while its node is written."""

    def __init__(self, model: onnx.ModelProto, folder: Path) -> None:
        self._folder = folder
        self._nodes = model.graph.node
        self._constants = {constant.name: constant for constant in model.graph.initializer}
        self._kinds = {output: node.op_type for node in model.graph.node for output in node.output}
        self._graph = Graph()
        self._rows: dict[str, tuple[str, str, str]] = {}
        self._zeros: dict[tuple[str, int], str] = {}

    def quantize(self) -> Graph:
        for node in self._nodes:
            if node.op_type in ("Gemm", "MatMul") and node.name.startswith((TOKENS, TEXTS)):
                self._product(node)
            elif node.op_type == "Gather" and self._is_table(node.input[0]):
                self._lookup(node)
            else:
                self._keep(node)
        return self._graph

    def _keep(self, node: onnx.NodeProto) -> None:
        for name in node.input:
            if name in self._constants and name not in self._graph.constants:
                self._graph.constant(name, self._value(name))
        self._graph.nodes.append(node)

    def _value(self, name: str) -> NDArray[Any]:
        return read_constant(self._constants[name], self._folder)

    def _is_table(self, name: str) -> bool:
        constant = self._constants.get(name)
        return constant is not None and constant.data_type == onnx.TensorProto.FLOAT

    def _lookup(self, node: onnx.NodeProto) -> None:
        graph, name = self._graph, node.name
        table, chosen = node.input
        numbers, scales = quantize_rows(self._value(table))
        rows = graph.add("Gather", graph.constant(table, numbers), chosen, name=f"{name}/numbers")
        scale = graph.add("Gather", graph.constant(f"{table}/scales", scales), chosen, name=f"{name}/scales")
        graph.add("DequantizeLinear", rows, scale, name=name, axis=0)

    def _product(self, node: onnx.NodeProto) -> None:
        graph, name = self._graph, node.name
        states, weight, *bias = node.input
        numbers, scales = quantize_columns(self._value(weight))
        rows, scale, zero = self._quantized(states, TOKENS if name.startswith(TOKENS) else TEXTS)
        unit = graph.constant("one", np.float32(1))
        stored = [graph.constant(weight, numbers), unit, graph.constant(f"{weight}/scales", scales), zero]
        unscaled = graph.add("MatMulIntegerToFloat", rows, *stored, name=f"{name}/numbers", domain=MICROSOFT)
        if bias:
            product = graph.add("Mul", unscaled, scale, name=f"{name}/scaled")
            graph.add("Add", product, graph.constant(bias[0], self._value(bias[0])), name=name)
        else:
            graph.add("Mul", unscaled, scale, name=name)

    def _quantized(self, states: str, kind: str) -> tuple[str, str, str]:
        """Return the names of the states as bytes, of their row scales and of the byte that represents zero."""
        if states not in self._rows:
            self._rows[states] = self._quantize_states(states, kind)
        return self._rows[states]

    def _quantize_states(self, states: str, kind: str) -> tuple[str, str, str]:
        graph, of_gelu = self._graph, self._kinds[states] in _GELU
        zero = _GELU_ZERO if of_gelu else _MIDDLE
        steps = 255 - zero
        largest = self._largest_of_gelu(states, steps) if of_gelu else self._largest(states)
        step = graph.constant(f"step/{steps}", np.float32(1 / steps))
        # [rows, 1] for the products, and [rows] for the bytes.
        scale = graph.add("Mul", largest, step, name=f"{states}/bytes/scale")
        flat = graph.add("Reshape", scale, graph.numbers(-1), name=f"{states}/bytes/scales")
        rows = graph.add(
            "QuantizeLinear", states, flat, self._zeros_of(flat, kind, zero), name=f"{states}/bytes", axis=0
        )
        return rows, scale, graph.constant(f"zero/{zero}", np.uint8(zero))

    def _largest(self, states: str) -> str:
        graph = self._graph
        sizes = graph.add("Abs", states, name=f"{states}/bytes/sizes")
        return graph.add("ReduceMax", sizes, graph.numbers(1), name=f"{states}/bytes/largest", keepdims=1)

    def _largest_of_gelu(self, states: str, steps: int) -> str:
        """Return the name of each row's range: its largest value, or more if the steps below zero need it."""
        graph = self._graph
        largest = graph.add("ReduceMax", states, graph.numbers(1), name=f"{states}/bytes/largest", keepdims=1)
        least = graph.constant("gelu/range", np.float32(-_LEAST_GELU / _GELU_ZERO * steps))
        return graph.add("Max", largest, least, name=f"{states}/bytes/range")

    def _zeros_of(self, scales: str, kind: str, zero: int) -> str:
        """Return the name of a zero for each row: QuantizeLinear expects one for each scale."""
        if (kind, zero) not in self._zeros:
            shape = self._graph.add("Shape", scales, name=f"{kind}rows/{zero}")
            value = numpy_helper.from_array(np.array([zero], dtype=np.uint8))
            name = f"{kind}zeros/{zero}"
            self._zeros[kind, zero] = self._graph.add("ConstantOfShape", shape, name=name, value=value)
        return self._zeros[kind, zero]


def quantize_rows(table: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return a table of any number of dimensions as 8-bit integers, with the scale of each row."""
    rows = table.reshape(len(table), -1)
    scales = (np.abs(rows).max(axis=1) / _LARGEST).astype(np.float32)
    return _rounded(rows, scales[:, None]).reshape(table.shape), scales


def quantize_columns(weight: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Return a weight as 8-bit integers that cannot overflow 16 bits, with the scale of each column.

    Args:
        weight: One row per input of the product and one column per output.

    Returns:
        Integers whose sum over rows 2k and 2k + 1 is from -128 to 128 in each column, so that the sum of their products
        with any two bytes fits in 16 bits; and the factor of each column.
    """
    pairs = np.pad(weight, ((0, len(weight) % 2), (0, 0))).reshape(-1, 2, weight.shape[1]).sum(axis=1)
    largest = np.maximum(np.abs(weight).max(axis=0), np.abs(pairs).max(axis=0))
    scales = (largest / _LARGEST).astype(np.float32)
    return _rounded(weight, scales), scales


def _rounded(values: Floats, scales: Floats) -> NDArray[np.int8]:
    steps = np.divide(values, scales, out=np.zeros_like(values), where=scales > 0)
    rounded: NDArray[np.int8] = np.rint(steps).astype(np.int8)
    return rounded
