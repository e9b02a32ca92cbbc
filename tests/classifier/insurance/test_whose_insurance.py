"""Whose insurance it is, which insurer counts, and which days are visits, as people put it."""

from __future__ import annotations

import pytest

from tests.classifier.insurance.marked import record


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Aetna] is mine, I carry it for everyone",
        "do you take [CARRIER Aetna]? it's under me, not my wife",
        "[PLAN Gold HMO] off the marketplace, [CARRIER Oscar]",
        "retired [EMPLOYER City Fire], still on their [CARRIER Aetna], ok?",
        "I quit, so COBRA for now. [CARRIER Aetna] id [MEMBER_ID W1234]",
        "our union has us on [CARRIER Aetna], in network?",
        "[EMPLOYER Brand] moved us to [CARRIER Cigna], take it?",
        "I get mine from [EMPLOYER Brand], it's [CARRIER Cigna]",
        "el seguro está a mi nombre, [CARRIER Aetna]. ¿lo aceptan?",
        "[CARRIER Aetna] a través de mi empresa, ¿aceptan?",
        "my company has [CARRIER Aetna] but I use [PLAN Gold], bought it myself",
    ],
)
def test_ones_own_policy_is_told_by_who_carries_or_pays_it(text: str) -> None:
    assert record(text)["relationship"] == "self"


@pytest.mark.parametrize(
    ("text", "relationship"),
    [
        ("my hubs signed me up on [CARRIER Aetna], good there?", "spouse"),
        ("[CARRIER Aetna], my wife's. do you take it?", "spouse"),
        ("my job offers [PLAN Basic] but I use my husband's, [CARRIER Cigna]. ok?", "spouse"),
        ("es por la planta de mi esposo, [CARRIER Aetna], ¿la toman?", "spouse"),
        ("mi esposa me metió en su seguro, [CARRIER Aetna]", "spouse"),
        ("on my gf's plan, [CARRIER Aetna]. accepted?", "domestic_partner"),
        ("my fiance's [CARRIER Aetna] covers me, ok?", "domestic_partner"),
        ("mi pareja me tiene en su seguro, no estamos casados. [CARRIER Aetna]", "domestic_partner"),
        ("dad's got me on [CARRIER Aetna], ok?", "child"),
        ("on my folks' plan till 26, [CARRIER Aetna]", "child"),
        ("it's [NAME Mia]'s mom, she has [CARRIER Medicaid], ok?", "child"),
        ("hubby here. my wife [NAME Ana] is the patient but I'm the insured, [NAME Leo]. [CARRIER Aetna]", "spouse"),
        ("my mom's [CARRIER Aetna]. she's the patient, does she need a referral?", "self"),
    ],
)
def test_a_relative_holds_the_policy_in_everyday_words(text: str, relationship: str) -> None:
    assert record(text)["relationship"] == relationship


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my ex has the kids on hers, [NAME Ana Ruiz]. [CARRIER Aetna]", "Ana Ruiz"),
        ("es de mi marido, [CARRIER Aetna]. yo soy [NAME Ana] y él es [NAME Leo]", "Leo"),
        ("Policy is mine, [NAME Ana Ruiz], [CARRIER Aetna]. covered?", "Ana Ruiz"),
        ("I'm the sub. [NAME Ana Ruiz]. [CARRIER Aetna] ok?", "Ana Ruiz"),
        ("[CARRIER Aetna] via my job. I spoke with [NAME Tim] from billing. [NAME Ana Ruiz]. call me", "Ana Ruiz"),
        ("under my wife. her lawyer [NAME Tim] called; she works nights, [NAME Ana]. [CARRIER Aetna]", "Ana"),
    ],
)
def test_the_holders_name_is_neither_the_writers_nor_a_third_partys(text: str, name: str) -> None:
    assert record(text)["subscriber_name"] == name


def test_a_baby_is_no_holder() -> None:
    said = record("[CARRIER Aetna], my husband's. The baby ([NAME Mia]) is on it. covered?")

    assert "subscriber_name" not in said


def test_two_policies_have_a_holder_each() -> None:
    said = record(
        "my [CARRIER Aetna] is from my job, husband [NAME Leo] has me on [CARRIER Cigna]. which first? I'm [NAME Ana]"
    )

    assert said["subscriber_name"] == ["Ana", "Leo"]


