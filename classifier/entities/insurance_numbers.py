"""Settle which numbers are a member's, by their form and by the words and insurers right before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import fold
from classifier.entities.rules_insurance import listed_name
from classifier.entities.rules_names import common_words, known_names
from classifier.entities.spoken import write_code
from intake.vocabulary import EntityKind

_NUMBERS: Final = frozenset(
    (EntityKind.ID, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER, EntityKind.PHONE)
)
_INSURERS: Final = frozenset((EntityKind.CARRIER, EntityKind.PLAN))
_NO_PREFIX: Final = frozenset((
    "act", "bin", "cel", "clm", "cob", "cpt", "crt", "cvv", "dob", "dos", "ein", "eob", "epo", "ext", "fax", "fsa",
    "grp", "hmo", "hsa", "icd", "inv", "mbi", "mrn", "npi", "pcn", "pin", "pip", "pol", "pos", "ppo", "ptn", "ref",
    "rma", "sku", "ssn", "tel", "tin", "upc", "usa", "vin", "zip",
))  # fmt: skip
"""What people write in three capital letters before a number without making it a part of that number."""
_PREFIX = re.compile(r"(?<![\w/.-])[A-Z]{3}[ -]$")
_OF_DIGITS = re.compile(r"[0-9][0-9 -]*")
_FEWEST: Final = 5
"""The fewest digits of a member's number."""
_PHONE_LENGTHS: Final = (7, 10, 11)
_OTHER_LABEL = re.compile(
    r"\b(?:gro?u?ps?|grp|gp|grupo|claims?|clm|reclam\w+|acct|account|cuenta|invoice|inv|ref\w*|auth\w*|order|case|caso"
    r"|serial|vin|plate|licen[cs]e|rx ?\w*|bin|pcn|last (?:4|four))\b[^.\n]{0,16}$",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\b(?:gro?u?ps?|grps?|gp|grupos?|g r p)(?![a-z])", re.IGNORECASE)
_PHARMACY = re.compile(r"\b(?:bin|pcn|b i n|p c n|rx ?gr(?:ou)?p)\b[^.\n]{0,30}$", re.IGNORECASE)
_RX = re.compile(r"RX[A-Z0-9]{2,}")
_CONTRACT = re.compile(
    r"\b(?:contract|contrato|subscriber|suscriptora?|member|miembro|afiliad[oa]|certificate)"
    r"(?: (?:number|numero|num|no|id))?\.?(?: is| es|'s|:| #|#)?[ :#]{0,2}$",
    re.IGNORECASE,
)
_CARD_NUMBER: Final = (
    r"(?:(?:(?:the|my|same|his|her|el|la|mi|su) )?(?:number|num|no|numero|id|i d)\.?(?:'s| is| es| it'?s)?|#)"
)
_BEHIND_INSURER = re.compile(rf"[ ,:(#-]{{1,3}}(?:{_CARD_NUMBER}[ :#]{{1,2}})?", re.IGNORECASE)
_ITS_NUMBER = re.compile(rf"(?<!\w){_CARD_NUMBER}[ :#]{{1,2}}$", re.IGNORECASE)
_PHONE_WORDS = re.compile(
    r"\b(?:phone|call|cell|tel\w*|text|fax|line|reach|contact|mobile|celular|llam\w+|marc\w+|dial|customer|ext)\b"
    r"[^.\n]{0,25}$",
    re.IGNORECASE,
)
_PHONE_FORM = re.compile(r"(?:\+?1[ .-]?)?\(?[2-9]\d\d\)?[ .-]\d{3}[ .-]\d{4}|[2-9]\d\d-\d{4}")
_REACH: Final = 40
_GROUP_REACH: Final = 90


def settle_numbers(text: str, entities: Sequence[Entity]) -> tuple[Entity, ...]:
    """Return the entities with each number of a card as what its form and the words before it say it is.

    The three letters before a number are part of it, as in "XQH 1160 28874". A number right behind an insurer is a
    member's, and so is a "contract number". A group's number is one only if the text says so, or if it follows a
    member's.

    Args:
        text: The text.
        entities: Its entities, in its order, without overlaps.
    """
    names_insurer = any(entity.kind in _INSURERS for entity in entities)
    has_member = False
    settled: list[Entity] = []
    for entity in entities:
        if entity.kind in _NUMBERS:
            entity = _with_prefix(text, settled, entity)
            while settled and settled[-1].end > entity.start:
                settled.pop()
            last = settled[-1] if settled else None
            entity = _in_its_kind(text, entity, last, names_insurer=names_insurer, has_member=has_member)
            has_member = has_member or entity.kind is EntityKind.MEMBER_ID
        settled.append(entity)
    return tuple(settled)


def _with_prefix(text: str, before: Sequence[Entity], entity: Entity) -> Entity:
    """Return a number with the three letters that stand before it, as those of a member's number do."""
    found = _PREFIX.search(text[max(entity.start - 6, 0) : entity.start])
    number = text[entity.start : entity.end]
    if found is None or len(write_code(number)) < _FEWEST or _OF_DIGITS.fullmatch(number) is None:
        return entity
    if _PHONE_FORM.fullmatch(number):
        return entity
    start = entity.start - len(found[0])
    letters = text[start : start + 3]
    is_taken = bool(before) and before[-1].end > start and (before[-1].start, before[-1].end) != (start, start + 3)
    if is_taken or _is_word(letters):
        return entity
    is_labeled = _OTHER_LABEL.search(text[max(start - _REACH, 0) : start])
    return replace(entity, start=start, kind=entity.kind if is_labeled else EntityKind.MEMBER_ID)


def _is_word(letters: str) -> bool:
    """Return whether three capital letters are a label, a word, a name, or an insurer."""
    word = letters.lower()
    return word in _NO_PREFIX or word in common_words() or word in known_names() or listed_name(letters) is not None


def _in_its_kind(text: str, entity: Entity, last: Entity | None, *, names_insurer: bool, has_member: bool) -> Entity:
    """Return a number as what the words before it, or the numbers before them, say it is."""
    before = fold(text[max(entity.start - _REACH, 0) : entity.start]).text
    number = fold(text[entity.start : entity.end]).text
    if entity.kind is EntityKind.GROUP_NUMBER:
        if _RX.fullmatch(write_code(number)) or _PHARMACY.search(before):
            return replace(entity, kind=EntityKind.ID)
        if not (has_member or _GROUP.search(text, max(entity.start - _GROUP_REACH, 0), entity.start)):
            return replace(entity, kind=EntityKind.MEMBER_ID)
    is_phone = _PHONE_FORM.fullmatch(number) is not None
    if is_phone or entity.kind is EntityKind.MEMBER_ID:
        return entity
    if _CONTRACT.search(before):
        return replace(entity, kind=EntityKind.MEMBER_ID)
    written = write_code(number)
    if sum(character.isdigit() for character in written) < _FEWEST:
        return entity
    is_odd = entity.kind is EntityKind.PHONE and len(written) not in _PHONE_LENGTHS
    is_its = is_odd and names_insurer and _ITS_NUMBER.search(before) and not _PHONE_WORDS.search(before)
    is_loose = entity.kind in (EntityKind.ID, EntityKind.PHONE)
    if is_its or (is_loose and _is_behind_insurer(text, last, entity)):
        return replace(entity, kind=EntityKind.MEMBER_ID)
    return entity


def _is_behind_insurer(text: str, last: Entity | None, entity: Entity) -> bool:
    """Return whether an insurer or a plan stands before a number, with at most "the number is" between them."""
    if last is None or last.kind not in _INSURERS or entity.start - last.end > _REACH:
        return False
    return _BEHIND_INSURER.fullmatch(fold(text[last.end : entity.start]).text) is not None
