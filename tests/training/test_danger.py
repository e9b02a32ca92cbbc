"""What doubts weak alarms by the words: fitted on messages, calibrated on others, and reported with what it costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from classifier.network.danger_words import DangerWords, load_danger_words
from intake.vocabulary import TriageLevel
from tests.training.lazy import Lazy
from training.data.corpus import CorpusError, CorpusMessage
from training.data.held_back import read_plain

Doubted = Lazy("training.export.danger_words", "Doubted")
choose_harmless = Lazy("training.export.danger_words", "choose_harmless")
doubt_alarms = Lazy("training.export.danger_words", "doubt_alarms")
fit_danger_words = Lazy("training.export.danger_words", "fit_danger_words")
write_danger_report = Lazy("training.evaluation.danger", "write_danger_report")

EMERGENCY, SAME_DAY, ROUTINE = TriageLevel
WEAK = "can people pay a little bit at a time or is it all up front"


def message(text: str, level: TriageLevel, writer: str = "oak") -> CorpusMessage:
    return CorpusMessage(text, None, "", "sms", "writers", level=level, writer=writer)


def test_words_of_dangers_weigh_more_than_those_of_other_messages() -> None:
    texts = [f"my chest hurts badly {count}" for count in range(9)] + [
        f"what do you charge {count}" for count in range(9)
    ]
    words: DangerWords = fit_danger_words(texts, [text.startswith("my") for text in texts])

    assert words.weigh("my chest hurts") > 0.9
    assert words.weigh("what do you charge") < 0.1
    assert not words.is_harmless("what do you charge"), "nothing was calibrated yet"


def test_the_bar_rises_until_too_many_emergencies_are_lost() -> None:
    words = replace(load_danger_words(), harmless=0.0)

    chosen, doubted = choose_harmless(words, [message(WEAK, ROUTINE)] * 3)
    assert chosen.harmless == pytest.approx(0.04)
    assert [line.after for line in doubted] == [SAME_DAY] * 3

    chosen, doubted = choose_harmless(words, [message(WEAK, EMERGENCY)])
    assert (chosen.harmless, [line.after for line in doubted]) == (0.0, [EMERGENCY])


def test_the_report_counts_alarms_without_the_words_and_with_them(corpus: Path, tmp_path: Path) -> None:
    lines = [
        Doubted(message("a", EMERGENCY), EMERGENCY, EMERGENCY),
        Doubted(message("b", EMERGENCY), EMERGENCY, SAME_DAY),
        Doubted(message("c", ROUTINE, "fir"), EMERGENCY, SAME_DAY),
    ]
    (corpus / "held_back").mkdir(exist_ok=True)
    (corpus / "held_back" / "plain.tsv").write_text(f"routine\ten\t{WEAK}\nroutine\tes\tgracias\n")
    report = tmp_path / "danger.md"

    write_danger_report(load_danger_words(), lines, corpus, report)

    cells = [[cell.strip().split(" ")[0] for cell in row.split("|")[1:-1]] for row in report.read_text().splitlines()]
    assert ["oak", "emergency", "2", "2", "1"] in cells
    assert ["fir", "routine", "1", "1", "0"] in cells
    assert ["all", "routine", "2", "1", "0"] in cells, "the stranger's"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [("routine\tfr\thi", "has the language 'fr', expected en or es"), ("soon\ten\thi", "has the level 'soon'")],
)
def test_a_wrong_line_of_the_strangers_is_named(corpus: Path, line: str, complaint: str) -> None:
    (corpus / "held_back").mkdir(exist_ok=True)
    (corpus / "held_back" / "plain.tsv").write_text(line + "\n")

    with pytest.raises(CorpusError, match=rf"plain\.tsv:1 {complaint}"):
        read_plain(corpus)


def test_without_a_strangers_file_there_is_nothing_to_read(corpus: Path) -> None:
    assert read_plain(corpus) == []
