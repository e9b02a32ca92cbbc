"""Whether the patient is a relative whom the writer takes care of, with an insurance of their own."""

from __future__ import annotations

import re
from typing import Final

from classifier.insurance.family import OTHER, PARENT, SPOUSE

_OF_WRITER: Final = rf"(?:my|our|mi|nuestr[oa]) (?:{PARENT}|{SPOUSE}|{OTHER})"
_VISIT: Final = (
    r"(?:visits?|appointments?|appt|surgery|stay|rehab|mri|bill|balance|statement|follow[- ]up|cataracts?|labs?"
    r"|cita|consulta"
    r"|visita|cirugia|cuenta|medicare|medicaid|medi-?cal)"
)
_CARED_FOR: Final = (
    rf"\b(?:for|about|on behalf of|por|para|sobre|de parte de) {_OF_WRITER}(?!'s|s? (?:plan|insurance|ins|policy"
    rf"|job)\b)",
    rf"\b{_OF_WRITER}(?:,? \{{NAME\}},?)?[^.\n]{{0,80}}\b(?:\{{DOB\}}|who is \d\d|(?:she|he)'?s \d\d|had a stroke"
    rf"|passed)",
    rf"\b{_OF_WRITER}(?: \{{NAME\}},?)? (?:sees|has (?:an? )?(?:appt|appointment|visit)|tiene (?:una )?cita)\b",
    rf"\b{_OF_WRITER}[^\n]{{0,160}}\b(?:he|she|el|ella) (?:sees|comes in|has (?:an? )?(?:appt|appointment|visit)"
    rf"|tiene (?:una |su )?cita|needs)\b",
    rf"\b{_OF_WRITER}[^\n]{{0,160}}\b(?:his|her|su) (?:\{{DATE\}} )?{_VISIT}\b",
)
_PATIENT: Final = re.compile("|".join(_CARED_FOR))
_CARETAKER: Final = re.compile(
    r"\b(?:i'?m|i am|soy|es|habla|this is) [^.\n]{0,25}\b(?:(?:his|her|their|su) (?:son|daughter|hij[oa])"
    r"|(?:el|la) hij[oa] del?)\b|\b(?:son|daughter|hij[oa]) (?:&|and|y) poa\b|\bpower of attorney\b|\bpoa\b"
    r"|\bexecutor\b"
)
_SELF: Final = re.compile(
    r"\b(?:my|mi) (?:visit|appointment|appt|surgery|cita|consulta)\b|\bi'?m the patient\b|\bsoy (?:la|el) paciente\b"
    r"|\bfor me\b|\bpara mi\b|\bwhen i (?:see|come)\b"
)


def is_relative_patient(marked: str) -> bool:
    """Return whether the patient is a grown relative of the writer.

    Args:
        marked: The message as `mark_text` returns it.
    """
    if _SELF.search(marked):
        return False
    return _CARETAKER.search(marked) is not None or _PATIENT.search(marked) is not None
