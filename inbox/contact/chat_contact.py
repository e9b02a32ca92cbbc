"""How a visitor of a chat can be reached after leaving it: by a number or an address, from the form or a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from classifier.entities.owners import is_of_another
from classifier.entities.rules_names import may_be_name
from inbox.models import Conversation, Message
from intake import email_address, phone
from intake.errors import IntakeError
from intake.vocabulary import Channel, Medium

AWAY_AFTER = timedelta(seconds=90)
"""How long after its browser last asked for news a chat counts as left; open pages ask every 15 seconds."""

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,190}\.[A-Za-z]{2,24}")
_PHONE = re.compile(r"(?<![\w.@+-])(?:\+?1[-. ]?)?\(?[2-9]\d{2}\)?[-. ]?[2-9]\d{2}[-. ]?\d{4}(?![\w@-])")
_MOST_NAMES = 3
_WORD = re.compile(r"[^\W\d_']+")
# A message that says more than this may name somebody else's number or address.
_ABOUT_ONESELF = frozenset(
    [
        "my",
        "email",
        "e",
        "mail",
        "address",
        "phone",
        "number",
        "name",
        "names",
        "i",
        "m",
        "im",
        "am",
        "this",
        "cell",
        "mobile",
        "is",
        "it",
        "s",
        "its",
        "here",
        "the",
        "and",
        "or",
        "at",
        "me",
        "you",
        "can",
        "please",
        "sure",
        "yes",
        "ok",
        "okay",
        "call",
        "reach",
        "thanks",
        "thank",
        "mi",
        "correo",
        "electronico",
        "electrónico",
        "es",
        "numero",
        "número",
        "telefono",
        "teléfono",
        "celular",
        "el",
        "y",
        "o",
        "si",
        "sí",
        "claro",
        "gracias",
        "nombre",
        "soy",
        "llamo",
        "puede",
        "llamarme",
    ]
)


def has_contact(conversation: Conversation) -> bool:
    """Return whether the practice can reach the patient once they have left; only a chat may have no way to."""
    if conversation.channel != Channel.CHAT:
        return True
    return bool(conversation.contact_phone or conversation.contact_email)


def has_number(conversation: Conversation) -> bool:
    """Return whether the practice has a number to call the patient at: the one they write or call from, or gave."""
    return bool(conversation.contact_phone) or (conversation.patient_address or "").startswith("+")


def note_contact(message: Message) -> None:
    """Keep the number and the address that a visitor writes in a chat, unless they gave one before.

    A number that is only written is for calling: nobody agreed to texts.
    """
    conversation = message.conversation
    if conversation.channel != Channel.CHAT:
        return
    number, address = read_contact_line(message.text)
    if number or address:
        conversation.patient_name = conversation.patient_name or read_signature(message.text)
    conversation.contact_phone = conversation.contact_phone or number
    conversation.contact_email = conversation.contact_email or address


def read_contact_line(text: str) -> tuple[str | None, str | None]:
    """Return the phone number in E.164 and the email address of a message that says nothing else than how to reach one.

    "My email is ann@example.com" and "Ann Lee 202-555-0123" are such messages, "send it to records@example.com" is not.
    """
    address, number = _EMAIL.search(text), _PHONE.search(text)
    given = [match for match in (number, address) if match]
    if any(is_of_another(text, *match.span()) for match in given):
        return None, None
    if any(map(str.isdigit, _without_contact(text))) or not (given and _is_name(_names_in(text))):
        return None, None
    return (
        number and _normalised(phone.normalise, number[0]),
        address and _normalised(email_address.normalise, address[0]),
    )


def read_signature(text: str) -> str | None:
    """Return the first and last name in a message that says only how to reach its writer, None if it has none."""
    names = _names_in(text)
    return " ".join(names) if len(names) > 1 and _is_name(names) else None


def _names_in(text: str) -> list[str]:
    """Return the words of a contact line that say neither how to reach its writer nor how they can be reached."""
    return [
        word for word in _WORD.findall(_without_contact(text).replace("'", " ")) if word.lower() not in _ABOUT_ONESELF
    ]


def _without_contact(text: str) -> str:
    return _PHONE.sub(" ", _EMAIL.sub(" ", text, count=1), count=1)


def _is_name(words: list[str]) -> bool:
    """Return whether words are nothing but a name, as it is signed; no words are one, too."""
    return len(words) <= _MOST_NAMES and all(word[0].isupper() and may_be_name(word) for word in words)


def _normalised(normalise: Callable[[str], str], written: str) -> str | None:
    try:
        return normalise(written)
    except IntakeError:
        return None


def reply_address(conversation: Conversation, medium: str) -> str:
    """Return where a reply goes by a medium; empty if there is no such address."""
    if conversation.channel != Channel.CHAT:
        return conversation.patient_address or ""
    found = {Medium.SMS: conversation.contact_phone, Medium.EMAIL: conversation.contact_email}
    return found.get(Medium(medium)) or ""


def has_left(conversation: Conversation, moment: datetime) -> bool:
    """Return whether the visitor of a chat has ended it or closed the page, or their page never asked for news."""
    if conversation.channel != Channel.CHAT:
        return False
    seen = conversation.chat_seen_at or conversation.created_at
    return conversation.chat_ended_at is not None or moment - seen > AWAY_AFTER


def is_out_of_reach(conversation: Conversation, moment: datetime) -> bool:
    """Return whether the visitor of a chat has left it and gave no way to reach them."""
    return has_left(conversation, moment) and not has_contact(conversation)
