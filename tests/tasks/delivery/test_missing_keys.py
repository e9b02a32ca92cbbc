"""Nobody who opted out is texted, whatever keys a process has, and in whatever order they are changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from inbox.incoming.inbound import record_message
from inbox.models import Delivery, now
from inbox.storage.database import Database
from intake.encryption import Keyring
from tests.inbox.conftest import acting, inbound
from tests.service import Service
from tests.standins.twilio import TwilioStandIn
from tests.world import ENCRYPTION_KEY, OTHER_KEY

PATIENTS = [f"+12025550{number}" for number in range(130, 150)]


def let_time_pass(service: Service) -> None:
    with service.edit() as session:
        session.execute(update(Delivery).values(next_attempt_at=now() - timedelta(seconds=1)))


def stop_all(service: Service, keys: str) -> None:
    """Has a web process with these keys take a STOP from every patient."""
    restarted = Database(service.database.url, Keyring(keys))
    for patient in PATIENTS:
        record_message(restarted, inbound("STOP", patient_address=patient))
    restarted.close()
    acting(service.database)


@pytest.fixture
def asked(service: Service) -> Service:
    """Twenty patients have asked something, and their replies are not out yet."""
    for patient in PATIENTS:
        service.text("Do you have parking?", from_=patient)
    return service


def test_in_a_rolling_restart_with_both_keys_every_opt_out_is_honored(asked: Service) -> None:
    stop_all(asked, f"{OTHER_KEY},{ENCRYPTION_KEY}")

    asked.work()

    sent = {delivery.reply for delivery in asked.rows(Delivery) if delivery.state not in ("pending", "suppressed")}
    assert sent <= {"opt_out"}, "more than the confirmation of a STOP was sent"


def test_a_process_that_lacks_the_key_of_an_opt_out_sends_nothing(asked: Service, twilio: TwilioStandIn) -> None:
    stop_all(asked, OTHER_KEY)

    asked.work()
    let_time_pass(asked)
    asked.reconcile()

    assert twilio.messages == []
    assert {delivery.state for delivery in asked.rows(Delivery)} == {"pending"}


def test_what_was_held_is_decided_once_the_keys_are_there(service: Service, twilio: TwilioStandIn) -> None:
    service.text("Do you have parking?", from_=PATIENTS[0])
    service.text("Do you have parking?", from_="+12025550199")
    restarted = Database(service.database.url, Keyring(OTHER_KEY))
    record_message(restarted, inbound("STOP", patient_address=PATIENTS[0]))
    restarted.close()
    acting(service.database)
    service.work()
    keyring = Keyring(f"{ENCRYPTION_KEY},{OTHER_KEY}")
    service.database.keyring = keyring
    acting(service.database)

    let_time_pass(service)
    service.reconcile()

    assert "+12025550199" in {message.to for message in twilio.messages}
    assert not any(message.to == PATIENTS[0] and "parking" in message.body for message in twilio.messages)
