"""Decide whose names are those of the people who hold the policies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.family import CHILD, HOLDER, RANK, RELATIVE, Relative
from classifier.insurance.mentions import Mention
from classifier.insurance.owners import (
    TWO,
    find_holding_relatives,
    is_plainly_writers,
    is_through_employer,
    is_writers,
)
from classifier.insurance.relatives import find_relative
from intake.vocabulary import EntityKind

_FILLER: Final = (
    r"(?:'s|s|is|it's|its|=|name|es|my|mi|me|the|la|el|now|changed to|on file|information|his|her|their|should be"
    rf"|as printed|on (?:the |my )?card|\((?:last|first)[ ,a-z]{{0,12}}\)|information\n|informacion\n|{RANK})"
)
_LABELED = re.compile(rf"\b{HOLDER}\b(?:[ .:(,?\-/#=]{{0,3}}(?:{_FILLER}|{RELATIVE})){{0,7}}[ :(,?\-/#=]{{1,3}}$")
_LABELED_AFTER = re.compile(
    rf"^(?:'s)?[ ,(]{{0,3}}(?:and )?(?:he'?s |she'?s |is |es |who is )?(?:the |la "
    rf"|el )?(?:{RELATIVE} )?(?:as )?(?:the )?"
    rf"{HOLDER}\b(?! (?:is|es|through|by|under)\b|:)|^,? (?:my |mi )?{RELATIVE},? (?:as |is )?(?:the )?{HOLDER}\b"
)
_UNDER = re.compile(r"\b(?:under|through|thru|under:|a nombre de)(?: me,)? $")
_ME_AFTER = re.compile(r"^ ?\((?:me|self|yo)\)")
_OWNS_AFTER = re.compile(
    r"^'s (?:plan|insurance|policy|coverage|seguro|employer|name)\b(?! (?:is )?(?:through|thru|under)\b)"
    r"|^ \(\{CARRIER\}|^ has (?:policy|\{CARRIER\})"
)
_PATIENT_BEFORE = re.compile(
    rf"\b(?:(?:patient|paciente|pt)(?: is| es)?[ :]{{1,2}}|(?:for|para|of) (?:my |mi )?(?:{RELATIVE}|{CHILD})?,? ?)$"
    rf"|\b(?:patient|paciente|pt) (?:is|es) (?:the |la |el |my )?(?:{RELATIVE}|{CHILD}),? $"
)
_PATIENT_AFTER = re.compile(r"^,? (?:is (?:the |your )?(?:patient|pt)\b|\(\w+\) (?:isn't|is not) on\b)")
_CHILD_BEFORE = re.compile(rf"\b{CHILD}(?: is| es|'s name is|:|,)? \(?$")
_THIRD_BEFORE = re.compile(
    r"\b(?:hr|lawyer|attorney|abogad[oa]|pharmacist|case ?worker|case manager|adjuster|agent|agente|receptionist"
    r"|front desk"
    r"|desk|nurse|room ?mate|doctor|doctora|doctora es|dr|dra|pcp|therapist|boss|broker|tax lady|ms"
    r"|ask(?:ed)? for(?: you)?|spoke (?:to|with)"
    r"|talk(?:ed)? (?:to|with)|told (?:by|you)|hable con|lady|girl|guy|muchacha|senorita|dear|hi|hey|hello"
    r"|estimad[oa])[.,]? (?:named |is )?$"
)
_THIRD_AFTER = re.compile(
    r"^,? (?:(?:from|in|at|de) (?:hr|human|your|the (?:office|desk)|billing|payroll|recursos)|her (?:lawyer"
    r"|caseworker))\b"
)
_COVERAGE = re.compile(
    r"\b(?:subscribers?|policy ?holder|titular|holder|insured|insurance|through|thru|under|plans?|ins|covered"
    r"|covers me|policy|carries|i'?m on (?:his|her)|dependent|dependiente|seguro|por|works|trabaja|employer|put me on"
    r"|hers|bajo|on (?:my )?(?:mom|dad|husband|wife))\b"
)
_WRITER = re.compile(
    r"(?:\b(?:i'?m|im|i am|this is|it'?s|soy|habla|my name is|mi nombre es|me llamo|(?<!his )(?<!her )(?<!s )name"
    r"|is me,|me,|yo,|from"
    r"|insured:|\byo:|\bmy names|\bme))[ :,]{1,2}$"
    r"|\b(?:mine|my (?:own )?name|under me|i'?m the \w+|have me(?: \w+){0,2})[ ,:.!(-]{1,4}$"
)
_ALONE_BEFORE = re.compile(r"(?:^|[.!?\n] ?|[.!?\n] ?[-–] ?)$")
_ALONE_AFTER = re.compile(r"^(?:[.!?\n]|,? \(?\{(?:DOB|PHONE|EMAIL)\}|$)")
_LINE_BEFORE = re.compile(r"\n[-– ]*$")
_CLOSES = re.compile(r"^[ .!]*(?:$|\n)")
_SIGNED = re.compile(r"(?:^|[\n.,?!;] ?|- ?|\} )$")
_MY_PLAN = re.compile(
    r"\b(?:my|mi) (?:insurance|plan|policy|seguro|poliza|coverage|\{CARRIER\})|\bi(?:'?ve got"
    r"| have) \{CARRIER\}|\btengo \{CARRIER\}"
)
SAME_HOLDER = re.compile(
    rf"\b{HOLDER}(?:'s)?(?: name)?(?: de la poliza)?(?: \([^)\n{{]{{0,20}}\))?(?:[:?]{{1,2}} ?| is | es |, | )"
    r"(?:same(?! as resp)|self|me|myself|yo|igual que arriba|l[oa] mism[oa]|see section a)\b(?! y)"
)
"""The patient, who is named elsewhere, holds the policy."""
_PATIENT_LABEL = re.compile(
    r"(?:^|\n)(?:(?:patient|paciente|pt|full|your)(?:'s)? ?)?(?:name"
    r"|nombre)?(?: del paciente)?(?: \([^)\n{]{0,20}\))?"
    r":{1,2} ?$"
)
_IS_PATIENT = re.compile(r"\b(?:patient|paciente|pt)(?: name)?(?: is| es|:)? $")
NO_SUBSCRIBER = re.compile(
    r"\b(?:mother|father|mom|dad|wife|husband) \{NAME\} has \{CARRIER\}(?![^\n]{0,60}\bfor me\b)|\bdouble"
)
PATIENTS_CHILD = re.compile(
    r"\{NAME\}(?:'?s|s') (?:mom|mother|dad|father|mama|papa)\b|\b(?:mom|dad|mother|father|mama|papa|madre"
    r"|padre) (?:of|de) \{NAME\}|"
    rf"(?<!your )(?<!\bur )(?!(?:girl|boy)s? (?:at|from|there|who|said|says|told|had"
    rf"|on)\b)\b{CHILD}\b(?!'s (?:school|pediatric|dentist)| only plan)"
    rf"|\{{NAME\}}, \d{{1,2}} anos|\bbday rule\b|\bbirthday rule\b"
    r"|\b(?:\d{1,2}[ -]?(?:months?|mos?|weeks?|wks?|days?)|1?\d[ -]?(?:years?|yrs?|y))[ -]old\b|\bnewborn\b"
    r"|\bwe adopted\b"
    r"|\{NAME\}(?:'s|s) step(?:dad|mom|father|mother)\b"
)


def find_subscribers(mentions: Sequence[Mention], marked: str, policies: int) -> list[Mention]:
    """Return the names of those who hold the policies, in the order of the text.

    Args:
        mentions: What the message mentions.
        marked: The message as `mark_text` returns it.
        policies: How many insurers it names.
    """
    names = [m for m in mentions if m.kind is EntityKind.NAME and not _is_no_holder(m)]
    return [_fullest(name, names) for name in _holders(names, marked, policies)]


def _is_no_holder(name: Mention) -> bool:
    """Return whether a name is a doctor's, or only the letters that spell another."""
    return bool(re.search(r"\bdra?\.? $", name.before)) or all(len(word) == 1 for word in name.value.split())


