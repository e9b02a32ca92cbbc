"""What is remembered of what was read."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from training.benchmark.contender import Prediction
from training.benchmark.predictions import predict_all
from training.json_lines import JsonLines

TEXTS = ("I waited an hour", "what does a crown cost")


class Reader:
    """Takes everything for a complaint, but what ends with a question mark for nothing."""

    workers = 2

    def __init__(self, identity: str = "first") -> None:
        self.identity = identity
        self.texts: list[str] = []

    def predict(self, text: str) -> Prediction:
        self.texts.append(text)
        return Prediction(None if text.endswith("?") else "complaint", 0.5, 7, 5)

    def close(self) -> None:
        pass


def read(reader: Reader, texts: Sequence[str], folder: Path) -> list[Prediction]:
    with JsonLines(folder / "answers.jsonl") as cache:
        return predict_all(reader, texts, cache, "test")


def test_readings_come_in_the_order_of_the_texts(tmp_path: Path) -> None:
    predictions = read(Reader(), ["why?", "I waited"], tmp_path)
    assert [prediction.intent for prediction in predictions] == [None, "complaint"]


def test_nothing_is_read_twice_not_even_what_had_no_intent(tmp_path: Path) -> None:
    reader = Reader()
    first = read(reader, [*TEXTS, "why?"], tmp_path)
    assert read(reader, [*TEXTS, "why?", TEXTS[0]], tmp_path) == [*first, first[0]]
    assert sorted(reader.texts) == sorted([*TEXTS, "why?"])


def test_another_reader_and_another_text_are_read_anew(tmp_path: Path) -> None:
    read(Reader(), TEXTS, tmp_path)
    second, changed = Reader("second"), Reader()
    read(second, TEXTS, tmp_path)
    read(changed, [*TEXTS, "and now"], tmp_path)
    assert sorted(second.texts) == sorted(TEXTS)
    assert changed.texts == ["and now"]


def test_hashes_and_intents_are_remembered_and_no_text(tmp_path: Path) -> None:
    read(Reader(), TEXTS, tmp_path)
    remembered = (tmp_path / "answers.jsonl").read_text(encoding="utf-8")
    assert not any(word in remembered for text in TEXTS for word in text.split() if len(word) > 3)
    for line in remembered.splitlines():
        entry = json.loads(line)
        assert re.fullmatch("[0-9a-f]{64}", entry.pop("key"))
        assert entry == {"intent": "complaint", "seconds": 0.5, "input_tokens": 7, "output_tokens": 5}


def test_a_text_with_half_a_character_is_remembered_too(tmp_path: Path) -> None:
    reader = Reader()
    for _ in range(2):
        read(reader, ["\ud83d"], tmp_path)
    assert len(reader.texts) == 1
