"""How good the exported model is: on validation, on the cross-style test, and next to a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support
from tokenizers import Tokenizer

from classifier.understanding import INTENTS
from training.baseline import fit_baseline
from training.calibrate import Floats
from training.corpus import RECIPE_SOURCE, Message, Split
from training.cross_style import CROSS_STYLE, read_cross_style
from training.dataset import render_all
from training.export import NETWORK
from training.predict import predict
from training.recipe import Recipe
from training.run_folder import RunFolder
from training.train import VALIDATION_SEED

Names = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class _Readings:
    """What the two networks and the baseline said about the same messages."""

    expected: Names
    int8: Names
    fp32: Names
    baseline: Names


def evaluate(recipe: Recipe, split: Split, run: RunFolder, cross_style: Path = CROSS_STYLE) -> dict[str, Any]:
    """Measure the exported networks of a run.

    Reads the cross-style test set once.

    Args:
        recipe: What the run was made by.
        split: The messages it was trained and validated on.
        run: The run, exported.
        cross_style: The cross-style test file.

    Returns:
        What `evaluation.json` holds; every share is between 0 and 1.
    """
    readers = _Readers(recipe, split, run)
    validation = readers.read(
        render_all(split.validation, VALIDATION_SEED), [m.intent for m in split.validation], "validation"
    )
    test = readers.read(*read_cross_style(cross_style), "cross-style test")
    return {
        "recipe": recipe.model_dump(),
        "messages": {
            "train": len(split.train),
            "validation": len(split.validation),
            "cross_style": len(test.expected),
        },
        "validation": {
            **_summary(validation),
            "by_source": _by_source(split.validation, validation),
            "by_channel": _by_channel(split.validation, validation),
            "by_intent": _by_intent(validation),
            "confusion": _confusion(validation),
        },
        "cross_style": {
            **_summary(test),
            "by_intent": _by_intent(test),
            "confusion": _confusion(test),
        },
    }


class _Readers:
    """The exported network, its full-precision original and the baseline, ready to read messages."""

    def __init__(self, recipe: Recipe, split: Split, run: RunFolder) -> None:
        self._int8 = run.model / NETWORK
        self._fp32 = run.folded
        self._tokenizer = Tokenizer.from_file(str(run.model / "tokenizer.json"))
        self._max_tokens = recipe.data.max_tokens
        intents = [message.intent for message in split.train]
        self._baseline = fit_baseline(render_all(split.train, recipe.seed), intents, recipe.seed)

    def read(self, texts: list[str], intents: list[str], task: str) -> _Readings:
        return _Readings(
            np.array(intents),
            self._names(self._int8, texts, f"{task}, int8"),
            self._names(self._fp32, texts, f"{task}, fp32"),
            self._baseline.predict(texts),
        )

    def _names(self, network: Path, texts: list[str], task: str) -> Names:
        return _best(predict(network, self._tokenizer, texts, self._max_tokens, task))


def _best(logits: Floats) -> Names:
    names: Names = np.array(INTENTS)[logits.argmax(axis=1)]
    return names


def _scores(expected: Names, predicted: Names) -> dict[str, float]:
    return {
        "accuracy": _rounded(accuracy_score(expected, predicted)),
        "macro_f1": _rounded(f1_score(expected, predicted, labels=INTENTS, average="macro", zero_division=0.0)),
    }


def _summary(readings: _Readings) -> dict[str, Any]:
    return {
        "int8": _scores(readings.expected, readings.int8),
        "fp32": _scores(readings.expected, readings.fp32),
        "baseline": _scores(readings.expected, readings.baseline),
        "int8_fp32_agreement": _rounded(float(np.mean(readings.int8 == readings.fp32))),
    }


def _by_source(messages: Sequence[Message], readings: _Readings) -> dict[str, Any]:
    """Score the intent files, all extra files together, and every extra family."""
    sources = np.array([message.source for message in messages])
    parts = {RECIPE_SOURCE: sources == RECIPE_SOURCE, "extra": sources != RECIPE_SOURCE}
    parts |= {family: sources == family for family in sorted(set(sources) - {RECIPE_SOURCE})}
    return {name: _part(readings, chosen) for name, chosen in parts.items() if chosen.any()}


def _by_channel(messages: Sequence[Message], readings: _Readings) -> dict[str, Any]:
    channels = np.array([message.channel for message in messages])
    return {str(name): _part(readings, channels == name) for name in sorted(set(channels))}


def _part(readings: _Readings, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    return {"messages": int(chosen.sum())} | _scores(readings.expected[chosen], readings.int8[chosen])


def _by_intent(readings: _Readings) -> dict[str, Any]:
    columns = precision_recall_fscore_support(readings.expected, readings.int8, labels=INTENTS, zero_division=0.0)
    return {
        intent: {
            "precision": _rounded(precision),
            "recall": _rounded(recall),
            "f1": _rounded(f1),
            "messages": int(support),
        }
        for intent, precision, recall, f1, support in zip(INTENTS, *columns, strict=True)
    }


def _confusion(readings: _Readings) -> dict[str, dict[str, int]]:
    """Count, for every right intent, what the served network said."""
    table = confusion_matrix(readings.expected, readings.int8, labels=INTENTS)
    return {
        right: {said: int(count) for said, count in zip(INTENTS, row, strict=True) if count}
        for right, row in zip(INTENTS, table, strict=True)
    }


def _rounded(share: float) -> float:
    return round(float(share), 4)
