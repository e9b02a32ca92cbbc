"""Which relative a name belongs to."""

from __future__ import annotations

import re
from typing import Final

from classifier.insurance.family import RANK, WHO, Relative, read_relative
from classifier.insurance.mentions import Mention

_FILLER: Final = (
    r"(?:is|it'?s|its|named|called|name is|name|now|insurance|ins|plan|policy|coverage|es|que es|that'?s|who is|and"
    rf"|se llama|(?:mr|mrs|ms|sr|sra|senor|senora)\.?|{RANK}"
    r"|as|the|el|la|works|trabaja|covers me"
    r"|(?:carries|covers|insures) (?:us|me|all of us|the kids)\.?"
    r"|\{CARRIER\}|(?:at|with|for|en|from) \{EMPLOYER\})"
)
_TIED_BEFORE = re.compile(rf"\b{WHO}(?:[ ,:(/]{{1,3}}{_FILLER}){{0,4}}[ ,:(/=-]{{1,3}}$")
_TIED_AFTER = re.compile(
    rf"^(?:,? not \{{NAME\}})?(?:[ ,(]{{1,3}}(?:\{{DOB\}}[ ,]{{1,2}})?(?:(?:is|es|that'?s|thats|she'?s|he'?s|who is) )?"
    rf"|[ .,]{{1,2}}(?:that'?s|thats|he'?s|hes|she'?s|shes) ){WHO}(?<!s)(?! \{{NAME\}})(?![\w'])"
)
_PRONOUN_BEFORE = re.compile(
    r"\b(?:he'?s|hes|she'?s|shes|he is|she is|(?:his|her) name(?:'s| is| was|\?)?|in (?:his|her) name"
    r"|(?:el |ella )?se llama|su nombre es|is (?:him|her)|called|el es|ella es|(?:el )?es el senor|(?:his|hers) is"
    r"|on (?:his|hers))[ ,:.(]{1,2}$|\bi'?m not (?:the |a )?\w+[., ]{1,2}that'?s $"
)
RELATED = re.compile(rf"\b{WHO}\b")
_REACH: Final = 160


def find_relative(name: Mention, marked: str) -> Relative | None:
    """Return which relative a name belongs to; None if the message does not say.

    Args:
        name: The name.
        marked: The message as `mark_text` returns it.
    """
    before = marked[max(name.place - _REACH, 0) : name.place]
    tied = _TIED_AFTER.match(name.after) or _TIED_BEFORE.search(before)
    if tied:
        return read_relative(tied)
    return nearest_relative(marked, name.place) if _PRONOUN_BEFORE.search(before) else None


def nearest_relative(marked: str, place: int) -> Relative | None:
    """Return the last relative before a place, whom "he" or "she" means there."""
    named = list(RELATED.finditer(marked[max(place - _REACH, 0) : place]))
    return read_relative(named[-1]) if named else None
