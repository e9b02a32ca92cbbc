"""Decide who holds the policy, and what the patient is to that person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.mentions import Mention
from intake.vocabulary import EntityKind

_HOLDER = (
    r"(?:subscribers?|sub|policy ?holder|policy owner|name on (?:the )?policy|holder|titular|asegurad[oa]"
    r"|insured|employee"
    r"|empleado|suscriptora?|parent|a nombre de|under the name of|dependent of"
    r"|dependiente de)"
)
_SPOUSE = r"(?:husband|wife|spouse|hubby|espos[oa]|marido|ex husband|ex wife)"
_PARENT = r"(?:dad|daddy|father|mom|mother|mum|mama|papa|madre|padre|parents?|stepdad|stepmom|stepfather|stepmother)"
_PARTNER = r"(?:domestic partner|partner|(?<!de )pareja)"
_OTHER = r"(?:grandmother|grandma|grandfather|grandpa|guardian|aunt|uncle|brother|sister|abuel[oa]|ti[oa]|herman[oa])"
_RELATIVE = rf"(?:{_SPOUSE}|{_PARENT}|{_PARTNER}|{_OTHER})"
_CHILD = (
    r"(?:son(?! (?:\{AMOUNT|las|los|dos|de)\b)|daughter|kids?|child|children"
    r"|hij[oa]s?|nin[oa]s?|boys?|girls?|baby|toddler|step(?:son|daughter)|bebe)"
)
_RELATIONSHIPS: Final = (
    (_PARTNER, "domestic_partner"), (_SPOUSE, "spouse"), (_PARENT, "child"), (_OTHER, "other"),
)  # fmt: skip
_FILLER = r"(?:'s|s|is|it's|its|=|name|es|my|mi|the|la|el|now|changed to|on file|information|his|her|their)"
_LABELED = re.compile(rf"\b{_HOLDER}\b(?:[ :(,\-/#=]{{0,3}}(?:{_FILLER}|{_RELATIVE})){{0,7}}[ :(,\-/#=]{{1,3}}$")
_LABELED_AFTER = re.compile(
    rf"^(?:'s)?[ ,(]{{0,3}}(?:and )?(?:he'?s |she'?s |is |es |who is )?(?:the |la "
    rf"|el )?(?:{_RELATIVE} )?(?:as )?(?:the )?{_HOLDER}\b"
    rf"(?! (?:is|es|through|by|under)\b|:)|^,? (?:my |mi )?{_RELATIVE},? (?:as |is )?(?:the )?{_HOLDER}\b"
)
_ME_AFTER = re.compile(r"^ ?\((?:me|self|yo)\)")
_RELATED_BEFORE = re.compile(
    rf"\b(?P<who>{_RELATIVE})(?:'s|s)?(?:[ ,:(/]{{1,3}}(?:is|it's|its|named|name is|name|now|insurance|ins|plan"
    rf"|policy|es|que es"
    rf"|that's|covers me|(?:carries|covers|insures) (?:us|me|all of us|the kids)\.?|\{{CARRIER\}}"
    rf"|at \{{EMPLOYER\}}|with \{{EMPLOYER\}})){{0,3}}[ ,:(/]{{1,3}}$"
)
_RELATED_AFTER = re.compile(
    rf"^[ ,(]{{1,3}}(?:is |she's |he's |es |that's )?(?:my |the |mi |la |el |her |his )?(?P<who>{_RELATIVE})\b"
)
_PRONOUN_BEFORE = re.compile(r"\b(?:his|her) name(?: is|'s) $|\b(?:she's|he's|she is|he is) $|\bsu nombre es $")
_OWNS_AFTER = re.compile(
    r"^'s (?:plan|insurance|policy|coverage|seguro|employer)\b|^ \(\{CARRIER\}"
    r"|^ has (?:policy|\{CARRIER\})"
)
_PATIENT_BEFORE = re.compile(
    rf"\b(?:(?:patient|paciente|pt)(?: is| es)?[ :]{{1,2}}|(?:for|para|of) (?:my |mi )?(?:{_RELATIVE}"
    rf"|{_CHILD})?,? ?)$"
)
_CHILD_BEFORE = re.compile(rf"\b{_CHILD},? $")
_COVERAGE = re.compile(
    r"\b(?:subscribers?|policy ?holder|titular|holder|insured|through|thru|under|plans?|ins|insurance|covered"
    r"|covers me|policy"
    r"|carries|i'?m on (?:his|her)|dependent|dependiente|seguro|por|works|trabaja|employer|put me on"
    r"|hers|bajo|on (?:my )?(?:mom"
    r"|dad|husband|wife))\b"
)
_WRITER = re.compile(
    r"\b(?:i'?m|i am|this is|it'?s|soy|habla|my name is|mi nombre es|me llamo|name|is me,|me,|yo,|from)[ :,]{1,2}$"
)
_SIGNED = re.compile(r"(?:^|[\n.,?!;] ?|- ?|\} )$")
_SELF = re.compile(
    r"\b(?:i'?m|i am|yo soy|soy) (?:the |el |la |un |an )?(?:subscriber|policy ?holder|employee|titular"
    r"|empleado|insured)\b"
    rf"|\b{_HOLDER}(?: is|:| =)? ?(?:self|me|same|myself)\b|\{{NAME\}} \((?:me|self)\)|\bsoy yo\b"
    rf"|\bsoy \{{NAME\}}, titular"
    r"|\b(?:through|thru|from|at|with) (?:my|our) (?:own |new )?(?:job|work|employer|company|union)\b"
    r"|\bmy own (?:job|policy|plan|insurance)\b"
    r"|\bmy (?:new )?employer,? \{EMPLOYER\}|\bmy employer is\b|\bbought it myself\b|\b(?:where )?i work\b"
    r"|\bi work(?:ed)? (?:at|for|in|there)\b"
    r"|(?<!mi )\btrabajo en\b|\b(?:de mi|del) trabajo\b|\bnew job\b|\bswitched jobs\b|\bon my own now\b"
    r"|\b(?:retired|leaving) from?\b|\bleaving \{EMPLOYER\}"
    r"|\bcovered through \{EMPLOYER\}|\bour hr at\b|\bour claims administrator\b|\bper \{EMPLOYER\}, our\b"
    r"|\bemployee: \{NAME\}|\bcobra (?:paperwork|with|coverage)\b"
    r"|\bgoing on cobra\b|\b(?:asking )?for myself\b|\{EMPLOYER\}'s eap\b|^\W*\{EMPLOYER\} has \{CARRIER\}"
)
_MY_PLAN = re.compile(
    r"\b(?:my|mi) (?:insurance|plan|policy|seguro|poliza|coverage|\{CARRIER\})|\bi(?:'?ve got"
    r"| have) \{CARRIER\}|\btengo \{CARRIER\}"
)
_PLAN_OF = re.compile(
    rf"\b(?P<who>{_RELATIVE})(?:'s|s)? (?:new )?(?:plan|insurance|ins|policy|coverage|employer|job|work"
    rf"|\{{CARRIER\}}|seguro)\b"
    rf"|\b(?:on|under|through|thru|onto|por|bajo|by) (?:my |mi |his |her |the )?(?P<holder>{_RELATIVE})\b"
    rf"|\b(?P<owner>{_RELATIVE})(?:'s| is|s| es)? (?:the |la |el )?(?:subscriber|policy ?holder|titular|insured)\b"
    rf"|\b(?P<insurer>{_RELATIVE}) (?:carries|covers|insures) (?:us|me|all of us|the kids)\b"
    rf"|\b(?:my|mi) (?P<elder>{_RELATIVE})\b[^\n]{{0,60}}\b(?:i'?m on|estoy en) (?:his|her|su)\b"
    rf"|\bmy (?P<worker>{_SPOUSE}) works\b|\bmy (?P<giver>{_SPOUSE}) put me on\b"
)
_NO_SUBSCRIBER = re.compile(
    r"\b(?:mother|father|mom|dad|wife|husband) \{NAME\} has \{CARRIER\}|\bdouble"
    r"|\btwo insurances\b"
)
_PATIENTS_CHILD = re.compile(
    rf"(?<!your )\b{_CHILD}\b(?!'s (?:school|pediatric|dentist)| only plan)"
    rf"|\{{NAME\}}, \d{{1,2}} anos|\bbday rule\b|\bbirthday rule\b"
)
_TWO_PARENTS = re.compile(rf"\beach cover me\b|\bboth parents\b|\b(?:his|her) {_PARENT}'?s\b|\bparents only\b")
_NEAR_BIRTH: Final = 70


def find_subscribers(mentions: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the names of those who hold the policies, in the order of the text."""
    names = [m for m in mentions if m.kind is EntityKind.NAME and not re.search(r"\bdra?\.? $", m.before)]
    labeled = [name for name in names if _is_labeled(name)]
    if labeled:
        return labeled
    if re.search(rf"\b{_HOLDER}:? (?:is )?(?:same|self|me)\b", marked):
        return [name for name in names if _PATIENT_BEFORE.search(name.before) or _is_writer(name)][:1]
    if _COVERAGE.search(marked) and not _NO_SUBSCRIBER.search(marked):
        related = [name for name in names if _is_related(name)]
        owners = [name for name in related if _OWNS_AFTER.match(name.after)]
        if owners or related:
            return owners or related[:1]
        if _PLAN_OF.search(marked):
            return [name for name in names if _PRONOUN_BEFORE.search(name.before)][:1]
    if _SELF.search(marked) or (_MY_PLAN.search(marked) and _PATIENTS_CHILD.search(marked)):
        return [name for name in names if _is_writer(name)][:1]
    return []


