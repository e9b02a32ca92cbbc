"""Decide which dates are those of visits and procedures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from classifier.insurance.mentions import Mention

_NO_SERVICE_BEFORE = re.compile(
    r"\b(?:vigencia|doi|doa|dol|date of (?:the )?(?:injury|loss|accident)|fecha (?:de|del) (?:la )?(?:lesion"
    r"|vigencia|accidente)"
    r"|today'?s date|fecha de hoy|effective|eff|begins?|began|begun|starts?|started|starting|start date(?: is)?"
    r"|since|til|b4|ran out"
    r"|hired|leaving(?: \{EMPLOYER\})?|left|stopped|said so|retired|ends?|ended|ending|expir\w+"
    r"|valid (?:through|until|to)|as of"
    r"|due(?: by| on)?|deadline|until|till|before|by|letter (?:of|dated|from)|statement(?: (?:of|dated|from|date))?"
    r"|dated"
    r"|through|desde|a partir"
    r"|vence|vigente|hasta|antes|accident\w*|injur\w+|crash\w*|collision|hit(?: by(?: \w+){1,2})?|choque|lastim\w+"
    r"|turn(?:s|ed|ing)?(?: \w+){0,2}|im \d+"
    r"|i'?m \d+|hurt(?: \w+){0,3}"
    r"|drops off|resets?|renews?|runs? out|kicks? in|cancel(?:l?ed)?|you billed|closed|paid(?: it)?|payment"
    r"|processed|moving us|received|approved(?: on)?(?: the \w+)?|kicked off|last was \{AMOUNT\}|fecha limite"
    r"|posted|charged(?: my card)?"
    r"|left your building|termino|empieza|empezo|comienza|fired|laid off|retired|lost|switch\w*|changed?)"
    r"(?: it| this| that| again| at \{EMPLOYER\}| \{(?:AMOUNT|CARRIER|MEMBER_ID|CLAIM_NUMBER|PLAN)\}|\([^)]{0,30}\)"
    r"| and| card)?[ :,(]{0,3}"
    r"(?:on |of |the |el |is |es |by |from |at |in |del? )?$"
)
_DEADLINE = re.compile(
    r"\b(?:before|b4|since|til|effective|until|deadline|due|antes del?|hasta)(?: is| on|:)? (?:the )?$"
    r"|\b(?:moving|moved|switch\w*|closed|kicked off|changed? to|paid(?![^.\n]{0,30} cop(?:ay"
    r"|ago)))\b[^.\n]{0,45} on $|\bexists! date $"
)
_VISIT: Final = (
    r"(?:visit|appointment|appt|session|cleaning|exam|physical|surgery|procedure|cita|consulta|visita|limpieza"
    r"|cirugia)"
)
_DONE: Final = (
    r"(?:colonoscop(?:y|ia)|endoscopy|mri|ct|scan|ultrasound|ultrasonido|x-?ray|labs?|shot|injection|infusion"
    r"|infusiones|biopsy|biopsia"
    r"|therapy|terapia|treatment|extraction|crown|filling|checkup|check-up|mammogram|consult|follow[- ]?up|delivery"
    r"|implant|test)"
)
_VISIT_AFTER = re.compile(
    rf"^ (?:{_VISIT}|{_DONE}|claim)\b|^ (?:(?:is|was|be|will be|esta|estara) )?(?:covered|cubiert[oa])\b|^ (?:for"
    rf"|para|por) (?:the|my|a|an|la|mi|una) (?:\w+ )?{_VISIT}\b"
    r"|^ (?:when|cuando) (?:i|we|he|she|yo)? ?(?:see|come|came|was|am|voy|vaya)\b"
)
_CHARGE_OF = re.compile(
    r"\b(?:you|they|u|ustedes) (?:sent|ran|rebilled|rejected|denied|mandaron|cobraron) (?:the |my |for |el "
    r"|la del )?$"
    r"|\{CARRIER\} (?:denied|rejected) $|\b(?:eob|claims?|notes|records|owes?) (?:for|from) $"
    r"|\b(?:re-?bill|re-?submit|re-?run|re-?file) (?:are |is )?$|\{CLAIM_NUMBER\},? (?:for|from) (?:the )?$|"
    r"\{AMOUNT\}\)?,? (?:from|for|de|del) (?:the )?$"
    r"|\b(?:paid|pays|pago) (?:zero|nothing|none|nada) (?:on|for|por) (?:the )?$"
)
_EVENT: Final = (
    r"(?:letters?|carta|notices?|aviso|e ?o ?b|voice ?mail|email|message|told|said|dijo|dijeron|sent|mailed|faxed"
    r"|submitted|emailed|wrote|called|came(?! off)|arrived|llego|llegaron|mandaron|mande|enviaron|envie|recibi|got"
    r"|con fecha|fechada|appealed|apele|passed(?: away)?|died|fallecio|murio|signed|enrolled|loss|went out"
    r"|turned (?:off|on)|back on|paid|pays|pago|pague|every|each|cada|never (?:went|came)|it'?s|its|today is|hoy es"
    r"|spoke|talked|hable|llame|processed|reinstated|retroactive|issued|reissued|postmarked|uploaded|requested"
    r"|promised|fell|crash|wreck|autopay|payday|hearing|court|decree|divorced?|married|last day|enrollment|termed"
    r"|terminated?|lapsed|renewed|renews|renewal|activated|vencio|accidente|choque|me cai|despidieron"
    r"|reprocessed|retro\w*|backdated|reopened|cancell?ed|cancelaron|cut (?:me|us|him|her) off"
    r"|returned|remitted|collected|filed|filled|added|agregaron|met|restarts?|due date|fecha de parto|loss date|mva"
    r"|chapter \d+|no[- ]show|drop(?! off)|exp|started at)"
)
"""What else happens on a day, which is then no visit's."""
_EVENT_BEFORE = re.compile(
    rf"\b{_EVENT}\b(?: (?!for\b|from\b|of\b|about\b|at\b|de\b|del\b|por\b|{_VISIT}|seen\b|service\b|claim\b|bill\b"
    rf"|date|so\b"
    r"|my\b|mi\b|there\b)(?:\{PHONE\}|[\w']+)){0,2}[ ,:(]{1,3}(?:on |dated |con fecha |el |the |dia )*$"
)
_PAPER_OF = re.compile(
    r"\b(?:e ?o ?b|voice ?mail|letter|notice|email|statement|estimate|carta|aviso|call(?: with \{NAME\})?|llamada)"
    r"(?: (?:of|from|on|dated|del?)| \{ID\})?,? (?:the |el |dia )*$"
)
"""The date of a letter or a call."""
_DECIDED = re.compile(
    r"\b(?:denied|rejected|approved|nego|negaron|rechazo|rechazaron|aprobo|aprobaron)\b(?: (?!for\b|from\b|of\b"
    r"|del?\b)[\w']+){0,3}"
    r" (?:on|el) (?:the |dia )?$"
)
_HURT = re.compile(
    r"\b(?:slipped|fell|hurt|injured|stroke|collision|accidente?|crash|choque|lastim\w+|atropell\w+"
    r"|me cai)\b[^.\n{]{0,40} (?:on|el)"
    r" (?:the |dia )?$"
)
_VALID = re.compile(
    r"\b(?:good|valid|vigente|valid[oa]s?|authori[sz]ed|autorizad[oa]s?|(?:visits?|units?|sessions?|visitas"
    r"|sesiones),)"
    r"[^.\n{]{0,20} (?:from|del?|desde|starting) (?:the |el )?$|\b(?:good|valid|valid[oa]) $"
    r"|\{(?:CARRIER|PLAN)\},? (?:coverage |plan )?(?:from|since|as of|desde|back to) (?:the |el )?$"
)
"""The first day of an approval or of a policy."""
_EVENT_AFTER = re.compile(
    r"^[^.\n{]{0,25}\b(?:me mand\w+|you (?:sent|mailed|billed)|do i get|i (?:got|get) (?:a|the|your) (?:bill|letter"
    r"|statement))\b"
)
_OTHER_THAN_BILLED = re.compile(r"\b(?:paid|pague|began|begun|effective|empezo)(?: on| el)? $")
_NEXT_OF_LIST = re.compile(
    r"\{DATE\}\)?(?: ?[,&/-] ?| and | y | or | o | al | to | till | until | hasta | through | thru )(?:the |el )?$"
)
_PAID = re.compile(
    r"\b(?:paid|pague|sent|mailed|remitted)\b[^.\n{]{0,15}\{AMOUNT\}(?![^.\n]{0,30} (?:cop(?:ay|ago)|that day"
    r"|at the))[^.\n{]{0,30}$"
)
_RIGHT_BEFORE = re.compile(
    r"\b(?:visit|appointment|appt|surgery|exam|physical|cleaning|procedure|colonoscopy|endoscopy|mri|mammogram|cita"
    r"|visita"
    r"|cirugia|consulta|limpieza)(?: (?:on|of|from|del?|el)(?: the)?|:)? $"
)
"""The name of what was done, with nothing between it and its date."""
_VISITS = re.compile(r"\bvisits? (?:since|from|between)(?: the)? $")
_SERVICE = re.compile(
    r"\b(?:visits?|appointments?|appts?|surgery|exam|physical|cleaning|session|sessions|seen|procedure"
    r"|dates? of service|dos|service"
    r"|cita|visita|cirugia|consulta|planned|copay|copago|transferencia|transfer|scan|xray|x-ray|biopsy"
    r"|biopsia|test|labs?|monitoring|injection|colonoscop(?:y|ia)|endoscopy|mri|mammogram|pap|operacion|treated"
    r"|atendieron|(?:saw|came to) (?:you|u)(?: guys)?)\b"
    r"[^.\n{]{0,25}$|\b(?:bill|charges?|claim|balance) (?:for|from) (?:the )?$"
)

