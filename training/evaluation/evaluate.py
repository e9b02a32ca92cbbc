"""How good the exported model is: on validation, on what no model was made with, and next to a baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from classifier import Classifier
from training.data import cross_style, held_back
from training.data.corpus import CorpusError, CorpusMessage
from training.data.dataset import render_all
from training.data.splitting import VALIDATION_SEED, Split
from training.evaluation.latency import measure_latency
from training.evaluation.metrics import hardest_pairs, intent_measures, round_numbers, screen_measures
from training.evaluation.predictors import Predictors
from training.evaluation.test_set_log import record_read
from training.export.model_folder import read_version
from training.recipe import Recipe
from training.run_folder import RunFolder

_TEST_FILES = (cross_style.FILE, *held_back.FILES)


@dataclass(frozen=True, slots=True)
class UnseenMessages:
    """The messages that no model is made with.

    Attributes:
        cross_style: The cross-style test: messages with an intent, their texts as they are.
        held_back: What the screens are measured on, the slots not filled.
    """

    cross_style: list[CorpusMessage]
    held_back: list[CorpusMessage]


def read_unseen(corpus: Path, run: RunFolder, command: str) -> UnseenMessages:
    """Read the test messages for one evaluation, which is written down first.

    Args:
        corpus: The corpus folder.
        run: The run to evaluate, exported.
        command: What was typed, for the record.

    Raises:
        CorpusError: A file is missing, or has a line that is not as `corpus/README.md` says.
    """
    for file in _TEST_FILES:
        if not (corpus / file).is_file():
            raise CorpusError(f"{corpus / file} is missing: restore it, or evaluate with --validation-only")
    record_read(corpus, datetime.now(UTC).date(), read_version(run.model), _TEST_FILES, command)
    return UnseenMessages(cross_style.read_cross_style(corpus), held_back.read_held_back(corpus))


def evaluate_model(recipe: Recipe, split: Split, run: RunFolder, unseen: UnseenMessages | None) -> dict[str, Any]:
    """Measure the exported networks of a run.

    Args:
        recipe: What the run was made by.
        split: The messages it was trained and validated on.
        run: The run, exported.
        unseen: The test messages, or None to leave them alone.

    Returns:
        What `evaluation.json` holds: the same for the same run and messages. Every share is between 0 and 1;
        `cross_style` and `held_back` are there only if the test messages were.
    """
    predictors = Predictors(recipe, split, run)
    info = predictors.classifier.info
    content = {
        "model": {
            "version": info.version,
            "labels": info.labels,
            "thresholds": asdict(info.thresholds),
        },
        "recipe": recipe.model_dump(mode="json"),
        "messages": {"train": len(split.train), "validation": len(split.validation)},
        "validation": _validation(predictors, split.validation),
    }
    if unseen:
        content |= {
            "cross_style": _cross_style(predictors, unseen.cross_style),
            "held_back": _held_back(predictors, unseen.held_back),
        }
    return dict(round_numbers(content))


def time_validation(split: Split, run: RunFolder) -> Mapping[str, float | int | str]:
    """Time the exported model on the validation messages; see `training.evaluation.latency.measure_latency`."""
    return measure_latency(Classifier.load(run.model), render_all(split.validation, VALIDATION_SEED))


def _validation(predictors: Predictors, messages: list[CorpusMessage]) -> dict[str, Any]:
    # The very texts that the thresholds were chosen on.
    texts = render_all(messages, VALIDATION_SEED)
    predictions = predictors.predict(messages, texts, "validation")
    return {
        **intent_measures(predictors.compare(predictions, texts, "validation"), predictors.outputs),
        "hardest_pairs": hardest_pairs(predictions),
        "screens": screen_measures(predictions, predictors.outputs, predictors.classifier.info.thresholds),
    }


def _cross_style(predictors: Predictors, messages: list[CorpusMessage]) -> dict[str, Any]:
    texts = [message.text for message in messages]
    predictions = predictors.predict(messages, texts, "cross-style test")
    return intent_measures(predictors.compare(predictions, texts, "cross-style test"), predictors.outputs)


def _held_back(predictors: Predictors, messages: list[CorpusMessage]) -> dict[str, Any]:
    texts = render_all(messages, VALIDATION_SEED)
    predictions = predictors.predict(messages, texts, "held back")
    return {
        "messages": len(messages),
        "screens": screen_measures(predictions, predictors.outputs, predictors.classifier.info.thresholds),
    }
