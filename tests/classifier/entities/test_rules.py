"""What the rules find without a network: values whose form or whose neighbors say what they are."""

from __future__ import annotations

import pytest

from classifier.entities.recognizer import Recognizer

RULES = Recognizer()


def found(text: str) -> list[str]:
    return [f"{entity.kind} {text[entity.start : entity.end]}" for entity in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("call me at (202) 555-0142 please", ["PHONE (202) 555-0142"]),
        ("202.555.0142 ext. 204", ["PHONE 202.555.0142", "PHONE 204"]),
        ("reach me on +44 20 7946 0958", ["PHONE +44 20 7946 0958"]),
        ("two oh two five five five oh one four two", ["PHONE two oh two five five five oh one four two"]),
        ("write to ana.lopez@example.com", ["EMAIL ana.lopez@example.com"]),
        ("ana dot lopez at mail dot example dot com", ["EMAIL ana dot lopez at mail dot example dot com"]),
        ("see https://pay.example.com/x?id=7, it is down", ["URL https://pay.example.com/x?id=7"]),
        ("my social is 900-12-3456", ["ID 900-12-3456"]),
        ("card ending in 4417 was charged", ["ID 4417"]),
        ("card 4111 1111 1111 1111", ["ID 4111 1111 1111 1111"]),
        ("from 203.0.113.41", ["ID 203.0.113.41"]),
        ("medicare 1eg4 te5 mk73", ["CARRIER medicare", "MEMBER_ID 1eg4 te5 mk73"]),
        ("cpt 99213, 99214 and D2740", ["CPT 99213", "CPT 99214", "CPT D2740"]),
        ("a bill of $1,382.50, not 240 dollars", ["AMOUNT $1,382.50", "AMOUNT 240 dollars"]),
        ("three hundred eighty two dollars", ["AMOUNT three hundred eighty two dollars"]),
        ("moved from 4/12 to May 3rd, then the 14th", ["DATE 4/12", "DATE May 3rd", "DATE the 14th"]),
        ("2026-04-12", ["DATE 2026-04-12"]),
        ("la cita es el 12/4, no el doce de abril", ["DATE el 12/4", "DATE el doce de abril"]),
        ("dob 4/12/1987", ["DOB 4/12/1987"]),
        ("nacida el 3 de mayo de 1980", ["DOB el 3 de mayo de 1980"]),
        ("my mother is 92 years old", ["DOB 92"]),
        ("I turned 93 in march", ["DOB 93"]),
        ("payer id 87726", ["ID 87726"]),
        ("my apt is 4b", ["ADDRESS 4b"]),
        ("surgery Jun. 3 or 15 ago", ["DATE Jun. 3", "DATE 15 ago"]),
        ("member id: W123-456-789, group 88123", ["MEMBER_ID W123-456-789", "GROUP_NUMBER 88123"]),
        ("member id w eight eight two four five thanks", ["MEMBER_ID w eight eight two four five"]),
        ("claim number CLM-0012345 was denied", ["CLAIM_NUMBER CLM-0012345"]),
        ("mi póliza es POL-778812", ["MEMBER_ID POL-778812"]),
        ("rx bin 610014", ["ID 610014"]),
        ("member id NHQ0771842, BIN 003858", ["MEMBER_ID NHQ0771842", "ID 003858"]),
        ("claim 48-22X1-908, PIP limit reached", ["CLAIM_NUMBER 48-22X1-908"]),
        ("group two oh four four nine and i need a visit", ["GROUP_NUMBER two oh four four nine"]),
        ("i paid 75 and you owe me 1,150", ["AMOUNT 75", "AMOUNT 1,150"]),
        ("it's three fifteen a quadrant, i can do 40 a month", ["AMOUNT three fifteen", "AMOUNT 40"]),
        ("my copay is 35", ["AMOUNT 35"]),
        (
            "Insurance: Peak Mutual\nPlan: Clear Path\nEmployer: Peak Freight",
            ["CARRIER Peak Mutual", "PLAN Clear Path", "EMPLOYER Peak Freight"],
        ),
        ("do you take atena or Blue Cross?", ["CARRIER atena", "CARRIER Blue Cross"]),
        ("we have a Gold PPO", ["PLAN Gold PPO"]),
        ("we moved to 12 Oak Street, Apt 4", ["ADDRESS 12 Oak Street, Apt 4"]),
        ("Dr. Patel saw my son Leo", ["NAME Patel", "NAME Leo"]),
        ("my name is ana lopez and my tooth hurts", ["NAME ana lopez"]),
        ("HELLO DR. PATEL, I'M GRACE", ["NAME PATEL", "NAME GRACE"]),
        ("el lunes 8 or Friday 11 works", ["DATE el lunes 8", "DATE Friday 11"]),
    ],
)
def test_a_value_is_found_with_its_kind(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I take 2 pills of 500mg twice a day since 2019",
        "bp is 128/86, pain 7/10, open 24/7",
        "tooth 14 and 19, on Monday at 3:30 in May",
        "sphere -2.25, lens -2.75, 20/40 vision",
        "I may need 2 visits in March 2026",
        "I'm delta for the day and united with my kids",
        "the second floor, the 3rd grade, the first time",
        "Hi I'm calling about my cleaning",
        "Hello I've emailed twice. We're here until noon",
        "HI IM AT WORK, MY DOCTOR SIGNED THE FORM",
        "the doctor told me friday and my old dr retired",
        "im sunburnt here and it's bleeding again",
        "Dear Manager, night-shift nurse here",
        "so annoying. thanks hon",
        "Saturday 8 a.m. or Tuesday 3 to 4 pm",
        "10 days ago. 1 side is swollen, sore since June. 3 Tylenol",
        "drank 3/4 of the bottle, cut by 3/4 of an inch",
        "se la hizo en el 22, le di 150 o 225",
        "great for 14 months. no rush, ask dr",
        "walked 6 miles circle, 12 YEARS DR said so",
        "he claims 22, my record is 41, my rx is -2.75",
        "las llaves del apto a mi hermana",
        "no pos ya",
    ],
)
def test_what_only_looks_like_a_value_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "i paid 75 times",
        "you pay 20% only",
        "copay is 2 visits",
        "Insurance: none\nPlan: n/a\nEmployer: retired",
        "9 a week",
    ],
)
def test_what_is_counted_is_no_amount_and_no_answer_is_no_name(text: str) -> None:
    assert found(text) == []


def test_ages_of_up_to_89_are_no_birth_dates() -> None:
    assert found("my mother is 89 years old") == []