_MOVED = re.compile(
    r"\b(?:re-?schedul\w+|re-?book\w*|postpon\w+|reagend\w+|reprogram\w+|pospon\w+)\b[^.\n?!]{0,45}$"
    r"|\b(?:mov(?:e|ed|ing)|mover|cambiar(?:l[oa])?)\b[^.\n?!{]{0,25}(?:\{DATE\}[^.\n?!{]{0,15})?$"
    r"|\b(?:mov(?:e|ed|ing)|push(?:ed|ing)?|chang(?:e|ed|ing)|switch(?:ed|ing)?|swap|shift(?:ed)?|mover|mueva\w*"
    r"|pasar"
    rf"|cambi\w+|adelantar)(?: [\w']+){{0,3}}? (?:{_VISIT}|it|me|us|him|her)\b[^.\n?!]{{0,30}}$"
)
"""A visit that is to be on another day, which is no question about a bill."""
_INSTEAD = re.compile(r"^,? (?:instead|en vez|en lugar)\b")
_COVER_CHANGED = re.compile(
    r"\b(?:chang(?:e|ed|ing)|switch(?:ed|ing)?|cambi\w+)(?: [\w']+){0,2}? (?:insur\w+|plans?|coverage|carriers?"
    r"|segur\w+|aseguradoras?)\b[^.\n?!]{0,25}$"
)
_PLANNED = re.compile(
    rf"\b(?:{_VISIT}|check-?up)(?: [^.\n?!]{{0,30}})? (?:is|es|will be|sera) (?:on |for |set for |scheduled for )?"
    r"(?:para )?(?:the |el )?$"
    rf"|\b(?:next|upcoming|tengo|have (?:an?|my)|proxim[oa]) (?:[\w']+ )?{_VISIT}[^.\n?!]{{0,20}}$"
    r"|\b(?:seein'?g?|see|veo) (?:you|u|(?:a )?(?:the |la |el )?(?:dr|dra"
    r"|doctora?)\b\.? ?(?:\{NAME\})?)[^.\n?!]{0,12}$"
    r"|\b(?:can|could|should) (?:i|she|he|we) come\b[^.\n?!{]{0,15}$|\bi come (?:in )?(?:on )?$"
    r"|\bbook (?:me )?(?:for|on) (?:the )?$"
    r"|\bon the schedule (?:for|on) (?:the )?$"
    r"|\b(?:tomorrow|manana|scheduled for|set for|booked for)[ ,]*(?:the |el )?$"
)
"""A visit that is still to come."""
_TIED = re.compile(
    r"\b(?:billed|re-?run|re-?submit\w*|re-?file\w*|verified|i was in|was there|went|came in|fui|atendi\w+"
    r"|dates in question)\b[^.\n{]{0,30}$"
)
"""What was done on a day, or with its bill."""
_BEFOREHAND: Final = frozenset(("eligibility", "prior_auth", "update_card", "coordination"))
"""What is asked before a visit, about it: whether it is covered, or approved."""
_NOT_OF_VISITS: Final = frozenset((None, "payment_plan", "update_card"))
"""What is asked about no visit, so that only words beside a date make it one's."""


