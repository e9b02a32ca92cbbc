"""An entity model small enough to reason about: each known word has a label of its own, all others are outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

from classifier.entities.labels import LABELS
from tests.classifier.tiny_model import seal

WORDS = {
    "Maria": "B-NAME",
    "Lopez": "I-NAME",
    "Roble": "B-ADDRESS",
    "4": "B-DATE",
    "12": "I-DATE",
    "Aetna": "B-CARRIER",
    "orphan": "I-NAME",
}
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = {word: number for number, word in enumerate((*SPECIAL, *WORDS, "filler"))}
SURE = 8.0


def write(folder: Path, *, words: Mapping[str, str] = WORDS, name: str = "entities", **settings: Any) -> Path:
    """Write a whole and valid model folder; settings replace values of config.json and calibration.json."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {"labels": list(LABELS), "max_tokens": 12, "window_overlap": 4, "base_model": "none"}
    config.update({key: settings.pop(key) for key in config.keys() & settings.keys()})
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "calibration.json").write_text(json.dumps({"outside_penalty": 0.0} | settings))
    (folder / "tokenizer.json").write_text(tokenizer().to_str())
    (folder / "model.onnx").write_bytes(network(words).SerializeToString())
    seal(folder, name=name)
    return folder


def tokenizer() -> Tokenizer:
    made = Tokenizer(WordLevel(VOCABULARY, unk_token="[UNK]"))
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", VOCABULARY["[CLS]"]), ("[SEP]", VOCABULARY["[SEP]"])],
    )
    return made


def network(words: Mapping[str, str] = WORDS, labels: int = len(LABELS)) -> onnx.ModelProto:
    """A table with the logits of each token."""
    weights = np.zeros((len(VOCABULARY), labels), dtype=np.float32)
    weights[:, 0] = SURE / 2
    for word, label in words.items():
        weights[VOCABULARY[word], LABELS.index(label)] = SURE
    tokens = ["batch", "tokens"]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["weights", "input_ids"], ["looked_up"]),
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
            helper.make_node("Mul", ["looked_up", "column"], ["logits"]),
        ],
        "table",
        [helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in ("input_ids", "attention_mask")],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*tokens, labels])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([-1]), "last")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
