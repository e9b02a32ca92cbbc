"""Staff replies: checking them, and sending each exactly once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import reply_address
from inbox.contact.quiet import may_others_see
from inbox.contact.text_permission import why_not_text
from inbox.contact.unsafe_contact import is_silenced
from inbox.conversations.state import note_answer, note_reply, unanswered_of
from inbox.conversations.written_since import newest_message
from inbox.models import Conversation, ConversationState, Delivery, DeliveryState, now
from inbox.patients.book import patients_of_conversation
from inbox.replies.files import attach_to_reply, detach_from_reply, draft_files
from inbox.search.index import forget_texts
from intake.practices import Practice
from intake.vocabulary import Channel, Language, Medium
from staff.conversations.alarms import UNACKNOWLEDGED, count_open_of
from staff.conversations.conversation_queries import Reach, last_staff_reply, read_language, read_reach
from staff.conversations.people import may_be_assigned, names_of
from staff.conversations.reply_files import why_not_sent
from staff.conversations.send_later import as_typed, quiet_until, read_time, why_quiet
from staff.conversations.text_wishes import why_untimely
from staff.conversations.unseen import why_unseen
from tasks.delivery.outbox import add_delivery
from tasks.queues.due import NO_HOLD
from tasks.queues.queue import AfterCommit
from tasks.understanding.message_language import written_language
from templates.replies import MAX_LENGTH, stop_wording
from templates.saved_replies import find_blanks

REPLY = "staff"
UNCONFIRMED = "Confirm first that the reply should go to this address."
SEEN_BY_OTHERS = "Not sent: someone else may see what is sent there. Check first that you want to send it all the same."
UNSAFE = "The patient said that it is not safe to write here. Check first that you want to send it all the same."
OTHER_WAY = "Not sent: it would go out in another way now. Look below where it goes, then send it again."
SENT_OTHERWISE = "This reply was already sent, with other words. Read it, then send only what it does not say."
TIME_UNUSED = "Not sent: a time is filled in under “Send later”. Press “Schedule” there, or clear it to send now."
FILE_GONE = "A file of this reply was removed elsewhere. Look at the files, then send it again."
LONGEST = {Medium.SMS: MAX_LENGTH, Medium.CHAT: 4000, Medium.EMAIL: 20_000}
# "Please STOP the ibuprofen" says nothing of texts
_SAYS_HOW_TO_STOP = re.compile(
    r"\b(?:reply|text|send|responda|env[ií]e|mande|escriba)(?: (?:with|con|us))? [\"“'«]?stop\b", re.IGNORECASE
)
FORM_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply that a member wants to send.

    Attributes:
        text: the text as typed.
        form_id: the form's random id, by which repeats of the same reply are recognized.
        seen: the id of the newest staff reply that the page showed, 0 for none.
        newest: the id of the newest message that the page showed, None if nothing tells.
        closes: whether sending it closes the conversation.
        files: the ids of the files that the page showed with it.
        confirmed: the doubtful address that the member confirmed, if any.
        by: how the page said that it goes out, empty if nothing tells.
        despite: whether the member sends it although it is not safe, or someone else may see it.
        untimely: whether the member sends it at an hour at which the patient asked not to be written to.
        later: whether it goes out at a time rather than now.
        send_at: that time by the practice's clock, such as `2026-11-30T09:00`, as far as the form has one.
    """

    text: str = field(repr=False)
    form_id: str
    seen: int
    newest: int | None
    closes: bool
    confirmed: str = field(default="", repr=False)
    files: tuple[int, ...] = ()
    despite: bool = False
    untimely: bool = False
    by: str = ""
    later: bool = False
    send_at: str = ""


