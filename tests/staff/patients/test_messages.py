"""Staff text or email a patient from the record: with consent, outside quiet hours, now or later, and once."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import requests
from sqlalchemy import select

from inbox.contact.quiet import QUIET_FOR
from inbox.incoming.inbound import record_message
from inbox.models import AuditEntry, Conversation, Delivery, DeliveryState, Patient, Role, now
from inbox.patients.book import Details, add_address, create_patient
from intake.settings import Settings
from intake.vocabulary import Channel
from staff.conversations.send_later import read_time
from tests.chat_client import ChatClient
from tests.inbox.conftest import inbound
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_conversation import words
from tests.staff.undo.test_undo import UNDO_TIME, bar, undo
from tests.told_classifier import sure_of, tell
from tests.world import DEMO_NUMBER, PATIENT, PRACTICES_TOML, SITE

RECORD = "/staff/patients/demo/1"
NUMBER = "+12025550188"
ZONE = ZoneInfo("America/New_York")


def local(hours: float) -> datetime:
    return now().astimezone(ZONE) + timedelta(hours=hours)


def quiet(begins: float, ends: float) -> str:
    """Quiet hours that begin and end so many hours from now."""
    return f'patient_quiet_hours = "{local(begins):%H:%M}-{local(ends):%H:%M}"'


LOUD = (6, 8)


def send_at_of(page: str) -> str:
    [found] = re.findall(r'name="send_at" type="datetime-local" value="([^"]*)"', page)
    return str(found)


def keep(console: Console, *addresses: str) -> None:
    with console.edit() as session:
        patient = create_patient(session, "demo", Details("Maria Rivera"))
        for address in addresses:
            add_address(session, patient, address)


def agree(browser: Browser) -> None:
    assert browser.post(f"{RECORD}/addresses/1/consent", data={"how": "by_phone"}).status_code == 303


def send(
    browser: Browser,
    send_at: str = "",
    form_id: str = "",
    address: str = "1",
    text: str = "Your forms are ready.",
    **more: str,
) -> requests.Response:
    form = {"text": text, "address": address, "send_at": send_at, **more}
    return browser.post(f"{RECORD}/messages", data=form | {"form_id": form_id or secrets.token_hex(16)})


def test_a_first_text_needs_consent_on_record_and_says_so(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()

    assert "A patient who has never texted the practice needs consent on record." in browser.get(RECORD).text
    refused = send(browser)
    assert refused.status_code == 409
    assert "No consent to texts is on record for this number." in refused.text
    assert "Your forms are ready." in refused.text
    assert console.rows(Delivery) == []

    agree(browser)
    assert send(browser).status_code == 303
    console.work()
    (sent,) = console.twilio.messages
    assert sent.to == NUMBER
    assert "Your forms are ready." in sent.body
    assert "STOP" in sent.body


def test_consent_that_came_with_a_number_in_a_chat_counts_for_it_alone(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    ChatClient(console.url, phone=NUMBER, consent="en").send("My other number is 202-555-0177", "m1")
    keep(console, NUMBER, "+12025550177")
    browser = console.sign_in()
    assert send(browser).status_code == 409  # nobody has said yet that the chat is this patient's
    assert browser.post("/staff/conversations/1/patient", data={"record": "1"}).status_code == 303

    page = words(browser.get(RECORD).text)
    assert "Agreed to texts in a chat, " in page
    assert "The patient agreed to texts in a chat" in page
    assert page.count("No consent to texts on record") == 1
    assert send(browser, address="2").status_code == 409
    assert send(browser).status_code == 303

    browser.post(f"{RECORD}/addresses/1/opt-out")
    assert "This number opted out of texts." in send(browser).text


def test_each_consent_of_a_form_counts_for_the_number_in_that_form(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    for phone, consent in ((NUMBER, {"consent": "en"}), ("+12025550177", {})):
        form = {"message": "Where can I park?", "email": "maria@example.com", "phone": phone, **consent}
        url = f"{console.url}/forms/demo"
        assert requests.post(url, json=form, headers={"Origin": SITE}, timeout=30).status_code == 202
    keep(console, NUMBER, "+12025550177", "maria@example.com")
    browser = console.sign_in()

    assert "Agreed to texts in a form, " in words(browser.get(RECORD).text)
    assert send(browser, address="2").status_code == 409
    assert send(browser).status_code == 303


def test_a_patient_who_texted_may_be_texted_and_one_who_opted_out_may_not(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    console.text("Hello")
    keep(console, PATIENT)
    browser = console.sign_in()

    assert send(browser).status_code == 303
    assert [row.conversation_id for row in console.rows(Delivery) if row.staff_id] == [1]
    console.text("STOP")
    refused = send(browser)
    assert refused.status_code == 409
    assert "This number opted out of texts." in refused.text


def test_a_message_that_began_a_conversation_and_did_not_go_out_is_in_the_inbox(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{quiet(*LOUD)}\n', 1))
    console = console_of(settings.model_copy(update={"twilio_account_sid": None}))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    assert send(browser, text="Your glasses are here.").status_code == 303
    console.work()

    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.last_message_id) == ("open", None)
    for view in ("all", "urgent", "mine"):
        assert f'id="open-{conversation.id}"' in browser.get(f"/staff/?view={view}").text, view


def test_a_form_that_is_sent_twice_sends_one_message(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)

    for _ in range(2):
        assert send(browser, form_id="0" * 32).status_code == 303
    assert len(console.rows(Delivery)) == 1


def test_in_quiet_hours_a_text_is_refused_with_the_next_time(start_console: StartConsole) -> None:
    hours, ends = quiet(-2, 3), local(3)
    console = start_console(f'{hours[:-6]}{ends:%H:%M}"')
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)

    refused = send(browser)

    assert refused.status_code == 409
    assert re.search(r"no new texts go out between \d+:\d\d [AP]M and \d+:\d\d [AP]M\.", refused.text)
    assert f'value="{ends:%Y-%m-%dT%H:%M}"' in refused.text
    assert console.rows(Delivery) == []
    assert send(browser, f"{local(4):%Y-%m-%dT%H:%M}").status_code == 303


def test_a_scheduled_message_waits_for_its_time_and_is_sent_once(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    assert send(browser, f"{local(3):%Y-%m-%dT%H:%M}").status_code == 303
    console.reconcile()
    console.work()
    assert console.twilio.messages == []
    assert "Scheduled messages" in browser.get(RECORD).text

    with console.edit() as session:
        delivery = session.get_one(Delivery, 1)
        delivery.scheduled_for = delivery.next_attempt_at = delivery.created_at = now() - timedelta(minutes=1)
    for _ in range(2):
        console.reconcile()
        console.work()

    assert len(console.twilio.messages) == 1
    assert "Scheduled messages" not in browser.get(RECORD).text


def test_a_scheduled_message_is_cancelled_until_it_is_sent(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    send(browser, f"{local(3):%Y-%m-%dT%H:%M}")
    assert browser.post(f"{RECORD}/addresses/1/remove").status_code == 409

    cancelled = browser.post(f"{RECORD}/messages/1/cancel")
    assert (cancelled.status_code, cancelled.headers["Location"]) == (303, f"{RECORD}?again=1#new-message")
    assert browser.post(f"{RECORD}/messages/1/cancel").status_code == 409

    page = browser.get(f"{RECORD}?again=1").text
    assert "The message is cancelled. Its words are in the box again." in words(page)
    assert ">Your forms are ready.</textarea>" in page
    assert send_at_of(page) == ""
    assert console.rows(Delivery)[0].state == DeliveryState.SUPPRESSED
    assert "staff cancelled it" in browser.get(RECORD).text
    done = [entry.action for entry in console.rows(AuditEntry)]
    assert {"message_scheduled", "schedule_cancelled"} <= set(done)


def test_a_scheduled_message_is_changed_with_its_words_and_its_time_in_the_form(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER, "maria@example.com")
    browser, at = console.sign_in(), f"{local(3):%Y-%m-%dT%H:%M}"
    agree(browser)
    send(browser, at)
    [edit] = re.findall(r'action="(/staff/patients/demo/1/messages/1/edit)"', browser.get(RECORD).text)

    place = browser.post(edit).headers["Location"]

    page = browser.get(place).text
    assert ">Your forms are ready.</textarea>" in page
    assert send_at_of(page) == at
    assert "The message is not scheduled while you change it." in words(page)
    assert "Scheduled messages" not in words(page)
    send(browser, at, text="Your forms are at the desk.")
    assert browser.post(edit).status_code == 409
    its_time_comes(console)
    assert [(row.state, "at the desk" in row.body) for row in console.rows(Delivery)] == [
        (DeliveryState.SUPPRESSED, False),
        (DeliveryState.SENT, True),
    ]


def test_a_scheduled_message_says_when_and_is_cancelled_in_its_conversation(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    console.text("Hello")
    console.work()
    keep(console, PATIENT)
    browser, at = console.sign_in(), local(1)
    send(browser, send_at=f"{at:%Y-%m-%dT%H:%M}")
    when = f"{at:%b} {at.day}, {at.hour % 12 or 12}:{at:%M} {at:%p}"
    assert f"The message is scheduled for {when}." in words(browser.get(RECORD).text)

    page = browser.get("/staff/conversations/1").text
    assert words(page).count(f"Scheduled for {when}") == 2  # in the row and in the thread
    [cancel] = re.findall(r'formaction="(/staff/conversations/1/scheduled/\d+/cancel)', page)
    assert browser.post(cancel).status_code == 303

    its_time_comes(console)
    assert bodies(console)[1:] == []
    assert browser.post(cancel).status_code == 409
    assert "Scheduled for" not in browser.get("/staff/conversations/1").text


def test_one_who_opts_out_meanwhile_gets_no_scheduled_text(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    send(browser, f"{local(3):%Y-%m-%dT%H:%M}")
    browser.post(f"{RECORD}/addresses/1/opt-out")
    with console.edit() as session:
        delivery = session.get_one(Delivery, 1)
        delivery.scheduled_for = delivery.next_attempt_at = delivery.created_at = now() - timedelta(minutes=1)
    console.reconcile()
    console.work()

    assert console.twilio.messages == []
    assert console.rows(Delivery)[0].state == DeliveryState.SUPPRESSED


def test_a_scheduled_text_that_comes_late_waits_for_the_end_of_quiet_hours(start_console: StartConsole) -> None:
    console = start_console(quiet(-1, 2))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    send(browser, f"{local(4):%Y-%m-%dT%H:%M}")
    with console.edit() as session:
        delivery = session.get_one(Delivery, 1)
        delivery.scheduled_for = delivery.next_attempt_at = delivery.created_at = now() - timedelta(minutes=1)
    console.reconcile()
    console.work()

    (delivery,) = console.rows(Delivery)
    assert console.twilio.messages == []
    assert (delivery.state, delivery.attempts) == (DeliveryState.PENDING, 0)
    assert delivery.next_attempt_at > now()


# ---- undone within the seconds


@pytest.fixture
def undoable(settings: Settings, console_of: Callable[[Settings], Console]) -> tuple[Console, Browser]:
    """A record with a number that agreed to texts, where what is sent can be undone for 8 seconds."""
    lines = PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{quiet(*LOUD)}\n', 1)
    settings.practices_file.write_text(lines)
    console = console_of(settings.model_copy(update={"undo_seconds": 8}))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    return console, browser


def test_a_spanish_message_that_is_undone_is_back_in_the_form_without_its_spanish_footer(
    undoable: tuple[Console, Browser],
) -> None:
    console, browser = undoable
    text = "Sus formularios ya están listos, gracias."
    send(browser, text=text)

    assert console.rows(Delivery)[0].body == f"Maple Street: {text} Responda STOP para no recibir mensajes."
    undo(browser, RECORD)
    assert f">{text}</textarea>" in browser.get(f"{RECORD}?again=1").text


def test_a_message_that_is_undone_is_not_sent_and_its_words_are_back_in_the_form(
    undoable: tuple[Console, Browser],
) -> None:
    console, browser = undoable
    send(browser)
    assert re.fullmatch(r"Sending in [78] s\. Undo u", bar(browser.get(RECORD)))

    answer = undo(browser, RECORD)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{RECORD}?again=1")
    assert ">Your forms are ready.</textarea>" in browser.get(f"{RECORD}?again=1").text
    console.let_pass(UNDO_TIME, rounds=2)
    assert console.twilio.messages == []
    assert console.rows(Conversation)[0].state == "closed"  # it began with the message
    assert "message_undone" in [entry.action for entry in console.rows(AuditEntry)]
    assert send(browser).status_code == 303
    console.let_pass(UNDO_TIME)
    assert "STOP" in console.twilio.messages[0].body


def test_what_the_patient_writes_before_the_message_is_undone_stays_in_the_inbox(
    undoable: tuple[Console, Browser],
) -> None:
    console, browser = undoable
    send(browser)
    console.text("Are my forms ready?", from_=NUMBER)
    console.work()

    undo(browser, RECORD)

    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.waiting_since is not None) == ("open", True)
    assert "Are my forms ready?" in browser.get("/staff/").text


def test_a_message_goes_out_once_its_seconds_are_over_and_can_then_not_be_undone(
    undoable: tuple[Console, Browser],
) -> None:
    console, browser = undoable
    send(browser)
    [action] = re.findall(r'action="([^"]+)" data-undo', browser.get(RECORD).text)
    console.work()
    assert console.twilio.messages == []

    console.let_pass(UNDO_TIME)

    assert len(console.twilio.messages) == 1
    assert "too late to undo this message" in browser.post(action).text


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.PENDING])
def test_a_message_that_a_worker_has_tried_to_send_is_not_undone(
    undoable: tuple[Console, Browser], state: DeliveryState
) -> None:
    console, browser = undoable
    send(browser)
    [action] = re.findall(r'action="([^"]+)" data-undo', browser.get(RECORD).text)
    with console.edit() as session:
        message = session.get_one(Delivery, 1)
        message.state, message.attempts, message.sending_at = state, 1, now()

    assert "too late to undo this message" in browser.post(action).text
    assert console.rows(Delivery)[0].state == state


def test_a_scheduled_message_is_sent_at_once_and_undoing_that_lets_it_wait_again(
    undoable: tuple[Console, Browser],
) -> None:
    console, browser = undoable
    send(browser, f"{local(3):%Y-%m-%dT%H:%M}")
    [before] = console.rows(Delivery)
    assert bar(browser.get(RECORD)) == ""

    assert browser.post(f"{RECORD}/messages/1/send-now").status_code == 303
    assert undo(browser, RECORD).headers["Location"] == RECORD
    console.let_pass(UNDO_TIME)

    [again] = console.rows(Delivery)
    assert (again.state, again.scheduled_for) == (DeliveryState.PENDING, before.scheduled_for)
    assert console.twilio.messages == []

    browser.post(f"{RECORD}/messages/1/send-now")
    console.let_pass(UNDO_TIME)
    assert len(console.twilio.messages) == 1
    assert browser.post(f"{RECORD}/messages/1/send-now").status_code == 409


def test_in_quiet_hours_a_scheduled_text_is_not_sent_at_once(start_console: StartConsole) -> None:
    console = start_console(quiet(-1, 2))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    send(browser, f"{local(4):%Y-%m-%dT%H:%M}")

    refused = browser.post(f"{RECORD}/messages/1/send-now")

    assert (refused.status_code, "It goes out at its time." in refused.text) == (409, True)
    assert "Scheduled messages" in browser.get(RECORD).text


def test_the_answer_to_a_text_that_staff_began_joins_its_conversation(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    keep(console, NUMBER)
    browser = console.sign_in()
    agree(browser)
    send(browser)
    assert "Reply by" in browser.get("/staff/conversations/1").text
    console.text("Thanks", from_=NUMBER, to=DEMO_NUMBER)

    assert len(console.rows(Conversation)) == 1
    assert "Thanks" in browser.get(RECORD).text
    assert console.rows(Patient)[0].name == "Maria Rivera"


def test_what_staff_begin_with_a_patient_under_legal_hold_is_held(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    record_message(console.database, inbound(channel=Channel.VOICEMAIL, patient_address=NUMBER))
    keep(console, NUMBER)
    browser = console.sign_in(Role.MANAGER)
    browser.post("/staff/conversations/1/hold", data={"hold": "place"})
    agree(browser)

    assert send(browser).status_code == 303

    assert [(row.channel, row.held_by) for row in console.rows(Conversation)] == [
        ("voicemail", browser.member and browser.member.id),
        ("sms", browser.member and browser.member.id),
    ]


def test_a_time_is_the_practices_own_and_in_the_next_year() -> None:
    moment = datetime(2026, 11, 29, 12, tzinfo=ZoneInfo("UTC"))

    assert read_time("2026-11-30T09:00", "America/New_York", moment) == (datetime(2026, 11, 30, 9, tzinfo=ZONE), "")
    for wrong in ("", "soon", "2026-11-29T06:59", "2028-01-01T09:00"):
        assert read_time(wrong, "America/New_York", moment)[1]


# ---- where the patient says that contact is not safe

UNSAFE = "Please don't text this number, my husband reads my phone"
WARNED = "The patient said that it is not safe to write here."


def bodies(console: Console) -> list[str]:
    return [message.body for message in console.twilio.messages if message.to == PATIENT]


def its_time_comes(console: Console) -> None:
    with console.edit() as session:
        for row in session.scalars(select(Delivery).where(Delivery.scheduled_for.is_not(None))):
            row.scheduled_for = row.next_attempt_at = now()
    console.reconcile()


@pytest.fixture
def unsafe(start_console: StartConsole) -> Console:
    """A patient whose ultrasound reminder was scheduled before they said that someone reads their phone."""
    console = start_console(quiet(*LOUD))
    console.text("I need to see someone about my pregnancy")
    console.work()
    keep(console, PATIENT)
    browser = console.sign_in()
    assert send(browser, send_at=f"{local(1):%Y-%m-%dT%H:%M}", text="Your ultrasound is tomorrow.").status_code == 303
    tell(console, {UNSAFE: sure_of("existing_patient_question")})
    console.text(UNSAFE)
    console.work()
    browser.post("/staff/conversations/1/state", data={"state": "closed", "unanswered": "close"})
    return console


def test_a_record_warns_and_writes_there_only_knowingly(unsafe: Console) -> None:
    browser = unsafe.sign_in()
    page = words(browser.get(RECORD).text)
    assert "Not safe to contact" in page
    assert "Do not text or call (202) 555-0123: the patient said it is not safe." in page

    for when in ("", f"{local(1):%Y-%m-%dT%H:%M}"):
        refused = send(browser, send_at=when, text="Your result is here.")
        assert refused.status_code == 409
        assert WARNED in refused.text
        assert "Your result is here." in refused.text
    assert browser.post(f"{RECORD}/messages/{scheduled(unsafe)}/send-now").status_code == 409
    assert not any("result" in body or "ultrasound" in body for body in bodies(unsafe))

    assert send(browser, text="Call us when you can.", despite="yes").status_code == 303
    unsafe.work()
    assert "Call us when you can." in bodies(unsafe)[-1]
    [sent] = [entry for entry in unsafe.rows(AuditEntry) if entry.action == "message_sent"]
    assert sent.detail["although_unsafe"] is True


@pytest.fixture
def seen(start_console: StartConsole) -> Console:
    """A patient with a message that was scheduled after they wrote that others see their phone."""
    console = start_console(quiet(*LOUD))
    console.text("I need to see someone about my knee")
    console.work()
    keep(console, PATIENT)
    later = f"{local(1):%Y-%m-%dT%H:%M}"
    assert send(console.sign_in(), send_at=later, text="Your visit is tomorrow.").status_code == 303
    with console.edit() as session:
        session.get_one(Conversation, 1).quiet_until = now() + QUIET_FOR
    return console


def test_a_record_asks_before_it_writes_where_someone_else_may_see_it(seen: Console) -> None:
    browser = seen.sign_in()
    page = words(browser.get(RECORD).text)
    assert "Text (202) 555-0123 (someone else may see it)" in page
    assert "Someone else may see what is sent to (202) 555-0123." in page
    assert page.count("Send it although someone else may see it there.") == 2

    refused = send(browser, text="Your result is here.")
    assert (refused.status_code, "someone else may see what is sent there" in refused.text) == (409, True)
    send_now = f"{RECORD}/messages/{scheduled(seen)}/send-now"
    assert browser.post(send_now).status_code == 409
    assert not any("result" in body or "visit is tomorrow" in body for body in bodies(seen))

    assert browser.post(send_now, data={"despite": "yes"}).status_code == 303
    seen.work()
    assert "Your visit is tomorrow." in bodies(seen)[-1]
    [sent] = [entry for entry in seen.rows(AuditEntry) if entry.action == "schedule_sent_now"]
    assert sent.detail["although_unsafe"] is True


def test_a_call_that_says_so_counts_for_the_number_and_a_safe_address_comes_first(seen: Console) -> None:
    with seen.edit() as session:
        session.get_one(Conversation, 1).channel = Channel.VOICEMAIL
        add_address(session, session.get_one(Patient, 1), "pat@patient.example")
    browser = seen.sign_in()

    [chosen] = re.findall(r'<option value="\d+" selected>([^<]*)', browser.get(RECORD).text)
    assert chosen == "Email pat@patient.example"
    assert send(browser, text="Your result is here.").status_code == 409


def test_what_will_be_held_back_says_so_beside_the_time(unsafe: Console) -> None:
    browser = unsafe.sign_in()

    for path in ("/staff/conversations/1", RECORD):
        shown = words(browser.get(path).text)
        assert re.search(r"Held back: scheduled for \w+ \d+, \d+:\d\d [AP]M, but it is not safe", shown), path


def test_a_message_goes_to_the_safe_address_unless_staff_choose_the_other(unsafe: Console) -> None:
    with unsafe.edit() as session:
        add_address(session, session.get_one(Patient, 1), "pat@patient.example")
    page = unsafe.sign_in().get(RECORD).text

    [chosen] = re.findall(r'<option value="\d+" selected>([^<]*)', page)
    assert chosen == "Email pat@patient.example"
    assert 'name="despite" value="yes" required' not in page


def test_what_was_scheduled_before_is_held_back_and_brought_to_staff(unsafe: Console) -> None:
    its_time_comes(unsafe)

    assert not any("ultrasound" in body for body in bodies(unsafe))
    held = unsafe.rows(Delivery)[-1]
    assert (held.state, held.error_code) == (DeliveryState.SUPPRESSED, "unsafe")
    [conversation] = unsafe.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "high")


def test_what_is_scheduled_knowingly_goes_out_at_its_time(unsafe: Console) -> None:
    browser = unsafe.sign_in()
    browser.post(f"{RECORD}/messages/{scheduled(unsafe)}/cancel")
    sent = send(browser, send_at=f"{local(1):%Y-%m-%dT%H:%M}", text="Call us when you can.", despite="yes")
    assert sent.status_code == 303

    its_time_comes(unsafe)

    assert "Call us when you can." in bodies(unsafe)[-1]


def scheduled(console: Console) -> int:
    return next(row.id for row in console.rows(Delivery) if row.scheduled_for is not None)


@pytest.mark.parametrize("texted_before", [True, False])
def test_staff_flag_a_chat_and_with_it_the_number_that_it_names(
    start_console: StartConsole, texted_before: bool
) -> None:
    console = start_console(quiet(*LOUD))
    if texted_before:
        console.text("Hello")
    ChatClient(console.url, phone=PATIENT).send("Do you take walk-ins?", "m1")
    console.work()
    browser = console.sign_in()
    chat = f"/staff/conversations/{2 if texted_before else 1}"

    browser.post(f"{chat}/unsafe-contact", data={"unsafe": "yes"})
    console.text("Hello again")
    keep(console, PATIENT)

    assert {row.unsafe_since is not None for row in console.rows(Conversation)} == {True}
    assert WARNED in send(browser).text
    browser.post(f"{chat}/unsafe-contact", data={"unsafe": "no"})
    assert {row.unsafe_since for row in console.rows(Conversation)} == {None}
    assert send(browser).status_code == 303


def test_a_stranger_who_names_a_number_in_a_chat_does_not_flag_it(start_console: StartConsole) -> None:
    console = start_console(quiet(*LOUD))
    console.text("Hello")
    ChatClient(console.url, phone=PATIENT).send(UNSAFE, "m1")
    console.work()

    assert [row.unsafe_since is not None for row in console.rows(Conversation)] == [False, True]
