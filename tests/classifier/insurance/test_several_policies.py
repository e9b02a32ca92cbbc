"""Which value of a message with several policies belongs to which of them."""

from __future__ import annotations

import pytest

from tests.classifier.insurance.marked import record


@pytest.mark.parametrize(
    ("text", "relationships"),
    [
        ("mine is [CARRIER Aetna] and my husband's is [CARRIER Cigna], which is first?", ["self", "spouse"]),
        ("wife's [CARRIER Cigna] pays before my [CARRIER Tricare], right?", ["spouse", "self"]),
        ("primary is [CARRIER Aetna] through my job, then my dad's [CARRIER Cigna]", ["self", "child"]),
        ("tengo dos seguros: el mío [CARRIER Aetna] y el de mi esposo [CARRIER Cigna]", ["self", "spouse"]),
        ("my son is on my [CARRIER Aetna] and on his dad's [CARRIER Cigna]. who's first?", ["child", "child"]),
    ],
)
def test_the_patient_may_be_something_else_to_each_holder(text: str, relationships: list[str]) -> None:
    assert record(text)["relationship"] == relationships


def test_a_public_program_beside_a_relatives_policy_is_the_patients_own() -> None:
    said = record("[CARRIER Medicare] is primary and my wife's [CARRIER Aetna] is secondary")

    assert said["relationship"] == ["self", "spouse"]


def test_a_word_that_is_said_of_all_policies_stays_one_word() -> None:
    assert record("[CARRIER VSP] or [CARRIER Aetna]? I have both through my husband")["relationship"] == "spouse"


def test_my_alone_says_nothing_of_who_holds_several_policies() -> None:
    assert "relationship" not in record("do you have my [CARRIER VSP] or my [CARRIER EyeMed] on file, which is first")


@pytest.mark.parametrize(
    "text",
    [
        "on [CARRIER Aetna] and [CARRIER Cigna]. Cigna first? [CARRIER Cigna] id [MEMBER_ID C222], [CARRIER Aetna] id"
        " [MEMBER_ID A111]",
        "[CARRIER Aetna] and [CARRIER Cigna]. My [CARRIER Cigna] ID is [MEMBER_ID C222], and the [CARRIER Aetna] one"
        " [MEMBER_ID A111]",
    ],
)
def test_a_number_belongs_to_the_insurer_that_is_named_beside_it_again(text: str) -> None:
    said = record(text)

    assert (said["carrier"], said["member_id"]) in (
        (["Aetna", "Cigna"], ["A111", "C222"]),
        (["Cigna", "Aetna"], ["C222", "A111"]),
    )


def test_the_only_number_of_two_insurers_goes_to_the_nearest_mention() -> None:
    said = record(
        "mine: [CARRIER Aetna], his: [CARRIER Cigna], which first? the [CARRIER Aetna] id is [MEMBER_ID A111]"
    )

    assert said["member_id"] == ["A111", None]


def test_a_form_says_which_number_is_the_secondary_insurances() -> None:
    said = record(
        "Primary: [CARRIER Aetna]\nSecondary: [CARRIER Cigna]\n"
        "Secondary #: [MEMBER_ID C222]\nPrimary #: [MEMBER_ID A111]"
    )

    assert said["member_id"] == ["A111", "C222"]


@pytest.mark.parametrize(
    "order", ["My ID is [MEMBER_ID A111], his is [MEMBER_ID C222]", "His is [MEMBER_ID C222], mine: [MEMBER_ID A111]"]
)
def test_mine_and_his_are_the_numbers_of_my_insurer_and_of_his(order: str) -> None:
    said = record(f"my husband's job has [CARRIER Cigna] and I have my [CARRIER Aetna]. Which is first? {order}")

    assert (said["carrier"], said["member_id"]) == (["Cigna", "Aetna"], ["C222", "A111"])


