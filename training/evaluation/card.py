"""The model card, written from what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.understanding import INTENTS, OTHERS
from training.evaluation.plots import TITLES
from training.evaluation.report import intents_table, scores_table, screens_by_set, screens_table, urgency_table
from training.export.model_folder import CARD, EVALUATION, NETWORK
from training.markdown import NOT_MEASURED, format_percent

_IDENTITY = """\
# Intent model {version}

Reads one message to a healthcare practice and names what the patient wants: one of {intents}. {others}

| | |
|---|---|
| Architecture | DeBERTa-v2/v3, {size:.1f} MB of int8 ONNX |
| Inputs, output | `input_ids` and `attention_mask`, `logits` |
| Started from | {base_name}, licence {base_licence}; its weights were changed, its tokenizer was not |
| Licence | MIT, with the base model's notice in `NOTICE` |
| Language | English |
| Made by | `python -m training train` with the recipe `{recipe}`, seed {seed} |
| Evaluated in full | `training/reports/{version}/report.md` |

## Intended use

Sorting a practice's incoming text (SMS, voicemail transcripts, chat, web forms, email) so that the fitting
reply goes out and the right people are told. It gives no medical advice and is not a triage device. A message
below the review threshold belongs to a person, and nobody may count on the urgency screen to find an emergency.
"""
_KNOWS_MORE = (
    "It also tells what belongs to none of them (spam, vendors, wrong numbers and the like), what needs no answer, "
    "what is in Spanish or in another language that is not English, and, by itself, what a human must see within "
    "minutes."
)
_KNOWS_INTENTS = "It knows nothing else: whatever belongs to none of them gets one of them all the same."

_TRAINING = """\
## How it was trained

On {train:,} fictional messages, {validation:,} more kept for validation (split by intent and practice). Slots such
as names and dates got fresh values in every one of {epochs} epochs, and {noise:.0%} of the readings got typing or
transcription noise.{taught} {note}The checkpoint with the best macro-F1 on validation was kept; the temperature and the
thresholds were chosen on validation too.
"""
_TAUGHT = " {weight:.0%} of the loss compared its answers with those of another model, made by `{teacher}`."

_UNSEEN = """\
The cross-style test was written separately, in a deliberately different style, and the held-back messages were
written for the screens. Both were used for nothing but these figures; `training/corpus/READS.md` lists every time
they were read. Validation chose the checkpoint and the thresholds, so its figures flatter them.
"""
_LEFT_ALONE = """\
**The cross-style test and the held-back messages were left alone in this evaluation.** Validation chose the
checkpoint and the thresholds, so its figures flatter the model; how it does in another style is not measured here.
"""

_CONFIDENCE = """\
## Confidence

Logits are divided by {temperature} (fitted on validation), which takes the expected calibration error ({part})
from {before:.3f} to {after:.3f}. At the review threshold of {threshold}, {routed} of the messages with an intent
are routed without a person, and of these {rightly} rightly (validation). The surest {coverage} of the messages are
understood with {accuracy:.0%} accuracy ({part}).
"""

_LIMITS = """\
- Practices of ten kinds in the United States; other services and other ways of paying were not seen.
- All training and test text is fiction, written for this project. Real traffic has other proportions, and none was
  used to measure this: neither the accuracy nor the rate of false alarms in a practice is known.
- It was not measured by who writes beyond the tone and age that the fictional messages were written in: not by
  dialect, first language, disability, or what a speech recogniser makes of an accent.
- A message that says two things gets one intent.
"""
_LIMITS_MORE = """\
- It answers for English alone. A message in Spanish or another language is meant to be held for a person; urgency in
  such a message was neither taught nor measured.
- What belongs to no intent was measured on the kinds in the report; another kind may pass for an intent.
- The urgency screen misses some: {missed} urgent messages ({urgent_set}) raised no alarm. What is urgent was judged
  from the text alone.
