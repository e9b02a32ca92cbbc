"""The evaluation report, written from what was measured: Markdown with figures, and the measures as JSON."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from training.evaluation.metrics import GROUPS
from training.evaluation.plots import TITLES, draw_figures
from training.export.model_folder import write_json
from training.markdown import format_interval, format_percent, format_score, format_share, format_table

LATENCY_HEADING = "## Latency"
PREDICTORS = {"int8": "this model, int8 (served)", "fp32": "this model, fp32", "baseline": "baseline"}
"""Who read the messages, as they are called."""

SCREENS = {"served": "the screen as served", "network": "the network alone", "signs": "the danger signs alone"}
"""What can raise the alarm, as it is called."""

_INTRODUCTION = """\
# Evaluation of the intent model {version}

Recipe `{recipe}`, seed {seed}; learned from {train:,} messages, validated on {validation:,}.

{unseen}

Intervals hold 95%: of accuracy and macro-F1 by the bootstrap (2,000 resamples, fixed seed), of every other share by
Wilson's formula. Shares are in percent. The baseline is TF-IDF of words and characters under a logistic regression,
trained on the same messages. All messages are fiction; what the figures say about real ones is a guess.
"""
_WITH_UNSEEN = """\
The cross-style test was written separately, in a deliberately different style; the held-back messages were written
for the screens. Nothing was trained, chosen or given a threshold on either, and every reading of them is recorded
in `training/corpus/READS.md`. The thresholds were chosen on validation, whose figures flatter them."""
_WITHOUT_UNSEEN = """\
The cross-style test and the held-back messages were left alone (`--validation-only`). The thresholds were chosen on
validation, whose figures flatter them."""
_LATENCY = """\
{heading}

On one machine ({machine}), one thread, one message at a time, {messages} validation messages: half within
{p50_ms} ms, 95% within {p95_ms} ms, 99% within {p99_ms} ms. It depends on the machine and on what else it does.
"""


def write_report(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str], folder: Path) -> None:
    """Write a report into a folder, replacing what is there.

    Args:
        evaluation: What `training.evaluation.evaluate.evaluate_model` returned.
        latency: What `training.evaluation.latency.measure_latency` returned. It differs every time, so it goes
            into the text and a file of its own, not among the measures.
        folder: Where `report.md`, `evaluation.json`, `latency.json` and the figures go.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_json(folder / "evaluation.json", evaluation)
    write_json(folder / "latency.json", latency)
    draw_figures(evaluation, folder)
    text = "\n\n".join(section.strip() for section in _sections(evaluation, latency))
    (folder / "report.md").write_text(text + "\n", encoding="utf-8")


def _sections(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str]) -> Iterator[str]:
    recipe, parts = evaluation["recipe"], [part for part in TITLES if part in evaluation]
    yield _INTRODUCTION.format(
        version=evaluation["model"]["version"],
        recipe=recipe["name"],
        seed=recipe["seed"],
        unseen=_WITH_UNSEEN if "held_back" in evaluation else _WITHOUT_UNSEEN,
        **evaluation["messages"],
    )
    yield "## Intents"
    yield scores_table(evaluation)
    for part in parts:
        yield from _intents(evaluation[part], part)
    yield "## Confidence"
    yield _confidence(evaluation)
    yield from _hardest_pairs(evaluation["validation"]["hardest_pairs"])
    yield "## Screens"
    yield screens_table(evaluation)
    yield "### By kind of message that belongs to no intent, held or acknowledged"
    yield _kinds(evaluation)
    yield "### Urgency"
    yield urgency_table(evaluation)
    yield _LATENCY.format(heading=LATENCY_HEADING, **latency)


def scores_table(evaluation: Mapping[str, Any]) -> str:
    """Return the accuracy and macro-F1 of every reader on every set, and how well int8 and fp32 agree."""
    rows = [
        [TITLES[part], f"{evaluation[part]['messages']:,}", title]
        + [format_score(evaluation[part][reader], score) for score in ("accuracy", "macro_f1")]
        for part in TITLES
        if part in evaluation
        for reader, title in PREDICTORS.items()
    ]
    agreement = "; ".join(
        f"{title} {format_share(evaluation[part]['int8_fp32_agreement'])}"
        for part, title in TITLES.items()
        if part in evaluation
    )
    scores = format_table(["messages", "how many", "read by", "accuracy", "macro-F1"], rows)
    return f"{scores}\n\nThe int8 network and its fp32 original name the same intent: {agreement}."


def intents_table(measured: Mapping[str, Any]) -> str:
    """Return precision, recall and F1 of every intent in one set, beside the baseline's F1."""
    return format_table(
        ["intent", "messages", "precision", "recall", "F1", "baseline's F1"],
        (
            [f"`{intent}`", f"{scores['messages']:,}"]
            + [format_percent(scores[score]) for score in ("precision", "recall", "f1")]
            + [format_percent(measured["baseline_by_intent"][intent]["f1"])]
            for intent, scores in measured["by_intent"].items()
        ),
    )


