"""A model behind an API as a contender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from classifier import INTENTS
from tests.standins.llm import Fault, LlmStandIn, faults
from training.benchmark.api_model import PROMPT, ApiModel, parse_intent
from training.llm.chat import Answer
from training.llm.providers import open_chat


@pytest.fixture
def model(standin: LlmStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiModel]:
    for name, value in standin.environment.items():
        monkeypatch.setenv(name, value)
    with closing(ApiModel("openai:gpt-4o-mini", open_chat("openai", "gpt-4o-mini", 30))) as opened:
        yield opened


def answer(text: str, *, complete: bool = True) -> Answer:
    return Answer(text, complete, 1, 1, 0.1)


def test_the_prompt_names_every_intent_and_asks_for_json() -> None:
    assert all(f"- {intent}: " in PROMPT for intent in INTENTS)
    assert "JSON" in PROMPT


@pytest.mark.parametrize("text", ['{"intent": "complaint"}', '```json\n{"intent": "complaint"}\n```'])
def test_reads_the_intent_that_an_answer_names(text: str) -> None:
    assert parse_intent(answer(text)) == "complaint"


@pytest.mark.parametrize(
    "unreadable",
    [
        answer('{"intent": "compl'),
        answer('{"intent": "complaint"}', complete=False),
        answer('{"intent": "praise"}'),
        answer('{"intent": ["complaint"]}'),
        answer('{"label": "complaint"}'),
        answer("complaint"),
        answer(""),
    ],
)
def test_an_answer_that_names_none_of_the_seven_has_no_intent(unreadable: Answer) -> None:
    assert parse_intent(unreadable) is None


@pytest.mark.parametrize(
    "fault",
    [faults.error(429, retry_after="0"), faults.error(500), faults.error(529), faults.dropped(), faults.garbled()],
    ids=["429", "500", "529", "reset", "garbled"],
)
def test_a_fault_that_passes_is_got_over(model: ApiModel, standin: LlmStandIn, fault: Fault) -> None:
    standin.faults.push(fault)
    prediction = model.predict("billing_inquiry number 0")
    assert prediction.intent == "billing_inquiry"
    assert prediction.input_tokens > prediction.output_tokens > 0
    assert len(standin.asked) == 2
