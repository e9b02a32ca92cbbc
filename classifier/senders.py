"""Tell whose a name or a birth date in a message is: its sender's, or somebody's whom it is about.

A name is the sender's only where the words say so, or where it is all that is said. Who calls from an office about a
patient bears no name that belongs to a patient's number, and says none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from classifier.entities.entity import Entity
from classifier.insurance.family import CHILD, RELATIVE
from classifier.insurance.mentions import Mention, mark_text
from intake.vocabulary import EntityKind

_SELF: Final = (
    r"\b(?:this is|it'?s|it is|i'?m|i am|my (?:full |first |last )?name(?:'?s|,? is)|(?<!no )soy|(?:les? )?habla"
    r"|mi nombre(?: completo)? es|mi apellido es|me llamo)"
)
_COURTESY: Final = r"(?:(?:la|el|mr|mrs|ms|miss|mx|mister|senora?|senorita|sra?)\.? )*"
_GREETING: Final = (
    r"\b(?:hi|hello|hey|dear|hola|buenas(?: tardes| noches)?|buenos dias|good (?:morning|afternoon|evening))"
)
_OPENING: Final = rf"(?:^|[\n.!?,] ?|{_GREETING}[,.! ]{{1,2}})"

# ---- offices

_ORGANIZATION: Final = (
    r"(?:\{(?:EMPLOYER|CARRIER)\}|(?:pharmac(?:y|ies)|drugstore|cvs|walgreens|clinic|(?<!the )hospital|office|practice"
    r"|labs?|laboratory|imaging|radiology|dental|dentistry|orthodontics|endodontics|oral surgery|cardiology|pediatrics"
    r"|surgery center|medical (?:center|group)|rehab|hospice|home health|nursing home|health plan|insurance|law firm"
    r"|school|agency|company|department|inc|llc|farmacia|clinica|consultorio|oficina|laboratorio|aseguradora|escuela)\b"
    r"(?! (?:questions?|info|card|issue|update|change|visit|number)\b))"
)
_TO_ORGANIZATION: Final = (
    r"(?:(?!(?:a|an|about|regarding|for|to|and|but|call|called|calling|i|my|your|patient|mi|su|para|pero|por|y|paciente)\b)"
    rf"[\w'&.{{}}-]+ ){{0,4}}{_ORGANIZATION}"
)
_FROM: Final = r"(?:from|with|(?:over )?at(?! the\b)|de(?:sde)?)"
_PROVIDER: Final = (
    r"(?:dr|dra|doctora?|nurse|enfermer[oa]|pharmacist|farmaceutic[oa]|case manager|social worker|adjuster|attorney)"
)
_NO_PATIENT: Final = r"(?! (?:portal|forms?|line|info|information|number|page|care|coordinator|advocate)\b)"
_OFFICES: Final = (
    rf"\b(?:calling|phoning|reaching out|writing|llam(?:o|amos|ando)|habl(?:o|amos)|escrib(?:o|imos))(?: you)?,?"
    rf" (?:on behalf of|(?:por|de) parte de|{_FROM}) {_TO_ORGANIZATION}",
    rf"(?:{_SELF} {_COURTESY}(?:\{{NAME\}}|(?<=(?:this|name) is )\w+)|{_OPENING}\{{NAME\}})"
    rf"(?: here)?,? (?:calling |speaking )?{_FROM} {_TO_ORGANIZATION}",
    rf"\b(?:this is|habla|aqui) {_TO_ORGANIZATION}"
    r"(?=[,.;!\n]|$| (?:calling|with|from|in|on|about|regarding|nurse|billing|and we|we)\b)",
    rf"{_OPENING}{_TO_ORGANIZATION} (?:is )?(?:calling\b|llamando\b|here(?=[.,!\n]|$))",
    rf"{_SELF} (?:(?:the|your|la|el) )?{_PROVIDER}\.? \{{NAME\}}(?!'s patient)",
    r"\b(?:mutual|shared|common|our|nuestr[oa]) (?:patient|member|client|paciente|asegurad[oa]|afiliad[oa])\b"
    rf"{_NO_PATIENT}",
    rf"(?<!i'm )(?<!i am )(?<!\bim )(?<!as )\byour (?:patient|member)\b{_NO_PATIENT}",
    r"\b(?:patient|member|client)s? of yours\b|\bone of your patients\b|\bpaciente (?:suy[oa]|de ustedes)\b",
)
_OFFICE: Final = re.compile("|".join(_OFFICES))

# ---- names

_BOUNDARY: Final = re.compile(r"(?:^|[\n.!?;,])\s*$")
_GREETED: Final = re.compile(rf"{_GREETING}(?: there)?[,.! ]{{1,2}}$")
_INTRODUCED: Final = re.compile(  # of a whole name, the record's part of it may be marked alone
    rf"{_SELF}[ ,:]{{1,2}}{_COURTESY}$|\b(?:my name is|my name'?s|mi nombre es|me llamo) (?!not |no )\w+ $"
)
_SPEAKS: Final = re.compile(r"^,? (?:here(?! with\b)|calling|speaking|texting|aqui|llamando)\b")
_SPEAKS_AGAIN: Final = re.compile(r"^,? (?:again|de nuevo|otra vez)\b")
_SIGNED: Final = re.compile(
    r"\b(?:thanks|thank you|thx|ty|regards|sincerely|best|cheers|respectfully|gracias|saludos|atentamente)"
    r"(?: again| so much| very much)?[ ,.!\n-]{1,4}$"
)
_LAST: Final = re.compile(r"^(?:[\s.,!()/:-]|\{(?:PHONE|DOB|EMAIL)\}|\b(?:cell|phone|dob|d\.o\.b)\b)*$")
_LABELED: Final = re.compile(r"(?:^|[\n.;,])\s*(?:the |full |first |last )?(?:name|nombre)(?: is| es)?\s?:?\s?$")
_DASHED: Final = re.compile(r"(?:\n\s*-?|\s-+)\s?$")
_SENTENCE: Final = re.compile(r"[.!?]\s+$")
_FILLING: Final = re.compile(
    r"\{(?:PHONE|DOB|EMAIL)\}|[^\w{}]"
    r"|\b(?:dob|date of birth|birth ?date|birthday|born|cell|phone|fecha de nacimiento)\b"
)
_POLITE: Final = re.compile(r"\b(?:yes|yeah|yep|sure|of course|please|thanks|thank you|si|claro|gracias)\b")
_ALONE: Final = "{NAME}"
_RELATIVES: Final = (
    rf"(?:{RELATIVE}|{CHILD}|friend|neighbor|amig[oa]|niet[oa]|niece|nephew|grand(?:son|daughter|child))"
)
_BELONGS: Final = re.compile(
    rf"^(?:'s?(?!\w{{2}})|,? (?:my|mi|our|nuestr[oa]) {_RELATIVES}\b(?=[.,;:!?)]|$)"
    r"|,? (?:who )?(?:died|passed away|fallecio|murio)\b)"
)
_ANOTHER: Final = re.compile(
    rf"\b{_RELATIVES}s?\b|\b(?:he|she|his|hers?|him)\b|\b(?:el|la) paciente\b"
    rf"|(?<!\bnew )(?<!existing )(?<!current )(?<!\ba )\bpatients?\b{_NO_PATIENT}"
)

# ---- birth dates

_BORN: Final = (
    r"(?:(?:date of birth|birth ?date|birth ?day|bday|dob|d\.o\.b\.?|born|fecha de nacimiento|nacid[oa]|naci"
    r"|cumpleanos)\b[ :.]{0,2}(?:is |on |es |el )*)"
)
_OWN_BORN: Final = re.compile(rf"\b(?:(?:my|mi|i was|i'?m|and my) {_BORN}|naci (?:el |en )?)$")
_NAME_WITH_DATE: Final = re.compile(rf"\{{NAME\}}[\s,.()-]{{0,3}}(?:(?:my |mi )?{_BORN})?$")


def is_from_office(marked: str) -> bool:
    """Return whether a message comes from a pharmacy, an insurer, or another office, rather than from a patient.

    Args:
        marked: The message as `mark_text` returns it.
    """
    return _OFFICE.search(marked) is not None


def find_senders(text: str, entities: Sequence[Entity]) -> set[int] | None:
    """Return where the names and birth dates of a message's sender start; None if an office sent it.

    Args:
        text: The message.
        entities: Its entities, in its order, without overlaps.
    """
    marked, mentions = mark_text(text, entities)
    if is_from_office(marked):
        return None
    is_about_another = _ANOTHER.search(marked) is not None
    names = [mention for mention in mentions if mention.kind is EntityKind.NAME]
    own = [name for name in names if _is_own(name, marked, is_about_another=is_about_another)]
    called = {name.value.casefold() for name in own}
    strangers = [name for name in names if name.value.casefold() not in called and not _GREETED.search(name.before)]
    is_about_another = is_about_another or bool(strangers)
    own_places = {name.place for name in own}
    dates = [
        mention
        for mention in mentions
        if mention.kind is EntityKind.DOB and _is_own_date(mention, own_places, is_about_another=is_about_another)
    ]
    return {mention.entity.start for mention in (*own, *dates)}


def _is_own(name: Mention, marked: str, *, is_about_another: bool) -> bool:
    """Return whether a name is the sender's.

    In a message about somebody else, only words that say so make it the sender's: what looks like a signature may be
    the name of that person.
    """
    if _BELONGS.match(name.after):
        return False
    if _INTRODUCED.search(name.before):
        return True
    starts, is_greeted = _BOUNDARY.search(name.before), _GREETED.search(name.before)
    if (starts or is_greeted) and _SPEAKS.match(name.after):
        return True
    is_whole, is_last = " " in name.value.strip(), _LAST.match(name.after)
    if is_last and _SIGNED.search(name.before) and (is_whole or name.before.endswith("\n")):
        return True
    if is_about_another:
        return False
    if (starts and _SPEAKS_AGAIN.match(name.after)) or _LABELED.search(name.before):
        return True
    is_signature = _DASHED.search(name.before) or (is_whole and _SENTENCE.search(name.before))
    return bool(is_last and is_signature) or _is_alone(marked, is_whole=is_whole)


def _is_alone(marked: str, *, is_whole: bool) -> bool:
    """Return whether a message says nothing but a name, as an answer does; of a first name, not even thanks."""
    rest = _POLITE.sub("", marked) if is_whole else marked
    return _FILLING.sub("", rest) == _ALONE


def _is_own_date(date: Mention, own_places: Collection[int], *, is_about_another: bool) -> bool:
    if _OWN_BORN.search(date.before):
        return True
    named = _NAME_WITH_DATE.search(date.before)
    if named is not None and date.place - len(date.before) + named.start() in own_places:
        return True
    return not is_about_another
