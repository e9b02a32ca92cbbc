"""What members of staff do at once comes out right on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.inbox.audit.test_trail import (
    test_a_chain_that_is_made_anew_is_found_by_the_hash_that_was_noted,
    test_a_chain_that_is_made_anew_without_the_key_is_found,
    test_entries_from_before_there_were_seals_are_whole_after_the_migration,
    test_entries_that_come_at_once_form_one_chain,
    test_what_nobody_touched_is_whole,
    trail,
)
from tests.staff.auth.test_first_admin import test_of_browsers_that_race_one_makes_the_admin
from tests.staff.auth.test_sign_in import (
    test_a_code_that_is_given_twice_at_once_lets_one_in,
    test_attempts_that_come_at_once_are_all_counted,
)
from tests.staff.conftest import console, console_of, start_console
from tests.staff.settings.test_page import (
    manager,
    test_of_saves_at_the_same_moment_one_is_stored,
    test_of_two_who_edit_the_second_is_shown_what_the_first_changed,
    test_the_next_message_gets_the_new_words_without_a_restart,
    test_undoing_a_version_puts_back_what_it_changed_as_a_new_version,
)
from tests.staff.settings.test_questions_page import test_of_answers_that_are_saved_at_the_same_moment_one_is_stored

__all__ = [
    "console",
    "console_of",
    "manager",
    "start_console",
    "test_a_chain_that_is_made_anew_is_found_by_the_hash_that_was_noted",
    "test_a_chain_that_is_made_anew_without_the_key_is_found",
    "test_a_code_that_is_given_twice_at_once_lets_one_in",
    "test_attempts_that_come_at_once_are_all_counted",
    "test_entries_from_before_there_were_seals_are_whole_after_the_migration",
    "test_entries_that_come_at_once_form_one_chain",
    "test_of_answers_that_are_saved_at_the_same_moment_one_is_stored",
    "test_of_browsers_that_race_one_makes_the_admin",
    "test_of_saves_at_the_same_moment_one_is_stored",
    "test_of_two_who_edit_the_second_is_shown_what_the_first_changed",
    "test_the_next_message_gets_the_new_words_without_a_restart",
    "test_undoing_a_version_puts_back_what_it_changed_as_a_new_version",
    "test_what_nobody_touched_is_whole",
    "trail",
]
