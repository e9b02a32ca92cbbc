"""A scheduled reply is held at its time if the patient has written since, until somebody decides; nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests

from inbox.contact.quiet import QUIET_FOR
from inbox.incoming.inbound import record_message
from inbox.models import (
    AuditEntry,
    Conversation,
    Delivery,
    DeliveryState,
    DraftKind,
    Escalation,
    MemberNotice,
    ReplyDraft,
    now,
)
from intake.settings import Settings
from intake.vocabulary import Channel, Disposition, TriageLevel
from staff.conversations.conversation_queries import MESSAGES_SHOWN
from tests.inbox.conftest import inbound
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_calls import id_of
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import ONE, row, rows
from tests.staff.conversations.test_send_later import PAGE, WORDS, at, begin, in_box, its_time_comes, said, schedule
from tests.staff.conversations.test_views import counts
from tests.staff.patients import test_messages as records
from tests.staff.patients.test_messages import RECORD, quiet
from tests.staff.undo.test_undo import UNDO_TIME, bar, undo
from tests.standins.smtp import SmtpStandIn
from tests.told_classifier import EMERGENCY, sure_of, tell
from tests.world import PATIENT, PRACTICES_TOML

LOUD = quiet(6, 8)
GONE, THANKS, CHEST = "I can't come any more, my mother died", "thanks, see you then", "I have crushing chest pain"
PRICES = "How much is a first visit without insurance?"
SINCE = "The patient wrote after this was scheduled"
WHO = "(202) 555-0123"


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    return start_console(LOUD)


@pytest.fixture
def dana(console: Console) -> Browser:
    """A member who has scheduled a reply."""
    browser = begin(console)
    nothing = {"disposition": Disposition.ACKNOWLEDGEMENT, "triage": TriageLevel.ROUTINE}
    tell(console, {PRICES: sure_of("price_shopper"), GONE: sure_of("appointment_request"), THANKS: nothing})
    assert schedule(browser, at(3)).status_code == 303
    return browser


def write(console: Console, text: str = GONE) -> None:
    console.text(text)
    console.work()


def hold(console: Console) -> None:
    """Let the patient write, and then the reply's time come."""
    write(console)
    its_time_comes(console)


def press(browser: Browser, words: str, page: requests.Response | None = None) -> requests.Response:
    """Press a button of the thread, as a page has it."""
    shown = (page or browser.get(PAGE)).text
    [(action, since)] = re.findall(rf'formaction="([^"]+)" name="since" value="(\d+)">{words}<', shown)
    [newest] = re.findall(r'<form id="acts".*?name="newest" value="(\d+)"', shown)
    return browser.post(action, data={"since": since, "newest": newest})


def replies(console: Console) -> list[Delivery]:
    return [reply for reply in console.rows(Delivery) if reply.staff_id is not None]


def actions(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry) if entry.action.startswith("schedule_")]


# ---- before its time


def test_the_thread_says_at_once_that_it_will_be_held(console: Console, dana: Browser) -> None:
    assert SINCE not in words(dana.get(PAGE).text)

    write(console)

    shown = words(dana.get(PAGE).text)
    assert f"{SINCE}, so it will be held at its time. Send as planned Edit Cancel" in shown


def test_thanks_hold_nothing(console: Console, dana: Browser) -> None:
    write(console, THANKS)

    assert SINCE not in words(dana.get(PAGE).text)
    its_time_comes(console)
    assert len(said(console)) == 1


def test_what_is_confirmed_goes_out_as_planned_and_answers_nothing_that_came_since(
    console: Console, dana: Browser
) -> None:
    write(console)

    assert press(dana, "Send as planned").status_code == 303

    assert SINCE not in words(dana.get(PAGE).text)
    its_time_comes(console)
    assert len(said(console)) == 1
    assert actions(console) == ["schedule_confirmed"]
    assert console.rows(Conversation)[0].state == "open"


def test_what_comes_after_the_confirmation_holds_it_all_the_same(console: Console, dana: Browser) -> None:
    write(console)
    page = dana.get(PAGE)
    write(console)

    refused = press(dana, "Send as planned", page)

    assert refused.status_code == 409
    assert "The patient wrote again before you pressed this." in words(refused.text)
    assert press(dana, "Send as planned").status_code == 303
    hold(console)
    assert said(console) == []


