"""For 8 seconds, a member can undo a reply, a closing, a snooze, or a label of their own: nobody hears of it before."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from html import unescape

import pytest
import requests
from sqlalchemy import select

from inbox.conversations.reviews import UNDO_WITHIN
from inbox.conversations.undo import plan_return, standing_of
from inbox.models import (
    AuditEntry,
    Conversation,
    ConversationState,
    Delivery,
    DeliveryState,
    Escalation,
    Note,
    Notification,
    NotificationState,
    ReplyDraft,
    Review,
    SearchCode,
    Undo,
    now,
)
from intake.settings import Settings
from staff.display import day_and_clock
from tasks.delivery.batch import deliver
from tests.chat_client import ChatClient
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, sure_of, tell

PRICES = "How much is a first visit without insurance?"
CHEST = "I have crushing chest pain"
UNSURE = "The thing from last week, is it okay like that?"
WORDS = "We can see you on Tuesday."
ONE, TWO = "+12025550131", "+12025550132"
ON_CALL = "+12025550112"
PAGE = "/staff/conversations/1"
UNDO_TIME = timedelta(seconds=8)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, but for the seconds in which something can be undone."""
    return settings.model_copy(update={"undo_seconds": 8})


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    """A practice with a text that nobody has answered; its on-call phone is texted in emergencies."""
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(started, {PRICES: sure_of("price_shopper"), CHEST: EMERGENCY})
    started.text(PRICES, from_=ONE)
    started.work()
    return started


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in(name="Dana Reyes")


def send(browser: Browser, words: str = WORDS, then: str = "waiting", number: int = 1) -> requests.Response:
    form = {"text": words, "form_id": f"{number:032x}", "seen": "0", "then": then}
    answer = browser.post(f"/staff/conversations/{number}/reply", data=form)
    assert answer.status_code == 303, answer.text
    return answer


def bar(page: requests.Response) -> str:
    """What the bar says, empty if there is none."""
    [found] = re.findall(r'<div class="undo-bar".*?</div>', page.text, re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", found)).split())


def undo(browser: Browser, path: str = PAGE) -> requests.Response:
    """Presses the button of the bar, as a browser without scripts does."""
    [action] = re.findall(r'<form method="post" action="([^"]+)" data-undo', browser.get(path).text)
    return browser.post(unescape(action))


def texts_to(console: Console, number: str) -> list[str]:
    return [message.body for message in console.twilio.messages if message.to == number]


def conversation(console: Console, number: int = 1) -> Conversation:
    with console.database.read() as session:
        return session.get_one(Conversation, number)


def actions(console: Console) -> list[str]:
    return [entry.action for entry in console.rows(AuditEntry) if entry.subject.startswith("conversation")]


# ---- a reply


def test_a_reply_goes_out_once_its_seconds_are_over_though_the_tab_is_closed_and_the_queue_lost(
    console: Console, dana: Browser
) -> None:
    send(dana)
    console.redis.flushall()
    console.reconcile()
    assert texts_to(console, ONE)[1:] == []

    console.let_pass(UNDO_TIME)

    assert texts_to(console, ONE)[1:] == [WORDS]


def test_the_queue_itself_releases_a_reply_when_its_time_has_come(console: Console, dana: Browser) -> None:
    send(dana)
    queue, [reply] = console.context.queue, console.rows(Delivery)[1:]
    assert queue.release_due(reply.next_attempt_at - timedelta(milliseconds=1)) == 0
    assert queue.waiting() == frozenset()

    assert queue.release_due(reply.next_attempt_at) == 1

    assert queue.waiting() == {("deliver", reply.id)}
    assert queue.release_due(reply.next_attempt_at) == 0


def test_an_undone_reply_is_never_sent_and_its_words_are_back_in_the_box(console: Console, dana: Browser) -> None:
    before = standing_of(conversation(console))
    send(dana, then="closed")
    assert conversation(console).state == ConversationState.CLOSED

    answer = undo(dana, "/staff/")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}#newest")
    assert f">{WORDS}</textarea>" in dana.get(PAGE).text
    assert standing_of(conversation(console)) == before
    console.let_pass(UNDO_TIME, rounds=2)
    assert texts_to(console, ONE)[1:] == []
    with console.database.read() as session:
        assert session.scalars(select(SearchCode.source).where(SearchCode.source < 0)).all() == []
    assert [action for action in actions(console) if action != "viewed"] == ["replied", "reply_undone"]
    assert "undid the reply before it was sent" in dana.get(PAGE).text