"""
_LIMITS_INTENTS = """\
- It always names one of its intents, also for messages that none of them should claim or that are in another
  language, and can be confident about it. Urgent messages are found by the danger signs in their words alone.
"""


def write_card(model: Path) -> None:
    """Write `README.md` into a model folder from its evaluation."""
    evaluation = json.loads((model / EVALUATION).read_text(encoding="utf-8"))
    megabytes = (model / NETWORK).stat().st_size / 1e6
    text = "\n\n".join(section.strip() for section in _sections(evaluation, megabytes))
    (model / CARD).write_text(text + "\n", encoding="utf-8")


def _sections(evaluation: Mapping[str, Any], megabytes: float) -> Iterator[str]:
    recipe = evaluation["recipe"]
    knows_more = set(OTHERS) <= set(evaluation["model"]["labels"])
    yield _IDENTITY.format(
        version=evaluation["model"]["version"],
        intents=", ".join(f"`{intent}`" for intent in INTENTS),
        others=_KNOWS_MORE if knows_more else _KNOWS_INTENTS,
        size=megabytes,
        base_name=recipe["base"]["name"],
        base_licence=recipe["base"]["licence"],
        recipe=recipe["name"],
        seed=recipe["seed"],
    )
    yield _TRAINING.format(
        epochs=recipe["optimisation"]["epochs"],
        noise=recipe["data"]["noise"],
        note=f"{recipe['note']} " if recipe["note"] else "",
        taught=_TAUGHT.format(**recipe["distillation"]) if recipe["distillation"] else "",
        **evaluation["messages"],
    )
    yield "## How good it is"
    yield _UNSEEN if "held_back" in evaluation else _LEFT_ALONE
    yield "95% intervals stand in brackets. The baseline is TF-IDF with a logistic regression on the same messages."
    yield scores_table(evaluation)
    part, title = _strictest(evaluation)
    yield f"### By intent ({title})"
    yield intents_table(evaluation[part])
    yield "### What is held, what needs no answer, and languages"
    yield screens_table(evaluation)
    yield "### Urgency"
    yield urgency_table(evaluation)
    yield _confidence(evaluation)
    yield "## Limits"
    yield _limits(evaluation, knows_more)


def _strictest(evaluation: Mapping[str, Any]) -> tuple[str, str]:
    """Return the set that flatters the model least, of those it was measured on, and what it is called."""
    return [(part, title) for part, title in TITLES.items() if part in evaluation][-1]


def _confidence(evaluation: Mapping[str, Any]) -> str:
    part, title = _strictest(evaluation)
    measured, thresholds = evaluation[part], evaluation["model"]["thresholds"]
    in_scope = evaluation["validation"]["screens"]["in_scope"]
    rightly = in_scope["accuracy_when_routed"]
    return _CONFIDENCE.format(
        temperature=thresholds["temperature"],
        threshold=thresholds["review"],
        part=title,
        before=measured["calibration"]["before"]["expected_error"],
        after=measured["calibration"]["after"]["expected_error"],
        routed=format_percent(in_scope["routed"]["share"]),
        rightly=format_percent(rightly["share"]) if rightly else NOT_MEASURED,
        coverage=format_percent(measured["risk_coverage"]["coverage"]),
        accuracy=measured["risk_coverage"]["accuracy"],
    )


def _limits(evaluation: Mapping[str, Any], knows_more: bool) -> str:
    if not knows_more:
        return _LIMITS + _LIMITS_INTENTS
    title, screens = list(screens_by_set(evaluation).items())[-1]
    return _LIMITS + _LIMITS_MORE.format(missed=_missed(screens["urgency"]["served"]["found"]), urgent_set=title)


def _missed(found: Mapping[str, float] | None) -> str:
    """Return how many urgent messages were not found, out of how many."""
    return f"{found['messages'] - found['count']} of {found['messages']}" if found else NOT_MEASURED
