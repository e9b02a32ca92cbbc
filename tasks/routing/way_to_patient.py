"""How a patient in danger can be reached, as far as anything is known: the words for pages, and for notices."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import select
from sqlalchemy.orm import Session

from inbox.contact.chat_contact import has_left
from inbox.contact.unsafe_contact import read_flag
from inbox.models import Conversation, Message, Voicemail
from inbox.patients.book import addresses_of, patients_of_conversation
from intake import phone
from intake.channels import traits_of
from intake.errors import IntakeError
from intake.vocabulary import BELIEVED, FROM_STAFF, Channel, SenderDoubt

NO_REPLY = "The patient got no reply"
TEXT_ONLY = "They can't be called: text only."
NO_SAFE_WAY = "Find a safe way to reach them, or send help."
_NAME_OR_PLACE = "look in their words for a name or a place."


class AddressSource(Enum):
    """Where a number or an address comes from: a carrier or mail server, the patient's record, or mere words."""

    OWN = "own"
    RECORD = "record"
    GIVEN = "given"


class Chat(Enum):
    """Whether whoever wrote in a chat still reads it."""

    OPEN = "open"
    LEFT = "left"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class KnownWays:
    """What is known of how to reach a patient.

    Attributes:
        phone: a number to call, in E.164; empty if none is known.
        phone_from: where it comes from.
        email: an email address; empty if none is known.
        email_from: where it comes from.
        chat: how the chat stands; None on other channels.
        is_call: whether the patient called.
        is_recorded: whether their voicemail can be listened to.
        is_unsafe: whether the patient said that it is not safe to contact them.
        is_page_safe: whether the open page of their chat is safe all the same.
        is_phone_unsafe: whether they said that elsewhere of the only number that is known, which is left out.
        is_text_only: whether they can't be called.
    """

    phone: str = field(default="", repr=False)
    phone_from: AddressSource = AddressSource.OWN
    email: str = field(default="", repr=False)
    email_from: AddressSource = AddressSource.GIVEN
    chat: Chat | None = None
    is_call: bool = False
    is_recorded: bool = False
    is_unsafe: bool = False
    is_page_safe: bool = False
    is_phone_unsafe: bool = False
    is_text_only: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """How to reach a patient, in sentences.

    Attributes:
        before: the words before the number or address, or all of them.
        contact: the number or address, as people read it; empty if there is none to name.
        after: the words after it.
        in_notices: the same without it, as notices name nobody.
    """

    before: str
    in_notices: str
    contact: str = field(default="", repr=False)
    after: str = ""

    @property
    def words(self) -> str:
        """All of it, for the console."""
        return f"{self.before}{self.contact}{self.after}"


def way_to(known: KnownWays) -> Way:
    """Return how a patient can be reached, or what is left to do if nothing is known."""
    if known.is_unsafe:
        is_open = known.chat is Chat.OPEN and known.is_page_safe
        return _only("The chat is still open: answer there now. Do not call or text." if is_open else NO_SAFE_WAY)
    if known.phone and known.is_text_only and known.chat is not Chat.OPEN:
        return Way(f"{TEXT_ONLY} Text them now: ", f"{TEXT_ONLY} Text them now.", _spoken(known.phone), ".")
    if known.phone:
        return _way_by_phone(known)
    no_phone = "Their number is not safe to call." if known.is_phone_unsafe else "No phone is known."
    if known.chat is Chat.OPEN:
        return _only(f"The chat is still open: answer there now. {no_phone}")
    if known.email and known.email_from is AddressSource.GIVEN:
        blind = f"{no_phone} You can write to the email address that they gave (not verified)."
        return Way(f"{no_phone} You can write to ", blind, known.email, " (not verified).")
    if known.email:
        return Way(f"{no_phone} Write to ", f"{no_phone} Write to their email address.", known.email, ".")
    return _only(_without_contact(known))


def _way_by_phone(known: KnownWays) -> Way:
    number = _spoken(known.phone)
    whose = {
        AddressSource.OWN: "",
        AddressSource.RECORD: ", the number on their record",
        AddressSource.GIVEN: ", the number that they gave (not verified)",
    }[known.phone_from]
    if known.chat is Chat.OPEN:
        before = "The chat is still open: answer there, or call "
        return Way(before, f"{before}{whose.removeprefix(', ') or 'them'}.", number, f"{whose}.")
    blind = {
        AddressSource.OWN: "Call now.",
        AddressSource.RECORD: "Call now: a number is on their record.",
        AddressSource.GIVEN: "Call now: they gave a number (not verified).",
    }[known.phone_from]
    return Way("Call now: ", blind, number, f"{whose}.")


