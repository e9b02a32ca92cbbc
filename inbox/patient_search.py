"""Searching a practice's patient records by parts of names and numbers.

What the indexes find is found among all records. Parts have no index, as one would show too much, so the newest records
are decrypted and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from inbox.models import Patient, PatientAddress
from inbox.patient_book import FOUND, find_patients
from inbox.patient_names import normalise_name

SEARCHED = 5000
"""How many records are decrypted at most; a busy practice has a few thousand."""
_SHORTEST_NAME = 2
_SHORTEST_NUMBER = 4
_SHORTEST_EMAIL = 3
_LONGEST_ID = 9
_NUMBER = re.compile(r"[\d\s().+-]+")


@dataclass(frozen=True, slots=True)
class PatientSearch:
    """What a search found.

    Attributes:
        patients: the records, whole matches first.
        searched: how many records were decrypted to compare parts.
        is_complete: whether parts were compared with every record of the practice.
    """

    patients: Sequence[Patient] = field(default=(), repr=False)
    searched: int = 0
    is_complete: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name, number, or email address; empty fields match nothing."""

    words: tuple[str, ...] = field(default=(), repr=False)
    digits: str = field(default="", repr=False)
    email: str = field(default="", repr=False)

    @classmethod
    def of(cls, typed: str) -> Part:
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
            return _begin(self.words, normalise_name(name).split())
        if self.digits:
            return any(self.digits in address for address in addresses if address.startswith("+"))
        return bool(self.email) and any(self.email in address for address in addresses)


def search_patients(session: Session, practice: str, typed: str) -> PatientSearch:
    """Return the records with a number, email address, or name, or a part of one, or with this record number."""
    whole = [*_numbered(session, practice, typed), *find_patients(session, practice, typed)]
    part = Part.of(typed)
    if part == Part():
        return PatientSearch(_different(whole))
    mine = (Patient.practice == practice, Patient.merged_into.is_(None))
    newest = select(Patient.id).where(*mine).order_by(Patient.updated_at.desc(), Patient.id.desc()).limit(SEARCHED + 1)
    ids = session.scalars(newest).all()
    found = _matching(session, newest.limit(SEARCHED), part)
    rows = {row.id: row for row in session.scalars(select(Patient).where(Patient.id.in_(found)))}
    patients = _different([*whole, *(rows[row_id] for row_id in found)])
    return PatientSearch(patients, min(len(ids), SEARCHED), len(ids) <= SEARCHED)


def _matching(session: Session, newest: Select[int], part: Part) -> list[int]:
    """Return the IDs of the newest records that match a part, the last changed first."""
    of_newest = newest.subquery()
    if part.words:
        named = select(Patient.id, Patient.name).join(of_newest, of_newest.c.id == Patient.id)
        found = [row.id for row in session.execute(named) if part.is_in(row.name, ())]
    else:
        given = select(PatientAddress.patient_id, PatientAddress.patient_address)
        rows = session.execute(given.join(of_newest, of_newest.c.id == PatientAddress.patient_id))
        found = [row.patient_id for row in rows if part.is_in("", (row.patient_address,))]
    listed = select(Patient.id).where(Patient.id.in_(found))
    return list(session.scalars(listed.order_by(Patient.updated_at.desc(), Patient.id.desc()).limit(FOUND)))


def _numbered(session: Session, practice: str, typed: str) -> Sequence[Patient]:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _LONGEST_ID):
        return ()
    mine = (Patient.practice == practice, Patient.merged_into.is_(None))
    return session.scalars(select(Patient).where(Patient.id == int(typed), *mine)).all()


def _different(patients: Iterable[Patient]) -> list[Patient]:
    return list({patient.id: patient for patient in patients}.values())[:FOUND]


def _begin(wanted: Sequence[str], words: Sequence[str]) -> bool:
    """Return whether each wanted word begins a word of its own."""
    left = list(words)
    for start in sorted(wanted, key=len, reverse=True):
        match = next((word for word in left if word.startswith(start)), None)
        if match is None:
            return False
        left.remove(match)
    return True