def test_the_words_of_a_first_text_come_back_as_they_were_typed(console: Console, dana: Browser) -> None:
    with console.edit() as session:
        session.delete(session.get_one(Delivery, 1))
    send(dana)
    assert "STOP" in console.rows(Delivery)[0].body

    undo(dana)

    assert [draft.text for draft in console.rows(ReplyDraft)] == [WORDS]


def test_what_was_typed_meanwhile_stays_below_the_words(console: Console, dana: Browser) -> None:
    send(dana)
    dana.post(f"{PAGE}/draft", data={"text": "And bring your card", "mark": ""})

    undo(dana)

    assert [draft.text for draft in console.rows(ReplyDraft)] == [f"{WORDS}\n\nAnd bring your card"]


def test_a_reply_that_is_on_its_way_is_not_undone_and_the_answer_says_so(console: Console, dana: Browser) -> None:
    send(dana)
    page = dana.get(PAGE)
    console.let_pass(UNDO_TIME)
    [action] = re.findall(r'action="([^"]+)" data-undo', page.text)

    answer = dana.post(action)

    assert answer.status_code == 409
    assert "It is too late to undo this reply: it is on its way." in answer.text
    assert conversation(console).state == ConversationState.WAITING
    assert texts_to(console, ONE)[1:] == [WORDS]
    assert "reply_undone" not in actions(console)


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.PENDING])
def test_a_reply_that_a_worker_has_tried_to_send_is_not_undone(
    console: Console, dana: Browser, state: DeliveryState
) -> None:
    """Whether or not the carrier answered, the patient may have it."""
    send(dana)
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)
    with console.edit() as session:
        reply = session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert reply is not None
        reply.state, reply.attempts, reply.sending_at = state, 1, now()

    assert dana.post(action).status_code == 409
    assert console.rows(Delivery)[-1].state == state


def test_a_reply_is_undone_once_and_can_then_be_sent_again(console: Console, dana: Browser) -> None:
    send(dana)
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)
    assert dana.post(action).status_code == 303

    assert dana.post(action).status_code == 409
    send(dana, "We can see you on Wednesday.")
    console.let_pass(UNDO_TIME)

    assert texts_to(console, ONE)[1:] == ["We can see you on Wednesday."]


def test_of_a_worker_and_a_member_at_the_same_moment_one_wins(console: Console, dana: Browser) -> None:
    send(dana)
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)
    reply = console.rows(Delivery)[-1].id
    with console.edit() as session:
        session.get_one(Delivery, reply).next_attempt_at = now()
    with ThreadPoolExecutor(2) as threads:
        sent, undone = threads.submit(deliver, console.context, [reply]), threads.submit(dana.post, action)

    assert sent.result() == {}
    outcome = undone.result().status_code, texts_to(console, ONE)[1:]
    assert outcome in [(303, []), (409, [WORDS])]
    assert ("reply_undone" in actions(console)) is (outcome[0] == 303)


def test_a_chat_shows_a_reply_once_it_can_no_longer_be_undone(console: Console, dana: Browser) -> None:
    chat = ChatClient(console.url)
    chat.send(PRICES, "first")
    console.work()
    said = chat.texts()
    send(dana, "A slip", number=2)
    undo(dana)
    send(dana, WORDS, number=2)
    assert chat.texts() == said
    thread = re.findall(r'<li id="(message|delivery)-', dana.get("/staff/conversations/2").text)
    assert thread == ["message", "delivery", "delivery"]
    assert re.search(r'class="entry staff', dana.get("/staff/conversations/2").text.rpartition('<li id="delivery-')[2])

    console.let_pass(UNDO_TIME)

    assert chat.texts() == [*said, ("staff", WORDS)]
    chat.read(after=chat.read()["messages"][-1]["id"])
    assert console.rows(Delivery)[-1].state == DeliveryState.DELIVERED


