"""A reply by hand: what may be sent, how it goes out, and that it goes out once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.conversation_state import note_answer
from inbox.models import Conversation, ConversationState, Delivery, now
from intake.practices import Practice
from intake.vocabulary import INTENTS, Medium, ReplyName
from staff.conversations.conversation_queries import Reach, last_staff_reply, read_reach
from staff.conversations.inbox_queries import names_of
from tasks.delivery.outbox import add_delivery
from tasks.queue import AfterCommit
from templates.replies import MAX_LENGTH, STOP_WORDING, Occasion, render_for_patient

REPLY = "staff"
QUICK_REPLIES = (*INTENTS, ReplyName.REVIEW, ReplyName.URGENT)
LONGEST = {Medium.SMS: MAX_LENGTH, Medium.CHAT: 4000, Medium.EMAIL: 20_000}
_FORM_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a member wants to send.

    Attributes:
        text: as typed.
        form_id: random, given out with the form: whatever is sent again with it is the same reply.
        seen: id of the newest reply by staff that the page showed, 0 for none.
        closes: nothing is left to do once it is sent.
    """

    text: str = field(repr=False)
    form_id: str
    seen: int
    closes: bool


class ReplyCheck(Enum):
    """What became of a draft."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft, what to tell the member, and what follows."""

    verdict: ReplyCheck
    message: str = ""
    after_commit: AfterCommit = field(default_factory=AfterCommit)
    delivery_id: int | None = None


def send(session: Session, conversation: Conversation, practice: Practice, staff_id: int, draft: Draft) -> Outcome:
    """Put a reply into the outbox and take the conversation over; nothing is changed when it is not sent.

    Args:
        session: an open transaction, which holds the conversation's lock.
        conversation: what is answered.
        practice: whose it is.
        staff_id: who answers.
        draft: what they wrote.
    """
    known = session.scalar(select(Delivery).where(Delivery.form_id == draft.form_id)) if draft.form_id else None
    if known is not None and known.conversation_id == conversation.id:
        return Outcome(ReplyCheck.SENT_BEFORE)
    reach = read_reach(session, conversation)
    text = outgoing(draft.text, practice, reach)
    problem = "This page is out of date: try again." if known or not _FORM_ID.fullmatch(draft.form_id) else ""
    problem = problem or reach.obstacle or check(draft.text, text, reach.medium)
    if problem:
        return Outcome(ReplyCheck.REFUSED, problem)
    overtaker = _overtaker(session, conversation.id, staff_id, draft.seen)
    if overtaker:
        return Outcome(
            ReplyCheck.OVERTAKEN, f"{overtaker} answered while you were writing: read it, then send yours again."
        )
    delivery = Delivery(
        conversation_id=conversation.id,
        reply=REPLY,
        medium=reach.medium,
        sender=reach.sender,
        body=text,
        staff_id=staff_id,
        form_id=draft.form_id,
    )
    after_commit = add_delivery(session, delivery)
    take_over(conversation, staff_id)
    note_answer(conversation, ConversationState.CLOSED if draft.closes else ConversationState.WAITING)
    if draft.closes:
        hand_back(conversation)
    conversation.last_activity_at = now()
    return Outcome(ReplyCheck.SENT, after_commit=after_commit, delivery_id=delivery.id)


def take_over(conversation: Conversation, staff_id: int) -> None:
    """Silence the robot; a conversation that nobody has becomes the member's."""
    conversation.staff_took_over_at = conversation.staff_took_over_at or now()
    conversation.assigned_to = conversation.assigned_to or staff_id


def hand_back(conversation: Conversation) -> None:
    """Let the robot answer again."""
    conversation.staff_took_over_at = None


def outgoing(text: str, practice: Practice, reach: Reach) -> str:
    """Return a reply as it goes out: the first text to a patient names the practice and say how to opt out."""
    before, after = first_text_wording(practice, reach)
    text = text.strip().replace("\r\n", "\n")
    if not text:
        return ""
    named = text if practice.name in text else f"{before}{text}"
    return named if "STOP" in text else f"{named}{after}"


def first_text_wording(practice: Practice, reach: Reach) -> tuple[str, str]:
    """Return what is put before and after a reply that is the first text; nothing otherwise."""
    return (f"{practice.name}: ", f" {STOP_WORDING}") if reach.is_first else ("", "")


def check(typed: str, text: str, medium: Medium) -> str:
    """Say what keeps a text from going out, nothing when it may."""
    if not typed.strip():
        return "Write something first."
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2  # as carriers count
    if length > LONGEST[medium]:
        return f"This is {length} characters long; at most {LONGEST[medium]} fit."
    return ""


def quick_replies(practice: Practice, medium: Medium, moment: datetime) -> dict[str, str]:
    """Return the practice's own words for each occasion, to begin a reply with."""
    occasion = Occasion(moment, is_first=False, is_text=medium is Medium.SMS)
    return {name: render_for_patient(name, practice, occasion)[0] for name in QUICK_REPLIES}


def _overtaker(session: Session, conversation_id: int, staff_id: int, seen: int) -> str:
    """Return who else answered since the page was shown, if anybody."""
    if last_staff_reply(session, conversation_id) <= seen:
        return ""
    query = select(Delivery.staff_id).where(
        Delivery.conversation_id == conversation_id, Delivery.message_id.is_(None), Delivery.id > seen
    )
    others = [other for other in session.scalars(query.order_by(Delivery.id)) if other != staff_id]
    if not others:
        return ""
    return names_of(session, others).get(others[-1] or 0, "Somebody else")
