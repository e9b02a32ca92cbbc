"""The insurance record that is assembled from a message and its entities."""

from __future__ import annotations

import pytest

from classifier.insurance.normalize import normal_amount, normal_code, normal_person, normal_phone
from classifier.insurance.question import QUESTIONS
from tests.classifier.insurance.marked import record


def test_a_card_gives_its_fields_in_one_form_each() -> None:
    assert record(
        "New card: [CARRIER Aetna] [PLAN Gold PPO], member [MEMBER_ID w 88-2 455], group [GROUP_NUMBER 0012-a],"
        " rx bin [ID six one oh oh one four], provider line [PHONE 1-800-555-0142]"
    ) == {
        "carrier": "Aetna",
        "plan": "Gold PPO",
        "member_id": "W882455",
        "group_number": "0012A",
        "rx_bin": "610014",
        "payer_phone": "8005550142",
        "question": "update_card",
    }


def test_what_is_not_stated_is_absent_and_other_messages_have_no_record() -> None:
    assert record("my kid's fever is 103, call [PHONE 202-555-0142], [NAME Ana]") == {}
    assert record("can I move my visit on [DATE 4/12]?") == {}


def test_a_corrected_number_is_the_one_that_holds() -> None:
    said = record(
        "the id is [MEMBER_ID A111] no wait that's the old one it's [MEMBER_ID B222] with [CARRIER Cigna] now"
    )

    assert said["member_id"] == "B222"


def test_the_new_insurance_counts_not_the_old_one() -> None:
    assert record("changed from [CARRIER Aetna] to [CARRIER Humana], id [MEMBER_ID H1234]")["carrier"] == "Humana"


@pytest.mark.parametrize("ended", ["was my old insurance now i have", "termed [DATE 12/31], now"])
def test_an_insurer_that_ended_is_not_the_primary_one(ended: str) -> None:
    stated = record(f"[CARRIER aetna] {ended} [CARRIER bcbs] id [MEMBER_ID ABC123]")

    assert (stated["carrier"], stated["member_id"]) == ("bcbs", "ABC123")


@pytest.mark.parametrize(
    "text",
    [
        "my daughter is on her dads plan, [NAME Jim Roe], dob [DOB 1/1/80]",
        "mi hija está en el seguro de su papá, [NAME Jim Roe], nacido [DOB 1/1/80]",
    ],
    ids=["English", "Spanish"],
)
def test_a_holder_counts_though_no_insurer_is_named(text: str) -> None:
    stated = record(text)

    assert (stated["subscriber_name"], stated["subscriber_dob"]) == ("Jim Roe", "1980-01-01")


def test_two_policies_are_aligned_the_primary_one_first() -> None:
    said = record(
        "[CARRIER Cigna] [MEMBER_ID C1234] is secondary, [CARRIER Medicare] is primary, [MEMBER_ID 1EG4-TE5-MK73]"
    )

    assert said["carrier"] == ["Medicare", "Cigna"]
    assert said["member_id"] == ["1EG4TE5MK73", "C1234"]
    assert said["question"] == "coordination"


@pytest.mark.parametrize(
    "text",
    [
        "you have on record is [CARRIER Anthem] id [MEMBER_ID A111], I have [CARRIER Centene] now, [MEMBER_ID C222]",
        "[CARRIER Anthem] was replaced by [CARRIER Centene] [MEMBER_ID C222] in January",
        "my son drops off my [CARRIER Anthem] policy and has [CARRIER Centene], ID [MEMBER_ID C222]. OK?",
        "the old plan was [CARRIER Anthem] id [MEMBER_ID A111] and now it's [CARRIER Centene] number [MEMBER_ID C222]",
    ],
)
def test_an_insurer_that_holds_no_more_takes_its_numbers_along(text: str) -> None:
    said = record(text)

    assert (said["carrier"], said["member_id"]) == ("Centene", "C222")


