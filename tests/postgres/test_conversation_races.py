"""Whoever writes to a conversation reads it under its lock, so that nobody's change of it is undone by another's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from inbox.conversations.state import snooze
from inbox.incoming.inbound import record_message
from inbox.models import Conversation, ConversationState, Delivery, DeliveryState, now
from intake.vocabulary import Priority, TriageLevel
from tasks.carriers.protocol import ProviderStatus, Refused
from tasks.delivery.outbox import add_delivery, store_outcome
from tasks.delivery.status import record_status
from tests.inbox.conftest import inbound
from tests.postgres.conftest import wait_for_a_lock
from tests.service import Service
from tests.world import DEMO_NUMBER

FAILED = ProviderStatus(f"SM{1:032x}", "failed", "30003")


def meanwhile(service: Service, change: Callable[[Conversation], None], other: Callable[[], object]) -> Conversation:
    """Changes the conversation, while another transaction has begun to; returns what both leave."""
    thread = threading.Thread(target=other)
    with service.edit() as session:
        change(session.get_one(Conversation, 1, with_for_update=True))
        session.flush()
        thread.start()
        wait_for_a_lock(service.database, thread)
    thread.join()
    [conversation] = service.rows(Conversation)
    return conversation


def test_a_text_that_comes_while_a_member_snoozes_its_conversation_is_not_hidden(service: Service) -> None:
    record_message(service.database, inbound())

    left = meanwhile(
        service,
        lambda conversation: snooze(conversation, now() + timedelta(days=2)),
        lambda: record_message(service.database, inbound("Are you there?")),
    )

    assert (left.state, left.snoozed_until) == ("open", None)


def by_outcome(service: Service) -> None:
    with service.database.write() as session:
        store_outcome(service.context, session, 1, Refused("30003"))


def by_callback(service: Service) -> None:
    record_status(service.database, service.context.practices, 1, FAILED)


def become_emergency(conversation: Conversation) -> None:
    conversation.state, conversation.priority = ConversationState.OPEN, Priority.URGENT
    conversation.triage, conversation.team = TriageLevel.EMERGENCY, "on_call"


@pytest.mark.parametrize("fail", [by_outcome, by_callback], ids=["answer", "callback"])
def test_a_reply_that_fails_while_an_emergency_is_decided_leaves_it_one(
    service: Service, fail: Callable[[Service], None]
) -> None:
    record_message(service.database, inbound())
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        reply = Delivery(conversation=conversation, reply="staff", sender=DEMO_NUMBER, body="See you at 9", staff_id=1)
        add_delivery(session, reply)
        reply.state, reply.sending_at, reply.attempts = DeliveryState.SENDING, now(), 1

    left = meanwhile(service, become_emergency, lambda: fail(service))

    assert [delivery.state for delivery in service.rows(Delivery)] == ["failed"]
    assert (left.priority, left.triage, left.team) == (Priority.URGENT, TriageLevel.EMERGENCY, "on_call")