class ReplyCheck(Enum):
    """Whether a draft was sent."""

    SENT = "sent"
    SENT_BEFORE = "sent before"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of sending a draft.

    Attributes:
        verdict: whether it was sent.
        message: what the member reads.
        after_commit: what to do after the commit.
        delivery_id: the reply in the outbox.
        although_unsafe: whether it was sent although it is not safe, or someone else may see it.
        outside_hours: whether it was sent at an hour at which the patient asked not to be written to.
        scheduled_for: when it goes out, None for now.
        next_time: when a refused one could go out, as a form has it.
        is_untimely: whether it was refused as the patient asked not to be written to at that hour.
    """

    verdict: ReplyCheck
    message: str = ""
    after_commit: AfterCommit = field(default_factory=AfterCommit)
    delivery_id: int | None = None
    although_unsafe: bool = False
    outside_hours: bool = False
    scheduled_for: datetime | None = None
    next_time: str = ""
    is_untimely: bool = False


def send(
    session: Session,
    conversation: Conversation,
    practice: Practice,
    staff_id: int,
    draft: Draft,
    hold: timedelta = NO_HOLD,
) -> Outcome:
    """Add a reply to the outbox and take over the conversation; a refused reply changes nothing.

    One for later changes nothing of the conversation either: nobody has answered until it goes out.

    Args:
        session: an open transaction that holds the conversation's lock.
        conversation: the conversation.
        practice: the conversation's practice.
        staff_id: the member who replies.
        draft: the reply.
        hold: how long it can still be undone.
    """
    known = session.scalar(select(Delivery).where(Delivery.form_id == draft.form_id)) if draft.form_id else None
    if known is not None and known.conversation_id == conversation.id:
        words = draft.text.strip().replace("\r\n", "\n")
        is_repeat = strip_first_words(known.body, practice) == strip_first_words(words, practice)
        return Outcome(ReplyCheck.SENT_BEFORE) if is_repeat else Outcome(ReplyCheck.REFUSED, SENT_OTHERWISE)
    overtaker = _overtaker(session, conversation.id, staff_id, draft.seen)
    overtaken = (
        f"{overtaker} replied while you were writing. Read that reply, then send yours again." if overtaker else ""
    )
    if unseen := why_unseen(session, conversation, draft.newest):
        return Outcome(ReplyCheck.UNSEEN, f"Not sent. {unseen} {overtaken}".rstrip())
    reach = read_reach(session, conversation, practice)
    text = outgoing(draft.text, practice, reach, read_language(session, conversation))
    files = [file for file in draft_files(session, conversation.id, staff_id) if file.id in draft.files]
    is_unsafe = is_silenced(session, conversation, reach.medium)
    problem = "This page is out of date. Try again." if known or not FORM_ID.fullmatch(draft.form_id) else ""
    problem = problem or reach.obstacle or why_not_sent(files, reach.medium, draft.text, practice)
    problem = problem or check(draft.text, text, reach.medium, has_files=bool(files))
    is_seen = may_others_see(session, conversation, reach.medium, now())
    problem = problem or _why_unconfirmed(draft, reach, len(files), is_unsafe=is_unsafe, is_seen=is_seen)
    if problem:
        return Outcome(ReplyCheck.REFUSED, problem)
    if overtaken:
        return Outcome(ReplyCheck.OVERTAKEN, overtaken)
    at, problem, next_time = _read_later(session, conversation, practice, reach, draft)
    if problem:
        return Outcome(ReplyCheck.REFUSED, problem, next_time=next_time)
    untimely = why_untimely(session, conversation, practice, at)
    if untimely and not draft.untimely:
        return Outcome(ReplyCheck.REFUSED, untimely, is_untimely=True)
    delivery = Delivery(
        conversation_id=conversation.id,
        reply=REPLY,
        medium=reach.medium,
        sender=reach.sender,
        body=text,
        staff_id=staff_id,
        form_id=draft.form_id,
        answered=unanswered_of(conversation),
        scheduled_for=at,
        seen_up_to=newest_message(session, conversation) if at else None,
        next_attempt_at=at or now(),
    )
    after_commit = add_delivery(session, delivery, hold=NO_HOLD if at else hold)
    session.flush()
    attach_to_reply(session, files, delivery.id)
    sent = Outcome(
        ReplyCheck.SENT,
        after_commit=after_commit,
        delivery_id=delivery.id,
        although_unsafe=is_unsafe or is_seen,
        outside_hours=bool(untimely),
        scheduled_for=at,
    )
    if at is not None:
        return replace(sent, after_commit=replace(after_commit, deliveries=()))  # the reconciler queues it in time
    take_over(session, conversation, staff_id)
    note_answer(conversation, ConversationState.CLOSED if draft.closes else ConversationState.WAITING, draft.newest)
    if draft.closes:
        hand_back(conversation)
    note_reply(conversation)
    return sent


def _why_unconfirmed(draft: Draft, reach: Reach, files: int, *, is_unsafe: bool, is_seen: bool) -> str:
    """Return what the member has to look at before a reply goes out as it would now; empty if nothing."""
    if files < len(set(draft.files)):
        return FILE_GONE
    if draft.by not in ("", reach.medium):
        return OTHER_WAY
    if draft.confirmed != reach.doubtful:
        return UNCONFIRMED
    if draft.despite or not (is_unsafe or is_seen):
        return ""
    return UNSAFE if is_unsafe else SEEN_BY_OTHERS


def _read_later(
    session: Session, conversation: Conversation, practice: Practice, reach: Reach, draft: Draft
) -> tuple[datetime | None, str, str]:
    """Return when a reply goes out, None for now; why it must not then; and when it could, as a form has it."""
    if not draft.later:
        return None, TIME_UNUSED if draft.send_at else "", ""
    if not may_wait(conversation, reach.medium):
        return None, "A reply in a chat can’t be scheduled. Send it now, or write later.", ""
    if count_open_of(session, conversation.id):
        return None, f"{UNACKNOWLEDGED} Do that first, or send the reply now.", ""
    at, problem = read_time(draft.send_at, practice.time_zone, now())
    if at is None or reach.medium is not Medium.SMS:
        return at, problem, ""
    records = patients_of_conversation(session, conversation)
    number = reply_address(conversation, Medium.SMS) or ""
    if problem := why_not_text(session, practice.slug, number, records):
        return None, problem, ""
    quiet = quiet_until(practice, at)
    return (at, "", "") if quiet is None else (None, why_quiet(practice, quiet), as_typed(quiet))


def may_wait(conversation: Conversation, medium: Medium) -> bool:
    """Return whether a reply can go out later: by text or email, but not to who has begun a chat."""
    return medium is not Medium.CHAT and conversation.channel != Channel.CHAT


def take_back_reply(session: Session, conversation: Conversation, practice: Practice, delivery_id: int) -> str | None:
    """Delete a reply that is not being sent yet, and return its words as they were typed; None if it is too late."""
    query = select(Delivery).where(Delivery.id == delivery_id, Delivery.conversation_id == conversation.id)
    delivery = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if delivery is None or delivery.state != DeliveryState.PENDING or delivery.attempts:
        return None
    words, medium = delivery.body, delivery.medium
    forget_texts(session, [], [delivery.id])
    detach_from_reply(session, delivery.id)
    session.delete(delivery)
    session.flush()
    reach = read_reach(session, conversation, practice)
    if reach.medium != medium:
        return words
    return strip_first_words(words, practice) if reach.is_first else words


def was_sent(session: Session, form_id: str) -> bool:
    """Return whether the reply of a form is in the outbox."""
    if not FORM_ID.fullmatch(form_id):
        return False
    return session.scalar(select(Delivery.id).where(Delivery.form_id == form_id)) is not None


def take_over(session: Session, conversation: Conversation, staff_id: int) -> None:
    """Turn off auto-replies, and assign an unassigned conversation to the member, unless they only help out there."""
    conversation.staff_took_over_at = conversation.staff_took_over_at or now()
    if conversation.assigned_to is None and may_be_assigned(session, conversation.practice, staff_id):
        conversation.assigned_to = staff_id


def hand_back(conversation: Conversation) -> None:
    """Turn auto-replies back on."""
    conversation.staff_took_over_at = None


def outgoing(text: str, practice: Practice, reach: Reach, language: str) -> str:
    """Return a reply as it will be sent; the first text to a patient names the practice and says how to opt out.

    Args:
        text: the reply as typed, whose own words decide the language of what is added.
        practice: the practice.
        reach: how the reply is sent.
        language: the conversation's language, for a text that does not tell.
    """
    before, after = wording_for(text, practice, reach, language)
    text = text.strip().replace("\r\n", "\n")
    if not text:
        return ""
    named = text if practice.name in text else f"{before}{text}"
    return named if _SAYS_HOW_TO_STOP.search(text) else f"{named}{after}"


def wording_for(text: str, practice: Practice, reach: Reach, language: str) -> tuple[str, str]:
    """Return the words to add before and after a reply as typed, in its own language or else the conversation's.

    Only a patient's first text gets any.
    """
    if not reach.is_first:
        return "", ""
    return _named(practice), f" {stop_wording(Language(written_language(text) or language))}"


def typed_words(reply: Delivery, practice: Practice) -> str:
    """Return what a member typed, without the words that a first text adds before and after it."""
    return strip_first_words(reply.body, practice) if reply.medium == Medium.SMS else reply.body


def strip_first_words(text: str, practice: Practice) -> str:
    """Return a first text without the words that were added before and after it, in whichever language."""
    for language in (Language.EN, Language.ES):
        text = text.removesuffix(f" {stop_wording(language)}")
    return text.removeprefix(_named(practice))


def _named(practice: Practice) -> str:
    return f"{practice.name}: "


def check(typed: str, text: str, medium: Medium, *, has_files: bool = False) -> str:
    """Return why a text cannot be sent, empty if it can; files can go without one."""
    if not typed.strip() and not has_files:
        return "Enter a message first."
    if blanks := find_blanks(typed):
        return f"Fill in {' and '.join(blanks)} first."
    length = len(text.encode("utf-16-le", "surrogatepass")) // 2  # in UTF-16 code units, as carriers count
    if length > LONGEST[medium]:
        return f"This message is {length} characters long. The limit is {LONGEST[medium]}."
    return ""


def _overtaker(session: Session, conversation_id: int, staff_id: int, seen: int) -> str:
    """Return the name of another member who replied after the page was shown, empty if no one did."""
    if last_staff_reply(session, conversation_id) <= seen:
        return ""
    query = select(Delivery.staff_id).where(
        Delivery.conversation_id == conversation_id, Delivery.message_id.is_(None), Delivery.id > seen
    )
    others = [author_id for author_id in session.scalars(query.order_by(Delivery.id)) if author_id != staff_id]
    if not others:
        return ""
    return names_of(session, others).get(others[-1] or 0, "Someone else")