def test_values_listed_apart_from_the_insurers_are_in_the_same_order() -> None:
    said = record("[CARRIER Medicare] and [CARRIER Aetna], ids [MEMBER_ID 1EG4TE5MK73], [MEMBER_ID A222]. Bill both")
    born = record("[CARRIER Aetna] and [CARRIER Cigna]: I'm born [DOB 8/16/1984], he [DOB 4/25/1995], who's first?")

    assert said["member_id"] == ["1EG4TE5MK73", "A222"]
    assert born["subscriber_dob"] == ["1984-08-16", "1995-04-25"]


@pytest.mark.parametrize(
    "text",
    [
        "the policy number that you have for me there is [MEMBER_ID P1234], I checked, [CARRIER Aetna]",
        "hit by a car, [CARRIER Geico] [MEMBER_ID P1234] pays",
    ],
)
def test_a_policy_number_is_one_by_its_words_or_its_insurer(text: str) -> None:
    said = record(text)

    assert said["policy_number"] == "P1234"
    assert "member_id" not in said


def test_a_policy_number_belongs_to_the_insurer_of_the_car() -> None:
    said = record("[CARRIER Geico] first, [CARRIER Aetna] second. policy [MEMBER_ID P1234]")

    assert said["policy_number"] == ["P1234", None]


def test_a_policy_number_is_not_a_member_id() -> None:
    said = record("[CARRIER Geico] policy [MEMBER_ID 77-1234], claim [CLAIM_NUMBER 55 66 77] was denied")

    assert (said["policy_number"], said["claim_number"]) == ("771234", "556677")
    assert "member_id" not in said


@pytest.mark.parametrize(
    ("text", "name", "relationship"),
    [
        ("Subscriber: [NAME Leo Ruiz], spouse. [CARRIER Aetna]", "Leo Ruiz", "spouse"),
        ("do you take [CARRIER Aetna], it's through my husband [NAME Leo]", "Leo", "spouse"),
        ("I'm [NAME Ana], the subscriber is my dad [NAME Leo], [CARRIER Aetna]", "Leo", "child"),
        ("[CARRIER Aetna] through my job. is it accepted? [NAME Ana Ruiz]", "Ana Ruiz", "self"),
        ("My husband carries us. [NAME Leo], [CARRIER Aetna]. Is it accepted?", "Leo", "spouse"),
        ("my husband's the policyholder his name is [NAME leo] do you take [CARRIER aetna]", "leo", "spouse"),
        ("My aunt [NAME Leo] is my guardian and I'm on her [CARRIER Aetna]. Do you take it?", "Leo", "other"),
        ("I'm a dependent of [NAME Leo] (grandmother). [CARRIER Aetna]", "Leo", "other"),
        ("Titular: [NAME Leo Ruiz], papá. Seguro [CARRIER Aetna]", "Leo Ruiz", "child"),
        ("my partner [NAME Mo] is the employee; I'm a domestic partner. [CARRIER Aetna]", "Mo", "domestic_partner"),
    ],
)
def test_the_holder_of_the_policy_and_the_relationship_are_read(text: str, name: str, relationship: str) -> None:
    said = record(text)

    assert (said["subscriber_name"], said["relationship"]) == (name, relationship)


