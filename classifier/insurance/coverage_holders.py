"""What the patient is to the holder of each of several policies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance.family import WHO, read_relative
from classifier.insurance.mentions import Mention
from classifier.insurance.patients import is_relative_patient
from classifier.insurance.people import PATIENTS_CHILD
from classifier.insurance.policies import PROGRAMS
from classifier.insurance.record import Value
from classifier.insurance.relationship import is_of_spouse
from classifier.insurance.relatives import nearest_relative
from intake.vocabulary import EntityKind

_BREAK: Final = re.compile(
    r"(?<!\bdr)(?<!\bmr)(?<!\bmrs)[.;?!](?!\w)|\n|\{CARRIER\}|,? then |(?:,| but)? (?:and|plus|pero|y)(?: also)? "
)
"""What ends the words about one policy."""
_SAID: Final = r"(?:plan|insurance|ins|policy|coverage|card|seguro|poliza|tarjeta|job|work|trabajo|employer|company)"
_BETWEEN: Final = r"(?:(?:own|old|new|dental|medical|vision|\{(?:EMPLOYER|PLAN)\}) ){0,2}"
_RELATIVE: Final = re.compile(rf"\b{WHO}(?:,? \(?\{{NAME\}}\)?)?(?! (?:visit|appointment|bill|claim)\b)(?![\w'])")
_MINE: Final = re.compile(
    rf"\b(?:mine|my own|el mio|la mia|self)\b|\((?:me|yo)\)|\b(?:my|mi) (?:own )?$|\b(?:my|mi) {_BETWEEN}{_SAID}\b"
    r"|\b(?:i have|i carry|i get|i got)\b"
)
_THEIRS: Final = re.compile(
    rf"\bhers\b|\b(?:his|her|su) {_BETWEEN}{_SAID}\b|\b(?:his|el suyo)(?:(?: is| es|'s|:) ?|[ ,.)]*)$|\((?:his)\)"
    r"|\b(?:he|she) (?:has|carries|gets)\b"
)


def relationships_of_each(
    carriers: Sequence[tuple[Mention, Value]], mentions: Sequence[Mention], marked: str, common: str | None
) -> tuple[str | None, ...]:
    """Return what the patient is to the holder of each policy, in the order of the insurers; nothing if it is open.

    A public program is always held by the patient.

    Args:
        carriers: The insurers that count, two or more.
        mentions: What the message mentions.
        marked: The message as `mark_text` returns it.
        common: What the patient is to a holder as the message as a whole says it.
    """
    names = [canonical_carrier(value.text) for _, value in carriers]
    row = [_of_policy(name, mentions, marked) for name in names]
    if not any(row):
        return (common,) if common else ()
    if {said for said in row if said} == {"self"} and common != "self":
        return ()
    rest = common if {said for said in row if said} == {common} else None
    return tuple(said or ("self" if name in PROGRAMS else rest) for said, name in zip(row, names, strict=True))


def _of_policy(name: str, mentions: Sequence[Mention], marked: str) -> str | None:
    """Return what the patient is to the holder of an insurer's policy, as the words beside its name say."""
    for mention in mentions:
        if mention.kind is EntityKind.CARRIER and canonical_carrier(mention.value) == name:
            said = _of_words(mention, marked)
            if said is not None:
                return said
    return None


def _of_words(carrier: Mention, marked: str) -> str | None:
    before = _BREAK.split(carrier.before)[-1]
    after = _BREAK.split(carrier.after, maxsplit=1)[0]
    is_childs = PATIENTS_CHILD.search(marked) is not None
    is_relatives = not is_childs and is_relative_patient(marked)
    is_spouses = not is_childs and is_of_spouse(marked)
    for words in (before, after):
        relative = _RELATIVE.search(words)
        if relative is not None:
            if is_relatives:
                return "self"
            return _of_relative(read_relative(relative).relationship, is_childs=is_childs)
        if _THEIRS.search(words):
            named = nearest_relative(marked, carrier.place)
            if is_spouses:
                return "self"
            return None if named is None else _of_relative(named.relationship, is_childs=is_childs)
        if _MINE.search(words):
            return "child" if is_childs else "spouse" if is_spouses else "self"
    return None


def _of_relative(relationship: str, *, is_childs: bool) -> str:
    """Return what the patient is to a relative: a child to the writer's spouse if the patient is their child."""
    return "child" if is_childs and relationship in ("spouse", "domestic_partner") else relationship
