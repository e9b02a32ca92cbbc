"""Closing what nobody answered, or letting it wait on its patient, asks first; an answered one closes at once."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from inbox.models import AuditEntry, Conversation, now
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_bulk_emergencies import add_reply
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import EMERGENCY, sure_of, tell

REQUEST, CHEST = "can i move my visit to monday", "my chest hurts so bad right now"
PAGE = "/staff/conversations/1"
CLOSE, WAIT = {"state": "closed"}, {"state": "waiting"}
ANYWAY = {"unanswered": "close"}


@pytest.fixture
def dana(console: Console) -> Browser:
    """Who has a request, and after it an older conversation."""
    tell(console, {REQUEST: sure_of("appointment_request"), CHEST: EMERGENCY})
    return console.sign_in(name="Dana Reyes")


@pytest.fixture
def request_of(console: Console, dana: Browser) -> Console:
    for number in ("+12025550171", "+12025550172"):
        console.text(REQUEST, from_=number)
    console.work()
    return console


@pytest.fixture
def emergency(console: Console, dana: Browser) -> Console:
    """One that Dana acknowledged; nobody has written or called."""
    console.text(CHEST)
    console.work()
    assert dana.post("/staff/escalations/1").ok
    return console


def press(browser: Browser, form: dict[str, str], path: str = f"{PAGE}/state") -> tuple[str, str]:
    """Presses a button, and returns where it leads and what that page asks."""
    answer = browser.post(path, data=form)
    assert answer.status_code == 303
    place = answer.headers["Location"]
    return place, question(browser.get(place).text)


def question(page: str) -> str:
    found = re.search(r'<form[^>]*id="leaving".*?</form>', page, re.DOTALL)
    return " ".join(words(found[0]).split()) if found else ""


def state(console: Console) -> str:
    return str(console.rows(Conversation)[0].state)


@pytest.mark.parametrize(
    ("form", "going"), [(CLOSE, "Close anyway"), (WAIT, "Mark as waiting anyway")], ids=["close", "wait"]
)
def test_it_asks_and_does_nothing(request_of: Console, dana: Browser, form: dict[str, str], going: str) -> None:
    place, asked = press(dana, form)

    assert place == f"{PAGE}?leaving={form['state']}"
    assert asked == f"Nobody has answered this patient. {going} Keep open"
    assert state(request_of) == "open"
    assert question(dana.get(PAGE).text) == ""


@pytest.mark.parametrize("form", [CLOSE, WAIT], ids=["close", "wait"])
def test_the_second_press_does_it_and_the_trail_says_so(
    request_of: Console, dana: Browser, form: dict[str, str]
) -> None:
    place, _ = press(dana, form | ANYWAY)

    assert state(request_of) == form["state"]
    assert place == ("/staff/conversations/2" if form == CLOSE else PAGE)
    assert f"marked it as {form['state']}, though nobody had answered the patient" in words(dana.get(PAGE).text)


def test_an_answered_one_closes_with_one_press(request_of: Console, dana: Browser) -> None:
    add_reply(request_of)

    assert press(dana, CLOSE) == ("/staff/conversations/2", "")

    assert state(request_of) == "closed"
    assert [row.detail for row in request_of.rows(AuditEntry) if row.action == "state_changed"] == [CLOSE]


def test_the_list_stays_beside_the_question(request_of: Console, dana: Browser) -> None:
    place, _ = press(dana, CLOSE, f"{PAGE}/state?sort=waiting")

    assert place == f"{PAGE}?sort=waiting&leaving=closed"
    assert f'<a class="tool" id="keep-open" href="{PAGE}?sort=waiting">Keep open</a>' in dana.get(place).text


def test_the_question_goes_once_somebody_has_answered(request_of: Console, dana: Browser) -> None:
    place, asked = press(dana, CLOSE)
    assert asked
    live = {"X-Requested-With": "live"}
    assert "leaving=closed" in dana.get(place).text  # what the page refreshes
    add_reply(request_of)

    assert question(dana.get(place, headers=live).text) == ""


def test_a_script_is_told_why_nothing_was_done(request_of: Console, dana: Browser) -> None:
    answer = dana.post(f"{PAGE}/state", data=CLOSE, headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "nobody_answered")
    assert answer.json()["error"]["message"].startswith("Nobody has answered this patient.")
    assert state(request_of) == "open"


def test_who_was_writing_stays_in_the_conversation(request_of: Console, dana: Browser) -> None:
    place, _ = press(dana, CLOSE | {"stay": "yes"})
    assert place == f"{PAGE}?leaving=closed&stay=yes"
    assert '<input type="hidden" name="stay" value="yes">' in dana.get(place).text

    place, _ = press(dana, CLOSE | ANYWAY | {"stay": "yes"})

    assert (place, state(request_of)) == (PAGE, "closed")


def test_reopening_asks_nothing_and_neither_does_waiting_of_a_closed_one(request_of: Console, dana: Browser) -> None:
    press(dana, CLOSE | ANYWAY)

    assert press(dana, WAIT) == (PAGE, "")
    assert press(dana, {"state": "open"}) == (PAGE, "")


def test_one_that_waits_unanswered_is_asked_about_before_it_closes(request_of: Console, dana: Browser) -> None:
    press(dana, WAIT | ANYWAY)

    assert press(dana, CLOSE)[1].startswith("Nobody has answered this patient.")


def test_an_emergency_without_a_word_from_staff_asks_more_plainly(emergency: Console, dana: Browser) -> None:
    place, asked = press(dana, CLOSE)

    assert asked == (
        "This emergency had no word from staff."
        " I called: Reached Left a message No answer Close without a word Keep open"
    )
    assert state(emergency) == "open"
    assert 'class="urgent"' in dana.get(place).text

    press(dana, CLOSE | ANYWAY)
    assert state(emergency) == "closed"


def test_after_a_call_that_reached_the_patient_it_closes_with_one_press(emergency: Console, dana: Browser) -> None:
    press(dana, {"outcome": "reached"}, f"{PAGE}/called")

    assert press(dana, CLOSE)[1] == ""

    assert state(emergency) == "closed"


def test_after_a_call_that_nobody_answered_it_asks_as_before(emergency: Console, dana: Browser) -> None:
    press(dana, {"outcome": "no_answer"}, f"{PAGE}/called")

    assert press(dana, CLOSE)[1].startswith("This emergency had no word from staff.")


# ---- a snooze


@pytest.mark.parametrize("wanted", ["tomorrow", "a time"])
def test_an_emergency_without_a_word_is_snoozed_by_a_second_press(
    emergency: Console, dana: Browser, wanted: str
) -> None:
    until = f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M}" if wanted == "a time" else wanted
    place, asked = press(dana, {"until": until}, f"{PAGE}/snooze")

    assert place == f"{PAGE}?{urlencode({'leaving': 'snoozed', 'until': until})}"
    assert asked.startswith("This emergency had no word from staff.")
    assert asked.endswith("Snooze without a word Keep open")
    assert emergency.rows(Conversation)[0].snoozed_until is None
    [again] = re.findall(r'<form method="post" action="([^"]+)" id="leaving"', dana.get(place).text)
    assert f'<input type="hidden" name="until" value="{until}">' in dana.get(place).text

    press(dana, {"until": until} | ANYWAY, again)

    assert emergency.rows(Conversation)[0].snoozed_until is not None
    assert "snoozed it, though nobody had answered the patient" in words(dana.get(PAGE).text)


def test_any_other_is_snoozed_at_once_as_it_comes_back(request_of: Console, dana: Browser) -> None:
    press(dana, {"until": "tomorrow"}, f"{PAGE}/snooze")

    assert request_of.rows(Conversation)[0].snoozed_until is not None
    assert "snoozed it" in words(dana.get(PAGE).text)
    assert "nobody had answered" not in words(dana.get(PAGE).text)


# ---- an emergency that nobody has acknowledged


ALARM = "/staff/escalations/1"


@pytest.fixture
def alarm(console: Console, dana: Browser) -> Console:
    """One that nobody has acknowledged."""
    console.text(CHEST)
    console.work()
    return console


def actions(console: Console) -> list[str]:
    return [row.action for row in console.rows(AuditEntry) if row.action in ("acknowledged", "state_changed")]


def test_one_press_acknowledges_it_and_asks_before_it_closes(alarm: Console, dana: Browser) -> None:
    page = dana.get(PAGE).text
    assert 'id="close"' not in page
    assert "I’ll handle it and close" in page

    place, asked = press(dana, {"newest": "1"} | CLOSE, f"{ALARM}/close")

    assert place == f"{PAGE}?leaving=closed"
    assert asked.startswith("This emergency had no word from staff.")
    assert (actions(alarm), state(alarm)) == (["acknowledged"], "open")
    press(dana, CLOSE | ANYWAY)
    assert (actions(alarm), state(alarm)) == (["acknowledged", "state_changed"], "closed")


def test_after_a_call_that_reached_the_patient_it_does_both(alarm: Console, dana: Browser) -> None:
    dana.post(f"{PAGE}/called", data={"outcome": "reached"})

    press(dana, {"newest": "1"} | CLOSE, f"{ALARM}/close")

    assert (actions(alarm), state(alarm)) == (["acknowledged", "state_changed"], "closed")


def test_it_does_neither_if_the_patient_wrote_since_or_a_colleague_was_first(alarm: Console, dana: Browser) -> None:
    alarm.text("and now my arm", from_=alarm.rows(Conversation)[0].patient_address or "")
    alarm.work()
    assert dana.post(f"{ALARM}/close", data={"newest": "1"} | CLOSE).status_code == 409
    assert actions(alarm) == []
    alarm.sign_in(name="Jamie Cole").post(ALARM)

    answer = dana.post(f"{ALARM}/close", data={"newest": "2"} | CLOSE)

    assert answer.headers["Location"] == ALARM
    assert "Jamie Cole" in dana.get(ALARM).text
    assert (actions(alarm), state(alarm)) == (["acknowledged"], "open")