@pytest.mark.parametrize(
    ("text", "name", "relationship"),
    [
        ("it's under my husbands work, he is [NAME Leo]. [CARRIER Aetna]", "Leo", "spouse"),
        ("seguro [CARRIER Aetna], is of my husband, his name [NAME Leo]. you take?", "Leo", "spouse"),
        ("i get it off my wife ([NAME Lia]), [CARRIER Aetna]", "Lia", "spouse"),
        ("it's my stepdads, [NAME Leo]. [CARRIER Aetna]", "Leo", "child"),
        ("she's on my ex husband's plan his name is [NAME leo ruiz] it's [CARRIER aetna]", "leo ruiz", "spouse"),
        ("my daughter is on my ex husband's plan his name is [NAME leo], [CARRIER aetna]", "leo", "child"),
        ("My sister [NAME Mia]'s insurance is through her wife, [NAME Lia]. [CARRIER Aetna]", "Lia", "spouse"),
        ("my dad [NAME Leo] carries me till I'm 26. [CARRIER Aetna]", "Leo", "child"),
        ("my wife [NAME lia] handles it, it's in her name [NAME lia ruiz], [CARRIER aetna]", "lia ruiz", "spouse"),
        ("I'm not the subscriber. That's [NAME Leo], my husband. [CARRIER Aetna]", "Leo", "spouse"),
        ("Insurance under: me, [NAME Ana Ruiz]. Child: [NAME Mia]. [CARRIER Aetna]", "Ana Ruiz", "child"),
        ("Who is the insured? [NAME Leo Ruiz]\nYour relation? daughter\n[CARRIER Aetna]", "Leo Ruiz", "child"),
        ("Subscriber: Spouse\nSubscriber name: [NAME Leo Ruiz]\n[CARRIER Aetna]", "Leo Ruiz", "spouse"),
        ("mi hija está en el seguro de su papá, él se llama [NAME leo], [CARRIER aetna]", "leo", "child"),
        (
            "My wife's visit was billed wrong. I'm the subscriber, [NAME Leo Ruiz]. [CARRIER Aetna]",
            "Leo Ruiz",
            "spouse",
        ),
    ],
)
def test_a_relative_whose_insurance_it_is_holds_it(text: str, name: str, relationship: str) -> None:
    said = record(text)

    assert (said.get("subscriber_name"), said.get("relationship")) == (name, relationship)


@pytest.mark.parametrize(
    "text",
    [
        "the plan is of my work, the [PLAN ppo] of [CARRIER Aetna]",
        "[CARRIER Aetna] through the union, not my boss. [MEMBER_ID W1234]",
        "I aged out of my parents' plan and bought [PLAN Silver] on the exchange, [CARRIER Aetna]",
        "[PLAN Choice Plus] thru the warehouse ([EMPLOYER Brand Logistics]), [CARRIER Aetna]",
    ],
)
def test_insurance_through_ones_own_work_is_ones_own(text: str) -> None:
    assert record(text)["relationship"] == "self"


@pytest.mark.parametrize(
    "text",
    [
        "hurt at work, my employer is [EMPLOYER Brand], [CARRIER Sedgwick] claim [CLAIM_NUMBER 123456]",
        "calling from human resources, an employee [NAME Leo] was turned away with [CARRIER Aetna]",
    ],
)
def test_who_holds_the_policy_is_left_open_where_nobody_or_more_than_one_does(text: str) -> None:
    said = record(text)

    assert "relationship" not in said
    assert "subscriber_name" not in said


def test_one_holder_of_both_policies_is_named_once() -> None:
    said = record("[CARRIER VSP] or [CARRIER Aetna]? I have both via my husband [NAME Leo Ruiz]")

    assert said["subscriber_name"] == "Leo Ruiz"


def test_the_birth_date_that_a_pronoun_gives_the_subscriber_is_theirs() -> None:
    own = record("The insurance is mine: [CARRIER Aetna]. My date of birth: [DOB 1/2/1985].\n[NAME Leo Ruiz]")
    wrong = record("subscriber bday should be [DOB 2/11/1975] not [DOB 11/2/1975]. he's my dad, [NAME Leo]")

    assert (own["subscriber_dob"], wrong["subscriber_dob"]) == ("1985-01-02", "1975-02-11")


def test_an_employer_and_a_group_are_none_of_a_public_programs() -> None:
    said = record("Is [CARRIER Medicare] first? I still work for [EMPLOYER Brand], and that plan is [CARRIER Aetna]")

    assert said["employer"] == [None, "Brand"]


def test_whoever_employs_a_relative_insures_nobody() -> None:
    assert record("my niece works for [CARRIER Cigna], but we have [CARRIER Aetna]. accepted?")["carrier"] == "Aetna"