def _is_labeled(name: Mention) -> bool:
    if _ME_AFTER.match(name.after) or re.match(rf"'s (?:plan \(|\({_RELATIVE}\) plan)", name.after):
        return True
    if "each cover me" in name.before and _OWNS_AFTER.match(name.after):
        return True
    return _LABELED.search(name.before) is not None or _LABELED_AFTER.match(name.after) is not None


def _is_related(name: Mention) -> bool:
    if re.match(r" \(\w+\) (?:isn't|is not) on\b", name.after):
        return False
    if _PATIENT_BEFORE.search(name.before) or _CHILD_BEFORE.search(name.before):
        return False
    return _RELATED_BEFORE.search(name.before) is not None or _RELATED_AFTER.match(name.after) is not None


def _is_writer(name: Mention) -> bool:
    if _CHILD_BEFORE.search(name.before) or re.search(rf"\b{_RELATIVE}'?s?,? $", name.before):
        return False
    if _WRITER.search(name.before) or re.match(r" here\b", name.after):
        return True
    return not name.after.strip(" .!\n") and _SIGNED.search(name.before) is not None


def find_relationship(subscribers: Sequence[Mention], marked: str) -> str | None:
    """Return what the patient is to the subscriber; None if the message does not say.

    Args:
        subscribers: The names that `find_subscribers` returned.
        marked: The message as `mark_text` returns it.
    """
    stated = re.search(r"\brelation(?:ship)?(?: to \w+)?:? (self|spouse|child|husband|wife|other)\b", marked)
    if stated:
        return {"husband": "spouse", "wife": "spouse"}.get(stated[1], stated[1])
    if _NO_SUBSCRIBER.search(marked):
        return None
    if re.search(r"\bdomestic partner|\bregistered partner|\bpartner \{NAME\} \(we are not married\)", marked):
        return "domestic_partner"
    is_child = _PATIENTS_CHILD.search(marked) is not None or _TWO_PARENTS.search(marked) is not None
    related = _relative_of(subscribers[0]) if subscribers else None
    if related is None and (found := _PLAN_OF.search(marked)) and not _SELF.search(marked):
        related = next((value for value in found.groupdict().values() if value), None)
    if related == "guardian" or (related and re.fullmatch(_OTHER, related)):
        return "other"
    if re.search(r"\bsoy yo\b", marked):
        return "self"
    if is_child:
        return "child"
    if related:
        return next(relationship for words, relationship in _RELATIONSHIPS if re.fullmatch(words, related)).replace(
            "domestic_partner", "spouse"
        )
    return "self" if _SELF.search(marked) else None