def test_a_holder_who_is_all_that_a_message_gives_is_recorded() -> None:
    said = record("sub: husband. name [NAME Leo Ruiz], born [DOB 4/12/1980]")

    assert (said["subscriber_dob"], said["question"]) == ("1980-04-12", "update_card")


@pytest.mark.parametrize(
    ("text", "carriers"),
    [
        ("my [CARRIER Aetna] and his [CARRIER Cigna]. his is primary", ["Cigna", "Aetna"]),
        ("my [CARRIER Aetna] and my husband's [CARRIER Cigna]. mine goes first", ["Aetna", "Cigna"]),
        ("[CARRIER Medicaid] and [CARRIER Aetna], but [CARRIER Medicaid] always pays last", ["Aetna", "Medicaid"]),
        ("has [CARRIER Medicaid] and [CARRIER VSP]. please bill [CARRIER VSP] first", ["VSP", "Medicaid"]),
        ("[CARRIER Cigna] and [CARRIER Medicare]. [CARRIER Medicare] stays first", ["Medicare", "Cigna"]),
        ("[CARRIER Aetna]... nvm it's [CARRIER Cigna]", "Cigna"),
        ("my [CARRIER Aetna] stopped, it's [CARRIER Cigna] now", "Cigna"),
        ("old = [CARRIER Aetna], new = [CARRIER Cigna]", "Cigna"),
        ("take [CARRIER Aetna] off my chart. I have [CARRIER Cigna]", "Cigna"),
        ("disregard the [CARRIER Aetna] card, it's [CARRIER Cigna]", "Cigna"),
        ("[CARRIER ASH] through [CARRIER Kaiser] told me to send it", "ASH"),
        ("my [CARRIER Medicare] advantage is with [CARRIER Humana]", "Humana"),
        ("my sister has [CARRIER Aetna], I have [CARRIER Cigna]", "Cigna"),
    ],
)
def test_the_insurers_that_count_are_in_the_order_in_which_they_pay(text: str, carriers: object) -> None:
    assert record(text)["carrier"] == carriers


def test_a_plan_from_an_insurer_is_that_insurers() -> None:
    said = record("I have [CARRIER Medicare] and a [PLAN Plan G] from [CARRIER Aetna]. which first?")

    assert said["plan"] == [None, "Plan G"]


@pytest.mark.parametrize(
    "text",
    [
        "[EMPLOYER Brand] (not where my plan is from). [CARRIER Aetna] is off the exchange",
        "[CARRIER Aetna] charged for [DATE 4/12], I was at [EMPLOYER Brand] all day",
        "is [CARRIER Aetna] ok? weekends I'm at [EMPLOYER Brand], text me",
        "it's my wife's [CARRIER Aetna]. HR at [EMPLOYER Brand] says no",
    ],
)
def test_an_employer_mentioned_in_passing_insures_nobody(text: str) -> None:
    assert "employer" not in record(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("the denial letter came [DATE 5/1], [CARRIER Aetna], for my exam on [DATE 4/12]", ["--04-12"]),
        ("[CARRIER Aetna] sent me the eob [DATE 5/1]. visit was [DATE 4/12]", ["--04-12"]),
        ("Statement date [DATE 3/31], visit date [DATE 4/12], [AMOUNT $164]", ["--04-12"]),
        ("refund please, i prepaid [AMOUNT $120] for [DATE 4/12] and cancelled [DATE 4/10]", ["--04-12"]),
        ("can I pay [AMOUNT $60] monthly for the colonoscopy on [DATE 4/12]", ["--04-12"]),
        ("hurt at work [DATE 4/10] and came to you [DATE 4/12], claim [CLAIM_NUMBER Y449]", ["--04-12"]),
        ("your office told me on [DATE 5/1] that [AMOUNT $50] comes back", None),
        ("I get paid on [DATE 5/1] and [DATE 5/15], can I pay [AMOUNT $50] then", None),
        ("seen [DATE 4/12] and [DATE 4/19], you owe me [AMOUNT $50]", ["--04-12", "--04-19"]),
        ("paid [AMOUNT $20] on [DATE 4/12] for the cleaning, [CARRIER Aetna]", ["--04-12"]),
        ("carta con fecha [DATE 3 de marzo] de [CARRIER Aetna] por la consulta del [DATE 11 de febrero]", ["--02-11"]),
        ("[CARRIER Aetna] pagó [DATE el 3 de marzo]; la consulta fue [DATE el 11 de febrero]", ["--02-11"]),
        ("superbill for [DATE 4/12] please, my plan began on [DATE 1/1]. [CARRIER Aetna]", ["--04-12"]),
    ],
)
def test_days_of_letters_payments_and_calls_are_no_visits(text: str, days: list[str] | None) -> None:
    assert record(text).get("dates_of_service") == days


