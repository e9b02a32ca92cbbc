"""A carrier that does not answer is left alone for a while; nothing that it would have sent is lost or counted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta

import pytest

from inbox.models import Conversation, Delivery, Escalation, Notification, now
from intake.mail_server import Encryption, MailServer
from intake.settings import Settings
from tasks.carriers.choose import make_lookup, make_sender
from tasks.carriers.circuit import FAILURES, CircuitSender
from tasks.carriers.protocol import Accepted, CarrierUnreachableError, OutgoingMessage, Postponed, Retryable
from tasks.carriers.smtp import EmailSender
from tasks.carriers.twilio import TwilioSender, make_client
from tasks.notification.notifier import make_notifier
from tasks.notification.render import Wording
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import Fault, Operation, TwilioStandIn
from tests.tasks.conftest import StartService
from tests.world import DEMO_NUMBER, PATIENT

WORDING = Wording("title", "body", "text")


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def text(to: str = PATIENT, sender: str = DEMO_NUMBER) -> OutgoingMessage:
    return OutgoingMessage(delivery_id=7, to=to, sender=sender, body="Hello.", sending_at=now())


def sender(settings: Settings, open_seconds: float) -> CircuitSender:
    return CircuitSender(
        TwilioSender(make_client(settings), "https://intake.example.com/status"), "twilio", open_seconds
    )


def test_a_carrier_that_does_not_answer_is_not_tried_a_fourth_time(settings: Settings, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(times=None))
    guarded = make_sender(settings)
    for _ in range(FAILURES):
        guarded.send(text())

    outcome = guarded.send(text())

    assert isinstance(outcome, Postponed)
    assert timedelta(seconds=29) < outcome.wait <= timedelta(seconds=30)
    assert len(twilio.requests) == FAILURES


def test_after_the_pause_one_request_tries_and_the_circuit_closes_again(
    settings: Settings, twilio: TwilioStandIn
) -> None:
    twilio.faults.push(Fault.drop(times=FAILURES + 1))
    guarded = sender(settings, open_seconds=0.0)
    for _ in range(FAILURES + 1):
        assert not isinstance(guarded.send(text()), Accepted)

    assert [type(guarded.send(text())) for _ in range(3)] == [Accepted] * 3


def test_a_carrier_that_answers_is_never_left_alone_whatever_it_answers(
    settings: Settings, twilio: TwilioStandIn
) -> None:
    for fault in (Fault.answer(429, times=5), Fault.answer(503, times=5), Fault.answer(400, code=21211, times=5)):
        twilio.faults.push(fault)
    guarded = make_sender(settings)
    outcomes = [guarded.send(text()) for _ in range(16)]

    assert not any(isinstance(outcome, Postponed) for outcome in outcomes)
    assert isinstance(outcomes[-1], Accepted)


def test_an_answer_in_between_starts_the_count_again(settings: Settings, twilio: TwilioStandIn) -> None:
    guarded = make_sender(settings)
    for _ in range(3):
        twilio.faults.push(Fault.drop(times=FAILURES - 1))
        for _ in range(FAILURES - 1):
            guarded.send(text())
        assert isinstance(guarded.send(text()), Accepted)


def test_a_list_that_does_not_answer_stops_no_texts(settings: Settings, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(on=Operation.LIST, times=None))
    guarded = make_sender(settings)
    for _ in range(2 * FAILURES):
        with pytest.raises(CarrierUnreachableError):
            guarded.list_messages(text(), timedelta(hours=1))

    assert len(twilio.requests) == FAILURES
    assert isinstance(guarded.send(text()), Accepted)


def test_look_ups_that_get_no_answer_are_given_up_for_a_while(settings: Settings, closed_port: int) -> None:
    away = settings.model_copy(update={"twilio_api_base_url": f"http://127.0.0.1:{closed_port}"})
    lookup = make_lookup(away)
    reasons = []
    for _ in range(FAILURES + 1):
        with pytest.raises(CarrierUnreachableError) as failed:
            lookup.line_type(PATIENT)
        reasons.append(str(failed.value))

    assert reasons == ["ConnectionError"] * FAILURES + ["left alone after several failures"]


def test_look_ups_that_are_answered_with_an_error_go_on(settings: Settings, twilio: TwilioStandIn) -> None:
    twilio.lookups_fail = True
    lookup = make_lookup(settings)
    for _ in range(2 * FAILURES):
        with pytest.raises(CarrierUnreachableError, match="status 503"):
            lookup.line_type(PATIENT)


def test_a_mail_server_that_cannot_be_reached_is_left_alone(closed_port: int) -> None:
    server = MailServer("127.0.0.1", closed_port, Encryption.NONE)
    guarded = CircuitSender(EmailSender(server, "intake.example.com", ssl.create_default_context(), 1.0), "smtp")
    mail = text("ana@patient.example", "hello@maple.example")
    outcomes = [type(guarded.send(mail)) for _ in range(FAILURES + 1)]

    assert outcomes == [Retryable] * FAILURES + [Postponed]


def test_each_address_that_notifies_staff_has_a_circuit_of_its_own_whatever_its_host(
    settings: Settings, hook: HookReceiver, closed_port: int
) -> None:
    notifier = make_notifier(settings)
    away = f"json://127.0.0.2:{closed_port}/"
    outcomes = [type(notifier.send(WORDING, away, None)) for _ in range(FAILURES + 1)]

    assert outcomes == [Retryable] * FAILURES + [Postponed]
    assert isinstance(notifier.send(WORDING, f"{away}other", None), Retryable)
    assert isinstance(notifier.send(WORDING, hook.apprise_url(), None), Accepted)


# ---- in the outboxes


def test_replies_wait_for_the_carrier_without_using_up_their_attempts(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(times=None))
    for number in range(6):
        service.text("Do you have parking?", from_=f"+1202555010{number}")
    service.work()

    assert len(twilio.requests) == FAILURES
    waiting = [row for row in service.rows(Delivery) if row.state == "pending"]
    assert [row.attempts for row in waiting] == [0] * 3
    assert all(timedelta(0) < row.next_attempt_at - now() <= timedelta(seconds=30) for row in waiting)


def test_an_urgent_notice_that_cannot_go_one_way_goes_the_other_and_shows_on_the_console_at_once(
    start_service: StartService, hook: HookReceiver, closed_port: int
) -> None:
    away = f"json://127.0.0.2:{closed_port}/"
    service = start_service(f'teams = {{ on_call = {{ notify = ["{away}", "{hook.apprise_url()}"] }} }}')
    for number in range(FAILURES + 1):
        service.text("I have crushing chest pain", from_=f"+1202555010{number}")
    service.work()

    last = [row for row in service.rows(Notification) if row.message_id == FAILURES + 1]
    assert [(row.state, row.attempts) for row in last] == [("sent", 0), ("pending", 0), ("sent", 1)]
    assert len(hook.notifications) == FAILURES + 1
    assert len(service.rows(Escalation)) == FAILURES + 1
    assert {row.priority for row in service.rows(Conversation)} == {"urgent"}
