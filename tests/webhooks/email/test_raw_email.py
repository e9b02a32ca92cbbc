"""A raw email, read without ever failing, in the patient's own words."""

from __future__ import annotations

import base64
import quopri
import time
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pictures import phone_photo
from webhooks.email.inbound_email import LONGEST_TEXT, NOT_READ, InboundEmail, MailFile
from webhooks.email.mime_parts import LONGEST_BODY
from webhooks.email.raw_email import read_raw_email
from webhooks.email.text import is_garbled

PRACTICE = "hello@maple.example"
PATIENT = "ana@patient.example"
TRUSTED = ("mx.maple.example",)
VOUCHED = "Authentication-Results: mx.maple.example; dmarc=pass header.from=patient.example\r\n"
HEADERS = (
    f"{VOUCHED}From: Ana Lopez <{PATIENT}>\r\nTo: {PRACTICE}\r\nSubject: My bill\r\n"
    "Date: Mon, 05 Jan 2026 09:00:00 -0500\r\nMessage-ID: <abc@patient.example>\r\n"
)
BOUNDARY = "Content-Type: multipart/{}; boundary=b\r\n"


def read(raw: bytes | str, *, return_path: str | None = PATIENT) -> InboundEmail:
    content = raw.encode() if isinstance(raw, str) else raw
    return read_raw_email(content, recipients=(PRACTICE,), return_path=return_path, trusted=TRUSTED)


def words(extra: str = "", body: str | bytes = "It is wrong.\r\n") -> str:
    """The text of an email with a subject that adds nothing."""
    content = body.encode() if isinstance(body, str) else body
    return read(HEADERS.replace("My bill", "Re: a bill").encode() + extra.encode() + b"\r\n" + content).text


def parts(kind: str, *inside: str) -> str:
    """The lines of a multipart email from its Content-Type on."""
    return BOUNDARY.format(kind) + "\r\n" + "".join(f"--b\r\n{part}\r\n" for part in inside) + "--b--\r\n"


def test_an_ordinary_email_is_read() -> None:
    email = read(f"{HEADERS}\r\nIt is wrong.\r\n")

    assert (email.sender, email.sender_name) == (PATIENT, "Ana Lopez")
    assert email.recipients == (PRACTICE,)
    assert email.message_id == "<abc@patient.example>"
    assert (email.subject, email.text) == ("My bill", "My bill. It is wrong.")
    assert email.may_be_answered
    assert email.attachments == ()


def test_what_the_standard_library_writes_is_read_back() -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = f'"López, Ana" <{PATIENT}>', "¿Cuánto cuesta una visita con la doctora Ñandú?"
    message.set_content("Tengo tos — ¿debo ir?\n")
    message.add_alternative("<p>Tengo <b>tos</b>: ¿debo ir?</p>", subtype="html")
    message.add_attachment(b"%PDF" * 1000, maintype="application", subtype="pdf", filename="carta.pdf")
    email = read(message.as_bytes())

    assert email.sender_name == "López, Ana"
    assert email.text == "¿Cuánto cuesta una visita con la doctora Ñandú? Tengo tos — ¿debo ir?"
    assert email.attachments == ("application/pdf",)
    assert email.files == (MailFile("carta.pdf", b"%PDF" * 1000),)
    assert email.is_readable


