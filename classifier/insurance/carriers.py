"""Decide which insurers a message is about, and which is primary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from classifier.entities.rules_insurance import canonical_carrier
from classifier.insurance.mentions import Mention
from classifier.insurance.normalize import normal_code
from classifier.insurance.policies import PROGRAMS, TWO, holding, insurer_key
from classifier.insurance.record import Value
from intake.vocabulary import EntityKind

_FIRST = re.compile(
    r"\b(?:primary|primari[oa]|principal|first|1st|main|primero)(?: one)?(?: is| es| insurance| plan"
    r"|,)?(?: still)?[ :,(]{0,3}"
    r"(?:my |is |the |stays )?$|\bbehind (?:my |the )?$"
)
_FIRST_AFTER = re.compile(
    r"^(?: (?:through|thru|from|de|por) \{EMPLOYER\})?(?: \{(?:MEMBER_ID|PLAN)\})?[ ,)]{0,3}(?:\([^)]{0,40}\) )?"
    r"(?:(?:that|that one|ese)(?:'?s| is)? )?(?:is |as |es |es el |va |goes |como "
    r"|remains |stays |comes |pays |should be |the )?(?:my |the )?(?:primary|primari[oa]|1st|first|primero"
    r"|principal)\b"
)
_BILLED = re.compile(r"\b(?:bill|use|charge|send|cobr\w+|usen?)(?: it)?(?: to)? $")
_BILLED_FIRST = re.compile(r"^[^.,;{\n]{0,30}(?:\{EMPLOYER\} )?(?:first|1st|primero)\b(?! time| visit)")
_NOT_FIRST = re.compile(r"\b(?:do not|don'?t|dont|no) (?:bill|use|charge|cobren?) $")
_WAS_BILLED = re.compile(
    r"\b(?:billed|ran|charged|(?:sent|send|sending|submitted)(?: it| this| that| them)?(?: to)?"
    r"|(?:cobraron|mandaron|facturaron|enviaron)(?: primero)?(?: al?)?) (?:my |the |a |al )?$"
)
"""What was billed, which the message says because it was wrong."""
_LAST_AFTER = re.compile(
    r"^ (?:always |only )?(?:pays? last|is (?:the )?payer of last resort|only pays what|is last|goes last"
    r"|va al final|paga al final|is the backup|after that)\b"
)
_WHOSE: Final = r"(?P<whose>mine|his|hers|theirs|el mio|el suyo)"
_WHOSE_FIRST: Final = (
    re.compile(rf"(?<!billed )\b{_WHOSE} (?:\w+ ){{0,2}}?(?:first|1st|primary|primero)\b(?! bill)"),
    re.compile(rf"\bfirst,? so {_WHOSE}\b"),
)
_MY_BEFORE = re.compile(r"\b(?:my|mine|mine is|mine'?s|me|mi|el mio|el mio es|i carry|i have|i get|i got)[ :=]{1,3}$")
_MY_AFTER = re.compile(
    r"^(?: \(?\{PLAN\}\)?)?(?:,? mine\b| that i (?:have|get|carry)| (?:from|through|thru|por|de) (?:my|mi) (?:job"
    r"|work|trabajo)"
    r"|[^.{]{0,8}\{EMPLOYER\},? mine\b)"
)
_SECOND = re.compile(
    r"\b(?:secondary|secundari[oa]|second|2nd|then|luego|supplement|backup)(?: is| es"
    r"|,)?[ :,(]{0,3}(?:my |is |the )?$"
)
_SECOND_AFTER = re.compile(
    r"^(?: \{(?:MEMBER_ID|PLAN)\})?[ ,)]{0,3}(?:(?:that|that one|ese)(?:'?s| is)? )?"
    r"(?:is |as |es |es el |va |goes |como |became |the )?(?:my |the |a |de )?"
    r"(?:secondary|secundari[oa]|2nd|second|segundo|backup)\b"
)
_WORKS_FOR = re.compile(r"\b(?:works? (?:for|at)|working (?:for|at)|employed (?:by|at)|trabaja (?:en|para|con)) $")
_ON_BEHALF = re.compile(r"^ (?:through|thru|via|a traves de|under) \{CARRIER\}|^[ ,]{1,2}\(?(?:by|from) \{CARRIER\}")
_PROGRAM_BY = re.compile(
    r"^(?: advantage)?(?: plan)?,? (?:(?:is|comes|it'?s|its) )?(?:with|from|by|run by|managed by|under|through|thru"
    r"|via) "
    r"\{CARRIER\}"
)
_OTHERS_HAVE = re.compile(
    r"\b(?:friend|sister|brother|cousin|neighbor|co-?worker|room ?mate|amig[oa]|vecin[oa]|herman[oa])(?: \{NAME\})? "
    r"(?:has|had|uses|used|got|tiene) $"
)
_PHARMACIES: Final = frozenset(
    ("optumrx", "optum rx", "cvs caremark", "caremark", "express scripts", "prime therapeutics", "medimpact", "navitus")
)
_SEVERAL = re.compile(
    r"\b(?:both|two|dual|primary|secondary|second|2nd|first|1st|supplement\w*|also|too|other|backup|dos|ambos"
    r"|primari[oa]|secundari[oa]"
    r"|segund[oa]|primero|tambien|otro|then|plus|on top of|pays? last|separate|pip|med ?pay|lawyer|comp)\b"
)
"""Words that several policies hold beside each other."""
_SORTS: Final = (
    re.compile(r"\b(?:medical|medico)\b"),
    re.compile(r"\b(?:dental|vision|pharmacy|fertility|glasses|lentes|farmacia)\b"),
)
"""Sorts of policies that hold beside each other."""
_NUMBERS: Final = frozenset((EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER))
_HANDLED_FOR = re.compile(r"\bhandles? (?:\w+ )?for $|\b(?:administers|manages) (?:\w+ )?for $")


def order_carriers(mentions: Iterable[Mention], marked: str = "") -> list[tuple[Mention, Value]]:
    """Return the insurers that count, the primary payer first if the text says which it is.

    Args:
        mentions: What the message mentions.
        marked: The message as `mark_text` returns it.
    """
    carriers = [m for m in mentions if m.kind is EntityKind.CARRIER and not _WORKS_FOR.search(m.before)]
    found = holding(_without_agents(carriers), lambda value: " ".join(value.split()))
    distinct: dict[str, tuple[Mention, Value]] = {}
    for mention, value in found:
        distinct.setdefault(insurer_key(value.text), (mention, value))
    distinct = _fullest(distinct)
    ranks = {name: _rank([m for m in carriers if insurer_key(m.value) == name]) for name in distinct}
    if len(distinct) == 2 and len(set(ranks.values())) == 1:
        ranks = _rank_by_holder(carriers, list(distinct), marked) or ranks
    return [distinct[name] for name in sorted(distinct, key=lambda name: ranks[name])]


def _fullest(named: Mapping[str, tuple[Mention, Value]]) -> dict[str, tuple[Mention, Value]]:
    """Leave out an insurer whose name is in another's, as "Blue Cross" is in "Blue Cross of Idaho"."""
    words = {name: f" {value.text.casefold()} " for name, (_, value) in named.items()}
    return {
        name: found
        for name, found in named.items()
        if not any(other != name and words[name] in words[other] for other in named)
    }


