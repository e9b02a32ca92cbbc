"""Turn a checkpoint of the entity model into a model folder, calibrated on the validation messages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm.auto import tqdm

from classifier.entities.bundle import NAME
from classifier.entities.decoding import decode_entities
from classifier.entities.labels import LABELS
from classifier.entities.spans import Span
from classifier.entities.tagger import EntityTagger
from training.data.dataset import load_tokenizer
from training.data.spans.dataset import render_fixed
from training.data.spans.messages import SpanMessage
from training.data.splitting import VALIDATION_SEED
from training.export.export_model import export_network
from training.export.model_folder import NETWORK, begin_folder, replace_folder, write_json, write_manifest
from training.export.span_scores import Marked, marked, score_messages, score_spans
from training.fit.base_checkpoints import locate_checkpoint
from training.recipe import EntityRecipe, EntityTargets
from training.run_folder import RunFolder

_PENALTIES: Final = tuple(np.arange(-2.0, 4.01, 0.25).tolist())


def export_tagger(recipe: EntityRecipe, validation: Sequence[SpanMessage], run: RunFolder, corpus: Path) -> None:
    """Build the model folder `run.model` from `run.best`, calibrated on the validation messages.

    It lacks only its evaluation and its card. The folder appears only once it is complete.
    """
    model = begin_folder(run.model)
    export_network(run.best, run.onnx, model / NETWORK)
    load_tokenizer(locate_checkpoint(recipe.base)).save(str(model / "tokenizer.json"), pretty=False)
    write_json(
        model / "config.json",
        {
            "architecture": "deberta-v2",
            "labels": list(LABELS),
            "max_tokens": recipe.data.max_tokens,
            "window_overlap": recipe.data.window_overlap,
            "base_model": recipe.base.name,
        },
    )
    write_json(model / "calibration.json", {"outside_penalty": 0.0})
    write_manifest(model, NAME)
    texts = render_fixed(validation, VALIDATION_SEED, corpus)
    write_json(model / "calibration.json", calibrate_tagger(EntityTagger.load(model), texts, recipe.calibration))
    write_manifest(model, NAME)
    replace_folder(run.model, model)


def calibrate_tagger(
    tagger: EntityTagger, texts: Sequence[tuple[str, list[Span]]], targets: EntityTargets
) -> dict[str, Any]:
    """Choose what is subtracted from the logit of tokens outside of any value.

    It is the number with the best F2 of those that reach the targets, or, if none does, the smallest.

    Returns:
        The content of `calibration.json`: the number, and what it achieves on these texts.
    """
    encoded = [tagger.encode(text) for text, _ in texts]
    logits = [tagger.label_logits(ids) for ids, _ in tqdm(encoded, desc="calibrate", unit="message")]
    best: tuple[float, float, dict[str, Any]] | None = None
    for penalty in _PENALTIES:
        messages = [
            _found(text, there, offsets, rows, penalty)
            for (text, there), (_, offsets), rows in zip(texts, encoded, logits, strict=True)
        ]
        figures = {**score_spans(messages)["covered"], **score_messages(messages)}
        f2 = figures["f2"] or 0.0
        if best is None or (_reaches(figures, targets) and f2 > best[0]):
            best = (f2 if _reaches(figures, targets) else -1.0, penalty, figures)
    assert best is not None  # noqa: S101 - there are penalties
    return {"outside_penalty": best[1], "validation": best[2]}


def _found(text: str, there: list[Span], offsets: Sequence[tuple[int, int]], logits: Any, penalty: float) -> Marked:
    entities = decode_entities(text, offsets, logits, penalty)
    return marked(text, there, [(entity.start, entity.end, entity.kind) for entity in entities])


def _reaches(figures: dict[str, Any], targets: EntityTargets) -> bool:
    untouched = figures["untouched"]
    return (figures["precision"] or 0.0) >= targets.precision and (
        untouched is None or untouched["share"] >= targets.untouched
    )
