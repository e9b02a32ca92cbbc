"""Rules for numbers that the words before them explain: "member id", "claim #", "póliza"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from classifier.entities.entity import Entity
from classifier.entities.folding import Folded
from classifier.entities.patterns import LIKELY, entity_at
from classifier.entities.spoken import NUMBERS, PAUSES, write_code
from intake.vocabulary import EntityKind

_LABELS: Final = (
    (EntityKind.ID, r"rx ?-?(?:bin|pcn|grp|group|number|no|#)|r x (?:bin|p c n|group|number)|bin|pcn|payer(?= id)"),
    (EntityKind.PHONE, r"extension|ext"),
    (EntityKind.GROUP_NUMBER, r"groups?|grp|gp|grupo"),
    (EntityKind.CLAIM_NUMBER, r"claims?|clm|reclamos?|reclamacion|appeal|apelacion"),
    (EntityKind.MEMBER_ID, r"member(?:ship)?|subscriber|sub|insurance|policy|poliza|miembro|afiliad[oa]"
        r"|asegurad[oa]|medicaid|medicare"),
    (
        EntityKind.ID,
        r"account|acct|cuenta|mrn|m r n|chart|medical record|record|expediente|invoice|factura|statement|prior auth"
        r"|auth(?:orization)?|autorizacion|referral|referencia|reference|ref|confirmation|prescription|receta|rx|r x"
        r"|inv|quote|licen[cs]e|licencia|plate|placa|vin|serial|case|caso|order|dl|passport|pasaporte",
    ),
    (EntityKind.MEMBER_ID, r"(?-i:ID|Id)|id|i d"),
)  # fmt: skip
_LABEL = re.compile(
    r"(?<![^\W\d_])(?=[a-z])(?:"
    + "|".join(f"(?P<l{place}>{words})" for place, (_, words) in enumerate(_LABELS))
    + r")(?![^\W\d_'])",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"(?:[ \t]{0,3}(?:(?:id|i d|i d's|id's|number|numbers|numero|no|num|nr|is|was|it's|its|es|era|de|del|of|the"
    r"|my|mi|el"
    r"|card|on|for|in|ending|uh|um|and|this|that|one|called|says|goes|from|now|still)\b|[#:.,=(-]"
    r"|\n(?=\S))){0,7}[ \t]{0,3}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9]+")
_GAP = re.compile(r" - |[-/.]|[ ,]{1,2}(?:\.\.\. )?|")
_LENS = re.compile(r"(?<=[-+])\d{1,2}\.\d{1,2}(?!\d)")
"""The strength of a lens: "my rx is -2.75"."""
_LAST_WORD = re.compile(r"[ ,](?:i|a|y|o|e|I|A|and|then)$")
_TWO_DIGITS = 2
_MOST = 40
_UNITS = frozenset(
    [
        "mg",
        "ml",
        "mcg",
        "day",
        "days",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "hour",
        "hours",
        "minute",
        "minutes",
        "min",
        "times",
        "visits",
        "visit",
        "dollars",
        "bucks",
        "people",
        "pills",
        "pm",
        "am",
        "th",
        "st",
        "nd",
        "rd",
        "percent",
        "sessions",
        "session",
        "units",
        "unit",
    ]
)


_NEXT_LABELS: Final = frozenset(
    ("bin", "pcn", "grp", "gp", "id", "rx", "dos", "dob", "pip", "cpt", "ext", "fax", "tel", "ph", "npi", "ppo", "hmo")
)
"""Capital letters that tell what the next number is, or what kind of insurance it is."""


def find(folded: Folded) -> Iterator[Entity]:
    """Yield each number with a label before it."""
    text, place = folded.text, 0
    while label := _LABEL.search(text, place):
        place = label.end()
        between = _BETWEEN.match(text, place)
        start = between.end() if between else place
        end = code_end(text, start)
        if end > start and _LENS.match(text, start) is None and not _is_counted(label[0], text[start:end]):
            kind = next(kind for number, (kind, _) in enumerate(_LABELS) if label[f"l{number}"])
            yield entity_at(folded, start, end, kind, "label", LIKELY)
            place = end


def _is_counted(label: str, code: str) -> bool:
    """Return whether two digits are a number of things, as in "he claims 22" and "my record is 41"."""
    return code.isdecimal() and len(code) == _TWO_DIGITS and label.lower() in ("claims", "record")


def code_end(text: str, start: int) -> int:
    """Return where the code that starts at a place ends; `start` if there is none."""
    end, place, written = start, start, ""
    for _ in range(_MOST):
        word = _WORD.match(text, place)
        if word is None or not _continues(word[0], written, is_first=place == start):
            break
        if place != start and _is_next_label(text, word):
            break
        if place != start and word[0].isdecimal() and text[word.end() : word.end() + 1] in ("/", ":"):
            break
        following = _WORD.match(text, word.end() + 1) if text[word.end() : word.end() + 1] == " " else None
        if place != start and following and following[0].lower() in _UNITS:
            break
        if word[0].lower() not in PAUSES:
            end = word.end()
            written = write_code(text[start:end])
        gap = _GAP.match(text, word.end())
        place = gap.end() if gap else word.end()
        if place == word.end():
            break
    end = _without_last_words(text, start, end)
    return end if _is_code(write_code(text[start:end])) else start


def _is_next_label(text: str, word: re.Match[str]) -> bool:
    """Return whether capital letters behind a number belong to what follows, as in "771842, BIN 003858"."""
    if not (word[0].isalpha() and word[0].isupper() and len(word[0]) > 1):
        return False
    return text[word.start() - 1] in " ," and (word[0].lower() in _NEXT_LABELS or text[word.start() - 2] == ",")


def _continues(word: str, written: str, *, is_first: bool) -> bool:
    lower = word.lower()
    if any(character.isdigit() for character in word):
        return is_first or not re.fullmatch(r"\d+(?:st|nd|rd|th|am|pm|mg|ml)", lower)
    if len(word) == 1:
        return True
    if lower in NUMBERS or lower in ("double", "triple", "doble"):
        return lower not in ("grand", "thousand", "mil", "un", "una")
    if lower in PAUSES:
        return not is_first
    return len(word) <= 5 and word.isupper() and (is_first or any(character.isdigit() for character in written))


def _without_last_words(text: str, start: int, end: int) -> int:
    """Return the end without words, as in "88123 and i need"."""
    while (last := _LAST_WORD.search(text[max(end - 5, start) : end])) and max(end - 5, start) + last.start() > start:
        end = max(end - 5, start) + last.start()
    return end


def _is_code(written: str) -> bool:
    digits = sum(character.isdigit() for character in written)
    return digits >= 2 and 2 <= len(written) <= 30