# ---- which parts are the patient's words


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (
            parts("alternative", "\r\nPlain text.", "Content-Type: text/html\r\n\r\n<p>Plain <b>TEXT</b></p>"),
            "Plain text.",
        ),
        (parts("alternative", "\r\n \r\n", "Content-Type: text/html\r\n\r\n<p>HTML.</p>"), "HTML."),
        (
            parts("mixed", "\r\nBefore the photo.", "Content-Type: image/png\r\n\r\nx", "\r\nAfter."),
            "Before the photo.\n\nAfter.",
        ),
        (
            parts("mixed", "\r\nExternal sender.", "Content-Type: text/html\r\n\r\n<p>It hurts.</p>"),
            "External sender.\n\nIt hurts.",
        ),
        (parts("signed", "\r\nSigned.", "Content-Type: application/pkcs7-signature\r\n\r\nx"), "Signed."),
        (parts("mixed", "\r\nHello.", "Content-Type: text/html; name=a.html\r\n\r\n<p>notes</p>"), "Hello.\n\nnotes"),
        (
            parts("mixed", "\r\nHello.", "Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\nnotes"),
            "Hello.",
        ),
        ("Content-Type: text/html; charset=utf-8\r\n\r\n<p>Just <b>HTML</b>.</p><script>x()</script>", "Just HTML."),
        ("Content-Type: multipart/mixed\r\n\r\nNo boundary at all.", "No boundary at all."),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\nIt never comes.", "It never comes."),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nNever closed.", "Never closed."),
        ("Content-Type: nonsense\r\n\r\nNo such type.", "No such type."),
        (
            "Content-Type: text/plain\r\nOne line is no header: help me.\r\n\r\nPlease.",
            "One line is no header: help me.\n\nPlease.",
        ),
    ],
)
def test_the_patients_words_are_found(lines: str, text: str) -> None:
    extra, _, body = lines.partition("\r\n\r\n")

    assert words(extra + "\r\n", body) == text


def test_words_without_an_empty_line_above_them_are_not_lost() -> None:
    assert read(f"From: {PATIENT}\r\nMy chest hurts\r\nPlease call.\r\n").text == "My chest hurts\nPlease call."


OVERDOSE = "i took the whole bottle of my pills"
AS_A_FILE = 'Content-Type: text/plain; charset=utf-8; name="text_0.txt"\r\n'
ATTACHED = f"{AS_A_FILE}Content-Disposition: attachment; filename=text_0.txt\r\n"
FROM_A_PHONE = {
    "named": parts("mixed", f"{AS_A_FILE}\r\n{OVERDOSE}"),
    "inline": parts("mixed", f"{AS_A_FILE}Content-Disposition: inline; filename=text_0.txt\r\n\r\n{OVERDOSE}"),
    "attached": parts("mixed", f"{ATTACHED}\r\n{OVERDOSE}"),
    "below the carrier's words": parts(
        "mixed",
        "Content-Type: text/html\r\n\r\n<p>This message was sent from a phone.</p>",
        f"{ATTACHED}\r\n{OVERDOSE}",
    ),
    "below history": parts(
        "mixed",
        "\r\nYes.\r\n\r\nFrom: Maple\r\nSent: Monday\r\nTo: Ana\r\nSubject: Visit\r\n\r\nCome on Monday.\r\n",
        f"{ATTACHED}\r\n{OVERDOSE}",
    ),
    "single part": f"{AS_A_FILE}\r\n{OVERDOSE}",
    "single part attached": f"Content-Disposition: attachment\r\n\r\n{OVERDOSE}",
    "single html attached": f"Content-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n<p>{OVERDOSE}</p>",
    "enriched": f"Content-Type: text/enriched\r\n\r\n<bold>{OVERDOSE}</bold>",
}


@pytest.mark.parametrize("lines", FROM_A_PHONE.values(), ids=FROM_A_PHONE)
def test_words_that_a_phones_carrier_sends_as_a_file_are_read(lines: str) -> None:
    email = read(f"{HEADERS}{lines}")

    assert OVERDOSE in email.text
    assert "Come on Monday" not in email.text
    assert email.attachments == ()
    assert email.is_readable


