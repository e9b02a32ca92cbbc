"""How a patient can be reached: what is known decides the words, and a notice says no number and no address."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.routing.way_to_patient import AddressSource, Chat, KnownWays, way_to

PHONE, EMAIL = "+12025550131", "ann@example.com"
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "texted": ({"phone": PHONE}, "Call now: (202) 555-0131."),
    "gave-a-number": (
        {"phone": PHONE, "phone_from": AddressSource.GIVEN, "email": EMAIL},
        "Call now: (202) 555-0131, the number that they gave (not verified).",
    ),
    "number-on-record": (
        {"phone": PHONE, "phone_from": AddressSource.RECORD, "email": EMAIL, "email_from": AddressSource.OWN},
        "Call now: (202) 555-0131, the number on their record.",
    ),
    "in-the-chat-with-a-number": (
        {"phone": PHONE, "phone_from": AddressSource.GIVEN, "chat": Chat.OPEN},
        "The chat is still open: answer there, or call (202) 555-0131, the number that they gave (not verified).",
    ),
    "in-the-chat": ({"chat": Chat.OPEN}, "The chat is still open: answer there now. No phone is known."),
    "verified-email": (
        {"email": EMAIL, "email_from": AddressSource.OWN},
        "No phone is known. Write to ann@example.com.",
    ),
    "unverified-email": (
        {"email": EMAIL, "email_from": AddressSource.GIVEN},
        "No phone is known. You can write to ann@example.com (not verified).",
    ),
    "hidden-number": (
        {"is_call": True, "is_recorded": True},
        "The number is hidden: nobody can be called back. Listen to the recording for a name or a place, and ask your"
        " phone company or 911 to trace the call.",
    ),
    "hidden-number-without-recording": (
        {"is_call": True},
        "The number is hidden: nobody can be called back. Ask your phone company or 911 to trace the call.",
    ),
    "left-the-chat": (
        {"chat": Chat.LEFT},
        "They left the chat and gave no phone or email. Answer there in case they come back, and look in their words"
        " for a name or a place.",
    ),
    "ended-the-chat": (
        {"chat": Chat.ENDED},
        "The chat has ended, and they gave no phone or email: look in their words for a name or a place.",
    ),
    "nothing": ({}, "No phone or email is known: look in their words for a name or a place."),
    "not-safe": ({"phone": PHONE, "is_unsafe": True}, "Find a safe way to reach them, or send help."),
    "not-safe-but-in-the-chat": (
        {"phone": PHONE, "is_unsafe": True, "chat": Chat.OPEN, "is_page_safe": True},
        "The chat is still open: answer there now. Do not call or text.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_known_decides_how_to_reach_them(case: str) -> None:
    known, words = CASES[case]

    assert way_to(KnownWays(**known)).words == words


@pytest.mark.parametrize("case", CASES)
def test_a_notice_says_it_without_the_number_and_the_address(case: str) -> None:
    way = way_to(KnownWays(**CASES[case][0]))

    assert way.contact in ("(202) 555-0131", EMAIL, "")
    assert not way.contact or way.contact not in way.in_notices
    assert way.in_notices.isascii()  # or a text takes twice the room
    assert way.contact or way.in_notices == way.words


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("texted", "Call now."),
        ("gave-a-number", "Call now: they gave a number (not verified)."),
        ("number-on-record", "Call now: a number is on their record."),
        ("unverified-email", "No phone is known. You can write to the email address that they gave (not verified)."),
    ],
)
def test_a_notice_says_whether_there_is_anything_to_call(case: str, words: str) -> None:
    assert way_to(KnownWays(**CASES[case][0])).in_notices == words
