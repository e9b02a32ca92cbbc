"""The quality page: how accurate the model is for a practice, according to staff reviews."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request

from inbox.audit.trail import record_action
from inbox.conversations.reviews import LEVEL_LABELS, NONE_OF_THESE, reviews_since
from inbox.models import Review, ReviewReason, Role, now
from inbox.storage.presence import is_model_lost, running_processes
from intake.practices import Practice
from intake.vocabulary import TOPICS, AutoReply, words_of
from staff.auth.access import member, open_to, own_practice
from staff.reviews import plots, quality_statistics
from staff.reviews.plots import Point, Texts
from staff.reviews.quality_statistics import Judged, OperatingPoint, SelectedMessage, Share
from web.services import services_of

blueprint = Blueprint("quality", __name__, url_prefix="/staff/quality")

PERIODS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days", "365": "Last year", "all": "All time"}
USUAL_PERIOD = "90"
DAILY_UP_TO = ("7", "30")
LABELS = (*TOPICS, NONE_OF_THESE)
STEPS = tuple(step / 20 for step in range(6, 20))
HEAT_LEVELS = 5
COLUMNS = (
    "review", "message", "practice", "reason", "sampling_rate", "model", "intent", "confidence", "threshold",
    "label", "staff_id", "asked_at", "decided_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QualityFilter:
    """What the page covers: a practice, a period, and one or all versions of the model."""

    practice: Practice
    period: str
    model: str

    def since(self) -> datetime | None:
        """Return the start of the period, None for all time."""
        return None if self.period == "all" else now() - timedelta(days=int(self.period))


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of the confusion matrix: its count, and its shade from 0 to 5."""

    count: int
    heat: int
    is_right: bool


@blueprint.get("")
@open_to(Role.MANAGER)
def page() -> str:
    """Show the figures and plots."""
    choice = _read_choice()
    with services_of(current_app).database.read() as session:
        everything = reviews_since(session, [choice.practice.slug], choice.since())
        model_is_lost = is_model_lost(running_processes(session, now()))
    versions = list(dict.fromkeys(review.model_version for review in reversed(everything)))
    reviews = _of_model(everything, choice)
    asked = [_asked(review) for review in reviews if review.label not in LEVEL_LABELS]  # these judge no intent
    judged = quality_statistics.weigh(asked)
    shown: dict[str, Any] = {
        "choice": choice,
        "practices": {slug: services_of(current_app).practices.require(slug).name for slug in member().practices},
        "periods": PERIODS,
        "versions": versions,
        "counts": _counts(reviews),
        "sample": choice.practice.review_sample,
        "names": {name: words_of(name) for name in LABELS},
        "right": quality_statistics.share_right(judged),
        "readiness": quality_statistics.judge_readiness(asked),
        "least": {"reviews": quality_statistics.LEAST_REVIEWS, "agreement": quality_statistics.LEAST_AGREEMENT},
        "few": quality_statistics.LEAST_TO_TELL,
        "model_is_lost": model_is_lost,
        "replies_are_off": choice.practice.auto_reply is AutoReply.OFF,
    }
    if not judged:
        return render_template("staff/quality.html", **shown)
    return render_template("staff/quality.html", **shown, **_figures(judged, reviews, choice))


