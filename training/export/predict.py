"""Run an exported network on one message at a time, as a worker does.

Networks that `training.export.deberta_onnx` did not write scale activations by the whole batch, so an answer depends
slightly on the other messages in the batch. Most messages arrive alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tqdm.auto import tqdm

from classifier.text.message_parts import split_parts
from training.data.dataset import truncate_ids
from training.export.calibrate import Floats


def predict_logits(network: Path, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, task: str) -> Floats:
    """Return one row of logits for each text; the arguments are those of `iterate_logits`."""
    return np.array(list(iterate_logits(network, tokenizer, texts, max_tokens, task)))


def predict_parts(
    network: Path, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, task: str
) -> list[Floats]:
    """Return one row of logits for each part of each text, and none of a text that has only one part.

    The arguments are those of `iterate_logits`.
    """
    parts = [found if len(found := split_parts(text)) > 1 else [] for text in texts]
    rows = iterate_logits(network, tokenizer, [part for found in parts for part in found], max_tokens, task)
    return [np.array([next(rows) for _ in found]) for found in parts]


def iterate_logits(
    network: Path, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, task: str
) -> Iterator[Floats]:
    """Yield the logits of one text after the other.

    Args:
        network: The ONNX file.
        tokenizer: The tokenizer that the network was trained with.
        texts: The texts; longer ones are truncated to `max_tokens`.
        max_tokens: The longest input in tokens.
        task: Title of the progress bar.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    for text in tqdm(texts, desc=task, unit="message"):
        token_ids = np.array([truncate_ids(tokenizer.encode(text).ids, max_tokens)], dtype=np.int64)
        feeds = {"input_ids": token_ids, "attention_mask": np.ones_like(token_ids)}
        yield session.run(["logits"], feeds)[0][0].astype(np.float64)
