"""The review queue: one message at a time, labeled with one key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from inbox.contact.unsafe_contact import flag_on, is_held_back
from inbox.conversations.reviews import (
    LEVEL_LABELS,
    NONE_OF_THESE,
    REVIEW_LABELS,
    WaitingReviews,
    claim_next,
    count_waiting,
    find_review,
    last_decided,
    read_context,
    release,
)
from inbox.models import Conversation, Escalation, Message, Review, ReviewReason, Role, StaffMember, UndoKind, now
from inbox.patients.book import record_names
from intake.practices import Practice
from intake.vocabulary import INTENTS, Priority, Route, words_of
from staff import display
from staff.auth.access import member, open_to, own_conversation, record_on_conversation
from staff.conversations.alarms import count_open_of, read_alarms
from staff.conversations.conversation import show_unseen as show_unseen_message
from staff.conversations.inbox import INBOX
from staff.conversations.list_pane import address_of, read_filters
from staff.conversations.no_word import read_way
from staff.conversations.unseen import UnseenMessageError, newest_shown, require_seen
from staff.live import stream, wants_pane
from staff.undo.offers import begin_action, hold_for, mark_label_undone, offer_undo
from tasks.messages.corrections import can_take_back, correct, read_label_replies, take_back
from tasks.pubsub import practice_topic
from tasks.routing.decide import RoutingDecision
from tasks.samples import is_a_sample
from web.row_ids import read_row_id
from web.services import services_of

blueprint = Blueprint("review", __name__, url_prefix="/staff/review")

KEYS: dict[str, str] = {label: str(place) for place, label in enumerate((*INTENTS, NONE_OF_THESE), start=1)} | {
    Route.PERSON: "p",
    Route.PRAISE: "w",
    Route.SAME_DAY: "d",
}
"""The key that chooses each label; an emergency has none, so that no slip of a finger wakes the on-call team.

