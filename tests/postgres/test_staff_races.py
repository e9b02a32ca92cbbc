"""What members of staff do at once comes out right on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.inbox.test_audit import (
    test_a_chain_that_is_made_anew_is_found_by_the_hash_that_was_noted,
    test_entries_that_come_at_once_form_one_chain,
    test_what_nobody_touched_is_whole,
    trail,
)
from tests.staff.conftest import console, console_of, start_console
from tests.staff.test_sign_in import (
    test_a_code_that_is_given_twice_at_once_lets_one_in,
    test_attempts_that_come_at_once_are_all_counted,
)

__all__ = [
    "console",
    "console_of",
    "start_console",
    "test_a_chain_that_is_made_anew_is_found_by_the_hash_that_was_noted",
    "test_a_code_that_is_given_twice_at_once_lets_one_in",
    "test_attempts_that_come_at_once_are_all_counted",
    "test_entries_that_come_at_once_form_one_chain",
    "test_what_nobody_touched_is_whole",
    "trail",
]