def test_a_toll_free_fax_is_the_payers_and_a_cards_refund_is_no_phone() -> None:
    assert record("[CARRIER Aetna] needs a letter. Fax [PHONE 855-555-0103]")["payer_phone"] == "8555550103"
    assert "payer_phone" not in record("you owe me [AMOUNT $65], put it back on my card please [PHONE 202-555-0142]")


def test_a_contract_number_under_a_policy_is_a_member_id() -> None:
    said = record("under my policy with [CARRIER Aetna], contract number [MEMBER_ID 8009]")

    assert (said.get("member_id"), said.get("policy_number")) == ("8009", None)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("[PLAN Gold] from [CARRIER Aetna], yes/no?", "eligibility"),
        ("¿ustedes atienden pacientes con [CARRIER Aetna]?", "eligibility"),
        ("how much till I hit my deductible, [PLAN Gold]", "eligibility"),
        ("[CARRIER Aetna] has to ok the [CPT 70551], did you ask them first", "prior_auth"),
        ("necesito que autoricen el [CPT 70551], [CARRIER Aetna]", "prior_auth"),
        ("can you turn the [AMOUNT $300] into payments, [CARRIER Aetna]", "payment_plan"),
        ("quisiera hacer pagos, debo [AMOUNT $300]", "payment_plan"),
        ("need my copay back, [CARRIER Aetna] has none. [AMOUNT $20]", "refund"),
        ("my [CARRIER Aetna] stopped, [CARRIER Cigna] now thru my job", "update_card"),
        ("the paper says i owe [AMOUNT $90] but it should be [AMOUNT $0], [CARRIER Aetna]", "balance_dispute"),
        ("the ER bill belongs to auto, [CARRIER Geico] first then [CARRIER Aetna]", "coordination"),
    ],
)
def test_what_is_asked_in_everyday_words(text: str, question: str) -> None:
    assert record(text)["question"] == question


def test_who_pays_the_pharmacies_is_not_a_second_insurer() -> None:
    stated = record("[CARRIER OptumRx] id [MEMBER_ID 974110283], the plan is with [CARRIER Highmark]")

    assert (stated["carrier"], stated["member_id"]) == ("Highmark", "974110283")
    assert record("auth with [CARRIER OptumRx]?")["carrier"] == "OptumRx"


@pytest.mark.parametrize(
    ("text", "name", "relationship"),
    [
        ("the member is my wife [NAME Ann Li], [CARRIER Aetna] [MEMBER_ID W882]", "Ann Li", "spouse"),
        ("[CARRIER TRICARE Prime], sponsor is SSgt [NAME Ann Li], my mom", "Ann Li", "child"),
        ("who carries the insurance? her dad, [NAME Bo Li]\ncompany: [CARRIER Aetna]", "Bo Li", "child"),
        ("¿quién tiene el seguro? mi esposo, [NAME Luis Paz], [CARRIER Aetna]", "Luis Paz", "spouse"),
        ("está a nombre de mi esposo, [NAME Luis Paz]", "Luis Paz", "spouse"),
    ],
)
def test_a_form_or_a_rank_names_the_holder(text: str, name: str, relationship: str) -> None:
    said = record(text)

    assert (said.get("subscriber_name"), said.get("relationship")) == (name, relationship)


@pytest.mark.parametrize(
    "text",
    [
        "who holds it: me, i buy it myself, [CARRIER Ambetter]",
        "the member is myself, [CARRIER Regence] [MEMBER_ID ZVJ881]",
        "es [CARRIER Ambetter], no es de ningún trabajo, lo pago yo",
        "ahora tengo [CARRIER Florida Blue] por medio de mi nuevo empleo",
    ],
)
def test_the_writer_says_to_hold_it(text: str) -> None:
    assert record(text)["relationship"] == "self"


@pytest.mark.parametrize(
    "text",
    [
        "I owe [AMOUNT $588]. I work at a school, could I pay [AMOUNT $49] a month? [NAME Ann Li]",
        "Debo [AMOUNT $588]. Trabajo en una escuela, ¿puedo pagar [AMOUNT $49] al mes? [NAME Ana Paz]",
    ],
)
def test_a_bill_without_an_insurance_has_no_holder(text: str) -> None:
    assert {"subscriber_name", "relationship"}.isdisjoint(record(text))