def _relative_of(name: Mention) -> str | None:
    """Return the word for the relative whose name it is."""
    after = _RELATED_AFTER.match(name.after)
    if after:
        return after["who"]
    near = re.search(rf"\b(?P<who>{_RELATIVE})\b[^.\n]{{0,24}}$", name.before[-45:])
    if near and not re.search(r"\{NAME\}", near[0]):
        return near["who"]
    later = re.match(rf"^[ ,(]{{0,3}}(?:\{{DOB\}}[ ,]{{0,2}})?(?:my |mi )?(?P<who>{_RELATIVE})\b", name.after)
    return later["who"] if later else None


def find_birth_dates(mentions: Sequence[Mention], subscribers: Sequence[Mention], marked: str) -> list[Mention]:
    """Return the birth dates of those who hold the policies, in the order of the text."""
    dates = [mention for mention in mentions if mention.kind is EntityKind.DOB]
    if len(dates) > 1 and re.search(
        r"\brule\b|\bi was born\b|\bwho'?s? (?:is )?first\b"
        r"|\bwhose is (?:billed )?first\b",
        marked,
    ):
        return dates
    labeled = [
        date
        for date in dates
        if re.search(
            rf"\b{_HOLDER}\b(?:(?!patient"
            rf"|paciente)[^.\n]){{0,30}}$",
            date.before,
        )
    ]
    if not subscribers:
        return labeled[-1:]
    found: list[Mention] = []
    for name in subscribers:
        near = [date for date in dates if 0 < date.place - name.place < _NEAR_BIRTH]
        if near and near[0] not in found and not re.search(r"\b(?:patient|paciente)\b", near[0].before[-30:]):
            between = [m for m in mentions if m.kind is EntityKind.NAME and name.place < m.place < near[0].place]
            if not between or near[0] in labeled:
                found.append(near[0])
    return found or labeled[-1:]
