"""Searching the carrier's list: which listed message is the text, and after which searches it counts as not there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.carriers.protocol import ALWAYS, ListedMessage, MessageList, OutgoingMessage, ProviderStatus
from tasks.delivery.search import PAUSES, Miss, NextStep, Searches, Verdict, decide_next, find_text
from tests.world import DEMO_NUMBER, PATIENT, SERVICE_SID

AT = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
AGE = timedelta(minutes=2)
NONE = timedelta(0)
TEXT = OutgoingMessage(delivery_id=7, to=PATIENT, sender=DEMO_NUMBER, body="We close at noon.", sending_at=AT - AGE)
STATUS = ProviderStatus("SM1", "sent", None)
LISTED = ListedMessage(STATUS, PATIENT, frozenset({DEMO_NUMBER}), TEXT.body, AT - AGE)


def find(
    *messages: ListedMessage,
    text: OutgoingMessage = TEXT,
    age: timedelta = AGE,
    claimed: Collection[str] = (),
    other_bodies: Collection[str] = (),
    complete_since: datetime = ALWAYS,
    confirmed: Collection[str] = (),
) -> ProviderStatus | Miss:
    return find_text(text, MessageList(AT, messages, complete_since), age, claimed, other_bodies, confirmed)


def like_it(**changes: Any) -> ListedMessage:
    return replace(LISTED, **changes)


# ---- which listed message it is


def test_the_same_body_recipient_and_sender_are_the_text() -> None:
    assert find(LISTED) == STATUS


def test_a_messaging_service_is_a_sender_too() -> None:
    listed = like_it(senders=frozenset({"+12025550180", SERVICE_SID}))

    assert find(listed, text=replace(TEXT, sender=SERVICE_SID)) == STATUS


def test_an_empty_list_does_not_have_it() -> None:
    assert find() is Miss.NOT_LISTED


@pytest.mark.parametrize("change", [{"to": "+12025550124"}, {"senders": frozenset({"+12025550180"})}])
def test_a_text_to_or_from_another_number_is_not_the_text(change: dict[str, Any]) -> None:
    assert find(like_it(**change)) is Miss.NOT_LISTED


@pytest.mark.parametrize(
    "body",
    ["", None, "****", "Hello Ana. We close at noon.", "We close at noon", "WE CLOSE AT NOON."],
)
def test_a_body_that_nobody_knows_may_be_the_text(body: str | None) -> None:
    assert find(like_it(body=body)) is Miss.UNCLEAR


def test_pictures_without_words_are_found_among_texts_without_a_body_if_nothing_else_can_be_meant() -> None:
    picture = replace(TEXT, body="")

    assert find(like_it(body="", has_files=True), text=picture) == STATUS
    assert find(like_it(body=""), text=picture) is Miss.UNCLEAR
    assert find(like_it(body="", has_files=True), text=picture, other_bodies={""}) is Miss.UNCLEAR
    assert find(like_it(body="", has_files=True), other_bodies={""}) is Miss.UNCLEAR


def test_a_body_of_another_text_is_not_the_text() -> None:
    assert find(like_it(body="We open at 8."), other_bodies={"We open at 8."}) is Miss.NOT_LISTED


@pytest.mark.parametrize("body", [TEXT.body, "****"])
def test_a_message_that_belongs_to_another_delivery_is_not_the_text(body: str) -> None:
    assert find(like_it(body=body), claimed={"SM1"}) is Miss.NOT_LISTED


@pytest.mark.parametrize(
    "to", ["+1202555XXXX", "+1202555****", "+1 (202) 555-0123", "12025550123", "+1202", "[REDACTED]", "", None]
)
def test_a_message_to_a_hidden_number_may_be_the_text(to: str | None) -> None:
    assert find(like_it(to=to)) is Miss.UNCLEAR
    assert find(like_it(to=to, body="We open at 8.")) is Miss.UNCLEAR
    assert find(like_it(to=to), claimed={"SM1"}) is Miss.NOT_LISTED
    assert find(like_it(to=to, created_at=AT - AGE - timedelta(hours=1))) is Miss.NOT_LISTED


@pytest.mark.parametrize("to", ["+1212555XXXX", "+52XXXXXXXXXX", "+1202556****"])
def test_a_message_to_a_hidden_number_that_begins_otherwise_is_not_the_text(to: str) -> None:
    assert find(like_it(to=to)) is Miss.NOT_LISTED


def test_a_list_that_shows_no_confirmed_text_to_the_number_cannot_tell() -> None:
    older = like_it(status=ProviderStatus("SM0", "delivered", None), body="Hello Ana.")
    hidden = replace(older, to="+1202555XXXX")
    confirmed = {"SM0", "SM9"}

    assert find(confirmed=confirmed) is Miss.UNCLEAR
    assert find(hidden, claimed={"SM0"}, confirmed=confirmed) is Miss.UNCLEAR
    assert find(older, claimed={"SM0"}, confirmed=confirmed) is Miss.NOT_LISTED
    assert find(LISTED, confirmed=confirmed) == STATUS


CURLY = replace(TEXT, body="We’re open 8–5 – “walk in”.")
PLAIN = replace(TEXT, body='We\'re open 8-5 - "walk in".')


@pytest.mark.parametrize("body", [CURLY.body, PLAIN.body, f"{PLAIN.body} ", 'We\'re open\u00a08-5\u2009- "walk in".'])
def test_a_body_whose_quotes_dashes_or_spaces_the_carrier_changed_is_the_text(body: str) -> None:
    assert find(like_it(body=body), text=CURLY) == STATUS
    assert find(like_it(body=body), text=PLAIN) == STATUS


def test_of_two_messages_the_one_with_the_very_signs_is_the_text() -> None:
    plain = like_it(body=PLAIN.body, status=ProviderStatus("SM2", "sent", None))

    assert find(plain, like_it(body=CURLY.body), text=CURLY) == STATUS
    assert find(like_it(body=CURLY.body), plain, text=PLAIN) == plain.status


def test_of_two_texts_that_differ_in_their_signs_alone_one_message_is_neithers() -> None:
    shown = like_it(body=PLAIN.body)

    assert find(shown, text=PLAIN, other_bodies=[CURLY.body]) is Miss.UNCLEAR
    assert find(shown, text=CURLY, other_bodies=[PLAIN.body]) is Miss.UNCLEAR
    assert find(text=PLAIN, other_bodies=[CURLY.body]) is Miss.NOT_LISTED


def test_texts_that_differ_in_their_signs_alone_are_found_once_the_carrier_shows_one_for_each() -> None:
    second = like_it(body=PLAIN.body, status=ProviderStatus("SM2", "sent", None))

    assert find(LISTED, second, like_it(body=PLAIN.body), text=PLAIN, other_bodies=[CURLY.body]) == second.status
    assert find(second, text=PLAIN, other_bodies=[CURLY.body, CURLY.body]) is Miss.UNCLEAR


def test_a_changed_body_of_another_text_is_not_the_text() -> None:
    assert find(like_it(body=PLAIN.body), other_bodies={CURLY.body}) is Miss.NOT_LISTED


def test_an_exact_match_counts_whatever_else_is_unclear() -> None:
    assert find(like_it(body="", status=ProviderStatus("SM2", "sent", None)), LISTED) == STATUS


@pytest.mark.parametrize("body", [TEXT.body, "****"])
def test_a_message_from_long_before_the_send_is_not_the_text(body: str) -> None:
    assert find(like_it(body=body, created_at=AT - AGE - timedelta(hours=1))) is Miss.NOT_LISTED


def test_a_message_without_a_date_may_be_from_any_time() -> None:
    assert find(like_it(created_at=None)) == STATUS


@given(st.timedeltas(timedelta(0), timedelta(hours=4)), st.timedeltas(timedelta(minutes=-25), timedelta(minutes=25)))
def test_a_text_is_found_at_any_age_though_the_clock_was_set_since(age: timedelta, change: timedelta) -> None:
    assert find(like_it(created_at=AT - age), age=age + change) == STATUS


def test_a_list_that_is_cut_off_before_the_send_began_may_lack_the_text() -> None:
    assert find(complete_since=AT) is Miss.UNCLEAR
    assert find(complete_since=AT - timedelta(hours=1)) is Miss.NOT_LISTED
    assert find(LISTED, complete_since=AT) == STATUS


# ---- what follows from searches that did not find it


def steps_after(*searches: tuple[Miss, timedelta]) -> list[NextStep]:
    """What follows from each search, given when it was made, counted from the begin of the send."""
    steps: list[NextStep] = []
    for miss, age in searches:
        before = steps[-1].searches if steps else Searches()
        steps.append(decide_next(miss, before, None if miss is Miss.UNREACHABLE else AT + age, age))
    return steps


def clean(*minutes: float) -> list[NextStep]:
    return steps_after(*[(Miss.NOT_LISTED, timedelta(minutes=number)) for number in minutes])


def test_a_text_is_sent_again_after_four_clean_searches_over_more_than_ten_minutes() -> None:
    steps = clean(1, 2.5, 5.5, 12)

    assert [step.verdict for step in steps] == [*[Verdict.SEARCH_AGAIN] * 3, Verdict.SEND_AGAIN]
    assert [step.wait for step in steps[:3]] == list(PAUSES)
    assert sum(PAUSES, NONE) >= timedelta(minutes=11)  # the send itself may take one


def test_a_search_that_comes_too_soon_does_not_count() -> None:
    steps = clean(1, 1.5, 2.5)

    assert [step.searches.count for step in steps] == [1, 1, 2]
    assert steps[1].wait == timedelta(minutes=1)


@given(st.lists(st.timedeltas(NONE, timedelta(minutes=5)), min_size=1, max_size=40))
def test_however_often_the_list_is_searched_ten_minutes_pass_before_it_is_sent_again(waits: list[timedelta]) -> None:
    times = [sum(waits[: number + 1], NONE) for number in range(len(waits))]
    steps = clean(*(time / timedelta(minutes=1) for time in times))
    verdicts = [step.verdict for step in steps]

    if Verdict.SEND_AGAIN in verdicts:
        assert steps[verdicts.index(Verdict.SEND_AGAIN)].searches == Searches()
        counted = times[: verdicts.index(Verdict.SEND_AGAIN) + 1]
        assert len(counted) >= 4
        assert counted[-1] - counted[0] >= timedelta(minutes=10)


def test_an_unreachable_carrier_neither_counts_nor_starts_over() -> None:
    three = [(Miss.NOT_LISTED, timedelta(minutes=at)) for at in (1, 2.5, 5.5)]
    steps = steps_after(*three, (Miss.UNREACHABLE, timedelta(minutes=12)))

    assert (steps[-1].verdict, steps[-1].searches.count) == (Verdict.SEARCH_AGAIN, 3)


def test_an_unclear_search_starts_over() -> None:
    steps = steps_after(
        (Miss.NOT_LISTED, timedelta(minutes=1)),
        (Miss.UNCLEAR, timedelta(minutes=3)),
        (Miss.NOT_LISTED, timedelta(minutes=4)),
    )

    assert [step.searches.count for step in steps] == [1, 0, 1]


@pytest.mark.parametrize(
    ("miss", "longest"), [(Miss.UNCLEAR, timedelta(minutes=11)), (Miss.UNREACHABLE, timedelta(hours=4))]
)
def test_a_list_that_cannot_tell_is_given_up_in_the_end(miss: Miss, longest: timedelta) -> None:
    second = timedelta(seconds=1)
    steps = steps_after((miss, longest - second), (miss, longest))

    assert [step.verdict for step in steps] == [Verdict.SEARCH_AGAIN, Verdict.UNCONFIRMED]


def test_searches_never_follow_each_other_at_once() -> None:
    steps = [*clean(1, 2.5, 5.5), *steps_after((Miss.UNCLEAR, NONE)), *steps_after((Miss.UNREACHABLE, NONE))]

    assert all(step.wait >= timedelta(minutes=1) for step in steps)
    assert all(shorter < longer for shorter, longer in pairwise(PAUSES))
