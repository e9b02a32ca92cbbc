"""Each worker reconciles by a clock that nobody sets, one worker at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from inbox.models import Lease, Message, now
from tasks.queues.queue import AfterCommit, Ticket, WorkQueue
from tasks.upkeep.reconcile_loop import ReconcileLoop
from tests.service import Service

QUESTION = "Is there parking for my red Buick?"
DEADLINE_SECONDS = 30


class NotingQueue(WorkQueue):
    """A queue that says when something was put into it."""

    def __init__(self, service: Service) -> None:
        super().__init__(service.redis, service.database.keyring)
        self.filled = threading.Event()

    def put_tickets(self, tickets: Sequence[Ticket], *, at_front: bool = False) -> int:
        added = super().put_tickets(tickets, at_front=at_front)
        if added:
            self.filled.set()
        return added


def lose_job(service: Service) -> None:
    service.text(QUESTION)
    service.redis.flushall()


def end_lease(service: Service) -> None:
    with service.edit() as session:
        session.execute(update(Lease).values(expires_at=0.0))


def test_a_running_worker_finds_lost_work_though_rq_never_reaches_its_maintenance(service: Service) -> None:
    lose_job(service)
    queue = NotingQueue(service)
    with ReconcileLoop(replace(service.context, queue=queue)):
        assert queue.filled.wait(DEADLINE_SECONDS)
        queue.filled.clear()
        service.redis.flushall()
        with service.edit() as session:
            session.execute(update(Message).values(received_at=now() - timedelta(minutes=1)))
        assert queue.filled.wait(DEADLINE_SECONDS)  # and again and again

    assert service.context.queue.waiting() == {("handle_message", 1)}


def test_of_two_workers_one_reconciles(service: Service) -> None:
    first, second = ReconcileLoop(service.context), ReconcileLoop(service.context)

    assert [first.run_round(), second.run_round(), first.run_round()] == [True, False, False]
    end_lease(service)
    assert [second.run_round(), first.run_round()] == [True, False]


def test_the_first_round_takes_the_youngest_rows_and_later_ones_leave_them_to_their_jobs(service: Service) -> None:
    loop = ReconcileLoop(service.context)
    lose_job(service)
    loop.run_round()
    assert len(service.context.queue.waiting()) == 1

    end_lease(service)
    service.redis.flushall()
    loop.run_round()
    assert len(service.context.queue.waiting()) == 0


def test_a_running_worker_queues_a_job_once_its_time_has_come(service: Service) -> None:
    queue = NotingQueue(service)
    queue.put_all(AfterCommit(later=(Ticket("deliver", 7, not_before=now()),)))
    assert queue.waiting() == frozenset()

    with ReconcileLoop(replace(service.context, queue=queue)):
        assert queue.filled.wait(DEADLINE_SECONDS)

    assert queue.waiting() == {("deliver", 7)}
