"""Flagging a patient's phone or address because a message says that somebody else reads it, or that nobody does now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from classifier.unsafe_contact import UnsafeContact, read_unsafe_contact, says_safe
from inbox.audit import record_action
from inbox.consent import number_of
from inbox.key_registry import lacks_keys
from inbox.models import Message
from inbox.unsafe_contact import lift_for_now, set_unsafe
from intake.channels import is_vouched
from intake.vocabulary import Channel

_LIFTED_ON = (Channel.SMS, Channel.EMAIL, Channel.CHAT)


def note_unsafe_contact(session: Session, message: Message, moment: datetime) -> bool:
    """Flag the patient's number or address, if they say that it is not safe to contact them there.

    Args:
        session: an open write transaction that holds the conversation's lock.
        message: the message.
        moment: the current time, aware.

    Returns:
        Whether staff have to find out if it is true: it was written where nothing proves the number that it names.
    """
    conversation = message.conversation
    unsafe = read_unsafe_contact(message.text)
    if unsafe is None:
        _note_safe_contact(session, message, moment)
        return False
    alone = not is_vouched(conversation.channel, message.doubt)
    page = unsafe is UnsafeContact.ANY or conversation.channel != Channel.CHAT
    if not set_unsafe(session, conversation, moment, alone=alone, page=page):
        return False
    record_action(
        session,
        staff_id=None,
        practice=conversation.practice,
        action="unsafe_noted",
        subject=f"conversation:{conversation.id}",
        message=message.id,
    )
    return alone and number_of(conversation) is not None


def _note_safe_contact(session: Session, message: Message, moment: datetime) -> None:
    """Let automatic replies go out for a while, if the patient says where they go that it is safe now.

    What a caller leaves on a machine says nothing of who reads texts at the number, and a form or a doubted email
    nothing of who wrote it.
    """
    conversation = message.conversation
    if conversation.channel not in _LIFTED_ON or not (
        conversation.channel == Channel.CHAT or is_vouched(conversation.channel, message.doubt)
    ):
        return
    if says_safe(message.text) and lift_for_now(session, conversation, moment, named=not lacks_keys(session)):
        record_action(
            session,
            staff_id=None,
            practice=conversation.practice,
            action="safe_noted",
            subject=f"conversation:{conversation.id}",
            message=message.id,
        )
