"""`intake calibrate`, on the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli

TEXTS = {
    "I was billed twice for my cleaning in March, please fix the invoice": "billing_inquiry",
    "Can I move my appointment from Tuesday to Friday morning?": "appointment_request",
    "How much is a whitening without insurance?": "price_shopper",
    "the thing from last time, is it ok": None,
}


@pytest.fixture
def calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.chdir(tmp_path)

    def run(content: str, name: str = "messages.csv") -> Result:
        Path(name).write_text(content, encoding="utf-8")
        return CliRunner().invoke(cli, ["calibrate", name, "--most", "2"])

    return run


def as_lines() -> str:
    return "".join(json.dumps({"text": text, "intent": intent}) + "\n" for text, intent in TEXTS.items())


def test_it_says_what_to_expect_at_each_threshold(calibrate) -> None:  # type: ignore[no-untyped-def]
    result = calibrate(as_lines(), "messages.jsonl")

    assert result.exit_code == 0, result.output
    assert "4 messages, 3 of them labeled" in result.output
    assert "Fewer than 50 messages say little" in result.output
    assert "the model's" in result.output
    assert "0.98" in result.output


def test_it_names_lines_to_label_and_prints_no_message(calibrate) -> None:  # type: ignore[no-untyped-def]
    result = calibrate(as_lines(), "messages.jsonl")

    assert "Label these first, the model is least sure of them: line 4" in result.output
    assert not any(text in result.output for text in TEXTS)


def test_a_spreadsheet_counts_its_header_as_a_line(calibrate) -> None:  # type: ignore[no-untyped-def]
    result = calibrate('id,text\n7,"Hello, is Dr. Lee in?"\n')

    assert result.exit_code == 0, result.output
    assert "1 messages, 0 of them labeled" in result.output
    assert "line 2" in result.output


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\f", "\v"], ids=["U+2028", "U+0085", "form feed", "vertical tab"])
@pytest.mark.parametrize("form", ["csv", "json"])
def test_only_a_line_break_ends_a_line(calibrate, mark: str, form: str) -> None:  # type: ignore[no-untyped-def]
    text = f"Hello,{mark}is Dr. Lee in?"
    lines = {
        "csv": f'text\r\n"{text}"\r\n{text.replace(",", "")}\r\n',
        "json": f"{json.dumps({'text': text}, ensure_ascii=mark < ' ')}\n" * 2,
    }
    result = calibrate(lines[form])

    assert result.exit_code == 0, result.output
    assert "2 messages, 0 of them labeled" in result.output


def test_a_message_of_several_lines_is_named_by_its_first(calibrate) -> None:  # type: ignore[no-untyped-def]
    result = calibrate('text\n"Hello,\nis Dr. Lee in?\nThanks"\n"And\nDr. Roe?"\n')

    assert "line 2, 5" in result.output or "line 5, 2" in result.output


def test_a_letter_of_any_length_is_read(calibrate) -> None:  # type: ignore[no-untyped-def]
    assert "1 messages" in calibrate(f'text\n"{"a word, " * 20_000}"\n').output


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "has no column `text`"),
        ("message\nhello\n", "has no column `text`"),
        ("text\n", "has no messages"),
        ("text,intent\nhello,greeting\n", "line 2 has an unknown `intent`; expected one of new_patient_inquiry"),
        ('text,intent\n"a\nb",complaint\nhello,greeting\n', "line 4 has an unknown `intent`"),
        ('{"text": 5}\n', "line 1 has no `text`"),
        ('{"text": "a"}\n[]\n', "line 2 is not a JSON object"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(calibrate, content: str, complaint: str) -> None:  # type: ignore[no-untyped-def]
    result = calibrate(content)

    assert result.exit_code != 0
    assert complaint in str(result.exception)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["calibrate", str(tmp_path / "none.csv")])
    assert "none.csv cannot be read" in str(result.exception)
