from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.training.conftest import write_unseen
from training.data import cross_style, held_back
from training.data.corpus import CorpusError
from training.evaluation.test_set_log import record_read


def test_every_reading_has_its_line_under_one_heading(tmp_path: Path) -> None:
    for day, command in ((3, "train"), (4, "evaluate")):
        files = [Path("test") / "a.jsonl", Path("held_back") / "b.tsv"]
        record_read(tmp_path, date(2026, 11, day), "0123456789ab", files, f"python -m training {command}")
    text = (tmp_path / "READS.md").read_text(encoding="utf-8")
    assert text.startswith("# Uses of the test messages\n")
    assert text.splitlines()[-2:] == [
        "| 2026-11-03 | `0123456789ab` | `test/a.jsonl`, `held_back/b.tsv` | `python -m training train` |",
        "| 2026-11-04 | `0123456789ab` | `test/a.jsonl`, `held_back/b.tsv` | `python -m training evaluate` |",
    ]


def test_a_cross_style_message_keeps_its_text_its_practice_and_its_channel(tmp_path: Path) -> None:
    write_unseen(tmp_path)
    messages = cross_style.read_cross_style(tmp_path)
    assert len(messages) == 14
    assert messages[1].text == "other words for new_patient_inquiry"
    assert (messages[1].label, messages[1].practice, messages[1].channel) == (
        "new_patient_inquiry", "dermatology", "sms",
    )  # fmt: skip


def test_of_a_held_back_message_only_what_its_file_is_about_is_known(tmp_path: Path) -> None:
    write_unseen(tmp_path)
    spam, spanish, magazine, urgent, near_miss, *in_scope = held_back.read_held_back(tmp_path)
    assert [(m.kind, m.label, m.urgent) for m in (spam, spanish, magazine)] == [
        ("spam", "out_of_scope", None),
        ("spanish", "spanish", None),
        ("magazine", "out_of_scope", None),
    ]
    assert [(m.label, m.urgent) for m in (urgent, near_miss)] == [(None, True), (None, False)]
    assert len({m.label for m in in_scope}) == 7
    assert {(m.kind, m.urgent) for m in in_scope} == {("", None)}


@pytest.mark.parametrize(
    ("file", "line", "complaint"),
    [
        ("test/crossstyle.jsonl", '{"text": "hi"}', "is not a JSON object with text, intent, practice and channel"),
        ("test/crossstyle.jsonl", "hi", "is not a JSON object"),
        ("held_back/out_of_scope.tsv", "sms\tspam", "has 2 columns, expected 3"),
        ("held_back/urgency.tsv", "2\tdental\tsms\thi", "starts with '2', expected 1"),
        ("held_back/in_scope.tsv", "spam\tdental\tsms\thi", "has the unknown intent 'spam'"),
    ],
)
def test_a_wrong_line_is_named_without_its_text(tmp_path: Path, file: str, line: str, complaint: str) -> None:
    write_unseen(tmp_path)
    (tmp_path / file).write_text(line + "\n", encoding="utf-8")
    read = cross_style.read_cross_style if file.startswith("test") else held_back.read_held_back
    with pytest.raises(CorpusError, match=f"{file}:1 {complaint}"):
        read(tmp_path)
