"""Fine-tune with checkpoints, so that an interrupted run resumes from the last one."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from classifier.outputs import INTENTS
from training.data.dataset import Collate, FixedMessages, FreshMessages, load_tokenizer
from training.data.spans.dataset import FreshSpans
from training.data.splitting import VALIDATION_SEED, Split
from training.errors import TrainingError
from training.fit.averaging import average_checkpoints
from training.fit.base_checkpoints import locate_checkpoint
from training.fit.initial_model import load_classifier, load_initial_model
from training.fit.objective import training_loss
from training.fit.output_columns import LEVEL_GROUP, output_names
from training.recipe import EntityRecipe, Optimization, Recipe, RecipeError
from training.run_folder import RunFolder
from training.statistics import macro_f1


def train_model(
    recipe: Recipe,
    split: Split,
    run: RunFolder,
    teacher: NDArray[np.float32] | None = None,
    start: Path | None = None,
) -> None:
    """Fine-tune according to a recipe; resume from the run's last checkpoint if there is one.

    The checkpoint with the best score on the stopping messages ends up in `run.best`, averaged with the weights that
    the run started from if the recipe says so.

    Args:
        recipe: The recipe.
        split: The messages, limited to those that the recipe's outputs can learn from.
        run: The folder for checkpoints.
        teacher: The teacher's logits for `split.train`, one row per message, if the recipe has a teacher.
        start: The folder of the weights to start from, instead of the base checkpoint's.

    Raises:
        RecipeError: The base checkpoint is missing or does not fit the recipe.
    """
    torch.set_num_threads(recipe.optimisation.threads)
    set_seed(recipe.seed)
    model, tokenizer = _load_base(recipe, start)
    trainer = _trainer(recipe, run, model, split, tokenizer, teacher)
    resume(trainer, run)
    keep_best(trainer, run, start, recipe.averaged)


def resume(trainer: Trainer, run: RunFolder) -> None:
    """Train to the end, from the run's last checkpoint if there is one."""
    last = run.last_checkpoint()
    trainer.train(resume_from_checkpoint=None if last is None else str(last))


def keep_best(trainer: Trainer, run: RunFolder, start: Path | None, averaged: float | None) -> None:
    """Save a trainer's weights as `run.best`, whole or not at all.

    Args:
        trainer: The trainer, with its best weights loaded.
        run: The folder for checkpoints.
        start: The folder of the weights that the run started from, if it continues others.
        averaged: The share of the new weights in the average with those; None to keep the new ones as they are.
    """
    arriving = run.best.with_name(f"{run.best.name}.arriving")
    trainer.save_model(str(arriving))
    if start and averaged is not None:
        average_checkpoints(start, arriving, averaged)
    shutil.rmtree(run.best, ignore_errors=True)
    arriving.rename(run.best)


def _load_base(recipe: Recipe, start: Path | None) -> tuple[PreTrainedModel, Tokenizer]:
    checkpoint = locate_checkpoint(recipe.base)
    outputs = output_names(recipe.data.screens)
    try:
        if start:
            model = load_classifier(start, recipe.architecture, outputs)
        else:
            model = load_initial_model(checkpoint, recipe.architecture, outputs)
        return model, load_tokenizer(checkpoint)
    except TrainingError:
        raise
    # Safetensors, tokenizers and transformers raise different errors, with no common base except Exception.
    except Exception as error:
        raise RecipeError(
            f"{checkpoint} cannot be loaded ({type(error).__name__}): expected a Hugging Face encoder with its weights "
            "and its tokenizer; download it again, or choose another base in the recipe"
        ) from error


