"""What counts as harm, and how the table says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from faults.counts import Counts, find_breaches
from faults.kinds import ALL, Kind
from faults.run import Row
from faults.table import BEGIN, END, write_markdown

HARMLESS = Counts(
    texts=12,
    stored=12,
    classified=12,
    unanswered=0,
    answered=10,
    doubled=0,
    told_of_unanswered=0,
    opted_out_texted=0,
    urgent_untold=0,
    slowest_telling=2.5,
    recovery=1.5,
)
KIND = Kind("the sky falls", "Let the sky fall.", lambda service: None)


def test_a_row_in_which_everybody_was_answered_once_has_no_breach() -> None:
    assert find_breaches(HARMLESS) == []


@pytest.mark.parametrize(
    ("changes", "breach"),
    [
        ({"stored": 11, "classified": 11}, "1 not stored"),
        ({"classified": 10}, "2 not classified"),
        ({"answered": 8, "unanswered": 2}, "2 unanswered, and nobody was told"),
        ({"answered": 9, "doubled": 1}, "1 answered twice"),
        ({"opted_out_texted": 1}, "1 opted out and texted"),
        ({"urgent_untold": 2}, "2 urgent and nobody was told in time"),
        ({"recovery": None}, "never finished"),
        ({"recovery": 7300.9}, "took all the time that it was given"),
        ({"breaches": ("STOP was refused",)}, "STOP was refused"),
    ],
)
def test_each_harm_is_named(changes: dict[str, object], breach: str) -> None:
    assert find_breaches(replace(HARMLESS, **changes)) == [breach]  # type: ignore[arg-type]


def test_an_answer_that_did_not_arrive_harms_nobody_if_staff_know() -> None:
    assert find_breaches(replace(HARMLESS, answered=9, unanswered=1, told_of_unanswered=1)) == []


def test_the_table_replaces_the_one_before(tmp_path: Path) -> None:
    document = tmp_path / "faults.md"
    document.write_text(f"# Faults\n\n{BEGIN}| old |\n{END}\nThe end.\n")

    write_markdown([Row(KIND, HARMLESS), Row(KIND, replace(HARMLESS, doubled=1, slowest_telling=None))], document)

    written = document.read_text()
    assert written.startswith(f"# Faults\n\n{BEGIN}")
    assert written.endswith(f"{END}\nThe end.\n")
    assert "| old |" not in written
    first = "| the sky falls | Let the sky fall. | SQLite | 12 | 12 | 12 | 0 / 10 / 0 | 0 | 0 | 2.5 | 1.5 | ok |"
    assert f"{first}\n" in written
    assert "| 0 | 0 | – | 1.5 | 1 answered twice |\n" in written
    assert "2 kinds of faults, 1 without harm, 1 with a breach." in written


def test_the_table_names_the_limit_of_a_fault_that_has_its_own(tmp_path: Path) -> None:
    document = tmp_path / "faults.md"
    document.write_text(f"{BEGIN}{END}")

    write_markdown([Row(replace(KIND, urgent_within=15), HARMLESS)], document)

    assert "| 2.5 (limit 15) | 1.5 | ok |\n" in document.read_text()


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "faults.md"
    document.write_text("# Faults\n")

    with pytest.raises(ValueError, match="has no marks"):
        write_markdown([Row(KIND, HARMLESS)], document)


def test_no_two_faults_have_one_name() -> None:
    names = [kind.name for kind in ALL]

    assert len(names) == len(set(names)) >= 30
