from __future__ import annotations

import pytest

from training.llm.json_answer import parse_object


@pytest.mark.parametrize("text", ['{"a": {"b": 1}}', '```json\n{"a": {"b": 1}}\n```', 'Sure: {"a": {"b": 1}} Done.'])
def test_finds_the_object_whatever_stands_around_it(text: str) -> None:
    assert parse_object(text) == {"a": {"b": 1}}


@pytest.mark.parametrize("text", ["", "no", "[1]", '"x"', '{"a": ', '{"a": 1', "}{", '{"a"} {"b": 1}'])
def test_there_is_none_in_anything_else(text: str) -> None:
    assert parse_object(text) is None
