"""Decide who holds the policy, and what the patient is to that person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.mentions import Mention

_HOLDER = (
    r"(?:subscribers?|policy ?holder|policy owner|holder|titular|asegurad[oa]|insured|employee|empleado|account holder"
    r"|sub name|suscriptora?|primary insured|parent|on the policy of|a nombre de|under the name of)"
)
_SPOUSE = r"(?:husband|wife|spouse|hubby|hubbys|hubby's|husbands|wifes|espos[oa]|marido|mujer|ex husband|ex wife|ex)"
_PARENT = r"(?:dad|father|mom|mother|mum|mama|papa|madre|padre|parents?|dads|moms|stepdad|stepmom|stepfather|stepmother)"
_CHILD = r"(?:son|daughter|kids?|child|children|hij[oa]s?|nin[oa]s?|boys?|girls?|baby|toddler|stepson|stepdaughter|bebe|teen)"
_PARTNER = r"(?:domestic partner|domestic partnership|partner|pareja)"
_OTHER = r"(?:grandmother|grandma|grandfather|grandpa|guardian|aunt|uncle|brother|sister|abuel[oa]|ti[oa]|herman[oa])"
_RELATIVE = rf"(?:{_SPOUSE}|{_PARENT}|{_PARTNER}|{_OTHER})"
_COVERED = (
    r"\b(?:through|thru|under|on|por|via|bajo|by|covered by|carries|dependent of|dependiente de)\b"
)
_LABELED = re.compile(rf"\b{_HOLDER}(?:'s| is| name| es| information| info|[ :(\-,#]|my|mi|the|la|el|(?:{_RELATIVE})){{0,8}}$")
_HOLDER_AFTER = re.compile(
    rf"^(?:'s)?[ ,(]{{0,3}}(?:he'?s |she'?s |is |es |and he'?s |who is |the |la |el |my {_RELATIVE} )?(?:the |la |el )?{_HOLDER}\b(?! is (?:my|mi) )"
)
_THROUGH = re.compile(rf"{_COVERED} (?:my |mi |her |his |the |su |our )?{_RELATIVE},?(?:'s plan|'s insurance|'s policy|s plan)? ?\(?(?:is |plan )?$")
_UNDER = re.compile(r"\b(?:under|bajo|thru|through|dependent of|a nombre de|por) ?$")
_RELATIVE_BEFORE = re.compile(rf"\b(?:my|mi|his|her|su|the|la|el|our) {_RELATIVE}(?:'s)?(?: is| es| name is|'s name is|,|:| \()? ?$")
_HAS_PLAN_AFTER = re.compile(
    r"^(?:'s)?,?(?: \{DOB\},?)? ?(?:has|tiene|carries|works|trabaja|is the|plan|policy|insurance|'s plan|\(\{CARRIER\}|\{CARRIER\}|cambio de seguro|is covered)"
)
_HIS_PLAN = re.compile(rf"\b(?:his|her|su|dad's|mom's|father's|mother's|husband's|wife's|hubbys|hubby's|parent's|{_PARENT}s?) (?:insurance|plan|policy|employer|ins|seguro|job|work|is \{{CARRIER\}}|\{{CARRIER\}})")
_SELF = re.compile(
    r"\b(?:i'?m|i am|im|yo soy|soy) (?:the |el |la |un )?(?:subscriber|policy ?holder|employee|titular|empleado|insured|primary)\b"
    r"|\bsubscriber(?: is|:)? ?(?:self|me|same|myself)\b|\bsubscriber (?:same|self)\b|\{NAME\} \(me\)|\bsoy yo\b|\bis me\b|\brelationship:? self\b"
    r"|\b(?:through|thru|from|at) (?:my|our) (?:own )?(?:job|work|employer|company)\b|\bmy (?:employer|job|work) ?,?\{?\b"
    r"|\bbought it (?:myself|on)\b|\bwhere i work\b|\bi work (?:at|for|in)\b|(?<!mi )\btrabajo en\b|\bdel trabajo\b|\bde mi trabajo\b|\bemployee: \{NAME\}"
    r"|\bnew job\b|\bmy own (?:policy|plan|insurance|job)\b|\bmy new job\b|\bsubscriber: self\b|\bi'?m with \{EMPLOYER\}"
    r"|\bi'?m (?:an|the) employee\b|\{EMPLOYER\}'s eap ran out\b"
    , re.IGNORECASE,
)
_MY_PLAN = re.compile(r"\b(?:my|mi) (?:insurance|plan|policy|seguro|poliza|coverage|\{CARRIER\})|\bon my policy\b|\bi'?ve got \{CARRIER\}|\bi have \{CARRIER\}|\btengo \{CARRIER\}|\bbajo mi seguro|\ben mi seguro")
_WRITER = re.compile(r"\b(?:i'?m|i am|im|this is|it'?s|its|soy|yo soy|habla|my name is|mi nombre es|me llamo|name|is me,|me,|yo,)[ :,]{1,2}$")
_SIGNED = re.compile(r"(?:^|[\n.,?!] ?|- ?)$")
_PATIENT_BEFORE = re.compile(rf"\b(?:patient|paciente|pt|for|for my|para)(?: is| es|[ :]|my|mi|their|her|his|our|{_CHILD}|,){{0,6}}$")
_CHILD_BEFORE = re.compile(rf"\b(?:my|mi|our|their|nuestr[oa]|the) {_CHILD},? $")
_DOB_SUBSCRIBER = re.compile(rf"\b(?:dob|birth ?da(?:y|te)|date of birth) (?:of|of the|del?) {_HOLDER}\b|\b{_HOLDER}(?:'s)? (?:dob|birth|date of birth|fecha)")

SELF: Final = "self"


def find_subscribers(mentions: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the names of those who hold the policies."""
    names = [mention for mention in mentions if mention.kind == "NAME" and not re.search(r"\bdra?\.? $", mention.before)]
    if re.search(r"\bsubscriber:? (?:is )?(?:same|self)\b", marked):
        return [name for name in names if _PATIENT_BEFORE.search(name.before) or _is_writer(name)][:1]
    labeled = [name for name in names if _is_holder(name)]
    if labeled:
        return labeled
    relatives = [name for name in names if _RELATIVE_BEFORE.search(name.before) or _UNDER.search(name.before)]
    covered = [name for name in relatives if _HAS_PLAN_AFTER.match(name.after) or _UNDER.search(name.before)]
    if covered:
        return covered
    if _HIS_PLAN.search(marked) and (relatives or names):
        return (relatives or names)[:1]
    if _SELF.search(marked) or (_MY_PLAN.search(marked) and re.search(rf"\b(?:my|mi) {_CHILD}\b", marked)):
        writer = [name for name in names if _is_writer(name)]
        return writer[:1]
    return []


