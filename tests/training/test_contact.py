"""What hears who shares a phone: fitted on some writers, judged by another, and reported beside the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier.contact.contact_words import load_contact_words
from classifier.contact.heard_contact import HeardContact
from tests.training.lazy import Lazy
from training.data.contact import ContactLine, read_contact_lines
from training.data.corpus import CORPUS, CorpusError

ContactScores = Lazy("training.export.contact_words", "ContactScores")
export_contact_words = Lazy("training.export.contact_words", "export_contact_words")
write_contact_report = Lazy("training.evaluation.contact", "write_contact_report")

SILENT, OTHER = HeardContact.SILENT, HeardContact.OTHER_WRITER


def line(writer: str, label: str, text: str = "a text", language: str = "en") -> ContactLine:
    return ContactLine(writer, language, label, text)


def test_every_line_of_the_corpus_has_a_writer_a_language_and_a_label() -> None:
    lines = read_contact_lines(CORPUS)

    assert {found.language for found in lines} == {"en", "es"}
    assert len({found.text for found in lines}) == len(lines)
    assert {found.kind for found in lines} == {SILENT, OTHER, None}


def test_an_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "contact").mkdir()
    (tmp_path / "contact" / "oak.tsv").write_text("en\tsilent\tnot here\nen\tloud\tcall me\n")

    with pytest.raises(CorpusError, match=r"oak\.tsv:2 has the label 'loud', expected one of silent"):
        read_contact_lines(tmp_path)


def test_as_many_ordinary_messages_are_heard_as_may_be() -> None:
    scores = ContactScores(lines=(), ordinary=tuple(place / 10_000 for place in range(10_001)))

    assert scores.choose_least() == pytest.approx(0.997)


def test_the_report_counts_what_the_tables_find_and_what_the_model_adds(tmp_path: Path) -> None:
    lines = [
        (line("ash", "silent", "he reads my phone"), {SILENT: 0.1, OTHER: 0.0}),
        (line("ash", "silent", "the foreman holds the phones"), {SILENT: 0.5, OTHER: 0.45}),
        (line("fir", "silent", "la suegra lo ve", "es"), {SILENT: 0.2, OTHER: 0.1}),
        (line("fir", "answer", "call me"), {SILENT: 0.0, OTHER: 0.0}),
    ]
    report = tmp_path / "contact.md"

    write_contact_report(ContactScores(tuple(lines), ordinary=(0.1,) * 990 + (0.9,) * 10), report)

    cells = [[cell.strip().split(" ")[0] for cell in row.split("|")[1:-1]] for row in report.read_text().splitlines()]
    assert ["ash", "silent", "2", "1", "2"] in cells
    assert ["all", "silent", "3", "1", "2"] in cells
    assert ["fir", "answer", "1", "0", "0"] in cells


def test_the_command_writes_a_model_that_can_be_loaded(corpus: Path, tmp_path: Path) -> None:
    (corpus / "contact").mkdir()
    for writer in ("ash", "fir"):
        rows = [f"en\tsilent\tmy boss reads what comes on this phone number {count}" for count in range(8)]
        rows += [f"en\tother_writer\tthis is her brother what did she ask you {count}" for count in range(8)]
        rows += [f"en\tanswer\tmy brother drives me to the visit {count}" for count in range(8)]
        (corpus / "contact" / f"{writer}.tsv").write_text("\n".join(rows) + "\n")

    scores = export_contact_words(tmp_path / "model", corpus)

    assert {found.writer for found, _ in scores.lines} == {"ash", "fir"}
    words = load_contact_words(tmp_path / "model")
    assert words.least == scores.choose_least()
    assert words.hear("my boss reads what comes on this phone") is SILENT
    assert words.hear("this is her brother what did she ask") is OTHER
