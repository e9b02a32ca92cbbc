from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier.network.decoding import Outputs
from intake.vocabulary import DangerKind
from tests.training.conftest import RECIPES, VALIDATION_WRITERS
from tests.training.evaluation.test_metrics import (
    BILL,
    BY_LANGUAGE,
    CERTAIN,
    CONCERN,
    EMERGENCY,
    NOTHING,
    ROUTINE,
    SAME_DAY,
    compared,
    message,
    predictions_of,
    understood,
)
from training.data.strangers import SETS
from training.evaluation.card import write_card
from training.evaluation.metrics import hardest_pairs, intent_measures, round_numbers, screen_measures
from training.evaluation.report import LATENCY_HEADING, render_report, write_report
from training.fit.output_columns import output_names
from training.recipe import load_recipe

LATENCY: dict[str, float | int | str] = {
    "p50_ms": 1.25,
    "p95_ms": 2.5,
    "p99_ms": 3.75,
    "messages": 9,
    "machine": "an abacus, 10 wires",
}


def evaluation(screens: bool, recipe: str = "accurate.toml") -> dict[str, Any]:
    """Return what an evaluation measures, to change as one likes."""
    return copy.deepcopy(_measured(screens, recipe))


@cache
def _measured(screens: bool, recipe: str) -> dict[str, Any]:
    outputs = Outputs(output_names(screens))
    found = predictions_of(
        (message(writer="harbor"), understood()),
        (message(BILL, tone="anxious", writer="harbor"), understood(BILL, 0.7)),
        (message(CONCERN, level=ROUTINE, writer="harbor"), understood()),
        (message(None, level=EMERGENCY, danger=DangerKind.SELF_HARM, writer="quarry"),
         understood(CONCERN, triage=EMERGENCY, danger=DangerKind.SELF_HARM)),
        (message(CONCERN, level=EMERGENCY, danger=DangerKind.OTHER, writer="quarry"), understood(CONCERN)),
        (message(None, level=SAME_DAY, language="es", writer="quarry"), understood(CONCERN, triage=SAME_DAY)),
        (message("out_of_scope", kind="spam", writer="quarry"), understood(confidence=0.3)),
        (message("praise", writer="quarry"), understood(confidence=0.3, praise=True)),
        screenings=[NOTHING, NOTHING, NOTHING, CERTAIN, NOTHING, NOTHING, NOTHING, NOTHING],
    )  # fmt: skip
    known = found.only(found.in_scope)
    every = Outputs(output_names(screens=True))
    writers = {
        name: screen_measures(found.only(np.array([m.writer == name for m in found.messages])), every, BY_LANGUAGE)
        for name in ("harbor", "quarry")
    }
    english = {"temperature": 1.25, "review": 0.8, "of_intents": {BILL: 0.61, CONCERN: 0.87}}
    spanish = {"temperature": 0.75, "review": 0.7, "of_intents": {BILL: 0.5, CONCERN: 0.9}}
    content = {
        "model": {
            "version": "0123456789ab",
            "labels": outputs.names,
            "thresholds": {"en": english, "es": spanish} if screens else {"en": english},
        },
        "recipe": load_recipe(RECIPES / recipe).model_dump(mode="json"),
        "messages": {"train": 1234, "validation": 8},
        "validation": {
            **intent_measures(compared(known), every),
            "hardest_pairs": hardest_pairs(found),
            "screens": screen_measures(found, every, BY_LANGUAGE),
            "writers": writers,
        },
    }
    return dict(round_numbers(content))


