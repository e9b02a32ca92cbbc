"""What a patient writes just as a scheduled reply goes out, or as staff decide on it, is missed by nobody."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from inbox.conversations.written_since import newest_message
from inbox.incoming.inbound import record_message, store_message
from inbox.models import Conversation, Delivery, DeliveryState, now
from tasks.delivery.batch import deliver
from tests.inbox.conftest import inbound
from tests.postgres.conftest import wait_for_a_lock
from tests.service import Service
from tests.staff.conftest import Browser, Console, console_of, start_console
from tests.staff.conversations.test_held import (
    GONE,
    actions,
    console,
    dana,
    hold,
    press,
    replies,
    test_it_does_not_go_out_and_the_thread_asks_for_a_decision,
    test_sending_it_anyway_sends_it_once_and_answers_the_patient,
    test_the_scheduled_view_counts_it_and_has_it_first,
    test_undoing_that_it_was_sent_holds_it_again,
    test_what_comes_after_the_confirmation_holds_it_all_the_same,
    write,
)
from tests.staff.conversations.test_send_later import PAGE, said

__all__ = [
    "console",
    "console_of",
    "dana",
    "start_console",
    "test_it_does_not_go_out_and_the_thread_asks_for_a_decision",
    "test_sending_it_anyway_sends_it_once_and_answers_the_patient",
    "test_the_scheduled_view_counts_it_and_has_it_first",
    "test_undoing_that_it_was_sent_holds_it_again",
    "test_what_comes_after_the_confirmation_holds_it_all_the_same",
]


def test_a_text_that_is_being_stored_as_the_reply_falls_due_holds_it(service: Service) -> None:
    record_message(service.database, inbound())
    with service.edit() as session:
        conversation = session.get_one(Conversation, 1)
        at = now() - timedelta(seconds=1)
        reply = {"reply": "staff", "sender": "+15005550006", "body": "See you Tuesday at 3!"}
        seen = newest_message(session, conversation)
        session.add(Delivery(conversation_id=1, **reply, scheduled_for=at, next_attempt_at=at, seen_up_to=seen))
    worker = threading.Thread(target=deliver, args=(service.context, [1]))

    with service.edit() as session:
        store_message(session, inbound(GONE))
        session.flush()
        worker.start()
        wait_for_a_lock(service.database, worker)
    worker.join()

    assert service.twilio.messages == []
    assert [row.state for row in service.rows(Delivery)] == [DeliveryState.HELD]


def test_of_two_members_who_send_it_anyway_at_the_same_moment_one_does(console: Console, dana: Browser) -> None:
    hold(console)
    page, bob = dana.get(PAGE), console.sign_in(name="Bob Stone")
    bob.token()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(lambda browser: press(browser, "Send anyway", page).status_code, (dana, bob)))

    assert sorted(answers) == [303, 409]
    console.work()
    assert len(said(console)) == 1
    assert actions(console).count("schedule_sent_anyway") == 1


def test_of_a_worker_and_a_member_who_confirms_at_the_same_moment_one_wins(console: Console, dana: Browser) -> None:
    write(console)
    page, [reply] = dana.get(PAGE), replies(console)
    with console.edit() as session:
        due = session.get_one(Delivery, reply.id)
        due.scheduled_for = due.next_attempt_at = now() - timedelta(seconds=1)

    with ThreadPoolExecutor(2) as threads:
        tried = threads.submit(deliver, console.context, [reply.id])
        confirmed = threads.submit(press, dana, "Send as planned", page)

    assert tried.result() == {}
    console.reconcile()
    outcome = confirmed.result().status_code, len(said(console)), actions(console)
    assert outcome in [(303, 1, ["schedule_confirmed"]), (409, 0, ["schedule_held"])]
