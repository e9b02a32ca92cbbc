"""What a message says of its phone: somebody else reads it or writes from it, or its owner can't be called."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from classifier.contact.named_hours import read_named_hours
from classifier.contact.other_writers import is_other_writer
from classifier.contact.text_only import is_text_only
from classifier.contact.unsafe_contact import UnsafeContact, read_unsafe_contact, says_safe
from inbox.audit.trail import record_action
from inbox.contact.consent import number_of
from inbox.contact.quiet import end_quiet
from inbox.contact.safe_hours import SafeHours
from inbox.contact.text_only import keep_text_only
from inbox.contact.unsafe_contact import keep_hours, lift_for_now, set_unsafe
from inbox.models import Conversation, Message
from inbox.storage.key_registry import lacks_keys
from intake.channels import PROVEN, is_vouched
from intake.vocabulary import Channel


def note_unsafe_contact(session: Session, message: Message, moment: datetime, zone: str) -> bool:
    """Flag the patient's number or address, if they say that it is not safe to contact them there.

    Who names the hours at which it is safe gets automatic replies at these hours.

    Args:
        session: an open write transaction that holds the conversation's lock.
        message: the message.
        moment: the current time, aware.
        zone: the practice's time zone.

    Returns:
        Whether staff have to find out if it is true: it was written where nothing proves the number that it names.
    """
    conversation = message.conversation
    alone = not is_vouched(conversation.channel, message.doubt)
    _note_text_only(session, message, moment, alone=alone)
    unsafe = read_unsafe_contact(message.text)
    if is_other_writer(message.text) and _was_patients(conversation):
        conversation.other_writer_at = moment
        unsafe = unsafe if unsafe is UnsafeContact.ANY else UnsafeContact.PHONE
    if unsafe in (None, UnsafeContact.REPLY):
        _note_safe_contact(session, message, moment)
        _note_hours(session, message, zone)
        return False
    page = unsafe is UnsafeContact.ANY or conversation.channel != Channel.CHAT
    is_new = set_unsafe(session, conversation, moment, alone=alone, page=page)
    if is_new:
        _record(session, message, "unsafe_noted")
    _note_hours(session, message, zone)
    return is_new and alone and number_of(conversation) is not None


def _was_patients(conversation: Conversation) -> bool:
    """Return whether a patient has written from there before, or staff to one."""
    return conversation.team is not None or conversation.staff_took_over_at is not None


def _note_text_only(session: Session, message: Message, moment: datetime, *, alone: bool) -> None:
    """Keep that the patient can't be called; who leaves a voicemail calls."""
    conversation = message.conversation
    if conversation.channel == Channel.VOICEMAIL or not is_text_only(message.text):
        return
    if keep_text_only(session, conversation, moment, alone=alone):
        _record(session, message, "text_only_noted")


def _note_safe_contact(session: Session, message: Message, moment: datetime) -> None:
    """Let automatic replies go out for a while, if the patient says where they go that it is safe now.

    What a caller leaves on a machine says nothing of who reads texts at the number, and a form or a doubted email
    nothing of who wrote it.
    """
    conversation = message.conversation
    if conversation.channel != Channel.CHAT and not _is_proven(message):
        return
    if not says_safe(message.text):
        return
    end_quiet(conversation)
    if lift_for_now(session, conversation, moment, named=not lacks_keys(session)):
        _record(session, message, "safe_noted")


def _note_hours(session: Session, message: Message, zone: str) -> None:
    """Keep the hours of the day at which the patient says that it is safe to text or mail them, if they name any."""
    conversation = message.conversation
    if not _is_proven(message):
        return
    named = read_named_hours(message.text)
    if named is not None and keep_hours(session, conversation, SafeHours(*named, zone), named=not lacks_keys(session)):
        _record(session, message, "safe_hours_noted")


def _is_proven(message: Message) -> bool:
    """Return whether whoever wrote a message reads what is sent to the number or address that it came from."""
    channel = message.conversation.channel
    return channel in PROVEN and is_vouched(channel, message.doubt)


def _record(session: Session, message: Message, action: str) -> None:
    conversation = message.conversation
    record_action(
        session,
        staff_id=None,
        practice=conversation.practice,
        action=action,
        subject=f"conversation:{conversation.id}",
        message=message.id,
    )
