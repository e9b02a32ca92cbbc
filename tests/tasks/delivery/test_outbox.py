"""The outbox: each text goes out once or is somebody's task, and staff are told without a word of the patient's."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from inbox.models import Delivery, DeliveryState, Notification, NotificationState, OptOut, now
from tasks import jobs
from tasks.carriers.backoff import MAX_ATTEMPTS
from tasks.context import use
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import UNTIL_REVEALED, Fault, Operation, Signature, TwilioStandIn
from tests.standins.twilio.webhooks import post_form
from tests.tasks.conftest import StartService
from tests.world import PATIENT

QUESTION = "Is there parking for my red Buick?"
URGENT = "My husband has crushing chest pain and can't breathe"
TROUBLE = {
    "unavailable": lambda **options: Fault.answer(503, **options),
    "connection reset": lambda **options: Fault.drop(**options),
}


# ---- a text goes out


def test_a_text_that_was_taken_on_is_sent(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)

    delivery = _delivery(service)
    assert (delivery.state, delivery.attempts, delivery.provider_id) == ("sent", 1, twilio.messages[0].sid)


def test_a_busy_carrier_is_tried_again_later_and_gets_the_text_once(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.answer(429))
    _ask(service)

    waiting = _delivery(service)
    assert (waiting.state, waiting.error_code) == ("pending", "20429")
    assert timedelta(0) < waiting.next_attempt_at - now() <= timedelta(seconds=5)
    service.context.queue.put("deliver", waiting.id)  # a job that comes twice does not come sooner
    service.reconcile()
    assert len(twilio.requests) == 1

    _reconcile_later(service)
    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


def test_the_last_attempt_in_vain_becomes_a_task_of_the_front_desk(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.answer(429, times=2))
    _ask(service)
    with service.edit() as session:
        session.scalars(select(Delivery)).one().attempts = MAX_ATTEMPTS - 1

    _reconcile_later(service, times=3)

    assert _delivery(service).state == "failed"
    assert _told_of_failure(service) == [("front_desk", "high", "sent")]
    assert twilio.messages == []


@pytest.mark.parametrize("code", [21211, 21608, 21614])
def test_a_permanent_refusal_is_not_tried_again_and_becomes_a_task_of_the_front_desk(
    service: Service, twilio: TwilioStandIn, code: int
) -> None:
    twilio.faults.push(Fault.answer(400, code))
    _ask(service)
    _reconcile_later(service, times=3)

    delivery = _delivery(service)
    assert (delivery.state, delivery.error_code) == ("failed", str(code))
    assert len(twilio.requests) == 1
    assert _told_of_failure(service) == [("front_desk", "high", "sent")]


def test_an_opt_out_that_only_the_carrier_knew_is_kept_and_disturbs_nobody(
    service: Service, twilio: TwilioStandIn
) -> None:
    twilio.account.opted_out.add(PATIENT)
    _ask(service)

    delivery = _delivery(service)
    assert (delivery.state, delivery.error_code) == ("failed", "21610")
    assert [row.active for row in service.rows(OptOut)] == [True]
    assert _told_of_failure(service) == []

    _ask(service, URGENT)
    assert len(twilio.requests) == 1


def _report_opt_out(service: Service, twilio: TwilioStandIn, told_by: str) -> None:
    """Twilio refuses the text as opted out after it took it on, as it may where a Messaging Service sends."""
    if told_by == "report":
        twilio.deliver(twilio.messages[0].sid, "failed", 21610)
    else:
        twilio.messages[0].advance("failed", 21610)
        _reconcile_later(service)


@pytest.mark.parametrize("told_by", ["report", "check"])
def test_an_opt_out_that_the_carrier_reports_after_the_text_was_accepted_is_kept_too(
    service: Service, twilio: TwilioStandIn, told_by: str
) -> None:
    _ask(service)
    _report_opt_out(service, twilio, told_by)

    delivery = _delivery(service)
    assert (delivery.state, delivery.error_code) == ("failed", "21610")
    assert [(row.active, row.claimed) for row in service.rows(OptOut)] == [(True, False)]
    assert _told_of_failure(service) == []

    _ask(service, URGENT)
    assert len(twilio.messages) == 1


def test_an_opt_out_that_is_reported_late_does_not_undo_a_start_since(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)
    for keyword in ("STOP", "START"):
        service.text(keyword)
        service.work()
    _report_opt_out(service, twilio, "report")

    assert [row.active for row in service.rows(OptOut)] == [False]


def test_without_credentials_a_text_is_marked_as_not_sent(service: Service, twilio: TwilioStandIn) -> None:
    unable = service.settings.model_copy(update={"twilio_account_sid": None})
    with Service(unable, service.context.classifier, twilio) as console:
        _ask(console)
        _reconcile_later(console)

        assert _delivery(console).state == "not_sent"
    assert twilio.requests == []


def test_two_workers_with_the_same_text_send_it_once(service: Service, twilio: TwilioStandIn) -> None:
    service.text(QUESTION)
    use(service.context)
    jobs.handle_message(1)
    with ThreadPoolExecutor(4) as workers:
        list(workers.map(jobs.deliver, [1] * 4))

    assert len(twilio.requests) == 1
    assert _delivery(service).attempts == 1


# ---- a hand-over that was not answered


@pytest.mark.parametrize("accept", [True, False], ids=["accepted", "not accepted"])
@pytest.mark.parametrize("trouble", TROUBLE)
def test_an_unanswered_hand_over_is_looked_up_before_anything_is_sent_again(
    service: Service, twilio: TwilioStandIn, trouble: str, accept: bool
) -> None:
    twilio.faults.push(TROUBLE[trouble](accept=accept))
    _ask(service)
    assert _delivery(service).state == "unknown"

    service.let_pass(timedelta(minutes=2), rounds=10)

    assert len(twilio.messages) == 1
    delivery = _delivery(service)
    assert (delivery.state, delivery.provider_id) == ("sent", twilio.messages[0].sid)
    operations = [request.operation for request in twilio.requests]
    assert operations[:2] == [Operation.CREATE, Operation.LIST]


def test_while_the_list_cannot_be_read_nothing_is_sent_again(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(accept=True))
    twilio.faults.push(Fault.answer(503, on=Operation.LIST, times=3))
    _ask(service)

    service.let_pass(timedelta(minutes=2), rounds=3)
    assert _delivery(service).state == "unknown"
    assert len(twilio.messages) == 1

    service.let_pass(timedelta(minutes=2))
    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


def test_a_text_that_a_dead_worker_had_claimed_but_not_handed_over_is_sent(
    service: Service, twilio: TwilioStandIn
) -> None:
    service.text(QUESTION)
    use(service.context)
    jobs.handle_message(1)
    with service.edit() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.state, delivery.sending_at, delivery.attempts = DeliveryState.SENDING, now(), 1

    service.let_pass(timedelta(minutes=2), rounds=10)

    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


# ---- what the carrier reports


@pytest.mark.parametrize("order", list(itertools.permutations(["sending", "sent", "delivered"])), ids="-".join)
def test_reports_in_any_order_and_number_end_with_delivered(
    service: Service, twilio: TwilioStandIn, order: tuple[str, ...]
) -> None:
    _ask(service)
    answers = [twilio.deliver(twilio.messages[0].sid, status) for status in order * 2]

    assert {answer.status for answer in answers} == {204}
    assert _delivery(service).state == "delivered"


def test_a_report_that_a_text_did_not_arrive_becomes_one_task_of_the_front_desk(
    service: Service, twilio: TwilioStandIn
) -> None:
    _ask(service)
    answers = [twilio.deliver(twilio.messages[0].sid, "undelivered", 30003) for _ in range(3)]
    service.work()

    assert {answer.status for answer in answers} == {204}
    delivery = _delivery(service)
    assert (delivery.state, delivery.error_code) == ("failed", "30003")
    assert _told_of_failure(service) == [("front_desk", "high", "sent")]
    assert len(twilio.messages) == 1


def test_a_report_of_a_text_that_nobody_sent_is_unknown(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)
    [message] = twilio.messages
    message.sid = "SM" + "0" * 32
    answer = twilio.deliver(message.sid, "delivered")

    assert answer.status == 404
    assert b'"code":"unknown_message"' in answer.body
    assert _delivery(service).state == "sent"


@pytest.mark.parametrize("named", ["404", "-1", "abc", "", "9" * 30, "1;drop"])
def test_a_report_that_names_no_delivery_is_unknown(service: Service, twilio: TwilioStandIn, named: str) -> None:
    _ask(service)
    [message] = twilio.messages
    message.sid, message.status_callback = (
        "SM" + "0" * 32,
        f"{service.settings.public_url}/twilio/sms/status?delivery={named}",
    )

    assert twilio.deliver(message.sid, "delivered").status == 404


def test_a_report_cannot_name_a_text_that_was_never_handed_over(service: Service, twilio: TwilioStandIn) -> None:
    twilio.account.numbers.add("+12025550180")
    _ask(service)
    service.text(QUESTION, to="+12025550180")
    use(service.context)
    jobs.handle_message(2)
    [message] = twilio.messages
    message.sid, message.status_callback = (
        "SM" + "0" * 32,
        f"{service.settings.public_url}/twilio/sms/status?delivery=2",
    )

    assert twilio.deliver(message.sid, "delivered").status == 404
    assert service.rows(Delivery)[1].state == "pending"


@pytest.mark.parametrize("signature", [Signature.MISSING, "wrong"])
def test_a_report_that_twilio_did_not_sign_moves_nothing(
    service: Service, twilio: TwilioStandIn, signature: Signature | str
) -> None:
    _ask(service)
    answer = twilio.deliver(twilio.messages[0].sid, "failed", 30008, signature=signature)

    assert answer.status == 403
    assert _delivery(service).state == "sent"


def test_a_report_before_the_answer_is_written_down_counts(service: Service, twilio: TwilioStandIn) -> None:
    with _delivering(service, twilio, Fault.hang(accept=True)) as fault:
        twilio.deliver(twilio.messages[0].sid, "delivered")
        fault.release()

    assert _delivery(service).state == "delivered"
    assert _delivery(service).provider_id == twilio.messages[0].sid


def test_a_report_settles_a_hand_over_that_was_not_answered(service: Service, twilio: TwilioStandIn) -> None:
    twilio.faults.push(Fault.drop(accept=True))
    _ask(service)
    twilio.deliver(twilio.messages[0].sid, "sent")
    _reconcile_later(service)

    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


def test_a_report_of_a_text_that_the_list_did_not_show_keeps_it_from_being_sent_again(
    service: Service, twilio: TwilioStandIn
) -> None:
    twilio.listing_lag = UNTIL_REVEALED
    twilio.faults.push(Fault.drop(accept=True))
    _ask(service)
    with service.edit() as session:
        session.scalars(select(Delivery)).one().state = DeliveryState.PENDING  # given up as lost

    assert twilio.deliver(twilio.messages[0].sid, "sent").status == 204
    _reconcile_later(service)

    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


def test_a_status_that_nobody_announced_shows_at_least_that_the_text_is_there(
    service: Service, twilio: TwilioStandIn
) -> None:
    twilio.faults.push(Fault.drop(accept=True))
    _ask(service)
    [message] = twilio.messages
    message.status = "teleported"
    service.let_pass(timedelta(minutes=2))

    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


def test_a_report_without_a_status_is_malformed(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)
    [message] = twilio.messages
    assert message.status_callback is not None
    address = f"{service.url}/twilio/sms/status?delivery=1"

    answer = post_form(address, message.status_callback, {"MessageSid": message.sid}, twilio.account.auth_token)

    assert answer.status == 400
    assert b"MessageStatus is missing" in answer.body


def test_where_no_report_comes_the_carrier_is_asked(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)
    service.reconcile()
    assert [request.operation for request in twilio.requests] == [Operation.CREATE]

    twilio.messages[0].advance("delivered")
    _reconcile_later(service)

    assert _delivery(service).state == "delivered"


def test_a_carrier_that_cannot_be_asked_changes_nothing(service: Service, twilio: TwilioStandIn) -> None:
    _ask(service)
    twilio.faults.push(Fault.answer(500, on=Operation.FETCH))
    _reconcile_later(service)

    assert _delivery(service).state == "sent"
    assert len(twilio.messages) == 1


# ---- staff are told


def test_a_team_is_told_on_the_console_and_at_its_address_once(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url('/on-call')}'] }} }}")
    _ask(service, URGENT)
    _reconcile_later(service, times=2)

    assert [(row.team, row.state) for row in service.rows(Notification)] == [("on_call", "sent")] * 2
    assert service.rows(Notification)[0].target == "console"
    [notice] = hook.notifications
    assert notice.path == "/on-call"


def test_a_notice_says_what_and_where_and_nothing_of_the_patient(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}")
    _ask(service, URGENT)

    [notice] = hook.notifications
    assert notice.body["title"] == "[urgent] Urgent message at Maple Street"
    assert notice.body["message"] == "Team: On call. View it: https://intake.example.com/staff/escalations/1"
    everything = notice.raw.decode() + str(notice.headers)
    assert "2025550123" not in everything
    assert "chest" not in everything


def test_every_address_of_a_team_is_told_and_no_other_team(start_service: StartService, hook: HookReceiver) -> None:
    here, there, elsewhere = (hook.apprise_url(path) for path in ("/one", "/two", "/billing"))
    service = start_service(
        f"teams = {{ on_call = {{ notify = ['{here}', '{there}'] }}, billing = {{ notify = ['{elsewhere}'] }} }}"
    )
    _ask(service, URGENT)

    assert sorted(notice.path for notice in hook.notifications) == ["/one", "/two"]


def test_an_address_that_fails_is_tried_again_and_the_others_are_not_told_twice(
    start_service: StartService, hook: HookReceiver
) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}")
    hook.fail_next(1)
    _ask(service, URGENT)
    assert [row.state for row in service.rows(Notification)] == ["sent", "pending"]
    service.reconcile()
    assert len(hook.notifications) == 0

    _reconcile_later(service, times=2)

    assert [(row.state, row.attempts) for row in service.rows(Notification)] == [("sent", 0), ("sent", 2)]
    assert (len(hook.notifications), len(hook.failed)) == (1, 1)


def test_a_failing_address_does_not_keep_the_patient_waiting(
    start_service: StartService, hook: HookReceiver, twilio: TwilioStandIn
) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}")
    hook.fail_next(1)
    _ask(service, URGENT)

    assert len(twilio.messages) == 1


def test_an_address_that_never_answers_is_given_up_in_the_end(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}")
    hook.fail_next(2)
    _ask(service, URGENT)
    with service.edit() as session:
        for row in session.scalars(select(Notification)):
            row.attempts = MAX_ATTEMPTS - 1

    _reconcile_later(service, times=3)

    assert [row.state for row in service.rows(Notification)] == ["sent", "failed"]
    assert len(hook.failed) == 2


def test_a_notice_that_a_dead_worker_had_begun_is_sent_by_another(service: Service) -> None:
    _ask(service, URGENT)
    with service.edit() as session:
        row = session.scalars(select(Notification)).one()
        row.state = NotificationState.SENDING
    service.reconcile()
    assert service.rows(Notification)[0].state == "sending"

    with service.edit() as session:
        session.scalars(select(Notification)).one().updated_at = now() - timedelta(minutes=3)
    service.reconcile()

    assert service.rows(Notification)[0].state == "sent"


def test_an_address_that_left_the_practices_file_is_not_told(start_service: StartService, hook: HookReceiver) -> None:
    service = start_service(f"teams = {{ on_call = {{ notify = ['{hook.apprise_url()}'] }} }}")
    service.text(URGENT)
    use(service.context)
    jobs.handle_message(1)
    without = start_service("")
    without.work()

    assert [row.state for row in without.rows(Notification)] == ["sent", "failed"]
    assert hook.notifications == []


def _ask(service: Service, *texts: str) -> None:
    for text in texts or (QUESTION,):
        service.text(text)
        service.work()


def _delivery(service: Service) -> Delivery:
    [delivery] = service.rows(Delivery)
    return delivery


def _told_of_failure(service: Service) -> list[tuple[str, str, str]]:
    rows = (row for row in service.rows(Notification) if row.reason == "undelivered")
    return [(row.team, row.priority, row.state) for row in rows]


def _reconcile_later(service: Service, times: int = 1) -> None:
    """Reconciles as if every wait were over."""
    for _ in range(times):
        with service.edit() as session:
            for table in (Delivery, Notification):
                for row in session.scalars(select(table)):
                    row.next_attempt_at = now() - timedelta(seconds=1)
        service.reconcile()


@contextmanager
def _delivering(service: Service, twilio: TwilioStandIn, fault: Fault) -> Iterator[Fault]:
    """A worker in the middle of handing a text over."""
    twilio.faults.push(fault)
    service.text(QUESTION)
    use(service.context)
    jobs.handle_message(1)
    with ThreadPoolExecutor(1) as worker:
        job = worker.submit(jobs.deliver, 1)
        fault.wait_arrived()
        yield fault
        job.result(timeout=30)
