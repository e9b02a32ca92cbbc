"""Who vouches for a sender: the practice's own mail server, and nobody who merely writes as it would."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.email.authentication_results import proves_sender

SENDER = "ana@patient.example"
TRUSTED = ("mx.maple.example",)
GMAIL = """mx.google.com;
       dkim=pass header.i=@patient.example header.s=s1 header.b=Ab/c1;
       spf=pass (google.com: domain of ana@patient.example designates 192.0.2.1 as permitted sender)
        smtp.mailfrom=ana@patient.example;
       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=patient.example"""


def proved(*headers: str, sender: str = SENDER, trusted: tuple[str, ...] = TRUSTED) -> bool:
    return proves_sender(sender, headers, trusted)


def results(*findings: str, server: str = "mx.maple.example") -> str:
    return "; ".join((server, *findings))


def test_a_dmarc_pass_for_the_senders_domain_proves_the_sender() -> None:
    assert proved(results("dmarc=pass header.from=patient.example"))
    assert proved(results("dmarc=pass (p=none) header.from=Patient.Example", server="MX.maple.example 1"))
    assert proved(GMAIL, trusted=("mx.google.com",))


def test_without_dmarc_an_aligned_signature_or_envelope_does() -> None:
    assert proved(results("dkim=pass header.d=patient.example header.b=abc"))
    assert proved(results("dkim=pass (2048-bit key) header.i=@mail.patient.example"))
    assert proved(results("spf=pass smtp.mailfrom=bounce@patient.example"))
    assert proved(results("spf=pass smtp.mailfrom=patient.example"), results("dkim=fail header.d=patient.example"))


def test_what_a_server_says_that_is_not_trusted_counts_for_nothing() -> None:
    assert not proved(results("dmarc=pass header.from=patient.example", server="mx.attacker.example"))
    assert not proved(results("dmarc=pass header.from=patient.example", server="mx.maple.example.attacker.example"))
    assert not proved(results("dmarc=pass header.from=patient.example"), trusted=())
    assert not proved("dmarc=pass header.from=patient.example; mx.maple.example")
    assert not proved("(mx.maple.example) mx.attacker.example; dmarc=pass header.from=patient.example")


@pytest.mark.parametrize(
    "finding",
    [
        "none",
        "dkim=pass header.d=attacker.example",
        "dkim=pass",
        "dkim=fail header.d=patient.example",
        "dkim=passed header.d=patient.example",
        "spf=softfail smtp.mailfrom=ana@patient.example",
        "spf=pass smtp.helo=patient.example",
        "spf=pass smtp.mailfrom=mallory@attacker.example",
        "dmarc=fail header.from=patient.example",
        "dmarc=none header.from=patient.example",
        "dmarc=pass header.from=attacker.example",
        "dmarc=pass",
        "iprev=pass policy.iprev=192.0.2.1",
        "auth=pass smtp.auth=ana@patient.example",
    ],
)
def test_no_other_result_proves_anything(finding: str) -> None:
    assert not proved(results(finding))


def test_a_failed_dmarc_check_outweighs_whatever_passes_beside_it() -> None:
    failed, passed = "dmarc=fail header.from=patient.example", "dmarc=pass header.from=patient.example"

    assert not proved(results(failed), results(passed))
    assert not proved(results(passed, failed))
    assert not proved(results(failed, "dkim=pass header.d=patient.example"))


NO_RECORD = "dmarc=none (no policy) header.from=patient.example"


@pytest.mark.parametrize(
    ("findings", "is_proved"),
    [
        (["dkim=pass header.d=patient.example"], True),
        (["spf=pass smtp.mailfrom=ana@patient.example"], True),
        (["dkim=pass header.d=attacker.example", "spf=pass smtp.mailfrom=mallory@attacker.example"], False),
        (["dkim=fail header.d=patient.example"], False),
        (["dkim=pass header.d=patient.example", "dmarc=fail header.from=patient.example"], False),
    ],
    ids=["signed", "envelope", "strangers", "forged", "failed elsewhere"],
)
def test_a_domain_without_a_dmarc_record_needs_an_aligned_signature_or_envelope(
    findings: list[str], is_proved: bool
) -> None:
    assert proved(results(*findings, NO_RECORD)) is is_proved


def test_results_without_the_name_of_a_server_as_microsoft_365_writes_them_prove_nothing() -> None:
    written = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=patient.example; dkim=pass (signature was verified)"
        " header.d=patient.example;dmarc=pass action=none header.from=patient.example;compauth=pass reason=100"
    )

    for name in ("", "outlook.com", "protection.outlook.com"):
        assert not proved(written, trusted=(name,))


@pytest.mark.parametrize(
    "envelope_sender",
    [
        '"a); dmarc=pass header.from=patient.example ("@attacker.example',
        '"a); dkim=pass header.d=patient.example ("@attacker.example',
        "a\\); dmarc=pass header.from=patient.example (@attacker.example",
    ],
)
def test_a_result_slipped_into_a_comment_makes_the_header_worth_nothing(envelope_sender: str) -> None:
    assert not proved(results(f"spf=pass (domain of {envelope_sender} is permitted) smtp.mailfrom=attacker.example"))


@pytest.mark.parametrize(
    "finding",
    [
        'spf=pass smtp.mailfrom="a; dmarc=pass header.from=patient.example"@attacker.example',
        'spf=pass reason="dmarc=pass; header.from=patient.example"; dkim=none',
        "dkim=pass header.d=attacker.example header.d=patient.example",
        "dkim=pass header.d=attacker.example header.i=@patient.example",
        "dkim=pass (header.d=patient.example) header.d=attacker.example",
        "dkim=pass header.d=patient.example) ; spf=none",
        "dkim=pass header.d=patient.example (",
        'dkim=pass header.d=patient.example "',
    ],
)
def test_what_is_quoted_or_in_doubt_is_no_result(finding: str) -> None:
    assert not proved(results(finding))


def test_a_hundred_headers_are_not_looked_through() -> None:
    assert not proved(*[results("dmarc=pass header.from=patient.example")] * 100)


@given(st.text(alphabet=' \t\n;=()"\\/.@adikmprs', max_size=200))
def test_whatever_is_written_is_no_failure(written: str) -> None:
    proved(f"mx.maple.example; {written}")


@pytest.mark.parametrize("written", ["(" * 4000, '"' * 3999, "; " * 2000, 'a"' * 2000, " " * 4000])
def test_a_hostile_header_takes_no_longer_than_it_may(written: str) -> None:
    began = time.process_time()
    proved(f"mx.maple.example; {written}")

    assert time.process_time() - began < 1
