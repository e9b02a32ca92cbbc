"""The model card, written from what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from classifier.understanding import INTENTS

_CARD = """\
# Intent model

Reads one message to a healthcare practice and names what the patient wants: one of {intents}.

| | |
|---|---|
| Architecture | DeBERTa-v2/v3, compact, {size:.1f} MB of int8 ONNX |
| Inputs, output | `input_ids` and `attention_mask`, `logits` |
| Started from | {base_name}, licence {base_licence}; its weights were changed, its tokenizer was not |
| Licence | MIT, with the base model's notice in `NOTICE` |
| Language | English |
| Made by | `python -m training train` with the recipe `{recipe}`, seed {seed} |

## Intended use

Sorting a practice's incoming text (SMS, voicemail transcripts, chat, web forms, email) so that the fitting
reply goes out and the right people are told. It gives no medical advice, it is not a triage device, and it
never replaces the urgency screen. A message below the review threshold belongs to a person.

## How it was trained

On {train:,} fictional messages, {validation:,} more held back for validation (split by intent and practice).
Slots such as names and dates got fresh values in every one of {epochs} epochs, and {noise:.0%} of the
readings got typing or transcription noise. The checkpoint with the best macro-F1 on validation was kept.

## How good it is

The cross-style test is {cross_style} messages written separately, in a deliberately different style; it was
used for nothing but the figures below. The baseline is TF-IDF with a logistic regression on the same training
messages.

| | validation accuracy | validation macro-F1 | cross-style accuracy | cross-style macro-F1 |
|---|---|---|---|---|
{models}

The served int8 network and its fp32 original agree on {validation_agreement:.1%} of the validation messages
and {test_agreement:.1%} of the cross-style test.

### By intent (int8)

| intent | validation precision | recall | F1 | cross-style precision | recall | F1 |
|---|---|---|---|---|---|---|
{by_intent}

### By where the message comes from (validation, int8)

| source | messages | accuracy |
|---|---|---|
{by_part}

### Confidence

Logits are divided by {temperature} (fitted on validation), which takes the expected calibration error from
{ece_before:.3f} to {ece_after:.3f}. At the default review threshold of {threshold}, chosen on validation for
{target:.0%} accuracy, {coverage:.1%} of the validation messages are routed without a person, {routed:.1%} of
them rightly.

## Limits

- English only, United States practices of ten kinds; other services and other ways of paying were not seen.
- All training text is fiction. Real traffic has other proportions, and none was used to measure this.
- It always names one of its intents, also for messages that none of them should claim, and can be confident
  about it.
- A message that says two things gets one intent.
"""


def write_card(model: Path) -> None:
    """Write `README.md` into a model folder from its evaluation, configuration and calibration."""
    evaluation = _read(model / "evaluation.json")
    calibration = _read(model / "calibration.json")
    recipe, messages = evaluation["recipe"], evaluation["messages"]
    card = _CARD.format(
        intents=", ".join(f"`{intent}`" for intent in INTENTS),
        size=(model / "model.onnx").stat().st_size / 1e6,
        base_name=recipe["base"]["name"],
        base_licence=recipe["base"]["licence"],
        recipe=recipe["name"],
        seed=recipe["seed"],
        epochs=recipe["optimisation"]["epochs"],
        noise=recipe["data"]["noise"],
        models=_models(evaluation),
        by_intent=_by_intent(evaluation),
        by_part=_by_part(evaluation["validation"]),
        validation_agreement=evaluation["validation"]["int8_fp32_agreement"],
        test_agreement=evaluation["cross_style"]["int8_fp32_agreement"],
        temperature=calibration["temperature"],
        ece_before=calibration["ece_before"],
        ece_after=calibration["ece_after"],
        threshold=calibration["review_threshold"],
        target=calibration["target_accuracy"],
        coverage=calibration["validation_coverage"],
        routed=calibration["validation_accuracy_when_routed"],
        **messages,
    )
    (model / "README.md").write_text(card, encoding="utf-8")


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _models(evaluation: dict[str, Any]) -> str:
    names = {"int8": "this model, int8 (served)", "fp32": "this model, fp32", "baseline": "baseline"}
    return "\n".join(
        _row(title, *(evaluation[part][key][m] for part in _PARTS for m in ("accuracy", "macro_f1")))
        for key, title in names.items()
    )


def _by_intent(evaluation: dict[str, Any]) -> str:
    return "\n".join(
        _row(
            f"`{intent}`",
            *(evaluation[part]["by_intent"][intent][m] for part in _PARTS for m in ("precision", "recall", "f1")),
        )
        for intent in INTENTS
    )


def _by_part(validation: dict[str, Any]) -> str:
    parts = validation["by_source"] | validation["by_channel"]
    return "\n".join(_row(f"`{name}`", part["messages"], part["accuracy"]) for name, part in parts.items())


_PARTS = ("validation", "cross_style")


def _row(title: str, *cells: float) -> str:
    shown = (f"{cell:,}" if isinstance(cell, int) else f"{cell:.1%}" for cell in cells)
    return f"| {' | '.join([title, *shown])} |"
