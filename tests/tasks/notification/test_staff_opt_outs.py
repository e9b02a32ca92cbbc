"""A staff phone that texts STOP gets no more notices, and the practice is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from sqlalchemy import select, update

from inbox.contact.consent import opted_out_among
from inbox.incoming.inbound import record_message
from inbox.models import AuditEntry, Escalation, Notification, NotificationState, now
from inbox.storage.database import Database
from intake.encryption import Keyring
from tasks.notification.outbox import notify
from tasks.pubsub import topics_of
from tests.inbox.conftest import acting, inbound
from tests.service import Service
from tests.standins.hook import HookReceiver
from tests.standins.twilio import TwilioStandIn
from tests.tasks.conftest import StartService
from tests.world import OTHER_KEY, SITE

NURSE, MANAGER = "+12025550112", "+12025550113"
URGENT = "I have crushing chest pain"


@pytest.fixture
def service(start_service: StartService, hook: HookReceiver) -> Service:
    """A practice whose nurse is told by text, and whose manager by another service."""
    return start_service(
        f"teams = {{ on_call = {{ notify = ['sms:{NURSE}'] }}, front_desk = {{ notify = ['sms:{NURSE}'] }},"
        f" manager = {{ notify = ['{hook.apprise_url()}'] }} }}"
    )


def texts_to_nurse(twilio: TwilioStandIn) -> list[str]:
    return [message.body for message in twilio.messages if message.to == NURSE and "/staff/" in message.body]


def test_a_staff_phone_that_texts_stop_gets_no_more_notices(
    service: Service, twilio: TwilioStandIn, hook: HookReceiver
) -> None:
    service.text("STOP", from_=NURSE)
    service.work()
    service.text(URGENT)
    service.work()

    assert texts_to_nurse(twilio) == []
    states = [row.state for row in service.rows(Notification) if row.team == "on_call" and row.target != "console"]
    assert states == ["opted_out"]
    assert "skipped" in str([entry.action for entry in service.rows(AuditEntry)])
    with service.database.read() as session:
        assert opted_out_among(session, "demo", [NURSE, "+12025550113"]) == {NURSE}
    [told] = hook.notifications
    assert "A staff phone texted STOP" in str(told.body)


def test_an_alarm_does_not_wait_for_a_contact_whose_phone_texted_stop(
    start_service: StartService, twilio: TwilioStandIn
) -> None:
    service = start_service(
        f"escalation = [{{ number = '{NURSE}', after_minutes = 5 }}, {{ number = '{MANAGER}', after_minutes = 30 }}]"
    )
    service.text("STOP", from_=NURSE)
    service.text(URGENT)
    service.work()
    with service.edit() as session:
        session.execute(update(Escalation).values(next_step_at=now()))
    service.reconcile()

    assert [message.to for message in twilio.messages if "/staff/" in message.body] == [MANAGER]
    steps = [(row.escalation_step, row.state) for row in service.rows(Notification) if row.target != "console"]
    assert [step for step in steps if step[0]] == [(1, "opted_out"), (2, "sent")]


def test_open_pages_show_at_once_that_an_alarm_did_not_reach_a_phone(service: Service) -> None:
    service.text("STOP", from_=NURSE)
    service.text(URGENT)
    service.work()
    with service.edit() as session:
        page = session.scalars(select(Notification).where(Notification.state == "opted_out")).one()
        page.state, page.next_attempt_at = NotificationState.PENDING, now() - timedelta(seconds=1)

    assert notify(service.context, page.id).topics == topics_of(2, "demo")


def test_nobody_on_the_website_keeps_the_notices_from_a_staff_phone(service: Service, twilio: TwilioStandIn) -> None:
    wish = {"message": "stop texting me", "phone": NURSE}
    requests.post(f"{service.url}/forms/demo", json=wish, headers={"Origin": SITE}, timeout=30).raise_for_status()
    service.work()
    service.text(URGENT)
    service.work()

    assert "[urgent]" in texts_to_nurse(twilio)[-1]
    assert "staff_opted_out" not in [row.reason for row in service.rows(Notification)]


def test_start_brings_the_notices_back(service: Service, twilio: TwilioStandIn) -> None:
    service.text("STOP", from_=NURSE)
    service.text("START", from_=NURSE)
    service.work()
    service.text(URGENT)
    service.work()

    assert len(texts_to_nurse(twilio)) == 1


def test_without_a_key_only_urgent_notices_are_texted(service: Service, twilio: TwilioStandIn) -> None:
    restarted = Database(service.database.url, Keyring(OTHER_KEY))
    record_message(restarted, inbound("Hello", patient_address="+12025550177"))
    restarted.close()
    acting(service.database)
    service.text("Are you accepting new patients? I just moved here and need a doctor.")
    service.text(URGENT, from_="+12025550178")
    service.work()
    with service.edit() as session:
        session.execute(update(Notification).values(next_attempt_at=now() - timedelta(seconds=1)))
    service.reconcile()

    assert [text[:8] for text in texts_to_nurse(twilio)] == ["[urgent]"]
    waiting = {(row.team, row.state) for row in service.rows(Notification) if row.target != "console"}
    assert ("front_desk", "pending") in waiting