def test_a_spanish_verb_is_no_child() -> None:
    assert "relationship" not in record("puedo pagar de a poco, son [AMOUNT $400] lo que debo")


def test_a_signature_alone_is_no_subscriber() -> None:
    said = record("claim [CLAIM_NUMBER 123456] was denied by [CARRIER Aetna]. [NAME Ana Ruiz]")

    assert "subscriber_name" not in said


def test_the_subscribers_birth_date_is_taken_not_the_patients() -> None:
    said = record("Patient [NAME Mia], [DOB 1/2/2015]. Subscriber [NAME Leo], [DOB 4/12/1980]. [CARRIER Aetna]")

    assert said["subscriber_dob"] == "1980-04-12"


@pytest.mark.parametrize(
    "text",
    [
        "We changed insurers on [DATE November 1st], the new card is [CARRIER Aetna] [MEMBER_ID W1234]. Also, can we"
        " move the session on [DATE December 22] to [DATE the 21st]?",
        "I start at [EMPLOYER REI] [DATE 5/19]. [CARRIER Aetna]. Can we move my [DATE May 22] appt to [DATE June 4]?",
        "We got [CARRIER Aetna] now, ID [MEMBER_ID W1234], [DATE 11/1]. Thanks",
        "do you take [CARRIER Aetna]? If so, can I reschedule from [DATE the 21st] to [DATE the 28th]",
        "does [CARRIER Aetna] pay for it, and can I come [DATE the 21st] instead",
        "[CARRIER Aetna] id [MEMBER_ID W1234]. ¿Puedo mover la cita del [DATE 22 de diciembre] al [DATE 21]?",
        "[CARRIER Aetna] me cobra $40. Tengo la próxima cita el [DATE 22 de diciembre], ¿me la cambian?",
    ],
    ids=[
        "session moved",
        "appt moved",
        "bare",
        "rescheduled",
        "instead",
        "moved, Spanish",
        "next, Spanish",
    ],
)
def test_a_plans_start_and_a_visit_to_move_are_no_dates_of_service(text: str) -> None:
    assert "dates_of_service" not in record(text)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("new card [CARRIER Aetna] [MEMBER_ID W1234]. My next appointment is [DATE 12/22]", ["--12-22"]),
        ("new card [CARRIER Cigna] [MEMBER_ID W1234], I have my appt tomorrow [DATE the 4th]", ["---04"]),
        ("new card [CARRIER Cigna] [MEMBER_ID W1234]. I see Dr. [NAME Roe] on [DATE 12/22]", ["--12-22"]),
        ("tarjeta nueva [CARRIER Cigna] [MEMBER_ID W1234]. Mi cita es el [DATE 22 de diciembre]", ["--12-22"]),
        ("which is first, [CARRIER Aetna] or [CARRIER Cigna]? see you on [DATE 12/22]", ["--12-22"]),
        ("claims [CLAIM_NUMBER 771] for [DATE 10/1] and [DATE 10/2], [CARRIER Aetna]", ["--10-01", "--10-02"]),
        ("Vigencia: [DATE 1/1/2026]\nAseguradora: [CARRIER Aetna]\n¿Cubren la limpieza?", None),
    ],
    ids=["next", "tomorrow", "doctor", "Spanish", "coordination", "claims", "start"],
)
def test_a_visit_to_come_counts_where_the_message_gives_an_insurance_for_it(text: str, dates: list[str] | None) -> None:
    assert record(text).get("dates_of_service") == dates


