"""A number on one patient's record never renames another person, and one that is not safe is named wherever it is."""

from __future__ import annotations

import re

import pytest

from inbox.incoming.inbound import Contact, InboundMessage, record_message
from inbox.models import AuditEntry, Conversation, PatientAddress
from intake.vocabulary import Channel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from webhooks.email.text import read_words

MARK, DANA = "+12025550171", "+12025550156"
CANCEL = "need to cancel tomorrow 2pm - Mark Deville"
SIGNED = "Please send my immunization records.\n\nBest,\nGrace Liu\nRN, Lincoln Clinic\nPhone: (202) 555-0171"
UNSAFE = "do not text or call this number, my husband reads my phone"
ASKS = "Please answer me here and not on the phone. Are my results back?\n\nDana\nSent from my phone 202-555-0156"
RECORD = "/staff/patients/demo/1"
WROTE = "Somebody has already written to you from it: “need to cancel tomorrow 2pm - Mark Deville”"


@pytest.fixture
def browser(console: Console) -> Browser:
    return console.sign_in(name="Jamie Cole")


def mail(console: Console, text: str, sender: str = "grace@liu.example") -> None:
    found = read_words("Records", text, "")
    record_message(
        console.database,
        InboundMessage(
            practice="demo",
            channel=Channel.EMAIL,
            provider="email",
            provider_id=f"{sender} {len(text)}",
            patient_address=sender,
            received_on="hello@maple.example",
            text=found.patients,
            subject="Records",
            trimmed=found.trimmed,
            sender_message_id=f"<{len(text)}@{sender}>",
            contact=Contact(email=sender),
        ),
    )
    console.reconcile()
    console.work()


def receive(console: Console, text: str, number: str) -> None:
    console.text(text, from_=number)
    console.work()


def create(browser: Browser, conversation: int, name: str, **form: str) -> int:
    return browser.post(f"/staff/conversations/{conversation}/patient", data={"name": name} | form).status_code


def heading(browser: Browser, conversation: int) -> str:
    page = browser.get(f"/staff/conversations/{conversation}").text
    [found] = re.findall(r'<h1 id="who" dir="auto"[^>]*>(.*?)</h1>', page)
    return words(found)


def asked_key(browser: Browser, conversation: int) -> str:
    """The form's name of the number of which it asks whose it is."""
    page = browser.get(f"/staff/conversations/{conversation}/patient").text
    [key] = re.findall(r'id="whose-of-([^"]+)"', page)
    return str(key)


# ---- a new record from a conversation


def test_a_number_that_somebody_has_written_from_is_not_added_before_staff_say_whose_it_is(
    console: Console, browser: Browser
) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    page = words(browser.get("/staff/conversations/2/patient").text)
    assert WROTE in page
    assert "Mark Deville in the message" in page
    assert "Whose is it?" in page
    key = asked_key(browser, 2)

    refused = browser.post("/staff/conversations/2/patient", data={"name": "Grace Liu", "use": key})

    assert refused.status_code == 409
    assert "Say whose the number or address is" in words(refused.text)
    assert console.rows(PatientAddress) == []
    assert create(browser, 2, "Grace Liu", use="address", **{f"whose-{key}": ""}) == 303
    assert [row.patient_address for row in console.rows(PatientAddress)] == ["grace@liu.example"]
    assert heading(browser, 1) == "(202) 555-0171"


