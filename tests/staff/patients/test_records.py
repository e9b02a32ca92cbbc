"""Staff make a record of a patient from a conversation, keep it, merge it, and find it by names and numbers."""

from __future__ import annotations

import re

import pytest
import requests
from sqlalchemy import select

from inbox.models import AuditEntry, Conversation, Patient, PatientAddress, PatientConversation
from inbox.patients.book import record_names
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.world import PATIENT

OF_CONVERSATION = "/staff/conversations/1/patient"
RECORDS = "/staff/patients/demo"
RECORD = f"{RECORDS}/1"


def create(browser: Browser, name: str = "Maria Rivera", *use: str, conversation: int = 1) -> str:
    answer = browser.post(f"/staff/conversations/{conversation}/patient", data={"name": name, "use": list(use)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def actions(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry)]


def test_a_record_is_made_of_a_conversation_and_shown_beside_it(console: Console) -> None:
    console.text("Do you have parking?")
    browser = console.sign_in()
    assert "Create record" in browser.get("/staff/conversations/1").text

    place = create(browser, "Maria Rivera", "address")

    assert place == f"{RECORD}?conversation=1"
    page = browser.get(place).text
    assert re.search(r'<a href="/staff/conversations/1"[^>]*>Back to the conversation</a>', page)
    assert "Maria Rivera" in page
    assert "(202) 555-0123" in page
    assert "Do you have parking?" in page
    assert RECORD in browser.get("/staff/conversations/1").text
    assert "Maria" not in re.search(r"<title>.*?</title>", page)[0]  # type: ignore[index]
    assert browser.post(f"{RECORD}/details", data={"name": "Maria Diaz", "version": "1"}).status_code == 303
    later = browser.get(RECORD).text
    assert re.search(r'<a href="/staff/conversations/1"[^>]*>Back to the conversation</a>', later)
    assert "Maria Diaz" in later
    assert "New_York" not in later


def test_a_conversations_row_and_heading_have_the_name_on_its_record(console: Console) -> None:
    console.text("Do you have parking?")
    browser = console.sign_in()
    assert "(202) 555-0123</a>" in browser.get("/staff/").text

    create(browser, "Gloria Tate", "address")

    page = browser.get("/staff/conversations/1").text
    assert '<h1 id="who" dir="auto" title="Gloria Tate">Gloria Tate</h1>' in page
    assert "(202) 555-0123" in page  # beside it
    row = browser.get("/staff/").text
    assert "Gloria Tate</a>" in row
    assert '<span class="avatar" aria-hidden="true">GT</span>' in row


def test_a_records_history_is_in_the_order_of_a_conversation(console: Console) -> None:
    for text in ("Do you have parking?", "And a lift?", "Thanks!"):
        console.text(text)
    console.work()
    browser = console.sign_in()
    create(browser, "Gloria Tate", "address")

    [history] = re.findall(
        r'<ol class="history" id="history-entries" data-live>(.*?)</ol>', browser.get(RECORD).text, re.DOTALL
    )
    places = [history.index(text) for text in ("Do you have parking?", "And a lift?", "Thanks!")]
    assert places == sorted(places)
    thanks = browser.get("/staff/conversations/1").text.rpartition("Thanks!")[2]
    [said] = re.findall(r"<summary>(.*?)</summary>", thanks, re.DOTALL)[:1]
    assert words(said).count("No reply needed") == 1


def test_a_second_record_of_a_patient_is_asked_about_first(console: Console) -> None:
    born = {"birth_date": "1970-05-02"}
    console.text("Do you have parking?")
    console.text("It's Carol Dunn from a new phone", from_="+12025550177")
    browser = console.sign_in()
    first = browser.post(OF_CONVERSATION, data={"name": "Carol Dunn", "use": ["address"]} | born)
    assert first.status_code == 303
    second = "/staff/conversations/2/patient"

    asked = browser.post(second, data={"name": "Dunn, Carol", "use": ["address"]} | born)

    assert asked.status_code == 409
    assert "This patient may have a record already" in words(asked.text)
    assert "Carol Dunn record 1 · born 5/2/1970" in words(asked.text)
    assert f'href="{RECORD}?conversation=2"' in asked.text
    assert re.search(r'name="record" value="1">Add to this record', asked.text)
    assert len(console.rows(Patient)) == 1
    for other in ({"name": "Carol Dunn", "birth_date": "1999-01-01"}, {"name": "Ann Dunn"} | born):
        assert browser.post(second, data=other).status_code == 303  # somebody else
    again = browser.post(OF_CONVERSATION, data={"name": "carol dunn", "use": ["address"]})
    assert again.status_code == 409  # the number is the same
    anyway = browser.post(second, data={"name": "Carol Dunn", "anyway": "yes"} | born)
    assert anyway.status_code == 303
    assert len(console.rows(Patient)) == 4


def test_no_one_name_stands_for_a_number_that_several_records_share(console: Console) -> None:
    console.text("Do you have parking?")
    browser = console.sign_in()
    create(browser, "Gloria Tate", "address")
    create(browser, "Sam Tate", "address")

    assert (
        '<h1 id="who" dir="auto" class="number"><a href="tel:+12025550123">(202) 555-0123</a></h1>'
        in browser.get("/staff/conversations/1").text
    )
    assert "(202) 555-0123</a>" in browser.get("/staff/").text


def test_the_name_on_a_record_is_shown_only_where_the_record_may_be_opened(console: Console) -> None:
    console.text("Do you have parking?")
    create(console.sign_in(), "Gloria Tate", "address")

    with console.database.read() as session:
        conversations = session.scalars(select(Conversation)).all()
        assert record_names(session, conversations, ["demo"]) == {1: "Gloria Tate"}
        assert record_names(session, conversations, ["oak"]) == {}


def test_what_a_sender_claims_is_offered_and_written_only_if_a_member_chooses_it(console: Console) -> None:
    ChatClient(console.url, name="Sam", phone="(202) 555-0188").send("Hello", "m1")
    browser = console.sign_in()
    assert "Sam" in browser.get(OF_CONVERSATION).text
    assert console.rows(Patient) == []

    create(browser, "Maria Rivera")
    assert console.rows(PatientAddress) == []

    create(browser, "", "name", "phone")
    assert console.rows(Patient)[-1].name == "Sam"
    assert [row.patient_address for row in console.rows(PatientAddress)] == ["+12025550188"]


def test_a_conversation_is_added_to_a_record_that_exists(console: Console) -> None:
    console.text("Hello")
    ChatClient(console.url).send("Hello", "m1")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")

    assert browser.post("/staff/conversations/2/patient", data={"record": "1"}).status_code == 303
    assert len(console.rows(Patient)) == 1
    assert [row.conversation_id for row in console.rows(PatientConversation)] == [1, 2]


def test_the_record_to_add_to_is_found_by_a_name_or_number(console: Console) -> None:
    console.text("Hello")
    ChatClient(console.url, phone="(202) 555-0188").send("Hello", "m1")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    of_chat = "/staff/conversations/2/patient"

    page = browser.post(f"{of_chat}/search", data={"wanted": "mar"}).text
    assert re.search(r'form="new-record" formnovalidate name="record" value="1"', page)

    gone = browser.post(of_chat, data={"record": "99", "use": "phone"})
    assert gone.status_code == 409
    assert "There is no such record" in gone.text
    assert 'value="phone" checked' in gone.text


def test_a_record_that_is_refused_keeps_what_was_ticked(console: Console) -> None:
    ChatClient(console.url, name="Sam O'Neil", phone="(202) 555-0188").send("Hello", "m1")
    browser = console.sign_in()

    form = {"name": "", "birth_date": "2050-01-01", "use": ["name", "phone"]}
    refused = browser.post(OF_CONVERSATION, data=form)

    assert refused.status_code == 422
    assert re.findall(r'name="use" value="(\w+)" checked', refused.text) == ["name", "phone"]
    assert console.rows(Patient) == []


def test_of_two_who_edit_at_once_the_second_sees_what_the_first_changed(console: Console) -> None:
    console.text("Hello")
    first, second = console.sign_in(name="Ann First"), console.sign_in(name="Ben Second")
    create(first, "Maria Rivera", "address")
    edit = {"name": "Maria Rivera", "version": "1"}
    assert first.post(f"{RECORD}/details", data=edit | {"language": "Spanish"}).status_code == 303

    answer = second.post(f"{RECORD}/details", data=edit | {"pronouns": "she/her"})

    assert answer.status_code == 409
    assert "Ann First changed:" in answer.text
    assert "Language: Spanish" in answer.text
    assert 'value="she/her"' in answer.text
    assert console.rows(Patient)[0].pronouns is None
    assert second.post(f"{RECORD}/details", data=edit | {"pronouns": "she/her", "version": "2"}).status_code == 303
    assert console.rows(Patient)[0].pronouns == "she/her"


def test_a_wrong_birth_date_is_explained_at_its_field(console: Console) -> None:
    console.text("Hello")
    browser = console.sign_in()
    create(browser)

    form = {"name": "Maria", "birth_date": "tomorrow", "version": "1"}
    answer = browser.post(f"{RECORD}/details", data=form)

    assert answer.status_code == 422
    assert 'id="wrong-birth_date"' in answer.text


def test_two_records_are_merged_and_the_merge_is_undone(console: Console) -> None:
    console.text("First")
    console.text("Second", from_="+12025550199")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    create(browser, "Maria Rivera-Diaz", "address", conversation=2)

    assert browser.post(f"{RECORD}/merge", data={"other": "2"}).status_code == 303
    page = browser.get(RECORD).text
    assert "First" in page
    assert "Second" in page
    assert "merged into" in browser.get(f"{RECORDS}/2").text
    assert browser.post(f"{RECORDS}/2/details", data={"name": "X", "version": "2"}).status_code == 409

    assert browser.post(f"{RECORD}/merges/1/undo").status_code == 303
    assert "Second" not in browser.get(RECORD).text
    assert "Second" in browser.get(f"{RECORDS}/2").text
    assert browser.post(f"{RECORD}/merges/1/undo").status_code == 409


def test_a_new_message_goes_where_the_patient_last_wrote_from(console: Console) -> None:
    console.text("First")
    console.text("Second", from_="+12025550199")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    create(browser, "Maria Rivera", "address", conversation=2)

    def chosen() -> str:
        [found] = re.findall(r"<option[^>]* selected>((?:Text|Email) [^<]*)</option>", browser.get(RECORD).text)
        return str(found)

    assert browser.post(f"{RECORD}/merge", data={"other": "2"}).status_code == 303
    assert chosen() == "Text (202) 555-0199"
    console.text("Third")
    assert chosen() == "Text (202) 555-0123"


def test_a_merge_is_asked_first_and_says_whose_records_they_are(console: Console) -> None:
    console.text("First")
    console.text("Second", from_="+12025550199")
    browser = console.sign_in()
    create(browser, "Lucía Fernández", "address")
    born = {"name": "Sam O'Neil", "birth_date": "1985-03-04", "use": "address"}
    browser.post("/staff/conversations/2/patient", data=born)
    browser.post(f"{RECORD}/details", data={"name": "Lucía Fernández", "birth_date": "1990-01-02", "version": "1"})

    browser.post("/staff/conversations/2/unsafe-contact", data={"unsafe": "yes"})

    found = browser.post(f"{RECORD}/merge/find", data={"wanted": "0199"}).text
    assert f"{RECORD}/merge?other=2" in found
    asked = words(browser.get(f"{RECORD}/merge?other=2").text)

    assert "Merge Sam O'Neil (born 3/4/1985, record 2) into Lucía Fernández (born 1/2/1990, record 1)?" in asked
    assert "(202) 555-0199 Not safe to contact" in asked
    assert [f"Born {date}" in asked for date in ("3/4/1985", "1/2/1990")] == [True, True]
    assert re.search(r"Last wrote \w+ \d+, \d+:\d\d [AP]M: Second", asked)
    assert "Their birth dates differ." in asked
    assert console.rows(Patient)[1].merged_into is None


@pytest.mark.parametrize("other", ["1", "99", "x", ""])
def test_a_merge_with_no_other_record_is_explained_on_the_record(console: Console, other: str) -> None:
    console.text("First")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")

    for answer in (
        browser.get(f"{RECORD}/merge", params={"other": other}),
        browser.post(f"{RECORD}/merge", data={"other": other}),
    ):
        assert answer.status_code == 409
        assert "There is no other record like that" in answer.text
        assert "Maria Rivera" in answer.text


def test_each_of_two_merged_records_says_what_became_of_it(console: Console) -> None:
    console.text("First")
    console.text("Second", from_="+12025550199")
    browser = console.sign_in(name="Dana Reyes")
    create(browser, "Maria Rivera", "address")
    create(browser, "Maria Diaz", "address", conversation=2)
    browser.post(f"{RECORDS}/2/merge", data={"other": "1"})
    browser.post(f"{RECORDS}/2/merges/1/undo")

    went, stayed = words(browser.get(RECORD).text), words(browser.get(f"{RECORDS}/2").text)

    assert "Dana Reyes merged this record into record 2" in went
    assert "Dana Reyes undid the merge of this record into record 2" in went
    assert "Dana Reyes merged record 1 into this one" in stayed
    assert "Dana Reyes undid the merge of record 1 into this one" in stayed


def test_changes_name_the_number_and_what_is_removed_leaves_a_line(console: Console) -> None:
    console.text("First")
    browser = console.sign_in(name="Dana Reyes")
    create(browser, "Maria Rivera", "address")
    browser.post(f"{RECORD}/addresses", data={"new_address": "202-555-0188"})
    browser.post(f"{RECORD}/addresses/2/consent", data={"how": "by_phone"})
    page = words(browser.get(RECORD).text)
    assert "Dana Reyes added (202) 555-0188" in page
    assert "Dana Reyes recorded that the patient agreed to texts at (202) 555-0188" in page

    browser.post(f"{RECORD}/addresses/2/remove")
    browser.post(f"{RECORD}/conversations/1/unlink")

    page = words(browser.get(RECORD).text)
    assert "Removed the number from this record." in page
    assert "Conversation 1 is no longer linked to this record." in page
    assert "Dana Reyes removed a phone number" in page
    assert "Dana Reyes unlinked a conversation" in page
    assert "555-0188" not in str([entry.detail for entry in console.rows(AuditEntry)])


def test_a_record_of_another_practice_is_never_merged(console: Console) -> None:
    console.text("First")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    with console.edit() as session:
        session.add(Patient(practice="other", name="X", name_index="x", last_name_index="x"))

    assert browser.post(f"{RECORD}/merge", data={"other": "2"}).status_code == 409
    assert console.rows(Patient)[0].merged_into is None


def test_consent_is_recorded_for_a_number_with_its_history(console: Console) -> None:
    console.text("Hello")
    browser = console.sign_in(name="Dana Reyes")
    create(browser, "Maria Rivera", "address")
    consent, opt_out = f"{RECORD}/addresses/1/consent", f"{RECORD}/addresses/1/opt-out"

    assert browser.post(consent, data={"how": "by_phone"}).status_code == 303
    assert "Dana Reyes recorded that the patient agreed to texts: by phone" in browser.get(RECORD).text
    assert browser.post(opt_out).status_code == 303
    page = browser.get(RECORD).text
    assert "Opted out of texts" in page
    assert "recorded that the patient wants no texts" in page
    assert browser.post(consent, data={"how": "by_phone"}).status_code == 409
    assert browser.post(f"{RECORD}/addresses/1/undo-opt-out", data={"reason": "misunderstood"}).status_code == 303
    assert "Opted out of texts" not in browser.get(RECORD).text


@pytest.mark.parametrize("wanted", ["202-555-0123", "0123", "maria rivera", "RIVERA", "mar", "1"])
def test_a_record_is_found_by_a_search_that_leaves_no_trace_in_the_address(console: Console, wanted: str) -> None:
    console.text("Hello")
    browser = console.sign_in()
    create(browser, "María Rivera", "address")

    answer = browser.post(f"{RECORDS}/search", data={"wanted": wanted})

    assert "1 record found" in answer.text
    assert RECORD in answer.text
    assert "0 records found" in browser.post(f"{RECORDS}/search", data={"wanted": "Sam"}).text
    [first, _] = [entry.detail for entry in console.rows(AuditEntry) if entry.action == "patients_searched"]
    assert first["patients"] == [1]


def test_every_display_and_change_is_audited_without_the_patients_words(console: Console) -> None:
    console.text("Hello")
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    browser.get(RECORD)
    browser.post(f"{RECORD}/details", data={"name": "Maria Diaz", "version": "1"})
    browser.get(RECORDS)
    browser.post(f"{RECORDS}/search", data={"wanted": "Diaz"})

    for action in ("record_created", "record_viewed", "record_changed", "patients_listed", "patients_searched"):
        assert action in actions(console)
    told = str([entry.detail for entry in console.rows(AuditEntry)])
    assert "Maria" not in told
    assert "Diaz" not in told
    assert PATIENT not in told


def test_members_of_another_practice_open_no_record(console: Console) -> None:
    console.text("Hello")
    create(console.sign_in(), "Maria Rivera", "address")
    stranger = console.sign_in(practices=["other"])

    assert stranger.get(RECORD).status_code == 404
    assert stranger.get(OF_CONVERSATION).status_code == 404
    assert console.rows(Conversation)


# ---- without a conversation


def make(browser: Browser, **form: str) -> requests.Response:
    return browser.post(f"{RECORDS}/new", data={"name": "Maria Rivera", "new_address": "(202) 555-0188", **form})


def test_a_record_is_made_by_hand_without_consent_to_texts_unless_that_is_said(console: Console) -> None:
    browser = console.sign_in()
    assert f'href="{RECORDS}/new"' in browser.get(RECORDS).text

    made = make(browser, language="Spanish")

    assert (made.status_code, made.headers["Location"]) == (303, RECORD)
    page = words(browser.get(RECORD).text)
    assert "(202) 555-0188 No consent to texts on record" in page
    assert 'value="Spanish"' in browser.get(RECORD).text
    assert "record_created" in actions(console)
    make(browser, name="Ann Lee", new_address="+12025550177", how="by_phone")
    assert "Agreed to texts by phone" in words(browser.get(f"{RECORDS}/2").text)


@pytest.mark.parametrize(
    ("form", "why"),
    [
        pytest.param({"name": " "}, "Enter the patient’s name.", id="no name"),
        pytest.param({"new_address": "soon"}, "Enter a phone number such as", id="no address"),
        pytest.param(
            {"new_address": "m@example.com", "how": "by_phone"}, "Only a phone number can have", id="of an email"
        ),
        pytest.param({"how": "somehow"}, "Choose how the patient agreed", id="unknown consent"),
    ],
)
def test_a_record_by_hand_that_is_wrong_is_refused_with_what_was_typed(
    console: Console, form: dict[str, str], why: str
) -> None:
    refused = make(console.sign_in(), language="Spanish", **form)

    assert (refused.status_code, why in refused.text, 'value="Spanish"' in refused.text) == (422, True, True)
    assert console.rows(Patient) == []


@pytest.mark.parametrize(
    "again",
    [
        pytest.param({"name": "M. Rivera", "new_address": "202-555-0188"}, id="the same number"),
        pytest.param(
            {"new_address": "maria@example.com", "birth_date": "1984-03-14"}, id="the same name and birth date"
        ),
    ],
)
def test_a_second_record_of_a_patient_is_refused_by_showing_the_first(console: Console, again: dict[str, str]) -> None:
    browser = console.sign_in()
    make(browser, birth_date="1984-03-14")

    refused = make(browser, **again)

    assert refused.status_code == 409
    assert f'href="{RECORD}"' in refused.text
    assert len(console.rows(Patient)) == 1
    assert make(browser, **again, anyway="yes").status_code == 303


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        pytest.param({"name": "Rivera, Maria", "birth_date": "1999-01-01"}, True, id="the same full name"),
        pytest.param(
            {"name": "Marie Rivera", "birth_date": "1984-03-14"}, True, id="the same last name and birth date"
        ),
        pytest.param({"name": "Marie Rivera"}, False, id="the same last name"),
        pytest.param({"name": "Marie Lee", "birth_date": "1984-03-14"}, False, id="the same birth date"),
    ],
)
@pytest.mark.parametrize("by_hand", [pytest.param(True, id="by hand"), pytest.param(False, id="of a conversation")])
def test_whoever_makes_a_record_is_told_of_one_that_may_be_the_same_patients(
    console: Console, other: dict[str, str], is_told: bool, by_hand: bool
) -> None:
    browser = console.sign_in()
    make(browser, name="Maria Rivera", birth_date="1984-03-14")
    console.text("Do you have parking?")

    made = (
        make(browser, **other, new_address="(202) 555-0199")
        if by_hand
        else browser.post(OF_CONVERSATION, data=other | {"use": ["address"]})
    )

    assert made.status_code == 303
    page = browser.get(made.headers["Location"]).text
    assert ("This may be the same patient as" in page) is is_told
    assert (f'href="{RECORD}">' in page) is is_told
    assert "This may be the same patient as" not in browser.get(f"{RECORDS}/2").text, "said once"


def test_a_number_that_opted_out_gets_no_consent_by_hand(console: Console) -> None:
    console.text("STOP")
    console.work()

    assert "This number opted out of texts." in make(console.sign_in(), new_address=PATIENT, how="by_phone").text
    assert console.rows(Patient) == []


def test_staff_take_away_on_the_record_that_a_number_cannot_be_called(console: Console) -> None:
    console.text("I am deaf. Text only please.")
    console.work()
    browser = console.sign_in()
    create(browser, "Maria Rivera", "address")
    assert "Can’t be called: text only" in browser.get(RECORD).text

    assert browser.post(f"{RECORD}/addresses/1/can-be-called").status_code == 303

    page = words(browser.get(RECORD).text)
    assert "Can’t be called" not in page
    assert "noted that the patient can be called at (202) 555-0123" in page
    assert "Can’t be called" not in browser.get("/staff/conversations/1").text
    [entry] = [entry for entry in console.rows(AuditEntry) if entry.action == "text_only_cleared"]
    assert entry.detail["changed"] is True