def find_service_dates(dates: Sequence[Mention], question: str) -> list[Mention]:
    """Return the dates that are those of visits and procedures; dates in a list are all of one sort.

    A visit that is still to come counts only if the message asks whether it is covered or approved.

    Args:
        dates: The dates of a message, in its order.
        question: What the message asks.
    """
    found: list[Mention] = []
    was_service = False
    for date in dates:
        if not _NEXT_OF_LIST.search(date.before):
            was_service = _is_service(date, question)
        if was_service:
            found.append(date)
    return found


def _is_service(date: Mention, question: str) -> bool:
    if _MOVED.search(date.before) or _INSTEAD.match(date.after) or _COVER_CHANGED.search(date.before):
        return False
    if _PLANNED.search(date.before):
        return question in _BEFOREHAND
    if (
        _RIGHT_BEFORE.search(date.before)
        or _VISITS.search(date.before)
        or _VISIT_AFTER.match(date.after)
        or _CHARGE_OF.search(date.before)
        or (question == "update_card" and _TIED.search(date.before))
    ):
        return True
    if any(pattern.search(date.before) for pattern in (_PAPER_OF, _DECIDED, _VALID)):
        return False
    if question == "superbill":
        return not (_OTHER_THAN_BILLED.search(date.before) or _DEADLINE.search(date.before))
    if _PAID.search(date.before) or _DEADLINE.search(date.before) or _EVENT_AFTER.match(date.after):
        return False
    if _SERVICE.search(date.before):
        return True
    is_other = _NO_SERVICE_BEFORE.search(date.before) or _EVENT_BEFORE.search(date.before) or _HURT.search(date.before)
    return not (is_other or question in _NOT_OF_VISITS)
