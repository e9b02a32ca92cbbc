"""`intake redact`: texts without what identifies a person."""

from __future__ import annotations

import json
from pathlib import Path

from tests.app.command import intake

CALL = "This is Ana Lopez, call me at 202-555-0142"
REDACTED = "This is [NAME], call me at [PHONE]"


def test_each_text_is_printed_with_kinds_in_place_of_values(tmp_path: Path) -> None:
    assert intake("redact", CALL, "is there parking?", folder=tmp_path).lines == [REDACTED, "is there parking?"]


def test_of_json_lines_the_text_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in enumerate((CALL, "hi\ud83d")))

    done = intake("redact", "--jsonl", folder=tmp_path, stdin=lines)

    assert [json.loads(line) for line in done.lines] == [{"id": 0, "text": REDACTED}, {"id": 1, "text": "hi\ufffd"}]


def test_a_line_without_a_text_is_refused_without_repeating_it(tmp_path: Path) -> None:
    done = intake("redact", "--jsonl", folder=tmp_path, stdin='{"message": "Ana Lopez"}\n')

    assert "line 1 has no `text`" in done.error
    assert "Ana" not in done.error


def test_texts_or_lines_are_needed(tmp_path: Path) -> None:
    assert "Give texts to redact" in intake("redact", folder=tmp_path).err
