"""Handing a text to Twilio: what its answers mean, and whether another try is safe."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intake.settings import Settings
from tasks.carriers.choose import make_sender
from tasks.carriers.console import ConsoleSender
from tasks.carriers.protocol import (
    ALWAYS,
    Accepted,
    CarrierUnreachableError,
    ListedMessage,
    NotSent,
    OutgoingMessage,
    ProviderStatus,
    Refused,
    Retryable,
    Sender,
    Unanswered,
)
from tasks.carriers.twilio import LONGEST_LIST, TRIAL_PREFIX
from tests.standins.twilio import Fault, Message, Operation, TwilioStandIn
from tests.world import DEMO_NUMBER, PATIENT, SERVICE_SID

BODY = "Maple Street: We received your billing question."
SHORT_TIMEOUT = 0.3
REACH = timedelta(hours=1)
ACCEPTED_OR_NOT = pytest.mark.parametrize("accept", [True, False], ids=["accepted", "not accepted"])

TROUBLE = {
    "internal error": lambda **options: Fault.answer(500, **options),
    "gateway page": lambda **options: Fault.answer(502, **options),
    "unavailable": lambda **options: Fault.answer(503, **options),
    "gateway time-out": lambda **options: Fault.answer(504, **options),
    "request time-out": lambda **options: Fault.answer(408, **options),
    "connection reset": lambda **options: Fault.drop(reset=True, **options),
    "connection closed": lambda **options: Fault.drop(reset=False, **options),
    "no answer in time": lambda **options: Fault.hang(**options),
}


@pytest.fixture
def sender(settings: Settings) -> Sender:
    return make_sender(settings)


@pytest.fixture
def impatient(settings: Settings) -> Sender:
    """A sender that waits for a fraction of a second."""
    return make_sender(settings, SHORT_TIMEOUT)


def listed(carrier: Sender, **changes: Any) -> list[ListedMessage]:
    found = carrier.list_messages(text(**changes), REACH)
    assert found is not None
    return list(found.messages)


def text(**changes: Any) -> OutgoingMessage:
    given = OutgoingMessage(delivery_id=7, to=PATIENT, sender=DEMO_NUMBER, body=BODY, sending_at=datetime.now(UTC))
    return replace(given, **changes)


# ---- handing over


def test_a_text_is_handed_over_with_its_status_callback(sender: Sender, twilio: TwilioStandIn) -> None:
    outcome = sender.send(text())

    [message] = twilio.messages
    assert outcome == Accepted(message.sid)
    assert (message.to, message.from_, message.body) == (PATIENT, DEMO_NUMBER, BODY)
    assert message.status_callback == "https://intake.example.com/twilio/sms/status?delivery=7"


def test_a_messaging_service_chooses_the_number(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.account.messaging_services[SERVICE_SID] = ["+12025550180"]

    outcome = sender.send(text(sender=SERVICE_SID))

    [message] = twilio.messages
    assert outcome == Accepted(message.sid)
    assert message.messaging_service_sid == SERVICE_SID
    assert "From" not in twilio.requests[0].form


def test_an_opted_out_number_is_refused_for_good(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.account.opted_out.add(PATIENT)

    assert sender.send(text()) == Refused("21610")


def test_an_unverified_number_of_a_trial_account_is_refused_for_good(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.account.unverified.add(PATIENT)

    assert sender.send(text()) == Refused("21608")


def test_an_invalid_number_is_refused_for_good(sender: Sender, twilio: TwilioStandIn) -> None:
    assert sender.send(text(to="+1")) == Refused("21211")


def test_a_number_of_another_account_is_refused_for_good(sender: Sender, twilio: TwilioStandIn) -> None:
    assert sender.send(text(sender="+12025550199")) == Refused("21606")


@pytest.mark.parametrize("code", [21612, 21614, 21617, 30006])
def test_other_refusals_of_the_text_are_for_good(sender: Sender, twilio: TwilioStandIn, code: int) -> None:
    twilio.faults.push(Fault.answer(400, code))

    assert sender.send(text()) == Refused(str(code))


def test_wrong_credentials_pass_once_somebody_corrects_them(settings: Settings, twilio: TwilioStandIn) -> None:
    misconfigured = make_sender(settings.model_copy(update={"twilio_auth_token": "0" * 32}))

    assert misconfigured.send(text()) == Retryable("20003")
    assert twilio.messages == []


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (429, 63038), (400, 14107), (400, 30001)])
def test_too_many_requests_pass(sender: Sender, twilio: TwilioStandIn, status: int, code: int) -> None:
    twilio.faults.push(Fault.answer(status, code, retry_after=1))

    assert sender.send(text()) == Retryable(str(code))
    assert twilio.messages == []


@ACCEPTED_OR_NOT
@pytest.mark.parametrize("trouble", TROUBLE)
def test_after_trouble_the_text_may_or_may_not_have_gone(
    impatient: Sender, twilio: TwilioStandIn, trouble: str, accept: bool
) -> None:
    twilio.faults.push(TROUBLE[trouble](accept=accept))

    assert isinstance(impatient.send(text()), Unanswered)
    assert len(twilio.messages) == int(accept)


def test_a_refused_connection_means_that_nothing_went(settings: Settings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        closed_port = unused.getsockname()[1]
        sender = make_sender(settings.model_copy(update={"twilio_api_base_url": f"http://127.0.0.1:{closed_port}"}))

        assert sender.send(text()) == Retryable("no connection")


def test_a_connection_that_never_opens_means_that_nothing_went(settings: Settings) -> None:
    with _listener_that_accepts_nobody() as port:
        update = {"twilio_api_base_url": f"http://127.0.0.1:{port}"}
        sender = make_sender(settings.model_copy(update=update), SHORT_TIMEOUT)

        assert sender.send(text()) == Retryable("connect timeout")


def test_a_name_that_does_not_resolve_means_that_nothing_went(settings: Settings) -> None:
    sender = make_sender(settings.model_copy(update={"twilio_api_base_url": "http://twilio.invalid"}))

    assert sender.send(text()) == Retryable("no connection")


# ---- listing the texts to a number


def test_a_text_that_was_taken_on_is_listed_with_all_that_tells_it_apart(
    impatient: Sender, twilio: TwilioStandIn
) -> None:
    twilio.faults.push(Fault.drop(accept=True))
    impatient.send(text())

    [message] = twilio.messages
    status = ProviderStatus(message.sid, "sent", None)
    assert listed(impatient) == [
        ListedMessage(status, PATIENT, frozenset({DEMO_NUMBER}), BODY, message.date_created),
    ]


def test_a_text_that_was_not_taken_on_is_not_listed(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(accept=False))
    sender.send(text())

    assert listed(sender) == []


@pytest.mark.parametrize("origin", [DEMO_NUMBER, SERVICE_SID])
def test_a_text_that_still_waits_at_twilio_is_listed(sender: Sender, twilio: TwilioStandIn, origin: str) -> None:
    twilio.account.messaging_services[SERVICE_SID] = ["+12025550180"]
    twilio.queue_held = True  # no date sent yet, and no number yet from a service
    message = _taken_on(sender, twilio, text(sender=origin))

    [found] = listed(sender, sender=origin)
    assert (found.status.provider_id, found.senders) == (message.sid, {origin})


def test_the_sentence_that_a_trial_account_adds_is_left_out(sender: Sender, twilio: TwilioStandIn) -> None:
    message = _taken_on(sender, twilio, text())
    message.body = TRIAL_PREFIX + message.body

    assert [found.body for found in listed(sender)] == [BODY]


def test_texts_to_other_numbers_are_not_listed(sender: Sender, twilio: TwilioStandIn) -> None:
    _taken_on(sender, twilio, text(to="+12025550124"))

    assert listed(sender) == []


def test_every_page_is_read(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.longest_page = 2
    for number in range(5):
        _taken_on(sender, twilio, text(body=f"Maple Street: Reminder {number}."))

    assert len(listed(sender)) == 5


def test_texts_to_hidden_numbers_that_may_be_this_one_are_listed_too(sender: Sender, twilio: TwilioStandIn) -> None:
    twilio.redacts_numbers = True
    message = _taken_on(sender, twilio, text())
    _taken_on(sender, twilio, text(to="+12125550123"))

    assert [(found.status.provider_id, found.to) for found in listed(sender)] == [(message.sid, f"{PATIENT[:-4]}XXXX")]


def test_a_text_that_leaves_the_queue_between_two_lists_is_in_one_of_them(
    sender: Sender, twilio: TwilioStandIn
) -> None:
    twilio.redacts_numbers = True
    twilio.queue_held = True  # its number is masked, and its date set, once it has left
    message = _taken_on(sender, twilio, text())
    second = twilio.faults.push(Fault.hang(on=Operation.LIST, accepts_late=True, when=lambda query: "To" not in query))
    with ThreadPoolExecutor(1) as worker:
        listing = worker.submit(listed, sender)
        second.wait_arrived()
        message.advance("sent")
        second.release()

        assert [found.status.provider_id for found in listing.result(timeout=30)] == [message.sid]


def test_a_text_that_was_sent_long_before_is_not_among_those_to_hidden_numbers(
    sender: Sender, twilio: TwilioStandIn
) -> None:
    twilio.redacts_numbers = True
    message = _taken_on(sender, twilio, text())
    assert message.date_sent is not None
    message.date_sent -= timedelta(days=2)

    assert listed(sender) == []


def test_a_text_that_a_service_sends_by_another_channel_is_listed_with_the_number_alone(
    sender: Sender, twilio: TwilioStandIn
) -> None:
    twilio.account.messaging_services[SERVICE_SID] = ["+12025550180"]
    message = _taken_on(sender, twilio, text(sender=SERVICE_SID))
    message.to = f"rcs:{PATIENT}"

    assert [found.to for found in listed(sender, sender=SERVICE_SID)] == [PATIENT]


@pytest.mark.parametrize(("texts", "is_whole"), [(LONGEST_LIST - 1, True), (LONGEST_LIST, False)])
def test_a_list_that_may_go_on_says_so(sender: Sender, twilio: TwilioStandIn, texts: int, is_whole: bool) -> None:
    first = _taken_on(sender, twilio, text())
    _add_older(twilio, first, texts - 1)

    found = sender.list_messages(text(), REACH)

    assert found is not None
    assert first.date_sent is not None
    assert len(found.messages) == texts
    assert found.complete_since == (ALWAYS if is_whole else first.date_sent - timedelta(seconds=texts - 1))


@pytest.mark.parametrize("is_hidden", [True, False])
def test_a_list_by_date_that_may_go_on_matters_only_where_numbers_are_hidden(
    sender: Sender, twilio: TwilioStandIn, is_hidden: bool
) -> None:
    first = _taken_on(sender, twilio, text(to="+12125550199"))
    _add_older(twilio, first, LONGEST_LIST - 1)
    twilio.redacts_numbers = is_hidden

    found = sender.list_messages(text(), REACH)

    assert found is not None
    assert first.date_sent is not None
    assert found.messages == ()
    assert found.complete_since == (first.date_sent - timedelta(seconds=LONGEST_LIST - 1) if is_hidden else ALWAYS)


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_list_says_when_it_was_made_by_twilios_clock(sender: Sender, twilio: TwilioStandIn, minutes: int) -> None:
    twilio.clock_offset = timedelta(minutes=minutes)
    message = _taken_on(sender, twilio, text())

    found = sender.list_messages(text(), REACH)

    assert found is not None
    assert timedelta(0) <= found.at - message.date_created < timedelta(seconds=10)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_list_without_a_date_is_no_answer(sender: Sender, twilio: TwilioStandIn, date: str) -> None:
    twilio.faults.push(Fault.respond(b'{"messages": []}', {"Date": date}, on=Operation.LIST))

    with pytest.raises(CarrierUnreachableError, match="no Date"):
        sender.list_messages(text(), REACH)


def test_an_answer_that_is_none_is_not_taken_for_an_empty_list(impatient: Sender, twilio: TwilioStandIn) -> None:
    for trouble in TROUBLE.values():
        twilio.faults.push(trouble(on=Operation.LIST))
        with pytest.raises(CarrierUnreachableError):
            impatient.list_messages(text(), REACH)


def test_a_list_that_credentials_do_not_open_is_not_taken_for_an_empty_one(settings: Settings) -> None:
    misconfigured = make_sender(settings.model_copy(update={"twilio_auth_token": "0" * 32}))

    with pytest.raises(CarrierUnreachableError):
        misconfigured.list_messages(text(), REACH)


# ---- asking how a text stands


def test_a_text_is_looked_up_by_its_sid(sender: Sender, twilio: TwilioStandIn) -> None:
    message = _taken_on(sender, twilio, text())
    message.advance("undelivered", 30003)

    assert sender.look_up(message.sid) == ProviderStatus(message.sid, "undelivered", "30003")


def test_a_sid_that_twilio_does_not_know_is_nothing(sender: Sender, twilio: TwilioStandIn) -> None:
    assert sender.look_up("SM" + "0" * 32) is None


def test_an_answer_that_is_none_is_not_taken_for_an_unknown_sid(impatient: Sender, twilio: TwilioStandIn) -> None:
    message = _taken_on(impatient, twilio, text())
    for trouble in TROUBLE.values():
        twilio.faults.push(trouble(on=Operation.FETCH))
        with pytest.raises(CarrierUnreachableError):
            impatient.look_up(message.sid)


# ---- privacy, and no credentials


def test_nothing_that_a_text_says_and_no_number_is_logged_or_kept(
    impatient: Sender, twilio: TwilioStandIn, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    twilio.account.opted_out.add("+12025550124")
    outcomes = [impatient.send(text()), impatient.send(text(to="+12025550124")), impatient.send(text(to="+1"))]
    for trouble in TROUBLE.values():
        twilio.faults.push(trouble())
        outcomes.append(impatient.send(text()))
        twilio.faults.push(trouble(on=Operation.LIST))
        with pytest.raises(CarrierUnreachableError) as unreachable:
            impatient.list_messages(text(), REACH)
        outcomes.append(str(unreachable.value))  # type: ignore[arg-type]

    written = "".join([caplog.text, *capfd.readouterr(), *map(repr, outcomes)])
    assert "2025550123" not in written
    assert "2025550124" not in written
    assert "billing question" not in written


def test_without_credentials_nothing_is_sent(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    sender = make_sender(settings.model_copy(update={"twilio_account_sid": None}))

    assert isinstance(sender, ConsoleSender)
    assert sender.send(text()) == NotSent()
    assert sender.list_messages(text(), REACH) is None
    assert sender.look_up("SM" + "0" * 32) is None
    written = capfd.readouterr().out
    assert "reply_not_sent" in written
    assert "2025550123" not in written
    assert "billing question" not in written


def test_with_credentials_texts_go_to_twilio(settings: Settings, twilio: TwilioStandIn) -> None:
    assert isinstance(make_sender(settings).send(text()), Accepted)
    assert len(twilio.messages) == 1


def _add_older(twilio: TwilioStandIn, first: Message, count: int) -> None:
    """Have the account hold so many texts like this one, each from a second before the last."""
    assert first.date_sent is not None
    older = [first.date_sent - timedelta(seconds=number) for number in range(1, count + 1)]
    twilio.add_messages(
        replace(first, sid="", arrival=first.arrival - number, date_created=date, date_sent=date)
        for number, date in enumerate(older, 1)
    )


def _taken_on(sender: Sender, twilio: TwilioStandIn, outgoing: OutgoingMessage) -> Message:
    outcome = sender.send(outgoing)
    assert isinstance(outcome, Accepted)
    return next(message for message in twilio.messages if message.sid == outcome.provider_id)


@contextmanager
def _listener_that_accepts_nobody() -> Iterator[int]:
    """A port whose queue of waiting connections is full, so that a further one never opens."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
