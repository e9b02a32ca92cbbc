"""A text whose send was not answered goes out once, unless Twilio denies having it; if in doubt, staff are told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.models import Conversation, Delivery, DeliveryState, Notification
from intake.settings import LONGEST_SEND_SECONDS
from intake.vocabulary import Medium
from tasks import jobs
from tasks.carriers.choose import make_sender
from tasks.context import use
from tasks.delivery.outbox import add_delivery
from tasks.queues.queue import JOB_TIMEOUT_SECONDS
from tests.service import Service
from tests.standins.twilio import UNTIL_REVEALED, Fault, Operation, TwilioStandIn
from tests.world import DEMO_NUMBER, PATIENT, SERVICE_SID

QUESTION = "Is there parking for my red Buick?"
MINUTE = timedelta(minutes=1)
SHORT_TIMEOUT = 0.2
LONG_REPLY = "Hello Ana. Your results are back and all of them are normal. We close at noon."
SHORT_REPLY = "We close at noon."
REDACTED = pytest.mark.parametrize("redacted_body", ["", "****", "[REDACTED]"])


@pytest.fixture
def impatient(service: Service) -> Service:
    """A service whose requests to Twilio time out soon."""
    senders = {**service.context.senders, Medium.SMS: make_sender(service.settings, SHORT_TIMEOUT)}
    service.context = replace(service.context, senders=senders)
    return service


def lose_answer(twilio: TwilioStandIn, *, accept: bool = True, times: int = 1) -> None:
    twilio.faults.push(Fault.drop(accept=accept, times=times))


def ask(service: Service) -> None:
    service.text(QUESTION)
    service.work()


def reply(service: Service, *bodies: str) -> None:
    """Replies as staff do, with each send unanswered although Twilio accepts it."""
    with service.edit() as session:
        conversation = session.scalars(select(Conversation)).one()
        for body in bodies:
            add_delivery(
                session, Delivery(conversation=conversation, reply="staff", sender=DEMO_NUMBER, body=body, staff_id=1)
            )
    service.reconcile()


def wait_out(service: Service) -> None:
    """Wait longer than all searches of one send take."""
    service.let_pass(2 * MINUTE, rounds=10)


def delivery_of(service: Service) -> Delivery:
    [delivery] = service.rows(Delivery)
    return delivery


def states(service: Service) -> list[str]:
    return [str(delivery.state) for delivery in service.rows(Delivery)]


def searches(twilio: TwilioStandIn) -> int:
    """How often the texts to a patient were listed; each search then lists those by date, too."""
    return sum(request.operation is Operation.LIST and "To" in request.query for request in twilio.requests)


def told(service: Service) -> list[tuple[str, str, str]]:
    rows = (row for row in service.rows(Notification) if row.reason in ("undelivered", "unconfirmed"))
    return [(row.reason, row.team, row.priority) for row in rows]


# ---- accepted, and therefore never sent again


@pytest.mark.parametrize("seconds", [80, 300, 600])
def test_a_text_that_twilio_lists_late_is_not_sent_again(service: Service, twilio: TwilioStandIn, seconds: int) -> None:
    twilio.listing_delay = timedelta(seconds=seconds)
    lose_answer(twilio)
    ask(service)

    wait_out(service)

    assert len(twilio.messages) == 1
    assert (delivery_of(service).state, delivery_of(service).provider_id) == ("sent", twilio.messages[0].sid)


@pytest.mark.parametrize("minutes", [2, 10])
def test_a_text_that_twilio_accepts_late_is_not_sent_again(
    impatient: Service, twilio: TwilioStandIn, minutes: int
) -> None:
    late = twilio.faults.push(Fault.hang(accepts_late=True))
    ask(impatient)
    assert delivery_of(impatient).state == "unknown"
    impatient.let_pass(MINUTE, rounds=minutes)
    late.release()
    twilio.wait_for_messages(1)

    wait_out(impatient)

    assert len(twilio.messages) == 1
    assert delivery_of(impatient).state == "sent"


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_wrong_clock_hides_no_accepted_text(service: Service, twilio: TwilioStandIn, minutes: int) -> None:
    twilio.clock_offset = timedelta(minutes=minutes)
    lose_answer(twilio)
    ask(service)

    wait_out(service)

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "sent"


@pytest.mark.parametrize("minutes", [-15, 15])
def test_a_clock_that_is_set_after_the_send_hides_no_accepted_text(
    service: Service, twilio: TwilioStandIn, minutes: int
) -> None:
    lose_answer(twilio)
    ask(service)
    with service.edit() as session:
        delivery = session.scalars(select(Delivery)).one()
        assert delivery.sending_at is not None
        delivery.sending_at -= timedelta(minutes=minutes)
        delivery.next_attempt_at -= timedelta(minutes=minutes)

    service.let_pass(4 * MINUTE, rounds=9)

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "sent"


def test_a_local_clock_that_leaps_ahead_does_not_cut_the_wait_short(service: Service, twilio: TwilioStandIn) -> None:
    twilio.listing_lag = UNTIL_REVEALED
    lose_answer(twilio)
    ask(service)
    for _ in range(8):
        with service.edit() as session:  # hours pass by the local clock, and next to nothing at Twilio
            delivery = session.scalars(select(Delivery)).one()
            assert delivery.sending_at is not None
            delivery.sending_at -= timedelta(minutes=30)
            delivery.next_attempt_at -= timedelta(minutes=30)
        service.reconcile()

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "unknown"


def test_a_short_reply_that_ends_a_longer_one_is_told_apart(service: Service, twilio: TwilioStandIn) -> None:
    ask(service)
    lose_answer(twilio, times=2)
    reply(service, LONG_REPLY, SHORT_REPLY)
    assert states(service) == ["sent", "unknown", "unknown"]

    wait_out(service)

    assert states(service) == ["sent"] * 3
    assert [delivery.provider_id for delivery in service.rows(Delivery)] == [text.sid for text in twilio.messages]


def test_a_lost_long_reply_is_sent_again_although_an_accepted_one_ends_it(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    twilio.faults.push(Fault.drop(accept=False))
    lose_answer(twilio)
    reply(service, LONG_REPLY, SHORT_REPLY)

    wait_out(service)

    assert states(service) == ["sent"] * 3
    assert sorted(text.body for text in twilio.messages[1:]) == sorted([LONG_REPLY, SHORT_REPLY])


def test_two_identical_replies_each_claim_a_text_of_their_own(service: Service, twilio: TwilioStandIn) -> None:
    ask(service)
    lose_answer(twilio, times=2)
    reply(service, SHORT_REPLY, SHORT_REPLY)

    wait_out(service)

    assert len(twilio.messages) == 3
    assert {delivery.provider_id for delivery in service.rows(Delivery)} == {text.sid for text in twilio.messages}


def test_of_two_identical_replies_the_one_that_twilio_lacks_is_sent_again(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    twilio.faults.push(Fault.drop(accept=False))
    lose_answer(twilio)
    reply(service, SHORT_REPLY, SHORT_REPLY)

    wait_out(service)

    assert states(service) == ["sent"] * 3
    assert len(twilio.messages) == 3


def test_two_identical_replies_searched_for_at_once_do_not_claim_one_text(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    twilio.faults.push(Fault.drop(accept=False))
    lose_answer(twilio)
    reply(service, SHORT_REPLY, SHORT_REPLY)
    use(service.context)
    with service.edit() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.id > 1)):
            assert delivery.sending_at is not None
            delivery.sending_at -= 2 * MINUTE
    with ThreadPoolExecutor(2) as workers:
        list(workers.map(jobs.settle, [2, 3]))

    assert sorted(states(service)) == ["sent", "sent", "unknown"]


def test_a_text_that_an_identical_one_has_claimed_is_searched_for_in_turn(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    fault = twilio.faults.push(Fault.hang(accept=True))
    use(service.context)
    with service.edit() as session:
        conversation = session.scalars(select(Conversation)).one()
        session.add(Delivery(conversation=conversation, reply="staff", sender=DEMO_NUMBER, body=SHORT_REPLY))
    with ThreadPoolExecutor(1) as worker:
        sending = worker.submit(jobs.deliver, 2)
        fault.wait_arrived()
        with service.edit() as session:
            session.get_one(Delivery, 1).provider_id = twilio.messages[1].sid  # claimed meanwhile
        fault.release()
        sending.result(timeout=30)

    assert states(service) == ["sent", "sending"]


# ---- denied in several searches, and sent again


def test_a_text_that_twilio_never_had_is_sent_again_after_four_searches(
    service: Service, twilio: TwilioStandIn
) -> None:
    lose_answer(twilio, accept=False)
    ask(service)

    service.let_pass(MINUTE, rounds=11)
    assert twilio.messages == []
    service.let_pass(MINUTE, rounds=3)

    assert searches(twilio) == 4
    assert len(twilio.messages) == 1
    assert (delivery_of(service).state, delivery_of(service).attempts) == ("sent", 2)


def test_searches_that_fail_do_not_count(service: Service, twilio: TwilioStandIn) -> None:
    lose_answer(twilio)
    twilio.listing_lag = 3  # failed searches show no list either
    twilio.faults.push(Fault.answer(503, on=Operation.LIST, times=5))
    ask(service)

    service.let_pass(2 * MINUTE, rounds=16)

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "sent"


def test_a_report_between_searches_ends_them(service: Service, twilio: TwilioStandIn) -> None:
    twilio.listing_lag = UNTIL_REVEALED
    lose_answer(twilio)
    ask(service)
    service.let_pass(MINUTE, rounds=10)
    twilio.deliver(twilio.messages[0].sid, "sent")

    service.let_pass(MINUTE, rounds=10)

    assert delivery_of(service).state == "sent"
    assert len(twilio.messages) == 1


def test_a_job_that_is_repeated_does_not_count_as_another_search(service: Service, twilio: TwilioStandIn) -> None:
    lose_answer(twilio, accept=False)
    ask(service)
    service.let_pass(MINUTE)
    for _ in range(5):
        service.context.queue.put("settle", 1)
    service.work()

    assert delivery_of(service).searches == 1
    assert twilio.messages == []


def test_a_second_attempt_is_searched_for_from_the_start(service: Service, twilio: TwilioStandIn) -> None:
    lose_answer(twilio, accept=False, times=2)
    ask(service)
    service.let_pass(MINUTE, rounds=14)
    assert (delivery_of(service).attempts, delivery_of(service).state) == (2, "unknown")

    service.let_pass(MINUTE, rounds=10)
    assert twilio.messages == []
    service.let_pass(MINUTE, rounds=5)

    assert len(twilio.messages) == 1


# ---- where the list cannot tell


@REDACTED
def test_a_text_whose_body_is_redacted_is_not_sent_again_and_staff_are_told(
    service: Service, twilio: TwilioStandIn, redacted_body: str
) -> None:
    twilio.redacted_body = redacted_body
    lose_answer(twilio)
    ask(service)

    wait_out(service)

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "unconfirmed"
    assert told(service) == [("unconfirmed", "front_desk", "high")]


def test_a_first_text_to_a_redacted_number_is_not_sent_again_and_staff_are_told(
    service: Service, twilio: TwilioStandIn
) -> None:
    twilio.redacts_numbers = True
    lose_answer(twilio)
    ask(service)

    wait_out(service)

    assert len(twilio.messages) == 1
    assert delivery_of(service).state == "unconfirmed"
    assert told(service) == [("unconfirmed", "front_desk", "high")]


def test_a_first_text_that_a_redacting_account_never_got_is_sent_again(service: Service, twilio: TwilioStandIn) -> None:
    twilio.redacts_numbers = True
    lose_answer(twilio, accept=False)
    ask(service)

    wait_out(service)

    assert [sent.to for sent in twilio.messages] == [PATIENT]
    assert delivery_of(service).state == "sent"


@pytest.mark.parametrize("accept", [True, False], ids=["taken on", "lost"])
def test_a_list_without_any_confirmed_text_to_the_patient_cannot_tell(
    service: Service, twilio: TwilioStandIn, accept: bool
) -> None:
    ask(service)
    twilio.redacts_numbers = True
    lose_answer(twilio, accept=accept)
    reply(service, SHORT_REPLY)

    wait_out(service)

    assert states(service) == ["sent", "unconfirmed"]
    assert len(twilio.messages) == (2 if accept else 1)


def test_a_text_that_was_hidden_while_earlier_ones_are_not_is_not_sent_again(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    lose_answer(twilio)
    reply(service, SHORT_REPLY)
    twilio.messages[-1].to = f"{PATIENT[:-4]}XXXX"  # the setting was switched on between the two

    wait_out(service)

    assert states(service) == ["sent", "unconfirmed"]
    assert len(twilio.messages) == 2


def test_a_text_whose_quotes_the_carrier_made_plain_is_found(service: Service, twilio: TwilioStandIn) -> None:
    ask(service)
    lose_answer(twilio)
    reply(service, "We’re open until 5.")
    twilio.messages[-1].body = "We're open until 5."

    wait_out(service)

    assert states(service) == ["sent", "sent"]
    assert len(twilio.messages) == 2


def test_of_two_replies_that_differ_in_their_quotes_alone_none_is_confirmed_by_the_others_text(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    twilio.faults.push(Fault.drop(accept=False))
    lose_answer(twilio)
    reply(service, "We're open until 5.", "We’re open until 5.")
    twilio.messages[-1].body = "We're open until 5."

    wait_out(service)

    assert states(service) == ["sent", "unconfirmed", "unconfirmed"]
    assert len(twilio.messages) == 2


def test_redacted_texts_of_other_deliveries_do_not_matter(service: Service, twilio: TwilioStandIn) -> None:
    twilio.redacted_body = ""
    ask(service)
    lose_answer(twilio, accept=False)
    reply(service, SHORT_REPLY)

    wait_out(service)

    assert states(service) == ["sent", "sent"]
    assert len(twilio.messages) == 2


def test_a_staff_reply_that_cannot_be_confirmed_comes_back_to_the_inbox(
    service: Service, twilio: TwilioStandIn
) -> None:
    ask(service)
    twilio.redacted_body = ""
    lose_answer(twilio)
    reply(service, SHORT_REPLY)
    with service.edit() as session:
        session.scalars(select(Conversation)).one().state = "closed"

    wait_out(service)

    [conversation] = service.rows(Conversation)
    assert states(service) == ["sent", "unconfirmed"]
    assert (conversation.state, conversation.priority) == ("open", "high")
    assert len(twilio.messages) == 2


def test_a_list_that_cannot_be_read_for_hours_becomes_a_task_of_the_front_desk(
    service: Service, twilio: TwilioStandIn
) -> None:
    twilio.faults.push(Fault.answer(503, on=Operation.LIST, times=None))
    lose_answer(twilio)
    ask(service)
    service.let_pass(timedelta(minutes=30), rounds=7)
    assert delivery_of(service).state == "unknown"

    service.let_pass(timedelta(minutes=30), rounds=2)

    assert delivery_of(service).state == "unconfirmed"
    assert told(service) == [("unconfirmed", "front_desk", "high")]


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [("sent", None, "sent"), ("delivered", None, "delivered"), ("undelivered", 30003, "failed")],
)
def test_a_late_report_settles_what_could_not_be_confirmed(
    service: Service, twilio: TwilioStandIn, status: str, code: int | None, state: str
) -> None:
    twilio.redacted_body = ""
    lose_answer(twilio)
    ask(service)
    wait_out(service)
    assert delivery_of(service).state == "unconfirmed"

    assert twilio.deliver(twilio.messages[0].sid, status, code).status == 204

    assert (delivery_of(service).state, delivery_of(service).provider_id) == (state, twilio.messages[0].sid)
    assert [reason for reason, _, _ in told(service)] == ["unconfirmed"] + ["undelivered"] * (state == "failed")


# ---- the time limits


def test_no_send_takes_as_long_as_the_first_search_waits() -> None:
    assert JOB_TIMEOUT_SECONDS <= LONGEST_SEND_SECONDS


def test_a_text_is_not_looked_for_while_its_send_may_still_run(service: Service, twilio: TwilioStandIn) -> None:
    lose_answer(twilio, accept=False)
    ask(service)
    with service.edit() as session:
        session.scalars(select(Delivery)).one().state = DeliveryState.SENDING
    service.context.queue.put("settle", 1)  # left over from an earlier attempt
    service.let_pass(timedelta(seconds=50))

    assert searches(twilio) == 0


def test_a_messaging_service_finds_its_texts(service: Service, twilio: TwilioStandIn) -> None:
    twilio.account.messaging_services[SERVICE_SID] = ["+12025550180"]
    ask(service)
    lose_answer(twilio)
    with service.edit() as session:
        conversation = session.scalars(select(Conversation)).one()
        add_delivery(session, Delivery(conversation=conversation, reply="staff", sender=SERVICE_SID, body=SHORT_REPLY))
    service.reconcile()

    service.let_pass(MINUTE, rounds=2)

    assert states(service) == ["sent", "sent"]
    assert len(twilio.messages) == 2
