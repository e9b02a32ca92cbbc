"""The chat's texts that a practice may word on the console, as the chat has them if it does not."""

from __future__ import annotations

import re

from intake.practices import Practice
from intake.vocabulary import ChatText, Language
from templates.replies import PLACEHOLDER

STANDARD: dict[ChatText, str] = {
    ChatText.EN_LAUNCHER: "Chat with us",
    ChatText.ES_LAUNCHER: "Escríbanos",
    ChatText.EN_TITLE: "{name}",
    ChatText.ES_TITLE: "{name}",
    ChatText.EN_GREETING: "Hello! How can we help you today?",
    ChatText.ES_GREETING: "¡Hola! ¿En qué podemos ayudarle hoy?",
    ChatText.EN_GREETING_CLOSED: "Hello! We are closed. Leave a message, and we will see it when we open.",
    ChatText.ES_GREETING_CLOSED: "¡Hola! Estamos cerrados. Deje un mensaje y lo veremos cuando abramos.",
    ChatText.EN_REPLY_TIME: "You will get an automatic reply right away. A person will answer during office hours.",
    ChatText.ES_REPLY_TIME: "La respuesta automática llega al instante; la de una persona, cuando estamos abiertos.",
    ChatText.EN_CONSENT: "By sending a message, you agree that we may keep it in order to answer you.",
    ChatText.ES_CONSENT: "Al enviar un mensaje, acepta que lo guardemos para responderle.",
}
"""`templates/chat/widget.js` has the same texts; a test compares them."""
EMERGENCY = {
    Language.EN: "Not for emergencies: call 911.",
    Language.ES: "No es para emergencias: llame al 911.",
}
"""What the chat says at its top, which is nobody's to change here."""
_FILLED = re.compile(r"\{(name|phone)\}")


def chat_text(practice: Practice, text: ChatText, phone: str) -> str:
    """Return a text of a practice's chat as a visitor reads it.

    Args:
        practice: the practice.
        text: which text.
        phone: the practice's number as it is shown.
    """
    language, _, key = text.partition(".")
    own = dict(practice.chat.strings).get(Language(language), {})  # type: ignore[call-overload]
    return _FILLED.sub(lambda found: practice.name if found[1] == "name" else phone, own.get(key, STANDARD[text]))


def find_blank(words: str) -> str:
    """Return what in an own text looks like a blank that nothing fills in, empty if there is none."""
    found = PLACEHOLDER.search(_FILLED.sub("", words))
    return found[0] if found else ""
