"""Whose name and birth date are offered: the sender's, and nobody's whom a message is about."""

from __future__ import annotations

import pytest

from classifier.insurance import assemble_record
from staff.conversations.offers import Said, find_offers
from tests.classifier.entities.marked import read_marked

OWN = """
Hi, this is [NAME Maria Lopez], I need a refill | Maria Lopez
hi its [NAME gloria tate] again | Gloria Tate
My name is [NAME Sam O'Neil], born [DOB 3/4/1985] | Sam O'Neil, 1985-03-04
My name is Samuel [NAME O'Neil], born [DOB 3/4/1985] | O'Neil, 1985-03-04
[NAME Ana Strand] here, running late | Ana Strand
Hi, [NAME Ana Strand] calling about my crown | Ana Strand
this is Mrs. [NAME Ruth Delgado] | Ruth Delgado
I'm [NAME Tom Barrera] and I need to move my visit | Tom Barrera
[NAME Tom] again ([NAME Barrera]) | Tom
Need my refill please. Thanks, [NAME Gloria Tate] | Gloria Tate
Can I come at 3?\\n- [NAME Gloria Tate] | Gloria Tate
Can I come at 3? [NAME Gloria Tate] | Gloria Tate
[NAME Gloria Tate] | Gloria Tate
Yes, [NAME Gloria Tate], [DOB 3/4/1985], thanks | Gloria Tate, 1985-03-04
Name: [NAME Gloria Tate]\\nDOB: [DOB 3/4/1985]\\nI need a new crown | Gloria Tate, 1985-03-04
my date of birth is [DOB 3/4/1985], and this is for the cleaning | 1985-03-04
Need a cleaning, dob [DOB 3/4/1985] | 1985-03-04
soy [NAME Rosa Díaz], necesito una cita | Rosa Díaz
Buenas, le habla la señora [NAME Rosa Díaz], nací el [DOB 3/4/1985] | Rosa Díaz, 1985-03-04
me llamo [NAME Rosa Díaz] y quiero una cita | Rosa Díaz
hola habla [NAME rosa díaz] de nuevo | Rosa Díaz
This is [NAME Ana Strand], I'm calling for my son [NAME Leo Strand], his birthday is [DOB 3/4/2019] | Ana Strand
My mom passed away on Friday, [NAME Helen Strand]. This is her daughter, my name is [NAME Ana Strand] | Ana Strand
This is [NAME Ana Strand], dob [DOB 3/4/1985], my mom has to cancel too | Ana Strand, 1985-03-04
soy [NAME Rosa Díaz], la mamá de [NAME Leo Díaz] que nació el [DOB 3/4/2019] | Rosa Díaz
I'm [NAME Ana Strand], I'm at the pharmacy and they have no refill | Ana Strand
This is [NAME Ana Strand], the pharmacy says you must approve it | Ana Strand
This is [NAME Ana Strand], I am a patient of Dr. Shah | Ana Strand
This is [NAME Ana Strand] calling the office about my bill | Ana Strand
This is [NAME Ana Strand] with a question about my insurance | Ana Strand
"""
NOT_OWN = """
This is [NAME Kelly] from [EMPLOYER Lakeside Pharmacy] calling about your patient [NAME Ruth Delgado], [DOB 07/09/1948]
hi this is lakeside pharmacy about a refill for [NAME ruth delgado] date of birth [DOB 07/09/1948]
[NAME Kelly] at [EMPLOYER Lakeside Pharmacy], we need a new script for patient [NAME Ruth Delgado], DOB [DOB 07/09/1948]
Calling from [CARRIER Aetna] about our member [NAME Ruth Delgado], born [DOB 07/09/1948]. My name is [NAME Kelly Ward]
This is [NAME Kelly Ward] with Dr. [NAME Patel]'s office, we are seeing [NAME Ruth Delgado] tomorrow
Hi, Dr. [NAME Patel]'s office calling for the records of [NAME Ruth Delgado]
We have a mutual patient, [NAME Ruth Delgado], [DOB 07/09/1948]. Thanks, [NAME Kelly]
This is nurse [NAME Kelly Ward], the lab results of [NAME Ruth Delgado] are back
Le hablo de la farmacia Lakeside, de parte de la paciente [NAME Rosa Díaz]. Soy [NAME Ana]
my mom passed away on friday, [NAME Helen Strand]
my mom passed away on friday. [NAME Helen Strand]
My son [NAME Leo Strand] has a fever, born [DOB 3/4/2019]
I need a cleaning for my daughter. Her name is [NAME Mia Strand], dob [DOB 3/4/2019]
My daughter's name is [NAME Mia Strand], born [DOB 3/4/2019]
This is [NAME Ruth Delgado]'s daughter, she was born [DOB 07/09/1948]
llamo de parte de [NAME Rosa Díaz], mi mamá, nació el [DOB 3/4/1955]
mi hijo se llama [NAME Leo Díaz]
Patient: [NAME Ruth Delgado] DOB: [DOB 07/09/1948]
Appointment for [NAME Ruth Delgado], [DOB 07/09/1948]
Is this [NAME Gloria Tate]?
Hi [NAME Gloria], can I come at 3?
I spoke with [NAME Gloria Tate] yesterday
[NAME Ana Strand] and [NAME Leo Strand]
[NAME Helen Strand] died last night
[EMPLOYER Lakeside Pharmacy] here. Prior authorization for [NAME Ruth Delgado], [DOB 07/09/1948]
this is [NAME lincoln] elementary school nurse, [NAME Leo Strand] fell
"""


def said(marked: str) -> Said:
    text, entities = read_marked(marked)
    return Said(1, "9:00 AM", text, entities, assemble_record(text, entities))


@pytest.mark.parametrize("row", OWN.strip().splitlines())
def test_a_name_or_birth_date_is_offered_where_the_words_say_that_it_is_the_senders(row: str) -> None:
    marked, offered = row.replace("\\n", "\n").rsplit(" | ", 1)

    assert [offer.value for offer in find_offers([said(marked)])] == offered.split(", ")


@pytest.mark.parametrize("marked", NOT_OWN.strip().splitlines())
def test_nobody_is_offered_whom_the_sender_calls_about_or_works_for(marked: str) -> None:
    assert find_offers([said(marked)]) == []


def test_no_number_of_an_office_is_offered_for_a_patient() -> None:
    call = "This is [NAME Kelly] from [EMPLOYER Lakeside Pharmacy], call me back at [PHONE 202-555-0188] please"

    assert find_offers([said(call)]) == []


@pytest.mark.parametrize(
    "marked",
    [
        "This is [NAME Kelly] from [EMPLOYER Lakeside Pharmacy] about a claim with [CARRIER Aetna]",
        "I'm calling from [EMPLOYER Lakeside Pharmacy] about [CARRIER Aetna], ID [MEMBER_ID W88204]",
        "Le hablo de [EMPLOYER Farmacia Lakeside] por el seguro [CARRIER Aetna]",
    ],
    ids=["from", "calling from", "Spanish"],
)
def test_where_the_sender_calls_from_is_no_employer_who_insures_a_patient(marked: str) -> None:
    assert said(marked).record.employer == ()
