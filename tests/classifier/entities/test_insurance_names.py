"""Which names are insurers' and which are plans'."""

from __future__ import annotations

from itertools import pairwise

import pytest

from classifier.entities.insurance_names import settle_names
from tests.classifier.entities.marked import read_marked, written


@pytest.mark.parametrize(
    ("marked", "settled"),
    [
        ("w [CARRIER delta premier]?", ["CARRIER delta", "PLAN premier"]),
        ("[CARRIER Oscar Health Plan F], id 12", ["CARRIER Oscar Health", "PLAN Plan F"]),
        ("[CARRIER Sunshine Health Medicare] [PLAN Advantage]", ["CARRIER Sunshine Health", "PLAN Medicare Advantage"]),
        ("[CARRIER Western Health] [PLAN Advantage]", ["CARRIER Western Health Advantage"]),
        ("both [CARRIER Cigna lincoln financial]", ["CARRIER Cigna", "CARRIER lincoln financial"]),
        ("i have [CARRIER Dental Blue] thru work", ["PLAN Dental Blue"]),
        ("[PLAN select] [PLAN hmo] ok?", ["PLAN select hmo"]),
        ("[PLAN Blue Advantage] Silver", ["PLAN Blue Advantage Silver"]),
        ("[PLAN Medicare Advantage] (PPO)", ["PLAN Medicare Advantage (PPO)"]),
        ("Insurance: [CARRIER Aetna\nPrimary] ID", ["CARRIER Aetna"]),
        ("auto [CARRIER Infinit]y first", ["CARRIER Infinity"]),
        ("with [CARRIER united healthcare provider] services", ["CARRIER united healthcare"]),
        ("y el de mi esposo [NAME Humana]", ["CARRIER Humana"]),
        ("tengo seguro [NAME Molina]", ["CARRIER Molina"]),
        ("this is [NAME Molina]", ["NAME Molina"]),
        ("she works for [EMPLOYER Aetna]", ["EMPLOYER Aetna"]),
        ("adjuster at [EMPLOYER travelers]", ["CARRIER travelers"]),
        ("[CARRIER Kestrel Mutual] [PLAN PPO]", ["CARRIER Kestrel Mutual", "PLAN PPO"]),
    ],
)
def test_insurers_and_plans_are_told_apart(marked: str, settled: list[str]) -> None:
    text, entities = read_marked(marked)

    found = settle_names(text, entities)

    assert written(text, found) == settled


def test_what_is_settled_does_not_overlap() -> None:
    text, entities = read_marked(
        "[CARRIER Aetna] [PLAN Gold] Silver [NAME Ana] [PLAN Choice] [PLAN Plus] PPO [CARRIER delta gold]" * 50
    )

    found = settle_names(text, entities)

    assert all(first.end <= second.start for first, second in pairwise(found))


@pytest.mark.parametrize(
    ("marked", "settled"),
    [
        ("[CARRIER Oscar] needs a checkup", ["NAME Oscar"]),
        ("my son [CARRIER oscar] has insurance", ["NAME oscar"]),
        ("[CARRIER Molina family] needs appt", ["NAME Molina"]),
        ("[CARRIER Anthem] singer here", []),
        ("[CARRIER Habitat] moved to Georgia", ["EMPLOYER Habitat"]),
        ("do you take [CARRIER Oscar]", ["CARRIER Oscar"]),
        ("[CARRIER oscar]?", ["CARRIER oscar"]),
        ("[CARRIER Aetna] needs a checkup", ["CARRIER Aetna"]),
        ("[CARRIER Lyra] [PLAN HMO]", ["CARRIER Lyra", "PLAN HMO"]),
    ],
)
def test_a_doubtful_insurer_needs_a_word_about_insurance(marked: str, settled: list[str]) -> None:
    text, entities = read_marked(marked, sure=0.7)

    assert written(text, settle_names(text, entities)) == settled


@pytest.mark.parametrize(
    "marked",
    [
        "i had [CARRIER Moderna], is [CARRIER Pfizer] covered",
        "do you take [CARRIER care] credit",
        "do you take [CARRIER CareCredit]",
        "we fly [CARRIER delta] on monday, my plan ends then",
    ],
)
def test_other_businesses_are_no_insurers(marked: str) -> None:
    text, entities = read_marked(marked, sure=1.0)

    assert settle_names(text, entities) == ()
