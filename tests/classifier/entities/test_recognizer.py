"""Where entities are: exact in the original, whatever Unicode it has, and found in linear time."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.entities.entity import MODEL, Entity
from classifier.entities.merging import merge
from classifier.entities.recognizer import Recognizer
from classifier.entities.recorded import RecordedPatient, find_recorded
from intake.vocabulary import EntityKind

RULES = Recognizer()
PIECES = st.sampled_from(
    ["call 202-555-0142 ", "dob 4/12/1987 ", "member id W123456789 ", "😀", "é", "e\u0301", "\u200b", "２", "ß", "İ",
     "\n", "José ", "$240 ", "my name is ", "the 14th ", "\ud83d", "ﷺ", "½ "]
)  # fmt: skip


@pytest.mark.parametrize(
    "written",
    ["202-555-0142", "２０２-５５５-０１４２", "202-55\u200b5-0142", "202‑555‑0142", "٢٠٢-٥٥٥-٠١٤٢"],
    ids=["ascii", "fullwidth", "zero width", "no-break hyphens", "Arabic digits"],
)
@pytest.mark.parametrize("before", ["", "😀 ", "niño, ", unicodedata.normalize("NFD", "niño, "), "ﬁ "])
def test_a_place_is_that_in_the_original(before: str, written: str) -> None:
    text = f"{before}call {written} now"

    [phone] = RULES.find(text)

    assert text[phone.start : phone.end] == written


def test_a_labeled_number_stays_whole_where_the_network_found_a_part_of_it() -> None:
    text = "member id w 88-2 455, ref b 120"
    labeled = RULES.find(text)
    parts = [Entity(EntityKind.MEMBER_ID, 12, 20, 0.9, MODEL), Entity(EntityKind.PHONE, 28, 31, 0.9, MODEL)]

    found = merge(labeled, parts)

    assert [(entity.kind, text[entity.start : entity.end]) for entity in found] == [
        (EntityKind.MEMBER_ID, "w 88-2 455"),
        (EntityKind.PHONE, "120"),
    ]


def test_accents_of_a_name_belong_to_it() -> None:
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "my name is José Núñé")
        [name] = RULES.find(text)
        assert text[name.start : name.end] == unicodedata.normalize(form, "José Núñé")


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
@settings(deadline=None)
def test_any_text_gives_entities_in_order_without_overlaps(text: str) -> None:
    end = 0
    for entity in RULES.find(text):
        assert end <= entity.start < entity.end <= len(text)
        assert 0 < entity.confidence <= 1
        end = entity.end


@pytest.mark.parametrize(
    "piece",
    ["my name is ", "two oh ", "1-", "4/12 ", "A. ", "e\u0301", "claim number is ", "blue cross ", "a@", "born on ",
     "Call 202-555-0142 about $240 on May 3rd. "],
)  # fmt: skip
def test_ten_times_the_text_takes_about_ten_times_as_long(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (4_000, 40_000))
    RULES.find(short)

    # quadratic time would be a hundred times as long
    assert cpu_seconds(long) < 40 * max(cpu_seconds(short) for _ in range(3))


def cpu_seconds(text: str) -> float:
    start = time.process_time()
    RULES.find(text)
    return time.process_time() - start


# ---- which of two stays


def entity(kind: str, start: int, end: int, source: str = "label", confidence: float = 0.9) -> Entity:
    return Entity(EntityKind(kind), start, end, confidence, source)


def test_a_value_known_by_its_form_stays_against_the_network() -> None:
    email = entity("EMAIL", 0, 20, "email")

    assert merge([email], [entity("NAME", 0, 3, MODEL)]) == (email,)


def test_the_network_stays_against_a_rule_that_goes_by_words() -> None:
    claim = entity("CLAIM_NUMBER", 5, 12, MODEL)

    assert merge([entity("MEMBER_ID", 5, 15)], [claim]) == (claim,)


def test_what_the_network_does_not_see_the_rules_add() -> None:
    name, phone = entity("NAME", 0, 3, MODEL), entity("PHONE", 10, 22, "phone")

    assert merge([phone], [name]) == (name, phone)


def test_of_two_rules_the_longer_stays() -> None:
    long = entity("NAME", 0, 9, "name")

    assert merge([entity("NAME", 0, 3, "name"), long]) == (long,)


def test_the_network_says_whether_a_date_is_a_birth_date() -> None:
    [date] = merge([entity("DATE", 0, 9, "full_date")], [entity("DOB", 0, 9, MODEL)])

    assert (date.kind, date.source) == (EntityKind.DOB, "full_date")


def test_what_the_record_contains_stays_against_all() -> None:
    text = "ask Bill May, may i pay the bill? 2.0.2.5.5.5.0.1.4.2"
    recorded = find_recorded(text, RecordedPatient(names=("Bill May",), numbers=("+12025550142",)))

    assert [text[e.start : e.end] for e in RULES.find(text, recorded)] == ["Bill May", "2.0.2.5.5.5.0.1.4.2"]


@pytest.mark.parametrize("address", ["sam@oneil.example", "sam.oneil@mail.example", "sam at oneil dot example"])
def test_a_recorded_name_within_an_address_does_not_split_it(address: str) -> None:
    text = f"This is Sam, write to {address}"
    recorded = find_recorded(text, RecordedPatient(names=("Sam O'Neil",)))

    assert [text[e.start : e.end] for e in RULES.find(text, recorded)] == ["Sam", address]


def test_a_rule_that_takes_ordinary_words_for_a_name_is_not_believed_where_the_network_sees_no_trace_of_one() -> None:
    # "thanks\nSurgical Center, call 202-555-0142"
    rules = [Entity(EntityKind.NAME, 7, 15, 0.7, "name"), Entity(EntityKind.PHONE, 29, 41, 0.9, "phone")]

    believed = [merge(rules, (), possible) for possible in ((), ((0, 6), (16, 22)), ((7, 11),), None)]

    assert [[entity.source for entity in entities] for entities in believed] == [
        ["phone"],
        ["phone"],
        ["name", "phone"],
        ["name", "phone"],
    ]
