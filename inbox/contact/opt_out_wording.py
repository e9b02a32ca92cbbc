"""Opting out of texts in free words, in English and Spanish: "please stop texting me", "no me manden más mensajes".

A message that says nothing else opts its sender out, whatever the channel, because a revocation counts in any
reasonable wording (47 CFR 64.1200(a)(10)). A text may also be a bare word ("stop it", "alto por favor"), which says
less in a chat. What the texts are about and why they should stop may be said, too ("stop texting me about appointments
i moved to ohio"). One that says more may mean something else ("stop texting me at work, call my cell"), so a person
reads it. None of this is for a model to guess. No wording here has room for a danger: whatever else is said is for the
danger signs to find.
"""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto

_LONGEST_REQUEST = 160
_LONGEST_READ = 2000
_ACCENTS = str.maketrans("áéíóúüñêà", "aeiouunea")
# what a mail or message program adds on the last line
_SENT_FROM = re.compile(
    r"\n\s*(?:sent (?:from|via|using|with)|enviado (?:desde|por|con)|get outlook for|obtener outlook para)\b[^\n]{0,40}"
    r"\b(?:iphone|ipad|ios|samsung|galaxy|android|pixel|motorola|outlook|yahoo|gmail|mail|proton|verizon|t-mobile|phone"
    r"|cell|device|celular|tel[eé]fono|m[oó]vil|dispositivo)\b[^\n]{0,40}\s*\Z",
    re.IGNORECASE,
)

# ---- English

