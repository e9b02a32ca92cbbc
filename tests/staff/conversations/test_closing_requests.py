"""Closing several conversations asks first about the requests among them that nobody answered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from inbox.models import AuditEntry, Conversation, DeliveryState, now
from intake.vocabulary import Disposition, TriageLevel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_bulk_emergencies import add_reply
from tests.staff.conversations.test_conversation import words
from tests.told_classifier import EMERGENCY, sure_of, tell

REQUEST, THANKS, CHEST = "oh wait, can it be 9:30 instead", "thanks", "my chest hurts so bad right now"
ROSA, PAUL, ANN = "+12025550171", "+12025550172", "+12025550173"
ROSA_SHOWN, PAUL_SHOWN = "(202) 555-0171", "(202) 555-0172"


@pytest.fixture
def dana(console: Console) -> Browser:
    nothing = {"disposition": Disposition.ACKNOWLEDGEMENT, "triage": TriageLevel.ROUTINE}
    tell(console, {REQUEST: sure_of("appointment_request"), THANKS: nothing, CHEST: EMERGENCY})
    return console.sign_in(name="Dana Reyes")


@pytest.fixture
def three(console: Console, dana: Browser) -> Console:
    """A request of Rosa's and one of Paul's, and thanks of Ann's."""
    write(console, ROSA)
    write(console, PAUL)
    write(console, ANN, THANKS)
    return console


def write(console: Console, who: str, text: str = REQUEST) -> None:
    console.text(text, from_=who)
    console.work()


def answer(browser: Browser, conversation: int, newest: int) -> None:
    form = {"text": "9:30 works.", "seen": newest, "newest": newest, "form_id": f"{conversation}" * 32}
    assert browser.post(f"/staff/conversations/{conversation}/reply", data=form).status_code == 303


def press(browser: Browser, *chosen: str, **fields: str) -> str:
    answer = browser.post("/staff/bulk", data={"do": "close", "c": list(chosen)} | fields)
    return browser.get(answer.headers["Location"]).text


def question(page: str) -> str:
    found = re.search(r'<form[^>]*id="asked".*?</form>', page, re.DOTALL)
    return " ".join(re.sub(r" (?=[,.])", "", words(found[0])).split()) if found else ""


def states(console: Console) -> list[str]:
    return [str(found.state) for found in console.rows(Conversation)]


def test_it_says_how_many_nobody_answered_and_closes_none(three: Console, dana: Browser) -> None:
    page = press(dana, "1:1", "2:2", "3:3")

    assert states(three) == ["open"] * 3
    assert f"2 of 3 were never answered: {ROSA_SHOWN}, {PAUL_SHOWN}." in question(page)
    assert '<a href="/staff/conversations/1" dir="auto">' in page
    assert "Close the answered one Close all 3 Cancel" in question(page)
    assert "closed." not in page


def test_those_that_were_answered_are_closed_and_the_rest_stay_open(three: Console, dana: Browser) -> None:
    page = press(dana, "1:1", "2:2", "3:3", unanswered="leave")

    assert states(three) == ["open", "open", "closed"]
    assert "1 conversation closed. 2 left open, as nobody has answered them yet." in words(page)
    assert question(page) == ""


def test_all_are_closed_if_the_member_says_so(three: Console, dana: Browser) -> None:
    page = press(dana, "1:1", "2:2", "3:3", unanswered="close")

    assert states(three) == ["closed"] * 3
    assert "3 conversations closed." in words(page)


def test_the_trail_says_of_which_the_member_knew_that_nobody_had_answered(three: Console, dana: Browser) -> None:
    press(dana, "1:1", "2:2", "3:3", unanswered="close")

    closed = [entry for entry in three.rows(AuditEntry) if entry.action == "state_changed"]
    assert {entry.subject: "unanswered" in entry.detail for entry in closed} == {
        "conversation:1": True,
        "conversation:2": True,
        "conversation:3": False,
    }


@pytest.mark.parametrize("leaves_text", [True, False], ids=["heard", "without a transcript"])
def test_a_voicemail_that_nobody_called_back_is_asked_about(
    console: Console, dana: Browser, *, leaves_text: bool
) -> None:
    call = console.call(from_=ROSA)
    call.report_transcription(REQUEST) if leaves_text else call.report_recording("failed")
    console.work()

    assert "Nobody has answered (202) 555-0171 yet." in question(press(dana, "1"))


def test_cancel_leads_back_to_the_list_as_it_was(three: Console, dana: Browser) -> None:
    answer = dana.post("/staff/bulk?sort=waiting", data={"do": "close", "c": ["1:1", "2:2"]})
    page = dana.get(answer.headers["Location"]).text

    assert '<a href="/staff/?sort=waiting" id="asked-cancel">Cancel</a>' in page
    assert question(dana.get("/staff/?sort=waiting").text) == ""


