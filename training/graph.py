"""An ONNX graph, written node by node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"
"""The domain of the operators that ONNX Runtime adds to the standard ones."""

_OPSET = 21
_IR_VERSION = 10


class Graph:
    """A graph that takes `input_ids` and `attention_mask` and gives `logits`; constants are added by name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant, and return its name."""
        self.constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def numbers(self, *values: int) -> str:
        """Add a list of whole numbers, such as a shape or a list of axes; the same list only once."""
        return self.constant(f"numbers/{','.join(map(str, values))}", np.array(values, dtype=np.int64))

    def add(self, kind: str, *inputs: str, name: str, domain: str = "", **attributes: Any) -> str:
        """Add a node of one output, and return the output's name, which is the node's."""
        (output,) = self.add_many(kind, *inputs, names=[name], domain=domain, **attributes)
        return output

    def add_many(self, kind: str, *inputs: str, names: list[str], domain: str = "", **attributes: Any) -> list[str]:
        """Add a node of several outputs, and return their names."""
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], domain=domain, **attributes))
        return names

    def save(self, path: Path, columns: int) -> None:
        """Write the model, small constants in the file and the large ones in `<name>.data` beside it."""
        onnx.save(
            self.model(columns),
            path,
            save_as_external_data=True,
            location=f"{path.name}.data",
            size_threshold=1024,
        )

    def model(self, columns: int) -> onnx.ModelProto:
        """Return the whole as a model.

        Args:
            columns: Width of the logits.
        """
        graph = helper.make_graph(
            self.nodes,
            "classifier",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
                for name in ("input_ids", "attention_mask")
            ],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", columns])],
            list(self.constants.values()),
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