_MSG = r"(?:texts?|text messages?|texting|txts?|messages?|messaging|msgs?|sms|(?:auto |text )?(?:replies|responses))"
_ME = r"(?:me|us|this (?:number|phone)|my (?:number|phone|cell|phone number|cell phone))"
_SUCH = (
    r"(?:(?:any|all|your|the|these|those|more|anymore|further|future|such|auto|automated|automatic|marketing|other) )*"
)
_STOP = r"(?:stop|quit|cease|discontinue)"
_NOT = r"(?:do not|dont|never)"
_TO_ME = rf"(?: (?:to|at|on) {_ME})?"
_KIND = r"(?:text|texting|text message|sms|message|messaging|mailing|marketing|contact|call|calling|phone)"
_LIST = rf"(?:(?:your|this|all your) (?:{_KIND} )?|the {_KIND} )lists?"  # "the list" may be the waiting list
_OFF = r"(?:off|from|out of)(?: of)?"
_MATTER = (
    r"(?:(?:appointment|appt|visit|reminder|bill|payment|balance|insurance|survey|review|refill|prescription|cleaning"
    r"|checkup|vaccine|event|offer|promotion|newsletter|form)s?|billing|feedback|scheduling|marketing|paperwork|anything"
    r"|everything|stuff|things|this|that|these|it)"
)
_WHOSE = r"(?:my|our|your|the|an?|any|all|these|those|upcoming|future|missed)"
_ABOUT = rf"(?: (?:about|regarding)(?: {_WHOSE})* {_MATTER}(?: (?:and|or)(?: {_WHOSE})* {_MATTER})*)?"
_STATE = (
    r"(?:alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|idaho|illinois"
    r"|indiana|iowa|kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri"
    r"|montana|nebraska|nevada|new (?:hampshire|jersey|mexico|york)|(?:north|south) (?:carolina|dakota)|ohio|oklahoma"
    r"|oregon|pennsylvania|rhode island|tennessee|texas|utah|vermont|virginia|washington|west virginia|wisconsin"
    r"|wyoming|puerto rico|mexico|canada)"
)
_PLACE = r"(?:another|a different|a new|otr[oa]) (?:city|state|town|country|place|ciudad|estado|pais|lugar)"
_AWAY = rf"(?: away| far away| out of (?:state|town)| (?:to|a) (?:{_STATE}|{_PLACE}))"
_WHY = (
    rf"(?:because |since |as )?(?:(?:i|we|ive|weve|i have|we have)(?: just)? (?:moved|relocated){_AWAY}?"
    r"|(?:im|i am|were|we are) (?:not|no longer)(?: a)?(?: your)? patients?(?: (?:there|here))?"
    r"|(?:i|we|ive|weve|i have|we have)(?: already)? (?:found|have|got|switched to|went to)"
    r" (?:another|a different|a new|other) (?:doctor|dentist|provider|practice|office|clinic)s?)"
)
_ENGLISH = (
    rf"{_STOP} (?:texting|txting|messaging|contacting|replying|text messaging)(?: {_ME})?{_TO_ME}",
    rf"{_STOP}(?: it)? (?:(?:sending|receiving|getting|with) )?(?:{_ME} )?{_SUCH}{_MSG}{_TO_ME}",
    rf"{_STOP} (?:all )?(?:communications?|contact|notifications)",
    rf"{_STOP} sending(?: {_ME})?(?: (?:this|these|those|stuff|things|anything))?",
    rf"{_NOT} (?:text|txt|message|contact|sms)(?: {_ME})?",
    rf"{_NOT} send (?:{_ME} )?(?:anything|{_SUCH}{_MSG}){_TO_ME}",
    rf"(?:no more|no further|enough) {_SUCH}{_MSG}{_TO_ME}",
    r"no (?:texts|txts|texting|sms|text messages)",
    rf"(?:cancel|end|turn off) {_SUCH}(?:texts|txts|text messages|texting|messages|sms)",
    rf"(?:take|remove|delete|get) {_ME} {_OFF} (?:{_LIST}|{_SUCH}{_MSG})",
    rf"i want (?:to be )?(?:removed |taken )?{_OFF} {_LIST}",
    r"(?:remove|delete|lose) (?:my|this) (?:phone |cell |cell phone )?number",
    rf"(?:unsubscribe|opt out)(?: {_ME})?(?: (?:from|of) (?:{_SUCH}{_MSG}|{_LIST}|this|these))?",
    rf"opt {_ME} out(?: of {_SUCH}{_MSG})?",
    rf"(?:i opt out|(?:i am |im )?opting out)(?: of {_SUCH}{_MSG})?",
    rf"i (?:do not|dont|no longer) (?:want|wish)(?: to)?(?: (?:get|getting|receive|have))? {_SUCH}{_MSG}(?: from you)?",
    r"i (?:do not|dont|no longer) (?:want|wish) to be (?:texted|messaged|contacted)",
    rf"i (?:do not|dont|no longer) (?:want|wish) you (?:to text|texting) {_ME}",
    rf"i (?:do not|dont|no longer) (?:consent|agree) to (?:(?:get|getting|receive|receiving) )?{_SUCH}{_MSG}",
    rf"i want no (?:more |further )?{_SUCH}{_MSG}",
    rf"i (?:revoke|withdraw) my consent(?: to (?:(?:get|receive) )?{_SUCH}{_MSG}| to be texted)?",
)
_ASKED = r"(?:can|could|would|will) you|i (?:want|need|would like|wish)(?: you)? to|id like(?: you)? to"
_POLITE = (
    r"hi|hello|hey|ok|okay|please|pls|plz|kindly|just|sorry|no thank you|no thanks|(?:and )?(?:thank you|thanks)|thx"
    r"|i said"
)
_SIGN_UP = r"i (?:did not|didnt|never) sign(?:ed)? up for (?:this|these)"
_WRONG = rf"wrong (?:number|person)|you have the wrong (?:number|person)|who is this|not interested|{_SIGN_UP}"
_BEFORE = rf"(?:(?:{_POLITE}|{_WRONG}|{_WHY}|i asked you to|{_ASKED}|you (?:need|have) to|you (?:must|can|may)) )*"
_AT_ONCE = r"now|already|again|anymore|any more|ever|immediately|right now|asap|from now on"
_INSULT = r"(?:(?:you|u|ya|yall|stupid|damn) )*(?:clowns?|idiots?|morons?|jerks?|creeps?|losers?|spammers?|scammers?)"
_AFTER = rf"(?: (?:{_POLITE}|{_AT_ONCE}|{_WHY}|{_INSULT}))*"
_PARTS_OF_ENGLISH = (
    r"(?:remove me|take me off|get me off|no text|no messages?"  # off what, and no text came?
    rf"|(?:(?:take|remove|delete|get) (?:me|us|my (?:name|number)) )?{_OFF} the list)"
)

# ---- Spanish