def test_a_page_from_before_its_time_confirms_nothing_after_it(console: Console, dana: Browser) -> None:
    write(console)
    page = dana.get(PAGE)
    its_time_comes(console)

    refused = press(dana, "Send as planned", page)

    assert (refused.status_code, "it is held. Look at it again" in refused.text) == (409, True)
    assert said(console) == []


def test_a_voicemail_of_the_patient_holds_it_and_the_thread_leads_there(console: Console, dana: Browser) -> None:
    record_message(console.database, inbound(GONE, channel=Channel.VOICEMAIL, patient_address=PATIENT))
    console.reconcile()

    page = dana.get(PAGE).text

    assert f"{SINCE}, so it will be held at its time. Read it Send as planned" in words(page)
    assert 'href="/staff/conversations/2">Read it</a>' in page
    its_time_comes(console)
    assert said(console) == []


# ---- at its time


def test_it_does_not_go_out_and_the_thread_asks_for_a_decision(console: Console, dana: Browser) -> None:
    hold(console)

    assert said(console) == []
    [reply] = replies(console)
    assert (reply.state, reply.attempts) == (DeliveryState.HELD, 0)
    shown = words(dana.get(PAGE).text)
    assert "Held: it was scheduled for " in shown
    assert f"{SINCE}. Send anyway Edit Cancel" in shown
    assert "Send as planned" not in shown
    assert actions(console) == ["schedule_held"]
    assert "Intake held a scheduled message, as the patient wrote since" in shown

    for _ in range(2):  # it stays until somebody decides
        console.let_pass(timedelta(days=1))
    assert said(console) == []
    assert replies(console)[0].state == DeliveryState.HELD


def test_it_stands_in_the_newest_part_of_the_thread_however_much_was_written_since(
    console: Console, dana: Browser
) -> None:
    hold(console)
    for number in range(MESSAGES_SHOWN + 1):
        record_message(console.database, inbound(f"Line {number}"))

    page = dana.get(PAGE).text

    assert "Earlier messages" in page
    assert f"{SINCE}. Send anyway Edit Cancel" in words(page)
    assert re.search(r'href="#(delivery-\d+)" id="to-held">A message is held</a>.*<li id="\1"', page, re.DOTALL)


def test_whom_it_concerns_is_called_to_the_conversation(console: Console, dana: Browser) -> None:
    bob, eve = console.sign_in(name="Bob Stone"), console.sign_in(name="Eve Hall")
    dana.post(f"{PAGE}/assign", data={"to": id_of(bob)})
    for browser in (dana, bob, eve):
        browser.get(PAGE)
    write(console)
    for browser in (dana, bob, eve):
        browser.get(PAGE)
    before = len(console.rows(MemberNotice))
    its_time_comes(console)

    called = {notice.staff_id: notice.reason for notice in console.rows(MemberNotice)[before:]}
    assert called == {id_of(dana): "held", id_of(bob): "held"}
    page = dana.get("/staff/")
    assert "Unread" in row(page, WHO)
    assert re.search(r'data-kind="held" data-id="\d+" data-conversation="1"', page.text)
    assert "data-kind" not in eve.get("/staff/").text
    dana.get(PAGE)
    assert "data-kind" not in dana.get("/staff/").text


def test_who_wants_mail_gets_some_without_a_word_of_the_patient(
    settings: Settings, console_of: Callable[[Settings], Console], mail: SmtpStandIn
) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{LOUD}\n', 1))
    console = console_of(settings.model_copy(update={"smtp_url": mail.url}))
    browser = begin(console)
    browser.post("/staff/account/notices", data={"notices": "email"})
    schedule(browser, at(3))
    hold(console)

    [sent] = mail.mails
    assert sent.message["Subject"] == "A scheduled message is held"
    assert "https://intake.example.com/staff/conversations/1\n" in sent.text
    assert not any(word in sent.raw.decode() for word in ("mother", "Dr. Lee", "5550123"))


@pytest.fixture
def mail() -> Iterator[SmtpStandIn]:
    with SmtpStandIn() as standin:
        yield standin


def test_it_comes_back_to_the_inbox_though_a_colleague_closed_the_conversation(console: Console, dana: Browser) -> None:
    write(console)
    console.sign_in(name="Bob Stone").post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    its_time_comes(console)

    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "high")
    assert "Held: patient wrote since" in row(dana.get("/staff/"), WHO)