def _without_contact(known: KnownWays) -> str:
    if known.is_call:
        listen = "Listen to the recording for a name or a place, and ask" if known.is_recorded else "Ask"
        return f"The number is hidden: nobody can be called back. {listen} your phone company or 911 to trace the call."
    match known.chat:
        case Chat.LEFT:
            left = "They left the chat and gave no phone or email."
            return f"{left} Answer there in case they come back, and {_NAME_OR_PLACE}"
        case Chat.ENDED:
            return f"The chat has ended, and they gave no phone or email: {_NAME_OR_PLACE}"
    return f"No phone or email is known: {_NAME_OR_PLACE}"


def _only(words: str) -> Way:
    return Way(words, words)


def _spoken(number: str) -> str:
    try:
        return phone.spoken(phone.normalise(number))
    except IntakeError:
        return number


def read_known(
    session: Session,
    conversation: Conversation,
    message: Message | None,
    moment: datetime,
    *,
    is_unsafe: bool,
    opens_record: bool,
    has_keys: bool = True,
) -> KnownWays:
    """Return what is known of how to reach the patient of a conversation.

    Args:
        session: an open transaction.
        conversation: the conversation.
        message: the message that somebody has to answer, None if there is none.
        moment: the current time, aware.
        is_unsafe: whether the patient said that it is not safe to contact them.
        opens_record: whether the patient's record may be looked into.
        has_keys: whether this process has every encryption key in use; without one, no record is looked into.
    """
    number, number_from = _number(session, conversation, message, opens_record=opens_record and has_keys)
    is_elsewhere = number not in ("", conversation.patient_address, conversation.contact_phone)
    is_flagged = is_elsewhere and read_flag(session, conversation.practice, number, named=has_keys) is not None
    email, email_from = _email(conversation, message)
    is_call = conversation.channel == Channel.VOICEMAIL
    return KnownWays(
        phone="" if is_flagged else number,
        phone_from=number_from,
        email=email,
        email_from=email_from,
        chat=_chat(conversation, moment),
        is_call=is_call,
        is_recorded=is_call and message is not None and _is_recorded(session, message.id),
        is_unsafe=is_unsafe,
        is_page_safe=not conversation.unsafe_page,
        is_phone_unsafe=is_flagged,
        is_text_only=conversation.text_only_since is not None,
    )


def _number(
    session: Session, conversation: Conversation, message: Message | None, *, opens_record: bool
) -> tuple[str, AddressSource]:
    address = conversation.patient_address or ""
    if address.startswith("+"):
        return address, AddressSource.OWN if traits_of(conversation.channel).vouches_for_sender else AddressSource.GIVEN
    if given := conversation.contact_phone or (message and message.claimed_phone):
        return given, AddressSource.GIVEN
    records = patients_of_conversation(session, conversation) if opens_record else ()
    if len(records) == 1:  # what several share may be somebody else's
        [known] = addresses_of(session, [records[0].id]).values()
        if numbers := sorted(found for found in known if found.startswith("+")):
            return numbers[0], AddressSource.RECORD
    return "", AddressSource.GIVEN


def _email(conversation: Conversation, message: Message | None) -> tuple[str, AddressSource]:
    doubt = message and message.doubt
    if doubt == SenderDoubt.OWN_ADDRESS or (doubt and doubt in FROM_STAFF):
        return "", AddressSource.GIVEN
    address = conversation.patient_address or ""
    if "@" in address:
        is_proven = conversation.channel == Channel.EMAIL and doubt in BELIEVED
        return address, AddressSource.OWN if is_proven else AddressSource.GIVEN
    return conversation.contact_email or (message and message.claimed_email) or "", AddressSource.GIVEN


def _chat(conversation: Conversation, moment: datetime) -> Chat | None:
    if conversation.channel != Channel.CHAT:
        return None
    if conversation.chat_ended_at is not None:
        return Chat.ENDED
    return Chat.LEFT if has_left(conversation, moment) else Chat.OPEN


def _is_recorded(session: Session, message_id: int) -> bool:
    query = select(Voicemail.id).where(Voicemail.message_id == message_id, Voicemail.recording_url.is_not(None))
    return session.scalar(query.limit(1)) is not None
