"""Decide which birth dates are those of the people who hold the policies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.family import HOLDER
from classifier.insurance.mentions import Mention
from classifier.insurance.owners import find_owners
from classifier.insurance.people import PATIENTS_CHILD, is_writer_name
from classifier.insurance.policies import is_old
from intake.vocabulary import EntityKind

_LABELED_BIRTH = re.compile(rf"\b{HOLDER}\b(?:(?!patient|paciente)[^.\n]){{0,30}}$")
_MY_BIRTH = re.compile(r"\b(?:my (?:dob|bday|birthday|date of birth|birth date)|i was born)\b[^.\n{]{0,25}$")
_ITS_BIRTH_BEFORE = re.compile(
    r"\b(?:(?:his|her) (?:dob|bday|birthday|date of birth|birth date)|(?:he|she) was born|nacio"
    r"|nacid[oa]|su (?:cumpleanos|fecha de nacimiento))\b[^.\n{]{0,20}$"
)
_NEAR_BIRTH: Final = 70


def find_birth_dates(mentions: Sequence[Mention], subscribers: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the birth dates of those who hold the policies, in the order of the text."""
    dates = [mention for mention in mentions if mention.kind is EntityKind.DOB]
    if len(dates) > 1 and re.search(
        r"\brule\b|\bi was born\b|\bwho'?s? (?:is )?first\b"
        r"|\bwhose is (?:billed )?first\b",
        marked,
    ):
        return dates
    labeled = [date for date in dates if _LABELED_BIRTH.search(date.before) and not is_old(date)]
    if not subscribers:
        return labeled[-1:] or _of_unnamed(dates, marked)
    found: list[Mention] = []
    for name in subscribers:
        near = [date for date in dates if 0 < date.place - name.place < _NEAR_BIRTH]
        if near and near[0] not in found and not re.search(r"\b(?:patient|paciente)\b", near[0].before[-30:]):
            between = [m for m in mentions if m.kind is EntityKind.NAME and name.place < m.place < near[0].place]
            if not between or near[0] in labeled:
                found.append(near[0])
    if found or labeled:
        return found or labeled[-1:]
    theirs = _MY_BIRTH if all(is_writer_name(name) for name in subscribers) else _ITS_BIRTH_BEFORE
    return [date for date in dates if theirs.search(date.before)][:1]


def _of_unnamed(dates: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the only birth date if it is that of a relative who holds the policy and whom nobody names."""
    if len(dates) != 1 or PATIENTS_CHILD.search(marked) or not find_owners(marked):
        return []
    return [date for date in dates if _ITS_BIRTH_BEFORE.search(date.before)]
