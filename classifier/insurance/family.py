"""What people call relatives and those who hold a policy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

SPOUSE: Final = (
    r"(?:(?:(?:ex|late|former)[- ])?(?:husband|wife|hubby|hubbie|hubs|husb|wifey|spouse|espos[oa]|marido|mujer"
    r"|conyuge|(?<=mi )senora)"
    r"|exhusband|exwife|ex)"
)
PARENT: Final = (
    r"(?:(?:step[- ]?|bio |adoptive |foster )?(?:dad|daddy|pops|momma|father|mom|mommy|mum|mother|parent|folk)|mama"
    r"|mami|mamita|papa|papi|papito|(?<=mi )apa|madre|padre|padres"
    r"|padrastro|madrastra)(?!s?[- ]in[- ]law)"
)
PARTNER: Final = (
    r"(?:(?:domestic |life |registered )?partner|(?<!de )pareja|girlfriend|boyfriend|gf|bf|fiancee?|novi[oa]"
    r"|prometid[oa]"
    r"|significant other|(?<=my )(?:man|girl|lady)(?! at| from| in))"
)
OTHER: Final = (
    r"(?:(?:mother|father|brother|sister|son|daughter)s?[- ]in[- ]law|grand(?:mother|father|ma|pa|parent)|gran(?:ny"
    r"|dad)"
    r"|legal guardian"
    r"|guardian|aunt|uncle|brother|sister|cousin|abuel[oa]|ti[oa]|herman[oa]|prim[oa]|suegr[oa])"
)
RELATIVE: Final = rf"(?:{OTHER}|{SPOUSE}|{PARENT}|{PARTNER})"
CHILD: Final = (
    r"(?:sons?(?! (?:\{AMOUNT|las|los|dos|de|mil|cien)\b)|daughters?|kids?|kiddo|child|children|stepson"
    r"|stepdaughter|twins"
    r"|hij[oa]s?|nin[oa]s?|boys?|girls?|baby|toddler|bebe)(?!s?[- ]in[- ]law)"
)
HOLDER: Final = (
    r"(?:(?:main |primary )?subscribers?|(?:main|primary) (?:member|person)|sub|(?:card|policy)[- ]?holders?"
    r"|insurance holder|(?<=the )(?:member|main)(?= is\b|[.,!;\n]| on | \(|$)|enrollee|afiliad[oa]|policy owner"
    r"|name on (?:the )?policy|holder|titular|asegurad[oa]|insured(?: person| party)?"
    r"|(?<!an )employee|sponsors?|empleado|suscriptora?|parent|a nombre de|(?:under|in) the name of|dependent of"
    r"|dependiente de)"
)
"""What a policy's holder is called."""

RANK: Final = (
    r"(?:(?:(?:[mst]|ss|ts|ms)gt|ssg|sfc|sgt|cpl|pfc|spc|cpt|capt|maj|col|lt|cmdr|cpo)\.?"
    r"|(?:(?:staff|master|first) )?sergeant|captain|major|colonel|lieutenant|commander|corporal|sargento|capitan)"
)
"""The rank of somebody who serves, before the name."""

_MINE: Final = r"(?:my|our|mi|nuestr[oa]|the|la|el)"
_THEIRS: Final = r"(?:his|her|their|su)"
WHOSE: Final = rf"(?:(?:{_MINE}|(?P<their>{_THEIRS})) )?"
WHO: Final = rf"{WHOSE}(?P<who>{RELATIVE})(?:'s|s'|s|')?"
_FAMILIES: Final = (
    (re.compile(OTHER), "other"), (re.compile(PARTNER), "domestic_partner"), (re.compile(SPOUSE), "spouse"),
    (re.compile(PARENT + "s?"), "child"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relative:
    """A relative whom a message names.

    Attributes:
        relationship: What one is to such a relative: a child to a mother, a spouse to a husband.
        is_theirs: Whether it is somebody else's relative, as in "her husband".
    """

    relationship: str
    is_theirs: bool


def read_relative(found: re.Match[str]) -> Relative:
    """Return the relative whom a match of `WHO` names."""
    place = found.span("who")
    relationship = next(name for words, name in _FAMILIES if words.fullmatch(found.string, *place))
    return Relative(relationship, is_theirs="their" in found.re.groupindex and found["their"] is not None)
