"""The outbox state machine: forward only, whatever the order in which a carrier reports."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from inbox.models import DeliveryState
from tasks.carriers.backoff import MAX_ATTEMPTS, retry_delay
from tasks.delivery.states import FINAL, advance, state_for_status

IN_PROGRESS = ["accepted", "scheduled", "queued", "sending", "sent"]
DELIVERED = ["delivered", "read"]
FAILED = ["undelivered", "failed", "canceled"]
RANK = {
    DeliveryState.PENDING: 0,
    DeliveryState.HELD: 0,
    DeliveryState.SENDING: 1,
    DeliveryState.UNKNOWN: 1,
    DeliveryState.UNCONFIRMED: 1,
    DeliveryState.SENT: 2,
}


def after(statuses: list[str], start: DeliveryState = DeliveryState.SENDING) -> DeliveryState:
    state = start
    for status in statuses:
        reported = state_for_status(status)
        assert reported is not None
        state = advance(state, reported)
    return state


@pytest.mark.parametrize("status", IN_PROGRESS)
def test_a_text_on_its_way_counts_as_sent(status: str) -> None:
    assert state_for_status(status) is DeliveryState.SENT


@pytest.mark.parametrize("status", DELIVERED)
def test_a_text_that_arrived_is_delivered(status: str) -> None:
    assert state_for_status(status) is DeliveryState.DELIVERED


@pytest.mark.parametrize("status", FAILED)
def test_a_text_that_will_never_arrive_has_failed(status: str) -> None:
    assert state_for_status(status) is DeliveryState.FAILED


def test_a_status_is_read_in_any_case_and_a_new_one_is_not_guessed_at() -> None:
    assert state_for_status("Delivered") is DeliveryState.DELIVERED
    assert state_for_status("teleported") is None


@given(st.data(), st.sampled_from([DELIVERED, FAILED]))
def test_reports_in_any_order_and_number_end_at_the_final_one(data: st.DataObject, finals: list[str]) -> None:
    reports = data.draw(st.lists(st.sampled_from(IN_PROGRESS + finals), max_size=12))
    assume(set(reports) & set(finals))
    reordered = data.draw(st.permutations(reports))

    assert after(reordered) == after(reports) == state_for_status(finals[0])


@given(st.lists(st.sampled_from(IN_PROGRESS), min_size=1))
def test_without_a_final_report_it_stays_sent(reports: list[str]) -> None:
    assert after(reports) is DeliveryState.SENT


@given(st.sampled_from(sorted(FINAL)), st.lists(st.sampled_from(IN_PROGRESS + DELIVERED + FAILED)))
def test_a_final_state_is_left_by_no_report(final: DeliveryState, reports: list[str]) -> None:
    assert after(reports, final) is final


@given(st.sampled_from(list(DeliveryState)), st.lists(st.sampled_from(IN_PROGRESS + DELIVERED + FAILED)))
def test_no_report_ever_moves_back(start: DeliveryState, reports: list[str]) -> None:
    state = start
    for status in reports:
        moved = after([status], state)
        assert _rank(moved) >= _rank(state)
        state = moved


def test_a_failed_attempt_is_repeated_after_ever_longer_waits_of_at_most_an_hour() -> None:
    waits = [retry_delay(attempts) for attempts in range(1, MAX_ATTEMPTS)]
    known = [wait for wait in waits if wait is not None]

    assert len(known) == len(waits)
    assert known == sorted(known)
    assert known[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
    assert known[-1] == timedelta(hours=1)


def test_the_last_failed_attempt_is_not_repeated() -> None:
    assert retry_delay(MAX_ATTEMPTS) is None
    assert retry_delay(MAX_ATTEMPTS + 1) is None


def _rank(state: DeliveryState) -> int:
    return 3 if state in FINAL else RANK[state]
