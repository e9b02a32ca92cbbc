from __future__ import annotations

from pathlib import Path

import pytest

from training.data.labeled_messages import LabeledFileError, LabeledMessage, read_labeled_messages

GOOD = '{"text": "I waited an hour", "intent": "complaint", "practice": "dental"}'


def test_text_and_intent_are_read_and_the_rest_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(f"{GOOD}\n\n{GOOD}\n", encoding="utf-8")
    assert read_labeled_messages(path) == [LabeledMessage("I waited an hour", "complaint")] * 2


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "has no messages"),
        (f"{GOOD}\nprivate words\n", r"jsonl:2 is not a JSON object with a text"),
        (f"{GOOD}\n[]\n", r"jsonl:2 is not a JSON object with a text"),
        ('{"intent": "complaint"}\n', r"jsonl:1 is not a JSON object with a text"),
        (
            '{"text": "private words", "intent": "praise"}\n',
            r"jsonl:1 has no known intent: expected one of new_patient",
        ),
        ('{"text": "private words"}\n', r"jsonl:1 has no known intent"),
        ('{"text": "private words", "intent": []}\n', r"jsonl:1 has no known intent"),
    ],
)
def test_what_is_wrong_is_named_by_its_line_and_not_quoted(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "messages.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LabeledFileError, match=complaint) as raised:
        read_labeled_messages(path)
    assert "private" not in str(raised.value)


def test_no_text_is_shown_of_a_message() -> None:
    assert "private" not in repr(LabeledMessage("private words", "complaint"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabeledFileError, match=r"none\.jsonl cannot be read"):
        read_labeled_messages(tmp_path / "none.jsonl")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")
    with pytest.raises(LabeledFileError, match=r"picture\.png cannot be read"):
        read_labeled_messages(tmp_path / "picture.png")
