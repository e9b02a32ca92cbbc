"""Import a Hugging Face checkpoint with the intents of the vocabulary as a model folder for the classifier.

The imported model is compared with the original on the same messages. If they disagree too often, there is no model
folder.
"""

from __future__ import annotations

import gc
import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tokenizers import Tokenizer
from tqdm.auto import tqdm
from transformers import AutoConfig, AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel

from classifier import Classifier, ModelError
from classifier.network.loading import is_bert_like
from classifier.understanding import INTENTS
from training.data.corpus import CORPUS, CorpusMessage
from training.data.dataset import load_tokenizer, render_all, truncate_ids
from training.data.splitting import VALIDATION_SEED, read_split, validation_intents
from training.export.calibrate import Floats, calibrate_network
from training.export.checkpoint_source import ImportRefusedError, find_folder
from training.export.export_model import collect_answers, export_network
from training.export.model_folder import NETWORK, write_json, write_manifest
from training.export.predict import iterate_logits
from training.fit.base_checkpoints import locate_checkpoint
from training.recipe import BaseCheckpoint, RecipeError, load_recipe
from training.statistics import spread

LEAST_AGREEMENT: Final = 0.98
"""The lowest acceptable share of messages, 0 to 1, for which the imported network predicts the original's intent."""

MAX_TOKENS: Final = 256
MOST_COMPARED: Final = 240
"""How many of the corpus's messages the original and the imported network are compared on."""

MOST_CALIBRATED: Final = 960
"""How many of the corpus's messages the imported network is calibrated on."""

_RECIPE: Final = Path(__file__).parents[1] / "recipes" / "accurate.toml"
"""Imported models are calibrated on this recipe's validation messages, for its targets."""

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """A checkpoint that looks importable, judging by everything except its weights.

    Attributes:
        folder: Its folder.
        name: Its name in the model folder.
        revision: Its commit on the Hugging Face hub, None if it is not from there.
        config: Its configuration.
        labels: The names of its outputs, in order.
        tokenizer: Its tokenizer, without truncation and padding.
        max_tokens: The longest input in tokens.
    """

    folder: Path
    name: str
    revision: str | None
    config: PretrainedConfig
    labels: tuple[str, ...]
    tokenizer: Tokenizer
    max_tokens: int


def import_model(
    source: str,
    models: Path,
    *,
    target: Path | None = None,
    texts: Path | None = None,
    corpus: Path = CORPUS,
    report: Report = print,
) -> Path:
    """Import a sequence-classification checkpoint as a model folder, which appears only once it is complete.

    Args:
        source: The checkpoint's folder, or its name on the Hugging Face hub.
        models: The folder for model folders, which are named after their version.
        target: Where to put the model folder instead.
        texts: A file with one message per line to compare on, instead of the corpus's validation messages.
        corpus: The training corpus, whose validation messages are used for calibration.
        report: Called with a sentence about each result.

    Returns:
        The model folder.

    Raises:
        ImportRefusedError: The checkpoint cannot be imported, or the result disagrees with it too often.
        CorpusError: The corpus cannot be read, or has no validation message to calibrate on.
    """
    if target is not None and target.exists():
        raise ImportRefusedError(f"{target} already exists: choose another folder, or remove it")
    checkpoint = _read_checkpoint(source)
    validation = spread(validation_intents(read_split(load_recipe(_RECIPE), corpus), corpus), MOST_CALIBRATED)
    rendered = render_all(validation, VALIDATION_SEED)
    compared = spread(rendered, MOST_COMPARED) if texts is None else _read_texts(texts)
    home = models if target is None else target.absolute().parent
    home.mkdir(parents=True, exist_ok=True)
    # On the same file system, so that one rename publishes it; hidden, so that it is not listed as a model.
    with tempfile.TemporaryDirectory(dir=home, prefix=".arriving-") as arriving:
        folder = Path(arriving) / "model"
        folder.mkdir()
        original = _original_logits(checkpoint, compared)
        report("Converting the network to 8 bits, which takes a minute or two if it is large")
        export_network(checkpoint.folder, Path(arriving) / "onnx", folder / NETWORK)
        agreement = _agreement(checkpoint, folder / NETWORK, compared, original)
        report(f"{agreement:.1%} of {len(compared)} messages get the same intent as from the original")
        _write_rest(checkpoint, folder, validation, rendered)
        try:
            version = Classifier.load(folder).info.version
        except ModelError as error:
            raise ImportRefusedError(str(error)) from error
        return _put_in_place(folder, target or models / version)


