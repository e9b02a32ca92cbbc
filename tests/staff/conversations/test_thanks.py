"""No "thanks" and no "hello?" hides a request before it: the row shows it, and closing several asks about it."""

from __future__ import annotations

import pytest

from inbox.models import Conversation
from intake.vocabulary import Disposition, TriageLevel
from tests.staff.conftest import Browser, Console
from tests.staff.conversations.test_conversation import words
from tests.staff.conversations.test_inbox import row
from tests.told_classifier import PRAISE, sure_of, tell

ROSA, PAUL = "+12025550171", "+12025550172"
WHO = "(202) 555-0171"
LATER, THANKS, STARS = "oh wait, can it be 9:30 instead", "thanks", "you are all so kind over there"
NUDGE = "hello? anyone there"
FORM = {"text": "9:30 works.", "seen": "9", "newest": "9", "form_id": "1" * 32}


@pytest.fixture
def dana(console: Console) -> Browser:
    nothing = {"disposition": Disposition.ACKNOWLEDGEMENT, "triage": TriageLevel.ROUTINE}
    tell(console, {LATER: sure_of("appointment_request"), THANKS: nothing, STARS: PRAISE})
    return console.sign_in(name="Dana Reyes")


def write(console: Console, *texts: str, from_: str = ROSA) -> None:
    for text in texts:
        console.text(text, from_=from_)
        console.work()


def close(browser: Browser, *chosen: str) -> str:
    answer = browser.post("/staff/bulk", data={"do": "close", "c": list(chosen)})
    return browser.get(answer.headers["Location"]).text


def states(console: Console) -> list[str]:
    return [str(found.state) for found in console.rows(Conversation)]


@pytest.mark.parametrize(
    "texts",
    [[THANKS], [STARS], [STARS, THANKS], [NUDGE], [NUDGE, "?"]],
    ids=["thanks", "praise", "both", "nudge", "nudges"],
)
def test_the_row_shows_what_nobody_answered_before_the_thanks(
    console: Console, dana: Browser, texts: list[str]
) -> None:
    write(console, LATER, *texts)

    shown = row(dana.get("/staff/"), WHO)

    assert LATER in shown
    assert texts[-1] not in shown


@pytest.mark.parametrize("last", [THANKS, NUDGE])
def test_once_staff_have_answered_the_row_shows_the_thanks(console: Console, dana: Browser, last: str) -> None:
    write(console, LATER)
    assert dana.post("/staff/conversations/1/reply", data=FORM).status_code == 303
    write(console, last)

    assert last in row(dana.get("/staff/"), WHO)


def test_the_row_of_who_asks_again_still_says_what_it_is_about_and_who_has_it(console: Console, dana: Browser) -> None:
    write(console, LATER)
    before = row(dana.get("/staff/"), WHO)
    write(console, NUDGE)

    after = row(dana.get("/staff/"), WHO)
    assert "Appointment request" in before
    assert "Appointment request" in after
    assert "Front desk" not in after


def test_closing_several_asks_about_such_a_request(console: Console, dana: Browser) -> None:
    write(console, LATER, THANKS)

    page = close(dana, "1:2")

    assert states(console) == ["open"]
    assert f"Nobody has answered {WHO} yet." in words(page)


def test_thanks_with_nothing_before_them_are_closed_with_the_rest(console: Console, dana: Browser) -> None:
    write(console, LATER)
    assert dana.post("/staff/conversations/1/reply", data=FORM).status_code == 303
    write(console, STARS)

    assert "Nobody has answered" not in words(close(dana, "1:2"))

    assert states(console) == ["closed"]
