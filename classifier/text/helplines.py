"""Leave out what signatures, disclaimers, and automatic answers say about emergencies in general.

"If you are in crisis, call 988" below a therapist's request for records is about nobody. A sentence is left out only if
it has a condition about "you" or about nobody, a danger, and whom to call, and if nobody in it speaks of themselves or
of somebody else: "if I am in crisis, who do I call, 988?" stays.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 400
"""Characters of a sentence that may be left out; a longer one says something else, too."""
_HINT: Final = re.compile("911|9-1-1|988|emergenc|crisis|lifeline|hotline|urgencias", re.IGNORECASE)
"""What every such sentence has."""
_SENTENCE: Final = re.compile(r"[^.!?\n]+(?:[.!?]+|\n|$)")
_SPEAKS: Final = re.compile(
    r"\b(?:i|i['’]?(?:m|ve|ll|d)|im|ive|me|my|mine|myself|he|she|him|his|her|hers|mom|mother|dad|father|wife|husband"
    r"|son|daughter|baby|yo|m[ií]|estoy|tengo|quiero|[eé]l|ella|mam[aá]|pap[aá]|hij[oa]|espos[oa]|beb[eé])\b",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"\b(?:if (?:you\b|you['’]re|this\b|it\b|it['’]s|there\b|someone\b|anyone\b|a patient\b|in\b|having|experiencing)"
    r"|in (?:case of|the event of|an? [a-z ]{0,20}(?:emergency|crisis)|emergencies|a crisis)"
    r"|for (?:an? )?[a-z ]{0,20}emergenc|should you\b|anyone (?:in|having|with|who)"
    r"|si (?:usted|est[aá]|es|tiene|se trata|alguien|necesita|siente|piensa|hay)\b"
    r"|en caso de|para (?:una )?emergencias?)",
    re.IGNORECASE,
)
_DANGER: Final = re.compile(
    r"emergenc|crisis|danger|suicid|self[- ]harm|harming|hurt(?:ing)? (?:yourself|yourselves)|life[- ]threatening"
    r"|peligro|hacerse daño|lastimarse",
    re.IGNORECASE,
)
_CALL: Final = re.compile(
    r"\b(?:call(?:ing)?|dial(?:ing)?|text(?:ing)?|phone|contact|go(?:ing)? (?:immediately |directly |straight )?to"
    r"|visit|seek|reach|get to|proceed to|llam[ea]|marque|vaya|acuda|env[ií]e|mande|comun[ií]quese|busque)\b"
    r".*(?:\b(?:911|9-1-1|988|poison)\b|emergency (?:room|department|services|care|medical|help)|\ber\b|nearest"
    r"|hospital|crisis|lifeline|hotline|sala de|urgencias)",
    re.IGNORECASE,
)


def without_helplines(text: str) -> str:
    """Return a message without sentences that say in general whom to call in an emergency, if anything else is left.

    Args:
        text: Any string.
    """
    if not _HINT.search(text):
        return text
    kept = _SENTENCE.sub(lambda found: "" if _is_general(found[0]) else found[0], text)
    return kept if any(character.isalnum() for character in kept) else text


def _is_general(sentence: str) -> bool:
    return (
        len(sentence) <= _LONGEST
        and _DANGER.search(sentence) is not None
        and _CONDITION.search(sentence) is not None
        and _CALL.search(sentence) is not None
        and _SPEAKS.search(sentence) is None
    )
