"""Write the report and the card of the entity model from its evaluation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from training.evaluation.spans.evaluate import SERVED
from training.evaluation.spans.finders import TITLES
from training.export.model_folder import CARD, EVALUATION, NETWORK, UNSEEN, write_json
from training.markdown import NOT_MEASURED, format_percent, format_share, format_table

SETS: Final = {
    "validation": "validation: messages never trained on, of writers with and without others in training",
    UNSEEN: "of these, by writers of whom training has nothing",
    "cross_style": "cross-style test",
    "dense": "strangers: dense in values",
    "lookalikes": "strangers: look-alikes",
}
"""Titles of the sets of messages."""

_INTRODUCTION = """\
# Evaluation of the entity model {version}

Recipe `{recipe}`, seed {seed}; trained on {train:,} messages an epoch, validated on {validation:,}.

{tests}

"Overlapping" counts a value as found if one of its kind overlaps it, "covered" if any does, which is what redaction
needs, and "exact" if kind and both ends are right. F2 counts recall twice as much as precision. A message leaks if one
of its identifiers is not found at all; carriers, plans, amounts, and procedure codes identify nobody and are left out
of leaks and of "identifiers". A part is left if one letter or digit of an identifier is not in what was found, as in
every leak. Intervals are Wilson's at 95%. Presidio is {presidio}. All messages are fictional, so performance on real
messages is unknown.

{held_out}
"""
_WITH_TESTS = """\
The cross-style test and the strangers' messages were written by people who had seen none of the training messages, and
were used for these figures alone; `training/corpus/READS.md` lists every use. The threshold was chosen on validation,
so its figures flatter the model."""
_WITHOUT_TESTS = """\
The test messages were not used (`--validation-only`). The threshold was chosen on validation, so its figures flatter
the model."""
_HELD_OUT = """\
Of the {validation:,} validation messages, {unseen:,} are by writers of whom training has nothing; the others are lines
of writers whose other lines were trained on. Their slots are filled with names, streets, and employers that fill none
in training. Marked values are not held out: half of them stay as they are, and some names stand in training, too."""
_PRESIDIO = "its default analyzer with the spaCy model `{}`"
_WITHOUT_PRESIDIO = "left out, because it was not installed"
_LATENCY = """\
## Latency

On one machine ({machine}), with one thread, for {messages} messages of about 32 tokens, network and rules as they are
served: median {p50_ms} ms, 95th percentile {p95_ms} ms; together with the intent model {both_p50_ms} ms and
{both_p95_ms} ms; the network alone {network_p50_ms} ms and {network_p95_ms} ms.
"""
_CARD = """\
# Entity model {version}

Marks, in a message to a healthcare practice, what identifies a person and what a bill needs: the kinds that
`docs/entities.md` describes. It is served beside rules, which have the last word on values they know by their form.

| | |
|---|---|
| Architecture | DeBERTa-v2 with a head on every token, {size:.1f} MB of int8 ONNX |
| Inputs, output | `input_ids` and `attention_mask`, `logits` for each token |
| Base model | {base_name}, license {base_licence}; its weights were changed, its tokenizer was not |
| License | MIT, with the base model's notice in `NOTICE` |
| Languages | English, Spanish |
| Made by | `python -m training train --config training/recipes/{recipe}.toml`, seed {seed} |
| Full evaluation | `training/reports/{version}/entities.md`; of the insurance record, `insurance.md` beside it |

## Intended use

Hiding identifiers in what leaves the service or is shown to people who need not see them, and offering staff the facts
of an insurance. It misses some of them: what is redacted by it is less risky, not anonymous.

## Training

Trained on {train:,} fictional messages an epoch for {epochs:g} epochs. Slots got new values each time, in many written
and spoken forms; {noise:.0%} of the messages got typing or transcription noise. {note}

{held_out}
"""


def write_span_report(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str], folder: Path) -> None:
    """Write `entities.md`, `evaluation.json`, and `latency.json` to a folder; what else is in it stays."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "evaluation.json", evaluation)
    write_json(folder / "latency.json", latency)
    text = "\n\n".join(section.strip() for section in _sections(evaluation, latency))
    (folder / "entities.md").write_text(text + "\n", encoding="utf-8")


