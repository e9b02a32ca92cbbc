"""Reading messages with an exported network, one at a time, as a worker does.

A network that `training.export.deberta_onnx` did not write takes its activation ranges from the whole batch, so its
answer for one message depends a little on the others in the batch; most messages arrive alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tqdm.auto import tqdm

from training.data.dataset import truncate_ids
from training.export.calibrate import Floats


def predict_logits(network: Path, tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int, task: str) -> Floats:
    """Return one row of logits for every text.

    Args:
        network: The ONNX file.
        tokenizer: The tokenizer the network was trained with.
        texts: What to read; a text above `max_tokens` is cut.
        max_tokens: Longest input in tokens.
        task: What the progress bar is headed.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
    rows = []
    for text in tqdm(texts, desc=task, unit="message"):
        token_ids = np.array([truncate_ids(tokenizer.encode(text).ids, max_tokens)], dtype=np.int64)
        feeds = {"input_ids": token_ids, "attention_mask": np.ones_like(token_ids)}
        rows.append(session.run(["logits"], feeds)[0][0])
    return np.array(rows, dtype=np.float64)
