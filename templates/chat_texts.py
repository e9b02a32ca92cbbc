"""The chat's texts that a practice may word on the console, as the chat has them if it does not."""

from __future__ import annotations

import re

from intake.practices import Practice
from intake.vocabulary import AutoReply, ChatText, Language
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
_WITHOUT_REPLIES = {
    ChatText.EN_REPLY_TIME: "A person will answer during office hours.",
    ChatText.ES_REPLY_TIME: "Una persona le responderá cuando estemos abiertos.",
}
"""What the chat says instead while automatic replies are off."""
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
    said = chat_strings(practice).get(language, {}).get(key, STANDARD[text])
    return _FILLED.sub(lambda found: practice.name if found[1] == "name" else phone, said)


def chat_strings(practice: Practice) -> dict[str, dict[str, str]]:
    """Return the texts by language and key that a practice's chat has in place of the widget's."""
    strings: dict[str, dict[str, str]] = {}
    for text, words in _WITHOUT_REPLIES.items() if practice.auto_reply is AutoReply.OFF else ():
        language, _, key = text.partition(".")
        strings[language] = {key: words}
    for spoken, own in practice.chat.strings.items():
        strings[spoken] = strings.get(spoken, {}) | own
    return strings


def find_blank(words: str) -> str:
    """Return what in an own text looks like a blank that nothing fills in, empty if there is none."""
    found = PLACEHOLDER.search(_FILLED.sub("", words))
    return found[0] if found else ""
