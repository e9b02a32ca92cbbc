"""Notices, digests and escalations that several workers begin at once come out right on PostgreSQL as on SQLite."""

from __future__ import annotations

from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.tasks.conftest import hook
from tests.tasks.notification.test_digest import service as gathering_service
from tests.tasks.notification.test_digest import (
    test_workers_that_begin_the_same_digest_at_once_send_it_once as _digest_once,
)
from tests.tasks.notification.test_escalation import (
    service,
    test_a_step_in_two_workers_at_once_is_taken_once,
    test_an_answer_by_text_ends_it_for_everybody,
    test_of_two_who_acknowledge_at_once_one_is_recorded,
    test_unless_somebody_acknowledges_the_next_contact_is_told_and_then_the_one_after,
)

__all__ = [
    "gathering_service",
    "hook",
    "service",
    "test_a_step_in_two_workers_at_once_is_taken_once",
    "test_an_answer_by_text_ends_it_for_everybody",
    "test_of_two_who_acknowledge_at_once_one_is_recorded",
    "test_unless_somebody_acknowledges_the_next_contact_is_told_and_then_the_one_after",
]


def test_a_digest_that_several_workers_begin_at_once_is_sent_once(
    gathering_service: Service, hook: HookReceiver
) -> None:
    _digest_once(gathering_service, hook)
