"""An email as SendGrid's Inbound Parse posts it, read without ever failing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.email.inbound_email import LONGEST_TEXT, InboundEmail, decode
from webhooks.email.sendgrid import decode_fields, read_email
from webhooks.multipart import PostedFile, PostedForm

HEADERS = {
    "Received": "by mx.sendgrid.example with SMTP; Mon, 05 Jan 2026 14:00:00 +0000 (UTC)",
    "From": "Ana Lopez <ana@patient.example>",
    "To": "hello@maple.example",
    "Subject": "My bill",
    "Date": "Mon, 05 Jan 2026 09:00:00 -0500",
    "Message-ID": "<abc.123@patient.example>",
    "Content-Type": 'multipart/alternative; boundary="000"',
}


def fields(headers: dict[str, str | None] | None = None, **changes: Any) -> dict[str, bytes]:
    """What is posted for an ordinary email, but for the changes; None leaves one out."""
    lines = "\n".join(f"{name}: {value}" for name, value in (HEADERS | (headers or {})).items() if value is not None)
    posted: dict[str, Any] = {
        "headers": lines + "\n",
        "from": "Ana Lopez <ana@patient.example>",
        "to": "hello@maple.example",
        "subject": "My bill",
        "text": "It is wrong.\n",
        "html": "<p>It is wrong.</p>",
        "envelope": '{"to":["hello@maple.example"],"from":"ana@patient.example"}',
        "charsets": '{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"utf-8","html":"utf-8"}',
        "dkim": "{@patient.example : pass}",
        "SPF": "pass",
    } | changes
    return {
        name: value.encode() if isinstance(value, str) else value for name, value in posted.items() if value is not None
    }


def envelope(to: object, from_: object = "ana@patient.example") -> str:
    return json.dumps({"to": to, "from": from_})


def read(headers: Any = None, **changes: Any) -> InboundEmail:
    return read_email(PostedForm(fields(headers, **changes)))


def test_an_ordinary_email_is_read() -> None:
    email = read()

    assert email.sender == "ana@patient.example"
    assert email.sender_name == "Ana Lopez"
    assert email.recipients == ("hello@maple.example",)
    assert email.message_id == "<abc.123@patient.example>"
    assert email.subject == "My bill"
    assert email.text == "My bill. It is wrong."
    assert email.raw_headers.startswith("Received: by")
    assert email.may_be_answered


# ---- who wrote it, and to whom


@pytest.mark.parametrize(
    ("written", "address", "name"),
    [
        ("ana@patient.example", "ana@patient.example", None),
        ("<ana@patient.example>", "ana@patient.example", None),
        ("Ana Lopez <Ana@Patient.example>", "ana@patient.example", "Ana Lopez"),
        ('"Lopez, Ana" <ana@patient.example>', "ana@patient.example", "Lopez, Ana"),
        ("Lopez, Ana <ana@patient.example>", "ana@patient.example", "Lopez, Ana"),
        ("Ana Ñandú <ana@patient.example>", "ana@patient.example", "Ana Ñandú"),
        ('"eva@other.example" <ana@patient.example>', "ana@patient.example", "eva@other.example"),
        ("ana@patient.example (Ana Lopez)", "ana@patient.example", None),
    ],
)
def test_the_sender_is_who_the_mail_says_it_is_from(written: str, address: str, name: str | None) -> None:
    email = read(**{"from": written})

    assert (email.sender, email.sender_name) == (address, name)


def test_a_mail_without_a_usable_sender_is_the_envelopes() -> None:
    assert read({"From": None}, **{"from": None}).sender == "ana@patient.example"
    assert read({"From": None}, **{"from": "Ana"}).sender == "ana@patient.example"


def test_the_header_says_who_wrote_it_where_the_field_is_missing() -> None:
    assert read({"From": "Eva <eva@patient.example>"}, **{"from": None}).sender == "eva@patient.example"


def test_a_mail_from_nobody_is_read_and_not_answered() -> None:
    email = read({"From": None}, **{"from": None, "envelope": envelope(["hello@maple.example"], None)})

    assert email.sender is None
    assert not email.may_be_answered


def test_the_envelope_says_where_it_was_delivered() -> None:
    email = read(to="list@other.example", envelope=envelope(["Hello@Maple.example", "hello@harbor.example"]))

    assert email.recipients == ("hello@maple.example", "hello@harbor.example")


def test_without_an_envelope_the_headers_do() -> None:
    email = read(to="Maple <hello@maple.example>, Eva <eva@x.example>", cc="hello@harbor.example", envelope=None)

    assert email.recipients == ("hello@maple.example", "eva@x.example", "hello@harbor.example")


@pytest.mark.parametrize("broken", ["", "{", "[]", "7", "null", '{"to": 7}', "[" * 100_000])
def test_an_envelope_that_is_none_is_no_failure(broken: str) -> None:
    email = read(envelope=broken)

    assert email.sender == "ana@patient.example"
    assert email.recipients == ("hello@maple.example",)


@pytest.mark.parametrize("written", [None, "", "abc", "<a b@x>", "<" + "a" * 400 + ">"])
def test_an_id_that_is_none_is_none(written: str | None) -> None:
    assert read({"Message-ID": written}).message_id is None


def test_an_id_is_found_on_the_line_below_its_name() -> None:
    assert read({"Message-ID": "\n <abc@patient.example>"}).message_id == "<abc@patient.example>"


# ---- charsets


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-8", "¿Cuánto cuesta? — “gracias”".encode()),
        ("UTF-8", "¿Cuánto cuesta? — “gracias”".encode()),
        ("windows-1252", "¿Cuánto cuesta? — “gracias”".encode("cp1252")),
        ("iso-8859-1", "¿Cuánto cuesta? — “gracias”".encode("cp1252")),
        ("us-ascii", "¿Cuánto cuesta? — “gracias”".encode("cp1252")),
        ("utf-16", "¿Cuánto cuesta? — “gracias”".encode("utf-16")),
        (" utf-8 ", "¿Cuánto cuesta? — “gracias”".encode()),
        ("gb18030", "¿Cuánto cuesta? — “gracias”".encode("gb18030")),
    ],
)
def test_a_field_is_decoded_from_the_charset_that_is_named_for_it(charset: str, data: bytes) -> None:
    charsets = json.dumps({"text": charset, "subject": "utf-8"})

    assert read(subject="", text=data, html=None, charsets=charsets).text == "¿Cuánto cuesta? — “gracias”"


@pytest.mark.parametrize("charset", ["", "nonsense", "hex", "rot13", "undefined", "a\x00b", "idna", "punycode"])
def test_a_charset_that_is_none_for_text_is_taken_for_utf_8(charset: str) -> None:
    assert decode("café".encode(), charset) == "café"


@pytest.mark.parametrize("charsets", [None, "", "[]", "{", '{"text": 7}', '{"text": null}'])
def test_charsets_that_cannot_be_read_are_no_failure(charsets: str | None) -> None:
    assert read(charsets=charsets).text == "My bill. It is wrong."


def test_bytes_that_are_not_of_the_charset_are_replaced() -> None:
    assert decode_fields({"text": b"caf\xe9 ol\xe9"}) == {"text": "caf\ufffd ol\ufffd"}


# ---- words in other places than the text


@pytest.mark.parametrize(
    "content_type", ['text/plain; name="text_0.txt"', "TEXT/PLAIN; charset=iso-8859-1", "text/enriched", "text/html"]
)
def test_words_that_a_phones_carrier_sends_as_a_file_are_read(content_type: str) -> None:
    said = "me tomé todas mis pastillas"
    data = said.encode("latin-1" if "8859" in content_type else "utf-8")
    file = PostedFile(content_type, len(data), "text_0.txt", data)
    email = read_email(PostedForm(fields(text=None, html=None, subject="Multimedia message"), (file,)))

    assert email.text == f"Multimedia message. {said}"
    assert (email.attachments, email.files) == ((), ())


def test_a_text_file_is_read_below_the_words_and_an_html_file_only_in_their_place() -> None:
    notes = PostedFile("text/plain", 5, "notes.txt", b"notes"), PostedFile("text/html", 4, "page.html", b"page")
    email = read_email(PostedForm(fields(), notes))

    assert email.text == "My bill. It is wrong.\n\nnotes"
    assert email.attachments == ("text/html",)


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("\u200b", "My chest hurts"),
        ("Needs HTML.", "Needs HTML.\n\nMy chest hurts"),
        ("my chest hurts", "my chest hurts"),
    ],
    ids=["zero width", "other words", "the same"],
)
def test_what_only_the_html_says_is_read(text: str, read_as: str) -> None:
    assert read(subject="", text=text, html="<p>My chest hurts</p>").text == read_as


def test_a_text_that_nobody_can_read_goes_to_a_person() -> None:
    assert not read(text=b"\xff\xfe\xfa" * 30, html=None).is_readable


# ---- robots


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated"},
        {"Auto-Submitted": "Auto-Notified; owner-email=ana@patient.example"},
        {"auto-submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Precedence": "List"},
        {"Precedence": "junk"},
        {"Precedence": "auto_reply"},
        {"List-Id": "<news.example>"},
        {"List-Unsubscribe": "<https://news.example/out>"},
        {"X-Auto-Response-Suppress": "All"},
        {"X-Auto-Response-Suppress": "DR, RN, OOF, AutoReply"},
        {"X-Autoreply": "yes"},
        {"X-Autorespond": "away"},
        {"Content-Type": "multipart/report; report-type=delivery-status"},
    ],
)
def test_a_mail_whose_headers_say_that_a_program_sent_it_is_not_answered(headers: dict[str, str]) -> None:
    email = read(headers)

    assert email.is_automatic
    assert not email.may_be_answered


@pytest.mark.parametrize(
    "sender",
    [
        "MAILER-DAEMON@mx.example",
        "no-reply@shop.example",
        "noreply@shop.example",
        "no_reply@shop.example",
        "noreply+123@shop.example",
        "noreply-orders@shop.example",
        "do-not-reply@shop.example",
        "DoNotReply@shop.example",
        "bounces+99-ana=patient.example@shop.example",
        "bounce-99@shop.example",
        "bounces@shop.example",
        "autoreply@shop.example",
    ],
)
def test_a_mail_from_an_address_that_nobody_reads_is_not_answered(sender: str) -> None:
    assert read(**{"from": f"Shop <{sender}>"}).is_automatic
    assert read(envelope=envelope(["hello@maple.example"], sender)).is_automatic


@pytest.mark.parametrize("return_path", ["", "<>", " "])
def test_a_mail_with_an_empty_return_path_is_not_answered(return_path: str) -> None:
    assert read(envelope=envelope(["hello@maple.example"], return_path)).is_automatic


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "no"},
        {"Auto-Submitted": "No; reason=x"},
        {"Precedence": "first-class"},
        {"X-Auto-Response-Suppress": "DR, RN"},
        {"X-Auto-Response-Suppress": "None"},
        {"Importance": "high"},
    ],
)
def test_a_persons_mail_is_answered(headers: dict[str, str]) -> None:
    assert read(headers).may_be_answered


@pytest.mark.parametrize(
    "sender",
    [
        "noreen@patient.example",
        "bounceback.ana@patient.example",
        "bounce.house@patient.example",
        "postmaster@patient.example",
        "ana@noreply.example",
    ],
)
def test_a_name_that_only_looks_like_a_robots_is_a_persons(sender: str) -> None:
    email = read(**{"from": sender, "envelope": envelope(["hello@maple.example"], sender)})

    assert email.may_be_answered


@pytest.mark.parametrize(
    ("spf", "dkim", "is_verified"),
    [
        ("pass", "{@patient.example : pass}", True),
        ("fail", "{@patient.example : pass}", True),
        ("pass", "none", True),
        ("fail", "{@attacker.example : pass}", False),
        ("softfail", "none", False),
        ("neutral", None, False),
        (None, None, False),
    ],
)
def test_a_mail_that_is_not_proved_to_be_its_senders_is_not_answered(
    spf: str | None, dkim: str | None, is_verified: bool
) -> None:
    email = read(SPF=spf, dkim=dkim)

    assert email.is_verified is is_verified
    assert email.may_be_answered is is_verified


def test_an_envelope_of_another_domain_does_not_prove_the_sender_by_its_spf() -> None:
    envelope = json.dumps({"to": ["hello@maple.example"], "from": "bounce@attacker.example"})

    assert not read(SPF="pass", dkim="none", envelope=envelope).is_verified
    assert read(SPF="pass", dkim="none", envelope=envelope, dmarc="pass").is_verified


# ---- hostile mails


def test_a_text_of_any_length_is_cut_where_it_says_so() -> None:
    email = read(subject="", text="word " * 100_000)

    assert len(email.text) == LONGEST_TEXT
    assert email.text.endswith("[…]")


@pytest.mark.parametrize("name", ["from", "to", "cc", "subject", "headers"])
@pytest.mark.parametrize(
    "value",
    ["<" + "a@" * 200_000, "a" * 400_000, "(" * 400_000, ",\n" * 200_000, "a: b\n" * 80_000, "<a@b.example>" * 30_000],
    ids=range(6),
)
def test_a_hostile_field_is_no_failure(name: str, value: str) -> None:
    email = read_email(PostedForm(fields(envelope=None) | {name: value.encode()}))

    assert len(email.subject) <= 500
    assert len(email.sender_name or "") <= 100


def test_no_fields_at_all_are_an_email_of_nothing_from_nobody() -> None:
    email = read_email(PostedForm({}))

    assert (email.sender, email.recipients, email.message_id, email.text) == (None, (), None, "")
    assert not email.may_be_answered


@given(st.dictionaries(st.sampled_from(sorted(fields())), st.binary(max_size=200)))
def test_whatever_is_posted_is_read(posted: dict[str, bytes]) -> None:
    email = read_email(PostedForm(fields() | posted))

    assert email.text is not None
    assert email.sender is None or "@" in email.sender


def test_a_patients_words_and_address_are_not_shown_with_the_object() -> None:
    shown = repr(read())

    assert "patient.example" not in shown
    assert "bill" not in shown
    assert "wrong" not in shown
