"""The job that fetches an attachment, checks it, and stores it; until then nobody can open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.attachments.file_store import StoreAwayError
from inbox.attachments.rows import MOST_BYTES, Kept, keep_contents, read_unchecked, source_of, take_contents
from inbox.models import Attachment, AttachmentState, ErasureKind, Message, Refusal, now
from inbox.storage.carrier_erasures import queue_erasures
from intake.errors import MissingKeyError
from tasks.attachments.content import Checked, check
from tasks.attachments.lost import LostError
from tasks.attachments.rendering import render
from tasks.carriers.backoff import MAX_ATTEMPTS, wait_after
from tasks.carriers.protocol import CarrierUnreachableError
from tasks.messages.attempts import lock_conversations
from tasks.messages.files_not_kept import Lost, find_lost, tell_of_files
from tasks.pubsub import topics_of
from tasks.queues.queue import AfterCommit
from tasks.routing.facts import gather_facts

if TYPE_CHECKING:
    from tasks.context import Context

log = structlog.get_logger(__name__)

_Outcome = tuple[Checked, Kept] | Refusal | None

_CONVERSATION = (
    select(Message.conversation_id)
    .join(Attachment, Attachment.message_id == Message.id)
    .where(Attachment.id == bindparam("attachment"))
)
LOOKS_FOR_LOST = 5  # Twilio may announce a picture moments before its servers have it


def fetch_attachment(context: Context, attachment_id: int) -> AfterCommit:
    """Fetch, check, and store an attachment. An attempt is counted before it begins, also one that ends its worker."""
    attempts = _begin(context, attachment_id)
    if attempts is None:
        return AfterCommit()
    outcome: _Outcome = None
    try:
        found = _obtain(context, attachment_id)
        outcome = found if isinstance(found, Refusal) else _keep(context, check(found, render))
    except StoreAwayError as error:
        log.warning("attachment_store_away", attachment_id=attachment_id, error=error.strerror)
        _go_on_trying(context, attachment_id)
        return AfterCommit()
    except CarrierUnreachableError as error:
        log.warning("attachment_not_fetched", attachment_id=attachment_id, error=str(error))
        if attempts < MAX_ATTEMPTS:
            return AfterCommit()
        outcome = Refusal.UNREACHABLE
    except LostError:
        log.warning("attachment_not_there", attachment_id=attachment_id)
        if attempts < LOOKS_FOR_LOST:
            return AfterCommit()
    return _finish(context, attachment_id, outcome)


def _begin(context: Context, attachment_id: int) -> int | None:
    """Count an attempt, and return which it is; None if there is nothing to do."""
    with context.database.write() as session:
        attachment = _lock(session, attachment_id)
        if attachment is None or attachment.next_attempt_at > now():
            return None
        attachment.attempts += 1
        attachment.next_attempt_at = now() + wait_after(attachment.attempts)
        if attachment.attempts > MAX_ATTEMPTS:
            attachment.state, attachment.reason = AttachmentState.REFUSED, Refusal.UNREACHABLE
            return None
        return attachment.attempts


def _go_on_trying(context: Context, attachment_id: int) -> None:
    """Never give an attachment up because the file store is away: there may be no other copy."""
    with context.database.write() as session:
        attachment = _lock(session, attachment_id)
        if attachment is not None:
            attachment.attempts = min(attachment.attempts, MAX_ATTEMPTS - 1)


def _keep(context: Context, found: Checked | Refusal) -> tuple[Checked, Kept] | Refusal:
    """Keep what was checked, with no lock held.

    Raises:
        StoreAwayError: the file store gives no usable answer.
    """
    if isinstance(found, Refusal):
        return found
    return found, keep_contents(context.database, context.files, found.contents, found.thumbnail)


def _obtain(context: Context, attachment_id: int) -> bytes | Refusal:
    """Return the contents of an attachment, from where the provider keeps them or from what came with the message.

    Raises:
        CarrierUnreachableError: they can't be had now, also because this process lacks a key.
        LostError: they are nowhere.
        StoreAwayError: the file store gives no usable answer.
    """
    try:
        with context.database.read() as session:
            attachment = session.get(Attachment, attachment_id)
            if attachment is None:
                raise LostError
            source = source_of(attachment.message, attachment.position)
        if source:
            from tasks.attachments.download import download  # with requests, which few jobs need

            return download(source, context.settings, MOST_BYTES)
        contents = read_unchecked(context.files, attachment)
    except MissingKeyError:
        raise CarrierUnreachableError("an encryption key is missing") from None
    if contents is None:
        raise LostError
    return contents


def _finish(context: Context, attachment_id: int, outcome: _Outcome) -> AfterCommit:
    """Store what an attempt ended with, None if the carrier has lost the attachment, and tell who sent it in vain."""
    with context.database.write() as session:
        is_kept = isinstance(outcome, tuple)
        if not is_kept:  # first, as whoever handles the message does: one of both tells of it
            lock_conversations(session, session.scalars(_CONVERSATION, {"attachment": attachment_id}).all())
        attachment = _lock(session, attachment_id)
        if attachment is None:  # the message was deleted meanwhile, or another attempt was faster
            return AfterCommit()
        unchecked = [] if source_of(attachment.message, attachment.position) else [attachment.file_id]
        match outcome:
            case None:
                attachment.state = AttachmentState.GONE
            case Refusal():
                attachment.state, attachment.reason = AttachmentState.REFUSED, outcome
            case checked, kept:
                attachment.state = AttachmentState.STORED
                attachment.kind, attachment.content_type = checked.kind, checked.content_type
                attachment.width, attachment.height = checked.width, checked.height
                take_contents(session, attachment, kept)
        queue_erasures(session, [(ErasureKind.FILE, file_id, None) for file_id in unchecked])
        after = AfterCommit() if is_kept else _tell(context, session, attachment.message)
        log.info("attachment", attachment_id=attachment_id, state=str(attachment.state), reason=attachment.reason)
        conversation = attachment.message.conversation
        return after | AfterCommit(topics=topics_of(conversation.id, conversation.practice))


def _tell(context: Context, session: Session, message: Message) -> AfterCommit:
    """Tell a patient of a file that was not kept, unless the message's own answer is still to come and will."""
    practice = context.practices.by_slug(message.conversation.practice)
    if message.handled_at is None or practice is None:
        return AfterCommit()
    session.flush()
    lost = find_lost(session, message)
    if lost is Lost.NOTHING:
        return AfterCommit()
    moment, route = now(), message.decision.route if message.decision else None
    facts = gather_facts(session, message, message.classification, practice, 0.0, moment)
    return tell_of_files(session, message, practice, lost, facts, route, moment)


def _lock(session: Session, attachment_id: int) -> Attachment | None:
    """Return an attachment that waits, locked, so that it can't be deleted between its file and its row."""
    query = select(Attachment).where(Attachment.id == attachment_id, Attachment.state == AttachmentState.WAITING)
    return session.scalar(query.with_for_update(of=Attachment))
