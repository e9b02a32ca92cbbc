"""Searching a practice's patient records by parts of names and numbers.

What the indexes find is found among all records. Parts have no index, as one would show too much, so the newest records
are decrypted and compared. Where no name begins as was typed, those with a letter wrong are found in the same pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from inbox.models import Patient, PatientAddress
from inbox.patients.book import FOUND, find_patients
from inbox.patients.names import normalise_name

SEARCHED = 5000
"""How many records are decrypted at most; a busy practice has a few thousand."""
_SHORTEST_NAME = 2
_SHORTEST_NUMBER = 4
_SHORTEST_EMAIL = 3
_LONGEST_ID = 9
_SHORTEST_NEAR = 4
"""How many letters a word has at least that may have one wrong; shorter ones are near too many others."""
_NUMBER = re.compile(r"[\d\s().+-]+")


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """What a search found.

    Attributes:
        patients: the records, whole matches first.
        searched: how many records were decrypted to compare parts.
        is_complete: whether parts were compared with every record of the practice.
        is_near: whether the records are only spelled nearly as was typed.
    """

    patients: Sequence[Patient] = field(default=(), repr=False)
    searched: int = 0
    is_complete: bool = True
    is_near: bool = False


@dataclass(frozen=True, slots=True)
class SearchPart:
    """A part of a name, number, or email address; empty fields match nothing."""

    words: tuple[str, ...] = field(default=(), repr=False)
    digits: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    @classmethod
    def of(cls, typed: str) -> SearchPart:
        """Return what was typed, as it is compared; nothing if it is too short to tell patients apart."""
        typed = typed.strip()
        if _NUMBER.fullmatch(typed):
            digits = re.sub(r"\D", "", typed)
            return cls(digits=digits if len(digits) >= _SHORTEST_NUMBER else "")
        if "@" in typed:
            return cls(email=typed.lower() if len(typed) >= _SHORTEST_EMAIL else "")
        words = normalise_name(typed).split()
        return cls(words=tuple(words) if len("".join(words)) >= _SHORTEST_NAME else ())

    def is_in(self, name: str, addresses: Iterable[str]) -> bool:
        """Return whether each word begins a word of the name, or the rest is a part of a number or address."""
        if self.words:
            return _have_each(self.words, normalise_name(name).split(), _begins)
        if self.digits:
            return any(self.digits in address for address in addresses if address.startswith("+"))
        return bool(self.email) and any(self.email in address for address in addresses)

    def is_near(self, name: str) -> bool:
        """Return whether each word begins a word of the name, or has one letter other than it."""
        return bool(self.words) and _have_each(self.words, normalise_name(name).split(), _is_nearly)


def search_patients(session: Session, practice: str, typed: str) -> PatientSearch:
    """Return the records with a number, email address, or name, or a part of one, or with this record number."""
    whole = [*_numbered(session, practice, typed), *find_patients(session, practice, typed)]
    part = SearchPart.of(typed)
    if part == SearchPart():
        return PatientSearch(_different(whole))
    mine = (Patient.practice == practice, Patient.merged_into.is_(None))
    newest = select(Patient.id).where(*mine).order_by(Patient.updated_at.desc(), Patient.id.desc()).limit(SEARCHED + 1)
    ids = session.scalars(newest).all()
    found, near = _matching(session, newest.limit(SEARCHED), part)
    is_near = not (whole or found)
    listed = near if is_near else found
    rows = {row.id: row for row in session.scalars(select(Patient).where(Patient.id.in_(listed)))}
    patients = _different([*whole, *(rows[row_id] for row_id in listed if row_id in rows)])
    return PatientSearch(patients, min(len(ids), SEARCHED), len(ids) <= SEARCHED, is_near and bool(patients))


def _matching(session: Session, newest: Select[int], part: SearchPart) -> tuple[list[int], list[int]]:
    """Return the IDs of the newest records that match a part, and of those that nearly do, the last changed first."""
    near: list[int] = []
    of_newest = newest.subquery()
    if part.words:
        named = select(Patient.id, Patient.name).join(of_newest, of_newest.c.id == Patient.id)
        names = [(row.id, row.name) for row in session.execute(named)]
        found = [row_id for row_id, name in names if part.is_in(name, ())]
        near = [] if found else [row_id for row_id, name in names if part.is_near(name)]
    else:
        given = select(PatientAddress.patient_id, PatientAddress.patient_address)
        rows = session.execute(given.join(of_newest, of_newest.c.id == PatientAddress.patient_id))
        found = [row.patient_id for row in rows if part.is_in("", (row.patient_address,))]
    listed = select(Patient.id).where(Patient.id.in_(found or near))
    ordered = list(session.scalars(listed.order_by(Patient.updated_at.desc(), Patient.id.desc()).limit(FOUND)))
    return (ordered, []) if found else ([], ordered)


def _numbered(session: Session, practice: str, typed: str) -> Sequence[Patient]:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_ID):
        return ()
    mine = (Patient.practice == practice, Patient.merged_into.is_(None))
    return session.scalars(select(Patient).where(Patient.id == int(typed), *mine)).all()


def _different(patients: Iterable[Patient]) -> list[Patient]:
    return list({patient.id: patient for patient in patients}.values())[:FOUND]


def _have_each(wanted: Sequence[str], words: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    """Return whether each wanted word fits a word of its own."""
    left = list(words)
    for typed in sorted(wanted, key=len, reverse=True):
        match = next((word for word in left if fits(typed, word)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _begins(typed: str, word: str) -> bool:
    return word.startswith(typed)


def _is_nearly(typed: str, word: str) -> bool:
    """Return whether a word begins as typed, or has one letter more, less, or other, or two turned around."""
    if word.startswith(typed):
        return True
    if len(typed) < _SHORTEST_NEAR or abs(len(typed) - len(word)) > 1:
        return False
    same = next(
        (place for place, letters in enumerate(zip(typed, word, strict=False)) if len(set(letters)) > 1), len(word)
    )
    typed, word = typed[same:], word[same:]
    is_turned = typed[:2] == word[1::-1] and typed[2:] == word[2:]
    return typed[1:] == word[1:] or typed[1:] == word or typed == word[1:] or is_turned