def with_unseen(measured: dict[str, Any]) -> dict[str, Any]:
    validation = measured["validation"]
    left_out = ("hardest_pairs", "screens", "writers")
    cross_style = {key: value for key, value in validation.items() if key not in left_out}
    return measured | {
        "cross_style": cross_style | {"by_tone": {}},
        "held_back": {"messages": 8, "screens": validation["screens"]},
        "strangers": {name: {"messages": 8, "screens": validation["screens"]} for name in SETS},
    }


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an evaluation without test messages, which tests only read."""
    folder = tmp_path_factory.mktemp("report")
    write_report(evaluation(screens=True), LATENCY, folder)
    return folder


def report_of(measured: dict[str, Any]) -> str:
    return render_report(measured, LATENCY)


def section(report: str, heading: str) -> str:
    """Return a section of a report, up to the next heading of any level."""
    return report.partition(f"# {heading}\n")[2].partition("\n#")[0]


def card_of(folder: Path, measured: dict[str, Any]) -> str:
    (folder / "model.onnx").write_bytes(b"0" * 2_500_000)
    (folder / "evaluation.json").write_text(json.dumps(measured), encoding="utf-8")
    write_card(folder)
    return (folder / "README.md").read_text(encoding="utf-8")


def files_of(report: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in report.iterdir()}


def test_the_same_evaluation_gives_the_same_report_to_the_byte_and_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    measured = with_unseen(evaluation(screens=True))
    write_report(measured, LATENCY, tmp_path / "first")
    write_report(measured, LATENCY, tmp_path / "second")
    first = files_of(tmp_path / "first")
    assert first == files_of(tmp_path / "second")
    assert first["report.md"].decode() == report_of(measured)
    assert sum(map(len, first.values())) < 300_000
    drawn = [name for name in first if name.endswith("cross_style.svg")]
    assert drawn

    write_report(evaluation(screens=True), LATENCY, tmp_path / "second")

    assert first.keys() - files_of(tmp_path / "second").keys() == set(drawn)


def test_a_figure_tells_neither_when_nor_with_what_it_was_drawn(alone: Path) -> None:
    for path in alone.glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "dc:date" not in text
        assert "<image" not in text


def test_a_report_shows_scores_and_mistakes() -> None:
    text = report_of(with_unseen(evaluation(screens=True)))
    assert "trained on 1,234 messages, validated on 8" in text
    assert "| validation | 4 | this model, int8 (served) | 75.0% (" in text
    assert "| cross-style test | 4 | baseline | 25.0% (" in text
    assert "| tone `anxious` | 1 | 100.0% |" in text
    assert "| writer `harbor` | 3 | 66.7% |" in text
    assert "| language `en` | 4 | 75.0% |" in text
    assert "**`clinical_concern` and `complaint`**: 1 confused\n\n- a {date}\n" in text


def test_a_report_shows_the_screens_of_every_set_beside_each_other() -> None:
    text = report_of(with_unseen(evaluation(screens=True)))
    sets = ["validation", "held back", "strangers: triage", "strangers: letters", "strangers: scope"]
    sets += ["strangers: Spanish", "strangers: two intents", "strangers: everyday"]
    scope = section(text, "Scope, requests and languages")
    assert scope.strip().splitlines()[0] == f"| message | {' | '.join(sets)} |"
    whole = "100.0% (20.6–100.0; 1 of 1)"
    assert f"| praise: recognized |{f' {whole} |' * 8}" in scope
    assert f"| `spam` |{f' {whole} |' * 8}" in text
    assert "in another language" not in scope, "nothing was in one"


def test_a_report_shows_what_finds_the_emergencies_and_their_kinds() -> None:
    triage = section(report_of(with_unseen(evaluation(screens=True))), "Triage")
    for who, share in (
        ("everything together", "50.0% ("),
        ("only the network", "0.0% ("),
        ("only the danger signs", "50.0% ("),
        ("only the certain danger signs", "50.0% ("),
    ):
        for title in ("validation", "held back", "strangers: letters"):
            assert f"| {title} | {who} | {share}" in triage
    assert "| same-day message: raised to same day or emergency | 100.0% (" in triage
    assert "| routine message: taken for same day | 0.0% (" in triage
    assert "| self_harm emergency: named | 100.0% (" in triage
    assert "| other emergency: found | 0.0% (" in triage
    assert "| ingestion emergency" not in triage, "there was none"


def test_a_report_ends_a_table_of_writers_with_the_worst_of_each_column() -> None:
    table = section(report_of(evaluation(screens=True)), "By writer")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    header, _, harbor, quarry, worst = rows
    assert [row[0] for row in (harbor, quarry, worst)] == ["`harbor`", "`quarry`", "worst"]
    column = header.index("routed if it has an intent")
    assert [row[column].split()[0] for row in (harbor, quarry, worst)] == ["66.7%", "100.0%", "66.7%"]
    column = header.index("emergencies found")
    assert [row[column].split()[0] for row in (harbor, quarry, worst)] == ["–", "50.0%", "50.0%"]
    column = header.index("near misses alarmed")
    assert [row[column].split()[0] for row in (harbor, quarry, worst)] == ["0.0%", "–", "0.0%"]


def test_the_worst_share_of_alarms_is_the_highest() -> None:
    measured = evaluation(screens=True)
    alarms = [m["triage"]["emergency"]["served"] for m in measured["validation"]["writers"].values()]
    alarms[1]["false_alarms"] = alarms[0]["false_alarms"] | {"count": 1, "share": 1.0}
    last = section(report_of(measured), "By writer").strip().splitlines()[-1]
    assert last.split("|")[3].split()[0] == "100.0%"


def test_a_report_shows_the_temperature_and_thresholds_of_each_language() -> None:
    text = report_of(evaluation(screens=True))
    assert "en: logits are divided by 1.25, and intents are routed from a confidence of 0.61 to 0.87" in text
    assert "es: logits are divided by 0.75, and intents are routed from a confidence of 0.5 to 0.9" in text


def test_a_report_says_whose_messages_it_was_validated_on() -> None:
    held_out = report_of(with_unseen(evaluation(screens=True))).replace("\n", " ")
    assert (
        f"all messages of {', '.join(f'`{name}`' for name in VALIDATION_WRITERS)}, of whom the network has seen nothing"
        in held_out
    )
    shared = report_of(evaluation(screens=True, recipe="plain.toml")).replace("\n", " ")
    assert "a share of every writer's messages, so the network has seen others of theirs" in shared
    assert "seen nothing" not in shared


def test_what_depends_on_the_machine_stands_last_and_says_so(alone: Path) -> None:
    before, _, latency = (alone / "report.md").read_text(encoding="utf-8").partition(LATENCY_HEADING)
    assert "(an abacus, 10 wires)" in latency
    assert "99th percentile 3.75 ms" in latency.replace("\n", " ")
    assert "Latency depends on the machine" in latency
    assert "abacus" not in before + (alone / "evaluation.json").read_text(encoding="utf-8")


def test_a_card_says_what_the_model_knows_and_what_it_misses(tmp_path: Path) -> None:
    card = card_of(tmp_path, with_unseen(evaluation(screens=True))).replace("\n", " ")
    assert "2.5 MB of int8 ONNX" in card
    assert "messages that need no answer, only praise, or only ask for a person" in card
    assert "Outputs of their own tell the language, how soon a person must see the message" in card
    assert "| Languages | English, Spanish |" in card
    assert "It misses some emergencies: 1 of 2 (validation); 1 of 2 (held back); 1 of 2 (strangers: triage); " in card
    assert "### By intent (cross-style test)" in card
    assert "| validation | everything together | 50.0% (" in card
    assert "Logits are divided by 1.25 in English" in card


def test_a_card_says_how_the_model_was_made(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=True)).replace("\n", " ")
    assert "intfloat/multilingual-e5-small, license MIT" in card
    assert (
        "Trained on 1,234 different fictional messages. Validation is 8 others: all messages of `harbor`, `quarry`, "
        in card
    )
    assert (
        "Training ran for 2 epochs, in which some messages come more than once. Slots such as names and dates got new"
        " values each time, 40% of the messages got typing or transcription noise, and 10% were joined with" in card
    )


def test_a_card_says_when_the_network_knows_the_writers_of_the_validation(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=True, recipe="plain.toml")).replace("\n", " ")
    assert (
        "Validation is 8 others: a share of every writer's messages, so the network has seen others of theirs." in card
    )


def test_a_card_says_what_a_larger_model_taught(tmp_path: Path) -> None:
    measured = evaluation(screens=True, recipe="compact.toml")
    measured["recipe"]["note"] = "Shipped by hand."
    card = card_of(tmp_path, measured).replace("\n", " ")
    assert "70% of the loss compared its answers with those of a larger model, trained with `teacher.toml`." in card
    assert "Shipped by hand. The checkpoint was selected" in card


def test_a_card_of_a_model_that_knows_intents_alone_says_so(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=False, recipe="reference.toml"))
    assert "It has no other outputs" in card
    assert "It always predicts one of its intents" in card
    assert "| Languages | English |" in card
    assert "It misses some emergencies" not in card


def test_a_card_says_when_the_test_messages_were_left_alone(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=True))
    assert "**The cross-style test, the held-back messages and those by strangers were not used" in card
    assert "### By intent (validation)" in card
    assert "It misses some emergencies: 1 of 2 (validation)." in card
    assert "strangers:" not in card
    assert "held back" not in card.replace("held-back", "")


@pytest.mark.parametrize("key", ["accuracy", "macro_f1"])
def test_every_score_in_a_card_is_read_from_the_evaluation(tmp_path: Path, key: str) -> None:
    measured = evaluation(screens=True)
    measured["validation"]["int8"][key] = 0.12345
    assert "12.3% (" in card_of(tmp_path, measured)
