"""Build an ONNX graph node by node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
"""The domain of ONNX Runtime's own operators."""

_OPSET = 21
_IR_VERSION = 10
_LARGE = 1024
_ALIGNMENT = 64


class Graph:
    """A graph from `input_ids` and `attention_mask` to `logits`. Constants are added by name."""

    def __init__(self, data: Path | None = None) -> None:
        """Start an empty graph.

        Args:
            data: A file, next to the model's, to which large constants are written immediately, so that they are never
                in memory together; None to keep them in the model.
        """
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, TensorProto] = {}
        self._data = data
        if data is not None:
            data.write_bytes(b"")

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """Add a constant and return its name."""
        array = np.asarray(value, order="C")
        if self._data is None or array.nbytes < _LARGE:
            self.constants[name] = numpy_helper.from_array(array, name)
        else:
            self.constants[name] = _stored(self._data, name, array)
        return name

    def numbers(self, *values: int) -> str:
        """Add a list of integers, such as a shape or a list of axes. Equal lists are stored once."""
        return self.constant(f"numbers/{','.join(map(str, values))}", np.array(values, dtype=np.int64))

    def add(self, kind: str, *inputs: str, name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output and return the output's name, which is also the node's."""
        (output,) = self.add_many(kind, *inputs, names=[name], domain=domain, **attributes)
        return output

    def add_many(self, kind: str, *inputs: str, names: list[str], domain: str = "", **attributes: Any) -> list[str]:
        """Add a node with several outputs and return their names."""
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], domain=domain, **attributes))
        return names

    def model(self, columns: int, *, by_token: bool = False) -> onnx.ModelProto:
        """Return the graph as a model.

        Args:
            columns: Width of the logits.
            by_token: Whether there are logits for each token, and not for each text.
        """
        rows = ["batch", "tokens"] if by_token else ["batch"]
        graph = helper.make_graph(
            self.nodes,
            "classifier",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*rows, columns])],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)


def _stored(data: Path, name: str, array: NDArray[Any]) -> TensorProto:
    """Append a constant to the file of large constants; return its reference in the model."""
    with data.open("ab") as file:
        file.write(bytes(-file.tell() % _ALIGNMENT))
        place = {"location": data.name, "offset": str(file.tell()), "length": str(array.nbytes)}
        array.tofile(file)
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
    for key, value in place.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def read_constant(tensor: TensorProto, folder: Path) -> NDArray[Any]:
    """Return a constant's value, mapped from its file if it is stored in one.

    Args:
        tensor: The constant, or its reference in a model.
        folder: The model's folder.
    """
    if tensor.data_location != TensorProto.EXTERNAL:
        return numpy_helper.to_array(tensor)
    place = {entry.key: entry.value for entry in tensor.external_data}
    kind = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    value: NDArray[Any] = np.memmap(
        folder / place["location"], kind, "r", offset=int(place["offset"]), shape=tuple(tensor.dims)
    )
    return value
