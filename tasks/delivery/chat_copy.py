"""The copy of a chat that its visitor asks for by email: one for each chat, to the one address that was given in it.

The outbox row holds only what the chat shows of it. The mail is composed when it is sent, from what the practice said
and the visitor wrote; web addresses that a visitor wrote lead nowhere in it, so that it is of no use for spam.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inbox.incoming.chat import CHAT_COPIES, TranscriptEntry, read_entries
from inbox.models import Conversation, Delivery, now
from intake.practices import Practice
from intake.vocabulary import Language, Medium

COPIES_A_DAY = 50
"""How many copies a practice sends in a day, so that nobody can have it mail a list of addresses."""
LONGEST_COPY = 60_000
_WEB_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)
_DOT_IN_NAME = re.compile(r"(?<=[\w-])\.(?=[^\W\d_]{2})")

_SHOWN = {
    Language.EN: "A copy of this chat is on its way to your email address.",
    Language.ES: "Una copia de este chat va en camino a su correo electrónico.",
}


class CopyRefusal(Enum):
    """Why no copy is sent."""

    NOTHING_SAID = "nothing was said yet"
    SENT_BEFORE = "a copy was sent before"
    OTHER_ADDRESS = "another address was given in this chat"
    TOO_MANY = "the practice has sent too many"


@dataclass(frozen=True, slots=True)
class CopyMail:
    """The subject and the body of a copy."""

    subject: str
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    opening: str
    cut: str
    you: str
    robot: str
    staff: str
    link: str
    closing: str
    clock: str


_WORDS = {
    Language.EN: _Words(
        subject="A copy of your chat with {practice}",
        opening="Here is the copy of your chat with {practice} that you asked for.",
        cut="(The beginning is left out because it is too long.)",
        you="You",
        robot="{practice}, automatic reply",
        staff="{practice}, {name}",
        link="[web address]",
        closing=(
            "You get this email because your address was entered in the chat on our website. If it was not you, ignore"
            " it: nothing else will be sent. This mailbox is not for emergencies: call 911."
        ),
        clock="%m/%d/%Y %I:%M %p",
    ),
    Language.ES: _Words(
        subject="Una copia de su chat con {practice}",
        opening="Esta es la copia de su chat con {practice} que usted pidió.",
        cut="(Falta el comienzo porque es demasiado largo.)",
        you="Usted",
        robot="{practice}, respuesta automática",
        staff="{practice}, {name}",
        link="[dirección web]",
        closing=(
            "Recibe este correo porque su dirección se escribió en el chat de nuestro sitio. Si no fue usted, no le"
            " haga caso: no se enviará nada más. Este correo no es para emergencias: llame al 911."
        ),
        clock="%d/%m/%Y %H:%M",
    ),
}


def request_copy(
    session: Session, conversation: Conversation, practice: Practice, address: str, language: Language
) -> Delivery | CopyRefusal:
    """Return the outbox row of a chat's copy, which is not added yet, or why there is none.

    Args:
        session: an open write transaction that holds the conversation's lock.
        conversation: the chat.
        practice: its practice, which can send email.
        address: the address that the visitor typed, normalized; if they gave one before, it must be the same.
        language: the language that the widget is in.
    """
    if conversation.last_message_id is None:
        return CopyRefusal.NOTHING_SAID
    copies = select(func.count(Delivery.id)).where(Delivery.reply.in_(CHAT_COPIES.values()))
    if session.scalar(copies.where(Delivery.conversation_id == conversation.id)):
        return CopyRefusal.SENT_BEFORE
    if conversation.contact_email not in (None, address):
        return CopyRefusal.OTHER_ADDRESS
    recent = Delivery.emptied_at.is_(None), Delivery.created_at > now() - timedelta(days=1)
    of_practice = copies.join(Delivery.conversation).where(Conversation.practice == practice.slug, *recent)
    if (session.scalar(of_practice) or 0) >= COPIES_A_DAY:
        return CopyRefusal.TOO_MANY
    conversation.contact_email = address
    return Delivery(
        conversation_id=conversation.id,
        message_id=conversation.last_message_id,
        reply=CHAT_COPIES[language],
        medium=Medium.EMAIL,
        sender=practice.email or "",
        body=_SHOWN[language],
    )


def copy_mail(session: Session, delivery: Delivery, practice: Practice | None) -> CopyMail:
    """Return the mail with the copy of a chat, up to where it was asked for."""
    entries = read_entries(session, delivery.conversation_id)
    name = practice.name if practice else ""
    shows_names = practice is not None and practice.chat.staff_names
    zone = ZoneInfo(practice.time_zone if practice else "UTC")
    language = next(language for language, reply in CHAT_COPIES.items() if reply == delivery.reply)
    said = [entry for entry in entries if entry.number < (delivery.entry or 0) and entry.text]
    words = _WORDS[language]
    body = _compose(said, words, name, zone, shows_names=shows_names)
    return CopyMail(words.subject.format(practice=name), body)


def without_web_addresses(text: str, instead: str) -> str:
    """Return a visitor's text in which nothing can be clicked on: addresses are left out, and names of sites broken."""
    return _DOT_IN_NAME.sub("[.]", _WEB_ADDRESS.sub(instead, text))


def _compose(
    said: Sequence[TranscriptEntry], words: _Words, practice: str, zone: ZoneInfo, *, shows_names: bool
) -> str:
    blocks: list[str] = []
    length = 0
    for entry in reversed(said):
        block = _block(entry, words, practice, zone, shows_names=shows_names)
        length += len(block)
        if length > LONGEST_COPY:
            blocks.append(words.cut)
            break
        blocks.append(block)
    return "\n\n".join([words.opening.format(practice=practice), *reversed(blocks), "--", words.closing])


def _block(entry: TranscriptEntry, words: _Words, practice: str, zone: ZoneInfo, *, shows_names: bool) -> str:
    match entry.author:
        case "patient":
            who, text = words.you, without_web_addresses(entry.text, words.link)
        case "robot":
            who, text = words.robot.format(practice=practice), entry.text
        case "staff":
            named = words.staff.format(practice=practice, name=entry.name)
            who, text = named if shows_names and entry.name else practice, entry.text
    return f"{who} ({entry.at.astimezone(zone):{words.clock}}):\n{text}"
