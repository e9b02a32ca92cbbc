"""Opting out of texts in free words, in English and Spanish: "please stop texting me", "no me manden más mensajes".

A message that says nothing else opts its sender out, whatever the channel, because a revocation counts in any
reasonable wording (47 CFR 64.1200(a)(10)). One that says more may mean something else ("stop texting me at work, call
my cell"), so a person reads it. Neither is for a model to guess.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_LONGEST_REQUEST = 160
_LONGEST_READ = 2000
_ACCENTS = str.maketrans("áéíóúüñêà", "aeiouunea")

# ---- English

_MSG = r"(?:texts?|text messages?|texting|messages?|messaging|msgs?|sms)"
_ME = r"(?:me|us|this (?:number|phone)|my (?:number|phone|cell|phone number|cell phone))"
_SUCH = r"(?:(?:any|all|your|the|these|those|more|anymore|further|future|such|automated|automatic|marketing|other) )*"
_STOP = r"(?:stop|quit|cease|discontinue)"
_NOT = r"(?:do not|dont|never)"
_TO_ME = rf"(?: (?:to|at|on) {_ME})?"
_KIND = r"(?:text|texting|text message|sms|message|messaging|contact|call|calling|phone)"
_LIST = rf"(?:(?:your|this|all your) (?:{_KIND} )?|the {_KIND} )lists?"  # "the list" may be the waiting list
_OFF = r"(?:off|from|out of)(?: of)?"
_ENGLISH = (
    rf"{_STOP} (?:texting|messaging|contacting|text messaging)(?: {_ME})?{_TO_ME}",
    rf"{_STOP} (?:(?:sending|with) )?(?:{_ME} )?{_SUCH}{_MSG}{_TO_ME}",
    rf"{_NOT} (?:text|message|contact|sms) {_ME}",
    rf"{_NOT} send (?:{_ME} )?{_SUCH}{_MSG}{_TO_ME}",
    rf"no (?:more|further) {_MSG}{_TO_ME}",
    rf"(?:take|remove|delete|get) {_ME} {_OFF} {_LIST}",
    rf"(?:unsubscribe|opt out)(?: {_ME})?(?: (?:from|of) (?:{_SUCH}{_MSG}|{_LIST}))?",
    rf"opt {_ME} out(?: of {_SUCH}{_MSG})?",
    rf"i (?:do not|dont|no longer) (?:want|wish)(?: to)?(?: (?:get|getting|receive|have))? {_SUCH}{_MSG}(?: from you)?",
    rf"i (?:do not|dont|no longer) (?:want|wish) (?:to be texted|you (?:to text|texting) {_ME})",
    rf"i (?:revoke|withdraw) my consent(?: to (?:(?:get|receive) )?{_SUCH}{_MSG}| to be texted)?",
)
_BEFORE = (
    r"(?:(?:hi|hello|hey|ok|okay|please|pls|plz|kindly|just|sorry"
    r"|wrong number|you have the wrong number|i said|i asked you to"
    r"|(?:can|could|would|will) you|i (?:want|need|would like|wish)(?: you)? to|id like(?: you)? to"
    r"|you (?:need|have) to|you must) )*"
)
_AFTER = (
    r"(?: (?:please|pls|plz|thanks|thank you|thx|now|again|anymore|any more|ever|ever again|immediately|right now|asap"
    r"|from now on|ok|okay))*"
)

# ---- Spanish

_MENSAJES = r"(?:mensajes?|mensajes? de texto|textos?|sms)"
_MAS = r"(?:(?:mas|sus|los|esos|estos|ya|de|tantos) )*"
_A_MI = r"(?: a (?:mi|este) (?:numero|telefono|celular))?"
_SPANISH = (
    rf"(?:dejen?|paren?) de (?:mandarme|enviarme|mandar|enviar) {_MAS}{_MENSAJES}{_A_MI}",
    rf"(?:dejen?|paren?) de (?:escribirme|textearme|mensajearme|contactarme){_A_MI}",
    rf"(?:ya )?no me (?:manden?|mandes|envien?|envies) {_MAS}(?:{_MENSAJES}|nada){_A_MI}",
    rf"(?:ya )?no me (?:escriban?|escribas|texteen?|contacten?){_A_MI}",
    rf"(?:ya )?no (?:quiero|deseo)(?: (?:recibir|que me manden|que me envien))? {_MAS}{_MENSAJES}",
    rf"no mas {_MENSAJES}",
    r"(?:quitenme|quiteme|saquenme|saqueme|borrenme|borreme|eliminenme|elimineme) de (?:su|la|esta) lista",
    r"(?:quiten?|saquen?|borren?|eliminen?) mi numero(?: de (?:su|la|esta) lista)?",
    r"(?:denme|deme|quiero darme) de baja",
)
_ANTES = r"(?:(?:hola|por favor|favor de|ya|disculpe|numero equivocado) )*"
_DESPUES = r"(?: (?:mas|por favor|gracias|ya|nunca mas|ahora))*"

_IN_ENGLISH = re.compile(rf"{_BEFORE}(?:{'|'.join(_ENGLISH)}){_AFTER}")
_IN_SPANISH = re.compile(rf"{_ANTES}(?:{'|'.join(_SPANISH)}){_DESPUES}")
_HINT = re.compile(
    r"\b(?:"
    r"(?:stop|quit|cease) (?:\w+ ){0,2}(?:texting|messaging|contacting|spamming|texts|messages|sms)\b"
    r"|(?:do not|dont|never|stop|quit) (?:text|message|sms|contact|spam|bother|bothering|harassing)"
    r" (?:me|us|this|my|him|her|them)\b"
    r"|(?:stop|quit) sending (?:\w+ ){0,4}(?:texts|messages|sms)\b"
    r"|(?:do not|dont|never) send (?:\w+ ){0,2}(?:texts|messages|sms)\b"
    r"|no (?:more|further) (?:texts?|messages|sms)\b"
    r"|(?:take|remove|delete|get) (?:\w+ ){1,4}(?:off|from|out of) (?:\w+ ){1,3}lists?\b"
    r"|unsubscribe\b|leave me alone\b"
    r"|opt(?:ed|ing)? (?:me |us )?out (?:of|from) (?:\w+ ){0,3}(?:texts?|texting|messages|sms)\b"
    r"|(?:do not|dont|no longer) want (?:\w+ ){0,4}(?:texts|text messages|texting me|to be texted)\b"
    r"|(?:dejen?|paren?) de (?:mandar|enviar|escribir|textear|mensajear|contactar|molestar)(?:me|nos)?\b"
    r"|no (?:me|nos) (?:manden?|mandes|envien?|envies|texteen?|contacten?) (?:\w+ ){0,2}(?:mensajes?|textos?|sms)\b"
    r"|no (?:me|nos) (?:escriban?|escribas|texteen?|contacten?)\b"
    r"|no (?:quiero|deseo) (?:\w+ ){0,4}(?:mensajes|textos)\b|no mas (?:mensajes|textos)\b"
    r"|(?:quiten|saquen|borren|eliminen)(?:me)? (?:\w+ ){0,4}lista\b"
    r")"
)


class OptOutWish(Enum):
    """What a message says of texts."""

    CLEAR = auto()
    POSSIBLE = auto()
    NONE = auto()


def read_opt_out(text: str) -> OptOutWish:
    """Return whether a message asks for no more texts and nothing else, or may ask for it among other things."""
    words = _plain_words(text[:_LONGEST_READ])
    if len(words) <= _LONGEST_REQUEST and (_IN_ENGLISH.fullmatch(words) or _IN_SPANISH.fullmatch(words)):
        return OptOutWish.CLEAR
    return OptOutWish.POSSIBLE if _HINT.search(words) else OptOutWish.NONE


def is_spanish_opt_out(text: str) -> bool:
    """Return whether a message asks for no more texts in Spanish."""
    words = _plain_words(text[:_LONGEST_READ])
    return len(words) <= _LONGEST_REQUEST and _IN_SPANISH.fullmatch(words) is not None


def _plain_words(text: str) -> str:
    """Return the words in lower case, without accents, apostrophes, or punctuation."""
    plain = text.lower().translate(_ACCENTS).replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return " ".join(re.findall(r"[^\W_]+", plain))
