from __future__ import annotations

import json
from typing import Any

import pytest

from tests.training.data.whole_corpus import corpus_messages
from training.data.corpus import RECIPE_SOURCE
from training.generation.parsing import UnusableAnswerError, flaw_of_text, parse_answer
from training.generation.plan import DraftBatch, MessageSpec
from training.llm.chat import Answer

DRAFTS = tuple(
    MessageSpec("complaint", "dental", channel, "rushed", "senior", "messy", None) for channel in ("sms", "chat")
)
CELL = DraftBatch("dental/complaint/01", DRAFTS)
TEXT = "i have waited an hour, {full_name}"


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    labels = {"intent": "complaint", "practice": "dental", "tone": "rushed", "age": "senior"}
    channel = "sms" if number == 1 else "chat"
    return {"number": number, **labels, "channel": channel, "text": TEXT, **changes}


def answer(*entries: object, complete: bool = True) -> Answer:
    return Answer(json.dumps({"messages": entries}), complete, 1, 1, 0.1)


def test_takes_the_message_of_every_draft() -> None:
    written = parse_answer(answer(entry(2, text=f" {TEXT} two "), entry(1)), CELL)
    assert written.texts == {0: TEXT, 1: f"{TEXT} two"}
    assert written.rejected == {}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("text", "malformed"),
        ({"text": TEXT}, "malformed"),
        (entry(3), "malformed"),
        (entry(0), "malformed"),
        (entry(2, text=None), "malformed"),
        (entry(1), "duplicate number"),
        (entry(2, intent="praise"), "wrong labels"),
        (entry(2, intent="clinical_concern"), "wrong labels"),
        (entry(2, practice="veterinary"), "wrong labels"),
        (entry(2, channel="sms"), "wrong labels"),
        (entry(2, tone=None), "wrong labels"),
        (entry(2, age="adult"), "wrong labels"),
        (entry(2, text="no"), "too short or too long"),
        (entry(2, text="word " * 200), "too short or too long"),
        (entry(2, text="one line\nand another"), "more than one line"),
        (entry(2, text="one line\tand another"), "more than one line"),
        (entry(2, text="my {shoe_size} is wrong"), "unknown slot"),
        (entry(2, text="my {full_name is wrong"), "unknown slot"),
        (entry(2, text="my {Full_Name} is wrong"), "unknown slot"),
        (entry(2, text="call me at 212-555-0143"), "possible personal value"),
    ],
)
def test_takes_no_message_that_is_not_what_was_asked_for(bad: object, reason: str) -> None:
    written = parse_answer(answer(entry(1), bad), CELL)
    assert written.texts == {0: TEXT}
    assert written.rejected == {reason: 1}


@pytest.mark.parametrize(
    ("unusable", "reason"),
    [
        (answer(entry(1), complete=False), "was cut off"),
        (Answer('{"messages": [{"number": 1', True, 1, 1, 0.1), "not the requested JSON"),
        (Answer("I would rather not.", True, 1, 1, 0.1), "not the requested JSON"),
        (Answer('{"messages": {}}', True, 1, 1, 0.1), "not the requested JSON"),
        (answer(), "no message is acceptable: there are none"),
        (answer(entry(1, text="no")), "no message is acceptable: too short"),
    ],
)
def test_an_answer_without_a_single_message_is_unusable(unusable: Answer, reason: str) -> None:
    with pytest.raises(UnusableAnswerError, match=reason):
        parse_answer(unusable, CELL)


def test_every_message_of_the_corpus_would_be_taken() -> None:
    texts = [message.text for message in corpus_messages() if message.source == RECIPE_SOURCE]
    assert len(texts) > 9000
    assert {flaw_of_text(text) for text in texts} == {None}
