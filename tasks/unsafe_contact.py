"""Flagging a patient's phone or address because a message says that somebody else reads it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from classifier.unsafe_contact import UnsafeContact, read_unsafe_contact
from inbox.audit import record_action
from inbox.consent import number_of
from inbox.models import Message
from inbox.unsafe_contact import set_unsafe
from intake.channels import is_vouched
from intake.vocabulary import Channel


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
