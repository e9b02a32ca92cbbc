"""Twilio that refuses, hangs, forgets to answer, or answers with a clock or a list of its own."""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select

from faults.kinds.registry import fault
from faults.recovery import move_on
from faults.service import Service
from faults.texts import ANSWERED, Text
from inbox.models import Delivery, Message
from tests.standins.twilio import Fault, Operation

TRICKLED = 6
LIST_FAILURES = 3
PAIRS = 4
ARRIVES_SECONDS = 120.0  # a circuit may keep requests back for 30 seconds
UNQUEUED_SECONDS = 11.0  # after which a row is found that no job was queued for
CLIENT_GIVES_UP_SECONDS = 11.0
LATE_SECONDS = 75.0
LIST_LAG = timedelta(seconds=80)
SKEW = timedelta(minutes=15)
URGENT_WITHIN = 15.0
When = Callable[[Mapping[str, str]], bool]
LONG, SHORT = "We have your referral now. See you on Monday.", "See you on Monday."


@fault("Twilio answers 429")
def too_many(service: Service) -> None:
    """Refuse the first request for every second text as too many."""
    _fail(service, lambda when: Fault.answer(429, retry_after=1, when=when))


@fault("Twilio answers 500")
def server_error(service: Service) -> None:
    """Fail the first request for every second text, and send nothing."""
    _fail(service, lambda when: Fault.answer(500, when=when))


@fault("Twilio answers 500 after taking the text on")
def server_error_accepted(service: Service) -> None:
    """Fail the first request for every second text, and send the text all the same."""
    _fail(service, lambda when: Fault.answer(500, accept=True, when=when))


@fault("Twilio answers 503")
def unavailable(service: Service) -> None:
    """Fail the first request for every second text, and send nothing."""
    _fail(service, lambda when: Fault.answer(503, when=when))


@fault("Twilio drops the connection before reading")
def drop(service: Service) -> None:
    """Reset the first connection for every second text, and send nothing."""
    _fail(service, lambda when: Fault.drop(when=when))


@fault("Twilio takes texts on and drops the answer")
def drop_accepted(service: Service) -> None:
    """Reset the first connection for every second text, and send the text all the same."""
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("Twilio hangs, without the text")
def hang(service: Service) -> None:
    """Never answer two requests, and send nothing."""
    _hang(service, accept=False)


@fault("Twilio hangs, with the text")
def hang_accepted(service: Service) -> None:
    """Never answer two requests, and send their texts all the same."""
    _hang(service, accept=True)


@fault("Twilio takes texts on after 75 s")
def accept_late(service: Service) -> None:
    """Take two texts on long after the client gave up."""
    service.twilio.accept_late(LATE_SECONDS, times=2)
    service.text(6)
    service.wait_for(lambda: service.twilio.late_waiting == 2, "two texts to be held back")
    time.sleep(CLIENT_GIVES_UP_SECONDS)
    service.fault_is_over()


@fault("Twilio's answer trickles in")
def trickle(service: Service) -> None:
    """Answer six requests a few bytes at a time, over seconds."""
    service.twilio.trickled = TRICKLED
    service.text()
    service.wait_for(lambda: service.twilio.trickled <= 0, "six answers to trickle")
    service.fault_is_over()


@fault("Twilio's list shows texts 80 s late")
def list_late(service: Service) -> None:
    """Drop every second answer, and list texts 80 s late."""
    service.twilio.listing_delay = LIST_LAG
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("Twilio's list fails")
def list_fails(service: Service) -> None:
    """Drop every second answer, and fail three lists."""
    for _ in range(LIST_FAILURES):
        service.twilio.faults.push(Fault.answer(500, on=Operation.LIST))
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("Twilio's clock 15 minutes behind")
def clock_behind(service: Service) -> None:
    """Drop every second answer, and have Twilio's clock 15 minutes behind."""
    service.twilio.clock_offset = -SKEW
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("Twilio's clock 15 minutes ahead")
def clock_ahead(service: Service) -> None:
    """Drop every second answer, and have Twilio's clock 15 minutes ahead."""
    service.twilio.clock_offset = SKEW
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("message bodies redacted at Twilio")
def redacted(service: Service) -> None:
    """Drop every second answer, and list texts without words."""
    service.twilio.redacted_body = ""
    _fail(service, lambda when: Fault.drop(accept=True, when=when))


@fault("message bodies redacted, texts not taken on")
def redacted_and_lost(service: Service) -> None:
    """Reset every second connection, send nothing, and list texts without words."""
    service.twilio.redacted_body = ""
    _fail(service, lambda when: Fault.drop(when=when))