def test_the_scheduled_view_counts_it_and_has_it_first(console: Console, dana: Browser) -> None:
    hold(console)
    console.text("Do you have parking?", from_=ONE)
    console.work()
    form = {"text": WORDS, "seen": "9", "newest": "9", "form_id": "2" * 32, "later": "", "send_at": at(3)}
    assert dana.post("/staff/conversations/2/reply", data=form).status_code == 303

    for order in ("", "&sort=waiting"):
        page = dana.get(f"/staff/?view=scheduled{order}")
        assert rows(page) == [WHO, "(202) 555-0131"]
    assert counts(page)["Scheduled"] == "2"
    assert "Held: patient wrote since" in row(page, WHO)
    assert "Scheduled for" not in row(page, WHO)

    gone = dana.post(f"{PAGE}/state?view=scheduled", data={"state": "closed", "unanswered": "close"})
    assert gone.headers["Location"].startswith("/staff/conversations/2")


def test_an_opt_out_ends_it_as_before(console: Console, dana: Browser) -> None:
    write(console, "STOP")
    its_time_comes(console)

    assert [(reply.state, reply.error_code) for reply in replies(console)] == [(DeliveryState.SUPPRESSED, "opted out")]


# ---- deciding


def test_sending_it_anyway_sends_it_once_and_answers_the_patient(console: Console, dana: Browser) -> None:
    hold(console)

    assert press(dana, "Send anyway").status_code == 303
    console.work()

    assert len(said(console)) == 1
    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("waiting", None)
    assert conversation.assigned_to == id_of(dana)
    assert actions(console) == ["schedule_held", "schedule_sent_anyway"]
    assert SINCE not in words(dana.get(PAGE).text)
    assert rows(dana.get("/staff/?view=scheduled")) == []
    console.reconcile()
    assert len(said(console)) == 1


def test_of_two_who_send_it_anyway_the_second_is_told(console: Console, dana: Browser) -> None:
    hold(console)
    page = dana.get(PAGE)

    assert [press(dana, "Send anyway", page).status_code for _ in range(2)] == [303, 409]

    console.work()
    assert len(said(console)) == 1


def test_who_has_not_read_the_newest_message_sends_nothing(console: Console, dana: Browser) -> None:
    hold(console)
    page = dana.get(PAGE)
    write(console)

    refused = press(dana, "Send anyway", page)

    assert (refused.status_code, "The patient wrote again" in refused.text) == (409, True)
    assert replies(console)[0].state == DeliveryState.HELD


def test_an_emergency_comes_first(console: Console, dana: Browser) -> None:
    tell(console, {CHEST: EMERGENCY})
    write(console, CHEST)
    refused = press(dana, "Send as planned")
    assert (refused.status_code, "Nobody has acknowledged this urgent message." in refused.text) == (409, True)
    its_time_comes(console)
    assert said(console) == []

    assert press(dana, "Send anyway").status_code == 409
    assert [alarm.acknowledged_at for alarm in console.rows(Escalation)] == [None]
    dana.post(f"{PAGE}/assign", data={"to": "me"})
    assert press(dana, "Send anyway").status_code == 303


@pytest.mark.parametrize(
    ("path", "form", "why"),
    [
        pytest.param("opt-out", {}, "The patient opted out of texts.", id="opted out"),
        pytest.param("unsafe-contact", {"unsafe": "yes"}, "it is not safe to write here", id="not safe"),
        pytest.param("", {}, "someone else may see it", id="seen by others"),
    ],
)
def test_it_is_checked_like_any_reply(
    console: Console, dana: Browser, path: str, form: dict[str, str], why: str
) -> None:
    hold(console)
    if path:
        dana.post(f"{PAGE}/{path}", data=form)
    else:
        with console.edit() as session:
            session.get_one(Conversation, 1).quiet_until = now() + QUIET_FOR

    refused = press(dana, "Send anyway")

    assert (refused.status_code, why in refused.text) == (409, True)
    assert replies(console)[0].state == DeliveryState.HELD