# ---- a closing


def test_undoing_a_reply_restores_the_state_and_the_alarm_with_its_unsent_notice(console: Console) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    with console.edit() as session:  # as if the on-call phone had not been texted yet
        for notice in session.query(Notification).where(Notification.target != "console"):
            notice.state, notice.attempts = NotificationState.PENDING, 0
    texted = len(texts_to(console, ON_CALL))
    dana, before = console.sign_in(), standing_of(conversation(console, 2))
    send(dana, number=2)
    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_how == "reply"

    undo(dana)
    console.work()

    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_at is None
    assert standing_of(conversation(console, 2)) == before
    assert len(texts_to(console, ON_CALL)) == texted + 1
    assert actions(console)[-1] == "reply_undone"


def test_undoing_that_it_is_no_emergency_goes_on_paging_as_before(console: Console) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    with console.edit() as session:  # as if the on-call phone had not been texted yet
        for notice in session.query(Notification).where(Notification.target != "console"):
            notice.state, notice.attempts = NotificationState.PENDING, 0
    texted, before = len(texts_to(console, ON_CALL)), standing_of(conversation(console, 2))
    path = "/staff/conversations/2"
    dana = console.sign_in(name="Dana Reyes")
    dana.post(f"{path}/no-emergency", data={"level": "routine"})
    assert "Ordinary, not an emergency: (202) 555-0132." in bar(dana.get(path))
    assert [row.state for row in console.rows(Notification) if row.target != "console"] == [NotificationState.DROPPED]

    undo(dana, path)

    assert standing_of(conversation(console, 2)) == before
    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_at is None
    console.work()
    assert len(texts_to(console, ON_CALL)) == texted + 1
    assert "undid that it is not an emergency" in dana.get(path).text


ACKNOWLEDGED = {
    "assigned": "/staff/conversations/2/assign",
    "taken-over": "/staff/conversations/2/take-over",
    "handled": "/staff/escalations/1",
}


@pytest.mark.parametrize("path", ACKNOWLEDGED.values(), ids=ACKNOWLEDGED)
def test_an_alarm_that_a_slip_ended_is_open_again_and_pages_on(console: Console, path: str) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    with console.edit() as session:  # as if the on-call phone had not been texted yet
        for notice in session.query(Notification).where(Notification.target != "console"):
            notice.state, notice.attempts = NotificationState.PENDING, 0
    texted, before = len(texts_to(console, ON_CALL)), standing_of(conversation(console, 2))
    dana, page = console.sign_in(name="Dana Reyes"), "/staff/conversations/2"
    assert dana.post(path, data={"to": "me"}).status_code == 303
    assert bar(dana.get(page)) == "Emergency acknowledged: (202) 555-0132. Undo u"

    undo(dana, page)

    [alarm] = console.rows(Escalation)
    assert (alarm.acknowledged_at, alarm.acknowledged_by, alarm.acknowledged_how) == (None, None, None)
    assert standing_of(conversation(console, 2)) == before
    assert "Dana Reyes</bdi> undid that the emergency is acknowledged" in dana.get(page).text
    console.work()
    assert len(texts_to(console, ON_CALL)) == texted + 1


def test_a_page_that_was_being_tried_when_a_slip_ended_the_alarm_goes_out_after_all(console: Console) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    dana, page = console.sign_in(name="Dana Reyes"), "/staff/conversations/2"
    with console.edit() as session:
        notice = session.scalars(select(Notification).where(Notification.target != "console")).one()
        notice.state = NotificationState.SENDING
    texted = len(texts_to(console, ON_CALL))
    dana.post(f"{page}/assign", data={"to": "me"})
    with console.edit() as session:  # as the carrier was busy, and its next try found the alarm ended
        session.get_one(Notification, notice.id).state = NotificationState.DROPPED

    undo(dana, page)

    console.work()
    assert len(texts_to(console, ON_CALL)) == texted + 1


