"""What patients agree to when they give a phone number, as carriers require it next to the field (A2P 10DLC).

It says who texts and what for, that the frequency varies, that rates may apply, how to stop and get help, that care
does not depend on it, and where the practice's terms and privacy notice are.
"""

from __future__ import annotations

from intake.practices import Practice
from intake.vocabulary import Language

_WORDING = {
    Language.EN: (
        "By giving your number, you agree that {name} may text you about your message, your appointments, and your"
        " care, also with automated texts. Message frequency varies. Message and data rates may apply."
        " Reply STOP to opt out, HELP for help. Your care does not depend on it."
    ),
    Language.ES: (
        "Al dar su número, acepta que {name} le envíe mensajes de texto sobre su mensaje, sus citas y su atención,"
        " también automáticos. La frecuencia de los mensajes varía. Pueden aplicarse tarifas de mensajes y datos."
        " Responda STOP para no recibir más, HELP para recibir ayuda. Su atención no depende de ello."
    ),
}
_LINKS = {Language.EN: ("Terms", "Privacy"), Language.ES: ("Términos", "Privacidad")}


def chat_wording(practice: Practice, language: Language) -> str:
    """Return the wording with the address of the terms; the chat has a link to the privacy notice of its own."""
    terms, _ = _LINKS[language]
    wording = _WORDING[language].format(name=practice.name)
    return f"{wording} {terms}: {practice.links.terms}" if practice.links.terms else wording


def whole_wording(practice: Practice, language: Language) -> str:
    """Return the wording with the addresses of the terms and the privacy notice, as it is kept with a consent."""
    _, privacy = _LINKS[language]
    wording = chat_wording(practice, language)
    return f"{wording} {privacy}: {practice.links.privacy}" if practice.links.privacy else wording


def consent_language(value: str) -> Language | None:
    """Return the language that a page says it showed the wording in; None if there is none in that language."""
    return next((language for language in _WORDING if language == value), None)
