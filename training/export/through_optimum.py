"""Export every architecture that `training.export.deberta_onnx` does not support through optimum."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnxruntime
from onnx import helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export

from training.export.deberta_onnx import FOLDED

_KINDS = "token_type_ids"


def export_through_optimum(checkpoint: Path, folder: Path, task: str = "text-classification") -> Path:
    """Export a checkpoint in full precision and fold its constants.

    Args:
        checkpoint: Folder of a Hugging Face checkpoint.
        folder: Where to write.
        task: Optimum's name for what the network is for.

    Returns:
        The folded network, `folder/folded.onnx`. Optimum has compared it with the checkpoint.
    """
    main_export(str(checkpoint), str(folder), task=task, library_name="transformers")
    exported = folder / "model.onnx"
    _give_token_types(exported)
    folded = folder / FOLDED
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    onnxruntime.InferenceSession(str(exported), options, providers=["CPUExecutionProvider"])
    exported.unlink()
    return folded


def _give_token_types(network: Path) -> None:
    """Remove the token types from the inputs; they are all 0 for a single text."""
    model = onnx.load(network)
    inputs = [given for given in model.graph.input if given.name != _KINDS]
    if len(inputs) == len(model.graph.input):
        return
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    model.graph.node.insert(0, helper.make_node("Sub", ["input_ids", "input_ids"], [_KINDS]))
    onnx.save(model, network)


def quantize_dynamically(folded: Path, network: Path) -> None:
    """Write the 8-bit version of a network: weights scaled by column, activations by batch.

    Weights use 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, which overflow with 8-bit
    weights and would change the network's answers.
    """
    quantize_dynamic(
        folded,
        network,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=True,
    )
