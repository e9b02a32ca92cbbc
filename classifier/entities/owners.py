"""Tell whose a phone number or an email address is: the writer's, or somebody else's whom the message names.

A fax number is nobody's to be called at, so it counts as another's.
"""

from __future__ import annotations

import re
from typing import Final

from classifier.text.normalise import without_accents

_REACH: Final = 60
_OWN_LINE = r"(?:cell|phone|number|mobile|home|work|direct|best|callback|line|email|e-mail|self|name)"
_ROLE = (
    r"(?:lawyers?|attorneys?|pharmac(?:y|ist)|cvs|walgreens|employer|boss|adjuster|school|landlord|caregiver"
    r"|case ?worker|social worker|case manager|specialist|surgeon|cardiologist|referring|records (?:dept|department)"
    r"|dr\.?|doctor|doctora|dra\.?|dentist|clinic|hospital|other office|abogad[oa]|farmacia|clinica|escuela|patron)"
)
_RELATIVE = (
    r"(?:wife|husband|spouse|partner|mom|mother|mum|dad|father|parents?|sister|brother|son|daughter|aunt|uncle|friend"
    r"|neighbor|roommate|grandmother|grandma|grandfather|grandpa|espos[oa]|mama|papa|madre|padre|herman[oa]|hij[oa]|amig[oa])"
)
_REST = r"[^.!?;\n]{0,30}$"
_OWN_BEFORE = re.compile(
    rf"\b(?:(?:call|text|reach|phone|contact|ring) (?:me|us)|my {_OWN_LINE}|me (?:back )?at|i'?m at|mine is"
    rf"|mi (?:celular|numero|telefono|correo)|(?:llamen?|marquen?|escriban?)me)\b{_REST}"
)
_OTHERS_BEFORE = re.compile(
    rf"\bfax(?:es|ed|ing)?\b{_REST}"
    rf"|\b(?:call|text|reach|phone|contact|ring|email|tell) (?:him|her|them|my (?!{_OWN_LINE})\w+)\b{_REST}"
    rf"|\b(?:his|her|their) (?:\w+ )?{_OWN_LINE}\b{_REST}"
    rf"|\b(?:my|mi) {_RELATIVE}(?:'?s)? (?:{_OWN_LINE}|at|is|on|to|al)\b{_REST}"
    rf"|\bto my {_RELATIVE}\b{_REST}"
    rf"|\b{_ROLE}(?:'s|s)?\b{_REST}"
    rf"|\b(?:llamen?(?:la|lo|le)|(?:a|para) mi {_RELATIVE})\b{_REST}"
)
_OTHERS_AFTER = re.compile(
    rf"^[\s,(-]{{0,3}}(?:(?:to|attn:?|attention|al?|para) (?:the |my |el |la |mi )?{_ROLE}"
    rf"|to my {_RELATIVE}|(?:is|that'?s|es) (?:the |my |his |her |their |el |la |mi )?(?:{_ROLE}|{_RELATIVE}|fax)"
    r"|\(?fax)\b"
)


def is_of_another(text: str, start: int, end: int) -> bool:
    """Return whether the number or address at a place in a message is somebody else's than the writer's.

    Args:
        text: The message.
        start: Where it begins.
        end: Where it ends.
    """
    before = without_accents(text[max(0, start - _REACH) : start].lower().replace("\u2019", "'"))
    after = without_accents(text[end : end + _REACH].lower())
    if _OWN_BEFORE.search(before):
        return False
    return bool(_OTHERS_BEFORE.search(before) or _OTHERS_AFTER.search(after))
