"""Telling patients of a file that was not kept: once per message, by text or email.

A chat says it beside the file. What programs add to an email without asking anyone, such as a signature, is no file
that a patient would miss.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from inbox.models import Attachment, AttachmentState, Delivery, Message
from intake.practices import Practice
from intake.vocabulary import ABOUT_FILES, Medium, Reply, ReplyName, reply_in
from tasks.delivery.outbox import add_delivery
from tasks.queues.queue import AfterCommit
from tasks.routing.decide import Facts, RoutingDecision, why_silent
from tasks.routing.facts import medium_of
from templates.replies import Occasion, render_for_patient

log = structlog.get_logger(__name__)

_LOST = (AttachmentState.REFUSED, AttachmentState.GONE)
_FILES = (
    select(Attachment.position, Attachment.state, Attachment.name)
    .where(Attachment.message_id == bindparam("message"))
    .order_by(Attachment.position)
)
_EARLIER = select(Delivery.message_id, Delivery.reply).where(Delivery.conversation_id == bindparam("conversation"))
_BY_PROGRAMS = re.compile(
    r"application/(?:smil|(?:x-)?pkcs7-signature|pgp-(?:signature|keys))|message/.*|text/(?:calendar|css|x-amp-html)"
)
_COPY_IN_HTML = re.compile(r"ATT\d+\.html?", re.IGNORECASE)


class Lost(Enum):
    """How much of a message is in files that were not kept: nothing, something, or all there is to it."""

    NOTHING = "nothing"
    SOMETHING = "something"
    ALL = "all"


def find_lost(session: Session, message: Message) -> Lost:
    """Return how much of a message is in files that were not kept.

    Args:
        session: an open transaction that holds the lock of the message's conversation.
        message: the message.
    """
    if not message.media:
        return Lost.NOTHING
    files = session.execute(_FILES, {"message": message.id}).all()
    kinds = {place: str(item.get("content_type", "")) for place, item in enumerate(json.loads(message.media))}
    if not any(file.state in _LOST and not _is_by_program(kinds.get(file.position, ""), file.name) for file in files):
        return Lost.NOTHING
    is_all = not message.text.strip() and all(file.state in _LOST for file in files)
    return Lost.ALL if is_all else Lost.SOMETHING


def _is_by_program(content_type: str, name: str | None) -> bool:
    """Return whether a mail program or a phone's carrier adds such files by itself."""
    kind = content_type.partition(";")[0].strip().lower()
    return bool(_BY_PROGRAMS.fullmatch(kind) or (kind == "text/html" and _COPY_IN_HTML.fullmatch(name or "")))


def answer_lost(plan: RoutingDecision, lost: Lost, facts: Facts) -> RoutingDecision:
    """Return a decision whose reply doesn't say that a message was received of which nothing was kept."""
    if lost is not Lost.ALL or plan.reply is None or plan.reply.name not in (ReplyName.REVIEW, ReplyName.REVIEW_AGAIN):
        return plan
    return replace(plan, reply=_reply(facts))


def _reply(facts: Facts) -> Reply:
    return reply_in(facts.language, ReplyName.FILE_NOT_KEPT)


def tell_of_files(
    session: Session,
    message: Message,
    practice: Practice,
    lost: Lost,
    facts: Facts,
    route: str | None,
    moment: datetime,
) -> AfterCommit:
    """Add the reply about a file that was not kept to the outbox, if the patient may get it and has not yet.

    Args:
        session: an open write transaction that holds the lock of the message's conversation.
        message: the message, which has been handled.
        practice: its practice.
        lost: how much of it is in files that were not kept.
        facts: what its own reply depends on.
        route: the route that it took.
        moment: the current time, aware.
    """
    if lost is Lost.NOTHING:
        return AfterCommit()
    reply, conversation = _reply(facts), message.conversation
    earlier = session.execute(_EARLIER, {"conversation": conversation.id}).all()
    was_told = any(message_id == message.id and key in ABOUT_FILES for message_id, key in earlier)
    if was_told or not _may_be_told(message, practice, facts, route, moment):
        return AfterCommit()
    medium = medium_of(conversation)
    occasion = Occasion(moment, is_first=not earlier, is_text=medium is Medium.SMS)
    body, is_own = render_for_patient(reply, practice, occasion)
    if not is_own:
        log.error("reply_override_broken", practice=practice.slug, reply=reply)
    delivery = Delivery(
        conversation_id=conversation.id,
        message_id=message.id,
        reply=reply,
        medium=medium,
        sender=message.received_on,
        body=body,
    )
    return add_delivery(session, delivery)


def _may_be_told(message: Message, practice: Practice, facts: Facts, route: str | None, moment: datetime) -> bool:
    override = practice.routes.get(route or "")
    is_off = override is not None and override.auto_reply is False
    is_old = moment - message.received_at > timedelta(hours=practice.review_reply_hours)
    is_chat = medium_of(message.conversation) is Medium.CHAT
    return not (is_off or is_old or is_chat) and why_silent(_reply(facts), facts, practice) is None