_MENSAJES = r"(?:(?:mensajes?|textos?)(?: de texto)?(?: automaticos?)?|mensajitos|sms)"
_MAS = r"(?:(?:mas|sus|los|esos|estos|ya|de|tantos|todos) )*"
_A_MI = r"(?: a (?:mi|este) (?:numero|telefono|celular))?"
_CESAR = (
    r"(?:par(?:e|en|ar|a)|deten(?:ga|gan|er)|suspend(?:a|an|er)|cancel(?:e|en|ar)|anul(?:e|en|ar)|termin(?:en|ar)|alto"
    r"|basta)"
)
_ESCRIBIR = r"(?:escrib|texte|mensaje|contact)"
_MANDAR = r"(?:mand|envi)"
_DE_LISTA = r"de (?:(?:su|esta) lista|(?:la|su) lista de (?:mensajes|textos|contactos))"  # "la lista": see `_LIST`
_ASUNTO = (
    r"(?:citas?|visitas?|recordatorios?|cuentas?|facturas?|pagos?|cobros?|seguro|encuestas?|recetas?|promociones|ofertas"
    r"|eso|esto|nada|todo)"
)
_DE_QUIEN = r"(?: (?:mis?|las?|los|el|sus?))?"
_SOBRE = rf"(?: (?:sobre|acerca de|de){_DE_QUIEN} {_ASUNTO}(?: [yo]{_DE_QUIEN} {_ASUNTO})*)?"
_POR_QUE = (
    rf"(?:(?:es )?(?:que|porque) )?(?:(?:ya )?(?:me mude|nos mudamos){_AWAY}?|ya no (?:soy|somos) (?:su )?pacientes?"
    r"|ya no vivo (?:ahi|alli|aqui|alla)"
    r"|(?:ya )?(?:tengo otr[oa]|cambie de|me cambie de) (?:doctora?|dentista|medic[oa]|clinica|consultorio))"
)
_SPANISH = (
    rf"(?:dej|par)(?:e|en|es|a|ar) de {_MANDAR}ar(?:me|nos)?(?: {_MAS}(?:{_MENSAJES}|cosas))?{_A_MI}",
    rf"(?:dej|par)(?:e|en|es|a|ar) de {_ESCRIBIR}(?:ar|ir)(?:me|nos)?{_A_MI}",
    rf"{_CESAR}(?: (?:con|a|de))? {_MAS}{_MENSAJES}{_A_MI}",
    rf"no (?:me |nos )?{_MANDAR}(?:en?|es|ar|arme) {_MAS}(?:{_MENSAJES}|nada){_A_MI}",
    rf"no (?:me |nos )?{_MANDAR}(?:en?|es) mas",
    rf"no (?:me|nos) {_ESCRIBIR}(?:an?|as|en?|es){_A_MI}",
    rf"no {_ESCRIBIR}(?:an?|as|en?|es) mas",
    r"no contactar(?:me)?",
    rf"no (?:quiero|deseo)(?: (?:recibir|que me (?:manden|envien)))? {_MAS}(?:{_MENSAJES}|nada de {_MENSAJES})",
    rf"no (?:quiero|deseo) que me (?:(?:manden|envien) nada|{_ESCRIBIR}(?:an|en))",
    rf"no (?:autorizo|acepto|doy (?:mi )?permiso para) {_MAS}{_MENSAJES}",
    r"(?:revoco|retiro) mi (?:consentimiento|permiso|autorizacion)",
    rf"(?:no mas|no|sin|cero) {_MENSAJES}",
    rf"(?:quit|saqu|sac|borr|elimin)(?:en|e|a)(?:me|nos) {_DE_LISTA}",
    rf"(?:quiten?|saquen?|borren?|eliminen?) (?:mi|este) numero(?: {_DE_LISTA})?",
    r"(?:denme|deme|dame|darme|dar) de baja(?: (?:mi|este) numero)?",
    r"desuscrib(?:ir|irme|anme|ame|eme)|cancel(?:ar|en|e) (?:mi |la )?su[bs]+cripcion",
)
_CORTES = r"hola|buenas|por favor|porfavor|porfa|disculpe|gracias|muchas gracias|no gracias|numero equivocado"
_ANTES = (
    rf"(?:(?:{_CORTES}|{_POR_QUE}|favor de|ya|ok|quiero|quisiera|necesito|puede|pueden|podrian?|les pido que"
    r"|no me interesa) )*"
)
_DESPUES = rf"(?: (?:{_CORTES}|{_POR_QUE}|mas|ya|nunca mas|ahora|ahora mismo|inmediatamente))*"
_PARTS_OF_SPANISH = (
    rf"(?:(?:quit|saqu|sac|borr|elimin)(?:en|e|a)me(?: de la lista)?|no (?:me|nos) {_MANDAR}(?:en?|es)|no me hablen?"
    r"|no (?:quiero|deseo) recibir(?: mas)?)"
)

