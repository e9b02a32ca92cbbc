"""The command against the stand-in's APIs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from classifier import INTENTS
from tests.standins.llm import Asked, LlmStandIn, faults
from tests.training.benchmark.conftest import EACH, Benchmarking, name_intent
from training.__main__ import main
from training.benchmark.api_model import PROMPT

GPT, CLAUDE = "openai:gpt-4o-mini", "anthropic:claude-haiku-4-5"
MESSAGES = EACH * len(INTENTS)
RIGHT = MESSAGES - len(INTENTS) + 1
RUN = "from training.__main__ import main; main()"


@dataclass(frozen=True)
class Compared:
    """A finished comparison of two models, which tests read and do not change."""

    output: Path
    printed: str
    texts: list[str]
    asked: list[Asked]
    pictures: dict[str, bytes]
    printed_again: str


PICTURES = [
    f"{name}.{kind}" for name in ("accuracy_cost", "accuracy_latency", "f1_by_intent") for kind in ("png", "svg")
]


def pictures_of(output: Path) -> dict[str, bytes]:
    return {name: (output / name).read_bytes() for name in PICTURES}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """The comparison, after it was made a second time, for which one of the models was named twice."""
    with LlmStandIn(name_intent) as standin:
        benchmarking = Benchmarking(tmp_path_factory.mktemp("compared"), standin)
        first = benchmarking(GPT, CLAUDE)
        pictures = pictures_of(benchmarking.output)
        again = benchmarking(GPT, CLAUDE, GPT)
        assert standin.refusals == []
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    texts = [json.loads(line)["text"] for line in benchmarking.messages.read_text(encoding="utf-8").splitlines()]
    return Compared(benchmarking.output, first.stdout, texts, standin.asked, pictures, again.stdout)


def test_compares_models_in_a_table_that_is_printed_and_kept(compared: Compared) -> None:
    page = (compared.output / "benchmark.md").read_text(encoding="utf-8")
    assert page in compared.printed
    assert f"{MESSAGES} messages" in page
    for model in (GPT, CLAUDE):
        assert re.search(rf"^\| `{model}` \| {RIGHT / MESSAGES:.1%} \[\d+\.\d%, \d+\.\d%\] \| ", page, re.MULTILINE)
    assert re.search(r"^\| billing_inquiry \(4\) \| 85\.7% \| 85\.7% \|$", page, re.MULTILINE)


def test_keeps_all_figures_as_json(compared: Compared) -> None:
    content = json.loads((compared.output / "benchmark.json").read_text(encoding="utf-8"))
    assert {model["name"] for model in content["models"]} == {GPT, CLAUDE}
    [model] = [model for model in content["models"] if model["name"] == GPT]
    assert (content["messages"], model["name"], model["unreadable"]) == (MESSAGES, GPT, 0)
    assert model["accuracy"] == RIGHT / MESSAGES
    low, high = model["accuracy_interval"]
    assert low < model["accuracy"] < high
    assert model["by_intent"]["complaint"] == {"precision": 0.4, "recall": 1.0, "f1": 4 / 7, "messages": EACH}
    assert 0 < model["latency_ms"]["50"] <= model["latency_ms"]["95"] <= model["latency_ms"]["99"]
    question, answer = len(PROMPT) + len(f"{'x' * 20} number 0"), len('{"intent": ""}') + 20
    about = (question * 0.15 + answer * 0.60) / 4 / 1e6 * 1000
    assert model["dollars_per_1000"] == pytest.approx(about, rel=0.05)


def test_draws_pictures_and_the_same_answers_give_the_same_ones(compared: Compared) -> None:
    for name, picture in compared.pictures.items():
        if name.endswith("png"):
            with Image.open(compared.output / name) as opened:
                assert opened.size[0] >= 1000
        else:
            assert picture.startswith(b"<?xml")
    assert pictures_of(compared.output) == compared.pictures


def test_models_are_asked_with_the_definitions_and_the_text_alone(compared: Compared) -> None:
    for api in ("openai", "anthropic"):
        asked = [question for question in compared.asked if question.api == api]
        assert sorted(question.user for question in asked) == sorted(compared.texts)
        assert {question.system for question in asked} == {PROMPT}


# ---- what is remembered


def test_nothing_is_asked_twice(compared: Compared) -> None:
    assert compared.printed_again == compared.printed
    assert len(compared.asked) == 2 * MESSAGES


def test_a_run_that_was_killed_goes_on(benchmarking: Benchmarking, standin: LlmStandIn) -> None:
    for _ in range(4):
        standin.faults.push(faults.hanging(when=lambda asked: len(standin.asked) >= 9))
    command = [sys.executable, "-c", RUN, *benchmarking.arguments(GPT)]
    with subprocess.Popen(command, env=os.environ | standin.environment, stderr=subprocess.DEVNULL) as process:
        standin.wait_for_requests(12, timeout=120)
        process.kill()
    standin.faults.clear()
    remembered = len(benchmarking.remembered().splitlines())
    assert remembered >= 5
    asked_before = len(standin.asked)

    assert benchmarking(GPT).exit_code == 0

    assert len(standin.asked) == asked_before + MESSAGES - remembered


# ---- answers that are none


def test_an_answer_that_names_no_intent_is_wrong_reported_and_remembered(
    benchmarking: Benchmarking, standin: LlmStandIn
) -> None:
    fault = standin.faults.push(faults.truncated())
    fault.when = lambda asked: asked.user == "billing_inquiry number 0"
    for _ in range(2):
        benchmarking(GPT)
        [model] = json.loads((benchmarking.output / "benchmark.json").read_text(encoding="utf-8"))["models"]
        assert model["unreadable"] == 1
        assert model["accuracy"] == (RIGHT - 1) / MESSAGES
    assert len(standin.asked) == MESSAGES


def test_an_api_that_cannot_answer_ends_the_run_and_the_next_goes_on(
    benchmarking: Benchmarking, standin: LlmStandIn
) -> None:
    down = faults.error(429, retry_after="3600", times=None)
    down.when = lambda asked: len(standin.asked) > 9
    standin.faults.push(down)
    result = benchmarking(GPT)
    assert result.exit_code == 1
    assert "openai answered 429" in result.output
    assert "run this again to continue" in result.output
    remembered = len(benchmarking.remembered().splitlines())
    assert remembered >= 6
    standin.faults.clear()
    asked_before = len(standin.asked)
    assert benchmarking(GPT).exit_code == 0
    assert len(standin.asked) == asked_before + MESSAGES - remembered


# ---- what is wrong before it begins


@pytest.mark.parametrize("name", ["gpt-4o-mini", "openai:", "azure:gpt", "baseline:x", "baseline:", ""])
def test_a_name_that_means_nothing_is_named(benchmarking: Benchmarking, name: str) -> None:
    result = benchmarking(name)
    assert result.exit_code == 1
    assert f"{name!r} is not a model: expected one of openai:MODEL, anthropic:MODEL, local:FOLDER" in result.output


def test_a_missing_key_is_named_before_anything_is_asked(benchmarking: Benchmarking) -> None:
    environment = benchmarking.standin.environment | {"ANTHROPIC_API_KEY": None}
    done = CliRunner().invoke(main, benchmarking.arguments(GPT, CLAUDE), env=environment)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "Error: ANTHROPIC_API_KEY is not set: set it to a key of anthropic's API\n"
    assert benchmarking.standin.asked == []


def test_there_is_no_file_and_no_model_unless_they_are_named(benchmarking: Benchmarking) -> None:
    assert "Missing option '--model'" in benchmarking().output
    command = [sys.executable, "-c", RUN, "benchmark", "--model", "baseline"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "Missing argument 'MESSAGES'" in done.stderr


def test_a_folder_of_a_model_that_is_not_there_is_named(benchmarking: Benchmarking) -> None:
    result = benchmarking("local:no/such/folder")
    assert result.exit_code == 1
    assert "no/such/folder" in result.output
    assert "Traceback" not in result.output


def test_a_price_list_that_cannot_be_used_is_named(benchmarking: Benchmarking) -> None:
    prices = benchmarking.messages.with_name("prices.toml")
    prices.write_text('as_of = 2026-11-24\n[models]\n"openai:gpt-4o-mini" = { input = -1, output = 1 }\n')
    result = benchmarking(GPT, options=("--prices", str(prices)))
    assert result.exit_code == 1
    assert "does not describe a price list: models.openai:gpt-4o-mini.input" in result.output


def test_a_model_without_a_price_costs_unknown(benchmarking: Benchmarking) -> None:
    prices = benchmarking.messages.with_name("prices.toml")
    prices.write_text("as_of = 2026-11-24\n[models]\n")
    assert re.search(r"\| unknown \| 0 \|$", benchmarking(GPT, options=("--prices", str(prices))).output, re.MULTILINE)
    assert (benchmarking.output / "accuracy_cost.png").exists()
