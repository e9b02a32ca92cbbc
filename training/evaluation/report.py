"""Write the evaluation report: Markdown with figures, and the measures as JSON."""

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
"""Titles of the compared models."""

SCREENS = {"served": "the whole screen", "network": "only the network", "signs": "only the danger signs"}
"""Titles of the parts of the urgency screen."""

_INTRODUCTION = """\
# Evaluation of the intent model {version}

Recipe `{recipe}`, seed {seed}; trained on {train:,} messages, validated on {validation:,}.

{unseen}

Intervals are at 95%: bootstrap for accuracy and macro-F1 (2,000 resamples, fixed seed), Wilson for all other shares.
Shares are in percent. The baseline is logistic regression on TF-IDF of words and characters, trained on the same
messages. All messages are fictional, so performance on real messages is unknown.
"""
_WITH_UNSEEN = """\
The cross-style test was written separately, in a deliberately different style; the held-back messages were written to
test the screens. Neither was used for training, selection or thresholds, and every use is recorded in
`training/corpus/READS.md`. The thresholds were chosen on validation, so its figures flatter the model."""
_WITHOUT_UNSEEN = """\
The cross-style test and the held-back messages were not used (`--validation-only`). The thresholds were chosen on
validation, so its figures flatter the model."""
_LATENCY = """\
{heading}

On one machine ({machine}), with one thread and one message at a time, for {messages} validation messages: median
{p50_ms} ms, 95th percentile {p95_ms} ms, 99th percentile {p99_ms} ms. Latency depends on the machine and its load.
"""


def write_report(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str], folder: Path) -> None:
    """Write a report to a folder, replacing an earlier one.

    Args:
        evaluation: The result of `training.evaluation.evaluate.evaluate_model`.
        latency: The result of `training.evaluation.latency.measure_latency`. It is different every time, so it has a
            file of its own and is not among the measures.
        folder: The folder for `report.md`, `evaluation.json`, `latency.json` and the figures.
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
    yield "### Out of scope by kind, not routed"
    yield _kinds(evaluation)
    yield "### Urgency"
    yield urgency_table(evaluation)
    yield _LATENCY.format(heading=LATENCY_HEADING, **latency)


def scores_table(evaluation: Mapping[str, Any]) -> str:
    """Return the accuracy and macro-F1 of each model on each set, and the agreement of int8 with fp32."""
    rows = [
        [TITLES[part], f"{evaluation[part]['messages']:,}", title]
        + [format_score(evaluation[part][model], score) for score in ("accuracy", "macro_f1")]
        for part in TITLES
        if part in evaluation
        for model, title in PREDICTORS.items()
    ]
    agreement = "; ".join(
        f"{title} {format_share(evaluation[part]['int8_fp32_agreement'])}"
        for part, title in TITLES.items()
        if part in evaluation
    )
    scores = format_table(["messages", "count", "model", "accuracy", "macro-F1"], rows)
    return f"{scores}\n\nThe int8 network and its fp32 original predict the same intent: {agreement}."


def intents_table(measured: Mapping[str, Any]) -> str:
    """Return the precision, recall and F1 of each intent in one set, with the baseline's F1."""
    return format_table(
        ["intent", "messages", "precision", "recall", "F1", "baseline F1"],
        (
            [f"`{intent}`", f"{scores['messages']:,}"]
            + [format_percent(scores[score]) for score in ("precision", "recall", "f1")]
            + [format_percent(measured["baseline_by_intent"][intent]["f1"])]
            for intent, scores in measured["by_intent"].items()
        ),
    )


def screens_table(evaluation: Mapping[str, Any]) -> str:
    """Return the results of the screens for scope, acknowledgements and language on each set."""
    rows = {
        "out of scope: not routed": ("out_of_scope", "held"),
        "has an intent: routed": ("in_scope", "routed"),
        "… of these correctly": ("in_scope", "accuracy_when_routed"),
        "has an intent: mistaken for an acknowledgement": ("in_scope", "taken_for_acknowledgement"),
        "acknowledgement: recognized": ("acknowledgement", "found"),
        "in Spanish: recognized": ("language", "spanish_heard"),
        "in another language: recognized": ("language", "other_languages_heard"),
        "in English, with an intent: mistaken for another language": ("language", "english_taken_for_another"),
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
    """Return recall and false alarms of the urgency screen as a whole and of its parts."""
    rows = [
        [title, who, *(format_share(alarms[key]) for key in ("found", "false_alarms", "everyday_alarms"))]
        for title, screens in screens_by_set(evaluation).items()
        for key, who in SCREENS.items()
        if (alarms := screens["urgency"].get(key))
    ]
    header = ["messages", "alarm from", "urgent: found", "near misses: false alarms", "everyday: false alarms"]
    return format_table(header, rows)


def screens_by_set(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures of the screens by the title of the set."""
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
        f"Logits are divided by {thresholds['temperature']}; intents are routed from a confidence of "
        f"{thresholds['review']}.\n\n{format_table(header, rows)}\n\n{figures}\n\n"
        "![Risk and coverage](risk-coverage.svg)"
    )


def _hardest_pairs(pairs: list[dict[str, Any]]) -> Iterator[str]:
    yield "## Hardest pairs of intents (validation)"
    for pair in pairs:
        first, second = pair["intents"]
        examples = (
            f"- {example['text']}\n"
            f"  (`{example['expected']}`, predicted `{example['said']}` with confidence {example['confidence']:.2f})"
            for example in pair["examples"]
        )
        yield f"**`{first}` and `{second}`**: {pair['messages']} confused\n\n" + "\n".join(examples)


def _kinds(evaluation: Mapping[str, Any]) -> str:
    columns = {title: screens["out_of_scope"]["by_kind"] for title, screens in screens_by_set(evaluation).items()}
    kinds = sorted({kind for by_kind in columns.values() for kind in by_kind})
    return format_table(
        ["kind", *columns],
        ([f"`{kind}`", *(format_share(by_kind.get(kind)) for by_kind in columns.values())] for kind in kinds),
    )
