"""Email addresses, in the one form in which they are stored, compared and sent."""

from __future__ import annotations

import pytest

from intake import email_address
from intake.errors import IntakeError


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("ana@patient.example", "ana@patient.example"),
        ("Ana.Lopez@Patient.Example", "ana.lopez@patient.example"),
        ("ana+visits@mail.patient.example", "ana+visits@mail.patient.example"),
        ("o'hara_99@x-y.example", "o'hara_99@x-y.example"),
        ("a@b.co", "a@b.co"),
        ("1@2.example", "1@2.example"),
        ("a" * 64 + "@patient.example", "a" * 64 + "@patient.example"),
    ],
)
def test_an_address_has_one_form_however_it_is_written(written: str, normal: str) -> None:
    assert email_address.normalise(written) == normal


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ana",
        "ana@",
        "@patient.example",
        "ana@patient",
        "ana@.example",
        "ana@patient..example",
        "ana@-patient.example",
        "ana@patient-.example",
        ".ana@patient.example",
        "ana.@patient.example",
        "a..b@patient.example",
        "ana lopez@patient.example",
        " ana@patient.example",
        "ana@patient.example\n",
        "ana@patient.example\r\nBcc: eva@patient.example",
        "ana@patient.example,eva@patient.example",
        "Ana <ana@patient.example>",
        '"ana lopez"@patient.example',
        "ana@[127.0.0.1]",
        "ñandú@patient.example",
        "ana@ñandú.example",
        "a" * 65 + "@patient.example",
        "a@" + "b" * 64 + ".example",
        "a@" + "b.c" * 100 + ".example",
        "+12025550123",
    ],
)
def test_what_mail_cannot_be_sent_to_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(IntakeError) as refused:
        email_address.normalise(written)

    assert str(refused.value) == "not an email address: expected one such as maria@example.com"
