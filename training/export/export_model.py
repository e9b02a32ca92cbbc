"""Turn a checkpoint into a model folder: ONNX with folded constants, quantized to 8 bits, with a manifest."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from classifier.screen import is_urgent
from training.data.corpus import CorpusMessage
from training.data.dataset import load_tokenizer, render_all
from training.data.splitting import VALIDATION_SEED
from training.export.calibrate import Calibration, Floats, NetworkAnswers, calibrate_network
from training.export.deberta_onnx import export_deberta, is_exportable
from training.export.model_folder import NETWORK, replace_folder, write_json, write_manifest
from training.export.predict import predict_logits
from training.export.quantize import quantize_deberta
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.output_columns import output_names
from training.recipe import Recipe
from training.run_folder import RunFolder


def export_network(checkpoint: Path, folder: Path, network: Path) -> Path:
    """Export a checkpoint's network with 8-bit weights, ready to be served.

    Args:
        checkpoint: Folder of a Hugging Face sequence classifier.
        folder: Where to keep the intermediate full-precision network; created if necessary.
        network: Where to write the 8-bit network.

    Returns:
        The full-precision network.
    """
    if is_exportable(checkpoint):
        folded = export_deberta(checkpoint, folder)
        quantize_deberta(folded, network)
    else:
        # Slow to import, and rarely needed.
        from training.export.through_optimum import export_through_optimum, quantize_dynamically

        folded = export_through_optimum(checkpoint, folder)
        quantize_dynamically(folded, network)
    return folded


def export_model(recipe: Recipe, validation: list[CorpusMessage], run: RunFolder) -> None:
    """Build the model folder `run.model` from `run.best`, calibrated on the validation messages.

    It lacks only its evaluation and its card. The folder appears only once it is complete.
    """
    model = run.model.with_name(f"{run.model.name}.arriving")
    shutil.rmtree(model, ignore_errors=True)
    model.mkdir()
    export_network(run.best, run.onnx, model / NETWORK)
    tokenizer = load_tokenizer(locate_checkpoint(recipe.base))
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
    replace_folder(run.model, model)


def _calibration(recipe: Recipe, network: Path, tokenizer: Tokenizer, validation: list[CorpusMessage]) -> Calibration:
    texts = render_all(validation, VALIDATION_SEED)
    logits = predict_logits(network, tokenizer, texts, recipe.data.max_tokens, "calibrate")
    return calibrate_network(
        output_names(recipe.data.screens), collect_answers(validation, texts, logits), recipe.calibration
    )


def collect_answers(messages: Sequence[CorpusMessage], texts: Sequence[str], logits: Floats) -> NetworkAnswers:
    """Combine a network's answers to rendered messages with what is known about the messages."""
    return NetworkAnswers(
        logits=logits,
        labels=[message.label for message in messages],
        urgent=[message.urgent for message in messages],
        has_sign=np.array([is_urgent(text) for text in texts]),
        doubtful=np.array([message.could_seem_urgent for message in messages]),
    )
