"""Assemble the insurance record of a message from its entities and the words around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from classifier.entities.entity import Entity
from classifier.insurance import normalize
from classifier.insurance.birth_dates import find_birth_dates
from classifier.insurance.carriers import holds_several, order_carriers, with_number, without_program, writers_insurer
from classifier.insurance.coverage_holders import relationships_of_each
from classifier.insurance.employers import sources
from classifier.insurance.family import HOLDER, RELATIVE
from classifier.insurance.mentions import Mention, mark_text
from classifier.insurance.people import find_subscribers, is_patient_holder, is_writer_name
from classifier.insurance.phones import is_payers, payer_phones
from classifier.insurance.policies import aligned, drop_misheard, drop_old_policies, holding, is_liable, with_name
from classifier.insurance.question import choose_question, points_of
from classifier.insurance.record import InsuranceRecord, Value
from classifier.insurance.relationship import find_relationship
from classifier.insurance.service_dates import find_service_dates
from intake.vocabulary import EntityKind

_ABOUT: Final = frozenset(
    (EntityKind.CARRIER, EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER,
     EntityKind.AMOUNT, EntityKind.CPT)
)  # fmt: skip
"""A message with none of these is about an insurance or a bill only if its words say so clearly."""
_CLEAR: Final = 8
_SURE: Final = 5
_SAID: Final = 3
"""How many points a question needs to be more than a guess: one weak word, as in "my insurance is Aetna", has two."""
_HOLDER_NAMED = re.compile(
    r"\b(?:sub(?:scriber)?:|policy ?holder|the insured|titular|insurance has (?:me|us)\b"
    rf"|\b(?:on|under|through|thru) (?:(?:his|her|their|my|our) )?(?:{RELATIVE}'?s?'?|his|hers?) (?:\w+ )?"
    rf"(?:plan|insurance|ins|policy|coverage|name)\b"
    rf"|\b{RELATIVE}'?s? (?:is |es )?(?:the |la |el )?(?:{HOLDER}|main\b|plan|insurance|ins\b|policy|coverage)"
    rf"|\bdep(?:endent)? on\b"
    rf"|\b(?:a|en) nombre de (?:mi|su) {RELATIVE}\b"
    rf"|\b(?:en|bajo) (?:el|la) (?:plan|seguro|poliza) de (?:su|mi) {RELATIVE}\b)"
    r"[^?]*\{(?:NAME|DOB)\}"
)
"""Words with which a message about nothing else gives the holder for the record."""
_OF_VISITS: Final = frozenset(("payment_plan", "refund", "balance_dispute", "claim_denied", "superbill"))
"""What is asked about a visit that was, whoever holds the policy."""
_OF_BILLS: Final = frozenset(("payment_plan", "refund", "balance_dispute"))
_INSURED = re.compile(
    rf"\{{(?:CARRIER|PLAN|MEMBER_ID|GROUP_NUMBER|CLAIM_NUMBER)\}}|\b(?:{HOLDER}|insur\w+|ins|cover\w*|polic(?:y|ies)"
    rf"|(?<!payment )plans?(?! number)"
    r"|benefits|cobra|segur\w+|aseguranza|poliza|cobertura|cubiert\w+|cubre\w*|adjuster|claims?|rx ?bin|deductible"
    r"|copay)\b"
)
"""A message without any of these is about a bill that no insurance has to do with, so that nobody holds a policy."""
_MOST: Final = 200
"""How many entities are looked at; a message about an insurance has fewer."""
_READ: Final = 10_000
"""How many characters are searched for words that say what the message asks and who holds the policy."""
_POLICY = re.compile(r"\b(?:policy|policies|poliza)(?:(?! id\b)(?:\bnum\.|\bno\.|[^.\n])){0,45}$")
_BESIDE = re.compile(r"\{CARRIER\}[ ,:(#-]{1,3}(?:(?:number|num|no|is|it'?s|numero|es)[ .:#]{1,2}){0,2}$")
_ID_LABEL = re.compile(
    r"\b(?:member|contract|contrato|id|i d|i d's|medicare|medicaid|subscriber|miembro)\b[^.\n]{0,12}$"
)
_BIN = re.compile(r"\b(?:rx ?bin|bin|b i n)\b[^.\n{]{0,25}$")
_RELATIVES = re.compile(rf"\b(?:his|hers|her|el suyo|su|{RELATIVE}'?s)\b")
"""Words of somebody else's policy."""
_OF_ALL = re.compile(
    r"\bboth (?:are )?(?:via|through|thru|under|from|on|por|de)\b|\b(?:of|on|for) both\b(?! \w)"
    r"|\bboth (?:insurances|plans) are\b"
)
"""One person holds all the policies."""


