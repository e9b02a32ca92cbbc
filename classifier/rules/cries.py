"""Recognize messages that do nothing but cry for help: "call 911", "help my son", "necesito una ambulancia".

Every word must be accounted for, as in `acknowledgement.py`: "how much is an ambulance" and "please help my son with
his form" are no cries. Whoever asks for an ambulance, or for help for somebody by name of kin, is an emergency.

A mere plea ("help", "help me", "ayudenme") says too little for one: the front desk gets it for forms and passwords.
It is treated like the lone keyword HELP with an exclamation mark: never routine and never a mere wish to talk to a
person, so somebody reads it the same day and the reply names 911.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from classifier.outputs import Language
from classifier.text.covering import Row, covers_all, end_of_gap
from classifier.text.normalise import normalised, without_accents

MOST_CHARACTERS: Final = 80
"""Longer messages say something else, too."""

_KIN = (
    r"(?:(?:my|our|the|her|his) )(?:(?:little|poor|\d+ (?:year|yr|month|week)s? old|newborn) )?"
    r"(?:baby|babies|son|daughter|kids?|child|children|boy|girl|newborn|infant|toddler|mom|mother|mama|mum|dad|father|papa|husband|hubby|wife|boyfriend"
    r"|girlfriend|partner|brother|sister|grandma|grandmother|grandpa|grandfather|granddaughter|grandson|uncle|aunt"
    r"|friend|roommate|nephew|niece|cousin|family)"
)
_RESCUERS = r"(?:9[- ]?1[- ]?1|nine one one|(?:an |a |the )?(?:ambulances?|paramedics?|medics?|emts?))"
_PARIENTE = (
    r"(?:mis?|nuestr[oa]s?|la|el|su) (?:bebe|bb|hij[oa]s?|hijit[oa]|nin[oa]s?|nene|nena|mama|mami|papa|papi|espos[oa]"
    r"|marido|mujer|herman[oa]|abuel[oa]|abuelit[oa]|niet[oa]|ti[oa]|novi[oa]|amig[oa]|suegr[oa]|familia)"
)
_RESCATE = (
    r"(?:(?:al |a )?(?:9[- ]?1[- ]?1|nueve once|emergencias)|(?:a )?(?:una |la )?ambulancia"
    r"|(?:a )?(?:los )?paramedicos)"
)

_CRIES: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        r"(?:call|calling|dial|phone|get|send|need|want)(?: (?:me|us|him|her|for|over|to call|you to call))*"
        rf" {_RESCUERS}",
        r"(?:call|get|send)(?: (?:me|us|for|some))* help",
        rf"{_RESCUERS}|s\.?o\.?s|mayday|🆘+",
        rf"(?:help|save)[ ,.!]*(?:(?:me|us|please|pls)[ ,.!]*)*{_KIN}",
        rf"{_KIN}[ ,.!]*(?:please |pls )?(?:needs )?help",
    ),
    "es": (
        r"(?:llam[ae]n?|llameme|llamenme|marquen?|manden?|mandenme|mandeme|envien?|necesito|necesitamos|ocupo|ocupamos|pidan?"
        rf"|quiero|urge)(?: (?:que|llamen|manden|me|nos|por favor))* {_RESCATE}",
        r"(?:una )?ambulancia|auxilio|socorro",
        r"(?:ayuda|ayuden|ayude|ayudenme|ayudeme|ayudame|auxilio|socorro|salven)[ ,.!]*"
        rf"(?:(?:por favor|con|para|a)[ ,.!]*)*{_PARIENTE}",
    ),
}
_PLEAS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        r"(?:please |pls |plz )?help (?:me|us)|(?:please|pls|plz|someone|somebody|anyone) help"
        r"|help (?:please|pls|plz|now)|save (?:me|us)|come (?:quick|quickly|fast|now)"
        r"|i need help (?:now|right now|fast|asap)|(?<!you )(?:(?:i|we) (?:really |just )?need (?:some )?)?help",
    ),
    "es": (
        r"ayud[ae](?:n?me|n?nos)|(?:por favor )?ayuden|ayuda (?:por favor|porfa|urgente|ya)"
        r"|(?:(?:necesito|necesitamos|ocupo) )?ayuda|salven(?:me|nos)|vengan (?:rapido|pronto|ya)",
    ),
}
_PLACE = (
    r"(?:to |at |in |on )?(?:(?:my|our|the) (?:house|home|place|apartment|apt|address|office|work|car)|here"
    r"|\d+(?: [\w'.]+){1,3}? (?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|blvd|ct|court|way|hwy|pl|place)"
    r"|(?:apt|apartment|unit|room|suite|#) ?\w{1,5}|(?:the )?(?:\d+(?:st|nd|rd|th)|first|second|third) floor)"
)
_LUGAR = (
    r"(?:a |en |al )?(?:(?:mi|la|nuestra) casa|mi (?:trabajo|cuarto|departamento|apartamento)|aqui"
    r"|(?:la )?calle(?: \w+){1,3}? \d+|\d+(?: \w+){1,3}? (?:st|street|ave|avenue|rd|road|dr|drive|blvd)"
    r"|(?:apto|apt|departamento|cuarto|#) ?\w{1,5}|(?:el )?(?:primer|segundo|tercer) piso)"
)
_TRIMMINGS: Final = (
    r"please|pls|plz|now|right now|hurry(?: up)?|fast|quick(?:ly)?|asap|help(?: me| us)?|hello|hi|hey|someone|somebody"
    r"|anyone|can (?:someone|somebody|you)|could (?:someone|somebody|you)|i|we|just|you (?:need|have) to|oh my god|omg"
    rf"|for (?:me|us|him|her|{_KIN})|{_PLACE}",
    r"por favor|porfa(?:vor)?|ya|ahora|ahorita|rapido|pronto|urgente|apurense|hola|alguien|dios mio|me pueden|pueden"
    rf"|que|ayuda|para (?:mi|el|ella|{_PARIENTE})|{_LUGAR}",
)
_GAP: Final = re.compile(r"[ ,.!¡:-]*")


def _rows(cries: Sequence[str]) -> tuple[Row, ...]:
    """Return what may stand in a cry, and whether it makes one."""
    rows = [(cry, True) for cry in cries] + [(trimming, False) for trimming in _TRIMMINGS]
    return tuple((re.compile(rf"(?:{row})(?!\w)"), decides) for row, decides in rows)


_CRY_ROWS: Final = {language: _rows(cries) for language, cries in _CRIES.items()}
_PLEA_ROWS: Final = {language: _rows(pleas) for language, pleas in _PLEAS.items()}


def cry_language(text: str) -> Language | None:
    """Return the language of a message that only calls for an ambulance or for help for a relative; None of any other.

    Args:
        text: Any string.
    """
    return _covered_in(text, _CRY_ROWS)


def plea_language(text: str) -> Language | None:
    """Return the language of a message that only begs for help and does not say for what; None of any other message.

    Args:
        text: Any string.
    """
    return _covered_in(text, _PLEA_ROWS)


def _covered_in(text: str, rows: Mapping[Language, Sequence[Row]]) -> Language | None:
    if len(text) > MOST_CHARACTERS:
        return None
    words = without_accents(normalised(text))
    start = end_of_gap(words, 0, _GAP)
    return next((language for language, found in rows.items() if covers_all(words, found, _GAP, start)), None)
