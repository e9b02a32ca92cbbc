"""Phone numbers in E.164."""

from __future__ import annotations

import pytest

from intake import phone
from intake.errors import IntakeError


@pytest.mark.parametrize(
    "written",
    [
        "+12025550123",
        "2025550123",
        "12025550123",
        "(202) 555-0123",
        "202-555-0123",
        "202.555.0123",
        " +1 202 555 0123 ",
        "tel:+1-202-555-0123",
        "\N{FULLWIDTH PLUS SIGN}12025550123",
    ],
)
def test_a_number_has_one_form_however_it_is_written(written: str) -> None:
    assert phone.normalise(written) == "+12025550123"


@pytest.mark.parametrize(
    ("written", "region", "normal"),
    [("020 7946 0123", "GB", "+442079460123"), ("+44 20 7946 0123", "US", "+442079460123")],
)
def test_a_number_belongs_to_its_region_unless_it_names_another(written: str, region: str, normal: str) -> None:
    assert phone.normalise(written, region) == normal


def test_a_normal_number_stays_as_it_is() -> None:
    assert phone.normalise(phone.normalise("(202) 555-0123")) == "+12025550123"


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "262966",
        "swordfish",
        "MAPLE ST",
        "+1",
        "+1202555",
        "555-0123",
        "+15550123",
        "+1202555012345678",
        "+999123456",
        "\ud800",
        "0" * 999,
    ],
)
def test_what_cannot_be_a_number_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(IntakeError, match=r"^not a (possible )?phone number: expected E\.164 such as \+12025550123$"):
        phone.normalise(written)


def test_a_number_is_spoken_as_its_country_writes_it() -> None:
    assert phone.spoken("+12025550123") == "(202) 555-0123"
    assert phone.spoken("+442079460123") == "020 7946 0123"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+12025550123", "US"),
        ("+14165550123", "CA"),
        ("+18765550123", "JM"),
        ("+18095550123", "DO"),
        ("+17875550123", "PR"),
        ("+19995550123", "US"),  # an area code that no plan knows yet
        ("+442079460123", "GB"),
        ("+88213123456", None),
        ("+80012345678", None),
        ("ana@patient.example", None),
    ],
)
def test_a_number_belongs_to_a_country_although_twenty_share_its_code(number: str, country: str | None) -> None:
    assert phone.country_of(number) == country
