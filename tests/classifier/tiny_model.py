"""A model folder small enough to reason about: each known word votes for one column, everything else is neutral."""

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
from classifier.outputs import ALL_COLUMNS

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
"""Enough to read the known messages of `classifier.network.check` rightly."""
OTHER_VOTES = {
    "okay": "acknowledgement",
    "discount": "out_of_scope",
    "human": "person",
    "stellar": "praise",
    "hola": "language:es",
    "bonjour": "language:other",
    "now": "triage:emergency",
    "today": "triage:same_day",
    "gloom": "danger:self_harm",
    "gulp": "danger:ingestion",
    "besides": "mention:billing_inquiry",
    "moreover": "mention:price_shopper",
}
LEANINGS = {
    "language:en": 2.0,
    "triage:routine": 2.0,
    "danger:self_harm": -2.0,
    "danger:ingestion": -2.0,
    **{f"mention:{intent}": -2.0 for intent in INTENTS},
}
"""What the network thinks of any text before it has read a word: English, routine, of no danger, with one intent."""
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = {word: number for number, word in enumerate((*SPECIAL, *KNOWN_VOTES, *OTHER_VOTES, "filler"))}
VOTE = 4.0
ENGLISH = {"temperature": 1.0, "review": 0.6}
KNOWING_ENGLISH = ENGLISH | {
    "acknowledgement": 0.7,
    "person": 0.7,
    "praise": 0.7,
    "emergency": 0.8,
    "emergency_with_sign": 0.1,
    "same_day": 0.5,
    "mention": 0.6,
}


def write(folder: Path, *, votes: Mapping[str, str] = VOTES, **settings: Any) -> Path:
    """Write a whole and valid model folder.

    Args:
        folder: Where; created if need be.
        votes: The words that vote, and the intent that each votes for.
        settings: Values that replace those of config.json and calibration.json; any other is a threshold in English.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": "deberta-v2",
        "labels": list(INTENTS),
        "max_tokens": 18,
        "window_overlap": 4,
        "base_model": "none",
    }
    calibration: dict[str, Any] = {"languages": {"en": ENGLISH}}
    config.update({key: settings.pop(key) for key in config.keys() & settings.keys()})
    calibration.update(
        {key: settings.pop(key) for key in ("languages", "confidences", "second_intents") if key in settings}
    )
    if settings:
        calibration["languages"] = calibration["languages"] | {"en": calibration["languages"]["en"] | settings}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "calibration.json").write_text(json.dumps(calibration))
    (folder / "tokenizer.json").write_text(tokenizer().to_str())
    columns = config["labels"] if isinstance(config["labels"], list) else INTENTS
    outputs = ALL_COLUMNS if len(columns) == len(ALL_COLUMNS) else INTENTS
    (folder / "model.onnx").write_bytes(network(outputs, votes=votes).SerializeToString())
    seal(folder)
    return folder


def seal(folder: Path, **replaced: Any) -> None:
    """Write the manifest of what now lies in the folder, with some of its entries replaced."""
    files = {
        path.name: {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
        for path in sorted(folder.iterdir())
        if path.name != "manifest.json"
    }
    manifest = {"format": 2, "name": "intent", "version": "0123456789ab", "created": "2026-01-31", "files": files}
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
    """Write a model with every column, calibrated for English unless `languages` says otherwise."""
    return write(folder, **({"labels": list(ALL_COLUMNS), "languages": {"en": KNOWING_ENGLISH}} | settings))


def network(
    outputs: Sequence[str] = INTENTS, input_name: str = "input_ids", votes: Mapping[str, str] = VOTES
) -> onnx.ModelProto:
    """A linear model over a bag of tokens: logits are the votes, summed wherever the mask is 1."""
    weights = np.zeros((len(VOCABULARY), len(outputs)), dtype=np.float32)
    for word, name in {**votes, **OTHER_VOTES}.items():
        if name in outputs:
            weights[VOCABULARY[word], outputs.index(name)] = VOTE
    for name, leaning in LEANINGS.items():
        if name in outputs:
            weights[VOCABULARY["[CLS]"], outputs.index(name)] = leaning
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
