"""The review queue, over HTTP: who gets which message, what a label sets off, and what cannot happen twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, update

from classifier.understanding import SecondIntent
from inbox.audit.trail import verify
from inbox.conversations.reviews import NONE_OF_THESE, REVIEW_LABELS, UNDO_WITHIN
from inbox.models import (
    AuditEntry,
    Conversation,
    ConversationState,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    Message,
    Notification,
    NotificationState,
    Review,
    ReviewReason,
    now,
)
from intake.vocabulary import INTENTS, SAMPLE
from tests.staff.conftest import Browser, Console, StartConsole
from tests.told_classifier import EMERGENCY, PRAISE, SAME_DAY, sure_of, tell
from tests.world import PATIENT

ZONE = ZoneInfo("America/New_York")
UNSURE = "The thing from last week, is it okay like that?"
OTHER_UNSURE = "So what about the other one then"
SURE = "How much is a cleaning without insurance?"
STARS = "You are all so kind over there"
URGENT = "I can't breathe and my chest hurts"
OTHER_PATIENT = "+12025550124"
THIRD_PATIENT = "+12025550125"
ALL_UNSURE = "review_threshold = 1.0\nreview_sample = 0"
UNANSWERED = f"{ALL_UNSURE}\nroutes = {{ review = {{ auto_reply = false }} }}"
ALL_SAMPLED = "review_threshold = 0.0\nreview_sample = 1"


@pytest.fixture
def unsure(start_console: StartConsole) -> Console:
    """A practice for which every message goes to a person."""
    return start_console(ALL_UNSURE)


@pytest.fixture
def unanswered(start_console: StartConsole) -> Console:
    """A practice for which every message goes to a person, and gets no automatic reply before."""
    return start_console(UNANSWERED)


@pytest.fixture
def sampled(start_console: StartConsole) -> Console:
    """A practice for which every message is routed, and reviewed as well."""
    return start_console(ALL_SAMPLED)


@pytest.fixture
def receive(unsure: Console) -> Callable[..., Review]:
    """Takes a text in and returns what is asked of people about it."""
    return partial(take_in, unsure)


def take_in(console: Console, body: str = UNSURE, **options: str) -> Review:
    console.text(body, **options)
    console.work()
    return console.rows(Review)[-1]


def shown(browser: Browser) -> int | None:
    """The review that the page shows."""
    page = browser.get("/staff/review")
    assert page.status_code == 200
    found = re.search(r'data-review="(\d+)"', page.text)
    return int(found[1]) if found else None


def choose(browser: Browser, review: Review, label: str) -> str:
    """Chooses a label and returns the page that follows."""
    answer = browser.post(f"/staff/review/{review.id}", data={"label": label})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/review")
    return browser.get("/staff/review").text


def sent_bodies(console: Console) -> list[str]:
    """What has gone out to patients, oldest first."""
    console.work()
    return [delivery.reply for delivery in console.rows(Delivery) if delivery.state != DeliveryState.PENDING]


def told(console: Console) -> list[tuple[str, str, str]]:
    return [(row.reason, row.team, row.priority) for row in console.rows(Notification)]


# ---- the queue


def test_an_unsure_message_waits_with_its_text_its_context_and_the_models_guess(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    receive("Hello there, are you open for new ideas?")
    review = receive(UNSURE)
    browser = unsure.sign_in()

    choose(browser, unsure.rows(Review)[0], "none_of_these")
    page = browser.get("/staff/review").text

    assert UNSURE in page
    assert "are you open for new ideas?" in page
    assert "a person" in page.lower()
    assert page.count('<rect class="filled"') == len(INTENTS)
    assert review.reason == ReviewReason.LOW_CONFIDENCE
    assert (review.threshold, review.sampling_rate) == (1.0, 1.0)


def test_it_says_that_contact_is_not_safe(unsure: Console, receive: Callable[..., Review]) -> None:
    receive(UNSURE)
    browser = unsure.sign_in()
    assert "Not safe to contact" not in browser.get("/staff/review").text

    browser.post("/staff/conversations/1/unsafe-contact", data={"unsafe": "yes"})

    assert "Not safe to contact" in browser.get("/staff/review").text


def test_each_label_has_a_key_of_its_own_and_the_help_names_them(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    receive()

    page = unsure.sign_in().get("/staff/review").text

    labels = re.findall(r'name="label" value="(\w+)" .*data-key="(\w+)"', page)
    numbered = {label: str(key) for key, label in enumerate([*INTENTS, NONE_OF_THESE], start=1)}
    assert dict(labels) == numbered | {"person": "p", "praise": "w", "same_day": "d"}
    assert f"<kbd>1</kbd> to <kbd>{len(INTENTS)}</kbd></dt><dd>choose a label" in page
    assert f"<kbd>{len(INTENTS) + 1}</kbd></dt><dd>none of these" in page
    assert "<kbd>d</kbd></dt><dd>same day" in page


def test_a_conversation_leads_to_the_label_it_needs_and_the_label_back_to_it(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    first = receive(from_=OTHER_PATIENT)
    second = receive(OTHER_UNSURE)
    staff, place = unsure.sign_in(), "/staff/conversations/2"
    [link] = re.findall(r'id="to-label" href="([^"]+)"', staff.get(place).text)

    page = staff.get(link).text

    assert f'data-review="{second.id}"' in page
    form = {"label": "complaint", "then": "conversation"}
    assert all(f'name="{name}" value="{value}"' in page for name, value in form.items())
    assert staff.post(f"/staff/review/{second.id}", data=form).headers["Location"] == place
    after = staff.get(place).text
    assert "Labeled “Complaint”" in after
    assert "to-label" not in after
    assert f'data-review="{first.id}"' not in staff.get(link).text
    assert "Nothing to review here" in staff.get(link).text
    assert shown(staff) == first.id


MENU, BESIDE = "/staff/review/of/1", "/staff/review/1?then=conversation&view=mine"


def test_a_menu_in_the_inbox_has_the_labels_with_their_words_and_leads_back(unanswered: Console) -> None:
    take_in(unanswered)
    dana, bob = unanswered.sign_in(name="Dana Reyes"), unanswered.sign_in(name="Bob Stone")

    menu = dana.get(f"{MENU}?view=mine").text

    assert 'formaction="/staff/review/1?view=mine&amp;then=conversation"' in menu
    assert f'dir="auto">{UNSURE}</blockquote>' in menu
    assert {*REVIEW_LABELS} == set(re.findall(r'name="label" value="(\w+)"', menu))
    assert "sorry" in re.search(r"for “Complaint”.*?</details>", menu, re.DOTALL)[0]  # type: ignore[index]
    assert "Someone else is labeling" in bob.get(MENU).text
    assert unanswered.sign_in(practices=["other"]).get(MENU).status_code == 404
    answer = dana.post(BESIDE, data={"label": "complaint"})
    assert answer.headers["Location"] == "/staff/conversations/1?view=mine"
    assert sent_bodies(unanswered) == ["complaint"]


def test_a_label_in_the_inbox_that_would_answer_what_was_not_shown_is_refused_there(unanswered: Console) -> None:
    take_in(unanswered)
    take_in(unanswered, OTHER_UNSURE)
    pane = {"X-Requested-With": "pane"}

    answer = unanswered.sign_in().post(BESIDE, data={"label": "complaint", "newest": "1"}, headers=pane)

    assert answer.status_code == 409
    assert answer.headers["Content-Location"] == "/staff/conversations/1?view=mine"
    assert OTHER_UNSURE in answer.text
    assert {row.label for row in unanswered.rows(Review)} == {None}


def test_a_conversation_whose_message_a_colleague_is_labeling_shows_no_other_message_in_its_place(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    receive()
    receive(OTHER_UNSURE, from_=OTHER_PATIENT)
    assert shown(unsure.sign_in()) == 1

    page = unsure.sign_in().get("/staff/review?conversation=1").text

    assert "Someone else is labeling the message of this conversation" in page
    assert 'name="label"' not in page


def test_an_emergency_is_chosen_by_its_button_alone(unsure: Console, receive: Callable[..., Review]) -> None:
    receive()

    [button] = re.findall(r'<button name="label" value="urgent"[^>]*>', unsure.sign_in().get("/staff/review").text)

    assert "data-key" not in button


def test_without_anything_to_review_the_page_says_so(unsure: Console) -> None:
    page = unsure.sign_in().get("/staff/review")

    assert "All caught up" in page.text
    assert "<title>Review · Intake</title>" in page.text


def test_the_title_and_the_navigation_count_what_waits(unsure: Console, receive: Callable[..., Review]) -> None:
    receive()
    receive(from_=OTHER_PATIENT)
    browser = unsure.sign_in()

    page = browser.get("/staff/review").text

    assert "<title>(2) Review · Intake</title>" in page
    for path in ("/staff/review", "/staff/review/waiting", "/staff/alarms"):
        assert re.search(r'id="review-count">2<', browser.get(path).text), path
    assert 'data-count="2" data-any="2">2 to review<' in browser.get("/staff/review/waiting").text


def test_the_oldest_comes_first_but_urgent_ones_before(unsure: Console, receive: Callable[..., Review]) -> None:
    first, urgent, last = receive(), receive(URGENT, from_=OTHER_PATIENT), receive(from_=THIRD_PATIENT)
    browser = unsure.sign_in()

    order = []
    for review in (urgent, first, last):
        order.append(shown(browser))
        choose(browser, review, "none_of_these")

    assert order == [urgent.id, first.id, last.id]


def test_nobody_sees_what_belongs_to_another_practice(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    stranger = unsure.sign_in(practices=["other"])

    assert shown(stranger) is None
    assert 'data-count="0"' in stranger.get("/staff/review/waiting").text
    assert stranger.post(f"/staff/review/{review.id}", data={"label": "complaint"}).status_code == 404
    assert stranger.post(f"/staff/review/{review.id}/skip").status_code == 404
    assert unsure.rows(Review)[0].decided_at is None


# ---- two people


def test_two_reviewers_get_different_messages(unsure: Console, receive: Callable[..., Review]) -> None:
    first, second = receive(), receive(from_=OTHER_PATIENT)
    dana, robin = unsure.sign_in(), unsure.sign_in(name="Robin")

    assert (shown(dana), shown(robin), shown(dana)) == (first.id, second.id, first.id)
    assert shown(unsure.sign_in()) is None


def test_what_is_looked_at_for_too_long_goes_to_the_next(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    dana, robin = unsure.sign_in(), unsure.sign_in(name="Robin")
    shown(dana)
    assert "Others are on it" in robin.get("/staff/review").text

    with unsure.edit() as session:
        session.execute(update(Review).values(claimed_until=now()))

    assert shown(robin) == review.id


def test_the_second_decision_is_refused_kindly(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    dana, robin = unsure.sign_in(name="Dana"), unsure.sign_in(name="Robin")

    choose(dana, review, "billing_inquiry")
    answered = choose(robin, review, "complaint")

    assert "Dana already labeled this message “Billing question”" in answered
    assert [row.label for row in unsure.rows(Review)] == ["billing_inquiry"]
    assert "complaint" not in sent_bodies(unsure)


def test_the_same_form_twice_decides_once(unanswered: Console) -> None:
    review = take_in(unanswered)
    dana = unanswered.sign_in()

    choose(dana, review, "complaint")
    again = choose(dana, review, "complaint")

    assert "You already labeled this message" in again
    assert sent_bodies(unanswered) == ["complaint"]


def test_of_two_who_decide_at_once_one_is_refused(unanswered: Console) -> None:
    review = take_in(unanswered)
    browsers = [unanswered.sign_in(name=name) for name in ("Dana", "Robin")]

    with ThreadPoolExecutor() as pool:
        pages = list(pool.map(choose, browsers, [review, review], ["billing_inquiry", "complaint"]))

    assert sum("Your choice was not saved" in page for page in pages) == 1
    [decided] = unanswered.rows(Review)
    assert sent_bodies(unanswered) == [decided.label]
    assert len(told(unanswered)) == 2


def test_those_who_look_at_once_get_different_messages(unsure: Console, receive: Callable[..., Review]) -> None:
    waiting = [receive(from_=sender) for sender in (PATIENT, OTHER_PATIENT, THIRD_PATIENT)]
    browsers = [unsure.sign_in() for _ in waiting]

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(shown, browsers))

    assert sorted(number for number in found if number) == [review.id for review in waiting]


def test_a_label_that_does_not_exist_is_refused(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()

    answer = unsure.sign_in().post(f"/staff/review/{review.id}", data={"label": "spam"})

    assert answer.status_code == 400
    assert unsure.rows(Review)[0].decided_at is None


# ---- what a label sets off


def test_a_label_sends_its_reply_and_tells_its_team(unanswered: Console) -> None:
    review = take_in(unanswered)

    said = choose(unanswered.sign_in(), review, "complaint")

    assert "Labeled “Complaint”: sending the patient the standard reply and notifying Manager." in said
    assert sent_bodies(unanswered) == ["complaint"]
    assert unanswered.twilio.messages[-1].body.startswith("Maple Street")
    assert told(unanswered) == [("review", "review", "normal"), ("complaint", "manager", "high")]


def test_what_was_said_is_kept(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    browser = unsure.sign_in()

    choose(browser, review, "complaint")

    [kept] = unsure.rows(Review)
    assert browser.member
    assert (kept.intent, kept.label, kept.staff_id) == (review.intent, "complaint", browser.member.id)
    assert kept.decided_at
    assert kept.decided_at >= kept.created_at


def test_the_conversation_stands_as_the_label_says(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    [before] = unsure.rows(Conversation)
    assert (before.team, before.priority) == ("review", "normal")

    choose(unsure.sign_in(), review, "price_shopper")

    [after] = unsure.rows(Conversation)
    assert (after.intent, after.team, after.priority) == ("price_shopper", "digest", "low")


def test_a_message_that_got_an_automatic_reply_gets_no_second_one(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    review = receive()
    page = unsure.sign_in().get("/staff/review").text
    assert page.count(">sends a reply<") == 1  # the emergency's

    said = choose(unsure.sign_in(), review, "complaint")

    assert "Labeled “Complaint”: notifying Manager." in said
    assert sent_bodies(unsure) == ["review"]


def test_a_label_says_before_it_is_chosen_that_it_sends_a_reply_and_shows_its_words(unanswered: Console) -> None:
    review = take_in(unanswered)
    dana = unanswered.sign_in()
    page = dana.get("/staff/review").text
    sending = re.findall(r'<button name="label" value="(\w+)"(?:(?!</button>).)*sends a reply', page, re.DOTALL)
    assert set(sending) == {*INTENTS, "person", "praise", "same_day", "urgent"}
    [shown] = re.findall(r"for “Complaint”</span></summary><p class=\"text\">(.*?)</p>", page, re.DOTALL)

    choose(dana, review, "complaint")
    unanswered.work()

    assert unescape(shown) == unanswered.twilio.messages[-1].body


def test_none_of_these_sends_nothing(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()

    said = choose(unsure.sign_in(), review, "none_of_these")

    assert "nothing else to do" in said
    assert sent_bodies(unsure) == ["review"]
    assert len(told(unsure)) == 1


def test_a_message_that_staff_answered_gets_nothing_more(unanswered: Console) -> None:
    review = take_in(unanswered)
    with unanswered.edit() as session:
        [conversation] = unanswered.rows(Conversation)
        session.add(
            Delivery(
                conversation_id=conversation.id, reply="staff", sender="+15005550006", body="Hi, Dana here.", staff_id=1
            )
        )

    choose(unanswered.sign_in(), review, "complaint")

    assert "complaint" not in sent_bodies(unanswered)
    assert len(told(unanswered)) == 1


@pytest.mark.parametrize("state", [ConversationState.WAITING, ConversationState.CLOSED])
def test_what_staff_are_done_with_gets_nothing_more(unanswered: Console, state: ConversationState) -> None:
    review = take_in(unanswered)
    with unanswered.edit() as session:
        session.execute(update(Conversation).values(state=state))

    choose(unanswered.sign_in(), review, "complaint")

    assert sent_bodies(unanswered) == []
    assert len(told(unanswered)) == 1


PLACED = {
    "transferred": ("transfer", {"team": "clinical", "note": "Please look at the labs."}, "clinical"),
    "assigned": ("assign", {"to": "me"}, "review"),
    "taken over": ("take-over", {}, "review"),
}


@pytest.mark.parametrize("how", PLACED)
def test_a_label_neither_moves_nor_answers_what_staff_have_placed(unanswered: Console, how: str) -> None:
    action, form, team = PLACED[how]
    review, dana = take_in(unanswered), unanswered.sign_in()
    assert dana.post(f"/staff/conversations/1/{action}", data=form).status_code == 303
    with unanswered.edit() as session:
        session.execute(delete(AuditEntry))  # as retention does in time
    before = told(unanswered)

    assert "nothing else to do" in choose(dana, review, "existing_patient_question")

    [conversation] = unanswered.rows(Conversation)
    assert (conversation.team, conversation.intent) == (team, "existing_patient_question")
    assert sent_bodies(unanswered) == []
    assert told(unanswered) == before


def test_an_emergency_label_raises_an_alarm_where_staff_have_placed_it(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    review, dana = receive(), unsure.sign_in()
    dana.post("/staff/conversations/1/transfer", data={"team": "clinical"})

    choose(dana, review, "urgent")

    [conversation] = unsure.rows(Conversation)
    assert (conversation.team, conversation.priority, conversation.triage) == ("clinical", "urgent", "emergency")
    assert ("urgent", "on_call", "urgent") in told(unsure)


def test_a_label_still_routes_what_was_placed_before_the_patient_wrote(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    receive()
    dana = unsure.sign_in()
    dana.post("/staff/conversations/1/assign", data={"to": "me"})

    choose(dana, receive(OTHER_UNSURE), "complaint")

    assert told(unsure)[-1] == ("complaint", "manager", "high")


def test_a_message_that_is_too_old_gets_no_reply_but_its_team_is_told(unanswered: Console) -> None:
    review = take_in(unanswered)
    with unanswered.edit() as session:
        session.execute(update(Message).values(received_at=now() - timedelta(hours=25)))

    choose(unanswered.sign_in(), review, "complaint")

    assert sent_bodies(unanswered) == []
    assert told(unanswered)[-1] == ("complaint", "manager", "high")


def test_a_reply_that_went_out_a_short_while_ago_is_not_repeated(unanswered: Console) -> None:
    first, second = take_in(unanswered, UNSURE), take_in(unanswered, OTHER_UNSURE)
    browser = unanswered.sign_in()

    choose(browser, first, "complaint")
    choose(browser, second, "complaint")

    assert sent_bodies(unanswered).count("complaint") == 1
    assert told(unanswered).count(("complaint", "manager", "high")) == 2


def test_an_urgent_message_is_not_answered_again(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive(URGENT)

    choose(unsure.sign_in(), review, "price_shopper")

    assert sent_bodies(unsure) == ["urgent"]
    assert told(unsure) == [("urgent", "on_call", "urgent")]
    assert unsure.rows(Conversation)[0].priority == "urgent"


@pytest.mark.parametrize(
    ("label", "team", "priority"),
    [("person", "front_desk", "normal"), ("praise", "digest", "low"), ("same_day", "clinical", "high")],
)
def test_a_label_beside_the_intents_is_followed_like_one(
    unanswered: Console, label: str, team: str, priority: str
) -> None:
    review = take_in(unanswered)

    choose(unanswered.sign_in(), review, label)

    assert sent_bodies(unanswered) == [label]
    assert told(unanswered)[-1] == (label, team, priority)


def test_an_emergency_that_the_model_missed_pages_the_on_call_team(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    review = receive()

    choose(unsure.sign_in(), review, "urgent")

    assert sent_bodies(unsure) == ["review", "urgent"]
    assert told(unsure)[-1] == ("urgent", "on_call", "urgent")
    assert len(unsure.rows(Escalation)) == 1
    [conversation] = unsure.rows(Conversation)
    assert (conversation.triage, conversation.priority) == ("emergency", "urgent")


def test_a_label_of_a_spanish_message_is_answered_in_spanish(unanswered: Console) -> None:
    tell(unanswered, {UNSURE: {"language": "es"}})
    review = take_in(unanswered)

    choose(unanswered.sign_in(), review, "complaint")

    assert sent_bodies(unanswered) == ["complaint_es"]


def test_a_label_of_a_same_day_message_does_not_tell_the_nurse_twice(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    tell(unsure, {UNSURE: SAME_DAY})
    review = receive()

    choose(unsure.sign_in(), review, "complaint")

    assert told(unsure) == [("same_day", "clinical", "high"), ("complaint", "manager", "high")]
    assert sent_bodies(unsure) == ["same_day"]


def test_a_second_intent_that_a_reviewer_chooses_as_the_first_is_told_once(sampled: Console) -> None:
    tell(sampled, {SURE: sure_of("price_shopper", also=(SecondIntent("complaint", 0.8),))})
    sampled.text(SURE)
    sampled.work()
    [review] = sampled.rows(Review)

    choose(sampled.sign_in(), review, "complaint")

    assert told(sampled) == [("price_shopper", "digest", "low"), ("complaint", "manager", "high")]


def test_a_label_that_ends_no_alarm_says_that_it_is_still_open_and_leads_to_it(sampled: Console) -> None:
    tell(sampled, {URGENT: EMERGENCY})
    sampled.text(URGENT)
    sampled.work()
    [review] = sampled.rows(Review)
    dana = sampled.sign_in()

    said = choose(dana, review, "complaint")

    assert "nothing else to do" not in said
    assert (
        "Labeled “Complaint”. The emergency alarm is still open: "
        '<a href="/staff/conversations/1">open the conversation</a>.'
    ) in said


def test_praise_that_was_drawn_shows_praise_as_the_models_guess(sampled: Console) -> None:
    tell(sampled, {STARS: PRAISE})
    sampled.text(STARS)
    sampled.work()
    [review] = sampled.rows(Review)
    dana = sampled.sign_in()
    [guess] = re.findall(r'value="(\w+)" class="choice guess"', dana.get("/staff/review").text)

    said = choose(dana, review, "praise")

    assert (review.reason, guess) == (ReviewReason.SAMPLE, "praise")
    assert "nothing else to do" in said


# ---- sampled ones


def test_a_sampled_message_that_was_read_right_sets_nothing_off(sampled: Console) -> None:
    sampled.text(SURE)
    sampled.work()
    [review] = sampled.rows(Review)
    assert (review.reason, review.sampling_rate) == (ReviewReason.SAMPLE, 1.0)

    choose(sampled.sign_in(), review, review.intent)

    assert sent_bodies(sampled) == [review.intent]
    assert len(told(sampled)) == 1


def test_a_sampled_message_that_was_read_wrong_goes_to_the_right_team_without_a_second_reply(sampled: Console) -> None:
    sampled.text(SURE)
    sampled.work()
    [review] = sampled.rows(Review)
    assert review.intent != "complaint"

    choose(sampled.sign_in(), review, "complaint")

    assert sent_bodies(sampled) == [review.intent]
    assert told(sampled)[-1] == ("complaint", "manager", "high")


def test_a_sampled_message_that_had_no_reply_gets_the_right_one(start_console: StartConsole) -> None:
    console = start_console(f"{ALL_SAMPLED}\nroutes = {{ price_shopper = {{ auto_reply = false }} }}")
    console.text(SURE)
    console.work()
    [review] = console.rows(Review)
    assert (review.intent, console.rows(Decision)[0].reply) == ("price_shopper", None)

    choose(console.sign_in(), review, "complaint")

    assert sent_bodies(console) == ["complaint"]


# ---- skip and undo


def test_a_skipped_message_comes_again_when_nothing_else_is_left(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    first, second = receive(), receive(from_=OTHER_PATIENT)
    browser = unsure.sign_in()

    assert shown(browser) == first.id
    browser.post(f"/staff/review/{first.id}/skip")
    assert shown(browser) == second.id
    browser.post(f"/staff/review/{second.id}/skip")
    assert shown(browser) == first.id


def test_a_skipped_message_is_free_for_others(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    browser = unsure.sign_in()
    shown(browser)

    browser.post(f"/staff/review/{review.id}/skip")

    assert shown(unsure.sign_in()) == review.id


def test_what_has_not_gone_out_can_be_taken_back(unanswered: Console) -> None:
    review = take_in(unanswered)
    browser = unanswered.sign_in()
    assert "Undo “Complaint”" in choose(browser, review, "complaint")

    browser.post("/staff/review/undo")

    assert "Undid “Complaint”" in browser.get("/staff/review").text
    assert shown(browser) == review.id
    [kept] = unanswered.rows(Review)
    assert (kept.label, kept.staff_id, kept.decided_at) == (None, None, None)
    assert sent_bodies(unanswered) == []
    assert len(told(unanswered)) == 1


def test_an_emergency_that_is_undone_escalates_to_nobody(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    with unsure.edit() as session:
        session.execute(update(Conversation).values(patient_address=None))  # so that no reply leaves
    browser = unsure.sign_in()
    choose(browser, review, "urgent")
    assert len(unsure.rows(Escalation)) == 1

    browser.post("/staff/review/undo")

    assert unsure.rows(Escalation) == []
    assert unsure.rows(Review)[0].label is None


def test_what_was_taken_back_can_be_decided_again_the_same_way(unanswered: Console) -> None:
    review = take_in(unanswered)
    browser = unanswered.sign_in()
    choose(browser, review, "complaint")
    browser.post("/staff/review/undo")

    choose(browser, review, "complaint")

    assert sent_bodies(unanswered) == ["complaint"]


def test_a_label_whose_notice_was_skipped_has_sent_nothing_and_can_be_taken_back(
    unsure: Console, receive: Callable[..., Review]
) -> None:
    review = receive()
    with unsure.edit() as session:
        session.execute(update(Conversation).values(patient_address=None))  # so that no reply leaves
    browser = unsure.sign_in()
    choose(browser, review, "complaint")
    with unsure.edit() as session:
        label = session.scalars(select(Notification).where(Notification.reason == "complaint")).one()
        label.target, label.state = "00000000", NotificationState.OPTED_OUT

    browser.post("/staff/review/undo")

    assert unsure.rows(Review)[0].label is None
    assert "complaint" not in [reason for reason, _, _ in told(unsure)]


def test_what_has_gone_out_cannot_be_taken_back(unanswered: Console) -> None:
    review = take_in(unanswered)
    browser = unanswered.sign_in()
    choose(browser, review, "complaint")
    unanswered.work()
    assert "Undo" not in browser.get("/staff/review").text

    browser.post("/staff/review/undo")

    assert "too late to undo" in browser.get("/staff/review").text
    assert unanswered.rows(Review)[0].label == "complaint"


def test_after_a_minute_nothing_is_taken_back(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    browser = unsure.sign_in()
    choose(browser, review, "none_of_these")
    with unsure.edit() as session:
        session.execute(update(Review).values(decided_at=now() - UNDO_WITHIN))

    browser.post("/staff/review/undo")

    page = browser.get("/staff/review").text
    assert "You have not labeled anything in the last minute" in page
    assert "Undo" not in page
    assert unsure.rows(Review)[0].label == "none_of_these"


def test_nobody_takes_back_what_another_decided(unsure: Console, receive: Callable[..., Review]) -> None:
    review = receive()
    choose(unsure.sign_in(), review, "none_of_these")

    unsure.sign_in().post("/staff/review/undo")

    assert unsure.rows(Review)[0].label == "none_of_these"


# ---- what is written down


def test_every_step_is_in_the_audit_trail_without_any_text(unanswered: Console) -> None:
    review = take_in(unanswered)
    browser = unanswered.sign_in()
    shown(browser)
    shown(browser)
    browser.post(f"/staff/review/{review.id}/skip")
    choose(browser, review, "complaint")
    browser.post("/staff/review/undo")

    entries = [entry for entry in unanswered.rows(AuditEntry) if entry.action != "signed_in"]
    assert [entry.action for entry in entries] == ["viewed", "viewed", "review_skipped", "reviewed", "review_undone"]
    assert entries[3].detail == {
        "message": review.message_id,
        "review": review.id,
        "intent": review.intent,
        "label": "complaint",
        "reply": "complaint",
        "team": "manager",
    }
    with unanswered.database.read() as session:
        assert verify(session).is_whole


def test_a_page_that_is_open_hears_of_new_ones(unsure: Console) -> None:
    browser = unsure.sign_in()
    with browser.get("/staff/review/events", stream=True) as stream:
        lines = stream.iter_lines()
        assert next(lines) == b"retry: 2000"
        unsure.text(UNSURE)
        unsure.work()

        assert b"event: changed" in lines


# ---- what the page says beside the message


def test_an_emergency_that_nobody_acknowledged_says_so_and_how_to_reach_the_patient(unsure: Console) -> None:
    tell(unsure, {UNSURE: EMERGENCY})
    unsure.text(UNSURE)
    unsure.work()
    staff = unsure.sign_in()

    page = staff.get("/staff/review").text
    assert "Nobody is handling this emergency." in page
    assert '<a href="tel:+12025550123">' in page
    assert staff.post("/staff/escalations/1").ok

    assert "Nobody is handling this emergency." not in staff.get("/staff/review").text


def test_the_page_counts_what_its_badge_counts_and_names_the_samples_apart(unsure: Console) -> None:
    for number, text in ((PATIENT, UNSURE), (OTHER_PATIENT, OTHER_UNSURE)):
        unsure.text(text, from_=number)
    unsure.work()
    with unsure.edit() as session:
        session.get_one(Message, 2).provider = SAMPLE

    page = unsure.sign_in().get("/staff/review").text

    assert ">1 to review, and 1 sample<" in page
    assert 'id="review-count">1<' in page


@pytest.mark.parametrize("is_unsafe", [False, True])
def test_a_scheduled_reply_stands_beside_the_message_with_its_state(
    unsure: Console, receive: Callable[..., Review], is_unsafe: bool
) -> None:
    receive()
    dana = unsure.sign_in()
    noon = f"{now().astimezone(ZONE) + timedelta(days=1):%Y-%m-%d}T12:00"
    form = {"text": "See you then.", "form_id": "1" * 32, "seen": "0", "newest": "1", "later": "", "send_at": noon}
    assert dana.post("/staff/conversations/1/reply", data=form).status_code == 303
    if is_unsafe:
        dana.post("/staff/conversations/1/unsafe-contact", data={"unsafe": "yes"})

    page = dana.get("/staff/review")

    assert page.status_code == 200
    assert ("held back: scheduled for" if is_unsafe else "scheduled for") in page.text
