"""One alarm per conversation, collected notices, and codes hold on PostgreSQL as on SQLite."""

from __future__ import annotations

import threading

from sqlalchemy import select

from inbox.models import Conversation, Message, Notification
from intake.vocabulary import Priority, Route
from tasks.notification.alarms import join_alarm
from tasks.notification.targets import key_of
from tests.postgres.conftest import wait_for_a_lock
from tests.service import Service
from tests.tasks.notification.test_alarms import (
    CHEST,
    DIE,
    ON_CALL,
    ONE,
    ack,
    alarms,
    codes,
    service,
    test_a_code_ends_its_alarm_alone_in_any_spelling,
    test_twelve_anonymous_chats_are_four_texts_and_twelve_alarms,
    test_two_urgent_messages_that_are_handled_at_once_raise_one_alarm,
    text,
    three,
)

__all__ = [
    "service",
    "test_a_code_ends_its_alarm_alone_in_any_spelling",
    "test_twelve_anonymous_chats_are_four_texts_and_twelve_alarms",
    "test_two_urgent_messages_that_are_handled_at_once_raise_one_alarm",
    "three",
]


def test_a_message_that_joins_while_somebody_acknowledges_by_text_stays_open(service: Service) -> None:
    text(service, CHEST)
    service.text(DIE, from_=ONE)
    answering = threading.Thread(target=ack, args=(service, f"ACK {codes(service)[0]}"))
    practice = service.context.practices.require("demo")
    with service.edit() as session:  # as a worker does that handles the second message
        session.scalars(select(Conversation.id).with_for_update()).all()
        alarm = join_alarm(session, session.get_one(Message, 2), practice)
        answering.start()
        wait_for_a_lock(service.database, answering)
        cause = {"message_id": 2, "team": "on_call", "priority": Priority.URGENT, "reason": Route.URGENT}
        session.add(Notification(escalation_id=alarm.id, target=key_of(f"sms:{ON_CALL}"), **cause))
    answering.join()

    first, second = alarms(service)
    assert (first.acknowledged_at is None, second.acknowledged_at is None) == (False, True)
    [page] = [row for row in service.rows(Notification) if row.message_id == 2]
    assert (page.escalation_id, page.state) == (second.id, "pending")
