from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.decoding import Outputs
from tests.training.conftest import RECIPES
from tests.training.evaluation.test_metrics import (
    BILL,
    CONCERN,
    THRESHOLDS,
    compared,
    message,
    predictions_of,
    understood,
)
from training.evaluation.card import write_card
from training.evaluation.metrics import hardest_pairs, intent_measures, round_numbers, screen_measures
from training.evaluation.report import LATENCY_HEADING, write_report
from training.fit.output_columns import output_names
from training.recipe import load_recipe

LATENCY: dict[str, float | int | str] = {
    "p50_ms": 1.25,
    "p95_ms": 2.5,
    "p99_ms": 3.75,
    "messages": 9,
    "machine": "an abacus, 10 wires",
}


def evaluation(screens: bool, recipe: str = "plain.toml") -> dict[str, Any]:
    outputs = Outputs(output_names(screens))
    found = predictions_of(
        (message(), understood()),
        (message(BILL, tone="anxious"), understood(BILL, 0.7)),
        (message(CONCERN, urgent=False), understood()),
        (message(None, urgent=True), understood(CONCERN, urgent=True)),
        (message("out_of_scope", kind="spam"), understood(confidence=0.3)),
    )
    known = found.only(found.in_scope)
    content = {
        "model": {
            "version": "0123456789ab",
            "labels": outputs.names,
            "thresholds": {"temperature": 1.25, "review": THRESHOLDS.review},
        },
        "recipe": load_recipe(RECIPES / recipe).model_dump(mode="json"),
        "messages": {"train": 1234, "validation": 5},
        "validation": {
            **intent_measures(compared(known), Outputs(output_names(screens=True))),
            "hardest_pairs": hardest_pairs(found),
            "screens": screen_measures(found, Outputs(output_names(screens=True)), THRESHOLDS),
        },
    }
    return dict(round_numbers(content))


def with_unseen(measured: dict[str, Any]) -> dict[str, Any]:
    validation = measured["validation"]
    cross_style = {key: value for key, value in validation.items() if key not in ("hardest_pairs", "screens")}
    return measured | {
        "cross_style": cross_style | {"by_tone": {}},
        "held_back": {"messages": 5, "screens": validation["screens"]},
    }


def card_of(folder: Path, measured: dict[str, Any]) -> str:
    (folder / "model.onnx").write_bytes(b"0" * 2_500_000)
    (folder / "evaluation.json").write_text(json.dumps(measured), encoding="utf-8")
    write_card(folder)
    return (folder / "README.md").read_text(encoding="utf-8")


def test_the_same_evaluation_gives_the_same_report_to_the_byte(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_report(with_unseen(evaluation(screens=True)), LATENCY, tmp_path / name)
    first = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert first == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}
    assert sum(map(len, first.values())) < 300_000


def test_a_figure_tells_neither_when_nor_with_what_it_was_drawn(tmp_path: Path) -> None:
    write_report(evaluation(screens=True), LATENCY, tmp_path / "report")
    for path in (tmp_path / "report").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert "dc:date" not in text
        assert "<image" not in text


def test_a_report_leaves_nothing_of_an_earlier_one_behind(tmp_path: Path) -> None:
    write_report(with_unseen(evaluation(screens=True)), LATENCY, tmp_path)
    write_report(evaluation(screens=True), LATENCY, tmp_path)
    assert not list(tmp_path.glob("*cross_style*"))


def test_a_report_shows_scores_mistakes_and_screens(tmp_path: Path) -> None:
    write_report(with_unseen(evaluation(screens=True)), LATENCY, tmp_path)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "| validation | 3 | this model, int8 (served) | 66.7% (" in text
    assert "| cross-style test | 3 | baseline | 33.3% (" in text
    assert "| tone `anxious` | 1 | 100.0% |" in text
    assert "**`clinical_concern` and `complaint`**: 1 confused\n\n- a {date}\n" in text
    assert "| `spam` | 100.0% (20.6–100.0; 1 of 1) | 100.0% (20.6–100.0; 1 of 1) |" in text
    assert "| held back | only the network | 0.0%" in text
    assert "| in Spanish: recognized | – | – |" in text


def test_what_depends_on_the_machine_stands_last_and_says_so(tmp_path: Path) -> None:
    write_report(evaluation(screens=True), LATENCY, tmp_path)
    before, _, latency = (tmp_path / "report.md").read_text(encoding="utf-8").partition(LATENCY_HEADING)
    assert "(an abacus, 10 wires)" in latency
    assert "99th percentile 3.75 ms" in latency.replace("\n", " ")
    assert "Latency depends on the machine" in latency
    assert "abacus" not in before + (tmp_path / "evaluation.json").read_text(encoding="utf-8")


def test_a_card_says_what_the_model_knows_and_what_it_misses(tmp_path: Path) -> None:
    card = card_of(tmp_path, with_unseen(evaluation(screens=True)))
    assert "2.5 MB of int8 ONNX" in card
    assert "Trained on 1,234 fictional messages; another 5 were set aside for validation" in card
    assert "that need no answer" in card.replace("\n", " ")
    assert "0 of 1 urgent messages (held back) raised no alarm" in card
    assert "always predicts one of its intents" not in card
    assert "`training/corpus/READS.md` lists every use" in card


def test_a_card_of_a_model_that_knows_intents_alone_says_so(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=False, recipe="reference.toml"))
    assert "It has no other outputs" in card
    assert "It always predicts one of its intents" in card
    assert "urgency screen misses" not in card


def test_a_card_tells_when_the_test_messages_were_left_alone(tmp_path: Path) -> None:
    card = card_of(tmp_path, evaluation(screens=True))
    assert "were not used in this evaluation" in card
    assert "### By intent (validation)" in card
    assert "(validation) raised no alarm" in card
    assert "held back" not in card.replace("held-back", "")


@pytest.mark.parametrize("key", ["accuracy", "macro_f1"])
def test_every_score_in_a_card_is_read_from_the_evaluation(tmp_path: Path, key: str) -> None:
    measured = evaluation(screens=True)
    measured["validation"]["int8"][key] = 0.12345
    assert "12.3% (" in card_of(tmp_path, measured)
