"""Failures scripted by a test, met by twilio-python itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from tests.standins.twilio import DEMO_NUMBER, Fault, Operation, TwilioStandIn

PATIENT = "+12025550123"
OTHER_PATIENT = "+12025550124"


def send(client: Client, to: str = PATIENT) -> str:
    return str(client.messages.create(to=to, from_=DEMO_NUMBER, body="Hello").sid)


def send_and_fail(client: Client) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as raised:
        send(client)
    return raised.value


@pytest.fixture
def in_background() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (500, 20500), (503, 20503), (401, 20003)])
def test_answers_an_error_once_without_accepting(
    client: Client, standin: TwilioStandIn, status: int, code: int
) -> None:
    fault = standin.faults.push(Fault.answer(status))
    error = send_and_fail(client)
    assert (error.status, error.code) == (status, code)
    fault.wait_arrived()
    assert standin.messages == []
    send(client)
    assert [request.status for request in standin.requests] == [status, 201]


def test_answers_any_error_code_asked_for(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(400, 30001))
    assert send_and_fail(client).code == 30001


def test_can_say_when_to_retry(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(429, retry_after=7))
    send_and_fail(client)
    answer = client.http_client._test_only_last_response
    assert answer.headers["Retry-After"] == "7"


def test_a_gateways_error_is_not_json(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(502))
    error = send_and_fail(client)
    assert (error.status, error.code) == (502, 502)


def test_can_accept_and_answer_500(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(500, accept=True))
    assert send_and_fail(client).status == 500
    assert len(client.messages.list(to=PATIENT)) == 1


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("accept", [True, False])
def test_can_drop_the_connection(client: Client, standin: TwilioStandIn, accept: bool, reset: bool) -> None:
    standin.faults.push(Fault.drop(accept=accept, reset=reset))
    with pytest.raises(requests.ConnectionError):
        send(client)
    assert len(standin.messages) == int(accept)
    assert standin.requests[0].status is None


def test_can_accept_and_hang_until_released(
    client: Client, standin: TwilioStandIn, in_background: ThreadPoolExecutor
) -> None:
    fault = standin.faults.push(Fault.hang(accept=True))
    sending: Future[str] = in_background.submit(send, client)
    fault.wait_arrived()
    [message] = standin.messages
    assert not sending.done()
    fault.release()
    assert sending.result(timeout=10) == message.sid


def test_can_hang_without_accepting(client: Client, standin: TwilioStandIn, in_background: ThreadPoolExecutor) -> None:
    fault = standin.faults.push(Fault.hang())
    sending: Future[str] = in_background.submit(send, client)
    fault.wait_arrived()
    fault.release()
    assert isinstance(sending.exception(timeout=10), requests.ConnectionError)
    assert standin.messages == []


def test_a_client_that_gives_up_while_held_leaves_nothing_behind(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.hang(accept=True))
    client.http_client.timeout = 0.05
    with pytest.raises(requests.Timeout):
        send(client)
    assert len(standin.messages) == 1
    standin.stop()


def test_can_accept_long_after_the_client_has_given_up(client: Client, standin: TwilioStandIn) -> None:
    fault = standin.faults.push(Fault.hang(accepts_late=True))
    client.http_client.timeout = 0.05
    with pytest.raises(requests.Timeout):
        send(client)
    assert standin.messages == []
    fault.release()
    assert len(standin.wait_for_messages(1)) == 1


def test_stopping_releases_a_request_that_is_held(
    client: Client, standin: TwilioStandIn, in_background: ThreadPoolExecutor
) -> None:
    fault = standin.faults.push(Fault.hang())
    sending: Future[str] = in_background.submit(send, client)
    fault.wait_arrived()
    standin.stop()
    assert isinstance(sending.exception(timeout=10), requests.ConnectionError)


def test_waiting_in_vain_for_a_request_fails() -> None:
    with pytest.raises(AssertionError, match="no create request met the fault"):
        Fault.hang().wait_arrived(timeout=0.01)


def test_the_list_can_fail_while_sending_works(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(503, on=Operation.LIST))
    sid = send(client)
    with pytest.raises(TwilioException) as raised:
        client.messages.list()
    assert raised.value.args[1].status_code == 503
    assert [message.sid for message in client.messages.list()] == [sid]


def test_fetching_can_fail(client: Client, standin: TwilioStandIn) -> None:
    sid = send(client)
    standin.faults.push(Fault.answer(500, on=Operation.FETCH))
    with pytest.raises(TwilioRestException):
        client.messages(sid).fetch()
    assert client.messages(sid).fetch().sid == sid


def test_faults_strike_in_the_order_they_were_scripted(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(503, times=2))
    standin.faults.push(Fault.answer(429))
    assert [send_and_fail(client).status for _ in range(3)] == [503, 503, 429]
    send(client)


def test_a_fault_can_wait_for_one_patient(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(500, when=lambda form: form["To"] == PATIENT))
    send(client, to=OTHER_PATIENT)
    assert send_and_fail(client).status == 500


def test_a_fault_without_end_lasts_until_cleared(client: Client, standin: TwilioStandIn) -> None:
    standin.faults.push(Fault.answer(503, times=None))
    assert [send_and_fail(client).status for _ in range(3)] == [503] * 3
    standin.faults.clear()
    send(client)


def test_what_twilio_refuses_anyway_is_refused_under_a_fault_too(client: Client, standin: TwilioStandIn) -> None:
    standin.account.opted_out.add(PATIENT)
    standin.faults.push(Fault.drop(accept=True))
    assert send_and_fail(client).code == 21610