@pytest.mark.parametrize(
    "text",
    [
        "new card: [CARRIER Aetna] [MEMBER_ID W1234]. Please rerun [DATE 4/12]",
        "you billed the wrong plan for [DATE 4/12], it's [CARRIER Aetna] [MEMBER_ID W1234]",
        "[CARRIER Aetna] denied claim [CLAIM_NUMBER 556677], [DATE 4/12]",
        "is my surgery on [DATE 4/12] approved by [CARRIER Aetna]?",
        "statement says [AMOUNT $40] for [DATE 4/12] but [CARRIER Aetna] paid",
    ],
    ids=["rerun", "billed", "denied", "to be approved", "statement"],
)
def test_a_day_tied_to_a_visit_a_bill_or_a_claim_is_a_date_of_service(text: str) -> None:
    assert record(text)["dates_of_service"] == ["--04-12"]


def test_only_days_of_visits_are_dates_of_service() -> None:
    said = record("denied for my visit on [DATE 4/12]; the appeal is due [DATE May 1], plan effective [DATE 1/1/26]")

    assert said["dates_of_service"] == ["--04-12"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("I was hurt at work on [DATE 9/3]. [CARRIER Sedgwick] pays", None),
        ("my son turns 26 on [DATE 8/30], new id [MEMBER_ID A222]", None),
        ("that bill of [AMOUNT $206] is wrong, I paid my [AMOUNT $30] copay on [DATE 4/12]", ["--04-12"]),
        ("you owe me, I paid [AMOUNT $206] at your kiosk sat [DATE 4/12]", None),
        ("benefits check before my [DATE 4/12] visit please, [CARRIER Aetna]", ["--04-12"]),
        ("the auth for [CARRIER Aetna] runs out [DATE 4/12], next session is [DATE 4/19]", ["--04-19"]),
    ],
)
def test_accidents_and_birthdays_are_no_visits_but_days_with_a_copay_are(text: str, days: list[str] | None) -> None:
    assert record(text).get("dates_of_service") == days


def test_a_patients_own_phone_is_not_the_payers() -> None:
    assert "payer_phone" not in record("[CARRIER Aetna] denied it, call me at [PHONE 202-555-0142]")
    assert "payer_phone" not in record("my plan [CARRIER Aetna] was billed as well. [NAME Ana], [PHONE 202-555-0142]")


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Geico] pays, my agent [NAME Ana] is at [PHONE 202-555-0142]",
        "it's [NAME ana] at [CARRIER aetna] care management call me at [PHONE 202-555-0142] about a visit",
    ],
)
def test_an_agents_phone_and_that_of_an_insurer_who_calls_are_the_payers(text: str) -> None:
    assert record(text)["payer_phone"] == "2025550142"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("do you take [CARRIER Aetna]?", "eligibility"),
        ("[CARRIER Aetna] rejected claim [CLAIM_NUMBER 123456]", "claim_denied"),
        ("why was I charged [AMOUNT $50] when my eob says [AMOUNT $20]", "balance_dispute"),
        ("[CARRIER Aetna] and [CARRIER Cigna], which one is primary?", "coordination"),
        ("did you get the prior auth for [CPT 70551]?", "prior_auth"),
        ("please send a superbill for [DATE 4/12]", "superbill"),
        ("can I pay [AMOUNT $50] a month?", "payment_plan"),
        ("I paid twice, please refund [AMOUNT $50]", "refund"),
        ("new insurance card: [CARRIER Aetna], [MEMBER_ID W1234]", "update_card"),
        ("this is [NAME Jo] from [CARRIER Aetna], we need the records for claim [CLAIM_NUMBER 123456]", "other"),
        ("this is [NAME Jo] from [CARRIER Aetna] i need the work notes for claim [CLAIM_NUMBER 123456]", "other"),
        ("has [CARRIER Aetna] said yes to the [CPT 70551] yet", "prior_auth"),
        ("does [CARRIER Aetna] pay for [CPT 97110] without a referral, I'd like to know", "eligibility"),
        ("you took [AMOUNT $40] two times, one has to come back to me", "refund"),
        ("can we set something up where i pay [AMOUNT $50] twice a month", "payment_plan"),
        ("car: [CARRIER Geico]. health: [CARRIER Aetna]. which one do you bill?", "coordination"),
        ("negaron el reclamo [CLAIM_NUMBER 123456]", "claim_denied"),
        ("¿aceptan [CARRIER Aetna]?", "eligibility"),
        ("¿puedo pagar [AMOUNT $50] al mes?", "payment_plan"),
        ("cn i do [AMOUNT 50] evry 2 wks til the [AMOUNT 430] gone", "payment_plan"),
        ("they're not gonna pay for [DATE 4/12], there was no referral on file, [CARRIER Aetna]", "claim_denied"),
        ("you charged me [AMOUNT $40] and [AMOUNT $40] again, i want one of those back", "refund"),
        ("is the first visit covered by [CARRIER Aetna]?", "eligibility"),
        ("i was told to call with my insurance, it's [CARRIER Aetna] [MEMBER_ID W1234]", "update_card"),
    ],
)
def test_the_question_is_named(text: str, question: str) -> None:
    assert question in QUESTIONS
    assert record(text)["question"] == question


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("$1,234.56", "1234.56"), ("240 dollars", "240.00"), ("$3.5k", "3500.00"), ("two grand", "2000.00"),
        ("three eighty two bucks", "382.00"), ("ninety dollars and fifty "
            "cents", "90.50"), ("doscientos dólares", "200.00"),
    ],
)  # fmt: skip
def test_an_amount_has_two_decimals(said: str, amount: str) -> None:
    assert normal_amount(said) == amount