@pytest.mark.parametrize(
    "text",
    [
        "You billed [CARRIER Aetna] first and they denied it. [CARRIER Cigna] pays before them",
        "You sent it to [CARRIER Aetna] first, it should be [CARRIER Cigna]",
        "ustedes mandaron primero [CARRIER Aetna] y lo negaron, y tengo también [CARRIER Cigna]",
        "[CARRIER Aetna] that's second after my moms. moms is [CARRIER Cigna]",
        "[CARRIER Aetna] as backup. main one is still my [CARRIER Cigna]",
        "[CARRIER Aetna] is payer of last resort so [CARRIER Cigna] gets billed",
        "[CARRIER Aetna] supplement, behind [CARRIER Cigna]",
    ],
)
def test_what_was_billed_first_by_mistake_or_comes_second_is_not_primary(text: str) -> None:
    assert record(text)["carrier"] == ["Cigna", "Aetna"]


@pytest.mark.parametrize(
    ("text", "insurer"),
    [
        ("[CARRIER Medicaid] from the state, [CARRIER Buckeye] is who runs it. [MEMBER_ID B111]", "Buckeye"),
        ("[CARRIER AHCCCS] / [CARRIER Mercy Care] / [MEMBER_ID B111]", "Mercy Care"),
        ("I have [CARRIER Surest] (by [CARRIER UnitedHealthcare]), ID [MEMBER_ID B111]", "Surest"),
        ("[CARRIER Blue Cross] is [CARRIER Anthem Blue Cross] here. [MEMBER_ID B111]", "Anthem Blue Cross"),
        ("it's [CARRIER sig na] [CARRIER cigna] number [MEMBER_ID B111]", "cigna"),
        ("do you take [CARRIER tri care]? mine is [CARRIER TRICARE] prime", "tri care"),
    ],
)
def test_one_policy_with_two_names_is_one(text: str, insurer: str) -> None:
    assert record(text)["carrier"] == insurer


def test_insurers_that_a_practice_may_take_all_count() -> None:
    said = record("Do you take [CARRIER Cigna], [CARRIER Humana] or [CARRIER Oscar]? I want to pick one")

    assert said["carrier"] == ["Cigna", "Humana", "Oscar"]


@pytest.mark.parametrize(
    "text",
    [
        "take the [CARRIER Aetna] off my chart, I have [CARRIER Cigna] now",
        "no [CARRIER Aetna] anymore, it's [CARRIER Cigna]",
        "forget the [CARRIER Aetna] card. New one is [CARRIER Cigna]",
        "OLD: [EMPLOYER Brand], [CARRIER Aetna]\nCURRENT: [CARRIER Cigna]",
        "[CARRIER Aetna] went under so [CARRIER Cigna] now",
    ],
)
def test_an_insurer_that_the_patient_left_does_not_count(text: str) -> None:
    assert record(text)["carrier"] == "Cigna"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("it is [MEMBER_ID HFZ10041] (ending [MEMBER_ID 41])", "HFZ10041"),
        ("the id is [MEMBER_ID 88] uh [MEMBER_ID 88104]", "88104"),
        ("[MEMBER_ID 1887] hang on [MEMBER_ID 18847200]", "18847200"),
        ("New ID is [MEMBER_ID X331]. The old one, [MEMBER_ID X313], had two digits flipped", "X331"),
        ("id is [MEMBER_ID X331]. the temp id you have ([MEMBER_ID T7]) wont work anymore", "X331"),
    ],
)
def test_part_of_a_number_and_a_corrected_one_are_left_out(text: str, number: str) -> None:
    assert record(f"[CARRIER Aetna], {text}")["member_id"] == number


def test_numbers_of_two_members_that_differ_at_the_end_both_stay() -> None:
    said = record("[CARRIER Aetna] ids [MEMBER_ID 447718201] and [MEMBER_ID 447718202]")

    assert said["member_id"] == ["447718201", "447718202"]


@pytest.mark.parametrize("again", ["[PLAN choice plus ppo]", "[PLAN Choice]"])
def test_a_plan_counts_once_in_its_fullest_words(again: str) -> None:
    assert (
        str(record(f"[CARRIER Aetna] {again}, it says [PLAN Choice Plus PPO]")["plan"]).casefold() == "choice plus ppo"
    )
