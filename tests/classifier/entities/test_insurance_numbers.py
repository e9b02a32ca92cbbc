"""Which numbers are a member's."""

from __future__ import annotations

import pytest

from classifier.entities.insurance_numbers import settle_numbers
from tests.classifier.entities.marked import read_marked, written


def settled(marked: str) -> list[str]:
    text, entities = read_marked(marked)
    return [name for name in written(text, settle_numbers(text, entities)) if not name.startswith("CARRIER")]


@pytest.mark.parametrize(
    ("marked", "number"),
    [
        pytest.param("[MEMBER_ID QTX] [MEMBER_ID 440 1287 03]", "QTX 440 1287 03", id="letters in their own span"),
        pytest.param("card says QTX [ID 920 55 1043]", "QTX 920 55 1043", id="form of a social security number"),
        pytest.param("[CARRIER Aetna] [ID 4471902]", "4471902", id="behind an insurer"),
        pytest.param("[CARRIER Aetna], number's [PHONE 331 90 22]", "331 90 22", id="its number"),
        pytest.param("[CARRIER Aetna] same number [GROUP_NUMBER 8011225]", "8011225", id="no group is named"),
        pytest.param("contract number [ID 80093317]", "80093317", id="contract"),
        pytest.param("contrato [CLAIM_NUMBER 80093317]", "80093317", id="contrato"),
        pytest.param("[CARRIER superior] his number is [PHONE six one four four oh two nine nine seven]",
                     "six one four four oh two nine nine seven", id="too short for a phone"),
    ],
)  # fmt: skip
def test_a_members_number_is_told_by_its_form_and_place(marked: str, number: str) -> None:
    assert settled(marked) == [f"MEMBER_ID {number}"]


@pytest.mark.parametrize(
    "marked",
    [
        pytest.param("SSN [ID 920 55 1043]", id="social security number"),
        pytest.param("GRP [GROUP_NUMBER 1234567]", id="group"),
        pytest.param("UHC [PHONE 555-0142]", id="insurer"),
        pytest.param("CALL ANA [PHONE 202-555-0142]", id="name"),
        pytest.param("acct [ID 4471902]", id="account"),
        pytest.param("[MEMBER_ID W1234] [GROUP_NUMBER 99812]", id="group behind a member's number"),
        pytest.param("[CARRIER Aetna] [PHONE 800-555-0142]", id="phone"),
        pytest.param("MBI [MEMBER_ID 8V33AP6XL92]", id="label before"),
    ],
)
def test_other_numbers_stay(marked: str) -> None:
    text, entities = read_marked(marked)

    assert list(settle_numbers(text, entities)) == entities


@pytest.mark.parametrize(
    "marked", ["bin [ID 004336] pcn [ID ADV] grp [GROUP_NUMBER 0844]", "grp [GROUP_NUMBER RXCVSD]"]
)
def test_the_group_of_a_pharmacy_is_no_insurance_group(marked: str) -> None:
    assert all(name.startswith("ID ") for name in settled(marked))
