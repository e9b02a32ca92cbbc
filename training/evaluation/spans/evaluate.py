"""Evaluate an exported entity model on validation and on test messages, beside everything it is compared with."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm.auto import tqdm

from classifier import Classifier
from classifier.entities.recognizer import Recognizer
from classifier.entities.tagger import EntityTagger
from intake.vocabulary import EntityKind
from training.data.corpus import CorpusError
from training.data.entity_tests import FILES, read_entity_tests
from training.data.marked_messages import MarkedMessage
from training.data.spans.dataset import render_fixed
from training.data.spans.messages import SpanSplit
from training.data.splitting import VALIDATION_SEED
from training.evaluation.metrics import round_numbers
from training.evaluation.spans.finders import Finder, load_finders
from training.evaluation.test_set_log import record_read
from training.export.model_folder import UNSEEN, read_version
from training.export.span_scores import BILLING, Marked, marked, score_messages, score_spans
from training.recipe import EntityRecipe
from training.run_folder import RunFolder

SERVED: Final = "together"
IDENTIFIERS: Final = tuple(kind for kind in EntityKind if kind not in BILLING)

_SHORT: Final = range(28, 37)
"""The tokens of the messages that are timed, special ones included: about 32."""
_TIMED: Final = 200
_WARM_UP: Final = 10


def read_tests(corpus: Path, run: RunFolder, command: str) -> dict[str, list[MarkedMessage]]:
    """Read the test messages for an evaluation, after recording that it uses them.

    Raises:
        CorpusError: A file is missing, or a line does not have the format that `corpus/README.md` describes.
    """
    for file in FILES:
        if not (corpus / file).is_file():
            raise CorpusError(f"{corpus / file} is missing: restore it, or use --validation-only")
    record_read(corpus, datetime.now(UTC).date(), read_version(run.model), FILES, command)
    return read_entity_tests(corpus)


def validation_messages(split: SpanSplit, corpus: Path) -> list[MarkedMessage]:
    """Return the validation messages, their slots filled with values that no slot of training has."""
    texts = render_fixed(split.validation, VALIDATION_SEED, corpus)
    return [
        MarkedMessage(text, tuple(spans), message.channel, message.language)
        for (text, spans), message in zip(texts, split.validation, strict=True)
    ]


def evaluate_tagger(
    recipe: EntityRecipe, split: SpanSplit, run: RunFolder, corpus: Path, tests: dict[str, list[MarkedMessage]] | None
) -> dict[str, Any]:
    """Evaluate the exported network of a run, the rules, and Presidio, on the same messages.

    Args:
        recipe: The run's recipe.
        split: The messages that the run was trained and validated on.
        run: The run, exported.
        corpus: The corpus folder, with the values.
        tests: The test messages by set; None to leave them out.

    Returns:
        The content of `evaluation.json`, which is always the same for the same run and messages, but for `sets`
        without `presidio` where Presidio is not installed.
    """
    finders, language_model = load_finders(run.model)
    validation = validation_messages(split, corpus)
    held_out = recipe.data.validation_writers
    unseen = [found for found, message in zip(validation, split.validation, strict=True) if message.writer in held_out]
    sets = {"validation": validation, UNSEEN: unseen, **(tests or {})}
    content = {
        "model": {"version": read_version(run.model)},
        "messages": {"train": len(split.train), "validation": len(validation), "unseen": len(unseen)},
        "presidio": language_model,
        "sets": {name: _evaluate_set(name, messages, finders) for name, messages in sets.items()},
    }
    return {**round_numbers(content), "recipe": recipe.model_dump(mode="json")}  # whole: later recipes continue it


def _evaluate_set(name: str, messages: Sequence[MarkedMessage], finders: dict[str, Finder]) -> dict[str, Any]:
    found = {
        finder: [
            marked(message.text, message.spans, find(message.text))
            for message in tqdm(messages, desc=f"{name}, {finder}", unit="message")
        ]
        for finder, find in finders.items()
    }
    return {
        "messages": len(messages),
        "finders": {finder: _summarize(results) for finder, results in found.items()},
        "kinds": {
            finder: {kind: score_spans(found[finder], (kind,)) for kind in EntityKind} for finder in (SERVED, "network")
        },
        "channels": _by(messages, found[SERVED], lambda message: message.channel),
        "languages": _by(messages, found[SERVED], lambda message: message.language),
    }


def _summarize(results: Sequence[Marked]) -> dict[str, Any]:
    return {
        "identifiers": score_spans(results, IDENTIFIERS),
        "all": score_spans(results),
        **score_messages(results),
    }


def _by(
    messages: Sequence[MarkedMessage], results: Sequence[Marked], group: Callable[[MarkedMessage], str]
) -> dict[str, Any]:
    groups = sorted({group(message) for message in messages})
    return {
        name: _summarize([result for message, result in zip(messages, results, strict=True) if group(message) == name])
        for name in groups
    }


def time_messages(split: SpanSplit, run: RunFolder, corpus: Path) -> dict[str, float | int | str]:
    """Time what is served, alone and before the shipped intent model, on messages of about 32 tokens, with one thread.

    Returns:
        Percentiles in milliseconds of the network with the rules, of both models, and of the network alone; the number
        of messages; and the machine.
    """
    tagger, classifier = EntityTagger.load(run.model), Classifier.load()
    recognizer = Recognizer(tagger)
    texts = [message.text for message in validation_messages(split, corpus)]
    short = [text for text in texts if len(tagger.encode(text)[0]) + 2 in _SHORT][:_TIMED] or texts[:_TIMED]
    times: list[tuple[float, float, float]] = []
    warm_up = short[:_WARM_UP]
    for text in [*warm_up, *short]:
        first = time.perf_counter()
        tagger.find(text)
        start = time.perf_counter()
        recognizer.find(text)
        middle = time.perf_counter()
        classifier.classify([text])
        times.append((middle - start, time.perf_counter() - start, start - first))
    served, both, network = (list(column) for column in zip(*times[len(warm_up) :], strict=True))
    return {
        **_percentiles("", served),
        **_percentiles("both_", both),
        **_percentiles("network_", network),
        "messages": len(short),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }


def _percentiles(prefix: str, times: Sequence[float]) -> dict[str, float]:
    """Return two percentiles of seconds, in milliseconds."""
    return {f"{prefix}p{share}_ms": round(1000 * float(np.percentile(times, share)), 2) for share in (50, 95)}
