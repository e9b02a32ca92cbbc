"""Turn a checkpoint into a model folder: ONNX with folded constants, quantized to 8 bits, with a manifest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from classifier.outputs import INTENTS, MENTION_COLUMNS
from classifier.rules.screen import screen_text
from training.data.corpus import CorpusMessage
from training.data.dataset import load_tokenizer, render_all
from training.data.splitting import VALIDATION_SEED
from training.export.calibrate import Calibration, NetworkAnswers, calibrate_network
from training.export.deberta_onnx import export_deberta, is_exportable
from training.export.model_folder import NETWORK, begin_folder, replace_folder, write_json, write_manifest
from training.export.predict import predict_logits, predict_parts
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
    model = begin_folder(run.model)
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
    write_json(model / "calibration.json", calibration.to_json())
    write_manifest(model)
    replace_folder(run.model, model)


def _calibration(recipe: Recipe, network: Path, tokenizer: Tokenizer, validation: list[CorpusMessage]) -> Calibration:
    names, texts = output_names(recipe.data.screens), render_all(validation, VALIDATION_SEED)
    return calibrate_network(
        names, collect_answers(names, validation, texts, network, tokenizer, recipe.data.max_tokens), recipe.calibration
    )


def collect_answers(
    names: Sequence[str],
    messages: Sequence[CorpusMessage],
    texts: Sequence[str],
    network: Path,
    tokenizer: Tokenizer,
    max_tokens: int,
) -> NetworkAnswers:
    """Return a network's answers to messages.

    Args:
        names: The names of the network's columns.
        messages: The messages.
        texts: The messages, rendered.
        network: The ONNX file.
        tokenizer: The tokenizer that the network was trained with.
        max_tokens: The longest input in tokens.
    """
    logits = predict_logits(network, tokenizer, texts, max_tokens, "calibrate")
    # Parts are read for second intents alone.
    with_parts = [
        text if message.label in INTENTS and MENTION_COLUMNS[0] in names else ""
        for text, message in zip(texts, messages, strict=True)
    ]
    parts = predict_parts(network, tokenizer, with_parts, max_tokens, "calibrate, parts")
    return NetworkAnswers(logits, messages, [screen_text(text) for text in texts], parts)