def write_span_card(model: Path) -> None:
    """Write the card of an evaluated model folder."""
    evaluation = json.loads((model / EVALUATION).read_text(encoding="utf-8"))
    recipe = evaluation["recipe"]
    head = _CARD.format(
        version=evaluation["model"]["version"],
        size=(model / NETWORK).stat().st_size / 1e6,
        base_name=recipe["base"]["name"],
        base_licence=recipe["base"]["licence"],
        recipe=recipe["name"],
        seed=recipe["seed"],
        train=evaluation["messages"]["train"],
        epochs=recipe["optimisation"]["epochs"],
        noise=recipe["data"]["noise"],
        note=recipe["note"],
        held_out=_HELD_OUT.format(**evaluation["messages"]),
    )
    parts = [head.strip(), "## Results", _word_on_tests(evaluation)]
    for name, found in evaluation["sets"].items():
        parts += [f"### {SETS[name].capitalize()} ({found['messages']:,} messages)", finders_table(found)]
    served = evaluation["sets"].get("dense", evaluation["sets"]["validation"])
    parts += [
        "### By kind, network and rules, on the strangers' messages or else on validation",
        kinds_table(served),
        "### By channel and language, on the same messages",
        groups_table({**served["channels"], **served["languages"]}),
    ]
    (model / CARD).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _sections(evaluation: Mapping[str, Any], latency: Mapping[str, float | int | str]) -> Iterator[str]:
    recipe, model = evaluation["recipe"], evaluation["presidio"]
    yield _INTRODUCTION.format(
        version=evaluation["model"]["version"],
        recipe=recipe["name"],
        seed=recipe["seed"],
        tests=_word_on_tests(evaluation),
        presidio=_PRESIDIO.format(model) if model else _WITHOUT_PRESIDIO,
        held_out=_HELD_OUT.format(**evaluation["messages"]),
        **evaluation["messages"],
    )
    for name, found in evaluation["sets"].items():
        yield f"## {SETS[name].capitalize()}"
        yield f"{found['messages']:,} messages."
        yield finders_table(found)
        if any(scores["there"] for scores in found["kinds"][SERVED].values()):
            yield "By kind, network and rules; the last column is the network alone:"
            yield kinds_table(found)
        yield "By channel and language, network and rules:"
        yield groups_table({**found["channels"], **found["languages"]})
    yield _LATENCY.format(**latency)


def _word_on_tests(evaluation: Mapping[str, Any]) -> str:
    return _WITH_TESTS if "dense" in evaluation["sets"] else _WITHOUT_TESTS


def finders_table(found: Mapping[str, Any]) -> str:
    """Return how everything that was compared did on one set."""
    header = (
        "found by", "identifiers covered: recall", "precision", "F2", "of the same kind: recall",
        "all, overlapping: recall", "precision", "F1", "all, exact: F1", "messages with a leak", "with a part left",
        "without values, untouched",
    )  # fmt: skip
    return format_table(header, [_row(TITLES[name], scores) for name, scores in found["finders"].items()])


def _row(title: str, scores: Mapping[str, Any]) -> Sequence[str]:
    covered, overlapping = scores["identifiers"]["covered"], scores["all"]["overlapping"]
    return (
        title,
        *(_percent(covered[name]) for name in ("recall", "precision", "f2")),
        _percent(scores["identifiers"]["overlapping"]["recall"]),
        *(_percent(overlapping[name]) for name in ("recall", "precision", "f1")),
        _percent(scores["all"]["exact"]["f1"]),
        format_share(scores["leaks"]),
        format_share(scores["partial_leaks"]),
        format_share(scores["untouched"]),
    )


def groups_table(groups: Mapping[str, Any]) -> str:
    """Return how the values were found that are served, by group of messages."""
    header = (
        "messages",
        "identifiers covered: recall",
        "precision",
        "F2",
        "of the same kind: recall",
        "all, exact: F1",
        "with a leak",
        "with a part left",
        "untouched",
    )
    return format_table(
        header,
        [
            (
                name,
                *(_percent(scores["identifiers"]["covered"][part]) for part in ("recall", "precision", "f2")),
                _percent(scores["identifiers"]["overlapping"]["recall"]),
                _percent(scores["all"]["exact"]["f1"]),
                format_share(scores["leaks"]),
                format_share(scores["partial_leaks"]),
                format_share(scores["untouched"]),
            )
            for name, scores in groups.items()
        ],
    )


def kinds_table(found: Mapping[str, Any]) -> str:
    """Return how each kind was found in one set."""
    header = (
        "kind",
        "there",
        "covered",
        "overlapping: recall",
        "precision",
        "F1",
        "exact: recall",
        "precision",
        "F1",
        "network: overlapping F1",
    )
    network = found["kinds"]["network"]
    return format_table(
        header,
        [
            (
                kind,
                f"{scores['there']:,}",
                _percent(scores["covered"]["recall"]),
                *(
                    _percent(scores[way][part])
                    for way in ("overlapping", "exact")
                    for part in ("recall", "precision", "f1")
                ),
                _percent(network[kind]["overlapping"]["f1"]),
            )
            for kind, scores in found["kinds"][SERVED].items()
            if scores["there"]
        ],
    )


def _percent(share: float | None) -> str:
    return NOT_MEASURED if share is None else format_percent(share)
