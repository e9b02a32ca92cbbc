"""Those who review at once get in each other's way as little on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.staff.conftest import console_of, start_console
from tests.staff.reviews.test_review import (
    receive,
    test_a_label_sends_its_reply_and_tells_its_team,
    test_of_two_who_decide_at_once_one_is_refused,
    test_the_oldest_comes_first_but_urgent_ones_before,
    test_those_who_look_at_once_get_different_messages,
    test_what_was_taken_back_can_be_decided_again_the_same_way,
    unanswered,
    unsure,
)

__all__ = [
    "console_of",
    "receive",
    "start_console",
    "test_a_label_sends_its_reply_and_tells_its_team",
    "test_of_two_who_decide_at_once_one_is_refused",
    "test_the_oldest_comes_first_but_urgent_ones_before",
    "test_those_who_look_at_once_get_different_messages",
    "test_what_was_taken_back_can_be_decided_again_the_same_way",
    "unanswered",
    "unsure",
]
