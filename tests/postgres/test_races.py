"""What comes at once is stored once, numbered without gaps and answered once, on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.inbox.incoming.test_form_deduplication import test_ten_copies_at_once_are_one_message
from tests.inbox.incoming.test_inbound import (
    test_ten_concurrent_copies_are_stored_once,
    test_ten_concurrent_copies_of_a_stop_opt_out_once,
    test_ten_concurrent_first_messages_share_one_conversation,
)
from tests.tasks.delivery.test_outbox import test_two_workers_with_the_same_text_send_it_once
from tests.tasks.delivery.test_unanswered import (
    test_two_identical_replies_searched_for_at_once_do_not_claim_one_text,
)
from tests.tasks.messages.test_handle_message import (
    test_one_message_in_two_workers_at_once_is_handled_once,
    test_two_texts_handled_by_two_workers_at_once_do_not_get_one_reply_twice,
)
from tests.webhooks.browser.test_chat import (
    chat,
    test_copies_that_come_at_once_are_stored_once,
    test_messages_that_come_at_once_get_numbers_without_gaps,
    test_two_tabs_see_the_same,
)

__all__ = [
    "chat",
    "test_copies_that_come_at_once_are_stored_once",
    "test_messages_that_come_at_once_get_numbers_without_gaps",
    "test_one_message_in_two_workers_at_once_is_handled_once",
    "test_ten_concurrent_copies_are_stored_once",
    "test_ten_concurrent_copies_of_a_stop_opt_out_once",
    "test_ten_concurrent_first_messages_share_one_conversation",
    "test_ten_copies_at_once_are_one_message",
    "test_two_identical_replies_searched_for_at_once_do_not_claim_one_text",
    "test_two_tabs_see_the_same",
    "test_two_texts_handled_by_two_workers_at_once_do_not_get_one_reply_twice",
    "test_two_workers_with_the_same_text_send_it_once",
]