@blueprint.get("/reviews.csv")
@open_to(Role.MANAGER)
def export() -> Response:
    """Return the reviews as a CSV file with ids, labels, and times, and without any text, names, or numbers."""
    choice = _read_choice()
    with services_of(current_app).database.write() as session:
        reviews = _of_model(reviews_since(session, [choice.practice.slug], choice.since()), choice)
        table = write_table(reviews)
        record_action(
            session,
            staff_id=member().id,
            practice=choice.practice.slug,
            action="exported",
            subject="reviews",
            period=choice.period,
            rows=len(reviews),
        )
    response = Response(table, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="reviews-{choice.practice.slug}.csv"'
    return response


def write_table(reviews: Iterable[Review]) -> str:
    """Return reviews as comma-separated values with a header line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for review in reviews:
        decided = review.decided_at.isoformat() if review.decided_at else ""
        writer.writerow(
            [
                review.id, review.message_id, review.practice, review.reason, review.sampling_rate,
                review.model_version, review.intent, review.confidence, review.threshold, review.label or "",
                review.staff_id or "", review.created_at.isoformat(), decided,
            ]
        )  # fmt: skip
    return text.getvalue()


def current_threshold(practice: Practice, reviews: Sequence[Review]) -> float | None:
    """Return the practice's own threshold, or else the model's, taken from the newest review; None if unknown."""
    if practice.review_threshold is not None:
        return practice.review_threshold
    by_model = [review.threshold for review in reviews if review.intent not in practice.thresholds]
    return by_model[-1] if by_model else None


def _read_choice() -> QualityFilter:
    slug = request.args.get("practice") or next(iter(member().practices), "")
    period = request.args.get("period", USUAL_PERIOD)
    return QualityFilter(
        own_practice(slug), period if period in PERIODS else USUAL_PERIOD, request.args.get("model", "")
    )


def _of_model(reviews: Sequence[Review], choice: QualityFilter) -> list[Review]:
    return [review for review in reviews if choice.model in ("", review.model_version)]


def _asked(review: Review) -> SelectedMessage:
    return SelectedMessage(
        at=review.created_at,
        intent=review.intent,
        confidence=review.confidence,
        sampling_rate=review.sampling_rate,
        is_sample=review.reason == ReviewReason.SAMPLE,
        label=review.label,
    )


def _counts(reviews: Sequence[Review]) -> dict[str, int]:
    decided = [review for review in reviews if review.decided_at is not None]
    sampled = sum(review.reason == ReviewReason.SAMPLE for review in decided)
    return {"sampled": sampled, "unsure": len(decided) - sampled, "waiting": len(reviews) - len(decided)}


def _figures(judged: list[Judged], reviews: Sequence[Review], choice: QualityFilter) -> dict[str, Any]:
    bins = quality_statistics.reliability(judged)
    error = quality_statistics.calibration_error(bins)
    threshold = current_threshold(choice.practice, reviews)
    current = None if threshold is None else quality_statistics.at_threshold(judged, threshold)
    over_time = _over_time(judged, choice)
    return {
        "over_time": over_time,
        "over_time_plot": _time_plot(over_time),
        "confusion": _confusion(judged),
        "bins": bins,
        "error": error,
        "reliability_plot": _reliability_plot(bins, error),
        "current": current,
        "thresholds": _thresholds(judged, current),
        "coverage_plot": _coverage_plot(judged, current),
        "own_thresholds": choice.practice.thresholds,
    }


def _over_time(judged: list[Judged], choice: QualityFilter) -> list[tuple[str, Share]]:
    """Return accuracy by day for short periods, otherwise by week, in the practice's time zone."""
    zone = ZoneInfo(choice.practice.time_zone)

    def period(at: datetime) -> str:
        day = at.astimezone(zone).date()
        if choice.period not in DAILY_UP_TO:
            day -= timedelta(days=day.weekday())
        return f"{day:%b} {day.day}, {day.year}"

    return quality_statistics.by_time(judged, period)


def _time_plot(found: list[tuple[str, Share]]) -> str:
    last = max(1, len(found) - 1)
    points = [
        _point(place / last if len(found) > 1 else 0.5, share, name=f"{name}: {_said(share)}")
        for place, (name, share) in enumerate(found)
    ]
    ends = [found[0][0], found[-1][0]] if len(found) > 1 else [found[0][0]]
    newest = found[-1]
    texts = Texts(
        "over-time",
        "Share of messages classified correctly, over time",
        f"{len(found)} periods from {ends[0]} to {ends[-1]}. Most recent: {_said(newest[1])}.",
        "",
        "correct",
    )
    return plots.over_time(texts, points, ends)


def _reliability_plot(bins: Sequence[quality_statistics.Bin], error: float) -> str:
    points = [
        _point(
            bucket.confidence,
            bucket.right,
            bucket.weight,
            f"{bucket.low:.0%} to {bucket.high:.0%} confident: {_said(bucket.right)}",
        )
        for bucket in bins
    ]
    texts = Texts(
        "reliability",
        "Share of messages classified correctly, by confidence",
        f"On the diagonal, confidence equals accuracy. The average difference is {100 * error:.1f} percentage points.",
        "confidence",
        "correct",
    )
    return plots.reliability(texts, points)


def _coverage_plot(judged: Sequence[Judged], current: OperatingPoint | None) -> str:
    curve = [
        _point(operating.coverage, operating.right, name=f"threshold {operating.threshold:.2f}")
        for operating in quality_statistics.over_thresholds(judged)
        if operating.right
    ]
    mark = None
    said = "The current threshold is not known yet."
    if current and current.right:
        said = f"At {current.threshold:.2f}, {current.coverage:.0%} are handled automatically, {_said(current.right)}."
        mark = _point(current.coverage, current.right, 0.4, said)
    texts = Texts(
        "coverage",
        "Share of messages handled automatically, and how many of those are correct",
        f"A lower threshold handles more messages automatically but gets fewer of them right. {said}",
        "handled automatically",
        "correct",
    )
    return plots.coverage(texts, curve, mark)


def _point(x: float, share: Share, size: float = 0.0, name: str = "") -> Point:
    return Point(x, share.value, share.low, share.high, size, name)


def _said(share: Share) -> str:
    return f"{share.value:.0%} correct ({share.low:.0%} to {share.high:.0%}, {share.count} reviewed)"


def _thresholds(judged: Sequence[Judged], current: OperatingPoint | None) -> list[tuple[OperatingPoint, bool]]:
    """Return the results at round thresholds and at the current one, each with whether it is the current one."""
    found = [quality_statistics.at_threshold(judged, step) for step in STEPS]
    if current is not None:
        found = [operating for operating in found if operating.threshold != current.threshold] + [current]
    return [(operating, operating is current) for operating in sorted(found, key=lambda operating: operating.threshold)]


def _confusion(judged: Iterable[Judged]) -> list[tuple[str, list[MatrixCell]]]:
    """Return the confusion matrix, with a row for each staff label and a column for each predicted intent."""
    counts = quality_statistics.confusion(judged)
    rows = []
    for label in LABELS:
        total = sum(counts.get((label, intent), 0) for intent in TOPICS)
        cells = [counts.get((label, intent), 0) for intent in TOPICS]
        if total:
            heats = [0 if not count else max(1, round(HEAT_LEVELS * count / total)) for count in cells]
            shown = zip(cells, heats, TOPICS, strict=True)
            rows.append((label, [MatrixCell(count, heat, label == intent) for count, heat, intent in shown]))
    return rows