def test_nothing_is_asked_if_all_were_answered(three: Console, dana: Browser) -> None:
    answer(dana, 1, 1)

    page = press(dana, "1:1", "3:3")

    assert question(page) == ""
    assert states(three) == ["closed", "open", "closed"]


@pytest.mark.parametrize(
    ("chosen", "asked", "buttons"),
    [
        (["1:1"], f"Nobody has answered {ROSA_SHOWN} yet.", "Close it anyway Cancel"),
        (["1:1", "2:2"], f"None of these 2 was answered: {ROSA_SHOWN}, {PAUL_SHOWN}.", "Close all 2 Cancel"),
        (["1:1", "3:3"], f"1 of 2 was never answered: {ROSA_SHOWN}.", "Close the answered one Close all 2 Cancel"),
    ],
)
def test_the_question_fits_how_many_there_are(
    three: Console, dana: Browser, chosen: list[str], asked: str, buttons: str
) -> None:
    assert question(press(dana, *chosen)) == f"{asked} {buttons}"


def test_few_are_named_of_many(console: Console, dana: Browser) -> None:
    for number in range(1, 8):
        write(console, f"+1202555018{number}")

    said = question(press(dana, *(f"{number}:{number}" for number in range(1, 8))))

    assert "(202) 555-0185, and 2 more." in said
    assert "(202) 555-0186" not in said


def schedule(console: Console) -> None:
    later = now() + timedelta(days=1)
    add_reply(console, DeliveryState.PENDING, scheduled_for=later, next_attempt_at=later)


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(lambda console: add_reply(console), id="a message from the record"),
        pytest.param(lambda console: add_reply(console, DeliveryState.PENDING), id="one on its way"),
    ],
)
def test_what_answers_a_request(three: Console, dana: Browser, do: Callable[[Console], None]) -> None:
    do(three)

    assert question(press(dana, "1:1", "3:3")) == ""
    assert states(three) == ["closed", "open", "closed"]


@pytest.mark.parametrize(
    "do",
    [
        pytest.param(schedule, id="a reply for tomorrow"),
        pytest.param(lambda console: add_reply(console, DeliveryState.FAILED), id="a reply that failed"),
        pytest.param(lambda console: add_reply(console, created_at=now() - timedelta(days=1)), id="a reply before it"),
        pytest.param(lambda console: add_reply(console, to=2), id="a reply to somebody else"),
        pytest.param(lambda console: add_reply(console, staff_id=None, message_id=1), id="an automatic reply"),
    ],
)
def test_what_is_no_answer_to_a_request(three: Console, dana: Browser, do: Callable[[Console], None]) -> None:
    do(three)

    assert "1 of 2 was never answered" in question(press(dana, "1:1", "3:3"))


def test_a_call_that_was_noted_answers_an_emergency(console: Console, dana: Browser) -> None:
    write(console, ROSA, CHEST)
    assert dana.post("/staff/escalations/1").ok
    assert dana.post("/staff/conversations/1/called", data={"outcome": "reached"}).status_code == 303

    assert question(press(dana, "1:1")) == ""
    assert states(console) == ["closed"]


def test_a_request_after_an_answer_is_one_again(three: Console, dana: Browser) -> None:
    answer(dana, 1, 1)
    write(three, ROSA)

    assert "Nobody has answered" in question(press(dana, "1:4"))


def test_emergencies_and_new_messages_are_left_alone_whatever_is_decided(three: Console, dana: Browser) -> None:
    write(three, ROSA, CHEST)
    write(three, PAUL)

    write(three, ANN)

    asked = press(dana, "1:4", "2:2", "3:6")
    assert "Not changed:" in words(asked)
    assert question(asked).startswith("Nobody has answered (202) 555-0173 yet.")
    press(dana, "1:4", "2:2", "3:6", unanswered="close")

    assert states(three) == ["open", "open", "closed"]


def test_an_odd_decision_closes_nothing(three: Console, dana: Browser) -> None:
    assert question(press(dana, "1:1", unanswered="yes")) != ""

    assert states(three) == ["open"] * 3


def test_the_question_names_no_conversation_of_another_practice(three: Console, dana: Browser) -> None:
    with three.edit() as session:
        session.get_one(Conversation, 2).practice = "other"

    assert question(dana.get("/staff/?asked=2:2").text) == ""
    assert PAUL_SHOWN not in question(dana.get("/staff/?asked=1:1,2:2").text)


def test_a_refresh_that_comes_first_leaves_what_is_said_for_the_page(three: Console, dana: Browser) -> None:
    location = dana.post("/staff/bulk", data={"do": "close", "c": ["3:3"]}).headers["Location"]
    dana.get("/staff/", headers={"X-Requested-With": "live"})

    assert "1 conversation closed." in dana.get(location).text