def _is_holder(name: Mention) -> bool:
    if re.match(r" \(me\)|'s (?:plan|insurance|policy|coverage|seguro)\b", name.after):
        return True
    if re.search(r"\b(?:his|her) name is $|\beach cover me: $", name.before) or (
        re.match(r" \(\{CARRIER\}", name.after) and "each cover me" in name.before
    ):
        return True
    return bool(_LABELED.search(name.before) or _HOLDER_AFTER.match(name.after) or _THROUGH.search(name.before))


def _is_writer(name: Mention) -> bool:
    if _CHILD_BEFORE.search(name.before) or re.search(r"\bdr\.? $", name.before):
        return False
    if _WRITER.search(name.before) or re.match(r" here\b", name.after):
        return True
    return not name.after.strip(" .!\n") and _SIGNED.search(name.before) is not None


def find_relationship(mentions: Sequence[Mention], subscribers: Sequence[Mention], marked: str) -> str | None:
    """Return what the patient is to the subscriber; None if the message does not say."""
    stated = re.search(r"\brelation(?:ship)?(?: to \w+)?:? (self|spouse|child|husband|wife|other|domestic partner)\b", marked)
    if stated:
        return {"husband": "spouse", "wife": "spouse", "domestic partner": "domestic_partner"}.get(stated[1], stated[1])
    if re.search(r"domestic partner", marked):
        return "domestic_partner"
    for name in subscribers[:1]:
        found = _related(name)
        if found and not (found == "spouse" and _has_child(marked)):
            return found
        if found == "spouse":
            return "child"
    if re.search(rf"\b(?:subscriber|titular|employee|policyholder)\b[^.]{{0,30}}\b(?:their|his|her) {_CHILD}\b", marked) or re.search(rf"\btheir {_CHILD}\b", marked):
        return "child"
    if re.search(r"\beach cover me\b|\bbirthday rule\b|\bbday rule\b|\b(?:his|her) (?:dad|mom|father|mother)'s\b", marked):
        return "child"
    if re.search(r"\bsoy yo\b", marked):
        return SELF
    if _has_child(marked):
        return "child"
    if re.search(rf"\bmy {_SPOUSE}(?:'s employer| works| has|'s insurance is)\b", marked):
        return "spouse"
    if _SELF.search(marked):
        return SELF
    if re.search(rf"\b(?:on|under|my|through|thru) (?:my )?{_PARENT}'?s? (?:plan|insurance|policy)", marked):
        return "child"
    return None


def _has_child(marked: str) -> bool:
    return re.search(rf"\b(?:my|mi|our|mis|nuestr[oa]|both|the|her|his) {_CHILD}(?:'s|s)?\b|\b(?:son|daughter|hijo|hija) is\b|\bkids\b|\bfor {_CHILD}\b", marked) is not None


def _related(name: Mention) -> str | None:
    near = name.before[-40:]
    after = name.after[:22]
    if re.match(r" ?\(?me\)?\b", after):
        return SELF
    for words, relationship in ((_PARTNER, "domestic_partner"), (_SPOUSE, "spouse"), (_PARENT, "child"), (_OTHER, "other")):
        if re.search(rf"\b{words}(?:'s)?(?: is| es| name is|,|:| \()? ?(?:the \w+ ?|la titular:? ?)?$", near) or re.match(rf"[ ,]{{0,2}}\(?,? ?(?:is |es )?(?:my |mi |the )?{words}\b", after):
            return "spouse" if relationship == "domestic_partner" else relationship
    return None


def find_birth_dates(mentions: Sequence[Mention], subscribers: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the birth dates of those who hold the policies."""
    dates = [mention for mention in mentions if mention.kind == "DOB"]
    if _DOB_SUBSCRIBER.search(marked):
        labeled = [date for date in dates if re.search(rf"{_HOLDER}[^.\n]{{0,40}}$", date.before)]
        return labeled[-1:] or dates[:1]
    if re.search(r"\brule\b|\bi was born\b.*\bhe was born\b|\bwho'?s first\b", marked) and len(dates) > 1:
        return dates
    found: list[Mention] = []
    for name in subscribers:
        following = [date for date in dates if date.place > name.place and date.place - name.place < 60]
        others = [m for m in mentions if m.kind == "NAME" and following and name.place < m.place < following[0].place]
        if following and not others and following[0] not in found and not re.search(r"\bpatient\b|\bpaciente\b", following[0].before[-30:]):
            found.append(following[0])
    return found
