"""Write the evaluation report: Markdown with figures, and the measures as JSON."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from intake.vocabulary import DangerKind
from training.evaluation.metrics import GROUPS
from training.evaluation.plots import TITLES, draw_figures
from training.export.model_folder import write_json
from training.markdown import (
    NOT_MEASURED,
    format_interval,
    format_percent,
    format_score,
    format_share,
    format_table,
)

LATENCY_HEADING = "## Latency"
PREDICTORS = {"int8": "this model, int8 (served)", "fp32": "this model, fp32", "baseline": "baseline"}
"""Titles of the compared models."""

SCREENS = {
    "served": "everything together",
    "network": "only the network",
    "signs": "only the danger signs",
    "certain_signs": "only the certain danger signs",
}
"""Titles of what can raise an emergency."""

_STRANGERS = {
    "triage": "strangers: triage",
    "letters": "strangers: letters",
    "scope": "strangers: scope",
    "spanish": "strangers: Spanish",
    "two_intents": "strangers: two intents",
    "everyday": "strangers: everyday",
}

_INTRODUCTION = """\
# Evaluation of the intent model {version}

Recipe `{recipe}`, seed {seed}; trained on {train:,} messages, validated on {validation:,}.

{unseen}

Intervals are at 95%: bootstrap for accuracy and macro-F1 (2,000 resamples, fixed seed), Wilson for all other shares.
Shares are in percent. The baseline is logistic regression on TF-IDF of words and characters, trained on the same
messages. All messages are fictional, so performance on real messages is unknown.
"""
_WITH_UNSEEN = """\
The cross-style test was written separately, in a deliberately different style; the held-back messages and those by
strangers were written to test the screens. None was used for training, selection or thresholds, and every use is
recorded in `training/corpus/READS.md`. Validation is {validated};
the thresholds were chosen on it, so its figures flatter the model."""
_WITHOUT_UNSEEN = """\
The cross-style test, the held-back messages and those by strangers were not used (`--validation-only`). Validation is
{validated}; the thresholds were chosen on it, so its figures flatter the model."""
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
    (folder / "report.md").write_text(render_report(evaluation, latency), encoding="utf-8")


def render_report(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str]) -> str:
    """Return the text of a report, which links to its figures."""
    return "\n\n".join(section.strip() for section in _sections(evaluation, latency)) + "\n"


def _sections(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str]) -> Iterator[str]:
    recipe, parts = evaluation["recipe"], [part for part in TITLES if part in evaluation]
    unseen = _WITH_UNSEEN if "held_back" in evaluation else _WITHOUT_UNSEEN
    yield _INTRODUCTION.format(
        version=evaluation["model"]["version"],
        recipe=recipe["name"],
        seed=recipe["seed"],
        unseen=unseen.format(validated=describe_validation(evaluation)),
        **evaluation["messages"],
    )
    yield "## Intents"
    yield scores_table(evaluation)
    for part in parts:
        yield from _intents(evaluation[part], part)
    yield "## Confidence"
    yield _confidence(evaluation)
    yield from _hardest_pairs(evaluation["validation"]["hardest_pairs"])
    yield "## Scope, requests and languages"
    yield screens_table(screens_by_set(evaluation))
    yield "### Held back from an intent, by kind"
    yield _kinds(evaluation)
    yield "## Triage"
    yield triage_table(screens_by_set(evaluation))
    yield "## By writer"
    yield "Validation by writer. The last row is the worst of each column."
    yield writers_table(evaluation)
    yield _LATENCY.format(heading=LATENCY_HEADING, **latency)


def describe_validation(evaluation: Mapping[str, Any]) -> str:
    """Return whose messages the validation messages are."""
    writers = evaluation["recipe"]["data"]["validation_writers"]
    if not writers:
        return "a share of every writer's messages, so the network has seen others of theirs"
    return f"all messages of {', '.join(f'`{name}`' for name in writers)}, of whom the network has seen nothing"


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


def screens_table(sets: Mapping[str, Any]) -> str:
    """Return scope, acknowledgements, requests for a person, praise, languages and second intents of each set."""
    rows = {
        "out of scope, praise or a request for a person: not routed by an intent": ("out_of_scope", "held"),
        "has an intent: routed": ("in_scope", "routed"),
        "… of these correctly": ("in_scope", "accuracy_when_routed"),
        "has an intent: mistaken for an acknowledgement": ("in_scope", "taken_for_acknowledgement"),
        "has an intent: mistaken for praise": ("in_scope", "taken_for_praise"),
        "acknowledgement: recognized": ("acknowledgement", "found"),
        "asks for a person: recognized": ("person", "found"),
        "praise: recognized": ("praise", "found"),
        "in English: recognized": ("language", "en"),
        "in Spanish: recognized": ("language", "es"),
        "in another language: recognized": ("language", "other"),
        "two intents: a second one reported": ("second_intent", "found"),
        "one intent: a second one reported": ("second_intent", "imagined"),
    }
    table = [
        [title, *(format_share(screens[group][measure]) for screens in sets.values())]
        for title, (group, measure) in rows.items()
    ]
    errors = [screens["calibration_error"] for screens in sets.values()]
    table.append(
        ["calibration error (intents)", *(NOT_MEASURED if error is None else f"{error:.3f}" for error in errors)]
    )
    return format_table(["message", *sets], [row for row in table if set(row[1:]) != {NOT_MEASURED}])


def triage_table(sets: Mapping[str, Any]) -> str:
    """Return the recall and false alarms of the triage levels of each set, and what each part finds by itself."""
    rows = []
    for title, screens in sets.items():
        if screens["triage"]["emergency"]["served"]["found"] is None:
            continue
        for key, who in SCREENS.items():
            if alarms := screens["triage"]["emergency"].get(key):
                shares = [format_share(alarms[name]) for name in ("found", "false_alarms", "everyday_alarms")]
                rows.append([title, who, *shares])
    header = ["messages", "emergency from", "emergencies found", "routine near misses alarmed", "everyday alarmed"]
    levels = {
        "same-day message: raised to same day or emergency": ("same_day", "raised"),
        "same-day message: raised to emergency": ("same_day", "as_emergency"),
        "routine message: taken for same day": ("same_day", "routine_as_same_day"),
    }
    second = [
        [title, *(format_share(screens["triage"][group][measure]) for screens in sets.values())]
        for title, (group, measure) in levels.items()
    ]
    kinds = [
        [f"{kind} emergency: {what}", *(_of_kind(screens, kind, what) for screens in sets.values())]
        for kind in DangerKind
        for what in ("found", "named")
    ]
    measured = [row for row in (*second, *kinds) if set(row[1:]) != {NOT_MEASURED}]
    return f"{format_table(header, rows)}\n\n{format_table(['message', *sets], measured)}"


def _of_kind(screens: Mapping[str, Any], kind: str, what: str) -> str:
    found = screens["danger"].get(kind)
    return format_share(found[what]) if found else NOT_MEASURED


def writers_table(evaluation: Mapping[str, Any]) -> str:
    """Return the main measures of each validation writer, with the worst of each in the last row."""
    measures: dict[str, tuple[tuple[str, ...], bool]] = {
        "emergencies found": (("triage", "emergency", "served", "found"), True),
        "near misses alarmed": (("triage", "emergency", "served", "false_alarms"), False),
        "same day raised": (("triage", "same_day", "raised"), True),
        "not routed if out of scope": (("out_of_scope", "held"), True),
        "routed if it has an intent": (("in_scope", "routed"), True),
        "right of these": (("in_scope", "accuracy_when_routed"), True),
    }
    rows, columns = [], []
    for writer, screens in evaluation["validation"]["writers"].items():
        found = [_reach(screens, path) for path, _ in measures.values()]
        columns.append(found)
        rows.append([f"`{writer}`", *map(format_share, found)])
    worst = [
        (min if more_is_better else max)((share for share in column if share), key=lambda s: s["share"], default=None)
        for column, (_, more_is_better) in zip(zip(*columns, strict=True), measures.values(), strict=True)
    ]
    return format_table(["writer", *measures], [*rows, ["worst", *map(format_share, worst)]])


def _reach(screens: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    found: Any = screens
    for key in path:
        found = found[key]
    return found


def screens_by_set(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the measures of the screens by the title of the set."""
    names = {"validation": "validation", "held_back": "held back"}
    sets = {title: evaluation[part]["screens"] for part, title in names.items() if part in evaluation}
    return sets | {
        title: evaluation["strangers"][name]["screens"]
        for name, title in _STRANGERS.items()
        if "strangers" in evaluation
    }


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
    chosen = "; ".join(
        f"{language}: logits are divided by {found['temperature']}, and intents are routed from a confidence of "
        f"{min(found['of_intents'].values())} to {max(found['of_intents'].values())}"
        for language, found in thresholds.items()
    )
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
        f"By language, {chosen}.\n\n{format_table(header, rows)}\n\n{figures}\n\n"
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