def test_a_phone_number_is_its_digits() -> None:
    assert normal_phone("one eight hundred five five five oh one four two") == "8005550142"


def test_of_a_very_long_message_only_a_part_is_read() -> None:
    said = record("subscriber [NAME Ana], [CARRIER Aetna], is it accepted? " * 3_000)

    assert (said["carrier"], said["subscriber_name"], said["question"]) == ("Aetna", "Ana", "eligibility")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("dale peak d a l e", "dale peak"),
        ("june park P-A-R-K", "june park P-A-R-K"),
        ("ana ana ruiz", "ana ruiz"),
        ("J R Peak", "J R Peak"),
        ("Dale R", "Dale R"),
    ],
)
def test_a_person_is_named_once(said: str, name: str) -> None:
    assert normal_person(said) == name


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("Q as in queen, Q 4410 22", "Q441022"),
        ("r zero four r zero four eight one", "R0481"),
        ("b as in boy b five", "BB5"),
        ("five five five five", "5555"),
    ],
)
def test_a_code_is_written_once(said: str, code: str) -> None:
    assert normal_code(said) == code


def test_an_employer_that_is_only_described_counts_where_none_is_named() -> None:
    said = "[CARRIER Aetna] from [EMPLOYER the warehouse]"

    assert record(said)["employer"] == "the warehouse"
    assert record(f"{said} ([EMPLOYER Peak Freight])")["employer"] == "Peak Freight"


def test_an_insurer_that_is_named_in_full_later_is_one() -> None:
    said = record("[CARRIER Blue Cross] question, it's [CARRIER Blue Cross of Idaho] now")

    assert said["carrier"] == "Blue Cross of Idaho"


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        (
            "[CARRIER Aetna] denied claim [CLAIM_NUMBER 771], visit [DATE 3/2/26], you billed [DATE 5/2/26]",
            ["2026-03-02"],
        ),
        ("i paid [AMOUNT $40] up front for the colonoscopy on [DATE May 2], refund me", ["--05-02"]),
        ("i was hit by a truck on [DATE 4/2] and seen on [DATE 4/3], [CARRIER Geico] pays", ["--04-03"]),
        ("denied by [CARRIER Aetna], i called [PHONE 800-555-0142] on [DATE 6/2], resend it", None),
    ],
    ids=["visit", "procedure", "accident", "call"],
)
def test_the_day_of_a_visit_is_told_from_other_days(text: str, dates: list[str] | None) -> None:
    assert record(text).get("dates_of_service") == dates
