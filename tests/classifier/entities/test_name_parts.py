"""How names of insurers, plans, and employers are put together from what was found of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from classifier.entities.name_parts import put_together
from tests.classifier.entities.marked import read_marked, written


def together(marked: str) -> list[str]:
    text, entities = read_marked(marked)
    return written(text, put_together(text, entities))


@pytest.mark.parametrize(
    ("marked", "plans"),
    [
        pytest.param("[CARRIER Regence] [PLAN Summit] [PLAN Preferred]", ["Summit Preferred"], id="in two spans"),
        pytest.param("[PLAN Medicare Advantage] ([PLAN HMO])", ["Medicare Advantage (HMO)"], id="type in parentheses"),
        pytest.param(
            "[CARRIER medicare] [PLAN advantage value] by humana", ["medicare advantage value"], id="advantage"
        ),
        pytest.param("[PLAN Clear Path] 4500 ok?", ["Clear Path 4500"], id="level"),
        pytest.param("[PLAN Clear Path] [ID 4500] ok?", ["Clear Path 4500"], id="level that was taken for a number"),
        pytest.param("[PLAN Clear Path] 30 visits", ["Clear Path"], id="not what is counted"),
        pytest.param("my [PLAN TYPE HMO]", ["HMO"], id="type before"),
        pytest.param("is the [PLAN silver 60 hmo one] ok", ["silver 60 hmo"], id="one after"),
        pytest.param("its the [PLAN Blue Summit Flex plan]", ["Blue Summit Flex"], id="plan after"),
        pytest.param("the [PLAN low plan]", ["low plan"], id="plan that makes the name"),
        pytest.param("our myBlue [PLAN Silver 90]", ["myBlue Silver 90"], id="word before"),
        pytest.param("[PLAN the] other; small [PLAN PPOs]", [], id="no name"),
        pytest.param(
            "[CARRIER Premera], [CARRIER Peak Care] [PLAN Gold]", ["Peak Care Gold"], id="unknown name before"
        ),
        pytest.param("[CARRIER Premera] [PLAN hmo] [CARRIER blue peak]", ["hmo blue peak"], id="unknown name after"),
        pytest.param("[CARRIER Cigna] [CARRIER PeakCare]", ["PeakCare"], id="unknown name beside an insurer"),
        pytest.param("[CARRIER Cigna], [CARRIER PeakCare].", ["PeakCare"], id="unknown name behind a comma"),
        pytest.param("[CARRIER cigna whole peak]", ["whole peak"], id="behind the insurer's name"),
        pytest.param("[CARRIER Medicaid], plan [CARRIER LA Care]", ["LA Care"], id="of a public program"),
        pytest.param("mi plan es el [CARRIER Medicare Dorado]", ["Medicare Dorado"], id="with a program's name"),
    ],
)
def test_a_plan_is_whole_and_nothing_else(marked: str, plans: list[str]) -> None:
    assert [name.removeprefix("PLAN ") for name in together(marked) if name.startswith("PLAN")] == plans


@pytest.mark.parametrize(
    ("marked", "carriers"),
    [
        pytest.param("[CARRIER molina] [CARRIER medicaid]", ["molina medicaid"], id="program of an insurer"),
        pytest.param("[CARRIER medicare first], then", ["medicare"], id="which is first"),
        pytest.param("[CARRIER health first]", ["health first"], id="first that makes the name"),
        pytest.param("[CARRIER bcbs of utah summit] [PLAN ppo]", ["bcbs of utah"], id="state"),
        pytest.param("[CARRIER BCBS] [ADDRESS Iowa]", ["BCBS Iowa"], id="state that was taken for an address"),
        pytest.param("[CARRIER Sana] [PLAN Benefits]", ["Sana Benefits"], id="company"),
        pytest.param("my Peak [CARRIER HealthPlans] card", ["Peak HealthPlans"], id="company before"),
        pytest.param(
            "[CARRIER Peak Associates] [CARRIER Health Plans]", ["Peak Associates Health Plans"], id="two spans"
        ),
        pytest.param("[CARRIER Medicare Part] B", ["Medicare Part B"], id="part"),
        pytest.param("thru [CARRIER state]; id starts [CARRIER 7QX]", [], id="no insurer"),
        pytest.param("he's my grandfather and [CARRIER guardian]", [], id="guardian who is a person"),
        pytest.param("cigna and [CARRIER guardian]", ["guardian"], id="guardian that is an insurer"),
        pytest.param("[CARRIER Cigna], then [CARRIER Peak Mutual]", ["Cigna", "Peak Mutual"], id="two insurers"),
    ],
)
def test_an_insurer_is_whole_and_nothing_else(marked: str, carriers: list[str]) -> None:
    assert [name.removeprefix("CARRIER ") for name in together(marked) if name.startswith("CARRIER")] == carriers


@pytest.mark.parametrize(
    ("marked", "name"),
    [
        pytest.param("hes at [CARRIER Peakview]", "EMPLOYER Peakview", id="who works there"),
        pytest.param("[CARRIER Cigna] thru [CARRIER Peakview]", "EMPLOYER Peakview", id="through whom"),
        pytest.param("Employer: [NAME Peak O'Reilly]", "EMPLOYER Peak O'Reilly", id="label"),
        pytest.param("hubby [EMPLOYER Dale Peak] works", "NAME Dale Peak", id="relative"),
        pytest.param("from [EMPLOYER the City of Peak]", "EMPLOYER City of Peak", id="article"),
        pytest.param("through [EMPLOYER the] plumbers union", "EMPLOYER the plumbers union", id="cut short"),
    ],
)
def test_an_employer_is_told_by_the_words_around_it(marked: str, name: str) -> None:
    assert together(marked)[-1] == name


def test_what_is_put_together_does_not_overlap() -> None:
    text, entities = read_marked(
        "[CARRIER BCBS] [ADDRESS Iowa] [CARRIER Medicare Part] [MEMBER_ID B 1EG4] [PLAN Gold] [ID 4500] [PLAN the] "
        * 50
    )

    found = put_together(text, entities)

    assert all(first.end <= second.start for first, second in pairwise(found))
    assert sum(text[entity.start : entity.end] == "1EG4" for entity in found) == 50
