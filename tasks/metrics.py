"""Prometheus metrics, kept in Redis so that every web and worker process adds to the same numbers.

Numbers kept in a process would be lost when it ends, and shared files would not reach processes on other machines.
Numbers in Redis survive restarts. If Redis loses them, they start again at zero, which Prometheus handles. They are
counted after the transaction commits, so that a job that runs twice counts once. Labels are practices, channels,
intents, and the like, never patient data.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

import redis
import structlog

from inbox.models import Delivery, DeliveryState, Message

if TYPE_CHECKING:
    from classifier import Understanding
    from tasks.routing.decide import RoutingDecision

log = structlog.get_logger(__name__)

_KEY = "metrics"
_SUM = "sum"
NO_INTENT = "none"
_GONE_OUT = (DeliveryState.SENT, DeliveryState.DELIVERED)
_REPLY_STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Series:
    """A counter or a histogram.

    Attributes:
        name: its name in Prometheus; a counter's name ends in `_total`.
        help: its description in Prometheus.
        labels: the names of its labels.
        steps: the upper bounds of a histogram's buckets, except the infinite one; empty for a counter.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    steps: tuple[float, ...] = ()


MESSAGES = Series("intake_messages_total", "Messages that Intake has routed.", ("practice", "channel", "intent"))
DECISIONS = Series("intake_decisions_total", "Routing decisions, by route.", ("practice", "route"))
UNDERSTOOD = Series(
    "intake_understood_total",
    "Messages that the model has read, by triage level, language, and disposition.",
    ("practice", "triage", "language", "disposition"),
)
CONFIDENCE = Series(
    "intake_confidence",
    "Calibrated confidence of the most likely intent.",
    ("intent",),
    tuple(round(step / 20, 2) for step in range(4, 21)),
)
CLASSIFY_SECONDS = Series(
    "intake_classify_seconds",
    "Time to classify and screen a message.",
    (),
    (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28),
)
DECIDED_SECONDS = Series(
    "intake_decided_seconds", "Time from a message's arrival to its routing decision.", ("channel",), _REPLY_STEPS
)
REPLY_SECONDS = Series(
    "intake_reply_seconds",
    "Time from a message's arrival until the carrier or the patient's browser received the automatic reply.",
    ("medium",),
    _REPLY_STEPS,
)
DELIVERIES = Series("intake_deliveries_total", "Replies, by the state they reached.", ("practice", "medium", "state"))
NOTIFICATIONS = Series(
    "intake_notifications_total", "Staff notifications that were sent or abandoned.", ("practice", "priority", "state")
)
QUESTIONS = Series(
    "intake_questions_total", "Messages near one of a practice's common questions.", ("practice", "outcome")
)
MODEL_CHANGES = Series(
    "intake_model_changes_total", "Models that a worker switched to or could not load.", ("outcome",)
)
JOBS_REFUSED = Series(
    "intake_jobs_refused_total", "Jobs that were not run because this service did not sign them.", ("queue",)
)
ALL = (
    MESSAGES,
    DECISIONS,
    UNDERSTOOD,
    CONFIDENCE,
    CLASSIFY_SECONDS,
    DECIDED_SECONDS,
    REPLY_SECONDS,
    DELIVERIES,
    NOTIFICATIONS,
    QUESTIONS,
    MODEL_CHANGES,
    JOBS_REFUSED,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One increment of a counter, or one value to add to a histogram."""

    series: Series
    labels: tuple[str, ...] = ()
    value: float = 1.0


@dataclass(slots=True)
class Tally:
    """The totals for one set of labels.

    Attributes:
        count: the number of events.
        total: the sum of the measured values.
        buckets: for each of the series' steps, the number of values at or below it, then the number of all values.
    """

    count: int = 0
    total: float = 0.0
    buckets: list[int] = field(default_factory=list)


def of_message(
    message: Message, practice: str, understanding: Understanding | None, plan: RoutingDecision, moment: datetime
) -> tuple[Measure, ...]:
    """Return the measures to record once a message has been routed."""
    channel = str(message.conversation.channel)
    intent = understanding.intent if understanding else NO_INTENT
    counted = (
        Measure(MESSAGES, (practice, channel, intent)),
        Measure(DECISIONS, (practice, plan.route)),
        Measure(DECIDED_SECONDS, (channel,), (moment - message.received_at).total_seconds()),
    )
    if understanding is None:
        return counted
    said = (practice, str(understanding.triage), understanding.language, str(understanding.disposition))
    return (*counted, Measure(UNDERSTOOD, said), Measure(CONFIDENCE, (intent,), understanding.confidence))


def of_delivery(delivery: Delivery, before: str, moment: datetime) -> tuple[Measure, ...]:
    """Return the measures to record once a delivery has changed state.

    Args:
        delivery: the delivery in its new state.
        before: its previous state.
        moment: the current time, aware.
    """
    medium, practice = str(delivery.medium), delivery.conversation.practice
    counted = (Measure(DELIVERIES, (practice, medium, str(delivery.state))),)
    if delivery.message is None or delivery.state not in _GONE_OUT or before in _GONE_OUT:
        return counted
    waited = (moment - delivery.message.received_at).total_seconds()
    return (*counted, Measure(REPLY_SECONDS, (medium,), waited))


def record(connection: redis.Redis, measures: tuple[Measure, ...]) -> None:
    """Add measures to the totals; they are lost if Redis is unreachable."""
    if not measures:
        return
    try:
        with connection.pipeline(transaction=False) as pipeline:
            add_measures(pipeline, measures)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("not_counted", error=type(error).__name__)


def add_measures(pipeline: redis.client.Pipeline, measures: Iterable[Measure]) -> None:
    """Stage the addition of measures to the totals."""
    for measure in measures:
        _add(pipeline, measure)


def read(connection: redis.Redis) -> dict[Series, dict[tuple[str, ...], Tally]]:
    """Return all totals, by series and labels.

    Raises:
        redis.RedisError: Redis could not be reached.
    """
    found: dict[Series, dict[tuple[str, ...], Tally]] = {series: defaultdict(Tally) for series in ALL}
    known = {series.name: series for series in ALL}
    for key, value in connection.hgetall(_KEY).items():
        name, part, *labels = json.loads(key)
        series = known.get(name)
        if series is None or len(labels) != len(series.labels):
            continue  # left by an earlier version
        tally = found[series][tuple(labels)]
        if part == _SUM:
            tally.total = float(value)
        else:
            tally.count += int(value)
            tally.buckets = tally.buckets or [0] * (len(series.steps) + 1)
            tally.buckets[bisect_left(series.steps, float(part))] += int(value)
    for tallies in found.values():
        for tally in tallies.values():
            tally.buckets = list(accumulate(tally.buckets))
    return found


def _add(pipeline: redis.client.Pipeline, measure: Measure) -> None:
    """Add a measure to its hash fields: the count of its value's bucket, and the sum of all values."""
    series, labels = measure.series, measure.labels
    bound = (*series.steps, math.inf)[bisect_left(series.steps, measure.value)] if series.steps else math.inf
    pipeline.hincrby(_KEY, json.dumps([series.name, str(bound), *labels]), 1)
    if series.steps:
        pipeline.hincrbyfloat(_KEY, json.dumps([series.name, _SUM, *labels]), measure.value)