def _related(names: Sequence[Mention], owners: Sequence[Relative], marked: str) -> list[Mention]:
    """Return the names of relatives who hold a policy: those who are said to, or else the first one named."""
    related = [(name, relative) for name in names if (relative := _relative_of(name, marked))]
    own = [name for name, relative in related if relative in owners] or [
        name for name, relative in related if any(relative.relationship == owner.relationship for owner in owners)
    ]
    owning = [name for name, _ in related if _OWNS_AFTER.match(name.after)]
    return owning or own[:1] or [name for name, _ in related][:1]


def _holders(names: Sequence[Mention], marked: str, policies: int) -> list[Mention]:
    labeled = [name for name in names if _is_labeled(name)]
    if labeled:
        return labeled
    if SAME_HOLDER.search(marked):
        patients = [name for name in names if _PATIENT_BEFORE.search(name.before) or _PATIENT_LABEL.search(name.before)]
        return (patients or [name for name in names if is_writer_name(name)])[:1]
    if NO_SUBSCRIBER.search(marked):
        return []
    owners = find_holding_relatives(marked, policies)
    if not owners and is_writers(marked):
        return _writers(names, marked)
    if owners or _COVERAGE.search(marked):
        related = _related(names, owners, marked)
        both = policies >= TWO and bool(owners) and is_writers(marked)
        if related or both:
            return related + [name for name in names if both and is_writer_name(name)][:1]
    under = [name for name in names if _UNDER.search(name.before)]
    if under:
        return under[:1]
    if not owners and (is_through_employer(marked) or (_MY_PLAN.search(marked) and PATIENTS_CHILD.search(marked))):
        return _writers(names, marked)
    return _left_over(names, marked) if owners and not is_plainly_writers(marked) else []


