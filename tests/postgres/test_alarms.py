"""One alarm per conversation, collected notices, and codes hold on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.tasks.notification.test_alarms import (
    service,
    test_a_code_ends_its_alarm_alone_in_any_spelling,
    test_twelve_anonymous_chats_are_two_texts_and_twelve_alarms,
    test_two_urgent_messages_that_are_handled_at_once_raise_one_alarm,
    three,
)

__all__ = [
    "service",
    "test_a_code_ends_its_alarm_alone_in_any_spelling",
    "test_twelve_anonymous_chats_are_two_texts_and_twelve_alarms",
    "test_two_urgent_messages_that_are_handled_at_once_raise_one_alarm",
    "three",
]
