"""PostgreSQL tells whose patients nobody has answered as SQLite does, and counts what waits in Review."""

from __future__ import annotations

from tests.staff.conftest import console, console_of, start_console
from tests.staff.conversations.test_answered import (
    test_a_call_answers_if_it_brought_the_patient_a_word,
    test_a_voicemail_wants_one_although_the_call_came_before_its_text,
    test_an_answer_about_the_hours_answers_once_it_was_sent,
    test_what_a_member_settled_by_closing_is_not_asked_about_again_once_the_patient_thanks,
    test_what_staff_wrote_answers_if_it_left,
    told,
)
from tests.staff.reviews.test_review import (
    test_the_page_counts_what_its_badge_counts_and_names_the_samples_apart,
    unsure,
)

__all__ = [
    "console",
    "console_of",
    "start_console",
    "test_a_call_answers_if_it_brought_the_patient_a_word",
    "test_a_voicemail_wants_one_although_the_call_came_before_its_text",
    "test_an_answer_about_the_hours_answers_once_it_was_sent",
    "test_the_page_counts_what_its_badge_counts_and_names_the_samples_apart",
    "test_what_a_member_settled_by_closing_is_not_asked_about_again_once_the_patient_thanks",
    "test_what_staff_wrote_answers_if_it_left",
    "told",
    "unsure",
]