def assemble_record(text: str, entities: Sequence[Entity]) -> InsuranceRecord:
    """Return what a message says about an insurance or a bill; an empty record if it says nothing about either.

    Args:
        text: The message.
        entities: Its entities, in its order, without overlaps.
    """
    marked, mentions = mark_text(text, entities[:_MOST])
    marked = marked[:_READ]
    question, points, _ = choose_question(marked)
    is_about = any(mention.kind in _ABOUT or _is_bin(mention) or is_payers(mention) for mention in mentions)
    if points < _CLEAR and not is_about and not _HOLDER_NAMED.search(marked):
        return InsuranceRecord()
    mentions = drop_misheard(mentions)
    carriers = order_carriers(mentions, marked)
    if (question != "coordination" or points < _SURE) and not holds_several(marked):
        carriers = with_number(without_program(carriers), mentions)
    policies = max(
        len(carriers), len(holding([m for m in mentions if m.kind is EntityKind.MEMBER_ID], normalize.normal_code))
    )
    own = writers_insurer(mentions, carriers)
    is_insured = question not in _OF_BILLS or _INSURED.search(marked) is not None
    subscribers = find_subscribers(mentions, marked, policies) if is_insured else []
    mentions = drop_old_policies(mentions)
    employers = sources(mentions, marked)

    def of(kind: EntityKind, keep: Callable[[Mention], bool] = lambda mention: True) -> list[Mention]:
        return [mention for mention in mentions if mention.kind is kind and keep(mention)]

    def row(
        found: Sequence[Mention], write: Callable[[str], str | None], *, policies: bool = False, of_all: bool = False
    ) -> tuple[Value | None, ...]:
        return aligned(
            holding(found, write),
            () if of_all else carriers,
            of(EntityKind.CARRIER),
            policies=policies,
            own=own if _RELATIVES.search(marked) else None,
        )

    def is_policy(mention: Mention) -> bool:
        return _is_policy(mention) or _is_of_liable(mention, mentions)

    return InsuranceRecord(
        carrier=tuple(value for _, value in carriers),
        plan=row(with_name(of(EntityKind.PLAN), len(carriers)), normalize.normal_name),
        member_id=row(of(EntityKind.MEMBER_ID, lambda mention: not is_policy(mention)), normalize.normal_code),
        group_number=row(of(EntityKind.GROUP_NUMBER), normalize.normal_code),
        claim_number=tuple(value for _, value in holding(of(EntityKind.CLAIM_NUMBER), normalize.normal_code)),
        policy_number=row(of(EntityKind.MEMBER_ID, is_policy), normalize.normal_code, policies=True),
        subscriber_name=_by_holder(subscribers, own)
        or row(subscribers, normalize.normal_person, of_all=_OF_ALL.search(marked) is not None),
        subscriber_dob=row(find_birth_dates(mentions, subscribers, marked), normalize.normal_birth_date),
        relationship=_relationships(subscribers, carriers, mentions, marked, policies, is_bill=question in _OF_VISITS)
        if is_insured
        else (),
        employer=row(employers, normalize.normal_name),
        amounts=_all_of(of(EntityKind.AMOUNT), normalize.normal_amount),
        cpt_codes=_all_of(of(EntityKind.CPT), normalize.normal_cpt),
        dates_of_service=_all_of(find_service_dates(of(EntityKind.DATE), question), normalize.normal_date),
        rx_bin=tuple(value for _, value in holding(of(EntityKind.ID, _is_bin), normalize.normal_code)),
        payer_phone=tuple(value for _, value in holding(payer_phones(mentions, marked), normalize.normal_phone)),
        question=question,
    )


def stated_question(text: str, entities: Sequence[Entity], record: InsuranceRecord) -> str | None:
    """Return what a message asks about an insurance or a bill if its words say so.

    Args:
        text: The message.
        entities: Its entities, in its order, without overlaps.
        record: Its record, whose question may also be a guess, as for a message that only names an insurance.
    """
    if record.question is None:
        return None
    marked = mark_text(text, entities[:_MOST])[0][:_READ]
    return record.question if points_of(record.question, marked) >= _SAID else None


def _relationships(
    subscribers: Sequence[Mention],
    carriers: Sequence[tuple[Mention, Value]],
    mentions: Sequence[Mention],
    marked: str,
    policies: int,
    *,
    is_bill: bool,
) -> tuple[str | None, ...]:
    """Return what the patient is to the holder: one for each insurer if there are several."""
    common = find_relationship(subscribers, marked, policies, is_bill=is_bill)
    if is_patient_holder(subscribers, mentions):
        common = "self"
    if len(carriers) > 1:
        return relationships_of_each(carriers, mentions, marked, common)
    return (common,) if common else ()


def _by_holder(subscribers: Sequence[Mention], own: int | None) -> tuple[Value | None, ...]:
    """Return the holders of two policies, the writer with the writer's own; nothing if it is open whose is which.

    Args:
        subscribers: Those who hold them.
        own: Which of the two insurers is the writer's.
    """
    found = holding(subscribers, normalize.normal_person)
    sides = [is_writer_name(mention) for mention, _ in found]
    if own is None or not found or len(set(sides)) != len(sides):
        return ()
    written = {own if is_own else 1 - own: value for is_own, (_, value) in zip(sides, found, strict=True)}
    return (written.get(0), written.get(1))


def _all_of(mentions: Sequence[Mention], write: Callable[[str], str | None]) -> tuple[Value, ...]:
    """Return every value, in the order of the text."""
    values = ((mention, write(mention.value)) for mention in mentions)
    return tuple(Value(text, mention.entity.start, mention.entity.end) for mention, text in values if text)


def _is_policy(mention: Mention) -> bool:
    return mention.kind is EntityKind.MEMBER_ID and bool(
        _POLICY.search(mention.before) and not _ID_LABEL.search(mention.before)
    )


def _is_of_liable(mention: Mention, mentions: Sequence[Mention]) -> bool:
    """Return whether a number stands right behind an insurer of cars or of employers, whose policies have numbers."""
    before = [other for other in mentions if other.kind is EntityKind.CARRIER and other.place < mention.place]
    return (
        bool(before)
        and is_liable(before[-1].value)
        and _BESIDE.search(mention.before) is not None
        and not _ID_LABEL.search(mention.before)
    )


def _is_bin(mention: Mention) -> bool:
    return mention.kind is EntityKind.ID and _BIN.search(mention.before) is not None