def test_who_has_no_alarm_to_end_is_offered_no_undo(console: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/assign", data={"to": "me"})

    assert bar(dana.get(PAGE)) == ""


def test_an_emergency_that_waits_on_the_patient_by_a_slip_is_one_again(console: Console) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    dana, page = console.sign_in(name="Dana Reyes"), "/staff/conversations/2"
    dana.post("/staff/escalations/1")
    before = standing_of(conversation(console, 2))
    dana.post(f"{page}/state", data={"state": "waiting", "unanswered": "close"})
    assert bar(dana.get(page)) == "Waiting on patient: (202) 555-0132. Undo u"

    undo(dana, page)

    assert standing_of(conversation(console, 2)) == before
    assert actions(console)[-1] == "waiting_undone"


def test_conversations_closed_together_are_reopened_together(console: Console, dana: Browser) -> None:
    console.text(PRICES, from_=TWO)
    console.work()
    dana.post("/staff/bulk", data={"do": "close", "c": ["1", "2"], "unanswered": "close"})
    assert bar(dana.get("/staff/")).startswith("2 conversations closed: (202) 555-0131, (202) 555-0132.")

    assert undo(dana, "/staff/").headers["Location"] == "/staff/"

    assert {row.state for row in console.rows(Conversation)} == {ConversationState.OPEN}


def test_a_closing_is_undone_for_a_minute_where_no_script_hides_the_bar(console: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})
    assert bar(dana.get(PAGE)) == "Closed: (202) 555-0131. Undo u"
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(PAGE).text)
    with console.edit() as session:
        session.get_one(Undo, 1).created_at -= UNDO_WITHIN

    answer = dana.post(action)

    assert (answer.status_code, "too late" in answer.text) == (409, True)
    assert conversation(console).state == ConversationState.CLOSED


def test_undoing_one_closing_leads_back_to_wherever_the_bar_was_pressed(console: Console, dana: Browser) -> None:
    for place, following in (("/staff/", "/staff/?view=mine"), (PAGE, f"{PAGE}?view=mine")):
        dana.post(f"{PAGE}/state", data={"state": "closed", "unanswered": "close"})
        page = dana.get(f"{place}?view=mine").text
        [(action, fields)] = re.findall(r'action="([^"]+)" data-undo(.*?)</form>', page, re.DOTALL)
        form = dict(re.findall(r'name="(then)" value="(\w+)"', fields))

        assert dana.post(unescape(action), data=form).headers["Location"] == following
        assert conversation(console).state == ConversationState.OPEN


# ---- a snooze


def snooze(browser: Browser, until: str = "tomorrow", path: str = PAGE) -> None:
    assert browser.post(f"{path}/snooze", data={"until": until}).status_code == 303


def test_a_snooze_says_until_when_and_is_undone(console: Console, dana: Browser) -> None:
    before = standing_of(conversation(console))
    snooze(dana)
    until = conversation(console).snoozed_until
    assert until is not None
    page = dana.get("/staff/")
    assert bar(page) == f"Snoozed until {day_and_clock(until, 'America/New_York')}: (202) 555-0131. Undo u"
    assert "Snoozed the previous conversation" not in page.text  # the bar says it

    undo(dana)

    assert standing_of(conversation(console)) == before
    assert "snooze_undone" in actions(console)
    assert bar(dana.get(PAGE)) == ""


def test_an_ended_or_changed_snooze_is_put_back_as_it_was(console: Console, dana: Browser) -> None:
    snooze(dana, "monday")
    before = standing_of(conversation(console))
    for wanted, words in (("now", "Snooze ended: (202) 555-0131."), ("later", "Snoozed until")):
        snooze(dana, wanted)
        assert bar(dana.get(PAGE)).startswith(words)
        undo(dana)
        assert standing_of(conversation(console)) == before


