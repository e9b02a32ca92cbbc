"""The patient's own words in an email: what programs put around them is cut, what a person wrote never is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.email.text import (
    LOOKED_THROUGH,
    html_to_text,
    patient_words,
    read_words,
    with_subject,
    without_history,
)

GMAIL = "On Mon, Jan 5, 2026 at 9:00 AM Maple Street <hello@maple.example> wrote:"
APPLE = "On Jan 5, 2026, at 9:00 AM, Maple Street <hello@maple.example> wrote:"
FOLDED = "On Mon, Jan 5, 2026 at 9:00 AM Maple Street Family Practice\n<hello@maple.example> wrote:"
SPANISH_GMAIL = "El lun, 5 ene 2026 a las 9:00, Maple Street (<hello@maple.example>) escribió:"
SPANISH_APPLE = "El 5 ene 2026, a las 9:00, Maple Street <hello@maple.example> escribió:"
SPANISH_FOLDED = "El lun, 5 ene 2026 a las 9:00, Maple Street Family Practice (<\nhello@maple.example>) escribió:"
OUTLOOK = "From: Maple Street <hello@maple.example>\nSent: Monday, January 5, 2026 9:00 AM\nTo: Ana\nSubject: Re: Bill"
SPANISH_OUTLOOK = (
    "De: Maple Street <hello@maple.example>\nEnviado: lunes, 5 de enero de 2026 9:00\nPara: Ana\nAsunto: Re: Factura"
)

NOTICE = (
    "CONFIDENTIALITY NOTICE: This e-mail is for the intended recipient only. If you received it in error, delete it.\n"
    "In case of a medical emergency this mailbox is not monitored."
)
AVISO = (
    "AVISO DE CONFIDENCIALIDAD: Este correo va dirigido exclusivamente a su destinatario. Si lo recibió por error,\n"
    "bórrelo y avise al remitente."
)


# ---- quoted history


@pytest.mark.parametrize("header", [GMAIL, APPLE, FOLDED, SPANISH_GMAIL, SPANISH_APPLE, SPANISH_FOLDED])
def test_quoted_lines_are_cut_with_the_line_that_announces_them(header: str) -> None:
    written = f"Yes, book me please.\n\n{header}\n\n> We received your message.\n> In an emergency, call 911.\n"

    assert without_history(written) == "Yes, book me please."


@pytest.mark.parametrize("header", [OUTLOOK, SPANISH_OUTLOOK, f"________________________________\n{OUTLOOK}"])
def test_all_that_follows_outlooks_header_is_cut(header: str) -> None:
    written = f"Yes, book me please.\n\n{header}\n\nWe received your message.\nOn Tuesday my doctor wrote:\nCall 911.\n"

    assert without_history(written) == "Yes, book me please."


def test_all_that_follows_the_mark_of_an_original_message_is_cut() -> None:
    written = "Yes.\n\n-----Original Message-----\nFrom: hello@maple.example\nSent: today\n\nWe received your message."

    assert without_history(written) == "Yes."


def test_older_history_within_history_is_cut_too() -> None:
    written = f"Third.\n\n{GMAIL}\n> Second.\n>\n> {APPLE}\n>> First.\n>> Call 911.\n"

    assert without_history(written) == "Third."


@pytest.mark.parametrize("header", [GMAIL, SPANISH_GMAIL, FOLDED])
def test_answers_between_quoted_lines_are_kept(header: str) -> None:
    written = f"See below.\n\n{header}\n> Do you have pain?\nYes, in my chest.\n> Since when?\nSince Monday.\n"

    assert without_history(written) == "See below.\nYes, in my chest.\nSince Monday."


def test_an_answer_below_the_quoted_lines_is_kept() -> None:
    assert without_history(f"{GMAIL}\n> Do you have pain?\n\nYes, in my chest.") == "Yes, in my chest."


def test_quoted_lines_are_cut_however_long_they_are() -> None:
    long = "We received your message. " * 40

    assert without_history(f"Yes please.\n\n{GMAIL}\n> {long}\n> Call 911.\nAna") == "Yes please.\nAna"


def test_an_answer_below_more_quoted_lines_than_are_looked_through_is_kept() -> None:
    quoted = "> We received your message.\n" * (LOOKED_THROUGH // 20)

    assert without_history(f"See below.\n\n{GMAIL}\n{quoted}Yes, in my chest.\n") == "See below.\n\nYes, in my chest."


ASKS = "Do you take blood thinners?\nYes, warfarin since May.\n\nDo you have pain?\n\nYes, every night."
STATES = "Please list what you take.\nWarfarin since May."


@pytest.mark.parametrize("header", [GMAIL, FOLDED, OUTLOOK, SPANISH_GMAIL, SPANISH_OUTLOOK])
@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("Please see my answers below.", STATES),
        ("My comments are in red", STATES),
        ("Respondo abajo", STATES),
        ("Mis respuestas en rojo.", STATES),
        ("Hello Dr. Lee,", ASKS),
        ("Hola,", "¿Toma algo para la sangre? Sí, warfarina"),
    ],
)
def test_answers_among_quoted_lines_that_no_program_marked_are_kept(header: str, above: str, below: str) -> None:
    kept = without_history(f"{above}\n\n{header}\n\n{below}\n")

    assert kept.startswith(above)
    assert kept.endswith(below)
    assert "2001" not in kept


def test_of_history_that_no_program_marked_only_the_newest_message_stays_for_its_answers() -> None:
    written = f"Hello.\n\n{OUTLOOK}\n\nDo you have pain?\nYes.\n\n{OUTLOOK}\n\nCan I come?\nAna\n"

    assert without_history(written).endswith("Do you have pain?\nYes.")


def test_an_answer_right_below_a_header_is_not_taken_for_a_part_of_it() -> None:
    assert without_history(f"Hi.\n\n{OUTLOOK}\nYes, every night.\n> Do you have pain?\n") == "Hi.\nYes, every night."


@pytest.mark.parametrize(
    "written",
    [
        "> 3 days of fever now, please call",
        "Since Monday I have\n> 39.5 fever\n> stiff neck\nWhat should I do?",
        "Yes please.\n> We received your message.\n> Call 911.",
        "I have two questions.\n--\n1. Can I take ibuprofen with warfarin?\n--\n2. My chest hurts at night",
        "I have two questions.\n-- \n1. Can I take ibuprofen with warfarin?\n-- \n2. My chest hurts at night",
        "Hello.\n-- \nI can't breathe",
        "Hello.\n-- \nAna\n\nAnd my chest hurts",
        "Hello.\n--\nAna Lopez",
        "Take two a day\n--\nor three? Call (202) 555-0123",
        "I fell -- badly -- at work\n--\nCHEST PAIN NOW CALL (202) 555-0123",
        "Hello.\nSent from my iPhone\nMy chest hurts (202) 555-0123",
        "Hello.\nThanks,\nAna Lopez\n12 Maple Street\n(202) 555-0123",
        f"Hello.\n--\nAna Lopez\n{NOTICE}\n\nMy chest hurts",
        f"Hello.\n\n{NOTICE} My chest hurts, delete this e-mail.",
        "Hello.\n\nThis message is confidential. Do not copy the husband.",
        "I have pain.\nSent from my house because I can't get up",
        "Hello.\nSent from the ER, my mom had a stroke",
        "Hello.\nSent from my phone, as I can't get up",
        "Hello.\nSent from my iPhone\nMy chest hurts",
        "Hello.\nOn Monday 3 nurses wrote:\nI should go to the ER",
        "Hello.\nOn Monday at 9:30 the nurse wrote:\nTake two. Now my chest hurts",
        "Hola.\nEl lunes a las 9:30 la enfermera escribió:\nTome dos. Ahora me duele el pecho",
        "Hello.\nFrom: 3pm on I had chest pain\nTo: now\nIt is worse",
        "On Tuesday my doctor wrote:\nTake two a day. Is that right?",
        "El martes mi doctora escribió:\nDos al día. ¿Está bien?",
        "I would like a visit.\nDate: Tuesday\nTo: Dr. Lee",
        "My symptoms:\n- fever\n- a cough",
        "Hi,\nThank you, but my chest hurts.\nBest, Ana",
        "Hola,\nGracias, pero me duele el pecho.\nSaludos, Ana",
        "Warning: the email you sent me had another patient's name in it.",
        "Please read: I wrote: my knee hurts.",
    ],
)
def test_what_a_person_wrote_stays_though_it_looks_like_a_programs(written: str) -> None:
    assert without_history(written) == written


@pytest.mark.parametrize("written", [f"{GMAIL}\n> Call 911.\n", "-- \nAna", "Sent from my iPhone", ""])
def test_everything_stays_where_cutting_would_leave_nothing(written: str) -> None:
    assert without_history(written) == written


def test_history_beyond_what_is_looked_through_stays() -> None:
    long = "word " * (LOOKED_THROUGH // 5)
    written = f"{long}\n{GMAIL}\n> Call 911.\nThe end."

    assert without_history(written).startswith(long.strip())
    assert without_history(written).endswith("The end.")


def test_a_long_text_without_history_stays_whole() -> None:
    written = "\n".join(f"line {number} of what happened" for number in range(2000))

    assert without_history(written) == written


def test_a_long_line_stays_one_line() -> None:
    written = "pain, " * 400 + "all over"

    assert without_history(written) == written


# ---- signatures


def test_a_signature_that_a_mail_program_marked_is_cut() -> None:
    signature = "Ana Lopez\nHead of Sales, Acme Inc.\n12 Maple Street\nCell: (202) 555-0123\nana@acme.example"

    assert without_history(f"Please call me.\n\nAna\n-- \n{signature}\nSent from my iPhone") == "Please call me.\n\nAna"
    assert without_history(f"Please call me.\n-- \n{signature}\n\n{GMAIL}\n> Hello") == "Please call me."


GRACE = (
    "Grace Whitlock\nSenior Paralegal, Whitlock & Stone LLP\n"
    "44 Elm Street, Suite 900 | Tel 202-555-0190 | Fax 202-555-0191"
)


@pytest.mark.parametrize(
    ("above", "signature"),
    [
        ("Please call me.", f"--\n{GRACE}"),
        ("Please call me.", f"--\n{GRACE}\n\n{NOTICE}"),
        ("Please call me.", f"-- \n{GRACE}\n\n{NOTICE}\n\nSent from my iPhone"),
        ("Please call me.", f"Sent from my iPhone\n\n{GRACE}\n\n{NOTICE}"),
        ("Please call me.", f"Get Outlook for iOS<https://aka.ms/o0ukef>\n\n{NOTICE}"),
        ("Llámeme, por favor.", f"Enviado desde mi iPhone\n\nAna Ruiz\nTel. (202) 555-0123\n\n{AVISO}"),
        ("Llámeme, por favor.", f"Obtener Outlook para iOS\n{AVISO}"),
        ("Please call me.\n\nBest regards,\nGrace", f"44 Elm Street\nAlexandria, VA 22301\n202-555-0190\n\n{NOTICE}"),
        ("Llámeme, por favor.\n\nSaludos cordiales,\n\nAna Ruiz", f"Calle Olmo 44\nana@ruiz.example\n\n{AVISO}"),
        ("Please call me.\n\nGrace", f"{NOTICE}\n\nPlease consider the environment before printing this e-mail."),
    ],
    ids=[
        *("bare mark", "bare mark and notice", "mark, notice, phone", "phone, then notice", "Outlook, then notice"),
        *("Spanish phone", "Spanish Outlook", "closing", "Spanish closing", "notice alone"),
    ],
)
def test_a_signature_and_a_notice_are_what_the_patient_did_not_write(above: str, signature: str) -> None:
    words = read_words("", f"{above}\n\n{signature}\n", "")

    assert words.patients == above
    assert words.trimmed == signature


def test_a_notice_below_a_signature_is_cut_above_quoted_history_too() -> None:
    assert without_history(f"Yes please.\n--\n{GRACE}\n\n{NOTICE}\n\n{GMAIL}\n> Hello") == "Yes please."


@pytest.mark.parametrize(
    "advertisement",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail for iPhone",
        "Sent from my Verizon, Samsung Galaxy smartphone.",
        "Sent via the Samsung Galaxy S21 5G, an AT&T 5G smartphone",
        "Sent from my T-Mobile 4G LTE Device",
        "Yahoo Mail: Search, Organize, Conquer",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Enviado desde mi iPhone",
        "Enviado desde Outlook para Android",
        "Obtener Outlook para iOS",
    ],
)
def test_what_a_mail_program_says_of_itself_is_cut(advertisement: str) -> None:
    assert without_history(f"Please call me.\n\n{advertisement}\n\n{GMAIL}\n> Hello") == "Please call me."


@pytest.mark.parametrize("written", ["The bill was sent from my insurance.", "Sent from my doctor's office to you?"])
def test_a_sentence_that_begins_like_it_stays(written: str) -> None:
    assert without_history(f"Hello.\nI ask: {written}").endswith(written)


# ---- the subject


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [
        ("My bill", "It is wrong.", "My bill. It is wrong."),
        ("Can I come today?", "It is my knee.", "Can I come today? It is my knee."),
        ("Re: Your visit", "Yes please.", "Yes please."),
        ("RE: Your visit", "Yes please.", "Yes please."),
        ("Re[2]: Your visit", "Yes please.", "Yes please."),
        ("Refill", "For my inhaler.", "Refill. For my inhaler."),
        ("", "Yes please.", "Yes please."),
        ("(no subject)", "Yes please.", "Yes please."),
        ("Sin asunto", "Sí.", "Sí."),
        ("My bill", "my bill is wrong", "my bill is wrong"),
        ("  My \n bill ", "It is wrong.", "My bill. It is wrong."),
        ("My bill is wrong", "", "My bill is wrong"),
        ("Re: My bill is wrong", "", "Re: My bill is wrong"),
        ("", "", ""),
    ],
)
def test_a_subject_that_says_something_comes_first(subject: str, body: str, words: str) -> None:
    assert with_subject(subject, body) == words


# ---- parts


def test_the_text_part_is_preferred() -> None:
    assert patient_words("", "From the text.", "<p>From <b>the TEXT</b></p>") == "From the text."


@pytest.mark.parametrize("text", ["", " \r\n\t "])
def test_the_html_part_is_read_where_there_is_no_text(text: str) -> None:
    html = "<style>p { color: red }</style><p>My knee &amp; back <b>hurt</b>.<br>Please call.</p><script>x()</script>"

    assert patient_words("", text, html) == "My knee & back hurt.\nPlease call."


def test_history_in_html_is_cut_too() -> None:
    html = f"<div>Yes, book me.</div><div>{GMAIL.replace('<', '&lt;')}<blockquote>Call 911.</blockquote></div>"

    assert patient_words("Re: Your visit", "", html) == "Yes, book me."


def test_what_html_hides_is_not_read() -> None:
    assert html_to_text("<div style='display:none'>Swordfish</div><!-- herring --><p>Hello</p>").strip() == "Hello"


def test_the_words_in_html_that_is_nested_very_deeply_are_not_lost() -> None:
    deep = "<style>p { color: red }</style>" + "<div>" * 2000 + "My chest &amp; arm hurt" + "</div>" * 2000

    assert html_to_text(deep).strip() == "My chest & arm hurt"


@pytest.mark.parametrize("subject", ["Fwd: Letter", "FW: Letter", "RV: Carta", "Reenvío: Carta"])
def test_a_forwarded_message_stays_whole(subject: str) -> None:
    written = f"Is this right?\n\n---------- Forwarded message ---------\n{OUTLOOK}\n\nYou owe us $20."

    assert patient_words(subject, written, "").endswith("You owe us $20.")


GMAIL_FORWARD = f"---------- Forwarded message ---------\n{OUTLOOK}\n\nYour EKG shows a heart attack."
APPLE_FORWARD = f"Begin forwarded message:\n\n{OUTLOOK}\n\nYour EKG shows a heart attack."


@pytest.mark.parametrize("forwarded", [GMAIL_FORWARD, APPLE_FORWARD], ids=["Gmail", "Apple"])
@pytest.mark.parametrize("above", ["", "What should I do?\n\n", "What should I do?\n\n-- \nAna\n\n"])
def test_what_is_forwarded_below_the_patients_words_stays_whatever_the_subject_says(forwarded: str, above: str) -> None:
    words = patient_words("My EKG results", above + forwarded, "")

    assert words.startswith("My EKG results. " + (above.partition("\n")[0] or forwarded[:20]))
    assert words.endswith("Your EKG shows a heart attack.")


@pytest.mark.parametrize("subject", ["[EXTERNAL] Fwd: EKG", "[EXT] [Bulk] FW: EKG", "Enc: exame"])
def test_a_subject_that_a_gateway_tagged_still_says_that_the_message_is_forwarded(subject: str) -> None:
    assert patient_words(subject, f"{OUTLOOK}\n\nYou owe us $20.", "").endswith("You owe us $20.")


def test_what_was_forwarded_within_older_messages_is_history_as_they_are() -> None:
    assert without_history(f"Yes.\n\n{OUTLOOK}\n\nSee this.\n\n{GMAIL_FORWARD}") == "Yes."


@pytest.mark.parametrize("quotes", [1, 2])
def test_what_a_person_writes_below_a_quotation_in_html_stays(quotes: int) -> None:
    quoted = (
        "<blockquote type='cite'>" * quotes + "Your visit is on <b>Monday</b>.<br>Call 911." + "</blockquote>" * quotes
    )
    html = f"<p>Hi</p><p>{APPLE.replace('<', '&lt;')}</p>{quoted}<p>I want to die tonight</p>"

    words = read_words("", "", html)

    assert words.patients == "Hi\nI want to die tonight"
    assert [line.lstrip("> ") for line in words.trimmed.splitlines()[-2:]] == ["Your visit is on Monday.", "Call 911."]


def test_nothing_that_is_left_out_of_the_patients_words_is_lost() -> None:
    written = f"Yes, book me please.\n\n{OUTLOOK}\n\nWe received your message.\n\nI took all my pills\nCall 911."

    words = read_words("Re: Your visit", written, "")

    assert words.patients == "Yes, book me please."
    assert words.trimmed == written.partition("\n\n")[2]
    assert read_words("Re: Your visit", "Yes, book me please.", "").trimmed == ""


def test_line_ends_and_empty_lines_are_evened_out() -> None:
    assert patient_words("", "One\r\n\r\n\r\n\r\n  \r\nTwo\rThree\x00", "") == "One\n\nTwo\nThree"


# ---- hostile mails


@pytest.mark.parametrize(
    "written",
    [
        "On " + "a " * 50_000,
        "On " * 40_000,
        "El 1 " + "a " * 50_000,
        ("On " + "a " * 140 + "\n") * 400,
        ("El 1 " + "a " * 90 + "\n") * 500,
        "a" + "\n" * 100_000 + "b",
        "a" + " \n" * 50_000 + "b",
        "From:\n" * 20_000,
        "> " * 50_000,
        "_" * 100_000,
        "-" * 100_000,
        "--\n" * 30_000,
        "Sent from my " * 8_000,
        "Warning: mail " * 8_000,
        "\u00a0" * 100_000 + "x",
    ],
    ids=range(15),
)
def test_a_hostile_text_takes_no_longer_than_it_may(written: str) -> None:
    began = time.process_time()
    words = patient_words("Subject", written, "")

    assert time.process_time() - began < 5  # two orders of magnitude less than without limits
    assert words


@pytest.mark.parametrize(
    "html", ["<div>" * 50_000 + "x", "<table><tr><td>" * 9_000, "&" * 100_000, "<" * 100_000, "<b", "<script>" * 60_000]
)
def test_hostile_html_is_no_failure(html: str) -> None:
    assert isinstance(patient_words("", "", html), str)


@given(st.text(), st.text(), st.text())
def test_whatever_comes_in_words_come_out(subject: str, text: str, html: str) -> None:
    words = patient_words(subject, text, html.encode("utf-8", "replace").decode())

    assert words or not text.replace("\x00", "").strip()
