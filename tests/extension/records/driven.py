"""What the copy with an eighth intent does; run by `tests.extension.test_extensions` inside the copy."""

from __future__ import annotations

from inbox.models import Classification, Notification, Review
from tests.staff.conftest import Console, console, console_of, start_console
from tests.world import PATIENT
from training.data.labels import labeling_guide

__all__ = ["console", "console_of", "start_console"]


def test_a_message_of_the_eighth_intent_is_answered_and_staff_are_told(console: Console) -> None:
    console.text("records records records")
    console.work()

    [classification] = console.rows(Classification)
    assert classification.intent == "records_request"
    [reply] = console.twilio.messages
    assert reply.to == PATIENT
    assert "we got your request for records" in reply.body
    assert {row.team for row in console.rows(Notification)} == {"front_desk"}
    assert "Records request" in console.sign_in().get("/staff/").text


def test_a_reviewer_can_choose_it(console: Console) -> None:
    console.text("filler filler")
    console.work()
    [review] = console.rows(Review)
    browser = console.sign_in()

    assert ">Records request<" in browser.get("/staff/review").text
    browser.post(f"/staff/review/{review.id}", data={"label": "records_request"})

    [review] = console.rows(Review)
    assert review.label == "records_request"


def test_a_practice_may_override_it(console: Console) -> None:
    page = console.sign_in("manager").get("/staff/settings/demo/automatic-replies").text

    assert "Records request" in page


def test_a_language_model_is_told_of_it() -> None:
    assert "asks for medical records" in labeling_guide()
