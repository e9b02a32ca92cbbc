"""Decide which entities stay where several overlap. The order is explained in ADR 21."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from classifier.entities.entity import MODEL, Entity, Places
from intake.vocabulary import EntityKind

RECORD: Final = "record"
"""`Entity.source` of what the patient's record contains."""
_BY_FORM: Final = frozenset(
    ("email", "url", "ssn", "ssn_cued", "ip", "ip6", "card_number", "medicare_id", "amount", "iso_date", "full_date",
     "phone_abroad")
)  # fmt: skip
"""The rules whose values nothing else looks like; the network does not overrule them."""
_ADDRESSES: Final = frozenset(("email", "said_email", "url", "domain", "said_url"))
"""The rules for what may contain the patient's own name: the `sam` of `sam@mail.example` is no name there."""
_DOUBTFUL: Final = frozenset(("name", "the_nth", "el_dia", "day_month", "short_date", "amount_said"))
"""The rules that may take ordinary words for a value."""
_NEAR_DATES: Final = frozenset((EntityKind.DATE, EntityKind.DOB))
_OF_CARDS: Final = frozenset((EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER))
_Place = tuple[int, int, EntityKind]


def merge(rules: Iterable[Entity], model: Iterable[Entity] = (), possible: Places | None = None) -> tuple[Entity, ...]:
    """Return entities that do not overlap, in the order of the text.

    Of two that overlap, the one of the higher rank stays: what the record contains, unless it is a name within an email
    or web address; then a rule that knows its value by its form; then the network; then a rule that goes by the words
    around a value. Of one rank, the longer stays, then the surer. The network says whether a date is a birth date, also
    where a rule found the date. A number that a label explains stays whole where the network found a part of it.

    A rule that may take ordinary words for a value is not believed where the network sees no trace of one.

    Args:
        rules: What rules and the record found.
        model: What the network found.
        possible: Where, in the order of the text, it sees at least a trace of a value; None without a network.
    """
    found = list(model)
    rules = [entity for entity in rules if possible is None or _is_believed(entity, possible)]
    written = [(entity.start, entity.end) for entity in rules if entity.source in _ADDRESSES]
    numbers = sorted((entity.start, entity.end, entity.kind) for entity in found)
    dates = sorted((entity.start, entity.end, entity.kind) for entity in found if entity.kind in _NEAR_DATES)
    ranked = sorted(
        (*(_with_kind_of(entity, dates) for entity in rules if not _is_within(entity, written)), *found),
        key=lambda entity: (_rank(entity, numbers), entity.start - entity.end, -entity.confidence, entity.start),
    )
    starts: list[int] = []
    kept: list[Entity] = []
    for entity in ranked:
        place = bisect_left(starts, entity.start)
        is_free_before = place == 0 or kept[place - 1].end <= entity.start
        is_free_after = place == len(kept) or entity.end <= kept[place].start
        if is_free_before and is_free_after:
            starts.insert(place, entity.start)
            kept.insert(place, entity)
    return tuple(kept)


def _is_within(entity: Entity, addresses: Iterable[tuple[int, int]]) -> bool:
    """Return whether an entity is a name of the record in the midst of an address."""
    if entity.source != RECORD or entity.kind is not EntityKind.NAME:
        return False
    return any(start <= entity.start and entity.end <= end for start, end in addresses)


def _rank(entity: Entity, found: list[_Place]) -> int:
    if entity.source == RECORD:
        return 0
    if entity.source in _BY_FORM:
        return 1
    return 2 if entity.source == MODEL or _is_confirmed(entity, found) else 3


def _is_believed(entity: Entity, possible: Places) -> bool:
    if entity.source not in _DOUBTFUL:
        return True
    place = bisect_left(possible, (entity.end,)) - 1
    return place >= 0 and possible[place][1] > entity.start


def _is_confirmed(entity: Entity, found: list[_Place]) -> bool:
    """Return whether the network found a part of a labeled number, as a number of the same kind.

    A code that is announced as a procedure's is confirmed by a number of any kind.
    """
    if entity.source not in ("label", "code"):
        return False
    within = found[bisect_left(found, (entity.start,)) : bisect_left(found, (entity.end,))]
    return any(
        end <= entity.end and (kind is entity.kind or (entity.source == "code" and kind in _OF_CARDS))
        for _, end, kind in within
    )


def _with_kind_of(entity: Entity, dates: list[_Place]) -> Entity:
    """Return a rule's date with the network's word on whether it is a birth date."""
    if entity.kind not in _NEAR_DATES:
        return entity
    place = bisect_left(dates, (entity.end,)) - 1
    if place >= 0 and dates[place][1] > entity.start:
        return Entity(dates[place][2], entity.start, entity.end, entity.confidence, entity.source)
    return entity
