"""What was found in messages: marks, the insurance card, what a record is offered, and the export as FHIR."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import delete

from classifier.entities.entity import Entity
from inbox.incoming.inbound import Contact, InboundMessage, record_message
from inbox.models import AuditEntry, Conversation, FoundEntities, Patient, PatientAddress
from intake.vocabulary import Channel, EntityKind
from staff.conversations.insurance_card import date_words
from staff.conversations.marking import split_text
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import thread, words
from webhooks.email.text import read_words

PAGE = "/staff/conversations/1"
FOUND = f"{PAGE}/found"
RECORD = "/staff/patients/demo/1"
CARD = "I have Aetna, member ID W882041193, group 0012345. My bill was $240 for the visit on 04/12/2026."
CALL = "Hi, this is Maria Lopez. Please call me at 202-555-0188 or write to maria@example.com. Dr. Okafor knows."
MARK = re.compile(r'<mark class="(?:who|when|number)" title="([^"]+)">(.*?)</mark>', re.DOTALL)


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def chat(console: Console, text: str, **details: str) -> ChatClient:
    client = ChatClient(console.url, **details)
    client.send(text, "m1")
    console.work()
    return client


def part(page: str, name: str) -> str:
    """The words of a live part of the page."""
    [found] = re.findall(
        rf'<div id="{name}" data-live>(.*?)</div>\s*(?:<div id|<section class="part")', page, re.DOTALL
    )
    return words(found)


def actions(console: Console) -> list[tuple[str, str, dict[str, Any]]]:
    kinds = ("name_added", "found_added", "fhir_exported")
    return [(row.subject, row.action, row.detail) for row in console.rows(AuditEntry) if row.action in kinds]


def offered(page: str, words: str) -> str:
    """The key of the button whose words begin like this."""
    [key] = re.findall(rf'name="found" value="([^"]+)">{re.escape(words)}', page)
    return str(key)


# ---- marks


@pytest.mark.parametrize(
    ("text", "places", "marked"),
    [
        ("🙂 Ana Ñu <b>", [(2, 8)], ["Ana Ñu"]),
        ("abcdef", [(0, 3), (2, 5), (3, 6)], ["abc", "def"]),
        ("abcdef", [(0, 6), (0, 3)], ["abcdef"]),
        ("abc", [(-1, 2), (2, 2), (2, 9), (3, 4)], []),
        ("e\u0301 \u202e\u200dx", [(0, 2), (5, 6)], ["e\u0301", "x"]),
    ],
    ids=["Unicode", "overlapping", "the longer", "not within the text", "marks of a script"],
)
def test_a_text_is_marked_at_its_places_and_stays_whole(
    text: str, places: list[tuple[int, int]], marked: list[str]
) -> None:
    parts = split_text(text, [Entity(EntityKind.NAME, start, end, 1.0, "test") for start, end in places])

    assert [part.text for part in parts if part.label == "Name"] == marked
    assert "".join(part.text for part in parts) == text


def test_each_browser_turns_the_marks_on_and_off_without_a_script(console: Console, dana: Browser) -> None:
    console.text(f"<b>&amp; {CARD}")
    console.work()
    plain = dana.get(PAGE)
    assert MARK.findall(plain.text) == []

    assert dana.get(f"{PAGE}/marks?show=on&view=mine").headers["Location"] == f"{PAGE}?view=mine"

    page = dana.get(PAGE)
    found = {unescape(text): label for label, text in MARK.findall(page.text)}
    assert found["Aetna"] == "Insurance company"
    assert found["W882041193"] == "Member ID"
    assert found["$240"] == "Amount"
    assert words(page.text).count("W882041193") == words(plain.text).count("W882041193")
    assert [re.sub(r"<[^>]+>", "", text) for _, text in thread(page)] == [
        re.sub(r"<[^>]+>", "", text) for _, text in thread(plain)
    ]
    assert 'aria-pressed="true"' in page.text
    assert MARK.findall(console.sign_in().get(PAGE).text) == []

    scripted = dana.get(f"{PAGE}/marks?show=off", headers={"Accept": "application/json"})
    assert scripted.status_code == 204
    assert MARK.findall(dana.get(PAGE).text) == []


# ---- the insurance card


def test_the_card_says_what_was_stated_and_in_which_message(console: Console, dana: Browser) -> None:
    console.text(CARD)
    console.text("Sorry, I typed the group wrong: my group number is 0012399, it is still Aetna.")
    console.text("Do you have parking?")
    console.work()

    page = dana.get(PAGE).text
    card = part(page, "insurance")

    assert "As the patient wrote it, not verified" in card
    for line in ("Insurance company Aetna", "Member ID W882041193", "Amount $240.00", "Date of service 04/12/2026"):
        assert line in card
    assert re.search(
        r'0012399 <a class="small" href="#message-2">.*0012345 <a class="small" href="#message-1">', page, re.DOTALL
    )
    [text] = re.findall(r'<textarea id="insurance-text".*?>(.*?)</textarea>', page, re.DOTALL)
    assert unescape(text).splitlines()[:3] == [
        "Insurance details (as the patient wrote it, not verified)",
        "Insurance company: Aetna",
        "Member ID: W882041193",
    ]
    assert "Group number: 0012399; 0012345" in text


MOVES = (
    "I need to move my cleaning on Friday to next week. My name is Samuel O'Neil, my insurance is Delta Dental, "
    "member ID DD1234567, born 3/4/1985. My other number is 202-555-0187 and email sam@oneil.example"
)


def test_a_message_that_moves_a_visit_asks_nothing_of_an_insurance(console: Console, dana: Browser) -> None:
    console.text(MOVES)
    console.work()

    card = part(dana.get(PAGE).text, "insurance")

    assert "Question" not in card
    assert "Date of birth 03/04/1985" in card


def test_a_question_in_the_patients_words_is_on_the_card(console: Console, dana: Browser) -> None:
    console.text("Do you take Delta Dental? My member ID is DD1234567.")
    console.work()

    assert "Question Is it covered, or is the plan accepted?" in part(dana.get(PAGE).text, "insurance")


def test_what_is_in_an_older_message_is_looked_for_once_it_is_opened(console: Console, dana: Browser) -> None:
    console.text(CARD)
    console.work()
    with console.edit() as session:
        session.execute(delete(FoundEntities))
    assert 'id="insurance-title"' not in dana.get(PAGE).text

    console.work()

    assert 'id="insurance-title"' in dana.get(PAGE).text


def test_there_is_no_card_without_insurance_facts(console: Console, dana: Browser) -> None:
    console.text("Do you have parking? This is Maria Lopez.")
    console.work()

    assert 'id="insurance-title"' not in dana.get(PAGE).text


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2026-04-12", "04/12/2026"), ("--04-12", "04/12"), ("---12", "day 12"), ("spring", "spring")],
)
def test_dates_are_written_as_the_front_desk_does(value: str, shown: str) -> None:
    assert date_words(value) == shown


# ---- what a record is offered


def test_a_number_found_in_a_chat_is_added_only_by_a_member_and_shows_in_the_history(
    console: Console, dana: Browser
) -> None:
    chat(console, CALL, phone="(202) 555-0188")  # known to the conversation, but not to the record
    dana.post(f"{PAGE}/patient", data={"name": "Maria Rivera"})
    page = dana.get(PAGE).text
    assert "(202) 555-0188" in part(page, "offers")
    assert "Okafor" not in part(page, "offers")
    assert console.rows(PatientAddress) == []
    key = offered(page, 'Add to Maria Rivera’s record<span class="hidden"> (202) 555-0188')

    for _ in range(2):  # once, even if the button is pressed twice
        assert dana.post(f"{FOUND}/1", data={"found": key}).status_code == 303

    assert [row.patient_address for row in console.rows(PatientAddress)] == ["+12025550188"]
    source = {"message": 1, "kind": "PHONE"}
    assert actions(console) == [
        ("patient:1", "found_added", {"conversation": 1, **source}),
        ("conversation:1", "found_added", {"patient": 1, **source}),
    ]
    assert "Dana Reyes added a phone number found in a message ( conversation 1 )" in words(dana.get(RECORD).text)
    assert "(202) 555-0188" not in part(dana.get(PAGE).text, "offers")
    assert "maria@example.com" in part(dana.get(PAGE).text, "offers")


def test_a_name_found_in_a_voicemail_is_offered_for_the_conversation(console: Console, dana: Browser) -> None:
    call = console.call()
    call.report_recording()
    call.report_transcription("hi this is maria lopez please call me back about my cleaning")
    console.work()
    key = offered(dana.get(PAGE).text, "Use as name")

    assert dana.post(FOUND, data={"found": key}).status_code == 303

    assert console.rows(Conversation)[0].patient_name == "Maria Lopez"
    assert actions(console) == [("conversation:1", "name_added", {"message": 1})]
    assert 'id="offers-title"' not in dana.get(PAGE).text
    assert dana.post(FOUND, data={"found": key}).status_code == 409


def test_a_number_of_somebody_else_is_never_offered(console: Console, dana: Browser) -> None:
    console.text("please fax my records, 813 555 0199 to Dr Alvarez. I am Gloria Tate, my cell is 202-555-0177")
    console.work()

    offers = part(dana.get(PAGE).text, "offers")
    assert "(202) 555-0177" in offers
    assert "555-0199" not in offers


def test_an_outcry_is_never_offered_as_a_name(console: Console, dana: Browser) -> None:
    console.text("I waited an hour and nobody called me back. Unbelievable")
    console.work()

    assert "Unbelievable" not in part(dana.get(PAGE).text, "offers")


def test_a_name_found_in_a_text_is_offered_for_the_conversation_and_for_a_new_record(
    console: Console, dana: Browser
) -> None:
    console.text("hi its Gloria Tate, I need a refill of my lisinopril")
    console.work()

    assert "Gloria Tate" in part(dana.get(PAGE).text, "offers")
    form = dana.get(f"{PAGE}/patient").text
    assert "Use the name “Gloria Tate”" in form
    assert re.findall(r'<input id="field-(\w+)"[^>]* autofocus', form) == ["name"]


def test_an_email_with_the_patients_own_name_in_it_is_offered_whole(console: Console, dana: Browser) -> None:
    chat(console, MOVES, name="Sam O'Neil", phone="(202) 555-0199")

    offers = part(dana.get(PAGE).text, "offers")

    assert "sam@oneil.example" in offers
    assert "Born 03/04/1985" in offers


def test_a_birth_date_is_offered_to_a_record_that_lacks_one(console: Console, dana: Browser) -> None:
    chat(console, MOVES, name="Sam O'Neil")
    dana.post(f"{PAGE}/patient", data={"name": "Sam O'Neil"})
    key = offered(dana.get(PAGE).text, 'Add to Sam O&#39;Neil’s record<span class="hidden"> born 03/04/1985')

    for _ in range(2):
        assert dana.post(f"{FOUND}/1", data={"found": key}).status_code == 303

    assert [row.birth_date for row in console.rows(Patient)] == ["1985-03-04"]
    assert "Dana Reyes added a birth date found in a message" in words(dana.get(RECORD).text)
    assert "Born" not in part(dana.get(PAGE).text, "offers")
    assert "1985" not in str([row.detail for row in console.rows(AuditEntry)])


def test_a_new_record_takes_what_was_found_and_chosen(console: Console, dana: Browser) -> None:
    chat(console, CALL)
    form = dana.get(f"{PAGE}/patient").text
    keys = {unescape(shown): key for key, shown in re.findall(r'value="([\d.]+)"[^>]*> <span>[^“]+“([^”]+)”', form)}
    assert set(keys) == {"Maria Lopez", "(202) 555-0188", "maria@example.com"}

    chosen = [keys["Maria Lopez"], keys["maria@example.com"]]
    assert dana.post(f"{PAGE}/patient", data={"name": "", "use": chosen}).status_code == 303

    assert "Maria Lopez" in dana.get(RECORD).text
    assert [row.patient_address for row in console.rows(PatientAddress)] == ["maria@example.com"]


def test_what_is_not_offered_is_never_written(console: Console, dana: Browser) -> None:
    console.text("Do you have parking?")
    chat(console, CALL)
    dana.post("/staff/conversations/2/patient", data={"name": "Maria Rivera"})
    key = offered(dana.get("/staff/conversations/2").text, "Use as name")

    assert 'id="offers-title"' not in dana.get(PAGE).text
    of_the_text = key.replace("2.", "1.", 1)
    for path, found in [
        (FOUND, of_the_text),
        ("/staff/conversations/2/found", of_the_text),
        ("/staff/conversations/2/found", "2.999"),
        ("/staff/conversations/2/found", ""),
        ("/staff/conversations/2/found/1", key),
        (f"{FOUND}/1", of_the_text),
    ]:
        assert dana.post(path, data={"found": found}).status_code == 409, (path, found)
    assert console.rows(PatientAddress) == []
    assert [row.patient_name for row in console.rows(Conversation)] == [None, None]


# ---- FHIR


def test_a_conversation_is_downloaded_as_fhir(console: Console, dana: Browser) -> None:
    console.text(CARD)
    console.work()
    assert 'href="/staff/conversations/1/fhir.json" download' in dana.get(PAGE).text

    answer = dana.get(f"{PAGE}/fhir.json")

    bundle: Any = Bundle.model_validate(json.loads(answer.text))
    kinds = [entry.resource.get_resource_type() for entry in bundle.entry]
    assert kinds == ["Patient", "Communication", "Communication", "Coverage"]
    assert answer.headers["Content-Type"] == "application/fhir+json"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="conversation-1.fhir.json"'
    assert actions(console) == [("conversation:1", "fhir_exported", {})]
    assert console.browser().get(f"{PAGE}/fhir.json").status_code == 302


# ---- emails

HEADER = "On Mon, Nov 30, 2026 at 9:14 AM Ann Lee <ann@maple.example> wrote:"
OUTLOOK = "From: Ann Lee <ann@maple.example>\nSent: Monday, November 30, 2026 9:14 AM\nTo: Rosa\nSubject: Your bill"
SIGNED = "-- \nRosa Diaz\nCell: 202-555-0188"
THEIRS = "Call our billing partner at 202-555-0199."


def email(console: Console, text: str, subject: str = "Re: My bill") -> None:
    own = read_words(subject, text, "")
    inbound = InboundMessage(
        practice="demo",
        channel=Channel.EMAIL,
        provider="email",
        provider_id="1",
        patient_address="rosa@diaz.example",
        received_on="hello@maple.example",
        text=own.patients,
        subject=subject,
        trimmed=own.trimmed,
        sender_message_id="<1@diaz.example>",
        contact=Contact(email="rosa@diaz.example"),
    )
    record_message(console.database, inbound)
    console.reconcile()
    console.work()


@pytest.mark.parametrize(
    "text",
    [
        "I have a question about my bill. My number is 202-555-0188.",
        f"I have a question about my bill.\n\n{SIGNED}",
        f"I have a question about my bill.\n\n{SIGNED}\n\n{HEADER}\n> {THEIRS}",
        f"I have a question about my bill.\n\n{SIGNED}\n\n{OUTLOOK}\n\n{THEIRS}",
        f"{HEADER}\n> {THEIRS}\n\nI have a question about my bill.\n\n{SIGNED}",
        f"I answer below, call me at 202-555-0188.\n\n{HEADER}\n> {THEIRS} Is that right?\nYes.",
    ],
    ids=["in the text", "signature", "above a quote", "above Outlook's", "below a quote", "between quotes"],
)
def test_a_number_that_the_sender_of_an_email_writes_is_offered_and_none_that_is_quoted(
    console: Console, dana: Browser, text: str
) -> None:
    email(console, text)

    offers = part(dana.get(PAGE).text, "offers")

    assert "(202) 555-0188" in offers
    assert "555-0199" not in offers


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        (f"I have a question about my bill.\n\n{HEADER}\n> {THEIRS}", "Re: My bill"),
        (f"I have a question about my bill.\n\n{OUTLOOK}\n\n{THEIRS}", "Re: My bill"),
        (f"See below.\n\n---------- Forwarded message ---------\n{OUTLOOK}\n\n{THEIRS}", "Fwd: Your bill"),
        (THEIRS, "Fwd: Your bill"),
        (f"This is Kelly from Lakeside Pharmacy about a refill.\n\n{SIGNED}", "A refill"),
        ("I have a question about my bill.\n\n-- \nRosa Diaz\nFax: 202-555-0188", "My bill"),
    ],
    ids=["quoted", "Outlook's", "forwarded", "forwarded whole", "an office", "a fax"],
)
def test_no_other_number_in_an_email_is_offered(console: Console, dana: Browser, text: str, subject: str) -> None:
    email(console, text, subject)

    assert "555-01" not in part(dana.get(PAGE).text, "offers")


def test_a_number_in_a_signature_is_added_to_the_record(console: Console, dana: Browser) -> None:
    email(console, f"I have a question about my bill.\n\n{SIGNED}")
    dana.post(f"{PAGE}/patient", data={"name": "Rosa Diaz"})
    key = offered(dana.get(PAGE).text, 'Add to Rosa Diaz’s record<span class="hidden"> (202) 555-0188')

    assert dana.post(f"{FOUND}/1", data={"found": key}).status_code == 303

    assert "+12025550188" in [row.patient_address for row in console.rows(PatientAddress)]
    assert console.rows(Conversation)[0].contact_phone is None
