"""From a checkpoint to the folder that is served: ONNX, folded, quantised to 8 bits, with its manifest."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from optimum.exporters.onnx import main_export
from tokenizers import Tokenizer

from classifier.urgency import is_urgent
from training.bases import locate
from training.calibrate import Calibration, Floats, Readings, calibrate
from training.corpus import Message
from training.dataset import load_tokenizer, render_all
from training.model_folder import NETWORK, write_json, write_manifest
from training.outputs import output_names
from training.predict import predict
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.train import VALIDATION_SEED


def export_onnx(checkpoint: Path, folder: Path) -> Path:
    """Export a checkpoint in full precision through optimum, and fold what is constant in it.

    Without folding the projections of the relative positions, which depend on the weights alone, would be
    computed anew for every message, and in full precision.

    Returns:
        The folded network, `folder/folded.onnx`, checked by optimum against the checkpoint.
    """
    main_export(str(checkpoint), str(folder), task="text-classification")
    folded = folder / "folded.onnx"
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    onnxruntime.InferenceSession(str(folder / NETWORK), options, providers=["CPUExecutionProvider"])
    return folded


def quantise(folded: Path, network: Path) -> None:
    """Write the network with 8-bit weights, scaled by channel, and activations quantised as it runs.

    The weights use 7 of the 8 bits: processors without VNNI add pairs of products in 16 bits, which overflow
    with 8, and the network would answer differently there.
    """
    quantize_dynamic(
        folded,
        network,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        reduce_range=True,
    )


def export(recipe: Recipe, validation: list[Message], run: RunFolder) -> None:
    """Build the model folder `run.model` from `run.best`, calibrated on the validation messages.

    It is complete but for its evaluation and its card.
    """
    folded = export_onnx(run.best, run.onnx)
    model = run.model
    shutil.rmtree(model, ignore_errors=True)
    model.mkdir()
    quantise(folded, model / NETWORK)
    tokenizer = load_tokenizer(locate(recipe.base))
    tokenizer.save(str(model / "tokenizer.json"), pretty=False)
    write_json(
        model / "config.json",
        {
            "architecture": "deberta-v2",
            "labels": list(output_names(recipe.data.screens)),
            "max_tokens": recipe.data.max_tokens,
            "window_overlap": recipe.data.window_overlap,
            "base_model": recipe.base.name,
        },
    )
    calibration = _calibration(recipe, model / NETWORK, tokenizer, validation)
    write_json(model / "calibration.json", {k: v for k, v in asdict(calibration).items() if v is not None})
    write_manifest(model)


def _calibration(recipe: Recipe, network: Path, tokenizer: Tokenizer, validation: list[Message]) -> Calibration:
    texts = render_all(validation, VALIDATION_SEED)
    logits = predict(network, tokenizer, texts, recipe.data.max_tokens, "calibrating")
    return calibrate(output_names(recipe.data.screens), readings_of(validation, texts, logits), recipe.calibration)


def readings_of(messages: Sequence[Message], texts: Sequence[str], logits: Floats) -> Readings:
    """Put what a network said about rendered messages beside what is known of them."""
    return Readings(
        logits=logits,
        labels=[message.label for message in messages],
        urgent=[message.urgent for message in messages],
        has_sign=np.array([is_urgent(text) for text in texts]),
        doubtful=np.array([message.could_seem_urgent for message in messages]),
    )
