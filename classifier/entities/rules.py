"""Everything that the rules find in a text."""

from __future__ import annotations

from typing import Final

from classifier.entities import rules_contact, rules_dates, rules_insurance, rules_labels, rules_names, rules_numbers
from classifier.entities.codes import find_codes
from classifier.entities.entity import Entity
from classifier.entities.folding import fold

_PATTERNS: Final = (*rules_contact.RULES, *rules_numbers.RULES)
_FINDERS: Final = (rules_dates.find, rules_labels.find, find_codes, rules_insurance.find, rules_names.find)


def find_by_rules(text: str) -> list[Entity]:
    """Return what the rules find, in any order; some of it may overlap.

    The time is linear in the length of the text, and any string is accepted.
    """
    folded = fold(text)
    found = [entity for rule in _PATTERNS for entity in rule.find(folded)]
    for finder in _FINDERS:
        found += finder(folded)
    return found