def _read_checkpoint(source: str) -> _Checkpoint:
    folder = _locate(source)
    raw, config = _configuration(folder / "config.json")
    labels = _labels(folder, raw)
    tokenizer = _tokenizer(folder)
    name, revision = _origin(folder)
    return _Checkpoint(
        folder=folder,
        name=source if folder != Path(source) else name,
        revision=revision,
        config=config,
        labels=labels,
        tokenizer=tokenizer,
        max_tokens=min(MAX_TOKENS, config.max_position_embeddings),
    )


def _origin(folder: Path) -> tuple[str, str | None]:
    """Return a folder's name and, if the hub's client made it, the model's name and the commit that it is of."""
    found = re.fullmatch(r".*/models--(.+)/snapshots/([0-9a-f]{40})", str(folder.absolute()))
    return (found[1].replace("--", "/"), found[2]) if found else (folder.absolute().name, None)


def _configuration(path: Path) -> tuple[dict[str, Any], PretrainedConfig]:
    """Return a configuration as written, and as transformers parses it."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise ValueError("no object")
    except (OSError, ValueError):
        raise ImportRefusedError(f"{path} is not a JSON object: expected the configuration of a checkpoint") from None
    try:
        return raw, AutoConfig.from_pretrained(path.parent, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise ImportRefusedError(
            f"{path} has no architecture that transformers supports: expected a Hugging Face checkpoint"
        ) from error


def _locate(source: str) -> Path:
    if (folder := find_folder(source)) is not None:
        return folder
    try:
        return locate_checkpoint(BaseCheckpoint(name=source, licence="unknown"))
    except (RecipeError, ValueError):
        raise ImportRefusedError(
            f"{source} is neither a folder nor a model that the Hugging Face hub returned: download the checkpoint and "
            "give its folder"
        ) from None


def _labels(folder: Path, config: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the outputs in order, which must be the intents."""
    named = config.get("id2label")
    wanted = f"expected the intents {', '.join(INTENTS)}"
    if not isinstance(named, dict):
        raise ImportRefusedError(f"{folder / 'config.json'} has no id2label with the names of the outputs: {wanted}")
    try:
        labels = tuple(str(named[str(column)]) for column in range(len(named)))
    except KeyError as error:
        raise ImportRefusedError(f"{folder / 'config.json'}: id2label has no output {error}: {wanted}") from None
    missing = [intent for intent in INTENTS if intent not in labels]
    extra = [label for label in dict.fromkeys(labels) if label not in INTENTS]
    if missing or extra or len(labels) != len(INTENTS):
        found = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"also has {', '.join(extra)}"] * bool(extra)
        what = " and ".join(found) or "has an intent twice"
        raise ImportRefusedError(f"{folder / 'config.json'}: id2label {what}: {wanted}, in any order")
    return labels


def _tokenizer(folder: Path) -> Tokenizer:
    try:
        tokenizer = load_tokenizer(folder)
    # Both libraries raise plain Exception for any problem.
    except Exception as error:
        raise ImportRefusedError(
            f"{folder} has no usable tokenizer: expected tokenizer.json, or the files to build it from"
        ) from error
    if not is_bert_like(tokenizer):
        raise ImportRefusedError(
            f"the tokenizer in {folder} must add one token before and one after a text and have [UNK] and [PAD], as "
            "BERT's and DeBERTa's do; others, such as RoBERTa's, are not supported"
        )
    return tokenizer


