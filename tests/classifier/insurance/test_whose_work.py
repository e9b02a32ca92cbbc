"""Through whose work an insurance comes, which workplace only stands beside it, and which card is no insurance's."""

from __future__ import annotations

import pytest

from tests.classifier.insurance.marked import record


@pytest.mark.parametrize(
    ("text", "relationship"),
    [
        ("I carry [CARRIER Cigna] through my husband [NAME Leo]'s job, his birthday [DOB 3/27/1984]", "spouse"),
        ("we still hold [CARRIER Aetna] thru my wife [NAME Leo], her bday is [DOB 3/27/1984]", "spouse"),
        ("I carry my [CARRIER Humana] [PLAN Gold] from my dad [NAME Leo], he was born [DOB 3/27/1984]", "child"),
        ("llevo [CARRIER Aetna] por mi esposo [NAME Leo], su cumpleaños es el [DOB 27 de marzo de 1984]", "spouse"),
        ("es por el trabajo d mi esposo [NAME Leo], [CARRIER Aetna], nació [DOB 27/3/1984]", "spouse"),
    ],
)
def test_what_one_carries_through_a_relative_is_that_relatives(text: str, relationship: str) -> None:
    found = record(text)

    assert (found["relationship"], found["subscriber_name"]) == (relationship, "Leo")
    assert str(found["subscriber_dob"]).startswith("1984-")


def test_the_birthday_of_a_relative_without_a_name_who_holds_the_policy_counts() -> None:
    found = record("[CARRIER Cigna] thru my husband's job, his birthday is [DOB 3/27/1984]")

    assert found["relationship"] == "spouse"
    assert found["subscriber_dob"] == "1984-03-27"


def test_what_one_carries_through_ones_own_work_is_ones_own() -> None:
    assert record("I carry [CARRIER Cigna] through my job, my husband has his")["relationship"] == "self"


@pytest.mark.parametrize(
    ("text", "relationship"),
    [
        ("[EMPLOYER Brand], mine, [CARRIER Aetna], ok?", "self"),
        ("policys mine, [CARRIER Aetna]. accepted?", "self"),
        ("still on [EMPLOYER Brand] [CARRIER Aetna] until fall, take it?", "self"),
        ("[EMPLOYER Brand] cancelled my [CARRIER Aetna], now what?", "self"),
        ("I've got marketplace coverage, [CARRIER Oscar], ok?", "self"),
        ("it's from [EMPLOYER Brand], yo trabajo ahí, [CARRIER Aetna], ¿la toman?", "self"),
        ("the subscriber is me, [CARRIER Aetna]. the patient is my 7-month-old", "child"),
        ("my wife [NAME Ana] is due. she is the patient; I hold our coverage, [CARRIER Aetna]", "spouse"),
        ("Policy holder: [NAME Ana]\nInsurance: [CARRIER Aetna]\nPatient: [NAME Leo], husband", "spouse"),
        ("Patient: [NAME Mia] (daughter)\nPolicy holder: [NAME Ana]\nInsurance: [CARRIER Aetna]", "child"),
    ],
)
def test_whose_policy_it_is_in_few_words(text: str, relationship: str) -> None:
    assert record(text)["relationship"] == relationship


def test_a_parents_name_given_as_an_answer_is_the_holders() -> None:
    found = record("under my moms name, [NAME Ana Ruiz] [DOB 3/9/1971]")

    assert (found["subscriber_name"], found["relationship"]) == ("Ana Ruiz", "child")
    assert found["subscriber_dob"] == "1971-03-09"


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Tricare], my sponsor is my wife Captain [NAME Ana Ruiz]. accepted?",
        "I'm on [CARRIER Tricare] through my husband, Staff Sergeant [NAME Ana Ruiz]",
        "I get [CARRIER Aetna] from my husband's old job, he passed away, his name was [NAME Ana Ruiz]",
        "Insurance: [CARRIER Aetna]\nWho holds it? wife\nHer name? [NAME Ana Ruiz]",
        "Insured name (last, first): [NAME Ana Ruiz]\nInsurance: [CARRIER Aetna]",
        "Subscriber information\nName: [NAME Ana Ruiz]\nInsurance: [CARRIER Aetna]",
    ],
)
def test_a_holder_is_named_with_a_rank_or_on_a_form(text: str) -> None:
    assert record(text)["subscriber_name"] == "Ana Ruiz"


@pytest.mark.parametrize(
    "text",
    [
        "I work at [EMPLOYER Shop] but my [CARRIER Cigna] is from my wife's job at [EMPLOYER Brand]",
        "I'm at [EMPLOYER Shop] until six. [CARRIER Cigna] via [EMPLOYER Brand]",
        "my coworker at [EMPLOYER Shop] sent me. [CARRIER Cigna] through [EMPLOYER Brand]",
        "it used to be [CARRIER Aetna] through [EMPLOYER Shop], now it's [CARRIER Cigna] from [EMPLOYER Brand]",
        "my [EMPLOYER Shop] coverage ended, since May [CARRIER Cigna] through [EMPLOYER Brand]",
        "I left [EMPLOYER Shop], so it's [CARRIER Cigna] through [EMPLOYER Brand]",
        "ya no estoy con [EMPLOYER Shop], ahora es [CARRIER Cigna] por [EMPLOYER Brand]",
    ],
)
def test_a_workplace_that_gives_no_coverage_any_more_is_left_out(text: str) -> None:
    assert record(text)["employer"] == "Brand"


@pytest.mark.parametrize(
    "text",
    [
        "I lost my job at [EMPLOYER Brand] and took COBRA, still [CARRIER Cigna]",
        "perdí mi trabajo en [EMPLOYER Brand] y elegí cobra con [CARRIER Cigna]",
    ],
)
def test_a_job_that_is_gone_still_gives_cobra(text: str) -> None:
    assert record(text)["employer"] == "Brand"


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("my [PLAN Medicare Advantage] is [CARRIER Humana] [PLAN Honor Giveback]", "Honor Giveback"),
        ("[CARRIER Highmark] [PLAN My Direct Blue], the [PLAN bronze] tier", "My Direct Blue"),
        ("[CARRIER Aetna], the [PLAN Choice Plus], no the [PLAN Open Access]. do you take it?", "Open Access"),
        ("[CARRIER Aetna] [PLAN HMO]", "HMO"),
    ],
)
def test_a_plan_is_called_by_its_name_where_it_has_one(text: str, plan: str) -> None:
    assert record(text)["plan"] == plan


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("My card ending [ID 4417] was charged [AMOUNT $240] for [CPT D2740]", "balance_dispute"),
        ("the card that ends in [ID 0021] was charged [AMOUNT $90], I wasn't there", "balance_dispute"),
        ("is Dr. [NAME Poe] taking people with [CARRIER Aetna]", "eligibility"),
        ("[CARRIER Aetna] [PLAN PPO]. can I get new frames now or do I wait", "eligibility"),
        ("here is my new card: [CARRIER Aetna], [MEMBER_ID W88213]", "update_card"),
    ],
)
def test_a_card_that_pays_is_not_one_of_an_insurance(text: str, question: str) -> None:
    assert record(text)["question"] == question
