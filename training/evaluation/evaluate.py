"""Evaluate an exported model on validation, on test messages and against a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifier import Classifier
from training.data import cross_style, held_back, strangers
from training.data.corpus import CorpusError, CorpusMessage
from training.data.dataset import render_all
from training.data.splitting import VALIDATION_SEED, Split
from training.evaluation.latency import measure_latency
from training.evaluation.metrics import (
    Predictions,
    hardest_pairs,
    intent_measures,
    round_numbers,
    screen_measures,
)
from training.evaluation.predictors import Predictors
from training.evaluation.test_set_log import record_read
from training.export.model_folder import read_version
from training.recipe import Recipe
from training.run_folder import RunFolder

_TEST_FILES = (cross_style.FILE, *held_back.FILES, *strangers.FILES)


@dataclass(frozen=True, slots=True)
class UnseenMessages:
    """The test messages, which are not used to build any model.

    Attributes:
        cross_style: The cross-style test: messages with an intent, their slots already filled.
        held_back: The messages for the screens, their slots not filled.
        strangers: The sets by strangers, by name.
    """

    cross_style: list[CorpusMessage]
    held_back: list[CorpusMessage]
    strangers: dict[str, list[CorpusMessage]]


def read_unseen(corpus: Path, run: RunFolder, command: str) -> UnseenMessages:
    """Read the test messages for an evaluation, after recording that it uses them.

    Args:
        corpus: The corpus folder.
        run: The run to evaluate, exported.
        command: The command that was entered, for the record.

    Raises:
        CorpusError: A file is missing, or a line does not have the format that `corpus/README.md` describes.
    """
    for file in _TEST_FILES:
        if not (corpus / file).is_file():
            raise CorpusError(f"{corpus / file} is missing: restore it, or use --validation-only")
    record_read(corpus, datetime.now(UTC).date(), read_version(run.model), _TEST_FILES, command)
    return UnseenMessages(
        cross_style.read_cross_style(corpus), held_back.read_held_back(corpus), strangers.read_strangers(corpus)
    )


def evaluate_model(recipe: Recipe, split: Split, run: RunFolder, unseen: UnseenMessages | None) -> dict[str, Any]:
    """Evaluate the exported networks of a run.

    Args:
        recipe: The run's recipe.
        split: The messages that the run was trained and validated on.
        run: The run, exported.
        unseen: The test messages; None to leave them out.

    Returns:
        The content of `evaluation.json`, which is always the same for the same run and messages. Shares are between 0
        and 1. `cross_style`, `held_back` and `strangers` are present only with test messages.
    """
    predictors = Predictors(recipe, split, run)
    info = predictors.classifier.info
    content = {
        "model": {
            "version": info.version,
            "labels": info.labels,
            "thresholds": {language: asdict(chosen) for language, chosen in info.thresholds.items()},
        },
        "messages": {"train": len(set(split.train)), "validation": len(split.validation)},
        "validation": _validation(predictors, split.validation),
    }
    if unseen:
        content |= {
            "cross_style": _cross_style(predictors, unseen.cross_style),
            "held_back": _screens(predictors, unseen.held_back, "held back"),
            "strangers": {name: _screens(predictors, messages, name) for name, messages in unseen.strangers.items()},
        }
    return {**round_numbers(content), "recipe": recipe.model_dump(mode="json")}  # whole: later recipes continue it


def time_validation(split: Split, run: RunFolder) -> Mapping[str, float | int | str]:
    """Measure the exported model's latency on the validation messages; see `training.evaluation.latency`."""
    return measure_latency(Classifier.load(run.model), render_all(split.validation, VALIDATION_SEED))


def _validation(predictors: Predictors, messages: list[CorpusMessage]) -> dict[str, Any]:
    # The same texts that the thresholds were chosen on.
    texts = render_all(messages, VALIDATION_SEED)
    predictions = predictors.predict(messages, texts, "validation")
    writers = np.array([message.writer for message in messages], dtype=object)
    return {
        **intent_measures(predictors.compare(predictions, texts, "validation"), predictors.outputs),
        "hardest_pairs": hardest_pairs(predictions),
        "screens": _screen_measures(predictors, predictions),
        "writers": {
            writer: _screen_measures(predictors, predictions.only(writers == writer)) for writer in sorted(set(writers))
        },
    }


def _cross_style(predictors: Predictors, messages: list[CorpusMessage]) -> dict[str, Any]:
    texts = [message.text for message in messages]
    predictions = predictors.predict(messages, texts, "cross-style test")
    return intent_measures(predictors.compare(predictions, texts, "cross-style test"), predictors.outputs)


def _screens(predictors: Predictors, messages: list[CorpusMessage], task: str) -> dict[str, Any]:
    texts = render_all(messages, VALIDATION_SEED)
    predictions = predictors.predict(messages, texts, task)
    return {"messages": len(messages), "screens": _screen_measures(predictors, predictions)}


def _screen_measures(predictors: Predictors, predictions: Predictions) -> dict[str, Any]:
    return screen_measures(predictions, predictors.outputs, predictors.classifier.info.thresholds)