# ---- bare words of a text

_CRY = r"no mas|basta|stop it"  # also what somebody in despair may write
_STOP_WORD = rf"(?:stopp?|stop all|stopall|stop this|unsubscribe|opt out|optout|quit|arret|{_CRY})"
_ALTO = r"(?:parar|alto|detener|baja|paren?|salir|desuscribir)"
_PADDING = rf"(?:enough|{_INSULT}|{_POLITE}|{_WRONG}|{_WHY}|{_AT_ONCE}|{_CORTES}|{_POR_QUE}|ya|ahora)"
_BARE = re.compile(rf"(?:{_PADDING} )*(?:{_STOP_WORD}|{_ALTO})(?: (?:{_STOP_WORD}|{_ALTO}|{_PADDING}))*")
_DOUBTFUL = rf"(?:{_ASKED}|yes|no|si|me|that|to|reply|text|para|end|cancel|cancelar|revoke|quiero|pueden?)"
_MAYBE_STOP = rf"(?:{_STOP_WORD}|{_ALTO}|no more)"
_BARE_DOUBTFUL = re.compile(
    rf"(?:(?:{_PADDING}|{_DOUBTFUL}) )*{_MAYBE_STOP}(?: (?:{_MAYBE_STOP}|{_PADDING}|{_DOUBTFUL}))*"
)
_BARE_CRY = re.compile(rf"(?:{_PADDING} )*(?:{_CRY})(?: (?:{_CRY}|{_PADDING}))*")
_BARE_SPANISH = re.compile(rf"\b(?:{_ALTO}|{_CORTES}|ya|ahora|no mas|basta)\b")

_IN_ENGLISH = re.compile(rf"{_BEFORE}(?:{'|'.join(_ENGLISH)}){_ABOUT}{_AFTER}")
_IN_SPANISH = re.compile(rf"{_ANTES}(?:{'|'.join(_SPANISH)}){_SOBRE}{_DESPUES}")
_IN_PART = re.compile(rf"{_BEFORE}{_PARTS_OF_ENGLISH}{_AFTER}|{_ANTES}{_PARTS_OF_SPANISH}{_DESPUES}")
_WAITING = r"(?:wait|cancel|standby|short|call back|notice|recall|surgery|schedul|visit|appointment|patient)"
_TO_READ = rf"(?:(?:your|this|that|all|any|every) (?:(?!{_WAITING})\w+ ){{0,2}}|(?:the )?{_KIND} )"
_HINT = re.compile(
    r"\b(?:"
    r"(?:stop|quit|cease) (?:\w+ ){0,2}(?:texting|messaging|contacting|spamming|texts|messages|sms)\b"
    r"|(?:do not|dont|never|stop|quit) (?:text|message|sms|contact|spam|bother|bothering|harassing)"
    r" (?:me|us|this|my|him|her|them)\b"
    r"|(?:stop|quit) sending (?:\w+ ){0,4}(?:texts|messages|sms)\b"
    r"|(?:do not|dont|never) send (?:\w+ ){0,2}(?:texts|messages|sms)\b"
    r"|no (?:more|further) (?:texts?|messages|sms)\b"
    rf"|(?:take|remove|delete|get) (?:\w+ ){{1,4}}{_OFF} (?:{_TO_READ}lists?\b(?! (?:for|on) (?!text|good|ever))"
    r"|the lists? (?:for|of) (?:texts?|sms|messages|people)\b)"
    # what a newsletter offers its readers is no wish
    r"|(?<!click to )(?<!here to )(?<!link to )unsubscribe\b(?! (?:here|link|below|instantly)\b)"
    r"|leave me alone\b|lose my number\b"
    r"|(?:do not|dont|no longer) want to be (?:contacted|messaged)\b"
    r"|opt(?:ed|ing)? (?:me |us )?out (?:of|from) (?:\w+ ){0,3}(?:texts?|texting|messages|sms)\b"
    r"|(?:do not|dont|no longer) want (?:\w+ ){0,4}(?:texts|text messages|texting me|to be texted)\b"
    r"|(?:dejen?|paren?) de (?:mandar|enviar|escribir|textear|mensajear|contactar|molestar)(?:me|nos)?\b"
    r"|no (?:me|nos) (?:manden?|mandes|envien?|envies|texteen?|contacten?) (?:\w+ ){0,2}(?:mensajes?|textos?|sms)\b"
    r"|no (?:me|nos) (?:escriban?|escribas|texteen?|contacten?)\b"
    r"|no (?:quiero|deseo) (?:\w+ ){0,4}(?:mensajes|textos)\b|no mas (?:mensajes|textos)\b"
    r"|(?:quit|saqu|sac|borr|elimin)(?:en|e|a)(?:me|nos)? (?:\w+ ){0,4}"
    r"(?:su lista\b(?! (?:para|del?)\b)|lista de (?:mensajes|textos)\b)"
    r"|dejenme en paz\b|no (?:me|nos) molesten?\b|desuscrib\w+"
    r"|(?:par|deten|suspend|cancel)\w{1,4} (?:\w+ ){0,2}(?:mensajes|textos)\b"
    r")"
)