class _Trainer(Trainer):
    """Trains on labels, urgency and a teacher's answers at the same time."""

    def __init__(self, recipe: Recipe, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._recipe = recipe

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        targets, teacher = inputs["labels"], inputs.get("teacher")
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = training_loss(
            outputs.logits.float(),
            targets,
            self._recipe.optimisation.label_smoothing,
            teacher,
            self._recipe.distillation,
        )
        return (loss, {"logits": outputs.logits}) if return_outputs else loss


def _trainer(
    recipe: Recipe,
    run: RunFolder,
    model: PreTrainedModel,
    split: Split,
    tokenizer: Tokenizer,
    teacher: NDArray[np.float32] | None,
) -> Trainer:
    max_tokens = recipe.data.max_tokens
    fresh = FreshMessages(
        split.train,
        tokenizer,
        seed=recipe.seed,
        noise=recipe.data.noise,
        joined=recipe.data.joined,
        max_tokens=max_tokens,
        teacher=teacher,
    )
    fixed = FixedMessages(split.stopping, tokenizer, seed=VALIDATION_SEED, max_tokens=max_tokens)
    optimizer = torch.optim.AdamW(parameter_groups(model, recipe.optimisation), fused=True)
    callbacks: list[TrainerCallback] = [FreshValues(fresh), ValidatedEnd()]
    if recipe.optimisation.patience:
        callbacks.append(EarlyStoppingCallback(recipe.optimisation.patience))
    return _Trainer(
        recipe,
        model=model,
        args=training_arguments(recipe, run),
        train_dataset=fresh,
        eval_dataset=fixed,
        data_collator=Collate(model.config.pad_token_id or 0),
        compute_metrics=_metrics,
        optimizers=(optimizer, None),
        callbacks=callbacks,
    )


def training_arguments(recipe: Recipe | EntityRecipe, run: RunFolder) -> TrainingArguments:
    """Return how the Trainer of a recipe works, in the run's folder."""
    optimisation = recipe.optimisation
    gpu = torch.cuda.is_available()
    mixed = optimisation.precision == "mixed"
    rhythm: dict[str, Any] = {"eval_strategy": "epoch", "save_strategy": "epoch"}
    if steps := optimisation.steps_between_checkpoints:
        rhythm = {"eval_strategy": "steps", "save_strategy": "steps", "eval_steps": steps, "save_steps": steps}
    return TrainingArguments(
        output_dir=str(run.path),
        seed=recipe.seed,
        num_train_epochs=optimisation.epochs,
        per_device_train_batch_size=optimisation.batch_size,
        per_device_eval_batch_size=64,
        learning_rate=optimisation.learning_rate,
        lr_scheduler_type="cosine",
        warmup_ratio=optimisation.warmup_fraction,
        bf16=optimisation.precision == "bf16" or (mixed and not gpu),
        fp16=mixed and gpu,
        group_by_length=True,
        **rhythm,
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="score",
        greater_is_better=True,
        logging_steps=25,
        report_to="none",
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
        remove_unused_columns=False,
    )


class FreshValues(TrainerCallback):
    """Sets the epoch of the training messages before the first batch of each epoch."""

    def __init__(self, messages: FreshMessages | FreshSpans) -> None:
        self._messages = messages

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Tell the messages which epoch begins."""
        self._messages.epoch = int(state.epoch)


class ValidatedEnd(TrainerCallback):
    """Also validates after the last step, so that the final weights can be selected."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Ask for a validation after the last step."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True


def _metrics(prediction: EvalPrediction) -> dict[str, float]:
    """Score the predicted intents and levels of the messages of which they are known, and the mean of both."""
    answers, targets = np.asarray(prediction.predictions), np.asarray(prediction.label_ids)
    scores = {"intents": _group_score(answers[:, : len(INTENTS)], targets[:, 0])}
    if answers.shape[1] > len(INTENTS):
        scores["levels"] = _group_score(answers[:, LEVEL_GROUP.columns], targets[:, LEVEL_GROUP.targets.start])
    return scores | {"score": float(np.mean(list(scores.values())))}


def _group_score(answers: NDArray[np.float32], expected: NDArray[np.int64]) -> float:
    """Return the macro-F1 over the first classes, those with a column, of the messages whose class is one of them."""
    classes = answers.shape[1]
    known = (expected >= 0) & (expected < classes)
    return macro_f1(expected[known].tolist(), answers[known].argmax(axis=-1).tolist(), range(classes))


def parameter_groups(model: PreTrainedModel, optimisation: Optimization) -> list[dict[str, Any]]:
    """Group the weights by learning rate and decay.

    The learning rate falls by `layer_decay` with each encoder layer farther from the head, which has its own factor.
    Biases and layer norms are not decayed.
    """
    layers = model.config.num_hidden_layers
    groups: dict[tuple[int, bool, bool], dict[str, Any]] = {}
    for name, parameter in model.named_parameters():
        distance = _distance(name, layers)
        decayed, in_head = parameter.ndim > 1, not name.startswith(f"{model.base_model_prefix}.")
        factor = optimisation.head_factor if in_head else optimisation.layer_decay**distance
        group = groups.setdefault(
            (distance, decayed, in_head),
            {
                "params": [],
                "lr": optimisation.learning_rate * factor,
                "weight_decay": optimisation.weight_decay if decayed else 0.0,
            },
        )
        group["params"].append(parameter)
    return list(groups.values())


def _distance(name: str, layers: int) -> int:
    """Return the number of encoder layers between a weight and the head."""
    layer = re.search(r"encoder\.layer\.(\d+)\.", name)
    if layer:
        return layers - int(layer[1])
    if "pos_" in name or "encoder.rel_embeddings" in name or "encoder.LayerNorm" in name:
        return 0
    return layers + 1 if ".embeddings." in name else 0
