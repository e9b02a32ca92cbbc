"""What a member does with a page that does not show the patient's newest message is no answer to that message."""

from __future__ import annotations

import re

import pytest
import requests

from inbox.models import Conversation, Delivery, Escalation, Review
from tests.staff.conftest import Browser, Console, StartConsole
from tests.staff.conversations.test_alarms import CHEST, ON_CALL, PAGE, texts_to_on_call
from tests.staff.conversations.test_conversation import box, thread, words
from tests.staff.reviews.test_review import UNSURE
from tests.told_classifier import EMERGENCY, SAME_DAY, sure_of, tell

PARKING = "Hello, do you have parking?"
OOZING = "My incision is oozing and I have a fever"
CLOSES = {"state": "closed", "unanswered": "close"}
INSURANCE = "Also, which insurance do you take?"
ANSWER = "Yes, behind the building."


@pytest.fixture
def console(start_console: StartConsole) -> Console:
    started = start_console(f'teams = {{ on_call = {{ notify = ["sms:{ON_CALL}"] }} }}')
    tell(
        started,
        {
            CHEST: EMERGENCY,
            PARKING: sure_of("billing_inquiry"),
            INSURANCE: sure_of("billing_inquiry"),
            OOZING: SAME_DAY,
        },
    )
    receive(started, PARKING)
    return started


@pytest.fixture
def dana(console: Console) -> Browser:
    return console.sign_in()


def receive(console: Console, text: str) -> None:
    console.text(text)
    console.work()


def form(page: requests.Response) -> dict[str, str]:
    """The hidden fields of the reply form, which the other forms of the page have too."""
    return dict(re.findall(r'name="(form_id|seen|newest)" value="([^"]*)"', page.text))


def problem(page: requests.Response) -> str:
    [found] = re.findall(r'<p class="problem" role="alert" id="problem">(.*?)</p>', page.text)
    return words(found)


@pytest.mark.parametrize("then", ["waiting", "closed"])
def test_a_reply_does_not_answer_an_emergency_that_came_while_it_was_written(
    console: Console, dana: Browser, then: str
) -> None:
    opened = form(dana.open_pane(PAGE))
    receive(console, CHEST)

    refused = dana.post(f"{PAGE}/reply", data=opened | {"text": ANSWER, "then": then})

    assert refused.status_code == 409
    assert problem(refused).startswith("Not sent. EMERGENCY: nobody has acknowledged it. The patient wrote again")
    assert ("patient", CHEST) in thread(refused)
    assert box(refused) == ANSWER
    assert not [delivery for delivery in console.rows(Delivery) if delivery.staff_id]
    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_at is None
    assert len(texts_to_on_call(console)) == 1

    assert dana.post(f"{PAGE}/reply", data=form(refused) | {"text": ANSWER, "then": then}).status_code == 303
    assert console.rows(Escalation)[0].acknowledged_how == "reply"


ACTIONS = {
    "no emergency": ("/no-emergency", {"level": "routine"}),
    "waiting": ("/state", {"state": "waiting", "unanswered": "close"}),
    "closing": ("/state", {"state": "closed", "unanswered": "close"}),
    "snoozing": ("/snooze", {"until": "tomorrow"}),
}


@pytest.mark.parametrize("says_so", [True, False], ids=["the form says what was shown", "only the record says it"])
@pytest.mark.parametrize("action", ACTIONS)
def test_nothing_says_that_an_unseen_emergency_is_dealt_with(
    console: Console, dana: Browser, action: str, says_so: bool
) -> None:
    path, fields = ACTIONS[action]
    if action == "no emergency":
        receive(console, CHEST)
    opened = form(dana.open_pane(PAGE))
    receive(console, CHEST)
    sent = fields | (opened if says_so else {})

    by_script = dana.post(PAGE + path, data=sent, headers={"Accept": "application/json"})
    refused = dana.post(PAGE + path, data=sent)

    assert (by_script.status_code, by_script.json()["error"]["code"]) == (409, "unseen_message")
    assert refused.status_code == 409
    assert problem(refused).startswith("Nothing was changed. EMERGENCY: nobody has acknowledged it.")
    assert int(form(refused)["newest"]) == int(opened["newest"]) + 1
    [alarm] = console.rows(Escalation)
    assert alarm.acknowledged_at is None
    assert (console.rows(Conversation)[0].state, console.rows(Conversation)[0].snoozed_until) == ("open", None)


@pytest.mark.parametrize(("path", "fields"), [("/take-over", {}), ("/assign", {"to": "me"})])
def test_whoever_takes_a_conversation_on_ends_only_the_alarm_that_their_page_showed(
    console: Console, dana: Browser, path: str, fields: dict[str, str]
) -> None:
    opened = form(dana.open_pane(PAGE))
    receive(console, CHEST)

    assert dana.post(PAGE + path, data=opened | fields).status_code == 303
    assert console.rows(Conversation)[0].assigned_to is not None
    assert console.rows(Escalation)[0].acknowledged_at is None

    assert dana.post(PAGE + path, data=form(dana.open_pane(PAGE)) | fields).status_code == 303
    assert console.rows(Escalation)[0].acknowledged_at is not None


