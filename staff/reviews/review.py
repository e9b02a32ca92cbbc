"""The review queue: one message at a time, whose label a person chooses with one key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.models import Message, Review, ReviewReason, Role, StaffMember, now
from inbox.reviews import (
    NONE_OF_THESE,
    Claimed,
    claim_next,
    count_open,
    find_review,
    last_decided,
    read_context,
    release,
)
from intake.vocabulary import INTENTS, words_of
from staff import display
from staff.auth.access import member, open_to, record_on_conversation
from staff.live import stream
from tasks.corrections import can_take_back, correct, take_back
from tasks.pubsub import practice_topic
from tasks.routing import RoutingDecision
from web.services import services_of

blueprint = Blueprint("review", __name__, url_prefix="/staff/review")

LABELS = (*INTENTS, NONE_OF_THESE)  # in the order of the keys 1 to 8
MOST_SKIPPED = 100
_SKIPPED = "skipped_reviews"
REASONS = {
    ReviewReason.LOW_CONFIDENCE: "Not sure enough to answer by itself",
    ReviewReason.OUT_OF_SCOPE: "May be nothing for the practice",
    ReviewReason.LANGUAGE: "May not be English",
    ReviewReason.SAMPLE: "Answered already; drawn at random to check on the robot",
}
TOO_LATE = "What followed from it has gone out already, so it cannot be taken back: write to the patient instead."


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """One label to choose.

    Attributes:
        key: the key that chooses it.
        label: what is stored.
        name: what is shown.
        share: how probable the model takes it for, in percent; None for none of these.
        is_guess: the model takes it for the most probable.
    """

    key: int
    label: str
    name: str
    share: int | None
    is_guess: bool


@blueprint.app_context_processor
def backlog() -> dict[str, Any]:
    """Let every page say how many messages wait for a label."""
    return {"review_backlog": _count if current_user.is_authenticated else lambda: 0}


@blueprint.get("")
@open_to(Role.STAFF)
def page() -> str:
    """Show the next message that nobody else looks at."""
    with services_of(current_app).database.write() as database:
        claimed = _claim(database)
        last = last_decided(database, member().practices, member().id, now())
        shown: dict[str, Any] = {
            "waiting": count_open(database, member().practices),
            "undo": words_of(last.label) if last and can_take_back(database, last) else "",
            "review": None,
        }
        if claimed is not None:
            shown |= _shown(database, claimed.review)
            if claimed.is_new:
                _record(database, claimed.review, "viewed")
    return render_template("staff/review.html", **shown)


@blueprint.get("/waiting")
@open_to(Role.STAFF)
def waiting() -> str:
    """Say how many wait, for a page that is open."""
    return render_template("staff/review_waiting.html", waiting=_count())


@blueprint.get("/events")
@open_to(Role.STAFF)
def events() -> Response:
    """Say whenever more or fewer may wait."""
    return stream(services_of(current_app), [practice_topic(slug) for slug in member().practices])


@blueprint.post("/<int:review_id>")
@open_to(Role.STAFF)
def label(review_id: int) -> AnyResponse:
    """Store the label that was chosen, and set off what follows from it."""
    services = services_of(current_app)
    chosen = request.form.get("label", "")
    with services.database.write() as database:
        review = find_review(database, member().practices, review_id) or abort(404)
        if chosen not in LABELS:
            abort(400, f"Choose one of the labels: {', '.join(LABELS)}.")
        if review.decided_at is not None:
            flash(_refusal(database, review))
            return redirect(url_for("review.page"), 303)
        practice = services.practices.require(review.practice)
        plan, after_commit = correct(database, review, chosen, member().id, practice, now())
        _record(database, review, "reviewed", intent=review.intent, label=chosen, reply=plan.reply, team=plan.team)
    services.queue.put_all(after_commit)
    flash(_outcome(chosen, plan))
    return redirect(url_for("review.page"), 303)


@blueprint.post("/<int:review_id>/skip")
@open_to(Role.STAFF)
def skip(review_id: int) -> AnyResponse:
    """Leave a message to others; it comes again when nothing else is left."""
    with services_of(current_app).database.write() as database:
        review = find_review(database, member().practices, review_id) or abort(404)
        release(database, member().id)
        session[_SKIPPED] = [*_skipped(), review.id][-MOST_SKIPPED:]
        _record(database, review, "review_skipped")
    return redirect(url_for("review.page"), 303)


@blueprint.post("/undo")
@open_to(Role.STAFF)
def undo() -> AnyResponse:
    """Take back what one decided last, as long as nothing has gone out because of it."""
    services = services_of(current_app)
    with services.database.write() as database:
        review = last_decided(database, member().practices, member().id, now())
        if review is None:
            flash("Nothing was decided within the last minute.")
            return redirect(url_for("review.page"), 303)
        taken_back = review.label
        after_commit = take_back(database, review)
        if after_commit is not None:
            _record(database, review, "review_undone", label=taken_back)
    if after_commit is None:
        flash(TOO_LATE)
    else:
        session[_SKIPPED] = [one for one in _skipped() if one != review.id]
        services.queue.put_all(after_commit)
        flash(f"Taken back: {words_of(taken_back)}.")
    return redirect(url_for("review.page"), 303)


def _claim(database: Session) -> Claimed | None:
    """Return the next one for whoever is signed in; those that they skipped come again when nothing else is left."""
    skipped, moment = _skipped(), now()
    found = claim_next(database, member().practices, member().id, skipped, moment)
    if found is None and skipped:
        session[_SKIPPED] = []
        found = claim_next(database, member().practices, member().id, [], moment)
    return found


def _shown(database: Session, review: Review) -> dict[str, Any]:
    message = review.message
    practice = services_of(current_app).practices.require(review.practice)
    return {
        "review": review,
        "reason": REASONS[ReviewReason(review.reason)],
        "urgent": message.classification is not None and message.classification.urgent,
        "who": display.who(message.conversation),
        "channel": display.CHANNELS[message.conversation.channel],
        "practice": practice.name if len(member().practices) > 1 else "",
        "age": display.age(message.received_at, now(), practice.time_zone),
        "lines": read_context(database, message),
        "clock": lambda at: display.clock(at, practice.time_zone),
        "status": display.delivery_state,
        "choices": _choices(message, review),
    }


def _choices(message: Message, review: Review) -> list[LabelChoice]:
    probabilities = message.classification.probabilities if message.classification else {}
    return [
        LabelChoice(key, name, words_of(name), _percent(probabilities.get(name)), name == review.intent)
        for key, name in enumerate(LABELS, start=1)
    ]


def _percent(probability: float | None) -> int | None:
    return None if probability is None else round(100 * probability)


def _outcome(label: str, plan: RoutingDecision) -> str:
    """Say what a label set off."""
    told = f"{words_of(plan.team)} is told" if plan.team else ""
    replied = "the patient gets the reply for it" if plan.reply else ""
    follows = " and ".join(part for part in (replied, told) if part)
    return f"{words_of(label)}: {follows or 'stored; nothing else was to do'}."


def _refusal(database: Session, review: Review) -> str:
    if review.staff_id == member().id:
        return f"You labelled this one already: {words_of(review.label)}."
    other = database.get(StaffMember, review.staff_id)
    name = other.name if other else "Somebody else"
    return f"{name} labelled this one meanwhile: {words_of(review.label)}. Your choice was not stored."


def _record(database: Session, review: Review, action: str, **detail: Any) -> None:
    about = {"message": review.message_id, "review": review.id}
    record_on_conversation(database, review.message.conversation_id, review.practice, action, **about, **detail)


def _skipped() -> list[int]:
    return list(session.get(_SKIPPED, []))


def _count() -> int:
    with services_of(current_app).database.read() as database:
        return count_open(database, member().practices)