_SIGNATURE = re.compile(r"\n\s*[-\u2013\u2014]{1,2} ?\w+(?: \w+)?\.?\s*$")
_UNSUBSCRIBE = re.compile(r"\buns[ui]b?s?c?ri?be?\b")  # as people spell it
_SPELLED = re.compile(r"[^\W\d_](?: [^\W\d_]){2,11}")  # "S T O P"


class OptOutWish(Enum):
    """What a message says of texts."""

    CLEAR = auto()
    POSSIBLE = auto()
    NONE = auto()


def read_opt_out(text: str, *, by_text: bool = False) -> OptOutWish:
    """Return whether a message asks for no more texts and nothing else, or may ask for it among other things.

    Args:
        text: the message.
        by_text: whether it is itself a text, of which a bare word such as "stop" can only mean the texts.
    """
    words = _plain_words(text[:_LONGEST_READ])
    if len(words) > _LONGEST_REQUEST:
        return OptOutWish.POSSIBLE if _HINT.search(words) else OptOutWish.NONE
    if _IN_ENGLISH.fullmatch(words) or _IN_SPANISH.fullmatch(words) or (by_text and _BARE.fullmatch(words)):
        return OptOutWish.CLEAR
    is_doubtful = _IN_PART.fullmatch(words) or (by_text and _BARE_DOUBTFUL.fullmatch(words))
    is_doubtful = is_doubtful or (by_text and _BARE.fullmatch(_plain_words(_SIGNATURE.sub("", text))))
    return OptOutWish.POSSIBLE if is_doubtful or _HINT.search(words) else OptOutWish.NONE


def may_be_cry(text: str) -> bool:
    """Return whether a bare word may be meant of texts, or of more than can be borne: "no más", "stop it"."""
    words = _plain_words(text[:_LONGEST_READ])
    return len(words) <= _LONGEST_REQUEST and _BARE_CRY.fullmatch(words) is not None


def is_spanish_opt_out(text: str) -> bool:
    """Return whether a message asks for no more texts in Spanish."""
    words = _plain_words(text[:_LONGEST_READ])
    if len(words) > _LONGEST_REQUEST:
        return False
    is_bare = _BARE.fullmatch(words) is not None and _BARE_SPANISH.search(words) is not None
    return is_bare or _IN_SPANISH.fullmatch(words) is not None


def _plain_words(text: str) -> str:
    """Return the words in lower case, without accents, apostrophes, punctuation, and a last line "Sent from …"."""
    words = " ".join(re.findall(r"[^\W_]+", fold_letters(_SENT_FROM.sub("", text))))
    words = _UNSUBSCRIBE.sub("unsubscribe", words)
    return words.replace(" ", "") if _SPELLED.fullmatch(words) else words


def fold_letters(text: str) -> str:
    """Return a text in plain small letters: no accents, apostrophes, wide letters, or invisible characters."""
    plain = unicodedata.normalize("NFKC", text)
    seen = "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")
    return seen.lower().translate(_ACCENTS).replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
