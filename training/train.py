"""Fine-tuning with checkpoints, so that an interrupted run goes on where it stopped."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import accuracy_score, f1_score
from tokenizers import Tokenizer
from transformers import (
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from classifier.understanding import INTENTS
from training.corpus import Split
from training.dataset import FixedMessages, FreshMessages, collate, load_tokenizer
from training.recipe import Optimisation, Recipe
from training.run_folder import RunFolder
from training.warm_start import warm_start

VALIDATION_SEED = 1
"""Seed of the validation messages' slot values, which never change."""


def train(recipe: Recipe, split: Split, run: RunFolder) -> None:
    """Fine-tune by a recipe, going on from the run's last checkpoint if there is one.

    The best checkpoint, by macro-F1 on validation, ends up in `run.best`.
    """
    torch.set_num_threads(recipe.optimisation.threads)
    set_seed(recipe.seed)
    model = warm_start(recipe.base.path(), recipe.architecture, INTENTS)
    trainer = _trainer(recipe, run.path, model, split, load_tokenizer(recipe.base))
    last = get_last_checkpoint(str(run.path))  # type: ignore[no-untyped-call]
    trainer.train(resume_from_checkpoint=last)
    trainer.save_model(str(run.best))


def _trainer(recipe: Recipe, run: Path, model: PreTrainedModel, split: Split, tokenizer: Tokenizer) -> Trainer:
    max_tokens = recipe.data.max_tokens
    fresh = FreshMessages(split.train, tokenizer, seed=recipe.seed, noise=recipe.data.noise, max_tokens=max_tokens)
    fixed = FixedMessages(split.validation, tokenizer, seed=VALIDATION_SEED, max_tokens=max_tokens)
    optimiser = torch.optim.AdamW(parameter_groups(model, recipe.optimisation), fused=True)
    trainer: Trainer = Trainer(
        model=model,
        args=_arguments(recipe, run),
        train_dataset=fresh,
        eval_dataset=fixed,
        data_collator=collate,
        compute_metrics=_metrics,
        optimizers=(optimiser, None),
        callbacks=[_FreshValues(fresh), _ValidatedEnd()],
    )
    return trainer


def _arguments(recipe: Recipe, run: Path) -> TrainingArguments:
    optimisation = recipe.optimisation
    return TrainingArguments(
        output_dir=str(run),
        seed=recipe.seed,
        num_train_epochs=optimisation.epochs,
        per_device_train_batch_size=optimisation.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=optimisation.learning_rate,
        lr_scheduler_type="cosine",
        warmup_ratio=optimisation.warmup_fraction,
        label_smoothing_factor=optimisation.label_smoothing,
        group_by_length=True,
        eval_strategy="steps",
        save_strategy="steps",
        eval_steps=optimisation.steps_between_checkpoints,
        save_steps=optimisation.steps_between_checkpoints,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="macro_f1",
        greater_is_better=True,
        logging_steps=25,
        report_to="none",
        use_cpu=True,
        dataloader_pin_memory=False,
    )


class _FreshValues(TrainerCallback):
    """Tells the training messages which epoch it is, before their first batch is read."""

    def __init__(self, messages: FreshMessages) -> None:
        self._messages = messages

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._messages.epoch = int(state.epoch)


class _ValidatedEnd(TrainerCallback):
    """Validates the last step too, so that the weights training ends with can be chosen."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step >= state.max_steps:
            control.should_evaluate = True


def _metrics(prediction: EvalPrediction) -> dict[str, float]:
    predicted = np.argmax(prediction.predictions, axis=-1)
    expected = prediction.label_ids
    return {
        "accuracy": float(accuracy_score(expected, predicted)),
        "macro_f1": float(f1_score(expected, predicted, average="macro")),
    }


def parameter_groups(model: PreTrainedModel, optimisation: Optimisation) -> list[dict[str, Any]]:
    """Sort the weights into groups that share a learning rate and a decay.

    The rate falls by `layer_decay` with every encoder layer further from the head; biases and layer norms
    are not decayed.
    """
    layers = model.config.num_hidden_layers
    groups: dict[tuple[int, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        distance = _distance(name, layers)
        decayed = parameter.ndim > 1
        group = groups.setdefault(
            (distance, decayed),
            {
                "params": [],
                "lr": optimisation.learning_rate * optimisation.layer_decay**distance,
                "weight_decay": optimisation.weight_decay if decayed else 0.0,
            },
        )
        group["params"].append(parameter)
    return list(groups.values())


def _distance(name: str, layers: int) -> int:
    """Return how many encoder layers lie between a weight and the head."""
    layer = re.search(r"encoder\.layer\.(\d+)\.", name)
    if layer:
        return layers - int(layer[1])
    if "pos_" in name or "encoder.rel_embeddings" in name or "encoder.LayerNorm" in name:
        return 0
    return layers + 1 if ".embeddings." in name else 0
