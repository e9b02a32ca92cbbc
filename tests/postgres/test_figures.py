"""PostgreSQL counts the figures as SQLite does, above all hours on a practice's wall clock."""

from __future__ import annotations

from tests.staff.figures.test_counts import (
    test_a_period_begins_and_ends_at_the_practices_midnight,
    test_a_person_is_timed_from_the_first_message_that_nobody_has_answered,
    test_after_hours_is_what_the_practice_says_to_the_minute_and_on_holidays,
    test_another_practices_rows_count_nowhere,
    test_any_zone_has_its_own_hours,
    test_as_many_queries_are_asked_of_a_busy_practice_as_of_an_empty_one,
    test_each_member_who_wrote_is_named_once_with_conversations_and_replies,
    test_long_waits_are_rounded_down_to_what_is_worth_telling_apart,
    test_messages_are_counted_by_channel_route_intent_and_label,
    test_messages_that_retention_has_emptied_count_still,
    test_the_first_automatic_answer_that_arrived_counts,
    test_the_hour_that_a_clock_goes_through_twice_counts_twice,
    test_the_hour_that_a_clock_skips_has_nothing,
    test_who_waits_now_is_grouped_by_how_long_whatever_the_period,
)

__all__ = [
    "test_a_period_begins_and_ends_at_the_practices_midnight",
    "test_a_person_is_timed_from_the_first_message_that_nobody_has_answered",
    "test_after_hours_is_what_the_practice_says_to_the_minute_and_on_holidays",
    "test_another_practices_rows_count_nowhere",
    "test_any_zone_has_its_own_hours",
    "test_as_many_queries_are_asked_of_a_busy_practice_as_of_an_empty_one",
    "test_each_member_who_wrote_is_named_once_with_conversations_and_replies",
    "test_long_waits_are_rounded_down_to_what_is_worth_telling_apart",
    "test_messages_are_counted_by_channel_route_intent_and_label",
    "test_messages_that_retention_has_emptied_count_still",
    "test_the_first_automatic_answer_that_arrived_counts",
    "test_the_hour_that_a_clock_goes_through_twice_counts_twice",
    "test_the_hour_that_a_clock_skips_has_nothing",
    "test_who_waits_now_is_grouped_by_how_long_whatever_the_period",
]
