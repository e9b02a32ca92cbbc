"""Load the tokenizer and the network of a model folder whose files were checked."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
from tokenizers import Tokenizer

from classifier.errors import ModelError
from classifier.network import model_bundle


def load_tokenizer(home: Path, content: bytes) -> Tokenizer:
    """Return the tokenizer that a file of a model folder holds.

    Raises:
        ModelError: It cannot be read, or is not like BERT's.
    """
    try:
        tokenizer = Tokenizer.from_buffer(content)
    # The library raises plain Exception for every problem.
    except Exception as error:
        raise ModelError(
            f"{home / model_bundle.TOKENIZER} is not a tokenizer this program can read: {error}"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if not is_bert_like(tokenizer):
        raise ModelError(
            f"{home / model_bundle.TOKENIZER} must put one token before and one after a text and have [UNK] and [PAD], "
            "as BERT's does: export the model again"
        )
    return tokenizer


def is_bert_like(tokenizer: Tokenizer) -> bool:
    """Return whether a tokenizer puts one token before and one after a text, and has [UNK] and [PAD]."""
    special = tokenizer.encode("").ids
    return len(special) == 2 and None not in map(tokenizer.token_to_id, ("[UNK]", "[PAD]"))


def open_session(home: Path, content: bytes, threads: int) -> onnxruntime.InferenceSession:
    """Return the network that a file of a model folder holds, ready to run.

    Raises:
        ModelError: ONNX Runtime cannot load it.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads would use up the cores that the web server and the database need.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Fatal messages only: warnings go straight to stderr, and errors are raised.
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    # The library has an exception for each kind of failure, and Exception is their only common base.
    except Exception as error:
        raise ModelError(f"{home / model_bundle.NETWORK} cannot be loaded by ONNX Runtime: {error}") from error