@pytest.mark.parametrize(
    "text",
    [
        "I have [CARRIER Aetna]. The balance is wrong.\n\n[NAME Ann Li]\n[EMPLOYER Scranton Lace]",
        "Why do I owe [AMOUNT $40]? [CARRIER Aetna] paid.\n[NAME Ann Li], night shift, [EMPLOYER Amtrak]",
        "¿Por qué debo [AMOUNT $40]? [CARRIER Aetna] ya pagó.\nGracias,\n[NAME Ana Paz]\n[EMPLOYER Bodegas Atlas]",
    ],
)
def test_an_employer_in_a_signature_gives_no_coverage(text: str) -> None:
    assert "employer" not in record(text)


@pytest.mark.parametrize(
    "text",
    [
        "My job changed us to [CARRIER Aetna].\n[NAME Ann Li]\n[EMPLOYER Scranton Lace]",
        "Nos cambiaron a [CARRIER Aetna] por mi trabajo.\n[NAME Ana Paz]\n[EMPLOYER Scranton Lace]",
    ],
)
def test_an_employer_in_a_signature_counts_where_work_gives_coverage(text: str) -> None:
    assert record(text)["employer"] == "Scranton Lace"


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        (
            "my office moved everyone. before: [CARRIER Anthem] PPO. here: [CARRIER Surest] [MEMBER_ID SR30091]",
            "Surest",
        ),
        (
            "[CARRIER Cigna] me cubría en el trabajo anterior, les doy [CARRIER Oscar], número [MEMBER_ID OSC2271]",
            "Oscar",
        ),
    ],
)
def test_the_insurer_whose_number_is_given_counts(text: str, carrier: str) -> None:
    assert record(text)["carrier"] == carrier


@pytest.mark.parametrize(
    "text",
    [
        "i have [CARRIER Cigna] [MEMBER_ID U447] and also [CARRIER VSP], do you take them",
        "medical is [CARRIER Cigna] [MEMBER_ID U447], dental is [CARRIER VSP], please update",
        "tengo [CARRIER Cigna] [MEMBER_ID U447] y también [CARRIER VSP], ¿los aceptan?",
    ],
)
def test_policies_beside_each_other_need_no_number(text: str) -> None:
    assert record(text)["carrier"] == ["Cigna", "VSP"]


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Aetna] wants notes. Fax [PHONE 888-555-0120] or call the provider line [PHONE 888-555-0119]",
        "[CARRIER Aetna] pide notas. El fax es [PHONE 888-555-0120] y la línea para doctores [PHONE 888-555-0119]",
    ],
)
def test_a_payers_fax_counts_only_without_another_number(text: str) -> None:
    assert record(text)["payer_phone"] == "8885550119"


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Aetna] denied the claim on [DATE 10/2]. Why do I owe [AMOUNT $40]?",
        "per our phone call with [NAME Dee] on [DATE 10/2], the charge of [AMOUNT $40] is wrong",
        "[CARRIER Aetna] negó el reclamo el [DATE 2 de octubre]. ¿Por qué debo [AMOUNT $40]?",
        "me lastimé en el trabajo el [DATE 2 de octubre], la cuenta de [AMOUNT $40] no es mía, [CARRIER Aetna]",
        "the approval [ID A102] is good from [DATE 6/1] to [DATE 11/30], [CARRIER Aetna] says",
    ],
)
def test_the_day_of_something_else_is_no_visits(text: str) -> None:
    assert "dates_of_service" not in record(text)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("[CARRIER Aetna] should have paid the [DATE 1/17] colonoscopy", "--01-17"),
        ("new card: [CARRIER Aetna] [MEMBER_ID W88]. is my shot on [DATE 3/5] covered", "--03-05"),
        ("[CARRIER Aetna] denied [DATE 3/5], no referral", "--03-05"),
        ("[CARRIER Aetna] negó la consulta del [DATE 5 de marzo]", "--03-05"),
    ],
)
def test_the_day_of_what_was_done_is_a_visits(text: str, date: str) -> None:
    assert record(text)["dates_of_service"] == [date]


