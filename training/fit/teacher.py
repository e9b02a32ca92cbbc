"""A trained model's answers to the training messages, from which another model learns."""

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

from training.data.corpus import CorpusMessage
from training.data.dataset import load_tokenizer, noisy_text, pad_ids, truncate_ids
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.earlier_run import open_earlier_run
from training.recipe import Recipe
from training.run_folder import RunFolder

_BATCH = 32
_SEED = "teacher"

Logits = NDArray[np.float32]


def teacher_logits(recipe: Recipe, config: Path, messages: Sequence[CorpusMessage], runs: Path) -> Logits | None:
    """Return the answers of a recipe's teacher to messages.

    Args:
        recipe: The student's recipe.
        config: The recipe's file; the teacher's recipe is in the same folder.
        messages: The student's training messages.
        runs: The folder for run folders.

    Returns:
        One row per message and one column per output; None if the recipe has no teacher.

    Raises:
        RecipeError: The teacher's recipe cannot be used.
        RunError: The teacher has not been trained yet.
    """
    if recipe.distillation is None:
        return None
    teacher, run = open_earlier_run(config.parent / recipe.distillation.teacher, recipe, runs)
    return run_teacher(teacher, run, messages, recipe.distillation.readings)


def run_teacher(teacher: Recipe, run: RunFolder, messages: Sequence[CorpusMessage], readings: int) -> Logits:
    """Return a trained teacher's logits, averaged over several renderings; cache them in its run folder.

    Args:
        teacher: The teacher's recipe.
        run: The teacher's finished run.
        messages: The messages.
        readings: How often to render each message, each time with new slot values and noise.

    Returns:
        One row per message and one column per output. Equal messages have equal rows.
    """
    kept = run.path / f"taught-{_fingerprint(run.best, messages, readings)}.npy"
    if not kept.exists():
        checkpoint = locate_checkpoint(teacher.base)
        tokenizer = load_tokenizer(checkpoint)
        torch.set_num_threads(teacher.optimisation.threads)
        model = AutoModelForSequenceClassification.from_pretrained(run.best).eval()
        places = {message: place for place, message in enumerate(dict.fromkeys(messages))}
        texts = (_texts([*places], reading, teacher.data.noise) for reading in range(readings))
        read = [_read(model, tokenizer, reading, teacher) for reading in texts]
        average: Logits = np.mean(read, axis=0, dtype=np.float32)
        np.save(kept, average[[places[message] for message in messages]])
    logits: Logits = np.load(kept)
    return logits


def _fingerprint(checkpoint: Path, messages: Sequence[CorpusMessage], readings: int) -> str:
    weights = (checkpoint / "model.safetensors").read_bytes()
    texts = "\n".join(message.text for message in messages).encode()
    return hashlib.sha256(weights + texts + str(readings).encode()).hexdigest()[:12]


def _texts(messages: Sequence[CorpusMessage], reading: int, noise: float) -> list[str]:
    # The first rendering has no noise.
    share = noise if reading else 0.0
    return [
        noisy_text(message, share, Random(f"{_SEED}/{reading}/{index}"))  # noqa: S311 - not a secret
        for index, message in enumerate(messages)
    ]


def _read(model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str], teacher: Recipe) -> Logits:
    ids = [truncate_ids(tokenizer.encode(text).ids, teacher.data.max_tokens) for text in texts]
    order = sorted(range(len(ids)), key=lambda index: -len(ids[index]))
    rows = np.empty((len(ids), model.config.num_labels), dtype=np.float32)
    quick = teacher.optimisation.precision != "fp32"
    for start in tqdm(range(0, len(order), _BATCH), desc="teacher", unit="batch"):
        chosen = order[start : start + _BATCH]
        batch, mask = pad_ids([ids[index] for index in chosen], model.config.pad_token_id or 0)
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=quick):
            rows[chosen] = model(input_ids=batch, attention_mask=mask).logits.float().numpy()
    return rows