def test_the_file_of_a_text_that_is_too_long_to_read_stays_a_file() -> None:
    email = read(HEADERS + parts("mixed", "\r\nHello.", f"{ATTACHED}\r\n" + "pain " * (LONGEST_BODY // 5 + 1)))

    assert email.text == "My bill. Hello."
    assert email.attachments == ("text/plain",)


NEEDS_HTML = "This message requires an HTML viewer."
HURTS = "Content-Type: text/html\r\n\r\n<p>My chest hurts and I cannot breathe</p>"


@pytest.mark.parametrize(
    ("plain", "text"),
    [
        ("\u200b", "My chest hurts and I cannot breathe"),
        ("\ufeff\u00a0", "My chest hurts and I cannot breathe"),
        ("My chest", "My chest hurts and I cannot breathe"),
        (NEEDS_HTML, f"{NEEDS_HTML}\n\nMy chest hurts and I cannot breathe"),
        ("my chest hurts & i cannot breathe", "my chest hurts & i cannot breathe"),
    ],
    ids=["zero width", "byte order mark", "cut short", "other words", "the same"],
)
def test_what_only_the_html_says_is_read(plain: str, text: str) -> None:
    assert words(*parts("alternative", f"\r\n{plain}", HURTS).split("\r\n", 1)) == text


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_words_that_are_declared_as_base64_but_are_not_are_read(charset: str) -> None:
    extra = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: base64\r\n"

    assert words(extra, "My chest hurts\r\nand I cannot breathe\r\n").split("\n") == [
        "My chest hurts",
        "and I cannot breathe",
    ]


def test_a_text_that_nobody_can_read_goes_to_a_person() -> None:
    email = read(f"{HEADERS}Content-Type: text/plain; charset=utf-8\r\n\r\n".encode() + b"\xff\xfe\xfa" * 30 + b" hm")

    assert not email.is_readable
    assert not email.may_be_answered


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/ms-tnef; name=winmail.dat", "application/ms-tnef"),
        ("application/pkcs7-mime; smime-type=enveloped-data", "application/pkcs7-mime"),
        ("message/partial", "message/partial"),
        ("image/jpeg", "image/jpeg"),
    ],
)
def test_what_is_no_text_is_a_file_and_without_words_there_is_nothing_else_to_read(kind: str, name: str) -> None:
    email = read(f"{VOUCHED}From: {PATIENT}\r\nContent-Type: {kind}\r\n\r\nSubject: x\r\n\r\ny")

    assert (email.text, email.attachments, email.is_readable) == ("", (name,), True)
    assert email.may_be_answered  # with what becomes of the file


def test_a_picture_alone_is_all_there_is_to_read() -> None:
    picture = base64.b64encode(phone_photo()).decode()
    lines = "Content-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    email = read(f"{VOUCHED}From: {PATIENT}\r\n{lines}{picture}")

    assert (email.attachments, email.is_readable) == (("image/jpeg",), True)


def test_data_and_texts_with_markup_in_the_place_of_words_stay_a_file_as_well() -> None:
    email = read(f"From: {PATIENT}\r\n" + parts("mixed", "Content-Type: text/csv\r\n\r\nday,pressure"))

    assert (email.text, email.attachments) == ("day,pressure", ("text/csv",))


@pytest.mark.parametrize("kind", ["markdown", "rtf", "calendar; method=REPLY", "x-amp-html", "something"])
def test_any_text_alone_is_the_words(kind: str) -> None:
    assert words(f"Content-Type: text/{kind}\r\n") == "It is wrong."


def test_data_for_programs_is_a_file_beside_words() -> None:
    email = read(HEADERS + parts("mixed", "\r\nYes.", "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"))

    assert (email.text, email.attachments) == ("My bill. Yes.", ("text/calendar",))


CHEST = "My chest hurts and I can't breathe."
ENCLOSED = f"From: Ana <{PATIENT}>\r\nSubject: =?utf-8?q?=C2=A1Ay!?=\r\n\r\n{CHEST}"


@pytest.mark.parametrize(
    ("lines", "before"),
    [
        (f"Content-Type: message/rfc822\r\n\r\n{ENCLOSED}", ""),
        (parts("mixed", "\r\nSee below.", f"Content-Type: message/rfc822\r\n\r\n{ENCLOSED}"), "See below.\n\n"),
        (
            parts("mixed", f"Content-Type: message/rfc822\r\nContent-Disposition: attachment\r\n\r\n{ENCLOSED}"),
            "",
        ),
        (
            "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + base64.b64encode(ENCLOSED.encode()).decode(),
            "",
        ),
    ],
    ids=["alone", "below words", "attached", "encoded"],
)
def test_an_email_inside_another_is_read_with_who_wrote_it(lines: str, before: str) -> None:
    email = read(HEADERS.replace("My bill", "Re: a bill") + lines)

    assert email.text == f"{before}From: Ana <{PATIENT}>\nSubject: ¡Ay!\n\n{CHEST}"
    assert email.is_readable
    assert email.attachments == ()


def test_emails_inside_emails_end_somewhere() -> None:
    email = read(HEADERS + "Content-Type: message/rfc822\r\n\r\n" * 1000)

    assert NOT_READ in email.attachments


def test_lines_that_end_in_a_return_alone_are_lines() -> None:
    email = read(f"{HEADERS}\r\nIt is wrong.\r\n".replace("\r\n", "\r"))

    assert (email.sender, email.text) == (PATIENT, "My bill. It is wrong.")


def test_an_encrypted_email_has_no_words_but_its_subject() -> None:
    lines = parts(
        "encrypted",
        "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
        "Content-Type: application/octet-stream\r\n\r\nxxxx",
    )
    email = read(HEADERS + lines)

    assert email.text == "My bill"
    assert email.attachments == ("application/pgp-encrypted", "application/octet-stream")


# ---- charsets and encodings


@pytest.mark.parametrize(
    ("extra", "body", "text"),
    [
        ("Content-Type: text/plain; charset=iso-8859-1\r\n", "¿Cuánto?".encode("latin-1"), "¿Cuánto?"),
        ("Content-Type: text/plain; charset=windows-1252\r\n", "“Sí”".encode("cp1252"), "“Sí”"),
        ("Content-Type: text/plain; charset=iso-2022-jp\r\n", "頭が痛い".encode("iso-2022-jp"), "頭が痛い"),
        ("Content-Type: text/plain; charset=no-such-charset\r\n", "¿Cuánto?".encode(), "¿Cuánto?"),
        ("Content-Type: text/plain; charset=us-ascii\r\n", "¿Cuánto?".encode(), "¿Cuánto?"),
        ("", "¿Cuánto?".encode(), "¿Cuánto?"),
        ("", "¿Cuánto?".encode("latin-1"), "¿Cuánto?"),
        (
            "Content-Transfer-Encoding: quoted-printable\r\n",
            b"=C2=BFCu=C3=A1nto?=\r\n =3D ok =ZZ",
            "¿Cuánto? = ok =ZZ",
        ),
        ("Content-Transfer-Encoding: base64\r\n", base64.encodebytes("¿Cuánto?".encode()), "¿Cuánto?"),
        ("Content-Transfer-Encoding: base64\r\n", b"aGVsbG8gdGhlcm", "hello ther"),
        ("Content-Transfer-Encoding: base64\r\n", b"****", "****"),
        ("Content-Transfer-Encoding: no-such-encoding\r\n", b"As it is.", "As it is."),
        ("Content-Type: text/plain; charset=utf-7\r\n", b"a +2AA- b", "a ? b"),
    ],
)
def test_a_text_is_read_in_its_own_charset_and_encoding(extra: str, body: bytes, text: str) -> None:
    assert words(extra, body) == text


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        ("=?utf-8?q?Mi_rodilla_=C2=BFs=C3=AD=3F?=", "Mi rodilla ¿sí?"),
        ("=?utf-8?b?wr8=?= =?utf-8?b?U8Ot?=", "¿Sí"),
        ("=?utf-8?b?w?= =?utf-8?b?7E=?=", "=?utf-8?b?w?= =?utf-8?b?7E=?="),
        ("=?no-such-charset?q?knee?=", "knee"),
        ("Análisis =?utf-8?Q?de_coraz=C3=B3n?= y más", "Análisis de corazón y más"),
        ("=?utf-8?x?knee?=", "=?utf-8?x?knee?="),
        ("My knee\r\n hurts", "My knee hurts"),
        ("Mi rodilla está mal", "Mi rodilla está mal"),
        ("", ""),
    ],
)
def test_a_subject_is_decoded(written: str, subject: str) -> None:
    assert read(f"From: {PATIENT}\r\nSubject: {written}\r\n\r\nHello").subject == subject


