"""Assemble the insurance record of a message from its entities and the words around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from classifier.entities.entity import Entity
from classifier.insurance import normalize
from classifier.insurance.mentions import Mention, mark_text
from classifier.insurance.people import find_birth_dates, find_relationship, find_subscribers
from classifier.insurance.policies import aligned, drop_old_policies, holding, is_liable, is_old, order_carriers
from classifier.insurance.question import choose_question
from classifier.insurance.record import InsuranceRecord, Value
from intake.vocabulary import EntityKind

_ABOUT: Final = frozenset(
    (EntityKind.CARRIER, EntityKind.PLAN, EntityKind.MEMBER_ID, EntityKind.GROUP_NUMBER, EntityKind.CLAIM_NUMBER,
     EntityKind.AMOUNT, EntityKind.CPT)
)  # fmt: skip
"""A message with none of these is about an insurance or a bill only if its words say so clearly."""
_CLEAR: Final = 8
_SAID: Final = 3
"""How many points a question needs to be more than a guess: one weak word, as in "my insurance is Aetna", has two."""
_MOST: Final = 200
"""How many entities are looked at; a message about an insurance has fewer."""
_READ: Final = 10_000
"""How many characters are searched for words that say what the message asks and who holds the policy."""
_POLICY = re.compile(r"\b(?:policy|policies|poliza)(?:(?! id\b)[^.\n]){0,45}$")
_BESIDE = re.compile(r"\{CARRIER\}[ ,:(#-]{1,3}(?:(?:number|num|no|is|it'?s|numero|es)[ .:#]{1,2}){0,2}$")
_ID_LABEL = re.compile(r"\b(?:member|id|i d|i d's|medicare|medicaid|subscriber|miembro)\b[^.\n]{0,12}$")
_BIN = re.compile(r"\b(?:rx ?bin|bin|b i n)\b[^.\n{]{0,25}$")
_LOST_JOB = re.compile(
    r"\b(?:lost my job|laid off|fired|between jobs|used to work|perdi mi trabajo|through work at)\b[^.\n{]{0,20}$"
)
_PAYER_CALLS = re.compile(
    r"\b(?:this is|it'?s|habla|soy|le llama) \{NAME\} (?:\w+ ){0,4}(?:from|at|with|de) \{CARRIER\}"
)
_TOLL_FREE: Final = ("800", "888", "877", "866", "855", "844", "833")
_OWN_PHONE = re.compile(
    r"\b(?:call me|text me|reach me|my (?:cell|phone|number|mobile|home)|me at|mi (?:celular|telefono|numero)"
    r"|i'?m at|llamen?me"
    r"|callback|back at|mine is|fax(?: is|:)?(?= ?$))[^.\n{]{0,20}$|(?:^|[.!?;\n] ?)\{NAME\}[^.\n{]{0,20}$",
    re.IGNORECASE,
)
_PAYER_PHONE = re.compile(
    r"\b(?:adjuster|payer|insur\w+|provider|providers|line|reviews?|card|ref|claims|rep|their|agent|agente|ajustador"
    r"|representative|ph|pa phone|pa|"
    r"aseguradora|seguro|carrier|plan|authorization|auth|benefits|eligibility|doctor|doctors|they"
    r"|gave me a number)\b|\bcall \{CARRIER\}",
    re.IGNORECASE,
)
_NO_SERVICE_BEFORE = re.compile(
    r"\b(?:effective|eff|begins?|began|begun|starts?|started|starting|start date(?: is)?|since|til|b4|ran out"
    r"|hired|leaving(?: \{EMPLOYER\})?|left|stopped|said so|retired|ends?|ended|ending|expir\w+"
    r"|valid (?:through|until|to)|as of"
    r"|due(?: by| on)?|deadline|until|till|before|by|letter (?:of|dated|from)|statement (?:of|dated|from)|dated"
    r"|through|desde|a partir"
    r"|vence|vigente|hasta|antes|accident\w*|injur\w+|crash\w*|hit|turn(?:s|ed|ing)?(?: \w+){0,2}|im \d+"
    r"|i'?m \d+|hurt(?: \w+){0,3}"
    r"|drops off|closed|paid(?: it)?|payment"
    r"|processed|moving us|received|approved(?: on)?(?: the \w+)?|kicked off|last was \{AMOUNT\}|fecha limite"
    r"|posted|charged(?: my card)?"
    r"|left your building|termino|empieza|empezo|comienza|fired|laid off|retired|lost|switch\w*|changed?)"
    r"(?: it| this| that| again| \{(?:AMOUNT|CARRIER|MEMBER_ID|CLAIM_NUMBER|PLAN)\}|\([^)]{0,30}\)| and"
    r"| card)?[ :,(]{0,3}"
    r"(?:on |of |the |el |is |es |by |from |at |in |del? )?$"
)
_DEADLINE = re.compile(
    r"\b(?:before|b4|since|til|effective|until|deadline|due|antes del?|hasta)(?: is| on|:)? (?:the )?$"
    r"|\b(?:moving|moved|switch\w*|closed|kicked off|changed? to|paid(?![^.\n]{0,30} cop(?:ay"
    r"|ago)))\b[^.\n]{0,45} on $|\bexists! date $"
)
_VISITS = re.compile(r"\bvisits? (?:since|from|between)(?: the)? $")
_SERVICE = re.compile(
    r"\b(?:visits?|appointments?|appt|surgery|exam|physical|cleaning|session|sessions|seen|procedure"
    r"|dates? of service|dos|service"
    r"|cita|visita|cirugia|consulta|planned|copay|copago|transferencia|transfer|scan|xray|x-ray|biopsy"
    r"|biopsia|test|labs?|monitoring|injection)\b"
    r"[^.\n{]{0,25}$"
)


def assemble_record(text: str, entities: Sequence[Entity]) -> InsuranceRecord:
    """Return what a message says about an insurance or a bill; an empty record if it says nothing about either.

    Args:
        text: The message.
        entities: Its entities, in its order, without overlaps.
    """
    marked, mentions = mark_text(text, entities[:_MOST])
    marked = marked[:_READ]
    question, points = choose_question(marked)
    is_about = any(mention.kind in _ABOUT or _is_bin(mention) or _is_payers(mention) for mention in mentions)
    if points < _CLEAR and not is_about:
        return InsuranceRecord()
    carriers = order_carriers(mentions)
    subscribers = find_subscribers(mentions, marked)
    mentions = drop_old_policies(mentions)

    def of(kind: EntityKind, keep: Callable[[Mention], bool] = lambda mention: True) -> list[Mention]:
        return [mention for mention in mentions if mention.kind is kind and keep(mention)]

    def row(
        found: Sequence[Mention], write: Callable[[str], str | None], *, policies: bool = False
    ) -> tuple[Value | None, ...]:
        return aligned(holding(found, write), carriers, policies=policies)

    def is_policy(mention: Mention) -> bool:
        return _is_policy(mention) or _is_of_liable(mention, mentions)

    return InsuranceRecord(
        carrier=tuple(value for _, value in carriers),
        plan=row(of(EntityKind.PLAN), normalize.normal_name),
        member_id=row(of(EntityKind.MEMBER_ID, lambda mention: not is_policy(mention)), normalize.normal_code),
        group_number=row(of(EntityKind.GROUP_NUMBER), normalize.normal_code),
        claim_number=tuple(value for _, value in holding(of(EntityKind.CLAIM_NUMBER), normalize.normal_code)),
        policy_number=row(of(EntityKind.MEMBER_ID, is_policy), normalize.normal_code, policies=True),
        subscriber_name=row(subscribers, normalize.normal_name),
        subscriber_dob=row(find_birth_dates(mentions, subscribers, marked), normalize.normal_birth_date),
        relationship=find_relationship(subscribers, marked),
        employer=row(of(EntityKind.EMPLOYER, lambda m: not _LOST_JOB.search(m.before)), normalize.normal_name),
        amounts=_all_of(of(EntityKind.AMOUNT), normalize.normal_amount),
        cpt_codes=_all_of(of(EntityKind.CPT), normalize.normal_cpt),
        dates_of_service=_all_of(of(EntityKind.DATE, lambda m: _is_service(m, question)), normalize.normal_date),
        rx_bin=tuple(value for _, value in holding(of(EntityKind.ID, _is_bin), normalize.normal_code)),
        payer_phone=tuple(
            value
            for _, value in holding(of(EntityKind.PHONE, lambda m: _is_payer_phone(m, marked)), normalize.normal_phone)
        ),
        question=question,
    )


def stated_question(text: str, entities: Sequence[Entity]) -> str | None:
    """Return what a message asks about an insurance or a bill if its words say so.

    `InsuranceRecord.question` also has a guess for a message that only names an insurance.
    """
    question, points = choose_question(mark_text(text, entities[:_MOST])[0][:_READ])
    return question if points >= _SAID else None


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


def _is_payer_phone(mention: Mention, marked: str = "") -> bool:
    if mention.kind is not EntityKind.PHONE or is_old(mention):
        return False
    digits = normalize.normal_phone(mention.value)
    if len(digits) < 7:
        return False
    if _PAYER_CALLS.search(marked):
        return True
    if _OWN_PHONE.search(mention.before):
        return False
    if re.match(r" and do the auth| to auth", mention.after):
        return True
    return digits.startswith(_TOLL_FREE) or _PAYER_PHONE.search(mention.before[-60:]) is not None


def _is_payers(mention: Mention) -> bool:
    """Return whether a phone number is an insurer's even in a message that names nothing else of an insurance."""
    return (
        _is_payer_phone(mention)
        and re.search(
            r"\b(?:adjuster|payer|claims?"
            r"|insur\w+)\b",
            mention.before,
        )
        is not None
    )


def _is_service(mention: Mention, question: str) -> bool:
    """Return whether a date is that of a visit or procedure."""
    if question == "superbill" or _VISITS.search(mention.before):
        return True
    if _DEADLINE.search(mention.before):
        return False
    if _SERVICE.search(mention.before):
        return True
    return not (_NO_SERVICE_BEFORE.search(mention.before) or question == "payment_plan")
