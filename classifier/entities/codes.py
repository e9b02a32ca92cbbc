"""Rules for procedure codes after a word that announces them: "CPT 99213 and 99214"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from classifier.entities.entity import Entity
from classifier.entities.folding import Folded, fold
from classifier.entities.patterns import CERTAIN, LIKELY, entity_at
from classifier.entities.spoken import DIGITS, TENS, write_code
from intake.vocabulary import EntityKind

_LABEL = re.compile(r"\b(?:cpt|c p t|codes?|codigos?|procedures?|procedimientos?|hcpcs|billed)\b", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?: {0,2}(?:codes?|codigo|number|no|is|was|es|it's|they|used|de|for|of|the|and|y|e|or|o|cpt)\b"
    r"|[ #:.,(&+/-]){0,8}",
    re.IGNORECASE,
)
_SAID = "(?:" + "|".join((*DIGITS, "[a-z]", *TENS)) + ")"
_CODE = re.compile(
    rf"(?:[a-hj-v]\d{{4}}|\d{{5}}|\d{{4}}[ftu])(?:-(?:\d\d|[a-z]{{2}}|[a-z]\d))?(?!\w)"
    rf"|{_SAID}(?:[ ,]{{1,2}}{_SAID}\b){{2,6}}|[a-z]? ?\d(?:[ ,]{{1,2}}\d){{3,4}}(?!\w)",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"(?:[A-HJ-V]\d{4}|\d{5}|\d{4}[FTU])")
_SAID_D = re.compile(r"^de(?= )", re.IGNORECASE)


def find_codes(folded: Folded) -> Iterator[Entity]:
    """Yield each code of a list that a word announces."""
    text, place = folded.text, 0
    while label := _LABEL.search(text, place):
        place = label.end()
        while True:
            between = _BETWEEN.match(text, place)
            code = _CODE.match(text, between.end() if between else place)
            if code is None or not is_procedure_code(code[0]):
                break
            sure = CERTAIN if code[0].isalnum() else LIKELY
            yield entity_at(folded, code.start(), code.end(), EntityKind.CPT, "code", sure)
            place = code.end()


def is_procedure_code(said: str) -> bool:
    """Return whether a code, written or said, with or without its modifier, has the form of a procedure's."""
    return _WRITTEN.fullmatch(write_code(_SAID_D.sub("d", fold(said).text))[:5]) is not None
