"""What is undone just as it is sent comes out right on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.staff.conftest import console_of, start_console
from tests.staff.undo.test_undo import (
    console,
    dana,
    settings,
    test_an_undone_label_notifies_nobody_and_restores_the_priority,
    test_of_a_worker_and_a_member_at_the_same_moment_one_wins,
    test_undoing_a_reply_restores_the_state_and_the_alarm_with_its_unsent_notice,
)

__all__ = [
    "console",
    "console_of",
    "dana",
    "settings",
    "start_console",
    "test_an_undone_label_notifies_nobody_and_restores_the_priority",
    "test_of_a_worker_and_a_member_at_the_same_moment_one_wins",
    "test_undoing_a_reply_restores_the_state_and_the_alarm_with_its_unsent_notice",
]