def _writers(names: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the writer's name: one that says so, or the only one that is nobody else's."""
    own = [name for name in names if is_writer_name(name)] or [name for name in names if _stands_alone(name)]
    found = own[:1] or _left_over(names, marked)
    return found if is_plainly_writers(marked) else [name for name in found if not _is_signature(name)]


def _is_signature(name: Mention) -> bool:
    """Return whether a name only signs a message, on a line of its own at the end."""
    return _LINE_BEFORE.search(name.before) is not None and _CLOSES.match(name.after) is not None


def _left_over(names: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the only name that is not the writer's, a patient's, a relative's, or a third party's."""
    left = [name for name in names if not (is_writer_name(name) or _is_others(name) or find_relative(name, marked))]
    return left if len({name.value.casefold() for name in left}) == 1 else []


def _is_others(name: Mention) -> bool:
    """Return whether a name is a patient's, a child's, or that of somebody who only deals with the policy."""
    is_patients = _PATIENT_BEFORE.search(name.before) or _PATIENT_AFTER.match(name.after)
    return bool(
        is_patients
        or _CHILD_BEFORE.search(name.before)
        or _THIRD_BEFORE.search(name.before)
        or _THIRD_AFTER.match(name.after)
    )


def _relative_of(name: Mention, marked: str) -> Relative | None:
    if _is_others(name):
        return None
    return find_relative(name, marked)


def _is_labeled(name: Mention) -> bool:
    if _ME_AFTER.match(name.after) or re.match(rf"'s (?:plan \(|\({RELATIVE}\) plan)", name.after):
        return True
    if "each cover me" in name.before and _OWNS_AFTER.match(name.after):
        return True
    return _LABELED.search(name.before) is not None or _LABELED_AFTER.match(name.after) is not None


def _fullest(name: Mention, names: Sequence[Mention]) -> Mention:
    """Return the name, or where the text says the first name alone, the one that says the whole."""
    first = name.value.casefold()
    if " " in first:
        return name
    return max(
        (other for other in names if other.value.casefold().split()[:1] == [first]),
        key=lambda other: len(other.value),
        default=name,
    )


def is_patient_holder(subscribers: Sequence[Mention], mentions: Sequence[Mention]) -> bool:
    """Return whether a form names the same person as the patient and as the holder.

    Args:
        subscribers: The names that `find_subscribers` returned.
        mentions: What the message mentions.
    """
    patients = {m.value.casefold() for m in mentions if m.kind is EntityKind.NAME and _IS_PATIENT.search(m.before)}
    return any(_LABELED.search(name.before) and name.value.casefold() in patients for name in subscribers)


def is_writer_name(name: Mention) -> bool:
    """Return whether a name is introduced, or signed at the end, as the writer's."""
    if _CHILD_BEFORE.search(name.before) or re.search(rf"\b{RELATIVE}'?s?,? $", name.before):
        return False
    if _WRITER.search(name.before) or re.match(r" here\b", name.after):
        return True
    return not name.after.strip(" .!\n") and _SIGNED.search(name.before) is not None


def _stands_alone(name: Mention) -> bool:
    """Return whether a name is a sentence of its own, as in a signature that is not at the end."""
    return bool(_ALONE_BEFORE.search(name.before) and _ALONE_AFTER.match(name.after))