def test_a_snooze_that_the_patients_message_ended_stays_ended(console: Console, dana: Browser) -> None:
    snooze(dana)
    console.text(PRICES, from_=ONE)
    console.work()
    undo(dana)

    found = conversation(console)
    assert (found.snoozed_until, found.listed_at) == (None, found.last_activity_at)


def test_conversations_snoozed_together_are_back_together(console: Console, dana: Browser) -> None:
    console.text(PRICES, from_=TWO)
    console.work()
    dana.post("/staff/bulk", data={"do": "snooze", "c": ["1", "2"], "until": "tomorrow"})
    assert bar(dana.get("/staff/")) == "2 conversations snoozed: (202) 555-0131, (202) 555-0132. Undo u"
    undo(dana, "/staff/")

    assert [found.snoozed_until for found in console.rows(Conversation)] == [None, None]


# ---- a label


def test_an_undone_label_notifies_nobody_and_restores_the_priority(start_console: StartConsole) -> None:
    console = start_console(
        f'review_threshold = 1.0\nreview_sample = 0\nteams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}'
    )
    console.text(UNSURE, from_=ONE)
    console.work()
    before = standing_of(conversation(console))
    texted = len(console.twilio.messages)
    dana = console.sign_in()
    dana.post("/staff/review/1", data={"label": "urgent"})
    console.work()
    console.reconcile()
    assert conversation(console).priority == "urgent"

    assert undo(dana, "/staff/review").headers["Location"] == "/staff/review"

    console.let_pass(UNDO_TIME, rounds=2)
    assert len(console.twilio.messages) == texted
    assert (console.rows(Escalation), console.rows(Review)[0].label) == ([], None)
    assert standing_of(conversation(console)) == before
    assert [action for action in actions(console) if action != "viewed"] == ["reviewed", "review_undone"]

    dana.post("/staff/review/1", data={"label": "urgent"})
    console.let_pass(UNDO_TIME)
    assert len(texts_to(console, ON_CALL)) == 1
    assert len(console.twilio.messages) == texted + 2


def test_a_label_undone_beside_its_conversation_leads_back_there(start_console: StartConsole) -> None:
    console = start_console("review_threshold = 1.0\nreview_sample = 0")
    console.text(UNSURE, from_=ONE)
    console.work()
    dana = console.sign_in()
    dana.post("/staff/review/1?then=conversation&view=mine", data={"label": "complaint"})
    [action] = re.findall(r'action="([^"]+)" data-undo', dana.get(f"{PAGE}?view=mine").text)

    answer = dana.post(unescape(action), headers={"X-Requested-With": "pane"})

    assert answer.headers["Location"] == f"{PAGE}?view=mine"
    assert console.rows(Review)[0].label is None
    assert "To review" in dana.get(PAGE).text


# ---- the bar


def test_the_bar_is_for_who_did_it_alone(console: Console, dana: Browser) -> None:
    colleague = console.sign_in(name="Bob Stone")
    send(dana)

    assert re.fullmatch(r"Sending in [78] s\. Undo u", bar(dana.get(PAGE)))
    assert bar(colleague.get(PAGE)) == ""
    assert colleague.post("/staff/undo/1").status_code == 404


def test_where_it_is_turned_off_a_reply_leaves_at_once_and_nothing_is_offered(
    settings: Settings, console_of: Callable[[Settings], Console]
) -> None:
    console = console_of(settings.model_copy(update={"undo_seconds": 0}))
    console.text(PRICES, from_=ONE)
    console.work()
    dana = console.sign_in()
    send(dana)
    console.work()

    assert texts_to(console, ONE)[1:] == [WORDS]
    assert (bar(dana.get(PAGE)), console.rows(Undo)) == ("", [])


# ---- what is put back