def test_a_shared_number_is_on_the_record_and_renames_nobody(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    key = asked_key(browser, 2)

    assert create(browser, 2, "Grace Liu", **{f"whose-{key}": "shared"}) == 303

    [address] = console.rows(PatientAddress)
    assert (address.patient_address, address.is_shared) == (MARK, True)
    assert heading(browser, 1) == "(202) 555-0171"
    assert heading(browser, 2) == "Grace Liu"
    assert "Grace Liu</a>" in browser.get("/staff/").text
    assert "(202) 555-0171</a>" in browser.get("/staff/").text
    assert "Shared with others" in words(browser.get(RECORD).text)


def test_a_number_of_the_same_person_names_what_came_from_it(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED.replace("Grace Liu", "Mark Deville"))
    key = asked_key(browser, 2)

    assert create(browser, 2, "Mark Deville", **{f"whose-{key}": "same"}) == 303

    assert heading(browser, 1) == "Mark Deville"


def test_what_staff_said_of_a_number_stays_in_a_form_that_is_refused(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    key = asked_key(browser, 2)

    refused = browser.post("/staff/conversations/2/patient", data={"name": "", f"whose-{key}": "shared"})

    assert refused.status_code == 422
    assert re.search(rf'name="whose-{re.escape(key)}" value="shared" checked', refused.text)


# ---- an existing record


def test_beside_the_conversation_it_is_asked_whose_a_found_number_is(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    assert create(browser, 2, "Grace Liu") == 303
    page = browser.get("/staff/conversations/2").text
    assert WROTE in words(page)
    [place, key] = re.findall(r'formaction="([^"]*whose=shared)" name="found" value="([^"]+)"', page)[0]
    assert browser.post("/staff/conversations/2/found/1", data={"found": key}).status_code == 409
    assert console.rows(PatientAddress) == []

    assert browser.post(place, data={"found": key}).status_code == 303

    assert [row.is_shared for row in console.rows(PatientAddress)] == [True]
    assert heading(browser, 1) == "(202) 555-0171"


def test_a_typed_number_is_asked_about_too_and_can_be_left_out(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, "Hello, I am new.")
    assert create(browser, 2, "Grace Liu") == 303

    asked = browser.post(f"{RECORD}/addresses", data={"new_address": "202-555-0171"})

    assert asked.status_code == 409
    assert f"Whose is (202) 555-0171? {WROTE}" in words(asked.text)
    assert console.rows(PatientAddress) == []
    said = {"new_address": "202-555-0171", "whose": "same"}
    assert browser.post(f"{RECORD}/addresses", data=said).status_code == 303
    assert [row.is_shared for row in console.rows(PatientAddress)] == [False]


def test_the_same_is_asked_of_a_patient_without_a_conversation(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    form = {"name": "Grace Liu", "new_address": "(202) 555-0171"}

    asked = browser.post("/staff/patients/demo/new", data=form)

    assert asked.status_code == 409
    assert WROTE in words(asked.text)
    assert browser.post("/staff/patients/demo/new", data=form | {"whose": "shared"}).status_code == 303
    assert [row.is_shared for row in console.rows(PatientAddress)] == [True]


def test_the_conversations_of_a_number_are_linked_and_can_be_unlinked(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    assert create(browser, 2, "Grace Liu", **{f"whose-{asked_key(browser, 2)}": "same"}) == 303
    page = browser.get(RECORD).text
    assert "Conversation 1 Text, (202) 555-0171" in words(page)
    assert "It is here because the record has (202) 555-0171." in words(page)

    assert browser.post(f"{RECORD}/addresses/1/shared", data={"shared": "yes"}).status_code == 303
    assert heading(browser, 1) == "(202) 555-0171"
    assert "Jamie Cole noted that (202) 555-0171 is shared with others" in words(browser.get(RECORD).text)
    assert browser.post(f"{RECORD}/addresses/1/shared", data={"shared": "no"}).status_code == 303
    assert heading(browser, 1) == "Grace Liu"
    assert browser.post(f"{RECORD}/addresses/1/remove").status_code == 303

    page = words(browser.get(RECORD).text)
    assert "Conversation 1" not in page
    assert "Conversation 2" in page


def test_a_shared_number_is_not_exported_as_this_patients_alone(console: Console, browser: Browser) -> None:
    receive(console, CANCEL, MARK)
    mail(console, SIGNED)
    assert create(browser, 2, "Grace Liu", **{f"whose-{asked_key(browser, 2)}": "shared"}) == 303
    admin = console.sign_in("admin")

    page = words(admin.get(f"{RECORD}/data").text)

    assert "1 conversation" in page
    assert CANCEL not in page
    assert {row.id for row in console.rows(Conversation)} == {1, 2}
    trail = [entry.detail for entry in console.rows(AuditEntry) if entry.action == "record_created"]
    assert [entry["whose"] for entry in trail] == [["shared"]]


# ---- what is not offered


@pytest.mark.parametrize(
    "signature",
    ["Fax: (202) 555-0199", "Call 800-555-0100. Unsubscribe here.", "Office 202-555-0199", "Main line: 202-555-0199"],
)
def test_an_offices_number_in_an_email_is_not_offered(console: Console, browser: Browser, signature: str) -> None:
    mail(console, f"Can somebody explain my bill?\n\nTom Weller\nWeller Plumbing & Heating\n{signature}")

    assert "Add the number" not in browser.get("/staff/conversations/1/patient").text


def test_a_cell_phone_beside_an_offices_is_offered(console: Console, browser: Browser) -> None:
    mail(console, "Can somebody explain my bill?\n\nTom Weller\nOffice 202-555-0199 | Cell 202-555-0198\n12 Oak St")

    page = browser.get("/staff/conversations/1/patient").text

    assert "(202) 555-0198" in page
    assert "(202) 555-0199" not in page


# ---- what is not safe


def test_an_unsafe_number_is_named_where_it_is_offered(console: Console, browser: Browser) -> None:
    receive(console, UNSAFE, DANA)
    mail(console, ASKS, "dana.r@example.com")
    warned = "(202) 555-0156 (in the message of"
    offered = words(browser.get("/staff/conversations/2/patient").text)
    assert re.search(re.escape(warned) + r"[^)]*not verified\) Not safe to contact", offered)
    assert create(browser, 2, "Dana R", use="address") == 303

    panel = words(browser.get("/staff/conversations/2").text)

    assert re.search(r"\(202\) 555-0156 \S+ [^N]*Not safe to contact", panel)


def test_the_mail_itself_says_that_its_number_is_not_to_be_called(console: Console, browser: Browser) -> None:
    mail(console, ASKS, "dana.r@example.com")

    page = words(browser.get("/staff/conversations/1/patient").text)

    assert "not verified) The message asks for no calls or texts" in page


def test_an_unsafe_number_on_the_record_is_named_beside_every_conversation(console: Console, browser: Browser) -> None:
    receive(console, UNSAFE, DANA)
    mail(console, ASKS, "dana.r@example.com")
    assert create(browser, 2, "Dana R", use="address", **{f"whose-{asked_key(browser, 2)}": "same"}) == 303

    panel = browser.get("/staff/conversations/2").text.partition('id="patient-panel"')[2].partition("</section>")[0]

    assert "(202) 555-0156 Not safe to contact" in words(panel)
    assert "tel:+12025550156" not in panel


def test_the_number_of_an_unsafe_conversation_is_not_checked_beforehand(console: Console, browser: Browser) -> None:
    receive(console, UNSAFE, DANA)

    page = browser.get("/staff/conversations/1/patient").text

    assert 'value="address" checked' not in page
    assert "which this conversation came from Not safe to contact" in words(page)