@pytest.mark.parametrize(
    "text",
    [
        "calling for my father [NAME Leo], he is 91. [CARRIER Humana] ID [MEMBER_ID H1234]",
        "my mother [NAME Ana] (DOB [DOB 1/2/1940]) had a stroke, [CARRIER Humana] id [MEMBER_ID H1234] said no",
        "I'm her son and POA. Her [CARRIER Humana] number is [MEMBER_ID H1234]",
        "mi mamá [NAME Ana] tiene cita el [DATE 11 de febrero], tiene [CARRIER Humana]",
    ],
)
def test_a_relative_whom_the_writer_cares_for_holds_their_own_policy(text: str) -> None:
    assert record(text)["relationship"] == "self"


@pytest.mark.parametrize(
    "text",
    [
        "[CARRIER Humana] denied my son's claim [CLAIM_NUMBER 77]. Send it again?",
        "ur girl wrote my ID wrong, it's [MEMBER_ID H1234], [CARRIER Humana]",
        "the girl at the desk copied my old card, it's [CARRIER Humana] now",
    ],
    ids=["a claim", "staff", "the desk"],
)
def test_a_child_in_a_message_about_something_else_says_nothing_of_the_holder(text: str) -> None:
    assert "relationship" not in record(text)


@pytest.mark.parametrize(
    "text",
    [
        "our daughter is on my husband's [CARRIER Aetna]",
        "I have a 4 month old, she was added to my husband's [CARRIER Aetna]",
        "we adopted, she is on my husband's [CARRIER Aetna]",
    ],
)
def test_a_baby_is_a_child_of_the_subscriber(text: str) -> None:
    assert record(text)["relationship"] == "child"


@pytest.mark.parametrize(
    "text",
    [
        "Titular: yo misma\nPaciente: [NAME Ana Ruiz]\nSeguro: [CARRIER Aetna]",
        "Insured's name: Self\nPatient name: [NAME Ana Ruiz]\nCarrier: [CARRIER Aetna]",
        "Policyholder: same\nPatient: [NAME Ana Ruiz]\n[CARRIER Aetna]",
        "Titular de la póliza: igual que arriba\nPaciente: [NAME Ana Ruiz]\n[CARRIER Aetna]",
        "Policy holder: [NAME Ana Ruiz]\nPatient: [NAME Ana Ruiz]\n[CARRIER Aetna]",
    ],
)
def test_a_form_may_name_the_patient_as_the_holder(text: str) -> None:
    said = record(text)

    assert (said["subscriber_name"], said["relationship"]) == ("Ana Ruiz", "self")


@pytest.mark.parametrize(
    ("stated", "relationship"),
    [
        ("Relationship to insured: I am [NAME Ana]'s wife", "spouse"),
        ("Relationship to insured: N/A (its me)", "self"),
        ("Rel: spouse", "spouse"),
        ("REL self", "self"),
        ("Parentesco: esposa", "spouse"),
    ],
)
def test_a_form_states_the_relationship(stated: str, relationship: str) -> None:
    assert record(f"[CARRIER Aetna] ID [MEMBER_ID W1234]\n{stated}")["relationship"] == relationship


def test_a_name_that_only_signs_is_no_subscriber() -> None:
    signed = "My new insurance is [CARRIER Aetna] through my job.\n\nThanks,\n[NAME Ana Ruiz]"

    assert "subscriber_name" not in record(signed)
    assert record(signed.replace("My", "I'm the subscriber. My"))["subscriber_name"] == "Ana Ruiz"


def test_the_letters_that_spell_a_name_are_no_subscriber() -> None:
    said = record("my insurance is [CARRIER Aetna] through my job, this is [NAME ana ruiz], spelled [NAME r u i z]")

    assert said["subscriber_name"] == "ana ruiz"


@pytest.mark.parametrize(
    "text",
    [
        "my lunch break at [EMPLOYER Brand] is short, [CARRIER Aetna] denied it",
        "it was my first day at [EMPLOYER Brand], [CARRIER Aetna] denied it",
        "my pension from [EMPLOYER Brand] is small, [CARRIER Aetna] denied it",
        "[CARRIER Aetna] denied it.\n\n[NAME Ana Ruiz]\nletter carrier, [EMPLOYER Brand]",
        "[CARRIER Aetna] denied it, my lawyer ([NAME Leo], [EMPLOYER Brand]) says to wait",
    ],
)
def test_a_workplace_met_in_passing_insures_nobody(text: str) -> None:
    assert "employer" not in record(text)