def test_quiet_hours_keep_it_from_being_sent_now(start_console: StartConsole) -> None:
    console = start_console(quiet(-1, 2))
    browser = begin(console)
    schedule(browser, at(4))
    hold(console)

    refused = press(browser, "Send anyway")

    assert (refused.status_code, "no new texts go out between" in refused.text) == (409, True)
    assert said(console) == []


def test_cancelling_and_editing_give_the_words_back_without_the_time_that_has_passed(
    console: Console, dana: Browser
) -> None:
    hold(console)
    [edit] = re.findall(r'formaction="([^"]+/edit)', dana.get(PAGE).text)

    page = dana.post(edit)

    assert in_box(page) == WORDS
    assert 'name="send_at" value=""' in page.text
    assert "is not scheduled while you change it" not in page.text
    assert [(reply.state, reply.error_code) for reply in replies(console)] == [(DeliveryState.SUPPRESSED, "cancelled")]
    assert rows(dana.get("/staff/?view=scheduled")) == []
    assert dana.post(edit.replace("/edit", "/cancel")).status_code == 409


def test_who_retries_after_the_carrier_was_busy_still_looks_what_came_since(console: Console, dana: Browser) -> None:
    with console.edit() as session:
        reply = session.query(Delivery).filter(Delivery.staff_id.is_not(None)).one()
        reply.attempts, reply.next_attempt_at = 2, now() - timedelta(seconds=1)
    write(console)
    console.reconcile()

    assert said(console) == []
    assert [(reply.state, reply.attempts) for reply in replies(console)] == [(DeliveryState.HELD, 0)]


# ---- undone


def test_undoing_that_it_was_sent_holds_it_again(settings: Settings, console_of: Callable[[Settings], Console]) -> None:
    settings.practices_file.write_text(PRACTICES_TOML.replace('slug = "demo"\n', f'slug = "demo"\n{LOUD}\n', 1))
    console = console_of(settings.model_copy(update={"undo_seconds": 8}))
    browser = begin(console)
    schedule(browser, at(3))
    hold(console)
    [before] = replies(console)
    press(browser, "Send anyway")
    assert re.fullmatch(r"Sending in [78] s\. Undo u", bar(browser.get(PAGE)))

    undo(browser, PAGE)
    console.let_pass(UNDO_TIME, rounds=2)

    assert said(console) == []
    [again] = replies(console)
    assert (again.state, again.scheduled_for) == (DeliveryState.HELD, before.scheduled_for)
    assert console.rows(Conversation)[0].state == "open"
    assert [draft for draft in console.rows(ReplyDraft) if draft.kind == DraftKind.REPLY] == []
    press(browser, "Send anyway")
    console.let_pass(UNDO_TIME)
    assert len(said(console)) == 1


# ---- from the patient's record


def test_a_message_from_the_record_is_held_too_and_its_conversation_decides(console: Console) -> None:
    write(console, "Hello")
    records.keep(console, PATIENT)
    browser = console.sign_in()
    records.send(browser, at(3), text=WORDS)
    write(console)

    page = browser.get(RECORD).text
    assert f"{SINCE}, so it will be held at its time. Open the conversation to decide." in words(page)
    assert "/send-now" not in page
    [reply] = replies(console)
    assert browser.post(f"{RECORD}/messages/{reply.id}/send-now").status_code == 409

    its_time_comes(console)
    assert said(console) == []
    page = browser.get(RECORD).text
    assert f"Held: {SINCE[0].lower()}{SINCE[1:]}. Open the conversation to decide." in words(page)
    assert f'href="/staff/conversations/1#delivery-{reply.id}"' in page
    assert browser.post(f"{RECORD}/messages/{reply.id}/send-now").status_code == 409
    assert press(browser, "Send anyway").status_code == 303
    console.work()
    assert len(said(console)) == 1


def test_a_held_message_is_edited_and_cancelled_on_the_record_too(console: Console) -> None:
    write(console, "Hello")
    records.keep(console, PATIENT)
    browser = console.sign_in()
    records.send(browser, at(3), text=WORDS)
    hold(console)
    [reply] = replies(console)

    place = browser.post(f"{RECORD}/messages/{reply.id}/edit").headers["Location"]

    page = browser.get(place).text
    assert f">{WORDS}</textarea>" in page
    assert records.send_at_of(page) == ""
    assert replies(console)[0].state == DeliveryState.SUPPRESSED
