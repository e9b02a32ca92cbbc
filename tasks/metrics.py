"""What happens, counted for Prometheus: in Redis, where every web and worker process adds to the same numbers.

Numbers in each process would be lost with it, and files that processes share would not reach those on another
machine. In Redis they outlive every restart; should Redis lose them they begin at zero again, which Prometheus knows
how to read. They are counted after the transaction that they tell of, so that a job that runs twice counts once.
Labels are practices, channels, intents and the like: never anything of a patient.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING

import redis
import structlog

from inbox.models import Delivery, DeliveryState, Message

if TYPE_CHECKING:
    from classifier import Understanding
    from tasks.routing import RoutingDecision

log = structlog.get_logger(__name__)

_KEY = "metrics"
_SUM = "sum"
NO_INTENT = "none"
_GONE_OUT = (DeliveryState.SENT, DeliveryState.DELIVERED)
_REPLY_STEPS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


@dataclass(frozen=True, slots=True)
class Series:
    """Something that is counted, or measured into a histogram.

    Attributes:
        name: as Prometheus knows it; a counter's ends in `_total`.
        help: what it tells.
        labels: what it is told apart by.
        steps: upper bounds of the histogram's buckets, beside one for everything beyond; none for a counter.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    steps: tuple[float, ...] = ()


MESSAGES = Series("intake_messages_total", "Messages that were decided upon.", ("practice", "channel", "intent"))
DECISIONS = Series("intake_decisions_total", "Decisions by the row of the routing table.", ("practice", "route"))
CONFIDENCE = Series(
    "intake_confidence",
    "Calibrated confidence of the most likely intent.",
    ("intent",),
    tuple(round(step / 20, 2) for step in range(4, 21)),
)
CLASSIFY_SECONDS = Series(
    "intake_classify_seconds",
    "Time that the model and the screens took for a message.",
    (),
    (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28),
)
DECIDED_SECONDS = Series(
    "intake_decided_seconds", "Time from a message's arrival to the decision.", ("channel",), _REPLY_STEPS
)
REPLY_SECONDS = Series(
    "intake_reply_seconds",
    "Time from a message's arrival until the carrier, or the patient's browser, had the automatic reply.",
    ("medium",),
    _REPLY_STEPS,
)
DELIVERIES = Series("intake_deliveries_total", "Replies that reached a state.", ("practice", "medium", "state"))
NOTIFICATIONS = Series(
    "intake_notifications_total", "Notices to staff that were sent or given up.", ("practice", "priority", "state")
)
MODEL_CHANGES = Series(
    "intake_model_changes_total", "Models that a worker changed to, or could not load.", ("outcome",)
)
ALL = (
    MESSAGES,
    DECISIONS,
    CONFIDENCE,
    CLASSIFY_SECONDS,
    DECIDED_SECONDS,
    REPLY_SECONDS,
    DELIVERIES,
    NOTIFICATIONS,
    MODEL_CHANGES,
)


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to count, or one value to put into a histogram."""

    series: Series
    labels: tuple[str, ...] = ()
    value: float = 1.0


@dataclass(slots=True)
class Tally:
    """What has come together for one set of labels.

    Attributes:
        count: how often it happened.
        total: the sum of what was measured.
        buckets: how many lay at or below each of the series' steps, and how many there are in all.
    """

    count: int = 0
    total: float = 0.0
    buckets: list[int] = field(default_factory=list)


def of_message(
    message: Message, practice: str, understanding: Understanding | None, plan: RoutingDecision, moment: datetime
) -> tuple[Measure, ...]:
    """Return what to count when a message was decided upon."""
    channel = str(message.conversation.channel)
    intent = understanding.intent if understanding else NO_INTENT
    counted = (
        Measure(MESSAGES, (practice, channel, intent)),
        Measure(DECISIONS, (practice, plan.route)),
        Measure(DECIDED_SECONDS, (channel,), (moment - message.received_at).total_seconds()),
    )
    return counted if understanding is None else (*counted, Measure(CONFIDENCE, (intent,), understanding.confidence))


def of_delivery(delivery: Delivery, before: str, moment: datetime) -> tuple[Measure, ...]:
    """Return what to count when a delivery reached a state.

    Args:
        delivery: as it stands now.
        before: the state that it was in.
        moment: now, aware.
    """
    medium, practice = str(delivery.medium), delivery.conversation.practice
    counted = (Measure(DELIVERIES, (practice, medium, str(delivery.state))),)
    if delivery.message is None or delivery.state not in _GONE_OUT or before in _GONE_OUT:
        return counted
    waited = (moment - delivery.message.received_at).total_seconds()
    return (*counted, Measure(REPLY_SECONDS, (medium,), waited))


def record(connection: redis.Redis, measures: tuple[Measure, ...]) -> None:
    """Add to the numbers; with Redis away they are not counted."""
    if not measures:
        return
    try:
        with connection.pipeline(transaction=False) as pipeline:
            for measure in measures:
                _add(pipeline, measure)
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("not_counted", error=type(error).__name__)


def read(connection: redis.Redis) -> dict[Series, dict[tuple[str, ...], Tally]]:
    """Return every number, by series and labels.

    Raises:
        redis.RedisError: Redis could not be reached.
    """
    found: dict[Series, dict[tuple[str, ...], Tally]] = {series: defaultdict(Tally) for series in ALL}
    known = {series.name: series for series in ALL}
    for key, value in connection.hgetall(_KEY).items():
        name, part, *labels = json.loads(key)
        series = known.get(name)
        if series is None or len(labels) != len(series.labels):
            continue  # an earlier version counted it
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
    """Each field holds one number: how often a value lay below a bound and above the one before, or the sum of all."""
    series, labels = measure.series, measure.labels
    bound = (*series.steps, math.inf)[bisect_left(series.steps, measure.value)] if series.steps else math.inf
    pipeline.hincrby(_KEY, json.dumps([series.name, str(bound), *labels]), 1)
    if series.steps:
        pipeline.hincrbyfloat(_KEY, json.dumps([series.name, _SUM, *labels]), measure.value)
