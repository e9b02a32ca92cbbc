"""A model folder small enough to reason about: each known word votes for one intent, everything else is neutral."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from classifier import INTENTS
from classifier.understanding import LABELS, URGENT

VOTES = {
    "new": "new_patient_inquiry",
    "question": "existing_patient_question",
    "book": "appointment_request",
    "bill": "billing_inquiry",
    "swelling": "clinical_concern",
    "rude": "complaint",
    "price": "price_shopper",
}
KNOWN_VOTES = VOTES | {"fever": "clinical_concern"}
"""Enough to read the known messages of `classifier.check` rightly."""
OTHER_VOTES = {
    "okay": "acknowledgement",
    "hola": "spanish",
    "bonjour": "other_language",
    "discount": "out_of_scope",
    "now": URGENT,
}
OUTPUTS = (*LABELS, URGENT)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = {word: number for number, word in enumerate((*SPECIAL, *KNOWN_VOTES, *OTHER_VOTES, "filler"))}
VOTE = 4.0
THRESHOLDS = {
    "temperature",
    "review_threshold",
    "review_thresholds",
    "acknowledgement_threshold",
    "urgent_threshold",
    "urgent_with_sign_threshold",
}


def write(folder: Path, *, votes: Mapping[str, str] = VOTES, **settings: Any) -> Path:
    """Write a whole and valid model folder.

    Args:
        folder: Where; created if need be.
        votes: The words that vote, and the intent that each votes for.
        settings: Values that replace those of config.json and calibration.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": "deberta-v2",
        "labels": list(INTENTS),
        "max_tokens": 18,
        "window_overlap": 4,
        "base_model": "none",
    }
    calibration = {"temperature": 1.0, "review_threshold": 0.6}
    config.update({key: settings.pop(key) for key in config.keys() & settings.keys()})
    calibration.update({key: settings.pop(key) for key in THRESHOLDS & settings.keys()})
    assert not settings, f"no such setting: {settings}"
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "calibration.json").write_text(json.dumps(calibration))
    (folder / "tokenizer.json").write_text(tokenizer().to_str())
    columns = config["labels"] if isinstance(config["labels"], list) else INTENTS
    knows_more = len(columns) == len(OUTPUTS)
    (folder / "model.onnx").write_bytes(network(OUTPUTS if knows_more else INTENTS, votes=votes).SerializeToString())
    seal(folder)
    return folder


def seal(folder: Path, **replaced: Any) -> None:
    """Write the manifest of what now lies in the folder, with some of its entries replaced."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json"
    }
    manifest = {"format": 1, "name": "intent", "version": "0123456789ab", "created": "2026-01-31", "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest | replaced))


def tokenizer() -> Tokenizer:
    made = Tokenizer(WordPiece(VOCABULARY, unk_token="[UNK]"))
    made.normalizer = BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", VOCABULARY["[CLS]"]), ("[SEP]", VOCABULARY["[SEP]"])],
    )
    return made


def write_knowing(folder: Path, **settings: Any) -> Path:
    """Write a model that knows more than the intents: a vote for urgency starts from -2."""
    thresholds = {"acknowledgement_threshold": 0.7, "urgent_threshold": 0.8, "urgent_with_sign_threshold": 0.1}
    return write(folder, **(thresholds | {"labels": list(OUTPUTS)} | settings))


def network(
    outputs: Sequence[str] = INTENTS, input_name: str = "input_ids", votes: Mapping[str, str] = VOTES
) -> onnx.ModelProto:
    """A linear model over a bag of tokens: logits are the votes, summed wherever the mask is 1."""
    weights = np.zeros((len(VOCABULARY), len(outputs)), dtype=np.float32)
    for word, name in {**votes, **OTHER_VOTES}.items():
        if name in outputs:
            weights[VOCABULARY[word], outputs.index(name)] = VOTE
    if URGENT in outputs:
        weights[VOCABULARY["[CLS]"], outputs.index(URGENT)] = -2.0
    # A padding place that the mask failed to hide would be noticed.
    weights[VOCABULARY["[PAD]"], 0] = 1000.0
    nodes = [
        helper.make_node("Gather", ["weights", input_name], ["votes"]),
        helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
        helper.make_node("Mul", ["votes", "column"], ["counted"]),
        helper.make_node("ReduceSum", ["counted", "sequence"], ["logits"], keepdims=0),
    ]
    tokens = ["batch", "sequence"]
    graph = helper.make_graph(
        nodes,
        "votes",
        [
            helper.make_tensor_value_info(input_name, TensorProto.INT64, tokens),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, tokens),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(outputs)])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(np.array([-1]), "last"),
            numpy_helper.from_array(np.array([1]), "sequence"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
