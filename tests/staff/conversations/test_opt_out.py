"""Staff record that a patient wants no more texts, however the patient said so."""

from __future__ import annotations

from html import unescape

import pytest

from inbox.contact.consent import OptOutRow, can_undo_opt_out, opt_out_of, record_consent
from inbox.models import AuditEntry, Conversation, Decision, Escalation, Notification, OptOut
from staff.conversations.conversation_queries import MAY_WANT_NO_TEXTS, NOT_TEXTED
from staff.conversations.row_words import CALL_THEM
from staff.conversations.row_words import MAYBE_OPT_OUT as MAYBE
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_inbox import row
from tests.world import PATIENT

PAGE = "/staff/conversations/1"
PRICES = "How much is a first visit without insurance?"


def test_staff_record_it_and_the_patient_gets_no_more_texts(console: Console) -> None:
    console.text(PRICES)
    console.work()
    browser = console.sign_in()
    assert "Patient wants no texts" in browser.get(PAGE).text

    assert browser.post(f"{PAGE}/opt-out").status_code == 303

    console.text("Where can I park?")
    console.work()
    assert console.rows(Decision)[-1].why.endswith("no reply: the patient opted out")
    page = browser.get(PAGE).text
    assert "Opted out of texts" in page
    assert "recorded that the patient wants no texts" in page
    assert "Patient wants no texts" not in page


@pytest.mark.parametrize(
    ("word", "confirmation"),
    [
        ("CANCEL", "Text START to get them again. To reach us, including to change or cancel an appointment, call"),
        ("Cancelar", "mande START por texto. Para comunicarse con nosotros, incluso para cambiar o cancelar una cita"),
    ],
)
def test_who_cancels_a_visit_by_the_word_that_ends_texts_is_called_by_scheduling(
    console: Console, word: str, confirmation: str
) -> None:
    console.text(word)
    console.work()

    [reply] = console.twilio.messages
    assert confirmation in reply.body
    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.team, conversation.priority) == ("open", "scheduling", "normal")
    assert "the patient may have meant a visit" in console.sign_in().get(PAGE).text


@pytest.mark.parametrize(
    ("wish", "in_row", "on_page"),
    [
        ("STOP texting me about appointments i moved to ohio", "Opt-out", "Opted out of texts"),
        ("stop texting me and call me instead", MAYBE, MAY_WANT_NO_TEXTS),
        ("dejen de mandarme mensajes y llámenme", MAYBE, MAY_WANT_NO_TEXTS),
    ],
    ids=["clear", "doubtful", "Spanish"],
)
def test_the_row_and_the_conversation_say_that_a_patient_asked_for_no_more_texts(
    console: Console, wish: str, in_row: str, on_page: str
) -> None:
    console.text(wish)
    console.work()
    browser = console.sign_in()

    assert in_row in row(browser.get("/staff/"), "(202) 555-0123")
    page = unescape(browser.get(PAGE).text)
    assert on_page in page
    assert '<span class="intent">Asks for a person</span>' not in page


def test_an_emergency_of_someone_who_ended_our_texts_raises_the_alarm_and_says_to_call(console: Console) -> None:
    for text in ("CANCEL", "having really bad chest pain"):
        console.text(text)
        console.work()

    [confirmation] = console.twilio.messages
    assert "call 911" in confirmation.body
    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_at is None
    assert {row.reason for row in console.rows(Notification) if row.priority == "urgent"} == {"unanswered_emergency"}
    assert "The patient got no automatic reply to this emergency" in console.sign_in().get(PAGE).text


ASKS_AGAIN = {
    "CANCEL": "I want to keep my appointment on Thursday, can you confirm it please?",
    "Cancelar": "pero si necesito la cita del jueves, me confirma?",
}


@pytest.mark.parametrize("word", list(ASKS_AGAIN))
def test_who_asks_on_after_ending_our_texts_gets_none_and_staff_read_that_they_must_be_called(
    console: Console, word: str
) -> None:
    for text in (word, ASKS_AGAIN[word]):
        console.text(text)
        console.work()

    assert len(console.twilio.messages) == 1
    browser = console.sign_in()
    assert NOT_TEXTED in browser.get(PAGE).text
    assert CALL_THEM in row(browser.get("/staff/"), "(202) 555-0123")
    console.text("Thank you")
    console.work()
    assert browser.get(PAGE).text.count(NOT_TEXTED) == 1


def test_where_contact_is_not_safe_nothing_says_to_call(console: Console) -> None:
    for text in ("CANCEL", "my husband reads my phone", ASKS_AGAIN["CANCEL"]):
        console.text(text)
        console.work()

    browser = console.sign_in()
    assert NOT_TEXTED not in browser.get(PAGE).text
    assert CALL_THEM not in row(browser.get("/staff/"), "(202) 555-0123")


def test_it_is_audited_each_time_with_who_did_it(console: Console) -> None:
    console.text(PRICES)
    browser = console.sign_in()
    for _ in range(2):
        browser.post(f"{PAGE}/opt-out")

    assert browser.member
    entries = [entry for entry in console.rows(AuditEntry) if entry.action == "opted_out"]
    assert [(entry.staff_id, entry.detail["changed"]) for entry in entries] == [
        (browser.member.id, True),
        (browser.member.id, False),
    ]
    assert len(console.rows(OptOut)) == 1