@fault("phone numbers redacted at Twilio")
def numbers_redacted(service: Service) -> None:
    """Drop every second answer, half of those texts lost, and mask patients' numbers in lists."""
    service.twilio.redacts_numbers = True
    accepted = itertools.cycle((True, False))
    _fail(service, lambda when: Fault.drop(accept=next(accepted), when=when))


@fault("a short staff reply that ends a longer one")
def short_ends_long(service: Service) -> None:
    """Send patients a long and a short reply of staff; drop every answer, and half of the short texts."""
    for number in range(PAIRS):
        [text] = service.text(1, urgent=0, opted_out=0)
        service.wait_for(functools.partial(service.is_answered, [text]), "the automatic reply")
        dropped = [
            service.twilio.faults.push(Fault.drop(accept=accept, when=_is(text.patient, body)))
            for body, accept in ((LONG, True), (SHORT, number % 2 == 0))
        ]
        _reply_as_staff(service, text, LONG, SHORT)
        move_on(service, UNQUEUED_SECONDS)
        for met in dropped:
            met.wait_arrived(ARRIVES_SECONDS)
    service.fault_is_over()


@fault(
    "Twilio hangs while staff are texted",
    teams="on_call = { notify = ['sms:+12025550199'] }",
    urgent_within=URGENT_WITHIN,
)
def hang_before_notices(service: Service) -> None:
    """Hang for 10 s on each answer to a patient while emergencies come in, of which staff are told by text."""
    patients = service.write(8, urgent=0, opted_out=0)
    numbers = {text.patient for text in patients}
    hanging = service.twilio.faults.push(Fault.hang(times=None, when=lambda form: form["To"] in numbers))
    service.send(patients)
    hanging.wait_arrived(30)
    service.send(service.write(0, urgent=2, opted_out=0))
    time.sleep(URGENT_WITHIN)
    service.twilio.faults.clear()
    service.fault_is_over()


@fault("status callbacks out of order and repeated")
def callbacks_in_disorder(service: Service) -> None:
    """Report each status, some twice, the last one first."""
    texts = service.text(8)
    waiting = [text for text in texts if text.patient not in service.opted_out_at]
    service.wait_for(lambda: service.is_answered(waiting), "the answers")
    for message in service.twilio.messages:
        for status in ("delivered", "queued", "sent", "sending", "delivered", "sent"):
            service.twilio.deliver(message.sid, status)
    service.fault_is_over()


@fault("a status callback before the answer")
def callback_first(service: Service) -> None:
    """Report texts as delivered before Twilio has answered."""
    hanging = [service.twilio.faults.push(Fault.hang(accept=True)) for _ in range(2)]
    service.text(4)
    hanging[0].wait_arrived(30)
    for message in service.twilio.messages:
        service.twilio.deliver(message.sid, "delivered")
    for held in hanging:
        held.release()
    service.fault_is_over()


@fault("a status callback, but never an answer")
def callback_alone(service: Service) -> None:
    """Drop every second answer, and report those texts as delivered."""
    chosen = {text.patient for text in _fail(service, lambda when: Fault.drop(accept=True, when=when))}
    for message in service.twilio.messages:
        if message.to in chosen:
            service.twilio.deliver(message.sid, "delivered")
    service.fault_is_over()


def _reply_as_staff(service: Service, text: Text, *bodies: str) -> None:
    """Put replies by hand into the outbox, as the console does."""
    with service.database.write() as session:
        message = session.scalars(select(Message).where(Message.provider_id == text.sid)).one()
        for body in bodies:
            reply = Delivery(
                conversation_id=message.conversation_id, reply="staff", sender=message.received_on, body=body
            )
            session.add(reply)
            session.flush()
            service.staff_replies.append((text.patient, body))


def _is(patient: str, body: str | None = None) -> When:
    """Return whether a request is for a text to this patient, with this body if one is given."""
    return lambda form: form["To"] == patient and body in (None, form["Body"])


def _fail(service: Service, make: Callable[[When], Fault]) -> list[Text]:
    """Let a fault meet the first answer to every second patient, so that no circuit opens, and return their texts."""
    texts = service.write(10)
    chosen = [text for text in texts if text.sort in ANSWERED][::2]
    faults = [service.twilio.faults.push(make(_is(text.patient))) for text in chosen]
    service.send(texts)
    for met in faults:
        met.wait_arrived(ARRIVES_SECONDS)
    service.fault_is_over()
    return chosen


def _hang(service: Service, *, accept: bool) -> None:
    faults = [service.twilio.faults.push(Fault.hang(accept=accept)) for _ in range(2)]
    service.text()
    for met in faults:
        met.wait_arrived(ARRIVES_SECONDS)
    time.sleep(CLIENT_GIVES_UP_SECONDS)
    for met in faults:
        met.release()
    service.fault_is_over()
