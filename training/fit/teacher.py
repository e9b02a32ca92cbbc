"""What a trained model says about the training messages, for another model to learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from tqdm.auto import tqdm
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from training.data.corpus import Message
from training.data.dataset import load_tokenizer, noisy_text, padded, truncated
from training.fit.base_checkpoints import locate
from training.recipe import Recipe
from training.run_folder import RunFolder

_BATCH = 32
_SEED = "teacher"

Logits = NDArray[np.float32]


def teach(teacher: Recipe, run: RunFolder, messages: Sequence[Message], readings: int) -> Logits:
    """Return a trained teacher's logits for messages, averaged over readings; kept for the next time.

    Args:
        teacher: The teacher's recipe.
        run: The teacher's run, trained.
        messages: What to read.
        readings: How often each is read, with slot values and noise of its own each time.

    Returns:
        A row a message, a column an output.
    """
    kept = run.path / f"taught-{_fingerprint(run.best, messages, readings)}.npy"
    if not kept.exists():
        checkpoint = locate(teacher.base)
        tokenizer = load_tokenizer(checkpoint)
        torch.set_num_threads(teacher.optimisation.threads)
        model = AutoModelForSequenceClassification.from_pretrained(run.best).eval()
        texts = (_texts(messages, reading, teacher.data.noise) for reading in range(readings))
        read = [_read(model, tokenizer, reading, teacher) for reading in texts]
        np.save(kept, np.mean(read, axis=0, dtype=np.float32))
    logits: Logits = np.load(kept)
    return logits


def _fingerprint(checkpoint: Path, messages: Sequence[Message], readings: int) -> str:
    weights = (checkpoint / "model.safetensors").read_bytes()
    texts = "\n".join(message.text for message in messages).encode()
    return hashlib.sha256(weights + texts + str(readings).encode()).hexdigest()[:12]


def _texts(messages: Sequence[Message], reading: int, noise: float) -> list[str]:
    # The first reading is clean.
    share = noise if reading else 0.0
    return [
        noisy_text(message, share, Random(f"{_SEED}/{reading}/{index}"))  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def _read(model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str], teacher: Recipe) -> Logits:
    ids = [truncated(tokenizer.encode(text).ids, teacher.data.max_tokens) for text in texts]
    order = sorted(range(len(ids)), key=lambda index: -len(ids[index]))
    rows = np.empty((len(ids), model.config.num_labels), dtype=np.float32)
    quick = teacher.optimisation.precision != "fp32"
    for start in tqdm(range(0, len(order), _BATCH), desc="the teacher reads", unit="batch"):
        chosen = order[start : start + _BATCH]
        batch, mask = padded([ids[index] for index in chosen], model.config.pad_token_id or 0)
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=quick):
            rows[chosen] = model(input_ids=batch, attention_mask=mask).logits.float().numpy()
    return rows
