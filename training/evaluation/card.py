"""Write the model card from an evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from classifier.outputs import INTENTS, OTHERS
from training.evaluation.plots import TITLES
from training.evaluation.report import (
    describe_validation,
    intents_table,
    scores_table,
    screens_by_set,
    screens_table,
    triage_table,
)
from training.export.model_folder import CARD, EVALUATION, NETWORK
from training.markdown import NOT_MEASURED, format_percent

_IDENTITY = """\
# Intent model {version}

Classifies a message to a healthcare practice by what the patient wants: one of {intents}. {others}

| | |
|---|---|
| Architecture | DeBERTa-v2/v3, {size:.1f} MB of int8 ONNX |
| Inputs, output | `input_ids` and `attention_mask`, `logits` |
| Base model | {base_name}, license {base_licence}; its weights were changed, its tokenizer was not |
| License | MIT, with the base model's notice in `NOTICE` |
| Languages | {languages} |
| Made by | `python -m training train` with the recipe `{recipe}`, seed {seed} |
| Full evaluation | `training/reports/{version}/report.md` |

## Intended use

Sorting a practice's incoming messages (texts, voicemail transcripts, chats, web forms, email) to send the right reply
and notify the right staff. It gives no medical advice and is not a triage device. Messages below the review threshold
must go to a person, and nobody should rely on the triage levels to find every emergency.
"""
_KNOWS_MORE = (
    "It also recognizes messages that have none of these intents (spam, vendors, wrong numbers, general questions and "
    "the like), messages that need no answer, only praise, or only ask for a person. Outputs of their own tell the "
    "language, how soon a person must see the message (emergency, same day, routine), the kind of danger, and whether "
    "there is a second intent."
)
_KNOWS_INTENTS = "It has no other outputs: messages with none of these intents are assigned one anyway."

_TRAINING = """\
## Training

Trained on {train:,} different fictional messages. Validation is {validation:,} others: {validated}.
Training ran for {epochs:g} epochs, in which some messages come more than once. Slots such as names and dates got new
values each time, {noise:.0%} of the messages got typing or transcription noise, and {joined:.0%} were joined with
another one.{taught} {note}The checkpoint was selected on messages of the training writers; temperatures and thresholds
were chosen on validation.
"""
_TAUGHT = " {weight:.0%} of the loss compared its answers with those of a larger model, trained with `{teacher}`."
_STARTED = " It started from layers {layers} of that model."

_UNSEEN = """\
The cross-style test was written separately, in a deliberately different style; the held-back messages and those by
strangers were written to test the screens. They were used only for these figures; `training/corpus/READS.md` lists
every use. The thresholds were chosen on validation, so its figures flatter the model.
"""
_LEFT_ALONE = """\
**The cross-style test, the held-back messages and those by strangers were not used in this evaluation.** The thresholds
were chosen on validation, so its figures flatter the model. Its performance in other styles is not measured here.
"""

_CONFIDENCE = """\
## Confidence

Logits are divided by {temperature} in English (fitted on validation, like the number for each other language), which
changes the expected calibration error ({part}) from {before:.3f} to {after:.3f}. At the thresholds in
`calibration.json`, {routed} of the messages with an intent are routed automatically, and {rightly} of these are correct
(validation). On the most confident {coverage} of the messages the
accuracy is {accuracy:.0%} ({part}).
"""

_LANGUAGES = {"en": "English", "es": "Spanish"}

_LIMITS = """\
- The messages are for ten kinds of practices in the United States; other services and other ways of paying are not
  covered.
- All training and test messages are fictional and were written for this project. Real messages have other proportions,
  and none were used here: accuracy and false alarms in a real practice are unknown.
- Fairness was measured only by the tone and age of the fictional writers: not by dialect, first language or
  disability, nor by the effect of accents on speech recognition.
"""
_LIMITS_MORE = """\
- It knows Spanish as patients in the United States write it, from fewer messages than English. Messages in other
  languages are meant for a person; their triage was neither trained nor measured.
- A second intent is found only if it is plain.
- Messages with none of the intents were measured for the kinds in the report; other kinds may be mistaken for an
  intent.
- It misses some emergencies: {missed}. How soon somebody is needed was judged only from the text.
"""
_LIMITS_INTENTS = """\
- It always predicts one of its intents, even for messages that have none of them or are in another language, and may be
  confident about it. A message with two intents gets only one. Emergencies are recognized only by danger signs.
"""


def write_card(model: Path) -> None:
    """Write the `README.md` of a model folder from its evaluation."""
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
        languages=", ".join(_LANGUAGES[language] for language in evaluation["model"]["thresholds"]),
    )
    yield _TRAINING.format(
        epochs=recipe["optimisation"]["epochs"],
        noise=recipe["data"]["noise"],
        joined=recipe["data"]["joined"],
        validated=describe_validation(evaluation),
        note=f"{recipe['note']} " if recipe["note"] else "",
        taught=_taught(recipe["distillation"]),
        **evaluation["messages"],
    )
    yield "## Results"
    yield _UNSEEN if "held_back" in evaluation else _LEFT_ALONE
    yield "95% intervals are in parentheses. The baseline is logistic regression on TF-IDF of the same messages."
    yield scores_table(evaluation)
    part, title = _strictest(evaluation)
    yield f"### By intent ({title})"
    yield intents_table(evaluation[part])
    yield "### Out of scope, acknowledgements and languages"
    yield screens_table(screens_by_set(evaluation))
    yield "### Triage"
    yield triage_table(screens_by_set(evaluation))
    yield _confidence(evaluation)
    yield "## Limits"
    yield _limits(evaluation, knows_more)


def _taught(distillation: Mapping[str, Any] | None) -> str:
    if distillation is None:
        return ""
    kept = ", ".join(map(str, distillation.get("kept_layers", ())))
    return _TAUGHT.format(**distillation) + (_STARTED.format(layers=kept) if kept else "")


def _strictest(evaluation: Mapping[str, Any]) -> tuple[str, str]:
    """Return the evaluated set whose figures flatter the model least, and its title."""
    return [(part, title) for part, title in TITLES.items() if part in evaluation][-1]


def _confidence(evaluation: Mapping[str, Any]) -> str:
    part, title = _strictest(evaluation)
    measured, thresholds = evaluation[part], evaluation["model"]["thresholds"]
    in_scope = evaluation["validation"]["screens"]["in_scope"]
    rightly = in_scope["accuracy_when_routed"]
    return _CONFIDENCE.format(
        temperature=thresholds["en"]["temperature"],
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
    missed = [
        f"{_missed(found)} ({title})"
        for title, screens in screens_by_set(evaluation).items()
        if (found := screens["triage"]["emergency"]["served"]["found"])
    ]
    return _LIMITS + _LIMITS_MORE.format(missed="; ".join(missed) or NOT_MEASURED)


def _missed(found: Mapping[str, float]) -> str:
    """Return the number of missed emergencies and the total."""
    return f"{found['messages'] - found['count']} of {found['messages']}"
