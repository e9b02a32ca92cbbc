"""`/metrics` for Prometheus: counters from Redis, and gauges from the database and the queues."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import datetime

import redis
import structlog
from flask import Blueprint, Response, current_app, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from inbox.models import Delivery, DeliveryState, Escalation, Message, Review, now
from inbox.storage.database import Database
from tasks.metrics import Series, Tally
from tasks.queues.queue import WorkQueue
from web.errors import RequestError
from web.services import Services, services_of

log = structlog.get_logger(__name__)

blueprint = Blueprint("metrics", __name__)

_ON_THE_WAY = (DeliveryState.PENDING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return all metrics to a client that has the token."""
    services = services_of(current_app)
    _require_token(services.settings.metrics_token)
    registry = CollectorRegistry()
    registry.register(Numbers(services))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _require_token(token: str | None) -> None:
    if token is None:
        raise RequestError(404, "metrics_not_configured", "Set METRICS_TOKEN to let Prometheus read metrics here.")
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise RequestError(401, "invalid_token", "Send the token from METRICS_TOKEN as `Authorization: Bearer TOKEN`.")


class Numbers(Collector):
    """Collects all metrics; those that cannot be read are left out, and `intake_up` reports their source as down."""

    def __init__(self, services: Services) -> None:
        """Create a collector that reads from these services."""
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Read all metrics."""
        up = GaugeMetricFamily("intake_up", "Whether the service can reach this dependency.", labels=["part"])
        for part, found in (
            ("database", _standing(self._services.database)),
            ("redis", _counted(self._services.queue)),
        ):
            up.add_metric([part], 1.0 if found else 0.0)
            yield from found
        yield up


def _standing(database: Database) -> list[Metric]:
    try:
        with database.read() as session:
            moment = now()
            return [
                *_messages(session, moment),
                _deliveries(session, moment),
                _reviews(session),
                *_escalations(session, moment),
            ]
    except SQLAlchemyError as error:
        log.warning("metrics_without_database", error=type(error).__name__)
        return []


def _counted(queue: WorkQueue) -> list[Metric]:
    try:
        return [*_queues(queue), *(_family(*found) for found in queue.counted().items())]
    except redis.RedisError as error:
        log.warning("metrics_without_redis", error=type(error).__name__)
        return []


def _messages(session: Session, moment: datetime) -> Iterator[Metric]:
    waiting, oldest = session.execute(
        select(func.count(Message.id), func.min(Message.received_at)).where(Message.handled_at.is_(None))
    ).one()
    yield GaugeMetricFamily("intake_messages_undecided", "Messages waiting for a routing decision.", waiting)
    yield GaugeMetricFamily(
        "intake_messages_oldest_undecided_seconds",
        "How long the oldest of them has waited, 0 if there are none.",
        _age(oldest, moment),
    )


def _deliveries(session: Session, moment: datetime) -> Metric:
    gauge = GaugeMetricFamily("intake_deliveries_open", "Replies waiting to be sent or confirmed.", labels=["state"])
    query = (
        select(Delivery.state, func.count().label("number"))
        .where(
            Delivery.state.in_(_ON_THE_WAY),
            or_(Delivery.scheduled_for.is_(None), Delivery.scheduled_for <= moment),  # others wait as they should
        )
        .group_by(Delivery.state)
    )
    counts = {row.state: row.number for row in session.execute(query)}
    for state in _ON_THE_WAY:
        gauge.add_metric([str(state)], counts.get(state, 0))
    return gauge


def _reviews(session: Session) -> Metric:
    gauge = GaugeMetricFamily(
        "intake_reviews_open", "Messages waiting for staff to label them.", labels=["practice", "reason"]
    )
    open_ones = select(Review.practice, Review.reason, func.count()).where(Review.decided_at.is_(None))
    for practice, reason, count in session.execute(open_ones.group_by(Review.practice, Review.reason)):
        gauge.add_metric([practice, str(reason)], count)
    return gauge


def _escalations(session: Session, moment: datetime) -> Iterator[Metric]:
    open_ones = select(Escalation.practice, func.count(), func.min(Escalation.created_at)).where(
        Escalation.acknowledged_at.is_(None)
    )
    count = GaugeMetricFamily(
        "intake_escalations_open", "Urgent messages that no one has acknowledged.", labels=["practice"]
    )
    age = GaugeMetricFamily(
        "intake_escalations_oldest_open_seconds", "How long the oldest of them has waited.", labels=["practice"]
    )
    for practice, number, oldest in session.execute(open_ones.group_by(Escalation.practice)):
        count.add_metric([practice], number)
        age.add_metric([practice], _age(oldest, moment))
    yield from (count, age)


def _queues(queue: WorkQueue) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("intake_queue_jobs", "Jobs waiting in the queue.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "intake_queue_oldest_job_seconds", "How long the oldest job has waited, 0 if there are none.", labels=["queue"]
    )
    failed = GaugeMetricFamily("intake_queue_failed_jobs", "Jobs that failed in the past week.", labels=["queue"])
    moment = now()
    for backlog in queue.backlogs():
        jobs.add_metric([backlog.queue], backlog.jobs)
        oldest.add_metric([backlog.queue], _age(backlog.oldest_since, moment))
        failed.add_metric([backlog.queue], backlog.failed)
    yield from (jobs, oldest, failed)
    yield GaugeMetricFamily("intake_workers", "Running workers.", queue.workers())


def _family(series: Series, tallies: dict[tuple[str, ...], Tally]) -> Metric:
    if not series.steps:
        counter = CounterMetricFamily(series.name, series.help, labels=series.labels)
        for labels, tally in tallies.items():
            counter.add_metric(labels, tally.count)
        return counter
    histogram = HistogramMetricFamily(series.name, series.help, labels=series.labels)
    bounds = [*(str(step) for step in series.steps), "+Inf"]
    for labels, tally in tallies.items():
        histogram.add_metric(labels, list(zip(bounds, tally.buckets, strict=True)), tally.total)
    return histogram


def _age(since: datetime | None, moment: datetime) -> float:
    return 0.0 if since is None else max(0.0, (moment - since).total_seconds())