# ---- who wrote it


def test_the_address_is_not_taken_out_of_an_encoded_name() -> None:
    email = read(f"From: =?utf-8?q?Eva_=3Ceva=40other.example=3E?= <{PATIENT}>\r\n\r\nHello")

    assert email.sender == PATIENT


def test_a_second_from_header_makes_the_sender_unverified() -> None:
    assert not read(f"{HEADERS}From: Mallory <mallory@attacker.example>\r\n\r\nHello").is_verified


def test_nobody_is_verified_without_a_trusted_servers_word() -> None:
    forged = HEADERS.replace("mx.maple.example", "mx.attacker.example")

    assert read(f"{HEADERS}\r\nHello").is_verified
    assert not read(f"{forged}\r\nHello").is_verified
    assert not read(f"From: {PATIENT}\r\n\r\nHello").is_verified
    assert not read_raw_email(f"{HEADERS}\r\nHello".encode(), recipients=(PRACTICE,), return_path=PATIENT).is_verified


@pytest.mark.parametrize(
    "extra",
    [
        "Auto-Submitted: auto-replied\r\n",
        "Precedence: bulk\r\n",
        "List-Id: <news.example>\r\n",
        "List-Unsubscribe: <https://news.example>\r\n",
        "X-Auto-Response-Suppress: All\r\n",
        "Content-Type: multipart/report; boundary=b\r\n",
        "Return-Path: <>\r\n",
    ],
)
def test_what_a_program_sent_is_not_answered(extra: str) -> None:
    email = read(f"{HEADERS}{extra}\r\nHello", return_path=None)

    assert email.is_automatic
    assert not email.may_be_answered


