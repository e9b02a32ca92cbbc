"""A signature proves who signed, which is worth something only if it is the domain of the sender."""

from __future__ import annotations

import pytest

from webhooks.email.alignment import is_aligned
from webhooks.email.sendgrid import proved_domains

VICTIM = "ana@patient.example"
ATTACKER = "mallory@attacker.example"


def aligned(
    sender: str = VICTIM, *, dkim: str = "none", spf: str = "none", envelope: str | None = VICTIM, dmarc: str = ""
) -> bool:
    return is_aligned(sender, proved=proved_domains(dkim, spf, envelope), dmarc=dmarc)


def test_a_signature_of_the_senders_domain_proves_the_sender() -> None:
    assert aligned(dkim="{@patient.example : pass}")
    assert aligned("Ana@Patient.Example", dkim="{@PATIENT.example : pass}")
    assert aligned(dkim="{@list.example : fail, @patient.example : pass}", spf="fail")


def test_an_attackers_own_valid_signature_proves_nothing() -> None:
    assert not aligned(dkim="{@attacker.example : pass}")
    assert not aligned(dkim="{@attacker.example : pass, @patient.example : fail}")


@pytest.mark.parametrize(
    "domain", ["evilpatient.example", "patient.example.attacker.example", "example", "", ".", "x", "attacker.example"]
)
def test_a_domain_that_only_looks_like_the_senders_proves_nothing(domain: str) -> None:
    assert not aligned(dkim=f"{{@{domain} : pass}}")


def test_a_part_of_the_senders_domain_and_the_whole_of_it_prove_the_sender() -> None:
    assert aligned(dkim="{@mail.patient.example : pass}")
    assert aligned("ana@mail.patient.example", dkim="{@patient.example : pass}")


def test_spf_proves_the_senders_domain_only_if_the_envelope_names_it() -> None:
    assert aligned(spf="pass", envelope="<bounce@patient.example>")
    assert aligned(spf="Pass", envelope="bounce@mail.patient.example")
    assert not aligned(spf="pass", envelope=ATTACKER)
    assert not aligned(spf="pass", envelope=None)
    assert not aligned(spf="pass", envelope="")


@pytest.mark.parametrize("spf", ["none", "neutral", "softfail", "fail", "temperror", "passed", ""])
def test_no_other_result_of_spf_proves_anything(spf: str) -> None:
    assert not aligned(spf=spf)


def test_a_dmarc_result_decides_where_there_is_one() -> None:
    assert aligned(dmarc="pass")
    assert not aligned(dmarc="fail", dkim="{@patient.example : pass}")
    assert not aligned(dmarc="temperror", spf="pass")


@pytest.mark.parametrize("dmarc", ["none", "None "])
def test_a_domain_without_a_dmarc_record_is_proved_as_where_nobody_looks_for_one(dmarc: str) -> None:
    assert aligned(dmarc=dmarc, dkim="{@patient.example : pass}")
    assert aligned(dmarc=dmarc, spf="pass")
    assert not aligned(dmarc=dmarc)
    assert not aligned(dmarc=dmarc, dkim="{@attacker.example : pass}")
    assert not aligned(dmarc=dmarc, spf="pass", envelope=ATTACKER)


@pytest.mark.parametrize("dkim", ["{", "pass", "{@ : pass}", ": pass", "@patient.example pass", "{@patient.example:}"])
def test_results_that_cannot_be_read_prove_nothing(dkim: str) -> None:
    assert not aligned(dkim=dkim)
