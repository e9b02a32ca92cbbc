"""When a text is due is decided by the database: PostgreSQL finds the same as SQLite."""

from __future__ import annotations

from tests.tasks.upkeep.test_reconcile import (
    test_a_text_for_next_week_waits_for_its_time_whatever_the_clock_did,
    test_a_text_that_can_still_be_undone_is_not_sent_by_a_machine_that_is_behind,
    test_a_text_that_could_be_undone_does_not_wait_for_a_clock_that_was_set_back,
    test_a_text_that_was_to_go_out_at_once_does,
)

__all__ = [
    "test_a_text_for_next_week_waits_for_its_time_whatever_the_clock_did",
    "test_a_text_that_can_still_be_undone_is_not_sent_by_a_machine_that_is_behind",
    "test_a_text_that_could_be_undone_does_not_wait_for_a_clock_that_was_set_back",
    "test_a_text_that_was_to_go_out_at_once_does",
]
