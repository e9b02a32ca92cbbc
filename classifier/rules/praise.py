"""Recognizes thanks for how somebody was treated: "thank you so much Tammy you were so sweet to my mom today".

The rows must account for every word, as those of an acknowledgement, so one more ("…but she is worse") makes it an
ordinary message. Praise must be for a visit or for care of a relative: "you were always so kind to me" may be a
farewell, which a person must see, and so may thanks for what was done for a child, unless it names a visit. Thanks
with a word of leaving are never mere praise.
"""

from __future__ import annotations

import re

from classifier.rules.acknowledgement import NAMES, TRIMMINGS, WORD_END, is_covered
from classifier.text.covering import Row

_RELATIVE = (
    r"(?:mom|mother|mum|mama|dad|father|papa|son|daughter|kids?|child|children|baby|husband|wife|grandma|grandmother"
    r"|grandpa|grandfather|grandson|granddaughter|sister|brother|aunt|uncle|family|little (?:guy|girl|boy|ones?))"
)
_ADVERB = (
    r"(?: (?:so|very|really|super|just|such an?|an?|the|all|always|incredibly|extremely|truly|absolutely|beyond))*"
)
_GOOD = (
    r"(?:sweet|kind|nice|patient|gentle|helpful|great|good|wonderful|amazing|awesome|lovely|caring|thorough|friendly"
    r"|professional|fantastic|best|understanding|compassionate|sweetheart|angels?|pleasure|joy|attentive|calm"
    r"|reassuring|welcoming|fabulous)"
)
_GOODS = rf"{_ADVERB} {_GOOD}(?:,? and{_ADVERB} {_GOOD})?"
_PRAISED = (
    rf"(?:you(?: guys| all)?|u|yall|everyone|everybody|she|he|they|(?-i:{NAMES})"
    r"|(?:the |your |ur )?(?:nurses?|doctors?|dr|staff|team|front desk|receptionist|hygienist|assistant|ladies|girls"
    r"|office)(?: [a-z]+)?)"
)
_WERE = r" (?:were|was|are|is|r|have been|has been|really were|really was)"
_WHEN = (
    r"(?: (?:today|yesterday|tonight|earlier|this (?:morning|afternoon|week)|last (?:night|week|time)"
    r"|(?:at|during) (?:my|our|his|her|the|todays) (?:visit|appointment|appt|cleaning|exam|checkup|check up)"
    r"|(?:on )?(?:mon|tues|wednes|thurs|fri|satur)day))"
)
_CARE = (
    rf"(?: (?:to|with|for) (?:my|our) {_RELATIVE}(?: and (?:me|i|us))?{_WHEN}?"
    rf"| (?:to|with|for) (?:me|us|him|her|them){_WHEN}|{_WHEN})"
)
_NAMED = r"(?: [a-z]+(?= (?:you|u) (?:were|are|was|have)))?"
_THANKED = (
    r"(?:(?:thank (?:you|u|ya)|thanks|thx|ty)(?: (?:so|very|soo+) much| a (?:lot|million)| again)?"
    rf"(?: (?:to )?(?:you(?: guys| all)?|yall|everyone|everybody|all|(?-i:{NAMES})|dr [a-z]+))?,? for"
    r"|(?:i|we)(?: all)? (?:(?:really|so|truly|just|do) )?appreciate)"
)
# Who is not one's child: to thank for what was done for a child, and say no more, may be a parent's farewell.
_ELDER = (
    r"(?:(?:(?:mother|father|sister|brother) in law|mom|mother|mum|mama|mommy|dad|daddy|father|papa|husband|hubby|wife"
    r"|partner|grandma|grandmother|granny|nana|grandpa|grandfather|sister|brother|aunt|uncle|parents|grandparents)s?)"
)
_FOR_ELDER = rf"(?:my|our) {_ELDER}(?: and (?:me|i|us))?(?: (?-i:{NAMES}))?{_WHEN}?"
_FOR_CHILD = rf"(?:my|our) {_RELATIVE}(?: and (?:me|i|us))?(?: (?-i:{NAMES}))?{_WHEN}"
_DONE = (
    r"(?:everything|all|all that|what|whatever|all of what)(?: that)? (?:you|u|yall|they|she|he|dr [a-z]+)"
    r"(?: guys| all| ladies)?(?:ve| have| has)? (?:did|do|done|does)(?: to help| today)?"
)
_GIVEN = (
    rf"(?:(?:taking|the|your|all the|all your|giving)(?: such)?{_ADVERB} {_GOOD} care"
    r"|(?:all )?your (?:kindness|patience))"
)
_GRACIAS = r"(?:muchas |mil |muchisimas |muchísimas )?gracias(?: a todos)?,? por"
_PARIENTE = (
    r"(?:mama|mamá|mami|papa|papá|papi|esposo|esposa|marido|abuela|abuelita|abuelo|abuelito|suegra|suegro|hermana"
    r"|hermano|tia|tía|tio|tío|padres|papas|papás)"
)
_CUANDO = r"(?: (?:hoy|ayer|anoche|esta (?:mañana|manana|tarde)|en (?:su|la) (?:cita|visita|consulta)))"
_PRAISE = (
    rf"{_THANKED} {_DONE} (?:for |with )?(?:{_FOR_ELDER}|{_FOR_CHILD})",
    rf"{_THANKED} {_GIVEN} (?:of|for|to|with|toward|towards) (?:(?:my|our) {_RELATIVE}{_WHEN}?|{_FOR_ELDER})",
    rf"{_THANKED} being{_GOODS} (?:to|with|for) (?:(?:my|our) {_RELATIVE}{_WHEN}?|{_FOR_ELDER})",
    rf"{_PRAISED} (?:really )?(?:took|take|takes|have taken|has taken)(?: such)?{_ADVERB} {_GOOD} care of"
    rf" (?:(?:my|our) {_RELATIVE}{_WHEN}?|{_FOR_ELDER})",
    rf"{_GRACIAS} (?:todo )?lo que (?:hicieron|hizo|han hecho|ha hecho)"
    rf" (?:por|con|para) (?:mi|mis|nuestr[oa]s?) (?:{_PARIENTE}{_CUANDO}?|[a-zñáéíóú]+{_CUANDO})",
    rf"{_GRACIAS} (?:cuidar|atender|tratar)(?: tan| muy)? bien (?:de |a )?"
    rf"(?:mi|mis|nuestr[oa]s?) [a-zñáéíóú]+{_CUANDO}?",
    rf"{_PRAISED}{_WERE}{_GOODS}{_CARE}",
    r"(?:usted|ustedes|ella|el|la enfermera|la doctora|el doctor|todos)?(?: [a-z]+)? ?"
    r"(?:fue|fueron|ha sido|han sido) (?:muy|tan|super) (?:amables?|buen[oa]s?|atent[oa]s?|lind[oa]s?|pacientes?"
    r"|cariños[oa]s?) con (?:mi|mis|nuestr[oa]) [a-zñáéíóú]+(?: (?:hoy|ayer))?",
)
_THANKS = (
    r"(?:thank (?:you|u|ya)|thanks|thx)(?: (?:so|very|soo+) much| a lot| again)?(?: to)?"
    rf"(?: (?:the |your )?(?:nurse|dr|doctor|miss|ms|mrs))?{_NAMED}",
    rf"(?:muchas |mil |muchisimas )?gracias(?:,? (?:a )?(?-i:{NAMES}))?",
)
# "My son was so calm today" is news, and no praise of the practice.
_LEAVES = re.compile(r"\b(?:(?:good ?)?bye+|farewell|take care(?! of)|cuid[eé]n?se|adi[oó]s)\b", re.IGNORECASE)
_SAID_TO_US = re.compile(
    r"\b(?:thank|thanks|thx|appreciate|gracias|you|u|yall|everyone|everybody|staff|team|nurses?|doctors?|dr|office"
    r"|front desk)\b",
    re.IGNORECASE,
)
_ROWS: tuple[Row, ...] = (
    *((re.compile(rf"(?i:{row}){WORD_END}"), True) for row in _PRAISE),
    *((re.compile(rf"(?i:{row}){WORD_END}"), False) for row in _THANKS),
    *TRIMMINGS,
)


def is_praise(text: str) -> bool:
    """Return whether a message only thanks for how somebody was treated at a visit.

    Args:
        text: Any string.
    """
    return is_covered(text, _ROWS) and _SAID_TO_US.search(text) is not None and not _LEAVES.search(text)