def test_a_bounce_is_known_by_its_envelope() -> None:
    assert read(f"{HEADERS}\r\nHello", return_path="").is_automatic


# ---- broken and hostile emails


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n",
        b"From",
        b"\x00",
        b"\xff\xfe",
        b"--b\r\n",
        b"From ana Mon\r\nSubject: x\r\n\r\n",
        b"=?",
    ],
)
def test_what_is_hardly_an_email_is_no_failure(raw: bytes) -> None:
    assert isinstance(read(raw), InboundEmail)


def test_parts_nested_too_deeply_go_to_a_person_with_what_could_be_read() -> None:
    nest = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n\r\nLevel {n}.\r\n--b{n}\r\n"
        for n in range(2000)
    )
    email = read(HEADERS + nest)

    assert email.text.startswith("My bill. Level 0.\n\nLevel 1.")
    assert email.attachments == (NOT_READ,)
    assert not email.is_readable
    assert not email.may_be_answered


@pytest.mark.parametrize(
    "raw",
    [
        BOUNDARY.format("mixed") + "\r\n" + "--b\r\n\r\nHello\r\n" * 5000,
        HEADERS + "X-Padding: " + "x" * 300_000 + "\r\n\r\nHello",
    ],
    ids=["parts", "headers"],
)
def test_too_much_of_anything_goes_to_a_person(raw: str) -> None:
    email = read(raw)

    assert not email.is_readable
    assert NOT_READ in email.attachments


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: x\r\n\r\n" + b"\r\n" * 5_000_000,
        BOUNDARY.format("mixed").encode() + b"\r\n" + b"--b\r\n" * 2_000_000,
        b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"---\r\n" * 2_000_000,
        b"a: b\r\n" * 1_000_000 + b"\r\nx",
        b"Content-Type: text/plain" + b";a=b" * 50_000 + b"\r\n\r\nx",
        b"Content-Type: text/plain" + b';a="' * 50_000 + b"\r\n\r\nx",
        b"From: " + b"(" * 100_000 + b"\r\n\r\nx",
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nx",
        b"Content-Transfer-Encoding: base64\r\n\r\n" + b"A\r\n" * 2_000_000,
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * 2_000_000,
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"x",
        b"Content-Type: text/html\r\n\r\n" + b'"data:a/b,' * 1_000_000,
        b"Content-Type: text/html\r\n\r\n" + b'"' + b" " * 10_000_000,
        b"Content-Type: text/html\r\n\r\n" + b"=data:" * 2_000_000,
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\r\n"
        + b"!\r\n" * 5_000_000,
    ],
    ids=range(15),
)
def test_a_hostile_email_takes_no_longer_than_it_may(raw: bytes) -> None:
    began = time.process_time()
    email = read(raw)

    assert time.process_time() - began < 5
    assert isinstance(email, InboundEmail)


