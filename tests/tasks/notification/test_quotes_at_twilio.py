"""A notice by text may quote the patient: what Twilio keeps of it goes with the patient's words."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from inbox.models import CarrierErasure, Conversation, Message, Notification, now
from inbox.retention.erasure import erase_conversations
from tasks import jobs
from tasks.context import use
from tests.service import Service
from tests.standins.twilio import Fault
from tests.standins.twilio.messages import Message as SentMessage
from tests.tasks.conftest import StartService
from tests.tasks.upkeep.test_retention import LIMITS, age, clean
from tests.world import PATIENT

QUESTION = "Can I move my visit to next week?"
DESK = "+12025550142"
TEAMS = f'teams = {{ scheduling = {{ notify = ["sms:{DESK}"], include_text = true }} }}'


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A service that keeps messages for 30 days, and texts the patient's words to its front desk."""
    return start_service(f"{LIMITS}{TEAMS}")


def notices(service: Service) -> list[SentMessage]:
    """The texts to the front desk that Twilio has."""
    return [sent for sent in service.twilio.messages if sent.to == DESK]


def erase_patient(service: Service) -> None:
    """Erase everything about the patients."""
    with service.edit() as session:
        conversations = session.scalars(select(Conversation).with_for_update()).all()
        erase_conversations(session, conversations)


def test_after_the_days_of_the_message_the_notice_is_redacted_at_twilio(service: Service) -> None:
    service.text(QUESTION)
    service.work()
    assert [sent.body.endswith(QUESTION) for sent in notices(service)] == [True]
    age(service, 31)

    clean(service)

    assert [sent.body for sent in notices(service)] == [""]
    assert service.rows(CarrierErasure) == []


def test_an_erasure_redacts_every_text_of_a_notice_that_went_out_more_than_once(service: Service) -> None:
    service.text(QUESTION)
    service.work()
    with service.edit() as session:
        due = {"state": "pending", "next_attempt_at": now()}
        session.execute(update(Notification).where(Notification.target != "console").values(**due))
    service.reconcile()
    assert [QUESTION in sent.body for sent in notices(service)] == [True, True]

    erase_patient(service)
    service.reconcile()

    assert [sent.body for sent in notices(service)] == ["", ""]


def test_a_notice_of_what_is_erased_while_it_is_sent_is_redacted_too(service: Service) -> None:
    sending = service.twilio.faults.push(Fault.hang(accept=True, when=lambda form: form["To"] == DESK))
    service.text(QUESTION)
    use(service.context)
    [message] = service.rows(Message)
    jobs.handle_message(message.id)
    [notice] = [row for row in service.rows(Notification) if row.target != "console"]
    with ThreadPoolExecutor() as pool:
        working = pool.submit(jobs.notify, notice.id)
        sending.wait_arrived()
        erase_patient(service)
        sending.release()
        working.result()

    service.reconcile()

    assert service.rows(Notification) == []
    assert [sent.body for sent in notices(service)] == [""]


def test_a_notice_about_someone_else_stays(service: Service) -> None:
    service.text(QUESTION)
    service.work()
    age(service, 31)
    service.text(QUESTION, from_="+12025550177")
    service.work()

    clean(service)

    assert [QUESTION in sent.body for sent in notices(service)] == [False, True]
    assert PATIENT not in "".join(sent.body for sent in notices(service))