STOOD = {
    **{"state": "open", "assigned_to": None, "intent": "complaint", "last_message_id": 1},
    **{"team": "manager", "priority": "high", "triage": "same_day", "danger": None},
    **{"waiting_since": "2026-11-30T09:00:00+00:00", "snoozed_until": None, "staff_took_over_at": None},
    **{"last_activity_at": "2026-11-30T09:00:00+00:00", "listed_at": "2026-11-30T09:00:00+00:00"},
}
CLOSED = STOOD | {"state": "closed", "priority": None, "triage": None, "waiting_since": None}


def test_all_of_it_is_put_back_if_nothing_happened_since() -> None:
    assert CLOSED | plan_return(STOOD, CLOSED, CLOSED) == STOOD


def test_after_a_new_message_nobody_is_less_urgent_or_waits_for_a_shorter_time() -> None:
    news = {"state": "open", "last_message_id": 2, "waiting_since": "2026-11-30T09:05:00+00:00"}
    found = CLOSED | news | {"team": "on_call", "priority": "urgent", "triage": None}

    back = plan_return(STOOD, CLOSED, found)

    assert back == {"triage": "same_day", "waiting_since": STOOD["waiting_since"]}


def test_after_a_colleagues_answer_nobody_is_urgent_again() -> None:
    answered = CLOSED | {"state": "waiting", "assigned_to": 7}

    assert plan_return(STOOD, CLOSED, answered) == {}


def test_the_clock_of_a_standing_is_read_back_as_it_was(console: Console) -> None:
    moment = now()
    with console.edit() as session:
        session.get_one(Conversation, 1).waiting_since = moment

    assert datetime.fromisoformat(standing_of(conversation(console))["waiting_since"]) == moment


# ---- the note of a call


@pytest.mark.parametrize("outcome", ["reached", "no_answer"])
def test_noting_a_call_can_be_undone(console: Console, dana: Browser, outcome: str) -> None:
    before = standing_of(conversation(console))
    dana.post(f"{PAGE}/called", data={"outcome": outcome})
    assert bar(dana.get(PAGE)) == "Call noted: (202) 555-0131. Undo u"

    assert undo(dana).headers["Location"] == PAGE

    assert standing_of(conversation(console)) == before
    assert console.rows(Note) == []
    assert "undid the note of a call" in dana.get(PAGE).text


def test_an_undone_call_was_no_word_to_the_patient_and_another_one_is(console: Console, dana: Browser) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    dana.post("/staff/escalations/1")
    close = {"state": "closed", "newest": "2"}
    for number, asked in ((1, "Nobody has answered"), (2, "no word from staff")):
        path = f"/staff/conversations/{number}"
        dana.post(f"{path}/called", data={"outcome": "reached"})
        undo(dana, path)
        dana.post(f"{path}/called", data={"outcome": "no_answer"})
        undo(dana, path)
        assert asked in dana.get(dana.post(f"{path}/state", data=close).headers["Location"]).text
        assert conversation(console, number).state == ConversationState.OPEN

        dana.post(f"{path}/called", data={"outcome": "left_message"})
        undo(dana, path)
        dana.post(f"{path}/called", data={"outcome": "reached"})
        dana.post(f"{path}/state", data=close)
        assert conversation(console, number).state == ConversationState.CLOSED


def test_an_undone_message_on_the_phone_takes_no_other_call_back(console: Console, dana: Browser) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    dana.post("/staff/escalations/1")
    path = "/staff/conversations/2"
    dana.post(f"{path}/called", data={"outcome": "reached"})
    dana.post(f"{path}/called", data={"outcome": "left_message"})
    undo(dana, path)

    dana.post(f"{path}/state", data={"state": "closed", "newest": "2"})

    assert conversation(console, 2).state == ConversationState.CLOSED


def test_undoing_a_call_leaves_an_alarm_that_a_colleague_ended_meanwhile(console: Console, dana: Browser) -> None:
    console.text(CHEST, from_=TWO)
    console.work()
    path = "/staff/conversations/2"
    dana.post(f"{path}/called", data={"outcome": "reached"})
    console.sign_in(name="Jamie Cole").post("/staff/escalations/1")

    undo(dana, path)

    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_by == "Jamie Cole"