No label has a key that does something else in the inbox: `j` and `k` move in both, and `g` goes to another page.
"""
MOST_SKIPPED = 100
_SKIPPED = "skipped_reviews"
REASONS = {
    ReviewReason.LOW_CONFIDENCE: "Not sure enough to sort it alone",
    ReviewReason.OUT_OF_SCOPE: "May not be meant for the practice",
    ReviewReason.LANGUAGE: "May be in neither English nor Spanish",
    ReviewReason.LONG: "Long: only part of it was read automatically",
    ReviewReason.SAMPLE: "Already answered; picked at random as a spot check",
}
IS_SAMPLE = "Labeled “{}”. This patient is fictional: nothing is sent, and nobody is notified."
TOO_LATE = "It is too late to undo this: a reply or notification has already been sent. Write to the patient instead."


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """One label to choose from.

    Attributes:
        key: the key that chooses it; empty if only its button does.
        label: the value to store.
        name: the display words.
        share: the model's probability in percent, None for none of these.
        is_guess: whether it is the model's prediction.
        raises: whether it raises the triage level rather than naming what the message is about.
        sends: the automatic reply that it sends the patient; empty for none.
    """

    key: str
    label: str
    name: str
    share: int | None
    is_guess: bool
    raises: bool
    sends: str = field(default="", repr=False)


@blueprint.app_context_processor
def backlog() -> dict[str, Any]:
    """Let every page show how many messages of patients are waiting for a label."""
    return {"review_backlog": _count_real if current_user.is_authenticated else lambda: 0}


@blueprint.get("")
@open_to(Role.STAFF)
def page() -> str:
    """Show the next message that no one else is reviewing, or one of a conversation that the member came from."""
    conversation_id, counted = read_row_id(request.args.get("conversation", "")), _count_waiting()
    with services_of(current_app).database.write() as database:
        claimed = _claim(database, conversation_id)
        last = last_decided(database, member().practices, member().id, now())
        shown: dict[str, Any] = {
            "waiting": counted,
            "keys": KEYS,
            "intent_count": len(INTENTS),
            "undo": words_of(last.label) if last and can_take_back(database, last) else "",
            "review": None,
            "has_previous": bool(_skipped()),
            "of_conversation": conversation_id is not None,
        }
        if claimed is not None:
            shown |= _shown(database, claimed)
            _record(database, claimed, "viewed")
    return render_template("staff/review.html", **shown)


@blueprint.get("/of/<int:conversation_id>")
@open_to(Role.STAFF)
def labels(conversation_id: int) -> str:
    """Show the labels for a message of a conversation that is open in the inbox, for its menu there."""
    with services_of(current_app).database.write() as database:
        own_conversation(database, conversation_id)
        claimed = _claim(database, conversation_id)
        shown: dict[str, Any] = {"review": None}
        if claimed is not None:
            shown |= _shown(database, claimed)
            _record(database, claimed, "viewed")
    return render_template("staff/review_menu.html", query=address_of("", read_filters().whole_query()), **shown)


@blueprint.get("/waiting")
@open_to(Role.STAFF)
def waiting() -> str:
    """Return the number of waiting messages, to refresh an open page."""
    return render_template("staff/review_refresh.html", waiting=_count_waiting())


@blueprint.get("/events")
@open_to(Role.STAFF)
def events() -> Response:
    """Stream an event whenever the queue may have changed."""
    return stream(services_of(current_app), [practice_topic(slug) for slug in member().practices])


@blueprint.post("/<int:review_id>")
@open_to(Role.STAFF)
def label(review_id: int) -> AnyResponse:
    """Store the chosen label, and queue the resulting reply and notifications; go on, or back to the conversation."""
    services = services_of(current_app)
    chosen, following = request.form.get("label", ""), url_for("review.page")
    with services.database.write() as database:
        review = find_review(database, member().practices, review_id) or abort(404)
        if chosen not in REVIEW_LABELS:
            abort(400, f"Choose one of these labels: {', '.join(REVIEW_LABELS)}.")
        if _leads_back():
            following = _address_of(review.message.conversation_id)
        if review.decided_at is not None:
            flash(_refusal(database, review))
            return redirect(following, 303)
        practice = services.practices.require(review.practice)
        conversation = database.get_one(Conversation, review.message.conversation_id, with_for_update=True)
        beginning = begin_action(database, conversation)
        plan, after_commit = correct(
            database, review, chosen, member().id, practice, now(), services.settings, hold_for()
        )
        if plan.reply:
            require_seen(database, conversation, newest_shown(database, conversation.id))
        offer_undo(database, conversation, UndoKind.LABEL, beginning, review_id=review.id)
        _record(database, review, "reviewed", intent=review.intent, label=chosen, reply=plan.reply, team=plan.team)
        alarming = conversation.id if count_open_of(database, conversation.id) else None
        is_fictional = is_a_sample(database, conversation)
    services.queue.put_all(after_commit)
    flash(IS_SAMPLE.format(words_of(chosen)) if is_fictional else _outcome(chosen, plan, alarming))
    return redirect(following, 303)


@blueprint.errorhandler(UnseenMessageError)
def show_unseen(error: UnseenMessageError) -> AnyResponse:
    """Say that the label was not stored, beside the message and what the patient wrote after it."""
    if wants_pane():
        return show_unseen_message(error)
    flash(Markup('<span class="problem">Not labeled. {}</span>').format(error.why))
    of_conversation = error.conversation_id if _leads_back() else None
    return redirect(url_for("review.page", conversation=of_conversation), 303)


@blueprint.post("/<int:review_id>/skip")
@open_to(Role.STAFF)
def skip(review_id: int) -> AnyResponse:
    """Skip a message, which comes back when no others are left."""
    with services_of(current_app).database.write() as database:
        review = find_review(database, member().practices, review_id) or abort(404)
        release(database, member().id)
        session[_SKIPPED] = [*_skipped(), review.id][-MOST_SKIPPED:]
        _record(database, review, "review_skipped")
    return redirect(url_for("review.page"), 303)


@blueprint.post("/previous")
@open_to(Role.STAFF)
def previous() -> AnyResponse:
    """Return to the message that was skipped last, unless someone else is reviewing it."""
    session[_SKIPPED] = _skipped()[:-1]
    return redirect(url_for("review.page"), 303)


@blueprint.post("/undo")
@open_to(Role.STAFF)
def undo() -> AnyResponse:
    """Undo the member's latest label, unless a reply or notification has been sent because of it."""
    services = services_of(current_app)
    with services.database.write() as database:
        review = last_decided(database, member().practices, member().id, now())
        if review is None:
            flash("You have not labeled anything in the last minute.")
            return redirect(url_for("review.page"), 303)
        taken_back = review.label
        after_commit = take_back(database, review)
        if after_commit is not None:
            mark_label_undone(database, review)
            _record(database, review, "review_undone", label=taken_back)
    if after_commit is None:
        flash(TOO_LATE)
    else:
        session[_SKIPPED] = [review_id for review_id in _skipped() if review_id != review.id]
        services.queue.put_all(after_commit)
        flash(f"Undid “{words_of(taken_back)}”.")
    return redirect(url_for("review.page"), 303)


def _leads_back() -> bool:
    """Return whether the member labels a message of the conversation that they came from."""
    return request.values.get("then") == "conversation"


def _address_of(conversation_id: int) -> str:
    """Return the address of a conversation, beside the list that the label was chosen in."""
    return address_of(f"{INBOX}conversations/{conversation_id}", read_filters().whole_query())


def _claim(database: Session, conversation_id: int | None) -> Review | None:
    """Claim the next message for the signed-in member; skipped ones come back when no others are left.

    One of a conversation that they came from is shown even if they skipped it.
    """
    skipped, moment = _skipped(), now()
    if conversation_id is not None:
        return claim_next(database, member().practices, member().id, [], moment, conversation_id)
    found = claim_next(database, member().practices, member().id, skipped, moment)
    if found is None and skipped:
        session[_SKIPPED] = []
        found = claim_next(database, member().practices, member().id, [], moment)
    return found


