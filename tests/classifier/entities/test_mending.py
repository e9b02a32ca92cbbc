"""What becomes of values that the network cuts in two, or takes for what their form says they are not."""

from __future__ import annotations

from itertools import pairwise

import pytest

from classifier.entities.mending import mend
from tests.classifier.entities.marked import read_marked, written


def mended(marked: str, sure: float = 0.9) -> list[str]:
    text, entities = read_marked(marked, sure)
    return written(text, mend(text, entities))


@pytest.mark.parametrize(
    ("marked", "whole"),
    [
        ("appt for [NAME bray]den please", ["NAME brayden"]),
        ("[NAME kay]l[NAME a] is sick", ["NAME kayla"]),
        ("de [NAME Querva]in's thumb", ["NAME Quervain"]),
        ("Dr[NAME iscoll] called", ["NAME Driscoll"]),
        ("doc [NAME Nguy]ễn", ["NAME Nguyễn"]),
        ("[NAME Ana]s card", ["NAME Ana"]),
        ("[NAME Jame]s is here", ["NAME James"]),
        ("hi[NAME Ana] here", ["NAME Ana"]),
        ("acct[ID LEP84]51", ["ID LEP8451"]),
        ("我是[NAME 小明]的妈妈", ["NAME 小明"]),
        ("mom [DOB 9]2 fell", ["DOB 92"]),
        ("she is [DOB ninety] two", ["DOB ninety two"]),
        ("tiene [DOB noventa] y dos", ["DOB noventa y dos"]),
        ("[DATE Sunday] [DATE 3/31] at 2", ["DATE Sunday 3/31"]),
        ("on [DATE the] second", ["DATE the second"]),
    ],
)
def test_a_value_is_whole(marked: str, whole: list[str]) -> None:
    assert mended(marked) == whole


@pytest.mark.parametrize(
    "marked",
    [
        "my [NAME app]ointment",
        "[NAME toman] seguro?",
        "on [DATE 5/3]25 percocet",
        "[DATE 5/325] percocet",
        "she took [DATE 3/4] of the bottle",
        "pain is [DATE 6/1]0",
        "the [DATE 20-28] only",
        "metrogel [DOB 0].75",
        "the [DATE 5-4-3]-2-1 thing",
        "it was a [DATE satur]day, cold",
        "since [DATE June 2022]",
        "tiene [DOB 7]7 años",
        "and i'm [DOB eight]y two",
        "we called [PHONE 91]1",
    ],
)
def test_what_its_form_rules_out_is_no_value(marked: str) -> None:
    assert mended(marked) == []


@pytest.mark.parametrize(
    "value",
    ["DATE 3/4", "DATE 10/10", "DATE 5.13", "DATE the 5th", "DOB June 1950", "DOB 101", "PHONE 555-0142"],
)
def test_what_may_be_a_value_stays(value: str) -> None:
    assert mended(f"born or seen on [{value}] ok") == [value]


def test_a_number_beside_a_word_for_a_birth_is_no_age() -> None:
    assert mended("born on the [DOB 4], [DOB 12] of '71") == ["DOB 4", "DOB 12"]


def test_a_name_that_is_a_word_stays_where_the_network_is_sure() -> None:
    assert mended("hi it's [NAME mo]", sure=0.97) == ["NAME mo"]


@pytest.mark.parametrize(
    ("marked", "kinds"),
    [
        ("gate code [CPT 4451]", ["ID 4451"]),
        ("code [CPT nine nine two one three]", ["CPT nine nine two one three"]),
        ("[CPT D2740-59]", ["CPT D2740-59"]),
        ("Payer ID [MEMBER_ID 87726]", ["ID 87726"]),
        ("RxPCN: [CARRIER MEDDPRIME]", ["ID MEDDPRIME"]),
    ],
)
def test_the_form_and_the_label_say_what_a_number_is(marked: str, kinds: list[str]) -> None:
    assert mended(marked) == kinds


def test_what_is_mended_does_not_overlap() -> None:
    text, entities = read_marked("a[NAME b]c[NAME d]ef [DATE the] [DATE 4]5 [DOB ninety] [ID 1]2[PHONE 3]4é\u0301" * 50)

    assert all(first.end <= second.start for first, second in pairwise(mend(text, entities)))


@pytest.mark.parametrize(
    ("marked", "parts"),
    [
        pytest.param("for [DATE 6/4 6/11 6/18]?", ["DATE 6/4", "DATE 6/11", "DATE 6/18"], id="dates in a row"),
        pytest.param("on [DATE 6/4, 6/11 & 6/18]", ["DATE 6/4", "DATE 6/11", "DATE 6/18"], id="dates in a list"),
        pytest.param("paid on [DATE 6/4.\n2]. next", ["DATE 6/4"], id="the next line"),
        pytest.param("the [DATE 1,250] quote", ["AMOUNT 1,250"], id="thousands"),
        pytest.param("implant [ID D6057]?", ["CPT D6057"], id="dental code"),
        pytest.param("invoice [ID D6057]", ["ID D6057"], id="number with a label"),
        pytest.param("call [MEMBER_ID 877-555-0142]", ["PHONE 877-555-0142"], id="toll-free number"),
    ],
)
def test_a_value_is_of_the_kind_that_its_form_says_and_stands_by_itself(marked: str, parts: list[str]) -> None:
    assert mended(marked) == parts
