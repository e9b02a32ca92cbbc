from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.data.corpus import CorpusError
from training.data.entity_tests import read_entity_tests
from training.data.marked_messages import MarkedMessage, parse_marked


def found(message: MarkedMessage) -> list[tuple[str, str]]:
    return [(message.text[start:end], kind.value) for start, end, kind in message.spans]


def test_marks_are_taken_out_and_their_places_kept() -> None:
    line = r"I'm [[NAME|Ana Ruiz]],\n[[DOB|4/12/85]] [x] [[PHONE|(512) 555-0100]]"
    message = parse_marked(line, "sms", "en", "here")
    assert message.text == "I'm Ana Ruiz,\n4/12/85 [x] (512) 555-0100"
    assert found(message) == [("Ana Ruiz", "NAME"), ("4/12/85", "DOB"), ("(512) 555-0100", "PHONE")]


def test_a_line_without_marks_has_no_values() -> None:
    assert parse_marked("tooth 14 hurts", "sms", "en", "here").spans == ()


def test_an_unknown_kind_is_named_with_its_line_and_without_its_text() -> None:
    with pytest.raises(CorpusError, match=r"^dense.tsv:3 has the unknown kind 'SHOE', expected one of NAME, ") as error:
        parse_marked("my [[SHOE|size nine]]", "sms", "en", "dense.tsv:3")
    assert "nine" not in str(error.value)


def test_the_sets_are_read_by_name(tmp_path: Path) -> None:
    write_tests(tmp_path)
    sets = read_entity_tests(tmp_path)
    assert list(sets) == ["cross_style", "dense", "lookalikes"]
    assert found(sets["cross_style"][0]) == [("Ann", "NAME"), ("Ann", "NAME"), ("$5", "AMOUNT")]
    assert [span[0] for span in sets["cross_style"][0].spans] == [0, 8, 13]
    assert [message.language for message in sets["dense"]] == ["en", "es"]
    assert sets["lookalikes"][0].spans == ()


def test_a_listed_value_that_is_not_in_its_text_is_an_error(tmp_path: Path) -> None:
    write_tests(tmp_path, spans=[["Bob", "NAME"]])
    with pytest.raises(CorpusError, match=r"crossstyle.jsonl:1 lists a value that is not in its text"):
        read_entity_tests(tmp_path)


def write_tests(corpus: Path, spans: object = (("Ann", "NAME"), ("Ann", "NAME"), ("$5", "AMOUNT"))) -> None:
    """Write a few test messages of each set."""
    row = {"text": "Ann and Ann, $5", "intent": "complaint", "practice": "dental", "channel": "sms", "spans": spans}
    (corpus / "test").mkdir(exist_ok=True)
    (corpus / "test" / "crossstyle.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    folder = corpus / "held_back" / "entities"
    folder.mkdir(parents=True)
    dense = ["en\tsms\tit's [[NAME|Ann]], call [[PHONE|512-555-0100]]", "es\tvoicemail\tsoy [[NAME|Ana]]"]
    (folder / "dense.tsv").write_text("\n".join(dense) + "\n", encoding="utf-8")
    (folder / "lookalikes.tsv").write_text("en\tchat\tbp 120/80 at 4:30\n", encoding="utf-8")
