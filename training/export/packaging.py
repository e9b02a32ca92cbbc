"""Package a trained model for the Hugging Face ecosystem: what transformers and Optimum load as they are.

The package holds the labels alone, of which exactly one fits a message, so that its softmax means what users of a text
classifier expect; the temperature of English is folded into its head, so that its scores are the calibrated ones of
English. The outputs for language, triage, danger and second intents stay with Intake, which decodes them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
import yaml
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast

from classifier.outputs import LABELS
from training.export.export_model import export_network
from training.export.model_folder import CARD, EVALUATION, begin_folder, replace_folder
from training.recipe import Recipe
from training.run_folder import RunFolder

ONNX: Final = Path("onnx") / "model.onnx"
"""The 8-bit network's path in a package."""

_SPECIAL: Final = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]", "pad_token": "[PAD]"}


def package_model(recipe: Recipe, run: RunFolder, folder: Path) -> None:
    """Write a package with the weights in half precision, the tokenizer, the 8-bit network and a card.

    Args:
        recipe: The run's recipe.
        run: The run, evaluated.
        folder: Where to write; replaced once the package is complete.
    """
    arriving = begin_folder(folder)
    (arriving / ONNX).parent.mkdir(exist_ok=True)
    config = json.loads((run.model / "config.json").read_text(encoding="utf-8"))
    calibration = json.loads((run.model / "calibration.json").read_text(encoding="utf-8"))
    model = _with_labels_alone(run.best, config["labels"], calibration["languages"]["en"]["temperature"])
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(Path(scratch) / "checkpoint")
        export_network(Path(scratch) / "checkpoint", Path(scratch) / "onnx", arriving / ONNX)
    model.half().save_pretrained(arriving)  # type: ignore[no-untyped-call]
    _fast_tokenizer(run.model / "tokenizer.json", config["max_tokens"]).save_pretrained(arriving)
    evaluation = json.loads((run.model / EVALUATION).read_text(encoding="utf-8"))
    card = (run.model / CARD).read_text(encoding="utf-8")
    (arriving / CARD).write_text(f"---\n{_front_matter(recipe, evaluation)}---\n\n{_ABOUT}\n{card}", encoding="utf-8")
    replace_folder(folder, arriving)


_ABOUT = """\
> This package holds the labels alone: `transformers.pipeline("text-classification", model=...)` and Optimum's
> `ORTModelForSequenceClassification.from_pretrained(..., subfolder="onnx")` load it. Its scores are calibrated for
> English, not for Spanish. The card below describes the whole model as Intake serves it.
"""


def _with_labels_alone(checkpoint: Path, columns: list[str], temperature: float) -> PreTrainedModel:
    model: Any = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=torch.float32).eval()
    kept = [(place, name) for place, name in enumerate(columns) if name in LABELS]
    places, head = [place for place, _ in kept], model.classifier
    smaller = nn.Linear(head.in_features, len(kept))
    with torch.no_grad():
        smaller.weight.copy_(head.weight[places] / temperature)
        smaller.bias.copy_(head.bias[places] / temperature)
    model.classifier = smaller
    model.config.id2label = {number: name for number, (_, name) in enumerate(kept)}
    model.config.label2id = {name: number for number, (_, name) in enumerate(kept)}
    # The model counts its labels once, when it is built.
    model.num_labels = model.config.num_labels
    smaller_model: PreTrainedModel = model
    return smaller_model


def _fast_tokenizer(file: Path, max_tokens: int) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer.from_file(str(file))
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        model_input_names=["input_ids", "attention_mask"],
        **_SPECIAL,
    )


def _front_matter(recipe: Recipe, evaluation: Mapping[str, Any]) -> str:
    results = [
        {
            "task": {"type": "text-classification", "name": "Intent of a message to a healthcare practice"},
            "dataset": {"name": name, "type": part},
            "metrics": [
                {"type": "accuracy", "value": evaluation[part]["int8"]["accuracy"]},
                {"type": "f1", "name": "macro-F1", "value": evaluation[part]["int8"]["macro_f1"]},
            ],
        }
        for part, name in (("validation", "writers held out"), ("cross_style", "cross-style test"))
        if part in evaluation
    ]
    content = {
        "language": list(evaluation["model"]["thresholds"]),
        "license": "mit",
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "base_model": recipe.base.name,
        "tags": ["healthcare", "intent-classification", "deberta-v2", "onnx"],
        "model-index": [{"name": f"intake-{recipe.name}", "results": results}],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