def _without_agents(carriers: Sequence[Mention]) -> list[Mention]:
    """Leave out the insurer on whose behalf another works, as in "ASH through Kaiser", or the program that it runs.

    Whoever pays the pharmacies for an insurer is left out beside it, too.
    """
    left_out = {mention.place for mention in carriers if _OTHERS_HAVE.search(mention.before)}
    left_out |= {mention.place for mention in carriers if " ".join(mention.value.lower().split()) in _PHARMACIES}
    for mention, following in pairwise(carriers):
        is_program = canonical_carrier(mention.value) in PROGRAMS
        if is_program and _PROGRAM_BY.match(mention.after):
            left_out.add(mention.place)
        elif _ON_BEHALF.match(mention.after) or _HANDLED_FOR.search(following.before):
            left_out.add(following.place)
    return [mention for mention in carriers if mention.place not in left_out] or list(carriers)


def _rank_by_holder(carriers: Sequence[Mention], names: Sequence[str], marked: str) -> dict[str, int]:
    """Return the ranks of two insurers where the text says "mine is first" or "use his first"; none otherwise."""
    mine = _of_writer(carriers).intersection(names)
    said = next((found for pattern in _WHOSE_FIRST if (found := pattern.search(marked))), None)
    if said is None or len(mine) != 1:
        return {}
    is_mine_first = said["whose"] in ("mine", "el mio")
    return {name: int((name in mine) != is_mine_first) for name in names}


