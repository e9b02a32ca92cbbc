"""Names, birth dates, callback numbers, and email addresses in what patients say, for the patient's record.

Nothing is written by itself: what is found is a guess about what anyone can say. A name or a birth date is offered only
where the words say that it is the sender's own, and nothing of a message from an office.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from classifier.entities.entity import Entity
from classifier.entities.owners import is_of_another
from classifier.entities.rules_names import may_be_name
from classifier.insurance import InsuranceRecord
from classifier.insurance.normalize import normal_birth_date, normal_name, normal_phone
from classifier.senders import find_senders
from intake import email_address, phone
from intake.errors import IntakeError
from intake.vocabulary import EntityKind
from staff import display
from staff.conversations.insurance_card import date_words

_MOST = 6
_LONGEST = 100
_SHORTEST_NUMBER = 10
_TITLED = re.compile(r"\b(?:dr|dra|doctor|doctora|nurse|enfermera|hygienist)[.\s]{1,3}$", re.IGNORECASE)
_CONTEXT = 20
REACHING = (EntityKind.PHONE, EntityKind.EMAIL)
_PERSONAL = (EntityKind.NAME, EntityKind.DOB)
_TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)\d{7}")
_OF_OFFICE = re.compile(
    r"\b(?:office|main(?: line)?|front desk|reception|switchboard|toll[- ]?free|fax|[fo]|oficina|recepci[oó]n)"
    r"[\s:.#|)-]{0,4}(?:\(?\+?1\)?[\s.-]{0,2})?\(?$",
    re.IGNORECASE,
)
_WHOLE_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Said:
    """A message, what was found in it, and what it says about an insurance.

    Attributes:
        message: its ID.
        shown_at: when it came, in display words.
        text: its text, or an email's signature.
        entities: what was found in that.
        record: what it says about an insurance.
        part: what tells keys of an email's signature from those of its text; empty for a text.
        is_mail: whether it is an email, whose sender may write from an office.
        asks_no_calls: whether the message asks not to be called or texted.
    """

    message: int
    shown_at: str
    text: str = field(repr=False)
    entities: Sequence[Entity] = field(repr=False)
    record: InsuranceRecord = field(repr=False)
    part: str = ""
    is_mail: bool = False
    asks_no_calls: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that could be added.

    Attributes:
        key: the message and the place in it, which a form sends instead of the value.
        kind: NAME, DOB, PHONE, or EMAIL.
        value: what would be written.
        shown: the same in display words.
        said: the message.
    """

    key: str
    kind: EntityKind
    value: str = field(repr=False)
    shown: str = field(repr=False)
    said: Said

    @property
    def comparable(self) -> str:
        """What two offers of the same have in common."""
        return self.value.casefold()


def find_offers(messages: Iterable[Said]) -> list[Offer]:
    """Return the different values that messages contain, in their order."""
    found: dict[str, Offer] = {}
    for said in messages:
        for offer in _offers_of(said):
            found.setdefault(offer.comparable, offer)
    return list(found.values())


def leave_new(offers: Iterable[Offer], known: Collection[str | None]) -> list[Offer]:
    """Return the first offers of what is not known yet, whole names and parts of them included."""
    compared = {value.casefold() for value in known if value}
    words = {word for value in compared if not value.startswith("+") for word in value.split()}
    new = [
        offer
        for offer in offers
        if offer.comparable not in compared
        and not (offer.kind is EntityKind.NAME and words.issuperset(offer.comparable.split()))
    ]
    return new[:_MOST]


def _offers_of(said: Said) -> Iterable[Offer]:
    of_others, of_sender = _places_of_others(said), find_senders(said.text, said.entities)
    if of_sender is None:
        return
    for entity in said.entities:
        write = _WRITERS.get(EntityKind(entity.kind))
        before = said.text[max(0, entity.start - _CONTEXT) : entity.start]
        if write is None or entity.start in of_others or _TITLED.search(before):
            continue
        if entity.kind in _PERSONAL and entity.start not in of_sender:
            continue
        if entity.kind in REACHING and is_of_another(said.text, entity.start, entity.end):
            continue
        if said.is_mail and entity.kind == EntityKind.PHONE and _OF_OFFICE.search(before):
            continue
        value = write(said.text[entity.start : entity.end])
        if value is not None and not _TOLL_FREE.fullmatch(value):
            kind = EntityKind(entity.kind)
            shown = date_words(value) if kind is EntityKind.DOB else display.spoken(value)
            yield Offer(f"{said.message}.{said.part}{entity.start}", kind, value, shown, said)


def _places_of_others(said: Said) -> set[int]:
    """Return where insurers' numbers are, and the names and birth dates of subscribers other than the patient."""
    record = said.record
    is_other = [said not in (None, "self") for said in record.relationship]
    subscribers = [
        value
        for values in (record.subscriber_name, record.subscriber_dob)
        for number, value in enumerate(values)
        if (is_other[number] if len(is_other) == len(values) else any(is_other))
    ]
    return {value.start for value in (*record.payer_phone, *subscribers) if value is not None}


def _write_name(said: str) -> str | None:
    """Return a name, capitalized if the transcript has it in small letters; None if it is spelled, or is no name."""
    name = normal_name(said)
    if not any(map(may_be_name, name.split())):
        return None
    if len(name) > _LONGEST or not any(len(word) > 1 and word[0].isalpha() for word in re.split(r"[\s.-]+", name)):
        return None
    return name.title() if name.islower() else name


def _write_number(said: str) -> str | None:
    digits = said if said.startswith("+") else normal_phone(said)
    if sum(character.isdigit() for character in digits) < _SHORTEST_NUMBER:
        return None
    try:
        return phone.normalise(digits)
    except IntakeError:
        return None


def _write_birth_date(said: str) -> str | None:
    """Return a whole birth date in ISO 8601; None if a part of it is missing."""
    written = normal_birth_date(said) or ""
    return written if _WHOLE_DATE.fullmatch(written) else None


def _write_email(said: str) -> str | None:
    try:
        return email_address.normalise(said.strip())
    except IntakeError:
        return None


_WRITERS: dict[EntityKind, Callable[[str], str | None]] = {
    EntityKind.NAME: _write_name,
    EntityKind.DOB: _write_birth_date,
    EntityKind.PHONE: _write_number,
    EntityKind.EMAIL: _write_email,
}
