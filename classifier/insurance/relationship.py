"""Decide what the patient is to the person who holds the policy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.family import CHILD, PARENT, PARTNER, SPOUSE
from classifier.insurance.mentions import Mention
from classifier.insurance.owners import TWO, find_holding_relatives, is_plainly_writers, is_through_employer, is_writers
from classifier.insurance.patients import is_relative_patient
from classifier.insurance.people import NO_SUBSCRIBER, PATIENTS_CHILD, SAME_HOLDER
from classifier.insurance.relatives import find_relative

_MINE_TOO = re.compile(r"\bmy \{CARRIER\}|(?<!not )(?<!of )\bmine\b(?! too| anymore)|\bel mio\b|\bself:")
_AT_WORK = re.compile(r"\bwork(?:ers?|man)?'?s?'? comp|\bwc\b|\bcomp claim|\b(?:hurt|injured) at work|\badjuster\b")
_ABOUT = re.compile(
    r"\{(?:CARRIER|PLAN|MEMBER_ID|GROUP_NUMBER)\}|\b(?:insurance|covered|coverage|seguro|cubierto|rule)\b"
)
_TWO_PARENTS = re.compile(
    r"\b(?:till|til|until|hasta)(?: i'?m| los| i turn)? (?:26|veintiseis|twenty[- ]six)\b|\beach cover me\b"
    r"|\bboth parents\b|\bparents only\b"
)
_VISITING: Final = (
    r"(?:(?:has|had|needs?|needed|sees?|saw|was|went|goes|comes|is|'?s|will be|tiene|necesita|va|fue|es)"
    r"(?: (?:the|your|a|an|this|seen|seein|seeing|coming|scheduled|due|el|la|su))*"
    r" ?(?:patient|pt|appt|appointment|visit|surgery|seen|seein|seeing|coming|scheduled|paciente|cita|quien va))"
)
_PATIENT_SPOUSE = re.compile(
    rf"\b(?:my |our |mi )?{SPOUSE}(?:'s (?:statement|bill|visit|appointment|appt|claim|surgery|account|chart|eob"
    rf"|labs?)\b"
    rf"|(?: \{{NAME\}})?,? (?:(?:s?he)(?= is|'?s) ?)?{_VISITING}\b|(?: \{{NAME\}})? shes? {_VISITING}\b)"
    rf"|\b(?:for|patient is|paciente es) (?:me (?:and|n|&) )?(?:my |mi |the )?{SPOUSE}\b"
    rf"|\b(?:she|he)(?:'?s| is) the patient\b|^\W*(?:hi|hello|hey)?,? ?(?:this is )?(?:the |her |his )?{SPOUSE}"
    rf"(?: here\b|\.)"
    rf"|\b(?:covers|carry|cover|insure) (?:my |mi )?{SPOUSE}\b"
    rf"|\b{SPOUSE}(?: \{{NAME\}})?[^.\n]{{0,20}} on my (?:card|plan|policy)\b"
)
_PATIENT_PARTNER = re.compile(
    rf"\b{PARTNER}(?: \([^)]{{0,30}}\))?(?: is)?(?: \{{NAME\}})?,? (?:s?he)?{_VISITING}\b"
    rf"|\b{PARTNER}\b[^.\n]{{0,60}} on my (?:card|plan|policy)\b"
)
_RELATIVE_IS_PATIENT = re.compile(
    r"\b(?:she|he)(?:'?s| is) (?:the|your|ur) (?:patient|pt)\b|\bdoes (?:she|he) (?:need|have|still)\b"
    r"|\b(?:she|he)'?s the one on\b|\bpara (?:ella|el)\b$"
)
_DOMESTIC = re.compile(
    r"\bdomestic partner|\bregistered partner|\bpartner \{NAME\} \(we are not married\)|\(registered\)"
    r"|\bno estamos casados\b|\bnot married\b"
)
_STATED = re.compile(
    rf"\b(?:rel(?:ation(?:ship)?)?(?: to (?:the )?(?:\w+))?|parentesco|relacion(?: con [^:\n]{{1,20}})?"
    rf"|insured through"
    r"|patient is(?: the)?|paciente es(?: la| el)?"
    r"|(?:subscriber|insured|policy ?holder)(?:'s relation(?:ship)? to (?:the )?patient)?)[:?,]{0,2} ?\n?"
    rf"(?:(?:i am|i'm|im|soy) (?:\{{NAME\}}(?:'s)? |(?:his|her|the|su|la|el) )?|n/a \(its )?"
    rf"(?P<what>self|myself|(?<=its )me|yo(?: mism[oa])?(?!\w)|mism[oa]|{SPOUSE}|{PARENT}|domestic partner|{CHILD}"
    r"|dependent(?! of)|other)\b(?!'s)"
    rf"|(?:^|\n)(?:patient|paciente)(?:'s)?(?: name)?: ?\{{NAME\}},? \(?(?P<form>{SPOUSE}|{CHILD})\b"
)


def find_relationship(
    subscribers: Sequence[Mention], marked: str, policies: int, *, is_bill: bool = False
) -> str | None:
    """Return what the patient is to the subscriber; None if the message does not say.

    Args:
        subscribers: The names that `find_subscribers` returned.
        marked: The message as `mark_text` returns it.
        policies: How many insurers it names.
        is_bill: Whether it is about a visit that was, as a denied claim is, so that a child in it
            does not say whose the policy is.
    """
    stated = _STATED.search(marked)
    if stated:
        return _of_word(stated["what"] or stated["form"])
    if NO_SUBSCRIBER.search(marked):
        return None
    if _DOMESTIC.search(marked):
        return "domestic_partner"
    owners = find_holding_relatives(marked, policies)
    is_work = is_writers(marked) or is_through_employer(marked)
    is_plain = is_plainly_writers(marked) or SAME_HOLDER.search(marked) is not None
    own = not _AT_WORK.search(marked) and (is_plain or (is_work and not (owners and policies < TWO)))
    related = next((found for name in subscribers if (found := find_relative(name, marked))), None)
    if related is None and owners and not own:
        related = owners[0]
    if is_relative_patient(marked) and not owners and not own:
        return "self" if _ABOUT.search(marked) else None
    if related and (related.relationship == "other" or (related.is_theirs and related.relationship != "child")):
        return related.relationship
    is_child = (
        any(owner.is_theirs and owner.relationship == "child" for owner in owners)
        or PATIENTS_CHILD.search(marked) is not None
        or _TWO_PARENTS.search(marked) is not None
    )
    if is_child and re.search(r"\bsoy yo\b", marked) is None:
        return "child" if owners or own or (_ABOUT.search(marked) and not is_bill) else None
    if owners and (own or _MINE_TOO.search(marked)) and policies >= TWO:
        return None
    if related:
        return "self" if _RELATIVE_IS_PATIENT.search(marked) else related.relationship
    return _of_writers(marked) if own else None


def is_of_spouse(marked: str) -> bool:
    """Return whether the patient is the writer's spouse."""
    return _PATIENT_SPOUSE.search(marked) is not None


def _of_writers(marked: str) -> str:
    """Return what the patient is to the writer, who holds the policy."""
    if is_of_spouse(marked):
        return "spouse"
    return "domestic_partner" if _PATIENT_PARTNER.search(marked) else "self"


def _of_word(word: str) -> str:
    """Return the relationship that a form names."""
    if re.fullmatch(rf"{PARENT}|{CHILD}|dependent", word):
        return "child"
    if re.fullmatch(SPOUSE, word):
        return "spouse"
    return "self" if re.match(r"myself|me|yo|mism", word) else word.replace(" ", "_")