@pytest.mark.parametrize("encoding", [b"8bit", b"base64", b"quoted-printable"])
@pytest.mark.parametrize(
    "tag",
    [
        '<img alt="leg" src="data:image/png;base64,PICTURE">',
        "<img src='DATA:image/jpeg;base64,\nPICTURE\n'>",
        "<img src=data:image/png;base64,PICTURE>",
        "<div style='background: url(data:image/svg+xml,PICTURE)'></div>",
    ],
)
def test_words_after_a_large_picture_in_html_are_read(tag: str, encoding: bytes) -> None:
    html = f"<p>My leg (data: none)</p>{tag}<p>And I can't breathe</p>".replace("PICTURE", "A" * LONGEST_BODY).encode()
    body = {b"8bit": html, b"base64": base64.encodebytes(html), b"quoted-printable": quopri.encodestring(html)}[
        encoding
    ]
    kind = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding
    email = read(HEADERS.encode() + kind + b"\r\n\r\n" + body)

    assert email.text.split() == ["My", "bill.", "My", "leg", "(data:", "none)", "And", "I", "can't", "breathe"]
    assert email.is_readable


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_text_that_is_cut_off_goes_to_a_person(kind: str) -> None:
    email = read(f"{HEADERS}Content-Type: text/{kind}\r\n\r\n" + "pain " * (LONGEST_BODY // 5 + 1))

    assert not email.is_readable
    assert email.attachments == (NOT_READ,)


def test_a_long_text_says_where_it_was_cut_off() -> None:
    text = words(body="word " * 30_000)

    assert len(text) == LONGEST_TEXT
    assert text.endswith("[…]")


_PIECES = st.sampled_from(
    [
        *(
            b"\r\n",
            b"\n",
            b"\r",
            b"--b",
            b"--b--",
            b"=?utf-8?b?",
            b"?=",
            b";",
            b":",
            b"\xc3",
            b"\x00",
            b"<p>",
            b"Hello ",
        ),
        *(b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: text/html; charset=utf-7"),
        *(b"Content-Type: message/rfc822", b"Content-Disposition: inline;", b"filename*0*=utf-8''%ff"),
        *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x-uuencode", b"begin 644 x"),
        *(b"Subject: ", b"From: <a@b.example>", b"Authentication-Results: mx.maple.example;", b"Return-Path: <>"),
    ]
)


@given(st.lists(st.one_of(_PIECES, st.binary(max_size=8)), max_size=40).map(b"".join))
def test_whatever_comes_in_is_read(raw: bytes) -> None:
    email = read(raw)

    for text in (email.text, email.subject, email.sender_name or "", email.raw_headers):
        assert "\x00" not in email.text
        text.encode()  # no half of a character, which no database takes
    assert email.is_readable or is_garbled(email.text), (
        "nothing of this is beyond the limits, so nothing may have failed"
    )