def _read_texts(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"{path} cannot be read as UTF-8 text: {error}") from error
    texts = [line for line in lines if line.strip()]
    if not texts:
        raise ImportRefusedError(f"{path} has no messages: expected one per line")
    return texts


def _original_logits(checkpoint: _Checkpoint, texts: Sequence[str]) -> Floats:
    """Run the checkpoint on texts, then release its weights."""
    model = _load(checkpoint)
    rows = []
    with torch.inference_mode():
        for text in tqdm(texts, desc="original", unit="message"):
            ids = torch.tensor([truncate_ids(checkpoint.tokenizer.encode(text).ids, checkpoint.max_tokens)])
            rows.append(model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0].float().numpy())
    logits = np.array(rows, dtype=np.float64)
    if not np.isfinite(logits).all():
        raise ImportRefusedError(
            f"the weights in {checkpoint.folder} are damaged: their results are not numbers; download the checkpoint "
            "again"
        )
    del model
    gc.collect()
    return logits


def _load(checkpoint: _Checkpoint) -> PreTrainedModel:
    if not any(checkpoint.folder.glob("*.safetensors")):
        raise ImportRefusedError(
            f"{checkpoint.folder} has no weights as safetensors: expected model.safetensors; pickled weights (.bin) can"
            " run code when they are loaded, so they are not read"
        )
    try:
        model, found = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.folder, dtype=torch.float32, output_loading_info=True, use_safetensors=True
        )
    # Safetensors, pickle and torch raise different errors, with no common base except Exception.
    except Exception as error:
        raise ImportRefusedError(
            f"the weights in {checkpoint.folder} cannot be loaded ({type(error).__name__}): "
            "download the checkpoint again"
        ) from error
    if found["missing_keys"]:
        missing = ", ".join(sorted(found["missing_keys"])[:3])
        raise ImportRefusedError(
            f"the weights in {checkpoint.folder} lack {missing}: expected a trained sequence classifier"
        )
    trained: PreTrainedModel = model.eval()
    return trained


def _agreement(checkpoint: _Checkpoint, network: Path, texts: Sequence[str], original: Floats) -> float:
    """Return the share of the texts for which both networks predict the same intent.

    Raises:
        ImportRefusedError: It is below `LEAST_AGREEMENT`, which shows after a few texts if it is far below.
    """
    allowed, differing = int(len(texts) * (1 - LEAST_AGREEMENT)), 0
    answers = iterate_logits(network, checkpoint.tokenizer, texts, checkpoint.max_tokens, "compare")
    for number, (answer, expected) in enumerate(zip(answers, original, strict=True), start=1):
        differing += int(answer.argmax() != expected.argmax())
        if differing > allowed:
            raise ImportRefusedError(
                f"the imported network disagrees with the original on {differing} of {number} messages, and at most "
                f"{1 - LEAST_AGREEMENT:.0%} may differ: these weights lose too much when rounded to 8 bits"
            )
    return 1 - differing / len(texts)


def _write_rest(checkpoint: _Checkpoint, folder: Path, validation: list[CorpusMessage], rendered: list[str]) -> None:
    """Write all files of the model folder except the network."""
    checkpoint.tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(
        folder / "config.json",
        {
            "architecture": checkpoint.config.model_type,
            "labels": list(checkpoint.labels),
            "max_tokens": checkpoint.max_tokens,
            "window_overlap": checkpoint.max_tokens // 4,
            "base_model": checkpoint.name,
            **({"base_revision": checkpoint.revision} if checkpoint.revision else {}),
        },
    )
    answers = collect_answers(
        checkpoint.labels, validation, rendered, folder / NETWORK, checkpoint.tokenizer, checkpoint.max_tokens
    )
    calibration = calibrate_network(checkpoint.labels, answers, load_recipe(_RECIPE).calibration)
    write_json(folder / "calibration.json", calibration.to_json())
    write_manifest(folder)


def _put_in_place(folder: Path, target: Path) -> Path:
    if target.exists():
        raise ImportRefusedError(f"{target} already exists: this model was imported before")
    return folder.rename(target)
