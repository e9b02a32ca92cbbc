"""Fine-tune the entity model with checkpoints, so that an interrupted run resumes from the last one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import (
    DebertaV2ForTokenClassification,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    set_seed,
)

from classifier.entities.labels import LABELS
from training.data.dataset import load_tokenizer
from training.data.spans.dataset import IGNORED, CollateSpans, FixedSpans, FreshSpans
from training.data.spans.messages import SpanSplit
from training.data.splitting import VALIDATION_SEED
from training.errors import TrainingError
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.train import FreshValues, ValidatedEnd, keep_best, parameter_groups, resume, training_arguments
from training.fit.warm_start import warm_start_tagger
from training.recipe import EntityRecipe, RecipeError
from training.run_folder import RunFolder

_BETA = 2.0


def train_tagger(
    recipe: EntityRecipe, split: SpanSplit, run: RunFolder, corpus: Path, start: Path | None = None
) -> None:
    """Fit the weights, resuming from the last checkpoint, and save the best of them as `run.best`.

    They are averaged with the weights that the run started from if the recipe says so.

    Args:
        recipe: The recipe.
        split: The messages.
        run: The folder for checkpoints.
        corpus: The corpus folder, with the values.
        start: Folder of the weights to start from; None for the recipe's base checkpoint.

    Raises:
        RecipeError: The base checkpoint is missing or does not fit the recipe.
    """
    torch.set_num_threads(recipe.optimisation.threads)
    set_seed(recipe.seed)
    model, tokenizer = _load_base(recipe, start)
    fresh = FreshSpans(split.train, tokenizer, recipe.data, recipe.seed, corpus)
    callbacks: list[TrainerCallback] = [FreshValues(fresh), ValidatedEnd()]
    trainer = _Trainer(
        recipe.loss.outside_weight,
        model=model,
        args=training_arguments(recipe, run),
        train_dataset=fresh,
        eval_dataset=FixedSpans(split.stopping, tokenizer, recipe.data.max_tokens, VALIDATION_SEED, corpus),
        data_collator=CollateSpans(model.config.pad_token_id or 0),
        compute_metrics=_metrics,
        preprocess_logits_for_metrics=_best_columns,
        optimizers=(torch.optim.AdamW(parameter_groups(model, recipe.optimisation), fused=True), None),
        callbacks=callbacks,
    )
    resume(trainer, run)
    keep_best(trainer, run, start, recipe.averaged)


def _load_base(recipe: EntityRecipe, start: Path | None) -> tuple[PreTrainedModel, Tokenizer]:
    checkpoint = locate_checkpoint(recipe.base)
    try:
        if start:
            return DebertaV2ForTokenClassification.from_pretrained(start), load_tokenizer(checkpoint)
        return warm_start_tagger(checkpoint, recipe.architecture, LABELS), load_tokenizer(checkpoint)
    except TrainingError:
        raise
    # Safetensors, tokenizers and transformers raise different errors, with no common base except Exception.
    except Exception as error:
        raise RecipeError(
            f"{checkpoint} cannot be loaded ({type(error).__name__}): expected a BERT encoder with its weights and its "
            "tokenizer; download it again, or choose another base in the recipe"
        ) from error


class _Trainer(Trainer):
    """Trains on the labels of tokens."""

    def __init__(self, outside_weight: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._weights = torch.tensor([outside_weight, *[1.0] * (len(LABELS) - 1)])

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = tagging_loss(outputs.logits.float(), inputs["labels"], self._weights)
        return (loss, {"logits": outputs.logits}) if return_outputs else loss


def tagging_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean cross-entropy of the tokens that have a label."""
    return functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), weight=weights.to(logits.device), ignore_index=IGNORED
    )


def _best_columns(logits: Any, labels: Tensor) -> Tensor:
    """Return the best column of each token, which is all that the metrics need."""
    found: Tensor = (logits[0] if isinstance(logits, tuple) else logits).argmax(-1)
    return found


def _metrics(prediction: EvalPrediction) -> dict[str, float]:
    return tagging_scores(np.asarray(prediction.predictions), np.asarray(prediction.label_ids))


def tagging_scores(found: NDArray[np.int64], labels: NDArray[np.int64]) -> dict[str, float]:
    """Score the tokens inside values: their recall and precision, whatever the kind, the F2 of both, and the kinds.

    The score is the mean of the F2 and of the share of found tokens whose kind is right.
    """
    known = labels != IGNORED
    found, labels = found[known], labels[known]
    both = (found > 0) & (labels > 0)
    hits = int(both.sum())
    recall = hits / max(1, int((labels > 0).sum()))
    precision = hits / max(1, int((found > 0).sum()))
    weighted = _BETA**2 * precision + recall
    f2 = (1 + _BETA**2) * precision * recall / weighted if weighted else 0.0
    kinds = float(((found[both] + 1) // 2 == (labels[both] + 1) // 2).mean()) if hits else 0.0
    return {"recall": recall, "precision": precision, "f2": f2, "kinds": kinds, "score": (f2 + kinds) / 2}
