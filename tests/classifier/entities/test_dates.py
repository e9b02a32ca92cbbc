"""Dates in the forms that people write and say."""

from __future__ import annotations

from datetime import date

import pytest

from classifier.entities.dates import read_date
from classifier.entities.spoken import read_number, write_code

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("4/12", "--04-12"), ("4/12/26", "2026-04-12"), ("04-12-2026", "2026-04-12"), ("2026-04-12", "2026-04-12"),
        ("4.12.26", "2026-04-12"), ("25/12/2026", "2026-12-25"), ("April 12th, 2026", "2026-04-12"),
        ("12 April 2026", "2026-04-12"), ("25-Nov-2027", "2027-11-25"), ("Apr. 12", "--04-12"), ("jun29", "--06-29"),
        ("Tue 4/12", "--04-12"), ("the 14th", "---14"), ("the twenty third", "---23"), ("el 12", "---12"),
        ("el 12/4", "--04-12"), ("12 de abril de 2026", "2026-04-12"), ("doce de abril", "--04-12"),
        ("primero de mayo", "--05-01"), ("treinta y uno de mayo", "--05-31"), ("April twelfth", "--04-12"),
        ("four twelve", "--04-12"), ("four slash twelve slash twenty six", "2026-04-12"),
        ("may third nineteen eighty two", "1982-05-03"), ("March 3 two thousand and four", "2004-03-03"),
        ("ten ten nineteen oh four", "1904-10-10"), ("tres de mayo de mil novecientos ochenta y dos", "1982-05-03"),
        ("04121987", "1987-04-12"),
    ],
)  # fmt: skip
def test_a_date_is_read_in_any_form(written: str, expected: str) -> None:
    assert read_date(written, today=TODAY) == expected


def test_a_birth_date_is_not_in_the_future() -> None:
    assert read_date("4/12/31", is_birth=True, today=TODAY) == "1931-04-12"
    assert read_date("4/12/31", today=TODAY) == "2031-04-12"


@pytest.mark.parametrize("written", ["", "13/45", "2/30", "soon", "120/80", "99 bottles"])
def test_what_is_no_date_is_not_read(written: str) -> None:
    assert read_date(written, today=TODAY) is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("w eight eight two", "W882"), ("W-88 2", "W882"), ("W as in William double four oh", "W440"),
        ("twelve oh five eighty three", "120583"), ("eight hundred five five five", "800555"),
        ("nueve tres cero y luego siete uno", "93071"), ("A B C dash one two", "ABC12"), ("treinta y dos", "32"),
    ],
)  # fmt: skip
def test_a_spoken_code_is_written_out(said: str, code: str) -> None:
    assert write_code(said) == code


@pytest.mark.parametrize(
    ("words", "number"),
    [("three eighty two", 382), ("twenty five hundred", 2500), ("a hundred and twenty", 120), ("mil doscientos", 1200),
     ("six thousand two hundred fifty seven", 6257), ("one fifty", 150), ("many", None)],
)  # fmt: skip
def test_a_spoken_number_is_read(words: str, number: int | None) -> None:
    assert read_number(words.split()) == number
