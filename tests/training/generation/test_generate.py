"""The command against the stand-in, from the recipe to the files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from classifier import INTENTS
from intake.vocabulary import EntityKind
from tests.standins.llm import Fault, LlmStandIn, faults
from tests.training.generation.author import drafts, message, write
from tests.training.generation.conftest import BATCHES, MESSAGES, Generating
from training.__main__ import main
from training.data.corpus import read_corpus
from training.data.marked_messages import entity_kind
from training.data.rendering import SLOTS
from training.json_lines import JsonLines

RUN = "from training.__main__ import main; main()"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def journalled(output: Path) -> Counter[str]:
    return Counter(entry["cell"] for entry in lines(output / "journal.jsonl")[1:])


# ---- what comes out


def test_training_messages_come_in_the_corpus_s_format(generating: Generating) -> None:
    result = generating()
    assert result.exit_code == 0, result.output
    assert f"28 messages in {generating.output}" in result.output
    messages = read_corpus(generating.output)
    strata = Counter((message.label, message.practice) for message in messages)
    assert strata == {(intent, "dental"): 4 for intent in INTENTS}
    first = (generating.output / "dental" / "complaint.tsv").read_text(encoding="utf-8").splitlines()[0]
    channel, tone, age, text = first.split("\t")
    [asked] = [asked for asked in generating.standin.asked if generating.batch_of(asked) == "dental/complaint/01"]
    [draft, _] = drafts(asked)
    assert (channel, tone, age, text) == (draft["channel"], draft["tone"], draft["age"], message(draft)["text"])


def test_training_messages_are_asked_of_openai_at_temperature_one(generating: Generating) -> None:
    generating()
    assert {(asked.api, asked.body["temperature"]) for asked in generating.standin.asked} == {("openai", 1.0)}
    system = generating.standin.asked[0].system
    assert all(word in system for word in (*INTENTS, *(f"{{{slot}}}" for slot in SLOTS)))


def test_test_messages_are_asked_of_anthropic_and_their_slots_are_filled(generating: Generating) -> None:
    result = generating("test")
    assert result.exit_code == 0, result.output
    rows = lines(generating.output / "crossstyle.jsonl")
    assert len(rows) == MESSAGES
    assert {asked.api for asked in generating.standin.asked} == {"anthropic"}
    for row in rows:
        assert list(row) == ["text", "intent", "practice", "channel", "spans"]
        [(value, kind)] = row["spans"]
        assert entity_kind(kind, "crossstyle.jsonl") is EntityKind.NAME, "the entity evaluation could not read it"
        assert row["text"].endswith(value)
        assert "{" not in row["text"]


def test_the_same_answers_give_the_same_files_whatever_order_they_come_in(generating: Generating) -> None:
    generating("test")
    first = (generating.output / "crossstyle.jsonl").read_bytes()
    for name in ("journal.jsonl", "crossstyle.jsonl"):
        (generating.output / name).unlink()
    generating.change("concurrency = 4", "concurrency = 1")
    generating("test")
    assert (generating.output / "crossstyle.jsonl").read_bytes() == first


def test_repeated_messages_are_left_out(generating: Generating, standin: LlmStandIn) -> None:
    same = "i have been waiting at your desk for an hour"

    def repeat(content: str) -> str:
        answer = json.loads(content)
        for number, entry in enumerate(answer["messages"]):
            entry["text"] = same.upper() if number else same
        return json.dumps(answer)

    standin.faults.push(faults.saying(repeat, times=10))
    result = generating()
    assert "9 messages in" in result.output
    assert "19 left out: near-duplicates" in result.output


def test_messages_with_other_labels_and_personal_values_are_rejected(
    generating: Generating, standin: LlmStandIn
) -> None:
    def spoil(content: str) -> str:
        answer = json.loads(content)
        first, second = answer["messages"]
        first["intent"] = "praise"
        second["text"] = f"{second['text']} call 212-555-0143"
        return json.dumps({"messages": [first, second, {**second, "text": "this one is good enough"}]})

    standin.faults.push(faults.saying(spoil, times=1))
    result = generating()
    assert "27 messages in" in result.output
    assert "1 rejected: possible personal value" in result.output
    assert "1 rejected: wrong labels" in result.output
    kept = "".join(path.read_text(encoding="utf-8") for path in generating.output.rglob("*.*"))
    assert "212-555-0143" not in kept


# ---- faults


@pytest.mark.parametrize(
    "fault",
    [
        faults.error(429, retry_after="0"),
        faults.error(500, times=3),
        faults.error(529),
        faults.dropped(),
        faults.dropped(reset=False),
        faults.garbled(),
        faults.truncated(times=2),
        faults.cut(times=2),
    ],
    ids=["429", "500", "529", "reset", "close", "garbled", "truncated", "cut"],
)
def test_a_fault_that_passes_is_got_over(generating: Generating, standin: LlmStandIn, fault: Fault) -> None:
    spoiled = fault.times
    assert spoiled is not None
    standin.faults.push(fault)
    result = generating()
    assert result.exit_code == 0, result.output
    assert "28 messages in" in result.output
    assert len(standin.asked) == BATCHES + spoiled
    assert set(journalled(generating.output).values()) == {1}


def test_a_request_that_hangs_is_made_again(generating: Generating, standin: LlmStandIn) -> None:
    generating.change("timeout_seconds = 120", "timeout_seconds = 1")
    hang = standin.faults.push(faults.hanging())
    result = generating()
    hang.wait_arrived()
    assert "28 messages in" in result.output
    requests = Counter(entry["request"] for entry in lines(generating.output / "ledger.jsonl"))
    assert 1 in requests.values()  # put down before it was made, and never settled


def test_an_api_that_stays_down_ends_the_run_and_the_next_goes_on(generating: Generating, standin: LlmStandIn) -> None:
    generating.change("attempts = 8", "attempts = 2")
    generating.change("concurrency = 8", "concurrency = 1")
    down = standin.faults.push(
        Fault(status=529, times=None, when=lambda asked: generating.batch_of(asked) == "dental/complaint/02")
    )
    result = generating()
    assert result.exit_code == 1
    assert (
        "Error: openai answered 529 (server_error); the answers so far are saved, run this again to continue"
        in result.output
    )
    assert down.arrived.is_set()
    done = journalled(generating.output)
    standin.faults.clear()
    asked_before = len(standin.asked)
    assert generating().exit_code == 0
    assert len(standin.asked) == asked_before + BATCHES - len(done)


def test_an_api_that_asks_for_too_long_a_wait_ends_the_run(generating: Generating, standin: LlmStandIn) -> None:
    standin.faults.push(faults.error(429, retry_after="3600", times=None))
    result = generating()
    assert result.exit_code == 1
    assert "openai answered 429" in result.output


def test_a_cell_without_a_usable_answer_is_left_for_the_next_run(generating: Generating, standin: LlmStandIn) -> None:
    standin.faults.push(
        Fault(
            change=faults.truncated().change,
            times=None,
            when=lambda asked: generating.batch_of(asked) == "dental/complaint/01",
        )
    )
    result = generating()
    assert result.exit_code == 0
    assert "1 of 14 requests have no usable answer; run this again." in result.output
    assert len(standin.asked) == BATCHES + 2
    standin.faults.clear()
    assert "28 messages in" in generating().output
    assert len(standin.asked) == BATCHES + 3


# ---- interruptions


def test_a_finished_run_asks_nothing_again(generating: Generating) -> None:
    generating()
    files = {path: path.read_bytes() for path in generating.output.rglob("*.tsv")}
    assert generating().exit_code == 0
    assert len(generating.standin.asked) == BATCHES
    assert {path: path.read_bytes() for path in generating.output.rglob("*.tsv")} == files


@pytest.mark.parametrize("requests", [1, 6])
def test_a_run_that_was_killed_loses_no_more_than_what_was_under_way(
    generating: Generating, standin: LlmStandIn, requests: int
) -> None:
    concurrency = 3
    generating.change("concurrency = 8", f"concurrency = {concurrency}")
    for _ in range(concurrency):
        standin.faults.push(faults.hanging(when=lambda asked: len(standin.asked) >= requests))
    command = [sys.executable, "-c", RUN, *generating.arguments()]
    with subprocess.Popen(command, env=os.environ | standin.environment, stderr=subprocess.DEVNULL) as process:
        standin.wait_for_requests(requests + concurrency - 1, timeout=120)
        process.kill()
    done = journalled(generating.output)
    assert requests - concurrency <= sum(done.values()) < requests + concurrency
    standin.faults.clear()

    result = generating()

    assert result.exit_code == 0, result.output
    assert "28 messages in" in result.output
    asked = Counter(generating.batch_of(asked) for asked in standin.asked)
    assert len(asked) == BATCHES
    assert sum(asked.values()) <= BATCHES + concurrency
    assert all(asked[batch] == 1 for batch in done)
    assert set(journalled(generating.output).values()) == {1}


def test_a_journal_that_ends_in_the_middle_of_a_line_goes_on(generating: Generating) -> None:
    generating()
    journal = generating.output / "journal.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-20])
    assert "28 messages in" in generating().output
    assert len(generating.standin.asked) == BATCHES + 1
    assert journal.read_bytes() == whole


def test_a_folder_of_another_recipe_is_not_gone_on_with(generating: Generating) -> None:
    generating()
    generating.change("seed = 20260", "seed = 1")
    result = generating()
    assert result.exit_code == 1
    assert "belongs to another version of the recipe: choose another folder" in result.output


def test_a_folder_is_for_one_run_at_a_time(generating: Generating) -> None:
    with JsonLines(generating.output / "journal.jsonl"):
        result = generating()
    assert result.exit_code == 1
    assert "journal.jsonl is in use by another process" in result.output


# ---- money


def test_every_request_is_in_the_ledger_and_the_total_is_printed(generating: Generating) -> None:
    result = generating()
    settled = [entry for entry in lines(generating.output / "ledger.jsonl") if entry["state"] == "settled"]
    assert len(settled) == BATCHES
    for entry in settled:
        expected = (entry["input_tokens"] * 0.15 + entry["output_tokens"] * 0.60) / 1e6
        assert entry["dollars"] == pytest.approx(expected)
    dollars = sum(entry["dollars"] for entry in settled)
    tokens = [sum(entry[f"{way}_tokens"] for entry in settled) for way in ("input", "output")]
    assert f"Spent ${dollars:.4f} for {tokens[0]:,} input and {tokens[1]:,} output" in result.output


@pytest.mark.parametrize("concurrency", [1, 8])
def test_a_budget_ends_the_run_before_it_is_exceeded_and_a_larger_one_goes_on(
    generating: Generating, standin: LlmStandIn, concurrency: int
) -> None:
    generating.change("concurrency = 8", f"concurrency = {concurrency}")
    budget = 0.0025
    result = generating("training", "--budget", str(budget))
    assert result.exit_code == 0, result.output
    assert "Stopped before exceeding the budget" in result.output
    spent = sum(entry["dollars"] for entry in lines(generating.output / "ledger.jsonl") if entry["state"] == "settled")
    assert 0 < spent <= budget
    done = len(journalled(generating.output))
    assert 0 < done < BATCHES
    assert f"{BATCHES - done} of {BATCHES} requests have no usable answer" in result.output

    assert "Stopped" in generating("training", "--budget", str(budget)).output
    assert len(standin.asked) == done
    assert "28 messages in" in generating("training", "--budget", "1").output
    assert len(standin.asked) == BATCHES


def test_a_budget_of_nothing_is_not_taken(generating: Generating) -> None:
    result = generating("training", "--budget", "0")
    assert result.exit_code == 2
    assert "--budget" in result.output


# ---- what is wrong before it begins


@pytest.mark.parametrize(("purpose", "variable"), [("training", "OPENAI_API_KEY"), ("test", "ANTHROPIC_API_KEY")])
def test_a_missing_key_is_one_sentence(generating: Generating, purpose: str, variable: str) -> None:
    environment = generating.standin.environment | {variable: None}
    done = CliRunner().invoke(main, generating.arguments(purpose), env=environment)
    assert done.exit_code == 1
    assert re.fullmatch(rf"Error: {variable} is not set: set it to a key of \w+'s API\n", done.stderr)
    assert done.stdout == ""
    assert not generating.output.exists()


def test_a_model_there_is_not_ends_the_run_at_once(tmp_path: Path) -> None:
    with LlmStandIn(write) as standin:
        generating = Generating(tmp_path, standin)
        generating.change('model = "gpt-4o-mini"', 'model = "gpt-9"')
        generating.change("concurrency = 8", "concurrency = 1")
        result = generating()
    assert result.exit_code == 1
    assert "openai has no model 'gpt-9'" in result.output
    assert standin.asked == []
    assert len(standin.refusals) == 1


def test_a_recipe_that_cannot_be_used_is_named(generating: Generating) -> None:
    generating.change("seed = 20260", "sede = 20260")
    result = generating()
    assert result.exit_code == 1
    assert "seed: Field required" in result.output
    assert "Traceback" not in result.output
