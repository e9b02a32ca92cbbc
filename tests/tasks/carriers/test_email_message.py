"""A reply as an email: in the patient's thread, marked as automatic, and safe whatever the patient wrote."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.errors import IntakeError
from tasks.carriers.email_message import compose, delivery_key
from tasks.carriers.protocol import OutgoingMessage

SERVICE = "intake.example.com"
SENT_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def text(**changes: Any) -> OutgoingMessage:
    given = OutgoingMessage(
        delivery_id=7,
        to="ana@patient.example",
        sender="hello@maple.example",
        body="We received your billing question.",
        sending_at=SENT_AT,
        from_name="Maple Street",
        subject="My bill",
        in_reply_to="<abc@patient.example>",
    )
    return replace(given, **changes)


def sent(outgoing: OutgoingMessage) -> EmailMessage:
    """The mail as the patient's program reads it."""
    return message_from_bytes(compose(outgoing, SERVICE).as_bytes(), policy=SMTP)


def test_it_comes_from_the_practice_and_goes_to_the_patient() -> None:
    mail = sent(text())

    assert str(mail["From"]) == "Maple Street <hello@maple.example>"
    assert str(mail["To"]) == "ana@patient.example"
    assert mail["Date"].datetime == SENT_AT
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().rstrip() == "We received your billing question."


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("My bill", "Re: My bill"),
        ("Re: My bill", "Re: My bill"),
        ("RE: My bill", "RE: My bill"),
        ("Re[2]: My bill", "Re[2]: My bill"),
        ("Reply wanted", "Re: Reply wanted"),
        ("", "Your message to Maple Street"),
        ("  ", "Your message to Maple Street"),
        ("Año nuevo ñandú", "Re: Año nuevo ñandú"),
    ],
)
def test_the_subject_continues_the_patients(subject: str, shown: str) -> None:
    assert str(sent(text(subject=subject))["Subject"]) == shown


@pytest.mark.parametrize(
    "subject",
    [
        "corazón =?utf-8?q?=C3?=",
        "RE: =?us-ascii?Q?coraz=F3n?= mañana",
        "=?utf-8?q?=0D=0AX-Evil:_1=0D=0A=0D=0ACall_1-900?=",
        "=?=?utf-8?q?=0D=0AX-Evil:_1?=",
    ],
    ids=["half a character", "raw letters beside it", "headers", "nested"],
)
def test_a_subject_that_looks_encoded_is_written_as_it_is(subject: str) -> None:
    mail = sent(text(subject=subject))

    assert str(mail["Subject"]).replace(" ", "").endswith(subject.removeprefix("RE:").replace(" ", ""))
    assert (mail["X-Evil"], mail["Date"].datetime) == (None, SENT_AT)
    assert mail.get_content().rstrip() == "We received your billing question."


def test_it_stands_in_the_patients_thread() -> None:
    mail = sent(text())

    assert str(mail["In-Reply-To"]) == "<abc@patient.example>"
    assert str(mail["References"]) == "<abc@patient.example>"


@pytest.mark.parametrize("message_id", [None, "", "abc", "<a b>", "<a>\r\nBcc: <x@y.example>", "<" + "a" * 300 + ">"])
def test_an_id_that_is_none_is_left_out(message_id: str | None) -> None:
    mail = sent(text(in_reply_to=message_id))

    assert "In-Reply-To" not in mail
    assert "References" not in mail
    assert "Bcc" not in mail


def test_it_says_that_a_program_wrote_it() -> None:
    mail = sent(text())

    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_every_attempt_at_a_delivery_is_the_same_mail() -> None:
    first, again = compose(text(), SERVICE), compose(text(sending_at=datetime.now(UTC)), SERVICE)

    assert first["Message-ID"] == again["Message-ID"] == f"<{delivery_key(text(), SERVICE)}@maple.example>"


@pytest.mark.parametrize("change", [{"delivery_id": 8}, {"in_reply_to": "<other@patient.example>"}])
def test_another_delivery_is_another_mail(change: dict[str, Any]) -> None:
    assert delivery_key(text(**change), SERVICE) != delivery_key(text(), SERVICE)


def test_another_service_counts_its_own_deliveries() -> None:
    assert delivery_key(text(), "other.example.com") != delivery_key(text(), SERVICE)


def test_a_key_says_nothing_of_the_patient() -> None:
    assert delivery_key(text(to="eva@patient.example"), SERVICE) == delivery_key(text(), SERVICE)


@pytest.mark.parametrize("field", ["to", "sender"])
@pytest.mark.parametrize(
    "address", ["", "+12025550123", "ana", "a@b", "ana@patient.example\nBcc: x@y.example", "<ana@patient.example>"]
)
def test_what_is_no_address_is_written_to_nobody(field: str, address: str) -> None:
    with pytest.raises(IntakeError) as refused:
        compose(text(**{field: address}), SERVICE)

    assert "ana" not in str(refused.value).replace("maria@example.com", "")


@given(subject=st.text(max_size=300), name=st.text(max_size=100), body=st.text(max_size=500))
def test_whatever_it_says_it_is_well_formed(subject: str, name: str, body: str) -> None:
    body = body.encode("utf-8", "replace").decode()
    raw = compose(text(subject=subject, from_name=name, body=body), SERVICE).as_bytes()

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    mail = message_from_bytes(raw, policy=SMTP)
    assert set(mail.keys()) == set(sent(text()).keys())
    assert [address.addr_spec for address in mail["From"].addresses] == ["hello@maple.example"]
    assert not mail.defects