def holds_several(marked: str) -> bool:
    """Return whether words say that several policies hold beside each other."""
    return _SEVERAL.search(marked) is not None or all(sort.search(marked) for sort in _SORTS)


def without_program(carriers: list[tuple[Mention, Value]]) -> list[tuple[Mention, Value]]:
    """Return the insurer that runs Medicaid for a state, without Medicaid, if there are just these two.

    Args:
        carriers: The insurers that count, of which the text does not say that they hold beside each other.
    """
    if len(carriers) != TWO:
        return carriers
    others = [pair for pair in carriers if canonical_carrier(pair[1].text) not in PROGRAMS]
    is_run = any(canonical_carrier(value.text) == "Medicaid" for _, value in carriers)
    return others if is_run and others else carriers


def with_number(carriers: list[tuple[Mention, Value]], mentions: Sequence[Mention]) -> list[tuple[Mention, Value]]:
    """Return the only insurer whose number is given, without those that it replaces; all if there is no such.

    Args:
        carriers: The insurers that count, the primary payer first.
        mentions: What the message mentions.
    """
    if len(carriers) < TWO:
        return carriers
    keys = {insurer_key(value.text) for _, value in carriers}
    named = [m for m in mentions if m.kind is EntityKind.CARRIER and insurer_key(m.value) in keys]
    numbers = holding([mention for mention in mentions if mention.kind in _NUMBERS], normal_code)
    numbered = {_owner(named, number) for number, _ in numbers}
    return [pair for pair in carriers if insurer_key(pair[1].text) in numbered] if len(numbered) == 1 else carriers


def _owner(named: Sequence[Mention], number: Mention) -> str:
    """Return the insurer that a number belongs to: the nearest before it, or else the first."""
    before = [carrier for carrier in named if carrier.place < number.place]
    return insurer_key((before[-1] if before else named[0]).value)


def writers_insurer(mentions: Iterable[Mention], carriers: Sequence[tuple[Mention, Value]]) -> int | None:
    """Return which of two insurers is the writer's own, as in "my Aetna"; None unless the text says it of just one.

    Args:
        mentions: What the message mentions.
        carriers: The insurers that count.
    """
    mine = _of_writer(m for m in mentions if m.kind is EntityKind.CARRIER)
    own = [number for number, (_, value) in enumerate(carriers) if insurer_key(value.text) in mine]
    return own[0] if len(own) == 1 and len(carriers) == 2 else None


def _of_writer(carriers: Iterable[Mention]) -> set[str]:
    return {insurer_key(m.value) for m in carriers if _MY_BEFORE.search(m.before) or _MY_AFTER.match(m.after)}


def _rank(mentions: Sequence[Mention]) -> int:
    """Return 0 if any of an insurer's mentions says that it is primary, 2 if one says that it is not, or else 1."""
    if any(_NOT_FIRST.search(m.before) or _LAST_AFTER.match(m.after) for m in mentions):
        return 2
    if any(_is_first(mention) for mention in mentions):
        return 0
    if any(_WAS_BILLED.search(m.before) and (_FIRST.search(m.before) or _FIRST_AFTER.match(m.after)) for m in mentions):
        return 2
    return 2 if any(_SECOND.search(m.before) or _SECOND_AFTER.match(m.after) for m in mentions) else 1


def _is_first(mention: Mention) -> bool:
    if _BILLED.search(mention.before) and _BILLED_FIRST.match(mention.after):
        return True
    if _WAS_BILLED.search(mention.before):
        return False
    return bool(_FIRST.search(mention.before) or _FIRST_AFTER.match(mention.after))
