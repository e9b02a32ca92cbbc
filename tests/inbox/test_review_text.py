"""What could name somebody is replaced, and a message in which something still could is not used."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.entities.recognizer import Recognizer
from classifier.entities.recorded import RecordedPatient
from inbox.exports.reviews import without_people
from training.data.rendering import SLOTS

NOBODY = RecordedPatient()
RULES = Recognizer()


def redact(text: str, recorded: RecordedPatient) -> str | None:
    return without_people(text, recorded, RULES)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("call me at (202) 555-0142 please", "call me at {phone} please"),
        ("my cell is 202.555.0142 or 555-0142", "my cell is {phone} or {phone}"),
        ("reach me on +44 20 7946 0958", "reach me on {phone}"),
        ("it's two oh two five five five oh one four two", "it's {phone}"),
        ("write to ana.lopez@example.com", "write to {email}"),
        ("it is ana dot lopez at mail dot example dot com ok", "it is {email} ok"),
        ("the form at https://portal.example.com/x?id=7 is down", "the form at {url} is down"),
        ("my social is 900-12-3456", "my social is {ssn}"),
        ("the last four of my social are 6880", "the last four of my social are {ssn_last4}"),
        ("dob 4/12/1987, need a cleaning", "dob {dob}, need a cleaning"),
        ("can i move my visit on 4/12 to May 3rd", "can i move my visit on {date} to {date}"),
        ("seen on 2026-04-12 and the 3rd", "seen on {date} and {date}"),
        ("a bill of $1,382.50 for 35 dollars", "a bill of {amount} for {amount}"),
        ("they want three hundred eighty two dollars", "they want {amount}"),
        ("member id: W123456789, group 88123", "member id: {member_id}, group {group_number}"),
        ("claim number CLM0012345 was denied", "claim number {claim_number} was denied"),
        ("mrn 0012345", "mrn {account_number}"),
        ("we moved to 12 Oak Street, Apt 4", "we moved to {address}"),
        ("zip is 20001", "zip is {address}"),
        ("do you take Delta Dental or aetna", "do you take {carrier} or {carrier}"),
        ("my name is ana lopez and my tooth hurts", "my name is {full_name} and my tooth hurts"),
        ("Hi, this is Ana Lopez, I need a refill", "Hi, this is {full_name}, I need a refill"),
        ("this is ana calling about a bill", "this is {first_name} calling about a bill"),
        ("Dr. Patel said to call", "Dr. {provider_name} said to call"),
        ("dr patel said to call", "dr {provider_name} said to call"),
        ("my son Leo has a fever", "my son {first_name} has a fever"),
        ("Dear Sarah, thank you for the call", "Dear {first_name}, thank you for the call"),
        (
            "can I get a copy of my records?\nThanks,\nAna Lopez",
            "can I get a copy of my records?\nThanks,\n{full_name}",
        ),
        ("is there parking? Ana", "is there parking? {first_name}"),
    ],
)
def test_values_give_way_to_the_slots_of_the_corpus(written: str, kept: str) -> None:
    assert redact(written, NOBODY) == kept


@pytest.mark.parametrize(
    "text",
    [
        "how much is a cleaning without insurance?",
        "my kid's fever is 103.2 and not coming down with tylenol. need advice now",
        "I take 2 pills of 500mg twice a day since 2019. Is that OK with an MRI on Monday?",
        "this is ridiculous, I waited 45 minutes. Never again.",
        "I'm new to the area. Do you take new patients?",
        "Thanks so much",
        "bp is 120/80, open 24/7?",
    ],
)
def test_a_message_that_names_nobody_stays_as_it_is(text: str) -> None:
    assert redact(text, NOBODY) == text


@pytest.mark.parametrize(
    "text",
    [
        "I met Jasper there and he was rude",
        "we drove all the way from Springfield",
        "ANA LOPEZ 2PM TOMORROW",
        "the number is 12 34 56 78",
        "use A7X91Q22 to get in",
        "one two three four is my pin",
        "M. Tanner needs her records",
        "меня зовут Анна, болит зуб",
        "her records say (Jasper)",
        "",
        "202-555-0142",
    ],
)
def test_a_message_in_which_something_could_still_name_somebody_is_not_used(text: str) -> None:
    assert redact(text, NOBODY) is None


def test_what_the_conversation_knows_of_its_patient_is_found_however_it_is_written() -> None:
    known = RecordedPatient(names=("Zephyrine Oakhurst",), numbers=("+12025550142",), emails=("z@home.example",))

    assert (
        redact("zephyrine's tooth hurts, so does oakhurst's", known)
        == "{first_name}'s tooth hurts, so does {first_name}'s"
    )
    assert redact("ask for zephyrine  oakhurst", known) == "ask for {full_name}"
    assert redact("text 2 0 2 5 5 5 0 1 4 2", known) == "text {phone}"
    assert redact("or z@home.example", known) == "or {email}"


def test_a_name_that_is_a_word_is_replaced_only_where_it_is_written_as_one() -> None:
    known = RecordedPatient(names=("Bill May",))

    assert redact("may i pay the bill today? ask Bill", known) == "may i pay the bill today? ask {first_name}"


@pytest.mark.parametrize("written", ["２０２-５５５-０１４２ now", "202-55\u200b5-0142 now", "202‑555‑0142 now"])
def test_a_value_cannot_hide_behind_other_characters(written: str) -> None:
    assert redact(written, NOBODY) == "{phone} now"


def test_braces_that_a_patient_wrote_are_no_slots() -> None:
    assert redact("what is {wisdom} about", NOBODY) == "what is (wisdom) about"


@given(st.text(max_size=200), st.text(max_size=30))
def test_whatever_is_written_comes_back_with_known_slots_or_not_at_all(text: str, name: str) -> None:
    kept = redact(text, RecordedPatient(names=(name,)))

    assert kept is None or set(re.findall(r"\{([^{}]*)\}", kept)) <= SLOTS
    assert kept is None or kept.count("{") == kept.count("}") == len(re.findall(r"\{[a-z0-9_]+\}", kept))