def test_the_number_that_a_chat_visitor_gave_is_opted_out(console: Console) -> None:
    ChatClient(console.url, phone="(202) 555-0123").send(PRICES, "m1")
    console.sign_in().post(f"{PAGE}/opt-out")
    console.text(PRICES)
    console.work()

    assert console.twilio.messages == []


def test_without_a_number_there_is_nothing_to_record(console: Console) -> None:
    ChatClient(console.url).send(PRICES, "m1")
    browser = console.sign_in()

    assert "Patient wants no texts" not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/opt-out").status_code == 400
    assert console.rows(OptOut) == []


def test_staff_see_when_a_patient_agreed_to_texts(console: Console) -> None:
    ChatClient(console.url, phone="(202) 555-0123", consent="en").send(PRICES, "m1")
    ChatClient(console.url, phone="(202) 555-0123").send(PRICES, "m2")

    browser = console.sign_in()
    assert "Agreed to texts" in browser.get(PAGE).text
    assert "Agreed to texts" not in browser.get("/staff/conversations/2").text


# ---- undoing it


def undo(browser: Browser, reason: str = "wrong_patient", page: str = PAGE) -> int:
    return browser.post(f"{page}/undo-opt-out", data={"reason": reason}).status_code


def test_staff_undo_an_opt_out_that_staff_recorded(console: Console) -> None:
    console.text(PRICES)
    browser = console.sign_in()
    browser.post(f"{PAGE}/opt-out")
    assert "Undo the opt-out" in browser.get(PAGE).text

    assert undo(browser) == 303

    assert [(row.active, row.recorded_by) for row in console.rows(OptOut)] == [(False, None)]
    page = browser.get(PAGE).text
    assert ("Opted out of texts" in page, "Undo the opt-out" in page) == (False, False)
    history = page.partition('id="consents"')[2].partition("</ol>")[0]
    assert history.index("it was meant for another patient") < history.index("wants no texts"), "newest first"
    [entry] = [entry for entry in console.rows(AuditEntry) if entry.action == "opt_out_undone"]
    assert browser.member
    assert (entry.staff_id, entry.detail) == (browser.member.id, {"reason": "wrong_patient"})


@pytest.mark.parametrize("by_staff_first", [True, False])
def test_the_patients_own_stop_is_undone_by_nobody_but_the_patient(console: Console, by_staff_first: bool) -> None:
    console.text(PRICES)
    browser = console.sign_in()
    acts = [lambda: browser.post(f"{PAGE}/opt-out"), lambda: console.text("STOP")]
    for act in acts if by_staff_first else acts[::-1]:
        act()
    page = browser.get(PAGE).text
    assert ("Undo the opt-out" in page, "texting START to the practice" in page) == (False, True)

    assert undo(browser) == 409
    assert [row.active for row in console.rows(OptOut)] == [True]
    assert "opt_out_undone" not in [entry.action for entry in console.rows(AuditEntry)]

    console.text("START")
    assert [row.active for row in console.rows(OptOut)] == [False]
    assert "The patient opted in to texts" in browser.get(PAGE).text


def test_one_that_the_patient_also_made_is_not_staffs_to_undo() -> None:
    """While keys change, a number may have two rows."""
    assert can_undo_opt_out([OptOutRow(True, 7), OptOutRow(False, None)])
    assert not can_undo_opt_out([OptOutRow(True, 7), OptOutRow(True, None)])
    assert not can_undo_opt_out([OptOutRow(False, 7)])


def test_an_opt_out_that_the_carrier_reported_is_the_patients_own(console: Console) -> None:
    with console.edit() as session:
        record_consent(session, "demo", PATIENT, opted_out=True, recorded_by=1)
        assert opt_out_of(session, "demo", PATIENT).can_undo
        record_consent(session, "demo", PATIENT, opted_out=True)
        assert not opt_out_of(session, "demo", PATIENT).can_undo


@pytest.mark.parametrize("reason", ["", "because", "<script>"])
def test_it_takes_a_reason_from_the_list(console: Console, reason: str) -> None:
    console.text(PRICES)
    browser = console.sign_in()
    browser.post(f"{PAGE}/opt-out")

    assert undo(browser, reason) == 400
    assert [row.active for row in console.rows(OptOut)] == [True]


def test_where_nobody_opted_out_there_is_nothing_to_undo(console: Console) -> None:
    console.text(PRICES)
    ChatClient(console.url).send(PRICES, "m1")
    browser = console.sign_in()

    assert undo(browser) == 409
    assert undo(browser, page="/staff/conversations/2") == 409


def test_an_opt_out_that_was_there_before_counts_as_the_patients(console: Console) -> None:
    """As of a database that did not yet know who recorded it."""
    console.text(PRICES)
    with console.edit() as session:
        record_consent(session, "demo", PATIENT, opted_out=True)

    assert undo(console.sign_in()) == 409
