"""A visitor's own number and address are recognized in a chat; anybody else's are not."""

from __future__ import annotations

import pytest

from inbox.contact.chat_contact import read_contact_line

PHONE, EMAIL = "+12025550123", "ann@example.com"


@pytest.mark.parametrize(
    ("text", "number", "address"),
    [
        ("202-555-0123", PHONE, None),
        ("my number is (202) 555-0123", PHONE, None),
        ("Ann@example.com", None, EMAIL),
        ("it's ann@example.com or call 202 555 0123, thanks", PHONE, EMAIL),
        ("Sam Ortiz 202-555-0123", PHONE, None),
        ("Ana, 202-555-0123", PHONE, None),
        ("mi correo es ann@example.com", None, EMAIL),
        ("202 555 0123 my name is Harold Bates", PHONE, None),
        ("I'm Harold Bates, 202 555 0123", PHONE, None),
        ("me llamo Rosa Peña y mi número es 202 555 0123", PHONE, None),
    ],
)
def test_how_to_reach_the_visitor_is_read(text: str, number: str | None, address: str | None) -> None:
    assert read_contact_line(text) == (number, address)


@pytest.mark.parametrize(
    "text",
    [
        "please send my records to records@clinic.example",
        "my mom's number is 202-555-0123",
        "my member id is 2025550123",
        "fax 202 555 0123 to Dr Alvarez",
        "call her at 202-555-0123",
        "Call my lawyer at 202-555-0123",
        "Dr Alvarez 202-555-0123",
        "fax it to 202-555-0123",
        "do you have an email?",
        "my email is ann@example.com and my chest hurts",
        "202-555-0123 or 202-555-0144",
    ],
)
def test_a_message_that_says_more_gives_no_contact(text: str) -> None:
    assert read_contact_line(text) == (None, None)
