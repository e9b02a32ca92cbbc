"""Staff see what Intake did not: they raise a conversation to an emergency, and take a false alarm down."""

from __future__ import annotations

import re
from html import unescape

import pytest

from inbox.models import AuditEntry, Conversation, Delivery, Escalation, Notification, Review
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, sure_of, tell

PAGE = "/staff/conversations/1"
BILL, CHEST = "Why is my bill so high?", "My chest is full of old clothes"
ON_CALL = "+12025550112"
PATIENT = "+12025550131"


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """The on-call team is texted; each message is reviewed as well."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}\nreview_sample = 1')
    tell(started, {BILL: sure_of("billing_inquiry"), CHEST: sure_of("billing_inquiry", **EMERGENCY)})
    return started


def receive(console: Console, text: str) -> Browser:
    console.text(text, from_=PATIENT)
    console.work()
    return console.sign_in(name="Dana Reyes")


def mark(browser: Browser, **form: str) -> int:
    return browser.post(f"{PAGE}/emergency", data={"sure": "yes"} | form).status_code


def lower(browser: Browser, level: str = "routine") -> int:
    return browser.post(f"{PAGE}/no-emergency", data={"level": level}).status_code


def texts_to(console: Console, number: str) -> int:
    console.work()
    return len([message for message in console.twilio.messages if message.to == number])


def test_marking_it_raises_the_alarm_and_texts_on_call_but_not_the_patient(console: Console) -> None:
    dana = receive(console, BILL)
    answered = len(console.rows(Delivery))
    assert 'id="mark-emergency"' in dana.get(PAGE).text

    assert mark(dana) == 303

    assert texts_to(console, ON_CALL) == 1
    assert len(console.rows(Delivery)) == answered
    [conversation] = console.rows(Conversation)
    assert (conversation.priority, conversation.triage, conversation.team) == ("urgent", "emergency", "on_call")
    assert (conversation.intent, conversation.state) == ("billing_inquiry", "open")
    assert [alarm.acknowledged_at for alarm in console.rows(Escalation)] == [None]
    page = dana.get(PAGE).text
    assert "Nobody has acknowledged this" in page
    assert "<bdi>Dana Reyes</bdi> marked it as an emergency" in page
    assert 'id="no-emergency"' in page
    assert 'id="mark-emergency"' not in page
    assert mark(dana) == 409


def test_it_is_marked_with_its_kind_and_the_patient_gets_the_words_that_the_box_shows(console: Console) -> None:
    dana = receive(console, BILL)
    page = unescape(dana.get(PAGE).text)
    [shown] = re.findall(r'words-of self_harm">“(.*?)”</p>', page, re.DOTALL)

    assert mark(dana, danger="self_harm", answer="yes") == 303

    console.work()
    sent = [message.body for message in console.twilio.messages if message.to == PATIENT]
    assert sent[-1] == shown
    assert "988" in shown
    [conversation] = console.rows(Conversation)
    assert (conversation.triage, conversation.danger) == ("emergency", "self_harm")
    assert "marked it as an emergency (self-harm), with the emergency reply" in dana.get(PAGE).text

    lower(dana)
    page = dana.get(PAGE).text
    assert "The patient has just got this reply, so it is not sent again." in page
    assert mark(dana, danger="self_harm", answer="yes") == 303
    assert texts_to(console, PATIENT) == len(sent)
    assert "marked it as an emergency (self-harm), without an automatic reply" in dana.get(PAGE).text


def test_to_who_opted_out_no_reply_is_offered_or_sent(console: Console) -> None:
    dana = receive(console, BILL)
    dana.post(f"{PAGE}/opt-out")
    texted = texts_to(console, PATIENT)
    assert 'id="answer"' not in dana.get(PAGE).text

    assert mark(dana, danger="ingestion", answer="yes") == 303

    assert texts_to(console, PATIENT) == texted
    assert "marked it as an emergency (something swallowed), without an automatic reply" in dana.get(PAGE).text
    assert mark(dana, danger="fire") == 400


def test_it_is_not_marked_by_a_slip(console: Console) -> None:
    dana = receive(console, BILL)

    assert mark(dana, sure="") == 400

    assert console.rows(Escalation) == []
    assert console.rows(Conversation)[0].priority == "normal"


def test_what_staff_closed_opens_again_as_an_emergency(console: Console) -> None:
    dana = receive(console, BILL)
    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    mark(dana)

    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.priority) == ("open", "urgent")
    assert conversation.waiting_since is not None


def test_a_false_alarm_ends_and_leaves_the_priority_of_the_intent_and_the_label(console: Console) -> None:
    dana = receive(console, CHEST)

    assert lower(dana) == 303

    [conversation] = console.rows(Conversation)
    assert (conversation.priority, conversation.team, conversation.triage) == ("normal", "billing", "routine")
    [alarm] = console.rows(Escalation)
    assert (alarm.acknowledged_by, alarm.acknowledged_how) == ("Dana Reyes", "false_alarm")
    assert [review.label for review in console.rows(Review)] == [None] * len(console.rows(Review))
    assert dana.member is not None
    done = [(entry.action, entry.staff_id) for entry in console.rows(AuditEntry) if entry.action != "viewed"]
    assert ("emergency_lowered", dana.member.id) in done
    assert ("acknowledged", dana.member.id) in done
    page = dana.get(PAGE).text
    assert "Acknowledged by Dana Reyes (not an emergency), " in page
    assert 'class="flag urgent">Emergency</span>\n    ' not in page.partition('class="buttons"')[0]
    assert lower(dana) == 409


def test_a_false_alarm_can_be_for_a_nurse_today_and_says_whom_it_stops_paging(console: Console) -> None:
    dana = receive(console, CHEST)
    assert "On call gets no more pages." in dana.get(PAGE).text
    assert lower(dana, "urgent") == lower(dana, "") == 400
    assert console.rows(Conversation)[0].priority == "urgent"

    assert lower(dana, "same_day") == 303

    [conversation] = console.rows(Conversation)
    assert (conversation.priority, conversation.team, conversation.triage) == ("high", "clinical", "same_day")
    assert "marked it as not an emergency: a nurse today" in dana.get(PAGE).text


def test_an_acknowledged_emergency_is_lowered_too(console: Console) -> None:
    dana = receive(console, CHEST)
    dana.post("/staff/escalations/1")

    lower(dana)

    assert console.rows(Conversation)[0].priority == "normal"
    assert console.rows(Escalation)[0].acknowledged_how == "button"


def test_what_was_lowered_by_mistake_notifies_on_call_each_time_it_is_marked(console: Console) -> None:
    dana = receive(console, CHEST)
    assert texts_to(console, ON_CALL) == 1

    for count in (2, 3):
        lower(dana)
        assert mark(dana) == 303
        assert texts_to(console, ON_CALL) == count

    assert [alarm.acknowledged_at is None for alarm in console.rows(Escalation)] == [False, False, True]
    open_alarm = console.rows(Escalation)[-1].id
    assert open_alarm in [row.escalation_id for row in console.rows(Notification)]


def is_open(console: Console) -> list[bool]:
    return [alarm.acknowledged_at is None for alarm in console.rows(Escalation)]


@pytest.mark.parametrize("ended", ["by-text", "on-the-console"])
def test_an_acknowledged_emergency_pages_on_call_anew_by_one_press(console: Console, ended: str) -> None:
    dana = receive(console, CHEST)
    console.text("ACK", from_=ON_CALL) if ended == "by-text" else dana.post("/staff/escalations/1")
    texted = texts_to(console, ON_CALL)
    assert 'id="page-anew"' in dana.get(PAGE).text

    assert dana.post(f"{PAGE}/page-again").status_code == 303

    assert texts_to(console, ON_CALL) == texted + 1
    assert is_open(console) == [False, True]
    page = dana.get(PAGE).text
    assert "Nobody has acknowledged this" in page
    assert "On call notified, " in page
    assert "Dana Reyes</bdi> raised the alarm again" in page
    assert 'id="page-anew"' not in page
    assert dana.post(f"{PAGE}/page-again").status_code == 409
    assert "less than 2 minutes ago" in dana.post("/staff/escalations/2/again").text


def test_the_link_in_an_earlier_page_leads_to_the_alarm_that_is_open(console: Console) -> None:
    dana = receive(console, CHEST)
    dana.post("/staff/escalations/1")
    dana.post(f"{PAGE}/page-again")

    assert dana.get("/staff/escalations/1").headers["Location"] == "/staff/escalations/2"
    dana.post("/staff/escalations/2")
    assert "Acknowledged by Dana Reyes" in dana.get("/staff/escalations/1").text


def test_an_alarm_that_is_raised_anew_says_as_before_that_the_patient_got_no_reply(console: Console) -> None:
    console.text("STOP", from_=PATIENT)
    dana = receive(console, CHEST)
    dana.post("/staff/escalations/1")

    dana.post(f"{PAGE}/page-again")

    texts_to(console, ON_CALL)
    paged = [message.body for message in console.twilio.messages if message.to == ON_CALL]
    assert "The patient got no reply" in paged[-1]


def test_what_was_answered_or_never_was_an_emergency_is_not_paged_anew(console: Console) -> None:
    dana = receive(console, CHEST)
    dana.post("/staff/escalations/1")
    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})

    assert dana.post(f"{PAGE}/page-again").status_code == 409

    assert is_open(console) == [False]
    assert 'id="page-anew"' not in dana.get(PAGE).text


def test_an_acknowledged_emergency_can_be_marked_again_with_another_kind(console: Console) -> None:
    dana = receive(console, CHEST)
    dana.post("/staff/escalations/1")

    assert mark(dana, danger="self_harm") == 303

    assert console.rows(Conversation)[0].danger == "self_harm"
    assert is_open(console) == [False, True]


# ---- an emergency that staff have answered


def answer(browser: Browser, then: str = "waiting") -> int:
    sent = {"text": "We are calling you now.", "form_id": "a" * 32, "seen": "0", "then": then}
    return browser.post(f"{PAGE}/reply", data=sent).status_code


def test_an_answer_in_writing_leaves_the_kind_of_danger_on_the_row_and_on_the_page(console: Console) -> None:
    dana = receive(console, BILL)
    mark(dana, danger="self_harm")

    assert answer(dana) == 303
    console.text(BILL, from_=PATIENT)
    console.work()

    assert "Emergency: self-harm" in dana.get("/staff/").text
    page = dana.get(PAGE).text
    assert '<span class="flag urgent">Emergency: self-harm</span>' in page
    [conversation] = console.rows(Conversation)
    assert (conversation.state, conversation.priority, conversation.triage) == ("open", "normal", "routine")
    assert 'id="page-anew"' not in page
    assert 'id="mark-emergency"' in page


@pytest.mark.parametrize("ends", ["closing", "answering and closing", "another level"])
def test_the_kind_of_danger_goes_once_the_conversation_is_closed_or_its_level_corrected(
    console: Console, ends: str
) -> None:
    dana = receive(console, BILL)
    mark(dana, danger="ingestion")
    answer(dana, then="closed" if ends == "answering and closing" else "waiting")
    if ends == "closing":
        assert dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"}).status_code == 303
    if ends == "another level":
        assert "Emergency: something swallowed" in dana.get(PAGE).text
        assert lower(dana) == 303

    assert [conversation.danger for conversation in console.rows(Conversation)] == [None]
    assert "Emergency: something swallowed" not in dana.get(PAGE).text