def screens_table(evaluation: Mapping[str, Any]) -> str:
    """Return what the screens of scope, acknowledgement and language do, on every set they were measured on."""
    rows = {
        "belongs to no intent: not routed": ("out_of_scope", "held"),
        "has an intent: routed": ("in_scope", "routed"),
        "… of these rightly": ("in_scope", "accuracy_when_routed"),
        "has an intent: taken for one that needs no answer": ("in_scope", "taken_for_acknowledgement"),
        "needs no answer: recognised": ("acknowledgement", "found"),
        "in Spanish: recognised": ("language", "spanish_heard"),
        "in another language: recognised": ("language", "other_languages_heard"),
        "in English, with an intent: taken for another language": ("language", "english_taken_for_another"),
    }
    columns = screens_by_set(evaluation)
    return format_table(
        ["message", *columns],
        (
            [title, *(format_share(screens[group][measure]) for screens in columns.values())]
            for title, (group, measure) in rows.items()
        ),
    )


def urgency_table(evaluation: Mapping[str, Any]) -> str:
    """Return how much the urgency screen finds and how often it is wrong, as served and each half alone."""
    rows = [
        [title, who, *(format_share(alarms[key]) for key in ("found", "false_alarms", "everyday_alarms"))]
        for title, screens in screens_by_set(evaluation).items()
        for key, who in SCREENS.items()
        if (alarms := screens["urgency"].get(key))
    ]
    header = ["messages", "alarm by", "urgent: found", "near misses: false alarms", "everyday: false alarms"]
    return format_table(header, rows)


def screens_by_set(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures of the screens by the name of the set they were measured on."""
    names = {"validation": "validation", "held_back": "held back"}
    return {title: evaluation[part]["screens"] for part, title in names.items() if part in evaluation}


def _intents(measured: Mapping[str, Any], part: str) -> Iterator[str]:
    yield f"### By intent, {TITLES[part]}"
    yield intents_table(measured)
    yield f"![Confusion matrix](confusion-{part}.svg)"
    yield f"### By group, {TITLES[part]}"
    yield format_table(
        ["group", "messages", "accuracy", "interval", "macro-F1"],
        (
            [
                f"{group} `{name}`",
                f"{part['accuracy']['messages']:,}",
                format_percent(part["accuracy"]["share"]),
                format_interval(part["accuracy"]["low"], part["accuracy"]["high"]),
                format_percent(part["macro_f1"]),
            ]
            for group in GROUPS
            for name, part in measured[f"by_{group}"].items()
        ),
    )
    yield f"![Accuracy by group](groups-{part}.svg)"


def _confidence(evaluation: Mapping[str, Any]) -> str:
    thresholds = evaluation["model"]["thresholds"]
    parts = {part: title for part, title in TITLES.items() if part in evaluation}
    rows = [
        [
            title,
            *(f"{evaluation[part]['calibration'][when]['expected_error']:.3f}" for when in ("before", "after")),
            format_percent(evaluation[part]["risk_coverage"]["coverage"]),
        ]
        for part, title in parts.items()
    ]
    sure = next(iter(parts))
    header = [
        "messages",
        "calibration error before",
        "after",
        f"coverage at {evaluation[sure]['risk_coverage']['accuracy']:.0%} accuracy",
    ]
    figures = "\n\n".join(f"![Reliability, {title}](reliability-{part}.svg)" for part, title in parts.items())
    return (
        f"Logits are divided by {thresholds['temperature']}; an intent is acted on from a confidence of "
        f"{thresholds['review']} on.\n\n{format_table(header, rows)}\n\n{figures}\n\n"
        "![Risk and coverage](risk-coverage.svg)"
    )


def _hardest_pairs(pairs: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Hardest pairs of intents (validation)"
    for pair in pairs:
        first, second = pair["intents"]
        examples = (
            f"- {example['text']}\n  (`{example['expected']}`, said `{example['said']}` at {example['confidence']:.2f})"
            for example in pair["examples"]
        )
        yield f"**`{first}` and `{second}`**: {pair['messages']} taken for the other\n\n" + "\n".join(examples)


def _kinds(evaluation: Mapping[str, Any]) -> str:
    columns = {title: screens["out_of_scope"]["by_kind"] for title, screens in screens_by_set(evaluation).items()}
    kinds = sorted({kind for by_kind in columns.values() for kind in by_kind})
    return format_table(
        ["kind", *columns],
        ([f"`{kind}`", *(format_share(by_kind.get(kind)) for by_kind in columns.values())] for kind in kinds),
    )