@pytest.mark.parametrize("action", ["waiting", "closing", "snoozing"])
def test_an_ordinary_message_that_nobody_has_seen_stays_open(console: Console, dana: Browser, action: str) -> None:
    path, fields = ACTIONS[action]
    opened = form(dana.open_pane(PAGE))
    receive(console, INSURANCE)

    refused = dana.post(PAGE + path, data=opened | fields)

    assert (refused.status_code, console.rows(Conversation)[0].state) == (409, "open")
    assert problem(refused).startswith("Nothing was changed. The patient wrote again")
    assert dana.post(PAGE + path, data=form(refused) | fields).status_code == 303


def test_an_older_part_of_the_thread_counts_for_what_was_opened_before_it(console: Console, dana: Browser) -> None:
    receive(console, INSURANCE)
    dana.get(PAGE)
    older = form(dana.open_pane(f"{PAGE}?before=2"))
    assert older["newest"] == "2"
    receive(console, INSURANCE)

    assert form(dana.open_pane(f"{PAGE}?before=2"))["newest"] == "2"
    assert dana.post(f"{PAGE}/state", data=older | {"state": "closed", "unanswered": "close"}).status_code == 409


@pytest.mark.parametrize("action", [{"do": "close", "unanswered": "close"}, {"do": "snooze", "until": "tomorrow"}])
def test_the_list_closes_and_snoozes_only_what_it_showed(
    console: Console, dana: Browser, action: dict[str, str]
) -> None:
    console.text(PARKING, from_="+12025550133")
    console.work()
    chosen = re.findall(r'name="c" value="([^"]+)"', dana.get("/staff/").text)
    receive(console, INSURANCE)

    answer = dana.post("/staff/bulk", data=action | {"c": chosen})

    said = words(dana.get(answer.headers["Location"]).text)
    assert "1 conversation " in said
    assert "Not changed: (202) 555-0123 (the patient wrote again)" in said
    first, second = console.rows(Conversation)
    assert (first.state, first.snoozed_until) == ("open", None)
    assert second.state == "closed" or second.snoozed_until


def test_a_row_of_the_list_says_which_message_it_showed(console: Console, dana: Browser) -> None:
    assert re.search(r'<li id="c-1" class="[^"]+" data-newest="1"', dana.get("/staff/").text)


def test_a_label_sends_no_reply_past_what_the_patient_wrote_meanwhile(start_console: StartConsole) -> None:
    console = start_console("review_threshold = 1.0\nreview_sample = 0\nroutes = { review = { auto_reply = false } }")
    receive(console, UNSURE)
    dana = console.sign_in()
    opened = form(dana.get("/staff/review"))
    receive(console, INSURANCE)
    label = {"label": "price_shopper"}

    assert dana.post("/staff/review/1", data=opened | label).status_code == 303

    assert console.rows(Review)[0].label is None
    assert console.rows(Delivery) == []
    page = dana.get("/staff/review")
    assert "Not labeled. The patient wrote again" in words(page.text)
    assert 'data-review="1"' in page.text
    assert INSURANCE in page.text
    dana.post("/staff/review/1", data=form(page) | label)
    assert console.rows(Review)[0].label == "price_shopper"


def test_a_saved_reply_put_in_the_box_says_that_the_patient_wrote(console: Console, dana: Browser) -> None:
    opened = form(dana.open_pane(PAGE))
    receive(console, CHEST)

    page = dana.post(f"{PAGE}/reply", data=opened | {"text": ANSWER, "insert": "complaint"})

    assert problem(page).startswith("EMERGENCY")
    assert ANSWER in box(page)


# ---- what is handled only after staff have answered


def standing(console: Console) -> tuple[str, str | None]:
    [found] = console.rows(Conversation)
    return found.state, found.priority


@pytest.mark.parametrize("state", ["closed", "waiting"])
def test_one_that_nobody_had_seen_opens_the_conversation_and_waits_for_an_answer(
    console: Console, dana: Browser, state: str
) -> None:
    console.text(OOZING)
    dana.post(
        f"{PAGE}/state", data={"state": state, "unanswered": "close"}
    )  # from a list that does not say what it showed

    console.work()

    assert standing(console) == ("open", "high")
    assert console.rows(Conversation)[0].waiting_since is not None
    assert "oozing" in words(dana.get("/staff/?view=urgent").text)


def test_one_that_they_had_read_stays_answered(console: Console, dana: Browser) -> None:
    console.text(OOZING)
    dana.get(PAGE)
    dana.post(f"{PAGE}/state", data=CLOSES | {"newest": "2"})

    console.work()

    assert standing(console)[0] == "closed"


def test_an_emergency_opens_it_in_any_case(console: Console, dana: Browser) -> None:
    console.text(CHEST)
    dana.get(PAGE)
    dana.post(f"{PAGE}/state", data=CLOSES | {"newest": "2"})

    console.work()

    assert standing(console) == ("open", "urgent")
    assert console.rows(Escalation)[0].acknowledged_at is None


def test_no_form_can_say_that_it_showed_what_had_not_come_yet(console: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/state", data=CLOSES | {"newest": "99"})

    assert console.rows(Conversation)[0].answered_up_to == 1