def _shown(database: Session, review: Review) -> dict[str, Any]:
    message, found = review.message, review.message.classification
    practice = services_of(current_app).practices.require(review.practice)
    names = record_names(database, [message.conversation], member().practices)
    lines = read_context(database, message)
    is_sample = is_a_sample(database, message.conversation)
    settings = services_of(current_app).settings
    replies = {} if is_sample else read_label_replies(database, review, REVIEW_LABELS, practice, now(), settings)
    return {
        "is_sample": is_sample,
        "review": review,
        **({"alarm": None} if is_sample else _read_alarm(database, message.conversation, practice)),
        "reason": REASONS[ReviewReason(review.reason)],
        "flag": found and display.triage_flag(found.triage, found.danger),
        "language": display.foreign_language(message),
        "also": display.other_intents(found),
        "who": display.who(message.conversation, names.get(message.conversation_id, "")),
        "channel": display.CHANNELS[message.conversation.channel],
        "practice": practice.name if len(member().practices) > 1 else "",
        "age": display.age(message.received_at, now(), practice.time_zone),
        "lines": lines,
        "newest": max(line.message_id for line in lines),
        "clock": lambda at: display.clock(at, practice.time_zone),
        "states": {
            line.delivery.id: display.delivery_state(
                line.delivery, practice.time_zone, is_held=is_held_back(database, line.delivery)
            )
            for line in lines
            if line.delivery
        },
        "is_unsafe": flag_on(database, message.conversation) is not None,
        "choices": _choices(message, review, replies),
    }


def _choices(message: Message, review: Review, replies: Mapping[str, str]) -> list[LabelChoice]:
    probabilities = message.classification.probabilities if message.classification else {}
    return [
        LabelChoice(
            KEYS.get(label, ""),
            label,
            words_of(label),
            _percent(probabilities.get(label)),
            label == review.intent,
            label in LEVEL_LABELS,
            replies.get(label, ""),
        )
        for label in REVIEW_LABELS
    ]


def _percent(probability: float | None) -> int | None:
    return None if probability is None else round(100 * probability)


def _outcome(label: str, plan: RoutingDecision, alarming: int | None) -> str:
    """Return a message about what a label caused, and about the alarm that it did not end.

    Args:
        label: the label.
        plan: what follows from it.
        alarming: the conversation, if its alarm is open.
    """
    notified = f"notifying {words_of(plan.team)}" if plan.team else ""
    replied = "sending the patient the standard reply" if plan.reply else ""
    follows = " and ".join(part for part in (replied, notified) if part)
    if alarming is None or plan.priority == Priority.URGENT:  # which says already that on-call is told
        return f"Labeled “{words_of(label)}”: {follows or 'nothing else to do'}."
    address = url_for("conversation.page", conversation_id=alarming)
    return Markup('Labeled “{}”{}. The emergency alarm is still open: <a href="{}">open the conversation</a>.').format(
        words_of(label), f": {follows}" if follows else "", address
    )


def _refusal(database: Session, review: Review) -> str:
    if review.staff_id == member().id:
        return f"You already labeled this message “{words_of(review.label)}”."
    reviewer = database.get(StaffMember, review.staff_id)
    name = reviewer.name if reviewer else "Someone else"
    return f"{name} already labeled this message “{words_of(review.label)}”. Your choice was not saved."


def _record(database: Session, review: Review, action: str, **detail: Any) -> None:
    about = {"message": review.message_id, "review": review.id}
    record_on_conversation(database, review.message.conversation_id, review.practice, action, **about, **detail)


def _skipped() -> list[int]:
    return list(session.get(_SKIPPED, []))


def _count_waiting() -> WaitingReviews:
    """Return how many messages wait, counted once for a page, so that it says the same everywhere."""
    if "reviews_waiting" not in g:
        with services_of(current_app).database.read() as database:
            g.reviews_waiting = count_waiting(database, member().practices)
    counted: WaitingReviews = g.reviews_waiting
    return counted


def _count_real() -> int:
    return _count_waiting().real


def _read_alarm(database: Session, conversation: Conversation, practice: Practice) -> dict[str, Any]:
    """Return the alarm of a conversation that nobody has acknowledged, and how to reach its patient."""
    slugs, own = {practice.slug: practice}, member().practices
    alarm = read_alarms(database, [conversation.id], slugs, now(), own).get(conversation.id)
    if alarm is None or not alarm.is_open:
        return {"alarm": None, "way": None}
    raised = database.get_one(Escalation, alarm.id)
    return {"alarm": alarm, "way": alarm.way or read_way(database, raised, (), now(), own)}
