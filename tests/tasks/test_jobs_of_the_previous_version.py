"""Jobs that the previous version queued are not signed, so they are refused, and their rows are queued again."""

from __future__ import annotations

import pytest
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select

from inbox.models import Delivery, DeliveryState, Message, Notification, NotificationState, now
from tests.service import Service

# as version 0007 of the tables' program queued them
QUEUED = {
    "handle_message": "messages",
    "deliver": "carriers",
    "settle": "carriers",
    "notify": "carriers",
    "escalate": "messages",
    "look_for_recording": "carriers",
}


def queue_as_before(service: Service, job: str, row_id: int) -> None:
    queue = Queue(QUEUED[job], connection=service.redis, serializer=JSONSerializer)
    queue.enqueue(
        f"tasks.jobs.{job}", row_id, job_timeout=60, result_ttl=0, failure_ttl=60, description=f"{job} {row_id}"
    )


def failures(service: Service) -> int:
    queues = [Queue(name, connection=service.redis, serializer=JSONSerializer) for name in set(QUEUED.values())]
    return sum(queue.failed_job_registry.get_job_count(cleanup=False) for queue in queues)


def test_a_message_whose_job_the_previous_version_queued_is_handled(service: Service) -> None:
    service.text("How much is a first visit without insurance?")
    service.redis.flushall()

    queue_as_before(service, "handle_message", service.rows(Message)[0].id)
    service.work()
    assert service.rows(Message)[0].handled_at is None

    service.reconcile()
    assert service.rows(Message)[0].handled_at
    assert [delivery.state for delivery in service.rows(Delivery)] == [DeliveryState.SENT]


def test_a_reply_and_a_notice_whose_jobs_the_previous_version_queued_go_out(service: Service) -> None:
    service.text("I have a question about my bill")
    service.work()
    with service.edit() as session:
        delivery = session.scalars(select(Delivery)).one()
        delivery.state, delivery.next_attempt_at, delivery.provider_id = DeliveryState.PENDING, now(), None
        for notice in session.scalars(select(Notification)):
            notice.state = NotificationState.PENDING

    for delivery in service.rows(Delivery):
        queue_as_before(service, "deliver", delivery.id)
    for notice in service.rows(Notification):
        queue_as_before(service, "notify", notice.id)
    service.reconcile()  # finds the rows although jobs seem to wait for them

    assert [delivery.state for delivery in service.rows(Delivery)] == [DeliveryState.SENT]
    assert {notice.state for notice in service.rows(Notification)} <= {"sent", "dropped", "failed"}


@pytest.mark.parametrize("job", QUEUED)
def test_a_job_for_a_row_that_was_erased_does_nothing(service: Service, job: str) -> None:
    queue_as_before(service, job, 987654)
    service.context.queue.put(job, 987654)  # type: ignore[arg-type]

    service.work()

    assert failures(service) == 0
    assert service.twilio.messages == []
