"""A worker is killed at each step of its work. Another one finishes it: one reply, nothing lost."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from inbox.models import Decision, Delivery, DeliveryState, Lease, Message, Notification, now
from intake.settings import Settings
from tasks.delivery.search import PAUSES
from tests.e2e.processes import Processes
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import Fault, Operation, TwilioStandIn
from tests.world import PRACTICES_TOML

TEXT = "My husband has crushing chest pain and can't breathe"

STEPS = {
    "before the message is handled": ("tasks.messages.batch:handle_messages", "call"),
    "after it was understood, before the commit": ("tasks.messages.handle_message:handle_message", "return"),
    "after the commit, before its jobs are queued": ("tasks.messages.batch:_write", "return"),
    "after the text was claimed, before the request": ("tasks.delivery.batch:_Batch._claim", "return"),
    "after the answer, before it is written down": ("tasks.carriers.twilio:TwilioSender.send", "return"),
    "after it was written down": ("tasks.delivery.batch:deliver", "return"),
}


@pytest.mark.parametrize(("function", "event"), STEPS.values(), ids=STEPS.keys())
def test_a_worker_killed_at_this_step_costs_nothing(
    service: Service,
    quick_settings: Settings,
    processes: Processes,
    twilio: TwilioStandIn,
    function: str,
    event: str,
) -> None:
    doomed = processes.start_tampered_worker(quick_settings, function, event, "die")
    service.text(TEXT)
    assert doomed.wait() == -signal.SIGKILL, doomed.tail()

    _finish_with_another_worker(service, quick_settings, processes)

    _assert_answered_once(service, twilio)


@pytest.mark.parametrize("accept", [False, True], ids=["not accepted", "accepted"])
def test_a_worker_killed_while_its_request_is_in_flight_costs_nothing(
    service: Service, quick_settings: Settings, processes: Processes, twilio: TwilioStandIn, accept: bool
) -> None:
    _kill_in_flight(service, quick_settings, processes, accept=accept)

    _finish_with_another_worker(service, quick_settings, processes)

    _assert_answered_once(service, twilio)
    create, looked = [request.operation for request in twilio.requests][:2]
    assert (create, looked) == (Operation.CREATE, Operation.LIST)


@pytest.mark.parametrize(("event", "at_most"), [("call", 1), ("return", 2)], ids=["before", "after"])
def test_a_worker_killed_while_staff_are_told_costs_at_most_a_second_notice(
    service: Service,
    quick_settings: Settings,
    processes: Processes,
    twilio: TwilioStandIn,
    hook: HookReceiver,
    event: str,
    at_most: int,
) -> None:
    teams = f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}"
    quick_settings.practices_file.write_text(PRACTICES_TOML.replace('"demo"\n', f'"demo"\n{teams}\n', 1))
    doomed = processes.start_tampered_worker(quick_settings, "apprise:Apprise.notify", event, "die")
    service.text(TEXT)
    assert doomed.wait() == -signal.SIGKILL, doomed.tail()
    _pretend_that_minutes_passed(service)

    _finish_with_another_worker(service, quick_settings, processes)

    _assert_answered_once(service, twilio)
    assert 1 <= len(hook.notifications) <= at_most


def test_of_two_workers_in_a_rush_one_may_die(
    service: Service, quick_settings: Settings, processes: Processes, twilio: TwilioStandIn
) -> None:
    patients = [f"+12025550{number}" for number in range(130, 150)]
    doomed, survivor = processes.start_worker(quick_settings), processes.start_worker(quick_settings)
    processes.wait_until_listening(service.redis)
    for patient in patients:
        service.text(TEXT, from_=patient)
    twilio.wait_for_messages(3, 60)
    doomed.kill()
    doomed.wait()
    _pretend_that_a_search_is_left(service)

    _wait_until_finished(service, processes)

    assert sorted(message.to for message in twilio.messages) == patients
    assert len(service.rows(Decision)) == len(patients)
    assert survivor.stop() == 0


def _kill_in_flight(service: Service, settings: Settings, processes: Processes, *, accept: bool) -> None:
    fault = service.twilio.faults.push(Fault.hang(accept=accept))
    doomed = processes.start_worker(settings)
    service.text(TEXT)
    processes.wait_until(fault.arrived.is_set, "the worker's request")
    doomed.kill()
    fault.release()


def _finish_with_another_worker(service: Service, settings: Settings, processes: Processes) -> None:
    _pretend_that_a_search_is_left(service)
    another = processes.start_worker(settings)
    processes.wait_until_listening(service.redis)
    _wait_until_finished(service, processes)
    assert another.stop() == 0, another.tail()


def _wait_until_finished(service: Service, processes: Processes) -> None:
    def is_finished() -> bool:
        messages, deliveries, notices = service.rows(Message), service.rows(Delivery), service.rows(Notification)
        return (
            all(message.handled_at for message in messages)
            and bool(deliveries)
            and all(delivery.state == "sent" for delivery in deliveries)
            and bool(notices)
            and all(notice.state == "sent" for notice in notices)
        )

    processes.wait_until(is_finished, "every row to be finished")


def _assert_answered_once(service: Service, twilio: TwilioStandIn) -> None:
    [reply] = twilio.messages
    assert "call 911" in reply.body
    [delivery] = service.rows(Delivery)
    assert delivery.provider_id == reply.sid
    assert [decision.route for decision in service.rows(Decision)] == ["urgent"]


def _pretend_that_a_search_is_left(service: Service) -> None:
    """Have unfinished sends be so long ago that one more search decides about them; a dead worker's lease ran out."""
    long_ago = now() - timedelta(minutes=20)
    with service.edit() as session:
        session.execute(update(Lease).values(expires_at=0.0))
        for row in session.scalars(select(Delivery).where(Delivery.state == DeliveryState.SENDING)):
            row.sending_at, row.next_attempt_at = long_ago, now()
            row.searches, row.searched_at = len(PAUSES), now() - timedelta(minutes=10)


def _pretend_that_minutes_passed(service: Service) -> None:
    with service.edit() as session:
        for row in session.scalars(select(Notification)):
            row.updated_at = now() - timedelta(minutes=3)
