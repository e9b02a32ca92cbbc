"""From a checkpoint to the folder that is served: ONNX, folded, quantised to 8 bits, with its manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from classifier.urgency import is_urgent
from training.bases import locate
from training.calibrate import Calibration, Floats, Readings, calibrate
from training.corpus import Message
from training.dataset import load_tokenizer, render_all
from training.lean import export_lean, fits
from training.outputs import output_names
from training.predict import predict
from training.quantise import quantise_lean
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.train import VALIDATION_SEED

MANIFEST = "manifest.json"
NETWORK = "model.onnx"


def export_network(checkpoint: Path, folder: Path, network: Path) -> Path:
    """Write a checkpoint's network as it is served, with 8-bit weights.

    Args:
        checkpoint: Folder of a Hugging Face sequence classifier.
        folder: Where to keep the full-precision network, which stands between the two; made if need be.
        network: Where to write the 8-bit one.

    Returns:
        The full-precision network.
    """
    if fits(checkpoint):
        folded = export_lean(checkpoint, folder)
        quantise_lean(folded, network)
    else:
        # Seconds to import, for what few need.
        from training.through_optimum import export_through_optimum, quantise_dynamically

        folded = export_through_optimum(checkpoint, folder)
        quantise_dynamically(folded, network)
    return folded


def export(recipe: Recipe, validation: list[Message], run: RunFolder) -> None:
    """Build the model folder `run.model` from `run.best`, calibrated on the validation messages.

    It is complete but for its evaluation and its card.
    """
    model = run.model
    shutil.rmtree(model, ignore_errors=True)
    model.mkdir()
    export_network(run.best, run.onnx, model / NETWORK)
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
        # Nobody would take the other messages for urgent ones; a share of false alarms among them says nothing.
        doubtful=np.array([message.label in (None, "clinical_concern") for message in messages]),
    )


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON object the way every file of the model folder is written."""
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def write_manifest(folder: Path) -> None:
    """List every file of a model folder with its checksum and size, in `manifest.json`."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    }
    write_json(
        folder / MANIFEST,
        {
            "format": 1,
            "name": "intent",
            "version": str(files[NETWORK]["sha256"])[:12],
            "created": datetime.now(UTC).date().isoformat(),
            "files": files,
        },
    )


def publish(model: Path, output: Path) -> None:
    """Put a model folder where it is served from, replacing what is there as a whole."""
    arriving = output.with_name(output.name + ".arriving")
    shutil.rmtree(arriving, ignore_errors=True)
    shutil.copytree(model, arriving)
    shutil.rmtree(output, ignore_errors=True)
    arriving.rename(output)
