"""What the messages of a conversation say about an insurance or a bill, on one card, each value with its message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from classifier.insurance import InsuranceRecord
from classifier.insurance.field_words import FIELD_WORDS, field_label
from intake import phone
from intake.errors import IntakeError

UNVERIFIED = "As the patient wrote it, not verified"
BIRTH_DATE = "Date of birth"
_BORN = "birth_date"
_FIRST = ("carrier", "plan", "member_id")
_FIELDS = (*_FIRST, _BORN, *(name for name in FIELD_WORDS if name not in _FIRST))
_QUESTIONS = {
    "eligibility": "Is it covered, or is the plan accepted?",
    "claim_denied": "A claim was denied",
    "balance_dispute": "Disputes a balance",
    "coordination": "Which insurance pays first",
    "prior_auth": "Prior authorization",
    "superbill": "Needs a superbill",
    "payment_plan": "Wants a payment plan",
    "refund": "Wants a refund",
    "update_card": "New insurance or card",
}
_RELATIONSHIPS = {"self": "the patient is the subscriber", "other": "other"}
_DATE = re.compile(r"(?:(\d{4})|-)-(?:(\d\d)|-)-?(\d\d)")


@dataclass(frozen=True, slots=True)
class InsuranceSource:
    """A message with insurance facts.

    Attributes:
        message: its ID.
        shown_at: when it came, in display words.
        record: the facts.
        birth_dates: those that it states without saying that they are the policyholder's.
        question: what it asks about an insurance or a bill, if its words say so.
    """

    message: int
    shown_at: str
    record: InsuranceRecord = field(repr=False)
    birth_dates: Sequence[str] = field(default=(), repr=False)
    question: str | None = None


@dataclass(frozen=True, slots=True)
class CardValue:
    """A value, and the newest message that states it."""

    text: str = field(repr=False)
    source: InsuranceSource


@dataclass(frozen=True, slots=True)
class CardLine:
    """One field, with every value that was stated, the newest first."""

    label: str
    values: Sequence[CardValue]


@dataclass(frozen=True, slots=True)
class InsuranceCard:
    """What is known, and the same as plain text."""

    lines: Sequence[CardLine]

    @property
    def source(self) -> InsuranceSource | None:
        """The only message that it is from; None if there are several."""
        sources = {value.source.message: value.source for line in self.lines for value in line.values}
        return next(iter(sources.values())) if len(sources) == 1 else None

    @property
    def plain(self) -> str:
        """What the clipboard gets."""
        stated = (f"{line.label}: {'; '.join(value.text for value in line.values)}" for line in self.lines)
        return "\n".join((f"Insurance details ({UNVERIFIED[0].lower()}{UNVERIFIED[1:]})", *stated))


def build_card(sources: Iterable[InsuranceSource]) -> InsuranceCard | None:
    """Return the card of a conversation; None if no message states anything of an insurance or a bill.

    Args:
        sources: its messages, the newest first.
    """
    found: dict[str, dict[str, CardValue]] = {name: {} for name in _FIELDS}
    for source in sources:
        for name, text in _stated(source):
            found[name].setdefault(text, CardValue(text, source))
    lines = [
        CardLine(BIRTH_DATE if name == _BORN else field_label(name), list(values.values()))
        for name, values in found.items()
        if values
    ]
    has_facts = any(values for name, values in found.items() if name not in (_BORN, "question"))
    return InsuranceCard(lines) if has_facts else None


def date_words(value: str) -> str:
    """Return a date of a record as the front desk writes it: `03/27/1984`, `04/12` without a year."""
    match = _DATE.fullmatch(value)
    if match is None:
        return value
    year, month, day = match.groups()
    return "/".join(part for part in (month, day, year) if part) if month else f"day {day}"


def _stated(source: InsuranceSource) -> Iterable[tuple[str, str]]:
    """Return each field that a message states with its display words; a guessed question is none."""
    record = source.record
    stated: dict[str, Iterable[str]] = {
        name: [value.text for value in found if value is not None]
        for name in FIELD_WORDS
        if name != "relationship" and isinstance(found := getattr(record, name), tuple)
    }
    stated |= {_BORN: source.birth_dates if record.values() else ()}
    stated |= {"relationship": _relationships(record), "question": [source.question or ""]}
    for name, values in stated.items():
        yield from ((name, words) for value in values if value and (words := _words(name, value)))


def _relationships(record: InsuranceRecord) -> list[str]:
    """Return what the patient is to each holder in display words, with the insurer unless it is the same for all."""
    words = [_relationship_words(value) if value else None for value in record.relationship]
    if len(set(words)) == 1 or len(words) != len(record.carrier):
        return [said for said in words if said]
    pairs = zip(record.carrier, words, strict=True)
    return [f"{carrier.text}: {said}" for carrier, said in pairs if carrier and said]


def _relationship_words(relationship: str) -> str:
    return _RELATIONSHIPS.get(relationship) or f"{relationship.replace('_', ' ')} of the subscriber"


def _words(name: str, value: str) -> str:
    match name:
        case "subscriber_dob" | "dates_of_service" | "birth_date":
            return date_words(value)
        case "amounts":
            return f"${value}"
        case "payer_phone":
            return _number_words(value)
        case "question":
            return _QUESTIONS.get(value, "")
    return value


def _number_words(digits: str) -> str:
    try:
        return phone.spoken(phone.normalise(digits))
    except IntakeError:
        return digits
