from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.entities.spans import Span, join_neighbors, trim_span
from intake.vocabulary import EntityKind

NAME, ADDRESS, DATE, AMOUNT = EntityKind.NAME, EntityKind.ADDRESS, EntityKind.DATE, EntityKind.AMOUNT


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        (" Maria's", NAME, "Maria"),
        ("Maria’s", NAME, "Maria"),
        ("joes'", NAME, "joes"),
        ("O'Brien", NAME, "O'Brien"),
        ("Maria L.", NAME, "Maria L."),
        ("Lopez Jr.", NAME, "Lopez Jr."),
        ("Lopez.", NAME, "Lopez"),
        ("12 Oak St.", ADDRESS, "12 Oak St."),
        ("12 Oak Street.", ADDRESS, "12 Oak Street"),
        ("(512) 555-0100", EntityKind.PHONE, "(512) 555-0100"),
        ("512-555-0100)", EntityKind.PHONE, "512-555-0100"),
        ("#4B", ADDRESS, "#4B"),
        ("+1 512 555 0100,", EntityKind.PHONE, "+1 512 555 0100"),
        ("$40.", AMOUNT, "$40"),
        ("@jess.runs!", EntityKind.ID, "@jess.runs"),
        ("...", DATE, ""),
    ],
)
def test_only_the_value_stays(text: str, kind: EntityKind, expected: str) -> None:
    start, end = trim_span(text, 0, len(text), kind)
    assert text[start:end] == expected


@given(st.text(), st.sampled_from(EntityKind))
def test_trimming_stays_inside(text: str, kind: EntityKind) -> None:
    start, end = trim_span(text, 0, len(text), kind)
    assert 0 <= start <= end <= len(text)


def joined(text: str, *parts: tuple[str, EntityKind]) -> list[str]:
    spans: list[Span] = []
    last = 0
    for value, kind in parts:
        last = text.index(value, last)
        spans.append((last, last + len(value), kind))
        last += len(value)
    return [text[start:end] for start, end, _ in join_neighbors(text, spans)]


def test_a_given_and_a_family_name_are_one() -> None:
    assert joined("Maria Lopez", ("Maria", NAME), ("Lopez", NAME)) == ["Maria Lopez"]
    assert joined("Maria, Lopez", ("Maria", NAME), ("Lopez", NAME)) == ["Maria", "Lopez"]
    assert joined("Maria → Lopez", ("Maria", NAME), ("Lopez", NAME)) == ["Maria", "Lopez"]


def test_a_street_its_unit_its_city_and_its_zip_code_are_one() -> None:
    text = "12 Oak St apt 4B, Austin, TX 78701"
    parts = [(value, ADDRESS) for value in ("12 Oak St", "4B", "Austin", "TX", "78701")]
    assert joined(text, *parts) == [text]
    assert joined("Austin or Dallas", ("Austin", ADDRESS), ("Dallas", ADDRESS)) == ["Austin", "Dallas"]


def test_two_dates_stay_two() -> None:
    assert joined("4/12 4/13", ("4/12", DATE), ("4/13", DATE)) == ["4/12", "4/13"]
